"""The `nlptools` that examples run is the real one in all that a shell sees."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import HANG, linux
from forkserver import commands
from places import NOVEL

REAL = Path(sys.executable).parent


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with commands(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


def shown(command: str, programs: Path, folder: Path) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@linux
@pytest.mark.parametrize(
    "command",
    [
        "nlptools count a.txt --tsv -q",
        "echo 今天天气非常好 | nlptools segment -q | cat",
        f"nlptools count -q --tsv {NOVEL} | head -n 2",
        "nlptools count -q nothing --tsv; echo $?",
        "nlptools count -q",
        "nlptools count -q a.txt --tsv >&-",
        "nlptools count -q a.txt --tsv > out 2>&1 && wc out",
        "COLUMNS=50 nlptools count --help",
        "nlptools count -q --tsv '' \"$(printf 'a\\nb')\"",
        "printf 国家标准 | nlptools count -q -o c && nlptools merge -q --tsv c c",
    ],
)
def test_as_the_real_program(command: str, programs: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("国家标准，国家。", encoding="utf-8")
    assert shown(command, programs, tmp_path) == shown(command, REAL, tmp_path)


@linux
def test_a_server_that_is_gone(tmp_path: Path) -> None:
    """Then the real program is run."""
    with commands(tmp_path) as programs:
        pass
    assert shown("nlptools --version", programs, tmp_path) == shown(
        "nlptools --version", REAL, tmp_path
    )
