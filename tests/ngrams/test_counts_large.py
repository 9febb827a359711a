"""Counts of 2**32 and more: their columns are uint64, which NumPy makes float64 of beside int64."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlptools.base import storage
from nlptools.discovery.discover import discover_words
from nlptools.lm.arpa import arpa_pieces
from nlptools.lm.smoothing import SMOOTHINGS, train_lm
from nlptools.ngrams import count as counting
from nlptools.ngrams import merge as merging
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import Level, LevelWriter, NgramCounts, load_counts, prune
from nlptools.ngrams.explain import explain_word
from nlptools.ngrams.merge import Tiers, merge_counts, merge_files
from nlptools.text.corpus import Corpus

TEXTS = ["山高月小，水落石出", "月小山高，石出水落", "山高水落，山高月小", "清风徐来"] * 3
TIMES = 500_000_000
# What gives integers for integers, unless one is uint64 and another int64.
EXACT = (np.add, np.subtract, np.multiply, np.floor_divide, np.remainder, np.minimum, np.maximum)


class Watched(np.ndarray):
    """An array that fails where integers become float64, or a search casts more than it looks at."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **how: Any) -> Any:
        out = how.pop("out", None)
        if out is not None:
            how["out"] = tuple(map(_plain, out))
        made = getattr(ufunc, method)(*map(_plain, inputs), **how)
        if ufunc in EXACT and "dtype" not in how:
            _check(ufunc.__name__, made, inputs)
        return out[0] if out is not None else _watched(made)

    def __array_function__(self, func: Any, types: Any, args: Any, how: Any) -> Any:
        if func is np.searchsorted:
            column, wanted = map(np.asarray, map(_plain, args[:2]))
            same = np.result_type(column, wanted) == column.dtype
            assert same or wanted.size * 8 > column.size, "a search casts the whole column"
        made = func(*map(_plain, args), **{name: _plain(value) for name, value in how.items()})
        if func in (np.concatenate, np.append, np.where, np.diff, np.insert):
            _check(func.__name__, made, _flat(args))
        return _watched(made)


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_plain, value))
    return value.view(np.ndarray) if isinstance(value, Watched) else value


def _watched(made: Any) -> Any:
    return made.view(Watched) if type(made) is np.ndarray else made


def _flat(values: Any) -> list[Any]:
    nested = (_flat(v) if isinstance(v, list | tuple) else [v] for v in values)
    return list(itertools.chain.from_iterable(nested))


def _check(name: str, made: Any, inputs: Any) -> None:
    kinds = {np.asarray(_plain(value)).dtype.kind for value in inputs if value is not None}
    if kinds <= set("biu") and isinstance(made, np.ndarray):
        assert made.dtype.kind != "f", f"{name}: integers became {made.dtype}"


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Counts, children and places are uint64 as beyond 2**32, and watched."""
    begin, finish, read = (
        LevelWriter.__init__,
        storage.ColumnWriter.finish,
        storage.FileColumn.__getitem__,
    )

    def large(
        self: LevelWriter, order: int, alphabet: int, folder: Path | None, total: int, rows: int
    ) -> None:
        begin(self, order, alphabet, folder, 1 << 40, 1 << 40)

    monkeypatch.setattr(LevelWriter, "__init__", large)
    monkeypatch.setattr(storage.ColumnWriter, "finish", lambda self: _watched(finish(self)))
    monkeypatch.setattr(
        storage.FileColumn, "__getitem__", lambda self, where: _watched(read(self, where))
    )
    yield


def count(texts: list[str], order: int = 4, **how: Any) -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, workers=1, **how)


def scaled(counts: NgramCounts, times: int) -> NgramCounts:
    """The counts of a corpus that is so many times as long, in a type that holds them."""
    levels = []
    for level in counts.levels:
        numbers = level.counts[:].astype(np.uint64) * np.uint64(times)
        narrow = np.uint32 if int(numbers.max(initial=0)) < 1 << 32 else np.uint64
        levels.append(Level(level.symbols, numbers.astype(narrow), level.children))
    return NgramCounts(counts.settings, counts.alphabet, tuple(levels))


def test_the_watch_sees_what_it_is_for() -> None:
    column = np.arange(1000, dtype=np.uint64).view(Watched)
    with pytest.raises(AssertionError, match="add: integers became float64"):
        column + np.arange(1000)
    with pytest.raises(AssertionError, match="concatenate: integers became float64"):
        np.concatenate([column, np.arange(3)])
    with pytest.raises(AssertionError, match="casts the whole column"):
        np.searchsorted(column.astype(np.uint32), 7)
    assert np.searchsorted(column, np.uint64(7)) == 7
    assert (column + np.uint64(1)).dtype == np.uint64


@pytest.mark.parametrize("where", ["memory", "disk"])
def test_shards_whose_sum_is_beyond_32_bits(tmp_path: Path, where: str) -> None:
    """Nine shards: eight become one part of more than 2**32 symbols, which is merged with the ninth."""
    one = count(TEXTS[:4], 3)
    shard = scaled(one, TIMES // 20)
    assert shard.total < 1 << 32 < 8 * shard.total
    assert shard.levels[0].counts[:].dtype == np.uint32
    merged = merge_counts([shard] * 9, memory=10**9, tmp_dir=tmp_path if where == "disk" else None)
    assert list(merged) == [(ngram, 9 * number) for ngram, number in shard]
    assert merged.total == 9 * shard.total
    merged.save(tmp_path / "sum.counts")
    loaded = load_counts(tmp_path / "sum.counts")
    loaded.check("sum.counts")
    assert list(loaded) == list(merged)


def test_files_whose_sum_is_beyond_32_bits(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.counts" for number in range(3)]
    shard = scaled(count(TEXTS), TIMES)  # every count alone is beyond them
    for path in paths:
        shard.save(path)
    assert list(merge_files(paths)) == [(ngram, 3 * number) for ngram, number in shard]


def test_a_corpus_whose_parts_are_beyond_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    real = counting.count_part
    monkeypatch.setattr(counting, "count_part", lambda *given: scaled(real(*given), TIMES))
    monkeypatch.setattr(counting, "part_room", lambda *_: 1)
    corpus = Corpus.from_texts(TEXTS, block_size=30)
    found = dict(count_ngrams(corpus, order=2, workers=1))
    monkeypatch.undo()
    assert found == {ngram: number * TIMES for ngram, number in count(TEXTS, 2)}


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("where", ["memory", "disk"])
def test_merging_in_64_bits_is_exact(
    tmp_path: Path, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merging, "MOST_ROWS", 1 << 12)
    monkeypatch.setattr(merging.keys, "id_dtype", lambda base: np.uint64)
    texts = [
        "".join(chr(0x4E00 + (7 * i * i + 3 * i + j) % 2900) for i in range(4000)) for j in range(9)
    ]
    folder = tmp_path if where == "disk" else None
    tiers = Tiers(10**6, folder)
    for text in texts:
        tiers.add(count([text], 3, tmp_dir=folder))
    merged = merge_counts(tiers.parts(), memory=10**6, tmp_dir=folder)
    assert merged.levels[0].counts[:].dtype == np.uint64
    merged.save(tmp_path / "merged")
    monkeypatch.undo()
    count(texts, 3).save(tmp_path / "once")
    assert (tmp_path / "merged").read_bytes() == (tmp_path / "once").read_bytes()


def _table(counts: NgramCounts, method: str) -> list[Any]:
    if method == "pmi":
        return list(
            discover_words(Corpus.from_texts(LONG), method="pmi", counts=counts, min_count=2)
        )
    bars = {"min_count": 2, "min_pmi": [0.5], "min_entropy": 0.1, "max_length": 3}
    return list(discover_words(None, method="entropy", counts=counts, **bars))


def _arpa(smoothing: str) -> Callable[[NgramCounts], Any]:
    return lambda counts: b"".join(arpa_pieces(train_lm(counts, smoothing=smoothing)))


LONG = TEXTS * 40
USES: dict[str, Callable[[NgramCounts], Any]] = {
    "pmi": lambda counts: _table(counts, "pmi"),
    "entropy": lambda counts: _table(counts, "entropy"),
    "pruned": lambda counts: list(prune(counts, 3)),
    "explained": lambda counts: explain_word(counts, "山高"),
    "rows": lambda counts: [
        counts.count("山高月"),
        counts.parents(3, np.arange(counts.size(3))).tolist(),
    ],
}
MODELS = {smoothing: _arpa(smoothing) for smoothing in SMOOTHINGS}


@pytest.mark.parametrize("name", [*USES, *MODELS])
def test_what_is_made_of_counts_in_64_bits(name: str, request: pytest.FixtureRequest) -> None:
    use = USES.get(name) or MODELS[name]
    sentences = "none" if name in USES else "clause"
    expected = use(count(LONG, sentences=sentences))
    request.getfixturevalue("wide")
    counted = merge_counts([count(LONG, sentences=sentences)], memory=10**9, tmp_dir=None)
    assert counted.levels[0].counts[:].dtype == np.uint64
    found = use(counted)
    assert repr(found) == repr(expected)
    assert found
