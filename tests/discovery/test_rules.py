"""Which option goes with which method: every rule, as the command and as the function say it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from nlptools.cli import main
from nlptools.discovery.discover import discover_words
from nlptools.discovery.rules import (
    DEFAULT_METHOD,
    DEFAULTS,
    LONGEST_NGRAM,
    METHODS,
    MOST_WEIGHTS,
    OPTIONS,
    given_options,
    problems,
)
from nlptools.discovery.terms import LONGEST_TERM
from nlptools.lm.trie import MAX_MODEL_ORDER
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import MAX_ORDER
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import WordModel

NO_MODEL = WordModel([], np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
COUNTS = count_ngrams(Corpus.from_texts(["天地"] * 3), order=5)
# An option -> (as it is typed, as it is given in Python).
GIVEN: dict[str, tuple[list[str], object]] = {
    "compat": (["--compat", "4256"], "4256"),
    "min_entropy": (["--min-entropy", "1"], 1.0),
    "max_length": (["--max-length", "5"], 5),
    "weights": (["--weights", "0.1,0.2"], (0.1, 0.2)),
    "min_score": (["--min-score", "1"], 1.0),
    "background": (["--background", "general"], NO_MODEL),
    "prior": (["--prior", "none"], None),
}


def by_command(*options: str, corpus: bool = True) -> str:
    """The usage error of the command."""
    text = ["-"] if corpus else []
    done = CliRunner().invoke(main, ["discover", *text, *options], input="天地")
    assert done.exit_code == 2, done.output
    return done.output.strip().split("\n")[-1].removeprefix("Error: ").removesuffix(".")


def by_function(corpus: bool = True, **settings: Any) -> str:
    """The ValueError of the function, as the command would say it."""
    with pytest.raises(ValueError) as caught:
        discover_words(Corpus.from_texts(["天地"]) if corpus else None, **settings)
    return str(caught.value)


def test_the_options_are_tried_one_and_all() -> None:
    assert set(GIVEN) == set(OPTIONS)
    assert set().union(*(method.options for method in METHODS.values())) == set(OPTIONS)
    assert DEFAULT_METHOD in METHODS
    assert all(name == method.name for name, method in METHODS.items())


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_goes_with_its_methods(method: str, option: str) -> None:
    typed, value = GIVEN[option]
    if option in METHODS[method].options:
        assert list(problems(method, {"corpus": True, option: value})) == []
        return
    said = by_command("--method", method, *typed)
    assert said.startswith(f"--{option.replace('_', '-')} goes with --method ")
    for other in METHODS.values():
        named = other.name in said.split("--method ")[1].replace(",", "").split()
        assert named == (option in other.options)
    assert by_function(method=method, **{option: value}) == said.replace("--", "").replace("-", "_")


@pytest.mark.parametrize(
    ("typed", "settings", "problem"),
    [
        (
            "--weights 0.1 --method lm",
            {"method": "lm", "weights": [0.1]},
            "weights: one number at least",
        ),
        ("--min-length 9", {"min_length": 9}, "min_length is larger than max_length"),
        (
            "--min-length 3 --max-length 2",
            {"min_length": 3, "max_length": 2},
            "min_length is larger than max_length",
        ),
        (
            "--max-length 9",
            {"max_length": 9},
            "method em finds terms of up to 8 symbols: max_length 8",
        ),
        (
            "--min-length 1",
            {"min_length": 1},
            "A single symbol has no PMI; min_length 1 goes with method pmi",
        ),
    ],
)
def test_one_rule_two_voices(typed: str, settings: dict[str, Any], problem: str) -> None:
    said = by_command(*typed.split())
    assert by_function(**settings).startswith(problem)
    assert said.replace("--", "").replace("-", "_").startswith(problem)


def test_words_of_one_length() -> None:
    assert list(problems("entropy", {"corpus": True, "min_length": 4, "max_length": 4})) == []
    assert list(problems("entropy", {"corpus": True, "min_length": 4})) == []


def test_a_corpus_beside_counts() -> None:
    reads = "method {} reads the corpus too: name it beside counts; method entropy does not"
    for name, method in METHODS.items():
        counts = ["--method", name, "--counts", "b"]
        if method.reads_corpus:
            said = by_command(*counts, corpus=False).replace("--", "")
            assert (
                said == by_function(corpus=False, method=name, counts=COUNTS) == reads.format(name)
            )
        else:
            said = by_command(*counts).replace("--", "")
            assert said == by_function(method=name, counts=COUNTS)
            assert said == f"counts replaces the corpus with method {name}: give one of them"
        assert by_function(corpus=False, method=name) == "there is no corpus to read"


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"method": "magic"}, "method must be one of em, entropy, lm, pmi, not 'magic'"),
        ({"compat": "6920", "method": "pmi"}, "compat must be one of 4256, not '6920'"),
        ({"weights": [0.1] * 7, "method": "lm"}, "weights: 7 numbers, there can be 6"),
        ({"weights": [0.1, -0.1], "method": "lm"}, "weights: one is below 0, or not a finite"),
        ({"weights": [0.1, np.nan], "method": "lm"}, "weights: one is below 0, or not a finite"),
        ({"weights": [0.1, np.inf], "method": "lm"}, "weights: one is below 0, or not a finite"),
        ({"min_count": 0}, "min_count must be at least 1, not 0"),
        ({"min_count": 0, "method": "pmi"}, "min_count must be at least 1, not 0"),
        ({"min_length": 0}, "min_length must be from 1 to 11, not 0"),
        ({"min_length": 12, "method": "pmi"}, "min_length must be from 1 to 11, not 12"),
        ({"max_length": 12, "method": "entropy"}, "max_length must be from 2 to 11, not 12"),
        ({"max_length": 1, "method": "entropy"}, "max_length must be from 2 to 11, not 1"),
        ({"min_length": 6, "method": "lm"}, "min_length is larger than max_length"),
        ({"sort": "beauty"}, "sort must be one of score, count, .*, word, not 'beauty'"),
    ],
)
def test_what_click_refuses_the_function_does_too(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        discover_words(Corpus.from_texts(["天地"]), **settings)


def test_what_is_not_given() -> None:
    assert DEFAULTS == {"min_score": 0.4, "prior": "auto", "background": "auto"}
    anyway = {"min_score": 0.4, "prior": "auto", "weights": None, "background": "auto"}
    assert given_options(anyway) == {}
    given = {"min_score": 0, "prior": None, "weights": np.ones(2), "background": NO_MODEL}
    assert list(given_options(given)) == list(given)
    assert list(given_options({"prior": NO_MODEL})) == ["prior"]


def test_numbers_that_other_files_have() -> None:
    assert LONGEST_NGRAM == MAX_ORDER - 1
    assert MOST_WEIGHTS == MAX_MODEL_ORDER
    assert METHODS["em"].longest == METHODS["em"].most == LONGEST_TERM


def test_the_longest_word() -> None:
    assert [METHODS[name].longest_word(None) for name in ("em", "entropy", "lm")] == [8, 4, 5]
    assert METHODS["pmi"].longest_word(None) == LONGEST_NGRAM
    assert METHODS["entropy"].longest_word(7) == 7
