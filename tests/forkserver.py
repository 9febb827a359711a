"""An `nlptools` for shells that has started already: a command -> a fork of a process that has imported everything.

To start Python and NumPy takes 0.25 s of a processor, more than most examples of a page need to run. `commands`
gives a folder for the PATH whose `nlptools` hands its streams, arguments, folder and environment to a server. A
fork of that runs them, from `main()` to the end of the interpreter; the exit code, or the signal, comes back. What
cannot be handed over (a closed stream, a server that is gone) is run by the real program.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import os
import pkgutil
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_CLIENT = """#!{python} -ISE
import array, os, signal, socket, sys

REAL = {real!r}
try:
    for stream in (0, 1, 2):
        os.fstat(stream)
    server = socket.socket(socket.AF_UNIX)
    server.connect({address!r})
    streams = array.array("i", [0, 1, 2])
    words = [os.fsencode(word) for word in (os.getcwd(), str(len(sys.argv) - 1), *sys.argv[1:])]
    data = b"\\0".join([*words, *(name + b"=" + value for name, value in os.environb.items())])
    server.sendmsg([len(data).to_bytes(8, "big")], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
    server.sendall(data)
except OSError:
    os.execv(REAL, [REAL, *sys.argv[1:]])
code = int(server.recv(16) or b"1")
if code < 0:
    signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


@contextlib.contextmanager
def commands(folder: Path) -> Iterator[Path]:
    """A folder to put before the PATH, in one that is there; the real programs on systems without such forks."""
    real = Path(sys.executable).parent
    if sys.platform != "linux":
        yield real
        return
    address = folder / "socket"
    client = folder / "bin" / "nlptools"
    client.parent.mkdir()
    client.write_text(
        _CLIENT.format(
            python=sys.executable, real=str(real / "nlptools"), address=os.fspath(address)
        ),
        encoding="utf-8",
    )
    client.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), address.name],
        cwd=folder,  # an address has 107 bytes at most; to clients that is too long for, the real program is left
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server:
        assert server.stdout.readline() == b"ready\n"
        yield client.parent
        server.stdin.close()  # it ends


def _serve(address: str) -> None:
    """Answer until nobody holds the other end of stdin."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        os.write(1, b"ready\n")
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that answer
        while True:
            ready, _, _ = select.select([listener, 0], [], [])
            if listener not in ready:
                return
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
            connection.close()


def _answer(connection: socket.socket) -> None:
    """In a fork: run a command in another one, send its exit code, end. Returns never, or as that command."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    streams = array.array("i")
    size, ancillary, _, _ = connection.recvmsg(8, socket.CMSG_LEN(3 * streams.itemsize))
    streams.frombytes(ancillary[0][2])
    data = bytearray()
    while len(data) < int.from_bytes(size, "big"):
        data += connection.recv(1 << 16)
    runner = os.fork()
    if runner == 0:
        connection.close()
        _run(bytes(data), streams.tolist())
    for stream in streams:
        os.close(stream)
    _, status = os.waitpid(runner, 0)
    connection.sendall(b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(data: bytes, streams: list[int]) -> None:
    """As the program `nlptools` does; raises SystemExit, with which this process ends."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    folder, number, *words = data.split(b"\0")
    os.chdir(folder)
    os.environb.clear()
    os.environb.update(word.split(b"=", 1) for word in words[int(number) :])  # type: ignore[arg-type]
    sys.argv = ["nlptools", *map(os.fsdecode, words[: int(number)])]
    sys.exit(importlib.import_module("nlptools.cli").main())


def _import_all() -> None:
    """All of nlptools but for Spark, which is large and seldom asked for."""
    importlib.import_module("nlptools.cli")  # first: it sets NumPy's environment
    package = importlib.import_module("nlptools")
    for module in pkgutil.walk_packages(package.__path__, "nlptools."):
        if not module.name.startswith("nlptools.spark") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _import_all()
    gc.collect()
    gc.freeze()  # pages of memory that forks share stay shared
    _serve(sys.argv[1])
