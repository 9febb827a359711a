"""The sample: which runs are taken, whatever the blocks; and the lattice that is built of it."""

from __future__ import annotations

import hashlib
import itertools
import random
import struct
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.lattice.runs import arrange, find_runs
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.sample import LONGEST_RUN, Sample, build_lattice, take_sample

pytestmark = pytest.mark.usefixtures("loops")

CLAUSE = st.lists(st.sampled_from("天地玄𠮾𠮷黄A，。\n"), max_size=40).map("".join)
TEXTS = st.lists(CLAUSE, max_size=5)


def encode(
    texts: Sequence[str], latin: str = "break", block_size: int = 1 << 20, workers: int = 1
) -> EncodedCorpus:
    corpus = Corpus.from_texts(texts, block_size=block_size)
    return encode_corpus(corpus, latin=latin, workers=workers)


def take(texts: Sequence[str], most: int = 10**9, once: bool = True, **reading: object) -> Sample:
    return take_sample(encode(texts, **reading), most, lambda symbol: False, once)  # type: ignore[arg-type]


def runs_of(sample: Sample) -> list[str]:
    """What is trained on, run by run; checks that every run has one break behind it."""
    assert sample.ids[0] == 0
    text = "".join(" " if i == 0 else sample.texts[i - 1] for i in sample.ids.tolist())
    assert "  " not in text
    assert text.endswith(" ")
    return text.split()


def pieces(run: str) -> list[str]:
    return [run[i : i + LONGEST_RUN] for i in range(0, len(run), LONGEST_RUN)]


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.booleans(), st.sampled_from([1, 7, 64, 1 << 20]))
@example([], True, 1)
@example(["，"], True, 1)
@example(["𠮾𠮷"], True, 1)
def test_everything_is_taken_where_there_is_room(
    texts: list[str], once: bool, block_size: int
) -> None:
    sample = take(texts, once=once, block_size=block_size)
    runs = ["".join(stretch) for stretch in oracles.stretches(texts, "break")]
    counts = Counter("".join(runs))
    assert sample.symbols == sum(counts.values())
    assert runs_of(sample) == (list(dict.fromkeys(runs)) if once else runs)
    assert len(sample) == len("".join(runs_of(sample)))
    # By falling count, equals in code point order, not as they came: 𠮷 before 𠮾.
    assert sample.texts == sorted(counts, key=lambda symbol: (-counts[symbol], symbol))


def test_a_run_without_end_is_cut() -> None:
    rng = random.Random(1)
    run = "".join(rng.choices("天地玄黄宇宙", k=5 * LONGEST_RUN + 7))
    short = "天" * LONGEST_RUN
    for once in (True, False):
        assert runs_of(take([run + "，" + short], once=once)) == [*pieces(run), short]
        # Of a third of the text the pieces 3 and 6 of those seven.
        some = take([run + "，" + short], (len(run) + len(short)) // 3, once)
        assert runs_of(some) == [*pieces(run)[3:4], short]
    assert list(map(len, pieces(run))) == [LONGEST_RUN] * 5 + [7]


def lines(number: int, length: int = 10, seed: int = 0) -> list[str]:
    """Different runs of a length, each with its number at the beginning."""
    rng = random.Random(seed)
    digits = "零一二三四五六七八九"
    return [
        "".join(digits[int(d)] for d in f"{i:05}") + "".join(rng.choices("天地玄黄", k=length - 5))
        for i in range(number)
    ]


@pytest.mark.parametrize(("most", "every"), [(2500, 4), (5000, 2), (1000, 10), (10_000, 1)])
def test_runs_are_taken_evenly(most: int, every: int) -> None:
    texts = lines(1000)
    sample = take(texts, most)
    assert runs_of(sample) == texts[every - 1 :: every]
    assert len(sample) == most
    assert sample.symbols == 10_000


@pytest.mark.parametrize("most", [777, 3210, 9999])
def test_odd_shares_are_even_too(most: int) -> None:
    texts = lines(1000)
    sample = take(texts, most)
    chosen = [texts.index(run) for run in runs_of(sample)]
    assert len(chosen) == most // 10
    steps = [b - a for a, b in itertools.pairwise(chosen)]
    assert max(steps) - min(steps) <= 1


def test_lengths_of_runs_do_not_matter() -> None:
    rng = random.Random(3)
    texts = ["".join(rng.choices("天地玄黄宇宙洪荒", k=rng.randint(1, 60))) for _ in range(3000)]
    total = len("".join(texts))
    sample = take(texts, total // 5, once=False)
    assert len(sample) == pytest.approx(total / 5, rel=0.05)
    assert sample.symbols == total


@pytest.mark.parametrize(
    "texts", [["天地玄黄"], ["天地"] * 999, ["天" * 150, "地" * 199, "玄" * 151]]
)
def test_a_run_at_least_is_taken(texts: list[str]) -> None:
    assert runs_of(take(texts, 1))
    assert len(take(texts, 1)) <= 2 * LONGEST_RUN


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(0, 60), st.booleans(), st.sampled_from([1, 7, 64]))
def test_blocks_do_not_matter(texts: list[str], most: int, once: bool, block_size: int) -> None:
    texts = texts * 12  # some hundred runs, of which not all are taken
    whole = take(texts, most, once)
    parts = take(texts, most, once, block_size=block_size, workers=2)
    assert np.array_equal(whole.ids, parts.ids)
    assert whole.ids.dtype == parts.ids.dtype
    assert whole.texts == parts.texts
    assert whole.digest == parts.digest
    assert whole.symbols == parts.symbols


def test_blocks_do_not_matter_in_one_long_line() -> None:
    """Blocks that end inside a run; symbols outside the basic plane; a sample of a third."""
    rng = random.Random(2)
    text = "".join(rng.choices("天地玄黄𠮷𠮾，", [9, 7, 5, 3, 1, 1, 0.02], k=30_000))
    whole = take([text], 10_000)
    assert max(map(len, runs_of(whole))) == LONGEST_RUN
    for block_size in (64, 1000):
        parts = take([text], 10_000, block_size=block_size)
        assert parts.digest == whole.digest
        assert np.array_equal(parts.ids, whole.ids)


def test_files_are_texts(tmp_path: Path) -> None:
    texts = lines(300)
    path = tmp_path / "a.txt"
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    encoded = encode_corpus(Corpus([path], block_size=100), latin="break")
    sample = take_sample(encoded, 700, lambda symbol: False)
    assert sample.digest == take(texts, 700).digest


# --- equal runs --------------------------------------------------------------------------------


def test_of_equal_runs_the_first_is_kept() -> None:
    texts = ["天地", "玄黄", "天地", "天", "地天", "天地玄", "玄黄", "天"]
    assert runs_of(take(texts)) == ["天地", "玄黄", "天", "地天", "天地玄"]
    assert runs_of(take(texts, once=False)) == texts


def test_many_runs_that_differ_a_little() -> None:
    """Same symbols in another order, same beginnings, same ends: none of them is taken for another."""
    rng = random.Random(6)
    runs = ["".join(word) for n in range(1, 7) for word in itertools.product("天地玄", repeat=n)]
    runs += ["".join(word) for word in itertools.permutations("天地玄黄宇宙洪", 7)]
    rng.shuffle(runs)
    twice = runs + runs[:500]
    rng.shuffle(twice)
    assert runs_of(take(twice)) == list(dict.fromkeys(twice))


def test_equal_runs_are_dropped_after_the_sample_is_taken() -> None:
    # Every second of the eight runs is taken: 玄黄 three times, then 天地.
    texts = ["天地", "玄黄", "天地", "玄黄", "天地", "玄黄", "玄黄", "天地"] * 50
    sample = take(texts, 400, once=False)
    assert runs_of(sample) == ["玄黄", "玄黄", "玄黄", "天地"] * 50
    assert runs_of(take(texts, 400)) == ["玄黄", "天地"]


# --- symbols -----------------------------------------------------------------------------------


def test_other_symbols_that_may_be_part_of_a_word() -> None:
    """Runs of letters that are usable and occur twice; all others are breaks."""
    texts = ["用5G网", "新5G网", "用GPT网", "用AI网", "AI 天"]
    encoded = encode(texts, "run")
    sample = take_sample(encoded, 100, lambda symbol: symbol != "AI")
    assert sample.texts == ["网", "用", "5G", "天", "新"]  # counts 4, 3, 2, 1, 1
    han = dict(zip(["", *sample.texts], sample.han.tolist(), strict=True))
    assert han == {"": False, "网": True, "用": True, "5G": False, "天": True, "新": True}
    words = [
        "".join("|" if i == 0 else sample.texts[i - 1] for i in group)
        for inside, group in itertools.groupby(sample.ids.tolist(), key=bool)
        if inside
    ]
    assert words == ["用5G网", "新5G网", "用", "网", "天"]  # a second 用 and 网 are the same runs
    assert sample.symbols == 11


def test_numbers_of_the_encoder() -> None:
    encoded = encode(["天地玄𠮷，地玄玄"])
    sample = take_sample(encoded, 100, lambda symbol: False)
    provisional = encoded.encoder.ids([*sample.texts, "黄"])
    assert sample.texts == ["玄", "地", "天", "𠮷"]
    assert sample.number[provisional].tolist() == [1, 2, 3, 4, 0]
    assert sample.number[0] == 0


def test_the_digest_is_that_of_the_text() -> None:
    texts = ["天地玄黄", "天地"]
    digests = [
        take(some).digest
        for some in (
            texts,
            texts[::-1],
            ["天地玄黄", "天宇"],
            ["天地玄黄天地"],
            ["天地玄", "黄天地"],
        )
    ]
    assert len(set(digests)) == 5
    assert take(["天地玄黄，天地"]).digest == digests[0]
    # SHA-256 of the symbols by rank, then of the ids as 32-bit integers.
    ids = struct.pack("<9I", 0, 2, 1, 3, 4, 0, 2, 1, 0)
    assert digests[0] == hashlib.sha256("地\n天\n玄\n黄".encode() + ids).hexdigest()


# --- the lattice -------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 3))
@example(["天" * 450], 2)
def test_cells_of_the_lattice(texts: list[str], min_count: int) -> None:
    sample = take(texts, once=False)
    lattice = build_lattice(sample, min_count)
    runs = runs_of(sample)
    counts = Counter(run[a:b] for run in runs for a, b in oracles.occurrences(run, 4))
    names = ["", *sample.texts]
    spelled = [
        ["".join(names[i] for i in word) for word in words.spelling.tolist()]
        for words in lattice.words
    ]
    assert len(lattice.words) == 4
    for k, (words, listed) in enumerate(zip(lattice.words, spelled, strict=True), 1):
        often = {w: n for w, n in counts.items() if len(w) == k and (n >= min_count or k == 1)}
        assert dict(zip(listed[1:], words.counts.tolist()[1:], strict=True)) == often
    text = "".join(names[i] or " " for i in sample.ids.tolist())
    cells = 0
    for i, block in enumerate(arrange(*find_runs(sample.ids, LONGEST_RUN))):
        of_length = lattice.cells(i)
        assert block.starts == lattice.blocks[i].starts
        cells += len(block)
        for k, (numbers, listed) in enumerate(zip(of_length, spelled, strict=True), 1):
            here = [text[max(0, i - k + 1) : i + 1] for i in block.places.tolist()]
            found = [listed[i] for i in numbers.tolist()]
            assert found == [word if word in listed[1:] else "" for word in here]
    assert cells == len(sample)
