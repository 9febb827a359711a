"""Pre-tokenizers -> one regular expression, or the reason why there is none."""

from __future__ import annotations

from typing import Any

import pytest

from nlptools.errors import DataError
from nlptools.subwords.splits import GPT2, pattern_of
from nlptools.subwords.tokenizerjson import TokenizerJson

LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
CL100K = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
    r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
)


def split(regex: str, behavior: str = "Isolated", invert: bool = False) -> dict[str, Any]:
    return {"type": "Split", "pattern": {"Regex": regex}, "behavior": behavior, "invert": invert}


def pattern(*steps: dict[str, Any]) -> str:
    step = {"type": "Sequence", "pretokenizers": list(steps)}
    return pattern_of(TokenizerJson("t.json", {"pre_tokenizer": step, "model": {}}))


def test_one_expression() -> None:
    assert pattern(LEVEL | {"use_regex": True}) == GPT2
    assert pattern(split(GPT2), LEVEL) == GPT2
    assert pattern(split(r"\p{N}+", "Removed", True), LEVEL) == r"\p{N}+"
    assert pattern(LEVEL) == "(?s:.)+"


def test_what_lies_between_matches_is_a_piece_too() -> None:
    assert pattern(split(r"\p{N}+"), LEVEL) == r"\p{N}+|(?:(?!\p{N}+)(?s:.))+"
    without_spaces = GPT2.replace(r"|\s+(?!\S)|\s+", "")
    assert pattern(split(without_spaces), LEVEL).endswith("(?s:.))+")


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ([split("a"), split("b"), LEVEL], "it splits text 2 times"),
        ([split("a"), LEVEL | {"use_regex": True}], "it splits text 2 times"),
        ([{"type": "Digits"}, LEVEL], "it has a pre-tokenizer Digits"),
        ([split("a")], "its pre-tokenizer does not end with one ByteLevel"),
        ([LEVEL | {"add_prefix_space": True}], "it puts a blank before a text"),
        ([split("a", "MergedWithNext"), LEVEL], "it splits with the behavior MergedWithNext"),
        ([split("a") | {"pattern": {"String": "a"}}, LEVEL], "it splits at a string"),
    ],
)
def test_none(steps: list[dict[str, Any]], problem: str) -> None:
    with pytest.raises(DataError, match=problem):
        pattern(*steps)


@pytest.mark.parametrize(
    "regex",
    [
        CL100K,  # {1,3}+ is possessive for one, repeated for the other
        "a$", "^a", r"\w+", r"\h", r"\R", r"\Ka", "(?m:.)", "(?<n>a)", "[[:alpha:]]", "[a&&b]", "a{2,3}+", r"\1",
    ],
)  # fmt: skip
def test_what_is_read_in_two_ways(regex: str) -> None:
    with pytest.raises(DataError, match="may read its regular expression otherwise"):
        pattern(split(regex), LEVEL)
