"""How typical words are of a corpus, beside a background."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from places import NOVEL, SAMPLES

from nlptools.discovery.discover import discover_words
from nlptools.discovery.keyness import KEYNESS, LISTED, PHRASE, Reference, newness
from nlptools.discovery.table import WordTable
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import WordModel, general_model
from nlptools.wordmodel.train import train_model

GENERAL = general_model()


def background(counts: dict[str, int], symbols: int) -> WordModel:
    number = np.array([*counts.values()], np.int64)
    weights = np.zeros(len(counts))
    settings = {"symbols": symbols}
    return WordModel(list(counts), number, number.astype(float), weights, settings=settings)


def test_newness_worked() -> None:
    # Here 10 of 1,000. There 1 of 10,000: ln 100 / 3, more than 1; 5 of 1,000: ln 2 / 3; as often: 0.
    words = ["甲乙", "丙丁", "戊己", "庚辛", "壬癸"]
    numbers = np.full(5, 10)
    same = dict.fromkeys(("pmi", "left_entropy", "right_entropy", "scores"), numbers.astype(float))
    table = WordTable.of(words, counts=numbers, **same)
    there = {"甲乙": 1, "丙丁": 50, "戊己": 100, "庚辛": 900}
    found = newness(table, 1000, Reference(background(there, 10_000)))
    # 壬癸, which never occurs there, is taken for half an occurrence: ln 200 / 3.
    assert found.tolist() == pytest.approx([1, math.log(2) / KEYNESS, 0, 0, 1])
    assert KEYNESS == 3
    # Half an occurrence in 100 there: half as much as here.
    assert newness(table, 1000, Reference(background({}, 100)))[-1] == pytest.approx(
        math.log(2) / KEYNESS
    )
    assert newness(WordTable.empty(), 0, Reference(background({}, 0))).tolist() == []


def test_what_a_background_lacks_is_predicted_from_its_parts() -> None:
    """甲乙 and 丙丁 are 1 % and 2 % of the words there, so 甲乙丙丁 is exp(4) times .0002 of it, if no more than 1 %."""
    parts = {"甲乙": 100, "丙丁": 200, "戊己": 9700}
    number = np.array([*parts.values()])
    there = WordModel(
        [*parts],
        number,
        number.astype(float),
        np.log(number / 10_000),
        settings={"symbols": 20_000},
    )
    nothing = dict.fromkeys(("pmi", "left_entropy", "right_entropy", "scores"), np.zeros(1))
    table = WordTable.of(["甲乙丙丁"], counts=np.array([20]), **nothing)
    assert PHRASE == 4
    # 20 of 1,000 here, twice the 1 %.
    assert newness(table, 1000, Reference(there))[0] == pytest.approx(math.log(2) / KEYNESS)
    # 20 of 2,000 is as often.
    assert newness(table, 2000, Reference(there))[0] == pytest.approx(0)
    known = replace(there, known=np.array([True, False, False]))
    two = WordTable.of(
        ["甲乙", "丙丁"], counts=np.array([500, 500]), **{k: np.zeros(2) for k in nothing}
    )
    assert newness(two, 1000, Reference(known)).tolist() == [LISTED, 1]


def test_terms_and_mixed_words_are_compared_with_a_background_by_their_parts() -> None:
    """A text is its own background: terms that its model has no entry for are less new there than beside other text."""
    corpus = Corpus([SAMPLES / "clinic.txt"])
    own = train_model(corpus)
    table = discover_words(corpus, min_score=0.0, background=None)
    other = train_model(Corpus([NOVEL]))
    factors = [
        dict(
            zip(table.words, newness(table, table.symbols, Reference(model)).tolist(), strict=True)
        )
        for model in (own, other)
    ]
    for word in ("β受体阻滞剂", "维生素C", "NK7疗法", "蓝指综合征"):
        assert word not in own.words
        assert factors[0][word] < min(factors[1][word], 0.9)
    short = discover_words(corpus, min_length=5, background=None)
    assert short.words == [
        w for w, t in zip(table.words, table.terms, strict=True) if t and w in short.words
    ]
    assert short.terms.all()


INVENTED = ["沈渡秋", "陆青蘅", "贺三拐", "司空翎", "莫九笙", "晏归舟"]
COMMON = ["没有", "什么", "自己", "知道", "一个"]


@pytest.mark.parametrize("prior", [None, "auto"])
def test_a_background_lowers_common_words(prior: str | None) -> None:
    every = {"prior": prior, "top": 5000}
    plain, keyed = (
        {row.word: row for row in discover_words(Corpus([NOVEL]), background=background, **every)}
        for background in (None, GENERAL)
    )
    assert set(keyed) == set(plain)
    for word in INVENTED:
        assert keyed[word] == plain[word]
    for word in COMMON:
        assert keyed[word].score < plain[word].score
        assert replace(keyed[word], score=plain[word].score) == plain[word]
    places = {word: i for i, word in enumerate(keyed)}
    assert max(places[word] for word in INVENTED) < min(places[word] for word in COMMON)


def test_the_background_of_itself_leaves_nothing() -> None:
    model = train_model(Corpus([NOVEL]), workers=1)
    assert model.words
    found = discover_words(Corpus([NOVEL]), prior=None, background=model)
    # The bar is for words at all; nothing among them is new.
    assert found.words
    assert np.median(found.scores) == 0
