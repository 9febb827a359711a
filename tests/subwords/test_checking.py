"""The checks of an extended tokenizer see what is wrong."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from trained import LINES, tokenizer_json

from nlptools.errors import DataError
from nlptools.subwords.additions import with_words
from nlptools.subwords.checking import check_ids, check_text, check_words
from nlptools.subwords.pieces import JsonEncoder
from nlptools.subwords.tokenizerjson import TokenizerJson, read_tokenizer_json

WORDS = ["梨树开", "园丁每"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> TokenizerJson:
    return read_tokenizer_json(tokenizer_json("bytes", tmp_path_factory.mktemp("b") / "t.json"))


@pytest.fixture(scope="module")
def before(file: TokenizerJson) -> JsonEncoder:
    return JsonEncoder(file)


@pytest.fixture(scope="module")
def after(file: TokenizerJson) -> JsonEncoder:
    return JsonEncoder(TokenizerJson("after", with_words(file, WORDS)))


def test_a_text(before: JsonEncoder, after: JsonEncoder) -> None:
    texts = [*LINES[:5], ""]
    row = check_text("here", [texts[:2], texts[2:]], before, after, WORDS)
    assert (row.text, row.lines, row.characters) == ("here", 6, sum(map(len, texts)))
    assert row.before == len(before.encode(texts))
    assert row.after == len(after.encode(texts))
    assert row.saved == pytest.approx(100 * (row.before - row.after) / row.before)
    assert row.characters_per_token_after == row.characters / row.after
    # 梨树也开花 is not 梨树开; 园丁每 stands in the first line.
    assert (row.found, row.whole) == (1, 1)
    assert (row.without, row.same, row.decoded) == (5, 5, 6)
    assert row.holds


def test_no_text(before: JsonEncoder, after: JsonEncoder) -> None:
    row = check_text("none", [], before, after, WORDS)
    assert row[1:] == (0, 0, 0, 0, 0.0, 0.0, 0.0, 0, 0, 0, 0, 0)
    assert row.holds


def test_a_text_that_is_cut_otherwise(
    tmp_path: Path, before: JsonEncoder, after: JsonEncoder
) -> None:
    other = JsonEncoder(read_tokenizer_json(tokenizer_json("llama", tmp_path / "t.json")))
    row = check_text("here", [LINES[:5]], before, other, WORDS)
    assert row.same < row.without
    assert not row.holds


def test_words(after: JsonEncoder, before: JsonEncoder, file: TokenizerJson) -> None:
    assert check_words(after, WORDS, file.size) == set()
    assert check_words(after, WORDS, file.size + 1) == set(WORDS)
    assert check_words(before, WORDS, file.size) == set(WORDS)
    assert check_words(after, [*WORDS, "桃树"], file.size) == {"桃树"}


def test_ids(after: JsonEncoder, file: TokenizerJson) -> None:
    check_ids(file, after, WORDS, [])
    with pytest.raises(DataError, match="would get the id None"):
        check_ids(file, after, [*WORDS, "桃花开"], [])
    moved = json.loads(json.dumps(file.contents))
    moved["added_tokens"][0]["id"] = 999
    with pytest.raises(DataError, match=re.escape("'<|end|>' would get the id")):
        check_ids(TokenizerJson("x", moved), after, WORDS, [])


def test_an_unknown_character_of_a_word_is_given_back(tmp_path: Path) -> None:
    """Text may come out of the ids that was [UNK] before: no reason to complain."""
    file = read_tokenizer_json(tokenizer_json("unigram", tmp_path / "t.json"))
    words = ["杏树下", "开花"]
    before, after = JsonEncoder(file), JsonEncoder(TokenizerJson("a", with_words(file, words)))
    texts = ["桃树在杏树下开花。", "园丁在杏树下", "杏树下"]
    assert "<unk>" in before.decode([before.encode(texts[1:2]).ids.tolist()])[0]
    assert check_text("here", [texts], before, after, words).holds
    # What is lost is still seen.
    other = JsonEncoder(TokenizerJson("o", with_words(file, ["杏树下"])))
    other.decode = lambda rows: ["开花" for _ in rows]  # type: ignore[method-assign]
    assert check_text("here", [texts], before, other, ["杏树下"]).decoded == 0


def test_blanks_of_wordpiece(tmp_path: Path) -> None:
    """It gives a blank before every token, of which a word has fewer."""
    file = read_tokenizer_json(tokenizer_json("wordpiece", tmp_path / "t.json"))
    words = ["桃树", "园丁"]
    before, after = JsonEncoder(file), JsonEncoder(TokenizerJson("a", with_words(file, words)))
    assert check_words(after, words, file.size) == set()
    row = check_text("here", [LINES[:5]], before, after, words)
    assert row.holds
    assert row.found == row.whole > 0
