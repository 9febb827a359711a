"""Words that a language model of the corpus cuts out: by hand, and by a twin that cuts line by line."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import Ngram
from wordtables import same_tables

from nlptools.discovery.discover import discover_words
from nlptools.discovery.lm import LEAST_CUT
from nlptools.discovery.rules import METHODS, WEIGHTS
from nlptools.discovery.table import WordTable
from nlptools.errors import NlptoolsError
from nlptools.lm.model import LanguageModel
from nlptools.lm.smoothing import train_lm
from nlptools.ngrams import count as counting
from nlptools.ngrams.count import count_encoded, count_ngrams
from nlptools.ngrams.counts import NgramCounts
from nlptools.ngrams.encode import encode_corpus
from nlptools.ngrams.symbols import LATIN_MODES, SymbolEncoder
from nlptools.segmentation.tagger import TagCutter
from nlptools.text.corpus import Corpus

WORDS = ["天地", "玄黄", "宇宙洪荒", "日月盈", "𠮷A", "B2B网络", "辰", "宿", "5", "，", "，"]
BY_WORDS = st.lists(st.sampled_from(WORDS), max_size=50).map("".join)
BY_SYMBOLS = st.text(st.sampled_from("天地玄𠮷A，\n"), max_size=60)
TEXTS = st.lists(BY_WORDS | BY_SYMBOLS, max_size=4)
# The first makes long words, the second is that of the program, the last has no tag of its own for a third symbol.
WEIGHING = st.sampled_from([(0.9, 0.5, 0.3), WEIGHTS, (0.5, 0.1, 0.1), (0.8, 0.4)])
LONGEST_CUT = 5
assert METHODS["lm"].longest == LONGEST_CUT
# Whatever the model says, a run is one word.
GLUE = (1e9, 1e9)


def discover(texts: Sequence[str], **how: Any) -> WordTable:
    block_size = how.pop("block_size", 4 << 20)
    how = {"workers": 1, "numbers": True, "background": None, "known": (), **how}
    return discover_words(Corpus.from_texts(texts, block_size=block_size), method="lm", **how)


def cut_out(table: WordTable) -> dict[str, int]:
    """Word -> how often it was cut out."""
    assert len(set(table.words)) == len(table.words)
    assert table.expected.dtype == np.float64
    return dict(zip(table.words, map(int, table.expected.tolist()), strict=True))


def stories(size: int, seed: int) -> list[str]:
    """Clauses of words of 1 to 7 characters, and a run of letters, drawn by Zipf's law."""
    rng = random.Random(seed)
    lengths = [1, 2, 2, 2, 3, 4, 5, 7]
    words = ["".join(chr(0x7C00 + rng.randrange(400)) for _ in range(n)) for n in lengths * 60]
    words[5], words[20] = "5G网络", "K8s"
    weights = [1 / (i + 1) for i in range(len(words))]
    return ["".join(rng.choices(words, weights, k=rng.randint(1, 12))) for _ in range(size)]


# --- by hand -----------------------------------------------------------------------------------


def test_runs_that_are_words() -> None:
    # 天地: 4 occurrences, 3 of them a run. T = 11, c(天) = c(地) = 4: PMI = ln(11 * 4 / 16) = ln 2.75. Left of it
    # are 4 breaks, right of it 3 and 玄: both entropies are ln 4.
    # 天地玄 once, c = 1: its logarithm is 0. Weakest split: 天地|玄, ln(11 / (4 * 2)).
    # 玄黄: once of 1, ln 1 = 0; ln(11 / 2).
    table = discover(["天地\n天地玄", "天地", "玄黄，天地"], weights=GLUE, min_count=1)
    assert cut_out(table) == {"天地": 3, "天地玄": 1, "玄黄": 1}
    assert table.words == ["天地", "天地玄", "玄黄"]
    assert table.counts.tolist() == [4, 1, 1]
    assert table.pmi.tolist() == pytest.approx([math.log(2.75), math.log(11 / 8), math.log(5.5)])
    assert table.left_entropy.tolist() == pytest.approx([math.log(4), 0, 0])
    assert table.right_entropy.tolist() == pytest.approx([math.log(4), 0, 0])
    score = 3 / 4 * math.log(4) * math.log(2.75) * math.log(4)
    assert table.scores.tolist() == pytest.approx([score, 0, 0])
    assert not table.shards.any()
    assert not table.terms.any()


def test_freedom_counts_up_to_three() -> None:
    # 天地 between breaks 40 times: entropies ln 40 = 3.69. T = 80, ln(80 * 40 / 1600) = ln 2.
    table = discover(["天地"] * 40, weights=GLUE, min_count=2)
    assert table.left_entropy.tolist() == pytest.approx([math.log(40)])
    assert table.scores.tolist() == pytest.approx([math.log(40) * math.log(2) * 3])


def test_what_chance_would_bring_together() -> None:
    # T = 22, c(天) = c(地) = 11, ln(22 * 2 / 121) = -1.01: a word by its runs, but with no score.
    table = discover([*["天地"] * 2, *["天", "地"] * 9], weights=GLUE, min_count=2)
    assert cut_out(table) == {"天地": 2}
    assert table.pmi.tolist() == pytest.approx([math.log(44 / 121)])
    assert table.scores.tolist() == [0]


def test_what_is_taken_out() -> None:
    texts = ["天地"] * 3 + ["天地玄"] + ["宇宙洪荒"] * 4 + ["日月"] * 2
    table = discover(texts, weights=GLUE, min_count=3, max_length=3)
    # Of 3 and more: 天地, 宇宙, 宙洪, 洪荒, 宇宙洪, 宙洪荒. 日月, twice, is rarer; once is no number to speak of.
    assert cut_out(table) == {"天地": 3}
    assert table.removed == {"rarer than 3": 1, "seldom cut out": 5, "longer than 3": 4}
    longer = discover(texts, weights=GLUE, min_count=3, max_length=4)
    assert cut_out(longer) == {"宇宙洪荒": 4, "天地": 3}
    assert longer.removed["longer than 4"] == 0
    assert cut_out(discover(texts, weights=GLUE, min_count=3, min_length=3)) == {"宇宙洪荒": 4}


def test_once_cut_out_may_be_an_accident() -> None:
    # 天地 occurs 3 times, and is a run once.
    texts = ["天地", "玄天地", "黄天地", *(["玄天", "黄天", "地"] * 2)]
    assert LEAST_CUT == 2
    table = discover(texts, weights=GLUE, min_count=2)
    assert cut_out(table) == {"玄天": 2, "黄天": 2}
    assert cut_out(discover(texts, weights=GLUE, min_count=1))["天地"] == 1
    # --top has it all the same, with what is known of it; 玄天地 is rarer, and has no number.
    top = discover(texts, weights=GLUE, min_count=2, top=99)
    assert top.words[:2] == ["玄天", "黄天"]
    assert top.passed.tolist() == [True] * 2 + [False] * (len(top) - 2)
    assert top.words.count("天地") == 1
    assert top.expected[top.words.index("天地")] == 1
    assert "玄天地" not in top.words


def test_no_weight_no_word() -> None:
    table = discover(["天地"] * 9, weights=(0, 0))
    assert table.words == []
    assert table.removed["seldom cut out"] == 1
    # No third symbol.
    assert discover(["天地玄"] * 9, weights=(1e9, 0)).words != []
    assert {len(w) for w in discover(["天地玄"] * 9, weights=(1e9, 0)).words} == {2}


def test_the_bars_are_filters() -> None:
    texts = stories(600, seed=1)
    every = discover(texts)
    for how, over, reason in (
        ({"min_pmi": [5.0]}, every.pmi >= 5, "PMI"),
        ({"min_pmi": [0.0, 6.0]}, (every.pmi >= 6) | (symbols_in(every) == 2), "PMI"),
        (
            {"min_entropy": 1.5},
            np.minimum(every.left_entropy, every.right_entropy) >= 1.5,
            "entropy",
        ),
    ):
        some = discover(texts, **how)
        assert some.words == every.select(np.flatnonzero(over)).words
        assert some.removed == every.removed | {reason: len(every) - len(some)}
        assert 0 < len(some) < len(every)
        # What fails keeps its numbers where --top asks for it.
        top = discover(texts, **how, top=10_000)
        assert top.words[: len(some)] == some.words
        numbers = cut_out(every)
        rows = [i for i, word in enumerate(top.words) if word in numbers]
        assert len(rows) == len(every)
        assert [top.expected[i] for i in rows] == [numbers[top.words[i]] for i in rows]


def symbols_in(table: WordTable) -> np.ndarray:
    return np.array([len(oracles.symbols_of(word)) for word in table.words])


# --- by a twin ---------------------------------------------------------------------------------


def twin(
    texts: Sequence[str], least: int, weights: Sequence[float], longest: int
) -> tuple[dict[str, int], int]:
    """(words of Han characters -> how often they are cut out, how many longer ones are), line by line."""
    counts = count_ngrams(
        Corpus.from_texts(texts), order=len(weights), latin="break", sentences="clause"
    )
    if not counts.total:
        return {}, 0
    model = LanguageModel.from_trie(train_lm(counts, prune=(0, least - 1)))
    cutter = TagCutter(model, weights=weights)
    found: Counter[str] = Counter()
    for text in texts:
        for line in text.split("\n"):
            found.update(
                word for word in cutter.segment(line) if oracles.stretches([word], "break")
            )
    longer = sum(number for word, number in found.items() if len(word) > longest)
    occurrences = oracles.count_ngrams(texts, longest, "break")
    return {
        word: number
        for word, number in found.items()
        if 2 <= len(word) <= longest
        and number >= min(least, LEAST_CUT)
        and occurrences[tuple(word)] >= least
    }, longer


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(1, 4), WEIGHING, st.integers(2, 6))
@example(["天地玄黄" * 9 + "，天地"], 2, (0.9, 0.5, 0.3), 4)
def test_word_for_word(
    texts: list[str], least: int, weights: tuple[float, ...], longest: int
) -> None:
    table = discover(texts, latin="break", min_count=least, weights=weights, max_length=longest)
    expected, longer = twin(texts, least, weights, longest)
    assert cut_out(table) == expected
    if len(table):
        assert table.removed[f"longer than {longest}"] == longer
    check_numbers(texts, table, "break")


def check_numbers(texts: Sequence[str], table: WordTable, latin: str) -> None:
    """Everything but how often a word is cut out, against the oracles."""
    ngrams: list[Ngram] = [tuple(oracles.symbols_of(word, latin)) for word in table.words]
    counts = oracles.count_ngrams(texts, max(map(len, ngrams), default=1), latin)
    entropies = oracles.branching_entropy(texts, ngrams, latin)
    close = {"rel": 1e-9, "abs": 1e-9}
    assert table.counts.tolist() == [counts[w] for w in ngrams]
    weakest = [oracles.pmi(counts, w) for w in ngrams]
    assert table.pmi.tolist() == pytest.approx(weakest, **close)
    assert table.left_entropy.tolist() == pytest.approx([entropies[w][0] for w in ngrams], **close)
    assert table.right_entropy.tolist() == pytest.approx([entropies[w][1] for w in ngrams], **close)
    scores = [
        times / counts[w] * math.log(counts[w]) * max(cohesion, 0) * min(*entropies[w], 3)
        for w, times, cohesion in zip(ngrams, table.expected.tolist(), weakest, strict=True)
    ]
    assert table.scores.tolist() == pytest.approx(scores, **close)
    order = list(zip((-table.scores).tolist(), table.words, strict=True))
    assert order == sorted(order)


@pytest.mark.parametrize(("weights", "least"), [(WEIGHTS, 2), ((0.9, 0.5, 0.3), 4)])
def test_words_by_zipf(weights: tuple[float, ...], least: int) -> None:
    texts = stories(500, seed=2)
    table = discover(texts, latin="break", min_count=least, weights=weights, max_length=6)
    expected, longer = twin(texts, least, weights, 6)
    assert cut_out(table) == expected
    assert table.removed["longer than 6"] == longer
    check_numbers(texts, table, "break")
    assert len(table) > 100
    assert {2, 3, 4} <= {len(word) for word in table.words}
    assert (table.expected < table.counts).any()


def test_runs_of_letters_are_symbols() -> None:
    """With a Han character in the place of every run, the same words are found."""
    stand_ins = {"5G": "龘", "K8s": "靐"}
    # Two runs beside each other would be one.
    texts = [text for text in stories(900, seed=3) if not re.search("(5G|K8s){2}", text)]
    plain = texts
    for run, han in stand_ins.items():
        plain = [text.replace(run, han) for text in plain]
    assert plain != texts
    assert not any(oracles.ONE_ALNUM.search(text) for text in plain)
    table = discover(texts)
    expected = cut_out(discover(plain, latin="break"))
    for run, han in stand_ins.items():
        expected = {word.replace(han, run): number for word, number in expected.items()}
    assert cut_out(table) == expected
    assert "5G网络" in expected
    check_numbers(texts, table, "run")


# --- whatever the machine, and counts made before ------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 3), WEIGHING, st.integers(1, 60), st.integers(1, 3))
def test_blocks_of_any_size(
    texts: list[str], least: int, weights: tuple[float, ...], size: int, workers: int
) -> None:
    how: dict[str, Any] = {"min_count": least, "weights": weights}
    whole = discover(texts, **how)
    same_tables(discover(texts, block_size=size, workers=workers, **how), whole)


def test_small_memory(tmp_path: Path) -> None:
    """Many parts, the symbol ids on the disk."""
    texts = stories(700, seed=4)
    whole = discover(texts, min_count=3)
    with (
        mock.patch.object(counting, "part_room", lambda *_: 2000),
        mock.patch("nlptools.base.resources.MIN_MEMORY", 0),
        mock.patch.object(counting, "_PIECE", 999),
        mock.patch("nlptools.discovery.lm.MIN_MEMORY", 0),
        mock.patch("nlptools.wordmodel.expected_counts._PIECE", 777),
    ):
        parts = discover(
            texts, min_count=3, memory=1 << 14, block_size=1 << 11, tmp_dir=tmp_path, workers=2
        )
    same_tables(parts, whole)
    assert len(whole) > 100
    assert list(tmp_path.iterdir()) == []


def test_files_and_iterators_that_can_be_read_once(tmp_path: Path) -> None:
    texts = stories(400, seed=5)
    names = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for name, part in zip(names, (texts[:150], texts[150:]), strict=True):
        name.write_text("\n".join(part) + "\n", encoding="utf-8")
    expected = discover(texts)
    how: dict[str, Any] = {"method": "lm", "numbers": True, "background": None, "known": ()}
    same_tables(discover_words(Corpus(names), **how), expected)
    once = discover_words(Corpus.from_texts(iter(texts)), **how)
    same_tables(once, expected)


@pytest.mark.parametrize("order", range(3, 9))
def test_counts_made_earlier(order: int) -> None:
    """As long words as the counts have, up to the usual; then everything is as without them."""
    texts = stories(500, seed=6)
    counts = count_ngrams(Corpus.from_texts(texts), order=order)
    longest = min(order - 1, LONGEST_CUT)
    expected = discover(texts, max_length=longest)
    found = discover(texts, counts=counts)
    same_tables(found, expected)
    assert max(symbols_in(found)) == longest
    assert found.settings["max_length"] == longest
    same_tables(
        discover(texts, counts=counts, top=500), discover(texts, max_length=longest, top=500)
    )


def test_counts_that_do_not_do() -> None:
    texts = ["天地"] * 3
    counts = count_ngrams(Corpus.from_texts(texts), order=3)
    for how in ({"max_length": 4}, {"min_length": 4}):
        with pytest.raises(
            NlptoolsError, match="needs counts of order 5, the counts given go up to 3"
        ):
            discover(texts, counts=counts, **how)
    two = count_ngrams(Corpus.from_texts(texts), order=2)
    with pytest.raises(NlptoolsError, match="needs counts of order 3, the counts given go up to 2"):
        discover(texts, counts=two)
    sentences = count_ngrams(Corpus.from_texts(texts), order=6, sentences="clause")
    with pytest.raises(NlptoolsError, match="these counts are for a language model"):
        discover(texts, counts=sentences)
    # Symbols that one of the two does not have, as many of both.
    other = count_ngrams(Corpus.from_texts(["日月"] * 3), order=6)
    assert discover(texts, counts=other).words == []


def levels(counts: NgramCounts) -> list[Any]:
    columns = [c for level in counts.levels for c in (level.symbols, level.counts, level.children)]
    lists = [None if column is None else column[:].tolist() for column in columns]
    return [counts.settings, counts.alphabet.symbols, *lists]


@settings(max_examples=80, deadline=None)
@given(
    TEXTS,
    st.sampled_from(["none", "clause"]),
    st.sampled_from(LATIN_MODES),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(1, 30),
)
def test_counts_of_a_kept_corpus(
    texts: list[str], sentences: str, latin: str, order: int, piece: int, room: int
) -> None:
    expected = count_ngrams(
        Corpus.from_texts(texts), order=order, latin=latin, sentences=sentences, workers=1
    )
    encoded = encode_corpus(Corpus.from_texts(texts), latin=latin, workers=1)
    with (
        mock.patch.object(counting, "_PIECE", piece),
        mock.patch.object(counting, "part_room", lambda *_: room),
    ):
        for _ in range(2):  # as often as one likes
            found = count_encoded(encoded, expected.settings, workers=1)
            assert levels(found) == levels(expected)
    other = replace(expected.settings, sentences="none")
    plain = count_ngrams(Corpus.from_texts(texts), order=order, latin=latin, workers=1)
    assert levels(count_encoded(encoded, other, workers=1)) == levels(plain)


def test_counting_again_heeds_the_memory() -> None:
    encoded = encode_corpus(Corpus.from_texts(["天地"]))
    settings = count_ngrams(Corpus.from_texts(["天地"]), order=2).settings
    with pytest.raises(ValueError, match="memory must be at least 128 MB"):
        count_encoded(encoded, settings, memory=1 << 20)


@pytest.mark.parametrize("latin", LATIN_MODES)
def test_boundaries_of_an_encoder(latin: str) -> None:
    encoder = SymbolEncoder(latin)
    before = encoder.encode("天A地").tolist()
    size = len(encoder)
    start, end = encoder.boundaries()
    assert encoder.texts(np.array([start, end])) == ["<s>", "</s>"]
    assert len(encoder) == size + 2
    assert {start, end}.isdisjoint(before)
    assert encoder.boundaries() == (start, end)
    assert encoder.encode("天A地").tolist() == before
    with_sentences = SymbolEncoder(latin, "clause")
    assert with_sentences.boundaries() == (with_sentences.start, with_sentences.end)


# --- edges -------------------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [[], [""], ["，。\n"], ["天"], ["天地玄"], ["天", "天", "天"]])
@pytest.mark.parametrize("least", [None, 2])
def test_nothing_in_nothing_out(texts: list[str], least: int | None) -> None:
    for top in (None, 5):
        table = discover(texts, top=top, min_count=least)
        assert table.words == []
        assert table.symbols == sum(map(len, oracles.stretches(texts)))


def test_a_text_of_one_word() -> None:
    table = discover(["天地天地"], weights=GLUE, max_length=4, min_count=1)
    assert cut_out(table) == {"天地天地": 1}
    assert discover(["ab cd ab cd"], min_count=1).words == []


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"memory": 1000}, "memory must be at least 128 MB"),
    ],
)
def test_settings_that_make_no_sense(how: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        discover([], **how)


@pytest.mark.parametrize("number", range(2, 7))
def test_any_number_of_weights(number: int) -> None:
    texts = stories(150, seed=7)
    weights = (0.5, 0.05, 0.04, 0.03, 0.02, 0.01)[:number]
    table = discover(texts, latin="break", weights=weights, min_count=2)
    assert cut_out(table) == twin(texts, 2, weights, LONGEST_CUT)[0]
    assert len(table) > 50


def test_the_steps_are_told() -> None:
    told: list[str] = []
    discover(stories(300, seed=8), watch=lambda stage, *_: told.append(stage))
    assert list(dict.fromkeys(told)) == ["learning", "cutting words", "ranking"]
