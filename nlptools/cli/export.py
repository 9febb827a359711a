"""`nlptools export`: word lists -> the user dictionary of a segmenter, a search engine, an input method."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import Closing, deliver, note, open_corpus
from nlptools.cli.files import InputPath, OutputPath
from nlptools.errors import DataError, cut
from nlptools.review.targets import MOST, TARGETS

if TYPE_CHECKING:
    from nlptools.review.export import Export

_SHOWN = 5  # refused words named for each reason
_ABOUT = "; ".join(f"{target.name}: {target.about}" for target in TARGETS.values() if target.about)
_WITH_FREQUENCY = [target.name for target in TARGETS.values() if target.frequency]
_WINNING = [target.name for target in TARGETS.values() if target.winning]
_TAGS = {name: target.tags.default or "none" for name, target in TARGETS.items() if target.tags}
_USUAL_TAG = Counter(_TAGS.values()).most_common(1)[0][0]
_DEFAULT_TAGS = "; ".join(
    [_USUAL_TAG, *(f"{name}: {tag}" for name, tag in _TAGS.items() if tag != _USUAL_TAG)]
)


def _listed(names: Iterable[str]) -> str:
    """In words: a, b and c."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


class Frequency(click.ParamType):  # type: ignore[type-arg]
    """corpus, win, or a whole number above 0."""

    name = "corpus|win|N"

    def convert(self, value: Any, param: Any, ctx: Any) -> str | int:
        if value in ("corpus", "win"):
            return str(value)
        try:
            number = int(value)
        except ValueError:
            number = 0
        if not 1 <= number <= MOST:
            self.fail(f"{value!r} is neither corpus, win nor a number from 1 to {MOST}", param, ctx)
        return number


@click.command(
    epilog="""\b
Examples:
  nlptools discover forum/ --known dict.txt --new-only -o new.tsv
  nlptools export new.tsv --to jieba --freq win -o userdict.txt
  nlptools export new.tsv --to rime --top 5000 -o forum.dict.yaml
  nlptools export new.tsv mine.txt --to ik --refused refused.tsv -o forum.dic
  nlptools discover forum/ | nlptools export - --to hanlp --tag nz > forum.txt
"""
)
@click.argument("words", nargs=-1, required=True, type=InputPath())
@click.option(
    "--to",
    required=True,
    type=click.Choice(list(TARGETS)),
    help=f"Program to write for. {_ABOUT}.",
)
@click.option(
    "--freq",
    type=Frequency(),
    metavar="[corpus|win|N]",
    default="corpus",
    show_default=True,
    help=f"For {_listed(_WITH_FREQUENCY)}. corpus: the counts of the lists; a number: that one for each word; win, "
    f"for {_listed(_WINNING)}: the smallest with which jieba cuts each word as one, proven by cutting.",
)
@click.option(
    "--jieba-dict",
    type=InputPath(),
    help="With --freq win: jieba's own dictionary.  [default: that of the installed jieba]",
)
@click.option(
    "--tag",
    type=options.TextParam(),
    help=f"Part of speech of all words, for {_listed(_TAGS)}.  [default: {_DEFAULT_TAGS}]",
)
@click.option(
    "--min-count",
    type=click.IntRange(min=1),
    help="Least count; words without a count stay.  [default: none]",
)
@click.option(
    "--top", type=click.IntRange(min=1), help="Only the first N words that can be written."
)
@options.output_option
@click.option(
    "--refused",
    "refused_output",
    type=OutputPath(),
    help="File for the words that are not written, with the reasons, as TSV.",
)
@options.quiet_option
def export(
    words: tuple[str, ...],
    to: str,
    output: str | None,
    refused_output: str | None,
    quiet: bool,
    **settings: Any,
) -> None:
    """Write words as a dictionary that another program reads.

    WORDS are lists of any kind: the output of discover, a model of train, a jieba dictionary, plain
    words; `-` is stdin. Several lists are merged; a word keeps its first count.
    What the program would refuse, misread or never find is not written, but listed: docs/guides/export.md.
    """
    if settings["jieba_dict"] is not None and settings["freq"] != "win":
        raise click.UsageError("--jieba-dict goes with --freq win.")
    closing = Closing("export", quiet)
    from nlptools.review.export import check_settings, export_words
    from nlptools.text.wordlists import merge_words

    try:
        check_settings(to, settings["freq"], settings["tag"], settings["jieba_dict"])
    except ValueError as error:
        raise click.UsageError(f"--{error}.") from None
    for path in words:  # says what is wrong with stdin
        if path == "-":
            open_corpus((path,), quiet, field=None, column=None)
    target = TARGETS[to]
    found = merge_words(words)
    if not found:
        raise DataError(words[0], None, "no words", "nothing to export")
    name = _name_of(output, target.suffix)
    result = export_words(found, to, name=name, **settings)
    deliver(result.pieces(), output)
    if refused_output is not None:
        deliver(result.refused_pieces(), refused_output)
    if not quiet:
        _tell_refused(result, refused_output)
        if output is not None and not output.endswith(target.suffix):
            note(f"{to.capitalize()} looks for it under the name {name}{target.suffix}.")
    made_by = {"to": to} | ({"freq": settings["freq"]} if target.frequency else {})
    if result.tag is not None:
        made_by["tag"] = result.tag
    closing.show(
        None,
        made_by,
        [
            f"{len(found):,} words",
            f"{len(result.words):,} written",
            f"{len(result.refused):,} refused",
        ],
    )


def _name_of(output: str | None, suffix: str) -> str:
    """What a dictionary calls itself: the name of its file, without what all have at the end."""
    if output is None:
        return "nlptools"
    name = Path(output).name
    return name.removesuffix(suffix) if suffix and name.endswith(suffix) else Path(output).stem


def _tell_refused(result: Export, written_to: str | None) -> None:
    """The reasons, the frequent ones first, each with a few of its words."""
    if not result.refused:
        return
    by_reason: dict[str, list[str]] = defaultdict(list)
    for word, why in result.refused.items():
        by_reason[why.partition(" (U+")[0]].append(cut(word))
    where = f"all are in {written_to}" if written_to else "--refused FILE lists all"
    note(
        f"{len(result.refused):,} words are not written, since {result.to} could not use them; {where}:"
    )
    for why, of_reason in sorted(by_reason.items(), key=lambda item: (-len(item[1]), item[0])):
        more = ", ..." if len(of_reason) > _SHOWN else ""
        note(f"  {len(of_reason):,} {why}: {', '.join(of_reason[:_SHOWN])}{more}")
