"""Rows of suffixes and numbers of contexts: as a dictionary finds them, in memory and out of it."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.storage import FileColumn
from nlptools.lm import partition as exchange
from nlptools.lm import suffixes
from nlptools.lm.partition import BYTES_PER_ROW
from nlptools.lm.suffixes import Suffixes, find_suffixes, rows_begun
from nlptools.ngrams import counts as counts_module
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts
from nlptools.text.corpus import Corpus

START = "<s>"
TEXTS = st.lists(st.text(st.sampled_from("天地玄a𠮷，"), max_size=12), min_size=1, max_size=6)
ROOMY = 1 << 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("suffixes")


def count(texts: Sequence[str], order: int, mode: str = "line") -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, sentences=mode, workers=1)


def ngrams_of(counts: NgramCounts, order: int) -> list[tuple[str, ...]]:
    """The n-grams of an order, row by row."""
    size = counts.size(order)
    if not size:
        return []
    names = ["", *counts.alphabet.symbols]
    columns = counts.symbols_of(order, np.arange(size))
    return list(zip(*([names[i] for i in column.tolist()] for column in columns), strict=True))


def find_all(counts: NgramCounts, room: int, folder: Path | None) -> list[Suffixes]:
    found: list[Suffixes] = []
    for n in range(2, counts.order + 1):
        found.append(find_suffixes(counts, n, found[-1] if found else None, room, folder))
    return found


@contextlib.contextmanager
def slices(size: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for module in (counts_module, exchange, suffixes):
            stack.enter_context(mock.patch.object(module, "SLICE", size))
        yield


class Watched:
    """A column that knows how much of it was asked for at a time."""

    def __init__(self, column: np.ndarray) -> None:
        self.column, self.dtype, self.lengths = column, column.dtype, [0]

    def __getitem__(self, where: slice) -> np.ndarray:
        self.lengths.append(len(self.column[where]))
        return self.column[where]


def check(counts: NgramCounts, found: Sequence[Suffixes]) -> None:
    for n, own in enumerate(found, 2):
        below, these = ngrams_of(counts, n - 1), ngrams_of(counts, n)
        place = {ngram: row for row, ngram in enumerate(below)}
        assert own.rows[:].tolist() == [place[ngram[1:]] for ngram in these]
        times = Counter(ngram[1:] for ngram in these)
        assert own.contexts[:].tolist() == [times[ngram] for ngram in below]
        for dtype in (np.float32, np.int64):
            column = (np.arange(len(below)) * 3 + 1).astype(dtype)
            gathered = own.gather(column)[:]
            assert gathered.dtype == dtype
            assert gathered.tolist() == [3 * place[ngram[1:]] + 1 for ngram in these]


def test_by_hand() -> None:
    # <s> 天 地 </s> and <s> 地 </s>. Rows of order 1, Han first: 地 天 </s> <s>.
    counts = count(["天地\n地"], 3)
    assert counts.alphabet.symbols == ("地", "天", "</s>", "<s>")
    # Order 2: 地 </s>, 天 地, <s> 地, <s> 天: the suffixes are </s>, 地, 地, 天; <s> is nobody's.
    assert ngrams_of(counts, 2) == [("地", "</s>"), ("天", "地"), (START, "地"), (START, "天")]
    two, three = find_all(counts, ROOMY, None)
    assert two.rows[:].tolist() == [2, 0, 0, 1]
    assert two.contexts[:].tolist() == [2, 1, 1, 0]
    # Order 3: 天 地 </s>, <s> 地 </s>, <s> 天 地: 地 </s> stands in two contexts, 天 地 in one.
    assert three.rows[:].tolist() == [0, 0, 1]
    assert three.contexts[:].tolist() == [2, 1, 0, 0]
    assert [rows_begun(counts, n) for n in (1, 2, 3)] == [range(3, 4), range(2, 4), range(1, 3)]


def test_no_ngrams_of_the_highest_orders(folder: Path) -> None:
    # <s> 天 </s>: nothing of order 4 and 5.
    counts = count(["天"], 5)
    for where in (None, folder):
        found = find_all(counts, 1, where)
        check(counts, found)
        assert [len(own.rows) for own in found] == [2, 1, 0, 0]
        assert found[-1].contexts[:].tolist() == []


@settings(max_examples=80, deadline=None)
@given(TEXTS, st.integers(1, 6), st.sampled_from(["clause", "line"]), st.integers(1, 30), st.data())
@example(["天"], 3, "line", 1, None)
def test_as_a_dictionary_has_it(
    folder: Path, texts: list[str], order: int, mode: str, rows: int, data: st.DataObject | None
) -> None:
    counts = count(texts, order, mode)
    if not counts.total:
        return
    check(counts, find_all(counts, ROOMY, None))
    size = 3 if data is None else data.draw(st.integers(1, 20))
    with slices(size):
        check(counts, find_all(counts, ROOMY, None))
        check(counts, find_all(counts, rows * BYTES_PER_ROW, folder))
    for n in range(1, order + 1):
        begun = [row for row, ngram in enumerate(ngrams_of(counts, n)) if ngram[0] == START]
        assert list(rows_begun(counts, n)) == begun


def test_out_of_memory_equals_in_memory(folder: Path) -> None:
    """Enough n-grams for many parts, and columns on the disk that are gathered part by part."""
    rng = np.random.default_rng(2)
    texts = ["".join(map(chr, 0x4E00 + rng.geometric(0.02, 40))) for _ in range(200)]
    counts = count(texts, 4)
    known = oracles.count_sentences(texts, 4, "line")
    assert sum(counts.size(n) for n in range(1, 5)) == len(known)
    near = find_all(counts, ROOMY, None)
    check(counts, near)
    with slices(700):
        far = find_all(counts, 1000 * BYTES_PER_ROW, folder)
        check(counts, far)
        for a, b in zip(near, far, strict=True):
            assert isinstance(b.rows, FileColumn) == (len(b.rows) > 1000)
            assert a.rows[:].dtype == b.rows[:].dtype
            assert a.contexts[:].dtype == b.contexts[:].dtype
    assert isinstance(far[-1].contexts, FileColumn)
    below = Watched(np.arange(len(near[-2].rows)))
    assert far[-1].gather(below)[:].tolist() == near[-1].rows[:].tolist()  # type: ignore[arg-type]
    assert 0 < max(below.lengths) < len(below.column) // 3
    assert far[-1].gather(far[-2].rows)[:].tolist() == near[-1].gather(near[-2].rows)[:].tolist()
    assert list(folder.iterdir()) == []
