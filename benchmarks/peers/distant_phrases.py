"""Text + dictionaries -> a word list by the idea of AutoPhrase (Shang et al., 2018): WORD COUNT, best quality first.

Written for this project from the paper, small, without its tagger: robust positive-only distant training (trees, each
on a few candidates that a dictionary has and as many that none has, averaged) gives each frequent string a quality;
phrasal segmentation then counts anew what stands as a unit, and the trees are grown again on those counts.
Called with a UTF-8 text, the output file and the dictionaries, by a Python that has numpy and scikit-learn.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from sklearn.tree import DecisionTreeClassifier

LONGEST, LEAST = 8, 10  # characters of a candidate; its occurrences (AutoPhrase's MIN_SUP)
TREES, DRAWN = 100, 100  # of the paper: T and K; more trees than 100 change little there
ROUNDS = 2  # of Viterbi training
_CLAUSE = re.compile("[\u4e00-\u9fff]+")
_QUOTED = re.compile('[“《「『"(（]([\u4e00-\u9fff]{2,8})[”》」』")）]')


def count(clauses: Counter[str]) -> list[Counter[str]]:
    """Counts of all strings of 1 to LONGEST characters that occur LEAST times; [0] is empty."""
    levels: list[Counter[str]] = [Counter()]
    for n in range(1, LONGEST + 1):
        found: Counter[str] = Counter()
        shorter = levels[-1]
        for clause, times in clauses.items():
            for i in range(len(clause) - n + 1):
                piece = clause[i : i + n]
                # No string is more frequent than its parts.
                if n == 1 or (piece[1:] in shorter and piece[:-1] in shorter):
                    found[piece] += times
        levels.append(Counter({piece: k for piece, k in found.items() if k >= LEAST}))
    return levels


def features(
    words: list[str],
    counts: dict[str, int],
    levels: list[Counter[str]],
    lines: list[str],
) -> np.ndarray:
    """What the paper calls concordance, informativeness and completeness; float32, shape (words, 10).

    counts: of the words, raw or of the segmentation; levels: raw ones, which PMI and completeness are of.
    """
    every = {piece: k for level in levels for piece, k in level.items()}
    total = sum(levels[1].values())
    longer: dict[str, int] = defaultdict(int)
    for level in levels[3:]:
        for piece, k in level.items():
            for part in (piece[1:], piece[:-1]):
                longer[part] = max(longer[part], k)
    quoted = Counter(word for line in lines for word in _QUOTED.findall(line))
    spread = Counter(char for line in lines for char in set(line))
    rows = []
    for word in words:
        k, own = counts.get(word, 0), every[word]
        split = max(every[word[:i]] * every[word[i:]] for i in range(1, len(word)))
        pmi = math.log(total * own / split)
        rows.append(
            (
                math.log(k + 1),
                k / own,
                pmi,
                own / total * pmi,
                longer[word] / own,
                own / min(every[word[1:]], every[word[:-1]]),
                quoted[word] / own,
                math.log(len(lines) / spread[word[0]]),
                math.log(len(lines) / spread[word[-1]]),
                len(word),
            )
        )
    return np.array(rows, np.float32)


def quality(seen: np.ndarray, positive: np.ndarray, seed: int) -> np.ndarray:
    """The mean answer of the trees; each is grown on DRAWN positives and as many of the others, until it fits."""
    draw = np.random.default_rng(seed)
    good, other = np.flatnonzero(positive), np.flatnonzero(~positive)
    size = min(DRAWN, len(good), len(other))
    found = np.zeros(len(seen))
    for number in range(TREES):
        rows = np.concatenate(
            [draw.choice(good, size, replace=False), draw.choice(other, size, replace=False)]
        )
        tree = DecisionTreeClassifier(max_features="sqrt", random_state=number)
        found += tree.fit(seen[rows], positive[rows]).predict_proba(seen)[:, 1]
    return found / TREES


def segment(clauses: Counter[str], weights: dict[str, float]) -> Counter[str]:
    """How often each candidate is a unit of the best cut of the clauses. weights: log probability times quality."""
    found: Counter[str] = Counter()
    unknown = min(weights.values()) - 1
    for clause, times in clauses.items():
        best, back = [0.0], [0]
        for end in range(1, len(clause) + 1):
            most, start = best[end - 1] + weights.get(clause[end - 1], unknown), end - 1
            for begin in range(max(0, end - LONGEST), end - 1):
                weight = weights.get(clause[begin:end])
                if weight is not None and best[begin] + weight > most:
                    most, start = best[begin] + weight, begin
            best.append(most)
            back.append(start)
        end = len(clause)
        while end:
            found[clause[back[end] : end]] += times
            end = back[end]
    return found


def main(text: str, output: str, *dictionaries: str) -> None:
    known = {
        line.split()[0]
        for path in dictionaries
        for line in Path(path).read_text("utf-8-sig").splitlines()
        if line.strip()
    }
    lines = Path(text).read_text("utf-8").splitlines()
    clauses = Counter(clause for line in lines for clause in _CLAUSE.findall(line))
    levels = count(clauses)
    words = [word for level in levels[2:] for word in level]
    positive = np.array([word in known for word in words])
    counts = {word: k for level in levels[1:] for word, k in level.items()}
    good = quality(features(words, counts, levels, lines), positive, 1)
    for _ in range(ROUNDS):
        total = sum(counts.values())
        odds = dict(zip(words, np.maximum(good, 1e-3).tolist(), strict=True))
        weights = {
            word: math.log(k / total * odds.get(word, 0.5)) for word, k in counts.items() if k
        }
        counts = segment(clauses, weights)
    good = quality(features(words, counts, levels, lines), positive, 2)
    order = np.argsort(-good, kind="stable").tolist()
    with open(output, "w", encoding="utf-8") as file:
        kept = (words[i] for i in order if counts[words[i]] >= LEAST)
        file.writelines(f"{word} {counts[word]}\n" for word in kept)


if __name__ == "__main__":
    main(*sys.argv[1:])
