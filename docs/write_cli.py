"""The commands' --help -> docs/cli.md; columns -> their table in the guides; examples -> run, outputs renewed.

write_cli.py                      writes docs/cli.md, and the table of columns in the guides
write_cli.py --check              exits 1 when one of them is out of step
write_cli.py --examples           runs every console and pycon block and renews its output in place
write_cli.py --examples --check   runs them, names those that are out of step, writes nothing

Examples run in a folder of their own that has `data` in it, in the order of the page.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Help has the same width everywhere: click asks shutil, and that asks COLUMNS.
os.environ["COLUMNS"] = "100"

import click

from nlptools.cli import main as nlptools
from nlptools.discovery.columns import columns_table

ROOT = Path(__file__).resolve().parent.parent
CLI = ROOT / "docs" / "cli.md"
HEAD = """# Command line reference

The `--help` of every command, written by `docs/write_cli.py`; do not edit this page.
What the commands are for: [README](../README.md). Columns and files: [formats.md](formats.md).
"""
# What ```console stderr shows is left as it is (memory and seconds are no part of it): tests/pages compares it.
BLOCK = re.compile(r"^```(console|console stderr|pycon)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def cli_page() -> str:
    """The text of docs/cli.md."""
    group = click.Context(nlptools, info_name="nlptools", **nlptools.context_settings)
    return "\n".join([HEAD, *_sections(nlptools, group)])


def _sections(command: click.Command, context: click.Context) -> Iterator[str]:
    """That of a command, then those of the commands in it."""
    lines = [line.rstrip() for line in command.get_help(context).splitlines()]
    yield "\n".join([f"## {context.command_path}", "", "```text", *lines, "```", ""])
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            own = click.Context(inner, parent=context, info_name=name, **inner.context_settings)
            yield from _sections(inner, own)


def guide_pages() -> dict[Path, str]:
    """The guides with the table of columns -> their texts, the table as the schema has it now."""
    texts = {}
    for name, chinese in (("discover.md", False), ("discover.zh-CN.md", True)):
        path, table = ROOT / "docs" / "guides" / name, columns_table(chinese)
        head = re.escape("".join(table.splitlines(keepends=True)[:2]))
        text, number = re.subn(
            rf"^{head}(?:\|.*\n)+",
            lambda _, table=table: table,
            path.read_text("utf-8"),
            flags=re.M,
        )
        assert number == 1, path
        texts[path] = text
    return texts


def pages() -> list[Path]:
    """The pages that may have examples."""
    return [*sorted(ROOT.glob("README*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def renewed(page: str, folder: Path) -> tuple[str, list[str], int]:
    """The page with the outputs of its examples as they are now; what differed; examples run."""
    different: list[str] = []
    number = 0

    def renew(block: re.Match[str]) -> str:
        nonlocal number
        runs = _pycon(block[2]) if block[1] == "pycon" else _console(block[2], folder)
        if block[1] == "console stderr":
            number += len(list(runs))
            return block[0]
        lines: list[str] = []
        for source, shown, output in runs:
            number += 1
            same = _matches(shown, output)
            if not same:
                different.append(source[0])
            # What is shown with a line `...` in it can only be mended by hand.
            lines += source + (shown if same or "..." in shown else output)
        return f"```{block[1]}\n" + "".join(f"{line}\n" for line in lines) + "```"

    return BLOCK.sub(renew, page), different, number


def _matches(shown: list[str], output: list[str]) -> bool:
    """Whether the output is what is shown; a line `...` stands for any lines."""
    pattern = "".join("(?:.*\n)*" if line == "..." else re.escape(line) + "\n" for line in shown)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in output)) is not None


def _console(text: str, folder: Path) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """(command, output shown, output now) of each command of a console block."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for part in re.split(r"^(?=\$ )", text, flags=re.MULTILINE):
        if not part:
            continue
        command, *shown = part.splitlines()
        done = subprocess.run(
            ["bash", "-c", command.removeprefix("$ ")],
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        yield [command], shown, done.stdout.decode().splitlines()


def _pycon(text: str) -> Iterator[tuple[list[str], list[str], list[str]]]:
    """(statement, output shown, output now) of each statement of a pycon block."""
    names: dict[str, object] = {"__name__": "__main__"}
    for part in re.split(r"^(?=>>> )", text, flags=re.MULTILINE):
        if not part:
            continue
        lines = part.splitlines()
        end = next((i for i, s in enumerate(lines) if not s.startswith((">>>", "..."))), len(lines))
        source, shown = lines[:end], lines[end:]
        code = "".join(f"{line[4:]}\n" for line in source)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(ast.Interactive(ast.parse(code).body), "example", "single"), names)
        yield source, shown, printed.getvalue().splitlines()


def check_examples(write: bool) -> int:
    """Run the examples of all pages; with `write` renew their outputs. Exit code."""
    wrong = 0
    for page in pages():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "data").symlink_to(ROOT / "data")
            with contextlib.chdir(folder):
                before = page.read_text(encoding="utf-8")
                after, different, number = renewed(before, folder)
        for example in different:
            print(f"{page.relative_to(ROOT)}: {'renewed' if write else 'out of step'}: {example}")
        if write and after != before:
            page.write_text(after, encoding="utf-8")
        print(f"{page.relative_to(ROOT)}: {number} examples, {len(different)} out of step")
        wrong += len(different)
    return 1 if wrong and not write else 0


def main() -> int:
    """Exit code: 0 done or in step, 1 out of step."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    parser.add_argument(
        "--examples", action="store_true", help="the examples, not docs/cli.md and the tables"
    )
    wanted = parser.parse_args()
    if wanted.examples:
        return check_examples(write=not wanted.check)
    wrong = []
    for path, text in {CLI: cli_page(), **guide_pages()}.items():
        if not wanted.check:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            wrong.append(path.relative_to(ROOT).as_posix())
    if wrong:
        print(f"out of step: {', '.join(wrong)}; run docs/write_cli.py", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
