"""Windows of a corpus: every character once, in its surroundings, with the number of its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.windows import read_windows


def line_numbers(text: str) -> list[int]:
    """Of every character; a line end belongs to the line that it ends."""
    lines, line = [], 1
    for i, character in enumerate(text):
        lines.append(line)
        line += character == "\n" or (character == "\r" and text[i + 1 : i + 2] != "\n")
    return lines


@settings(max_examples=200, deadline=None)
@given(st.text("中a，\n\r", max_size=120), st.integers(1, 60), st.integers(1, 12))
@example("中中中中\r\n" * 9, 60, 5)  # windows are cut between CR and LF
@example("中" * 50 + "\r\n中", 7, 3)
def test_windows(tmp_path_factory: object, text: str, size: int, margin: int) -> None:
    path: Path = tmp_path_factory.getbasetemp() / "windows.txt"  # type: ignore[attr-defined]
    path.write_bytes(text.encode())
    expected, at = line_numbers(text), 0
    for window in read_windows(Corpus([path], block_size=size), margin):
        assert window.text[window.start : window.stop] == text[at : at + window.stop - window.start]
        places = np.arange(window.start, window.stop)
        assert window.lines(places).tolist() == expected[at : at + len(places)]
        first = at - window.start
        assert window.text == text[first : first + len(window.text)]
        at += len(places)
    assert at == len(text)


def test_surroundings(tmp_path: Path) -> None:
    """A line that goes on over blocks is seen with a margin on both sides."""
    path = tmp_path / "long.txt"
    text = "".join(chr(0x4E00 + i) for i in range(200))
    path.write_bytes(text.encode())
    windows = list(read_windows(Corpus([path], block_size=30), 7))
    assert len(windows) > 3
    for window in windows[:-1]:
        assert len(window.text) - window.stop >= 7
    for window in windows[1:]:
        assert window.start >= 7
