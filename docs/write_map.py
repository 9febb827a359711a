"""The first lines of all modules -> the map in docs/architecture.md.

write_map.py            writes it
write_map.py --check    exits 1 when it is out of step
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "nlptools"
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- the map: docs/write_map.py -->\n", "<!-- the end of the map -->\n"
# As tests/test_wings.py has them, which keeps the rule.
WINGS = (
    *("native", "base", "text", "vectors", "ngrams", "lattice", "lm", "wordmodel", "usage"),
    *("segmentation", "discovery", "vocab", "subwords", "review", "spark", "cli"),
)


def docstring(path: Path) -> str:
    """That of a module."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def files_of(wing: str) -> list[Path]:
    """The files of a wing in the order in which its docstring names them; those of the command line by name."""
    order = re.findall(r"\w+", docstring(PACKAGE / wing / "__init__.py").partition("\nRead:")[2])
    place = {name: number for number, name in reversed(list(enumerate(order)))}
    paths = [path for path in (PACKAGE / wing).glob("*.py") if path.stem != "__init__"]
    return sorted(paths, key=lambda path: (place.get(path.stem, len(place)), path.stem))


def map_lines() -> Iterator[str]:
    """A heading a wing, a row of a table a file."""
    for wing in WINGS:
        first, _, rest = docstring(PACKAGE / wing / "__init__.py").partition("\n")
        goes = re.search(r"^In: (.*?)^Read: ", rest, re.MULTILINE | re.DOTALL)
        yield f"\n### {wing}\n\n{first}"
        if goes:
            yield f"\nIn: {' '.join(goes[1].split())}"
        yield "\n| file | |\n|---|---|"
        for path in files_of(wing):
            line = docstring(path).split("\n")[0].replace("|", r"\|")
            yield f"| `{path.stem}.py` | {_plain(line)} |"


def _plain(text: str) -> str:
    """<s> is no tag, outside of `code`."""
    pieces = re.split(r"(`[^`]+`)", text)
    pieces[0::2] = [piece.replace("<", r"\<") for piece in pieces[0::2]]
    return "".join(pieces)


def page() -> str:
    """The text of docs/architecture.md with the map as it has to be."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + "\n".join(map_lines()) + "\n\n" + END + tail


def main(arguments: list[str]) -> int:
    """Write or check."""
    made = page()
    if arguments == ["--check"]:
        if made == PAGE.read_text(encoding="utf-8"):
            return 0
        print("docs/architecture.md is out of step: run docs/write_map.py", file=sys.stderr)
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
