"""NgramModel <-> ARPA file, the text format in which all tools exchange back-off n-gram models.

Written as KenLM does: a number, a tab, words with one space between, and a tab and the back-off where
there is a higher order; n-grams in the order of the trie. `# nlptools lm {...}`, a comment to other tools,
keeps the settings. Read is what KenLM, SRILM, IRSTLM and CMU tools write. docs/formats.md says more.
"""

from __future__ import annotations

import codecs
import gzip
import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nlptools.arpareader import COMMENT, DATA, Section, read_sections, rounded
from nlptools.decoding import decompress
from nlptools.errors import DataError, NlptoolsError
from nlptools.keys import dense_ranks, id_dtype
from nlptools.ngrammodel import DECIMALS, LOG_ZERO, ModelLevel, NgramModel
from nlptools.storage import whole_file
from nlptools.weaving import ROWS, TextTable, decimals, weave

_NO_WORD = re.compile("[ \t\r\n\0]|[\ud800-\udfff]|^$")

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
    tries = _Trie(len(vocabulary))
    # The rows of each n-gram's first symbols: n-grams of all orders go down the trie together, so that it
    # gets every prefix.
    prefixes = [section.columns[0] for section in sections]
    ...
