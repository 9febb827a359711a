"""Places in the ids where one sign alone parts two symbols."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.ngrams.encode import encode_corpus
from nlptools.ngrams.marks import SIGNS, find_marks, plain_signs
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.corpus import Corpus


def marks_of(text: str) -> list[tuple[int, str]]:
    found = find_marks(text, SymbolEncoder().scan(text))
    return [(int(mark["at"]), SIGNS[mark["sign"] - 1]) for mark in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("卡莱尔·布朗", [(3, "·")]),
        ("J·K·罗琳", [(1, "·"), (3, "·")]),
        ("iPad Pro，iPad 手机", [(1, " ")]),  # a blank before Han is no mark
        ("C++ 入门 C++ Primer", [(6, " ")]),
        ("β-胡萝卜素，5G-A", [(1, "-")]),  # inside a run the hyphen is no break
        ("病毒（2019-nCoV）", [(2, "（"), (4, "）")]),
        ("天··地 · 人", []),  # two signs, or a sign and a blank
        ("３．５，天．地", [(3, "．")]),
        ("1 2\n3", [(1, " ")]),
        ("𠮷·野", [(1, "·")]),
        ("", []),
    ],
)
def test_by_hand(text: str, expected: list[tuple[int, str]]) -> None:
    assert marks_of(text) == expected


TEXTS = st.lists(st.text(st.sampled_from("天地A1 ·-（）．，+\n"), max_size=30), max_size=4)


@settings(max_examples=100, deadline=None)
@given(TEXTS)
def test_every_mark_stands_alone_between_symbols(texts: list[str]) -> None:
    """Twin: a sign that is a break, with a symbol directly on both sides, is a mark; what is one, is such a sign."""
    for text in texts:
        encoder = SymbolEncoder()
        scanned = encoder.scan(text)
        found = find_marks(text, scanned)
        ids = encoder.name(scanned)
        places = range(len(text)) if scanned.kept is None else scanned.kept.nonzero()[0].tolist()
        for mark in found:
            at = places[mark["at"]]
            assert text[at] == SIGNS[mark["sign"] - 1]
            assert ids[mark["at"]] == 0
            assert at == 0 or text[at - 1] not in " ·（）．，\n"
        chosen = {places[mark["at"]] for mark in found}
        for at in range(1, len(text) - 1):
            if text[at] == "·" and text[at - 1] in "天地A1" and text[at + 1] in "天地A1":
                assert at in chosen


@pytest.mark.parametrize(("size", "inside"), [(1, 3), (9, 3), (1000, 0)])
def test_blocks_know_whether_they_begin_inside_a_line(
    tmp_path: Path, size: int, inside: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("卡莱尔·布朗来了，卡莱尔·布朗说\n卡莱尔·\n布朗", encoding="utf-8")
    encoded = encode_corpus(Corpus([path], block_size=size), workers=1, marks=True)
    assert encoded.marks is not None
    blocks = list(encoded.marks.blocks(encoded.blocks))
    # After each dot of the first line, and after its comma.
    assert [block.inside for block in blocks].count(True) == inside
    assert not blocks[0].inside
    assert not blocks[-1].inside


def test_variants_of_signs() -> None:
    assert plain_signs("卡莱尔•布朗・王‧李．张") == "卡莱尔·布朗·王·李·张"
    assert plain_signs("3．5(a)－b\xa0c") == "3．5（a）-b c"
