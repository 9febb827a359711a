"""Words of users + what a model makes of them -> the weights with which they win on the best path.

A user's word shall be found, and a word of the model that lies across it shall not be lost for it without need: 和服
in 产品和服务. So it gets the weight of the best cut of itself, and some nats for each gap inside. jieba's suggest_freq
is the same with the least number that suffices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

MARGIN = 4.0

# (word as cells, first, stop) -> the weight of those cells as one word, in nats; -inf where they are none.
Weigh = Callable[[int, int, int], float]


def user_weights(words: Sequence[Sequence[str]], weigh: Weigh, margin: float = MARGIN) -> list[float]:
    """The logarithm of the weight of each word, aligned.

    words: as cells, each of two or more, all different. weigh: (number of the word, first cell, stop) -> weight of
    these cells as one word of the model, -inf where they are none. A word that holds another one wins against it,
    because shorter words get their weights first.
    """
    found = [0.0] * len(words)
    given: dict[tuple[str, ...], float] = {}
    for number in sorted(range(len(words)), key=lambda i: len(words[i])):
        cells = tuple(words[number])
        best = [0.0]
        for stop in range(1, len(cells) + 1):
            reached = -float("inf")
            for first in range(stop == len(cells), stop):
                weight = weigh(number, first, stop)
                if stop - first > 1 and (own := given.get(cells[first:stop])) is not None:
                    weight = max(weight, own)
                reached = max(reached, best[first] + weight)
            best.append(reached)
        own = weigh(number, 0, len(cells))
        given[cells] = found[number] = max(own, best[-1] + margin * (len(cells) - 1))
    return found
