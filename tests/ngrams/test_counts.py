"""Exact counts: equal to a Counter's, the same bytes however they were made, safe on the disk."""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import random
import warnings
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base import storage
from nlptools.errors import DataError, NlptoolsError, ResourceError
from nlptools.ngrams import count as counting
from nlptools.ngrams import kernel as parts
from nlptools.ngrams import merge as merging
from nlptools.ngrams.count import count_and_keep, count_encoded, count_ngrams, count_sentences
from nlptools.ngrams.counts import MAX_ORDER, Level, NgramCounts, Settings, load_counts
from nlptools.ngrams.encode import encode_corpus
from nlptools.ngrams.merge import merge_counts, merge_files
from nlptools.ngrams.symbols import LATIN_MODES
from nlptools.text.corpus import Block, Corpus
from nlptools.text.linenumbers import LineNumbers

# Few symbols, so that n-grams repeat; every class; Han beyond the BMP.
PIECES = ["天", "地", "玄", "𠮷", "〇", "aB", "b", "5", "５", ".", "-", "+", "#", "，", " ", "\n"]
TEXT = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)
TEXTS = st.lists(TEXT, max_size=5)
ORDERS = st.integers(1, MAX_ORDER)
LATIN = st.sampled_from(LATIN_MODES)

WORN = "吃葡萄不吐葡萄皮不吃葡萄倒吐葡萄皮"


SENTENCES = st.sampled_from(["clause", "line"])
LINE_PIECES = [*PIECES, "\r\n", "。", "あ", "한", "😀", "\u3000"]
LINES = st.lists(st.lists(st.sampled_from(LINE_PIECES), max_size=30).map("".join), max_size=5)


def count(texts: Sequence[str], order: int = 5, latin: str = "run", **how: Any) -> NgramCounts:
    block_size = how.pop("block_size", 4 << 20)
    how.setdefault("workers", 1)
    corpus = Corpus.from_texts(texts, block_size=block_size)
    return count_ngrams(corpus, order=order, latin=latin, **how)


def as_dict(counts: NgramCounts) -> dict[tuple[str, ...], int]:
    """Every n-gram as a tuple of symbols."""
    found: dict[tuple[str, ...], int] = {}
    names = ["", *counts.alphabet.symbols]
    for order in range(1, counts.order + 1):
        size = counts.size(order)
        if size:
            columns = counts.symbols_of(order, np.arange(size))
            ngrams = zip(*([names[i] for i in column.tolist()] for column in columns), strict=True)
            found.update(zip(ngrams, counts.levels[order - 1].counts[:].tolist(), strict=True))
    assert len(found) == sum(map(counts.size, range(1, counts.order + 1)))
    return found


def saved(counts: NgramCounts, folder: Path) -> bytes:
    path = folder / "saved.counts"
    counts.save(path)
    return path.read_bytes()


@contextlib.contextmanager
def small_parts(room: int) -> Iterator[None]:
    """Parts of at most `room` symbols, and merging over ranges of a few rows."""
    with (
        mock.patch.object(counting, "part_room", lambda *_: room),
        mock.patch.object(merging, "MOST_ROWS", max(1, room // 2)),
    ):
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("counts")


# --- equal to the oracle ---------------------------------------------------------------------


def test_by_hand() -> None:
    # 天地 玄 | 天地: a break ends every n-gram.
    counts = count(["天地玄，天地"], order=3)
    assert counts.total == 5
    assert list(counts.items()) == [
        *[("地", 2), ("天", 2), ("玄", 1)],
        *[("地玄", 1), ("天地", 2)],
        ("天地玄", 1),
    ]
    assert [counts.size(n) for n in (1, 2, 3)] == [3, 2, 1]
    assert list(counts.items(min_count=2)) == [("地", 2), ("天", 2), ("天地", 2)]
    assert counts.order == 3
    assert counts.settings == Settings(3, "run", ())


def test_no_ngram_goes_from_one_text_to_the_next() -> None:
    assert count(["天", "地"]).count("天地") == 0
    assert count(["天地"]).count("天地") == 1
    assert count(["天\n地", "天 地", "天𝐀地"]).count("天地") == 0


def test_tongue_twister() -> None:
    counts = count([WORN])
    assert counts.total == 17
    for word, number in {"葡萄": 4, "吃葡萄": 2, "吐葡萄": 2, "葡萄不": 1, "葡萄皮": 2}.items():
        assert counts.count(word) == number


@pytest.mark.parametrize("latin", LATIN_MODES)
def test_latin_modes(latin: str) -> None:
    counts = count(["5G网络用5G"], order=2, latin=latin)
    expected = {
        "run": {"5G": 2, "网": 1, "络": 1, "用": 1, "5G网": 1, "网络": 1, "络用": 1, "用5G": 1},
        "char": {
            **{"5": 2, "G": 2, "网": 1, "络": 1, "用": 1},
            **{"5G": 2, "G网": 1, "网络": 1, "络用": 1, "用5": 1},
        },
        "break": {"网": 1, "络": 1, "用": 1, "网络": 1, "络用": 1},
    }
    assert dict(counts.items()) == expected[latin]


@settings(max_examples=150, deadline=None)
@given(TEXTS, ORDERS, LATIN)
@example([], 1, "run")
@example(["", "，"], 12, "char")
@example(["x" * 65 + "天地"], 3, "run")
@example(["𠮷" * 30], 12, "run")
@example(["天"], 12, "break")
def test_counts_are_those_of_the_oracle(texts: list[str], order: int, latin: str) -> None:
    counts = count(texts, order, latin)
    expected = oracles.count_ngrams(texts, order, latin)
    assert as_dict(counts) == expected
    assert counts.total == oracles.total(expected)
    symbols = counts.alphabet.symbols
    # The canonical order: Han by code point, then the others by text; n-grams by their symbols.
    assert list(symbols) == sorted(symbols, key=lambda s: (not oracles.ONE_HAN.fullmatch(s), s))
    place = {symbol: i for i, symbol in enumerate(symbols)}
    in_order = sorted(expected, key=lambda ngram: (len(ngram), [place[s] for s in ngram]))
    for least in (1, 2):
        assert list(counts.items(least)) == [
            ("".join(ngram), expected[ngram]) for ngram in in_order if expected[ngram] >= least
        ]
    for ngram, number in expected.items():
        assert counts.count(ngram) == number
        assert counts.count("".join(ngram)) == number
        rows = counts.rows(ngram)
        assert len(rows) == len(ngram)
        for n, row in enumerate(rows, 1):
            assert counts.texts(n, np.array([row])) == ["".join(ngram[:n])]


@settings(max_examples=40, deadline=None)
@given(TEXTS, TEXT)
def test_what_never_occurred_counts_0(texts: list[str], other: str) -> None:
    counts = count(texts, 4)
    expected = oracles.count_ngrams(texts, 4)
    ngram = tuple(oracles.symbols_of(other))[:4]
    if ngram:
        assert counts.count(ngram) == expected[ngram]
        rows = counts.rows(ngram)
        assert len(rows) == len(ngram) or not expected[ngram[: len(rows) + 1]]


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.data())
def test_parents_and_texts_of_some_rows(texts: list[str], data: st.DataObject) -> None:
    counts = count(texts, 4)
    ngrams = list(as_dict(counts))
    begin = 0
    for order in range(1, 5):
        size = counts.size(order)
        own, begin = ngrams[begin : begin + size], begin + size
        if not size:
            assert counts.texts(order, np.empty(0, np.int64)) == []
            continue
        picked = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=1)))
        rows = np.array(picked)
        assert counts.texts(order, rows) == ["".join(own[i]) for i in picked]
        if order > 1:
            parents = counts.parents(order, rows)
            assert counts.texts(order - 1, parents) == ["".join(own[i][:-1]) for i in picked]


@pytest.mark.parametrize("word", ["", "天地玄黄宇宙", ["天"] * 6])
def test_count_refuses_what_was_not_counted(word: str | list[str]) -> None:
    with pytest.raises(ValueError, match="counted were 1 to 5"):
        count(["天地玄黄宇宙"]).count(word)


def test_a_word_with_a_break_counts_0() -> None:
    counts = count(["天，地"])
    assert counts.count("天，地") == counts.count("，") == counts.count(["天", "", "地"]) == 0


# --- the same bytes however they were made ---------------------------------------------------


def roomy(texts: Sequence[str], more: int) -> int:
    """A block size at which no text is cut inside, so that no block is joined to the one before."""
    return 2 * (max(map(len, texts), default=0) + 1 + more)


@settings(max_examples=100, deadline=None)
@given(TEXTS, ORDERS, LATIN, st.integers(1, 3), st.integers(0, 30), st.integers(16, 60))
def test_bytes_do_not_depend_on_parts_and_workers(
    folder: Path, texts: list[str], order: int, latin: str, workers: int, more: int, room: int
) -> None:
    expected = saved(count(texts, order, latin), folder)
    size = roomy(texts, more)
    assert saved(count(texts, order, latin, workers=workers, block_size=size), folder) == expected
    with small_parts(room):
        counts = count(texts, order, latin, workers=workers, block_size=size)
    assert as_dict(counts) == oracles.count_ngrams(texts, order, latin)
    assert saved(counts, folder) == expected


LONG = st.lists(st.sampled_from("天地玄黄宙𠮷A，"), min_size=20, max_size=120).map("".join)


@settings(max_examples=100, deadline=None)
@given(LONG, ORDERS, st.integers(1, 3), st.integers(1, 60))
@example("天地玄黄" * 20, 5, 1, 6)
def test_bytes_do_not_depend_on_the_block_size(
    folder: Path, text: str, order: int, workers: int, size: int
) -> None:
    """Blocks of a line without breaks go on in the next: joined=True."""
    expected = saved(count([text], order), folder)
    assert saved(count([text], order, workers=workers, block_size=size), folder) == expected


def test_blocks_were_joined() -> None:
    blocks = list(Corpus.from_texts(["天地玄黄" * 20], block_size=6).blocks())
    assert sum(block.joined for block in blocks) > 20


@settings(max_examples=100, deadline=None)
@given(LONG, ORDERS, st.integers(1, 60), st.integers(24, 60))
@example("天地玄黄" * 8 + "宇", 5, 10, 6)  # the last block of a part is long enough
@example("天地玄黄宇宙洪荒" * 4, 9, 4, 8)  # it is shorter than order - 1
def test_bytes_do_not_depend_on_parts_that_end_inside_a_clause(
    folder: Path, text: str, order: int, size: int, room: int
) -> None:
    with small_parts(room):
        counts = count([text], order, block_size=size)
    assert as_dict(counts) == oracles.count_ngrams([text], order)
    assert saved(counts, folder) == saved(count([text], order), folder)


def count_blocks(blocks: Sequence[tuple[str, bool]], order: int, room: int) -> NgramCounts:
    """Counts of blocks given as (text, joined)."""
    corpus = Corpus.from_texts([])
    made = [Block(text, "blocks", LineNumbers(1), joined) for text, joined in blocks]
    with small_parts(room), mock.patch.object(corpus, "blocks", lambda: iter(made)):
        return count_ngrams(corpus, order=order, workers=1)


def test_a_part_ends_inside_a_clause() -> None:
    counts = count_blocks([("天地玄天地", False), ("玄天地玄", True)], order=3, room=6)
    assert as_dict(counts) == oracles.count_ngrams(["天地玄天地玄天地玄"], 3)


def test_a_part_ends_after_a_symbol_it_has_nowhere_else() -> None:
    counts = count_blocks([("天地天地黄", False), ("天地天地", True)], order=3, room=6)
    assert as_dict(counts) == oracles.count_ngrams(["天地天地黄天地天地"], 3)


@pytest.mark.parametrize("sizes", [[6, 3, 6], [6, 1, 1, 1, 6], [3, 3, 3, 3], [1] * 12, [2] * 8])
def test_a_part_ends_after_a_block_shorter_than_the_order(sizes: list[int]) -> None:
    text = ("天地" * 20)[: sum(sizes)]
    ends = list(itertools.accumulate(sizes))
    blocks = [(text[e - n : e], e > n) for e, n in zip(ends, sizes, strict=True)]
    counts = count_blocks(blocks, order=5, room=9)
    assert as_dict(counts) == oracles.count_ngrams([text], 5)


@pytest.mark.parametrize(
    ("order", "workers", "room"), [(12, 2, 3000), (3, 3, 700), (4, 1, 9000), (5, 2, 9000)]
)
def test_larger_parts_with_many_symbols(folder: Path, order: int, workers: int, room: int) -> None:
    """Keys of one word and of ranks, slices of one first symbol and of many."""
    rng = random.Random(3)
    han = [chr(0x4E00 + int(rng.paretovariate(0.4)) % 9000) for _ in range(15_000)]
    texts = "".join(c if rng.random() < 0.95 else "，" for c in han).split("，")
    expected = saved(count(texts, order), folder)
    assert as_dict(load_counts(folder / "saved.counts")) == oracles.count_ngrams(texts, order)
    for size in (1, 500):
        with small_parts(room), mock.patch.object(parts, "SLICE", size):
            got = count(texts, order, workers=workers, block_size=4 * room)
        assert saved(got, folder) == expected


def test_ids_beyond_16_bits(folder: Path) -> None:
    texts = [f"n{i // 2} n{i}天n{i // 3}" for i in range(35_000)]
    expected = oracles.count_ngrams(texts, 3)
    counts = count(texts, 3)
    assert as_dict(counts) == expected
    data = saved(counts, folder)
    with small_parts(50_000):
        assert saved(count(texts, 3, block_size=1 << 16, workers=2), folder) == data
    assert as_dict(load_counts(folder / "saved.counts")) == expected


def test_parts_do_not_use_up_the_open_files() -> None:
    resource = pytest.importorskip("resource", reason="POSIX only")
    fds = Path("/proc/self/fd")
    if not fds.exists():
        pytest.skip("no /proc to count the open files")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    texts = ["天地玄黄" * 3] * 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(fds.iterdir())) + 200, hard))
    try:
        with small_parts(12):
            counts = count(texts, 5, block_size=2)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert counts.total == 2400


def spilled_counts(folder: Path) -> None:
    with small_parts(12):
        assert count(["天地玄黄" * 3] * 4, 3, block_size=2, tmp_dir=folder).total == 48


def loaded_counts(folder: Path) -> None:
    count(["天地玄黄"]).save(folder / "a")
    for mapped in (True, False):
        assert load_counts(folder / "a", mapped=mapped).total == 4


def spilled_ids(folder: Path) -> None:
    with mock.patch("nlptools.base.resources.MIN_MEMORY", 0):
        corpus = Corpus.from_texts(["天地玄黄" * 20])
        assert len(encode_corpus(corpus, memory=8, workers=1, tmp_dir=folder).blocks) == 1


@pytest.mark.parametrize(
    "use",
    [
        spilled_counts,
        loaded_counts,
        spilled_ids,
    ],
)
def test_files_are_closed_with_their_last_user(tmp_path: Path, use: Callable[[Path], None]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        use(tmp_path)
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


# --- merging ---------------------------------------------------------------------------------


def grouped(parts: list[NgramCounts], rng: random.Random, folder: Path) -> NgramCounts:
    """The parts merged two or three or more at a time, in memory or on the disk, in any order."""
    while len(parts) > 1:
        rng.shuffle(parts)
        size = rng.randint(2, len(parts))
        where = rng.choice([None, folder])
        merged = merge_counts(parts[:size], memory=rng.choice([1, 10**9]), tmp_dir=where)
        parts = [*parts[size:], merged]
    return parts[0]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(TEXTS, min_size=1, max_size=5),
    ORDERS,
    LATIN,
    st.randoms(),
    st.sampled_from([1, 3, 9999]),
)
def test_shards_merge_in_any_grouping(
    folder: Path, shards: list[list[str]], order: int, latin: str, rng: random.Random, room: int
) -> None:
    every = [text for shard in shards for text in shard]
    parts = [count(shard, order, latin) for shard in shards]
    with mock.patch.object(merging, "MOST_ROWS", room):
        merged = grouped(parts, rng, folder)
    assert as_dict(merged) == oracles.count_ngrams(every, order, latin)
    assert saved(merged, folder) == saved(count(every, order, latin), folder)


def test_merge_files(tmp_path: Path) -> None:
    texts = ["天地玄黄，宇宙", "洪荒天地A", "", "A𠮷天地"]
    paths = []
    for i, text in enumerate(texts):
        paths.append(tmp_path / f"{i}.counts")
        count([text]).save(paths[-1])
    merged = merge_files(paths, memory=128_000_000, tmp_dir=tmp_path)
    assert saved(merged, tmp_path) == saved(count(texts), tmp_path)
    assert as_dict(merge_files(paths[:1])) == oracles.count_ngrams(texts[:1], 5)
    doubled = as_dict(merge_files([paths[0], paths[0]]))
    assert doubled == {ngram: 2 * n for ngram, n in oracles.count_ngrams(texts[:1], 5).items()}
    assert sorted(p.name for p in tmp_path.iterdir()) == [*(p.name for p in paths), "saved.counts"]


def test_merge_many_rows(tmp_path: Path) -> None:
    """So many rows that they are merged range by range without any help, ids of two widths."""
    rng = random.Random(1)
    shards = [
        ["".join(chr(0x4E00 + rng.randrange(n)) for _ in range(20_000))] for n in (60, 3000, 20_000)
    ]
    parts = [count(shard, 3) for shard in shards]
    every = [text for shard in shards for text in shard]
    expected = saved(count(every, 3), tmp_path)
    for memory in (1, 10**9):
        merged = merge_counts(parts, memory=memory, tmp_dir=tmp_path)
        assert saved(merged, tmp_path) == expected
    assert as_dict(load_counts(tmp_path / "saved.counts")) == oracles.count_ngrams(every, 3)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"order": 4}, "order"),
        ({"latin": "char"}, "latin"),
        ({"fold": ("lower",)}, "fold"),
        ({"sentences": "line"}, "sentences"),
    ],
)
def test_counts_with_other_settings_do_not_merge(
    tmp_path: Path, other: dict[str, Any], named: str
) -> None:
    paths = [tmp_path / "a.counts", tmp_path / "b.counts"]
    fold = other.pop("fold", ())
    count(["天地"]).save(paths[0])
    count_ngrams(Corpus.from_texts(["天地"], fold=fold), workers=1, **other).save(paths[1])
    with pytest.raises(
        NlptoolsError, match=r"b\.counts was counted with .*a\.counts with"
    ) as caught:
        merge_files(paths)
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nothing_to_merge() -> None:
    with pytest.raises(ValueError, match="nothing to merge"):
        merge_files([])


# --- count_ngrams, arguments -----------------------------------------------------------------


@pytest.mark.parametrize("order", [0, MAX_ORDER + 1, -1])
def test_order_has_bounds(order: int) -> None:
    with pytest.raises(ValueError, match=f"order must be between 1 and 12, not {order}"):
        count(["天"], order)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="latin must be one of run, char, break, not 'x'"):
        count(["天"], latin="x")
    with pytest.raises(ValueError, match="memory must be at least 128 MB"):
        count(["天"], memory=1_000_000)
    for wrong in (5, iter(["天"]), None):
        with pytest.raises(TypeError, match="corpus must be a Corpus"):
            count_ngrams(wrong)  # type: ignore[arg-type]


def test_fold_is_in_the_settings() -> None:
    counts = count_ngrams(Corpus.from_texts(["ＡbC天"], fold=["lower", "nfkc"]), order=2, workers=1)
    assert counts.settings == Settings(2, "run", ("nfkc", "lower"))
    assert counts.count("abc天") == 1


def test_defaults() -> None:
    assert count_ngrams(Corpus.from_texts(["天地"])).settings == Settings(5, "run", ())


@settings(max_examples=60, deadline=None)
@given(TEXTS | LONG.map(lambda text: [text]), st.integers(1, 40), st.integers(1, 3), LATIN)
def test_kept_ids_are_the_texts(texts: list[str], size: int, workers: int, latin: str) -> None:
    """The second pass of a discovery: whole stretches from break to break, as often as wanted."""
    how: dict[str, Any] = {"latin": latin, "workers": workers}
    counts, kept = count_and_keep(Corpus.from_texts(texts, block_size=size), order=2, **how)
    assert as_dict(counts) == oracles.count_ngrams(texts, 2, latin)
    again = encode_corpus(Corpus.from_texts(texts, block_size=size), **how)
    for encoded in (kept, kept, again):
        found: list[list[str]] = []
        for ids in encoded.blocks:
            words: list[str] = [""] * len(ids)
            for i, text in zip(
                np.flatnonzero(ids).tolist(), encoded.encoder.texts(ids[ids > 0]), strict=True
            ):
                words[i] = text
            groups = itertools.groupby(words, key=bool)
            found += [list(group) for full, group in groups if full]
        assert found == oracles.stretches(texts, latin)


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_kept_ids_may_go_to_the_disk(tmp_path: Path) -> None:
    texts = ["天地玄黄" * 50] * 50
    corpus = Corpus.from_texts(texts, block_size=1 << 10)
    with mock.patch("nlptools.base.resources.MIN_MEMORY", 0):
        _, kept = count_and_keep(corpus, memory=8000, workers=1, tmp_dir=tmp_path)
    assert sum(np.count_nonzero(ids) for ids in kept.blocks) == 10_000
    assert sum(np.count_nonzero(ids) for ids in kept.blocks) == 10_000
    assert list(tmp_path.iterdir()) == []  # files there have no name


# --- on the disk -----------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(TEXTS, ORDERS, LATIN)
def test_round_trip(folder: Path, texts: list[str], order: int, latin: str) -> None:
    path = folder / "trip.counts"
    counts = count(texts, order, latin)
    counts.save(path)
    for mapped in (True, False):
        again = load_counts(path, mapped=mapped)
        assert again.settings == counts.settings
        assert again.alphabet == counts.alphabet
        assert again.total == counts.total
        assert list(again.items()) == list(counts.items())
        assert as_dict(again) == as_dict(counts)
        assert saved(again, folder) == path.read_bytes()


def test_header_says_what_the_file_is(tmp_path: Path) -> None:
    data = saved(count(["天地，A天地"], order=3), tmp_path)
    first, second, _ = data.split(b"\n", 2)
    assert first == b"nlptools counts 1"
    meta = json.loads(second)
    assert (meta["order"], meta["latin"], meta["fold"]) == (3, "run", [])
    assert (meta["total"], meta["sizes"]) == (5, [3, 2, 1])
    # docs/formats.md promises this to readers in other languages.
    base = -(-(len(first) + len(second) + 2) // 64) * 64
    arrays = {
        entry["name"]: np.frombuffer(
            data, entry["dtype"], entry["length"], base + entry["offset"]
        ).tolist()
        for entry in meta["arrays"]
    }
    assert bytes(arrays["alphabet"]).decode() == "地\n天\nA"
    assert arrays["symbols2"] == [1, 2]  # 天地, A天
    assert arrays["counts1"] == [2, 2, 1]
    assert all(entry["offset"] % 64 == 0 for entry in meta["arrays"])


def test_bytes_do_not_depend_on_the_types_of_the_columns(tmp_path: Path) -> None:
    counts = count(["天地，A天地"], order=3)
    wide = [
        Level(
            level.symbols.astype(np.int64),
            level.counts.astype(np.uint64),
            None if level.children is None else level.children.astype(np.int64),
        )
        for level in counts.levels
    ]
    same = NgramCounts(counts.settings, counts.alphabet, tuple(wide))
    assert saved(same, tmp_path) == saved(counts, tmp_path)


def test_saving_over_the_file_that_was_loaded(tmp_path: Path) -> None:
    path = tmp_path / "a.counts"
    count(["天地"]).save(path)
    before = path.read_bytes()
    load_counts(path).save(path)
    assert path.read_bytes() == before


@pytest.fixture(scope="module")
def sound(folder: Path) -> bytes:
    texts = ["天地玄黄，天地玄", "A𠮷5.6"]
    corpus = Corpus.from_texts(texts, fold=["lower"])
    return saved(count_ngrams(corpus, order=3, workers=1), folder)


def load(data: bytes, path: Path) -> object:
    """Everything that was loaded, None where a DataError says that the file is damaged."""
    path.write_bytes(data)
    try:
        counts = load_counts(path)
    except DataError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
        return None
    try:
        return counts.settings, counts.alphabet, list(as_dict(counts).items()), counts.total
    except (AssertionError, IndexError, ValueError) as error:
        return f"loaded, but nonsense: {error}"


@pytest.mark.parametrize("mapped", [True, False])
def test_every_truncation_is_noticed_when_loading(
    sound: bytes, tmp_path: Path, mapped: bool
) -> None:
    path = tmp_path / "cut"
    used = len(sound.rstrip(b"\0"))
    for length in range(used):
        path.write_bytes(sound[:length])
        with pytest.raises(DataError):
            load_counts(path, mapped=mapped)
    # What is missing then is padding or nothing but the zeros of the last numbers.
    whole = load(sound, path)
    assert whole is not None
    for length in range(used, len(sound)):
        assert load(sound[:length], path) in (None, whole)


def damaged_headers(data: bytes) -> Iterator[bytes]:
    end = data.index(b"\n", data.index(b"\n") + 1)
    rng = random.Random(0)
    for i in range(end + 1):
        others = {data[i] ^ 1 << bit for bit in range(8)} | {rng.randrange(256) for _ in range(3)}
        for other in sorted(others - {data[i]}):
            yield data[:i] + bytes([other]) + data[i + 1 :]


def test_a_changed_byte_in_the_header_is_noticed(sound: bytes, tmp_path: Path) -> None:
    """Or changes nothing; it ends in no traceback."""
    whole = load(sound, tmp_path / "whole")
    wrong, noticed = [], 0
    for data in damaged_headers(sound):
        found = load(data, tmp_path / "x")
        noticed += found is None
        if found not in (None, whole):
            at = next(i for i, (a, b) in enumerate(zip(sound, data, strict=True)) if a != b)
            wrong.append(data[max(0, at - 12) : at + 12])
    assert noticed > 5000
    assert not wrong, f"{len(wrong)} loaded as something else, first {wrong[:3]}"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_bytes_end_in_no_traceback(sound: bytes, folder: Path, data: st.DataObject) -> None:
    """Random bytes put anywhere, header and arrays."""
    at = data.draw(st.integers(0, len(sound) - 1))
    damaged = sound[:at] + data.draw(st.binary(min_size=1, max_size=6)) + sound[at + 2 :]
    path = folder / "any"
    path.write_bytes(damaged)
    with contextlib.suppress(DataError):
        load_counts(path)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not an nlptools counts file"),
        ("天地玄黄\n".encode(), "not an nlptools counts file"),
        (b"\x1f\x8b\x08" + bytes(100), "not an nlptools counts file"),
        (b"nlptools", "not an nlptools counts file"),
        (b"nlptools counts one\n{}\n", "not an nlptools counts file"),
        (b"nlptools model 1\n{}\n", "an nlptools model file, not a counts file"),
        (b"nlptools counts 2\n{}\n", "counts format 2; this version reads up to 1"),
        (b"nlptools counts 999999\n{}\n", "this version reads up to 1"),
        (b"nlptools counts 1\n", "damaged counts file"),
        (b"nlptools counts 1\n{}\n", "damaged counts file"),
        (b"nlptools counts 1\n[1]\n", "damaged counts file"),
        (b"nlptools counts 1\n{nonsense\n", "damaged counts file"),
        (b'nlptools counts 1\n{"arrays": 5}\n', "damaged counts file"),
        (b'nlptools counts 1\n{"arrays": []}\n', "damaged counts file"),
    ],
)
def test_files_that_are_no_counts(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "x.counts"
    path.write_bytes(data)
    with pytest.raises(DataError, match=problem) as caught:
        load_counts(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_newer_file_says_update(tmp_path: Path) -> None:
    path = tmp_path / "x.counts"
    path.write_bytes(b"nlptools counts 7\n{}\n")
    with pytest.raises(DataError) as caught:
        load_counts(path)
    assert caught.value.hint == "update nlptools"


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read: No such file"):
        load_counts(tmp_path / "none.counts")
    with pytest.raises(DataError, match=r"cannot read|not an nlptools"):
        load_counts(tmp_path)


# --- a write that fails half-way -------------------------------------------------------------


class Interrupted(BaseException):
    """As KeyboardInterrupt: no `except Exception` stops it."""


def writing_fails(error: BaseException) -> Any:
    """Patches save() to write half a file and then fail."""
    write = storage.write_container

    def half(stream: Any, *args: Any) -> None:
        write(stream, *args)
        stream.seek(stream.tell() // 2)
        stream.truncate()
        stream.flush()
        if isinstance(error, OSError):  # the file itself says it, on a device that is full
            full = os.open("/dev/full", os.O_WRONLY)
            os.dup2(full, stream.fileno())
            os.close(full)
            stream.write(b"the other half")
            stream.flush()
        raise error

    return mock.patch.object(storage, "write_container", half)


def no_tmpfile() -> Any:
    """As on a file system (or a system) without O_TMPFILE."""
    real = os.open

    def refuse(path: Any, flags: int, *args: Any, **more: Any) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return real(path, flags, *args, **more)

    return mock.patch.object(os, "open", refuse)


@pytest.mark.parametrize("named", [False, True], ids=["O_TMPFILE", "named"])
@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (OSError(28, "No space left on device"), DataError),
        (ValueError("a bug"), ValueError),
        (Interrupted(), Interrupted),
    ],
    ids=["disk full", "bug", "interrupt"],
)
def test_a_failed_write_leaves_nothing(
    tmp_path: Path, named: bool, error: BaseException, seen: type[BaseException]
) -> None:
    counts = count(["天地"])
    there = tmp_path / "there.counts"
    there.write_bytes(b"what was there before")
    with no_tmpfile() if named else contextlib.nullcontext():
        for path in (tmp_path / "new.counts", there):
            with writing_fails(error), pytest.raises(seen) as caught:
                counts.save(path)
            if seen is DataError:
                assert str(caught.value) == f"{path}: cannot write: No space left on device"
        assert list(tmp_path.iterdir()) == [there]
        assert there.read_bytes() == b"what was there before"
        counts.save(there)
    assert list(tmp_path.iterdir()) == [there]
    assert as_dict(load_counts(there)) == as_dict(counts)
    umask = os.umask(0)
    os.umask(umask)
    assert there.stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_column_that_cannot_be_read_fails_the_write(tmp_path: Path) -> None:
    path = tmp_path / "a.counts"
    count(["天地玄黄"]).save(path)
    counts = load_counts(path, mapped=False)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(DataError, match="the file ends inside its arrays"):
        counts.save(tmp_path / "b.counts")
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    counts = count(["天地"])
    with pytest.raises(DataError, match="cannot write: No such file or directory"):
        counts.save(tmp_path / "none" / "a.counts")
    with pytest.raises(DataError, match="is a folder"):
        counts.save(tmp_path)


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target = tmp_path / "real" / "a.counts"
    target.write_bytes(b"")
    link = tmp_path / "link.counts"
    link.symlink_to(target)
    count(["天地"]).save(link)
    assert link.is_symlink()
    assert load_counts(target).total == 2


def test_spilling_leaves_no_files_and_says_where_it_cannot(tmp_path: Path) -> None:
    with small_parts(12):
        counts = count(["天地玄黄" * 3] * 9, 5, block_size=2, tmp_dir=tmp_path)
    assert counts.total == 108
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ResourceError, match="cannot write temporary files there"):
        count(["天"], tmp_dir=tmp_path / "none")


def test_a_full_disk_while_spilling_is_told(tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with (
        small_parts(12),
        mock.patch.object(storage.SpillFile, "write", full),
        pytest.raises(ResourceError, match="no space left on the disk") as caught,
    ):
        count(["天地玄黄" * 3] * 9, 5, block_size=2, tmp_dir=tmp_path)
    assert "--tmp-dir" in (caught.value.hint or "")


def test_counting_in_several_threads_at_once(folder: Path) -> None:
    texts = ["天地玄黄，A𠮷" * 20] * 20
    expected = oracles.count_ngrams(texts, 4)
    with ThreadPoolExecutor(4) as pool:
        for counts in pool.map(lambda _: count(texts, 4, workers=2, block_size=400), range(8)):
            assert as_dict(counts) == expected


# --- with the beginnings and ends of sentences -----------------------------------------------


def test_sentences_by_hand() -> None:
    text = "天地，地。\nA 天"
    # clause: <s> 天 地 </s>, <s> 地 </s>, <s> A </s>, <s> 天 </s>; Han first, then by text.
    counts = count([text], 2, sentences="clause")
    assert dict(counts.items()) == {
        **{"地": 2, "天": 2, "</s>": 4, "<s>": 4, "A": 1},
        **{"天地": 1, "地</s>": 2, "天</s>": 1, "A</s>": 1},
        **{"<s>天": 2, "<s>地": 1, "<s>A": 1},
    }
    assert counts.alphabet.symbols == ("地", "天", "</s>", "<s>", "A")
    assert counts.total == 13
    # line: <s> 天 地 ， 地 。 </s>, <s> A 天 </s>.
    counts = count([text], 2, sentences="line")
    assert dict(counts.items()) == {
        **{"地": 2, "天": 2, "，": 1, "。": 1, "A": 1, "<s>": 2, "</s>": 2},
        **{"<s>天": 1, "天地": 1, "地，": 1, "，地": 1, "地。": 1, "。</s>": 1},
        **{"<s>A": 1, "A天": 1, "天</s>": 1},
    }
    assert counts.settings == Settings(2, "run", (), "line")
    assert counts.settings.options == "--order 2 --latin run --sentences line"


@settings(max_examples=60, deadline=None)
@given(
    LINES | LONG.map(lambda text: [text]),
    st.integers(1, 6),
    LATIN,
    SENTENCES,
    st.integers(1, 3),
    st.integers(1, 120),
    st.integers(16, 60),
)
@example([], 1, "run", "line", 1, 1, 16)
@example([" ", "\n", "，"], 5, "run", "clause", 1, 1, 16)
@example(["天地，" * 30], 5, "run", "line", 2, 6, 16)
@example(["a" * 70 + "天"], 3, "run", "line", 1, 200, 16)
def test_sentences_are_those_of_the_oracle(
    folder: Path,
    texts: list[str],
    order: int,
    latin: str,
    mode: str,
    workers: int,
    size: int,
    room: int,
) -> None:
    how: dict[str, Any] = {"latin": latin, "sentences": mode}
    expected = oracles.count_sentences(texts, order, mode, latin)
    counts = count(texts, order, **how)
    assert as_dict(counts) == expected
    assert counts.total == oracles.total(expected)
    symbols = counts.alphabet.symbols
    assert list(symbols) == sorted(symbols, key=lambda s: (not oracles.ONE_HAN.fullmatch(s), s))
    data = saved(counts, folder)
    assert saved(count(texts, order, workers=workers, block_size=size, **how), folder) == data
    with small_parts(room):
        got, appearance = count_sentences(
            Corpus.from_texts(texts, block_size=size), order=order, workers=workers, **how
        )
    assert saved(got, folder) == data
    assert appearance == [ngram[0] for ngram in expected if len(ngram) == 1]


@pytest.mark.parametrize("size", [2, 8, 16])
def test_a_block_of_spaces_inside_a_line(size: int) -> None:
    texts = ["天地" + " " * 30 + "玄黄"]
    expected = oracles.count_sentences(texts, 2, "line")
    assert as_dict(count(texts, 2, sentences="line")) == expected
    assert as_dict(count(texts, 2, sentences="line", block_size=size)) == expected


def test_blocks_were_cut_inside_lines() -> None:
    """The property above is about lines that go on in the next block, with and without a break there."""
    blocks = list(Corpus.from_texts(["天地，" * 30], block_size=6).blocks())
    assert sum(block.inside and not block.joined for block in blocks) > 10
    blocks = list(Corpus.from_texts(["天地玄黄" * 20], block_size=6).blocks())
    assert sum(block.joined for block in blocks) > 10


def test_many_parts_of_long_lines(folder: Path) -> None:
    """Parts that end inside a sentence, at its end, and in a text with many symbols."""
    rng = random.Random(8)
    han = [chr(0x4E00 + int(rng.paretovariate(0.4)) % 5000) for _ in range(9000)]
    marks = ["，", "。", "\n", "あ", "😀"]
    text = "".join(c if rng.random() < 0.9 else rng.choice(marks) for c in han)
    for mode in ("clause", "line"):
        expected = saved(count([text], 4, sentences=mode), folder)
        assert as_dict(load_counts(folder / "saved.counts")) == oracles.count_sentences(
            [text], 4, mode
        )
        for room in (500, 3000):
            with small_parts(room):
                got = count([text], 4, sentences=mode, workers=2, block_size=300)
            assert saved(got, folder) == expected


@settings(max_examples=25, deadline=None)
@given(
    st.lists(LINES, min_size=1, max_size=4),
    st.integers(1, 6),
    LATIN,
    SENTENCES,
    st.randoms(),
    st.sampled_from([1, 9999]),
)
def test_shards_with_sentences_merge(
    folder: Path,
    shards: list[list[str]],
    order: int,
    latin: str,
    mode: str,
    rng: random.Random,
    room: int,
) -> None:
    every = [text for shard in shards for text in shard]
    parts = [count(shard, order, latin, sentences=mode) for shard in shards]
    with mock.patch.object(merging, "MOST_ROWS", room):
        merged = grouped(parts, rng, folder)
    assert as_dict(merged) == oracles.count_sentences(every, order, mode, latin)
    assert saved(merged, folder) == saved(count(every, order, latin, sentences=mode), folder)


@settings(max_examples=50, deadline=None)
@given(LINES, st.integers(1, 40), st.integers(1, 3), LATIN, SENTENCES)
def test_kept_ids_are_the_sentences(
    texts: list[str], size: int, workers: int, latin: str, mode: str
) -> None:
    how: dict[str, Any] = {"latin": latin, "workers": workers, "sentences": mode}
    counts, kept = count_and_keep(Corpus.from_texts(texts, block_size=size), order=2, **how)
    assert as_dict(counts) == oracles.count_sentences(texts, 2, mode, latin)
    for encoded in (kept, encode_corpus(Corpus.from_texts(texts, block_size=size), **how)):
        found = []
        for ids in encoded.blocks:
            pieces = np.split(ids, np.flatnonzero(ids == 0))
            found += [tuple(encoded.encoder.texts(own[own > 0])) for own in pieces]
        assert [own for own in found if own] == oracles.sentences(texts, mode, latin)


@settings(max_examples=30, deadline=None)
@given(LINES, st.integers(1, 5), LATIN, st.sampled_from(["none", "clause"]), st.integers(1, 30))
def test_a_corpus_that_is_kept_is_counted_with_other_settings(
    folder: Path, texts: list[str], order: int, latin: str, mode: str, size: int
) -> None:
    kept = encode_corpus(Corpus.from_texts(texts, block_size=size), latin=latin, workers=1)
    with mock.patch.object(counting, "_PIECE", size), small_parts(16):
        counts = count_encoded(kept, Settings(order, latin, (), mode), workers=1)
    assert saved(counts, folder) == saved(count(texts, order, latin, sentences=mode), folder)


@pytest.mark.parametrize("mode", ["clause", "line"])
def test_a_file_says_which_sentences(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.counts"
    counts = count(["天地，A天地"], 3, sentences=mode)
    counts.save(path)
    assert json.loads(path.read_bytes().split(b"\n")[1])["sentences"] == mode
    for mapped in (True, False):
        again = load_counts(path, mapped=mapped)
        assert again.settings == counts.settings == Settings(3, "run", (), mode)
        assert as_dict(again) == as_dict(counts)
        assert saved(again, tmp_path) == path.read_bytes()
    assert merge_files([path, path]).settings == counts.settings


def test_a_file_without_sentences_is_as_it_was_before_there_were_any(tmp_path: Path) -> None:
    data = saved(count(["天地，A天地"], 2), tmp_path)
    line = data.split(b"\n")[1].decode()
    assert line.startswith(
        '{"order":2,"latin":"run","fold":[],"total":5,"sizes":[3,2],"arrays":[{"name":"alphabet",'
    )
    assert data == saved(count(["天地，A天地"], 2, sentences="none"), tmp_path)
    assert load_counts(tmp_path / "saved.counts").settings == Settings(2, "run", (), "none")


def test_a_file_with_sentences_that_nobody_knows(tmp_path: Path) -> None:
    path = tmp_path / "a.counts"
    count(["天地"], 2, sentences="line").save(path)
    first, line, _, rest = path.read_bytes().split(b"\n", 3)
    padding = -(len(first) + len(line) + 11) % 64
    for other in (b'"verse"', b"5", b"null", b'["line"]'):
        text = line.replace(b'"sentences":"line"', b'"sentences":' + other)
        head = b"%s\n%s\n%08x\n" % (first, text, zlib.crc32(text))
        path.write_bytes(head + b"\0" * (-len(head) % 64) + rest[padding:])
        with pytest.raises(DataError, match="damaged counts file: sentences must be one of"):
            load_counts(path)


def test_counts_with_other_sentences_do_not_merge(tmp_path: Path) -> None:
    paths = [tmp_path / f"{mode}.counts" for mode in ("line", "clause")]
    for path in paths:
        count(["天地"], sentences=path.stem).save(path)
    with pytest.raises(NlptoolsError) as caught:
        merge_files(paths)
    assert str(caught.value) == (
        f"{paths[1]} was counted with --order 5 --latin run --sentences clause, "
        f"{paths[0]} with --order 5 --latin run --sentences line"
    )
    assert "--sentences" in (caught.value.hint or "")


def test_wrong_sentences() -> None:
    for wrong in ("lines", "", None):
        with pytest.raises(ValueError, match="sentences must be one of none, clause, line, not"):
            count(["天"], sentences=wrong)
        with pytest.raises(ValueError, match="sentences must be one of none, clause, line, not"):
            Settings(sentences=wrong)  # type: ignore[arg-type]


def test_counts_with_sentences_are_for_language_models_alone() -> None:
    count(["天地"]).require(5)
    with pytest.raises(
        NlptoolsError, match=r"for a language model: .*--sentences clause"
    ) as caught:
        count(["天地"], sentences="clause").require(2)
    assert caught.value.hint == "make them without --sentences"


def test_words_with_signs_are_found_in_lines() -> None:
    counts = count(["天，地"], 3, sentences="line")
    assert counts.count(["天", "，", "地"]) == 1
    assert counts.count("天，地") == counts.count("，") == 1


def test_defaults_of_count_sentences() -> None:
    counts, appearance = count_sentences(Corpus.from_texts(["地5G，", "天地"]))
    assert counts.settings == Settings(4, "char", (), "line")
    assert appearance == ["<s>", "地", "5", "G", "，", "</s>", "天"]
    assert count_sentences(Corpus.from_texts([]))[1] == []


def test_counts_show_themselves() -> None:
    counts = count_ngrams(Corpus.from_texts(["天地玄黄，天地"]), order=2)
    # 天 地 玄 黄, six symbols; 天地 地玄 玄黄.
    assert repr(counts) == "NgramCounts(order 2, 6 symbols, 7 n-grams)"
    assert dict(counts)["天地"] == 2
    frame = counts.to_frame(min_count=2)
    assert dict(zip(frame["ngram"], frame["count"], strict=True)) == {"天": 2, "地": 2, "天地": 2}
    assert counts._repr_html_().count("<tr>") == 8
