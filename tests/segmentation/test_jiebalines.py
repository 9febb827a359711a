"""Lines of a dictionary by whole arrays: as read one by one, or left alone where there is anything odd."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.segmentation import jiebalines
from nlptools.segmentation.jieba import JiebaDictionary, _pairs
from nlptools.segmentation.jiebalines import JiebaLines, PartPairs

WORD = st.text("云计算𠮷a.", min_size=1, max_size=4)
LINE = st.builds(
    lambda word, number, tag: f"{word} {number}{tag}",
    *(WORD, st.integers(0, 10**6), st.sampled_from(["", " n", " n x", " "])),
)
# What jieba reads in another way, or not at all.
ODD = st.sampled_from(["", "云", "云\t3", "云  3 n", " 云 3", "云 3\r", "云 -3", "云 ３", "云 1_0"])


@given(st.lists(LINE), st.lists(WORD, max_size=4), st.booleans())
@example(["云 3", "云计 999999999999 n"], ["云计"], False)
def test_as_line_by_line(lines: list[str], words: list[str], whole: bool) -> None:
    data = ("\n".join(lines) + "\n" * whole).encode()
    found = JiebaLines.of(data)
    regular = bool(lines) and not any(line.endswith(" ") for line in lines)
    assert (found is not None) == regular
    if found is None:
        return
    slow, fast = JiebaDictionary(), JiebaDictionary()
    slow._read(io.BytesIO(data), "dict.txt", _pairs(words))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jiebalines, "_BLOCK", 9)
        assert fast._take(data, PartPairs(words))
    assert list(fast.frequencies.items()) == list(slow.frequencies.items())
    assert fast.total == slow.total


@given(st.lists(LINE.filter(lambda line: line[-1] != " "), min_size=1), ODD, st.integers(0, 9))
def test_odd_lines_are_read_one_by_one(lines: list[str], odd: str, place: int) -> None:
    lines.insert(min(place, len(lines) - 1), odd)
    assert JiebaLines.of("\n".join(lines).encode()) is None


@pytest.mark.parametrize("data", [b"", "云 3\n计 1234567890123\n".encode(), b"\xff 3\n"])
def test_left_alone(data: bytes) -> None:
    assert JiebaLines.of(data) is None


def test_the_number_of_a_wrong_line_is_told(tmp_path: Path) -> None:
    path = tmp_path / "dict.txt"
    path.write_text("云 7 n\n云计\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"dict\.txt:2: "):
        JiebaDictionary.load(path, parts_of=["云"])
