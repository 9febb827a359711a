"""Cells of a text, and texts that are joined, by texts.c: what NumPy finds."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from bothways import compiled, without
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.native.texts import JoinedTexts, space_out
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text import chars

pytestmark = compiled


@settings(max_examples=200, deadline=None)
@given(st.text("天\u0301第三a1é。 𠮷𠀀", max_size=40), st.booleans())
@example("", True)
@example("第三\u0301第三天\u0301\u0301a\u0301", True)
def test_cells_of_a_text(text: str, runs: bool) -> None:
    """Where they begin, their ids, and what ends where: with names of runs and numerals, and without."""
    by = Segmenter.from_counts(
        {"天": 3, "𠮷": 2, "天𠮷": 2} | ({"第三": 2, "a1": 1} if runs else {})
    )
    codes = chars.code_points(text)

    def found() -> list[list[int]]:
        at, ids = by.cells(codes)
        return [at.tolist(), ids.tolist(), by.ends(codes).tolist()]

    assert found() == without(found)


@given(st.text(max_size=30), st.sampled_from([" ", "/", "🙂"]), st.randoms())
def test_utf8_with_separators(text: str, separator: str, random: Random) -> None:
    gaps = [random.random() < 0.4 for _ in text]
    expected = "".join(c + separator * gap for c, gap in zip(text, gaps, strict=True))
    found = space_out(chars.code_points(text), np.array(gaps, bool), separator.encode())
    assert found == expected.encode()


def test_a_number_without_a_text() -> None:
    texts = JoinedTexts(["a ", "\n"])
    before, ids = np.array([0, 1, 3, 3]), np.array([0, 0, 2], np.int32)
    assert texts.join(ids, before, ["天气 "], trim=True) == "\na\na 天气\n\n".encode()
    assert texts.join(ids, before, ["天气 "], trim=False) == "\na \na 天气 \n\n".encode()
    for wrong in (-1, 2):
        with pytest.raises(ValueError, match="without a text"):
            texts.join(np.array([wrong], np.int32), before[:0], trim=True)
