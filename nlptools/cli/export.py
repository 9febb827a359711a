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
from nlptools.cli.progress import watcher
from nlptools.errors import DataError, cut, listed
from nlptools.review.targets import MOST, TARGETS

if TYPE_CHECKING:
    from nlptools.review.export import Export

_SHOWN = 5  # refused words named for each reason
_ABOUT = "; ".join(f"{target.name}: {target.about}" for target in TARGETS.values() if target.about)
_WITH_FREQUENCY = [target.name for target in TARGETS.values() if target.frequencies]
_USUAL = "; ".join(
    f"for {target.name} {target.frequencies.usual}"
    for target in TARGETS.values()
    if target.frequencies and target.frequencies.usual
)
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
    """auto, corpus, win, or a whole number above 0."""

    name = "auto|corpus|win|N"

    def convert(self, value: Any, param: Any, ctx: Any) -> str | int:
        if value in ("auto", "corpus", "win"):
            return str(value)
        try:
            number = int(value)
        except ValueError:
            number = 0
        if not 1 <= number <= MOST:
            self.fail(
                f"{value!r} is neither auto, corpus, win nor a number from 1 to {MOST}", param, ctx
            )
        return number


@click.command(
    epilog="""\b
Examples:
  nlptools discover forum/ --known dict.txt --new-only -o new.tsv
  nlptools export new.tsv --to jieba -o userdict.txt
  nlptools export new.reviewed.tsv --to jieba --accepted-only -o userdict.txt
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
    metavar="[auto|corpus|win|N]",
    default="auto",
    show_default=True,
    help=f"For {_listed(_WITH_FREQUENCY)}. corpus: the counts of the lists; a number: that one for each word; win, "
    f"for {_listed(_WINNING)}: the smallest with which jieba cuts each word as one, proven by cutting. auto: win where "
    f"jieba's dictionary is there, {_USUAL}, otherwise corpus.",
)
@click.option(
    "--jieba-dict",
    type=InputPath(),
    help=f"For {_listed(_WINNING)}: its own dictionary, against which words have to win.  [default: that of the "
    "installed jieba]",
)
@click.option(
    "--tag",
    type=options.TextParam(),
    help=f"Part of speech of all words, for {_listed(_TAGS)}.  [default: {_DEFAULT_TAGS}]",
)
@click.option(
    "--accepted-only/--all",
    default=False,
    show_default=True,
    help="Leave out what no list accepts in its column `decision`; a list without that column accepts all its words. "
    "What a list rejects is never written.",
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
    What a list rejects is not written, nor what the program would refuse, misread or never find, which is listed:
    docs/guides/export.md.
    """
    closing = Closing("export", quiet)
    from nlptools.review.export import NO_DECISIONS, check_settings, export_words
    from nlptools.text.wordlists import merge_lists

    try:
        check_settings(to, settings["freq"], settings["tag"], settings["jieba_dict"])
    except ValueError as error:
        raise click.UsageError(f"--{str(error).replace('jieba_dict', 'jieba-dict')}.") from None
    for path in words:  # says what is wrong with stdin
        if path == "-":
            open_corpus((path,), quiet, field=None, column=None)
    target = TARGETS[to]
    found = merge_lists(words)
    if not found.counts:
        raise DataError(words[0], None, "no words", "nothing to export")
    if settings["accepted_only"] and not found.reviewed:
        raise DataError(words[0], None, "no column `decision`", NO_DECISIONS)
    name = _name_of(output, target.suffix)
    file = Path(output).name if output is not None and target.variants else name
    watcher(quiet)("choosing frequencies" if to == "jieba" else "writing", 1, 1)
    result = export_words(found, to, name=file, **settings)
    deliver(result.pieces(), output)
    if refused_output is not None:
        deliver(result.refused_pieces(), refused_output)
    if not quiet:
        _tell_refused(result, refused_output)
        _tell_doubtful(result, settings["freq"])
        if output is not None and not output.endswith(target.suffix):
            note(f"{to.capitalize()} looks for it under the name {name}{target.suffix}.")
    made_by = {"to": to} | ({"freq": result.freq} if result.freq is not None else {})
    if result.tag is not None:
        made_by["tag"] = result.tag
    numbers = {"rejected by a list": result.rejected, "not accepted": result.undecided}
    closing.show(
        None,
        made_by,
        [
            f"{len(found.counts):,} words",
            f"{len(result.words):,} written",
            f"{len(result.refused):,} refused",
            *(f"{number:,} {what}" for what, number in numbers.items() if number),
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


_NOT_THERE = (
    "jieba is not installed, so these are the counts of the lists, and it is not known how many of the {words} words "
    "will have no effect (144 of 877 in one list): pip install jieba, or name its dict.txt with --jieba-dict"
)


def _tell_doubtful(result: Export, asked: str | int) -> None:
    """A line for each reason why words that are written may have no effect."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for word, why in result.doubtful.items():
        by_reason[why.partition(" (U+")[0]].append(word)
    for why, of_reason in by_reason.items():
        winning = "; --freq win would have one" if TARGETS[result.to].winning else ""
        note(
            f"{len(of_reason):,} of {len(result.words):,} words may have no effect{winning}: {why}: "
            f"{listed(of_reason, _SHOWN)}"
        )
    if TARGETS[result.to].winning and asked == "auto" and result.freq == "corpus" and result.words:
        note(_NOT_THERE.format(words=f"{len(result.words):,}"))
