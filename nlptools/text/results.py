"""Documents + what was found in each -> their records as they stand, with the results in fields of their own.

A record of JSON Lines is copied byte for byte; the new fields stand before its last brace. A line of plain text becomes
an object with its text, a row of CSV an object of its cells, a row of Parquet one of its columns. recordtables.py writes
the same as Parquet.
"""

from __future__ import annotations

import base64
import itertools
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from nlptools.errors import DataError, quoted
from nlptools.text.documents import Documents
from nlptools.text.longtexts import slices

TEXT = "text"  # the field of what had none: a line of plain text
SLICE = 1 << 16  # items of a list that are made into JSON at a time

_encode = json.JSONEncoder(ensure_ascii=False).encode


class Sliced(Protocol):
    """What is asked of the items of lists: an array, a list, or something that makes its items when they are read."""

    def __len__(self) -> int: ...
    def __getitem__(self, where: slice, /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of a text as strings, cut out when they are read. starts, stops: their places, int64."""

    text: str
    starts: np.ndarray
    stops: np.ndarray

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, where: slice) -> list[str]:
        text = self.text
        spans = zip(self.starts[where].tolist(), self.stops[where].tolist(), strict=True)
        return [text[start:stop] for start, stop in spans]


@dataclass(frozen=True, slots=True)
class Ragged:
    """Lists, one for each document: of document i the items offsets[i] to offsets[i + 1].

    items: strings, numbers (an array), or pairs of numbers (an array of two columns). offsets: int64, from 0.
    """

    items: Sliced
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1


# The results of one name, aligned with the documents: texts, numbers, or lists. NaN is no result: null.
Values = list[str] | np.ndarray | Ragged
# What was found in documents: name -> results.
Found = Mapping[str, Values]


def record_pieces(
    results: Iterable[tuple[Documents, Found]], *, into: str | None = None
) -> Iterator[str]:
    """JSON Lines: the record of each document with its results; no text in a lull (Corpus.prompt).

    into: the field of the results, an object where there are several; None: each has a field by its own name.
    Raises DataError for a record that has such a field already.
    """
    for documents, found in results:
        if not len(documents):
            yield ""
            continue
        named = fields_of(found, into)
        if len(documents) == 1 and not isinstance(documents.texts[0], str):
            check_columns(documents, [TEXT], named.names)
            yield f'{{"{TEXT}": "'
            for part in slices(documents.texts[0]):
                yield _encode(part)[1:-1]
            yield '"' + "".join(named.tails())
            continue
        heads = _heads(documents, named.names)
        yield "".join([f"{head}{tail}" for head, tail in zip(heads, named.tails(), strict=True)])


@dataclass(frozen=True)
class Named:
    """Results under the names that they have in a record. inside: the object around them; None: there is none."""

    found: Found
    inside: str | None

    @property
    def names(self) -> list[str]:
        """The fields that are new in a record."""
        return list(self.found) if self.inside is None else [self.inside]

    def tails(self) -> Iterator[str]:
        """For each document: its results in JSON, the end of the record and of the line."""
        before, after = ", ", "}\n"
        if self.inside is not None:
            before, after = f", {_encode(self.inside)}: {{", "}}\n"
        columns: list[Iterable[str]] = []
        for number, (name, values) in enumerate(self.found.items()):
            comma = before if not number else ", "
            key = f"{comma}{_encode(name)}: "
            columns.append([key + value for value in json_values(values)])
        for row in zip(*columns, strict=True):
            yield "".join(row) + after


def fields_of(found: Found, into: str | None) -> Named:
    """Results under the name `into`, see record_pieces."""
    if into is None:
        return Named(found, None)
    if len(found) == 1:
        return Named({into: next(iter(found.values()))}, None)
    return Named(found, into)


def selected(documents: Documents, rows: np.ndarray) -> Documents:
    """The documents of a batch with these places in it, from 0, rising."""
    if len(rows) == len(documents):
        return documents
    places = rows.tolist()
    return replace(
        documents,
        numbers=array("q", [documents.numbers[at] for at in places]),
        lines=array("q", [documents.lines[at] for at in places]),
        texts=[documents.texts[at] for at in places],
        records=None if documents.records is None else [documents.records[at] for at in places],
        rows=None if documents.rows is None else [documents.rows[at] for at in places],
        table=None if documents.table is None else documents.table.take(places),
    )


def json_values(values: Values) -> list[str]:
    """Each result in JSON."""
    if isinstance(values, Ragged):
        edges = values.offsets.tolist()
        return [_json_list(values.items, start, stop) for start, stop in itertools.pairwise(edges)]
    if isinstance(values, list):
        return list(map(_encode, values))
    if values.dtype.kind == "f":
        return [repr(x) if math.isfinite(x) else "null" for x in values.tolist()]
    return list(map(_encode, values.tolist()))


def _json_list(items: Sliced, start: int, stop: int) -> str:
    """A slice at a time: all strings and numbers of a long document at once take thirty times its size."""
    if stop - start <= SLICE:
        return _encode(_listed(items[start:stop]))
    edges = range(start, stop, SLICE)
    slices = (_encode(_listed(items[at : min(at + SLICE, stop)]))[1:-1] for at in edges)
    return f"[{', '.join(slices)}]"


def _listed(items: Any) -> list[Any]:
    return items.tolist() if isinstance(items, np.ndarray) else list(items)


# --- records, up to where the results stand ---------------------------------------------------


def _heads(documents: Documents, names: Sequence[str]) -> list[str]:
    """The record of each document in JSON without its last brace."""
    if documents.records is not None:
        check_records(documents, names)
        return [record[: record.rindex("}")] for record in documents.records]
    if documents.rows is not None:
        header = documents.header or []
        check_columns(documents, header, names)
        return [_row_head(row, header) for row in documents.rows]
    if documents.table is not None:
        check_columns(documents, documents.table.schema.names, names)
        return [_table_head(row) for row in documents.table.to_pylist()]
    check_columns(documents, [TEXT], names)
    return [f'{{"{TEXT}": {_encode(text)}' for text in documents.texts]


def _row_head(row: Sequence[str], header: Sequence[str]) -> str:
    """A row of CSV; a cell without a name has the number of its column."""
    cells = [
        f"{_encode(header[at] if at < len(header) else str(at + 1))}: {_encode(cell)}"
        for at, cell in enumerate(row)
    ]
    return "{" + ", ".join(cells)


def _table_head(row: dict[str, Any]) -> str:
    try:
        text = json.dumps(row, ensure_ascii=False, allow_nan=False, default=_plain)
    except ValueError:  # a NaN somewhere
        text = json.dumps(_without_nan(row), ensure_ascii=False, default=_plain)
    return text[:-1]


def _plain(value: Any) -> str:
    """What JSON has no type for: dates as ISO 8601 has them, bytes in base 64, decimals as they are written."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)


def _without_nan(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    return list(map(_without_nan, value)) if isinstance(value, list) else value


def check_columns(documents: Documents, header: Sequence[str], names: Sequence[str]) -> None:
    """DataError where a table has a column of one of these names."""
    for name in names:
        if name in header:
            raise _taken(name, documents, 0)


def check_records(documents: Documents, names: Sequence[str]) -> None:
    """DataError where a record of JSON Lines has a field of one of these names.

    Only a record that has the name somewhere, or escapes that may be one, is parsed for that.
    """
    assert documents.records is not None
    needles = {form for name in names for form in (_encode(name), json.dumps(name))}
    needles.add("\\u00" if all(name.isascii() for name in names) else "\\u")
    for needle in needles:
        for number, record in enumerate(documents.records):
            if needle in record:
                have = json.loads(record)
                for name in names:
                    if name in have:
                        raise _taken(name, documents, number)


def _taken(name: str, documents: Documents, number: int) -> DataError:
    return DataError(
        documents.source,
        documents.lines[number],
        f"there is a field {quoted(name)} already",
        "give the result another name: --into NAME",
    )
