"""Training from end to end: a twin that goes word by word, a made language, and what must not matter."""

from __future__ import annotations

import itertools
import lzma
import math
import random
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import DATA

from nlptools.base.packing import as_joined
from nlptools.errors import NlptoolsError
from nlptools.segmentation.evaluate import evaluate_segmentation
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.em import PENALTIES, Expectation, expect
from nlptools.wordmodel.lists import prior_of_words
from nlptools.wordmodel.model import WordModel, load_model
from nlptools.wordmodel.prior import (
    SYMBOLS_PER_WORD,
    WHOLE_NATS,
    auto_prior_weight,
    keep_whole,
)
from nlptools.wordmodel.room import LEAST_SAMPLE, Room, room_within
from nlptools.wordmodel.sample import LONGEST_RUN, Sample
from nlptools.wordmodel.train import (
    GRANULARITIES,
    most_first,
    spelled,
    train_model,
)

GOLD = DATA / "gold"


def train(texts: Sequence[str], **settings: object) -> WordModel:
    return train_model(Corpus.from_texts(texts), **settings)  # type: ignore[arg-type]


def column(model: WordModel, name: str) -> dict[str, float]:
    return dict(zip(model.words, getattr(model, name).tolist(), strict=True))


# --- the twin ----------------------------------------------------------------------------------

SOME_WORDS = [
    "葡萄",
    "不",
    "吃",
    "吐",
    "皮",
    "经济",
    "经济学",
    "学者",
    "记者",
    "记者们",
    "天天",
    "社会主义",
    "主义",
    "的",
    "他们",
    "我们",
    "学习",
]


def clauses(seed: int, number: int) -> list[str]:
    """Short runs of words, all different."""
    rng = random.Random(seed)
    weights = [0.1 + rng.random() for _ in SOME_WORDS]
    texts = []
    for _ in range(number):
        words = rng.choices(SOME_WORDS, weights, k=rng.randint(1, 5))
        texts.append("".join(words)[:8])
    return list(dict.fromkeys(texts))


def by_text(values: Mapping[Sequence[str], float]) -> dict[str, float]:
    return {"".join(word): value for word, value in values.items()}


@contextmanager
def expectations() -> Iterator[list[Expectation]]:
    """What each E-step of the trainings in the block finds."""
    found: list[Expectation] = []

    def recorded(*given: Any) -> Expectation:
        found.append(expect(*given))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nlptools.wordmodel.fit.expect", recorded)
        yield found


def check_twin(texts: Sequence[str], twin: oracles.WordModel, **settings: object) -> WordModel:
    with expectations() as found:
        model = train(texts, **settings)
    assert [one.log_likelihood for one in found] == pytest.approx(twin.likelihoods, abs=0.01)
    lexicon = twin.lexicon()
    assert set(model.words) == {"".join(word) for word in lexicon}
    assert len(set(model.words)) == len(model)
    # Words of five symbols and more are not met in the text: they are taken over as they are.
    found = twin.expect({word: w for word, w in lexicon.items() if len(word) <= 4}, None)[0]
    expected = {word: found[word] + twin.prior.get(word, 0.0) for word in lexicon}
    assert column(model, "expected") == pytest.approx(by_text(expected), abs=5e-3)
    weights = {word: math.log(w) for word, w in twin.whole(lexicon, expected).items()}
    assert column(model, "weights") == pytest.approx(by_text(weights), abs=2e-3)
    counts = by_text({word: 0 if len(word) > 4 else twin.counts[word] for word in lexicon})
    assert column(model, "counts") == counts
    assert twin.places is not None
    places = {}
    for (k, j), numbers in zip(
        itertools.chain.from_iterable([(k, j) for j in range(k)] for k in (2, 3)),
        model.place_counts.T.tolist(),
        strict=True,
    ):
        places[k, j] = {s: n for s, n in zip(model.place_symbols, numbers, strict=True) if n}
        assert places[k, j] == dict(twin.places[k][j])
    # Best first, ties by text.
    order = list(zip((-model.expected).tolist(), model.words, strict=True))
    assert order == sorted(order)
    return model


@pytest.mark.parametrize("penalties", [*PENALTIES.values(), (0.0, 0.5, 1.0, 1.5)])
@pytest.mark.parametrize("seed", [0, 8])
def test_the_model_of_the_oracle(seed: int, penalties: Sequence[float]) -> None:
    texts = clauses(seed, 60)
    twin = oracles.WordModel(texts, penalties)
    model = check_twin(texts, twin, penalty=penalties[1:])
    lengths = set(map(len, model.words))
    assert lengths == {1, 2, 3, 4} if penalties[3] < 2 else lengths >= {1, 2}


@pytest.mark.parametrize("penalty", [(2, 7, 12), (0.5, 1, 1.5)])
@pytest.mark.parametrize(("seed", "weight"), [(0, 0.2), (1, 1.5)])
def test_the_model_of_the_oracle_with_a_prior(
    seed: int, weight: float, penalty: tuple[float, ...]
) -> None:
    """Words of both, of the corpus alone, of the prior alone, and with symbols that are not here."""
    more = ["玄黄玄黄", "吃玄黄宇宙", "葡萄玄黄", "玄黄吃宇宙"]
    prior = train([*clauses(seed + 100, 60), *more], penalty=penalty)
    texts = [*clauses(seed, 40), "玄黄学"]
    counts = zip(map(tuple, prior.words), prior.expected.tolist(), strict=True)
    twin = oracles.WordModel(texts, (0, *penalty), {word: c * weight for word, c in counts})
    model = check_twin(texts, twin, prior=prior, prior_weight=weight, penalty=penalty)
    counts_here = column(model, "counts")
    assert counts_here["玄黄"] == 1  # a candidate because the prior has it
    assert counts_here["宇宙"] == counts_here["宙"] == 0


LISTED = {
    "葡萄": 40.0,
    "葡萄皮": 9.0,
    "他们": 30.0,
    "们学": 2.0,
    "我们学习": 4.0,
    "学习主义": 0.4,  # too rare to be kept but for the list
    "不吐葡萄皮": 3.0,
    "的": 100.0,
    "宇宙洪荒": 2.0,
    "T恤": 5.0,
    "卡拉OK": 5.0,
    "天地玄黄宇宙": 0.2,
}


@pytest.mark.parametrize("penalty", [(2, 7, 12), (0.5, 1, 1.5)])
@pytest.mark.parametrize(("seed", "weight"), [(0, 0.05), (3, 1.0)])
def test_the_model_of_the_oracle_with_a_word_list(
    seed: int, weight: float, penalty: tuple[float, ...]
) -> None:
    """Words are known or not; long ones and those with letters are taken over."""
    texts = [*clauses(seed, 60), "学习主义", "我们学习主义"]
    symbols = {"卡拉OK": ("卡", "拉", "OK")}
    prior = {symbols.get(word, tuple(word)): n * weight for word, n in LISTED.items()}
    twin = oracles.WordModel(texts, (0, *penalty), prior, set(prior))
    listed = prior_of_words(LISTED)
    model = check_twin(texts, twin, prior=listed, prior_weight=weight, penalty=penalty)
    assert model.known is not None
    known = {word for word, flag in zip(model.words, model.known.tolist(), strict=True) if flag}
    assert known == set(LISTED)
    assert set(model.words) - known  # words of the text alone
    # On top of that model the same words are known.
    again = train(texts[:9], prior=model, penalty=penalty)
    assert again.known is not None
    assert {
        word for word, flag in zip(again.words, again.known.tolist(), strict=True) if flag
    } == known


def test_everyday_words_are_whole() -> None:
    """One of them is made of characters that are words much more often than it is met."""
    texts = ["为你", "为他", "什么", "他为", "什么事"] * 30 + ["学习为什么学习"]
    counts = {"为": 9000.0, "什么": 4000.0, "为什么": 300.0, "你": 9.0, "事": 9.0, "学习": 9.0}
    model = train(texts, prior=prior_of_words(counts), prior_weight=1.0)
    assert Segmenter.from_model(model).segment("为什么") == ["为什么"]
    raised = model.weights[model.words.index("为什么")]
    parts = column(model, "weights")
    assert raised == pytest.approx(parts["为"] + parts["什么"] + 0.1, abs=1e-3)


def test_penalties_that_leave_nothing() -> None:
    """A sentence, and no warning of NumPy about the logarithm of 0."""
    texts = ["今天天气很好，我们去公园散步。"] * 5
    with warnings.catch_warnings(), pytest.raises(NlptoolsError, match="leave words no probab"):
        warnings.simplefilter("error")
        train(texts, prior="general", penalty=(200, 200, 200))


# --- a made language -----------------------------------------------------------------------------


def made_language(sentences: int, seed: int = 1) -> tuple[set[str], list[list[str]]]:
    """Words of two and three characters and sentences of them, single characters between some."""
    rng = random.Random(seed)
    # Without the numerals of Han characters, which are cut by rule.
    characters = [chr(0x7C00 + i) for i in range(200)]
    singles, rest = characters[:10], characters[10:190]
    words = [a + b for a, b in zip(characters[10:100], characters[100:190], strict=True)]
    words += ["".join(rng.sample(rest, 2)) for _ in range(60)]
    words += ["".join(rng.sample(rest, 3)) for _ in range(10)]
    text = []
    for _ in range(sentences):
        sentence = []
        for _ in range(rng.randint(2, 5)):
            sentence.append(rng.choice(words))
            if rng.random() < 0.5:
                sentence.append(rng.choice(singles))
        text.append(sentence)
    return set(words), text


def joined(text: Sequence[Sequence[str]]) -> list[str]:
    return ["".join(sentence) + "。" for sentence in text]


def spaced(text: Sequence[Sequence[str]]) -> Corpus:
    return Corpus.from_texts([" ".join(sentence) for sentence in text])


def f1(model: WordModel, text: Sequence[Sequence[str]]) -> float:
    segmenter = Segmenter.from_model(model)
    predicted = [segmenter.segment("".join(sentence)) for sentence in text]
    return evaluate_segmentation(spaced(text), spaced(predicted)).words.f1


def test_the_words_of_a_made_language() -> None:
    words, text = made_language(1000)
    model = train(joined(text))
    assert {word for word in model.words if len(word) > 1} == words
    assert f1(model, text) > 0.999
    counts = Counter(word for sentence in text for word in sentence)
    expected = column(model, "expected")
    assert [expected[word] for word in words] == pytest.approx(
        [counts[word] for word in words], rel=0.1, abs=2
    )


@pytest.fixture(scope="module")
def made() -> list[list[str]]:
    return made_language(400)[1]


def test_granularity(made: list[list[str]]) -> None:
    """Finer means more words in the same text; the numbers are those of the penalties."""
    texts = joined(made)
    models = [train(texts, granularity=name) for name in GRANULARITIES]
    assert GRANULARITIES == ("coarse", "default", "fine")
    tokens = []
    for model in models:
        segmenter = Segmenter.from_model(model)
        tokens.append(sum(len(segmenter.segment(text)) for text in texts))
    assert tokens[0] <= tokens[1] < tokens[2]
    assert tokens[0] < tokens[2] - 30
    given = train(texts, granularity="coarse", penalty=PENALTIES["fine"][1:])
    assert given.settings["granularity"] == "given"
    assert given.settings["penalties"] == [0, 3, 9, 15] == models[2].settings["penalties"]
    assert column(given, "weights") == column(models[2], "weights")


def test_what_changes_no_result(made: list[list[str]], tmp_path: Path) -> None:
    """Blocks, threads, memory, where the text comes from: the same model, byte for byte."""
    texts = joined(made)
    whole = train(texts).text()
    path = tmp_path / "text.txt"
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    for i in (0, 200):
        (tmp_path / f"part{i}.txt").write_text("\n".join(texts[i : i + 200]), encoding="utf-8")
    parts = [tmp_path / "part0.txt", tmp_path / "part200.txt"]
    others = [
        train_model(Corpus.from_texts(texts, block_size=1000), workers=1),
        train_model(Corpus.from_texts(texts, block_size=1 << 20), workers=2),
        train_model(Corpus.from_texts(iter(texts)), workers=2),
        train_model(Corpus([path], block_size=1000), workers=2, memory=128_000_000),
        train_model(Corpus([path], block_size=1 << 20), workers=1, tmp_dir=tmp_path),
        train_model(Corpus(parts)),
    ]
    assert [other.text() == whole for other in others] == [True] * len(others)
    # Text that changes it does change it.
    assert train(texts[:-1]).text() != whole


def test_a_sample_of_a_larger_corpus() -> None:
    words, text = made_language(3000)
    texts = joined(text)
    symbols = len("".join(texts)) - len(texts)
    model = train(texts, sample=6000)
    assert model.settings["symbols"] == symbols
    assert model.settings["trained_on"] == pytest.approx(6000, rel=0.05)
    assert symbols > 20_000
    assert len(words & set(model.words)) > 0.9 * len(words)
    # Counts and expected counts are those of everything.
    whole = "".join(texts)
    counts = column(model, "counts")
    expected = column(model, "expected")
    written = Counter(word for sentence in text for word in sentence)
    both = words & set(model.words)
    assert all(counts[word] == whole.count(word) for word in both)
    assert sum(expected[word] for word in both) == pytest.approx(
        sum(written[word] for word in both), rel=0.05
    )
    longest = "".join(text[0])[:7]
    assert longest not in counts
    assert train(texts, sample=6000).text() == model.text()


def test_symbols_that_are_not_in_the_sample() -> None:
    """Every symbol of the corpus is in the model, or a text with it could not be cut."""
    texts = [*joined(made_language(300)[1]), "龘"]
    model = train(texts, sample=300)
    assert model.settings["trained_on"] < 500
    counts, expected = column(model, "counts"), column(model, "expected")
    assert set("".join(texts)) - {"。"} == {word for word in model.words if len(word) == 1}
    assert counts["龘"] == expected["龘"] == 1
    assert np.isfinite(model.weights).all()


# --- numerals ------------------------------------------------------------------------------------


def test_numerals_and_their_measure_words() -> None:
    """三年 is one word, or two; 三国 is one in both, because 国 follows one numeral only."""
    rng = random.Random(2)
    numerals = "一二三四五六七八九十"
    firsts, seconds = "天玄宇洪日盈辰列寒秋闰律云露金", "地黄宙荒月昃宿张来收余吕腾结生"
    other = [a + b for a, b in zip(firsts, seconds, strict=True)]
    texts = []
    for _ in range(600):
        words = rng.choices(other, k=rng.randint(2, 4))
        words.insert(rng.randint(0, len(words)), rng.choice(numerals) + rng.choice("年个"))
        if rng.random() < 0.2:
            words.insert(rng.randint(0, len(words)), "三国")
        if rng.random() < 0.4:  # all of them are words of their own too
            words.insert(rng.randint(0, len(words)), rng.choice(numerals + "年个国"))
        texts.append("".join(words))
    kept, split = train(texts), train(texts, numerals="split")
    words = {a + b for a in numerals for b in "年个"}
    assert words <= set(kept.words)
    assert len(words & set(split.words)) < 5
    assert "三年" not in split.words
    assert {"三国", *other} <= set(kept.words) & set(split.words)
    assert Segmenter.from_model(kept).segment("天地三年三国") == ["天地", "三年", "三国"]
    assert Segmenter.from_model(split).segment("天地三年三国") == ["天地", "三", "年", "三国"]
    assert split.settings["numerals"] == "split"
    assert kept.settings["numerals"] == "keep"


def test_a_numeral_and_a_measure_word_lose_six_nats() -> None:
    """Where they never stand alone they stay words, but with less weight. 月 follows five numerals."""
    texts = [
        a + b + "天地玄黄"[i % 4] * 2
        for i, a in enumerate("一二三四五六七")
        for b in "年" + "月" * (i < 5) + "个" * (i < 6)
        for _ in range(5)
    ]
    texts = [text + "宇宙洪荒日"[i % 5] for i, text in enumerate(texts)]
    kept, split = (column(train(texts, numerals=name), "weights") for name in ("keep", "split"))
    change = {word: split[word] - kept[word] for word in kept if len(word) == 2}
    assert {word[1] for word in change} >= set("年月个")
    for word, nats in change.items():
        assert nats == pytest.approx(-6 if word[1] in "年个" else 0, abs=0.5)


def test_only_numerals_stand_before_a_measure_word() -> None:
    """十三年 loses as much as 一年; 明三年 and 好二年后 nothing."""
    around = "天地玄黄宇宙洪荒日盈昃辰宿列张寒来暑往秋收冬藏"
    texts = [
        a + word + around[7 * i % 23]
        for i, a in enumerate(around)
        for word in ("十三年", "明三年", "好二年后")
    ]
    texts += [around[i] + a + "年" + around[5 * i % 23] for a in "一二四五六七八" for i in range(5)]
    kept, split = (
        column(train(texts, numerals=name, penalty=(0.5, 1, 1.5)), "weights")
        for name in ("keep", "split")
    )
    change = [split[word] - kept[word] for word in ("十三年", "一年", "明三年", "好二年后")]
    assert change == pytest.approx([-6, -6, 0, 0], abs=0.1)


# --- priors --------------------------------------------------------------------------------------


def test_a_prior_helps_a_small_corpus() -> None:
    words, text = made_language(400)
    prior = train(joined(text))
    small = made_language(430)[1][400:]
    texts = joined(small)
    alone, on_top = train(texts), train(texts, prior=prior)
    assert f1(alone, small) < 0.8
    assert f1(on_top, small) > 0.95
    assert words <= set(on_top.words)  # those that are not in the corpus too
    counts = column(on_top, "counts")
    absent = [word for word in words if word not in "".join(texts)]
    assert len(absent) > 20
    assert [counts[word] for word in absent] == [0] * len(absent)
    weight = on_top.settings["prior"]["weight"]
    size, other = on_top.settings["trained_on"], prior.settings["trained_on"]
    assert weight == pytest.approx(min(1, 2 * math.sqrt(100_000 / size) * size / other), abs=1e-6)
    assert on_top.settings["prior"]["sha256"] == prior.settings["sha256"]
    expected, before = column(on_top, "expected"), column(prior, "expected")
    assert [expected[word] for word in absent] == pytest.approx(
        [weight * before[word] for word in absent], abs=1e-3
    )


@pytest.mark.parametrize(
    ("size", "words", "weight"),
    [
        (100_000, 800_000, 0.25),  # 2 * 0.1 / 0.8
        (400_000, 1_600_000, 0.5),
        (300_000, 600_000, 1),
        (400_000, 600_000, 1),
        (25_000, 400_000, 0.25),  # 2 * 2 * 25 / 400
        (1_000, 80_000, 0.25),  # 2 * 10 / 80
        (1_000, 0, 1),  # a model that expects nothing
    ],
)
def test_the_weight_of_a_prior(size: int, words: int, weight: float) -> None:
    """words: symbols in the words that the prior expects."""
    sample = Sample(np.ones(size, np.uint16), ["天"], np.zeros(2, np.int64), size)
    expected = np.full(1, words / SYMBOLS_PER_WORD)
    prior = WordModel(["天"], np.ones(1, np.int64), expected, np.zeros(1))
    assert auto_prior_weight(sample, prior) == pytest.approx(weight)


def test_the_prior_weight_that_was_given(made: list[list[str]]) -> None:
    prior = train(joined(made))
    model = train(["天地玄黄"], prior=prior, prior_weight=0.125)
    assert model.settings["prior"]["weight"] == 0.125
    before, expected = column(prior, "expected"), column(model, "expected")
    word = prior.words[0]
    assert expected[word] == pytest.approx(before[word] / 8, abs=1e-3)


# --- small and odd input ---------------------------------------------------------------------------


@pytest.mark.parametrize("texts", [["天"], ["天天"], ["天，天，地"], ["天地"] * 9, ["𠮷野家"] * 3])
def test_very_little_text(texts: list[str], tmp_path: Path) -> None:
    model = train(texts)
    assert set("".join(texts)) - {"，"} == {word for word in model.words if len(word) == 1}
    assert np.isfinite(model.weights).all()
    model.save(tmp_path / "model")
    assert load_model(tmp_path / "model").text() == model.text()
    text = "".join(texts)
    assert "".join(Segmenter.from_model(model).segment(text)) == text


def test_a_sample_of_one_symbol() -> None:
    """It takes a run; none would leave nothing to learn from."""
    model = train(
        [text for text in joined(made_language(50)[1]) if len(text) < LONGEST_RUN], sample=1
    )
    assert 0 < model.settings["trained_on"] <= 2 * LONGEST_RUN


def test_folding_is_written_down() -> None:
    texts = ["ＡＢ天地玄黄", "天地玄黄"]
    model = train_model(Corpus.from_texts(texts, fold=["nfkc"]))
    assert model.settings["fold"] == ["nfkc"]
    assert train(texts).settings["fold"] == []


def test_settings_of_a_model(made: list[list[str]]) -> None:
    model = train(joined(made))
    assert model.settings["granularity"] == "default"
    assert model.settings["penalties"] == [0, 2, 7, 12]
    assert model.settings["symbols"] == sum(map(len, itertools.chain(*made)))
    # Sentences that were there before teach nothing.
    different = {"".join(sentence) for sentence in made}
    assert model.settings["trained_on"] == sum(map(len, different))
    assert "prior" not in model.settings
    assert str(model.settings["made_by"]).startswith("nlptools ")


# --- arguments -----------------------------------------------------------------------------------


def test_watch_sees_every_step(made: list[list[str]]) -> None:
    seen: list[tuple[str, int, int]] = []
    with expectations() as found:
        train(joined(made), watch=lambda *step: seen.append(step))
    assert seen == [
        ("finding candidates", 1, 1),
        *(("learning", i, 9) for i in range(1, 10)),
        ("counting words", 1, 1),  # the pass over the whole corpus
    ]
    assert len(found) == 9
    assert all(one.log_likelihood < 0 for one in found)
    active = [sum(np.count_nonzero(level) for level in one.expected) for one in found]
    assert active[2] < active[0] / 2  # most candidates are dropped after two iterations


@pytest.mark.parametrize("texts", [[], [""], ["abc 123", "，。"]])
def test_nothing_to_learn_from(texts: list[str]) -> None:
    with pytest.raises(NlptoolsError, match="no Han characters"):
        train(texts)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"memory": 127_999_999}, "memory must be at least 128 MB"),
        ({"granularity": "medium"}, "one of coarse, default, fine, not 'medium'"),
        ({"penalty": (2, 7)}, "penalty must be 3 numbers"),
        ({"penalty": (0, 2, 7, 12)}, "penalty must be 3 numbers"),
        ({"penalty": (2, 7, math.nan)}, "penalty must be 3 numbers"),
        ({"penalty": (2, 7, math.inf)}, "penalty must be 3 numbers"),
        ({"penalty": (2, 7, -1000)}, "penalty must not be below -40"),
        ({"numerals": "join"}, "one of keep, split, not 'join'"),
        ({"prior_weight": 0}, "prior_weight must be above 0, not 0"),
        ({"prior_weight": -1.0}, "prior_weight must be above 0"),
        ({"prior_weight": math.nan}, "prior_weight must be above 0"),
        ({"prior_weight": math.inf}, "prior_weight must be above 0"),
        ({"sample": 0}, "sample must be at least 1, not 0"),
    ],
)
def test_settings_without_sense(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(["天地玄黄"], **settings)


@pytest.mark.parametrize("penalty", [(-40, -40, -40), (500, 500, 500), (0, 0, 0)])
def test_penalties_at_their_limits(penalty: tuple[float, ...], made: list[list[str]]) -> None:
    model = train(joined(made), penalty=penalty)
    assert np.isfinite(model.weights).all()
    assert (max(map(len, model.words)) == 1) == (penalty[0] == 500)


def test_a_corpus_is_a_corpus() -> None:
    with pytest.raises(TypeError, match="must be a Corpus"):
        train_model(iter(["天地玄黄"]))  # type: ignore[arg-type]


def test_the_model_does_not_depend_on_where_the_lattice_lies(made: list[list[str]]) -> None:
    """In memory or in a file, sorted at once or in parts, by one thread or three."""
    whole = train(joined(made)).text()
    for shelves, part, threads in ((0, 1, 1), (0, 100, 3), (20_000, 1 << 20, 2)):
        room = Room(10**6, threads, part, 1 << 10, shelves)
        with mock.patch("nlptools.wordmodel.train.room_within", lambda *given, room=room: room):
            assert train(joined(made)).text() == whole


@pytest.mark.parametrize(
    ("memory", "workers", "sample", "threads"),
    [
        # Millions of symbols fit into the least memory, and all that are worth it into a fifth of the usual.
        (128_000_000, 64, 6_666_666, 1),
        (256_000_000, 64, 12_000_000, 6),
        (256_000_000, 1, 14_000_000, 1),
        (1_000_000_000, 8, 14_000_000, 8),
    ],
)
def test_room_for_a_sample(memory: int, workers: int, sample: int, threads: int) -> None:
    room = room_within(memory, workers)
    assert (room.sample, room.threads) == (sample, threads)
    assert room_within(memory, workers, sample=1000).sample == 1000
    assert room_within(memory, workers, held=memory).sample == LEAST_SAMPLE


# --- real data -------------------------------------------------------------------------------------

PKU_TEST = "sighan05_pku_test"


def raw(name: str) -> list[str]:
    path = GOLD / f"{name}.seg.txt.xz"
    if not path.exists():
        pytest.skip(f"no file {path}; NLPTOOLS_DATA names the evaluation data")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return ["".join(line.split()) for line in lines]


@pytest.mark.parametrize(("more", "least"), [(["pd1998_01"], 0.829), ([], 0.797)])
def test_f1_on_pku(more: list[str], least: float) -> None:
    """Learnt from raw text alone; .8349 and .8008 when this was written."""
    text = raw(PKU_TEST)
    model = train([*text, *(line for name in more for line in raw(name))])
    segmenter = Segmenter.from_model(model)
    predicted = Corpus.from_texts([" ".join(segmenter.segment(line)) for line in text])
    gold = Corpus([GOLD / f"{PKU_TEST}.seg.txt.xz"])
    assert evaluate_segmentation(gold, predicted).words.f1 >= least


def test_a_prior_with_a_prior_weighs_what_it_holds() -> None:
    """Two models of one text: the expected counts of the one with a prior are more, so it weighs less."""
    texts = ["葡萄皮，吐葡萄皮，不吐葡萄"] * 3 + ["天地玄黄，宇宙洪荒"]
    alone = train(texts)
    carried = train(texts, prior=alone, prior_weight=1.0)
    sample = Sample(np.ones(3, np.uint16), ["葡"], np.zeros(2, np.uint16), 3)
    assert auto_prior_weight(sample, carried) <= auto_prior_weight(sample, alone)


def test_numerals_are_not_split_on_top_of_a_prior() -> None:
    with pytest.raises(ValueError, match="prior"):
        train(["葡萄"], prior=train(["葡萄"]), numerals="split")


words_of_few = st.text("山水云\U00020000a", min_size=1, max_size=5)


@given(st.lists(st.tuples(words_of_few, st.sampled_from([0.0, 0.5, 1.0, 2.0]))))
def test_words_come_by_their_numbers_then_by_text(listed: list[tuple[str, float]]) -> None:
    words, numbers = [word for word, _ in listed], np.array([n for _, n in listed], np.float64)
    order = most_first(as_joined(words), numbers)
    assert sorted(order.tolist()) == list(range(len(words)))
    assert [listed[i] for i in order] == sorted(listed, key=lambda pair: (-pair[1], pair[0]))


def test_symbols_spell_words() -> None:
    texts = as_joined(["山", "K8s", "\U00020000"])
    spelling = np.array([[1, 2, 0], [3, 3, 3], [2, 0, 0]], np.uint16)
    assert spelled(texts, spelling) == ["山K8s", "\U00020000" * 3, "K8s"]
    assert spelled(texts, spelling[:0]) == []


@given(st.dictionaries(words_of_few, st.tuples(st.floats(-20, 0), st.booleans()), min_size=1))
def test_everyday_words_weigh_more_than_their_parts(model: dict[str, tuple[float, bool]]) -> None:
    words, weights = list(model), np.array([weight for weight, _ in model.values()])
    often = np.array([flag for _, flag in model.values()])
    raised = keep_whole(as_joined(words), weights, np.ones(len(words)), often)
    weight_of = {word: weight for word, (weight, _) in model.items()}
    for word, weight, flag, now in zip(words, weights, often, raised, strict=True):
        cuts = [
            [word[a:b] for a, b in itertools.pairwise([0, *places, len(word)])]
            for number in range(1, len(word))
            for places in itertools.combinations(range(1, len(word)), number)
        ]
        best = max(
            (sum(weight_of.get(part, -np.inf) for part in cut) for cut in cuts), default=-np.inf
        )
        everyday = flag and len(word) in (2, 3)
        assert now == pytest.approx(max(weight, best + WHOLE_NATS) if everyday else weight)
