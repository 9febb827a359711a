"""Corpus + tokenizer -> tokens, ids or JSON lines, a line for each line of the text; lines of ids -> text."""

from __future__ import annotations

import functools
import itertools
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nlptools.base import storage
from nlptools.base.resources import prompt_map, worker_pool
from nlptools.native import kernel
from nlptools.native.texts import JoinedTexts
from nlptools.text.blocks import join_small
from nlptools.text.chars import with_line_feeds
from nlptools.text.corpus import Corpus
from nlptools.text.linenumbers import LineNumbers
from nlptools.vocab.decoding import LineDecoder
from nlptools.vocab.longlines import PIECE, LongLine, is_long, safe_cut, whole_lines
from nlptools.vocab.tokenizer import Encoded, WordTokenizer
from nlptools.vocab.vocab import END, START

TOKEN_FORMATS = ("tokens", "ids", "jsonl")
_LINE = 0x0A
_quote = json.JSONEncoder(ensure_ascii=False).encode


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
    no [CLS] or [SEP]. A piece without text comes where a pipe that is read promptly (Corpus.prompt) has nothing
    more for now.
    """
    way = _Way(format, special, max_length, mark_unknown)
    for piece in _pieces(corpus, tokenizer, way, workers, counts):
        yield piece.decode("utf-8", "surrogatepass")


def encode_corpus(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    *,
    format: str = "tokens",
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
    workers: int | None = None,
    counts: TokenCounts | None = None,
) -> Iterator[bytes]:
    """As tokenize_corpus, in UTF-8, which is a tenth quicker where it is written as it is."""
    return _pieces(
        corpus, tokenizer, _Way(format, special, max_length, mark_unknown), workers, counts
    )


@dataclass(frozen=True)
class _Way:
    """How tokens are written; as in tokenize_corpus."""

    format: str
    special: bool
    max_length: int | None
    mark_unknown: bool


def _pieces(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    way: _Way,
    workers: int | None,
    counts: TokenCounts | None,
) -> Iterator[bytes]:
    check_tokens(tokenizer, way.format, way.special, way.max_length)
    workers = workers or os.cpu_count() or 1
    whole = way.format == "jsonl" or way.special or way.max_length is not None
    numbers = way.format == "ids"
    sheet = _Sheet(tokenizer, numbers, way.special, way.max_length, way.mark_unknown)
    work = functools.partial(_objects if way.format == "jsonl" else _lines, sheet)
    counts = counts if counts is not None else TokenCounts()
    held = b""  # a space that is not written where a line that goes on has no more tokens
    with worker_pool(workers) as pool:
        for made in prompt_map(pool, workers, work, _texts(corpus, whole)):
            if made is None:
                yield b""
                continue
            text, tokens, unknown = made
            counts.tokens += tokens
            counts.unknown += unknown
            if not isinstance(text, bytes):  # a line of many pieces
                yield from map(_utf8, text)
                continue
            if not text:
                continue
            if not text.startswith(b"\n"):
                text = held + text if held else text
            held = b" " if text.endswith(b" ") else b""
            yield text.removesuffix(b" ")


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def check_tokens(
    tokenizer: WordTokenizer, format: str, special: bool, max_length: int | None
) -> None:
    """ValueError for settings of tokenize_corpus that are none, DataError for special tokens that are missing."""
    if format not in TOKEN_FORMATS:
        raise ValueError(f"format must be one of {', '.join(TOKEN_FORMATS)}, not {format!r}")
    if max_length is not None and max_length < (3 if special else 1):
        raise ValueError(f"max_length must be at least {3 if special else 1}, not {max_length}")
    if special:
        tokenizer.vocab.require([START, END])


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
        written = [*(f"{name} " for name in names), line]
        self._written = written
        self.texts = JoinedTexts(written) if kernel.usable() else None

    def join(self, ids: np.ndarray, before: np.ndarray, names: dict[int, str]) -> bytes:
        """In UTF-8 what is written for tokens and line ends. before: the tokens before which these stand; names: of tokens, by place,
        that stand as they are.
        """
        if self.texts is not None:
            if names:
                ids = ids.copy()
                ids[list(names)] = len(self.texts) + np.arange(len(names))
            more = [name + " " for name in names.values()]
            return self.texts.join(ids, before, more, trim=not self.special)
        found = np.take(self.written, np.insert(ids, before, len(self.written) - 1))
        if self.numbers:
            made = found.tobytes().translate(None, b"\0").decode()
        else:
            strings = found.tolist()
            places = np.fromiter(names, np.int64, len(names))
            places += np.searchsorted(before, places, side="right")
            for place, name in zip(places.tolist(), names.values(), strict=True):
                strings[place] = name + " "
            made = "".join(strings)
        return _utf8(made if self.special else made.replace(" \n", "\n"))

    @functools.cached_property
    def written(self) -> np.ndarray:
        """Numbers as bytes, filled up with NUL: joined as arrays in a third of the time."""
        return np.array(self._written, "S" if self.numbers else object)

    @functools.cached_property
    def quoted(self) -> np.ndarray:
        """Tokens in JSON, by id."""
        return np.array([_quote(token) for token in self.tokenizer.vocab.tokens], object)

    @functools.cached_property
    def numbered(self) -> np.ndarray:
        """Ids in JSON."""
        return np.array([str(i) for i in range(len(self.tokenizer.vocab))], object)

    @property
    def ends(self) -> list[list[str]]:
        """[CLS] and [SEP] in JSON: tokens, ids and offsets, these as Hugging Face has them."""
        ends = [self.tokenizer.vocab.ids[token] for token in (START, END)]
        return [self.quoted[ends].tolist(), self.numbered[ends].tolist(), ["[0, 0]"] * 2]

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


def _texts(corpus: Corpus, whole: bool) -> Iterator[tuple[str, bool] | None]:
    """(text, whether its last line goes on): pieces that can be tokenized alone; lines end with LF. None in a lull.

    whole: no line is divided.
    """
    held = ""
    for block in join_small(corpus.blocks(), PIECE):
        if not block.text:
            yield None
            continue
        if held and not block.inside:  # the last line of a file ends with it
            held += "\n"
        held += block.text
        end = max(held.rfind("\n"), held.rfind("\r")) + 1  # a block holds CR and LF together
        for start, stop in whole_lines(held, end):
            while not whole and 0 < (cut := safe_cut(held, start, stop)) < stop:
                yield with_line_feeds(held[start:cut]), True
                start = cut
            yield with_line_feeds(held[start:stop]), False
        held = held[end:]
        while not whole and 0 < (cut := safe_cut(held, 0, len(held))) < len(held):
            yield with_line_feeds(held[:cut]), True
            held = held[cut:]
    if held:
        text = with_line_feeds(held)
        yield text if text.endswith("\n") else text + "\n", False


def _lines(sheet: _Sheet, piece: tuple[str, bool]) -> tuple[bytes, int, int]:
    text = piece[0]
    tokenizer = sheet.tokenizer
    encoded = tokenizer.encode(text)
    kept, before = sheet.kept(encoded)
    ids = encoded.ids if len(kept) == len(encoded) else encoded.ids[kept]
    strange = np.flatnonzero(ids == tokenizer.unknown)
    names = {}
    if not sheet.marks and not sheet.numbers:
        texts = zip(strange.tolist(), encoded.texts(kept[strange]), strict=True)
        names = {place: text for place, text in texts if text}
    made = sheet.join(ids, before, names)
    if sheet.special:
        head = _utf8(sheet.head)
        made = (head + made).removesuffix(head)
    return made, len(ids), len(strange)


def _objects(sheet: _Sheet, piece: tuple[str, bool]) -> tuple[bytes | Iterator[str], int, int]:
    """Put together of texts: an encoder of JSON for every line takes three times as long."""
    text = piece[0]
    if is_long(text):
        return _long_object(sheet, text[:-1])
    encoded = sheet.tokenizer.encode(text)
    kept, before = sheet.kept(encoded)
    tokens, numbers, unknown = _cells(sheet, encoded, kept)
    lines = text.split("\n")[:-1]
    edges = [0, *before.tolist()]
    lengths = np.fromiter(map(len, lines), np.int64, len(lines)) + 1
    begins = np.repeat(np.cumsum(lengths) - lengths, np.diff(edges))
    spans = _spans(encoded.offsets[kept] - begins[:, None])
    rows = []
    for line, (first, last) in zip(lines, itertools.pairwise(edges), strict=True):
        row = tokens[first:last], numbers[first:last], spans[first:last]
        if sheet.special:
            for column, (start, end) in zip(row, sheet.ends, strict=True):
                column.insert(0, start)
                column.append(end)
        rows.append(
            f'{{"text": {_quote(line)}, "tokens": [{", ".join(row[0])}], '
            f'"ids": [{", ".join(row[1])}], "offsets": [{", ".join(row[2])}]}}\n'
        )
    return _utf8("".join(rows)), len(kept), unknown


def _cells(sheet: _Sheet, encoded: Encoded, kept: np.ndarray) -> tuple[list[str], list[str], int]:
    """(tokens, ids, in JSON; how many are unknown) of the tokens that are kept."""
    ids = encoded.ids[kept]
    strange = np.flatnonzero(ids == sheet.tokenizer.unknown)
    tokens = sheet.quoted[ids].tolist()
    if not sheet.marks:
        for place, name in zip(strange.tolist(), encoded.texts(kept[strange]), strict=True):
            if name:
                tokens[place] = _quote(name)
    return tokens, sheet.numbered[ids].tolist(), len(strange)


def _spans(offsets: np.ndarray) -> list[str]:
    return [f"[{start}, {stop}]" for start, stop in offsets.tolist()]


def _long_object(sheet: _Sheet, line: str) -> tuple[Iterator[str], int, int]:
    """The object of one line of many pieces."""
    tokens = unknown = start = 0
    with storage.spilling(None) as folder:
        columns = LongLine(("tokens", "ids", "offsets"), folder)
        if sheet.special:
            columns.add([[first] for first, _ in sheet.ends])
        while start < len(line) and (sheet.most is None or tokens < sheet.most):
            stop = safe_cut(line, start, len(line)) or len(line)
            encoded = sheet.tokenizer.encode(line[start:stop])
            kept = np.arange(len(encoded))[: None if sheet.most is None else sheet.most - tokens]
            names, numbers, strange = _cells(sheet, encoded, kept)
            columns.add([names, numbers, _spans(encoded.offsets[kept] + start)])
            tokens, unknown, start = tokens + len(kept), unknown + strange, stop
        if sheet.special:
            columns.add([[last] for _, last in sheet.ends])
    return columns.pieces(_quote(line)), tokens, unknown


def decode_corpus(corpus: Corpus, tokenizer: WordTokenizer) -> Iterator[str]:
    """Lines of ids, separated by white space -> lines of readable text.

    Raises DataError for what is no id of the vocabulary.
    """
    decoder = LineDecoder(tokenizer.vocab)
    held = source = ""
    numbers = LineNumbers()
    for block in corpus.blocks():
        if not block.text:
            yield ""
            continue
        if held and not block.inside:
            yield decoder.decode(held + "\n", source, numbers)
            held = ""
        source = block.source
        numbers = numbers.then(0, block.lines) if held else block.lines
        text = held + with_line_feeds(block.text)  # CR and LF are in one block
        end = text.rfind("\n") + 1
        held = text[end:]
        if end:
            yield decoder.decode(text[:end], source, numbers)
            numbers = numbers.after(text.count("\n", 0, end))
    if held:
        yield decoder.decode(held + "\n", source, numbers)
