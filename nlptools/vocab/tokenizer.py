"""Text + Vocab -> tokens, ids and offsets by WoBERT's rule, and back.

The rule (kexue.fm/archives/7758; bert4keras' Tokenizer): fold the case, cut the text into words by another
segmenter, keep a word that the vocabulary has, and give the rest to BERT's own rules (wordpiece.py).
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlptools.text import chars
from nlptools.text.lookup import lookup_for
from nlptools.vocab.decoding import join_tokens
from nlptools.vocab.pieces import WordPieces
from nlptools.vocab.unigram import VocabWords, Weights, as_weights
from nlptools.vocab.vocab import END, PAD, START, Vocab, as_vocab
from nlptools.vocab.wordpiece import (
    CJK,
    CONTINUED,
    DROP,
    OTHER,
    PUNCTUATION,
    basic_words,
    classes,
    fold_codes,
    word_pieces,
)

if TYPE_CHECKING:
    from nlptools.segmentation.jieba import JiebaWords

PRE = ("vocab", "jieba", "none")
_MOST_REMEMBERED = 1 << 20  # pieces with letters; forgotten together
_BATCH = 1 << 18  # characters that encode_batch has under work
_LINE = 0x0A


@dataclass(frozen=True)
class Encoded:
    """The tokens of a text. ids: int32. starts, stops: int32, their places in `codes`, the text as it was
    tokenized; origin: the place in the given text of each of its code points, None where they are the same.
    """

    ids: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    codes: np.ndarray
    origin: np.ndarray | None

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        return f"Encoded({len(self):,} tokens of {len(self.codes):,} characters)"

    @property
    def offsets(self) -> np.ndarray:
        """Start and stop of each token in the given text, in characters, shape (tokens, 2); int64."""
        if self.origin is None:
            return np.stack([self.starts, self.stops], axis=1).astype(np.int64)
        origin = np.append(self.origin, self.origin[-1:] + 1)
        last = np.maximum(self.stops - 1, self.starts)
        return np.stack([origin[self.starts], origin[last] + (self.stops > self.starts)], axis=1)

    def text(self, token: int) -> str:
        """What stands in the text at a token, without control characters."""
        return self.texts(np.array([token]))[0]

    def texts(self, tokens: np.ndarray) -> list[str]:
        """What stands in the text at each of the tokens, without control characters; of some nothing is left."""
        if not len(tokens):
            return []
        whole = chars.text_of(self.codes)
        spans = zip(self.starts[tokens].tolist(), self.stops[tokens].tolist(), strict=True)
        found = [whole[start:stop] for start, stop in spans]
        if (classes(self.codes) == DROP).any():
            found = [_without_dropped(text) for text in found]
        return found


class WordTokenizer:
    """Tokenizes by words where a vocabulary has them."""

    def __init__(
        self,
        vocab: Vocab,
        *,
        pre: str = "vocab",
        lower: bool = True,
        weights: Weights | None = None,
        jieba_dict: str | os.PathLike[str] | None = None,
        fold: Sequence[str] = (),
    ) -> None:
        """pre: what cuts the text into words: the vocabulary's own unigram model ("vocab"), jieba without its
        HMM ("jieba", which is WoBERT), or nothing ("none", which is BERT). lower: fold case and
        accents, as the vocabularies of the field ask for. weights: counts of words, for "vocab" (unigram.py).
        jieba_dict: its dictionary; None: that of the installed jieba. fold: what of text is folded before, character
        by character (text/lookup.py): "nfkc", "lower", "t2s".

        Raises ValueError for another `pre` or fold, DataError where the vocabulary has no [UNK].
        """
        if pre not in PRE:
            raise ValueError(f"pre must be one of {', '.join(PRE)}, not {pre!r}")
        self.vocab = vocab
        self.pre = pre
        self.lower = lower
        self.unknown = vocab.unknown
        self._lookup = lookup_for((), fold) if fold else None
        singles = [(ord(t), i) for t, i in vocab.ids.items() if len(t) == 1]
        self._single = np.full(0x110000, self.unknown, np.int32)
        self._single[[code for code, _ in singles]] = [number for _, number in singles]
        self._pieces: dict[str, tuple[int, ...]] = {}
        self._compiled = WordPieces(vocab)
        self._longest = max(map(len, vocab.ids), default=0)
        self._words: VocabWords | None = None
        self._jieba: JiebaWords | None = None
        if pre == "vocab":
            self._words = VocabWords(vocab, weights)
        elif pre == "jieba":
            from nlptools.segmentation.jieba import JiebaWords

            self._jieba = JiebaWords(jieba_dict)
            ids = [vocab.ids.get(word, -1) for word in self._jieba.words]
            self._token_of = np.array([*ids, -1], np.int32)

    def __repr__(self) -> str:
        return f"WordTokenizer({len(self.vocab):,} tokens, pre={self.pre!r}, lower={self.lower})"

    def encode(self, text: str) -> Encoded:
        """The tokens of a text, without [CLS] and [SEP]."""
        if self._lookup is not None:
            text = self._lookup.text(text)
        codes, origin = fold_codes(text) if self.lower else (chars.code_points(text), None)
        kinds = classes(codes)
        if self.pre != "jieba" and (drop := kinds == DROP).any():
            # jieba sees them, and cuts there.
            origin = np.flatnonzero(~drop) if origin is None else origin[~drop]
            codes, kinds = codes[~drop], kinds[~drop]
        ids, starts, stops = self._cut(codes, kinds)
        return Encoded(ids, starts, stops, codes, origin)

    def tokenize(self, text: str) -> list[str]:
        """Tokens of a text; one that is not in the vocabulary stands as it is, and has the id of [UNK]."""
        return self.tokens(self.encode(text))

    def tokens(self, encoded: Encoded) -> list[str]:
        """Tokens as text."""
        table = self.vocab.tokens
        found = [table[i] for i in encoded.ids.tolist()]
        strange = np.flatnonzero(encoded.ids == self.unknown)
        for place, text in zip(strange.tolist(), encoded.texts(strange), strict=True):
            found[place] = text or found[place]
        return found

    def encode_batch(
        self,
        texts: Sequence[str],
        pairs: Sequence[str] | None = None,
        *,
        max_length: int | None = None,
        length: int | None = None,
        special: bool = True,
    ) -> dict[str, np.ndarray]:
        """Arrays as Hugging Face's models take them: input_ids, token_type_ids, attention_mask; int64,
        shape (texts, longest). pairs: a second text for each. max_length: tokens are taken from the end
        of the longer text until all fit. length: pad to this one, not to the longest. special: with [CLS] and [SEP].

        Raises DataError where the vocabulary has no [PAD], [CLS] or [SEP], ValueError for lengths that do
        not fit.
        """
        if isinstance(texts, str):
            raise TypeError("texts must be a sequence of str, not one str")
        if pairs is not None and len(pairs) != len(texts):
            raise ValueError(f"{len(pairs)} pairs for {len(texts)} texts")
        self.vocab.require([PAD, START, END] if special else [PAD])
        extra = (2 if pairs is None else 3) if special else 0
        if max_length is not None and max_length < extra:
            raise ValueError(f"max_length must be at least {extra}, not {max_length}")
        first, sizes = self._flat(texts)
        second, more = self._flat(pairs if pairs is not None else [""] * len(texts))
        kept, also = _fitting(sizes, more, None if max_length is None else max_length - extra)
        left = kept + (2 if special else 0)
        right = also + (1 if special and pairs is not None else 0)
        longest = int((left + right).max(initial=0))
        width = longest if length is None else length
        if longest > width:
            raise ValueError(f"a text has {longest} tokens, and length is {width}: give max_length")
        ids = np.full((len(texts), width), self.vocab.ids[PAD], np.int64)
        cells, begins = ids.reshape(-1), np.arange(len(texts)) * width
        _lay(cells, begins + special, first, sizes, kept)
        _lay(cells, begins + left, second, more, also)
        if special:
            cells[begins] = self.vocab.ids[START]
            cells[begins + left - 1] = self.vocab.ids[END]
            if pairs is not None:
                cells[begins + left + right - 1] = self.vocab.ids[END]
        column = np.arange(width)
        mask = column < (left + right)[:, None]
        types = mask & (column >= left[:, None])
        return {
            "input_ids": ids,
            "token_type_ids": types.astype(np.int64),
            "attention_mask": mask.astype(np.int64),
        }

    def _flat(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(ids of all texts, one after another; how many each has); a call for each would take ten times as long."""
        ids, sizes = [np.zeros(0, np.int32)], [np.zeros(0, np.int64)]
        for batch in _batches(texts):
            encoded = self.encode("".join(batch))
            before = np.searchsorted(encoded.starts, np.flatnonzero(encoded.codes == _LINE))
            ids.append(encoded.ids)
            sizes.append(np.diff(before, prepend=0))
        return np.concatenate(ids), np.concatenate(sizes)

    def decode(self, ids: Iterable[int]) -> str:
        """Readable text of ids: pieces put together, special tokens left out, spaces between words that need them.

        As bert4keras' decode. Raises ValueError for an id that the vocabulary does not have.
        """
        tokens = []
        for i in ids:
            if not 0 <= i < len(self.vocab):
                raise ValueError(f"no token has the id {i}: there are {len(self.vocab):,}")
            tokens.append(self.vocab.tokens[i])
        return join_tokens(tokens)

    def _cut(
        self, codes: np.ndarray, kinds: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(codes)
        # By the last code point of each token: its id and its length; 0: none ends here.
        ids = np.take(self._single, codes)
        lengths = np.zeros(count, np.int32)
        apart = (kinds == CJK) | (kinds == PUNCTUATION)
        lengths[apart] = 1
        other = kinds == OTHER
        if self._jieba is not None:
            ends, words = self._jieba.cut(codes)
            stops = np.flatnonzero(ends) + 1
            starts = np.append(0, stops[:-1])
            sizes = stops - starts
            token = self._token_of[words[stops - 1]]
            many = sizes > 1
            # Of a word of Han characters that the vocabulary has, all but the last end nothing.
            kept = np.flatnonzero(many & (token >= 0))
            lengths[_spans(starts[kept], sizes[kept])] = 0
            ids[stops[kept] - 1] = token[kept]
            lengths[stops[kept] - 1] = sizes[kept]
            mixed = np.logical_or.reduceat(~apart, starts) if count else many
            rest = np.flatnonzero(many & (token < 0) & mixed)
            starts, stops = starts[rest], stops[rest]
            lengths[other & (np.append(ends[:1], ends[:-1] & ends[1:]))] = 1
        else:
            if self._words is not None:
                inside, sizes, words = self._words.cut(codes)
                np.copyto(lengths, sizes, where=inside)  # a fifth of the time of an index of bool
                np.copyto(ids, words, where=inside)
            begins = other.copy()
            begins[1:] &= ~other[:-1]
            finishes = other.copy()
            finishes[:-1] &= ~other[1:]
            starts, stops = np.flatnonzero(begins), np.flatnonzero(finishes) + 1
        self._fill(codes, starts, stops, ids, lengths)
        at = np.flatnonzero(lengths != 0)
        stops = (at + 1).astype(np.int32)
        return np.take(ids, at), stops - np.take(lengths, at), stops

    def _fill(
        self,
        codes: np.ndarray,
        starts: np.ndarray,
        stops: np.ndarray,
        ids: np.ndarray,
        lengths: np.ndarray,
    ) -> None:
        """Tokens of the pieces that are not of Han characters alone, each different one being cut once."""
        if not len(starts):
            return
        if self._jieba is None and self._compiled.usable():
            self._compiled.cut(codes, starts, stops, ids, lengths)
            return
        sizes = stops - starts
        inside = _spans(starts, sizes)
        spaced = np.full(len(inside) + len(starts), _LINE, codes.dtype)
        spaced[np.arange(len(inside)) + np.repeat(np.arange(len(starts)), sizes)] = codes[inside]
        # No piece has a line end in it, but for CRLF itself.
        blank = codes[starts] == 0x0D
        texts = (
            chars.text_of(spaced[:-1]).split("\n")
            if not blank.any()
            else [
                chars.text_of(codes[a:b])
                for a, b in zip(starts.tolist(), stops.tolist(), strict=True)
            ]
        )
        if len(self._pieces) > _MOST_REMEMBERED:
            self._pieces = {}  # another thread goes on with the old ones
        known = self._pieces
        numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
        for text in numbers.keys() - known.keys():
            known[text] = self._rules(text)
        cut = [known[text] for text in numbers]
        counts = np.fromiter(map(len, cut), np.int64, len(cut)) // 3
        flat = np.fromiter(itertools.chain.from_iterable(cut), np.int64).reshape(-1, 3)
        which = np.fromiter(map(numbers.__getitem__, texts), np.int64, len(texts))
        some = counts[which]
        flat = flat[_spans((np.cumsum(counts) - counts)[which], some)]
        lengths[inside] = 0
        at = np.repeat(starts, some) + flat[:, 2] - 1
        ids[at] = flat[:, 0]
        lengths[at] = flat[:, 2] - flat[:, 1]

    def _rules(self, piece: str) -> tuple[int, ...]:
        """id, start, stop of each token of one piece: itself, or what BERT's rules make of it."""
        known = self.vocab.ids
        if piece in known:
            return known[piece], 0, len(piece)
        found: list[int] = []
        # Without jieba a piece is one word: all characters of it are OTHER.
        words = [(piece, 0, len(piece))] if self._jieba is None else basic_words(piece)
        for word, start, stop in words:
            # Nothing is left out inside a word: of what is, jieba makes pieces of their own.
            pieces = word_pieces(word, known, self._longest)
            if pieces is None:
                found += [self.unknown, start, stop]
                continue
            for p in pieces:
                size = len(p) - (len(CONTINUED) if start and p.startswith(CONTINUED) else 0)
                found += [known[p], start, start + size]
                start += size
        return tuple(found)


def tokenize(
    text: str,
    vocab: Vocab | str | os.PathLike[str],
    *,
    pre: str = "vocab",
    lower: bool = True,
    weights: Weights | str | os.PathLike[str] | None = None,
    jieba_dict: str | os.PathLike[str] | None = None,
    fold: Sequence[str] = (),
) -> list[str]:
    """The tokens of one text; for many make a WordTokenizer, which has the same settings and reads nothing twice.

    vocab: loaded, or a vocab.txt; weights: counts of words, or a list with them. The rest as in WordTokenizer.
    Raises ValueError for another `pre`, DataError for a vocabulary without [UNK].
    """
    tokenizer = WordTokenizer(
        as_vocab(vocab),
        pre=pre,
        lower=lower,
        weights=as_weights(weights),
        jieba_dict=jieba_dict,
        fold=fold,
    )
    return tokenizer.tokenize(text)


def _without_dropped(text: str) -> str:
    codes = chars.code_points(text)
    return chars.text_of(codes[classes(codes) != DROP])


def _spans(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """All places of spans, one span after another."""
    firsts = np.cumsum(sizes) - sizes
    return np.arange(int(sizes.sum())) + np.repeat(starts - firsts, sizes)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """Texts as lines, so many together that their arrays stay in the cache."""
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text.replace("\n", " ") + "\n")
        size += len(text) + 1
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _fitting(
    first: np.ndarray, second: np.ndarray, most: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """How many tokens of each are kept when the longer one, of equal ones the second, loses its last until both have `most`."""
    if most is None:
        return first, second
    also = np.minimum(second, np.maximum(most // 2, most - first))
    return np.minimum(first, most - also), also


def _lay(
    cells: np.ndarray, begins: np.ndarray, ids: np.ndarray, sizes: np.ndarray, kept: np.ndarray
) -> None:
    """Lay the first `kept` of the `sizes` ids of each text into cells, from the cell where it begins."""
    before = np.cumsum(sizes) - sizes
    place = np.arange(len(ids)) + np.repeat(begins - before, sizes)
    if (kept < sizes).any():
        fits = place < np.repeat(begins + kept, sizes)
        place, ids = place[fits], ids[fits]
    cells[place] = ids
