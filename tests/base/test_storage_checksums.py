"""Containers of arrays: a changed bit is found where a file is read whole, and files without checksums are read."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commandline import run

from nlptools.base import storage
from nlptools.errors import DataError
from nlptools.lm.files import open_lm
from nlptools.lm.model import load_lm
from nlptools.ngrams.counts import load_counts

TEXT = "今天天气非常好，我们去公园。\n明天的天气不好，我们在家。\n" * 3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("text").write_text(TEXT, encoding="utf-8")
    run("count", "-q", "text", "--order", "3", "-o", "good.counts").ok()
    run("count", "-q", "text", "--order", "3", "--sentences", "line", "-o", "lines.counts").ok()
    run("lm", "train", "-q", "text", "--order", "3", "-o", "good.lm").ok()
    return tmp_path


def parts(path: str) -> tuple[bytes, dict[str, Any], int]:
    """(first line, description, where the arrays begin)."""
    first, line, check, _ = Path(path).read_bytes().split(b"\n", 3)
    base = len(first) + len(line) + len(check) + 3
    return first, json.loads(line), base + -base % 64


def changed(path: str, name: str, **entry: Any) -> str:
    """The file with other values in the description of its arrays, signed again; None: without that key."""
    first, meta, base = parts(path)
    for array in meta["arrays"]:
        for key, value in entry.items():
            if value is None:
                array.pop(key)
            else:
                array[key] = value
    line = json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode()
    head = first + b"\n" + line + b"\n%08x\n" % zlib.crc32(line)
    arrays = Path(path).read_bytes()[base:]
    Path(name).write_bytes(head + bytes(-len(head) % 64) + arrays)
    return name


def flips(path: str, step: int) -> Iterator[str]:
    """The file with one bit flipped in an array, at every step-th byte of the arrays."""
    _, meta, base = parts(path)
    data = bytearray(Path(path).read_bytes())
    for array in meta["arrays"]:
        width = np.dtype(array["dtype"]).itemsize
        for at in range(0, array["length"] * width, step):
            place = base + array["offset"] + at
            data[place] ^= 1 << at % 8
            Path("flipped").write_bytes(data)
            data[place] ^= 1 << at % 8
            yield array["name"]


def test_every_array_has_its_checksum(folder: Path) -> None:
    stream = io.BytesIO()
    array = np.array([1, 2, 3], np.uint16)
    storage.write_container(stream, "counts", 1, {}, {"a": array})
    # zlib.crc32(b"\1\0\2\0\3\0"), what `crc32` of other programs says of these six bytes
    crc32 = f"{zlib.crc32(bytes([1, 0, 2, 0, 3, 0])):08x}"
    entry = {"name": "a", "dtype": "<u2", "length": 3, "offset": 0, "crc32": crc32}
    assert json.loads(stream.getvalue().split(b"\n")[1]) == {"arrays": [entry]}


def test_a_flipped_bit_of_counts_is_found(folder: Path) -> None:
    seen = set()
    for name in flips("good.counts", 7):
        seen.add(name)
        for mapped in (True, False):
            with pytest.raises(DataError, match="flipped: damaged counts file"):
                load_counts("flipped", mapped=mapped)
    assert len(seen) == 1 + 3 + 3 + 2


@pytest.mark.parametrize(
    "command",
    [
        "merge flipped -o out",
        "compare flipped good.counts",
        "explain 天气 --counts flipped",
    ],
)
def test_commands_that_read_counts(folder: Path, command: str) -> None:
    *_, _ = flips("good.counts", 1)
    error = "Error: flipped: damaged counts file: the array counts3 has another checksum\n"
    done = run(*command.split()).error
    assert done == error + "hint: copy it again, or make it again with nlptools count\n"
    assert not Path("out").exists()


def test_a_flipped_bit_of_counts_with_sentences_trains_nothing(folder: Path) -> None:
    for _ in flips("lines.counts", 41):
        done = run("lm", "train", "--counts", "flipped", "-o", "out")
        assert done.error.startswith("Error: flipped: damaged counts file: the array "), done.err
    assert not Path("out").exists()


def test_a_flipped_bit_of_a_language_model_is_found_where_it_is_read_whole(folder: Path) -> None:
    for name in flips("good.lm", 23):
        with pytest.raises(DataError, match=r"flipped: damaged lm file: the array .* has another"):
            load_lm("flipped", whole=True)
        error = run("lm", "convert", "flipped", "-o", "out.arpa").error
        assert f"the array {name} has another checksum\nhint: copy it again" in error
    assert not Path("out.arpa").exists()


def test_every_array_is_checked_where_text_is_scored(folder: Path) -> None:
    for name in flips("good.lm", 11):
        error = run("lm", "score", "text", "--model", "flipped").error
        assert f"the array {name} has another checksum" in error


def test_the_vocabulary_is_checked_by_every_reader(folder: Path) -> None:
    """A model that is only mapped: its vocabulary and 1-grams, which it reads at once."""
    for name in flips("good.lm", 11):
        if name in ("vocabulary", "values1"):
            with pytest.raises(DataError, match="has another checksum"):
                open_lm("flipped")
        else:
            open_lm("flipped")


def test_files_without_checksums_are_read(folder: Path) -> None:
    old = changed("good.counts", "old.counts", crc32=None)
    assert run("merge", old, "--tsv").out == run("merge", "good.counts", "--tsv").out != ""
    old = changed("good.lm", "old.lm", crc32=None)
    assert run("lm", "convert", old).out == run("lm", "convert", "good.lm").out != ""


@pytest.mark.parametrize("key", ["length", "offset"])
@pytest.mark.parametrize("value", [64.0, True, "64", -64, [64], 1e400])
def test_numbers_of_the_description(folder: Path, key: str, value: Any) -> None:
    bad = changed("good.counts", "bad", **{key: value})
    assert run("merge", bad, "-o", "out").error.startswith("Error: bad: damaged counts file")


def test_the_total_is_the_sum_of_order_1(folder: Path) -> None:
    whole = Path("good.counts").read_bytes()
    first, meta, base = parts("good.counts")
    meta["total"] += 1
    line = json.dumps(meta, ensure_ascii=False, separators=(",", ":")).encode()
    head = first + b"\n" + line + b"\n%08x\n" % zlib.crc32(line)
    Path("bad").write_bytes(head + bytes(-len(head) % 64) + whole[base:])
    assert "its symbols add up to" in run("merge", "bad", "-o", "out").error


def unsigned(name: str, array: str, row: int, value: int) -> str:
    """good.counts as a file without checksums, one number of it another."""
    changed("good.counts", name, crc32=None)
    _, meta, base = parts(name)
    entry = next(entry for entry in meta["arrays"] if entry["name"] == array)
    width = np.dtype(entry["dtype"]).itemsize
    data = bytearray(Path(name).read_bytes())
    at = base + entry["offset"] + row % entry["length"] * width
    data[at : at + width] = value.to_bytes(width, "little")
    Path(name).write_bytes(data)
    return name


@pytest.mark.parametrize(
    ("array", "row", "value"),
    [
        ("counts2", 0, 0),  # the mean of nothing
        ("children1", 2, 60_000),  # beyond the end
        ("children1", 2, 0),  # descending
        ("children1", 0, 1),  # the first n-gram belongs to nobody
        ("children2", -1, 1),
        ("symbols2", 0, 0),
        ("symbols3", 1, 60_000),
    ],
)
def test_arrays_that_no_counts_have(folder: Path, array: str, row: int, value: int) -> None:
    unsigned("bad", array, row, value)
    for command in ("merge bad -o out", "compare bad good.counts", "explain 天气 --counts bad"):
        error = run(*command.split()).error
        assert error.startswith("Error: bad: damaged counts file: its arrays of order "), error
