"""Code points, tokens -> the cells of a text, and texts in UTF-8, by texts.c; kernel.usable() counts here too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nlptools.native.kernel import call, checked

_SPARE = 16  # bytes behind texts, as texts.c has it


def lay_cells(
    joined: np.ndarray, kinds: np.ndarray, ids: np.ndarray, han: int, word: int, mark: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(where each cell begins, int64; its id, uint32; numbers of the cells that may have names, int64), as Cutter._cells.

    joined: bool, whether a code point belongs to the cell before it; kinds: uint8; ids: uint16 or uint32, of each by itself.
    """
    size = len(checked(joined, np.bool_))
    at, which, asked = np.empty(size, np.int64), np.empty(size, np.int64), np.zeros(1, np.int64)
    named = np.empty(size, np.uint32)
    checked(ids, np.uint16 if ids.dtype == np.uint16 else np.uint32, size)
    cells = call(
        *("lay_cells", joined, checked(kinds, np.uint8, size), ids, ids.itemsize, size),
        *(han, word, mark, at, named, which, asked),
    )
    return at[:cells], named[:cells], which[: int(asked[0])]


def spread_ends(at: np.ndarray, cut: np.ndarray, size: int) -> np.ndarray:
    """Whether a token ends after each of `size` code points, bool; at: where cells begin, int64; cut: whether one ends with each."""
    ends = np.empty(size, np.bool_)
    call(
        *("spread_ends", checked(at, np.int64), len(at), checked(cut, np.bool_, len(at)), size),
        ends,
    )
    return ends


def space_out(codes: np.ndarray, gaps: np.ndarray, separator: bytes) -> bytes:
    """A text (chars.code_points) in UTF-8, with the separator after each code point behind which there is a gap, bool."""
    checked(codes, np.uint16 if codes.dtype == np.uint16 else np.uint32, len(gaps))
    room = 3 if codes.itemsize == 2 else 4  # bytes of a code point
    out = np.empty(room * len(codes) + len(separator) * int(np.count_nonzero(gaps)), np.uint8)
    size = call(
        *("space_out", codes, codes.itemsize, len(codes), checked(gaps, np.bool_)),
        *(np.frombuffer(separator, np.uint8), len(separator), out),
    )
    return out[:size].tobytes()


class JoinedTexts:
    """Texts by their numbers, to be joined."""

    def __init__(self, texts: Sequence[str]) -> None:
        whole = "".join(texts).encode("utf-8", "surrogatepass")
        self._bytes = np.frombuffer(whole + bytes(_SPARE), np.uint8)
        # Where each character begins, and where the last one ends; a call for each text takes twice as long.
        begins = np.append(np.flatnonzero(self._bytes[: len(whole)] & 0xC0 != 0x80), len(whole))
        stops = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)))
        self._edges = begins[np.append(0, stops)]

    def __len__(self) -> int:
        return len(self._edges) - 1

    def join(
        self, ids: np.ndarray, before: np.ndarray, more: Sequence[str] = (), *, trim: bool
    ) -> bytes:
        """In UTF-8 the texts of ids, int32, one after another, the last text of all before those at the places `before`, int64, rising.

        Ids from len(self) on are of `more`. trim: a blank before that last text is left out.
        """
        joined = JoinedTexts._both(self, JoinedTexts(more)) if more else self
        return joined._join(ids, before, len(self) - 1, trim)

    def _join(self, ids: np.ndarray, before: np.ndarray, line: int, trim: bool) -> bytes:
        room = call("room_of_texts", checked(ids, np.int32), len(ids), len(self), self._edges)
        if room < 0:
            raise ValueError("a number without a text")
        room += len(before) * int(self._edges[line + 1] - self._edges[line])
        out = np.empty(room + _SPARE, np.uint8)
        size = call(
            *("join_texts", ids, len(ids), checked(before, np.int64), len(before)),
            *(line, int(trim), self._edges, self._bytes, out),
        )
        return out[:size].tobytes()

    @staticmethod
    def _both(first: JoinedTexts, second: JoinedTexts) -> JoinedTexts:
        """The texts of both."""
        both = JoinedTexts(())
        both._edges = np.append(first._edges, first._edges[-1] + second._edges[1:])
        both._bytes = np.append(first._bytes[:-_SPARE], second._bytes)
        return both
