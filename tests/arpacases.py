"""Small language models, as n-grams, as models and as ARPA text."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nlptools.lm.arpa import arpa_pieces, read_arpa
from nlptools.lm.trie import ModelLevel, NgramModel
from nlptools.ngrams.alphabet import symbol_order

# Ids: <unk> 0, 天 1, 玄 2, </s> 3, <s> 4, PM2.5 5. Row i of the 1-grams is id i.
MINI = (Path(__file__).parent / "lm" / "mini.arpa").read_text(encoding="utf-8")


VOCABULARY = ("<unk>", "天", "玄", "</s>", "<s>", "PM2.5")


Ngrams = dict[tuple[str, ...], tuple[float, float]]


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def mini() -> NgramModel:
    first = ModelLevel(
        np.arange(6),
        f32(-1.5, -0.69897, -0.7781513, -0.90309, -99, -2),
        f32(0, -0.30103, -0.1760913, 0, -0.2218487, 0),
        np.array([0, 0, 2, 3, 3, 5, 5]),
    )
    second = ModelLevel(
        np.array([2, 3, 1, 1, 5]),
        f32(-0.39794, -0.5228787, -0.60206, -0.2218487, -1.0457575),
        f32(-0.1249387, 0, 0, 0.09691, 0),
        np.array([0, 1, 1, 1, 3, 3]),
    )
    third = ModelLevel(np.array([1, 2, 3]), f32(-0.0457575, -0.30103, -0.4771213), None, None)
    return NgramModel(
        VOCABULARY, (first, second, third), {"source": "天地", "latin": "run", "fold": ["t2s"]}
    )


def check_same(a: NgramModel, b: NgramModel) -> None:
    assert a.vocabulary == b.vocabulary
    assert a.settings == b.settings
    assert a.order == b.order
    for level, other in zip(a.levels, b.levels, strict=True):
        np.testing.assert_array_equal(level.symbols[:], other.symbols[:])
        for name in ("log_probs", "backoffs", "children"):
            column, twin = getattr(level, name), getattr(other, name)
            assert (column is None) == (twin is None), name
            if column is not None:
                np.testing.assert_array_equal(column[:], twin[:], name)
                assert name == "children" or column.dtype == twin.dtype == np.float32
                assert not np.signbit(twin[:][twin[:] == 0]).any()


def text_of(model: NgramModel) -> str:
    return b"".join(arpa_pieces(model)).decode()


def model_of(ngrams: Ngrams, settings: Mapping[str, Any] | None = None) -> NgramModel:
    """The model of n-grams with (log10 prob, back-off); with every n-gram come its prefixes."""
    words = sorted({ngram[0] for ngram in ngrams if len(ngram) == 1} - {"<unk>"}, key=symbol_order)
    vocabulary = ("<unk>", *words)
    ids = {word: i for i, word in enumerate(vocabulary)}
    order = max(map(len, ngrams))
    levels: list[ModelLevel] = []
    rows = [
        sorted(([ids[w] for w in n], n) for n in ngrams if len(n) == k + 1) for k in range(order)
    ]
    for k, level in enumerate(rows):
        logs, backs = (
            zip(*(ngrams[ngram] for _, ngram in level), strict=True) if level else ((), ())
        )
        children = None
        if k + 1 < order:
            below = [key[:-1] for key, _ in rows[k + 1]]
            ends = itertools.accumulate(below.count(key) for key, _ in level)
            children = np.array([0, *ends])
        symbols = np.array([key[-1] for key, _ in level], int)
        levels.append(
            ModelLevel(symbols, f32(*logs), f32(*backs) if k + 1 < order else None, children)
        )
    return NgramModel(vocabulary, tuple(levels), settings or {})


def ngrams_of(model: NgramModel) -> Ngrams:
    """The n-grams with (log10 prob, back-off), 0 where there is none."""
    ngrams: Ngrams = {}
    for n, level in enumerate(model.levels, 1):
        backoffs = np.zeros(len(level)) if level.backoffs is None else level.backoffs[:]
        for row, key in enumerate(np.array(model.symbols_of(n, np.arange(len(level)))).T.tolist()):
            ngram = tuple(model.vocabulary[i] for i in key)
            ngrams[ngram] = float(level.log_probs[row]), float(backoffs[row])
    return ngrams


def arpa_of(ngrams: Ngrams) -> str:
    """A file with these n-grams in this order, written plainly."""
    order = max(map(len, ngrams))
    text = "\\data\\\n"
    for k in range(1, order + 1):
        text += f"ngram {k}={sum(len(ngram) == k for ngram in ngrams)}\n"
    for k in range(1, order + 1):
        text += f"\n\\{k}-grams:\n"
        for ngram, (log, back) in ngrams.items():
            if len(ngram) == k:
                text += f"{log!r}\t{' '.join(ngram)}" + (f"\t{back!r}\n" if k < order else "\n")
    return text + "\n\\end\\\n"


def score(ngrams: Ngrams, words: tuple[str, ...]) -> float:
    """log10 p(last word | those before it), by the definition of back-off."""
    if words in ngrams:
        return ngrams[words][0]
    return ngrams.get(words[:-1], (0.0, 0.0))[1] + score(ngrams, words[1:])


SPECIAL = ["<unk>", "<s>", "</s>"]


WORD = st.sampled_from(
    ["天", "地", "玄", "𠮷", "PM2.5", "a" * 64, "b" * 9, "\u3000", "#", "\\data\\"]
) | (st.text(min_size=1).filter(lambda t: not set(t) & set(" \t\r\n\0") and t != "<UNK>"))


def round7(value: float) -> float:
    return float(np.float32(round(value, 7)))


LOG = st.floats(-99, 0).map(round7) | st.sampled_from([0.0, -99.0, -1.0])


BACKOFF = st.floats(-99, 5).map(round7) | st.sampled_from([0.0, -99.0, -1.0])


@st.composite
def closed_ngrams(draw: st.DrawFn, max_order: int = 4) -> Ngrams:
    """N-grams of which every prefix is one."""
    words = list(dict.fromkeys([*SPECIAL, *draw(st.lists(WORD, max_size=6))]))
    value = st.tuples(LOG, BACKOFF)
    ngrams: Ngrams = {(word,): draw(value) for word in words}
    level = list(ngrams)
    for _ in range(draw(st.integers(1, max_order)) - 1):
        pairs = st.tuples(st.sampled_from(level), st.sampled_from(words))
        level = [(*a, b) for a, b in draw(st.lists(pairs, min_size=1, max_size=12, unique=True))]
        ngrams.update({ngram: draw(value) for ngram in level})
    return ngrams


def read(folder: Path, text: str | bytes) -> NgramModel:
    path = folder / "file"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_arpa(path)
