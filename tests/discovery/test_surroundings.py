"""What stands around marks, counted across them: against slow twins, whatever the blocks are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracles
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.discovery.surroundings import (
    LEFT,
    MIXED,
    SPACED,
    Surroundings,
    count_surroundings,
)
from nlptools.ngrams.count import count_and_keep
from nlptools.ngrams.encode import EncodedCorpus
from nlptools.text.corpus import Corpus


def around(texts: list[str], least: int = 1, **how: int) -> tuple[Surroundings, EncodedCorpus]:
    corpus = Corpus.from_texts(texts, block_size=how.get("size", 1 << 20))
    counts, encoded = count_and_keep(corpus, order=5, workers=how.get("workers", 1), marks=True)
    return count_surroundings(encoded, counts.settings, least), encoded


def dotted(found: Surroundings, encoded: EncodedCorpus) -> list[tuple[str, str]]:
    """(what is before each dot, what is from it on)."""
    rows = []
    for piece in found.dots:
        for row in piece:
            texts = ["".join(encoder_texts(encoded, part)) for part in (row[:LEFT], row[LEFT:])]
            rows.append((texts[0], texts[1]))
    return rows


def encoder_texts(encoded: EncodedCorpus, ids: np.ndarray) -> list[str]:
    return encoded.encoder.texts(ids[ids > 0].astype(int))


def test_a_row_for_each_dot() -> None:
    found, encoded = around(["记者卡莱尔·布朗说，阿里·本·哈桑"])
    assert dotted(found, encoded) == [
        ("记者卡莱尔", "·布朗说"),
        ("阿里", "·本·哈桑"),
        ("阿里·本", "·哈桑"),
    ]


def test_variants_of_the_dot_are_one() -> None:
    found, encoded = around(["卡莱尔•布朗，卡莱尔・布朗，卡莱尔‧布朗．王，３．５"])
    assert {row[1] for row in dotted(found, encoded)} == {"·布朗", "·布朗·王", "·王"}
    assert found.commonest("·•・‧．") == "•"
    assert found.signs["．"] == 1


TEXTS = st.lists(st.text(st.sampled_from("天地玄A1 ·（，\n"), max_size=40), min_size=1, max_size=3)


@settings(max_examples=30, deadline=None)
@given(TEXTS, st.integers(1, 2), st.integers(1, 50), st.integers(1, 3))
@example(["天地·玄" * 30], 1, 1, 1)
@example(["A1 A 1A A天" * 20], 2, 3, 2)
def test_blocks_and_workers_do_not_matter(
    texts: list[str], least: int, size: int, workers: int
) -> None:
    one, encoded = around(texts, least)
    other, encoded_so = around(texts, least, size=size, workers=workers)
    assert dotted(one, encoded) == dotted(other, encoded_so)
    assert one.signs == other.signs
    for name, counts in one.counts.items():
        assert list(counts.items()) == list(other.counts[name].items())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.text(st.sampled_from("天A1bC ，-"), max_size=40), min_size=1, max_size=3))
@example(["A b C 1 天 A b，A b C"])
def test_runs_with_blanks_are_counted_exactly(texts: list[str]) -> None:
    texts = [text.replace("-", "") for text in texts]
    found, _ = around(texts)
    counts = found.counts[SPACED.name]
    twin = oracles.count_blanks(texts, 4)
    for runs, count in twin.items():
        assert counts.count(runs) == count
    assert counts.total == 0 or twin


def test_han_beside_a_mark() -> None:
    texts = ["含β-胡萝卜素，新型病毒（2019-nCoV）和抗原19-9，病毒（2019-nCoV、甲），人-人"] * 2
    counts = around(texts)[0].counts[MIXED.name]
    assert counts.count(["β", "-", "胡", "萝", "卜", "素"]) == 2
    # Without its bracket closed it is none.
    assert counts.count(["病", "毒", "（", "2019-nCoV"]) == 2
    assert counts.count(["抗", "原", "19-9"]) == 2
    assert counts.count(["人", "-"]) == 0


def test_long_figures_are_years_and_telephone_numbers() -> None:
    counts = around(["电话010-8866，从2019-2020"] * 2)[0].counts[MIXED.name]
    assert counts.total == 0


def test_what_is_rare_is_left_out() -> None:
    counts = around(["用iPad Pro看", "用iPad Pro听", "用Mac OS写"], least=2)[0].counts[SPACED.name]
    assert counts.count(["iPad", "Pro"]) == 2
    assert counts.count(["Mac", "OS"]) == 0


def test_a_file_ends_what_another_begins(tmp_path: Path) -> None:
    """Files without a line end at their end; each of them is a block."""
    for name, text in (("1.txt", "天A b"), ("2.txt", "C d地"), ("3.txt", "玄·")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    corpus = Corpus([tmp_path], block_size=4)
    counts, encoded = count_and_keep(corpus, order=5, workers=1, marks=True)
    found = count_surroundings(encoded, counts.settings, 1)
    spaced = found.counts[SPACED.name]
    assert (spaced.count(["A", "b"]), spaced.count(["C", "d"])) == (1, 1)
    assert spaced.count(["b", "C"]) == 0
    assert found.signs["·"] == 0
