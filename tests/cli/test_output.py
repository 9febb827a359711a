"""Where output goes: onto the input, through links, to devices, and to disks that are full or break."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from commandline import TEXT, counts_file, large_text, linux, posix, run, shell, write
from places import NOVEL

from nlptools.base import storage
from nlptools.ngrams.counts import load_counts
from nlptools.text.decoding import decompress


def test_output_replaces_and_follows_links() -> None:
    write("a.txt", TEXT)
    write("old", "something longer than the counts " * 100)
    Path("link").symlink_to("old")
    run("count", "a.txt", "-o", "link", "-q").ok()
    assert Path("link").is_symlink()
    assert load_counts("old").total == 6


@posix
def test_output_rights_follow_the_umask() -> None:
    write("a.txt", TEXT)
    before = os.umask(0o027)
    try:
        run("count", "a.txt", "-o", "out", "-q").ok()
    finally:
        os.umask(before)
    assert Path("out").stat().st_mode & 0o777 == 0o640


@posix
def test_output_to_a_device_or_pipe() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "c", "-q").ok()
    run("count", "a.txt", "-o", "/dev/null", "-q").ok()
    assert not Path("/dev/null").is_file()
    done = shell("nlptools count a.txt -o /dev/stdout -q | cmp - c").ok()
    assert done.err == ""


@linux
def test_output_on_a_disk_without_nameless_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """NFS and others have no O_TMPFILE; a file with a hidden name is renamed then."""
    real = os.open

    def refuse(path: object, flags: int, *args: object, **kwargs: object) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return real(path, flags, *args, **kwargs)  # type: ignore[arg-type]

    write("a.txt", TEXT)
    monkeypatch.setattr(os, "open", refuse)
    before = os.umask(0o027)
    try:
        run("count", "a.txt", "-o", "out", "-q").ok()
    finally:
        os.umask(before)
    assert load_counts("out").total == 6
    assert Path("out").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir()) == ["a.txt", "out"]


def test_output_where_nothing_can_be_written() -> None:
    write("a.txt", TEXT)
    Path("d").mkdir()
    for command in ("count", "discover"):
        error = run(command, "a.txt", "-o", "no/where").error
        assert error == "Error: no/where: cannot write: No such file or directory\n"
        assert "d: is a folder\nhint: name a file" in run(command, "a.txt", "-o", "d").error
        assert "cannot write" in run(command, "a.txt", "-o", "a.txt/b").error
    assert sorted(os.listdir()) == ["a.txt", "d"]


def test_temporary_folder_that_is_none() -> None:
    write("a.txt", TEXT)
    counts_file("c")
    for place, problem in (("no/where", "No such file"), ("a.txt", "Not a directory")):
        for command in (
            ["count", "a.txt", "-o", "out"],
            ["discover", "a.txt"],
            ["discover", "a.txt", "--method", "pmi"],
            ["discover", "a.txt", "--method", "lm"],
            ["merge", "c", "c", "-o", "out"],
        ):
            error = run(*command, "--tmp-dir", place).error
            assert error.startswith(
                f"Error: {place}: cannot write temporary files there: {problem}"
            )
            assert "hint: choose another folder with --tmp-dir" in error
            assert not Path("out").exists()


@posix
@pytest.mark.parametrize("where", ["tmp", "out"])
def test_limit_of_file_size(where: str) -> None:
    """As a full disk, without one: no file may grow beyond 1 MB (ulimit counts in kB)."""
    large_text()
    Path("tmp").mkdir()
    memory = "128MB" if where == "tmp" else "1GB"
    done = shell(f"ulimit -f 1024; nlptools count large.txt -o out --memory {memory} --tmp-dir tmp")
    if where == "tmp":
        assert done.error.startswith("Error: tmp: no space left on the disk while spilling there\n")
        assert "hint: choose another folder with --tmp-dir, or give more --memory" in done.error
    else:
        assert done.error == "Error: out: cannot write: File too large\n"
    assert sorted(os.listdir()) == ["large.txt", "tmp"]
    assert os.listdir("tmp") == []


def can_mount() -> bool:
    if sys.platform != "linux" or not shutil.which("unshare"):
        return False
    command = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", "/tmp"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("where", ["tmp", "out", "words"])
def test_full_disk(where: str) -> None:
    """A disk of 1 MB, in a mount namespace of its own: gone with the process."""
    if not can_mount():
        pytest.skip("mounting a small disk needs root")
    large_text()
    Path("disk").mkdir()
    command = {
        "tmp": "count large.txt -o out --memory 128MB --tmp-dir disk",
        "out": "count large.txt -o disk/out",
        "words": "discover large.txt --min-count 1 --top 100000 -o disk/words",
    }[where]
    done = shell(
        "unshare -m bash -c 'mount -t tmpfs -o size=1m tmpfs disk;"
        f" nlptools {command} -q; code=$?; ls -A disk; exit $code'"
    )
    if where == "tmp":
        assert "Error: disk: no space left on the disk while spilling there\n" in done.error
    else:
        assert f"Error: disk/{where}: cannot write: No space left on device\n" in done.error
    assert done.out == ""  # nothing is left on the disk
    assert not Path("out").exists()


def test_disk_that_fails_while_spilling(monkeypatch: pytest.MonkeyPatch) -> None:
    large_text(200_000)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage.SpillFile, "write", fail)
    done = run("count", "large.txt", "-o", "out", "--memory", "128MB")
    assert "no space left on the disk while spilling there" in done.error
    assert os.listdir() == ["large.txt"]


def test_disk_that_breaks(monkeypatch: pytest.MonkeyPatch) -> None:
    large_text(200_000)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(storage.SpillFile, "write", fail)
    done = run("count", "large.txt", "-o", "out", "--memory", "128MB")
    assert done.error == "Error: Input/output error\n"


def test_not_enough_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("nlptools.ngrams.count.count_ngrams", fail)
    monkeypatch.setattr("nlptools.segmentation.stream.encode_words", fail)
    more = "a higher limit of memory (ulimit -v)"
    for command, hint in (
        ("count --tsv", "give a smaller --memory"),
        ("count --tsv --memory 128MB", f"give --workers 1, or {more}"),
        ("segment", f"give --workers 1, or {more}"),
    ):
        error = run(*command.split(), NOVEL).error
        assert error == f"Error: not enough memory\nhint: {hint}\n"


COMMANDS = (
    "count text --tsv",
    "discover text",
    "discover text --method lm",
    "discover text --method pmi",
    "train text",
    "segment text",
    "tokenize text --vocab vocab",
    "lm train text",
    "lm score text --model lm",
    "vectors check vectors",
    "vectors whiten vectors -o out",
    "explain 国家 --corpus text",
    "vocab build --corpus text",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_system_that_gives_no_thread(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with a hint, and the hint works: one worker is the thread that is there."""
    write("text", NOVEL.read_bytes()[:3000].decode("utf-8", "ignore"))
    write("vocab", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n天\n")
    write("vectors", "3 2\n天 1 2\n气 3 4\n日 5 7\n")
    run("lm", "train", "text", "-o", "lm", "-q").ok()
    expected = run(*command.split(), "--workers", 2, "-q").ok().out

    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", fail)
    assert run(*command.split(), "--workers", 2).error == (
        "Error: cannot start a thread\n"
        "hint: give --workers 1, or raise the limit of processes (ulimit -u)\n"
    )
    assert run(*command.split(), "--workers", 1, "-q").ok().out == expected


def test_hints_name_options_that_the_command_has() -> None:
    write("text.jsonl", '{"text": "国家标准"}\n')
    for command in (["count", "--tsv"], ["segment"]):
        error = run(*command, "text.jsonl").error
        assert "hint: name the field that has the text: --field text" in error


@pytest.mark.parametrize("end", ["gz", "bz2", "xz", "zst"])
@pytest.mark.parametrize(
    "command",
    [
        "segment a.txt",
        "discover a.txt --top 2",
        "compare b.txt a.txt",
        "vocab build a.txt",
        "export words.txt --to plain",
    ],
)
def test_outputs_are_compressed_by_their_names(command: str, end: str) -> None:
    if end == "zst":
        pytest.importorskip("zstandard")
    write("a.txt", TEXT * 20)
    write("b.txt", "桃花")
    write("words.txt", "国家\n标准\n")
    name = command.split()[0]
    run(*command.split(), "-q", "-o", "plain").ok()
    run(*command.split(), "-q", "-o", f"made.{end}").ok()
    plain = Path("plain").read_bytes()
    assert plain
    packed = Path(f"made.{end}").read_bytes()
    assert packed != plain
    assert b"".join(decompress(iter([packed]), name)) == plain
    assert not [made for made in os.listdir() if made.startswith(".")]


def test_a_compressed_output_that_fails_is_not_there() -> None:
    Path("a.txt").write_bytes("好\n".encode() * 100_000 + b"\xff")
    assert "not UTF-8" in run("segment", "a.txt", "--no-adapt", "-o", "out.gz", "-q").error
    assert sorted(os.listdir()) == ["a.txt"]
