"""Language models for tests of commands: an ARPA file read as simply as can be, rows of scores."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from commandline import run

from nlptools.lm.stream import COLUMNS

HEADER = "\t".join(COLUMNS)

NOTHING = "Error: there is no text to learn from\n"


@dataclass
class Arpa:
    """The n-grams of an ARPA file by their words."""

    text: str
    settings: dict[str, object] = field(init=False)
    orders: list[list[tuple[str, ...]]] = field(init=False)

    def __post_init__(self) -> None:
        first, _, rest = self.text.partition("\n")
        assert rest.startswith("\\data\\\nngram 1=")
        assert rest.endswith("\n\n\\end\\\n")
        self.settings = json.loads(first.removeprefix("# nlptools lm "))
        self.log_probs: dict[tuple[str, ...], float] = {}
        self.backoffs: dict[tuple[str, ...], float] = {}
        self.orders = []
        sizes = [int(size) for size in re.findall(r"^ngram \d+=(\d+)$", rest, re.MULTILINE)]
        for n, size in enumerate(sizes, 1):
            section = "\n" + rest.partition(f"\n\\{n}-grams:\n")[2]
            lines = section.partition("\n\n")[0].split("\n")[1:]
            rows = [line.split("\t") for line in lines]
            assert len(rows) == size
            ngrams = [tuple(row[1].split(" ")) for row in rows]
            assert {len(ngram) for ngram in ngrams} <= {n}
            assert {len(row) for row in rows} <= {2 if n == len(sizes) else 3}
            self.log_probs |= zip(ngrams, (float(row[0]) for row in rows), strict=True)
            if n < len(sizes):
                self.backoffs |= zip(ngrams, (float(row[2]) for row in rows), strict=True)
            self.orders.append(ngrams)
        assert len(self.log_probs) == sum(sizes)

    def log_prob(self, ngram: tuple[str, ...]) -> float:
        """log10 p(last word | those before it)."""
        if ngram in self.log_probs:
            return self.log_probs[ngram]
        return self.backoffs.get(ngram[:-1], 0.0) + self.log_prob(ngram[1:])

    def score(self, symbols: list[str]) -> float:
        """log10 of the probability of a sentence and its end."""
        known = [s if (s,) in self.log_probs else "<unk>" for s in symbols]
        words = ["<s>", *known, "</s>"]
        last = len(self.orders) - 1
        return sum(
            self.log_prob(tuple(words[max(0, i - last) : i + 1])) for i in range(1, len(words))
        )

    def sums(self, contexts: list[tuple[str, ...]]) -> list[float]:
        """Of the probabilities of all symbols after each context."""
        words = [ngram for ngram in self.orders[0] if ngram != ("<s>",)]
        return [sum(10 ** self.log_prob((*c, *word)) for word in words) for c in contexts]

    def contexts(self) -> list[tuple[str, ...]]:
        """All that the model knows more of than of nothing."""
        return [(), *(c for c in itertools.chain(*self.orders[:-1]) if c[-1] != "</s>")]


def train(*args: object, stdin: str | bytes | None = None) -> Arpa:
    """The model that is printed."""
    return Arpa(run("lm", "train", "-q", *args, stdin=stdin).ok().out)


def printed(*args: object, stdin: str | bytes | None = None) -> str:
    """What a command prints, which says nothing on stderr."""
    done = run("lm", *args, "-q", stdin=stdin).ok()
    assert done.err == ""
    return done.out


@dataclass(frozen=True)
class Row:
    """A line of what `lm score` prints."""

    source: str
    line: int
    log10_prob: float
    per_symbol: float
    symbols: int
    oov: int
    text: str


def rows_of(table: str) -> list[Row]:
    header, *lines = table.split("\n")[:-1]
    assert header == HEADER
    kinds = (str, int, float, float, int, int, str)
    return [
        Row(*(kind(cell) for kind, cell in zip(kinds, line.split("\t"), strict=True)))
        for line in lines
    ]


@dataclass(frozen=True)
class Models:
    """The same model as a native and as an ARPA file."""

    native: Path
    arpa: Path

    @property
    def parsed(self) -> Arpa:
        return Arpa(self.arpa.read_text("utf-8"))


def score(model: object, *args: object, stdin: str | bytes | None = None) -> list[Row]:
    return rows_of(printed("score", "--model", model, *args, stdin=stdin))


FOR_A_MODEL = ["--order", 4, "--latin", "char", "--sentences", "line"]


def counts_of(name: str, *args: object, stdin: str | None = None) -> str:
    run("count", *args, "-o", name, "-q", stdin=stdin).ok()
    return name


def totals_of(
    model: object, *args: object, stdin: str | bytes | None = None
) -> dict[str, int | float]:
    lines = printed("score", "--model", model, "--totals", *args, stdin=stdin).split("\n")[:-1]
    cells = [line.split("\t") for line in lines]
    return {name: float(number) for name, number in cells}
