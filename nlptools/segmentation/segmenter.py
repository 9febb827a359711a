"""Text + weighted words -> the words of the text, by the path through all of them with the largest weight."""

from __future__ import annotations

import functools
import itertools
import os
import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from nlptools.errors import DataError, NlptoolsError
from nlptools.lattice.trie import Trie
from nlptools.segmentation.blockpath import BlockPath
from nlptools.segmentation.scores import WordScores, place_scores
from nlptools.segmentation.search import check_mode
from nlptools.segmentation.shortpath import MOST_SYMBOLS, ShortPath
from nlptools.segmentation.spans import Spans
from nlptools.segmentation.spelling import notes_for, spell
from nlptools.segmentation.tokens import Cutter, words_of
from nlptools.segmentation.userwords import UserBounds, user_weights
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.text.folding import FOLDS
from nlptools.text.lookup import lookup_for
from nlptools.text.wordlists import is_json_lines, read_weighted_words
from nlptools.wordmodel.em import LONGEST, PENALTIES
from nlptools.wordmodel.model import (
    OWN_MODELS,
    WordModel,
    WordWeights,
    first_line,
    is_model,
    load_weights,
)
from nlptools.wordmodel.packed import is_packed

_SENTENCE = re.compile("[，。！？；：、]")  # what stands in prose, which is given by mistake
LONGEST_WORD = 40  # symbols; longer entries of a word list are left out
# Characters of a text up to which a loop over its cells is faster than arrays (by 2 at 200, alike at SHORT).
# Below the size at which paths.py cuts a run in two.
SHORT = 512
# Words of users: their counts do not matter.
Words = Iterable[str] | Mapping[str, float | None]
WHAT_IS_READ = "give a model of nlptools train, or a list of words in UTF-8"


class Segmenter(Cutter):
    """Segments text by a weighted word list; words with signs in them are whole wherever they stand.

    listed: how many words the list has that a file gave, None for a model.
    """

    listed: int | None = None
    _without: Segmenter | None = None  # the same without the words of users
    _bounds: UserBounds | None = None

    def __init__(
        self,
        words: Sequence[str],
        weights: np.ndarray,
        *,
        unknown: float | None = None,
        places: tuple[Sequence[str], np.ndarray] | None = None,
        known: bool = False,
        fold: Sequence[str] | None = None,
        glued: np.ndarray | None = None,
    ) -> None:
        """words, weights: their logarithms, which words with signs do not need; unknown: the weight of a single symbol
        that is not in the list (by default one nat below the least single character); places: those of a WordModel; known:
        whether it says which words a word list has. fold: of FOLDS, by what words are looked up; None: all. Of words that
        are folded alike the one with the largest weight counts. glued: as in WordNotes, None: it is found here.
        """
        # Words are folded as the text is, so that a model of traditional text loses nothing: docs/decisions.md.
        lookup = lookup_for((), FOLDS if fold is None else fold)
        symbols, self._spelled = spell(words, LONGEST_WORD, lookup, glued)
        super().__init__(symbols, lookup.names)
        self._lay_signed(words, self._spelled)
        self._words, self._weights = words, np.asarray(weights, np.float64)
        self._unknown, self._places, self._known = unknown, places, known
        # Made when the first text is cut, each for texts of its size.
        self._table: WordScores | None = None
        self._block: BlockPath | None = None
        self._short: ShortPath | None = None

    def __repr__(self) -> str:
        return f"Segmenter({np.count_nonzero(self._spelled[:, 0]):,} words of {len(self.symbols):,} symbols)"

    @classmethod
    def from_model(
        cls,
        model: WordModel,
        granularity: str | None = None,
        fold: Sequence[str] | None = None,
    ) -> Segmenter:
        """A segmenter by a trained model; granularity: longer or shorter words than it was trained for.

        fold: by what words are looked up, as in Segmenter; None: whatever their width ("nfkc"), case ("lower"),
        traditional or simplified form ("t2s"). Raises ValueError for an unknown granularity.
        """
        return cls._by(WordWeights.of(model), granularity, fold)

    @classmethod
    def _by(
        cls, model: WordWeights, granularity: str | None, fold: Sequence[str] | None
    ) -> Segmenter:
        notes = notes_for(model.notes, model.words)
        weights = model.weights.copy()
        weights[notes.counted] = -np.inf
        if granularity is not None:
            if granularity not in PENALTIES:
                known = ", ".join(PENALTIES)
                raise ValueError(f"granularity must be one of {known}, not {granularity!r}")
            trained = model.settings.get("penalties", PENALTIES["default"])
            change = np.array(trained) - np.array(PENALTIES[granularity])
            lengths = np.fromiter(map(len, model.words), np.int64, len(model.words))
            weights = weights + change[np.minimum(lengths, LONGEST) - 1]
        return cls(
            model.words,
            weights,
            places=(model.place_symbols, model.place_counts),
            known=model.listed,
            fold=fold,
            glued=notes.glued,
        )

    @classmethod
    def from_counts(
        cls, counts: Mapping[str, float | None], fold: Sequence[str] | None = None
    ) -> Segmenter:
        """Dictionary maximum probability: the weight of a word is ln(count / total of all counts).

        What jieba does without its HMM, and the last step of kexue.fm/archives/6920 with found words. A
        word without a count (None) counts 1, one with the count 0 is left out; a symbol that is no
        entry counts 1, or as the rarest word where that is less. fold: as in from_model. Raises ValueError
        for a count below 0.
        """
        listed, weights = dictionary_weights(counts)
        rarest = np.exp(weights.min(initial=0.0))
        total = sum(1.0 if count is None else count for count in counts.values())
        unknown = float(np.log(min(rarest, 1 / total if total else 1)))
        return cls(listed, weights, unknown=unknown, fold=fold)

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str] | None = None,
        granularity: str | None = None,
        fold: Sequence[str] | None = None,
        *,
        words: Words | None = None,
    ) -> Segmenter:
        """A segmenter by a file: a model of `nlptools train`, or any list of words with counts (a jieba
        dictionary, the output of `nlptools discover`). None or "general", "raw": the models of the
        package. words: those of users, as in with_words. fold: as in from_model.

        Raises DataError for anything else, NlptoolsError for the granularity of a word list.
        """
        if words is not None:
            return cls.load(path, granularity, fold).with_words(words)
        if path is None or path in OWN_MODELS:
            return cls._by(
                load_weights(OWN_MODELS[os.fspath(path or "general")]), granularity, fold
            )
        if is_packed(path):
            return cls._by(load_weights(path), granularity, fold)
        if not Corpus([path]).rereadable:
            raise DataError(path, None, "a model cannot come from a pipe", "name a file")
        try:
            line = "" if is_json_lines(path) else first_line(path)
            if is_model(line):
                return cls._by(load_weights(path), granularity, fold)
            if line.startswith("nlptools "):
                raise DataError(path, None, "another file of nlptools, not a model", WHAT_IS_READ)
            counts = read_weighted_words(path, encoding="auto")
        except DataError as error:
            if "--" not in (error.hint or ""):
                raise
            # The options that it names are those of the corpus.
            raise DataError(path, error.line, error.problem, WHAT_IS_READ) from None
        if granularity is not None:
            raise NlptoolsError(
                f"{path}: a word list has no granularity", "make a model with nlptools train"
            )
        loaded = cls.from_counts(counts, fold)
        loaded.listed = len(counts)
        if not loaded.symbols and not _are_words(loaded.spans, len(counts)):
            raise DataError(path, None, "no words to segment by", WHAT_IS_READ)
        return loaded

    # --- words of users ------------------------------------------------------------------

    def with_words(self, words: Words) -> Self:
        """Another segmenter, with words of one's own on top of the list.

        Each beats every cut of itself, and so a shorter word in it; where another word lies across its end the
        likelier path is taken, as ever (userwords.py). A word that the rule for tokens would cut, such as C++, is
        whole wherever it stands. Raises as words_of.
        """
        mine = list(dict.fromkeys([*self.user_words, *words_of(words)]))
        base = self._without or self
        symbols, spelled = spell(mine, LONGEST_WORD, self.lookup)
        cells = [[symbols[i - 1] for i in row if i] for row in spelled.tolist()]
        # One cell is a token anyway; none: a word with signs, whose weight nobody asks for.
        added = [i for i, of_word in enumerate(cells) if len(of_word) != 1]
        weights = user_weights([cells[i] for i in added], base.symbols, base.scores)
        made = type(self)(
            [*base._words, *(mine[i] for i in added)],
            np.concatenate([base._weights, weights]),
            unknown=base._unknown,
            places=base._places,
            known=base._known,
            fold=base.fold,
        )
        if plain := [cells[i] for i in added if cells[i]]:
            made._bounds = UserBounds(plain, made.symbols)
        made.listed = base.listed
        made.user_words, made._without = tuple(mine), base
        return made

    def _lay_signed(self, words: Sequence[str], spelled: np.ndarray) -> None:
        """Words that the rule for tokens cuts at their signs are laid over the text."""
        none = [words[i] for i in np.flatnonzero(spelled[:, 0] == 0).tolist() if len(words[i]) > 1]
        signed = [word for word in none if not all(map(chars.is_han, word))]
        if signed:
            self.spans = Spans(signed, self.lookup)
        found = set(self.spans.words) if self.spans else set()
        self.unused = tuple(word for word in none if word not in found)

    # --- the two paths -------------------------------------------------------------------

    def segment(self, text: str) -> list[str]:
        """The tokens of a text, white space among them: joined they give back the text.

        A sentence takes some 20 us; for many of them segment_batch is faster.
        """
        # The loop knows nothing of what is laid over the cells of a text.
        laid_over = self.spans or self._bounds or self.numerals != "auto"
        if len(text) > SHORT or len(self.symbols) > MOST_SYMBOLS or laid_over:
            return super().segment(text)
        return (self._short or self._made_short()).segment(text)

    @property
    def trie(self) -> Trie:
        """The words of two symbols and more."""
        return (self._block or self._made_block()).trie

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        return (self._block or self._made_block()).cut(ids)

    def scores(self, ids: np.ndarray) -> list[np.ndarray]:
        """By length - 1: the score of the word that ends at each symbol, float64, nats; -inf where there is none."""
        return (self._block or self._made_block()).scores(ids)

    def _made_block(self) -> BlockPath:
        with _lock:
            if self._block is None:
                self._block = BlockPath(self._made_table(), self._bounds)
            return self._block

    def _made_short(self) -> ShortPath:
        with _lock:
            if self._short is None:
                self._short = ShortPath(self._made_table(), list(self.symbols), self.id_of)
            return self._short

    def _made_table(self) -> WordScores:
        """Who calls it holds the lock."""
        if self._table is None:
            # Runs and numerals (十七) are rarer than characters, and no measure for one of these.
            characters = np.zeros(self.size, bool)
            lengths = np.fromiter(map(len, self.symbols), np.int64, len(self.symbols))
            characters[1:-1] = lengths == 1
            places = {}
            if self._places is not None:
                symbols, counts = self._places
                folded = self.lookup.texts(symbols)
                known = np.array([self.symbols.get(s, 0) for s in folded], np.int64)
                han = characters.copy()
                single = "".join(itertools.compress(self.symbols, characters[1:].tolist()))
                han[han] = chars.classes(chars.code_points(single)) == chars.HAN
                han[-1] = True
                places = place_scores(known, counts, han, self._known)
            self._table = WordScores.of(
                self._spelled, self._weights, characters, self._unknown, places
            )
        return self._table

    def __getstate__(self) -> dict[str, Any]:
        """Without what is made from the rest in less time than it takes to send it."""
        return {**super().__getstate__(), "_table": None, "_block": None, "_short": None}


_lock = threading.Lock()  # a segmenter's tables are made once, whoever asks first


def _unlocked() -> None:
    """In a forked process: who held the lock is not there."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlocked)


def segment_text(
    text: str,
    *,
    model: str | os.PathLike[str] | WordModel | Cutter | None = None,
    granularity: str | None = None,
    words: Words | None = None,
    mode: str = "default",
    fold: Sequence[str] | None = None,
) -> list[str]:
    """The words of one text; joined, they are the text. White space is a word too.

    model: what Segmenter.load takes (None: the general model, which is loaded once), a WordModel, or any segmenter.
    granularity: longer or shorter words than the model was trained for, None: as it was. words: words of your own,
    which win as in Segmenter.with_words. mode "search": as Segmenter.search, for an index. fold: by what words are
    looked up: "nfkc" (width), "lower" (case), "t2s" (traditional as simplified); the text is given out as it stands.
    None: all of them. For a whole corpus there is segment_corpus, for many texts Segmenter.load once.
    Raises ValueError for an unknown granularity or mode, NlptoolsError for that of a word list, DataError for a file that is
    neither a model nor a word list.

    >>> segment_text("今天天气非常好")
    ['今天', '天气', '非常', '好']
    >>> segment_text("什么是八一双鹿", words=["八一双鹿"])
    ['什么', '是', '八一双鹿']
    """
    cutter = _cutter_of(model, granularity, words, fold)
    check_mode(mode, cutter)
    return cutter.search(text) if mode == "search" else cutter.segment(text)


def _cutter_of(
    model: str | os.PathLike[str] | WordModel | Cutter | None,
    granularity: str | None,
    words: Words | None,
    fold: Sequence[str] | None,
) -> Cutter:
    if model is None:
        chosen = fold if fold is None or isinstance(fold, str) else tuple(fold)
        if words is not None:
            return _with_words(granularity, chosen, tuple(words_of(words)))
        return _general(granularity, chosen)
    if isinstance(model, Cutter):
        if granularity is not None:
            raise ValueError("a segmenter has its granularity: leave it out")
        if fold is not None:
            raise ValueError("a segmenter has its fold: leave it out")
        cutter = model
    elif isinstance(model, WordModel):
        cutter = Segmenter.from_model(model, granularity, fold)
    else:
        cutter = Segmenter.load(model, granularity, fold)
    return cutter if words is None else cutter.with_words(words)


@functools.cache
def _general(granularity: str | None, fold: Sequence[str] | None) -> Segmenter:
    return Segmenter.load(None, granularity, fold)


@functools.lru_cache(maxsize=2)  # who calls segment_text again and again has the same words
def _with_words(
    granularity: str | None, fold: tuple[str, ...] | None, words: tuple[str, ...]
) -> Segmenter:
    return _general(granularity, fold).with_words(words)


def _are_words(spans: Spans | None, number: int) -> bool:
    """Whether a list of that many entries, all with signs in them, is one of words: C++, SK-II, and not of sentences."""
    entries = spans.words if spans else ()
    words = [word for word in entries if any(map(str.isalnum, word)) and not _SENTENCE.search(word)]
    return bool(words) and 2 * len(words) >= number


def dictionary_weights(counts: Mapping[str, float | None]) -> tuple[list[str], np.ndarray]:
    """Words and ln(count / total of all counts), float64, as a Segmenter takes them.

    >>> dictionary_weights({"葡萄": 3, "皮": 1})[1].round(3).tolist()
    [-0.288, -1.386]
    """
    given = (1.0 if count is None else count for count in counts.values())
    numbers = np.fromiter(given, np.float64, len(counts))
    if not np.all((numbers >= 0) & np.isfinite(numbers)):
        raise ValueError("the count of a word is below 0, or not a finite number")
    kept = numbers > 0
    weights = np.log(numbers[kept]) - np.log(numbers.sum() or 1.0)
    return [word for word, keep in zip(counts, kept.tolist(), strict=True) if keep], weights
