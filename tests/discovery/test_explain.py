"""Why words stand where they do: the arithmetic is that of the score, and each bar is named that drops a word."""

from __future__ import annotations

import math
from typing import Any

import pytest
from places import NOVEL

from nlptools.discovery.discover import discover_words
from nlptools.discovery.em_score import BEHIND
from nlptools.discovery.evidence import Explained
from nlptools.discovery.explain import Standing
from nlptools.discovery.table import WordTable, format_words
from nlptools.text.corpus import Corpus

CORPUS = Corpus([str(NOVEL)])


def stand(*words: str, corpus: Any = CORPUS, **how: Any) -> tuple[WordTable, dict[str, Standing]]:
    explained = Explained(words)
    return discover_words(corpus, explained=explained, **how), explained.standing


@pytest.fixture(scope="module")
def table() -> WordTable:
    return discover_words(CORPUS)


@pytest.fixture(scope="module")
def every(table: WordTable) -> dict[str, Standing]:
    """Of all words of the list, and of some that are in none."""
    found, standing = stand(*table.words, "沈渡", "他说", "的", "龘龘")
    assert list(format_words(found, "tsv")) == list(format_words(table, "tsv"))
    return standing


def test_the_arithmetic_is_that_of_the_list(table: WordTable, every: dict[str, Standing]) -> None:
    for rank, (word, score) in enumerate(zip(table.words, table.scores.tolist(), strict=True), 1):
        one = every[word]
        assert (one.rank, one.words, one.bars) == (rank, len(table), [])
        assert one.evidence is not None
        assert one.newness is not None
        odds = math.exp(one.evidence.nats)
        behind = BEHIND if one.evidence.behind else 1.0
        assert one.evidence.probability == pytest.approx(behind * odds / (1 + odds), abs=1e-9)
        assert one.score == score
        assert score == pytest.approx(one.evidence.probability * one.newness.value, abs=1e-9)
    kinds = {every[word].evidence.kind for word in table.words}  # type: ignore[union-attr]
    assert kinds == {"listed", "word"}


def test_a_term() -> None:
    """Of the terms, however bad."""
    terms = [row for row in discover_words(CORPUS, min_score=0, min_length=5) if row.term]
    _, standing = stand(*(row.word for row in terms), min_score=0)
    for row in terms:
        one = standing[row.word].evidence
        assert one is not None
        assert (one.kind, one.seen["counts"]) == ("term", row.count)
        odds = (BEHIND if one.behind else 1.0) / (1 + math.exp(-one.nats))
        assert one.probability == pytest.approx(odds, abs=1e-9)
    assert len(terms) == 3


def test_the_rank_without_newness(table: WordTable, every: dict[str, Standing]) -> None:
    plain = discover_words(CORPUS, background=None)
    ranks = {word: rank for rank, word in enumerate(plain.words, 1)}
    assert {word: every[word].plain_rank for word in table.words} == ranks
    _, alone = stand("沈渡秋", background=None)
    assert (alone["沈渡秋"].rank, alone["沈渡秋"].newness) == (ranks["沈渡秋"], None)


def test_a_word_that_a_longer_one_took(every: dict[str, Standing]) -> None:
    one = every["沈渡"]
    assert (one.rank, one.evidence.kind) == (None, "word")  # type: ignore[union-attr]
    assert one.bars == [f"score {one.plain_score:.4f} is below 0.4 (--min-score)"]
    whole, free = one.evidence.behind  # type: ignore[union-attr]
    assert whole.startswith("only 0 of 35 occurrences begin and end where words do")
    assert "entropy 0.0000, no more than 0.1" in free
    assert (one.longer[0].word, one.longer[0].passed) == ("沈渡秋", True)
    assert one.cuts is not None
    assert (one.cuts.inside, one.cuts.ways) == (35, [(("沈渡秋",), 35)])
    assert [near.word for near in every["沈渡秋"].shorter] == ["渡秋", "沈渡"]


def test_words_that_are_no_candidates(every: dict[str, Standing]) -> None:
    assert every["的"].bars == ["1 symbol: words have from 2 to 8 (--min-length, --max-length)"]
    assert every["的"].cuts is not None
    assert every["的"].cuts.whole > 200
    assert every["龘龘"].bars[0].startswith("rarer than 2 (--min-count)")
    assert (every["龘龘"].score, every["龘龘"].cuts, every["龘龘"].evidence) == (None, None, None)


def test_one_run_explains(table: WordTable) -> None:
    calls: list[str] = []
    stand("沈渡秋", watch=lambda stage, *_: calls.append(stage))
    without: list[str] = []
    discover_words(CORPUS, watch=lambda stage, *_: without.append(stage))
    assert calls == without
    assert calls[-1] == "ranking"


@pytest.mark.parametrize(
    "word, how, bar",
    [
        ("沈渡秋", {"min_count": 36}, "rarer than 36 (--min-count)"),
        ("沈渡秋", {"max_length": 2}, "3 symbols: words have from 2 to 2"),
        ("沈渡秋", {"min_length": 4}, "3 symbols: words have from 4 to 8"),
        ("松烟派", {"min_score": 0.9999}, "is below 0.9999 (--min-score)"),
        ("沈渡秋", {"min_pmi": (2.0, 6.0)}, "PMI 5.3995 is below 6 (--min-pmi)"),
        ("沈渡秋", {"min_entropy": 3.2}, "entropy 3.0352 is below 3.2 (--min-entropy)"),
        ("沈渡秋", {"rejected": {"沈渡秋"}}, "rejected (--rejected)"),
        ("沈渡秋", {"known": {"沈渡秋"}, "new_only": True}, "known already (--new-only)"),
        ("松烟派", {"top": 5}, "behind the first 5 (--top)"),
        ("沈渡秋着一点纸灯", {}, "no sequence of two to four words"),
        ("沈·渡", {}, "a sign or a blank inside, and rarer than"),
        ("沈·渡", {"method": "entropy"}, "takes every sign for a break: --method em"),
        ("沈渡秋", {"method": "entropy", "min_pmi": (6.0,)}, "PMI 5.3995 is below 6 (--min-pmi)"),
        ("渡秋", {"method": "entropy"}, "entropy 0.1269 is below 0.904 (--min-entropy)"),
        ("他说", {"method": "lm"}, "the method did not put it forward"),
    ],
)
def test_every_bar_is_named(word: str, how: dict[str, Any], bar: str) -> None:
    table, standing = stand(word, **how)
    assert word not in table.words
    assert standing[word].rank is None
    assert any(bar in one for one in standing[word].bars), standing[word].bars


def test_a_number_in_figures() -> None:
    texts = ["他3月来了，", "我3月走了，", "她3月回家，", "在3月之后。"]
    _, standing = stand("3月", corpus=Corpus.from_texts(texts))
    assert standing["3月"].bars == ["a number in figures (--numbers keeps it)"]


def test_an_accepted_word_is_in_the_list_and_has_no_bars() -> None:
    table, standing = stand("沈渡", accepted={"沈渡"})
    assert standing["沈渡"].rank == table.words.index("沈渡") + 1
    assert standing["沈渡"].bars == []


@pytest.mark.parametrize("method", ["entropy", "lm", "pmi"])
def test_other_methods_have_ranks_and_no_factors(method: str) -> None:
    table, standing = stand("沈渡秋", method=method)
    one = standing["沈渡秋"]
    assert one.rank == table.words.index("沈渡秋") + 1
    assert (one.method, one.evidence, one.cuts) == (method, None, None)
    assert one.newness is not None
    assert one.score == pytest.approx(one.plain_score * one.newness.value)  # type: ignore[operator]
    assert one.candidates > len(table) / 2


def test_nothing_depends_on_blocks_and_workers(every: dict[str, Standing]) -> None:
    small = Corpus([str(NOVEL)], block_size=2000)
    _, standing = stand("沈渡秋", "什么", "松烟派", corpus=small, workers=2)
    assert standing == {word: every[word] for word in standing}
