"""`nlptools discover`: corpus -> ranked words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    changed_settings,
    check_engine,
    deliver,
    given_options,
    note,
    note_learnt,
    note_uncounted,
    open_corpus,
    usage_errors,
    write,
)
from nlptools.cli.count import spread
from nlptools.cli.files import InputPath
from nlptools.cli.progress import watcher
from nlptools.cli.screen import on_screen, screenful
from nlptools.discovery.columns import SORTS
from nlptools.discovery.rules import (
    COMPATS,
    DEFAULT_METHOD,
    LONGEST_NGRAM,
    METHODS,
    MIN_SCORE,
    MOST_WEIGHTS,
    WEIGHTS,
    problems,
)

if TYPE_CHECKING:
    from nlptools.discovery.table import WordTable
    from nlptools.ngrams.counts import NgramCounts
    from nlptools.wordmodel.model import WordModel

# Options whose values are not in the closing line, as the words and their order are the same without them.
UNCHANGING = frozenset(
    {"how", "output", "quiet", "workers", "tmp_dir", "engine", "master", "conf", "work"}
)
# The columns that a narrow terminal can spare, first of all the first.
_LEAST_READ = ("right_entropy", "left_entropy", "shards", "pmi", "expected", "term", "known")
_FIRST = 100  # of a list, which people look at
# A usage error is one of these or of rules.problems.
_NEW_ONLY = "--new-only needs a list of known words: --known general, jieba or FILE, without none."
_ALL = "--all is --background none: give one of them."
_SPARK = "--engine spark goes with --method em and entropy, without --counts."


@click.command(
    epilog="""\b
Examples:
  nlptools discover novel.txt | head
  nlptools discover forum/ --new-only --top 1000 -o new-words.tsv
  nlptools discover forum/ --known dict.txt --known jieba --new-only | head -50
  nlptools discover posts.jsonl.gz --field text --format plain > words.txt
  nlptools discover forum/ --all -o lexicon.tsv
  nlptools discover laws.txt --method pmi --min-pmi 2,4,6 --min-count 32
  nlptools discover --engine spark --master yarn hdfs:///forum/ --field text -o words.tsv
  nlptools discover forum/ --method lm --weights 0.3,0.01,0.03,0.01 --max-length 6
"""
)
@options.corpus_argument
@click.option(
    "--method",
    type=click.Choice(list(METHODS)),
    default=DEFAULT_METHOD,
    show_default=True,
    help=" ".join(f"{method.name}: {method.summary}." for method in METHODS.values()),
)
@click.option(
    "--min-score",
    type=options.Number(min=0),
    default=MIN_SCORE,
    show_default=True,
    help="Least score, method em.",
)
@click.option(
    "--min-count", type=click.IntRange(min=1), help="Least count.  [default: scaled to the corpus]"
)
@click.option(
    "--min-pmi",
    type=options.Numbers(most=LONGEST_NGRAM),
    help="Least PMI in nats for words of 2, 3, ... symbols.  [default: method pmi: 2,4,6; entropy: 2, less "
    "for a page; em, lm: none]",
)
@click.option(
    "--min-entropy",
    type=options.Number(min=0),
    help="Least branching entropy in nats.  [default: method entropy: scaled to the corpus; em, lm: none]",
)
@click.option(
    "--min-length",
    type=click.IntRange(1, LONGEST_NGRAM),
    default=2,
    show_default=True,
    help="Least symbols.",
)
@click.option(
    "--max-length",
    type=click.IntRange(2, LONGEST_NGRAM),
    help=f"Most symbols.  [default: method em: {METHODS['em'].longest}, those above 4 being sequences of words; "
    f"entropy: {METHODS['entropy'].longest}; lm: {METHODS['lm'].longest}, or what --counts has]",
)
@click.option(
    "--numbers/--no-numbers",
    default=False,
    show_default=True,
    help="Keep words with a number in figures, such as 3月.",
)
@click.option(
    "--compat",
    type=click.Choice(COMPATS),
    help="With --method pmi: the thresholds and checks of the earlier article.",
)
@click.option(
    "--weights",
    type=options.Numbers(most=MOST_WEIGHTS, least=0),
    help="For the method lm: of the second, third, ... symbol of a word, the last of all later ones; larger "
    f"ones make longer words.  [default: {','.join(map(str, WEIGHTS))}]",
)
@click.option(
    "--background",
    "background_file",
    type=InputPath("auto", "none", "general"),
    default="auto",
    show_default=True,
    help="Model of other text (nlptools train): words that are as frequent there come last; general: the one of the "
    "package; none: all words by how surely they are words; auto: general, with --compat none.",
)
@click.option(
    "--prior",
    "prior_file",
    type=InputPath("auto", "none", "general"),
    default="auto",
    show_default=True,
    help="Model to learn on top of, method em; general: the one of the package; none; auto: general.",
)
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=InputPath("general", "jieba", "none"),
    default=("general",),
    show_default=True,
    help="Word list (plain, jieba, vocab.txt): mark its words; general: the list under the general model; jieba: the "
    "dictionary of the installed jieba; none. May be given several times.",
)
@click.option("--new-only", is_flag=True, help="Leave out the known words.")
@click.option(
    "--all",
    is_flag=True,
    help="Everyday words are not put last: the whole lexicon, as --background none gives it.",
)
@click.option(
    "--accepted",
    "accepted_files",
    multiple=True,
    type=InputPath(),
    help="Word list: its words stay, whatever the thresholds say. Of a file with a column `decision`, as a report "
    "page gives it, those that were accepted. May be given several times. The output has that column, too.",
)
@click.option(
    "--rejected",
    "rejected_files",
    multiple=True,
    type=InputPath(),
    help="Word list: its words are left out; of a file with a column `decision` those that were rejected. May "
    "be given several times.",
)
@click.option(
    "-n",
    "--top",
    type=click.IntRange(min=1),
    help="The best N words, whether they pass the thresholds or not.",
)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="score",
    show_default=True,
    help="Column to sort by, largest first.",
)
@options.words_format_option
@options.output_option
@click.option(
    "--counts",
    "counts_file",
    type=InputPath(),
    help="Counts file made from this corpus before; method entropy then reads no corpus.",
)
@options.latin_option()
@options.reading_options
@options.machine_options
@options.engine_options
@options.work_option
@options.quiet_option
def discover(
    paths: tuple[str, ...],
    background_file: str,
    prior_file: str,
    known_files: tuple[str, ...],
    accepted_files: tuple[str, ...],
    rejected_files: tuple[str, ...],
    how: str,
    output: str | None,
    counts_file: str | None,
    quiet: bool,
    encoding: str,
    on_error: str,
    field: str | None,
    column: str | None,
    fold: tuple[str, ...],
    engine: str,
    master: str | None,
    conf: tuple[str, ...],
    work: str | None,
    **settings: Any,
) -> None:
    """Find the words of a corpus: raw text is all that is needed.

    Prints one word a line with its count, the count expected as a word (method lm: how often it was cut
    out), PMI (weakest split, nats), left and right branching entropy (nats), the tenths of the corpus that
    have it, score, whether it is a term of several words, and whether it is known; best score first, ties
    by word. With --fold a word stands as it is mostly written in the text. Method em, and no other, also finds words
    with a sign inside: names of any length with dots or hyphens (卡莱尔·布朗), Latin terms with a blank or a hyphen (iPad Pro,
    5G-A), Han characters with a hyphen, a number or a bracket (抗原19-9); --max-length, if given, counts them
    without the signs. A terminal shows a screenful, and as many as --top asks for; a file, a pipe and --format
    give all.
    """
    method = settings["method"]
    if engine == "spark" and (method not in ("em", "entropy") or counts_file is not None):
        raise click.UsageError(_SPARK)
    check_engine(engine, paths)
    background_file = background_of(background_file, settings.pop("all"))
    check_settings(method, settings, known_files, bool(paths) or counts_file is None)
    closing = Closing("discover", quiet)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus: Any = None
    spark: dict[str, Any] = reading | {"fold": fold, "master": master, "conf": conf, "work": work}
    if engine == "spark" and method == "entropy":
        corpus = spread(
            paths,
            **spark,
            order=METHODS[method].longest_word(settings["max_length"]) + 1,
            **{name: settings[name] for name in ("latin", "memory", "tmp_dir")},
        )
        settings["counts"] = corpus.counts
    elif engine == "spark":
        pass  # read by who discovers
    elif counts_file is None or METHODS[method].reads_corpus:
        corpus = open_corpus(paths, quiet, then="counting", **reading, fold=fold)
    from nlptools.discovery.discover import discover_words
    from nlptools.discovery.table import format_words

    watch = watcher(quiet)
    watch("reading word lists and models", 1, 1)
    settings |= read_lists(known_files, accepted_files, rejected_files)
    settings |= read_models(background_file, prior_file)
    if counts_file is not None:
        settings["counts"] = _counts(counts_file)
    if engine == "spark" and method == "em":
        from nlptools.spark.discover import discover_with_spark

        del settings["workers"], settings["method"]
        watch("reading", 1, 1)
        with usage_errors():
            corpus = discover_with_spark(paths, watch=watch, **spark, **settings)
        table = corpus.table
    else:
        table = discover_words(corpus if engine == "local" else None, watch=watch, **settings)
    if on_screen(output):
        write(_screenful(table, settings["top"] is not None, quiet))
    else:
        deliver(format_words(table, how), output)
    if fold and not quiet and len(table) and (engine == "spark" or not corpus.rereadable):
        note(
            "Words are printed folded: their forms in the text are known if files are read, and on one machine."
        )
    if not quiet:
        if engine == "spark" or corpus is None or not corpus.rereadable:
            note_uncounted(settings["accepted"], "counts and pipes have")
        _explain_none(table)
        if settings["top"] is None:
            _explain_few(table)
        if "background" in table.settings and settings["sort"] == "score":
            _explain_known(table)
    folded = settings["counts"].settings.fold if "counts" in settings else corpus.fold
    made_by = table.settings | ({"fold": "+".join(folded)} if folded else {})
    made_by |= changed_settings({*UNCHANGING, *made_by, *(f"{name}_file" for name in made_by)})
    results = [f"{table.symbols:,} symbols", f"{table.ngrams:,} n-grams", f"{len(table):,} words"]
    if table.learnt is not None:
        results.insert(2, str(table.learnt))
        if not quiet:
            note_learnt(table.learnt)
    closing.show(corpus.report if engine == "spark" else corpus, made_by, results)


def _screenful(table: WordTable, whole: bool, quiet: bool) -> Iterator[str]:
    names = [one.name for one in table.printed]
    rows = ([getattr(row, name) for name in names] for row in table)
    return screenful(names, rows, len(table), least=_LEAST_READ, whole=whole, quiet=quiet)


def background_of(background: str, all_words: bool) -> str:
    """What --background and --all ask for. Raises UsageError where they do not agree."""
    if all_words and background not in ("auto", "none"):
        raise click.UsageError(_ALL)
    return "none" if all_words else background


def check_settings(
    method: str, settings: dict[str, Any], known: tuple[str, ...], has_corpus: bool
) -> None:
    """Usage errors of the settings; without a corpus or counts that are named, standard input is the corpus."""
    if settings["new_only"] and known == ("none",):
        raise click.UsageError(_NEW_ONLY)
    # Of a file there is its name until everything is checked.
    given = {name.removesuffix("_file") for name in given_options()}
    values: dict[str, Any] = {name: settings.get(name) for name in given}
    if has_corpus:
        values["corpus"] = True
    for problem in problems(method, values, lambda name: f"--{name.replace('_', '-')}"):
        raise click.UsageError(f"{problem}.")


def read_lists(
    known: tuple[str, ...], accepted: tuple[str, ...], rejected: tuple[str, ...]
) -> dict[str, set[str] | str]:
    """Words of --known, --accepted and --rejected, by keyword."""
    from nlptools.discovery.known import NAMES, known_words
    from nlptools.text.wordlists import ACCEPTED, REJECTED, read_decided, read_words

    files = [path for path in known if path not in (*NAMES, "none")]
    names = [name for name in known if name in NAMES]
    words: set[str] | str
    if len(names) == 1 and not files:
        words = names[0]  # read when it is needed
    else:
        words = read_words(files, encoding="auto").union(*map(known_words, names))
    return {
        "known": words,
        "accepted": read_decided(accepted, ACCEPTED),
        "rejected": read_decided(rejected, REJECTED),
    }


def read_models(background: str, prior: str) -> dict[str, WordModel | None]:
    """Those that are named; without them the settings are what they are anyway, which is the general model."""
    from nlptools.wordmodel.lists import load_prior
    from nlptools.wordmodel.model import load_named

    models: dict[str, WordModel | None] = {}
    if background not in ("auto", "general"):
        models["background"] = None if background == "none" else load_named(background)
    if prior not in ("auto", "general"):
        models["prior"] = None if prior == "none" else load_prior(prior)
    return models


def _counts(path: str) -> NgramCounts:
    from nlptools.ngrams.counts import load_counts

    return load_counts(path, mapped=False)


def _explain_none(table: WordTable) -> None:
    """Say what is the matter where no filter has anything to do with it."""
    least = table.settings.get("min_count", 1)
    if not table.symbols:
        note("There are no Chinese characters, letters or digits in the input.")
    elif (
        not len(table) and not sum(table.removed.values()) and isinstance(least, int) and least > 1
    ):
        times = "twice" if least == 2 else f"{least:,} times"
        note(
            f"No string of several symbols occurs {times} in this text: give more text, or rank what is rarer with "
            "--min-count 1 --top N."
        )


def _explain_few(table: WordTable) -> None:
    """Say which filter took most away when little is left."""
    taken = sum(table.removed.values())
    if len(table) >= 20 or not taken:
        return
    reason, number = max(table.removed.items(), key=lambda item: item[1])
    how = _REMEDIES.get(reason.split(" ")[0], "--top N ranks them all the same")
    note(
        f"Few words are left: of {taken + len(table):,} candidates the filter `{reason}` removed "
        f"{number:,}; {how}."
    )


def _explain_known(table: WordTable) -> None:
    """Say so if the list begins with what is known, although new words come first."""
    first = table.known[:_FIRST]
    known = int(first.sum())
    if len(first) == _FIRST and 2 * known > _FIRST:
        note(
            f"{known} of the first {_FIRST} words are known: the text has few new ones, and --new-only leaves the others out."
        )


_REMEDIES = {
    "score": "lower --min-score, or ask for --top N",
    "rarer": "lower --min-count, or ask for --top N",
    "PMI": "lower --min-pmi, or ask for --top N",
    "entropy": "lower --min-entropy, or ask for --top N",
    "cut": "lower --min-count, or ask for --top N",
    "not": "lower --min-pmi, or ask for --top N",
    "a": "keep them with --numbers",
    "rejected": "their list is that of --rejected",
    "known": "without --new-only they are kept and marked",
    "longer": "raise --max-length, or lower --weights",
}
