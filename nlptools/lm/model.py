"""Symbol ids -> log10 of their probabilities by a back-off language model, on whole arrays; its native file.

The file is a container (storage.py) that is memory-mapped: loading reads its description and the vocabulary.
Each order from 2 is a table (ngramtable.py) with the key (row of the context in the table of its own order,
id of the last symbol); for contexts of one symbol the row is its id.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlptools.base import keys, storage
from nlptools.base.outputs import whole_file
from nlptools.base.storage import Column
from nlptools.errors import DataError
from nlptools.lm.partition import Exchange
from nlptools.lm.table import NgramTable, make_table
from nlptools.lm.trie import LOG_ZERO, MAX_MODEL_ORDER, UNKNOWN, ModelLevel, NgramModel
from nlptools.ngrams.symbols import END, START
from nlptools.text.chars import is_han

KIND, VERSION = "lm", 1
# Symbols that are looked up at a time. On 3.4 M characters 2**18 take .34 CPU s, 2**16 .40, 2**14 .70: the few
# symbols whose bucket is long share the cost of a NumPy call.
PIECE = 1 << 18
_FEW = 0.8  # of the contexts: where fewer were found, their continuations alone are looked up
DEFAULT_ROOM = 1 << 28  # bytes for the work on a conversion


class LanguageModel:
    """Back-off probabilities to look up.

    vocabulary[i] is the text of id i; 0 is <unk>; start, end: the ids of <s> and </s>. settings: as in
    NgramModel. name: of its file.
    """

    name = "the language model"

    def __init__(
        self,
        vocabulary: Sequence[str],
        singles: Column,
        tables: Sequence[NgramTable],
        settings: Mapping[str, Any],
    ) -> None:
        """singles: log10 of the probability and the back-off of each id, two numbers an id, float32.
        tables: of orders 2, 3, ...; their values are as singles, the last one has no back-offs. Raises ValueError for a vocabulary without <unk>, <s> or </s>.
        """
        self.vocabulary = tuple(vocabulary)
        self.tables = tuple(tables)
        self.settings = dict(settings)
        self.ids = {symbol: number for number, symbol in enumerate(self.vocabulary)}
        if self.ids.get(UNKNOWN) != 0 or not {START, END} < self.ids.keys():
            raise ValueError(f"no {UNKNOWN}, {START} and {END} in the vocabulary")
        self.start, self.end = self.ids[START], self.ids[END]
        self.singles = singles
        # As a context, the end of a sentence is the beginning of the next.
        self._after = np.arange(len(self.vocabulary))
        self._after[self.end] = self.start
        self._singles = singles[:].copy()
        self._singles[2 * self.end + 1] = self._singles[2 * self.start + 1]

    def __repr__(self) -> str:
        symbols, ngrams = len(self.vocabulary), sum(self.sizes())
        return f"LanguageModel(order {self.order}, {symbols:,} symbols, {ngrams:,} n-grams)"

    @property
    def order(self) -> int:
        return len(self.tables) + 1

    @property
    def problems(self) -> list[str]:
        """What makes its numbers of little use for text that is read by characters, in words."""
        words = [word for word in self.vocabulary if any(map(is_han, word))]
        several = [word for word in words if len(word) > 1]
        if 2 * len(several) <= len(words):
            return []
        return [
            f"{self.name}: {len(several):,} of its {len(words):,} Chinese words are of several characters "
            f"({', '.join(several[:3])}); text is read by characters here, so its numbers mean little"
        ]

    def require_sentences(self) -> None:
        """DataError for a model in which no sentence can end: each line would lose 99 for that alone."""
        if self._singles[2 * self.end] <= LOG_ZERO:
            raise DataError(
                self.name,
                None,
                f"no {END} among its words, so that no line has a probability",
                f"train it with {START} and {END} around each sentence, as lmplz and ngram-count do by themselves",
            )

    def sizes(self) -> list[int]:
        """How many n-grams there are of each order."""
        return [len(self.vocabulary), *map(len, self.tables)]

    # --- looking up -----------------------------------------------------------------------------

    def log_probs(self, ids: np.ndarray) -> np.ndarray:
        """log10 of the probability of each symbol after all that stand before it; float32.

        ids: int64. What follows on </s> begins a sentence, as what follows on <s>, whose own number means nothing.
        """
        out = np.empty(len(ids), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):  # of a damaged file
            for start in range(0, len(ids), PIECE):
                begin = max(0, start - self.order + 1)
                found = self._walk(ids[begin : start + PIECE], self.order, None)
                out[start : start + PIECE] = found[start - begin :]
        return out

    def conditionals(self, ids: np.ndarray, longest: int | None = None) -> list[np.ndarray]:
        """log10 p(symbol | the k - 1 symbols before it) of each symbol, for k = 1 .. longest; float32.

        longest: by default the order. At the beginning the contexts are as long as there are symbols.
        """
        longest = min(longest or self.order, self.order)
        out = [np.empty(len(ids), np.float32) for _ in range(longest)]
        for start in range(0, len(ids), PIECE):
            begin = max(0, start - longest + 1)
            found: list[np.ndarray] = []
            with np.errstate(over="ignore", invalid="ignore"):  # of a damaged file
                self._walk(ids[begin : start + PIECE], longest, found)
            for whole, piece in zip(out, found, strict=True):
                whole[start : start + PIECE] = piece[start - begin :]
        return out

    def _walk(self, ids: np.ndarray, longest: int, each: list[np.ndarray] | None) -> np.ndarray:
        """log10 probabilities with contexts up to longest - 1 symbols; each: gets those of every length.

        Order by order; `rows` and `backs` are the n-gram of the order below that ends at each symbol, and its
        back-off. Where an n-gram is found, its probability holds, else the back-off of its context is added. What
        was not found has a row of its own, whose continuations are not found and whose back-off is 0; an n-gram
        that ends a sentence has neither.
        """
        base = np.uint64(len(self.vocabulary))
        ends = np.flatnonzero(ids == self.end)
        pairs = np.take(_pairs(self._singles), ids, mode="clip").view(np.float32)
        logs = pairs[0::2].copy()
        if each is not None:
            each.append(logs.copy())
        rows = np.take(self._after, ids, mode="clip")
        none = -1  # row of what was not found, which has no continuations; a symbol always has one
        for number, table in enumerate(self.tables[: longest - 1], 2):
            backs = pairs[1:-1:2]
            known = np.flatnonzero(rows[:-1] != none)
            few = len(known) < _FEW * len(backs)
            wanted = (rows[known] if few else rows[:-1]).astype(np.uint64)
            wanted *= base
            wanted += (ids[known + 1] if few else ids[1:]).view(np.uint64)
            found = table.find(wanted)
            none = len(table)
            if few:
                every = np.full(len(backs), none)
                every[known] = found
                found = every
            if table.width == 2:
                pairs = np.take(_pairs(table.values), found, mode="clip").view(np.float32)
                values = pairs[0::2]
            else:
                assert isinstance(table.values, np.ndarray)
                values = np.take(table.values, found, mode="clip")
            logs[1:] = np.where(found == none, logs[1:] + backs, values)
            if each is not None:
                each.append(logs.copy())
            if number < longest:
                rows = np.append(none, found)
                pairs = np.append(np.zeros(2, np.float32), pairs)
                # QuickLM and IRSTLM give a back-off to what ends a sentence; the next one knows nothing of it.
                rows[ends] = none
                pairs[2 * ends + 1] = 0
        return logs

    # --- from and to a trie -----------------------------------------------------------------------

    @classmethod
    def from_trie(
        cls, model: NgramModel, *, room: int = DEFAULT_ROOM, folder: Path | None = None
    ) -> LanguageModel:
        """The model, ready to be looked up where its tables fit into `room` bytes; else they lie in temporary
        files of `folder`, and can only be saved.
        """
        levels = model.levels
        base = len(model.vocabulary)
        above: Column = np.arange(base)
        tables: list[NgramTable] = []
        for n in range(2, model.order + 1):
            level = levels[n - 1]

            def slices(n: int = n, above: Column = above) -> Iterator[np.ndarray]:
                for part in model.contexts(n):
                    key = part.spread(above[part.low : part.high].astype(np.uint64))
                    key *= np.uint64(base)
                    key += levels[n - 1].symbols[part.first : part.last].astype(np.uint64)
                    yield key

            values = [level.log_probs, *([] if level.backoffs is None else [level.backoffs])]
            limit = (len(levels[n - 2]) + 1) * base  # with a row for what is not found
            table, above = make_table(slices, len(level), limit, values, room, folder)
            tables.append(table)
        singles = np.zeros(2 * base, np.float32)
        singles[0::2] = levels[0].log_probs[:]
        if levels[0].backoffs is not None:
            singles[1::2] = levels[0].backoffs[:]
        return cls(model.vocabulary, singles, tables, model.settings)

    def to_trie(self, *, room: int = DEFAULT_ROOM, folder: Path | None = None) -> NgramModel:
        """The n-grams in their order. room, folder: as in from_trie.

        Raises ValueError where the tables cannot be those of a model.
        """
        base = len(self.vocabulary)
        singles = self.singles[:]
        _check(singles)
        levels: list[dict[str, Any]] = [{"symbols": np.arange(base), "log_probs": singles[0::2]}]
        levels[0]["backoffs"] = singles[1::2] if self.tables else None
        ranks: np.ndarray = np.arange(base)
        for n, table in enumerate(self.tables, 2):
            level, children, ranks = self._sorted(n, table, ranks, room, folder)
            levels[-1]["children"] = children
            levels.append(level)
        levels[-1]["children"] = None
        return NgramModel(
            self.vocabulary, tuple(ModelLevel(**level) for level in levels), self.settings
        )

    def _sorted(
        self, n: int, table: NgramTable, ranks: np.ndarray, room: int, folder: Path | None
    ) -> tuple[dict[str, Any], Column, np.ndarray]:
        """(columns of the level of order n, children of the level above, place of each row in the level; none for the
        last level, below which nobody asks).
        """
        base, above = np.uint64(len(self.vocabulary)), len(ranks)

        def slices() -> Iterator[np.ndarray]:
            for key in table.all_keys():
                contexts = (key // base).view(np.int64)
                if np.any(contexts >= above):
                    raise ValueError(f"an n-gram of order {n} has no context")
                key -= contexts.view(np.uint64) * base
                key += ranks[contexts].astype(np.uint64) * base
                yield key

        exchange = Exchange(slices, len(table), above * int(base), room, folder)
        spill = storage.SpillFile(folder) if len(exchange.parts) > 1 else None
        row_type = keys.id_dtype(max(len(table), above, 1 << 16) + 1)
        symbols = storage.ColumnWriter(keys.id_dtype(int(base)), spill)
        columns = [storage.ColumnWriter(np.float32, spill) for _ in range(table.width)]
        children = storage.ColumnWriter(row_type, spill)
        places = []
        for part in exchange.parts:
            ordered, order = keys.sorted_order(part.take_keys(), above * int(base))
            parents = ordered // base
            known = np.arange(children.length, int(parents[-1]) + 1 if len(parents) else 0)
            children.append(symbols.length + np.searchsorted(parents, known.astype(np.uint64)))
            place = np.empty(len(order), row_type)
            place[order] = np.arange(symbols.length, symbols.length + len(order))
            symbols.append(ordered - parents * base)
            for number, column in enumerate(columns):
                values = exchange.of_part(_Every(table.values, table.width, number), part)
                _check(values)
                column.append(values[order])
            writer = exchange.writer(row_type)
            writer.append(place)
            places.append(writer.finish())
        children.append(np.full(above + 1 - children.length, symbols.length))
        logs, *backs = [column.finish() for column in columns]
        level = {"symbols": symbols.finish(), "log_probs": logs, "backoffs": None}
        if backs:
            level["backoffs"] = backs[0]
        none = np.zeros(0, row_type)
        rows = exchange.in_row_order(places, row_type)[:] if backs else none
        return level, children.finish(), rows

    # --- files -------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the native file; it appears under its name only when complete."""
        text = "\n".join(self.vocabulary).encode("utf-8", "surrogatepass")
        arrays: dict[str, Column] = {"vocabulary": np.frombuffer(text, np.uint8)}
        arrays["values1"] = self.singles
        for n, table in enumerate(self.tables, 2):
            arrays |= {f"first{n}": table.first, f"rests{n}": table.rests}
            arrays[f"values{n}"] = table.values
        meta = {
            "sizes": self.sizes(),
            "bits": [table.bits for table in self.tables],
            "settings": dict(sorted(self.settings.items())),
        }
        with whole_file(path) as stream:
            storage.write_container(stream, KIND, VERSION, meta, arrays)


def _check(values: np.ndarray) -> None:
    """ValueError for what is no logarithm of a probability or a back-off."""
    if not np.all(np.abs(values) <= -LOG_ZERO):
        raise ValueError("it has numbers that are no probabilities")


class _Every:
    """Every `step`-th value of a column, from the one at `first`; a column itself."""

    def __init__(self, column: Column, step: int, first: int) -> None:
        self._column, self._step, self._first = column, step, first
        self.dtype = column.dtype

    def __len__(self) -> int:
        return len(self._column) // self._step

    def __getitem__(self, where: slice) -> np.ndarray:
        start, stop, _ = where.indices(len(self))
        return self._column[start * self._step : stop * self._step][self._first :: self._step]


def _pairs(values: Column) -> np.ndarray:
    """Pairs of float32 as one number each, to be taken together."""
    assert isinstance(values, np.ndarray)
    return values.view(np.uint64)


def load_lm(
    path: str | os.PathLike[str], *, whole: bool = False, mapped: bool = True
) -> LanguageModel:
    """A native model, mapped from the disk: it takes no time, and memory only for what is looked up.

    whole: all of it will be read, so all checksums are compared; else those of what is read now. Whatever the
    rest may hold, no lookup reaches outside of the tables. mapped: False for who reads the tables once, from their
    beginnings: pages of a map stay in the process; nothing can be looked up then. Raises DataError when it is no such file, or damaged.
    """
    container = storage.read_container(path, KIND, VERSION)
    container.check(*(() if whole else ("vocabulary", "values1")))
    meta, column = container.meta, container.column
    try:
        sizes, bits, settings = meta["sizes"], meta["bits"], meta["settings"]
        if len(sizes) != len(bits) + 1 or len(sizes) > MAX_MODEL_ORDER:
            raise ValueError("its orders disagree")
        text = bytes(column("vocabulary", False)[:]).decode("utf-8", "surrogatepass")
        vocabulary = text.split("\n")
        tables = []
        for n, (size, number) in enumerate(zip(sizes[1:], bits, strict=True), 2):
            width = 2 if n < len(sizes) else 1
            columns = [column(f"{name}{n}", mapped) for name in ("first", "rests", "values")]
            table = NgramTable(number, width, *columns)
            table.check(size)
            tables.append(table)
        singles = column("values1", True)
        if singles.dtype != np.float32:
            raise ValueError("its probabilities are no float32")
        if not 2 * len(vocabulary) == 2 * sizes[0] == len(singles):
            raise ValueError("its vocabulary has another size")
        return LanguageModel(vocabulary, singles, tables, dict(settings))
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(
            path, None, f"damaged language model: {error}", "make it again with nlptools lm train"
        ) from error
