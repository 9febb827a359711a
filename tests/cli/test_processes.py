"""Commands as processes: pipes, locales, closed streams, signals, the terminal."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import (
    PLAIN_LOCALE,
    TEXT,
    ended_by,
    endless,
    large_text,
    linux,
    on_terminal,
    posix,
    shell,
    write,
)

from nlptools import __version__
from nlptools.ngrams.counts import load_counts

# --- processes: pipes, locales, closed streams -----------------------------------------------


@posix
@pytest.mark.parametrize("command", ["count large.txt --tsv", "discover large.txt --top 100000"])
def test_a_reader_that_stops(command: str) -> None:
    """`| head` is no failure, and there is nothing to complain of."""
    large_text(200_000)
    done = shell(f"set -o pipefail; nlptools {command} -q | head -1").ok()
    assert done.out.count("\n") == 1
    assert done.err == ""
    early = shell(f"set -o pipefail; nlptools {command} -q | true").ok()
    assert early.err == ""


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_stdout_on_a_full_disk() -> None:
    write("a.txt", TEXT)
    for command in ("count a.txt --tsv", "discover a.txt", "explain 国家 --corpus a.txt"):
        error = shell(f"nlptools {command} -q > /dev/full").error
        assert error == "Error: cannot write to standard output: No space left on device\n"


@posix
def test_closed_streams() -> None:
    write("a.txt", TEXT)
    assert shell("nlptools count a.txt --tsv >&-").error == "Error: standard output is closed\n"
    assert (
        "Error: standard input is closed\nhint: name a file" in shell("nlptools discover <&-").error
    )
    assert shell("nlptools count a.txt --tsv 2>&-").ok().out.startswith("ngram\tcount\n")
    assert shell("nlptools count a.txt -o out >&- 2>&- <&-").code == 0
    assert shell("nlptools count nothing.txt --tsv 2>&-").code == 1
    assert load_counts("out").total == 6


@posix
def test_utf8_whatever_the_locale() -> None:
    write("文本.txt", TEXT)
    write("a.jsonl", '{"正文": "国家标准，国家。"}\n')
    count = "count 文本.txt --tsv --order 2 -q"
    for command in (
        count,
        "discover 文本.txt --min-count 1 --min-pmi 0 --min-entropy 0 -q",
        "explain 国家 标准 --corpus 文本.txt",
        "explain 国家 --corpus 文本.txt --format jsonl",
        "count a.jsonl --field 正文 --tsv -q",
        "discover --help",
        "explain --help",
    ):
        assert (
            shell(f"nlptools {command}", **PLAIN_LOCALE).ok().out
            == shell(f"nlptools {command}").ok().out
        )
    assert "国家\t2\n" in shell(f"nlptools {count}", **PLAIN_LOCALE).out
    assert shell("nlptools count 没有.txt --tsv", **PLAIN_LOCALE).error.endswith(": no such file\n")


@linux
def test_file_names_that_are_not_utf8() -> None:
    path = os.fsencode(Path.cwd()) + b"/\xff\xfe.txt"
    with open(path, "wb") as file:
        file.write(TEXT.encode())
    command = ["nlptools", "explain", "国家", "--corpus", b"\xff\xfe.txt"]
    program = Path(sys.executable).with_name("nlptools")
    done = subprocess.run([str(program), *command[1:]], capture_output=True, check=True)
    assert b"\n  \xff\xfe.txt:1: [" in done.stdout  # the name as it is


# --- signals ---------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize(
    "name, code", [("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1), ("SIGINT", 1), ("SIGKILL", -9)]
)
def test_signals(name: str, code: int) -> None:
    """Ended from outside, after it has spilled: in silence, and without a trace on the disk."""
    Path("tmp").mkdir()
    rng = np.random.default_rng(2)
    text = rng.integers(0x4E00, 0x8000, 1 << 20, np.uint32).tobytes().decode("utf-32-le")
    data = text.replace("\u4e01", "\n").encode()
    command = ["count", "--memory", "128MB", "--tmp-dir", "tmp", "-o", "out"]
    with endless(*command, data=data, pieces=5) as process:
        ended, said = ended_by(name, process)
    assert ended == code
    assert said.strip() == ("Aborted!" if name == "SIGINT" else "")
    assert os.listdir("tmp") == []
    assert os.listdir() == ["tmp"]


@linux
@pytest.mark.parametrize("delay", [0.2, 0.5, 0.9, 1.4])
def test_killed_at_any_time(delay: float) -> None:
    """`kill -9` while reading, sorting, merging or writing: an old output stays as it was."""
    large_text()
    Path("tmp").mkdir()
    write("out", "what was here before")
    command = ["count", "large.txt", "-o", "out", "--memory", "128MB", "--tmp-dir", "tmp", "-q"]
    process = subprocess.Popen([sys.executable, "-m", "nlptools", *command])
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    process.kill()
    ended = process.wait()
    if ended == 0 or Path("out").read_bytes() != b"what was here before":
        # It may be killed after the new file took the place of the old one, which is then whole.
        counts = load_counts("out")
        counts.check("out")
        assert counts.total > 500_000
    assert os.listdir("tmp") == []
    assert {name for name in os.listdir() if not name.startswith(".out.")} == {
        "large.txt",
        "out",
        "tmp",
    }


# --- the terminal ----------------------------------------------------------------------------


@posix
def test_progress_on_a_terminal() -> None:
    code, out, shown = on_terminal("count", "--tsv", "--order", "1", pieces=3)
    assert code == 0
    assert out.decode() == "ngram\tcount\n准\t900000\n国\t900000\n家\t900000\n标\t900000\n"
    assert re.search(rb"\rreading: .*MB", shown)
    assert f"nlptools {__version__} count |".encode() in shown


@posix
def test_no_progress_with_quiet() -> None:
    code, out, shown = on_terminal("count", "--tsv", "--order", "1", "-q", pieces=2)
    assert code == 0
    assert out.startswith(b"ngram\tcount\n")
    assert shown == b""


@posix
def test_no_progress_in_a_file() -> None:
    write("a.txt", ("国家标准，" * 60_000 + "\n") * 5)
    done = shell(
        "for i in 1 2 3; do cat a.txt; sleep 0.3; done | nlptools count --tsv --order 1"
    ).ok()
    assert "reading" not in done.err
    assert "\r" not in done.err
