"""Commands that people watch: a line comes in, its answer goes out, from a slow pipe and on a terminal."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from commandline import HANG, ended_by, posix, run, write
from lmcases import Models

VOCAB = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n今天\n天气\n非常\n好\n"

pytestmark = posix


class Watched:
    """A command between two pipes, or two ends of terminals."""

    def __init__(self, *args: object, stdin: int = subprocess.PIPE) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nlptools", *map(str, args)],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._seen = b""

    def write(self, data: str | bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data.encode() if isinstance(data, str) else data)
        self.process.stdin.flush()

    def line(self) -> str:
        """The next line that is printed; a command that holds it back fails the test."""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        end = time.monotonic() + HANG
        while b"\n" not in self._seen:
            ready, _, _ = select.select([descriptor], [], [], max(0, end - time.monotonic()))
            assert ready, self._seen
            data = os.read(descriptor, 1 << 16)
            assert data, (self._seen, self.process.wait(HANG))
            self._seen += data
        line, _, self._seen = self._seen.partition(b"\n")
        return line.decode()

    def rest(self) -> tuple[int, str, str]:
        """(exit code, what else is printed, stderr), after the end of its input."""
        out, err = self.process.communicate(timeout=HANG)
        return self.process.returncode, (self._seen + out).decode(), err.decode()


@contextlib.contextmanager
def watched(*args: object, stdin: int = subprocess.PIPE) -> Iterator[Watched]:
    command = Watched(*args, stdin=stdin)
    try:
        yield command
    finally:
        command.process.kill()
        with contextlib.suppress(OSError, ValueError):
            command.process.communicate(timeout=HANG)


# --- pipes -----------------------------------------------------------------------------------


def test_segment_line_by_line() -> None:
    with watched("segment", "-q") as command:
        for line, words in (
            ("今天天气非常好\n", "今天 天气 非常 好"),
            ("\n", ""),
            ("天气\n", "天气"),
        ):
            command.write(line)
            assert command.line() == words
        command.write("今天")
        assert command.rest() == (0, "今天", "")


def test_every_command_that_answers_lines(novel: Models) -> None:
    write("vocab.txt", VOCAB)
    line, record = "今天天气非常好\n", '{"t": "今天天气非常好"}\n'
    commands: list[tuple[list[object], str]] = [
        (["segment", "--format", "jsonl"], line),
        (["tokenize", "--vocab", "vocab.txt"], line),
        (["tokenize", "--vocab", "vocab.txt", "--field", "t"], record),
        (["segment", "--field", "t", "--into", "w"], record),
        (["lm", "score", "--model", novel.native, "--field", "t", "--format", "jsonl"], record),
        (["tokenize", "--vocab", "vocab.txt", "--decode"], "4 5 6 7\n"),
        (["lm", "score", "--model", novel.native, "--format", "jsonl"], line),
        (["lm", "filter", "--max-perplexity", "300"], line),
        (["lm", "filter", "--field", "t", "--measures"], '{"t": "今天天气非常好"}\n'),
    ]
    for args, text in commands:
        once = run(*args, "-q", stdin=text).ok().out.rstrip("\n")
        with watched(*args, "-q") as command:
            for number in range(2):
                command.write(text)
                assert command.line() == once.replace('"line": 1', f'"line": {number + 1}'), args
            assert command.rest() == (0, "", "")


def test_a_table_begins_with_its_head(novel: Models) -> None:
    with watched("lm", "score", "-q", "--model", novel.native) as command:
        command.write("今天天气非常好\n")
        assert command.line().split("\t")[:2] == ["source", "line"]
        assert command.line().split("\t")[:2] == ["-", "1"]


def test_a_compressed_pipe_in_an_encoding_that_is_found() -> None:
    """What a program has flushed is there."""
    packer = zlib.compressobj(wbits=31)

    def packed(text: str) -> bytes:
        return packer.compress(text.encode("gb18030")) + packer.flush(zlib.Z_SYNC_FLUSH)

    with watched("segment", "-q", "--encoding", "auto") as command:
        command.write(packed("today\n"))
        assert command.line() == "today"
        command.write(packed("今天天气非常好，我们去公园。\n"))
        assert command.line() == "今天 天气 非常 好 ， 我们 去 公园 。"
        command.write(packer.flush())
        assert command.rest() == (0, "", "")


def test_a_named_pipe() -> None:
    os.mkfifo("pipe")
    with watched("segment", "-q", "pipe") as command, open("pipe", "wb", buffering=0) as pipe:
        for _ in range(2):
            pipe.write("今天天气\n".encode())
            assert command.line() == "今天 天气"


def test_a_file_that_is_written_is_whole() -> None:
    """-o makes a file when all is there; a slow pipe changes nothing of that."""
    with watched("segment", "-q", "-o", "out") as command:
        command.write("今天天气\n")
        assert not Path("out").exists()
        command.write("好")
        assert command.rest() == (0, "", "")
    assert Path("out").read_bytes() == "今天 天气\n好".encode()


def test_a_reader_that_goes_away() -> None:
    """As `tail -f log | nlptools segment | head -n 1`: the next line ends it, and is no failure."""
    with watched("segment", "-q") as command:
        command.write("今天天气\n")
        assert command.line() == "今天 天气"
        assert command.process.stdout is not None
        command.process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            command.write("好\n")
        assert command.process.wait(HANG) == 0
        assert command.process.stderr is not None
        assert command.process.stderr.read() == b""


@pytest.mark.parametrize("name, code", [("SIGINT", -2), ("SIGTERM", 143)])
def test_ended_while_it_waits(name: str, code: int) -> None:
    with watched("segment", "-q") as command:
        command.write("今天天气\n")
        assert command.line() == "今天 天气"
        assert ended_by(name, command.process) == (code, "")


def test_bad_bytes_after_lines_that_are_good() -> None:
    """The lines before are there, and the error has its line."""
    with watched("segment", "-q") as command:
        command.write("今天天气\n")
        assert command.line() == "今天 天气"
        command.write(b"\xff\n")
        code, out, err = command.rest()
    assert (code, out) == (1, "")
    assert err.startswith("Error: -:2: not UTF-8: byte 0xff at byte 13 of the file\nhint: ")


# --- terminals -------------------------------------------------------------------------------


class Terminal:
    """The end of a terminal at which somebody types and reads; nothing is echoed."""

    def __init__(self) -> None:
        import pty
        import termios

        self.master, self.slave = pty.openpty()
        modes = termios.tcgetattr(self.slave)
        modes[3] &= ~termios.ECHO
        termios.tcsetattr(self.slave, termios.TCSANOW, modes)
        self._shown = bytearray()
        self._news = threading.Condition()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def _watch(self) -> None:
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(self.master, 1 << 16):
                with self._news:
                    self._shown += data
                    self._news.notify_all()

    @property
    def shown(self) -> str:
        return self._shown.decode().replace("\r\n", "\n")

    def wait_for(self, text: str) -> None:
        with self._news:
            assert self._news.wait_for(lambda: text in self.shown, HANG), self.shown

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


@contextlib.contextmanager
def at_a_terminal(*args: str) -> Iterator[tuple[subprocess.Popen[bytes], Terminal]]:
    """A command all of whose streams are one terminal."""
    terminal = Terminal()
    slave = terminal.slave
    process = subprocess.Popen(
        [sys.executable, "-m", "nlptools", *args], stdin=slave, stdout=slave, stderr=slave
    )
    os.close(slave)
    try:
        yield process, terminal
    finally:
        process.kill()
        process.wait(HANG)
        os.close(terminal.master)


def test_typing_line_after_line_and_one_ctrl_d() -> None:
    with at_a_terminal("segment") as (process, terminal):
        terminal.wait_for("Reading text from the terminal; end with Ctrl-D.\n")
        terminal.type("今天天气非常好\n")
        terminal.wait_for("\n今天 天气 非常 好\n")
        terminal.type("我们去公园\n")
        terminal.wait_for("\n我们 去 公园\n")
        terminal.type("\x04")
        assert process.wait(HANG) == 0
        terminal.wait_for(" s\n")
    first, *lines, closing = terminal.shown.split("\n")[:-1]
    assert (first, lines) == (
        "Reading text from the terminal; end with Ctrl-D.",
        ["今天 天气 非常 好", "我们 去 公园"],
    )
    assert closing.startswith("nlptools ")  # and no bar of progress between the lines


def test_a_line_without_an_end_at_a_terminal() -> None:
    """Ctrl-D hands on what is typed; where nothing is, it ends."""
    with at_a_terminal("segment", "-q") as (process, terminal):
        terminal.wait_for("Ctrl-D.\n")
        terminal.type("今天天气\x04")
        terminal.type("\x04")
        assert process.wait(HANG) == 0
        terminal.wait_for("今天 天气")


def test_a_pipe_that_is_read_on_a_terminal() -> None:
    """As `tail -f log | nlptools segment` in front of somebody: lines, and nothing else."""
    terminal = Terminal()
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, terminal.master)
        process = subprocess.Popen(
            [sys.executable, "-m", "nlptools", "segment", "-q"],
            stdin=subprocess.PIPE,
            stdout=terminal.slave,
            stderr=terminal.slave,
        )
        stack.callback(process.wait, HANG)
        stack.callback(process.kill)
        os.close(terminal.slave)
        assert process.stdin is not None
        for line in ("今天天气\n", "好\n"):
            process.stdin.write(line.encode())
            process.stdin.flush()
            terminal.wait_for("天气\n" if line[0] == "今" else "好\n")
        process.stdin.close()
        assert process.wait(HANG) == 0
        assert terminal.shown == "今天 天气\n好\n"


@pytest.mark.parametrize("to_file", [True, False])
def test_the_bar_of_progress_stands_in_no_line(
    monkeypatch: pytest.MonkeyPatch, to_file: bool
) -> None:
    """A file that is cut into a file shows its bar at a terminal; lines that go to the terminal are alone there."""
    from nlptools.cli import console

    class Terminal:
        def isatty(self) -> bool:
            return True

    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(console.sys, name, Terminal())
    write("a.txt", "今天")
    reading = {"encoding": "utf-8", "on_error": "strict", "field": None, "column": None, "fold": ()}
    corpus = console.open_stream(("a.txt",), False, "out" if to_file else None, **reading)
    assert (type(corpus).__name__ == "WatchedCorpus") is to_file
    assert corpus.prompt
