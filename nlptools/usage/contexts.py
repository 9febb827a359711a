"""Corpus + words -> keyword in context: sample occurrences of each word, spread over the corpus."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nlptools.text.chars import count_line_breaks
from nlptools.text.corpus import Corpus
from nlptools.usage.matcher import Matcher


@dataclass(frozen=True)
class Context:
    """One occurrence; line counts from 1, left and right are the text around it on that line."""

    source: str
    line: int
    left: str
    word: str
    right: str


@dataclass
class _Sample:
    """Every `step`-th occurrence so far; thinned out whenever it has twice as many as wanted."""

    seen: int = 0
    step: int = 1
    kept: list[Context] = field(default_factory=list)


def find_contexts(
    corpus: Corpus, words: Iterable[str], *, number: int = 5, width: int = 20
) -> dict[str, list[Context]]:
    """Up to `number` contexts of each word, evenly spread, with `width` characters on both sides."""
    if number < 1:
        raise ValueError("number must be at least 1")
    samples = {word: _Sample() for word in words}
    matcher = Matcher(samples)
    for block in corpus.blocks():
        line = counted = 0
        for start, word in matcher.find(block.text):
            sample = samples[word]
            sample.seen += 1
            if (sample.seen - 1) % sample.step:
                continue
            if start > counted:
                line += count_line_breaks(block.text, counted, start)
                counted = start
            end = start + len(word)
            left = line_end(block.text[max(0, start - width) : start], last=True)
            right = line_end(block.text[end : end + width], last=False)
            here = line - count_line_breaks(block.text, start, counted) if start < counted else line
            sample.kept.append(Context(block.source, block.lines[here], left, word, right))
            if len(sample.kept) == 2 * number:
                sample.kept = sample.kept[::2]
                sample.step *= 2
    return {word: spread(sample.kept, number) for word, sample in samples.items()}


def spread(kept: list[Context], number: int) -> list[Context]:
    """`number` of them, evenly."""
    if len(kept) <= number:
        return kept
    return [kept[i * len(kept) // number] for i in range(number)]


def line_end(text: str, *, last: bool) -> str:
    """The part of a context that is on the word's own line."""
    lines = text.replace("\r", "\n").split("\n")
    return lines[-1] if last else lines[0]
