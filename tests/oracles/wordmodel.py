"""Texts -> the word model: its EM and its regression of boundaries, word by word."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from oracles.lattice import occurrences, posteriors
from oracles.ngrams import Ngram, branching_entropy, stretches


class Gaps:
    """The logistic regression of boundaries on the characters around them, gap by gap.

    pairs: those that are features; others have no weight, nor has a feature that occurs once.
    """

    def __init__(self, runs: Sequence[Sequence[object]], pairs: set[tuple[object, ...]]) -> None:
        def pair(a: object, b: object) -> object:
            return ("pair", a, b) if (a, b) in pairs else None

        self.gaps: list[tuple[object, object, object, object]] = []
        for run in runs:
            for i in range(1, len(run)):
                before = pair(run[i - 2], run[i - 1]) if i > 1 else ("edge", run[i - 1])
                after = pair(run[i], run[i + 1]) if i + 1 < len(run) else ("edge", run[i])
                self.gaps.append((before, after, run[i - 1], run[i]))
        self.weights: list[dict[object, float]] = [{}, {}, {}, {}]
        self.bias: float | None = None

    def score(self, gap: tuple[object, ...]) -> float:
        assert self.bias is not None
        return self.bias + sum(
            weights.get(feature, 0.0) for weights, feature in zip(self.weights, gap, strict=True)
        )

    def fit(self, targets: Sequence[float], ridge: float = 4.0) -> None:
        """Two Newton steps a family; targets: the posterior of a boundary at every gap."""
        if self.bias is None and self.gaps:
            mean = min(max(sum(targets) / len(targets), 0.001), 0.999)
            self.bias = math.log(mean / (1 - mean))
        for family in (0, 1, 2, 3, 0, 1, 2, 3):
            members: dict[object, list[int]] = {}
            for i, gap in enumerate(self.gaps):
                members.setdefault(gap[family], []).append(i)
            p = [1 / (1 + math.exp(-self.score(gap))) for gap in self.gaps]
            for feature, here in members.items():
                if feature is None or len(here) < 2:
                    continue
                weight = self.weights[family].get(feature, 0.0)
                gradient = sum(targets[i] - p[i] for i in here) - ridge * weight
                curvature = max(sum(p[i] * (1 - p[i]) for i in here), 0.06 * len(here))
                step = gradient / (curvature + ridge)
                self.weights[family][feature] = weight + min(max(step, -3.0), 3.0)

    def loss(self, targets: Sequence[float]) -> float:
        """Cross entropy of the targets, nats."""
        p = [1 / (1 + math.exp(-self.score(gap))) for gap in self.gaps]
        return -math.fsum(
            y * math.log(q) + (1 - y) * math.log(1 - q) for y, q in zip(targets, p, strict=True)
        )


Places = dict[int, list[Counter[str]]]


class WordModel:
    """The whole of the training, word by word; for a few short texts.

    Every stretch of the texts is a run; nothing is left out of the sample. prior: counts to be added
    to what is expected; a tenth of a count is then left at least. known: words of a list, which gain 1, 2.5, 4 nats by their length
    where all others lose 2, lose nothing by their affixes, and are dropped later; None: there is no list. expected, weights: by word. places[k][j]: in how many rare words of k symbols
    each symbol stands at place j.
    """

    def __init__(
        self,
        texts: Sequence[str],
        penalties: Sequence[float],
        prior: Mapping[Ngram, float] | None = None,
        known: Collection[Ngram] | None = None,
    ) -> None:
        self.texts, self.runs = texts, stretches(texts, "break")
        self.penalties = penalties
        self.prior = prior or {}
        self.known = known
        self.least_share = 0.1 if prior else 0.0
        self.counts: Counter[Ngram] = Counter()
        for run in self.runs:
            self.counts.update(tuple(run[a:b]) for a, b in occurrences(run, 4))
        self.symbols = {word for word in self.counts if len(word) == 1}
        # Expected counts; a word that is not among them is no candidate.
        self.expected: dict[Ngram, float] = {
            word: (n if len(word) == 1 or n > 1 else 0) + self.prior.get(word, 0.0)
            for word, n in self.counts.items()
            if len(word) == 1 or n > 1 or self.prior.get(word, 0.0) > 0
        }
        self.bonus = {word: self.known_bonus(word) for word in self.expected}
        self.places: Places | None = None
        self.likelihoods: list[float] = []
        self.train()

    def train(self) -> None:
        for iteration in range(4):
            if iteration == 2:
                self.expected = {
                    word: c
                    for word, c in self.expected.items()
                    if len(word) == 1 or c >= (0.02 if word in (self.known or ()) else 0.2)
                }
            if iteration == 3:
                self.learn_places()
            self.step(None)
        self.learn_bonus()
        self.learn_places()
        boundaries = self.step(None)
        gaps = Gaps(self.runs, {word for word in self.expected if len(word) == 2})
        for _ in range(2):
            gaps.fit(boundaries)
            for _ in range(2):
                self.learn_places()
                boundaries = self.step(gaps)
        self.learn_places()

    @property
    def weights(self) -> dict[Ngram, float]:
        total = sum(self.expected.values())
        return {
            word: self.share(word, c) / total * math.exp(self.bonus.get(word, 0))
            for word, c in self.expected.items()
        }

    def share(self, word: Ngram, c: float) -> float:
        least = 0.05 if len(word) == 1 else self.least_share * c
        return max(c - 0.5, least) * math.exp(-self.penalties[min(len(word), 4) - 1])

    def unseen(self, word: Ngram) -> float:
        """Weight of a word by the places of its symbols alone."""
        if self.places is None or len(word) not in self.places:
            return 0.0
        size = 0.02 * (len(self.symbols) + 1)
        nats = {2: -5.0, 3: -7.0} if self.known is None else {2: -4.0, 3: -5.5}
        return math.exp(nats[len(word)]) * math.prod(
            (place[symbol] + 0.02) / (sum(place.values()) + size)
            for place, symbol in zip(self.places[len(word)], word, strict=True)
        )

    def learn_places(self) -> None:
        self.places = {}
        for k in (2, 3):
            rare = [
                word
                for word, c in self.expected.items()
                if len(word) == k and 0.5 <= c < 100 and c > 0.3 * self.counts[word]
            ]
            self.places[k] = [Counter(word[j] for word in rare) for j in range(k)]

    def learn_bonus(self) -> None:
        longer = [word for word in self.expected if len(word) > 2]
        entropies = branching_entropy(self.texts, longer, "break")

        def log(word: Ngram) -> float:
            return math.log(max(self.expected.get(word, 0), 0.01))

        for word in longer:
            bonus = 0.5 * (min(*entropies[word], 4) - 2)
            if len(word) == 3:
                back = log(word[:2]) + log(word[2:]) >= log(word[:1]) + log(word[1:])
                bonus += 1.2 if back else -1.2
            if word in (self.known or ()):
                bonus = max(bonus, 0.0)
            self.bonus[word] = self.known_bonus(word) + bonus

    def known_bonus(self, word: Ngram) -> float:
        if self.known is None or len(word) == 1:
            return 0.0
        return {2: 1.0, 3: 2.5, 4: 4.0}.get(len(word), 0.0) if word in self.known else -2.0

    def lexicon(self) -> dict[Ngram, float]:
        """Words with their weights as they are written down; those of the prior alone are among them."""
        least = 0.5 * (self.least_share or 1)
        found = {
            word: weight
            for word, weight in self.weights.items()
            if len(word) == 1
            or (weight > 0 and (self.expected[word] >= least or word in (self.known or ())))
        }
        total = sum(self.expected.values())
        for word, c in self.prior.items():
            if word in self.expected or self.share(word, c) <= 0:
                continue
            if len(word) <= 4:
                found[word] = self.share(word, c) / total * math.exp(self.known_bonus(word))
            elif word in (self.known or ()):  # neither penalty nor bonus
                found[word] = max(c - 0.5, 0.1 * c) / total
        return found

    def whole(
        self, weights: Mapping[Ngram, float], expected: Mapping[Ngram, float]
    ) -> dict[Ngram, float]:
        """Weights by which known words of two and three symbols that are frequent are not cut when they stand alone."""
        least = 3e-6 * sum(expected.values())
        raised = dict(weights)
        for word in weights:
            if word in (self.known or ()) and 2 <= len(word) <= 3 and expected[word] >= least:
                cuts = [(word[:1], word[1:]), (word[:-1], word[-1:]), [(s,) for s in word]]
                best = max(math.prod(weights.get(part, 0) for part in cut) for cut in cuts)
                raised[word] = max(weights[word], best * math.exp(0.1))
        return raised

    def step(self, gaps: Gaps | None) -> list[float]:
        """One iteration; the posteriors of a boundary at every gap."""
        found, boundaries, likelihood = self.expect(self.weights, gaps)
        self.expected = {word: found[word] + self.prior.get(word, 0.0) for word in self.expected}
        self.likelihoods.append(likelihood)
        return boundaries

    def expect(
        self, weights: Mapping[Ngram, float], gaps: Gaps | None
    ) -> tuple[Counter[Ngram], list[float], float]:
        """Expected counts, posteriors of a boundary at every gap, log-likelihood."""
        expected: Counter[Ngram] = Counter()
        boundaries: list[float] = []
        likelihood = 0.0
        at = 0
        for run in self.runs:
            odds = [1.0] * len(run)
            if gaps is not None:
                here = gaps.gaps[at : at + len(run) - 1]
                odds[:-1] = [math.exp(min(max(gaps.score(gap), -6), 6)) for gap in here]
            at += len(run) - 1

            def weight(a: int, b: int, run: list[str] = run, odds: list[float] = odds) -> float:
                word = tuple(run[a:b])
                return (weights.get(word, 0.0) + self.unseen(word)) * odds[b - 1]

            found, total = posteriors(len(run), 4, weight)
            likelihood += math.log(total)
            for (a, b), posterior in found.items():
                expected[tuple(run[a:b])] += posterior
            boundaries.extend(
                sum(value for (_, b), value in found.items() if b == end)
                for end in range(1, len(run))
            )
        return expected, boundaries, likelihood
