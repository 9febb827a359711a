"""`nlptools discover`: corpus -> ranked words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nlptools.cli import options
from nlptools.cli.console import (
    Closing,
    StageBar,
    check_engine,
    deliver,
    given_options,
    note,
    open_corpus,
)
from nlptools.cli.count import spread

if TYPE_CHECKING:
    from nlptools.discovery.wordtable import WordTable


@click.command(
    epilog="""\b
Examples:
  nlptools discover novel.txt | head
  nlptools discover forum/ --known dict.txt --new-only --top 1000 -o new-words.tsv
  nlptools discover posts.jsonl.gz --field text --format plain > words.txt
  nlptools discover forum/ --background general | head -50
  nlptools discover laws.txt --method pmi --min-pmi 2,4,6 --min-count 32
  nlptools discover --engine spark --master yarn --method entropy hdfs:///forum/ -o words.tsv
  nlptools discover forum/ --method lm --weights 0.3,0.01,0.03,0.01 --max-length 6
"""
)
@options.corpus_argument
@click.option(
    "--method",
    type=click.Choice(["em", "entropy", "lm", "pmi"]),
    default="em",
    show_default=True,
    help="em: expected by a word model that is learnt from the corpus. entropy: frequent, cohesive, free on "
    "both sides (matrix67). lm: cut out by a language model that is learnt from the corpus (kexue.fm 3956). "
    "pmi: cohesive n-grams joined where they overlap (kexue.fm 6920).",
)
@click.option(
    "--min-score",
    type=options.Number(min=0),
    default=0.7,
    show_default=True,
    help="Least score, method em.",
)
@click.option(
    "--min-count", type=click.IntRange(min=1), help="Least count.  [default: scaled to the corpus]"
)
@click.option(
    "--min-pmi",
    type=options.Numbers(most=11),
    help="Least PMI in nats for words of 2, 3, ... symbols.  [default: method pmi: 2,4,6; entropy: 2, less "
    "for a page; em, lm: none]",
)
@click.option(
    "--min-entropy",
    type=options.Number(min=0),
    help="Least branching entropy in nats.  [default: method entropy: scaled to the corpus; em, lm: none]",
)
@click.option(
    "--min-length", type=click.IntRange(1, 11), default=2, show_default=True, help="Least symbols."
)
@click.option(
    "--max-length",
    type=click.IntRange(2, 11),
    help="Most symbols.  [default: method em: 8, those above 4 being sequences of words; entropy: 4; lm: 5, or "
    "what --counts has]",
)
@click.option(
    "--numbers/--no-numbers",
    default=False,
    show_default=True,
    help="Keep words with a number in figures, such as 3月.",
)
@click.option(
    "--compat",
    type=click.Choice(["4256"]),
    help="With --method pmi: the thresholds and checks of the earlier article.",
)
@click.option(
    "--weights",
    type=options.Numbers(most=6, least=0),
    help="For the method lm: of the second, third, ... symbol of a word, the last of all later ones; larger "
    "ones make longer words.  [default: 0.3,0.005,0.003,0.003]",
)
@click.option(
    "--background",
    "background_file",
    type=click.Path(),
    help="Model of other text (nlptools train; general: the one of the package), method em: words that are "
    "as frequent there lose their score.",
)
@click.option(
    "--prior",
    "prior_file",
    type=click.Path(),
    default="auto",
    show_default=True,
    help="Model to learn on top of, method em; general: the one of the package; none; auto: general below "
    "300,000 symbols.",
)
@click.option(
    "--known",
    "known_files",
    multiple=True,
    type=click.Path(),
    help="Word list (plain, jieba, vocab.txt): mark its words. May be given several times.",
)
@click.option(
    "--new-only/--all", default=False, show_default=True, help="Leave out the known words."
)
@click.option(
    "--accepted",
    "accepted_files",
    multiple=True,
    type=click.Path(),
    help="Word list: its words stay, whatever the thresholds say. Of a file with a column `decision`, as a report "
    "page gives it, those that were accepted. May be given several times.",
)
@click.option(
    "--rejected",
    "rejected_files",
    multiple=True,
    type=click.Path(),
    help="Word list: its words are left out; of a file with a column `decision` those that were rejected. May "
    "be given several times.",
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    help="The best N words, whether they pass the thresholds or not.",
)
@click.option(
    "--sort",
    type=click.Choice(
        ["score", "count", "expected", "pmi", "left-entropy", "right-entropy", "word"]
    ),
    default="score",
    show_default=True,
    help="Column to sort by, largest first.",
)
@options.words_format_option
@options.output_option
@click.option(
    "--counts",
    "counts_file",
    type=click.Path(),
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
    background_file: str | None,
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
    """Find the words of a corpus, without a dictionary or labelled text.

    Prints one word a line with its count, the count expected as a word (method lm: how often it was cut
    out), PMI (weakest split, nats), left and right branching entropy (nats), the tenths of the corpus that
    have it, score, whether it is a term of several words, and whether it is known; best score first, ties
    by word.
    """
    method, given = settings["method"], given_options()
    if engine == "spark" and (method != "entropy" or counts_file is not None):
        raise click.UsageError(
            "--engine spark goes with --method entropy, without --counts; what em learns from a large corpus "
            "is a sample: train --engine spark."
        )
    check_engine(engine, paths)
    if settings["new_only"] and not known_files:
        raise click.UsageError("--new-only needs a list of known words: --known FILE.")
    if settings["compat"] and method != "pmi":
        raise click.UsageError("--compat goes with --method pmi.")
    if method == "pmi" and settings["min_entropy"] is not None:
        raise click.UsageError("--min-entropy goes with --method em, entropy or lm.")
    if method == "pmi" and "max_length" in given:
        raise click.UsageError("--max-length goes with --method em, entropy or lm.")
    if settings["weights"] is not None:
        if method != "lm":
            raise click.UsageError("--weights goes with --method lm.")
        if len(settings["weights"]) < 2:
            raise click.UsageError(
                "--weights: one number at least for the second and the third symbol."
            )
    for option in ("min_score", "background_file", "prior_file"):
        if method != "em" and option in given:
            name = option.removesuffix("_file").replace("_", "-")
            raise click.UsageError(f"--{name} goes with --method em.")
    if counts_file is not None and method == "entropy" and paths:
        raise click.UsageError(
            "--counts replaces the corpus with --method entropy: give one of them."
        )
    if counts_file is not None and method != "entropy" and not paths:
        raise click.UsageError(
            f"--method {method} reads the corpus too: name it beside --counts; --method entropy does not."
        )
    longest = settings["max_length"] or {"em": 8, "lm": 5}.get(method, 4)
    if method != "pmi" and settings["min_length"] > longest:
        raise click.UsageError("--min-length is larger than --max-length.")
    if method == "em" and (settings["max_length"] or 0) > 8:
        raise click.UsageError("--method em finds terms of up to 8 symbols: --max-length 8.")
    if settings["min_length"] == 1 and method != "pmi":
        raise click.UsageError("A single symbol has no PMI; --min-length 1 goes with --method pmi.")
    closing = Closing("discover", quiet)
    reading = {"encoding": encoding, "on_error": on_error, "field": field, "column": column}
    corpus: Any = None
    if engine == "spark":
        corpus = spread(
            paths,
            **reading,
            fold=fold,
            order=longest + 1,
            latin=settings["latin"],
            memory=settings["memory"],
            tmp_dir=settings["tmp_dir"],
            master=master,
            conf=conf,
            work=work,
        )
        settings["counts"] = corpus.counts
    elif counts_file is None or method != "entropy":
        corpus = open_corpus(paths, quiet, **reading, fold=fold)
    from nlptools.discovery import table as tables
    from nlptools.discovery.discover import discover_words
    from nlptools.discovery.em import STEPS as EM_STEPS
    from nlptools.discovery.lm import STEPS as LM_STEPS
    from nlptools.ngrams.counts import load_counts
    from nlptools.text.wordlists import ACCEPTED, REJECTED, read_decided, read_words
    from nlptools.wordmodel.model import load_prior

    settings["known"] = read_words(known_files, encoding="auto")
    settings["accepted"] = read_decided(accepted_files, ACCEPTED)
    settings["rejected"] = read_decided(rejected_files, REJECTED)
    if counts_file is not None:
        settings["counts"] = load_counts(counts_file, mapped=False)
        settings["counts"].check(counts_file)
    if background_file is not None:
        settings["background"] = load_prior(background_file)
    if method == "em" and prior_file != "auto":
        settings["prior"] = None if prior_file == "none" else load_prior(prior_file)
    steps = {"em": EM_STEPS, "lm": LM_STEPS}.get(method, 0)
    with StageBar(steps, quiet or not steps) as bar:
        table = discover_words(corpus if engine == "local" else None, watch=bar.step, **settings)
    pieces = tables.format_words(table, how)
    deliver(pieces, output)
    if not quiet and settings["top"] is None:
        _explain_few(table)
    folded = settings["counts"].settings.fold if "counts" in settings else corpus.fold
    made_by = table.settings | ({"fold": "+".join(folded)} if folded else {})
    results = [f"{table.symbols:,} symbols", f"{table.ngrams:,} n-grams", f"{len(table):,} words"]
    closing.show(corpus.report if engine == "spark" else corpus, made_by, results)


def _explain_few(table: WordTable) -> None:
    """Say which filter took most away when little is left."""
    if not table.symbols:
        note("There are no Chinese characters, letters or digits in the input.")
    taken = sum(table.removed.values())
    if len(table) >= 20 or not taken:
        return
    reason, number = max(table.removed.items(), key=lambda item: item[1])
    how = _REMEDIES.get(reason.split(" ")[0], "--top N ranks them all the same")
    note(
        f"Few words are left: of {taken + len(table):,} candidates the filter `{reason}` removed "
        f"{number:,}; {how}."
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
