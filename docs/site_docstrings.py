"""Docstrings -> Markdown: the text as it is written, what is said of each parameter as a list, doctests as blocks.

An extension of Griffe, which reads the package without importing it (mkdocs.yml names this file).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import griffe

_CODE = re.compile(r"(`+[^`]+`+)")
_SPECIAL = re.compile(r"([<*\[\]\\#|~$])")
_SAID = re.compile(
    r"(?:^|(?<=[.;)] ))((?:\w+, )*\w+): "
)  # "name: what it is", at the start of a sentence
_REST = re.compile(r"(?<=[.;)] )(?=Raises |The rest |Source: |Returns )")


class PlainText(griffe.Extension):
    """Every docstring of the package, once it is read."""

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:
        """Called by Griffe when the package is read."""
        _rewrite(pkg)


def _rewrite(obj: griffe.Object) -> None:
    if obj.docstring:
        obj.docstring.value = as_markdown(obj.docstring.value, _names(obj))
    for member in obj.members.values():
        if not member.is_alias:
            assert isinstance(member, griffe.Object)
            _rewrite(member)


def _names(obj: griffe.Object) -> set[str]:
    """What the docstring of an object may speak of: parameters, and attributes of a class."""
    names = {parameter.name for parameter in getattr(obj, "parameters", ())}
    if isinstance(obj, griffe.Class):
        names |= {name for name, member in obj.members.items() if not member.is_function}
    return names


def as_markdown(text: str, names: Collection[str] = ()) -> str:
    r"""Paragraphs with every sign as it is, but for `code`; "name: what it is" is an item of a list.

    >>> as_markdown("The id of <s>. order: longest n-gram. Raises ValueError below 1.", ["order"])
    'The id of \\\\<s>.\\n\\n- **order**: longest n-gram.\\n\\nRaises ValueError below 1.'
    """
    parts = []
    for part in re.split(r"\n\s*\n", text.strip()):
        if part.lstrip().startswith(">>>"):
            parts.append(f"```pycon\n{part}\n```")
        else:
            parts += _paragraph(" ".join(part.split()), names)
    return "\n\n".join(parts)


def _paragraph(text: str, names: Collection[str]) -> Iterator[str]:
    """The text before the first item; the items, as one list; what follows the last one."""
    found = [m for m in _SAID.finditer(text) if set(m[1].split(", ")) <= set(names)]
    if not found:
        yield _plain(text)
        return
    if before := text[: found[0].start()].strip():
        yield _plain(before)
    ends = [*(m.start() for m in found[1:]), len(text)]
    items = [(m[1], text[m.end() : end].strip()) for m, end in zip(found, ends, strict=True)]
    last, *rest = _REST.split(items[-1][1], maxsplit=1)
    items[-1] = (items[-1][0], last.strip())
    yield "\n".join(f"- **{name}**: {_plain(said)}" for name, said in items)
    yield from map(_plain, rest)


def _plain(text: str) -> str:
    pieces = _CODE.split(text)
    pieces[0::2] = [_SPECIAL.sub(r"\\\1", piece) for piece in pieces[0::2]]
    return "".join(pieces)
