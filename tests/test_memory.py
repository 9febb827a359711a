"""What --memory promises is kept: the peak of every main command at 128MB, asked from the system.

The one slow test of limits: a synthetic text of 30 MB, about 25 CPU s for all. Commands of more than a CPU second for
3 MB get the first 8 MB of it, so that they are affordable; `bin/bench memory` measures them on 10, 60 and 200 MB of real text.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import run

import numpy as np
import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="what an allocator keeps is its own elsewhere"
)

PROMISED = 128_000_000
SIZE, LESS = 30_000_000, 8_000_000  # bytes
WORDS, CHARACTERS = 60_000, 4_000

# A process of its own between pytest and the command: on Linux the peak of a child is never below the memory of the
# process that it was spawned by. Prints its exit code and its peak in bytes.
LAUNCHER = """
import os, sys
null = os.open(os.devnull, os.O_RDWR)
moved = [(os.POSIX_SPAWN_DUP2, null, 1)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=moved)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024)
"""


def zipf(draws: np.ndarray, most: int) -> np.ndarray:
    """Numbers below `most`, each as often as 1 / (number + 5)."""
    ends = np.cumsum(1 / np.arange(5, most + 5))
    return np.searchsorted(ends, draws * ends[-1], side="right")


def synthetic(size: int) -> bytes:
    """About so many bytes of text in UTF-8: words by Zipf's law, of one to four characters, with signs and line ends."""
    random = np.random.default_rng(20)
    lengths = random.choice([1, 2, 2, 2, 3, 4], WORDS)
    spelled = np.full((WORDS, 5), 0, np.uint32)
    spelled[:, :4] = 0x4E00 + zipf(random.random((WORDS, 4)), CHARACTERS)
    drawn = zipf(random.random(size // 6), WORDS)
    signs = random.integers(0, 40, len(drawn))
    rows = spelled[drawn]
    kept = np.arange(5) < lengths[drawn][:, None]
    for sign, character in ((0, "。"), (1, "，"), (2, "，"), (3, "、"), (4, "\n")):
        rows[signs == sign, 4] = ord(character)
        kept[signs == sign, 4] = True
    return rows[kept].tobytes().decode("utf-32-le").encode()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """Files by the names that the command lines below have for them."""
    folder = tmp_path_factory.mktemp("memory")
    text = synthetic(SIZE)
    less = text[: text.rfind(b"\n", 0, LESS) + 1]
    middle = less.find(b"\n", len(less) // 2) + 1
    lines = less.decode().split("\n")
    records = (
        json.dumps({"id": n, "text": "\n".join(lines[n : n + 10])}, ensure_ascii=False) + "\n"
        for n in range(0, len(lines), 10)
    )
    content = {
        "large.txt": text,
        "text.txt": less,
        "line.txt": less.replace(b"\n", b""),
        "old.txt": less[:middle],
        "new.txt": less[middle:],
        "records.jsonl": "".join(records).encode(),
        "words.txt": "\n".join({line[:2]: None for line in lines[:3000]}).encode(),
        "vocab.txt": "\n".join(["[UNK]", *sorted(set(less.decode()) - {"\n"})]).encode(),
    }
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return {name: os.fspath(folder / name) for name in content} | {"out": str(folder / "out")}


@pytest.mark.parametrize(
    "line",
    [
        "count large.txt",
        "count --field text records.jsonl",
        "count line.txt",
        "train text.txt",
        "discover text.txt",
        "discover --method pmi text.txt",
        "discover --method entropy --field text records.jsonl",
        "compare old.txt new.txt",
        "lm filter --max-perplexity 500 --measures --unique old.txt line.txt",
        "report words.txt --corpus text.txt",
    ],
)
def test_a_command_keeps_within_128_megabytes(line: str, texts: Mapping[str, str]) -> None:
    words = [texts.get(word, word) for word in line.split()]
    peak = peak_of([*words, "--memory", "128MB", "-q", "-o", texts["out"]])
    assert peak <= PROMISED, f"{peak / 1e6:.0f} MB"


def test_a_language_model_is_trained_and_converted_within_128_megabytes(
    texts: Mapping[str, str],
) -> None:
    model = texts["out"] + ".lm"
    for words in (["train", "--order", "3", texts["text.txt"], "-o", model], ["convert", model]):
        peak = peak_of(["lm", *words, "--memory", "128MB", "-q"])
        assert peak <= PROMISED, f"{words[0]}: {peak / 1e6:.0f} MB"


def test_parquet_is_counted_within_128_megabytes(texts: Mapping[str, str], tmp_path: Path) -> None:
    """The only command that keeps so little with what pyarrow takes; docs/guides/input.md says so."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    lines = Path(texts["text.txt"]).read_text("utf-8").split("\n")
    path = tmp_path / "text.parquet"
    parquet.write_table(arrow.table({"text": lines}), path)
    words = ["count", "--field", "text", os.fspath(path), "--memory", "128MB", "-q"]
    assert peak_of([*words, "-o", texts["out"]]) <= PROMISED


def test_segment_and_tokenize_have_no_limit_but_do_not_grow(texts: Mapping[str, str]) -> None:
    # Blocks of text on so many threads, whatever the size of the text.
    common = [texts["text.txt"], "--workers", "2", "-q", "-o", texts["out"]]
    assert peak_of(["segment", *common]) <= 2 * PROMISED
    assert peak_of(["tokenize", "--vocab", texts["vocab.txt"], *common]) <= 2 * PROMISED


def peak_of(words: list[str]) -> int:
    """The largest resident size of a command in bytes."""
    command = [sys.executable, "-m", "nlptools", *words]
    root = os.fspath(Path(__file__).resolve().parent.parent)
    found = run(
        [sys.executable, "-I", "-S", "-c", LAUNCHER, *command],
        env=os.environ | {"PYTHONPATH": root},
        capture_output=True,
        text=True,
        check=True,
    )
    status, peak = map(int, found.stdout.split())
    assert status == 0, found.stderr
    return peak
