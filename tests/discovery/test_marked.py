"""Words with a sign inside in the list of method em: which there are, and that only the text decides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from nlptools.discovery.discover import discover_words
from nlptools.discovery.table import WordTable, format_words
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus
from nlptools.usage.usage import measure_usage

# Invented; each stands between other characters every time.
NAMES = ["卡莱尔·布朗", "雷米·萨博·科特"]
RUNS = ["Norda Pro", "Vela Note Max", "5Q-B"]
BESIDE = ["糖类因子19-9", "β-罗素", "洛河型病毒（2031-nLoV）"]
AROUND = "山水风云日月江河湖海春夏秋冬东西南北红黄蓝白"


def text(words: Sequence[str], times: int = 12, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    lines = [
        "".join(rng.choices(AROUND, k=3)) + word + "".join(rng.choices(AROUND, k=3))
        for word in words
        for _ in range(times)
    ]
    rng.shuffle(lines)
    return lines


def discover(texts: Sequence[str], **how: Any) -> WordTable:
    corpus = Corpus.from_texts(texts, block_size=how.pop("block_size", 4 << 20))
    how = {"prior": None, "background": None, "workers": 1, **how}
    return discover_words(corpus, **how)


def printed(table: WordTable) -> str:
    return "".join(format_words(table, "tsv"))


def marked(table: WordTable) -> set[str]:
    return {word for word, flag in zip(table.words, table.marked, strict=True) if flag}


def test_all_kinds_are_found_whole() -> None:
    table = discover(text([*NAMES, *RUNS, *BESIDE]))
    # Vela Note is no word without Max, nor are 罗素 with a hyphen alone and the parts of names.
    assert marked(table) == {*NAMES, *RUNS, *BESIDE, "2031-nLoV"}
    assert set(table.counts[table.marked].tolist()) == {12}
    assert (table.scores[table.marked] > 0.5).all()


def test_numbers_worked() -> None:
    """Two words of one symbol each: 12 occurrences of both, 12 together; 12 kinds of neighbours at most."""
    texts = text(["Norda Pro"])
    table = discover(texts)
    at = table.words.index("Norda Pro")
    total = count_ngrams(Corpus.from_texts(texts)).total
    assert table.pmi[at] == pytest.approx(np.log(total * 12 / (12 * 12)))
    usage = measure_usage([Corpus.from_texts(texts)], ["Norda Pro"])
    assert table.left_entropy[at] == pytest.approx(usage.left_entropy[0])
    assert table.right_entropy[at] == pytest.approx(usage.right_entropy[0])
    # -1 + 0.2 PMI + 1.5 ln(entropy + 0.1), and one occurrence of 13 is not counted.
    freedom = min(table.left_entropy[at], table.right_entropy[at])
    nats = -1 + 0.2 * table.pmi[at] + 1.5 * np.log(freedom + 0.1)
    assert table.scores[at] == pytest.approx(12 / 13 / (1 + np.exp(-nats)))


def test_counts_are_those_that_others_count() -> None:
    texts = text([*NAMES, *RUNS, *BESIDE])
    table = discover(texts)
    words = sorted(marked(table))
    usage = measure_usage([Corpus.from_texts(texts)], words)
    assert usage.counts.tolist() == [table.counts[table.words.index(word)] for word in words]


def test_what_is_no_word() -> None:
    fragments = [
        *("for Norda", "22.04 LTS", "3 4"),  # a preposition, numbers first
        *("健康18-65岁", "8千-1万", "用-p"),  # figures that do not end a word; two runs; an option
    ]
    assert marked(discover(text(fragments))) == set()
    # A word that seldom has a bracket behind it.
    rare = [*text(["洛河型（LH）"]), *text(["洛河型"], 60)]
    assert marked(discover(rare)) == set()


def test_variants_of_a_sign_are_one_word_in_the_commonest_form() -> None:
    texts = [*text(["卡莱尔•布朗"], 8), *text(["卡莱尔·布朗"], 3), *text(["卡莱尔・布朗"], 2)]
    table = discover(texts)
    assert marked(table) == {"卡莱尔•布朗"}
    assert table.counts[table.words.index("卡莱尔•布朗")] == 13
    usage = measure_usage([Corpus.from_texts(texts)], ["卡莱尔•布朗", "卡莱尔·布朗"])
    assert usage.counts.tolist() == [13, 13]


def test_a_name_in_two_forms_stands_there_twice() -> None:
    table = discover([*text(["卡莱尔·布朗"]), *text(["布朗"], 20)])
    assert {"卡莱尔·布朗", "布朗"} <= set(table.words)


@pytest.mark.parametrize(
    "how",
    [
        *({"block_size": 7}, {"block_size": 300}, {"workers": 3}),
        {"memory": 128_000_000, "block_size": 50},
    ],
)
def test_blocks_workers_and_memory_do_not_matter(how: dict[str, Any]) -> None:
    texts = ["，".join(text([*NAMES, *RUNS, *BESIDE]))]  # one line
    assert printed(discover(texts, **how)) == printed(discover(texts))


def test_counts_made_earlier_change_nothing() -> None:
    texts = text([*NAMES, *RUNS, *BESIDE])
    counts = count_ngrams(Corpus.from_texts(texts), order=5)
    assert printed(discover(texts, counts=counts)) == printed(discover(texts))


def test_latin_symbols() -> None:
    texts = text([*NAMES, *RUNS])
    assert marked(discover(texts, latin="break")) == set(NAMES)
    assert marked(discover(texts, latin="char")) == set(NAMES)


def test_lengths_are_those_of_symbols_without_marks() -> None:
    texts = text([*NAMES, *RUNS])
    assert marked(discover(texts, max_length=3)) == set(RUNS)
    assert marked(discover(texts, min_length=3)) == {*NAMES, "Vela Note Max"}


def test_decisions_and_lists() -> None:
    texts = text([*NAMES, *RUNS])
    table = discover(
        texts,
        accepted=["Norda Pro", "Norda"],
        rejected=["5Q-B"],
        known=["卡莱尔·布朗"],
        min_score=0.99,
    )
    rows = {row.word: row for row in table}
    assert rows["Norda Pro"].decision == "accepted"
    assert "5Q-B" not in rows
    table = discover(texts, known=["卡莱尔·布朗"], new_only=True)
    assert marked(table) == {*NAMES[1:], *RUNS}


def test_newness() -> None:
    table = discover(text([*NAMES, *RUNS]), background="auto")
    assert marked(table) == {*NAMES, *RUNS}
    assert (table.scores[table.marked] > 0.4).all()


def test_folds() -> None:
    texts = text(["Norda Pro", "卡莱尔·布朗"])
    corpus = Corpus.from_texts(texts, fold=("nfkc", "lower"))
    table = discover_words(corpus, prior=None, background=None, workers=1)
    assert marked(table) == {"Norda Pro", "卡莱尔·布朗"}
