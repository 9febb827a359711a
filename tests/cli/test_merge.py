"""`nlptools merge`: the counts of shards are those of the whole, to the byte."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commandline import TEXT, counts_file, run, write
from places import SAMPLES


def test_shards_merge_to_the_same_bytes() -> None:
    names = ["novel.txt", "clinic.txt", "startup.txt"]
    paths = [SAMPLES / name for name in names]
    run("count", *paths, "-o", "whole", "-q").ok()
    for name, path in zip("abc", paths, strict=True):
        run("count", path, "-o", name, "-q").ok()
    whole = Path("whole").read_bytes()
    for order in ("abc", "cab"):
        run("merge", *order, "-o", "merged", "-q").ok()
        assert Path("merged").read_bytes() == whole
    run("merge", "c", "a", "-o", "some", "-q").ok()
    run("merge", "some", "b", "-o", "merged", "-q").ok()
    assert Path("merged").read_bytes() == whole
    run("merge", "whole", "-o", "merged", "-q").ok()
    assert Path("merged").read_bytes() == whole


def test_merge_prints() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "a", "--order", 2, "-q").ok()
    done = run("merge", "a", "a", "--tsv", "--min-count", 4).ok()
    assert done.out == "ngram\tcount\n国\t4\n家\t4\n国家\t4\n"
    assert re.search(r"merge \| order:2 latin:run \| 2 files \| 12 symbols \| 7 n-grams", done.err)


def test_merge_of_a_file_with_itself() -> None:
    write("a.txt", TEXT)
    run("count", "a.txt", "-o", "a", "-q").ok()
    run("count", "a.txt", "a.txt", "-o", "twice", "-q").ok()
    run("merge", "a", "a", "-o", "b", "-q").ok()
    assert Path("b").read_bytes() == Path("twice").read_bytes()


@pytest.mark.parametrize("more", [["--order", 4], ["--latin", "char"], ["--fold", "lower"]])
def test_merge_of_different_settings(more: list[object]) -> None:
    counts_file("a")
    counts_file("b", TEXT, *more)
    done = run("merge", "a", "b", "-o", "out")
    assert done.error.startswith("Error: b was counted with ")
    assert "hint: count both with the same --order, --latin, --sentences and --fold" in done.error
    assert not Path("out").exists()
