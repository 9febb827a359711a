"""Pieces with scores and types <-> the bytes of SentencePiece's .model: a ModelProto, in protobuf's wire format.

The fields and their numbers: github.com/google/sentencepiece, src/sentencepiece_model.proto. The wire format:
protobuf.dev/programming-guides/encoding: before each value a varint, field << 3 | kind; kind 0 is a varint, 2 a
length and so many bytes, 5 four bytes, 1 eight.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nlptools.errors import DataError
from nlptools.text.sources import reason

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)  # ModelProto.SentencePiece.Type
UNIGRAM, BPE, WORD, CHAR = range(1, 5)  # TrainerSpec.ModelType
_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_MOST = 1 << 28  # bytes; that of Gemma 3, with 262,144 pieces, has 5 MB
_HINT = "a .model is what `spm_train` of SentencePiece writes"
# Of ModelProto, its SentencePiece, TrainerSpec, NormalizerSpec.
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_PIECE, _SCORE, _TYPE = 1, 2, 3
_MODEL_TYPE, _VOCAB_SIZE, _BYTE_FALLBACK = 3, 4, 35
_ROLES = {"unk": (40, 45), "bos": (41, 46), "eos": (42, 47), "pad": (43, 48)}  # id, piece
_NAME, _CHARSMAP, _DUMMY_PREFIX, _EXTRA_SPACES, _ESCAPE_SPACES = 1, 2, 3, 4, 5


@dataclass(frozen=True)
class PieceModel:
    """A .model of SentencePiece. pieces: by id; scores: of each, rounded to 32 bits in the file; types: NORMAL, ...

    model_type: UNIGRAM, BPE, ...; roles: "unk", "bos", "eos", "pad" -> piece, of those that there are; charsmap: as in
    charsmap.py.
    """

    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    types: tuple[int, ...]
    model_type: int = UNIGRAM
    roles: dict[str, str] = field(default_factory=dict)
    byte_fallback: bool = False
    normalization: str = "identity"
    charsmap: bytes = b""
    add_dummy_prefix: bool = True
    remove_extra_whitespaces: bool = True
    escape_whitespaces: bool = True

    def __repr__(self) -> str:
        return f"PieceModel({len(self.pieces):,} pieces)"

    def data(self) -> bytes:
        """The bytes of the file."""
        rows = zip(self.pieces, self.scores, self.types, strict=True)
        parts = [_field(_PIECES, _piece(*row)) for row in rows]
        parts += [_field(_TRAINER, self._trainer()), _field(_NORMALIZER, self._normalizer())]
        return b"".join(parts)

    def _trainer(self) -> bytes:
        numbers = {piece: number for number, piece in enumerate(self.pieces)}
        made = _field(_MODEL_TYPE, self.model_type) + _field(_VOCAB_SIZE, len(self.pieces))
        made += _field(_BYTE_FALLBACK, self.byte_fallback)
        for role, (at, _) in _ROLES.items():
            made += _field(at, numbers[self.roles[role]] if role in self.roles else -1)
        for role, (_, at) in _ROLES.items():
            made += _field(at, self.roles[role]) if role in self.roles else b""
        return made

    def _normalizer(self) -> bytes:
        return (
            _field(_NAME, self.normalization)
            + _field(_CHARSMAP, self.charsmap)
            + _field(_DUMMY_PREFIX, self.add_dummy_prefix)
            + _field(_EXTRA_SPACES, self.remove_extra_whitespaces)
            + _field(_ESCAPE_SPACES, self.escape_whitespaces)
        )


def _varint(number: int) -> bytes:
    """Seven bits a byte, the lowest first; a negative number as one of 64 bits."""
    number &= (1 << 64) - 1
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


def _field(number: int, value: str | bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3 | _VARINT) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def _piece(piece: str, score: float, kind: int) -> bytes:
    made = _field(_PIECE, piece) + _varint(_SCORE << 3 | _FOUR) + struct.pack("<f", score)
    return made if kind == NORMAL else made + _field(_TYPE, kind)  # NORMAL is the default


# --- reading ---------------------------------------------------------------------------------


def read_piece_model(path: str | os.PathLike[str]) -> PieceModel:
    """Read a .model. DataError, in one line, for what cannot be read or is none."""
    try:
        if Path(path).stat().st_size > _MOST:
            raise DataError(path, None, f"no .model: more than {_MOST:,} bytes", _HINT)
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None
    try:
        model = piece_model(data)
    except (ValueError, struct.error, IndexError) as error:
        raise DataError(path, None, f"no .model of SentencePiece: {error}", _HINT) from None
    if not model.pieces:
        raise DataError(path, None, "no .model of SentencePiece: no pieces", _HINT)
    return model


def piece_model(data: bytes) -> PieceModel:
    """What the bytes of a .model say; fields that are not kept here are passed over. ValueError for other bytes."""
    pieces, scores, types = [], [], []
    trainer: dict[int, int | bytes] = {}
    normalizer: dict[int, int | bytes] = {}
    for number, value in read_fields(data):
        if number == _PIECES:
            found = dict(read_fields(_as_bytes(value)))
            pieces.append(_text(found.get(_PIECE, b"")))
            scores.append(struct.unpack("<f", _as_bytes(found.get(_SCORE, bytes(4))))[0])
            types.append(_number(found.get(_TYPE, NORMAL)))
        elif number == _TRAINER:
            trainer |= read_fields(_as_bytes(value))
        elif number == _NORMALIZER:
            normalizer |= read_fields(_as_bytes(value))
    return PieceModel(
        tuple(pieces),
        tuple(scores),
        tuple(types),
        model_type=_number(trainer.get(_MODEL_TYPE, UNIGRAM)),
        roles=_roles(pieces, trainer),
        byte_fallback=bool(trainer.get(_BYTE_FALLBACK, 0)),
        normalization=_text(normalizer.get(_NAME, b"")),
        charsmap=_as_bytes(normalizer.get(_CHARSMAP, b"")),
        add_dummy_prefix=bool(normalizer.get(_DUMMY_PREFIX, 1)),
        remove_extra_whitespaces=bool(normalizer.get(_EXTRA_SPACES, 1)),
        escape_whitespaces=bool(normalizer.get(_ESCAPE_SPACES, 1)),
    )


def _roles(pieces: list[str], trainer: dict[int, int | bytes]) -> dict[str, str]:
    usual = {"unk": 0, "bos": 1, "eos": 2, "pad": -1}  # where the file says nothing
    numbers = {role: _number(trainer.get(at, usual[role])) for role, (at, _) in _ROLES.items()}
    return {role: pieces[n] for role, n in numbers.items() if 0 <= n < len(pieces)}


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number where bytes should be")
    return value


def _number(value: int | bytes) -> int:
    if not isinstance(value, int):
        raise ValueError("bytes where a number should be")
    return value - (1 << 64) if value >> 63 else value


def _text(value: int | bytes) -> str:
    return _as_bytes(value).decode()


def read_fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """(number, value) of each field of a message; numbers as unsigned, four and eight bytes as they are."""
    place = 0
    while place < len(data):
        key, place = _read_varint(data, place)
        kind = key & 7
        if kind == _VARINT:
            number, place = _read_varint(data, place)
            yield key >> 3, number
            continue
        size = {_EIGHT: 8, _FOUR: 4}.get(kind)
        if size is None:
            if kind != _BYTES:
                raise ValueError(f"a field of kind {kind}")
            size, place = _read_varint(data, place)
        if place + size > len(data):
            raise ValueError("it ends too early")
        yield key >> 3, data[place : place + size]
        place += size


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    number = shift = 0
    while shift < 64:
        byte = data[place] if place < len(data) else -1
        if byte < 0:
            raise ValueError("it ends too early")
        number |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return number, place
    raise ValueError("a number of more than 64 bits")
