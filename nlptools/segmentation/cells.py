"""Text -> its cells: the smallest pieces that no token divides, a Han character or a whole run of letters."""

from __future__ import annotations

import itertools
import re

import numpy as np

from nlptools.segmentation.tokens import KINDS, MARK, PERCENT, POINT, WORD, joined_to_last, kinds_of
from nlptools.text import chars


def _class(kind: int) -> str:
    """The characters of a kind, as they stand in the brackets of a regular expression."""
    codes = np.flatnonzero(kind == KINDS)
    edges = np.flatnonzero(np.diff(codes) > 1)
    firsts, lasts = codes[np.append(0, edges + 1)], codes[np.append(edges, -1)]
    return "".join(
        f"\\u{a:04x}-\\u{b:04x}" for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True)
    )


_WORD = _class(WORD)
# Where two characters may belong together: the rule itself is in `joined_to_last`.
_MAY_JOIN = re.compile(
    f"[{_WORD}][{_WORD}{_class(POINT)}{_class(PERCENT)}]"
    f"|[{_class(MARK)}\\U0001f3fb-\\U0001f3ff\\U000e0100-\\U000e01ef]"
    f"|([^\\u4e00-\\u9fff])\\1"
)


def cells(text: str) -> list[str]:
    """The cells of a text; joined they are the text."""
    if not _MAY_JOIN.search(text):
        return list(text)
    codes = chars.code_points(text)
    starts = np.flatnonzero(~joined_to_last(codes, kinds_of(codes))).tolist()
    return [text[a:b] for a, b in itertools.pairwise([*starts, len(text)])]
