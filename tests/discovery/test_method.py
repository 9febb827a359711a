"""What methods share: bars by hand, symbols and numbers in words, what was rarer, counts of the same text."""

from __future__ import annotations

import numpy as np
import pytest

from nlptools.discovery.method import (
    Bars,
    Machine,
    Request,
    barred,
    bars_used,
    counted,
    counted_and_kept,
    has_number,
    is_number,
    rarer,
    symbols_in,
)
from nlptools.discovery.rules import MIN_SCORE, WEIGHTS
from nlptools.discovery.table import WordTable
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus


def table_of(
    words: list[str], pmi: list[float], left: list[float], right: list[float]
) -> WordTable:
    return WordTable.of(
        words,
        counts=np.full(len(words), 3),
        pmi=np.array(pmi),
        left_entropy=np.array(left),
        right_entropy=np.array(right),
        scores=np.ones(len(words)),
    )


def test_bars_by_hand() -> None:
    # Bars of 2 for two symbols and 3 for all longer words; then the smaller entropy, of what is left.
    table = table_of(
        ["甲乙", "甲乙丙", "甲乙丙丁", "丙丁"], [2, 2.9, 3, 5], [1, 1, 0.4, 1], [1, 1, 1, 0.5]
    )
    found = barred(table, Bars(min_pmi=[2, 3], min_entropy=0.5), "run")
    assert found.passed.tolist() == [True, False, False, True]
    assert found.removed == {"PMI": 1, "entropy": 1}
    assert barred(table, Bars(), "run").removed == {}
    # K8s集群 has three symbols, or five.
    mixed = table_of(["K8s集群"], [2.5], [1], [1])
    assert barred(mixed, Bars(min_pmi=[0, 3, 0, 0]), "run").passed.tolist() == [False]
    assert barred(mixed, Bars(min_pmi=[0, 3, 0, 0]), "char").passed.tolist() == [True]


def test_bars_in_the_closing_line() -> None:
    assert bars_used(Bars()) == {}
    assert bars_used(Bars(min_pmi=[2, 4.5], min_entropy=1 / 3)) == {
        "min_pmi": "2,4.5",
        "min_entropy": "0.333",
    }


def test_defaults_are_written_once() -> None:
    request = Request(corpus=None)
    assert (request.bars.min_score, request.weights) == (MIN_SCORE, WEIGHTS)
    assert Machine(workers=3).threads == 3
    assert Machine().threads >= 1
    with pytest.raises(ValueError, match="there is no corpus to read"):
        assert request.text


@pytest.mark.parametrize(
    ("word", "run", "char"), [("天地", 2, 2), ("K8s集群", 3, 5), ("B2B", 1, 3), ("第3章", 3, 3)]
)
def test_symbols_of_a_word(word: str, run: int, char: int) -> None:
    assert (symbols_in(word, "run"), symbols_in(word, "char")) == (run, char)


def test_numbers_in_figures() -> None:
    assert [run for run in ("3", "2.5", "１", "3-5", "5G", "K8s", "", ".5") if is_number(run)] == [
        *("3", "2.5", "１", "3-5")
    ]
    words = ["3月", "第3章", "三月", "5G网络", "K8s集群", "2.5倍"]
    table = table_of(words, *[[1.0] * 6] * 3)
    assert has_number(table).tolist() == [True, True, False, False, False, True]


def test_what_is_rarer() -> None:
    # 天地 4 times, 玄黄 twice, 地玄 once; of three symbols 天地玄 once.
    counts = count_ngrams(Corpus.from_texts(["天地"] * 3 + ["天地玄黄", "玄黄"]), order=4)
    assert rarer(counts, [0, 1, 0], (2, 2)) == 1
    assert rarer(counts, [0, 2, 0], (2, 3)) == 0
    assert rarer(counts, [0, 9, 0], (2, 3)) == 0  # of what occurs once there may be more


def test_counts_given_or_made() -> None:
    corpus = Corpus.from_texts(["天地玄黄"] * 2)
    counts = count_ngrams(corpus, order=4)
    assert counted(Request(corpus=None, counts=counts), 4) is counts
    assert counted(Request(corpus=corpus), 3).order == 3
    kept, encoded = counted_and_kept(Request(corpus=corpus, counts=counts), 5, least_order=4)
    assert kept is counts
    assert sum(int(np.count_nonzero(block)) for block in encoded.blocks) == 8
    assert counted_and_kept(Request(corpus=corpus), 5, least_order=4)[0].order == 5
    for order in (5, 6):
        with pytest.raises(NlptoolsError, match=f"needs counts of order {order}"):
            counted_and_kept(Request(corpus=corpus, counts=counts), order)
    other = Corpus.from_texts(["天地玄"])
    with pytest.raises(NlptoolsError, match=r"8 symbols with .*, here are 3"):
        counted_and_kept(Request(corpus=other, counts=counts), 4)
    folded = Corpus.from_texts(["天地玄黄"] * 2, fold=["nfkc"])
    with pytest.raises(NlptoolsError, match="the counts are not those of this corpus"):
        counted_and_kept(Request(corpus=folded, counts=counts), 4)
