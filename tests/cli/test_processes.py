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
@pytest.mark.parametrize(
    "command, output",
    [
        ("vectors whiten vectors.txt -o out.npy", "out.npy"),
        ("vocab export vocab.txt -o out.json", "out.json"),
        ("tokenize a.txt --vocab vocab.txt -o out", "out"),
    ],
)
@pytest.mark.parametrize("reader", ["| true", "/dev/full"])
def test_a_reader_of_stderr_that_is_gone(command: str, output: str, reader: str) -> None:
    """What cannot be said is not said; the file is there, and an error keeps its exit code."""
    write("a.txt", TEXT)
    write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n天\n天\n")  # doubled: a note
    write("vectors.txt", "3 2\n天 1 2\n气 3 4\n日 5 7\n")
    if reader == "| true":
        gone = "{{ sleep 1; {}; echo $? > code; }} 2>&1 >/dev/null | true; cat code"
    else:
        gone = "{} 2>/dev/full >/dev/null; echo $?"
    assert shell(gone.format(f"nlptools {command}")).out == "0\n"
    assert Path(output).stat().st_size
    if command.startswith("tokenize"):
        assert shell(gone.format("nlptools count nothing.txt --tsv")).out == "1\n"
        assert shell(gone.format("nlptools count --nothing")).out == "2\n"


@posix
@pytest.mark.parametrize("encoding", ["cp1252", "iso-8859-1", "gbk"])
def test_help_where_the_terminal_has_no_chinese(encoding: str) -> None:
    """Escapes stand for what cannot be shown."""
    command = (
        "for name in discover explain train segment tokenize 'lm score'; do nlptools $name -h; done"
    )
    done = shell(f"set -e; {command} | iconv -f {encoding.upper()}", PYTHONIOENCODING=encoding).ok()
    assert ("echo 今天天气非常好" if encoding == "gbk" else r"echo \u4eca\u5929") in done.out
    assert done.err == ""


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
    "name, code", [("SIGTERM", 128 + 15), ("SIGHUP", 128 + 1), ("SIGINT", -2), ("SIGKILL", -9)]
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
    assert said == ""
    assert os.listdir("tmp") == []
    assert os.listdir() == ["tmp"]


@posix
def test_ctrl_c_ends_a_loop_of_the_shell() -> None:
    """A shell goes on with the next file, unless the command died of the signal."""
    command = f"{sys.executable} -m nlptools discover -"
    program = f"""
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
loop = "for n in 1 2 3; do echo $n; {command}; done"
process = subprocess.Popen(
    ["bash", "-c", loop], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
)
time.sleep(1)
os.killpg(process.pid, signal.SIGINT)
print(process.stdout.read().decode().split(), process.wait())
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "['1'] -2\n"
    assert done.stderr == ""


@posix
@pytest.mark.parametrize("module", ["nlptools.cli.discover", "click", "numpy"])
def test_ctrl_c_while_modules_are_imported(module: str) -> None:
    """No traceback of the import machinery: the signal comes when the module is looked for."""
    program = f"""
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupted:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupted)
sys.argv = ["nlptools", "discover", "a.txt"]
from nlptools.cli import main
main()
"""
    write("a.txt", TEXT)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-2, b"", b"")


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
def test_one_ctrl_d_ends_the_text() -> None:
    import pty

    for command in (["segment", "-q"], ["export", "-", "--to", "ik", "-q"]):
        process, terminal = pty.fork()
        if not process:
            os.execv(sys.executable, [sys.executable, "-m", "nlptools", *command])
        shown = b""
        while b"Ctrl-D." not in shown:
            shown += os.read(terminal, 1 << 16)
        os.write(terminal, "今天天气\n".encode())
        os.write(terminal, b"\x04")
        with contextlib.suppress(OSError):  # EIO: it has ended
            while more := os.read(terminal, 1 << 16):
                shown += more
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
        assert "今天天气".encode() in shown
        os.close(terminal)


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
