"""Pieces of JSON Lines -> documents: the text in one field of each record."""

from __future__ import annotations

import functools
import importlib
import json
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from nlptools.errors import DataError, cut, listed, quoted
from nlptools.text.decoding import COMPRESSED, MARK
from nlptools.text.documents import Documents, lull
from nlptools.text.flatrecords import flat_texts
from nlptools.text.pieces import LULL, Piece, lines_of

# (text, source, line) -> the text without lone surrogates; None: left out.
Whole = Callable[[str, str, int], str | None]

# What a field with the text is called, most usual first: Hugging Face, Common Crawl's WET as records, Chinese sets.
USUAL_FIELDS = ("text", "content", "body", "raw_content", "正文", "内容")

SURROGATE = re.compile("[\ud800-\udfff]")

# A number of any length; the value is never looked at.
_decoder = json.JSONDecoder(parse_int=float)
_decode: Callable[[str], Any] = _decoder.decode
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]


class OtherFormatError(DataError):
    """The whole source is something else than asked for: skipping lines does not help."""


def json_documents(
    pieces: Iterable[Piece],
    source: str,
    name: str,
    whole: Whole,
    skipped: Callable[[], None] | None,
    keep: bool,
    begun: bool = False,
) -> Iterator[Documents]:
    """The named field of each line of JSON Lines.

    skipped: called for each bad record, which is left out; None: a bad record raises DataError.
    keep: with the records themselves. begun: there were records before these, read by others.
    """
    reader = _Reader(source, name, whole, skipped, keep, begun)
    for piece in pieces:
        if piece is LULL:
            yield lull(source)
            continue
        batch = reader.read(piece)
        if len(batch):
            yield batch


@functools.cache
def _loads() -> Callable[[str], Any]:
    """What reads a record: orjson where it is installed, else json.

    orjson takes nothing that json does not, and means the same by it; what it refuses (NaN, half a character, a nesting
    of more than 1,024) is read by json once more. tests/text/test_jsonlines.py compares them.
    """
    try:
        return importlib.import_module("orjson").loads
    except ImportError:
        return _scanned


def _scanned(line: str) -> Any:
    """As _decode, which looks for white space around each record: twice as fast where there is none."""
    try:
        record, end = _scan(line, 0)
    except StopIteration:
        return _decode(line)
    return record if end == len(line) else _decode(line)


class _Reader:
    """One source; knows how many records there were."""

    def __init__(
        self,
        source: str,
        name: str,
        whole: Whole,
        skipped: Callable[[], None] | None,
        keep: bool,
        begun: bool,
    ) -> None:
        self._source, self._name, self._whole, self._skipped = source, name, whole, skipped
        self._keep = keep
        self._loads = _loads()
        self._flat = True
        self._seen = 0  # records, the bad ones too
        self._good = int(begun)

    def read(self, piece: Piece) -> Documents:
        """The documents of a piece."""
        text = piece.text
        flat = self._flat_documents(piece)
        if flat is not None:
            return flat
        if "\r" in text:
            lines = [line.rstrip("\r\n") for line in lines_of(text)]
        else:
            lines = text.removesuffix("\n").split("\n")
        numbers: Sequence[int] = range(piece.lines.first, piece.lines.first + len(lines))
        if any(map(str.isspace, lines)) or "" in lines:
            numbers = [at for at, line in zip(numbers, lines, strict=True) if line.strip()]
            lines = [line for line in lines if line.strip()]
        texts = None if piece.marked else self._good_texts(lines, "\\u" in text)
        if texts is None:
            return self._checked(lines, numbers, piece.marked)
        return self._documents(texts, numbers, lines)

    def _flat_documents(self, piece: Piece) -> Documents | None:
        """Those of a piece of flat records, all at once; None: it has others, and so may the rest of the source."""
        text = piece.text
        if not self._flat or piece.marked or "\r" in text:
            return None
        texts = flat_texts(text, self._name)
        # Only an escape can bring in half a character.
        if texts is None or ("\\u" in text and SURROGATE.search("\n".join(texts))):
            self._flat = False
            return None
        lines = text.removesuffix("\n").split("\n") if self._keep else []
        return self._documents(
            texts, range(piece.lines.first, piece.lines.first + len(texts)), lines
        )

    def _documents(self, texts: list[str], numbers: Sequence[int], lines: list[str]) -> Documents:
        """Good ones. numbers: of the lines in which they stand; lines: those themselves, if they are kept."""
        first = self._seen + 1
        self._seen += len(texts)
        self._good += len(texts)
        places = array("q", range(first, first + len(texts)))
        kept = lines if self._keep else None
        return Documents(self._source, places, array("q", numbers), texts, kept)

    def _good_texts(self, lines: list[str], escaped: bool) -> list[str] | None:
        """The texts of records with nothing wrong in any of them; None: one has to look at each."""
        loads, name = self._loads, self._name
        try:
            # No record is held longer than for its text.
            texts = [loads(line)[name] for line in lines]
            "".join(texts)
        except (TypeError, KeyError, IndexError):
            try:
                texts = [_text(loads(line), name, self._source, 0) for line in lines]
            except (DataError, ValueError, RecursionError):
                return None
        except (ValueError, RecursionError):
            return None
        # Only an escape can bring in half a character.
        return None if escaped and SURROGATE.search("\n".join(texts)) else texts

    def _checked(self, lines: list[str], numbers: Sequence[int], marked: bool) -> Documents:
        """Record by record: what is wrong with one is said, or it is left out."""
        kept, places, at, texts = list[str](), array("q"), array("q"), list[str]()
        for number, line in zip(numbers, lines, strict=True):
            self._seen += 1
            try:
                if marked and MARK in line:
                    raise DataError(self._source, number, "bad bytes")
                record = _record(line, self._source, number, not self._good)
                self._good += 1
                text = _text(record, self._name, self._source, number)
            except OtherFormatError:
                raise
            except DataError:
                if self._skipped is None:
                    raise
                self._skipped()
                continue
            good = self._whole(text, self._source, number)
            if good is not None:
                places.append(self._seen)
                at.append(number)
                texts.append(good)
                kept.append(line)
        return Documents(self._source, places, at, texts, kept if self._keep else None)


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


def _one_document(line: str, source: str, number: int | None) -> OtherFormatError:
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


def refuse_json_lines(
    pieces: Iterable[Piece], source: str, *, documents: bool = True
) -> Iterable[Piece]:
    """Refuse JSON Lines that are read as plain text, and say which fields there are.

    A source is JSON Lines by its name, .jsonl or .ndjson; .json, if it begins so. The pieces of any other are given back.
    documents: what is called .json, too.
    """
    name = bare_name(source)
    if not name.endswith((".jsonl", ".ndjson", ".json")):
        return pieces
    if name.endswith(".json"):
        return _refused(pieces, source) if documents else pieces
    for piece in pieces:
        if piece.text and not piece.text.isspace():
            raise _read_as_text(piece.text, source)
    return ()


def _refused(pieces: Iterable[Piece], source: str) -> Iterator[Piece]:
    """What is called .json is JSON if it begins like it."""
    begun = False
    for piece in pieces:
        if not begun and piece.text and not piece.text.isspace():
            begun = True
            if piece.text.lstrip().startswith(
                ('{"', "{\n", "{\r", "{ ", '["', "[{", "[\n", "[\r", "[ ")
            ):
                raise _read_as_text(piece.text, source)
        yield piece


def _read_as_text(text: str, source: str) -> DataError:
    line = next(line for line in lines_of(text) if not line.isspace())
    try:
        record = _decode(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) and bare_name(source).endswith(".json"):
        return _one_document(line, source, None)
    fields = _string_fields(record)
    hint = "name the field that has the text: --field"
    if fields:
        hint += f" {cut(likely_field(fields))} (fields with text: {listed(fields)})"
    return DataError(source, None, "JSON Lines, read as plain text", hint)


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
