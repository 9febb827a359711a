"""A command line -> what it prints, or why it is refused: in this process, in a shell, on a terminal."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from click.testing import CliRunner

from nlptools.cli import main

TEXT = "国家标准，国家。"
HANG = 600  # seconds: what takes longer hangs, however busy the machine is

posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and terminals of POSIX")
linux = pytest.mark.skipif(
    sys.platform != "linux", reason="files without a name, names of any bytes"
)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The problem of a run that failed: one line, and one with a hint at most."""
        lines = self.err.split("\n")
        assert self.code == 1, (self.code, self.err)
        assert lines.pop() == ""
        assert lines[0].startswith("Error: "), self.err
        assert lines[1:] == [] or (len(lines) == 2 and lines[1].startswith("hint: ")), self.err
        return self.err

    @property
    def usage(self) -> str:
        """The problem of a command line that makes no sense."""
        assert self.code == 2, (self.code, self.err)
        assert self.out == ""
        assert self.err.startswith("Usage: nlptools ")
        return self.err.split("\nError: ")[1]

    def ok(self) -> Done:
        assert self.code == 0, (self.code, self.err)
        return self


def run(*args: object, stdin: str | bytes | None = None) -> Done:
    """In this process."""
    result = CliRunner().invoke(main, [str(arg) for arg in args], input=stdin, prog_name="nlptools")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert "Traceback" not in result.output
    return Done(result.exit_code, result.stdout_bytes.decode("utf-8"), result.stderr)


def shell(command: str, **environment: str) -> Done:
    """In a shell, `nlptools` being a command there."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=HANG,
        check=False,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    assert b"Exception ignored" not in done.stderr, done.stderr.decode()
    return Done(done.returncode, done.stdout.decode(), done.stderr.decode())


def write(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path.absolute()


def counts_file(name: str = "c", text: str = TEXT, *more: object) -> Path:
    run("count", "-o", name, "-q", *more, stdin=text).ok()
    return Path(name)


def large_text(symbols: int = 600_000) -> Path:
    """Random Han characters: every n-gram is another one, so that much has to be spilled."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0x4E00, 0x8000, symbols, np.uint32)
    codes[::40] = ord("\n")
    return write("large.txt", codes.tobytes().decode("utf-32-le"))


PLAIN_LOCALE = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONIOENCODING": "",
}


def on_terminal(*args: str, pieces: int) -> tuple[int, bytes, bytes]:
    """(exit code, stdout, what a terminal shows as stderr) of a slow read from a pipe."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nlptools", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    shown = bytearray()

    def watch() -> None:
        with contextlib.suppress(OSError):  # EIO: the other end is closed
            while data := os.read(master, 1 << 16):
                shown.extend(data)

    def feed() -> None:
        assert process.stdin is not None
        with process.stdin as stdin:
            for _ in range(pieces):
                stdin.write(("国家标准，" * 60_000 + "\n").encode() * 5)
                stdin.flush()
                time.sleep(0.4)

    threads = [threading.Thread(target=watch), threading.Thread(target=feed)]
    for thread in threads:
        thread.start()
    assert process.stdout is not None
    with process.stdout as stdout:
        out = stdout.read()
    code = process.wait(HANG)
    for thread in threads:
        thread.join()
    os.close(master)
    return code, out, bytes(shown)


def on_screen(*args: str, columns: int, lines: int, **environment: str) -> list[str]:
    """The lines that a terminal of this size shows in the end, of a command that ends well; blanks at ends are gone."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    sizes = ("COLUMNS", "LINES")
    inherited = {name: value for name, value in os.environ.items() if name not in sizes}
    process = subprocess.Popen(
        [sys.executable, "-m", "nlptools", *args],
        env=inherited | {"TERM": "xterm"} | environment,
        stdin=subprocess.DEVNULL,
        stdout=slave,
        stderr=slave,
    )
    os.close(slave)
    shown = bytearray()
    with contextlib.suppress(OSError):  # EIO: the other end is closed
        while data := os.read(master, 1 << 16):
            shown.extend(data)
    os.close(master)
    assert process.wait(HANG) == 0, shown
    return [_overwritten(line) for line in shown.decode().split("\n")]


def _overwritten(line: str) -> str:
    """A line in which carriage returns have gone back to the beginning; of narrow signs."""
    shown = ""
    for piece in line.split("\r"):
        shown = piece + shown[len(piece) :]
    return shown.rstrip()


def shown_steps(err: str) -> list[str]:
    """What stood in the line of progress, each once, and what was said after it; without bars."""
    pieces = [re.sub(r", \d+ s$", "", piece.strip()) for piece in err.split("\r")]
    return list(dict.fromkeys(piece for piece in pieces if piece and "B/s" not in piece))


@contextlib.contextmanager
def endless(*args: object, data: bytes, pieces: int) -> Iterator[subprocess.Popen[bytes]]:
    """A command that reads a pipe without end; it has read so many pieces of data when it is handed out."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nlptools", *map(str, args)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    fed = threading.Event()

    def feed() -> None:
        assert process.stdin is not None
        with contextlib.suppress(OSError, ValueError):
            for number in itertools.count(1):
                process.stdin.write(data)
                if number == pieces:
                    fed.set()

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    try:
        assert fed.wait(HANG)
        yield process
    finally:
        process.kill()
        process.wait()
        feeder.join(HANG)
        for stream in (process.stdin, process.stdout, process.stderr):
            assert stream is not None
            with contextlib.suppress(OSError):
                stream.close()


def ended_by(name: str, process: subprocess.Popen[bytes]) -> tuple[int, str]:
    """(exit code, stderr) of a process that gets a signal."""
    process.send_signal(getattr(signal, name))
    code = process.wait(HANG)
    assert process.stderr is not None
    return code, process.stderr.read().decode()


def printed(*args: object, stdin: str | bytes | None = None) -> str:
    """What a quiet run prints; it says nothing."""
    done = run(*args, "-q", stdin=stdin).ok()
    assert done.err == "", done.err
    return done.out


def refused(*args: object, stdin: str | bytes | None = None, code: int = 1) -> list[str]:
    """Lines on stderr: code 1, the problem and a hint at most; 2, the usage too. Nothing is printed, no file made."""
    before = sorted(Path().iterdir())
    done = run(*args, stdin=stdin)
    assert (done.code, done.out) == (code, ""), done.err
    assert sorted(Path().iterdir()) == before
    return (done.error if code == 1 else done.err).splitlines()
