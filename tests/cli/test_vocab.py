"""`nlptools vocab build` as people meet it: ways in and out, the report, the pipe, errors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import posix, run, shell, write
from places import NOVEL

from nlptools import __version__
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.text.wordlists import read_weighted_words
from nlptools.vocab.build import build_vocab
from nlptools.vocab.map import read_map
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import Vocab, load_vocab
from nlptools.vocab.wordcount import count_corpus

assert np

BASE = "[PAD]\n[unused1]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n天\n气\n好\n##天\n...\n\u2028\nnice\n"
WORDS = "天气 5 n\n好天气 9 n\n天 3\niPad 2\n雨天 2 n\n"


@pytest.fixture
def files() -> None:
    write("base.txt", BASE)
    write("words.txt", WORDS)


def built(*args: object, stdin: str | bytes | None = None) -> list[str]:
    """The tokens that are printed."""
    done = run("vocab", "build", "-q", *args, stdin=stdin).ok()
    assert done.err == ""
    return done.out.split("\n")[:-1]


# --- ways out --------------------------------------------------------------------------------


@pytest.mark.usefixtures("files")
def test_printed_and_written() -> None:
    tokens = built("words.txt", "--base", "base.txt")
    kept = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "天", "气", "好", "\u2028", "nice"]
    assert tokens == [*kept, "好天气", "天气", "ipad", "雨天"]
    outputs = ["-o", "new.txt", "--map", "map.json", "--weights", "w.tsv", "--report", "r.json"]
    done = run("vocab", "build", "words.txt", "--base", "base.txt", "-q", *outputs).ok()
    assert (done.out, done.err) == ("", "")
    assert list(load_vocab("new.txt").tokens) == tokens
    made = read_map("map.json")
    assert made.keep.tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 11, 12]
    assert made.words == ("好天气", "天气", "ipad", "雨天")
    assert made.compound_tokens() == [[7, 5, 6], [5, 6], [1], [1, 5]]
    assert Path("w.tsv").read_text("utf-8").split("\n")[:3] == ["word\tcount", "天\t3", "好天气\t9"]
    assert read_weighted_words("w.tsv")["天气"] == 5
    report = json.loads(Path("r.json").read_text("utf-8"))
    assert report["entries"] == {"special": 5, "of the base": 5, "characters": 0, "words": 4}
    assert report["problems"] == []  # U+2028 is a token
    again = {name: Path(name).read_bytes() for name in outputs[1::2]}
    run("vocab", "build", "words.txt", "--base", "base.txt", "-q", *outputs).ok()
    assert again == {name: Path(name).read_bytes() for name in again}


@pytest.mark.usefixtures("files")
def test_what_is_said() -> None:
    done = run("vocab", "build", "words.txt", "--base", "base.txt", "-o", "new.txt").ok()
    assert done.out == ""
    lines = done.err.split("\n")
    assert lines[0] == "tokens"
    said = dict(re.findall(r"^(\S.*?)  +([\d,]+)$", done.err, re.MULTILINE))
    assert said["size"] == "14"
    assert (said["tokens of the base"], said["words in the base"]) == ("3", "1")
    assert said["words made small, without accents"] == "1"
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} vocab build \| base:reduced prune:no \| 10 tokens before \| "
        r"0 characters \| 4 words \| 14 tokens( \| \d+\.\d [MG]B memory)? \| \d+\.\d s",
        lines[-2],
    )
    more = ["--prune", "--min-count", 2, "--max-length", 2, "--no-lower", "--report", "report.json"]
    err = run("vocab", "build", "words.txt", "-o", "new.txt", *more).ok().err
    assert err.startswith("nlptools ")  # the report is in its file
    assert " | base:none prune:yes min_count:2 max_length:2 lower:no | " in err


@pytest.mark.usefixtures("files")
def test_fewer_than_were_asked_for() -> None:
    """Why there are fewer, and what gives more; nothing where there are as many, or no room for one more."""
    build = ["vocab", "build", "words.txt", "--base", "base.txt", "-o", "new.txt"]

    def said(*more: object) -> str:
        lines = run(*build, *more).ok().err.split("\n")
        return next((line for line in lines if "every word there is" in line), "")

    assert said("--size", 20, "--min-count", 3, "--max-length", 2) == (
        "11 of 20 (--size): every word there is was added. Left out: too seldom for --min-count 1, too long for "
        "--max-length 2. More text, or another word list, gives more."
    )
    assert said("--words", 9) == (
        "4 of 9 (--words): every word there is was added. More text, or another word list, gives more."
    )
    for enough in (("--size", 14), ("--size", 12), ("--words", 4), ()):
        assert said(*enough) == ""
    assert run(*build, "-q", "--size", 20).ok().err == ""


def test_a_base_with_duplicates(files: None) -> None:
    """One line; reduced, the one stays that the tokenizer takes, whole, all of them."""
    write("base.txt", BASE + "天\n")
    done = run("vocab", "build", "words.txt", "--base", "base.txt", "-o", "new.txt").ok()
    assert done.err.split("\n")[0] == "base.txt: listed again later: 天 (line 7)."
    tokens = load_vocab("new.txt").tokens
    assert tokens.count("天") == 1
    assert tokens[9] == "天"
    whole = built("words.txt", "--base", "base.txt", "--keep-base")
    assert whole[:14] == [*BASE.split("\n")[:-1], "天"]


# --- ways in ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("files")
def test_lists_of_all_kinds() -> None:
    expected = built("words.txt")
    assert built("-", stdin=WORDS) == expected
    write("a.csv", "word,count\n天气,5\n好天气,9\n")
    write("b.jsonl", '{"word": "天", "count": 3}\n{"word": "iPad", "count": 2}\n')
    assert built("a.csv", "b.jsonl", "-", stdin="天气 99\n雨天 2\n") == expected
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    assert "沈渡秋" in built("novel.model", "--words", 100)


def test_rejected_words_are_left_out() -> None:
    write("reviewed.tsv", "word\tcount\tdecision\n雾螺湖\t9\taccepted\n鹭洲镇\t7\trejected\n")
    write("plain.txt", "鹭洲镇\n")
    tokens = run("vocab", "build", "plain.txt", "reviewed.tsv", "-q").ok().out.split("\n")
    assert "雾螺湖" in tokens
    assert "鹭洲镇" not in tokens
    none = run("vocab", "build", write("none.tsv", "word\tdecision\n雾螺湖\trejected\n"))
    assert none.code == 1 and "none.tsv: no words" in none.err


def test_the_same_from_python() -> None:
    write("base.txt", BASE)
    options = ["--corpus", NOVEL, "--base", "base.txt", "--coverage", "0.9", "--size", 900]
    counted = count_corpus(Corpus([NOVEL]), Segmenter.load())
    made = build_vocab(None, load_vocab("base.txt"), counted, coverage=0.9, size=900)
    assert built(*options) == list(made.vocab.tokens)
    assert built(*options, "--workers", 3) == list(made.vocab.tokens)
    lines = NOVEL.read_text("utf-8").splitlines()
    write("novel.jsonl", "".join(json.dumps({"text": line}) + "\n" for line in lines))
    options[1] = "novel.jsonl"
    assert built(*options, "--field", "text") == list(made.vocab.tokens)


@posix
def test_the_whole_pipe() -> None:
    """What is discovered goes into a vocabulary, by which the text is tokenized with fewer tokens."""
    shell(
        f"set -eo pipefail; nlptools discover {NOVEL} -q | nlptools vocab build - "
        f"--corpus {NOVEL} --coverage 1 --weights w.tsv --report r.json -q > new.txt"
    ).ok()
    vocab = load_vocab("new.txt")
    assert "沈渡秋" in vocab
    text = NOVEL.read_text("utf-8")
    words = WordTokenizer(vocab, weights=read_weighted_words("w.tsv")).encode(text)
    plain = WordTokenizer(vocab, pre="none").encode(text)
    assert len(words) < 0.9 * len(plain)
    report = json.loads(Path("r.json").read_text("utf-8"))
    new = report["held_out"][0]
    assert new["name"] == "new, --pre vocab"
    assert 0.5 < new["tokens_per_character"] < 1
    assert new["unknown_rate"] < 0.1


def test_a_model_finds_other_words() -> None:
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    ours = built("--corpus", NOVEL, "--model", "novel.model")
    general = built("--corpus", NOVEL)
    assert set(ours) - set(general)
    assert built("--corpus", NOVEL, "--model", "general") == general


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args, problem",
    [
        ([], "Nothing to take words from: give WORDS, or --corpus FILE."),
        (["-", "-"], "stdin can be read only once."),
        (["-", "--corpus", "-"], "stdin can be read only once."),
        (["words.txt", "--words", 3, "--size", 3], "--words and --size exclude each other."),
        (["words.txt", "--coverage", 1], "--coverage is that of a corpus: give --corpus FILE."),
        (["words.txt", "--model", "m"], "--model finds the words of a --corpus, without WORDS."),
        (["words.txt", "--map", "map.json"], "--map goes with --base."),
        (["words.txt", "--keep-base"], "--keep-base goes with --base."),
        (["words.txt", "-o", "words.txt"], "--output is a file that is read: words.txt."),
        (["words.txt", "--base", "b", "--report", "./b"], "--report is a file that is read: ./b."),
        (["words.txt", "-o", "a", "--report", "./a"], "--output and --report are the same file."),
        (["words.txt", "--corpus", "c", "--coverage", 0], "Invalid value for '--coverage'"),
        (["words.txt", "--words", -1], "Invalid value for '--words'"),
    ],
)
@pytest.mark.usefixtures("files")
def test_usage(args: list[object], problem: str) -> None:
    assert run("vocab", "build", *args, stdin="").usage.startswith(problem)
    assert Path("words.txt").read_text("utf-8") == WORDS


@pytest.mark.usefixtures("files")
def test_bad_data() -> None:
    write("nothing.txt", "")
    write("no-unk.txt", "[PAD]\n天\n")
    for args, problem in (
        (["missing.txt"], "Error: missing.txt: "),
        (["words.txt", "--base", "missing.txt"], "Error: missing.txt: "),
        (["words.txt", "--base", "nothing.txt"], "Error: nothing.txt: an empty vocabulary\n"),
        (
            ["words.txt", "--base", "no-unk.txt"],
            "Error: no-unk.txt: no [UNK] among its 2 tokens\nhint: ",
        ),
        (["nothing.txt"], "Error: nothing.txt: no words\n"),
        (["--corpus", "nothing.txt"], "Error: nothing.txt: no words\nhint: "),
        (["words.txt", "--base", "base.txt", "--size", 3], "Error: no room for words: 10 tokens"),
    ):
        done = run("vocab", "build", *args, "-o", "new.txt")
        assert done.error.startswith(problem)
        assert not Path("new.txt").exists()


@pytest.mark.usefixtures("files")
def test_all_files_or_none() -> None:
    outputs = ["--map", "map.json", "--weights", "w.tsv"]
    for bad in ("no/folder.json", "."):
        done = run(
            *("vocab", "build", "words.txt", "--base", "base.txt"),
            *(*outputs, "--report", bad, "-o", "new.txt"),
        )
        assert done.error
        assert not any(Path(name).exists() for name in ("map.json", "w.tsv", "new.txt"))


def test_words_beside_a_vocabulary(files: None) -> None:
    """A vocabulary is a word list too: its special tokens are refused, or there."""
    write("more.txt", "[UNK]\n[CLS]\n[unused1]\n##天\n雪\n")
    tokens = built("more.txt", "--base", "base.txt")
    assert tokens[10:] == ["雪"]
    assert isinstance(load_vocab("base.txt"), Vocab)
