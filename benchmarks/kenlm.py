"""KenLM's 4-gram records + our counts file -> whether they say the same, for every n-gram of orders 1-4.

count_ngrams pads each line with <s> <s> <s> and </s> and writes 4-grams only. Every n-gram of the text
ends at one place, and exactly one record ends there; so the records' last 1, 2, 3 and 4 words, where
none of them is padding, give the counts of all four orders.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from nlptools.ngrams.counts import load_counts

ORDER = 4
_PADDING = 3  # ids 0 <unk>, 1 <s>, 2 </s>
RECORD = np.dtype([("ids", "<u4", ORDER), ("count", "<u8")])


def compare(counts_file: Path, records_file: Path, vocab_file: Path) -> dict[int, str]:
    """For each order "equal" and how many n-grams, or what differs."""
    counts = load_counts(os.fspath(counts_file))
    records = np.fromfile(records_file, RECORD)
    words = vocab_file.read_bytes().rstrip(b"\0").split(b"\0")
    ours = np.zeros(len(words), np.int64)
    ours[_PADDING:] = counts.alphabet.ids([word.decode("utf-8") for word in words[_PADDING:]])
    found = {}
    for order in range(1, ORDER + 1):
        ids = ours[records["ids"][:, ORDER - order :]]
        if (ids < 0).any():
            found[order] = "KenLM has a symbol that is not in our counts"
            continue
        inside = (records["ids"][:, ORDER - order :] >= _PADDING).all(axis=1)
        theirs = _sums(_pack(list(ids[inside].T), len(counts.alphabet)), records["count"][inside])
        rows = np.arange(counts.size(order))
        keys = _pack(counts.symbols_of(order, rows), len(counts.alphabet))
        mine = keys, counts.levels[order - 1].counts[:].astype(np.uint64)
        if not np.array_equal(mine[0], theirs[0]):
            found[order] = f"{len(mine[0]):,} n-grams, KenLM {len(theirs[0]):,}"
        elif not np.array_equal(mine[1], theirs[1]):
            found[order] = f"{int((mine[1] != theirs[1]).sum()):,} counts differ"
        else:
            found[order] = f"equal: {len(keys):,} n-grams, {int(mine[1].sum()):,} occurrences"
    return found


def _pack(columns: list[np.ndarray], alphabet: int) -> np.ndarray:
    if (alphabet + 1) ** len(columns) > 1 << 64:
        raise ValueError("too many symbols to compare 4-grams as one number")
    keys = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        keys = keys * np.uint64(alphabet + 1) + column.astype(np.uint64)
    return keys


def _sums(keys: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else []
    return keys[starts], np.add.reduceat(numbers[order], starts)
