"""Slow twins of words with signs inside: the text is looked at character by character, and everything is kept."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

DOTS = "·•・‧．"


def _is_han(symbol: str) -> bool:
    return len(symbol) == 1 and "\u3400" <= symbol <= "\u9fff"


def clauses(text: str) -> Iterator[list[str]]:
    """Stretches of symbols in which single dots are symbols, too, each "·"."""
    clause: list[str] = []
    for i, symbol in enumerate(tokens := _tokens(text)):
        around = tokens[i - 1] if i else "", tokens[i + 1] if i + 1 < len(tokens) else ""
        if symbol in DOTS and all(map(_is_symbol, around)):
            clause.append("·")
        elif _is_symbol(symbol):
            clause.append(symbol)
        else:
            yield clause
            clause = []
    yield clause


def _is_symbol(token: str) -> bool:
    return token.isalnum()


def _tokens(text: str) -> list[str]:
    """Han characters, runs of other letters and digits, and all signs one by one."""
    tokens: list[str] = []
    for c in text:
        run = c.isalnum() and not _is_han(c)
        if run and tokens and tokens[-1].isalnum() and not _is_han(tokens[-1]):
            tokens[-1] += c
        else:
            tokens.append(c)
    return tokens


def count_dotted(
    texts: Sequence[str], name: Sequence[str]
) -> tuple[int, Counter[str], Counter[str]]:
    """(occurrences of a sequence of symbols and dots, its left neighbours, its right ones; a break is none)."""
    found, left, right = 0, Counter[str](), Counter[str]()
    size = len(name)
    for text in texts:
        for clause in clauses(text):
            for i in range(len(clause) - size + 1):
                if clause[i : i + size] == list(name):
                    found += 1
                    left.update(clause[i - 1 : i] if i else [])
                    right.update(clause[i + size : i + size + 1])
    return found, left, right


def entropy_of(neighbours: Mapping[str, int], occurrences: int) -> float:
    """Every occurrence at a break has a neighbour of its own."""
    return math.log(occurrences) - sum(n * math.log(n) for n in neighbours.values()) / occurrences


def count_blanks(texts: Sequence[str], order: int) -> Counter[tuple[str, ...]]:
    """Sequences of runs of letters and digits with one blank between two."""
    found: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        runs: list[str] = []
        tokens = [*_tokens(text), "", ""]
        for i, token in enumerate(tokens):
            if token.isalnum() and not _is_han(token):
                runs.append(token)
            elif not (
                token == " " and runs and tokens[i - 1] == runs[-1] and _is_run(tokens[i + 1])
            ):
                for n in range(2, order + 1):
                    found.update(tuple(runs[j : j + n]) for j in range(len(runs) - n + 1))
                runs = []
    return found


def _is_run(token: str) -> bool:
    return token.isalnum() and not _is_han(token)
