"""What is remembered of pieces, by several threads."""

from __future__ import annotations

import numpy as np

from nlptools.subwords.pieceids import _Known


def test_another_thread_was_faster() -> None:
    """Pieces that have a row already keep it, the last row of all, too."""
    known = _Known()
    known.add(["桃", "桃树"], np.array([7, 8, 9], np.int32), np.array([1, 2]))
    again = ["桃树", "梨", "桃", "梨树"]
    known.add(again, np.array([8, 9, 5, 7, 3, 4], np.int32), np.array([2, 1, 1, 2]))
    found = {}
    for piece, row in known.rows.items():
        start = known.starts[row]
        found[piece] = known.flat[start : start + known.sizes[row]].tolist()
    assert found == {"桃": [7], "桃树": [8, 9], "梨": [5], "梨树": [3, 4]}
