"""TokenizerMeasures -> a page of HTML: the table, distributions side by side, lines and words as each tokenizer cuts them.

It has no script, and its policy lets none run; text of the corpus is escaped.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Iterator, Sequence

from nlptools import __version__
from nlptools.review.page import asset, digest
from nlptools.subwords.measure import COLUMNS, QUANTILES, TokenizerMeasures
from nlptools.subwords.tally import LONGEST

_BAR = 120  # pixels of the longest bar
_HEADS = {
    "characters_per_token": "characters a token",
    "bytes_per_token": "bytes a token",
    "apart": "fall apart",
    "unknown": "[UNK], tokens",
    "unknown_characters": "[UNK], characters",
    "whole": "words whole",
    "tokens_per_word": "tokens a word",
    "used": "vocabulary used",
}
_SHARES = {"apart", "unknown", "unknown_characters", "whole", "used"}


def measures_page(found: TokenizerMeasures) -> str:
    """The page, whole: one file that needs nothing else."""
    style = asset("measured.css")
    policy = f"default-src 'none'; style-src 'sha256-{digest(style)}'; img-src data:; base-uri 'none'; form-action 'none'"
    names = short_names([shape.tokenizer for shape in found.shapes])
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<title>Tokenizers – nlptools</title>\n<link rel="icon" href="data:,">\n',
            f"<style>{style}</style>\n</head>\n<body>\n<header><h1>Tokenizers side by side</h1></header>\n<main>\n",
            *_overview(found, dict(zip([s.tokenizer for s in found.shapes], names, strict=True))),
            *_lengths(found, names),
            *_lines(found, names),
            *_words(found, names),
            *_examples(found, names),
            *_cut(found, names),
            f"</main>\n<footer>nlptools {__version__}</footer>\n</body>\n</html>\n",
        ]
    )


def short_names(paths: Sequence[str]) -> list[str]:
    """Paths without the folders that all of them begin with and the parts that all of them end with.

    >>> short_names(["tok/qwen3/tokenizer.json", "tok/llama3/tokenizer.json"])
    ['qwen3', 'llama3']
    """
    parts = [path.split("/") for path in paths]
    if len(set(paths)) < 2:
        return list(paths)
    while all(len(p) > 1 for p in parts) and len({p[0] for p in parts}) == 1:
        parts = [p[1:] for p in parts]
    while all(len(p) > 1 for p in parts) and len({p[-1] for p in parts}) == 1:
        parts = [p[:-1] for p in parts]
    return ["/".join(p) for p in parts]


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """head: texts; rows: cells, as HTML with their <td>."""
    yield '<div class="wide"><table>\n<thead><tr>'
    yield from (f"<th>{html.escape(text)}</th>" for text in head)
    yield "</tr></thead>\n<tbody>\n"
    for row in rows:
        yield f"<tr>{''.join(row)}</tr>\n"
    yield "</tbody>\n</table></div>\n"


def _text(text: str) -> str:
    return f"<td>{html.escape(text)}</td>"


def _number(text: str) -> str:
    return f'<td class="number">{text}</td>'


def _bar(value: float, most: float, text: str) -> str:
    """A number with a bar under it."""
    width = round(_BAR * value / most) if most and not math.isnan(value) else 0
    return f'<td>{text}<svg aria-hidden="true"><rect width="{width}" height="6"/></svg></td>'


def _percent(value: float) -> str:
    return "" if math.isnan(value) else f"{100 * value:.1f} %"


def _real(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _overview(found: TokenizerMeasures, names: dict[str, str]) -> Iterator[str]:
    def row(of: object) -> Iterator[str]:
        for name in COLUMNS:
            value = getattr(of, name)
            if name == "tokenizer":
                yield _text(names[value])
            elif isinstance(value, str):
                yield _text(value)
            elif name in _SHARES:
                yield _number(_percent(value))
            else:
                yield _number(_real(value) if isinstance(value, float) else f"{value:,}")

    yield from _table((_HEADS.get(name, name) for name in COLUMNS), map(row, found.rows))


def _lengths(found: TokenizerMeasures, names: Sequence[str]) -> Iterator[str]:
    yield "<h2>How long tokens are</h2>\n<p>Share of the tokens of all the text, by the characters that begin in them; "
    yield "0: the middle or the end of a character that fell apart into bytes. [UNK] is left out.</p>\n"
    shares = [[n / max(sum(shape.lengths), 1) for n in shape.lengths] for shape in found.shapes]
    most = max(max(column) for column in shares)
    rows = (
        [_text(_upto(n)), *(_bar(column[n], most, _percent(column[n])) for column in shares)]
        for n in range(LONGEST + 1)
    )
    yield from _table(["characters", *names], rows)


def _upto(number: int) -> str:
    return f"{number} and more" if number == LONGEST else str(number)


def _lines(found: TokenizerMeasures, names: Sequence[str]) -> Iterator[str]:
    yield "<h2>Characters a token, line by line</h2>\n<p>Of lines of ten characters and more: at 5 % the worst "
    yield "twentieth ends, at 50 % half of them lie below.</p>\n"
    most = max((v for s in found.shapes for v in s.lines if not math.isnan(v)), default=0)
    rows = (
        [
            _text(f"{100 * share:g} %"),
            *(_bar(s.lines[n], most, _real(s.lines[n])) for s in found.shapes),
        ]
        for n, share in enumerate(QUANTILES)
    )
    yield from _table(["of lines", *names], rows)


def _words(found: TokenizerMeasures, names: Sequence[str]) -> Iterator[str]:
    if not any(times for shape in found.shapes for times, _, _ in shape.words):
        return
    yield "<h2>Tokens a word, by its length</h2>\n<p>With the share of the occurrences that are one token.</p>\n"
    pieces = [
        [tokens / times if times else math.nan for times, _, tokens in shape.words]
        for shape in found.shapes
    ]
    most = max((v for column in pieces for v in column if not math.isnan(v)), default=0)

    def row(n: int) -> Iterator[str]:
        yield _text(_upto(n + 2))
        yield _number(f"{found.shapes[0].words[n][0]:,}")
        for shape, column in zip(found.shapes, pieces, strict=True):
            times, whole, _ = shape.words[n]
            share = f", {_percent(whole / times)} whole" if times else ""
            yield _bar(column[n], most, _real(column[n]) + share)

    yield from _table(["characters", "words", *names], map(row, range(LONGEST - 1)))


def _examples(found: TokenizerMeasures, names: Sequence[str]) -> Iterator[str]:
    if found.examples:
        yield "<h2>Lines as each of them cuts</h2>\n<p>A line for each tokenizer, with its number of tokens; what falls "
        yield "apart into bytes is red.</p>\n"
    for line, cuts in found.examples:
        yield '<div class="line">'
        for name, spans in zip(names, cuts, strict=True):
            yield f'<span class="name">{html.escape(name)}</span><span class="count">{len(spans)}</span>'
            yield f'<span class="cut">{"".join(_marked(line, spans))}</span>\n'
        yield "</div>\n"


def _marked(line: str, spans: Sequence[tuple[int, int]]) -> Iterator[str]:
    """A line with its tokens in two colours by turns."""
    merged: list[tuple[int, int, bool]] = []
    for start, stop in spans:
        if start == stop:
            continue
        if merged and start < merged[-1][1]:  # they share a character
            first, last, _ = merged[-1]
            merged[-1] = (first, max(last, stop), True)
        else:
            merged.append((start, stop, False))
    at = 0
    for number, (start, stop, apart) in enumerate(merged):
        yield html.escape(line[at:start])
        kind = "apart" if apart else "ab"[number % 2]
        yield f'<span class="token {kind}">{html.escape(line[start:stop])}</span>'
        at = stop
    yield html.escape(line[at:])


def _cut(found: TokenizerMeasures, names: Sequence[str]) -> Iterator[str]:
    if not found.cut:
        return
    yield "<h2>Words most often cut</h2>\n<p>How often each tokenizer does not keep the word whole (it is cut, or a part "
    yield "of a longer token), and how it did so first; a star: a character of it falls apart into bytes.</p>\n"

    def row(of: tuple[str, int, list[int], list[str]]) -> Iterator[str]:
        word, times, missed, cuts = of
        yield _text(word)
        yield _number(f"{times:,}")
        for number, cut in zip(missed, cuts, strict=True):
            text = f"{_percent(number / times)} {html.escape(cut)}" if number else "whole"
            yield _bar(number / times, 1, text)

    yield from _table(["word", "times", *names], map(row, found.cut))
