"""Words + corpus or counts -> the arithmetic behind their scores, where they stand in the list, where they occur."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nlptools.base.resources import DEFAULT_MEMORY, Watch, unwatched
from nlptools.discovery.discover import discover_words
from nlptools.discovery.evidence import Explained
from nlptools.discovery.explain import Standing
from nlptools.discovery.rules import DEFAULT_METHOD, METHODS
from nlptools.errors import DataError, NlptoolsError, quoted
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import MAX_ORDER, NgramCounts, as_counts
from nlptools.ngrams.explain import Explanation, Side, explain_word, symbols_within
from nlptools.ngrams.symbols import split_symbols
from nlptools.review.standing import standing_lines, standing_row
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.text.folding import FOLDS, fold_text
from nlptools.usage.contexts import Context, find_contexts
from nlptools.usage.signed import with_breaks
from nlptools.usage.usage import measure_usage
from nlptools.wordmodel.em import LONGEST

CONTEXTS = 5
CONTEXT_WIDTH = 20  # characters on both sides, as find_contexts has it
NEIGHBOURS = 8
# Besides the methods: as the other inputs have it, and no list at all.
AUTO, NO_METHOD = "auto", "none"
EXPLAIN_METHODS = (AUTO, *METHODS, NO_METHOD)


@dataclass(frozen=True)
class ExplainedWord:
    """A word's scores with their arithmetic, and occurrences of it. As text it is what `explain` prints.

    standing: where it stands in the list of discover; None where no list was made.
    """

    explanation: Explanation
    contexts: list[Context] = field(default_factory=list)
    standing: Standing | None = None

    @property
    def word(self) -> str:
        """The word as it was looked for: folded as the corpus is."""
        return self.explanation.word

    def lines(self, neighbours: int = NEIGHBOURS) -> list[str]:
        """For people; neighbours: how many are shown on each side."""
        found = self.explanation
        lines = [f"{found.word}  count {found.count:,} of {found.total:,} symbols"]
        if not found.count:
            return [*lines, "  never occurs"]
        if self.standing is not None:
            lines += standing_lines(self.standing)
        for split in found.splits:
            mark = "  <- weakest" if split.pmi == found.pmi and len(found.splits) > 1 else ""
            lines.append(
                f"  split  {split.left} {split.left_count:,} | {split.right} {split.right_count:,}"
                f"  PMI {split.pmi:.4f}{mark}"
            )
        lines += _side("left ", found.left, neighbours) + _side("right", found.right, neighbours)
        for context in self.contexts:
            lines.append(
                f"  {context.source}:{context.line}: {context.left}[{context.word}]{context.right}"
            )
        return lines

    def row(self, neighbours: int = NEIGHBOURS) -> dict[str, Any]:
        """As JSON holds it, which has no number for what is infinite or unknown: None."""
        row = dataclasses.asdict(self.explanation)
        for side in (row["left"], row["right"]):
            if side is not None:
                side["neighbours"] = side["neighbours"][:neighbours]
        row["pmi"] = _finite(row["pmi"])
        for split in row["splits"]:
            split["pmi"] = _finite(split["pmi"])
        row["contexts"] = [dataclasses.asdict(context) for context in self.contexts]
        row["standing"] = None if self.standing is None else standing_row(self.standing)
        return row

    def __repr__(self) -> str:
        return f"ExplainedWord{repr(self.explanation).removeprefix('Explanation')}"

    def __str__(self) -> str:
        return "\n".join(self.lines())


def explain_words(
    words: str | Sequence[str],
    *,
    corpus: CorpusLike | None = None,
    counts: NgramCounts | str | os.PathLike[str] | None = None,
    contexts: int = CONTEXTS,
    method: str = AUTO,
    fold: Sequence[str] | None = None,
    latin: str = "run",
    memory: int = DEFAULT_MEMORY,
    workers: int | None = None,
    tmp_dir: str | os.PathLike[str] | None = None,
    watch: Watch = unwatched,
    **discovery: Any,
) -> list[ExplainedWord]:
    """Why words score as they do: every split, the neighbours on both sides, where they occur, and where in the list.

    corpus: what is counted, unless counts of it are given (or their file), and where the contexts come from. latin:
    as in count, for a corpus without counts. contexts: at most so many of each word; none where a pipe was read
    for the counts. method: of the list, as of discover_words, whose settings `discovery` are, too; "none": no list;
    "auto": discover's own, where there is a corpus that can be read twice and no counts. fold: of the words; None: that of the
    corpus or, without one, of the counts. A word with a break in it (iPad Pro) is looked for in the text as it is written;
    it has no splits.
    Raises ValueError without corpus and counts, and for settings that make no sense or say nothing without a list;
    NlptoolsError for a word with a break in it where there is no corpus that can be read again.
    """
    text, counted = _sources(corpus, counts)
    if method == AUTO:
        alone = text is not None and text.rereadable and counted is None
        method = DEFAULT_METHOD if alone else NO_METHOD
    _check_method(method, text, discovery)
    if fold is None:
        fold = text.fold if text is not None else _folds_of(counted)
    listed = [words] if isinstance(words, str) else words
    asked = [fold_text(word, tuple(fold)) for word in listed]
    twice = text is not None and (text.rereadable or counted is not None)
    if counted is not None:
        latin = counted.settings.latin
    signed: dict[str, ExplainedWord] = {}
    if text is not None and text.rereadable:
        signed = _explain_signed(with_breaks(asked, latin), text, contexts, latin)
    plain = [word for word in asked if word not in signed]
    most = MAX_ORDER if counted is None else counted.order
    # What cannot be asked for is said before anything takes time.
    sizes = [len(symbols_within(word, latin, most)) for word in plain]
    machine: dict[str, Any] = {"memory": memory, "workers": workers, "tmp_dir": tmp_dir}
    standing = _stand(asked, method, text, counted, latin, machine | {"watch": watch}, discovery)
    if counted is None and plain:
        assert text is not None
        order = min(max(sizes) + 1, MAX_ORDER)
        counted = count_ngrams(text, order=order, latin=latin, **machine)
    explained = {word: explain_word(counted, word) for word in plain} if counted else {}
    found: dict[str, list[Context]] = {}
    if twice and contexts and plain:
        assert text is not None
        found = find_contexts(text, plain, number=contexts)
    return [
        replace(
            signed[word] if word in signed else ExplainedWord(explained[word], found.get(word, [])),
            standing=standing.get(word),
        )
        for word in asked
    ]


def _sources(
    corpus: CorpusLike | None, counts: NgramCounts | str | os.PathLike[str] | None
) -> tuple[Corpus | None, NgramCounts | None]:
    """The text and its counts, opened; one of them at least. Raises ValueError without both."""
    text = None if corpus is None else as_corpus(corpus)
    counted = None if counts is None else as_counts(counts)
    if counted is not None:
        counted.require(1)
    elif text is None:
        raise ValueError("there is neither a corpus nor its counts")
    return text, counted


def _check_method(method: str, text: Corpus | None, discovery: Mapping[str, Any]) -> None:
    """Raise what explain_words says of a method and the settings of its list."""
    if method not in EXPLAIN_METHODS:
        raise ValueError(f"method must be one of {', '.join(EXPLAIN_METHODS)}, not {method!r}")
    if method == NO_METHOD and discovery:
        some = ", ".join(sorted(discovery))
        raise ValueError(f"without a method there is no list, and {some} changes nothing")
    if method != NO_METHOD and text is not None and not text.rereadable:
        raise NlptoolsError(
            "a pipe can be read only once, and a list takes more", "name a file, or method none"
        )


def _stand(
    words: Sequence[str],
    method: str,
    text: Corpus | None,
    counts: NgramCounts | None,
    latin: str,
    how: Mapping[str, Any],
    discovery: Mapping[str, Any],
) -> dict[str, Standing]:
    """Make the list of discover; say of the words where they stand in it."""
    if method == NO_METHOD:
        return {}
    own = METHODS[method]
    if counts is not None and own.reads_corpus and counts.order <= min(own.longest or 0, LONGEST):
        counts = None  # of a lower order than the list needs
    explained = Explained(tuple(words))
    discover_words(
        text if counts is None or own.reads_corpus else None,
        method=method,
        counts=counts,
        latin=latin,
        explained=explained,
        **how,
        **discovery,
    )
    return explained.standing


def _explain_signed(
    words: Sequence[str], text: Corpus, contexts: int, latin: str
) -> dict[str, ExplainedWord]:
    """Words with a break in them, from the places where they stand."""
    if not words:
        return {}
    every = 1 << 30
    usage = measure_usage(
        [text], words, contexts=contexts, width=CONTEXT_WIDTH, neighbours=every, latin=latin
    )
    breaks = zip(usage.left_breaks.tolist(), usage.right_breaks.tolist(), strict=True)
    explained = {}
    for one, (left, right) in zip(usage, breaks, strict=True):
        sides: tuple[Side | None, Side | None] = (None, None)
        if one.count:
            sides = (
                Side(one.left, left, one.left_entropy, len(one.left) + left),
                Side(one.right, right, one.right_entropy, len(one.right) + right),
            )
        symbols = [symbol for symbol in split_symbols(one.word, latin) if symbol]
        why = Explanation(one.word, symbols, one.count, sum(usage.symbols), [], math.nan, *sides)
        explained[one.word] = ExplainedWord(why, one.contexts)
    return explained


def folds_of(counts: NgramCounts, path: str) -> tuple[str, ...]:
    """The folds recorded in a counts file; DataError for one that this version does not have."""
    for name in counts.settings.fold:
        if name not in FOLDS:
            raise DataError(
                path,
                None,
                f"counted with an unknown fold: {quoted(name)}",
                "name yours with --fold",
            )
    return counts.settings.fold


def explanation_text(found: Iterable[ExplainedWord], neighbours: int = NEIGHBOURS) -> Iterator[str]:
    """For people: the words one after the other, an empty line between them."""
    for i, one in enumerate(found):
        yield "\n".join([*([""] if i else []), *one.lines(neighbours), ""])


def explanation_json(found: Iterable[ExplainedWord], neighbours: int = NEIGHBOURS) -> Iterator[str]:
    """JSON Lines: an object a word."""
    for one in found:
        yield json.dumps(one.row(neighbours), ensure_ascii=False, allow_nan=False) + "\n"


def _folds_of(counts: NgramCounts | None) -> tuple[str, ...]:
    return () if counts is None else folds_of(counts, "counts")


def _finite(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None


def _side(name: str, side: Side | None, most: int) -> list[str]:
    if side is None:
        return [f"  {name}  not counted: the counts end at this order"]
    shown = " ".join(f"{symbol} {count:,}" for symbol, count in side.neighbours[:most])
    rest = len(side.neighbours) - most
    more = f" and {rest:,} more" if rest > 0 else ""
    breaks = f"; at a break {side.breaks:,}" if side.breaks else ""
    return [
        f"  {name}  entropy {side.entropy:.4f}, variety {side.variety:,}: {shown}{more}{breaks}"
    ]
