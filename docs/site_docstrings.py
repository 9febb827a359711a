"""Docstrings -> Markdown that shows them as they are written: plain text, with doctests as blocks.

An extension of Griffe, which reads the package without importing it (mkdocs.yml names this file).
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_CODE = re.compile(r"(`+[^`]+`+)")
_SPECIAL = re.compile(r"([<*\[\]\\#|~$])")


class PlainText(griffe.Extension):
    """Every docstring of the package, once it is read."""

    def on_instance(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        """Called by Griffe for each object."""
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)


def as_markdown(text: str) -> str:
    """Paragraphs with every sign as it is, but for `code`; a doctest becomes a block.

    >>> as_markdown("The id of <s>.")
    'The id of \\\\<s>.'
    """
    parts = []
    for part in re.split(r"\n\s*\n", text.strip()):
        if part.lstrip().startswith(">>>"):
            parts.append(f"```pycon\n{part}\n```")
        else:
            pieces = _CODE.split(part)
            pieces[0::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[0::2]]
            parts.append("".join(pieces))
    return "\n\n".join(parts)
