"""Many lines of ids at once: the text of each is that of its tokens alone, and what is no id has its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.vocab.decoding import LineDecoder, join_tokens
from nlptools.vocab.stream import decode_corpus
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import Vocab

# Every kind, and what the rules for spaces look at; U+2028 and U+00A0 are tokens of real vocabularies.
TOKENS = [
    *(
        "[PAD]",
        "[UNK]",
        "天",
        "天气",
        "##气",
        "##",
        "so",
        "##ly",
        "'",
        "s",
        "re",
        ".",
        "。",
        "+",
        "-",
    ),
    *("1.", "5", "a b", "\u2028", "\u00a0", "\u3000", "[x", "x]", "(", "é", "𠮷"),
]
VOCAB = Vocab(tuple(TOKENS))
IDS = st.lists(st.integers(0, len(TOKENS) - 1), max_size=12)
BLANK = st.sampled_from([" ", "  ", "\t", "\u3000", "\x0b"])


@settings(deadline=None)
@given(st.lists(IDS, max_size=6), BLANK)
def test_lines_are_those_of_their_tokens(lines: list[list[int]], blank: str) -> None:
    text = "".join(blank.join(map(str, ids)) + "\n" for ids in lines)
    made = LineDecoder(VOCAB).decode(text, "ids.txt", LineNumbers())
    expected = [join_tokens(TOKENS[i] for i in ids) for ids in lines]
    assert made == "".join(f"{line}\n" for line in expected)


def test_numbers_as_people_write_them() -> None:
    made = LineDecoder(VOCAB).decode("\t002  4 \n\n 16\n", "ids.txt", LineNumbers())
    assert made == "天气\n\n5\n"


@pytest.mark.parametrize("word", ["26", "-1", "1000000000000000000000", "１", "2.0", "x", "²"])
@pytest.mark.parametrize("before", ["", "2 3\n\n"])
def test_what_is_no_id(word: str, before: str) -> None:
    with pytest.raises(DataError) as caught:
        LineDecoder(VOCAB).decode(f"{before}4 {word} 99\n5\n", "ids.txt", LineNumbers(7))
    assert caught.value.line == 7 + before.count("\n")
    assert caught.value.problem == f"no id: {word}"
    assert caught.value.hint == "the vocabulary has the ids 0 to 25"


def test_the_line_of_a_record(tmp_path: Path) -> None:
    path = tmp_path / "ids.jsonl"
    rows = [json.dumps({"ids": ids}) for ids in ("2 3", "4\n5", "2 77")]
    path.write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    tokenizer = WordTokenizer(VOCAB, pre="none")
    with pytest.raises(DataError) as caught:
        "".join(decode_corpus(Corpus([path], field="ids"), tokenizer))
    assert (caught.value.path, caught.value.line) == (str(path), 5)
