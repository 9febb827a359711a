"""Slow, obvious twins of what the package computes: plain Python, exact fractions, one pass a question.

Nothing here imports nlptools. An n-gram is a tuple of symbols; a break is the symbol "".
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from fractions import Fraction

Ngram = tuple[str, ...]

# The character classes, spelled with characters.
HAN = "〇㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0003fffd"
LETTER = "A-Za-zÀ-ÖØ-öø-ɏΆΈ-\u03ffḀ-ỿＡ-Ｚａ-ｚ"
DIGIT = "0-9０-９"
ALNUM = LETTER + DIGIT
JOINS = re.escape(".-_&'．")
PLUS = "+＋"
SHARP = "#＃"

# A run: letters and digits; a connector between two of them; up to two pluses after one of them;
# a sharp after a letter that stands alone.
RUN = re.compile(
    f"(?:(?<![{ALNUM}{JOINS}{PLUS}{SHARP}])[{LETTER}][{SHARP}][{ALNUM}]*|[{ALNUM}]+)"
    f"(?:(?<=[{ALNUM}])(?:[{JOINS}][{ALNUM}]+|[{PLUS}]{{1,2}}[{ALNUM}]*))*"
)
ONE_HAN = re.compile(f"[{HAN}]")
ONE_ALNUM = re.compile(f"[{ALNUM}]")
MAX_RUN = 64


def symbols_of(text: str, latin: str = "run") -> list[str]:
    """The symbols of a text; "" for each stretch of breaks between, before or after them."""
    symbols: list[str] = []
    i = 0
    while i < len(text):
        symbol, length = "", 1
        if ONE_HAN.match(text, i) or (ONE_ALNUM.match(text, i) and latin == "char"):
            symbol = text[i]
        elif latin == "run" and (run := RUN.match(text, i)):
            length = len(run[0])
            symbol = run[0] if length <= MAX_RUN else ""
        if symbol or not symbols or symbols[-1]:
            symbols.append(symbol)
        i += length
    return symbols


def stretches(texts: Iterable[str], latin: str = "run") -> list[list[str]]:
    """What lies between two breaks, from all texts."""
    found: list[list[str]] = []
    for text in texts:
        current: list[str] = []
        for symbol in [*symbols_of(text, latin), ""]:
            if symbol:
                current.append(symbol)
            elif current:
                found.append(current)
                current = []
    return found


def count_ngrams(texts: Iterable[str], order: int, latin: str = "run") -> Counter[Ngram]:
    """All n-grams of orders 1 .. order, never across a break or from one text to the next."""
    counts: Counter[Ngram] = Counter()
    for stretch in stretches(texts, latin):
        for n in range(1, order + 1):
            counts.update(zip(*(stretch[i:] for i in range(n)), strict=False))
    return counts


def total(counts: Counter[Ngram]) -> int:
    return sum(count for ngram, count in counts.items() if len(ngram) == 1)


def ratio(counts: Counter[Ngram], ngram: Ngram, size: int) -> Fraction:
    """The weakest split's size * c(w) / (c(left part) * c(right part)), exactly."""
    return min(
        Fraction(size * counts[ngram], counts[ngram[:j]] * counts[ngram[j:]])
        for j in range(1, len(ngram))
    )


def pmi(counts: Counter[Ngram], ngram: Ngram) -> float:
    """Of the weakest split, nats; infinite for a single symbol."""
    if len(ngram) == 1:
        return math.inf
    return math.log(ratio(counts, ngram, total(counts)))


def neighbours(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[Counter[object], Counter[object]]]:
    """What stands left and right of each occurrence; at a break something that stands nowhere else."""
    found: dict[Ngram, tuple[Counter[object], Counter[object]]] = {
        ngram: (Counter(), Counter()) for ngram in wanted
    }
    lengths = {len(ngram) for ngram in found}
    for stretch in stretches(texts, latin):
        for n in lengths:
            for i in range(len(stretch) - n + 1):
                sides = found.get(tuple(stretch[i : i + n]))
                if sides is not None:
                    sides[0][stretch[i - 1] if i else object()] += 1
                    sides[1][stretch[i + n] if i + n < len(stretch) else object()] += 1
    return found


def entropy(side: Counter[object]) -> float:
    """Of a distribution, nats."""
    size = sum(side.values())
    return -math.fsum(count / size * math.log(count / size) for count in side.values())


def branching_entropy(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[float, float]]:
    """(left, right) entropy of the neighbours, nats."""
    found = neighbours(texts, wanted, latin)
    return {ngram: (entropy(left), entropy(right)) for ngram, (left, right) in found.items()}


def accessor_variety(
    texts: Iterable[str], wanted: Iterable[Ngram], latin: str = "run"
) -> dict[Ngram, tuple[int, int]]:
    """(left, right) number of different neighbours."""
    found = neighbours(texts, wanted, latin)
    return {ngram: (len(left), len(right)) for ngram, (left, right) in found.items()}


def longest_join(stretch: Sequence[str], good: set[Ngram], longest: int) -> list[Ngram]:
    """Walk from symbol to symbol; `end` is the farthest end of any good n-gram begun so far (6920)."""
    words: list[Ngram] = []
    start, end = 0, 0
    for i in range(len(stretch)):
        if i >= end:
            if i:
                words.append(tuple(stretch[start:i]))
            start, end = i, i + 1
        for n in range(2, longest + 1):
            if tuple(stretch[i : i + n]) in good:  # too short at the end of the stretch: not good
                end = max(end, i + n)
    if len(stretch):
        words.append(tuple(stretch[start:]))
    return words


def covered_join(stretch: Sequence[str], good: set[Ngram], longest: int) -> list[Ngram]:
    """Cut at every gap that no good n-gram covers (4256)."""
    words: list[Ngram] = []
    start = 0
    for gap in range(1, len(stretch) + 1):
        covered = gap < len(stretch) and any(
            tuple(stretch[i : i + n]) in good
            for n in range(2, longest + 1)
            for i in range(max(0, gap - n + 1), gap)
        )
        if not covered:
            words.append(tuple(stretch[start:gap]))
            start = gap
    return words


def _windows(word: Ngram, size: int) -> Iterable[Ngram]:
    return (word[i : i + size] for i in range(len(word) - size + 1))


def _cut_out(
    parts: list[list[str]],
    good: set[Ngram],
    longest: int,
    min_count: int,
    holds: Callable[[Ngram], bool],
    join: Callable[[Sequence[str], set[Ngram], int], list[Ngram]],
) -> dict[Ngram, int]:
    cut = Counter(word for part in parts for word in join(part, good, longest))
    return {word: n for word, n in cut.items() if n >= min_count and holds(word)}


def discover_6920(
    texts: Sequence[str],
    min_count: int,
    min_pmi: Sequence[float] = (2.0, 4.0, 6.0),
    latin: str = "run",
    counts: Counter[Ngram] | None = None,
) -> dict[Ngram, int]:
    """Words and how often each was cut out: kexue.fm 6920 with exact counts.

    counts: of orders 1 .. len(min_pmi) + 1, where they are known already.
    """
    longest = len(min_pmi) + 1
    counts = count_ngrams(texts, longest, latin) if counts is None else counts
    size = total(counts)
    good = {
        ngram
        for ngram, count in counts.items()
        if 2 <= len(ngram) <= longest
        and count >= min_count
        and math.log(ratio(counts, ngram, size)) >= min_pmi[len(ngram) - 2]
    }

    def holds(word: Ngram) -> bool:
        if len(word) < 3:
            return True
        return all(window in good for window in _windows(word, min(len(word), longest)))

    return _cut_out(stretches(texts, latin), good, longest, min_count, holds, longest_join)


def discover_4256(
    texts: Sequence[str],
    min_count: int,
    ratios: Sequence[Fraction | int] = (5, 25, 125),
    latin: str = "run",
) -> dict[Ngram, int]:
    """Words and how often each was cut out: kexue.fm 4256.

    Only what occurs min_count times is kept, the total is that of the kept symbols, a ratio must
    exceed its bar, and every window of 3 and of 4 symbols of a longer word must hold together.
    """
    longest = len(ratios) + 1
    kept = {w: c for w, c in count_ngrams(texts, longest, latin).items() if c >= min_count}
    counts = Counter(kept)
    size = total(counts)
    good = {
        ngram
        for ngram in kept
        if len(ngram) > 1 and ratio(counts, ngram, size) > ratios[len(ngram) - 2]
    }

    def holds(word: Ngram) -> bool:
        return all(
            window in good for size in range(3, longest + 1) for window in _windows(word, size)
        )

    return _cut_out(stretches(texts, latin), good, longest, min_count, holds, covered_join)


# --- the word model ----------------------------------------------------------------------------

Spans = tuple[tuple[int, int], ...]


def segmentations(length: int, longest: int, start: int = 0) -> Iterable[Spans]:
    """Every way to cut a run into words of at most `longest` symbols: (start, end) of each word."""
    if start == length:
        yield ()
    for end in range(start + 1, min(start + longest, length) + 1):
        for rest in segmentations(length, longest, end):
            yield ((start, end), *rest)


def posteriors(
    length: int, longest: int, weight: Callable[[int, int], float]
) -> tuple[Counter[tuple[int, int]], float]:
    """Posterior of every word of a run, and the sum over all segmentations of the products of weights."""
    found: Counter[tuple[int, int]] = Counter()
    total = 0.0
    for words in segmentations(length, longest):
        product = math.prod(weight(*word) for word in words)
        total += product
        for word in words:
            found[word] += product
    return Counter({word: value / total for word, value in found.items()}), total


def best_segmentation(length: int, longest: int, score: Callable[[int, int], float]) -> Spans:
    """The segmentation with the largest sum; of equal ones the one whose last word is shorter, and so on."""

    def order(words: Spans) -> tuple[float, list[int]]:
        return -sum(score(*word) for word in words), [end - start for start, end in words[::-1]]

    return min(segmentations(length, longest), key=order)


def occurrences(stretch: Sequence[object], longest: int) -> Iterable[tuple[int, int]]:
    """(start, end) of everything in a stretch that could be a word."""
    for start in range(len(stretch)):
        for end in range(start + 1, min(start + longest, len(stretch)) + 1):
            yield start, end


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
    to what is expected; a tenth of a count is then left at least. expected, weights: by word. places[k][j]: in how many rare words of k symbols
    each symbol stands at place j.
    """

    def __init__(
        self,
        texts: Sequence[str],
        penalties: Sequence[float],
        prior: Mapping[Ngram, float] | None = None,
    ) -> None:
        self.texts, self.runs = texts, stretches(texts, "break")
        self.penalties = penalties
        self.prior = prior or {}
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
        self.bonus: dict[Ngram, float] = {}
        self.places: Places | None = None
        self.likelihoods: list[float] = []
        self.train()

    def train(self) -> None:
        for iteration in range(4):
            if iteration == 2:
                self.expected = {
                    word: c for word, c in self.expected.items() if len(word) == 1 or c >= 0.2
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
        return max(c - 0.5, least) * math.exp(-self.penalties[len(word) - 1])

    def unseen(self, word: Ngram) -> float:
        """Weight of a word by the places of its symbols alone."""
        if self.places is None or len(word) not in self.places:
            return 0.0
        size = 0.02 * (len(self.symbols) + 1)
        return math.exp({2: -5, 3: -7}[len(word)]) * math.prod(
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
            self.bonus[word] = 0.5 * (min(*entropies[word], 4) - 2)
            if len(word) == 3:
                back = log(word[:2]) + log(word[2:]) >= log(word[:1]) + log(word[1:])
                self.bonus[word] += 1.2 if back else -1.2

    def lexicon(self) -> dict[Ngram, float]:
        """Words with their weights as they are written down; those of the prior alone are among them."""
        least = 0.5 * (self.least_share or 1)
        found = {
            word: weight
            for word, weight in self.weights.items()
            if len(word) == 1 or (weight > 0 and self.expected[word] >= least)
        }
        total = sum(self.expected.values())
        for word, c in self.prior.items():
            if word not in self.expected and self.share(word, c) > 0:
                found[word] = self.share(word, c) / total
        return found

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


# --- character language models -----------------------------------------------------------------

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
LINE_END = re.compile("[\r\n]")
# White space and control characters: no symbols, and no breaks.
BLANK = re.compile("[\0- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")


def visible_symbols(text: str, latin: str = "run") -> list[str]:
    """As symbols_of, but every visible character is a symbol, and only the end of a line is a break.

    So are letters and digits that are no symbols: with latin "break", and runs that are too long.
    """
    symbols: list[str] = []
    i = 0
    while i < len(text):
        symbol, length = text[i], 1
        if LINE_END.match(text, i) or (latin == "break" and ONE_ALNUM.match(text, i)):
            symbol = ""
        elif latin == "run" and (run := RUN.match(text, i)):
            length = len(run[0])
            symbol = run[0] if length <= MAX_RUN else ""
        i += length
        if BLANK.fullmatch(symbol):
            continue
        if symbol or not symbols or symbols[-1]:
            symbols.append(symbol)
    return symbols


def sentences(texts: Iterable[str], mode: str, latin: str = "run") -> list[Ngram]:
    """The sentences of all texts, each from <s> to </s>; mode: "clause" or "line"."""
    split = {"clause": symbols_of, "line": visible_symbols}[mode]
    found: list[Ngram] = []
    for text in texts:
        current: list[str] = []
        for symbol in [*split(text, latin), ""]:
            if symbol:
                current.append(symbol)
            elif current:
                found.append((START, *current, END))
                current = []
    return found


def count_sentences(
    texts: Iterable[str], order: int, mode: str, latin: str = "run"
) -> Counter[Ngram]:
    """All n-grams of orders 1 .. order of the sentences."""
    counts: Counter[Ngram] = Counter()
    for sentence in sentences(texts, mode, latin):
        for n in range(1, order + 1):
            counts.update(zip(*(sentence[i:] for i in range(n)), strict=False))
    return counts


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


# --- tokens ------------------------------------------------------------------------------------

# What BERT sets apart as Chinese, spelled with characters.
CHINESE = re.compile(
    "[㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002f800-\U0002fa1f]"
)
ASCII_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LONGEST_WORD = 200


def small_letters(text: str) -> str:
    """BERT's do_lower_case: lower, decompose, no combining marks."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def stands_alone(c: str) -> bool:
    """Chinese, or punctuation."""
    return bool(CHINESE.match(c)) or c in ASCII_SIGNS or unicodedata.category(c)[0] == "P"


def is_control(c: str) -> bool:
    """Left out: what is not printed, but for the white space among it."""
    return c == "\ufffd" or (unicodedata.category(c) in ("Cc", "Cf") and c not in "\t\n\r")


def bert_words(text: str) -> list[str]:
    """BERT's basic tokenization, without its lower-casing: spaces around what stands alone, then split."""
    spaced = "".join(f" {c} " if stands_alone(c) else "" if is_control(c) else c for c in text)
    return spaced.split()


def longest_pieces(word: str, tokens: Container[str]) -> list[str]:
    """The longest token that the word begins with, and so on; the word itself if it does not come out."""
    pieces: list[str] = []
    rest = word
    while rest and len(word) <= LONGEST_WORD:
        mark = "##" if pieces else ""
        piece = max(
            (rest[:n] for n in range(len(rest) + 1) if mark + rest[:n] in tokens),
            key=len,
            default="",
        )
        if not piece:
            return [word]
        pieces.append(mark + piece)
        rest = rest[len(piece) :]
    return pieces or [word]


def bert_tokens(text: str, tokens: Container[str]) -> list[str]:
    """BERT's tokenization of text in small letters."""
    return [piece for word in bert_words(text) for piece in longest_pieces(word, tokens)]


def wobert_tokens(words: Iterable[str], tokens: Container[str]) -> list[str]:
    """WoBERT's rule: a word that is a token is kept, of all others BERT's tokenization is taken."""
    found: list[str] = []
    for word in words:
        found += [word] if word in tokens else bert_tokens(word, tokens)
    return found


def cut_forward(run: str, scores: Mapping[str, float], unknown: float) -> list[str]:
    """The words of the largest sum, added up from the left; of equal sums the longer last word.

    unknown: the score of a character that is no word.
    """
    best, last = [0.0], [0]
    for end in range(1, len(run) + 1):
        value, length = best[end - 1] + scores.get(run[end - 1], unknown), 1
        for longer in range(2, end + 1):
            word = run[end - longer : end]
            if word in scores and best[end - longer] + scores[word] >= value:
                value, length = best[end - longer] + scores[word], longer
        best.append(value)
        last.append(length)
    words: list[str] = []
    end = len(run)
    while end:
        words.insert(0, run[end - last[end] : end])
        end -= last[end]
    return words


def cut_backward(run: str, scores: Mapping[str, float], unknown: float) -> list[str]:
    """As jieba: sums from the right, of equal ones the longer first word; a character that is no word stands
    alone only where no word begins.
    """
    n = len(run)
    best = [(0.0, n)] * (n + 1)
    for start in range(n - 1, -1, -1):
        ends = [end for end in range(start + 1, n + 1) if run[start:end] in scores]
        best[start] = max(
            (scores.get(run[start:end], unknown) + best[end][0], end) for end in ends or [start + 1]
        )
    words: list[str] = []
    start = 0
    while start < n:
        words.append(run[start : best[start][1]])
        start = best[start][1]
    return words


def vocab_tokens(
    text: str, tokens: Mapping[str, int], scores: Mapping[str, float], unknown: float
) -> list[tuple[str, int]]:
    """Tokens with ids by a vocabulary's own words: text in small letters, scores of its Chinese words.

    Stretches of the characters that these words have are cut forward; of what is unknown in them neighbours
    are one token. The rest is BERT's.
    """
    text = "".join(c for c in text if not is_control(c))
    known = {c for word in scores for c in word}
    found: list[tuple[str, int]] = []
    for inside, group in itertools.groupby(text, key=known.__contains__):
        stretch = "".join(group)
        if not inside:
            pieces = bert_tokens(stretch, tokens)
            found += [(piece, tokens.get(piece, tokens["[UNK]"])) for piece in pieces]
            continue
        words = cut_forward(stretch, scores, unknown)
        for is_known, same in itertools.groupby(words, key=scores.__contains__):
            if is_known:
                found += [(word, tokens[word]) for word in same]
            else:
                found.append(("".join(same), tokens["[UNK]"]))
    return found


def shortened(first: list[int], second: list[int], most: int) -> tuple[list[int], list[int]]:
    """One token at a time from the end of the longer one; of equal ones from the second."""
    first, second = list(first), list(second)
    while len(first) + len(second) > most:
        if len(first) > len(second):
            del first[-1]
        else:
            del second[-1]
    return first, second
