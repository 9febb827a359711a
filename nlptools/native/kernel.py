"""Arrays -> what the C files beside this make of them, if they are compiled: usable() says so. Callers have NumPy code too.

NLPTOOLS_KERNEL=off in the environment leaves it out. A library that was made of other sources is left alone.
"""

from __future__ import annotations

import ctypes
import functools
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

# Not *.so: Python would take it for a module of its own.
FOLDER = Path(__file__).parent
LIBRARY = FOLDER / "kernel.bin"
SWITCH = "NLPTOOLS_KERNEL"

TILE, LONGEST = 256, 16  # of kernel.h
_ASKED = 1 << 15  # places at a time whose neighbours are wanted: 3 MB for texts of eight symbols
# (shard, place from which on symbols are of it), rising.
Edges = Sequence[tuple[int, int]]

_Pointer = ctypes.c_void_p


def source_digest() -> str:
    """Of the C files, hexadecimal; by zlib, as hashlib takes 4 ms to import."""
    digest = 0
    for source in sorted(FOLDER.glob("*.[ch]")):
        digest = zlib.crc32(source.read_bytes(), digest)
    return f"{digest:08x}"


@functools.lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
    if os.environ.get(SWITCH, "").lower() in ("off", "0", "no") or not LIBRARY.exists():
        return None
    try:
        found = ctypes.CDLL(str(LIBRARY))
        found.source_digest.restype = ctypes.c_char_p
        if found.source_digest().decode() != source_digest():
            return None
    except (OSError, AttributeError):  # of another machine, or no library of this kind
        return None
    for name in (
        "walk_level",
        "stand",
        "ranks_of_sorted",
        "substring_keys",
        "number_frequent",
        "put_numbers",
        "room_of_texts",
        "join_texts",
        "lay_cells",
        "space_out",
        "number_keys",
    ):
        getattr(found, name).restype = ctypes.c_int64
    found.expect.restype = ctypes.c_double
    return found


def usable() -> bool:
    """Whether the compiled functions below may be called."""
    return _library() is not None


def _call(name: str, *arguments: object) -> Any:
    """Whole numbers go as int64, arrays as pointers, None as NULL."""
    library = _library()
    assert library is not None
    return getattr(library, name)(
        *(
            ctypes.c_int64(argument)
            if isinstance(argument, int)
            else _Pointer(argument.ctypes.data)  # data_as takes three times as long
            if isinstance(argument, np.ndarray)
            else argument
            for argument in arguments
        )
    )


def _checked(values: np.ndarray, dtype: type[np.generic], size: int | None = None) -> np.ndarray:
    """The array itself, if it is what a function reads or writes. Raises TypeError, ValueError."""
    if values.dtype != dtype or not values.flags.c_contiguous:
        raise TypeError(f"{values.dtype} of shape {values.shape} is no row of {dtype.__name__}")
    if size is not None and values.size != size:
        raise ValueError(f"{values.size} numbers where {size} are wanted")
    return values


def _pointers(arrays: Sequence[np.ndarray | None]) -> ctypes.Array[ctypes.c_void_p]:
    return (_Pointer * len(arrays))(*(a if a is None else a.ctypes.data for a in arrays))


class _Table(ctypes.Structure):
    _fields_ = (
        ("keys", _Pointer),
        ("multipliers", _Pointer),
        ("shifts", _Pointer),
        ("tables", _Pointer),
        ("rounds", ctypes.c_int64),
    )


class HashTable:
    """The tables of a base.keys.KeyTable, as the functions take them."""

    def __init__(
        self, keys: np.ndarray, rounds: Sequence[tuple[np.uint64, np.uint64, np.ndarray]]
    ) -> None:
        """keys: uint64. rounds: multiplier, shift and slots (int32) of each."""
        tables = [_checked(slots, np.int32) for *_, slots in rounds]
        multipliers = np.array([multiplier for multiplier, *_ in rounds], np.uint64)
        shifts = np.array([shift for _, shift, _ in rounds], np.uint64)
        pointers = _pointers(tables)
        # The structure has addresses alone: what they point to has to stay.
        self._kept = (_checked(keys, np.uint64), tables, multipliers, shifts, pointers)
        addresses = (keys.ctypes.data, multipliers.ctypes.data, shifts.ctypes.data)
        self.table = _Table(*addresses, ctypes.addressof(pointers), len(tables))

    def find(self, queries: np.ndarray) -> np.ndarray:
        """Index of each query (uint64) in the keys, -1 where it is not one of them; int32."""
        queries = np.ascontiguousarray(queries)
        found = np.empty(len(queries), np.int32)
        _call(
            "find_keys", ctypes.byref(self.table), _checked(queries, np.uint64), len(queries), found
        )
        return found


class _Level(ctypes.Structure):
    _fields_ = (("entries", _Pointer), ("bits", ctypes.c_int64))


class Levels:
    """The levels of a lattice.trie.Trie, as the functions take them: 32 to 64 bytes a word or beginning of a word."""

    def __init__(self, levels: Sequence[tuple[np.ndarray, np.ndarray]], radix: int) -> None:
        """levels: the keys of the states from 1 (uint64, different), and whether each state from 0 is the beginning of
        longer words (bool). radix: symbols there are.
        """
        self._radix = radix
        self._entries, self._levels = [], []
        for keys, longer in levels:
            bits = max(4, (2 * len(keys) - 1).bit_length())
            entries = np.zeros(2 << bits, np.uint64)  # an entry is twice as wide
            _checked(longer, np.bool_, len(_checked(keys, np.uint64)) + 1)
            _call("fill_level", keys, longer, len(keys), bits, entries)
            self._entries.append(entries)  # the structure has its address alone
            self._levels.append(_Level(entries.ctypes.data, bits))
        self._pointers = (_Pointer * len(levels))(*map(ctypes.addressof, self._levels))

    def walk(
        self, number: int, ids: np.ndarray, at: np.ndarray, before: np.ndarray
    ) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
        """One level of Trie.walk: (states of the words that end at some places, (places, states) to go on from); int32.

        ids: uint32; at: the places, int32, rising; before: states of the words that end before them, int32.
        """
        size = len(_checked(at, np.int32))
        found, next_at, next_state = (np.empty(size + 1, np.int32) for _ in range(3))
        on = _call(
            *("walk_level", ctypes.byref(self._levels[number]), self._radix),
            *(_checked(ids, np.uint32), len(ids), at, _checked(before, np.int32, size)),
            *(size, found, next_at, next_state),
        )
        return found[:size], (next_at[:on], next_state[:on])

    def look_up(self, ids: np.ndarray, tables: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Trie.look_up; ids: uint32; tables: int32."""
        found = [np.full(len(ids), _checked(table, np.int32)[0]) for table in tables]
        _call(
            *("look_up", len(tables), self._pointers, self._radix, _checked(ids, np.uint32)),
            *(len(ids), _pointers(tables), _pointers(found)),
        )
        return found

    def stand(
        self,
        tables: Sequence[np.ndarray],
        piece: tuple[np.ndarray, np.ndarray],
        starts: np.ndarray,
        edges: Edges,
        sums: np.ndarray,
        bits: np.ndarray,
        wanted: np.ndarray | None,
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Add how texts stand in a piece of a corpus; (texts, symbols on their left, on their right) of those wanted.

        tables: by length the text of each state, int32, 0 for none. piece: (symbols, uint32; whether a word ends at each,
        bool); starts: where texts may begin, int32, rising. edges: as Shards has them. sums: int64, shape (texts, 4);
        bits: uint16; wanted: bool, or None.
        """
        ids, ends = piece
        shards, places = np.array(edges, np.int64).T.copy()
        _checked(sums, np.int64, 4 * len(_checked(bits, np.uint16)))
        if wanted is not None:
            _checked(wanted, np.bool_, len(sums))
        step = len(starts) if wanted is None else _ASKED
        for first in range(0, len(starts), max(step, 1)):
            some = _checked(starts[first : first + step], np.int32)
            room = 0 if wanted is None else len(some) * len(tables)
            rows, left, right = (
                np.empty(room, dtype) for dtype in (np.int32, np.uint32, np.uint32)
            )
            asked = _call(
                *("stand", len(tables), self._pointers, self._radix, _checked(ids, np.uint32)),
                *(len(ids), _pointers([_checked(table, np.int32) for table in tables])),
                *(some, len(some), _checked(ends, np.bool_, len(ids)), len(shards), shards, places),
                *(sums, bits, wanted, room, rows, left, right),
            )
            if asked:
                yield rows[:asked], left[:asked], right[:asked]


def expect(
    starts: Sequence[int],
    numbers: Sequence[np.ndarray],
    weights: Sequence[np.ndarray],
    totals: Sequence[np.ndarray],
    base: Mapping[int, Sequence[np.ndarray]],
    gaps: np.ndarray | None,
) -> tuple[np.ndarray, float]:
    """(posterior of a boundary after each cell, float32; log-likelihood) of a block, as lattice.paths.forward_backward.

    starts: of its steps; numbers: int32, by length - 1 the word that ends in each cell, 0 for none, of length 1 the symbol;
    weights: of the words, float32; totals: float64, take their posteriors, rounded as wordmodel.em.exact does it. base: by
    length the tables of the symbols of an unseen word, float32. gaps: weights of boundaries, float32.
    """
    size = starts[-1]
    edges = np.array(starts, np.int64)
    if len(numbers) > LONGEST:
        raise ValueError(f"words of {len(numbers)} symbols, at most {LONGEST}")
    for k, number in enumerate(numbers):
        _checked(number, np.int32, size)
        _checked(weights[k], np.float32), _checked(totals[k], np.float64)
    if gaps is not None:
        _checked(gaps, np.float32, size)
    of_length = [base.get(k) for k in range(1, len(numbers) + 1)]
    tables = [
        None if one is None else _pointers([_checked(table, np.float32) for table in one])
        for one in of_length
    ]
    addresses = (_Pointer * len(tables))(
        *(None if one is None else ctypes.addressof(one) for one in tables)
    )
    boundary = np.empty(size, np.float32)
    share = np.empty(len(numbers) * int(np.minimum(np.diff(edges), TILE).sum()), np.float32)
    likelihood = _call(
        *("expect", len(starts) - 1, edges, len(numbers), _pointers(numbers), _pointers(weights)),
        *(addresses, gaps, _pointers(totals), boundary, share),
    )
    return boundary, likelihood


def best_paths(
    starts: np.ndarray, sizes: np.ndarray, scores: Sequence[np.ndarray], ends: np.ndarray
) -> None:
    """Which symbols of some runs end a word on the best path is put into `ends`, bool, as lattice.paths.best_path finds it.

    starts, sizes: int64, of the runs; scores: by length - 1, float32, of the word that ends at each place.
    """
    for score in scores:
        _checked(score, np.float32, len(ends))
    longest = int(sizes.max(initial=0))
    _call(
        *("best_paths", len(starts), _checked(starts, np.int64), _checked(sizes, np.int64)),
        *(len(scores), _pointers(scores), _checked(ends, np.bool_)),
        *(np.empty(longest, np.uint8), np.empty(longest, np.float32)),
    )


def tally_words(found: np.ndarray, edges: Edges, counts: np.ndarray, bits: np.ndarray) -> None:
    """Count the words that end at the places of a piece, int32, 0 for none. edges: as Shards has them; counts: int64; bits: uint16."""
    shards, places = np.array(edges, np.int64).T.copy()
    _checked(bits, np.uint16, len(_checked(counts, np.int64)))
    size = len(_checked(found, np.int32))
    _call("tally_words", found, size, len(shards), shards, places, counts, bits)


def weigh(
    found: np.ndarray, weights: np.ndarray, ids: np.ndarray, base: Sequence[np.ndarray] | None
) -> np.ndarray:
    """The weight of the word that ends at each place, int32, and of an unseen one there, float32.

    weights: of the words; base: tables of the symbols of an unseen word, float32, or None; ids: uint32.
    """
    size = len(_checked(found, np.int32))
    out = np.empty(size, np.float32)
    tables = None if base is None else _pointers([_checked(table, np.float32) for table in base])
    length = 0 if base is None else len(base)
    _checked(weights, np.float32), _checked(ids, np.uint32, size)
    _call("weigh", found, weights, ids, size, length, tables, out)
    return out


def hash_runs(
    ids: np.ndarray,
    starts: np.ndarray,
    lengths: np.ndarray,
    values: np.ndarray,
    places: np.ndarray,
) -> np.ndarray:
    """A hash of each run, uint64. ids: uint32; starts, lengths: int64; values, places: uint64, of ids and of places in a run."""
    hashes = np.empty(len(starts), np.uint64)
    _checked(ids, np.uint32), _checked(values, np.uint64), _checked(places, np.uint64)
    _call(
        *("hash_runs", len(starts), _checked(starts, np.int64), _checked(lengths, np.int64)),
        *(ids, values, places, hashes),
    )
    return hashes


def substring_keys(
    ending: np.ndarray, prefix: np.ndarray, ids: np.ndarray, between: tuple[int, int], radix: int
) -> np.ndarray:
    """Keys, uint64, of the substrings of a piece that end where a candidate ends, and are one that begins before it and a symbol.

    ending, prefix: those, int32, 0 for none; the latter from between[0] up to below between[1]. ids: uint32.
    """
    size = len(_checked(ending, np.int32))
    keys = np.empty(size + 1, np.uint64)
    _checked(prefix, np.int32, size), _checked(ids, np.uint32, size)
    found = _call("substring_keys", ending, prefix, ids, size, *between, radix, keys)
    return keys[:found]


def number_frequent(
    keys: np.ndarray, shift: int, least: int, known: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(number of the key at each place, int32; keys that occur `least` times, uint64; how often, int64).

    keys: key << shift | place, uint64, sorted. The frequent ones are numbered from known + 1, others 0.
    """
    numbers = np.empty(len(keys), np.int32)
    frequent, counts = np.empty(len(keys), np.uint64), np.empty(len(keys), np.int64)
    found = _call(
        *("number_frequent", _checked(keys, np.uint64), len(keys), shift, least, known),
        *(numbers, frequent, counts),
    )
    return numbers, frequent[:found].copy(), counts[:found].copy()


def put_numbers(
    ending: np.ndarray,
    prefix: np.ndarray,
    between: tuple[int, int],
    numbers: np.ndarray,
    values: np.ndarray,
) -> int:
    """The first of the numbers are put into values, int32, where the substrings of substring_keys end; how many."""
    size = len(_checked(ending, np.int32))
    _checked(prefix, np.int32, size), _checked(values, np.int32, size)
    return _call("put_numbers", ending, prefix, size, *between, _checked(numbers, np.int32), values)


def gather(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """values[places], all int32."""
    out = np.empty(len(_checked(places, np.int32)), np.int32)
    _call("gather", _checked(values, np.int32), places, len(places), out)
    return out


def exponentials(values: np.ndarray) -> np.ndarray:
    """base.steady.exp of float32."""
    out = np.empty(len(values), np.float32)
    _call("exponentials", _checked(values, np.float32), len(values), out)
    return out


def gap_derivatives(
    starts: Sequence[int],
    cells: tuple[np.ndarray, np.ndarray],
    edge: int,
    scores: np.ndarray,
    update: tuple[int, np.ndarray] | None,
    wanted: tuple[int, np.ndarray, int] | None,
) -> tuple[np.ndarray, np.ndarray] | None:
    """The update added to the scores (float32) of the gaps of a block; then sums of y - p and of p (1 - p) by feature.

    starts: of the steps; cells: (symbols, pairs) of the block, int32; edge: as GapRegression has it. update: (family, a
    number for each of its features, float32); wanted: (family, targets, float32, how many features it has).
    """
    symbols, pairs = (_checked(array, np.int32, starts[-1]) for array in cells)
    _checked(scores, np.float32)
    sums = None if wanted is None else np.zeros((wanted[2], 2))
    updated, added = (-1, None) if update is None else (update[0], _checked(update[1], np.float32))
    family, targets = (0, None) if wanted is None else (wanted[0], wanted[1])
    if targets is not None:
        _checked(targets, np.float32, len(scores))
    _call(
        *("gap_derivatives", len(starts) - 1, np.array(starts, np.int64), symbols, pairs, edge),
        *(updated, added, family, scores, targets, sums),
    )
    return None if sums is None else (sums[:, 0], sums[:, 1])


def ranks_of_sorted(keys: np.ndarray, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """keys: key << shift | place, uint64, sorted -> (rank of the key at each place, uint32, distinct keys)."""
    ranks, distinct = np.empty(len(keys), np.uint32), np.empty(len(keys), np.uint64)
    number = _call("ranks_of_sorted", _checked(keys, np.uint64), len(keys), shift, ranks, distinct)
    return ranks, distinct[:number].copy()


# For tokens.py and texts.py, which have the functions of tokens.c and texts.c.
call, checked, array_pointers = _call, _checked, _pointers
