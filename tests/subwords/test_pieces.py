"""What words are made of, and how often they are found."""

from __future__ import annotations

import re

import pytest
from trained import tokenizer_json

from nlptools.subwords.pieces import AddedWordFinder, JsonEncoder
from nlptools.subwords.tokenizerjson import read_tokenizer_json

FORMS = ("bytes", "llama", "unigram", "wordpiece")


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, JsonEncoder]:
    folder = tmp_path_factory.mktemp("pieces")
    return {
        form: JsonEncoder(read_tokenizer_json(tokenizer_json(form, folder / f"{form}.json")))
        for form in FORMS
    }


@pytest.mark.parametrize("form", FORMS)
def test_pieces_are_those_inside_a_text(form: str, encoders: dict[str, JsonEncoder]) -> None:
    """Between two characters that no merge knows a word has no blank before it."""
    encoder = encoders[form]
    for word in ("桃树", "园丁每天", "孩子们等了"):
        (line,) = [encoder.encode([f"龘{word}龘"]).ids.tolist()]
        pieces = list(encoder.pieces(word))
        assert pieces
        assert any(line[n : n + len(pieces)] == pieces for n in range(len(line)))
        names = "".join(encoder.tokenizer.id_to_token(number) for number in pieces)
        assert "\u2581" not in names


def test_what_is_known_is_one_piece(encoders: dict[str, JsonEncoder]) -> None:
    token = encoders["bytes"].tokenizer.token_to_id("æ¡ĥæłĳ")  # 桃树
    assert encoders["bytes"].pieces("桃树") == (token,)


@pytest.mark.parametrize("form", ["bytes", "llama", "unigram"])
def test_words_are_found_leftmost_longest(form: str, encoders: dict[str, JsonEncoder]) -> None:
    words = ["树开", "树开花", "花以前", "以前", "孩子们"]
    texts = ["桃树开花以前", "树开花花以前，以前", "", "孩子", "孩子们孩子们"]
    finder = AddedWordFinder(encoders[form].file, words)
    every = re.findall("|".join(sorted(words, key=len, reverse=True)), "\n".join(texts))
    assert finder.count(texts).tolist() == [every.count(word) for word in words] == [0, 2, 1, 2, 2]
    assert finder.lines(texts).tolist() == [2, 3, 0, 0, 2]
    assert finder.lines([]).tolist() == []


def test_words_in_added_tokens_are_not_found(encoders: dict[str, JsonEncoder]) -> None:
    finder = AddedWordFinder(encoders["bytes"].file, ["end"])
    assert finder.count(["<|end|> end"]).tolist() == [1]


def test_decode(encoders: dict[str, JsonEncoder]) -> None:
    encoder = encoders["bytes"]
    texts = ["桃树开花。", "", "a 🌳"]
    rows = [encoder.encode([text]).ids.tolist() for text in texts]
    assert encoder.decode(rows) == texts
