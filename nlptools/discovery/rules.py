"""The methods of discovery as options see them: their names, their lengths, and which option goes with which.

A method says that here, once. `problems` reads it for the command line and for `discover_words`. Knows no
NumPy, so that the command line can read it at `--help`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nlptools.discovery.columns import SORTS

# What other files say too, which load NumPy: tests/discovery/test_rules.py compares them.
LONGEST_NGRAM = 11  # ngrams.counts.MAX_ORDER - 1, as a word needs its neighbours
MOST_WEIGHTS = 6  # lm.trie.MAX_MODEL_ORDER

COMPATS = ("4256",)
# The least probability of a word or a term. Of all above it that no dictionary has two in three are good; at .5 one in
# ten of the entries of lexicons would be lost besides.
MIN_SCORE = 0.4
# Of the second, third, fourth and every later symbol of a word; there are as many tags. Chosen on statutes,
# medical questions, a classical novel and trending titles: average precision .471, with those of the article,
# .15 .01 .01 .001, .422; on four texts that were not looked at before .480 and .424.
WEIGHTS = (0.3, 0.005, 0.003, 0.003)

# Options that not every method has, in the order in which they are checked.
OPTIONS = (
    *("compat", "min_entropy", "max_length", "weights"),
    *("min_score", "background", "prior"),
)
# What an option is when it is not given; all others are None.
DEFAULTS: dict[str, object] = {"min_score": MIN_SCORE, "prior": "auto", "background": "auto"}


@dataclass(frozen=True)
class Method:
    """A method of discovery, of the file of its name.

    summary: one sentence for the help, without the point. options: of OPTIONS, those that go with it.
    longest: symbols of a word unless max_length says otherwise, None: there is no limit; most: what max_length
    can be; shortest: what min_length can be. reads_corpus: it reads the corpus, also where counts are given.
    """

    name: str
    summary: str
    options: frozenset[str]
    longest: int | None
    most: int = LONGEST_NGRAM
    shortest: int = 2
    reads_corpus: bool = True

    def longest_word(self, asked: int | None) -> int:
        """Symbols of the longest word, where max_length is asked for or None."""
        return asked or self.longest or LONGEST_NGRAM


METHODS = {
    method.name: method
    for method in (
        Method(
            "em",
            "expected by a word model that is learnt from the corpus",
            frozenset({"min_score", "min_entropy", "max_length", "background", "prior"}),
            longest=8,  # terms.LONGEST_TERM
            most=8,
        ),
        Method(
            "entropy",
            "frequent, cohesive, free on both sides (matrix67)",
            frozenset({"min_entropy", "max_length", "background"}),
            longest=4,
            reads_corpus=False,
        ),
        Method(
            "lm",
            "cut out by a language model that is learnt from the corpus (kexue.fm 3956)",
            frozenset({"min_entropy", "max_length", "weights", "background"}),
            longest=5,  # one in a thousand of the words that are cut out is longer
        ),
        Method(
            "pmi",
            "cohesive n-grams joined where they overlap (kexue.fm 6920)",
            frozenset({"compat", "background"}),
            longest=None,
            shortest=1,
        ),
    )
}
DEFAULT_METHOD = "em"


def given_options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the settings that are not what they are anyway."""
    return {name: value for name, value in settings.items() if not _is_default(name, value)}


def _is_default(name: str, value: Any) -> bool:
    default = DEFAULTS.get(name)
    return value is default or (isinstance(value, float | str) and bool(value == default))


def problems(
    method: str, given: Mapping[str, Any], call: Callable[[str], str] = str
) -> Iterator[str]:
    """What is wrong with the settings of a discovery, worst first; nothing where they make sense.

    given: the options that are given, by keyword, besides the method; corpus and counts are in it where there
    are any, whatever they are. call: how the caller names an option, as `--min-score` for min_score.
    """
    if method not in METHODS:
        yield f"{call('method')} must be one of {', '.join(METHODS)}, not {method!r}"
        return
    own = METHODS[method]
    for option in OPTIONS:
        if option in given and option not in own.options:
            yield f"{call(option)} goes with {call('method')} {_those_with(option)}"
    yield from _wrong_values(given, call)
    yield from _wrong_input(own, given, call)
    yield from _wrong_lengths(own, given, call)


def _those_with(option: str) -> str:
    *others, last = (method.name for method in METHODS.values() if option in method.options)
    return f"{', '.join(others)} or {last}" if others else last


def _wrong_values(given: Mapping[str, Any], call: Callable[[str], str]) -> Iterator[str]:
    if given.get("compat", COMPATS[0]) not in COMPATS:
        yield f"{call('compat')} must be one of {', '.join(COMPATS)}, not {given['compat']!r}"
    weights = given.get("weights")
    if weights is not None and len(weights) < 2:
        yield f"{call('weights')}: one number at least for the second and the third symbol"
    elif weights is not None and len(weights) > MOST_WEIGHTS:
        yield f"{call('weights')}: {len(weights)} numbers, there can be {MOST_WEIGHTS}"
    elif weights is not None and not all(0 <= weight < math.inf for weight in weights):
        yield f"{call('weights')}: one is below 0, or not a finite number"
    if given.get("min_count", 1) < 1:
        yield f"{call('min_count')} must be at least 1, not {given['min_count']}"
    if given.get("sort", "score") not in SORTS:
        yield f"{call('sort')} must be one of {', '.join(SORTS)}, not {given['sort']!r}"


def _wrong_input(
    method: Method, given: Mapping[str, Any], call: Callable[[str], str]
) -> Iterator[str]:
    name = call("method")
    if "counts" not in given:
        if "corpus" not in given:
            yield "there is no corpus to read"
    elif "corpus" in given and not method.reads_corpus:
        yield f"{call('counts')} replaces the corpus with {name} {method.name}: give one of them"
    elif "corpus" not in given and method.reads_corpus:
        without = next(one.name for one in METHODS.values() if not one.reads_corpus)
        yield (
            f"{name} {method.name} reads the corpus too: name it beside {call('counts')}; {name} {without} does not"
        )


def _wrong_lengths(
    method: Method, given: Mapping[str, Any], call: Callable[[str], str]
) -> Iterator[str]:
    shortest, longest = given.get("min_length", 2), given.get("max_length", method.longest)
    least, most = call("min_length"), call("max_length")
    if not 1 <= shortest <= LONGEST_NGRAM:
        yield f"{least} must be from 1 to {LONGEST_NGRAM}, not {shortest}"
    if longest is not None:
        if not 2 <= longest <= LONGEST_NGRAM:
            yield f"{most} must be from 2 to {LONGEST_NGRAM}, not {longest}"
        if shortest > longest:
            yield f"{least} is larger than {most}"
        if longest > method.most:
            name = f"{call('method')} {method.name}"
            yield f"{name} finds terms of up to {method.most} symbols: {most} {method.most}"
    if shortest < method.shortest:
        with_singles = next(one.name for one in METHODS.values() if one.shortest == 1)
        goes = f"{least} 1 goes with {call('method')} {with_singles}"
        yield f"A single symbol has no PMI; {goes}"
