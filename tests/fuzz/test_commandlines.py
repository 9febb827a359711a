"""Random command lines over awkward files: no traceback, no hang, no large allocation, and an exit code that is one."""

from __future__ import annotations

import gzip
import random
import traceback
from pathlib import Path

import click
import pytest
from commandline import posix
from fuzz.limits import RUNS, within_limits

from nlptools.cli import main

pytestmark = posix

FILES: dict[str, bytes] = {
    "empty": b"",
    "line-ends": b"\r\n\r\r\n\n",
    "zeros": bytes(4096),
    "latin-1": "caf\xe9 d\xe9j\xe0 vu\n".encode("latin-1"),
    "text": "今天天气非常好，我们去公园。\n".encode() * 20,
    "gb18030": "今天天气非常好，我们去公园。\n".encode("gb18030") * 20,
    "utf-16": "今天天气非常好，我们去公园。\n".encode("utf-16-le") * 20,
    "one line": "今天天气".encode() * 500,
    "surrogates": b"\xed\xa0\x80\xed\xb0\x80\n",
    "escape\x1b]0;t\x07": b"\x1b]0;title\x07,\ttext\n1,2\n",
    "tab\tand\nline": "今天\n".encode(),
    "a.jsonl": '{"text": "今天天气", "word": "天气"}\n{"text": 3}\n'.encode(),
    "deep.jsonl": b"[" * 100_000 + b"\n",
    "a.csv": 'text,word\n"今天,\n天气",3\n'.encode(),
    "a.gz": gzip.compress("今天天气\n".encode() * 9, mtime=0),
    "cut.gz": gzip.compress("今天天气\n".encode() * 999, mtime=0)[:-9],
    "zeros.gz": gzip.compress(bytes(4_000_000), mtime=0),
    "counts": b'nlptools counts 1\n{"order":1}\n00000000\n',
    "a.npy": b"\x93NUMPY\x01\x00\x02\x00{}",
    "a.npz": b"PK\x03\x04" + bytes(60),
    "a.safetensors": (1 << 40).to_bytes(8, "little") + b"{",
    "a.arpa": b"\\data\\\nngram 1=99999999999\n\n\\1-grams:\n",
    "list.tsv": "word\tcount\n天气\t1e400\n今天\tnan\n".encode(),
    "vocab.txt": "[UNK]\n[CLS]\n[SEP]\n[MASK]\n[PAD]\n今\n天\n".encode(),
    "map.json": b'{"nlptools": "vocabulary map", "version": 1e400}',
}
VALUES = [
    "0",
    "1",
    "2",
    "-1",
    "1e400",
    "nan",
    "",
    "99999999999999999999",
    "a" * 300,
    "128MB",
    "字",
    "\x1b[2J",
]
# What runs other programs, takes long by itself, or writes where it is told to.
LEFT_OUT = {"engine", "master", "conf", "work", "workers", "memory", "tmp_dir", "plot", "help"}


@pytest.fixture
def awkward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, data in FILES.items():
        Path(name).write_bytes(data)
    Path("folder").mkdir()
    Path("folder/inside").write_bytes(FILES["text"])
    return tmp_path


def commands(
    group: click.Group, above: tuple[str, ...] = ()
) -> dict[tuple[str, ...], click.Command]:
    """Every command by its words."""
    found: dict[tuple[str, ...], click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, (*above, name))
        else:
            found[(*above, name)] = command
    return found


def some_value(kind: click.ParamType, chance: random.Random) -> str:
    """A value of an option: mostly one that it takes, or a file."""
    if isinstance(kind, click.Choice) and chance.random() < 0.9:
        return str(chance.choice(list(kind.choices)))
    if isinstance(kind, click.Path) or chance.random() < 0.3:
        return chance.choice([*FILES, "folder", "missing", "out"])
    return chance.choice(VALUES)


def command_line(
    words: tuple[str, ...], command: click.Command, chance: random.Random
) -> list[str]:
    """Words, some options, some arguments."""
    line = list(words)
    for option in command.params:
        if isinstance(option, click.Argument):
            number = 1 if option.nargs == 1 else chance.randrange(1, 3)
            line += [chance.choice([*FILES, "folder", "text"]) for _ in range(number)]
        elif option.name not in LEFT_OUT and (option.required or chance.random() < 0.15):
            assert isinstance(option, click.Option)
            line.append(chance.choice([*option.opts, *option.secondary_opts]))
            if not option.is_flag:
                line += [some_value(option.type, chance) for _ in range(max(1, option.nargs))]
    return line


@pytest.mark.parametrize("words", commands(main), ids=" ".join)
def test_random_command_lines(awkward: Path, words: tuple[str, ...]) -> None:
    command = commands(main)[words]
    chance = random.Random(" ".join(words))
    failures = []
    for _ in range(RUNS // 2):
        line = command_line(words, command, chance)
        try:
            within_limits(*line)
        except Exception:
            failures.append(f"{line}\n{traceback.format_exc()[-1500:]}")
            if len(failures) == 10:
                break
        for name, data in FILES.items():  # of what `-o` has replaced
            Path(name).write_bytes(data)
    assert not failures, f"{len(failures)} of {RUNS // 2}\n\n" + "\n\n".join(failures)
