"""A tokenizer file (tokenizer.json, SentencePiece .model, vocab.txt) -> Encoder: lines -> ids, and where tokens stand.

The libraries `tokenizers` and `sentencepiece` are imported here alone, when a file asks for one of them.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from nlptools.errors import QUOTED, DataError, NlptoolsError, cut, install_hint
from nlptools.subwords.cutting import cut_places, taken_whole
from nlptools.subwords.pieceids import PieceIds
from nlptools.subwords.surfaces import EncodedLines, Surfaces, lay, places, trimmed
from nlptools.subwords.tokenbytes import spaced, surface
from nlptools.subwords.tokenizerjson import BLANK, NAME, TokenizerJson, read_tokenizer_json
from nlptools.text.sources import reason
from nlptools.vocab.modelproto import read_fields
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import load_vocab, stem
from nlptools.vocab.wordpiece import is_cjk

_FILES = (NAME, "tokenizer.model", "spiece.model", "sentencepiece.bpe.model", "vocab.txt")
_CAPITALS = [chr(code) for code in range(0x41, 0x5B)]
_NO_MODEL = "a SentencePiece model is what its trainer writes; the model of `nlptools train` is another thing"
T = TypeVar("T")


class Encoder:
    """A tokenizer that was loaded.

    path: of its file; kind: BPE, Unigram, WordPiece, WordLevel, or words for a vocab.txt with words of Chinese;
    surfaces: the tokens' bytes, by id; unknown: the id of [UNK], -1 where there is none.
    """

    def __init__(self, path: str, kind: str, surfaces: Surfaces, unknown: int) -> None:
        self.path = path
        self.kind = kind
        self.surfaces = surfaces
        self.unknown = unknown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.path!r}, {self.kind}, {len(self):,} tokens)"

    def __len__(self) -> int:
        """The largest id and one."""
        return len(self.surfaces)

    def encode(self, lines: Sequence[str]) -> EncodedLines:
        """The ids of each line, without tokens that a template adds at its ends."""
        raise NotImplementedError

    def spans(self, lines: Sequence[str], encoded: EncodedLines) -> np.ndarray:
        """Start and stop of each token in its line, in characters; int32, shape (tokens, 2).

        White space at the edges of a token is no part of it, so a token of white space alone is empty. A character
        that falls apart into several tokens belongs to each of them.
        """
        if encoded.spans is not None:
            return encoded.spans
        spans, left = lay(lines, encoded, self.surfaces)
        if len(left):
            sizes = encoded.sizes[left]
            rows = places(encoded.ends[left] - sizes, sizes)
            slow = self._slow_spans([lines[n] for n in left.tolist()], encoded.ids[rows])
            slow[self.surfaces.blank[encoded.ids[rows]], 1] = -1  # of white space alone
            spans[rows] = np.stack([slow[:, 0], np.maximum(slow[:, 0], slow[:, 1])], axis=1)
        return spans

    def _slow_spans(self, lines: Sequence[str], ids: np.ndarray) -> np.ndarray:
        """The same by the library that encoded them, where characters were changed; int64."""
        raise NotImplementedError


def load_encoder(path: str | os.PathLike[str]) -> Encoder:
    """The tokenizer of a file, or of a folder with one: tokenizer.json (library `tokenizers`), a SentencePiece model
    (library `sentencepiece`), or vocab.txt, which is ours: by words, as `tokenize --pre vocab`, where it has words of
    several Chinese characters, else by BERT's rules; its case is folded, unless it has the capitals from A to Z.

    DataError, in one line, for what is none; NlptoolsError where the library is missing.
    """
    path = os.fspath(path)
    if Path(path).is_dir():
        path = _inside(path)
    try:
        with open(path, "rb") as file:
            head = file.read(1 << 10)
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None
    if path.endswith(".json") or head.lstrip()[:2] in (b"{\n", b'{"', b"{ ", b"{\r"):
        return HuggingFaceEncoder(read_tokenizer_json(path))
    if path.endswith(".model") or b"\0" in head:
        return SentencePieceEncoder(path)
    return VocabEncoder(path)


def _inside(folder: str) -> str:
    for name in _FILES:
        if (Path(folder) / name).is_file():
            return str(Path(folder) / name)
    models = sorted(Path(folder).glob("*.model"))
    if len(models) != 1:
        problem = "no tokenizer in this folder"
        raise DataError(folder, None, problem, f"looked for {', '.join(_FILES)}")
    return str(models[0])


class HuggingFaceEncoder(Encoder):
    """tokenizer.json, by the library of Hugging Face."""

    def __init__(self, file: TokenizerJson, text: str | None = None) -> None:
        """text: what the library reads instead of the file; without it the merges are taken out of `file`, which is
        its own then.
        """
        library = _library("tokenizers")
        if text is None:
            file.model.pop("merges", None)  # 100 MB of Gemma 3's
        self.tokenizer: Any = _safe(
            file.path,
            f"not a {NAME}",
            lambda: (
                library.Tokenizer.from_file(file.path)
                if text is None
                else library.Tokenizer.from_str(text)
            ),
        )
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        surfaces = _json_surfaces(file, self.tokenizer.get_vocab(with_added_tokens=True))
        unknown = _json_unknown(file)
        unknown = unknown if unknown < len(surfaces) else -1
        super().__init__(
            file.path, file.kind, Surfaces(surfaces, [unknown] if unknown >= 0 else []), unknown
        )
        self._pieces = self._by_pieces(file)

    def encode(self, lines: Sequence[str]) -> EncodedLines:
        if self._pieces is not None and len(lines):
            return self._pieces.encode(lines)
        return self.encode_whole(lines)

    def _by_pieces(self, file: TokenizerJson) -> PieceIds | None:
        """What encodes pieces of lines; None where lines have to be whole."""
        cut = cut_places(file, self.surfaces)
        if cut is None:
            return None
        doubtful: list[int] = []
        if file.model.get("ignore_merges"):
            numbers, tokens = taken_whole(self.surfaces)
            model = self.tokenizer.model
            model.ignore_merges = False
            sizes = self._whole(tokens)[1]
            model.ignore_merges = True
            doubtful = [n for n, size in zip(numbers, sizes.tolist(), strict=True) if size != 1]
        blank = self.tokenizer.token_to_id(BLANK)
        if cut.prefixed and blank is None:
            return None
        return PieceIds(cut, self._whole, -1 if blank is None else blank, doubtful)

    def encode_whole(self, lines: Sequence[str]) -> EncodedLines:
        """The same by the library alone, every line as it is."""
        ids, sizes = self._whole(lines)
        return EncodedLines(ids, np.cumsum(sizes))

    def _whole(self, lines: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(ids of all lines, int32; how many each has) by the library."""
        found = [one.ids for one in self._encoded(lines, self.tokenizer.encode_batch_fast)]
        sizes = np.fromiter(map(len, found), np.int64, len(found))
        return np.fromiter(itertools.chain.from_iterable(found), np.int32, int(sizes.sum())), sizes

    def with_offsets(self, lines: Sequence[str]) -> Any:
        """What the library gives for each line: ids, and offsets in characters as it counts them."""
        return self._encoded(lines, self.tokenizer.encode_batch)

    def _encoded(self, lines: Sequence[str], how: Callable[..., Any]) -> Any:
        texts = list(lines)
        return _safe(self.path, "cannot encode", lambda: how(texts, add_special_tokens=False))

    def _slow_spans(self, lines: Sequence[str], ids: np.ndarray) -> np.ndarray:
        found = self.with_offsets(lines)
        return _trimmed_each(lines, [one.offsets for one in found])


class SentencePieceEncoder(Encoder):
    """A .model, by the library sentencepiece."""

    def __init__(self, path: str) -> None:
        library = _library("sentencepiece")
        self._model: Any = _safe(
            path,
            "not a SentencePiece model",
            lambda: library.SentencePieceProcessor(model_file=path),
            _NO_MODEL,
        )
        model = self._model
        size = model.get_piece_size()
        tokens = [spaced(model.id_to_piece(n), bytes_too=model.is_byte(n)) for n in range(size)]
        strange = [n for n in range(size) if model.is_unknown(n)]
        for n in range(size):
            if model.is_control(n):
                tokens[n] = b""
        kind = "SentencePiece"
        super().__init__(path, kind, Surfaces(tokens, strange), model.unk_id())

    def encode(self, lines: Sequence[str]) -> EncodedLines:
        texts = list(lines)
        found = _safe(self.path, "cannot encode", lambda: self._model.encode(texts, num_threads=1))
        ids = [np.array(one, np.int32) for one in found]
        ends = np.cumsum(np.fromiter(map(len, ids), np.int64, len(ids)))
        return EncodedLines(np.concatenate([np.zeros(0, np.int32), *ids]), ends)

    def _slow_spans(self, lines: Sequence[str], ids: np.ndarray) -> np.ndarray:
        texts = list(lines)
        found = self._model.encode(texts, out_type="serialized_proto", num_threads=1)
        is_byte = self._model.is_byte
        cut = [
            _in_characters(line, _whole_bytes(_proto_pieces(one), is_byte))
            for line, one in zip(texts, found, strict=True)
        ]
        return _trimmed_each(lines, cut)


class VocabEncoder(Encoder):
    """vocab.txt, by our own tokenizer."""

    def __init__(self, path: str) -> None:
        vocab = load_vocab(path)
        words = any(len(t) > 1 and all(map(is_cjk, t)) for t in vocab.tokens)
        cased = all(letter in vocab for letter in _CAPITALS)
        self._tokenizer = WordTokenizer(vocab, pre="vocab" if words else "none", lower=not cased)
        surfaces = Surfaces([stem(token).encode() for token in vocab.tokens], [vocab.unknown])
        super().__init__(path, "words" if words else "WordPiece", surfaces, vocab.unknown)

    def encode(self, lines: Sequence[str]) -> EncodedLines:
        joined = "".join(f"{line.translate(_NO_ENDS)}\n" for line in lines)
        found = self._tokenizer.encode(joined)
        ends = np.searchsorted(found.starts, np.flatnonzero(found.codes == 0x0A))
        before = np.cumsum(np.fromiter((len(line) + 1 for line in lines), np.int64, len(lines)))
        spans = found.offsets
        begins = np.append(0, before)[: len(lines)]
        spans = spans - np.repeat(begins, np.diff(ends, prepend=0))[:, None]
        return EncodedLines(found.ids, ends.astype(np.int64), spans.astype(np.int32))


_NO_ENDS = str.maketrans("\r\n", "  ")


def _trimmed_each(lines: Sequence[str], offsets: Sequence[Sequence[tuple[int, int]]]) -> np.ndarray:
    found = [np.zeros((0, 2), np.int64)]
    for line, pairs in zip(lines, offsets, strict=True):
        if pairs:
            here = np.array(pairs, np.int64)
            found.append(np.stack(trimmed(line, here[:, 0], here[:, 1]), axis=1))
    return np.concatenate(found)


def _whole_bytes(
    pieces: list[tuple[int, int, int]], is_byte: Callable[[int], bool]
) -> list[tuple[int, int]]:
    """Spans of pieces, in bytes. SentencePiece gives what is unknown, one character or more, to the last of its bytes
    alone: each gets its own, or all of it where it was changed.
    """
    spans = [(start, stop) for _, start, stop in pieces]
    for place in range(len(spans) - 1, -1, -1):
        start, stop = spans[place]
        if start == stop or not is_byte(pieces[place][0]):
            continue
        first = place
        while first and spans[first - 1] == (start, start) and is_byte(pieces[first - 1][0]):
            first -= 1
        same = place + 1 - first == stop - start
        for n in range(first, place + 1):
            spans[n] = (start + n - first, start + n - first + 1) if same else (start, stop)
    return spans


def _in_characters(line: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in bytes of UTF-8 -> in characters; one that begins or ends inside of a character has all of it."""
    data = np.frombuffer(line.encode(), np.uint8)
    number = (np.cumsum((data & 0xC0) != 0x80) - 1).tolist()
    number.append(len(line))
    return [
        (number[start], number[stop - 1] + 1) if start < stop else (number[start], number[start])
        for start, stop in spans
    ]


def _proto_pieces(data: bytes) -> list[tuple[int, int, int]]:
    """(id, begin, end in bytes) of the pieces of a SentencePieceText (sentencepiece.proto), which has them in field 2."""
    found = []
    for number, value in read_fields(data):
        if number == 2 and isinstance(value, bytes):
            piece = dict(read_fields(value))
            found.append((int(piece[2]), int(piece.get(4, 0)), int(piece.get(5, 0))))
    return found


def _json_surfaces(file: TokenizerJson, vocab: dict[str, int]) -> list[bytes]:
    """The bytes that each token of a tokenizer.json stands for, by id."""
    tokens = [b""] * (max(vocab.values()) + 1)
    for token, number in vocab.items():
        data = None if file.byte_level and token in file.added else surface(file, token)
        tokens[number] = token.encode() if data is None else data
    return tokens


def _json_unknown(file: TokenizerJson) -> int:
    if file.kind == "Unigram":
        number = file.model.get("unk_id")
        return number if isinstance(number, int) else -1
    token = file.model.get("unk_token")
    ids = file.tokens | file.added
    return ids.get(token, -1) if isinstance(token, str) else -1


def _library(name: str) -> Any:
    try:
        if name == "tokenizers":
            import tokenizers

            return tokenizers
        import sentencepiece

        return sentencepiece
    except ImportError:
        raise NlptoolsError(f"{name} is not installed", install_hint("hf")) from None


def _safe(path: str, problem: str, work: Callable[[], T], hint: str | None = None) -> T:
    """What the library makes of a file, or its complaint as one line; a panic in Rust is no Exception."""
    try:
        return work()
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:
        said = cut(" ".join(str(error).split()), 4 * QUOTED) or type(error).__name__
        raise DataError(path, None, f"{problem}: {said}", hint) from None
