"""Pieces of JSON Lines -> documents: the text in one field of each record."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from nlptools.errors import DataError, cut, listed, quoted
from nlptools.text.decoding import COMPRESSED, MARK
from nlptools.text.documents import Documents, lull
from nlptools.text.pieces import LULL, Piece, lines_of

# (text, source, line) -> the text without lone surrogates; None: left out.
Whole = Callable[[str, str, int], str | None]

# What a field with the text is called, most usual first: Hugging Face, Common Crawl's WET as records, Chinese sets.
USUAL_FIELDS = ("text", "content", "body", "raw_content", "正文", "内容")

# A number of any length; the value is never looked at.
_decode: Callable[[str], Any] = json.JSONDecoder(parse_int=float).decode


class OtherFormatError(DataError):
    """The whole source is something else than asked for: skipping lines does not help."""


def json_documents(
    pieces: Iterable[Piece],
    source: str,
    name: str,
    whole: Whole,
    skipped: Callable[[], None] | None,
    keep: bool,
) -> Iterator[Documents]:
    """The named field of each line of JSON Lines.

    skipped: called for each bad record, which is left out; None: a bad record raises DataError.
    keep: with the records themselves.
    """
    reader = _Reader(source, name, whole, skipped)
    for piece in pieces:
        if piece is LULL:
            yield lull(source)
            continue
        batch = reader.read(piece)
        if not keep:
            batch = Documents(source, batch.numbers, batch.lines, batch.texts)
        if len(batch):
            yield batch


class _Reader:
    """One source; knows how many records there were."""

    def __init__(
        self, source: str, name: str, whole: Whole, skipped: Callable[[], None] | None
    ) -> None:
        self._source, self._name, self._whole, self._skipped = source, name, whole, skipped
        self._seen = 0  # records, the bad ones too
        self._good = 0

    def read(self, piece: Piece) -> Documents:
        """The documents of a piece."""
        numbers, lines, texts, records = array("q"), array("q"), list[str](), list[str]()
        for number, line in enumerate(lines_of(piece.text), piece.lines.first):
            if line.isspace():
                continue
            self._seen += 1
            try:
                text = self._text(line, number, piece.marked)
            except OtherFormatError:
                raise
            except DataError:
                if self._skipped is None:
                    raise
                self._skipped()
                continue
            if text is not None:
                numbers.append(self._seen)
                lines.append(number)
                texts.append(text)
                records.append(line.rstrip("\r\n"))
        return Documents(self._source, numbers, lines, texts, records)

    def _text(self, line: str, number: int, marked: bool) -> str | None:
        """Of one record; None: left out, and counted already."""
        if marked and MARK in line:
            raise DataError(self._source, number, "bad bytes")
        record = _record(line, self._source, number, not self._good)
        self._good += 1
        text = _text(record, self._name, self._source, number)
        # Only an escape can bring in half a character.
        return self._whole(text, self._source, number) if "\\u" in line else text


def _record(line: str, source: str, number: int, first: bool) -> object:
    try:
        record = _decode(line)
    except RecursionError:
        raise DataError(source, number, "not JSON: nested too deeply") from None
    except ValueError as error:
        at_end = isinstance(error, json.JSONDecodeError) and error.pos >= len(line.rstrip())
        if first and (at_end or line.lstrip().startswith("[")):
            raise _one_document(line, source, number) from None
        detail = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise DataError(source, number, f"not JSON: {detail}") from None
    if first and isinstance(record, list):
        raise _one_document(line, source, number)
    return record


def _one_document(line: str, source: str, number: int) -> OtherFormatError:
    items = "'.[]'" if line.lstrip().startswith("[") else "."
    file = "" if source == "-" else f" {source}"
    hint = f"make it one object per line: jq -c {items}{file} | nlptools ... -"
    return OtherFormatError(source, number, "one JSON document, not JSON Lines", hint)


def _text(record: object, name: str, source: str, number: int) -> str:
    """The string or strings in the field `name` (or a.b: b in the object a) of one record."""
    value = record
    for part in [name] if isinstance(record, dict) and name in record else name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "\n".join(value)
    if value is None:
        problem, hint = f"no field {quoted(name)}", _field_hint(record)
        raise DataError(source, number, problem, hint)
    kind = {bool: "true or false", dict: "an object", list: "a list of other things than text"}
    what = kind.get(type(value), "a number")
    raise DataError(
        source, number, f"field {quoted(name)} is {what}, not text", _field_hint(record)
    )


def refuse_json_lines(pieces: Iterable[Piece], source: str) -> Iterable[Piece]:
    """Refuse JSON Lines that are read as plain text, and say which fields there are.

    A source is JSON Lines by its name; the pieces of any other are given back.
    """
    if not bare_name(source).endswith((".jsonl", ".ndjson")):
        return pieces
    for piece in pieces:
        if not piece.text or piece.text.isspace():
            continue
        try:
            line = next(line for line in lines_of(piece.text) if not line.isspace())
            fields = _string_fields(json.loads(line))
        except (ValueError, RecursionError):
            fields = {}
        hint = "name the field that has the text: --field"
        if fields:
            hint += f" {cut(likely_field(fields))} (fields with text: {listed(fields)})"
        raise DataError(source, None, "JSON Lines, read as plain text", hint)
    return ()


def likely_field(fields: dict[str, int]) -> str:
    """The name of the field that most likely has the text. fields: how many characters each has."""
    usual = [name for name in USUAL_FIELDS if name in fields]
    return usual[0] if usual else max(fields, key=lambda name: fields[name])


def _string_fields(record: object, prefix: str = "", depth: int = 4) -> dict[str, int]:
    """The fields with text in them, and how many characters."""
    if not isinstance(record, dict):
        return {}
    found: dict[str, int] = {}
    for key, value in record.items():
        if isinstance(value, str):
            found[prefix + key] = len(value)
        elif isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            found[prefix + key] = sum(map(len, value))
        elif depth:
            found.update(_string_fields(value, f"{prefix}{key}.", depth - 1))
    return found


def _field_hint(record: object) -> str | None:
    fields = _string_fields(record)
    return f"fields with text: {listed(fields)}" if fields else None


def bare_name(source: str) -> str:
    """The name in lower case, without the suffix of a compression."""
    name = source.lower()
    return next((name.removesuffix(end) for end in COMPRESSED if name.endswith(end)), name)
