"""Text, cut into tokens and into words -> the sequences of tokens that lie inside one word, with their counts.

A token over the border of two words, or with anything but Chinese characters in it, is in no sequence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nlptools.segmentation.tokens import Cutter
from nlptools.subwords.encoders import Encoder
from nlptools.text import chars


def count_inside(
    texts: Sequence[str],
    encoder: Encoder,
    cutter: Cutter,
    ended_by: range,
    counted: Counter[tuple[int, ...]],
) -> None:
    """Add the sequences of some texts to `counted`, by their ids. Ids of `ended_by` end a sequence."""
    encoded = encoder.encode(texts)
    spans = encoder.spans(texts, encoded).astype(np.int64)
    lengths = np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts))
    spans += np.repeat(np.cumsum(lengths) - lengths, encoded.sizes)[:, None]
    codes = chars.code_points("".join(f"{text}\n" for text in texts))
    ends = cutter.ends(codes)
    ends[np.cumsum(lengths) - 1] = True
    word = np.cumsum(ends) - ends  # the number of the word of each character
    han = np.append(0, np.cumsum(chars.classes(codes) == chars.HAN))
    start, stop = spans[:, 0], spans[:, 1]
    ended = (encoded.ids >= ended_by.start) & (encoded.ids < ended_by.stop)
    inside = (start < stop) & ~ended
    inside &= han[stop] - han[start] == stop - start
    at = np.flatnonzero(inside)
    at = at[word[start[at]] == word[stop[at] - 1]]
    if not len(at):
        return
    # Tokens of one sequence follow one another in the same word.
    owner = word[start[at]]
    begins = np.flatnonzero((np.diff(at, prepend=-2) != 1) | (np.diff(owner, prepend=-1) != 0))
    sizes = np.diff(begins, append=len(at))
    for length in np.unique(sizes[sizes > 1]).tolist():
        rows = at[begins[sizes == length][:, None] + np.arange(length)]
        found, times = np.unique(encoded.ids[rows], axis=0, return_counts=True)
        for row, number in zip(found.tolist(), times.tolist(), strict=True):
            counted[tuple(row)] += number
