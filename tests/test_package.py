"""What is shipped: one version, a wheel of the package alone, dependencies that are used."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import pytest
from places import ROOT

import nlptools
from nlptools.errors import DISTRIBUTION, install_hint
from nlptools.native import kernel

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# The name of a distribution, where that of its module differs.
MODULES = {"pyahocorasick": "ahocorasick"}


def name_of(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert found
    return found[0].lower()


def imported() -> set[str]:
    """Top names of everything imported anywhere in the package."""
    names: set[str] = set()
    for path in (ROOT / "nlptools").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module.split(".")[0])
            elif (
                isinstance(node, ast.Call)
                and ast.unparse(node.func).endswith("import_module")
                and isinstance(
                    node.args[0], ast.Constant
                )  # nlptools/__init__.py names modules of its own
            ):
                names.add(str(ast.literal_eval(node.args[0])).split(".")[0])
    return names


def test_the_version_is_in_one_place() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc|\.dev)\d+)?", nlptools.__version__)
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "nlptools/__init__.py"
    holders = [
        path.name
        for path in [*(ROOT / "nlptools").rglob("*.py"), ROOT / "pyproject.toml"]
        if nlptools.__version__ in path.read_text(encoding="utf-8")
    ]
    assert holders == ["__init__.py"]


def test_a_development_version_is_not_called_as_a_release() -> None:
    """What lies between two releases gives other results than either, and is signed as neither."""
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = re.findall(r"^## \[(.+?)\]", changes, re.MULTILINE)
    released = sections[1] if sections[0] == "Unreleased" else sections[0]
    number, _, development = nlptools.__version__.partition(".dev")
    if sections[0] == "Unreleased":
        assert development.isdecimal()
        assert tuple(map(int, number.split("."))) > tuple(map(int, released.split(".")))
    else:
        assert nlptools.__version__ == released
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert re.findall(r"^version: (.+)$", citation, re.MULTILINE) == [released]


def test_the_installed_version() -> None:
    try:
        installed = metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        pytest.skip("nlptools is not installed, only importable")
    assert installed == nlptools.__version__, "run bin/setup: what is installed is of another day"


def test_every_dependency_is_used() -> None:
    core = [name_of(line) for line in PROJECT["project"]["dependencies"]]
    assert {MODULES.get(name, name) for name in core} <= imported()
    assert len(core) >= 4


def test_everything_used_is_a_dependency() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    named = [
        *PROJECT["project"]["dependencies"],
        *(
            line
            for name, lines in extras.items()
            if name not in ("test", "test-all", "test-hdfs", "check")
            for line in lines
        ),
    ]
    known = {MODULES.get(name_of(line), name_of(line)) for line in named}
    outside = {name for name in imported() if name not in sys.stdlib_module_names}
    assert outside - {"nlptools"} <= known


def test_what_an_error_tells_to_install_exists() -> None:
    """install_hint("zh") has to name an extra, and nothing may name the package of somebody else."""
    extras = set(PROJECT["project"]["optional-dependencies"])
    hinted = {
        extra
        for path in (ROOT / "nlptools").rglob("*.py")
        for extra in re.findall(r'install_hint\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert {"zh", "zstd"} <= hinted <= extras
    assert PROJECT["project"]["name"] == DISTRIBUTION
    assert install_hint("zh") == "pip install 'nlptools-zh[zh]', in a checkout bin/setup zh"
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "nlptools").rglob("*.py")]
    wrong = re.compile(r"pip install '?nlptools\b(?!-zh)")
    found = [page.name for page in pages if wrong.search(page.read_text(encoding="utf-8"))]
    assert found == ["decisions.md"]  # which tells why


def test_command_is_declared() -> None:
    assert PROJECT["project"]["scripts"] == {"nlptools": "nlptools.cli:main"}


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if find_spec("hatchling") is None:
        pytest.skip("hatchling is not installed, and a test downloads nothing")
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", str(ROOT), "--no-deps", "--no-build-isolation"]
    command += ["--no-index", "--disable-pip-version-check", "-q", "-w", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_wheel_is_the_package_alone(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    info = f"nlptools_zh-{nlptools.__version__}.dist-info"
    # With the compiled loops it is one for this kind of machine; any Python can use it.
    kind = "any" if not kernel.LIBRARY.exists() else r"\w+"
    assert re.fullmatch(
        rf"nlptools_zh-{re.escape(nlptools.__version__)}-py3-none-{kind}\.whl", wheel.name
    )
    assert {name.split("/")[0] for name in names} == {"nlptools", info}
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "nlptools").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith("nlptools/")} == sources
    assert {"nlptools/py.typed", "nlptools/__init__.py", f"{info}/licenses/LICENSE"} <= names


def test_wheel_works_by_itself(wheel: Path, tmp_path: Path) -> None:
    """From the archive, not from the checkout: nothing beside the package is needed."""
    text = tmp_path / "text.txt"
    text.write_text("国家标准，国家标准。", encoding="utf-8")
    code = f"""
import sys
sys.path = [path for path in sys.path if path.rstrip("/") != {str(ROOT)!r}]
sys.path.insert(0, {str(wheel)!r})
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
import nlptools
assert nlptools.__file__.startswith({str(wheel)!r}), nlptools.__file__
from nlptools.cli import main
main(["count", {str(text)!r}, "--tsv", "--order", "2", "--min-count", "2", "-q"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split("\n")[0] == "ngram\tcount"
    assert "国家\t2" in done.stdout


def test_the_page_is_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("国家标准，国家标准。", encoding="utf-8")
    (tmp_path / "words.txt").write_text("标准\n", encoding="utf-8")
    code = f"""
import sys
sys.path = [path for path in sys.path if path.rstrip("/") != {str(ROOT)!r}]
sys.path.insert(0, {str(wheel)!r})
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in repr(finder).lower()]
from nlptools.cli import main
main(["report", "words.txt", "--corpus", "text.txt", "-o", "page.html", "-q"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.stderr, done.returncode) == ("", 0)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(page) > 150_000
    assert "uPlot" in page or "uplot" in page


def test_metadata_of_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"nlptools_zh-{nlptools.__version__}.dist-info/METADATA").decode()
    assert f"Version: {nlptools.__version__}\n" in text
    assert f"Requires-Python: {PROJECT['project']['requires-python']}\n" in text
