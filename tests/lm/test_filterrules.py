"""Rules of filter_documents: which settings make sense, and which reason comes first."""

from __future__ import annotations

from typing import Any

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest

from nlptools.lm.filterrules import LIMITS, REASONS, FilterRules
from nlptools.lm.limits import MEAN_SYMBOLS
from nlptools.lm.measures import MEASURES


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"quantiles": [30], "max_perplexity": [9]}, "quantiles and max_perplexity exclude"),
        ({"quantiles": []}, "quantiles: one number, or two"),
        ({"quantiles": [1, 2, 3]}, "quantiles: one number, or two"),
        ({"quantiles": [60, 30]}, "quantiles: the second number must rise"),
        ({"quantiles": [30, 30]}, "quantiles: the second number must rise"),
        ({"quantiles": [101]}, "quantiles: percent, from 0 to 100"),
        ({"max_perplexity": [0.5]}, "max_perplexity: at least 1"),
        ({"min_per_symbol": [-3, -2]}, "min_per_symbol: the second number must fall"),
        ({"min_per_symbol": [0.5]}, "min_per_symbol: logarithms, not above 0"),
        ({"keep": ["head"]}, "keep needs buckets"),
        ({"keep": ["middle"], "quantiles": [50]}, "keep: any of head, tail, not middle"),
        ({"keep": [], "quantiles": [50]}, "keep: any of head, tail, not none"),
        ({"min_han": 1.5}, "min_han must be a share from 0 to 1, not 1.5"),
        ({"min_symbols": -1}, "min_symbols must not be below 0"),
        ({"first": 0}, "first at least 1"),
        ({"mean_symbols": 5}, "mean_symbols needs limits: give quantiles, max_perplexity or min_"),
        ({"first": 9}, "first needs quantiles, or mean_symbols above 0"),
        ({"first": 9, "max_perplexity": [9]}, "first needs quantiles, or mean_symbols above 0"),
        ({"mean_symbols": -1, "quantiles": [5]}, "mean_symbols must not be below 0"),
        ({"mean_symbols": float("nan"), "quantiles": [5]}, "mean_symbols must not be below 0"),
    ],
)
def test_settings_that_make_no_sense(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        FilterRules(**given)


def test_buckets() -> None:
    assert FilterRules().names == ()
    assert FilterRules(quantiles=[50]).kept_buckets == ("head",)
    assert FilterRules(quantiles=[30, 60]).kept_buckets == ("head", "middle")
    assert FilterRules(quantiles=[30, 60], keep=["tail", "head"]).kept_buckets == ("head", "tail")


def test_one_unit_for_all_limits() -> None:
    assert FilterRules(max_perplexity=[100, 1000]).limits == [2, 3]
    assert FilterRules(min_per_symbol=[-2, -3]).limits == [2, 3]
    assert FilterRules(quantiles=[30]).limits == []


@pytest.mark.parametrize(
    "given, weight, needs",
    [
        ({}, 0, False),
        ({"quantiles": [30]}, MEAN_SYMBOLS, True),
        ({"quantiles": [30], "mean_symbols": 0}, 0, True),
        ({"max_perplexity": [30]}, 0, False),
        ({"max_perplexity": [30], "mean_symbols": 5}, 5, True),
    ],
)
def test_what_has_to_be_read_first(given: dict[str, Any], weight: float, needs: bool) -> None:
    rules = FilterRules(**given)
    assert (rules.weight, rules.needs_limits) == (weight, needs)


def test_measures() -> None:
    assert FilterRules().measured == ()
    assert FilterRules(measures=True).measured == MEASURES
    assert FilterRules(max_repeated=0.5).measured == ("repeated",)
    assert FilterRules(max_oov=0.5).measured == ()  # of the model, and always there
    assert {name: FilterRules(measures=True).limit(name) for name in LIMITS} == LIMITS
    assert FilterRules(measures=True, min_han=0).limit("min_han") == 0


def test_the_first_reason_is_given() -> None:
    columns = {
        "symbols": np.array([9, 2, 9, 9, 9, 9, 3]),
        "han": np.array([0.1, 0.1, 0.2, 1, 1, 1, 1]),
        "oov": np.array([0.9, 0, 0.9, 0.1, 0, 0, 0]),
        "repeated": np.array([0, 0, 0, 0.4, 0.5, 0, 0]),
        "repeated_lines": np.array([0, 0, 0, 0, 0.9, 0.9, 0]),
    }
    found = FilterRules(measures=True, min_symbols=3).reasons(columns)
    names = [REASONS[number] for number in found.tolist()]
    assert names == ["han", "symbols", "oov", "", "repeated", "repeated_lines", ""]
