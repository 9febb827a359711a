"""How readily words form compounds, beside a slow twin that looks at strings."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from nlptools.discovery.formation import COMPOUNDS, RATE, Formation
from nlptools.segmentation.segmenter import Segmenter
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.prior import Carried

WORDS = {
    **{"操": 5, "作": 9, "系": 3, "统": 3, "进": 8, "行": 9, "员": 4, "的": 90},
    **{"操作": 40, "系统": 60, "进行": 500, "操作员": 8, "操作台": 12, "主系统": 1, "作系": 0.5},
}
TEXTS = ["操", "作", "系", "统", "进", "行", "员", "的", "K8s"]


def model(words: dict[str, float], known: bool = True) -> WordModel:
    expected = np.array([*words.values()], float)
    flags = np.array([len(word) > 1 for word in words]) if known else None
    return WordModel(
        [*words],
        expected.astype(np.int64),
        expected,
        np.log(expected / expected.sum()),
        known=flags,
    )


def formation(words: dict[str, float], texts: list[str]) -> Formation:
    made = model(words)
    return Formation(made, Carried(made, 1.0, texts), len(texts) + 1)


def spelled(candidates: list[list[str]], texts: list[str], width: int) -> np.ndarray:
    rows = np.zeros((len(candidates), width), np.uint16)
    for row, symbols in zip(rows, candidates, strict=True):
        row[: len(symbols)] = [texts.index(symbol) + 1 for symbol in symbols]
    return rows


def by_hand(words: dict[str, float], part: str, end: bool) -> float:
    """The formula, with strings."""
    listed = [word for word in words if len(word) > 2]
    found = sum(
        (word.endswith(part) if end else word.startswith(part)) and word != part for word in listed
    )
    rate = words.get(part, 0) / sum(words.values()) * 1e6
    return math.log((found + COMPOUNDS) / (rate + RATE))


def test_worked() -> None:
    """操作 begins 操作员 and 操作台, 系统 ends 主系统; 进行 nothing, though it is far more frequent."""
    ids = spelled([list("操作系统"), list("进行操作"), ["K8s", "系", "统"]], TEXTS, 4)
    begins, ends = formation(WORDS, TEXTS).of(ids)
    assert begins[0] == pytest.approx(math.log(2.5 / (40 / sum(WORDS.values()) * 1e6 + 0.4)))
    assert ends.tolist() == pytest.approx(
        [by_hand(WORDS, part, True) for part in ("系统", "操作", "系统")]
    )
    assert begins[1] == pytest.approx(by_hand(WORDS, "进行", False))
    # A run of letters and digits begins nothing in any list.
    assert begins[2] == pytest.approx(math.log(0.5 / 0.4))
    assert begins[0] - begins[1] > 4


def test_random_lists() -> None:
    """Cut by the listed words alone, as a segmenter cuts them."""
    rng = random.Random(3)
    letters = list("天地玄黄宇宙洪荒辰宿列张")
    words = {letter: rng.uniform(1, 50) for letter in letters}
    for _ in range(150):
        words["".join(rng.choices(letters, k=rng.choice([2, 2, 2, 3, 3, 4])))] = rng.uniform(1, 99)
    made = formation(words, letters)
    candidates = ["".join(rng.choices(letters, k=rng.randint(2, 8))) for _ in range(400)]
    begins, ends = made.of(spelled([list(word) for word in candidates], letters, 8))
    total = sum(words.values())
    cut = Segmenter([*words], np.log([value / total for value in words.values()]))
    agree = 0
    for word, first, last in zip(candidates, begins.tolist(), ends.tolist(), strict=True):
        parts = cut.segment(word)
        assert min(abs(first - by_hand(words, word[:k], False)) for k in (1, 2, 3, 4)) < 1e-9
        agree += abs(first - by_hand(words, parts[0], False)) < 1e-9
        agree += abs(last - by_hand(words, parts[-1], True)) < 1e-9
    # Where two cuts are equally good they may differ.
    assert agree >= 0.98 * 2 * len(candidates)


def test_little() -> None:
    made = formation(WORDS, TEXTS)
    assert [column.tolist() for column in made.of(np.zeros((0, 4), np.uint16))] == [[], []]
    none = formation({"天": 1.0}, ["天", "地"])
    assert none.of(spelled([["天", "地"]], ["天", "地"], 4))[0].shape == (1,)
    bare = model(WORDS, known=False)
    with pytest.raises(ValueError, match="word list"):
        Formation(bare, Carried(bare, 1.0, TEXTS), len(TEXTS) + 1)
