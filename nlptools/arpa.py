"""NgramModel <-> ARPA file, the text format in which all tools exchange back-off n-gram models.

Written as KenLM does: a number, a tab, words with one space between, and a tab and the back-off where
there is a higher order; n-grams in the order of the trie. `# nlptools lm {...}`, a comment to other tools,
keeps the settings. Read is what KenLM, SRILM, IRSTLM and CMU tools write. docs/formats.md says more.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from nlptools.decoding import decompress, guess_encoding, peek, to_utf8
from nlptools.errors import DataError, NlptoolsError
from nlptools.keys import KeyTable, dense_ranks, id_dtype
from nlptools.ngrammodel import (
    DECIMALS,
    LOG_ZERO,
    MAX_MODEL_ORDER,
    UNKNOWN,
    ModelLevel,
    NgramModel,
)
from nlptools.paths import reason
from nlptools.storage import whole_file
from nlptools.symbols import END, START, symbol_order
from nlptools.weaving import ROWS, WORD_BYTES, Fields, TextTable, decimals, weave, word_key

COMMENT = "# nlptools lm "
_NO_WORD = re.compile("[ \t\r\n\0]")

# --- writing ---------------------------------------------------------------------------------


def write_arpa(model: NgramModel, path: str | os.PathLike[str]) -> None:
    """Write the file, gzip where its name ends in .gz; it appears when it is complete.

    The bytes depend on the model alone.
    """
    pieces = arpa_pieces(model)
    with whole_file(path) as stream:
        if os.fspath(path).endswith(".gz"):
            # 6: the default of gzip; 9 takes twice as long for 1 % less.
            with gzip.GzipFile("", "wb", 6, stream, mtime=0) as packed:
                packed.writelines(pieces)
        else:
            stream.writelines(pieces)


def arpa_pieces(model: NgramModel) -> Iterator[bytes]:
    """What the file holds, a piece at a time.

    NlptoolsError, before the first, when a symbol cannot be a word there.
    """
    for symbol in model.vocabulary:
        if not symbol or _NO_WORD.search(symbol) or not _encodable(symbol):
            raise NlptoolsError(f"an ARPA file cannot have the word {symbol!r}")
    return _pieces(model)


def _encodable(symbol: str) -> bool:
    try:
        symbol.encode()
    except UnicodeEncodeError:
        return False
    return True


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
            line = [_numbers(level.log_probs[start:stop])]
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
    as symbols_of does, takes ... times as long.
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
            counts = np.diff(np.clip(bounds[low : high + 1], start, stop))
            parents = np.repeat(np.arange(low, high), counts)
            yield [*(column[parents] for column in columns), symbols[start:stop]]


# --- reading ---------------------------------------------------------------------------------

_BLOCK = 1 << 18  # bytes read and parsed at a time; their arrays stay in the cache
_HEAD = 1 << 20  # bytes in which \data\ has to come
_TOO_LONG = 1 << 24  # bytes of a line
_DATA = re.compile(rb"^[ \t]*\\data\\[ \t\r]*$", re.MULTILINE)
_COUNT = re.compile(rb"ngram[ \t]+([0-9]{1,9})[ \t]*=[ \t]*([0-9]{1,18})")
_TINY = 1e-5  # of a log prob above 0: rounding, as IRSTLM does it
_MOST_BACKOFF = 99.0
_CUT_SHORT = "the file was cut short: copy or download it again"
_NO_ARPA = (
    (b"mmap lm http://kheafield.com/code", "a KenLM binary file", "take the ARPA file it was made from"),
    (b"blmt", "an IRSTLM binary file", "make it text: compile-lm --text=yes"),
    (b"iARPA", "an IRSTLM iARPA file", "make it ARPA: compile-lm --text=yes"),
    (b"SRILM_BINARY_NGRAM", "an SRILM binary file", "make it ARPA: ngram -lm FILE -write-lm NEW"),
    (b"nlptools lm ", "a native nlptools model", None),
    (b"nlptools ", "another nlptools file", None),
    (b"# nlptools model", "an nlptools word model", None),
    (b"{", "JSON", None),
    (b"[", "JSON", None),
    (b"<", "XML or HTML", None),
)


def looks_like_arpa(head: bytes) -> bool:
    """Whether a file that begins so, compressed or not, is an ARPA file; some kilobytes are enough."""
    pieces = []
    try:
        # What is cut off inside its compression raises an error, after what can be unpacked.
        pieces.extend(decompress(iter([head]), ""))
    except NlptoolsError:
        pass
    ...
