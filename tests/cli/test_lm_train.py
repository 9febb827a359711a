"""`nlptools lm train`: ways in and out, and from counts."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import large_text, posix, run, shell, write
from lmcases import FOR_A_MODEL, NOTHING, Arpa, Models, counts_of, printed, train
from places import CLINIC, NOVEL, STARTUP

from nlptools import __version__
from nlptools.lm.model import load_lm
from nlptools.lm.smoothing import SMOOTHINGS
from nlptools.text.corpus import Corpus

# --- train: ways out -------------------------------------------------------------------------


def test_the_model_is_printed(novel: Models) -> None:
    done = run("lm", "train", NOVEL).ok()
    model = Arpa(done.out)
    assert model.settings.keys() == {
        *("discounts", "fallback", "fold", "latin", "prune", "sentences", "smoothing")
    }
    assert model.settings["smoothing"] == "kneser-ney"
    assert model.settings["fallback"] == []
    text = NOVEL.read_text("utf-8")
    known = {ngram[0] for ngram in model.orders[0]}
    assert known == {"<unk>", "<s>", "</s>", *"".join(text.split())}
    lines = ["<s>" + "".join(line.split()) + "</s>" for line in text.split("\n")[:-1]]
    for ngram in model.orders[3][::100]:
        assert any("".join(ngram) in line for line in lines)
    assert novel.arpa.read_text("utf-8") == done.out
    assert Arpa(done.out).log_prob(("沈", "渡", "秋")) > -0.1


NAMES = [
    ("news.lm", [], "native"),
    ("news", [], "native"),
    ("news.gz", [], "native"),
    ("arpa.model", [], "native"),
    ("news.arpa", [], "arpa"),
    ("NEWS.ARPA", [], "arpa"),
    ("news.arpa.gz", [], "gzip"),
    ("news.lm", ["--format", "arpa"], "arpa"),
    ("news", ["--format", "arpa"], "arpa"),
    ("news.gz", ["--format", "arpa"], "gzip"),
    ("news.arpa", ["--format", "native"], "native"),
    ("news.arpa.gz", ["--format", "native"], "native"),
    ("news.lm", ["--format", "native"], "native"),
    ("NEWS.ARPA.GZ", [], "gzip"),
]


@pytest.mark.parametrize("command", ["train", "convert"])
@pytest.mark.parametrize("name, args, kind", NAMES)
def test_names_and_formats(
    novel: Models, command: str, name: str, args: list[str], kind: str
) -> None:
    source = NOVEL if command == "train" else novel.native
    done = run("lm", command, source, "-o", name, *args, "-q").ok()
    assert (done.out, done.err) == ("", "")
    assert os.listdir() == [name]
    native, arpa = novel.native.read_bytes(), novel.arpa.read_bytes()
    written = Path(name).read_bytes()
    if kind == "gzip":
        assert gzip.decompress(written) == arpa
    else:
        assert written == {"native": native, "arpa": arpa}[kind]


@pytest.mark.parametrize("command", ["train", "convert"])
def test_stdout_is_arpa(novel: Models, command: str) -> None:
    source = NOVEL if command == "train" else novel.native
    whole = novel.arpa.read_text("utf-8")
    assert printed(command, source) == whole
    assert printed(command, source, "--format", "arpa") == whole
    error = run("lm", command, source, "--format", "native").usage
    assert error == "A native model is a file: name it with -o FILE.\n"


@pytest.mark.parametrize("command", ["train", "convert"])
def test_a_native_model_needs_a_name_before_anything_is_read(command: str) -> None:
    assert "name it with -o FILE" in run("lm", command, "nothing", "--format", "native").usage


def test_gzip_has_no_time_in_it(novel: Models) -> None:
    run("lm", "convert", novel.native, "-o", "a.arpa.gz", "-q").ok()
    assert Path("a.arpa.gz").read_bytes()[4:8] == bytes(4)  # MTIME of RFC 1952


@posix
def test_output_to_a_pipe_or_device(novel: Models) -> None:
    for command, expected in (
        (f"train {NOVEL} --format arpa", novel.arpa),
        (f"train {NOVEL}", novel.native),
        (f"convert {novel.arpa}", novel.native),
    ):
        done = shell(f"nlptools lm {command} -q -o /dev/stdout | cmp - {expected}").ok()
        assert (done.out, done.err) == ("", "")


def test_the_closing_line() -> None:
    done = run("lm", "train", NOVEL, "-o", "out").ok()
    model = load_lm("out")
    text = NOVEL.read_text("utf-8")
    # <s> is no symbol that follows another, </s> is; all together are counted.
    symbols = len("".join(text.split())) + 2 * text.count("\n")
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} lm train \| "
        r"order:4 smoothing:kneser-ney latin:char sentences:line \| "
        rf"9,909 characters in 29\.4 kB \| {symbols:,} symbols \| {sum(model.sizes()):,} n-grams"
        r"( \| \d+\.\d [MG]B memory)? \| \d+\.\d s\n",
        done.err,
    )
    more = ["--order", 2, "--smoothing", "ml", "--latin", "run", "--sentences", "clause"]
    err = run("lm", "train", NOVEL, *more, "-o", "out").ok().err
    assert " lm train | order:2 smoothing:ml latin:run sentences:clause | " in err
    assert run("lm", "train", NOVEL, "-o", "out", "-q").ok().err == ""


# --- train: ways in --------------------------------------------------------------------------


def test_files_stdin_and_compression(novel: Models) -> None:
    expected = novel.arpa.read_text("utf-8")
    raw = NOVEL.read_bytes()
    assert printed("train", stdin=raw) == expected
    assert printed("train", "-", stdin=raw) == expected
    assert printed("train", "-", stdin=gzip.compress(raw)) == expected
    assert printed("train", write("a.txt.gz", gzip.compress(raw))) == expected
    head, tail = raw[: raw.index(b"\n") + 1], raw[raw.index(b"\n") + 1 :]
    write("d/1.txt", head)
    write("d/2.txt", tail)
    assert printed("train", "d") == expected
    assert printed("train", "d/1.txt", "-", stdin=tail) == expected
    for encoding in ("gb18030", "utf-16"):
        recoded = raw.decode().encode(encoding)
        assert printed("train", "--encoding", encoding, stdin=recoded) == expected
        assert printed("train", "--encoding", "auto", stdin=recoded) == expected
    rows = [json.dumps({"id": 5, "a": {"b": line}}) for line in raw.decode().split("\n")[:-1]]
    assert printed("train", "--field", "a.b", write("a.jsonl", "\n".join(rows))) == expected
    table = "id\ttext\n" + "".join(f"9\t{line}\n" for line in raw.decode().split("\n")[:-1])
    assert printed("train", "--column", "text", write("a.tsv", table)) == expected
    bare = write("b.tsv", table.partition("\n")[2])  # a number: there is no header
    assert printed("train", "--column", "2", bare) == expected


LINES = "天地玄黄，宇宙洪荒。\n日月盈昃\n天地a1\n"


@pytest.mark.parametrize(
    "text",
    [
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", "\r"),
        LINES[:-1],
        "\ufeff" + LINES,
        "\n\n" + LINES.replace("\n", "\n\n \t\n"),
        LINES.replace("天地", "天\t 地\u3000\xa0"),
        LINES.replace("天地", "天\0地\x1b"),
        LINES.replace("\n", "  \n\t"),
    ],
    ids=["CRLF", "CR", "no end", "BOM", "blank lines", "spaces", "control", "edges"],
)
@pytest.mark.parametrize("smoothing", ["kneser-ney", "witten-bell"])
def test_what_is_no_symbol_changes_nothing(text: str, smoothing: str) -> None:
    how = ["--smoothing", smoothing]
    assert train(*how, stdin=text).text == train(*how, stdin=LINES).text


@pytest.mark.parametrize(
    "text",
    [
        LINES.replace("天地", "天\n地"),
        LINES.replace("，", ","),
        LINES.replace("a1", "a２"),
        LINES + LINES,
        LINES.replace("。\n", ""),
    ],
    ids=["line end", "mark", "full width", "twice", "joined"],
)
def test_what_is_a_symbol_changes_something(text: str) -> None:
    assert train("--smoothing", "witten-bell", stdin=text).text != (
        train("--smoothing", "witten-bell", stdin=LINES).text
    )


def test_sources_do_not_run_together() -> None:
    """A file without a line end at its end does not go on in the next."""
    write("a.txt", "天地")
    write("b.txt", "玄黄\n")
    model = train("--order", 2, "a.txt", "b.txt")
    assert ("地", "</s>") in model.log_probs
    assert ("<s>", "玄") in model.log_probs
    assert ("地", "玄") not in model.log_probs
    assert model.text == train("--order", 2, stdin="天地\n玄黄").text


def test_a_line_that_does_not_fit_into_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one sentence all the same."""
    text = "".join(NOVEL.read_text("utf-8").split())[:3000]
    expected = train("--order", 3, stdin=text).text
    monkeypatch.setattr("nlptools.text.corpus.Corpus.__init__", small_blocks(Corpus.__init__))
    model = train("--order", 3, stdin=text)
    assert model.text == expected
    assert [ngram for ngram in model.orders[1] if "<s>" in ngram] == [("<s>", text[0])]


def small_blocks(init: Callable[..., None]) -> Callable[..., None]:
    def changed(self: Corpus, *args: object, **kwargs: object) -> None:
        init(self, *args, **kwargs)
        self.block_size = 100

    return changed


def test_latin_and_sentences() -> None:
    text = "5G网络，好。\n网络5G!\n"

    def symbols(*args: object) -> set[str]:
        return {ngram[0] for ngram in train(*args, stdin=text).orders[0]} - {
            *("<unk>", "<s>", "</s>")
        }

    assert symbols() == set("5G网络，好。!")
    assert symbols("--latin", "run") == {"5G", *"网络，好。!"}
    assert symbols("--latin", "break") == set("网络，好。!")
    assert symbols("--sentences", "clause") == set("5G网络好")
    assert symbols("--sentences", "clause", "--latin", "run") == {"5G", *"网络好"}
    begins = {
        mode: {n[1] for n in train("--sentences", mode, stdin=text).orders[1] if n[0] == "<s>"}
        for mode in ("line", "clause")
    }
    assert begins == {"line": {"5", "网"}, "clause": {"5", "好", "网"}}


def test_fold() -> None:
    model = train("--fold", "lower", "--fold", "nfkc", stdin="ＡＢ天\nab天\n")
    assert {ngram[0] for ngram in model.orders[0]} == {"<unk>", "<s>", "</s>", "a", "b", "天"}
    assert model.settings["fold"] == ["nfkc", "lower"]


def test_machine_options_do_not_matter() -> None:
    """Nor do the places where counts, columns and tables are spilled: 1.4 million n-grams with 128 MB."""
    large_text(460_000)
    Path("tmp").mkdir()
    few = ["--memory", "128MB", "--tmp-dir", "tmp"]
    for name, more in (
        ("a", ["--memory", "2GB"]),
        ("b", few),
        ("c", ["--workers", "1", "--memory", "150MB"]),
    ):
        run("lm", "train", "large.txt", "--workers", "3", *more, "-o", name).ok()
    run("lm", "convert", "a", "-o", "d", *few, "-q").ok()
    assert len({Path(name).read_bytes() for name in "abcd"}) == 1
    assert sum(load_lm("a").sizes()) > 1_340_000
    assert os.listdir("tmp") == []


# --- train: counts ---------------------------------------------------------------------------


def test_counts_of_shards() -> None:
    """The merged counts give the model of the whole counts, and that of the corpus but for a hair."""
    paths = [NOVEL, CLINIC, STARTUP]
    whole = counts_of("whole", *paths, *FOR_A_MODEL)
    shards = [counts_of(path.stem, path, *FOR_A_MODEL) for path in paths]
    run("merge", shards[2], shards[0], "-o", "some", "-q").ok()
    run("merge", shards[1], "some", "-o", "merged", "-q").ok()
    for smoothing in SMOOTHINGS:
        how = ["--smoothing", smoothing, "-q", "-o"]
        run("lm", "train", "--counts", whole, *how, "a").ok()
        run("lm", "train", "--counts", "merged", *how, "b").ok()
        assert Path("a").read_bytes() == Path("b").read_bytes()
        direct = train(*paths, "--smoothing", smoothing)
        counted = Arpa(printed("convert", "a"))
        assert counted.orders == direct.orders
        if smoothing != "kneser-ney":  # it alone asks for the order of the symbols in the text
            assert counted.text == direct.text
            continue
        for ngram, log_prob in direct.log_probs.items():
            assert abs(counted.log_probs[ngram] - log_prob) < 0.01


def test_counts_do_not_know_the_order_of_a_text() -> None:
    """The last symbol of a corpus is counted by how often it occurs, as lmplz does: that moves a discount."""
    text = NOVEL.read_text("utf-8") + "龘龘龘\n"
    counts = counts_of("c", *FOR_A_MODEL, stdin=text)
    counted, direct = train("--counts", counts), train(stdin=text)
    assert counted.orders == direct.orders
    moved = [abs(counted.log_probs[ngram] - p) for ngram, p in direct.log_probs.items()]
    assert 0 < max(moved) < 0.01
    # Without the end of the text, with which another symbol is the last one, there is no such difference.
    other = "龘龘龘\n" + NOVEL.read_text("utf-8")
    assert train(stdin=other).log_probs == counted.log_probs


def test_counts_and_the_options_of_a_model() -> None:
    counts = counts_of("c", NOVEL, "--order", 3, "--latin", "run", "--sentences", "clause")
    done = run("lm", "train", "--counts", counts, "--prune", "0,1", "--smoothing", "ml").ok()
    assert re.search(
        r" lm train \| order:3 smoothing:ml latin:run sentences:clause \| [\d,]+ symbols", done.err
    )
    direct = train(
        *(NOVEL, "--order", 3, "--latin", "run", "--sentences", "clause"),
        *("--prune", "0,1", "--smoothing", "ml"),
    )
    assert done.out == direct.text
    folded = counts_of("f", NOVEL, *FOR_A_MODEL, "--fold", "lower")
    assert train("--counts", folded).settings["fold"] == ["lower"]


@pytest.mark.parametrize(
    "option, value",
    [
        *(("--order", 4), ("--latin", "char"), ("--sentences", "line"), ("--fold", "nfkc")),
        *(("--field", "a"), ("--column", "1")),
        *(("--encoding", "gb18030"), ("--on-error", "skip")),
    ],
)
def test_what_is_settled_when_counts_are_made(option: str, value: object) -> None:
    counts = counts_of("c", NOVEL, *FOR_A_MODEL)
    error = run("lm", "train", "--counts", counts, option, value, "-o", "out").usage
    assert error == f"{option} is settled when counts are made.\n"
    assert os.listdir() == ["c"]


def test_counts_and_a_corpus() -> None:
    counts = counts_of("c", NOVEL, *FOR_A_MODEL)
    error = run("lm", "train", "--counts", counts, NOVEL).usage
    assert error == "Give a corpus or --counts, not both.\n"
    assert "not both" in run("lm", "train", "--counts", counts, "-", stdin="天").usage


def test_counts_that_cannot_make_a_model() -> None:
    plain = counts_of("plain", NOVEL)
    error = run("lm", "train", "--counts", plain).error
    assert error == (
        "Error: a language model needs counts with the beginnings and ends of sentences\n"
        "hint: make them with nlptools count --sentences line\n"
    )
    long = counts_of("long", NOVEL, "--order", 7, "--sentences", "line")
    error = run("lm", "train", "--counts", long).error
    assert error == (
        "Error: the counts have order 7, a language model at most 6\n"
        "hint: make them with nlptools count --order 6 or less\n"
    )
    empty = counts_of("empty", *FOR_A_MODEL, stdin="\n \n")
    assert run("lm", "train", "--counts", empty).error == NOTHING
    write("text", NOVEL.read_bytes())
    not_counts = "Error: text: not an nlptools counts file\nhint: make one with nlptools count\n"
    assert run("lm", "train", "--counts", "text").error == not_counts
    assert "nothing: cannot read: No such file" in run("lm", "train", "--counts", "nothing").error
    short = write("short", Path(counts_of("c", NOVEL, *FOR_A_MODEL)).read_bytes()[:-5000])
    assert "short: the file ends inside its arrays" in run("lm", "train", "--counts", short).error
    error = run("lm", "train", "--counts", "c", "--prune", "0,0,0,0,0").usage
    assert error == "--prune has 5 numbers, the order is 4.\n"


@pytest.mark.parametrize(
    "command",
    [
        ["discover", "--counts", "c", "--method", "entropy"],
        ["discover", "--counts", "c", NOVEL],
        ["discover", "--counts", "c", NOVEL, "--method", "pmi"],
        ["segment", "--counts", "c", "--method", "pmi", NOVEL],
        ["segment", "--counts", "c", "--method", "nvbe", NOVEL],
        ["explain", "沈渡秋", "--counts", "c"],
    ],
    ids=lambda command: f"{command[0]} {command[-1]}",
)
def test_counts_of_a_model_are_for_nothing_else(command: list[object]) -> None:
    counts_of("c", NOVEL, *FOR_A_MODEL)
    done = run(*command)
    assert done.error == (
        "Error: these counts are for a language model: --order 4 --latin char --sentences line\n"
        "hint: make them without --sentences\n"
    )
    assert done.out == ""
