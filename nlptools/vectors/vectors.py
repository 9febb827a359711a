"""Words and rows of numbers -> Vectors: batches of rows, read as often as needed, in memory or in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base.spool import Spool

# Numbers in a batch: 2 MB of float64. What is computed is computed batch by batch, and how many rows a batch
# has depends on their length alone: so results are the same, to the last bit, whatever the blocks in which a
# file was read, its format, the memory and the threads.
BATCH = 1 << 18

BAD_NAMED = 10  # bad rows that are named
SKIP_HINT = "--bad-rows skip leaves such rows out"

Watch = Callable[[str, int, int], None]


def unwatched(stage: str, done: int, total: int) -> None:
    """Nobody watches."""


def batch_rows(dimensions: int) -> int:
    """Rows in a batch."""
    return max(64, BATCH // dimensions)


@dataclass
class BadRows:
    """Rows of a file that were left out: how many, and the first of them with what is wrong there."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, problems: Sequence[str]) -> None:
        """Some more, in the order of the file."""
        self.count += len(problems)
        self.first += problems[: BAD_NAMED - len(self.first)]


class Vectors:
    """N rows of n numbers, all finite, which may have words.

    shape: (N, n). dtype: float16, float32 or float64, of the rows. source, format: where they come from.
    bad_rows: what was left out of the file, see `read_vectors`.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        dtype: np.dtype[Any],
        matrix: Iterable[np.ndarray],
        words: Iterable[np.ndarray] | None = None,
        *,
        source: str = "",
        format: str = "",
        bad_rows: BadRows | None = None,
    ) -> None:
        """matrix: batches as flat arrays; words: theirs, UTF-8 with LF between them. Both are looped over often."""
        self.shape, self.dtype = shape, np.dtype(dtype)
        self.source, self.format = source, format
        self.bad_rows = bad_rows or BadRows()
        self._matrix, self._words = matrix, words

    def __repr__(self) -> str:
        rows, columns = self.shape
        named = ", with words" if self.has_words else ""
        return f"Vectors({rows:,} x {columns:,}, {self.dtype}{named})"

    @classmethod
    def from_array(cls, matrix: np.ndarray, words: Sequence[str] | None = None) -> Vectors:
        """Vectors of a two-dimensional array of floating-point numbers.

        Raises ValueError for another array, numbers that are not finite, and words that are not as many
        as rows, not all different or have a line end in them.
        """
        if matrix.ndim != 2 or matrix.dtype.kind != "f" or 0 in matrix.shape:
            raise ValueError("matrix must have two dimensions, a row and floating-point numbers")
        if first_not_finite(matrix) is not None:
            raise ValueError("matrix must have finite numbers")
        if words is not None and (len(words) != len(matrix) or len(set(words)) != len(words)):
            raise ValueError("words must be as many as rows, and all different")
        if words is not None and any("\n" in word for word in words):
            raise ValueError("words must not have line ends in them")
        data = None if words is None else [word.encode() for word in words]
        store = VectorStore(matrix.shape[1], matrix.dtype, room=1 << 62)
        store.add(matrix, data)
        return store.finish()

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def has_words(self) -> bool:
        """Whether the rows have words."""
        return self._words is not None

    def batches(self) -> Iterator[np.ndarray]:
        """The rows, `batch_rows` of them at a time, in order; they must not be changed."""
        for flat in self._matrix:
            yield flat.reshape(-1, self.shape[1])

    def word_batches(self) -> Iterator[list[bytes]]:
        """The words of the batches, UTF-8; nothing where there are no words."""
        for data in self._words or ():
            yield data.tobytes().split(b"\n")

    def words(self) -> Iterator[str]:
        """The words in order; nothing where there are none."""
        for words in self.word_batches():
            yield from (word.decode() for word in words)

    def names(self, rows: Sequence[int]) -> list[str]:
        """The words of some rows; a row without a word is called by its number from 0: "[16]"."""
        if self._words is None:
            return [f"[{row}]" for row in rows]
        size, wanted = batch_rows(self.shape[1]), sorted(set(rows))
        found: dict[int, str] = {}
        for number, words in enumerate(self.word_batches()):
            first = number * size
            for row in wanted:
                if first <= row < first + len(words):
                    found[row] = words[row - first].decode()
        return [found[row] for row in rows]

    def parts(self, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
        """Some rows, which must ascend, as they come in batches: their places among `rows`, and they."""
        size = batch_rows(self.shape[1])
        for number, batch in enumerate(self.batches()):
            start, stop = np.searchsorted(rows, (number * size, number * size + len(batch)))
            if start < stop:
                yield slice(start, stop), batch[rows[start:stop] - number * size]

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Some rows, which must ascend, as one array."""
        found = np.empty((len(rows), self.shape[1]), self.dtype)
        for places, part in self.parts(rows):
            found[places] = part
        return found

    def mapped(self, function: Callable[[np.ndarray], np.ndarray], dimensions: int) -> Vectors:
        """The same words with other rows: function(batch), in float64, makes a batch of `dimensions` columns."""
        return _Mapped(self, function, dimensions)

    def array(self) -> np.ndarray:
        """All rows as one array."""
        return np.concatenate(list(self.batches()))


class _Mapped(Vectors):
    """Vectors that are computed whenever they are read, in the batches of what they are made from."""

    def __init__(
        self, base: Vectors, function: Callable[[np.ndarray], np.ndarray], dimensions: int
    ) -> None:
        super().__init__(
            (len(base), dimensions), base.dtype, (), source=base.source, format=base.format
        )
        self.bad_rows = base.bad_rows
        self._base, self._function = base, function

    @property
    def has_words(self) -> bool:
        return self._base.has_words

    def _computed(self) -> Iterator[np.ndarray]:
        for batch in self._base.batches():
            yield self._function(batch.astype(np.float64)).astype(self.dtype)

    def batches(self) -> Iterator[np.ndarray]:
        yield from rebatched(self._computed(), batch_rows(self.shape[1]))

    def word_batches(self) -> Iterator[list[bytes]]:
        words: list[bytes] = []
        size = batch_rows(self.shape[1])
        for more in self._base.word_batches():
            words += more
            while len(words) >= size:
                yield words[:size]
                del words[:size]
        if words:
            yield words

    def names(self, rows: Sequence[int]) -> list[str]:
        return self._base.names(rows)


def rebatched(pieces: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Pieces of rows -> arrays of `size` rows each, the last of fewer."""
    waiting: list[np.ndarray] = []
    rows = 0
    for piece in pieces:
        waiting.append(piece)
        rows += len(piece)
        if rows >= size:
            whole = np.concatenate(waiting) if len(waiting) > 1 else piece
            full = rows // size * size
            for start in range(0, full, size):
                yield whole[start : start + size]
            rows -= full
            waiting = [whole[full:].copy()] if rows else []
    if rows:
        yield np.concatenate(waiting)


class VectorStore:
    """Takes rows and their words in pieces, `finish` gives them as Vectors.

    room: bytes of numbers kept in memory, and a quarter of that of words; the rest goes to a file in `folder`.
    """

    def __init__(
        self, dimensions: int, dtype: np.dtype[Any], *, room: int, folder: Path | None = None
    ) -> None:
        self._dimensions, self._dtype = dimensions, dtype
        self._size = batch_rows(dimensions)
        self._matrix, self._words = Spool(room, folder), Spool(room // 4, folder)
        self._waiting: list[np.ndarray] = []
        self._texts: list[bytes] = []
        self._pending = self._rows = 0
        self._has_words = False

    def add(self, rows: np.ndarray, words: list[bytes] | None) -> None:
        """Keep rows; they all have words, or none has."""
        self._rows += len(rows)
        self._pending += len(rows)
        self._waiting.append(rows)
        if words is not None:
            self._has_words = True
            self._texts += words
        if self._pending >= self._size:
            whole = np.concatenate(self._waiting)
            full = len(whole) // self._size * self._size
            for start in range(0, full, self._size):
                self._keep(whole[start : start + self._size])
            self._waiting = [whole[full:].copy()]
            self._pending = len(whole) - full

    def _keep(self, batch: np.ndarray) -> None:
        self._matrix.append(batch.astype(self._dtype).ravel())  # a copy: it holds nothing else
        if self._has_words:
            data = b"\n".join(self._texts[: len(batch)])
            self._words.append(np.frombuffer(data, np.uint8))
            del self._texts[: len(batch)]

    def finish(
        self, source: str = "", format: str = "", bad_rows: BadRows | None = None
    ) -> Vectors:
        if self._pending:
            self._keep(np.concatenate(self._waiting))
        return Vectors(
            (self._rows, self._dimensions),
            self._dtype,
            self._matrix,
            self._words if self._has_words else None,
            source=source,
            format=format,
            bad_rows=bad_rows,
        )


def word_digests(words: Sequence[bytes]) -> np.ndarray:
    """A number of 64 bits for each word, uint64, by which words are compared.

    Among a million words two different ones have the same with a probability of 3 in a hundred million.
    """
    data = b"".join([blake2b(word, digest_size=8).digest() for word in words])
    return np.frombuffer(data, np.uint64)


class SeenWords:
    """Which words came before, by their digests; 12 bytes for each."""

    def __init__(self) -> None:
        # Sorted digests and the places of their words; each level is less than half as long as the one before.
        self._levels: list[tuple[np.ndarray, np.ndarray]] = []

    def add(self, words: Sequence[bytes], places: np.ndarray) -> np.ndarray:
        """For each word the place of the same word that came first, -1 where there is none.

        places: int32, ascending.
        """
        new, first, inverse = np.unique(word_digests(words), return_index=True, return_inverse=True)
        earlier = np.full(len(new), -1, np.int64)
        for known, of_known in self._levels:
            at = np.minimum(np.searchsorted(known, new), len(known) - 1)
            earlier = np.where(known[at] == new, of_known[at], earlier)
        found = earlier[inverse]
        again = (found < 0) & (np.arange(len(words)) != first[inverse])
        found[again] = places[first[inverse]][again]
        fresh = earlier < 0
        if not fresh.any():
            return found
        self._levels.append((new[fresh], places[first[fresh]].astype(np.int32)))
        while len(self._levels) > 1 and 2 * len(self._levels[-1][0]) > len(self._levels[-2][0]):
            self._merge()
        return found

    def _merge(self) -> None:
        (a, a_places), (b, b_places) = self._levels[-2:]
        digests, places = np.concatenate([a, b]), np.concatenate([a_places, b_places])
        order = np.argsort(digests, kind="stable")
        self._levels[-2:] = [(digests[order], places[order])]


def first_not_finite(rows: np.ndarray) -> tuple[int, int] | None:
    """The row and column of the first number that is NaN or infinite."""
    # A sum is finite unless a number is not, or it overflows: the usual case needs no array of flags.
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(rows.sum(dtype=np.float64)):
            return None
    bad = np.flatnonzero(~np.isfinite(rows))
    return divmod(int(bad[0]), rows.shape[1]) if len(bad) else None


def sample_rows(rows: int, size: int, seed: int) -> np.ndarray:
    """So many of the rows, ascending; all where there are not more. The same for ever for a seed."""
    if size >= rows:
        return np.arange(rows)
    # NumPy keeps the raw stream of a bit generator in all its versions, not what a Generator makes of it.
    keys = np.random.PCG64(seed).random_raw(rows)
    return np.sort(np.argsort(keys, kind="stable")[:size])


def shown_number(value: float) -> str:
    """Six digits; a whole number as it is."""
    return str(value) if isinstance(value, int) else f"{value:.6g}"
