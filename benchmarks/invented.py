"""The words of the general model -> a text without sense that has words, phrases and lines as texts have.

No corpus is needed for it. Words stand by Zipf's law; two thirds of the text are phrases that come again, as in real text;
there are names that no list has, numbers, Latin, signs. The same model gives the same bytes on every machine.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from growing import mixed

WORDS = 30_000  # most frequent words of the model
NAMES = 600  # of two to four characters
PHRASES = 50_000  # of two to six words
FLAT = 8  # added to a rank before Zipf's law: the first word is 1.5 % of all
LATIN = ("API", "5G", "iPhone", "PM2.5", "USB", "v1.0", "CT", "NBA", "Linux", "A4", "GDP", "Wi-Fi")
SIGNS = ("，", "。", "、", "，", "。\n", "：", "，", "；", "！\n", "，", "？", "“", "”", "。")
Draws = npt.NDArray[np.uint64]


def write_invented(path: Path, size: int) -> None:
    """Write whole lines of a text in UTF-8, up to `size` bytes."""
    made = invented(size).encode("utf-8")[:size]
    path.write_bytes(made[: made.rfind(b"\n") + 1])


def invented(size: int) -> str:
    """A text of at least `size` bytes in UTF-8."""
    stock = _words()
    number = np.arange(PHRASES, dtype=np.uint64)
    length = 2 + (mixed(number, 1) % np.uint64(5)).astype(np.int64)
    drawn = _zipf(mixed(np.arange(PHRASES * 6, dtype=np.uint64), 2), len(stock)).reshape(-1, 6)
    phrases = [
        "".join([stock[word] for word in row[:end]])
        for row, end in zip(drawn.tolist(), length.tolist(), strict=True)
    ]
    # Of three pieces one is a phrase, of five one has a sign behind it.
    count = size // 6
    places = np.arange(count, dtype=np.uint64)
    is_phrase = mixed(places, 3) % np.uint64(3) == 0
    which = np.where(
        is_phrase, _zipf(mixed(places, 4), PHRASES), _zipf(mixed(places, 5), len(stock))
    )
    sign = mixed(places, 6)
    ends = np.where(
        sign % np.uint64(5) == 0, (sign >> np.uint64(8)) % np.uint64(len(SIGNS)), len(SIGNS)
    )
    after = [*SIGNS, ""]
    return "".join(
        [
            (phrases if whole else stock)[piece] + after[end]
            for whole, piece, end in zip(
                is_phrase.tolist(), which.tolist(), ends.astype(np.int64).tolist(), strict=True
            )
        ]
    )


def _words() -> list[str]:
    """The model's words by count; names, numbers and Latin stand among them, from the 200th rank on."""
    from nlptools import general_model

    model = general_model()
    order = np.argsort(-model.expected, kind="stable")[:WORDS]
    words = [model.words[place] for place in order.tolist()]
    singles = [word for word in words[:6000] if len(word) == 1]
    draws = mixed(np.arange(NAMES * 5, dtype=np.uint64), 7).reshape(-1, 5).tolist()
    more = [
        "".join([singles[100 + draw % (len(singles) - 100)] for draw in row[: 2 + row[4] % 3]])
        for row in draws
    ]
    more += [str(draws[i][0] % 10 ** (1 + i % 4)) for i in range(200)]
    step = len(LATIN)
    for place, word in enumerate(more):
        words.insert(200 + 15 * place, word)
    for place, word in enumerate(LATIN):
        words.insert(100 + 7 * step * place, word)
    return words


def _zipf(draws: Draws, most: int) -> npt.NDArray[np.int64]:
    """Ranks 0 to most - 1, each as often as 1 / (rank + FLAT); by whole numbers, so that no machine rounds otherwise."""
    ends = np.cumsum(np.uint64(2**40) // np.arange(FLAT, most + FLAT, dtype=np.uint64))
    return np.searchsorted(ends, draws % ends[-1], side="right")
