"""Lines of flat records by one expression: what json says of each line, or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.text.flatrecords import flat_texts


def by_json(text: str, name: str) -> list[str] | None:
    """The strings of the field, record by record; None: one has none, or is no record."""
    found = []
    for line in text.removesuffix("\n").split("\n"):
        try:
            record = json.loads(line)
        except ValueError:
            return None
        value = record.get(name) if isinstance(record, dict) else None
        if not isinstance(value, str):
            return None
        found.append(value)
    return found


NAMES = st.sampled_from(["t", "te", "a.t", "正文", "t?", "[t]", "t+", 't"', "t\\"])
VALUES = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ['"', "\\", "\\\\u", "\n", "\x00", "\u2028", "\x85", "\x7f", ', "t": "x"', "}"]
    ),
    st.integers(),
    st.floats(allow_nan=False),
    st.sampled_from([True, False, None, [], {"t": "x"}, ["t"]]),
)
RECORDS = st.dictionaries(NAMES, VALUES, max_size=4)
STYLES = st.sampled_from([(", ", ": "), (",", ":"), (" ,", ": "), (",  ", ":")])


@settings(max_examples=150, deadline=None)
@given(st.lists(RECORDS, min_size=1, max_size=4), NAMES, STYLES, st.booleans(), st.booleans())
@example([{"t": "天\n地"}, {"t": ""}], "t", (", ", ": "), True, True)
def test_as_json_or_nothing(
    records: list[dict[str, object]], name: str, style: tuple[str, str], ascii: bool, end: bool
) -> None:
    lines = [json.dumps(r, ensure_ascii=ascii, separators=style) for r in records]
    text = "\n".join(lines) + "\n" * end
    flat = flat_texts(text, name)
    assert flat is None or flat == by_json(text, name)
    simple = all(
        isinstance(r.get(name), str)
        and all(not isinstance(v, list | dict) for v in r.values())
        and not any('"' in key or "\\" in key for key in r)
        for r in records
    )
    if simple and name.isprintable() and style in ((", ", ": "), (",", ":")) and name.isascii():
        assert flat is not None


@pytest.mark.parametrize(
    "line",
    [
        '{"t": "x", "t": "y"}',  # of two json takes the last
        '{"n": 1, "t": "x", "t": 2}',
        '{"\\u0074": "y", "t": "x"}',  # a key that spells the name
        '{"t": "a\tb"}',
        '{"t": "\\x"}',
        '{"t": "\\u12"}',
        '{"t": "x",}',
        '{"n": 01, "t": "x"}',
        '{"n": 1., "t": "x"}',
        '{"n": \u0661, "t": "x"}',  # a digit of another script
        '{"n": NaN, "t": "x"}',
        '{"t": "x"} ',
        '{"t": "x"}{"t": "y"}',
        '["t", "x"]',
        "",
    ],
)
def test_what_is_left_to_json(line: str) -> None:
    good = '{"t": "x"}'
    for text in (line, f"{line}\n{good}", f"{good}\n{line}\n{good}\n"):
        assert flat_texts(text, "t") is None


def test_a_record_over_two_lines_is_no_record() -> None:
    assert flat_texts('{"t":\n"x"}\n{"t": "x"},{"t": "y"}\n', "t") is None


def test_records_of_both_kinds_keep_their_places(tmp_path: Path) -> None:
    """Pieces of flat records, then nested ones, then flat ones: numbers and lines as ever."""
    path = tmp_path / "a.jsonl"
    rows = [{"id": i, "t": f"第{i}句"} for i in range(400)]
    rows[200]["more"] = {"t": "x"}
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    batches = list(Corpus([path], field="t", block_size=500).documents(200))
    assert [text for batch in batches for text in batch.texts] == [row["t"] for row in rows]
    for numbers in ([n for b in batches for n in b.numbers], [n for b in batches for n in b.lines]):
        assert numbers == list(range(1, 401))
