"""Text + weighted words -> the words of the text, by the path through all of them with the largest weight."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping, Sequence

import numpy as np

from nlptools.errors import DataError, NlptoolsError
from nlptools.lattice.paths import cut_runs
from nlptools.lattice.trie import Trie
from nlptools.segmentation.tokens import HAN, WORD, Cutter, joined_to_last, kinds_of
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.text.folding import FOLDS
from nlptools.text.lookup import Lookup, lookup_for
from nlptools.text.wordlists import is_json_lines, read_weighted_words
from nlptools.wordmodel.em import LONGEST, PENALTIES, Base
from nlptools.wordmodel.model import (
    PLACES,
    WordModel,
    first_line,
    general_model,
    is_model,
    load_model,
)

LONGEST_WORD = 40  # symbols; longer entries of a word list are left out
WHAT_IS_READ = "give a model of nlptools train, or a list of words in UTF-8"


class Segmenter(Cutter):
    """Segments text by a weighted word list."""

    def __init__(
        self,
        words: Sequence[str],
        weights: np.ndarray,
        *,
        unknown: float | None = None,
        places: tuple[Sequence[str], np.ndarray] | None = None,
        fold: Sequence[str] | None = None,
    ) -> None:
        """words, weights: their logarithms; unknown: the weight of a single symbol that is not in the list
        (by default one nat below the least single symbol); places: those of a WordModel. fold: of FOLDS, by what
        words are looked up; None: all. Of words that are folded alike the one with the largest weight counts.
        """
        # Words are folded as the text is, so that a model of traditional text loses nothing: docs/decisions.md.
        lookup = lookup_for((), FOLDS if fold is None else fold)
        symbols, spelled = _spell(words, lookup)
        super().__init__(symbols, lookup.names)
        order = np.argsort(-np.asarray(weights, np.float64), kind="stable")
        spelled, values = spelled[order], np.asarray(weights, np.float32)[order]
        fits = spelled[:, 0] > 0
        spelled, values = spelled[fits], values[fits]
        single = np.full(self.size, -np.inf, np.float32)
        alone = spelled[:, 1] == 0 if spelled.shape[1] > 1 else np.ones(len(spelled), bool)
        single[spelled[alone, 0][::-1]] = values[alone][::-1]
        known = single[np.isfinite(single)]
        if unknown is None:
            least = known if len(known) else values
            unknown = float(least.min(initial=0.0)) - 1
        single[~np.isfinite(single)] = unknown
        self._single = single
        self._words = len(values)
        self._trie = Trie(spelled, self.size)
        self._tables = self._trie.tabulate(values, -np.inf)
        self._base = self._place_base(places) if places is not None else None

    def __repr__(self) -> str:
        return f"Segmenter({self._words:,} words of {len(self.symbols):,} symbols)"

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
        weights = model.weights
        if granularity is not None:
            if granularity not in PENALTIES:
                known = ", ".join(PENALTIES)
                raise ValueError(f"granularity must be one of {known}, not {granularity!r}")
            trained = model.settings.get("penalties", PENALTIES["default"])
            change = np.array(trained) - np.array(PENALTIES[granularity])
            lengths = np.fromiter(map(len, model.words), np.int64, len(model))
            weights = weights + change[np.minimum(lengths, LONGEST) - 1]
        places = (model.place_symbols, model.place_counts)
        return cls(model.words, weights, places=places, fold=fold)

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
    ) -> Segmenter:
        """A segmenter by a file: a model of `nlptools train`, or any list of words with counts (a jieba
        dictionary, the output of `nlptools discover`). None or "general": the model of the
        package. fold: as in from_model.

        Raises DataError for anything else, NlptoolsError for the granularity of a word list.
        """
        if path is None or path == "general":
            return cls.from_model(general_model(), granularity, fold)
        if not Corpus([path]).rereadable:
            raise DataError(path, None, "a model cannot come from a pipe", "name a file")
        try:
            line = "" if is_json_lines(path) else first_line(path)
            if is_model(line):
                return cls.from_model(load_model(path), granularity, fold)
            if line.startswith("nlptools "):
                raise DataError(path, None, "another file of nlptools, not a model", WHAT_IS_READ)
            words = read_weighted_words(path, encoding="auto")
        except DataError as error:
            if "--" not in (error.hint or ""):
                raise
            # The options that it names are those of the corpus.
            raise DataError(path, error.line, error.problem, WHAT_IS_READ) from None
        if granularity is not None:
            raise NlptoolsError(
                f"{path}: a word list has no granularity", "make a model with nlptools train"
            )
        loaded = cls.from_counts(words, fold)
        if not loaded.symbols:
            raise DataError(path, None, "no words to segment by", WHAT_IS_READ)
        return loaded

    # --- tables --------------------------------------------------------------------------

    def _place_base(self, places: tuple[Sequence[str], np.ndarray]) -> Base:
        symbols, counts = places
        folded = self.lookup.texts(symbols)
        known = np.array([self.symbols.get(s, 0) for s in folded], np.int64)
        han = np.zeros(self.size, bool)
        han[-1] = True
        for s, i in self.symbols.items():
            han[i] = chars.is_han(s[0])
        by_length: dict[int, list[np.ndarray]] = {}
        for (k, _), column in zip(PLACES, counts.T, strict=True):
            n = np.zeros(self.size, np.int64)
            np.add.at(n, known, column)
            n[0] = 0
            by_length.setdefault(k, []).append(n)
        return Base.from_counts(by_length, han)

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        return cut_runs(ids, self._scores(ids))

    def _scores(self, ids: np.ndarray) -> list[np.ndarray]:
        """By length - 1: the score of the word that ends at each symbol, -inf where there is none."""
        scores = [np.take(self._single, ids), *self._trie.look_up(ids, self._tables)]
        if (base := self._base) is None:
            return scores
        for k in base.tables:
            while len(scores) < k:
                scores.append(np.full(len(ids), -np.inf, np.float32))
            score = scores[k - 1]
            np.exp(score, out=score)
            score += base.measure(ids, k)
            with np.errstate(divide="ignore"):
                np.log(score, out=score)
        return scores


def segment_text(
    text: str,
    *,
    model: str | os.PathLike[str] | WordModel | Cutter | None = None,
    granularity: str | None = None,
    fold: Sequence[str] | None = None,
) -> list[str]:
    """The words of one text; joined, they are the text. White space is a word too.

    model: what Segmenter.load takes (None: the general model, which is loaded once), a WordModel, or any segmenter.
    granularity: longer or shorter words than the model was trained for, None: as it was. fold: by what words are
    looked up: "nfkc" (width), "lower" (case), "t2s" (traditional as simplified); the text is given out as it stands.
    None: all of them. For a whole corpus there is segment_corpus, for
    many texts Segmenter.load once.
    Raises ValueError for an unknown granularity, NlptoolsError for that of a word list, DataError for a file that is
    neither a model nor a word list.

    >>> segment_text("今天天气非常好")
    ['今天', '天气', '非常', '好']
    """
    if isinstance(model, Cutter):
        if granularity is not None:
            raise ValueError("a segmenter has its granularity: leave it out")
        if fold is not None:
            raise ValueError("a segmenter has its fold: leave it out")
        return model.segment(text)
    if isinstance(model, WordModel):
        return Segmenter.from_model(model, granularity, fold).segment(text)
    if model is None:
        chosen = fold if fold is None or isinstance(fold, str) else tuple(fold)
        return _general(granularity, chosen).segment(text)
    return Segmenter.load(model, granularity, fold).segment(text)


@functools.cache
def _general(granularity: str | None, fold: Sequence[str] | None) -> Segmenter:
    return Segmenter.load(None, granularity, fold)


def _spell(words: Sequence[str], lookup: Lookup) -> tuple[list[str], np.ndarray]:
    """(symbols, ids of each word, from 1, int32, padded with 0; all 0 for what can be no word).

    Of words that are folded alike all ids are the same.
    """
    lengths = np.fromiter(map(len, words), np.int64, len(words))
    codes = chars.code_points("".join(words))
    owner = np.repeat(np.arange(len(words)), lengths)
    kinds = kinds_of(codes)
    joined = joined_to_last(codes, kinds)
    firsts = np.cumsum(lengths) - lengths
    joined[firsts[lengths > 0]] = False
    codes = lookup.codes(codes)
    bad = np.zeros(len(words), bool)
    bad[owner[(kinds != HAN) & (kinds != WORD) & ~joined]] = True
    at = np.flatnonzero(~joined)
    owner = owner[at]
    number = np.bincount(owner, minlength=len(words))
    bad |= (number > LONGEST_WORD) | (number == 0)
    at, owner = at[~bad[owner]], owner[~bad[owner]]
    ends = np.append(np.flatnonzero(~joined), len(codes))
    ends = ends[np.searchsorted(ends, at) + 1] if len(at) else at
    simple = ends - at == 1
    values = codes[at].astype(np.int64)
    distinct, place = np.unique(values[simple], return_inverse=True)
    symbols = {chr(c): i for i, c in enumerate(distinct.tolist(), 1)}
    ids = np.zeros(len(at), np.int32)
    ids[simple] = place + 1
    for i in np.flatnonzero(~simple).tolist():
        text = "".join(map(chr, codes[at[i] : ends[i]].tolist()))
        ids[i] = symbols.setdefault(text, len(symbols) + 1)
    number[bad] = 0
    spelled = np.zeros((len(words), max(2, int(number.max(initial=0)))), np.int32)
    column = np.arange(len(at)) - np.repeat(np.cumsum(number) - number, number)
    spelled[owner, column] = ids
    return list(symbols), spelled


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
