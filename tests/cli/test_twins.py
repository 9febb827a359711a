"""A command is a function: the same names, the same defaults, the same choices, help for each option.

A command of a group goes by both names: "lm train".
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import click
import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest

import nlptools
from nlptools.base.resources import DEFAULT_MEMORY, MIN_MEMORY
from nlptools.cli import main
from nlptools.discovery.columns import SORTS, WORD_FORMATS
from nlptools.discovery.discover import discover_words
from nlptools.discovery.rules import COMPATS, METHODS
from nlptools.lm.files import MODEL_FORMATS
from nlptools.lm.filterfiles import FILTER_FORMATS
from nlptools.lm.records import score_records
from nlptools.lm.report import SCORE_FORMATS
from nlptools.lm.smoothing import SMOOTHINGS
from nlptools.lm.trie import MAX_MODEL_ORDER
from nlptools.ngrams.counts import MAX_ORDER
from nlptools.ngrams.symbols import LATIN_MODES, SENTENCE_MODES
from nlptools.review.compare import COMPARE_FORMATS
from nlptools.review.contexts import CONTEXT_FORMATS
from nlptools.review.explain import EXPLAIN_METHODS
from nlptools.review.statistics import STATISTICS
from nlptools.review.targets import MOST, TARGETS
from nlptools.segmentation.evaluate import PROTOCOLS
from nlptools.segmentation.methods import METHODS as SEGMENT_METHODS
from nlptools.segmentation.methods import MODES
from nlptools.segmentation.methods import NUMERALS as SEGMENT_NUMERALS
from nlptools.segmentation.records import segment_records
from nlptools.segmentation.stream import SEGMENT_FORMATS, segment_corpus
from nlptools.spark.compare import compare_with_spark
from nlptools.spark.contexts import contexts_with_spark
from nlptools.spark.count import count_with_spark
from nlptools.spark.discover import discover_with_spark
from nlptools.spark.lm import learn_lm_with_spark
from nlptools.spark.lmfilter import filter_with_spark
from nlptools.spark.lmscore import score_with_spark
from nlptools.spark.segment import segment_with_spark
from nlptools.spark.tokenize import tokenize_with_spark
from nlptools.spark.train import train_with_spark
from nlptools.spark.vocab import count_corpus_with_spark
from nlptools.subwords.export import TARGETS as EXPORT_TARGETS
from nlptools.subwords.extend import WAYS as EXTENSION_WAYS
from nlptools.text.corpus import FOLDS, ON_ERROR, Corpus
from nlptools.vectors.check import CHECK_FORMATS
from nlptools.vectors.compare import VECTOR_COMPARE_FORMATS
from nlptools.vectors.files import BAD_ROWS, DUPLICATES, INPUT_FORMATS, OUTPUT_FORMATS, read_vectors
from nlptools.vocab.embeddings import INIT_METHODS
from nlptools.vocab.embeddings import UNKNOWN as UNKNOWN_PIECES
from nlptools.vocab.huggingface import FALLBACKS
from nlptools.vocab.idfiles import ID_FILES
from nlptools.vocab.records import tokenize_records
from nlptools.vocab.stream import TOKEN_FORMATS, tokenize_corpus
from nlptools.vocab.tokenizer import PRE
from nlptools.wordmodel.model import MODEL_FORMS
from nlptools.wordmodel.train import GRANULARITIES, NUMERALS

assert np

READING = Corpus.__init__
# How a command reads its text or its vectors, where its function is handed what was read: settings of their own.
READS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("compare", "count", "discover", "evaluate", "explain", "report"), READING),
    "contexts": READING,
    **dict.fromkeys(("train", "segment", "tokenize", "lm train", "lm score", "dim"), READING),
    "lm filter": READING,
    "vocab build": READING,
    "vocab extend": READING,
    "vocab measure": READING,
    **dict.fromkeys(("vectors check", "vectors compare"), read_vectors),
    **dict.fromkeys(("vectors project", "vectors whiten"), read_vectors),
}
# What does the same elsewhere: --engine spark.
SPARK: dict[str, Callable[..., Any]] = {
    "compare": compare_with_spark,
    "contexts": contexts_with_spark,
    "count": count_with_spark,
    "discover": discover_with_spark,
    "lm filter": filter_with_spark,
    "lm score": score_with_spark,
    "lm train": learn_lm_with_spark,
    "segment": segment_with_spark,
    "tokenize": tokenize_with_spark,
    "train": train_with_spark,
    "vocab build": count_corpus_with_spark,
}
# What another function of the door does with these settings, which is handed them as they are.
PASSED: dict[str, Callable[..., Any]] = {"explain": discover_words}
# The function takes one text; the command a corpus, which goes through this one line by line.
STREAM: dict[str, Callable[..., Any]] = {"segment": segment_corpus, "tokenize": tokenize_corpus}
# The same for records, which go through whole; what they are written as follows from the name of the output.
RECORDS: dict[str, Callable[..., Any]] = {
    "lm score": score_records,
    "segment": segment_records,
    "tokenize": tokenize_records,
}
# What a command has beside its function: files, formats of output, silence.
OWN = {
    "count": {"engine", "output", "tsv", "quiet"},
    "discover": {"all", "engine", "output", "format", "quiet"},  # all: background=None
    "report": {"output", "quiet"},
    "contexts": {"engine", "format", "output", "quiet"},
    "compare": {"engine", "format", "output", "report", "quiet"},
    "convert": {"quiet"},
    "merge": {"output", "tsv", "min_count", "quiet"},
    "explain": {
        "all",
        "neighbours",
        "format",
        "quiet",
    },  # how many are shown of those that are found
    "train": {"engine", "output", "quiet"},
    # Another method is another segmenter, given as `model`, and so is one of other numerals (both are made by
    # open_cutter); adapt is a call of train.
    "segment": {
        *("method", "weights", "counts", "adapt", "numerals"),
        *("engine", "output", "quiet"),
    },
    "evaluate": {"format", "quiet"},
    "export": {"output", "refused", "quiet"},
    "lm train": {"engine", "format", "output", "quiet"},
    # Which lines are printed; in Python one selects from them.
    "lm score": {"sort", "top", "totals", "engine", "output", "quiet"},
    "lm filter": {
        "examples",
        "format",
        "into",
        "engine",
        "output",
        "quiet",
    },  # the files
    "lm convert": {"quiet"},
    "dim": {"length", "inverse", "format", "plot", "quiet"},
    "vectors check": {"format", "quiet"},
    # How B is read, where it is not as A.
    "vectors compare": {"format", "input_format_b", "words_b", "tensor_b", "quiet"},
    "vectors whiten": {"output", "format", "words_output", "transform", "quiet"},
    "vectors project": {"output", "format", "words_output", "quiet"},
    "vocab build": {"engine", "output", "map", "weights", "report", "quiet"},
    "vocab extend": {"output", "map", "report", "quiet"},
    "vocab init-embeddings": {"tokenizer", "report", "quiet"},
    "tokenize": {"decode", "engine", "output", "quiet"},
    "vocab export": {"output", "quiet"},
    "vocab measure": {"output", "report", "quiet"},
}
# Keywords that are no options: block_size changes no result; `watch` is what draws the progress or counts words, open_corpus what
# counts the bytes that were read. `segment` and `tokenize` read text as it is, `evaluate` plain text, `lm score` folds as
# the model was trained. What records are written as is the name of the output. Names of a list and of a Rime dictionary are those of their files. The table that Spark
# writes is the output; what it counts for `discover` follows from the longest word.
NO_OPTION = {
    "count": {"block_size", "table"},
    "discover": {"block_size", "watch", "explained", "source"},
    "convert": set(),
    "merge": set(),
    "report": {"block_size", "name"},
    "contexts": {"block_size", "watch"},
    "compare": {"block_size", "watch", "open_corpus"},
    "explain": {
        "block_size",
        "watch",
        "explained",
        "source",
        "sort",
    },  # a word stands where it stands by score
    "train": {"block_size", "watch"},
    "segment": {"block_size", "container", "watch", "counts"},  # of what was read
    "evaluate": {"block_size", "fold"},
    "export": {"name"},
    "lm train": {"block_size", "corpus"},  # an argument; instead of it there can be counts
    "lm filter": {"block_size"},
    "lm score": {"block_size", "container"},
    "lm convert": set(),
    "dim": {"block_size", "number"},
    "vectors check": {"block_size", "room", "watch"},
    "vectors compare": {"block_size", "room", "watch"},
    "vectors whiten": {"block_size", "room", "watch"},
    "vectors project": {"block_size", "room", "watch"},
    # The lists are an argument; what of its words the driver gets with Spark follows from --min-count and --max-length.
    "vocab build": {"listed", "block_size", "least", "longest"},
    "vocab extend": {"block_size", "words"},  # an argument; without it those of the corpus
    "vocab init-embeddings": {"tokens"},  # of --tokenizer
    "tokenize": {"block_size", "container", "counts"},
    "vocab export": {"name"},
    "vocab measure": {"block_size"},
}
# Commands that take what they read piece by piece, and need no --memory.
SMALL = {"contexts", "evaluate", "segment", "lm score", "dim", "export", "tokenize"}
SMALL |= {"convert", "vocab build", "vocab export", "vocab extend", "vocab init-embeddings"}
SMALL |= {"vocab measure"}
# What a command has to be given.
REQUIRED = {
    "explain": ["词"],
    "report": ["词", "--corpus", "词", "-o", "页"],
    "contexts": ["词", "--corpus", "词"],
    "compare": ["词", "词"],
    "convert": ["词"],
    "merge": ["词"],
    "evaluate": ["词", "词"],
    "export": ["词", "--to", "json"],
    "lm score": ["--model", "词"],
    "lm convert": ["词"],
    "vectors check": ["词"],
    "vectors compare": ["词", "词"],
    "vectors whiten": ["词", "-o", "量"],
    "vectors project": ["词", "-o", "量", "--dim", "2"],
    "vocab extend": ["词", "--base", "词", "--add", "5", "-o", "新"],
    "vocab init-embeddings": ["词", "--map", "词", "-o", "量"],
    "tokenize": ["--vocab", "词"],
    "vocab export": ["词"],
    "vocab measure": ["词", "--corpus", "词"],
}


def every_command(group: click.Group = main, before: str = "") -> dict[str, click.Command]:
    """Name -> command; instead of a group those in it."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= every_command(command, f"{before}{name} ")
        else:
            found[before + name] = command
    return found


COMMANDS = every_command()


def commands() -> list[str]:
    return sorted(COMMANDS)


def options_of(command: str) -> dict[str, click.Option]:
    """Keyword -> option: the long name as it is typed, `-` as `_`."""
    return {
        max(option.opts, key=len).removeprefix("--").replace("-", "_"): option
        for option in COMMANDS[command].params
        if isinstance(option, click.Option)
    }


def function_of(command: str) -> Callable[..., Any]:
    """The function of that name at the door."""
    function: Callable[..., Any] = getattr(nlptools, command.replace(" ", "_").replace("-", "_"))
    return function


def keywords_of(command: str) -> dict[str, inspect.Parameter]:
    """What need not be given by place, and what is given by place and yet is an option (`export --to`)."""
    own = function_of(command)
    more = (table[command] for table in (SPARK, STREAM, RECORDS, PASSED, READS) if command in table)
    found: dict[str, inspect.Parameter] = {}
    for function in (own, *more):
        for name, parameter in inspect.signature(function).parameters.items():
            if parameter.kind is inspect.Parameter.VAR_KEYWORD:
                continue
            given = parameter.default is inspect.Parameter.empty
            given = given and parameter.kind is not inspect.Parameter.KEYWORD_ONLY
            if not given or (function is own and name in options_of(command)):
                found.setdefault(name, parameter)
    return found


def defaults_of(command: str) -> dict[str, Any]:
    """Keyword -> value when nothing is given, converted as click converts it."""
    group = click.Context(main, info_name="nlptools", **main.context_settings)
    required = REQUIRED.get(command, [])
    values = COMMANDS[command].make_context(command, list(required), parent=group).params
    return {name: values[str(option.name)] for name, option in options_of(command).items()}


def test_the_commands_are_these() -> None:
    assert commands() == sorted(OWN) == sorted(NO_OPTION)
    assert set(commands()) == {
        *("compare", "contexts", "count", "discover", "evaluate", "explain", "export", "report"),
        "convert",
        "merge",
        "segment",
        "train",
        *("lm convert", "lm filter", "lm score", "lm train"),
        "dim",
        *("vectors check", "vectors compare", "vectors project", "vectors whiten"),
        "tokenize",
        *("vocab build", "vocab export", "vocab extend", "vocab init-embeddings", "vocab measure"),
    }


def test_a_group_says_what_it_is_for() -> None:
    groups = {name: c for name, c in main.commands.items() if isinstance(c, click.Group)}
    assert "lm" in groups
    for name, group in groups.items():
        assert group.help
        assert group.help.endswith(".")
        assert len(group.help.split("\n")) == 1
        assert sorted(f"{name} {inner}" for inner in group.commands) == [
            command for command in commands() if command.startswith(f"{name} ")
        ]


@pytest.mark.parametrize("command", commands())
def test_options_are_keywords(command: str) -> None:
    options, keywords = set(options_of(command)), set(keywords_of(command))
    assert options - OWN[command] == keywords - NO_OPTION[command]
    assert not OWN[command] - options
    assert not NO_OPTION[command] - keywords


@pytest.mark.parametrize("command", commands())
def test_defaults_are_equal(command: str) -> None:
    defaults, compared = defaults_of(command), 0
    for name, parameter in keywords_of(command).items():
        if name in NO_OPTION[command]:
            continue
        compared += 1
        if parameter.default is inspect.Parameter.empty:
            continue  # has to be given, on the command line too: see REQUIRED
        value = defaults[name]
        if options_of(command)[name].multiple and not parameter.default:
            value = value or parameter.default  # nothing is an empty tuple there
        if value == (parameter.default,):
            value = parameter.default  # one name
        assert value == parameter.default, f"--{name}"
        assert type(value) is type(parameter.default), f"--{name}"
    assert compared >= 2


def test_memory() -> None:
    for command in set(commands()) - SMALL:
        option = options_of(command)["memory"]
        assert option.default == "1GB"
        assert defaults_of(command)["memory"] == DEFAULT_MEMORY == 10**9
        with pytest.raises(click.BadParameter, match=f"at least {MIN_MEMORY // 10**6}MB"):
            option.type.convert(str(MIN_MEMORY - 1), option, None)
        assert option.type.convert(str(MIN_MEMORY), option, None) == MIN_MEMORY


@pytest.mark.parametrize(
    "text, size",
    [
        ("512MB", 512 * 10**6),
        ("1G", 10**9),
        ("2GiB", 2**31),
        ("1.5 gb", 1_500_000_000),
        ("1T", 10**12),
        ("200000000", 200_000_000),
        ("200000000B", 200_000_000),
        ("300000k", 300_000_000),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert options_of("count")["memory"].type.convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "much", "1 XB", "-1GB", "GB", "1e9", "1GB 2GB"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no size"):
        options_of("count")["memory"].type.convert(text, None, None)


CHOICES = [
    ("discover", "method", tuple(METHODS)),
    ("discover", "compat", COMPATS),
    ("discover", "sort", SORTS),
    ("explain", "method", EXPLAIN_METHODS),
    ("explain", "compat", COMPATS),
    ("discover", "format", WORD_FORMATS),
    ("train", "granularity", GRANULARITIES),
    ("train", "numerals", NUMERALS),
    ("segment", "granularity", GRANULARITIES),
    ("segment", "numerals", SEGMENT_NUMERALS),
    ("segment", "method", tuple(SEGMENT_METHODS)),
    ("segment", "format", SEGMENT_FORMATS),
    ("segment", "mode", MODES),
    ("evaluate", "protocol", tuple(PROTOCOLS)),
    ("export", "to", tuple(TARGETS)),
    ("compare", "format", COMPARE_FORMATS),
    ("contexts", "format", CONTEXT_FORMATS),
    ("compare", "statistic", tuple(STATISTICS)),
    ("lm train", "format", MODEL_FORMATS),
    ("lm train", "smoothing", SMOOTHINGS),
    ("lm score", "format", SCORE_FORMATS),
    ("lm filter", "format", FILTER_FORMATS),
    ("convert", "format", MODEL_FORMS),
    ("lm convert", "format", MODEL_FORMATS),
    ("vectors check", "format", CHECK_FORMATS),
    ("vectors compare", "format", VECTOR_COMPARE_FORMATS),
    ("vectors compare", "input_format_b", INPUT_FORMATS),
    *((f"vectors {name}", "format", OUTPUT_FORMATS) for name in ("whiten", "project")),
    *(
        (f"vectors {name}", "input_format", INPUT_FORMATS)
        for name in ("check", "compare", "whiten", "project")
    ),
    *(
        (f"vectors {name}", option, values)
        for name in ("check", "compare", "whiten", "project")
        for option, values in (("duplicates", DUPLICATES), ("bad_rows", BAD_ROWS))
    ),
    ("vocab extend", "by", EXTENSION_WAYS),
    ("vocab init-embeddings", "unknown", UNKNOWN_PIECES),
    ("vocab init-embeddings", "method", INIT_METHODS),
    ("tokenize", "pre", PRE),
    ("tokenize", "format", (*TOKEN_FORMATS, *ID_FILES)),
    ("vocab export", "to", tuple(EXPORT_TARGETS)),
    ("vocab export", "fallback", FALLBACKS),
    # The usual one first; a language model has to have sentences.
    ("count", "sentences", ("none", "line", "clause")),
    *((command, "engine", ("local", "spark")) for command in SPARK),
    ("lm train", "sentences", ("line", "clause")),
    *(
        (command, "latin", LATIN_MODES)
        for command in ("compare", "contexts", "count", "discover", "explain", "lm train", "report")
    ),
    *((c, "on_error", ON_ERROR) for c in sorted(READS)),
    ("contexts", "fold", FOLDS),
    *(
        (c, "fold", FOLDS)
        for c in (
            *("compare", "count", "discover", "explain", "report", "train", "lm train", "dim"),
            *("vocab build", "vocab extend", "vocab measure"),
        )
    ),
    *((c, "fold", (*FOLDS, "none")) for c in ("segment", "tokenize", "lm score", "lm filter")),
]


@pytest.mark.parametrize("command, name, values", CHOICES)
def test_choices(command: str, name: str, values: tuple[str, ...]) -> None:
    kind = options_of(command)[name].type
    assert isinstance(kind, click.Choice)
    assert tuple(kind.choices) == tuple(values)


def test_the_choices_of_sentences_are_all() -> None:
    offered = {command: values for command, name, values in CHOICES if name == "sentences"}
    assert set(offered["count"]) == set(SENTENCE_MODES)
    assert set(offered["lm train"]) == set(SENTENCE_MODES) - {"none"}


def test_every_choice_was_compared() -> None:
    found = {
        (command, name)
        for command in commands()
        for name, option in options_of(command).items()
        if isinstance(option.type, click.Choice)
    }
    # explain and evaluate print text and JSON of their own; their formats are those of no table.
    own = {("explain", "format"), ("evaluate", "format"), ("dim", "format")}
    assert found == {(command, name) for command, name, _ in CHOICES} | own


def test_ranges() -> None:
    assert options_of("count")["order"].type.max == MAX_ORDER
    for name in ("min_length", "max_length"):
        assert options_of("discover")[name].type.max == MAX_ORDER - 1
    assert options_of("lm train")["order"].type.max == MAX_MODEL_ORDER
    freq = options_of("export")["freq"]
    assert freq.type.convert(str(MOST), freq, None) == MOST
    for number in (MOST + 1, 0, -1, "1e3", "Corpus"):
        with pytest.raises(click.BadParameter, match="neither auto, corpus, win nor a"):
            freq.type.convert(str(number), freq, None)
    for command, name in (("lm train", "prune"), ("segment", "weights")):
        option = options_of(command)[name]
        most = ",".join("1" * MAX_MODEL_ORDER)
        assert len(option.type.convert(most, option, None)) == MAX_MODEL_ORDER
        with pytest.raises(click.BadParameter, match=f"there can be {MAX_MODEL_ORDER}"):
            option.type.convert(f"{most},1", option, None)


@pytest.mark.parametrize("command", commands())
def test_every_option_has_help(command: str) -> None:
    for option in options_of(command).values():
        assert option.help, option.opts
        said = re.sub(r"  \[default: [^]]+\]$", "", option.help)
        assert said.endswith("."), option.help


@pytest.mark.parametrize("command", commands())
def test_help_has_examples(command: str) -> None:
    own = COMMANDS[command]
    examples = [line for line in (own.epilog or "").split("\n") if f"nlptools {command} " in line]
    assert len(examples) >= 2
    assert own.help
    assert own.help.split("\n\n")[0].endswith(".")
    known = {name for option in own.params for name in option.opts + option.secondary_opts}
    for line in examples:
        piece = line.split(f"nlptools {command} ")[1].split("|")[0]
        used = {word for word in piece.split() if word.startswith("-") and word != "-"}
        assert used <= known, line


def test_one_option_one_meaning() -> None:
    """Options of the same name have the same help, type and default in every command."""
    # What they filter, replace, print and are good for differs; one granularity is that of a model, one prior
    # is there without being asked for. Words are sorted by a column, lines by how odd they are. The weights that
    # make a good segmentation do not make a good list of words.
    # `train` learns how to treat numerals, `segment` has a default of its own.
    different = {"min_count", "counts", "format", "known", "method", "output", "numerals"}
    different |= {"granularity", "prior", "model", "sort", "top", "weights", "corpus"}
    # Of words, lines and rows; one command writes the map that another reads. The words of `vocab
    # build` are a number, those of vectors a file; it prunes words, `lm train` n-grams.
    different |= {"max_length", "report", "map", "path", "words", "prune", "tensor"}
    # One vocabulary of `tokenize`, lists whose words `dim` counts; other programs to write for; what asks
    # for jieba's dictionary.
    different |= {"vocab", "to", "jieba_dict"}
    # A vocabulary of words, or a tokenizer of pieces.
    different |= {"base"}
    # In a list of known words, or in the corpus A of a comparison.
    different |= {"new_only"}
    # What prints the text as it stands is folded for looking up alone.
    different |= {"fold"}
    # A language model counts other symbols, and has a lower order than words ask for.
    other_default = {("lm train", name) for name in ("order", "latin", "sentences")}
    seen: dict[str, tuple[object, ...]] = {}
    defaults: dict[str, object] = {}
    for command in commands():
        for name, option in options_of(command).items():
            if name in different:
                continue
            what = (option.help, type(option.type), option.opts)
            assert seen.setdefault(name, what) == what, f"{command} --{name}"
            if (command, name) not in other_default:
                default = defaults.setdefault(name, option.default)
                assert default == option.default, f"{command} --{name}"
    assert len(seen) > 15


def test_booleans_can_be_switched_off() -> None:
    """In click a lone flag that is on by default cannot be switched off."""
    for command in commands():
        defaults = defaults_of(command)
        for name, option in options_of(command).items():
            if option.is_flag and not option.secondary_opts:
                assert defaults[name] is False, option.opts
