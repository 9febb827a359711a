"""Runs of ids, laid out time by time -> forward-backward sums and best paths over all their segmentations.

A *run* is a stretch between two breaks; it is cut into words. All runs of a block take their first
step together, then their second, and so on: the runs are sorted by length, longest first, and the
cells of step t of all runs that are longer than t lie side by side ("time-major"). A step of all
runs is then a slice, nothing is gathered, and no Python loop runs over characters or sentences.

A word is named by the cell where it ends and by its length; `terms[k - 1]` holds, for every cell, the
weight of the word of k symbols that ends there. Where a word would begin before its run the value
does not matter. Words of any length are made of tags instead, one for each cell; there the first index
is that of the tag.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nlptools.lattice.runs import RunBlock, Steps, arrange, find_runs
from nlptools.native import kernel

# A longer run is cut into pieces that overlap, each is segmented alone, and two pieces meet at a boundary
# that both have. What lies 64 symbols away changes no decision; a word as long as that, which only tags can
# make, is cut there.
PIECE, OVERLAP = 512, 64

# A block and what each of its cells is worth, by length or by tag -> whether a word ends at each cell.
Decode = Callable[["RunBlock", Sequence[np.ndarray]], np.ndarray]
# The same in the text itself: (starts of runs, their lengths, what each place is worth, whether a word ends at each: out).
InPlace = Callable[[np.ndarray, np.ndarray, Sequence[np.ndarray], np.ndarray], None]


def forward_backward(
    block: Steps, terms: Sequence[np.ndarray], gaps: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Posterior of every word, written over its weight; and of boundaries, with the log-likelihood.

    terms: float32, weights of words by length, for every cell; gaps: float32, the weight of a boundary
    after each cell (a factor of the word that ends there). Returns the posterior of a boundary after
    every cell (float32, 1 at the ends of runs) and the logarithm of the sum over all segmentations of
    all runs of the products of their weights.

    The usual sums A[t] = sum_k w_k(t) A[t-k] underflow on long runs. Their ratios r[t] = A[t] / A[t-1]
    do not: r[t] = w_1 + w_2 / r[t-1] + w_3 / (r[t-1] r[t-2]) + ..., and each summand divided by r[t] is the
    probability that the last word of the text up to t has that length. Going backward, b[t], the
    probability of a boundary after t, is shared out among those words: e_k(t) = b[t] q_k(t) is the
    posterior of the word, and goes to b[t-k]. There is no logarithm and nothing to rescale.
    """
    longest = len(terms)
    inverse = np.empty(len(block), np.float32)  # 1 / r
    starts = block.starts
    for step in range(block.steps):
        a, e = starts[step], starts[step + 1]
        width = e - a
        here = [term[a:e] for term in terms[: step + 1]]
        ratio = here[0].copy()
        before: np.ndarray | None = None
        for k in range(2, min(longest, step + 1) + 1):
            last = inverse[starts[step - k + 1] :][:width]
            before = last if before is None else before * last
            here[k - 1] *= before
            ratio += here[k - 1]
        np.divide(np.float32(1), ratio, out=ratio)
        for words in here:
            words *= ratio
        if gaps is not None:
            ratio /= gaps[a:e]
        inverse[a:e] = ratio
    log_likelihood = -float(np.log(inverse).sum(dtype=np.float64))
    boundary = np.zeros(len(block), np.float32)
    for step in range(block.steps - 1, -1, -1):
        a, e = starts[step], starts[step + 1]
        width = e - a
        boundary[a + block.width(step + 1) : e] = 1
        ends = boundary[a:e]
        for k, term in enumerate(terms, 1):
            words = term[a:e]
            if k > step + 1:
                words[:] = 0
                continue
            words *= ends
            if k <= step:
                boundary[starts[step - k] :][:width] += words
    return boundary, log_likelihood


def best_path(block: Steps, terms: Sequence[np.ndarray]) -> np.ndarray:
    """Whether the best segmentation has a boundary after each cell; bool.

    terms: float32, logarithms of the weights, for every cell; of equally good words the shorter one
    is taken. d[t] = max_k (s_k - d[t-1] - ... - d[t-k+1]), the difference of the best scores up to t and
    up to t - 1, stays small however long the run is.
    """
    longest = len(terms)
    gain = np.empty(len(block), np.float32)
    length = np.ones(len(block), np.uint8)
    starts = block.starts
    for step in range(block.steps):
        a, e = starts[step], starts[step + 1]
        width = e - a
        best = terms[0][a:e].copy()
        before: np.ndarray | None = None
        for k in range(2, min(longest, step + 1) + 1):
            last = gain[starts[step - k + 1] :][:width]
            before = last if before is None else before + last
            score = terms[k - 1][a:e] - before
            length[a:e][score > best] = k
            np.maximum(best, score, out=best)
        gain[a:e] = best
    boundary = np.zeros(len(block), bool)
    for step in range(block.steps - 1, -1, -1):
        a, e = starts[step], starts[step + 1]
        width = e - a
        boundary[a + block.width(step + 1) : e] = True
        ends, lengths = boundary[a:e], length[a:e]
        for k in range(1, min(longest, step) + 1):
            boundary[starts[step - k] :][:width] |= ends & (lengths == k)
    return boundary


def best_tags(
    block: Steps, emissions: Sequence[np.ndarray], log_weights: Sequence[float]
) -> np.ndarray:
    """Whether a word ends at each cell when every cell has its best tag; bool.

    The first cell of a word has tag 1, its second one tag 2, ..., the N-th and all that follow tag N. Any
    tag may be followed by 1, tag k by k + 1 and N by N; a run begins with 1.
    emissions: for each of the N >= 2 tags, float32, the score of each cell with it, finite for tag 1.
    log_weights: N scores, of tag 2 after 1, 3 after 2, ..., N after N; -inf for never.
    Of equally good words that end at a cell the shorter one is taken.

    A score is the difference from the best of its run up to the cell before, so it stays small.
    """
    order = len(emissions)
    starts = block.starts
    enter, stay = (np.float32(weight) for weight in log_weights[-2:])
    scores = np.empty((order, len(block)), np.float32)
    scores[0], scores[-1] = emissions[0], emissions[-1]
    for k in range(1, order - 1):
        np.add(emissions[k], np.float32(log_weights[k - 1]), out=scores[k])
    best = np.empty(len(block), np.float32)
    best[: block.width(0)] = scores[0, : block.width(0)]
    stays = np.zeros(len(block), bool)  # whether tag N would follow upon N
    for step in range(1, block.steps):
        a, e = starts[step], starts[step + 1]
        width = e - a
        here, before = scores[:, a:e], scores[:, starts[step - 1] :][:, :width]
        base = best[starts[step - 1] :][:width]
        here[1:-1] += before[:-2] - base
        score = before[-2] + enter
        if step >= order:
            longer = before[-1] + stay
            np.greater(longer, score, out=stays[a:e])
            np.maximum(longer, score, out=score)
        score -= base
        here[-1] += score
        # What is beyond the tag step + 1 means nothing, and comes only to what is so itself.
        np.maximum.reduce(here[: step + 1], axis=0, out=best[a:e])
    # The least of the best tags, so one that can be reached.
    greater = scores[0] != best
    tags = greater + np.uint8(1)
    for score in scores[1:-1]:
        greater &= score != best
        tags += greater
    boundary = np.empty(len(block), bool)
    following = np.zeros(block.width(0), np.uint8)  # the tag by the cell after; 0: a word ends here
    for step in range(block.steps - 1, -1, -1):
        a, e = starts[step], starts[step + 1]
        tag, ends = following[: e - a], boundary[a:e]
        np.equal(tag, 0, out=ends)
        tag += tags[a:e] * ends
        tag += stays[a:e] & (tag == order)
        tag -= 1
    return boundary


def cut_runs(
    ids: np.ndarray,
    scores: Sequence[np.ndarray],
    decode: Decode = best_path,
    in_place: InPlace | None = None,
) -> np.ndarray:
    """Whether a word ends at each symbol in the best segmentation, True at breaks (0); bool.

    scores: by length - 1 the logarithm of the weight of the word that ends at each symbol, float32;
    or what another decoder takes, for each symbol. in_place: a compiled twin of the decoder.
    """
    if decode is best_path and in_place is None and kernel.usable():
        in_place = kernel.best_paths
    ends = ids == 0
    starts, lengths = find_runs(ids)
    if not len(lengths):
        return ends
    long = lengths > PIECE + OVERLAP
    if long.any():
        for start, length in zip(starts[long].tolist(), lengths[long].tolist(), strict=True):
            part = [score[start : start + length] for score in scores]
            ends[start : start + length] = _cut_long(part, decode, in_place)
        starts, lengths = starts[~long], lengths[~long]
    _cut_short(ends, scores, starts, lengths, decode, in_place)
    return ends


def _cut_long(scores: Sequence[np.ndarray], decode: Decode, in_place: InPlace | None) -> np.ndarray:
    """The ends in one run that is too long to be laid out beside others."""
    length = len(scores[0])
    seams = np.arange(PIECE, length - OVERLAP, PIECE)
    edges = np.concatenate([[0], seams, [length]])
    first = np.maximum(edges[:-1] - OVERLAP, 0)
    sizes = np.minimum(edges[1:] + OVERLAP, length) - first
    even, odd = np.zeros((2, length), bool)
    _cut_short(even, scores, first[0::2], sizes[0::2], decode, in_place)
    _cut_short(odd, scores, first[1::2], sizes[1::2], decode, in_place)
    zone = seams[:, None] + np.arange(-OVERLAP, OVERLAP)
    distance = np.where((even & odd)[zone], np.abs(zone - seams[:, None]), 2 * OVERLAP)
    meet = seams - OVERLAP + np.argmin(distance, axis=1)
    spans = np.diff(np.concatenate([[0], meet + 1, [length]]))
    of_odd = np.repeat(np.arange(len(spans)) % 2 == 1, spans)
    ends = np.where(of_odd, odd, even)
    ends[meet] = True  # both have an end there, but for a text made to prevent it
    return ends


def _cut_short(
    ends: np.ndarray,
    scores: Sequence[np.ndarray],
    starts: np.ndarray,
    lengths: np.ndarray,
    decode: Decode,
    in_place: InPlace | None,
) -> None:
    if in_place is not None:
        in_place(starts.copy(), lengths.copy(), scores, ends)
        return
    for block in arrange(starts, lengths):
        places = block.places.astype(np.intp)  # once, not by every take
        terms = [np.take(score, places) for score in scores]
        ends[places] = decode(block, terms)
