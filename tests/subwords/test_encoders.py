"""Tokenizer files as encoders: their ids are the library's, and their spans, too."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trained import AWKWARD, FORMS, LINES, sentencepiece_model, tokenizer_json

from nlptools.errors import DataError, NlptoolsError
from nlptools.subwords.encoders import Encoder, load_encoder

MODELS = [(kind, fallback) for kind in ("bpe", "unigram") for fallback in (False, True)]
TEXTS = st.lists(
    st.text(
        st.sampled_from("桃树开花园丁梨，。 　\t\r\nTtreéE\u03011🌳\u200d\0Ａ㎏\u2581𠮷")
        | st.characters(exclude_categories=["Cs"]),
        max_size=12,
    ),
    max_size=4,
)


@pytest.fixture(scope="session")
def jsons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("jsons")
    return {form: tokenizer_json(form, folder / f"{form}.json") for form in FORMS}


@pytest.fixture(scope="session")
def encoders(jsons: dict[str, Path]) -> dict[str, Encoder]:
    return {form: load_encoder(path) for form, path in jsons.items()}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, bool], Path]:
    folder = tmp_path_factory.mktemp("models")
    return {
        (kind, fallback): sentencepiece_model(kind, fallback, folder / f"{kind}{fallback}.model")
        for kind, fallback in MODELS
    }


def bare(
    text: str, span: tuple[int, int], left_out: Callable[[str], bool] = str.isspace
) -> tuple[int, int] | None:
    """A span without the white space at its edges; None where it is empty: the slow twin."""
    start, stop = span
    while start < stop and left_out(text[start]):
        start += 1
    while start < stop and left_out(text[stop - 1]):
        stop -= 1
    return (start, stop) if start < stop else None


def check(encoder: Encoder, lines: list[str], ids: list[list[int]], offsets: list[Any]) -> None:
    """Ids and spans beside those that the library gives line by line."""
    found = encoder.encode(lines)
    assert found.ids.dtype == np.int32
    assert found.ids.tolist() == [i for line in ids for i in line]
    assert found.ends.tolist() == np.cumsum([len(line) for line in ids], dtype=int).tolist()
    spans = encoder.spans(lines, found)
    assert spans.dtype == np.int32
    assert spans.shape == (len(found), 2)
    ours = [bare("x" * 99, span) for span in spans.tolist()]
    blank = encoder.surfaces.blank[found.ids]
    theirs = [
        bare(text, span) for text, pairs in zip(lines, offsets, strict=True) for span in pairs
    ]
    assert ours == [None if blank[n] else span for n, span in enumerate(theirs)]


def check_json(encoder: Encoder, path: Path, lines: list[str]) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    every = [tokenizer.encode(line, add_special_tokens=False) for line in lines]
    check(encoder, lines, [one.ids for one in every], [one.offsets for one in every])


@pytest.mark.parametrize("form", FORMS)
def test_json_as_the_library(
    form: str, encoders: dict[str, Encoder], jsons: dict[str, Path]
) -> None:
    check_json(encoders[form], jsons[form], [*LINES, *AWKWARD])
    check_json(encoders[form], jsons[form], [])


@pytest.mark.parametrize("form", FORMS)
@given(lines=TEXTS)
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_json_of_any_text(
    form: str, encoders: dict[str, Encoder], jsons: dict[str, Path], lines: list[str]
) -> None:
    check_json(encoders[form], jsons[form], lines)


def unseen(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Mn")


def check_model(encoder: Encoder, path: Path, lines: list[str]) -> None:
    """The library says where a piece stands in bytes. What falls apart into bytes it gives to the last of them alone:
    of those we ask only that they lie there.
    """
    import sentencepiece

    model = sentencepiece.SentencePieceProcessor(model_file=str(path))
    found = encoder.encode(lines)
    ours = encoder.spans(lines, found)
    ends = found.ends.tolist()
    for line, begin, end in zip(lines, [0, *ends[:-1]], ends, strict=True):
        data = line.encode()
        pieces = model.encode(line, out_type="proto").pieces
        assert found.ids[begin:end].tolist() == [piece.id for piece in pieces]
        room = (0, 0)
        for piece, (start, stop) in reversed(
            list(zip(pieces, ours[begin:end].tolist(), strict=True))
        ):
            span = (len(data[: piece.begin].decode()), len(data[: piece.end].decode()))
            room = span if piece.surface else room
            if model.is_byte(piece.id):
                assert room[0] <= start <= stop <= room[1]
            elif encoder.surfaces.blank[piece.id]:
                assert start == stop
            else:
                assert bare(line, span, unseen) == bare(line, (start, stop), unseen)


@pytest.mark.parametrize("model", MODELS)
@given(lines=TEXTS)
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_sentencepiece(
    model: tuple[str, bool], models: dict[tuple[str, bool], Path], lines: list[str]
) -> None:
    encoder = load_encoder(models[model])
    check_model(encoder, models[model], [*lines, *LINES[:5], *AWKWARD])


def test_a_character_in_bytes_belongs_to_all_of_them(encoders: dict[str, Encoder]) -> None:
    """𠮷 was never seen: four bytes. The blank before 桃 is a token of its own, and no part of any span."""
    lines = ["𠮷 桃", "桃𠮷"]
    found = encoders["bytes"].encode(lines)
    spans = encoders["bytes"].spans(lines, found).tolist()
    assert spans[:4] == [[0, 1]] * 4
    assert spans[-4:] == [[1, 2]] * 4
    assert [2, 3] in spans[4:-4]


def test_surfaces(encoders: dict[str, Encoder]) -> None:
    """What a token is in text: its bytes, the characters that begin in it, whether it begins inside of one."""
    surfaces = encoders["bytes"].surfaces
    lines = ["桃树𠮷"]
    ids = encoders["bytes"].encode(lines).ids
    assert surfaces.bytes[ids].sum() == len("桃树𠮷".encode())
    assert surfaces.characters[ids].sum() == 3
    assert surfaces.inner[ids][-4:].tolist() == [False, True, True, True]


def test_unknown(encoders: dict[str, Encoder]) -> None:
    for form in ("unigram", "wordpiece"):
        encoder = encoders[form]
        found = encoder.encode(["桃𠮷"])
        spans = encoder.spans(["桃𠮷"], found)
        assert (found.ids == encoder.unknown).any(), form
        assert spans[found.ids == encoder.unknown][0].tolist() in ([1, 2], [0, 2])
    assert encoders["bytes"].unknown == -1
    assert encoders["llama"].unknown == 0


def test_vocab_by_words(tmp_path: Path) -> None:
    path = tmp_path / "vocab.txt"
    path.write_text("[UNK]\n桃\n树\n桃树\n开花\n，\ntree\n##s\n", encoding="utf-8")
    encoder = load_encoder(path)
    assert encoder.kind == "words"
    lines = ["桃树开花，桃Trees", "", " \t", "梨 树\r\n"]
    found = encoder.encode(lines)
    assert found.ids.tolist() == [3, 4, 5, 1, 6, 7, 0, 2]
    assert found.ends.tolist() == [6, 6, 6, 8]
    spans = [[0, 2], [2, 4], [4, 5], [5, 6], [6, 10], [10, 11], [0, 1], [2, 3]]
    assert encoder.spans(lines, found).tolist() == spans
    assert len(encoder.encode([])) == 0


def test_vocab_by_characters_keeps_its_case(tmp_path: Path) -> None:
    """With all capitals a vocabulary is one of text whose case stands; without words it is BERT's."""
    path = tmp_path / "vocab.txt"
    letters = [chr(code) for code in range(0x41, 0x5B)]
    path.write_text("\n".join(["[UNK]", "桃", "Tree", *letters]), encoding="utf-8")
    encoder = load_encoder(tmp_path)
    assert encoder.kind == "WordPiece"
    assert encoder.encode(["桃Tree tree"]).ids.tolist() == [1, 2, 0]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("t.json", b"{", "no JSON"),
        ("t.json", b'{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}', "`b` out"),
        ("t.json", b'{"model": {"type": "Unigram", "vocab": [["a", 1]], "unk_id": 5}}', "UnkId"),
        ("t.model", b"\x0a\x05hello", "not a SentencePiece model"),
        ("t.model", b"", "not a SentencePiece model"),
        ("vocab.txt", b"a\nb\n", "no [UNK]"),
        ("vocab.txt", b"", "empty"),
    ],
)
def test_damaged(name: str, content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        load_encoder(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_the_library_cannot_encode(tmp_path: Path) -> None:
    """A model of whole words without a token for the others: `tokenizers` finds out when such a word comes."""
    path = tmp_path / "tokenizer.json"
    model = {"type": "WordLevel", "vocab": {"桃": 0}, "unk_token": "[UNK]"}
    path.write_text(json.dumps({"version": "1.0", "model": model}), encoding="utf-8")
    encoder = load_encoder(tmp_path)
    assert encoder.encode(["桃"]).ids.tolist() == [0]
    with pytest.raises(DataError, match=r"tokenizer\.json: cannot encode: .*\[UNK\]"):
        encoder.encode(["树"])


def test_no_tokenizer_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no tokenizer in this folder"):
        load_encoder(tmp_path)
    with pytest.raises(DataError, match=r"\.json: "):
        load_encoder(tmp_path / "tokenizer.json")


@pytest.mark.parametrize("library", ["tokenizers", "sentencepiece"])
def test_without_the_library(
    library: str,
    monkeypatch: pytest.MonkeyPatch,
    jsons: dict[str, Path],
    models: dict[tuple[str, bool], Path],
) -> None:
    path = jsons["llama"] if library == "tokenizers" else models["bpe", True]
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(NlptoolsError, match=f"{library} is not installed") as caught:
        load_encoder(path)
    assert "nlptools-zh[hf]" in str(caught.value.hint)


def test_its_repr(encoders: dict[str, Encoder]) -> None:
    assert repr(encoders["bytes"]).endswith("BPE, 333 tokens)")
    found = encoders["bytes"].encode(["", "桃"])
    assert "tokens in 2 lines" in repr(found)
