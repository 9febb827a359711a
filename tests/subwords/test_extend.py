"""A tokenizer extended by words, by merges, by both: with ids, map, files, and the words that were left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer
from trained import tokenizer_json

from nlptools.errors import DataError, NlptoolsError
from nlptools.subwords.extend import extend_tokenizer
from nlptools.subwords.extension import Extension
from nlptools.subwords.tokenizerjson import read_tokenizer_json
from nlptools.text.corpus import Corpus
from nlptools.vocab.map import map_pieces

# None of them stands in the text that the tokenizers were trained on.
COUNTS = {"梨花开": 40, "孩子吃": 30, "水桃": 20, "tree": 9, "果园丁": 2}
TEXT = [
    "孩子们在果园里浇水，园丁教孩子们给桃树浇水。",
    "果园里的梨树开花了，孩子们等梨树结果。",
    "园丁浇水以后，孩子们吃了果子，果子熟了。",
] * 8
OTHER = ["今天下雨。", "The tree is old.", TEXT[0]]
FORMS = ("bytes", "llama", "unigram")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("bases")
    for form in (*FORMS, "metaspace"):
        tokenizer_json(form, found / f"{form}.json")
    return found


def texts(lines: list[str]) -> Corpus:
    return Corpus.from_texts(lines)


def library(made: Extension) -> Tokenizer:
    return Tokenizer.from_str(made.files()["tokenizer.json"])


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


@pytest.mark.parametrize("form", FORMS)
def test_by_the_counts_of_a_list(form: str, folder: Path) -> None:
    made = extend_tokenizer(folder / f"{form}.json", COUNTS, add=3, min_saving=5)
    base = read_tokenizer_json(folder / f"{form}.json")
    rows = {row.word: row for row in made}
    assert [row.word for row in made][:3] == ["梨花开", "孩子吃", "水桃"]
    assert [rows[word].id for word in ("梨花开", "孩子吃", "水桃")] == [
        base.size + n for n in range(3)
    ]
    assert rows["tree"].reason == "no Chinese character in it"
    assert rows["果园丁"].id is None
    assert len(made) == base.size + 3
    tokenizer = library(made)
    assert [tokenizer.token_to_id(word) for word in ("梨花开", "孩子吃", "水桃")] == [
        base.size + n for n in range(3)
    ]
    for word in ("梨花开", "孩子吃", "水桃"):
        row = rows[word]
        assert row.count == COUNTS[word]
        assert row.saved == COUNTS[word] * (row.pieces - 1)
        assert row.id in ids_of(tokenizer, f"他{word}了")


def test_the_map_is_for_init_embeddings(folder: Path) -> None:
    made = extend_tokenizer(folder / "bytes.json", COUNTS, add=2)
    before = Tokenizer.from_file(str(folder / "bytes.json"))
    size = read_tokenizer_json(folder / "bytes.json").size
    assert made.map.extends
    assert made.map.base_size == size
    assert made.map.keep.tolist() == list(range(size))
    assert made.map.words == tuple(row.word for row in made if row.id is not None)
    assert len(made.map.words) == 2
    for n, word in enumerate(made.map.words):
        pieces = made.map.pieces[made.map.offsets[n] : made.map.offsets[n + 1]].tolist()
        assert before.decode(pieces) == word
    assert json.loads("".join(map_pieces(made.map)))["base_size"] == size


@pytest.mark.parametrize("by", ["words", "merges", "both"])
@pytest.mark.parametrize("form", ["bytes", "llama"])
def test_learnt_from_a_corpus(by: str, form: str, folder: Path) -> None:
    made = extend_tokenizer(
        folder / f"{form}.json",
        add=4,
        by=by,
        corpus=texts(TEXT),
        check=[texts(OTHER)],
        min_saving=8,
    )
    words, merges = [word for word in made.words if word.id is not None], made.merges
    assert bool(words) == (by == "words") or by == "both"
    assert bool(merges) == (by == "merges") or by == "both"
    learnt, other = made.checks
    assert learnt.holds
    assert other.holds
    assert learnt.after < learnt.before
    assert learnt.lines == len(TEXT)
    assert 0 < other.without < other.lines
    ids = [row.id for row in made if row.id is not None]
    size = read_tokenizer_json(folder / f"{form}.json").size
    assert ids == list(range(size, size + len(ids)))
    assert len(ids) == len(words) + len(merges) > 0
    assert all(row.saved >= 8 for row in made if row.id is not None and row.saved is not None)
    tokenizer = library(made)
    for row in made:
        if row.id is not None:
            assert row.id in ids_of(tokenizer, row.word)
            assert (
                tokenizer.decode(ids_of(tokenizer, row.word), skip_special_tokens=False) == row.word
            )
    # Every place where a new token can stand has one; merges may lose some to the tokens beside them.
    assert learnt.whole == learnt.found if by == "words" else learnt.whole <= learnt.found


def test_merges_never_go_over_the_border_of_a_word(folder: Path) -> None:
    text = ["孩子们浇水", "孩子们吃饭"] * 30
    inside = extend_tokenizer(
        folder / "bytes.json",
        ["孩子们", "浇水", "吃饭"],
        add=20,
        by="merges",
        corpus=texts(text),
        min_saving=1,
    )
    merged = {one.word for one in inside.merges}
    assert {"吃饭"} <= merged | {"吃饭"}
    assert merged
    assert not any("们浇" in word or "们吃" in word for word in merged)
    one = extend_tokenizer(
        folder / "bytes.json", ["孩子们浇水"], add=20, by="merges", corpus=texts(text), min_saving=1
    )
    assert any("们浇" in merge.word for merge in one.merges)


def test_merges_after_an_earlier_extension(folder: Path, tmp_path: Path) -> None:
    """A word that is an added token already is no part of a merge: the model does not know it."""
    text = texts(["果园桃树林，梨树林"] * 30)
    once = extend_tokenizer(folder / "bytes.json", {"桃树林": 50}, add=1)
    (tmp_path / "tokenizer.json").write_text(once.files()["tokenizer.json"], encoding="utf-8")
    for by in ("merges", "both"):
        words = ["果园桃树林", "梨树林"]
        twice = extend_tokenizer(tmp_path, words, add=9, by=by, corpus=text, min_saving=1)
        assert twice.merges
        assert once.base.size not in twice.map.pieces
        assert ids_of(library(twice), "看桃树林") == ids_of(library(once), "看桃树林")


def test_an_added_token_without_text(folder: Path, tmp_path: Path) -> None:
    """The library passes over it, and so does what finds words."""
    contents = json.loads((folder / "bytes.json").read_text(encoding="utf-8"))
    contents["added_tokens"].append(contents["added_tokens"][0] | {"id": 900, "content": ""})
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(contents), encoding="utf-8")
    with pytest.raises(NlptoolsError, match=r"meets the added token '' \(1 of 1 words\)"):
        extend_tokenizer(path, ["桃树林"], add=1, corpus=texts(["桃树林"] * 20), min_saving=1)


def test_merges_by_the_counts_of_a_list(folder: Path) -> None:
    made = extend_tokenizer(
        folder / "bytes.json", {"水桃": 50, "水梨": 1}, add=5, by="merges", min_saving=2
    )
    tokenizer = library(made)
    assert ids_of(tokenizer, "水桃")[-1] >= made.base.size
    assert made.words == ()


def test_characters_that_fell_apart_into_bytes(folder: Path) -> None:
    """SentencePiece's BPE has bytes for characters it lacks; in a token for one it can be merged further."""
    text = ["龘靐龘靐，园丁看龘靐。"] * 20
    made = extend_tokenizer(folder / "llama.json", ["龘靐"], add=4, by="merges", corpus=texts(text))
    saved = [(one.word, one.saved) for one in made.merges]
    assert saved[:3] == [("靐", 120), ("龘", 120), ("龘靐", 60)]
    tokenizer = library(made)
    ids = ids_of(tokenizer, "园龘靐了")
    assert sum(i >= made.base.size for i in ids) == 1
    for n, word in enumerate(made.map.words):
        pieces = made.map.pieces[made.map.offsets[n] : made.map.offsets[n + 1]]
        assert pieces.max() < made.base.size, word


def test_the_same_whatever_the_workers(folder: Path) -> None:
    made = [
        extend_tokenizer(
            folder / "bytes.json", add=10, by="both", corpus=texts(TEXT), workers=n
        ).files()
        for n in (1, 3)
    ]
    assert made[0] == made[1]


def test_files_beside_the_base(tmp_path: Path, folder: Path) -> None:
    tokenizer_json("bytes", tmp_path / "tokenizer.json")
    config: dict[str, Any] = {"tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|end|>"}
    config["auto_map"] = {"AutoTokenizer": ["own.Tokenizer", None]}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    (tmp_path / "vocab.json").write_text("{}", encoding="utf-8")
    (tmp_path / "merges.txt").write_text("", encoding="utf-8")
    files = extend_tokenizer(tmp_path, COUNTS, add=2).files()
    assert set(files) == {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"}
    written = json.loads(files["tokenizer_config.json"])
    assert written == {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"}
    assert files["chat_template.jinja"] == "{{ messages }}"
    alone = extend_tokenizer(folder / "bytes.json", COUNTS, add=2).files()
    assert json.loads(alone["tokenizer_config.json"]) == {
        "tokenizer_class": "PreTrainedTokenizerFast"
    }


def test_no_config_of_json(tmp_path: Path) -> None:
    tokenizer_json("bytes", tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer_config.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="no JSON"):
        extend_tokenizer(tmp_path, COUNTS, add=2).files()


def test_as_a_table(folder: Path) -> None:
    made = extend_tokenizer(folder / "bytes.json", [*COUNTS], add=2)
    frame = made.to_frame()
    assert list(frame.columns) == ["word", "count", "pieces", "saved", "id", "by", "reason"]
    assert len(frame) == len(COUNTS)
    assert np.isnan(frame["count"].astype(float)).all()
    assert "梨花开" in made._repr_html_()
    assert repr(made) == f"Extension({made.base.size:,} tokens before, {made.base.size + 2:,} now)"


def test_what_cannot_be(folder: Path) -> None:
    base = folder / "bytes.json"
    with pytest.raises(ValueError, match="by must be one of"):
        extend_tokenizer(base, COUNTS, add=2, by="letters")
    with pytest.raises(ValueError, match="words, or a corpus"):
        extend_tokenizer(base, add=2)
    with pytest.raises(ValueError, match="at least 1"):
        extend_tokenizer(base, COUNTS, add=0)
    with pytest.raises(ValueError, match="merges are for BPE"):
        extend_tokenizer(folder / "unigram.json", COUNTS, add=2, by="merges")
    with pytest.raises(DataError, match="a blank before"):
        extend_tokenizer(folder / "metaspace.json", COUNTS, add=2)
    with pytest.raises(NlptoolsError, match="nothing is added"):
        extend_tokenizer(base, {"桃树": 5}, add=2)
    with pytest.raises(DataError, match="read only once"):
        extend_tokenizer(base, COUNTS, add=2, corpus=Corpus.from_texts(iter(TEXT)))
