"""The beginning of a plain text -> refused where it is a web page, a dump of a wiki, subtitles: its mark-up would be counted.

Told by content, and only where it is sure: a text that speaks of HTML is a text. The hint names the tool that takes
the text out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nlptools.errors import DataError
from nlptools.text.pieces import Piece

_LOOKED_AT = 1 << 14  # characters
_FIRST = "take the text out first: {}"
_XML = r"(?:<\?xml\s[^>]{0,200}\?>\s*)?(?:<!--.{0,2000}?-->\s*)?"
_TIME = r"(?:\d\d+:)?\d\d:\d\d[,.]\d{3} --> (?:\d\d+:)?\d\d:\d\d[,.]\d{3}"

_KINDS = [
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), what, hint)
    for pattern, what, hint in (
        (
            _XML + r"<mediawiki\s[^>]{0,400}mediawiki\.org/xml/export",
            "a dump of a wiki",
            _FIRST.format("wikiextractor --json -o - {} | nlptools ... --field text -"),
        ),
        (
            r'<doc id="[^"\n]*"(?: \w+="[^"\n]*")* title="[^"\n]*"(?: \w+="[^"\n]*")*>\n',
            "text of WikiExtractor with a tag for each article",
            "let it write JSON Lines (wikiextractor --json) and read them with --field text",
        ),
        (
            _XML + r"<!doctype html[^>]{0,400}>\s*<(?:html|head|body|meta|title|script|!--)[\s>-]",
            "a web page (HTML)",
            _FIRST.format("trafilatura <{} | nlptools ... -"),
        ),
        (
            _XML + r"<html(?:\s[^>]{0,400})?>\s*<(?:head|body|meta|title|script|!--)[\s>-]",
            "a web page (HTML)",
            _FIRST.format("trafilatura <{} | nlptools ... -"),
        ),
        (
            r"(?:\d+[ \t]*\n" + _TIME + r"|WEBVTT[^\n]*\n(?:[^\n]*\n){0,9}?" + _TIME + ")",
            "subtitles with their times",
            _FIRST.format("grep -vE '^[0-9]+[[:space:]]*$|-->|^WEBVTT' {} | nlptools ... -"),
        ),
    )
]


def refuse_markup(pieces: Iterable[Piece], source: str) -> Iterator[Piece]:
    """The pieces of a plain text; DataError where its beginning is mark-up."""
    begun = False
    for piece in pieces:
        if not begun and piece.text and not piece.text.isspace():
            begun = True
            _check(piece.text[:_LOOKED_AT], source)
        yield piece


def _check(beginning: str, source: str) -> None:
    text = beginning.replace("\r\n", "\n").replace("\r", "\n").lstrip()
    for pattern, what, hint in _KINDS:
        if pattern.match(text):
            file = "FILE" if source == "-" else source
            raise DataError(source, None, f"{what}, not plain text", hint.format(file))
