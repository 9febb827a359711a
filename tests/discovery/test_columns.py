"""The schema of a word table: every format, every table of the docs and every method follow it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from places import NOVEL

from nlptools.cli import main
from nlptools.discovery.columns import (
    COLUMNS,
    EVERY_METHOD,
    NUMBERS,
    PRINTED,
    SCHEMA,
    SORT_COLUMNS,
    SORTS,
    WORD_FORMATS,
    columns_table,
)
from nlptools.discovery.discover import discover_words
from nlptools.discovery.rules import METHODS
from nlptools.discovery.table import WordTable, format_words
from nlptools.text.corpus import Corpus


def test_the_columns_of_files() -> None:
    assert (
        *("word", "count", "expected", "pmi", "left_entropy", "right_entropy"),
        *("shards", "score", "term", "known"),
    ) == COLUMNS
    assert (
        *("score", "count", "expected", "pmi", "left-entropy", "right-entropy"),
        "word",
    ) == SORTS
    assert WORD_FORMATS == ("tsv", "jsonl", "csv", "plain")
    assert [one.name for one in SCHEMA if not one.printed] == ["passed", "marked", "decision"]


def test_a_row_of_the_schema_is_complete() -> None:
    assert tuple(METHODS) == EVERY_METHOD
    for one in SCHEMA:
        assert one.kind in ("text", "int", "real", "flag", "decision")
        assert one.meaning and one.chinese
        assert bool(one.unit) == bool(one.chinese_unit)
        assert set(one.methods) <= set(METHODS)
        # Where not every method says it there is a value for that.
        assert set(one.methods) == set(METHODS) or one.unsaid is not None
    assert all(
        one.kind in ("int", "real") for one in SCHEMA if one.attribute in SORT_COLUMNS.values()
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_method_gives_what_the_schema_says(method: str) -> None:
    table = discover_words(Corpus([NOVEL]), method=method)
    assert len(table) > 50
    types = {"int": np.int64, "real": np.float64, "flag": np.bool_, "decision": np.bool_}
    for one in NUMBERS:
        column = getattr(table, one.attribute)
        assert column.dtype == types[one.kind], one.name
        unsaid = column != column if one.kind == "real" else column == one.unsaid
        if method not in one.methods:
            assert unsaid.all(), one.name
        elif one.attribute in ("expected", "shards"):
            assert not unsaid.any(), one.name


def test_every_format_has_every_column() -> None:
    row = {one.attribute: np.ones(1) for one in NUMBERS if one.unsaid is None}
    table = WordTable.of(["甲乙"], **row)
    for how, between in (("tsv", "\t"), ("csv", ",")):
        header, line = "".join(format_words(table, how)).splitlines()
        assert tuple(header.split(between)) == COLUMNS
        assert len(line.split(between)) == len(COLUMNS)
    assert tuple(json.loads("".join(format_words(table, "jsonl")))) == COLUMNS
    (one,) = table
    assert one.word == "甲乙"
    assert all(hasattr(one, name) for name in COLUMNS)


def test_decisions_are_a_column_where_there_are_any() -> None:
    row = {one.attribute: np.ones(2) for one in NUMBERS if one.unsaid is None}
    table = replace(
        WordTable.of(["甲乙", "丙"], **row, accepted=np.array([True, False])), decided=True
    )
    header, *lines = "".join(format_words(table, "tsv")).splitlines()
    assert header.split("\t") == [*COLUMNS, "decision"]
    assert [line.split("\t")[-1] for line in lines] == ["accepted", ""]
    rows = [json.loads(line) for line in format_words(table, "jsonl").__next__().splitlines()]
    assert [one["decision"] for one in rows] == ["accepted", ""]
    assert [one.decision for one in table] == ["accepted", ""]
    assert table.to_frame()["decision"].tolist() == ["accepted", ""]


@pytest.mark.parametrize("chinese", [False, True])
def test_the_table_of_the_docs(chinese: bool) -> None:
    lines = columns_table(chinese).splitlines()
    assert lines[0] == ("| 列 | 含义 | 单位 |" if chinese else "| column | meaning | unit |")
    assert lines[2] == ("| `word` | 词 | |" if chinese else "| `word` | the word | |")
    assert [line.split("`")[1] for line in lines[2:]] == [*COLUMNS, "decision"]
    assert all(line.count("|") == 4 for line in lines)
    assert any(line.endswith("| nat |" if chinese else "| nats |") for line in lines)


def test_the_unsaid_are_told_from_numbers() -> None:
    unsaid = {one.name: one.unsaid for one in PRINTED if one.unsaid is not None}
    assert math.isnan(unsaid.pop("expected"))
    assert unsaid == {"shards": 0, "term": False, "known": False}


def test_the_command_sorts_by_the_schema() -> None:
    (sort,) = (option for option in main.commands["discover"].params if option.name == "sort")
    assert tuple(sort.type.choices) == SORTS
