"""Names with dots: where they begin and end, and their numbers against twins that read the text."""

from __future__ import annotations

import itertools
import math

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.discovery.names import (
    LENGTHS,
    NAME_CHARACTERS,
    Characters,
    Names,
    evidence,
    find_names,
)
from nlptools.discovery.surroundings import count_surroundings
from nlptools.ngrams.count import count_and_keep
from nlptools.text.corpus import Corpus

# Invented people; what stands beside them varies.
BEFORE = ["记者", "总统", "作家", "和", "对", "由", "据", "看到", "国王", "教授"]
AFTER = ["说", "到访", "表示", "在家", "先生", "认为", "将于明天", "的画", "和", "写道"]


def sentences(name: str, times: int = 6, before: list[str] = BEFORE) -> list[str]:
    return [f"{before[i % len(before)]}{name}{AFTER[i % len(AFTER)]}" for i in range(times)]


def found(texts: list[str], least: int = 5, **how: int) -> tuple[Names, list[list[str]]]:
    """(names, their symbols)."""
    corpus = Corpus.from_texts(texts, block_size=how.get("size", 1 << 20))
    counts, encoded = count_and_keep(corpus, order=5, workers=how.get("workers", 1), marks=True)
    around = count_surroundings(encoded, counts.settings, least)
    encoder, symbols = encoded.encoder, counts.alphabet.symbols
    characters = Characters.of(encoder, counts.levels[0].counts[:], symbols, around)
    names = find_names(around.dots, characters, least)
    return names, [encoder.texts(row[row > 0].astype(int)) for row in names.spelling]


def words(texts: list[str], least: int = 5) -> set[str]:
    return {"".join(name) for name in found(texts, least)[1]}


def test_evidence_worked() -> None:
    # The first of the list is as probable in names as 0.95 / 30 of the sum of all 1 / (rank + 30).
    number = len(NAME_CHARACTERS)
    share = 0.95 / 30 / sum(1 / (rank + 30) for rank in range(number))
    first, other = evidence(np.array([9, 90]), [NAME_CHARACTERS[0], "说"])
    # Beside 20,000 symbols of other text, of 3,000 kinds.
    assert first == pytest.approx(math.log(share) - math.log((9 + 20 / 3) / 20_099))
    assert other == pytest.approx(math.log(0.05 / 5000) - math.log((90 + 20 / 3) / 20_099))
    assert len(set(NAME_CHARACTERS)) == number
    assert sum(LENGTHS) == pytest.approx(1)


def test_a_name_of_two_parts() -> None:
    names, spelled = found(sentences("卡莱尔·布朗"))
    assert spelled == [list("卡莱尔·布朗")]
    assert names.counts.tolist() == names.cut.tolist() == [6]
    assert names.nats[0] > 0


def test_names_of_several_parts_and_their_parts() -> None:
    """马利克·哈桑 alone is another name; inside of the longer one only it is a part."""
    long = sentences("阿卜杜勒·马利克·哈桑")
    assert words(long) == {"阿卜杜勒·马利克·哈桑"}
    both = words([*long, *sentences("马利克·哈桑", 8)])
    assert both == {"阿卜杜勒·马利克·哈桑", "马利克·哈桑"}


def test_letters_may_be_parts() -> None:
    assert words(sentences("J·K·罗琳")) == {"J·K·罗琳"}
    assert words(sentences("3·15", before=["过", "在"])) == set()  # a number


def test_numerals_beside_a_dot_are_parts() -> None:
    """Days of the year, and kings of whom there were several; in text in which numerals are frequent elsewhere."""
    elsewhere = ["十六天里有二十九人和八九十只一二三四五六七八九十号的世界羊"] * 300
    days = [*sentences("一二·九"), *sentences("九·一八", before=["纪念", "在", ""])]
    assert words([*elsewhere, *days]) == {"一二·九", "九·一八"}
    assert words([*elsewhere, *sentences("卡曼十六世·古尔斯")]) == {"卡曼十六世·古尔斯"}
    # What stands elsewhere is no part: 二 does not touch the dot.
    assert words([*elsewhere, *sentences("卡曼·古尔斯", before=["十二", "二"])]) == {"卡曼·古尔斯"}


def test_a_hyphen_joins_names_of_other_letters() -> None:
    """Alone and beside a dot; not what is no name, on either side."""
    elsewhere = ["中国和东盟的货源有多少"] * 300
    joined = sentences("卡曼-古尔斯")
    assert words([*elsewhere, *joined]) == {"卡曼-古尔斯"}
    assert words([*elsewhere, *joined, *sentences("米格尔·卡曼-古尔斯")]) == {
        "卡曼-古尔斯",
        "米格尔·卡曼-古尔斯",
    }
    # What follows a name may be no name, if it is not much.
    assert words([*elsewhere, *sentences("卡曼-古尔斯综合征")]) == {"卡曼-古尔斯综合征"}
    for title in ("中国-东盟", "货源-卡曼古尔", "卡曼古尔-货源"):
        assert words([*elsewhere, *sentences(title)]) == set()


def test_a_title_that_always_stands_there_is_no_part() -> None:
    assert words(sentences("巴沙尔·阿里", before=["总统"])) == {"巴沙尔·阿里"}


def test_what_mostly_follows_is_a_part() -> None:
    """Characters that are no sign of a name, 门 and 大学, belong to it where they always stand."""
    assert words(sentences("哈里·杜鲁门")) == {"哈里·杜鲁门"}
    assert words(sentences("约翰斯·霍普金斯大学")) == {"约翰斯·霍普金斯大学"}


def test_rare_ones_are_none() -> None:
    assert words(sentences("卡莱尔·布朗", 4)) == set()
    assert words(sentences("卡莱尔·布朗", 4), least=4) == {"卡莱尔·布朗"}
    assert words([]) == words(["，"]) == words(["天·地"]) == set()


PIECES = st.sampled_from(
    ["卡莱尔·布朗", "布朗·卡莱", "总统", "说", "，", "·", "克·A·斯", "天地", "尔", "\n"]
)


@settings(max_examples=30, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.integers(2, 3))
@example("总统卡莱尔·布朗说，" * 5 + "布朗·卡莱尔·布朗" * 4, 2)
def test_numbers_are_those_of_the_text(text: str, least: int) -> None:
    names, spelled = found([text], least)
    for i, name in enumerate(spelled):
        count, left, right = oracles.count_dotted([text], name)
        assert names.counts[i] == count >= least
        assert names.left_entropy[i] == pytest.approx(oracles.entropy_of(left, count), abs=1e-9)
        assert names.right_entropy[i] == pytest.approx(oracles.entropy_of(right, count), abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join), st.integers(1, 30), st.integers(1, 2))
@example("总统卡莱尔·布朗说，" * 9, 7, 2)
def test_blocks_and_workers_do_not_matter(text: str, size: int, workers: int) -> None:
    one, spelled = found([text], 2)
    other, spelled_so = found([text], 2, size=size, workers=workers)
    assert spelled == spelled_so
    for column in ("counts", "cut", "nats", "left_entropy", "right_entropy"):
        assert getattr(one, column).tolist() == getattr(other, column).tolist()


def test_each_is_cut_where_a_search_of_all_places_cuts_it() -> None:
    """Twin of the cut: the best of all pairs of sizes, by hand."""
    texts = [
        "".join(p)
        for p in itertools.product(["看卡莱", "说尔", "大布"], ["·"], ["朗说", "尔克斯坦", "天"])
    ]
    names, spelled = found(texts * 2, 2)
    counts, _ = count_and_keep(Corpus.from_texts(texts * 2), order=2)
    symbols = counts.alphabet.symbols
    nats = dict(zip(symbols, evidence(counts.levels[0].counts[:], symbols).tolist(), strict=True))

    def best(part: str) -> str:
        sums = [
            sum(nats[c] for c in part[: k + 1]) + math.log(LENGTHS[k]) for k in range(len(part))
        ]
        return part[: sums.index(max(sums)) + 1]

    for name, cut in zip(spelled, names.cut.tolist(), strict=True):
        expected = 0
        for text in texts * 2:
            left, right = text.split("·")
            expected += "".join(name) == f"{best(left[::-1])[::-1]}·{best(right)}"
        assert cut == expected
    assert names.cut.max() >= 2
