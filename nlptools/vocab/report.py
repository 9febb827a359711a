"""VocabBuild + what was counted in its corpus -> a report: what it consists of, what it lacks, how it tokenizes."""

from __future__ import annotations

import json
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from nlptools.text import chars
from nlptools.vocab.build import VocabBuild, count_reasons
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import SPECIALS, Vocab, stem
from nlptools.vocab.wordcount import CorpusWords
from nlptools.vocab.wordpiece import DROP, SPACE, classes

LONGEST_ROW = 8  # characters; longer tokens share a row of the table
SHOWN = 10  # characters and words named in the text
MOST_LISTED = 1000  # characters, in the JSON

Row = Sequence[str | int | float]


@dataclass(frozen=True)
class Tokenized:
    """What a tokenizer made of the held-out text. characters: white space left out."""

    name: str
    characters: int
    tokens: int
    unknown: int

    @property
    def tokens_per_character(self) -> float:
        """NaN where there is no text."""
        return self.tokens / self.characters if self.characters else math.nan

    @property
    def unknown_rate(self) -> float:
        """Share of the tokens that are [UNK]; NaN where there are none."""
        return self.unknown / self.tokens if self.tokens else math.nan


@dataclass(frozen=True)
class VocabReport:
    """What a vocabulary is made of.

    entries: kind -> tokens; their sum is the size. changes: what was left out, or made another. lengths:
    characters, ## left out -> (tokens of the base, tokens added). refused: reason -> words. base_lacks, new_lacks:
    characters of the corpus that no token has by itself, with their counts, the frequent ones first.
    held_out: how the base and the new vocabulary tokenize the held-out part. problems: of the base, in words.
    """

    entries: dict[str, int]
    changes: dict[str, int]
    lengths: dict[int, tuple[int, int]]
    refused: dict[str, list[str]]
    base_lacks: list[tuple[str, int]]
    new_lacks: list[tuple[str, int]]
    held_out: list[Tokenized]
    problems: list[str]

    def as_json(self) -> Iterator[str]:
        """One object; rates are rounded to 6 digits, NaN is null."""
        rows = [
            asdict(of)
            | {
                "tokens_per_character": _rounded(of.tokens_per_character),
                "unknown_rate": _rounded(of.unknown_rate),
            }
            for of in self.held_out
        ]
        lengths = [
            {"length": n, "base": base, "added": added} for n, (base, added) in self.lengths.items()
        ]
        values: dict[str, Any] = {
            "entries": self.entries,
            "changes": self.changes,
            "lengths": lengths,
            "refused": self.refused,
            "characters_base_lacks": len(self.base_lacks),
            "base_lacks": dict(self.base_lacks[:MOST_LISTED]),
            "characters_new_lacks": len(self.new_lacks),
            "new_lacks": dict(self.new_lacks[:MOST_LISTED]),
            "held_out": rows,
            "problems": self.problems,
        }
        yield json.dumps(values, ensure_ascii=False, indent=1) + "\n"

    def as_text(self) -> Iterator[str]:
        """Tables for people."""
        rows: list[Row] = [(kind, n) for kind, n in self.entries.items() if n]
        yield _table(["tokens", ""], [*rows, ("size", sum(self.entries.values()))])
        rows = [(kind, n) for kind, n in self.changes.items() if n]
        rows += [(f"refused: {why}", len(words)) for why, words in self.refused.items()]
        if rows:
            yield "\n" + _table(["left out, or changed", ""], rows)
        yield "\n" + _table(["length", "base", "added"], list(self._length_rows()))
        if self.held_out:
            yield "\n" + _table(
                ["held-out text", "characters", "tokens", "tokens/character", "[UNK]", "of tokens"],
                [
                    [
                        *(of.name, of.characters, of.tokens, of.tokens_per_character),
                        *(of.unknown, of.unknown_rate),
                    ]
                    for of in self.held_out
                ],
            )
        if self.base_lacks:
            yield f"\n{_characters(self.base_lacks, 'the base lacks')}"
        if self.new_lacks:
            yield f"\n{_characters(self.new_lacks, 'the new vocabulary lacks')}"

    def _length_rows(self) -> Iterator[Row]:
        long = [0, 0]
        for length, pair in self.lengths.items():
            if length > LONGEST_ROW:
                long = [a + b for a, b in zip(long, pair, strict=True)]
            else:
                yield (str(length), *pair)
        if any(long):
            yield (f"more than {LONGEST_ROW}", *long)


def report_vocab(made: VocabBuild, corpus: CorpusWords | None = None) -> VocabReport:
    """The report of a vocabulary; of its characters and of how it tokenizes where there is a corpus."""
    tokens = made.vocab.tokens
    kept = tokens[: len(tokens) - len(made.characters) - len(made.words)]
    specials = sum(
        made.vocab.ids.get(token) == i for i, token in enumerate(kept) if token in SPECIALS
    )
    base_lacks: list[tuple[str, int]] = []
    new_lacks: list[tuple[str, int]] = []
    held_out: list[Tokenized] = []
    if corpus is not None:
        if made.base is not None:
            base_lacks = lacking(made.base, corpus.characters)
        new_lacks = lacking(made.vocab, corpus.characters)
        held_out = list(_measures(made, corpus.held))
    return VocabReport(
        {
            "special": specials,
            "of the base" if made.base is not None else "signs, letters, digits": len(kept)
            - specials,
            "characters": len(made.characters),
            "words": len(made.words),
        },
        {
            "tokens of the base": len(made.base) - len(kept) if made.base is not None else 0,
            "words in the base" if made.base is not None else "words there anyhow": made.known,
            "words below --min-count": made.rare,
            "words above --max-length": made.long,
            "words that others spell": len(made.redundant),
            "words beyond the size": made.beyond,
            "words made small, without accents": made.folded,
            "words alike then": made.merged,
            "words that only --pre jieba finds": len(made.mixed),
        },
        _lengths(kept, (*made.characters, *made.words)),
        count_reasons(made.refused),
        base_lacks,
        new_lacks,
        held_out,
        made.base.problems_when(lower=made.lower) if made.base is not None else [],
    )


def _lengths(kept: Iterable[str], added: Iterable[str]) -> dict[int, tuple[int, int]]:
    """Special tokens have no length."""
    base, new = (Counter(len(stem(t)) for t in part if t not in SPECIALS) for part in (kept, added))
    return {n: (base[n], new[n]) for n in sorted(base | new)}


def lacking(vocab: Vocab, characters: np.ndarray) -> list[tuple[str, int]]:
    """Characters that no token has by itself, with their counts, the frequent ones first."""
    seen = np.flatnonzero(characters)
    seen = seen[np.argsort(-characters[seen], kind="stable")].tolist()
    return [(chr(code), int(characters[code])) for code in seen if chr(code) not in vocab.ids]


def _measures(made: VocabBuild, text: str) -> Iterator[Tokenized]:
    if not text:
        return
    if made.base is not None:
        yield tokenized("base, --pre none", made.base, text, "none", made.lower)
    yield tokenized("new, --pre vocab", made.vocab, text, "vocab", made.lower)
    if made.weights:
        name = "new, with --weights"
        yield tokenized(name, made.vocab, text, "vocab", made.lower, made.weights)


def tokenized(
    name: str,
    vocab: Vocab,
    text: str,
    pre: str,
    lower: bool,
    weights: Mapping[str, float | None] | None = None,
) -> Tokenized:
    """Count the tokens of a text."""
    kinds = classes(chars.code_points(text))
    ids = WordTokenizer(vocab, pre=pre, lower=lower, weights=weights).encode(text).ids
    seen = int(np.count_nonzero((kinds != SPACE) & (kinds != DROP)))
    return Tokenized(name, seen, len(ids), int(np.count_nonzero(ids == vocab.unknown)))


# --- text ------------------------------------------------------------------------------------


def _characters(found: Sequence[tuple[str, int]], what: str) -> str:
    times = sum(count for _, count in found)
    named = ", ".join(f"{_visible(c)} {count:,}" for c, count in found[:SHOWN])
    more = ", ..." if len(found) > SHOWN else ""
    word = "character" if len(found) == 1 else "characters"
    return f"{len(found):,} {word} of the corpus {what}, {times:,} times: {named}{more}\n"


def _visible(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _table(header: Sequence[str], rows: Sequence[Row]) -> str:
    """Aligned columns, the first to the left."""
    cells = [list(header), *([_cell(value) for value in row] for row in rows)]
    widths = [max(_width(row[i]) for row in cells) for i in range(len(header))]
    lines = []
    for row in cells:
        parts = [
            " " * (width - _width(cell)) + cell if i else cell + " " * (width - _width(cell))
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip() + "\n")
    return "".join(lines)


def _width(text: str) -> int:
    """Columns of a terminal."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _cell(value: str | int | float) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else value
