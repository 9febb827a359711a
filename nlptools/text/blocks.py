"""Pieces of text of one source -> blocks of about one size, folded; blocks of small sources -> larger ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from nlptools.text.chars import count_line_breaks, find_cut
from nlptools.text.folding import FOLD_CONTEXT, Fold, fold_stops
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.pieces import LULL, Piece


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of one source's text; all blocks of a source, put together, are the whole text.

    lines: numbers (from 1) of its lines in the source; the first is that of the line in which the text
    begins. joined: the cut before this text lies between two Han characters of a line without any
    break, so n-grams go across it. inside: the cut before this text lies inside a line.
    A block without text is a lull of a pipe, see Corpus.prompt.
    """

    text: str
    source: str
    lines: LineNumbers
    joined: bool = False
    inside: bool = False

    @property
    def line(self) -> int:
        """Number of the line in which the text begins."""
        return self.lines.first


def cut_blocks(
    pieces: Iterable[Piece], source: str, size: int, fold: Fold | None, read: Callable[[int], None]
) -> Iterator[Block]:
    """Pieces -> blocks of about `size` characters. read: called with the characters of each, before folding."""

    def block(text: str) -> Block:
        read(len(text))
        return Block(text if fold is None else fold(text), source, lines, joined, inside)

    head: list[str] = []  # text in which there is no place to cut
    tail = ""  # what follows it and has not been searched
    lines = LineNumbers()
    joined = inside = False
    for piece in pieces:
        text = piece.text
        if piece is LULL:
            yield Block("", source, lines, inside=True)
            continue
        step = size if len(text) > 4 * size else 4 * size  # usually one round
        for start in range(0, len(text), step):
            if start == 0 and not head and not tail:
                lines = piece.lines
            tail += text[start : start + step]
            if not piece.goes_on and start + step >= len(text):
                yield block("".join(head) + tail if head else tail)
                head, tail, joined, inside = [], "", False, False
                continue
            cut, clean = _place_to_cut(tail, fold)
            if not cut:
                head.append(tail[: -FOLD_CONTEXT - 1])
                tail = tail[-FOLD_CONTEXT - 1 :]
                continue
            whole = "".join(head) + tail[:cut]
            yield block(whole)
            lines = lines.after(count_line_breaks(whole))
            head, tail, joined = [], tail[cut:], not clean
            inside = not whole.endswith(("\n", "\r"))
    if head or tail:
        yield block("".join(head) + tail)


def _place_to_cut(text: str, fold: Fold | None) -> tuple[int, bool]:
    """Where to cut a text that goes on: after its last line end, else where find_cut says.

    Some characters stay right of the cut, so that CR and LF stay together and a fold that
    would reach across the cut is noticed. Position 0: nowhere.
    """
    end = len(text) - (FOLD_CONTEXT if fold is not None else 1)
    if end < 1:
        return 0, False
    cut = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
    if cut:
        return (cut + 1 if text[cut - 1 : cut + 1] == "\r\n" else cut), True
    cut, clean = find_cut(text[:end])
    if fold is None:
        return cut, clean
    for _ in range(100):
        if not cut or fold_stops(fold, text, cut, clean):
            return cut, clean
        cut, clean = find_cut(text[: cut - 1])
    return 0, False


def join_small(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """Small sources as one text of up to `size` characters, a line end between two of them; other blocks as they are.

    The source and line of such a text are those of its first block. Ten thousand files of one line would else be ten
    thousand pieces of work, each with a cost of its own.
    """
    held: list[str] = []
    first: Block | None = None
    length = 0
    for block in blocks:
        text = block.text
        lull = not text
        # CR and LF of two files are two line ends.
        if first and (lull or block.inside or length + len(text) > size or held[-1].endswith("\r")):
            yield dataclasses.replace(first, text="".join(held))
            held, first, length = [], None, 0
        if lull:
            yield block
            continue
        if first and not held[-1].endswith("\n"):
            held.append("\n")
        first = first or block
        held.append(text)
        length += len(text) + 1
    if first:
        yield dataclasses.replace(first, text="".join(held))
