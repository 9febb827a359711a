"""Which words become tokens, and why others do not."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from trained import tokenizer_json

from nlptools.subwords.additions import with_words
from nlptools.subwords.choosing import choose_words, look_at, weigh
from nlptools.subwords.pieces import AddedWordFinder, JsonEncoder
from nlptools.subwords.tokenizerjson import TokenizerJson, read_tokenizer_json


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> TokenizerJson:
    return read_tokenizer_json(tokenizer_json("bytes", tmp_path_factory.mktemp("b") / "t.json"))


@pytest.fixture(scope="module")
def encoder(file: TokenizerJson) -> JsonEncoder:
    return JsonEncoder(file)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("tree", "no Chinese character in it"),
        ("桃" * 41, "longer than 40 characters"),
        ("桃 树", "a blank or an invisible character in it"),
        ("桃\u200b树", "a blank or an invisible character in it"),
        ("桃树", "a token already"),
        ("\uf900桃", "the tokenizer's normalizer makes '豈桃' of it"),
        ("梨树开", ""),
        ("T恤", ""),
    ],
)
def test_reasons(word: str, reason: str, encoder: JsonEncoder) -> None:
    (found,) = look_at({word: 3}, encoder)
    assert found.reason == reason
    assert found.count == 3
    if not reason:
        assert found.pieces == encoder.pieces(word)
        assert found.saved == 3 * (len(found.pieces) - 1)


def test_a_word_that_meets_an_added_token(file: TokenizerJson) -> None:
    contents = json.loads(json.dumps(file.contents))
    token = dict(contents["added_tokens"][0], id=file.size, content="<用户：")
    contents["added_tokens"].append(token)
    encoder = JsonEncoder(TokenizerJson("x", contents))
    for word in ("用户", "户：问", "去<用", "再<用户：一"):
        assert look_at({word: 1}, encoder)[0].reason == "meets the added token '<用户：'"
    for word in ("户口", "使用", "<用它"):
        assert look_at({word: 1}, encoder)[0].reason == ""


def test_one_token_that_is_no_entry(tmp_path: Path) -> None:
    """Of WordPiece: an unknown word is worth a token, though it is one [UNK]."""
    encoder = JsonEncoder(
        read_tokenizer_json(tokenizer_json("wordpiece", tmp_path / "wordpiece.json"))
    )
    assert look_at({"龘靐": 5}, encoder)[0].reason == ""


def test_those_that_save_most(encoder: JsonEncoder) -> None:
    counts: dict[str, float | None] = {"梨树开": 2, "丁每天": 30, "园丁每": 1, "水们": 9}
    words = look_at(counts, encoder)
    saved = {word.word: word.saved for word in words}
    found = choose_words(words, 2, encoder, least=2)
    best = sorted(saved, key=lambda word: -saved[word])[:2]
    assert {word.word for word in found if not word.reason} == set(best)
    assert [word.word for word in found] == list(counts)
    reasons = {word.word: word.reason for word in found}
    for word in counts:
        if word not in best:
            few = "saves less than --min-saving"
            assert reasons[word] == (few if saved[word] < 2 else "others save more")


def test_words_without_counts_in_their_order(encoder: JsonEncoder) -> None:
    words = look_at(dict.fromkeys(["园丁每", "水们", "丁每天"]), encoder)
    found = choose_words(words, 2, encoder, least=10)
    assert [word.reason for word in found] == ["", "", "others save more"]
    assert math.isnan(found[0].saved)


def test_counted_in_a_text_without_those_inside_others(encoder: JsonEncoder) -> None:
    texts = ["园丁每天浇水，园丁每天", "园丁每，园丁每天", "丁每"]
    words = look_at({"园丁每天": None, "园丁每": None, "丁每": 99, "水们": 50}, encoder)
    found = choose_words(words, 4, encoder, least=1, texts=lambda: iter([texts]))
    assert {word.word: word.count for word in found} == {
        "园丁每天": 3,
        "园丁每": 1,
        "丁每": 1,
        "水们": 0,
    }
    assert found[3].reason == "saves less than --min-saving"
    # Where the longer one is not taken, the shorter one is found in it.
    only = choose_words(words[1:], 1, encoder, least=1, texts=lambda: iter([texts]))
    assert {word.word: word.count for word in only if not word.reason} == {"园丁每": 4}


def test_what_one_part_of_the_text_has_alone_comes_last(encoder: JsonEncoder) -> None:
    """丁桃 saves most, but all of it in one line of ten; 树浇 something everywhere."""
    texts = ["丁桃，" * 6 + "，树浇", *["，树浇"] * 3, *["每天每天每天浇水"] * 6]
    words = look_at({"丁桃": None, "树浇": None}, encoder)
    first, second = choose_words(words, 1, encoder, least=1, texts=lambda: iter([texts]))
    assert first.saved > second.saved > 0
    assert [first.reason, second.reason] == ["others save more", ""]
    assert first.steady == 0 < second.steady < second.saved
    # It is worth a row all the same, where there is one.
    found = choose_words(words, 2, encoder, least=1, texts=lambda: iter([texts[:1], texts[1:]]))
    assert [word.reason for word in found] == ["", ""]
    assert [word.steady for word in found] == [first.steady, second.steady]


def test_what_a_word_inside_saves_anyway_is_not_saved_by_the_longer_one(
    encoder: JsonEncoder,
) -> None:
    """水们园丁 is four tokens, and two beside 水们: then it saves less than 浇们, which is three."""
    texts = ["水们园丁", "水们", "浇们", "水们"] * 6
    words = look_at(dict.fromkeys(["水们园丁", "水们", "浇们"]), encoder)
    assert [len(word.pieces) for word in words] == [4, 3, 3]
    found = choose_words(words, 2, encoder, texts=lambda: iter([texts]))
    assert [word.reason for word in found] == ["others save more", "", ""]
    assert [word.saved for word in found] == [6, 24, 12]
    found = choose_words(words, 3, encoder, texts=lambda: iter([texts]))
    assert [word.reason for word in found] == ["", "", ""]
    assert [word.count for word in found] == [6, 12, 6]
    (alone,) = choose_words(words[:1], 1, encoder, texts=lambda: iter([texts]))
    assert alone.saved == 18


def test_what_a_word_saves_where_it_stands(encoder: JsonEncoder) -> None:
    """Beside the tokens before and after, where those are what is left of the tokens that went over its borders."""
    words = ["丁桃", "树浇", "桃树桃"]
    texts = ["园丁桃树，桃树浇", "丁桃", "", "桃树桃树，树浇", "看桃树"]
    finder = AddedWordFinder(encoder.file, words)
    after = JsonEncoder(TokenizerJson("x", with_words(encoder.file, words)))
    number, gain, text = weigh(texts, encoder, finder)
    every = [after.tokenizer.token_to_id(word) for word in words]
    ids = [after.encode([text]).ids.tolist() for text in texts]
    assert number.tolist() == [every.index(i) for row in ids for i in row if i in every]
    # What is left of a token may fall apart further.
    assert gain.sum() >= len(encoder.encode(texts)) - sum(map(len, ids))
    for text in ("看丁桃", "浇树浇", "树丁桃，树浇"):  # where no token goes over a border
        _, gain, _ = weigh([text], encoder, finder)
        assert gain.sum() == len(encoder.encode([text])) - len(after.encode([text])) > 0
    assert weigh(["园丁桃树"], encoder, finder)[1].tolist() == [-1]  # 园丁 桃树 became 园 丁桃 树
