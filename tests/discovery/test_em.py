"""The method em: what is found and what is not, and that only the text decides."""

from __future__ import annotations

import random
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
from places import NOVEL, SAMPLES

from nlptools.base.spool import Spool
from nlptools.discovery import em
from nlptools.discovery.candidates import join_symbols
from nlptools.discovery.columns import SORT_COLUMNS
from nlptools.discovery.discover import discover_words
from nlptools.discovery.em import default_min_count_expected
from nlptools.discovery.method import default_min_count
from nlptools.discovery.table import WordTable, format_words
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.model import WordModel, general_model
from nlptools.wordmodel.train import train_model

GENERAL = general_model()


def discover(texts: Sequence[str] | Path, **how: Any) -> WordTable:
    """Without a prior where none is given: only the text speaks."""
    size = how.pop("block_size", 4 << 20)
    corpus = (
        Corpus([texts], block_size=size)
        if isinstance(texts, Path)
        else Corpus.from_texts(texts, block_size=size)
    )
    return discover_words(
        corpus, **{"prior": None, "background": None, "known": (), "workers": 1, **how}
    )


def printed(table: WordTable) -> str:
    return "".join(format_words(table, "tsv"))


def row_of(table: WordTable, word: str) -> dict[str, Any]:
    i = table.words.index(word)
    return {name: getattr(table, attribute)[i].item() for name, attribute in SORT_COLUMNS.items()}


@pytest.mark.parametrize("least, expected", [(2, 2), (4, 4), (5, 5), (8, 5), (13, 5), (75, 30)])
def test_least_count(least: int, expected: int) -> None:
    """That of the method entropy up to 5, four tenths of it where that is more."""
    assert default_min_count_expected(least) == expected


def test_join_symbols() -> None:
    spelling = np.array([[1, 2, 0, 0], [3, 1, 1, 2], [2, 0, 0, 0]])
    assert join_symbols(spelling, ["天", "K8s", "地"]) == ["天K8s", "地天天K8s", "K8s"]
    assert join_symbols(spelling[:0], ["天"]) == []


# --- what is found ---------------------------------------------------------------------------


def sentences(planted: Sequence[str], each: int = 12, seed: int = 1) -> list[str]:
    """Clauses of common two-character words, drawn by Zipf's law, with planted words among them."""
    rng = random.Random(seed)
    characters = [chr(0x4E00 + i) for i in range(120)]
    common = ["".join(rng.sample(characters, 2)) for _ in range(80)]
    weights = [1 / (i + 1) for i in range(80)]
    texts = []
    for word in [*planted, *[""] * len(planted)] * each:
        front = rng.choices(common, weights, k=rng.randint(0, 3))
        back = rng.choices(common, weights, k=rng.randint(0, 3))
        texts.append("".join(front) + word + "".join(back))
    return texts


# Of two and three symbols: in so little text four are always taken for two of two.
PLANTED = ["5G网络", "C语言", "K8s集群", "T恤", "沈渡秋", "𠮷野", "AA制"]


def test_mixed_words() -> None:
    """Words of letters, digits and Han characters are words as any other."""
    table = discover(sentences(PLANTED))
    assert set(PLANTED) <= set(table.words)
    assert not {"G网络", "8s集群", "s集群", "网络", "集群", "语言"} & set(table.words)
    for word in PLANTED:
        assert row_of(table, word)["count"] == 12
        assert 11 < row_of(table, word)["expected"] <= 12


@pytest.mark.parametrize(
    "latin, found",
    [("run", {"5G网", "T恤", "A股"}), ("char", {"T恤", "A股"}), ("break", set())],
)
def test_latin(latin: str, found: set[str]) -> None:
    table = discover(sentences(["5G网", "T恤", "A股"]), latin=latin, min_score=0.6)
    assert {word for word in table.words if any(c.isascii() for c in word)} == found
    assert len(table) > 10
    assert table.settings["latin"] == latin


def test_digits_as_symbols() -> None:
    """Where each digit is a symbol it may be part of a word; a number is none all the same."""
    startup = SAMPLES / "startup.txt"
    found = discover(startup, latin="char").words
    assert "K8s集群" in found
    assert not {"s集群", "8s集群"} & set(found)
    assert not any(word.isdigit() for word in discover(startup, latin="char", top=5000).words)


def test_the_samples_have_mixed_words() -> None:
    """As `discover` finds them, with the general model below."""
    found = set(discover_words(Corpus([SAMPLES / "startup.txt"])).words)
    assert {"K8s集群", "5G网络"} <= found
    assert "维生素C" in discover_words(Corpus([SAMPLES / "clinic.txt"])).words


def test_numbers() -> None:
    planted = ["3月", "第3章", "2.5倍", "１月", "三月", "K8s集群"]
    texts = sentences(planted)
    with_numbers = {"3月", "2.5倍", "１月"}
    every = discover(texts, numbers=True)
    assert with_numbers | {"三月", "K8s集群"} <= set(every.words)
    some = discover(texts)
    assert {"三月", "K8s集群"} <= set(some.words)
    assert not any(c in "0123456789１" for word in some.words if word != "K8s集群" for c in word)
    assert not with_numbers & set(discover(texts, top=10_000).words)


TERM = "中华人民共和国"


def with_terms() -> list[str]:
    rng = random.Random(5)
    words = ["中华", "人民", "共和国", "全国", "代表", "大会", "公司", "开了", "的", "在"]
    texts = ["".join(rng.choices(words, k=rng.randint(1, 4))) for _ in range(150)]
    ends = [(rng.choice(words), rng.choice(words), "，" * (i % 2)) for i in range(25)]
    texts += [f"{front}{mark}{TERM}{mark}{back}" for front, back, mark in ends]
    return texts


def test_terms() -> None:
    table = discover(with_terms(), prior="auto")
    assert TERM in table.words
    assert table.terms.tolist() == [len(word) > 4 for word in table.words]
    row = row_of(table, TERM)
    assert row["count"] >= 25
    assert row["expected"] <= row["count"]


@pytest.mark.parametrize("prior", [None, GENERAL])
@pytest.mark.parametrize(
    "lengths", [(2, 2), (2, 3), (2, 4), (2, 5), (2, 6), (2, 7), (3, 3), (3, 8), (4, 4), (4, 8)]
)
def test_lengths(lengths: tuple[int, int], prior: WordModel | None) -> None:
    """They leave words out; the numbers and the order of the others are what they are."""
    shortest, longest = lengths
    how: dict[str, Any] = {"min_score": 0, "prior": prior}
    every = discover(with_terms(), **how)
    table = discover(with_terms(), min_length=shortest, max_length=longest, **how)
    kept = [i for i, word in enumerate(every.words) if shortest <= len(word) <= longest]
    assert printed(table) == printed(every.select(np.array(kept)))
    assert {len(word) for word in table.words} >= set(range(shortest, min(longest, 7) + 1))
    assert table.terms.any() == (longest > 4)
    assert (TERM in table.words) == (longest > 6)


def test_lengths_are_those_of_symbols() -> None:
    table = discover(sentences(PLANTED), max_length=2)
    assert {"5G网络", "K8s集群"}.isdisjoint(table.words)
    assert "T恤" in table.words
    assert "K8s集群" in discover(sentences(PLANTED), max_length=3).words
    assert "K8s集群" not in discover(sentences(PLANTED), min_length=4).words


# --- the numbers of a table ------------------------------------------------------------------

PIECES = ["天地", "玄黄", "宇宙洪荒", "日月盈昃", "𠮷A", "B2B网络", "辰", "宿", "，", "，"]
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), max_size=4)


@settings(max_examples=60, deadline=None)
@given(TEXTS, st.integers(1, 4), st.sampled_from(["run", "char", "break"]), st.booleans())
def test_numbers_of_random_texts(texts: list[str], least: int, latin: str, numbers: bool) -> None:
    """Counts, PMI and entropies are those of the whole corpus; all words at least that frequent are there."""
    table = discover(texts, min_count=least, min_score=0, latin=latin, numbers=numbers)
    counts = oracles.count_ngrams(texts, 8, latin)
    ngrams = [tuple(oracles.symbols_of(word, latin)) for word in table.words]
    entropies = oracles.branching_entropy(texts, ngrams, latin)
    close = {"rel": 1e-9, "abs": 1e-9}
    assert table.counts.tolist() == [counts[w] for w in ngrams]
    for i, column in enumerate((table.left_entropy, table.right_entropy)):
        assert column.tolist() == pytest.approx([entropies[w][i] for w in ngrams], **close)
    short = [i for i, w in enumerate(ngrams) if len(w) <= 4]
    pmi = [oracles.pmi(counts, ngrams[i]) for i in short]
    assert table.pmi[short].tolist() == pytest.approx(pmi, **close)
    assert table.terms.tolist() == [len(w) > 4 for w in ngrams]
    assert (table.expected <= table.counts + 1e-6).all()
    assert (table.expected >= 0).all()
    assert ((table.shards >= 1) & (table.shards <= np.minimum(table.counts, 10))).all()
    assert table.passed.all()
    assert (table.scores >= 0).all()
    order = list(zip((-table.scores).tolist(), table.words, strict=True))
    assert order == sorted(order)
    alike = latin == "char" or numbers or "5" not in "".join(texts)
    wanted = {
        "".join(w) for w, c in counts.items() if 2 <= len(w) <= 4 and c >= max(least, 2) and alike
    }
    if least > 1 and alike:
        assert {word for word, i in zip(table.words, ngrams, strict=True) if len(i) <= 4} == wanted


def test_shards_are_tenths() -> None:
    # 100 symbols in a run each: 天地 in the first, the fourth and the last tenth.
    filler = "玄黄宇宙洪荒日月"
    runs = [list((filler * 13)[i : i + 10]) for i in range(0, 100, 10)]
    for number in (0, 3, 9):
        runs[number][4:6] = "天地"
    row = printed(discover(["，".join(map("".join, runs))], top=1000)).split("\n天地\t")[1]
    assert row.split("\t")[0] == "3"
    assert row.split("\t")[5] == "3"


# --- only the text decides -------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(TEXTS, st.integers(1, 60), st.integers(1, 3), st.sampled_from([None, 5]))
@example(["天地玄黄" * 200], 7, 2, None)
def test_blocks_and_workers_do_not_matter(
    texts: list[str], size: int, workers: int, top: int | None
) -> None:
    how: dict[str, Any] = {"min_count": 2, "min_score": 0.1, "top": top}
    whole = discover(texts, **how)
    pieces = discover(texts, block_size=size, workers=workers, **how)
    assert printed(pieces) == printed(whole)
    assert pieces.removed == whole.removed


@pytest.mark.parametrize("prior", [None, "auto"])
def test_blocks_and_workers_do_not_matter_for_the_samples(prior: str | None) -> None:
    files = [SAMPLES / name for name in ("novel.txt", "clinic.txt", "startup.txt")]
    whole = printed(discover_words(Corpus(files), prior=prior, workers=1))
    assert whole.count("\n") > 100
    for size, workers in ((1000, 3), (50_000, 2)):
        corpus = Corpus(files, block_size=size)
        assert printed(discover_words(corpus, prior=prior, workers=workers)) == whole


def test_the_folder_and_a_second_run_do_not_matter(tmp_path: Path) -> None:
    first, again = discover(NOVEL), discover(NOVEL, tmp_dir=tmp_path, memory=128_000_000)
    assert printed(again) == printed(first)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("more", [0, 1, 4])
@pytest.mark.parametrize(
    "how", [{}, {"top": 700}, {"max_length": 3}, {"min_length": 3, "min_score": 0}]
)
def test_counts_made_earlier_change_nothing(more: int, how: dict[str, Any]) -> None:
    counts = count_ngrams(Corpus([NOVEL]), order=5 + more)
    made = discover(NOVEL, **how)
    given_them = discover(NOVEL, counts=counts, **how)
    assert printed(given_them) == printed(made)
    assert given_them.removed == made.removed
    assert given_them.symbols == made.symbols


def test_counts_with_their_own_latin() -> None:
    """The counts say what a symbol is."""
    texts = sentences(PLANTED)
    counts = count_ngrams(Corpus.from_texts(texts), order=5, latin="char")
    table = discover(texts, counts=counts)
    assert table.settings["latin"] == "char"
    assert printed(table) == printed(discover(texts, latin="char"))


# --- bars, lists, top ------------------------------------------------------------------------


def test_bars() -> None:
    """min_score, and where they are given min_pmi and min_entropy; what each took out is told."""
    every = discover(NOVEL, min_score=0)
    assert every.passed.all()
    assert list(every.removed)[:2] == ["rarer than 2", "score below 0"]
    for score in (0.3, 0.7, 2):
        table = discover(NOVEL, min_score=score)
        assert table.words == [
            w for w, s in zip(every.words, every.scores, strict=True) if s >= score
        ]
        assert table.removed[f"score below {score:g}"] == len(every) - len(table)
    best = discover(NOVEL)
    free = np.minimum(best.left_entropy, best.right_entropy)
    table = discover(NOVEL, min_entropy=1.9)
    assert table.words == [w for w, f in zip(best.words, free, strict=True) if f >= 1.9]
    assert 0 < table.removed["entropy"] == len(best) - len(table)
    table = discover(NOVEL, min_pmi=[5.5, 6.5])
    passing = (best.pmi >= 5.5) & ((best.pmi >= 6.5) | np.array([len(w) == 2 for w in best.words]))
    assert table.words == [w for w, p in zip(best.words, passing, strict=True) if p]
    assert 0 < table.removed["PMI"] == len(best) - len(table)
    both = discover(NOVEL, min_pmi=[5.5, 6.5], min_entropy=1.9)
    assert both.removed["PMI"] == table.removed["PMI"]
    assert len(both) == len(best) - both.removed["PMI"] - both.removed["entropy"]
    assert both.settings["min_pmi"] == "5.5,6.5"
    assert both.settings["min_entropy"] == "1.9"


def test_min_pmi_is_for_words_of_so_many_symbols() -> None:
    """K8s集群 has three, whatever the number of characters."""
    texts = sentences(PLANTED)
    assert "K8s集群" in discover(texts, min_pmi=[0, 1, 99]).words
    assert "K8s集群" not in discover(texts, min_pmi=[0, 99, 0]).words
    texts = sentences(["K8机"])
    assert "K8机" in discover(texts, min_pmi=[1, 99]).words
    assert "K8机" not in discover(texts, min_pmi=[1, 99], latin="char").words


def test_min_count() -> None:
    every = discover(NOVEL, min_score=0)
    table = discover(NOVEL, min_count=6, min_score=0)
    short = [word for word in every.words if len(word) <= 4]
    counts = dict(zip(every.words, every.counts.tolist(), strict=True))
    assert {word for word in table.words if len(word) <= 4} == {w for w in short if counts[w] >= 6}
    assert table.counts.min() >= 6
    assert table.removed["rarer than 6"] == sum(counts[word] < 6 for word in short)
    symbols = every.symbols
    assert every.settings["min_count"] == default_min_count_expected(default_min_count(symbols))


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.integers(0, 30), st.sampled_from([0.0, 0.3, 0.7]))
def test_top_gives_a_ranking(texts: list[str], top: int, score: float) -> None:
    how: dict[str, Any] = {"min_count": 2, "min_score": score, "numbers": True}
    passing, every = discover(texts, **how), discover(texts, **{**how, "min_score": 0})
    table = discover(texts, top=top, **how)
    assert table.words[: len(passing)] == passing.words[:top]
    assert table.passed.tolist() == [i < len(passing) for i in range(len(table))]
    assert len(table) == min(top, len(every))
    assert len(set(table.words)) == len(table)
    assert set(table.words) <= set(every.words)


def test_which_of_equal_ones_fill_up_does_not_depend_on_their_order() -> None:
    """Words are scored by parts, which follow --memory."""
    rank, kept = em.rank_expected, []

    def keep(*given: Any) -> em.Ranked:
        kept.append(rank(*given))
        return kept[-1]

    with mock.patch.object(em, "rank_expected", keep):
        discover_words(Corpus([NOVEL]))
    records = np.concatenate(list(kept[0].words))
    records["score"] = 0.1  # more than most terms have
    found = []
    for ordered in (records, records[::-1]):
        words = Spool(1 << 30, None)
        words.append(ordered)
        ranked = replace(kept[0], words=words)
        found.append([ranked.table(number, 9).sorted().words for number in (1, 100, 700)])
    assert [len(words) for words in found[0]] == [1, 100, 700]
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"min_score": 9},
        {"min_pmi": [7]},
        {"background": GENERAL},
        {"new_only": True, "known": {"什么"}},
    ],
)
def test_top_fills_up(how: dict[str, Any]) -> None:
    """The first N of the top 5,000, whatever N is; what passes comes first."""
    everything = discover(NOVEL, top=5000, **how)
    passing = discover(NOVEL, **how)
    assert len(everything) > 1000
    assert everything.words[: len(passing)] == passing.words
    assert not everything.passed[len(passing) :].any()
    rest = everything.scores[len(passing) :]
    assert (np.diff(rest) <= 0).all()
    for top in (1, 5, 100, 400):
        assert discover(NOVEL, top=top, **how).words == everything.words[:top]
    assert "什么" in everything.words or how.get("new_only")


def test_top_with_a_background_that_has_almost_everything() -> None:
    """What is best by the score alone is nothing then, and the best of the others is far down."""
    model = train_model(Corpus([NOVEL]), workers=1)
    assert model.settings["symbols"] <= 8409
    everything = discover(NOVEL, top=5000, background=model)
    plain = discover(NOVEL, top=5000)
    assert plain.words.index(everything.words[0]) > 20
    assert np.median(everything.scores) == 0
    for top in (1, 5, 20):
        assert discover(NOVEL, top=top, background=model).words == everything.words[:top]


def test_known_words() -> None:
    """Marked, or left out, after the ranking: their scores and those of the others stay what they are."""
    plain = discover(NOVEL)
    known = {*plain.words[::3], "没有的词"}
    marked = discover(NOVEL, known=known)
    assert marked.words == plain.words
    assert np.array_equal(marked.scores, plain.scores)
    assert marked.known.tolist() == [word in known for word in plain.words]
    new = discover(NOVEL, known=known, new_only=True)
    assert new.words == [word for word in plain.words if word not in known]
    assert new.scores.tolist() == [
        s for w, s in zip(plain.words, plain.scores.tolist(), strict=True) if w not in known
    ]
    assert new.removed["known already"] == len(plain) - len(new) > 0
    many = discover(NOVEL, known=known, new_only=True, top=len(plain))
    assert many.words[: len(new)] == new.words
    assert len(many) == len(plain)
    assert not known & set(many.words)


def test_known_words_are_folded() -> None:
    """And listed as they stand in the text."""
    texts = sentences(["Ｔ恤"])
    corpus = Corpus.from_texts(texts, fold=["nfkc", "lower"])
    table = discover_words(corpus, known=["Ｔ恤"], prior=None)
    assert table.known[table.words.index("Ｔ恤")]


@pytest.mark.parametrize("by", [*SORT_COLUMNS, "word"])
def test_sort(by: str) -> None:
    best, table = discover(NOVEL, top=300), discover(NOVEL, top=300, sort=by)
    assert sorted(table.words) == sorted(best.words)
    if by == "word":
        assert table.words == sorted(table.words)
    elif by != "score":
        values = (-getattr(table, SORT_COLUMNS[by])).tolist()
        rows = list(zip(values, table.words, strict=True))
        assert rows == sorted(rows)


# --- other text ------------------------------------------------------------------------------

INVENTED = ["沈渡秋", "陆青蘅", "贺三拐", "司空翎", "莫九笙", "晏归舟"]


def test_a_prior() -> None:
    """auto: the general model for a short text. What it knows as words is expected more often."""
    alone, general = discover(NOVEL, top=5000), discover(NOVEL, top=5000, prior=GENERAL)
    assert printed(discover(NOVEL, top=5000, prior="auto")) == printed(general)
    assert general.settings["prior"] == GENERAL.settings["sha256"][:8]
    assert discover(NOVEL, prior="auto").settings["prior"] == "general"
    assert "prior" not in alone.settings
    short = [word for word in alone.words if len(word) <= 4]
    assert sorted(short) == sorted(word for word in general.words if len(word) <= 4)
    assert row_of(general, "没有")["count"] == row_of(alone, "没有")["count"]
    assert not np.array_equal(general.scores, alone.scores)
    with pytest.raises(
        ValueError, match="prior must be a WordModel, \"auto\" or None, not 'genral'"
    ):
        discover(NOVEL, prior="genral")


def test_a_prior_of_other_characters() -> None:
    other = train_model(Corpus.from_texts(["甲乙丙丁" * 30 + "，甲乙，丙丁"]), workers=1)
    table = discover(NOVEL, prior=other, top=5000)
    assert set(INVENTED) <= set(table.words[:40])


# --- little text -----------------------------------------------------------------------------


LITTLE = [
    *([], ["", ""], ["，。\n"], ["天"], ["天地玄"], ["天，天，天"], ["天地", "天地", "天地"]),
    *(
        ["hello, world!"],
        ["hello hello hello, hello world"] * 3,
        ["3 月 3 月", "3月"],
        ["天" * 500],
        ["天地" * 300],
        ["A天A天A天"],
        ["\0\0\0"],
    ),
]


@pytest.mark.parametrize("prior", [None, GENERAL])
@pytest.mark.parametrize("texts", LITTLE)
def test_little_text(texts: list[str], prior: WordModel | None) -> None:
    """Nothing, one thing, one thing again and again: no warning, and what is there is counted."""
    for how in ({}, {"top": 5}, {"min_count": 1, "min_score": 0, "numbers": True}):
        table = discover(texts, prior=prior, **how)
        counts = Counter(oracles.count_ngrams(texts, 8))
        plain = table.where(~table.marked)  # tests/discovery/test_marked.py has the others
        for word, count in zip(plain.words, plain.counts.tolist(), strict=True):
            assert count == counts[tuple(oracles.symbols_of(word))]
        assert np.isfinite(table.scores).all()


def test_what_the_watcher_sees() -> None:
    """Every step before it begins, to the last one; terms where they are looked for."""
    seen: list[tuple[str, int, int]] = []
    discover(with_terms(), watch=lambda *step: seen.append(step))
    assert list(dict.fromkeys(seen)) == [
        ("finding candidates", 1, 1),
        *(("learning", i, 7) for i in range(1, 8)),
        ("counting words", 1, 1),
        ("finding terms", 1, 1),
        ("ranking", 1, 1),
    ]
    seen.clear()
    discover(with_terms(), watch=lambda *step: seen.append(step), max_length=4)
    assert "finding terms" not in [stage for stage, *_ in seen]
    assert seen[-1] == ("ranking", 1, 1)
    seen.clear()
    discover(["，"], watch=lambda *step: seen.append(step))
    assert [stage for stage, *_ in seen] == ["finding candidates", "ranking"]
