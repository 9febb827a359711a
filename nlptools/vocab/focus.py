"""New words, the base's tokens and vectors of words -> tokens whose meanings are near to each word, with weights.

FOCUS: a new row is a sum of the rows of old tokens, weighted by the sparsemax of the cosines of their vectors.
Source: Dobler & de Melo 2023, arxiv.org/abs/2305.14481; sparsemax: Martins & Astudillo 2016, arxiv.org/abs/1602.02068.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.vectors.nearest import pair_cosines
from nlptools.vectors.vectors import Vectors
from nlptools.vocab.recipes import NearTokens

_COSINES = 1 << 22  # numbers in the cosines computed at a time
_MOST = 256  # words at a time, with few tokens
_SLACK = 1e-9  # a product of matrices differs from the exact cosine by less, whatever the order BLAS adds in
_BLANKS = " \u2581"  # before a word: of byte-level BPE as it is decoded, of SentencePiece


def near_tokens(
    words: Sequence[str], tokens: Sequence[bytes | None], vectors: Vectors
) -> tuple[np.ndarray, NearTokens]:
    """The words that have a vector, as numbers (ascending), and what they are made of.

    tokens: bytes of each token of the base. A token and a word are looked up without the blank before them; of tokens
    that are the same then, the one without a blank counts, or the first. A vector of zeros is none.

    Weights of a word are all above 0 and sum to 1. Raises ValueError for vectors without words. Memory: the vectors
    of tokens and words in float32, and 100 MB.
    """
    if not vectors.has_words:
        raise ValueError("vectors must have words")
    names = _names(tokens)
    ids, of_tokens, numbers, of_words = _looked_up(names, words, vectors)
    if not len(ids) or not len(numbers):
        return np.empty(0, np.int64), NearTokens(*(np.empty(0, np.int64),) * 2, np.empty(0))
    found = list(_weights(of_words, of_tokens))
    return numbers, NearTokens(
        np.concatenate([lengths for lengths, _, _ in found]),
        ids[np.concatenate([places for _, places, _ in found])],
        np.concatenate([weights for _, _, weights in found]),
    )


def _names(tokens: Sequence[bytes | None]) -> dict[bytes, int]:
    """Text without a blank before it -> id of its token."""
    found: dict[bytes, int] = {}
    blanks = tuple(blank.encode() for blank in _BLANKS)
    spaced: dict[bytes, int] = {}
    for number, token in enumerate(tokens):
        blank = next((b for b in blanks if token and token.startswith(b)), None)
        if token and blank is None:
            found.setdefault(token, number)
        elif token and blank:
            spaced.setdefault(token.removeprefix(blank), number)
    return spaced | found


def _looked_up(
    names: dict[bytes, int], words: Sequence[str], vectors: Vectors
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ids of tokens and their vectors, numbers of words and theirs, both ascending; vectors of length 1, float32."""
    wanted: dict[bytes, list[int]] = {}
    for number, word in enumerate(words):
        wanted.setdefault(word.lstrip(_BLANKS).encode(), []).append(number)
    ids: list[int] = []
    numbers: list[int] = []
    of_tokens, of_words = [], []
    for batch, texts in zip(vectors.batches(), vectors.word_batches(), strict=True):
        some = [(row, text) for row, text in enumerate(texts) if text in names or text in wanted]
        units, good = _units(batch[[row for row, _ in some]])
        for (_, text), unit, usable in zip(some, units, good, strict=True):
            if usable and text in names:
                ids.append(names[text])
                of_tokens.append(unit)
            for number in wanted.get(text, ()) if usable else ():
                numbers.append(number)
                of_words.append(unit)
    columns = vectors.shape[1]
    return (*_sorted(ids, of_tokens, columns), *_sorted(numbers, of_words, columns))


def _units(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of length 1, and which had a length."""
    wide = rows.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    return (wide / np.where(norms > 0, norms, 1)[:, None]).astype(np.float32), norms > 0


def _sorted(
    numbers: list[int], rows: list[np.ndarray], columns: int
) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(np.array(numbers, np.int64), kind="stable")
    matrix = np.array(rows, np.float32).reshape(-1, columns)
    return np.array(numbers, np.int64)[order], matrix[order]


def _weights(
    words: np.ndarray, tokens: np.ndarray
) -> Iterable[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """For some words at a time: how many tokens each has, their places, their weights."""
    size = max(1, min(_MOST, _COSINES // len(tokens)))
    for start in range(0, len(words), size):
        some = words[start : start + size]
        rows, places = np.nonzero(_maybe(_products(some, tokens)))
        cosines = pair_cosines(some, tokens, rows, places)
        yield _sparsemax(rows, places, cosines, len(some))


def _products(words: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """All cosines, float64; tokens are widened some at a time."""
    found = np.empty((len(words), len(tokens)))
    wide = words.astype(np.float64)
    step = max(1, _COSINES // tokens.shape[1])
    for start in range(0, len(tokens), step):
        part = slice(start, start + step)
        np.matmul(wide, tokens[part].astype(np.float64).T, out=found[:, part])
    return found


def _maybe(cosines: np.ndarray) -> np.ndarray:
    """Which cosines may have a weight: those above the threshold of sparsemax, or so near it that rounding decides.

    Without sorting (Michelot 1986): what lies below the threshold of all is left out, until nothing does.
    """
    use = np.ones(cosines.shape, bool)
    while True:
        count = use.sum(axis=1)
        threshold = (np.where(use, cosines, 0).sum(axis=1) - 1) / count
        more = use & (cosines > (threshold - _SLACK)[:, None])
        if np.array_equal(more, use):
            return use
        use = more


def _sparsemax(
    rows: np.ndarray, places: np.ndarray, cosines: np.ndarray, words: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of the cosines of each word, which are together: lengths, places and weights, by place.

    The k largest have a weight, k being the last for which 1 + k z_k > z_1 + ... + z_k; the threshold is
    (z_1 + ... + z_k - 1) / k.
    """
    order = np.lexsort((-cosines, rows))
    counts = np.bincount(rows, minlength=words)
    starts = np.cumsum(counts) - counts
    ranks = np.arange(len(rows)) - np.repeat(starts, counts) + 1
    sorted_cosines = cosines[order]
    summed = np.empty(len(rows))
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        # By itself: a sum over all words would be rounded otherwise in another company.
        np.cumsum(sorted_cosines[start : start + count], out=summed[start : start + count])
    inside = 1 + ranks * sorted_cosines > summed
    kept = np.add.reduceat(inside, starts, dtype=np.int64)
    thresholds = (summed[starts + kept - 1] - 1) / kept
    weights = cosines - thresholds[rows]
    use = weights > 0
    return np.bincount(rows[use], minlength=words), places[use], weights[use]
