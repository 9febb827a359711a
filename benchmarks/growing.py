"""A real text -> larger texts whose different n-grams grow as those of real text do; each begins with the one before.

What goes beyond the text are copies of it in which characters are changed, as names and subjects change from
document to document: within a block of 3,000 characters each rare character becomes one and the same other of about
its frequency, or stays. How many are changed falls from copy to copy: so many that the number of different n-grams
follows the power law that the text itself shows between its quarter and its end. The same text gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus

ORDER = 5
BLOCK = 3000
KEPT = 200  # of the most frequent characters, which are grammar and signs, none is changed
TRIAL = 0.05
SAMPLE = (
    8_000_000  # bytes, on four copies of which it is tried how many characters have to be changed
)
MEMORY = 2 << 30
PIECE = 1000 * BLOCK  # characters that are changed at a time
_LAST_HAN = 0x9FFF
Ids = npt.NDArray[np.uint32]


def write_growing(source: Path, folder: Path, sizes: Sequence[int]) -> list[Path]:
    """Texts of about so many bytes (whole lines) from a text in UTF-8: beginnings of it, or it and changed copies.

    Those that the folder has all of already are not made again.
    """
    paths = [folder / f"{size / 1e6:g}m.txt" for size in sizes]
    if all(path.exists() for path in paths):
        return paths
    whole = source.read_bytes()
    factor = _factor(whole[: whole.rfind(b"\n", 0, SAMPLE) + 1]) if max(sizes) > len(whole) else 1
    for path, size in zip(paths, sizes, strict=True):
        if size <= len(whole):
            path.write_bytes(whole[: whole.rfind(b"\n", 0, size) + 1])
            continue
        left = size
        with path.open("wb") as file:
            for copy in _copies(whole, size, factor):
                file.write(copy if len(copy) <= left else copy[: copy.rfind(b"\n", 0, left) + 1])
                left -= len(copy)
    return paths


def different(data: bytes) -> npt.NDArray[np.int64]:
    """How many different n-grams there are of orders 1 to 5, and of order 2 and more that occur 5 times (last)."""
    counts = count_ngrams(Corpus.from_texts([data.decode("utf-8")]), order=ORDER, memory=MEMORY)
    sizes = [counts.at_least(n, 1) for n in range(1, ORDER + 1)]
    return np.array([*sizes, sum(counts.at_least(n, 5) for n in range(2, ORDER + 1))])


def exponents(small: bytes, large: bytes) -> npt.NDArray[np.float64]:
    """With which power of the size each of the numbers of `different` grows from one text to another."""
    growth = np.log(different(large) / different(small))
    return growth / np.log(len(large) / len(small))


def _factor(sample: bytes) -> float:
    """By how much more has to be changed than one changed character alone tells; later ones meet earlier ones."""
    now, beta = _law(sample)
    factor = 1.0
    for _ in range(2):
        made = different(b"".join(_copies(sample, 4 * len(sample), factor)))[:ORDER].sum() - now
        factor *= now * (4**beta - 1) / made
    return factor


def _law(whole: bytes) -> tuple[int, float]:
    """How many different n-grams a text has, and with which power of its size they grow."""
    quarter = whole[: whole.rfind(b"\n", 0, len(whole) // 4) + 1]
    before, now = different(quarter)[:ORDER].sum(), different(whole)[:ORDER].sum()
    return now, float(np.log(now / before) / np.log(len(whole) / len(quarter)))


def _copies(whole: bytes, size: int, factor: float) -> Iterator[bytes]:
    """The text, and changed copies of it until they are as large."""
    yield whole
    now, beta = _law(whole)
    ids = np.frombuffer(whole.decode("utf-8").encode("utf-32-le"), np.uint32)
    # How many new n-grams a changed character makes.
    trial = _changed(ids, 1, TRIAL)
    made = different(whole + _bytes(trial))[:ORDER].sum() - now
    each = made / np.count_nonzero(trial != ids)
    share = np.count_nonzero(_changed(ids, 1, 1.0) != ids) / len(ids)
    for copy in range(1, -(-size // len(whole))):
        wanted = now * ((copy + 1) ** beta - copy**beta)
        yield _bytes(_changed(ids, copy, factor * wanted / each / share / len(ids)))


def _changed(ids: Ids, copy: int, part: float) -> Ids:
    """Code points, of which that part of what may be changed is: by block and character, not by place."""
    counts = np.bincount(ids, minlength=_LAST_HAN + 1)
    found = np.flatnonzero(counts)
    ranked = found[np.argsort(-counts[found], kind="stable")].astype(np.uint32)
    ranked = ranked[(ranked >= 0x4E00) & (ranked <= _LAST_HAN)]
    rank = np.full(len(counts), -1, np.int64)
    rank[ranked] = np.arange(len(ranked))
    out = ids.copy()
    for start in range(0, len(ids), PIECE):
        _change(out[start : start + PIECE], start, copy, part, rank, ranked)
    return out


def _change(
    ids: Ids, start: int, copy: int, part: float, rank: npt.NDArray[np.int64], ranked: Ids
) -> None:
    """A piece of the code points, in place; start: where it begins, in whole blocks."""
    block = np.arange(start, start + len(ids), dtype=np.uint64) // np.uint64(BLOCK)
    place = rank[ids]
    draw = mixed((block << np.uint64(24)) + ids, copy)
    chosen = (place >= KEPT) & ((draw >> np.uint64(32)) < np.uint64(min(1.0, part) * 2**32))
    # Another of the ranks from a half to twice its own; low bits, which have no part in the choice.
    low = (place[chosen] // 2).astype(np.uint64)
    many = np.minimum(2 * place[chosen] + 2, len(ranked)).astype(np.uint64) - low
    ids[chosen] = ranked[(low + (draw[chosen] & np.uint64(0xFFFFFFFF)) % many).astype(np.int64)]


def mixed(keys: npt.NDArray[np.uint64], seed: int) -> npt.NDArray[np.uint64]:
    """splitmix64: another number for each key, the same on every machine and with every NumPy."""
    with np.errstate(over="ignore"):
        keys = keys + np.uint64(seed) * np.uint64(0x9E3779B97F4A7C15)
        keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _bytes(ids: Ids) -> bytes:
    return ids.tobytes().decode("utf-32-le").encode("utf-8")
