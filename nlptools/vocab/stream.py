"""Corpus + tokenizer -> tokens, ids or JSON lines, a line for each line of the text; lines of ids -> text."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from nlptools.base.resources import ordered_map
from nlptools.errors import DataError
from nlptools.text.chars import with_line_feeds
from nlptools.text.corpus import Corpus, join_small
from nlptools.text.records import lines_of
from nlptools.vocab.tokenizer import Encoded, WordTokenizer
from nlptools.vocab.vocab import END, START, UNKNOWN

TOKEN_FORMATS = ("tokens", "ids", "jsonl")
PIECE = 1 << 18  # characters that are tokenized at a time: their arrays stay in the cache
_LINE = 0x0A
# Every pre-segmenter cuts on both sides of these, and no small letter depends on what is beyond: so no
# control characters, which are left out of words, and no colon, which a sigma that ends a word looks past.
_SAFE = re.compile("[ \\t\u3000。，！？；、（）《》“”]")


@dataclass
class TokenCounts:
    """How many tokens were made, and how many of them the vocabulary does not know; special tokens left out."""

    tokens: int = 0
    unknown: int = 0


def tokenize_corpus(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    *,
    format: str = "tokens",
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
    workers: int | None = None,
    counts: TokenCounts | None = None,
) -> Iterator[str]:
    """The corpus' tokens in pieces of whole lines.

    format "tokens" and "ids": separated by a space; "jsonl": an object a line with text, tokens, ids and
    offsets, in characters of that line. special: [CLS] before every line and [SEP] after it. max_length: the first
    tokens of a line, special ones counted. mark_unknown: [UNK] in place of what the vocabulary does not know,
    which else stands as it is. workers: threads; they change no result. counts: is added to.

    Raises ValueError for an unknown format and a max_length that leaves no place, DataError where the vocabulary has
    no [CLS] or [SEP].
    """
    if format not in TOKEN_FORMATS:
        raise ValueError(f"format must be one of {', '.join(TOKEN_FORMATS)}, not {format!r}")
    if max_length is not None and max_length < (3 if special else 1):
        raise ValueError(f"max_length must be at least {3 if special else 1}, not {max_length}")
    if special:
        tokenizer.vocab.require([START, END])
    workers = workers or os.cpu_count() or 1
    whole = format == "jsonl" or special or max_length is not None
    sheet = _Sheet(tokenizer, format == "ids", special, max_length, mark_unknown)
    work = functools.partial(_objects if format == "jsonl" else _lines, sheet)
    counts = counts if counts is not None else TokenCounts()
    held = ""  # a space that is not written where a line that goes on has no more tokens
    with ThreadPoolExecutor(workers) as pool:
        for text, tokens, unknown in ordered_map(pool, workers, work, _texts(corpus, whole)):
            counts.tokens += tokens
            counts.unknown += unknown
            if not text:
                continue
            if not text.startswith("\n"):
                text = held + text
            held = " " if text.endswith(" ") else ""
            yield text.removesuffix(" ")


class _Sheet:
    """What all pieces of a corpus share: settings, and how each token is written."""

    def __init__(
        self,
        tokenizer: WordTokenizer,
        numbers: bool,
        special: bool,
        max_length: int | None,
        mark_unknown: bool,
    ) -> None:
        self.tokenizer = tokenizer
        self.special = special
        self.most = None if max_length is None else max_length - 2 * special
        self.marks = mark_unknown
        self.numbers = numbers
        tokens = tokenizer.vocab.tokens
        names = [str(i) for i in range(len(tokens))] if numbers else list(tokens)
        self.head = self.tail = ""
        if special:
            self.head = names[tokenizer.vocab.ids[START]] + " "
            self.tail = names[tokenizer.vocab.ids[END]]
        line = f"{self.tail}\n{self.head}" if special else "\n"
        self.written = np.array([*(f"{name} " for name in names), line], object)

    def kept(self, encoded: Encoded) -> tuple[np.ndarray, np.ndarray]:
        """(tokens that are written, rising; how many of them stand before each line end)."""
        ends = np.flatnonzero(encoded.codes == _LINE)
        before = np.searchsorted(encoded.starts, ends)
        tokens = np.arange(len(encoded))
        if self.most is None:
            return tokens, before
        line = np.searchsorted(before, tokens, side="right")
        first = np.append(0, before)[line]
        tokens = tokens[tokens - first < self.most]
        return tokens, np.searchsorted(tokens, before)


def _texts(corpus: Corpus, whole_lines: bool) -> Iterator[tuple[str, bool]]:
    """(text, whether its last line goes on): pieces that can be tokenized alone; lines end with LF."""
    held = ""
    for block in join_small(corpus.blocks(), PIECE):
        if held and not block.inside:  # the last line of a file ends with it
            held += "\n"
        held += block.text
        end = max(held.rfind("\n"), held.rfind("\r")) + 1  # a block holds CR and LF together
        for start, stop in _pieces(held, end):
            yield with_line_feeds(held[start:stop]), False
        held = held[end:]
        while len(held) > 4 * PIECE and not whole_lines:
            places = [found.end() for found in _SAFE.finditer(held, 0, 3 * PIECE)]
            if not places:
                break
            yield with_line_feeds(held[: places[-1]]), True
            held = held[places[-1] :]
    if held:
        text = with_line_feeds(held)
        yield text if text.endswith("\n") else text + "\n", False


def _pieces(text: str, end: int) -> Iterator[tuple[int, int]]:
    """Spans of whole lines, of about PIECE characters, up to `end`, where a line ends."""
    start = 0
    while start < end:
        stop = text.find("\n", start + PIECE, end) + 1 if end - start > PIECE else end
        yield start, stop or end
        start = stop or end


def _lines(sheet: _Sheet, piece: tuple[str, bool]) -> tuple[str, int, int]:
    text = piece[0]
    tokenizer = sheet.tokenizer
    encoded = tokenizer.encode(text)
    kept, before = sheet.kept(encoded)
    ids = encoded.ids[kept]
    strange = np.flatnonzero(ids == tokenizer.unknown)
    with_ends = np.insert(ids, before, len(sheet.written) - 1)
    strings = sheet.written[with_ends].tolist()
    if not sheet.marks and not sheet.numbers:
        for place, token in zip(
            (strange + np.searchsorted(before, strange, side="right")).tolist(),
            kept[strange].tolist(),
            strict=True,
        ):
            strings[place] = (encoded.text(token) or UNKNOWN) + " "
    made = sheet.head + "".join(strings)
    made = made.removesuffix(sheet.head) if sheet.special else made.replace(" \n", "\n")
    return made, len(ids), len(strange)


def _objects(sheet: _Sheet, piece: tuple[str, bool]) -> tuple[str, int, int]:
    text = piece[0]
    tokenizer = sheet.tokenizer
    encoded = tokenizer.encode(text)
    kept, before = sheet.kept(encoded)
    names = tokenizer.tokens(encoded)
    table = tokenizer.vocab
    ids = encoded.ids.tolist()
    offsets = encoded.offsets
    rows = []
    at = first = 0
    for line, last in zip(lines_of(text), before.tolist(), strict=True):
        chosen = kept[first:last].tolist()
        row_ids = [ids[i] for i in chosen]
        tokens = [
            table.tokens[ids[i]] if sheet.marks and ids[i] == tokenizer.unknown else names[i]
            for i in chosen
        ]
        spans = (offsets[chosen] - at).tolist()
        if sheet.special:
            row_ids = [table.ids[START], *row_ids, table.ids[END]]
            tokens = [START, *tokens, END]
            spans = [[0, 0], *spans, [0, 0]]  # as Hugging Face
        row = {"text": line[:-1], "tokens": tokens, "ids": row_ids, "offsets": spans}
        rows.append(json.dumps(row, ensure_ascii=False) + "\n")
        at += len(line)
        first = last
    return "".join(rows), len(kept), int(np.count_nonzero(encoded.ids[kept] == tokenizer.unknown))


def decode_corpus(corpus: Corpus, tokenizer: WordTokenizer) -> Iterator[str]:
    """Lines of ids, separated by white space -> lines of readable text.

    Raises DataError for what is no id of the vocabulary.
    """
    held = ""
    line_number = 1
    source = ""
    size = len(tokenizer.vocab)

    def decoded(line: str) -> str:
        ids = []
        for word in line.split():
            number = int(word) if word.isascii() and word.isdigit() and len(word) < 10 else -1
            if not 0 <= number < size:
                hint = f"the vocabulary has the ids 0 to {size - 1}"
                raise DataError(source, line_number, f"no id: {word[:40]}", hint)
            ids.append(number)
        return tokenizer.decode(ids) + "\n"

    for block in corpus.blocks():
        if held and not block.inside:
            yield decoded(held)
            held = ""
        if not block.inside:
            source, line_number = block.source, block.line
        lines = list(lines_of(held + block.text))
        held = "" if not lines or lines[-1].endswith(("\n", "\r")) else lines.pop()
        made = []
        for line in lines:
            made.append(decoded(line))
            line_number += 1
        yield "".join(made)
    if held:
        yield decoded(held)
