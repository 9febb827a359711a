"""What `explain` computes: one corpus done by hand, and the neighbours of every n-gram by brute force."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from click.testing import CliRunner

from nlptools.cli import main
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import MAX_ORDER, NgramCounts, load_counts
from nlptools.ngrams.explain import explain_word, word_symbols
from nlptools.ngrams.scores import all_sides, frequent_ngrams, pmi
from nlptools.text.corpus import Corpus

# 15 symbols: 国 4, 家 4, 标 3, 准 3, 管 1.
TEXTS = ["国家标准，国家标准。", "国家管", "准国家标"]


def count(texts: list[str], order: int = 5, latin: str = "run") -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, latin=latin)


def test_by_hand() -> None:
    found = explain_word(count(TEXTS), "国家")
    assert (found.word, found.symbols, found.count, found.total) == ("国家", ["国", "家"], 4, 15)
    (split,) = found.splits
    assert (split.left, split.right, split.left_count, split.right_count) == ("国", "家", 4, 4)
    # ln(15 * 4 / (4 * 4)) = ln 3.75
    assert found.pmi == split.pmi == pytest.approx(math.log(3.75))
    # To the right: 标 three times, 管 once: 3/4 ln(4/3) + 1/4 ln 4.
    assert found.right is not None
    assert found.right.neighbours == [("标", 3), ("管", 1)]
    assert (found.right.breaks, found.right.variety) == (0, 2)
    assert found.right.entropy == pytest.approx(0.75 * math.log(4 / 3) + 0.25 * math.log(4))
    # To the left: 准 once, and three breaks, each another neighbour: ln 4.
    assert found.left is not None
    assert found.left.neighbours == [("准", 1)]
    assert (found.left.breaks, found.left.variety) == (3, 4)
    assert found.left.entropy == pytest.approx(math.log(4))


def test_the_weakest_split_counts() -> None:
    found = explain_word(count(TEXTS), "国家标")
    # 国|家标: 15 * 3 / (4 * 3); 国家|标: 15 * 3 / (4 * 3)
    assert [(s.left, s.right, s.left_count, s.right_count) for s in found.splits] == [
        ("国", "家标", 4, 3),
        ("国家", "标", 4, 3),
    ]
    assert found.pmi == min(split.pmi for split in found.splits) == pytest.approx(math.log(3.75))
    assert found.right is not None
    assert found.right.neighbours == [("准", 2)]
    assert found.right.breaks == 1


def test_it_shows_itself() -> None:
    found = explain_word(count(TEXTS), "国家")
    assert repr(found) == (
        "Explanation('国家': count 4 of 15, PMI 1.3218, entropy 1.3863 left, 0.5623 right)"
    )
    assert repr(found.right) == "Side(entropy 0.5623, variety 2: 标 3 管 1)"
    assert repr(explain_word(count(TEXTS, order=2), "国家")) == (
        "Explanation('国家': count 4 of 15, PMI 1.3218)"
    )
    assert repr(explain_word(count(TEXTS), "龘")) == "Explanation('龘': never occurs)"
    many = explain_word(count(["".join(f"字{other}" for other in "一二三四五六")]), "字").right
    assert repr(many) == "Side(entropy 1.7918, variety 6: 一 1 三 1 二 1 五 1 六 1 ...)"


def test_one_symbol() -> None:
    found = explain_word(count(TEXTS), "国")
    assert (found.splits, found.pmi) == ([], math.inf)
    assert found.left is not None
    assert found.left.neighbours == [("准", 1)]


@pytest.mark.parametrize("word", ["龘", "龘龘", "家国", "管国家"])
def test_a_word_that_never_occurs(word: str) -> None:
    found = explain_word(count(TEXTS), word)
    assert found.count == 0
    assert found.left is None
    assert found.right is None
    assert math.isnan(found.pmi)
    assert all(math.isnan(split.pmi) for split in found.splits)


def test_at_the_highest_order_there_are_no_neighbours() -> None:
    found = explain_word(count(TEXTS, order=2), "国家")
    assert found.count == 4
    assert found.left is None
    assert found.right is None
    assert found.pmi == pytest.approx(math.log(3.75))


def test_runs_of_letters_are_one_symbol() -> None:
    counts = count(["用5G网络，5G网络", "15G网络"])
    assert explain_word(counts, "5G网络").count == 2
    assert explain_word(counts, "5G网络").symbols == ["5G", "网", "络"]
    single = count(["用5G网络，5G网络", "15G网络"], latin="char")
    assert explain_word(single, "5G网").symbols == ["5", "G", "网"]
    assert explain_word(single, "5G网").count == 3


@pytest.mark.parametrize("word", ["", "，", "国，家", "国 家", "国家。", "5G 网", "\udcff"])
def test_a_break_inside(word: str) -> None:
    with pytest.raises(NlptoolsError, match="break in it") as caught:
        explain_word(count(TEXTS), word)
    assert caught.value.hint == "ask for the parts between the breaks"
    with pytest.raises(NlptoolsError, match="break in it"):
        word_symbols(word)


def test_longer_than_the_counts() -> None:
    with pytest.raises(NlptoolsError, match=r"'国家标准' has 4 symbols, .* up to 3") as caught:
        explain_word(count(TEXTS, order=3), "国家标准")
    assert caught.value.hint == "count with --order 5"


@pytest.mark.parametrize(
    "length, hint",
    [(MAX_ORDER, f"count with --order {MAX_ORDER}"), (MAX_ORDER + 1, "ask for its parts")],
)
def test_hint_is_possible(length: int, hint: str) -> None:
    with pytest.raises(NlptoolsError) as caught:
        explain_word(count(TEXTS, order=3), "国" * length)
    assert caught.value.hint == hint


def random_texts(seed: int) -> list[str]:
    rng = random.Random(seed)
    signs = ["国", "家", "标", "准", "𠮷", "5G", "AI", "，"]
    return ["".join(rng.choices(signs, k=rng.randrange(12))) for _ in range(60)]


def stretches_of(texts: list[str]) -> list[list[str]]:
    """Symbols between breaks, by hand: the letters of neighbouring runs flow into one."""
    found = []
    for text in texts:
        for stretch in text.split("，"):
            symbols: list[str] = []
            for sign in stretch:
                if symbols and sign.isascii() and symbols[-1].isascii():
                    symbols[-1] += sign
                else:
                    symbols.append(sign)
            found.append(symbols)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_neighbours_are_those_of_a_slow_count(seed: int) -> None:
    texts = random_texts(seed)
    counts, stretches = count(texts, order=4), stretches_of(texts)
    seen: Counter[tuple[str, ...]] = Counter()
    left: dict[tuple[str, ...], Counter[str]] = {}
    right: dict[tuple[str, ...], Counter[str]] = {}
    for symbols in stretches:
        for n in (1, 2, 3):
            for i in range(len(symbols) - n + 1):
                ngram = tuple(symbols[i : i + n])
                seen[ngram] += 1
                left.setdefault(ngram, Counter()).update(symbols[i - 1 : i] if i else [])
                right.setdefault(ngram, Counter()).update(symbols[i + n : i + n + 1])
    assert len(seen) > 100
    for ngram, number in seen.items():
        found = explain_word(counts, "".join(ngram))
        assert found.symbols == list(ngram)
        assert found.count == number
        for side, expected in ((found.left, left[ngram]), (found.right, right[ngram])):
            assert side is not None
            assert dict(side.neighbours) == dict(expected)
            assert side.neighbours == sorted(side.neighbours, key=lambda item: (-item[1], item[0]))
            assert side.breaks == number - sum(expected.values())
            shares = [c / number for c in expected.values()] + [1 / number] * side.breaks
            entropy = -sum(share * math.log(share) for share in shares)
            assert side.entropy == pytest.approx(entropy, abs=1e-9)


@pytest.mark.parametrize("seed", range(2))
def test_the_same_numbers_as_the_word_table(seed: int) -> None:
    """explain.py works n-gram by n-gram, scores.py on whole arrays; they must agree."""
    counts = count(random_texts(seed), order=4)
    frequent = frequent_ngrams(counts, 2, 3)
    for n, side in enumerate(all_sides(frequent, 3), 1):
        level = frequent.levels[n - 1]
        cohesion = pmi(frequent, n) if n > 1 else np.full(len(level), np.inf)
        for i, word in enumerate(counts.texts(n, level.rows)):
            found = explain_word(counts, word)
            assert found.left is not None
            assert found.right is not None
            assert found.count == level.counts[i]
            assert found.pmi == pytest.approx(cohesion[i])
            assert found.left.entropy == pytest.approx(side.left_entropy[i], abs=1e-9)
            assert found.right.entropy == pytest.approx(side.right_entropy[i], abs=1e-9)


def test_from_a_file(tmp_path: Path) -> None:
    counts = count(TEXTS)
    counts.save(tmp_path / "c")
    for mapped in (True, False):
        loaded = load_counts(tmp_path / "c", mapped=mapped)
        for word in ("国", "国家", "国家标准", "家国"):
            found, expected = explain_word(loaded, word), explain_word(counts, word)
            assert repr(found) == repr(expected)


def asked(*arguments: str | Path) -> str:
    """What `nlptools explain` prints."""
    done = CliRunner().invoke(main, ["explain", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_words_are_folded_as_the_corpus_is(tmp_path: Path) -> None:
    text, counts, raw = tmp_path / "a.txt", tmp_path / "folded", tmp_path / "raw"
    text.write_text("用5G网络，5g网络，５Ｇ网络", encoding="utf-8")
    assert asked("5G网络", "--corpus", text).startswith("5G网络  count 1 of ")
    lower = asked("5G网络", "--corpus", text, "--fold", "lower")
    assert lower.startswith("5g网络  count 2 of ")
    assert lower.count("[5g网络]") == 2
    both = asked("5Ｇ网络", "--corpus", text, "--fold", "lower", "--fold", "nfkc")
    assert both.startswith("5g网络  count 3 of ")

    count_ngrams(Corpus([text], fold=["nfkc", "lower"])).save(counts)
    count_ngrams(Corpus([text])).save(raw)
    # Without --fold: as the counts were made, the corpus for the contexts too.
    assert asked("５Ｇ网络", "--counts", counts).startswith("5g网络  count 3 of ")
    assert asked("5G网络", "--counts", counts, "--corpus", text).count("[5g网络]") == 3
    assert asked("5G网络", "--counts", raw).startswith("5G网络  count 1 of ")
    # --fold comes first.
    assert asked("５G网络", "--counts", counts, "--fold", "lower") == (
        "５g网络  count 0 of 10 symbols\n  never occurs\n"
    )
    assert asked("5G网络", "--counts", raw, "--fold", "lower").startswith("5g网络  count 1 of ")


def test_counts_with_a_fold_that_is_unknown(tmp_path: Path) -> None:
    counts = count(TEXTS)
    later = replace(counts, settings=replace(counts.settings, fold=("future",)))
    later.save(tmp_path / "c")
    done = CliRunner().invoke(main, ["explain", "国家", "--counts", str(tmp_path / "c")])
    assert done.exit_code == 1
    assert "c: counted with an unknown fold: 'future'\nhint: name yours with --fold" in done.stderr
    assert asked("国家", "--counts", tmp_path / "c", "--fold", "lower").startswith("国家  count 4")
