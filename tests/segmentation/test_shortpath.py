"""The loop over the cells of a short text: the words that whole arrays find, in every thread and process."""

from __future__ import annotations

import math
import multiprocessing
import pickle
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from commandline import posix
from hypothesis import given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.segmentation import segmenter as segmenters
from nlptools.segmentation import shortpath
from nlptools.segmentation.segmenter import SHORT, Segmenter
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars

GENERAL = Segmenter.load()
SYMBOLS = [
    "天",
    "地",
    "玄",
    "黄",
    "𠮷",
    "T",
    "K8s",
    "3.5",
    "，",
    "……",
    " ",
    "\n",
    "葛\ufe00",
    "\U000f0001",
]
WORD = st.lists(st.sampled_from(SYMBOLS[:8]), min_size=1, max_size=6).map("".join)
TEXT = st.lists(st.sampled_from([*SYMBOLS, "宇", "x"]), max_size=14).map("".join)
SENTENCES = ["他昨天在北边的大楼里买了两件T恤衫", "量子计算机的纠错码，第3.5节", "天" * 30]


def long(segmenter: Segmenter, text: str) -> list[str]:
    """By the path of arrays."""
    return Cutter.segment(segmenter, text)


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(WORD, st.integers(-9, -1), max_size=14), TEXT, st.booleans())
def test_both_paths_find_the_same(words: dict[str, int], text: str, places: bool) -> None:
    """Few different weights, so that many paths are equally good."""
    rng = np.random.default_rng(len(text))
    counts = np.array(["天", "黄", "𠮷", "T"]), rng.integers(0, 30, (4, 5))
    segmenter = Segmenter(
        list(words),
        np.array([*words.values()], np.float64) / 2,
        places=(counts[0].tolist(), counts[1]) if places else None,
    )
    assert segmenter.segment(text) == long(segmenter, text)
    assert "".join(segmenter.segment(text)) == text


def test_scores_of_every_word_that_ends() -> None:
    segmenter = Segmenter(["天", "天地", "地", "天地玄黄"], np.array([-1.0, -2.0, -3.0, -4.0]))
    symbols = segmenter.symbols
    ids = np.array([symbols[c] for c in "天地玄黄"] + [0, symbols["天"]], np.uint16)
    one, two, three, four = (column.tolist() for column in segmenter.scores(ids))
    assert one == [
        -1,
        -3,
        -4,
        -4,
        -4,
        -1,
    ]  # what is unknown one nat less; of a break it means nothing
    assert two == [-math.inf, -2, *[-math.inf] * 4]
    assert three == [-math.inf] * 6
    assert four == [*[-math.inf] * 3, -4, *[-math.inf] * 2]


@pytest.mark.parametrize("granularity", ["coarse", "default", "fine"])
def test_both_paths_on_real_lines(granularity: str) -> None:
    segmenter = Segmenter.load("general", granularity)
    for name in ("novel.txt", "startup.txt"):
        lines = (SAMPLES / name).read_text(encoding="utf-8").splitlines()
        whole = segmenter.segment_batch(lines)
        for line, expected in zip(lines, whole, strict=True):
            if len(line) <= SHORT:
                assert segmenter.segment(line) == expected


def test_the_size_at_which_the_path_changes() -> None:
    rng = random.Random(7)
    text = "".join(rng.choices("我们研究经济问题的生命起源，", k=2 * SHORT))
    for size in (0, 1, 2, 3, SHORT - 1, SHORT, SHORT + 1):
        assert GENERAL.segment(text[:size]) == long(GENERAL, text[:size])


def test_of_equal_words_the_heavier_counts() -> None:
    for order in (1, -1):
        words, weights = ["天地", "天地", "天", "地"][::order], [-9.0, -1.0, -1.0, -1.0][::order]
        assert Segmenter(words, np.array(weights)).segment("天地") == ["天地"]


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(
        [*SYMBOLS, "宇", "x", "葛\ufe00", "葛\U000e0100", "12%", "é", "e\u0301", "\u0301"]
    )
)
def test_the_id_of_a_cell_is_that_of_the_arrays(cell: str) -> None:
    segmenter = Segmenter.from_counts(
        {"天地": 3, "玄": 1, "𠮷": 1, "K8s集群": 1, "T恤": 1, "葛": 2, "12%": 1}
    )
    seen = []

    class Noted(Cutter):
        def cut(self, ids: np.ndarray) -> np.ndarray:
            seen.extend(ids.tolist())
            return np.ones(len(ids), bool)

    Noted(segmenter.symbols).ends(chars.code_points(cell))
    assert segmenter.id_of(cell) == seen[0]


def test_rows_beyond_those_that_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shortpath, "MOST_ROWS", 3)
    segmenter = Segmenter.from_counts({"天地": 5, "K8s集群": 3, "玄黄": 3})
    text = "玄黄天地，1 2K8s集群 3天地"
    for _ in range(2):
        assert segmenter.segment(text) == long(segmenter, text)


def test_too_many_symbols_for_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmenters, "MOST_SYMBOLS", 1)
    segmenter = Segmenter.from_counts({"天地": 5, "K8s集群": 3})
    assert segmenter.segment("天地K8s集群") == ["天地", "K8s集群"]


# --- threads and processes -------------------------------------------------------------------


def test_threads_that_are_first_together() -> None:
    for _ in range(5):
        segmenter = Segmenter.load()
        barrier = threading.Barrier(8)

        def work(
            number: int, s: Segmenter = segmenter, b: threading.Barrier = barrier
        ) -> list[list[str]]:
            b.wait()
            both = (s.segment, s.segment_batch)
            return [
                word
                for sentence in SENTENCES
                for word in (both[0](sentence), both[1]([sentence])[0])[:: 1 - 2 * (number % 2)]
            ]

        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(work, range(8)))
        assert all(words == found[0] for words in found)


def test_a_pickle_has_no_tables() -> None:
    before = pickle.dumps(GENERAL)
    GENERAL.segment(SENTENCES[0])
    GENERAL.segment_batch(SENTENCES)
    after = pickle.dumps(GENERAL)
    assert len(after) == len(before) < 10_000_000
    again = pickle.loads(after)
    assert [again.segment(s) for s in SENTENCES] == [GENERAL.segment(s) for s in SENTENCES]
    assert again.segment_batch(SENTENCES) == GENERAL.segment_batch(SENTENCES)


@posix
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_processes(method: str) -> None:
    """Also when another thread is making tables while the process forks."""
    segmenter = Segmenter.load()
    maker = threading.Thread(target=segmenter._made_block)
    maker.start()
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.map(segmenter.segment, SENTENCES)
    maker.join()
    assert found == [GENERAL.segment(sentence) for sentence in SENTENCES]


def test_a_child_does_not_wait_for_a_lock_that_nobody_holds() -> None:
    with segmenters._lock:
        segmenters._unlocked()
        assert Segmenter.from_counts({"天地": 3}).segment("天地") == ["天地"]
