"""Counts of sentences -> a language model with backoff, by the textbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from oracles.ngrams import END, START, UNKNOWN, Ngram


class BackoffModel:
    """An interpolated n-gram model from the counts of all n-grams of sentences, by the textbook.

    appearance: the symbols in the order of the corpus; then one n-gram of each order is counted for the
    discounts as lmplz does. fallback: the discounts of orders that have none of their own. `vocabulary`:
    what has a share of the probability, <unk> and </s> too, <s> not. `ngrams`: what the model stores.
    """

    def __init__(
        self,
        counts: Mapping[Ngram, int],
        order: int,
        smoothing: str,
        prune: Sequence[int] = (0,),
        appearance: Sequence[str] = (),
        fallback: Sequence[float] = (0.5, 1.0, 1.5),
    ) -> None:
        self.counts, self.order, self.smoothing = counts, order, smoothing
        self.prune = [*prune, *[prune[-1]] * (order - len(prune))]
        self.followers: dict[Ngram, list[Ngram]] = {}
        self.known: dict[Ngram, tuple[dict[Ngram, float], float]] = {}
        left: dict[Ngram, set[str]] = {}
        for ngram in counts:
            self.followers.setdefault(ngram[:-1], []).append(ngram)
            left.setdefault(ngram[1:], set()).add(ngram[0])
        self.left = {ngram: len(before) for ngram, before in left.items() if ngram}
        self.vocabulary = {UNKNOWN, *(g[0] for g in counts if len(g) == 1 and self.stays(g))}
        self.vocabulary.discard(START)
        self.ngrams = {(UNKNOWN,), *filter(self.stays, counts)}
        self.last = self._last(appearance) if appearance else {}
        self.fallback_orders: list[int] = []
        self.discounts = [self._discounts(n, fallback) for n in range(1, order + 1)]

    def stays(self, ngram: Ngram) -> bool:
        """Whether the model has it, as far as it occurred."""
        always = len(ngram) == 1 and ngram[0] in (START, END)
        return always or self.counts[ngram] > self.prune[len(ngram) - 1]

    def adjusted(self, ngram: Ngram) -> int:
        """The count that the smoothing sees."""
        if ngram == (START,):
            return 0
        if self.smoothing != "kneser-ney" or len(ngram) == self.order or ngram[0] == START:
            return self.counts[ngram]
        return self.left[ngram]

    def _discounts(self, n: int, fallback: Sequence[float]) -> list[float]:
        """Of counts 0, 1, 2, 3 and more."""
        if self.smoothing != "kneser-ney":
            return [0, 0, 0, 0]
        times = Counter(
            self.counts[ngram] if self.last.get(n) == ngram else self.adjusted(ngram)
            for ngram in self.counts
            if len(ngram) == n
        )
        if times[1] and times[2] and times[3]:
            y = times[1] / (times[1] + 2 * times[2])
            found = [0] + [k - (k + 1) * y * times[k + 1] / times[k] for k in (1, 2, 3)]
            if all(0 <= found[k] <= k for k in (1, 2, 3)):
                return found
        self.fallback_orders.append(n)
        return [0, *fallback]

    def _last(self, appearance: Sequence[str]) -> dict[int, Ngram]:
        """For orders below the highest the n-gram whose last symbol appeared last, then the one before."""
        others = [symbol for symbol in appearance if symbol not in (START, END)]
        found = {1: (others[-1],)}
        for n in range(2, self.order):
            longer = [g for g in self.counts if len(g) == n and g[1:] == found[n - 1]]
            if not longer:  # it begins with <s>
                break
            found[n] = max(longer, key=lambda g: [START, *others].index(g[0]))
        return found

    def _shares(self, context: Ngram) -> tuple[dict[Ngram, float], float]:
        """(probability of each follower before anything from the order below, what is left for that)."""
        if context not in self.known:
            self.known[context] = self._new_shares(context)
        return self.known[context]

    def _new_shares(self, context: Ngram) -> tuple[dict[Ngram, float], float]:
        followers = [g for g in self.followers.get(context, ()) if g != (START,)]
        if not followers:
            return {}, 1.0
        discounts = self.discounts[len(context)]
        own: dict[Ngram, float] = {}
        left = 0.0
        for g in followers:
            count = self.adjusted(g)
            discount = discounts[min(count, 3)] if self.stays(g) else count
            own[g] = count - discount
            left += discount + (self.smoothing == "witten-bell")
        total = sum(own.values()) + left
        own = {g: share / total for g, share in own.items()}
        return own, 0.0 if self.smoothing == "ml" else left / total

    def backoff(self, context: Ngram) -> float:
        """The weight of the order below after a context; 1 for what the model does not have as one."""
        if len(context) == self.order or context not in self.ngrams:
            return 1.0
        return self._shares(context)[1]

    def prob(self, symbol: str, context: Ngram = ()) -> float:
        """p(symbol | context), the context no longer than order - 1; a strange symbol is <unk>."""
        if not context:
            own, rest = self._shares(())
            symbol = symbol if (symbol,) in self.ngrams else UNKNOWN
            return own.get((symbol,), 0.0) + rest / len(self.vocabulary)
        lower = self.prob(symbol, context[1:])
        if context not in self.ngrams:
            return lower
        own, rest = self._shares(context)
        return own.get((*context, symbol), 0.0) + rest * lower


def backed_off(
    log_probs: Mapping[Ngram, float],
    backoffs: Mapping[Ngram, float],
    ngram: Ngram,
) -> float:
    """log10 of the probability of an n-gram's last symbol after the others, as an ARPA file defines it."""
    if ngram in log_probs:
        return log_probs[ngram]
    return backoffs.get(ngram[:-1], 0.0) + backed_off(log_probs, backoffs, ngram[1:])
