"""Lines of JSON, records without anything nested in them -> the strings in one field, by one expression for all lines.

What reads records one by one makes an object of each; most corpora have an id, a few numbers and the text. What the
expression takes json takes too, and means the same by it; it takes all lines or none. tests/text/test_flatrecords.py.
"""

from __future__ import annotations

import functools
import json
import re

_PLAIN = r'[^"\\\x00-\x1f]*+'
_ESCAPE = r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
_INSIDE = f"{_PLAIN}(?:{_ESCAPE}{_PLAIN})*+"
_NUMBER = r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?"
_VALUE = f'(?:"{_INSIDE}"|{_NUMBER}|true|false|null)'


@functools.lru_cache(maxsize=8)
def _expression(name: str) -> re.Pattern[str]:
    """A line whose field of this name is a string, which is its group; as it stands there, with its escapes."""
    own = f'"{re.escape(name)}" ?:'
    # No key with an escape, which might spell the name; the name once, as the last of two would count.
    member = f'(?!{own})"{_PLAIN}" ?: ?{_VALUE}'
    return re.compile(
        rf'^\{{(?:{member}, ?)*+{own} ?"({_INSIDE})"(?:, ?{member})*+\}}$', re.MULTILINE
    )


def flat_texts(text: str, name: str) -> list[str] | None:
    r"""The strings in the field of each line; None: some line is something else, and one has to look at each.

    text: lines that end with LF; half a character may be in what an escape spells.

    >>> flat_texts('{"id": 1, "text": "国家"}\n{"text": "标\\u51c6", "n": null}\n', "text")
    ['国家', '标准']
    """
    if '"' in name or "\\" in name or not name.isprintable():
        return None
    expression = _expression(name)
    # The first line tells most files of other records.
    if expression.match(text) is None:
        return None
    found: list[str] = expression.findall(text)
    if len(found) != text.count("\n") + (not text.endswith("\n")):
        return None
    if "\\" in text:
        return [string if "\\" not in string else json.loads(f'"{string}"') for string in found]
    return found
