"""Two tokenizer.json, the second with new tokens, and lines -> how both cut them: the judge of `bin/bench extend`.

With the library tokenizers and NumPy, and nothing of nlptools.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_BATCH = 1000  # lines
_FACTOR = 0x9E3779B97F4A7C15  # of the hash of a string; odd
_MASK = (1 << 64) - 1


class Cut(NamedTuple):
    """How both cut a text.

    before, after: tokens. without: lines without the text of a new token; same: those of them with the ids they had.
    found: where a new token's text stands, the longest of those that begin leftmost; whole: those that are one token.
    decoded: lines whose ids give what they gave before; given_back: lines that the first gives back as they are, and
    the second too. seconds: CPU of encoding by each.
    """

    lines: int
    characters: int
    before: int
    after: int
    without: int
    same: int
    found: int
    whole: int
    decoded: int
    given_back: tuple[int, int]
    seconds: tuple[float, float]


def load(path: Path) -> Any:
    """The tokenizer of a file, or of a folder with a tokenizer.json."""
    import tokenizers

    file = path / "tokenizer.json" if path.is_dir() else path
    return tokenizers.Tokenizer.from_file(str(file))


def new_tokens(before: Any, after: Any) -> dict[str, int]:
    """Text -> id of each token that only the second has; those that are no whole characters are left out."""
    size = max(before.get_vocab(with_added_tokens=True).values()) + 1
    ids = [n for n in after.get_vocab(with_added_tokens=True).values() if n >= size]
    texts = after.decode_batch([[n] for n in ids], skip_special_tokens=False)
    return {text: n for text, n in zip(texts, ids, strict=True) if text and "\ufffd" not in text}


def cut(before: Any, after: Any, lines: Sequence[str], words: Mapping[str, int]) -> Cut:
    """Encode and decode lines by both. words: text -> id of the tokens of the second that are looked for."""
    finder = Finder(list(words))
    numbers = np.fromiter(words.values(), np.int64, len(words))
    size = max(after.get_vocab(with_added_tokens=True).values()) + 1
    sums = dict.fromkeys(("before", "after", "without", "same", "decoded"), 0)
    back, seconds = [0, 0], [0.0, 0.0]
    found, tokens = np.zeros(len(words), np.int64), np.zeros(size, np.int64)
    for some in _batches(lines):
        rows: list[list[list[int]]] = []
        for n, tokenizer in enumerate((before, after)):
            start = time.process_time()
            encoded = tokenizer.encode_batch_fast(some, add_special_tokens=False)
            seconds[n] += time.process_time() - start
            rows.append([one.ids for one in encoded])
        sums["before"] += sum(map(len, rows[0]))
        sums["after"] += sum(map(len, rows[1]))
        flat = np.array([n for row in rows[1] for n in row], np.int64)
        tokens += np.bincount(flat, minlength=size)
        hits = finder.find(some)
        for number in (number for line in hits for number in line):
            found[number] += 1
        bare = [n for n, line in enumerate(hits) if not line]
        sums["without"] += len(bare)
        sums["same"] += sum(rows[0][n] == rows[1][n] for n in bare)
        texts = [
            tokenizer.decode_batch(part, skip_special_tokens=False)
            for tokenizer, part in zip((before, after), rows, strict=True)
        ]
        sums["decoded"] += sum(was == now for was, now in zip(*texts, strict=True))
        for n in (0, 1):
            back[n] += sum(text == line for text, line in zip(texts[n], some, strict=True))
    whole = int(np.minimum(found, tokens[numbers]).sum())
    return Cut(
        len(lines),
        sum(map(len, lines)),
        **sums,
        found=int(found.sum()),
        whole=whole,
        given_back=(back[0], back[1]),
        seconds=(seconds[0], seconds[1]),
    )


def _batches(lines: Sequence[str]) -> Iterator[list[str]]:
    return (list(lines[n : n + _BATCH]) for n in range(0, len(lines), _BATCH))


@functools.cache
def _values() -> np.ndarray:
    """A number for each character."""
    return np.random.default_rng(1).integers(1, 1 << 63, 0x110000, dtype=np.uint64)


class Finder:
    """Where words stand in lines: the longest of those that begin leftmost, by a hash of each string of their lengths."""

    def __init__(self, words: Sequence[str]) -> None:
        self._values = _values()
        self._by_length: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for length in sorted(set(map(len, words))):
            numbers = np.array([n for n, w in enumerate(words) if len(w) == length], np.int64)
            hashes = np.array([self._hash(words[n]) for n in numbers.tolist()], np.uint64)
            order = np.argsort(hashes)
            self._by_length[length] = hashes[order], numbers[order]

    def _hash(self, word: str) -> int:
        found = 0
        for sign in word:
            found = (found * _FACTOR + int(self._values[ord(sign)])) & _MASK
        return found

    def find(self, lines: Sequence[str]) -> list[list[int]]:
        """The numbers of the words of each line, in order."""
        text = "".join(f"{line}\n" for line in lines)
        codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
        values = self._values[codes]
        hashes = np.zeros(len(codes), np.uint64)
        places, lengths, numbers = [], [], []
        for length in range(1, max(self._by_length, default=0) + 1):
            if length > len(codes):
                break
            hashes = hashes[: len(codes) - length + 1] * np.uint64(_FACTOR) + values[length - 1 :]
            if length in self._by_length:
                known, names = self._by_length[length]
                at = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
                hit = np.flatnonzero(known[at] == hashes)
                places.append(hit)
                lengths.append(np.full(len(hit), length))
                numbers.append(names[at[hit]])
        found: list[list[int]] = [[] for _ in lines]
        if not places:
            return found
        place, size, number = map(np.concatenate, (places, lengths, numbers))
        order = np.lexsort((-size, place))
        line = np.cumsum(codes == 10) - (codes == 10)
        free = 0
        rows = zip(place[order].tolist(), size[order].tolist(), number[order].tolist(), strict=True)
        for start, length, name in rows:
            if start >= free:
                free = start + length
                found[int(line[start])].append(name)
        return found
