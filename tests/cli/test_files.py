"""The files of a command line: none is written that is read, none twice, stdin is read once, and no mode is lost."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from commandline import TEXT, counts_file, linux, posix, run, shell, write

from nlptools.cli import main
from nlptools.cli.files import FolderPath, InputPath, OutputPath

# Options that take text and name no file.
TEXTS = {
    "column",
    "conf",
    "encoding",
    "field",
    "into",
    "master",
    "separator",
    "tag",
    "tensor",
    "tensor_b",
    "words",  # of explain: the words themselves
}
WEIGHTS = "天 5\n天气 3\n"
VOCAB = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n天\n气\n"


def commands(group: click.Group = main, *before: str) -> Iterator[tuple[str, click.Command]]:
    """(what is typed, command) of all that there are."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *before, name)
        else:
            yield " ".join([*before, name]), command


COMMANDS = dict(commands())


def of_type(command: click.Command, kind: type) -> list[click.Parameter]:
    return [param for param in command.params if isinstance(param.type, kind)]


def given(param: click.Parameter, value: str) -> list[str]:
    return [value] if isinstance(param, click.Argument) else [max(param.opts, key=len), value]


def pairs(kind: type, other: type) -> list[tuple[str, click.Parameter, click.Parameter]]:
    """(command, parameter, another) for all parameters of two types that a command has."""
    found = []
    for name, command in COMMANDS.items():
        if kind is other:
            both: Iterator[tuple[click.Parameter, click.Parameter]] = itertools.combinations(
                of_type(command, kind), 2
            )
        else:
            both = itertools.product(of_type(command, kind), of_type(command, other))
        found += [(name, one, two) for one, two in both]
    return found


def named(case: tuple[str, click.Parameter, click.Parameter]) -> str:
    return f"{case[0]} {case[1].name} {case[2].name}"


def test_every_option_that_names_a_file_says_so() -> None:
    """Else the guard would not know of it; a new command cannot forget."""
    assert len(COMMANDS) > 20
    for name, command in COMMANDS.items():
        for param in command.params:
            kind = param.type
            if isinstance(kind, click.Path | click.File):
                assert isinstance(kind, InputPath | OutputPath | FolderPath), (name, param.name)
            elif kind is click.STRING or kind.name == "text":
                assert param.name in TEXTS, (name, param.name)


# --- outputs that are inputs ------------------------------------------------------------------


@pytest.mark.parametrize("case", pairs(InputPath, OutputPath), ids=named)
def test_no_output_is_an_input(case: tuple[str, click.Parameter, click.Parameter]) -> None:
    command, source, output = case
    file = write("text", TEXT)
    for first, second in ((source, output), (output, source)):
        done = run(*command.split(), *given(first, "text"), *given(second, "./text"))
        assert " is a file that is read: " in done.usage
        assert max(output.opts, key=len) in done.usage
    assert file.read_text("utf-8") == TEXT
    assert os.listdir() == ["text"]


@posix
def test_an_input_by_another_name() -> None:
    """By device and inode, in a folder, by a pattern, through a link, on stdin."""
    write("in/text", TEXT)
    Path("hard").hardlink_to("in/text")
    Path("soft").symlink_to("in/text")
    for source in ("in/text", "in", "i?/te*", "soft", "hard"):
        for output in ("in/text", "soft", "hard"):
            for command in ("count", "discover", "train", "segment"):
                usage = run(command, source, "-o", output).usage
                assert usage == f"--output is a file that is read: {output}.\n"
    done = shell("nlptools discover -o hard < soft")
    assert "Error: --output is a file that is read: stdin.\n" in done.err
    assert done.code == 2
    # Where there is nothing yet, links are followed.
    Path("to-be").symlink_to("in/new")
    assert run("count", "in/new", "-o", "to-be").code == 2
    assert Path("in/text").read_text("utf-8") == TEXT


def test_an_output_beside_its_inputs_is_none_of_them() -> None:
    write("in/text", TEXT)
    for _ in range(2):
        run("discover", "in/text", "-o", "in/words.txt", "-q").ok()
    assert run("discover", "in", "-o", "in/words.txt", "-q").code == 2
    run("discover", "in/t*", "-o", "in/words.txt", "-q").ok()
    # A word that stands for something else is no file, whatever files there are.
    run("discover", "in/text", "--prior", "general", "-o", "general", "-q").ok()


def test_a_folder_that_is_written_into() -> None:
    write("bert/vocab.txt", VOCAB)
    run("vocab", "export", "bert/vocab.txt", "-o", "bert", "-q").ok()
    assert "tokenizer.json" in os.listdir("bert")
    usage = run("vocab", "export", "bert/vocab.txt", "--to", "bert", "-o", "bert").usage
    assert usage.startswith("--output is a file that is read: bert")
    assert Path("bert/vocab.txt").read_text("utf-8") == VOCAB


# --- outputs of one name ------------------------------------------------------------------------


@pytest.mark.parametrize("case", pairs(OutputPath, OutputPath), ids=named)
def test_no_file_is_written_twice(case: tuple[str, click.Parameter, click.Parameter]) -> None:
    command, first, second = case
    names = (max(first.opts, key=len), max(second.opts, key=len))
    for there in (False, True):
        if there:
            write("out", "")
        done = run(*command.split(), *given(first, "out"), *given(second, "./out"))
        assert done.usage == f"{names[0]} and {names[1]} are the same file.\n"


@posix
def test_devices_are_written_as_often_as_one_likes() -> None:
    write("words", "天气 3\n")
    write("base", VOCAB)
    null = ("-o", "/dev/null", "--map", "/dev/null", "--weights", "/dev/null")
    run("vocab", "build", "words", "--base", "base", *null, "--report", "/dev/null", "-q").ok()
    run("count", "/dev/null", "-o", "/dev/null", "-q").ok()


# --- stdin and stdout --------------------------------------------------------------------------


@pytest.mark.parametrize("case", pairs(InputPath, InputPath), ids=named)
def test_stdin_is_read_once(case: tuple[str, click.Parameter, click.Parameter]) -> None:
    command, first, second = case
    done = run(*command.split(), *given(first, "-"), *given(second, "-"), stdin=TEXT)
    assert done.usage == "stdin can be read only once.\n"


def test_stdin_that_nobody_names_is_read_once() -> None:
    write("vocab", VOCAB)
    for command in (
        "discover --known -",
        "discover --accepted - --top 3",
        "tokenize --vocab -",
        "tokenize --vocab vocab --weights -",
        "count - - --tsv",
        "export - - --to ik",
        "explain 天 --corpus - --corpus -",
    ):
        assert run(*command.split(), stdin=TEXT).usage == "stdin can be read only once.\n"


@posix
def test_a_hyphen_as_output_is_stdout() -> None:
    write("text", TEXT)
    write("vocab", VOCAB)
    counts_file("c")
    run("lm", "train", "text", "-o", "lm", "-q").ok()
    for command in (
        "discover text",
        "segment text",
        "train text",
        "lm train text",
        "lm convert lm",
        "lm score text --model lm",
        "tokenize text --vocab vocab",
        "vocab build vocab",
        "vocab export vocab",
    ):
        args = [*command.split(), "-q"]
        assert run(*args, "-o", "-").ok().out == run(*args).ok().out != ""
    assert "<html" in run("report", "vocab", "--corpus", "text", "-q", "-o", "-").ok().out
    shell("nlptools count text -o - -q | cmp - c").ok()
    for command in (
        "vocab build vocab --report -",
        "export vocab --to ik --refused -",
        "dim 5 --plot -",
    ):
        assert "needs the name of a file; ./- is one" in run(*command.split()).usage
    assert not Path("-").exists()


def test_an_output_that_ends_in_a_slash() -> None:
    write("text", TEXT)
    error = run("discover", "text", "-o", "new/", "-q").error
    assert error == "Error: new/: is a folder\nhint: name a file to write to\n"
    assert os.listdir() == ["text"]


@linux
def test_output_to_a_stream_that_is_open() -> None:
    """It is written where it stands, not replaced: `>>` appends."""
    write("text", TEXT)
    done = shell(
        "echo first > log; nlptools segment text -o /dev/stdout -q >> log; cat log;"
        " nlptools segment text -o /dev/fd/7 -q 7> other; cat other"
    ).ok()
    assert done.out == "first\n国家 标准 ， 国家 。国家 标准 ， 国家 。"


# --- what cannot be read or written -------------------------------------------------------------


def without_rights(command: str) -> str:
    """A command that permissions hold for, also when the tests run as root."""
    if os.geteuid():
        return command
    if not shutil.which("setpriv"):
        pytest.skip("needs setpriv, or another user than root")
    return f"setpriv --bounding-set=-dac_override,-dac_read_search {command}"


@linux
def test_what_may_not_be_read_is_the_fault_of_the_data() -> None:
    """Exit code 1 and one line, whatever reads the file."""
    write("text", TEXT)
    write("words", "天气 3\n")
    write("vocab", VOCAB)
    write("hidden", TEXT).chmod(0)
    for command in (
        "count hidden --tsv",
        "discover text --known hidden",
        "discover text --background hidden",
        "discover text --counts hidden",
        "report hidden --corpus text -o page",
        "compare text hidden",
        "compare text text --words hidden",
        "dim --vocab hidden",
        "vocab build words --base hidden",
        "vocab export vocab --weights hidden",
        "vocab init-embeddings hidden --map hidden -o out",
        "vectors check hidden",
        "vectors whiten hidden -o out",
        "lm score text --model hidden",
        "lm train --counts hidden",
        "merge hidden --tsv",
        "export words --to jieba --freq win --jieba-dict hidden",
        "tokenize text --vocab hidden",
        "segment text --model hidden",
        "evaluate text hidden",
    ):
        error = shell(without_rights(f"nlptools {command}")).error
        assert error.startswith("Error: hidden: "), command
        assert "permission denied" in error.lower(), command


@linux
def test_a_file_that_may_not_be_written_stays() -> None:
    write("text", TEXT)
    write("old", "as it was").chmod(0o444)
    error = shell(without_rights("nlptools discover text -o old -q")).error
    assert error == "Error: old: cannot write: Permission denied\n"
    assert Path("old").read_text("utf-8") == "as it was"
    Path("old").chmod(0o200)  # nobody reads it
    shell(without_rights("nlptools discover text -o old -q")).ok()
    assert Path("old").stat().st_mode & 0o777 == 0o200


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_device_that_is_full_is_named() -> None:
    write("text", TEXT)
    write("words", "天气 3\n")
    write("vectors", "3 2\n天 1 2\n气 3 4\n日 5 7\n")
    run("lm", "train", "text", "-o", "lm", "-q").ok()
    for command in (
        "count text",
        "discover text",
        "train text",
        "segment text",
        "lm train text",
        "lm convert lm",
        "lm score text --model lm",
        "report words --corpus text",
        "compare text text",
        "export words --to ik",
        "vocab build words",
        "vectors whiten vectors",
        "vectors project vectors --dim 1",
        "vectors whiten vectors --format npy",
    ):
        done = run(*command.split(), "-q", "-o", "/dev/full")
        assert done.error == "Error: /dev/full: cannot write: No space left on device\n", command
    for command in ("--help", "--version", "discover --help", "lm train -h"):
        error = shell(f"nlptools {command} > /dev/full").error
        assert error == "Error: cannot write to standard output: No space left on device\n"


@posix
def test_links_in_a_circle() -> None:
    write("text", TEXT)
    Path("loop").symlink_to("loop")
    for command in ("discover text -o loop", "vocab build text -o loop", "count text -o loop"):
        error = run(*command.split()).error
        assert error == "Error: loop: cannot write: Too many levels of symbolic links\n"
    for command in ("vocab build loop", "vocab build text --base loop", "count loop --tsv"):
        assert "too many levels of symbolic links" in run(*command.split()).error


def test_a_temporary_folder_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes another one in silence."""
    write("a.txt", TEXT)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setenv("TMPDIR", str(Path("missing").absolute()))
    said = "cannot be written; temporary files go to "
    assert said in run("count", "a.txt", "--tsv").ok().err
    assert said not in run("count", "a.txt", "--tsv", "--quiet").ok().err
    assert said not in run("count", "a.txt", "--tsv", "--tmp-dir", ".").ok().err
    Path("missing").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", None)
    assert said not in run("count", "a.txt", "--tsv").ok().err
