"""What workers make of units, added up in whatever order, is what one machine makes of the whole text; no Spark is needed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cutcorpora
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.discovery.marked import find_marked
from nlptools.discovery.occurrences import Asked, Occurrences, find_occurrences
from nlptools.discovery.surroundings import FAMILIES, MarksSeen, count_surroundings
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts, Settings
from nlptools.ngrams.encode import EncodedCorpus, encode_corpus
from nlptools.ngrams.scores import Frequent, each_side, frequent_ngrams
from nlptools.spark import discover, kept, learn
from nlptools.spark.discover import SpreadText, Wanted
from nlptools.spark.kept import pack_encoded, pack_texts, unpack_arrays, unpack_encoded
from nlptools.spark.learn import ArraySum, Dense
from nlptools.spark.neighbours import NgramIndex, SpanSum, _shorter, _sums_in
from nlptools.spark.passes import Fold, Row, Unit
from nlptools.spark.shuffle import add_pieces, split_counts
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.expected_counts import tally
from nlptools.wordmodel.sample import sample_of, take_sample

TMP = Path("/tmp")
PIECES = [
    "天地",
    "玄黄",
    "宇宙洪荒",
    "日月盈昃",
    "K8s集群",
    "iPad Pro",
    "卡莱尔·布朗",
    "5G-A",
    "，",
    "。",
    "因子19-9",
    "\n",
]
TEXTS = st.lists(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=1, max_size=6
)


class Value:
    """A broadcast."""

    def __init__(self, value: Any) -> None:
        self.value = value


def units_of(texts: Sequence[str], latin: str = "run", marks: bool = True) -> list[Unit]:
    """A unit or several for each text."""
    units = []
    for task, text in enumerate(texts):
        encoded = encode_corpus(Corpus.from_texts([text]), latin=latin, workers=1, marks=marks)
        for number, data in enumerate(pack_encoded(encoded)):
            units.append(Unit((0, task, 0, number), data, latin, 1 << 28))
    return units


def whole(texts: Sequence[str], latin: str = "run", marks: bool = True) -> EncodedCorpus:
    return encode_corpus(Corpus.from_texts(texts), latin=latin, workers=1, marks=marks)


def folded(rows: Sequence[Row], fold: Callable[..., Fold], *given: Any) -> dict[int, bytes]:
    """Part by part, in an order that means nothing, and in two steps where sums can be added again."""
    rows = list(rows)
    random.Random(len(rows)).shuffle(rows)
    sums: dict[int, Fold] = {}
    for part, data in rows:
        assert isinstance(part, int)
        sums.setdefault(part, fold(part, *given)).add(data)
    return {part: made.result() for part, made in sums.items()}


# --- what is kept ------------------------------------------------------------------------------------


@given(TEXTS, st.sampled_from(["run", "char", "break"]), st.booleans(), st.integers(1, 40))
def test_encoded_text_comes_back(texts: list[str], latin: str, marks: bool, size: int) -> None:
    encoded = whole(texts, latin, marks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kept, "UNIT", size)
        parts = [unpack_encoded([data], latin, TMP, 99) for data in pack_encoded(encoded)]
        every_part = unpack_encoded(pack_encoded(encoded), latin, TMP)
    blocks = [block for part in parts for block in part.blocks]
    assert [b.tolist() for b in blocks] == [b.tolist() for b in encoded.blocks]
    assert [b.tolist() for b in every_part.blocks] == [b.tolist() for b in encoded.blocks]
    for part in [*parts, every_part] if blocks else []:
        every = np.arange(1, len(part.encoder))
        assert part.encoder.texts(every) == encoded.encoder.texts(every)
        assert (part.marks is not None) is marks
    if marks:
        assert encoded.marks is not None
        packed = [m.tolist() for part in parts if part.marks for m in part.marks.packed]
        assert packed == [m.tolist() for m in encoded.marks.packed]


def test_texts_come_back() -> None:
    for texts in ([], ["天"], ["K8s", "𠮷", "\udc80"]):
        assert kept.unpack_texts(pack_texts(texts)) == texts


# --- frequent n-grams --------------------------------------------------------------------------------


def frequent_of(counts: NgramCounts, least: int, longest: int, number: int) -> Frequent:
    """As find_frequent, of pieces."""
    pieces = [data for _, data in split_counts(counts, number)]
    summed = add_pieces(pieces, memory=1 << 28, tmp_dir=TMP, keep=True)
    assert summed is not None
    frequent = frequent_ngrams(_shorter(summed, longest), least, longest)
    index, rows = NgramIndex.of(frequent), []
    for data in pieces:
        piece = add_pieces([data], memory=1 << 28, tmp_dir=TMP, keep=True)
        assert piece is not None
        for order, found, sums in _sums_in(piece, index):
            rows.append((order, kept.pack_arrays([found, sums])))
    made = [np.zeros((4, len(level)), np.int64) for level in frequent.levels]
    for order, data in folded(rows, SpanSum).items():
        found, sums = unpack_arrays(data)
        made[order - 1][:, found] = sums
    return replace(frequent, neighbours=tuple((both[:2], both[2:]) for both in made))


@given(TEXTS, st.integers(1, 3), st.integers(2, 4), st.integers(1, 9))
@settings(deadline=None)
def test_entropies_are_those_of_all_counts(
    texts: list[str], least: int, longest: int, number: int
) -> None:
    counts = count_ngrams(Corpus.from_texts([*texts, "天"]), order=longest + 1)
    wanted = frequent_ngrams(counts, least, longest)
    found = frequent_of(counts, least, longest, number)
    assert all(
        (a.counts == b.counts).all() for a, b in zip(wanted.levels, found.levels, strict=True)
    )
    sides = zip(
        each_side(wanted, longest, entropy_only=True),
        each_side(found, longest, entropy_only=True),
        strict=True,
    )
    for here, there in sides:
        assert here.left_entropy.tolist() == there.left_entropy.tolist()
        assert here.right_entropy.tolist() == there.right_entropy.tolist()
    with pytest.raises(ValueError, match="no varieties"):
        next(each_side(found, longest))


# --- what surrounds marks ----------------------------------------------------------------------------


def surroundings_in_units(texts: Sequence[str], how: Settings, least: int) -> SpreadText:
    """A SpreadText whose passes run here."""
    units = units_of(texts)

    class Here:
        """Kept units, and Spark."""

        places = tuple(unit.place for unit in units)
        latin, memory = "run", 1 << 28

        sums = 4

        def __init__(self) -> None:
            self.kept = self.spark = self.sparkContext = self
            self.broadcast = Value

        def map(self, kernel: Callable[..., Iterator[Row]], *given: Any) -> list[Row]:
            half = len(units) // 2
            tasks = units[half:], units[:half]
            return [row for task in tasks for row in kernel(iter(task), *given)]

        def each(self, kernel: Callable[..., Iterator[Row]], *given: Any) -> list[Any]:
            return self.map(kernel, *given)

    return SpreadText(lambda: Here(), TMP)  # type: ignore[arg-type,return-value]


@given(TEXTS, st.integers(1, 3))
@settings(deadline=None, max_examples=8)  # 25 MB of buckets for each task
def test_marks_by_units(texts: list[str], least: int) -> None:
    texts = ["\n".join(texts)] * 3
    counts = count_ngrams(Corpus.from_texts(texts), order=5)
    encoded = whole(texts)
    around = count_surroundings(encoded, counts.settings, least)
    frequent = frequent_ngrams(counts, least, 4)
    wanted = find_marked(frequent, encoded.encoder, around, (2, None))
    source = surroundings_in_units(texts, counts.settings, least)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            discover,
            "folded",
            lambda rows, number, fold, *given: folded(rows, fold, *given).items(),
        )
        encoder, found = source.surroundings(counts.settings, least)
    assert found.signs == around.signs
    assert found.joiner == around.joiner
    table = find_marked(frequent, encoder, found, (2, None))
    assert list(table) == list(wanted)


def test_marks_seen_are_packed() -> None:
    seen = MarksSeen.none()
    seen.signs[3] = 7
    for i, family in enumerate(FAMILIES):
        seen.buckets[family.name][[5, 1 << 19]] = i + 1, 9
    back = discover.unpack_seen(discover.pack_seen(seen))
    assert (back.signs == seen.signs).all()
    assert all((back.buckets[name] == seen.buckets[name]).all() for name in seen.buckets)


# --- sample and words --------------------------------------------------------------------------------


@given(TEXTS, st.integers(5, 60))
@settings(deadline=None)
def test_runs_of_the_sample(texts: list[str], most: int) -> None:
    encoded = whole(texts)
    wanted = take_sample(encoded, most, lambda symbol: True)
    dense = Value(Dense(pack_texts(wanted.texts)))
    units = units_of(texts)
    runs = {place: json.loads(data)[0] for place, data in learn._runs(iter(units), dense)}
    before = Value(learn._sums_before(runs))
    share = learn.share_of(most, wanted.symbols)
    taken = [np.zeros(1, wanted.ids.dtype)]
    for _, data in learn._taken(iter(units), dense, before, share):
        taken += unpack_arrays(data)
    found = sample_of(np.concatenate(taken), wanted.texts, wanted.number, wanted.symbols, True)
    assert found.ids.tolist() == wanted.ids.tolist()


@given(cutcorpora.TEXTS, st.integers(1, 4), st.integers(1, 5))
@settings(deadline=None)
def test_words_and_texts_by_units(texts: list[str], most: int, span: int) -> None:
    words = {"全国": -4.0, "代表": -4.1, "大会": -3.9, "代表大会": -5.0, "国代": -4.4}
    texts = [*texts, "天"]
    case = cutcorpora.make(texts, words, {})
    model, sample = case.model, case.sample
    dense = Value(Dense(pack_texts(sample.texts)))
    units = units_of(texts)
    symbols = {}
    for unit in units:
        number = dense.value.numbers(unit.encoded().encoder)
        ids = np.concatenate([number[block] for block in unit.encoded().blocks])
        symbols[unit.place] = int(np.count_nonzero(ids))
    before, shared = Value(learn._sums_before(symbols)), Value(([model], model))
    rows = [row for u in units for row in learn._tallied(iter([u]), dense, before, shared)]
    sums = folded([(0, data) for part, data in rows if isinstance(part, int)], ArraySum)
    wanted = tally(case.encoded.blocks, sample, [model])
    singles, counted, expected_singles, expected = unpack_arrays(sums[0])
    assert singles.tolist() == wanted.singles.tolist()
    assert counted.tolist() == wanted.words.tolist()
    assert expected.tolist() == wanted.expected_words[0].tolist()
    assert expected_singles.tolist() == wanted.expected_singles[0].tolist()
    cut = [
        unit._replace(data=data)
        for unit, data in zip(
            units, (d for part, d in rows if not isinstance(part, int)), strict=True
        )
    ]
    parts = {
        word for run in case.runs() for i in range(len(run)) for word in [tuple(run[i : i + 3])]
    }
    spelled = case.spell(sorted(word for word in parts if len(word) > 1), 4)
    free = np.arange(len(spelled)) % 2 == 0
    here = Occurrences.none(len(spelled))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(discover, "_SPAN", span)
        for rows_of, (first, last) in _by_first(spelled):
            asked = Asked(first, last, free[rows_of])
            wanted_texts = Value(Wanted(spelled[rows_of], asked, len(sample.texts) + 1))
            made = [
                row
                for task in (cut[::2], cut[1::2])
                for row in discover._looked_up(iter(task), wanted_texts, before, sample.symbols)
            ]
            found = Occurrences.none(len(rows_of))
            for part, data in folded(made, discover.OccurrenceFold, wanted_texts).items():
                found.put(slice(part * span, (part + 1) * span), Occurrences(*unpack_arrays(data)))
            here.put(rows_of, found)
    there = Occurrences.none(len(spelled))
    for rows_of, stand in find_occurrences(case.cut_corpus(), spelled, free=free):
        there.put(rows_of, stand)
    for column in Occurrences.__dataclass_fields__:
        assert getattr(here, column).tolist() == getattr(there, column).tolist()


def _by_first(spelled: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[int, int]]]:
    from nlptools.discovery.occurrences import _parts

    yield from _parts(spelled, 2)
