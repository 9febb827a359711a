"""A language model of characters -> a segmenter: of all taggings of a text by the place in the word, the best.

A word is as probable as its characters one after the other, each in the context of those that stand before
it in the word. To segment is to choose for each character how far its context goes back: a model of
order N knows N lengths of context, which are the tags. There is no list of words.
Source: Su Jianlin, kexue.fm/archives/3956.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from nlptools.errors import NlptoolsError
from nlptools.lattice.paths import best_tags, cut_runs
from nlptools.segmentation.tokens import Cutter
from nlptools.text import chars

# Of the second symbol of a word, of the third, of the fourth, of every later one. The article's, by hand for a
# model of order 4. Without any (all 1) everything sticks together: F1 .745 -> .418 on the development
# set of PKU, .726 -> .340 on that of MSR (Witten-Bell model of 11 M characters of news).
ARTICLE_WEIGHTS = (0.15, 0.01, 0.01, 0.001)
# Chosen on six development sets, Kneser-Ney models of 47 MB of news without their text and of 2 to 3 M characters
# with it: mean F1 .757, the article's .749. Flat around: no change by a half costs more than .002.
DEFAULT_WEIGHTS = (0.17, 0.005, 0.003, 0.001)


class CharacterModel(Protocol):
    """What a language model needs to segment by it.

    vocabulary: the text of each id, 0 being the unknown symbol.
    """

    @property
    def order(self) -> int: ...

    @property
    def vocabulary(self) -> tuple[str, ...]: ...

    def conditionals(self, ids: np.ndarray, longest: int | None = None) -> list[np.ndarray]:
        """For k = 1 .. longest: log10 of the probability of each symbol after the k - 1 before it, float32.

        ids: int64. Finite for k = 1. Where fewer stand before it the value may be any.
        """
        ...


def default_weights(order: int) -> tuple[float, ...]:
    """The weights of a model of that order, 2 or more: the first ones, or the last one again and again.

    >>> default_weights(3), default_weights(5)
    ((0.17, 0.005, 0.003), (0.17, 0.005, 0.003, 0.001, 0.001))
    """
    return DEFAULT_WEIGHTS[:order] + DEFAULT_WEIGHTS[-1:] * (order - len(DEFAULT_WEIGHTS))


class Tagger:
    """Cuts ids into words, whatever their symbols are.

    With N tags the k-th symbol of a word has tag k, the N-th and all later ones tag N. A symbol with tag k
    counts log10 p(symbol | the k - 1 symbols before it), each symbol after the first of a word the
    logarithm of a weight, which is what keeps words short; the tagging with the largest sum is taken. Of
    equally good ones it is that with the shorter last word, and so on to the first.
    Differences from the article's program: a run begins with a first symbol, and a context never goes
    beyond it; a probability of exactly 1 is one.
    """

    def __init__(self, model: CharacterModel, weights: Sequence[float] | None = None) -> None:
        """weights: of the second, the third, ... symbol of a word, the last of all later ones, too; by
        default those of default_weights. As many as there are tags: at least 2, and the order of the
        model at most, of which no longer context is then asked for. 0: there are no such words.

        Raises NlptoolsError for a model of order 1, ValueError for the weights.
        """
        if model.order < 2:
            raise NlptoolsError(
                "segmenting needs a language model of order 2 or more, this one has order 1",
                "train one of order 4",
            )
        chosen = np.array(default_weights(model.order) if weights is None else weights, np.float64)
        if not 2 <= len(chosen) <= model.order:
            raise ValueError(
                f"weights: from 2 to {model.order} for a model of order {model.order}, not {len(chosen)}"
            )
        if not np.all((chosen >= 0) & np.isfinite(chosen)):
            raise ValueError("a weight is below 0, or not a finite number")
        self._model, self._tags = model, len(chosen)
        with np.errstate(divide="ignore"):
            log_weights = np.log10(chosen).tolist()
        self._decode = functools.partial(best_tags, log_weights=log_weights)

    def cut(self, ids: np.ndarray, model_ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks, which have the id 0.

        model_ids: int64, the id of each symbol in the model; that of a break does not matter.
        """
        return cut_runs(ids, self._model.conditionals(model_ids, self._tags), self._decode)


class TagCutter(Cutter):
    """Segments text by a language model of characters, as Tagger cuts it.

    What the vocabulary does not have is <unk> to the model.
    """

    def __init__(
        self,
        model: CharacterModel,
        *,
        weights: Sequence[float] | None = None,
        fold: Sequence[str] | None = None,
    ) -> None:
        """weights: as in Tagger, which says for what errors are raised; besides NlptoolsError for a model
        without Han characters. fold: by what characters are looked up, as in lookup_for.
        """
        self._tagger = Tagger(model, weights)
        known = {s: i for i, s in enumerate(model.vocabulary) if len(s) == 1 and chars.is_han(s)}
        if not known:
            raise NlptoolsError(
                "the language model has no Han characters", "train one on text in Chinese"
            )
        # Runs of letters and digits are tokens of their own, whatever the model makes of them.
        super().__init__(known, fold)
        # A break is no part of any word, so its id does not matter; the last one is any other character.
        self._model_ids = np.array([0, *known.values(), 0], np.int64)

    def cut(self, ids: np.ndarray) -> np.ndarray:
        """Whether a word ends at each symbol, bool; True at breaks (0)."""
        return self._tagger.cut(ids, np.take(self._model_ids, ids))
