"""The bytes of a .model: read again, beside protobuf's own reading, damaged; a file that SentencePiece has trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencases import TINY

from nlptools.errors import DataError
from nlptools.vocab.modelproto import (
    BPE,
    CONTROL,
    NORMAL,
    UNKNOWN,
    PieceModel,
    piece_model,
    read_piece_model,
)
from nlptools.vocab.sentencepiece import piece_model_of

SMALL = PieceModel(
    ("<unk>", "▁", "天气"), (0.0, -1.5, -0.25), (UNKNOWN, NORMAL, NORMAL), roles={"unk": "<unk>"}
)


def test_by_hand() -> None:
    """Field 1, 13 bytes: piece (field 1), score -0.25 (field 2, four bytes); no type for NORMAL."""
    row = b"\n\x0d" + b"\n\x06" + "天气".encode() + b"\x15" + b"\x00\x00\x80\xbe"
    assert row in SMALL.data()
    assert b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02" in SMALL.data()


@pytest.mark.parametrize("model", [SMALL, piece_model_of(TINY, fallback="byte")])
def test_read_again(model: PieceModel, tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(model.data())
    assert read_piece_model(path) == model
    assert repr(model) == f"PieceModel({len(model.pieces)} pieces)"


def test_fields_are_those_of_the_proto() -> None:
    pb: Any = pytest.importorskip("sentencepiece.sentencepiece_model_pb2", reason="no protobuf")
    model = piece_model_of(TINY, fallback="byte")
    found = pb.ModelProto()
    found.ParseFromString(model.data())
    same = found.SerializeToString() == model.data()
    assert same  # no field is unknown, or said otherwise
    trainer, normalizer = found.trainer_spec, found.normalizer_spec
    assert trainer.model_type == pb.TrainerSpec.UNIGRAM
    assert trainer.vocab_size == len(found.pieces) == len(TINY) + 257
    assert trainer.byte_fallback
    ids = (trainer.unk_id, trainer.bos_id, trainer.eos_id, trainer.pad_id)
    assert ids == (1, 2, 3, 0)
    pieces = (trainer.unk_piece, trainer.bos_piece, trainer.eos_piece, trainer.pad_piece)
    assert pieces == ("[UNK]", "[CLS]", "[SEP]", "[PAD]")
    assert normalizer.name == "bert_lower"
    assert normalizer.precompiled_charsmap == model.charsmap
    assert (normalizer.add_dummy_prefix, normalizer.escape_whitespaces) == (False, True)
    assert normalizer.remove_extra_whitespaces
    kinds = pb.ModelProto.SentencePiece
    assert [found.pieces[i].type for i in (0, 1, 5, 16, len(TINY) + 1)] == [
        *(kinds.CONTROL, kinds.UNKNOWN, kinds.NORMAL, kinds.UNUSED, kinds.BYTE)
    ]
    assert [p.score for p in found.pieces] == list(model.scores)
    bare = pb.ModelProto()
    bare.ParseFromString(SMALL.data())
    assert (bare.trainer_spec.bos_id, bare.trainer_spec.pad_id) == (-1, -1)


def test_what_sentencepiece_has_trained(tmp_path: Path) -> None:
    library = pytest.importorskip("sentencepiece", reason="no sentencepiece: bin/setup test")
    text = tmp_path / "text.txt"
    text.write_text("今天天气非常好\n天气好 so nice\n" * 20, "utf-8")
    library.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(tmp_path / "m"), vocab_size=30, model_type="bpe",
        pad_id=3, minloglevel=2,
    )  # fmt: skip
    found = read_piece_model(tmp_path / "m.model")
    made = library.SentencePieceProcessor(model_file=str(tmp_path / "m.model"))
    assert found.model_type == BPE
    assert found.roles == {"unk": "<unk>", "bos": "<s>", "eos": "</s>", "pad": "<pad>"}
    assert list(found.pieces) == [made.id_to_piece(i) for i in range(made.get_piece_size())]
    assert list(found.scores) == [made.get_score(i) for i in range(made.get_piece_size())]
    assert found.types[:4] == (UNKNOWN, CONTROL, CONTROL, CONTROL)
    assert (found.normalization, found.add_dummy_prefix) == ("nmt_nfkc", True)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(SMALL.data())), st.binary(max_size=6))
def test_damaged_bytes(place: int, other: bytes) -> None:
    """What cannot be read is a ValueError, or another model; nothing else happens."""
    data = SMALL.data()
    try:
        piece_model(data[:place] + other + data[place + 3 :])
    except ValueError as error:
        assert str(error)


def test_errors(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    for data, problem in (
        (b"", "no pieces"),
        (b"\x0a\xff\x01ab", "it ends too early"),
        (b"text that is none", "a field of kind 4"),
        (b"\xff" * 12, "a number of more than 64 bits"),
    ):
        path.write_bytes(data)
        with pytest.raises(DataError, match=f"no .model of SentencePiece: {problem}") as caught:
            read_piece_model(path)
        assert "spm_train" in str(caught.value.hint)
    with pytest.raises(DataError, match="no such file"):
        read_piece_model(tmp_path / "none.model")
