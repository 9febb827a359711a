"""NgramModel <-> ARPA file, the text format in which all tools exchange back-off n-gram models.

Written as KenLM does: a number, a tab, words with one space between, and a tab and the back-off where
there is a higher order; n-grams in the order of the trie. `# nlptools lm {...}`, a comment to other tools,
keeps the settings. Read is what KenLM, SRILM, IRSTLM and CMU tools write. docs/formats.md says more.
"""

from __future__ import annotations

import codecs
import json
import os
import re
from collections.abc import Iterator, Sequence

import numpy as np

from nlptools.base.keys import dense_ranks, id_dtype
from nlptools.base.outputs import whole_file
from nlptools.base.textcolumns import ROWS, Cells, TextTable, decimals, weave
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.lm.arpa_reader import COMMENT, DATA, Section, read_sections, rounded
from nlptools.lm.trie import DECIMALS, LOG_ZERO, ModelLevel, NgramModel
from nlptools.text.compressing import compressing
from nlptools.text.decoding import decompress

_NO_WORD = re.compile("[ \t\r\n\0]|[\ud800-\udfff]|^$")

# --- writing ---------------------------------------------------------------------------------


def write_arpa(model: NgramModel, path: str | os.PathLike[str]) -> None:
    """Write the file, compressed as its name says (.gz, .bz2, .xz, .zst); it appears when it is complete.

    The bytes depend on the model alone.
    """
    pieces = arpa_pieces(model)
    with whole_file(path) as stream, compressing(stream, path) as packed:
        for piece in pieces:
            packed.write(piece)


def arpa_pieces(model: NgramModel) -> Iterator[bytes]:
    """What the file holds, a piece at a time.

    NlptoolsError, before the first, when a symbol cannot be a word there.
    """
    for symbol in model.vocabulary:
        if _NO_WORD.search(symbol):
            raise NlptoolsError(f"an ARPA file cannot have the word {quoted(symbol)}")
    return _pieces(model)


def _pieces(model: NgramModel) -> Iterator[bytes]:
    head = ""
    if model.settings:
        text = json.dumps(
            dict(model.settings), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        head = f"{COMMENT}{text}\n"
    head += "\\data\\\n"
    for n, level in enumerate(model.levels, 1):
        head += f"ngram {n}={len(level)}\n"
    yield head.encode("utf-8", "backslashreplace")  # half a character: \ud800, as JSON has it
    names = TextTable(model.vocabulary)
    for n, level in enumerate(model.levels, 1):
        yield f"\n\\{n}-grams:\n".encode()
        start = 0
        for columns in _ids(model, n):
            stop = start + len(columns[0])
            line: list[Cells] = [_numbers(level.log_probs[start:stop])]
            for j, ids in enumerate(columns):
                line += [b" " if j else b"\t", names[ids]]
            if level.backoffs is not None:
                line += [b"\t", _numbers(level.backoffs[start:stop])]
            yield weave([*line, b"\n"])
            start = stop
    yield b"\n\\end\\\n"


def _numbers(values: np.ndarray) -> np.ndarray:
    return decimals(values, DECIMALS, short=True)


def _ids(model: NgramModel, order: int) -> Iterator[list[np.ndarray]]:
    """All n-grams of an order, some thousand at a time: a column of ids for each position.

    They follow the n-grams of the order below, whose children they are; to search the parents of each,
    as symbols_of does, takes five times as long.
    """
    symbols = model.levels[order - 1].symbols
    if order == 1:
        for start in range(0, len(symbols), ROWS):
            yield [symbols[start : start + ROWS]]
        return
    children = model.levels[order - 2].children
    assert children is not None
    first = 0
    for columns in _ids(model, order - 1):
        size = len(columns[0])
        bounds = children[first : first + size + 1].astype(np.int64)
        first += size
        for start in range(int(bounds[0]), int(bounds[-1]), ROWS):
            stop = min(start + ROWS, int(bounds[-1]))
            low = int(np.searchsorted(bounds, start, "right")) - 1
            high = int(np.searchsorted(bounds, stop, "left"))
            inside = np.clip(bounds[low : high + 1], start, stop)
            parents = np.repeat(np.arange(low, high), inside[1:] - inside[:-1])
            yield [*(column[parents] for column in columns), symbols[start:stop]]


# --- reading ---------------------------------------------------------------------------------


def looks_like_arpa(head: bytes) -> bool:
    """Whether a file that begins so is an ARPA file, compressed or not; some kilobytes are enough."""
    data = b""
    try:
        for piece in decompress(iter([head]), ""):
            data += piece
    except NlptoolsError:
        pass  # so ends what is cut off inside its compression
    data = data.removeprefix(codecs.BOM_UTF8)
    return data.startswith(COMMENT.encode()) or DATA.search(data) is not None


def read_arpa(path: str | os.PathLike[str]) -> NgramModel:
    """Read a model; compression is found by content.

    <unk> (or <UNK>), <s> and </s> get probability 0 where the file lacks them. Where an n-gram's first symbols
    are no n-gram, as pruning can leave it, they become one, with the probability they have by backing off:
    that changes no probability. Logarithms are rounded to DECIMALS and are at least LOG_ZERO.
    DataError, with the line, for what cannot be read.
    """
    settings, vocabulary, sections = read_sections(path)
    trie = _Trie(len(vocabulary))
    # Of each n-gram the row of its first 1, 2, ... symbols. All orders go down the trie together: so every
    # prefix gets a row, and one sort an order is all there is to do. What was used is given up.
    rows = [section.columns.pop(0) for section in sections]
    while sections:
        section, own = sections.pop(0), rows.pop(0)
        if not trie.fill(own, section):
            raise _repeated(path, own, section.lines, trie, vocabulary)
        if sections:
            rows = trie.grow(rows, [later.columns.pop(0) for later in sections])
    return NgramModel(vocabulary, trie.levels(), settings)


def _repeated(
    path: str | os.PathLike[str],
    rows: np.ndarray,
    lines: np.ndarray,
    trie: _Trie,
    vocabulary: Sequence[str],
) -> DataError:
    """Names the first n-gram that has the row of one before it."""
    first = np.empty(int(rows.max()) + 1, np.int64)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    at = int(np.flatnonzero(first[rows] != np.arange(len(rows)))[0])
    ngram = " ".join(vocabulary[int(column[0])] for column in trie.columns(rows[at : at + 1]))
    before = int(lines[first[rows[at]]])
    return DataError(path, int(lines[at]), f"{quoted(ngram)} again, after line {before}")


class _Trie:
    """The levels of a model in the making. An n-gram's key: row of its prefix * symbols + last symbol."""

    def __init__(self, symbols: int) -> None:
        self._base = np.uint64(symbols)
        self._keys = [np.arange(symbols, dtype=np.uint64)]
        self._log_probs: list[np.ndarray] = []
        self._backoffs: list[np.ndarray] = []

    def grow(
        self, prefixes: Sequence[np.ndarray], symbols: Sequence[np.ndarray]
    ) -> list[np.ndarray]:
        """A new level, of all n-grams with these prefixes (rows of the level before) and last symbols.

        Given and returned, as rows of the new level, are several sets of n-grams.
        """
        ends = np.cumsum([len(column) for column in symbols])
        keys = np.empty(int(ends[-1]), np.uint64)
        for part, rows, column in zip(np.split(keys, ends[:-1]), prefixes, symbols, strict=True):
            np.multiply(rows, self._base, out=part)
            part += column
        ranks, distinct = dense_ranks(keys, len(self._keys[-1]) * int(self._base))
        self._keys.append(distinct)
        return np.split(ranks, ends[:-1])

    def fill(self, rows: np.ndarray, section: Section) -> bool:
        """Give the newest level its numbers; False if two of them are for one n-gram."""
        size = len(self._keys[-1])
        log_probs, backoffs = np.full(size, np.nan, np.float32), np.zeros(size, np.float32)
        log_probs[rows], backoffs[rows] = section.log_probs, section.backoffs
        missing = np.flatnonzero(np.isnan(log_probs))
        if len(missing):
            log_probs[missing] = self._backed_off(missing) if self._log_probs else LOG_ZERO
        self._log_probs.append(log_probs)
        self._backoffs.append(backoffs)
        return size - len(missing) == len(rows)

    def columns(self, rows: np.ndarray) -> list[np.ndarray]:
        """Symbols of n-grams of the newest level."""
        columns: list[np.ndarray] = []
        for keys in self._keys[:0:-1]:
            rows, symbols = np.divmod(keys[rows], self._base)
            columns.insert(0, symbols)
        return [rows, *columns]

    def _backed_off(self, rows: np.ndarray) -> np.ndarray:
        """log10 probabilities, by the levels before, of n-grams of the newest one."""
        columns = self.columns(rows)
        logs = np.zeros(len(rows))
        left = np.arange(len(rows))  # those whose probability is still to be found
        for first in range(1, len(columns)):
            n = len(columns) - first - 1
            context = self._find([column[left] for column in columns[first - 1 : -1]])
            known = context >= 0
            logs[left[known]] += self._backoffs[n][context[known]]
            shorter = self._find([column[left] for column in columns[first:]])
            known = shorter >= 0
            logs[left[known]] += self._log_probs[n][shorter[known]]
            left = left[~known]
        return rounded(logs)

    def _find(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Rows of n-grams, -1 for those that are none."""
        rows = columns[0].astype(np.int64)
        known = np.ones(len(rows), bool)
        for keys, column in zip(self._keys[1:], columns[1:], strict=False):
            wanted = rows.astype(np.uint64) * self._base + column
            rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
            known &= keys[rows] == wanted
        return np.where(known, rows, -1)

    def levels(self) -> tuple[ModelLevel, ...]:
        levels: list[ModelLevel] = []
        for n, keys in enumerate(self._keys):
            symbols = (keys % self._base).astype(id_dtype(int(self._base)))
            backoffs = children = None
            if n + 1 < len(self._keys):
                after = self._keys[n + 1]
                starts = np.arange(len(keys) + 1, dtype=np.uint64) * self._base
                dtype = np.promote_types(np.uint32, id_dtype(len(after) + 1))
                backoffs, children = self._backoffs[n], np.searchsorted(after, starts).astype(dtype)
            levels.append(ModelLevel(symbols, self._log_probs[n], backoffs, children))
        return tuple(levels)
