"""`nlptools segment` as people meet it: stdin, files, models and lists, both formats, errors."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import PLAIN_LOCALE, Done, posix, run, shell, write
from places import FORMATS, NOVEL, SAMPLES

from nlptools import __version__
from nlptools.segmentation.segmenter import Segmenter

assert np

USERDICT = SAMPLES / "userdict.txt"


def segment(*args: object, stdin: str | bytes | None = None) -> str:
    done = run("segment", "-q", *args, stdin=stdin).ok()
    assert done.err == ""
    return done.out


# --- ways in and out -------------------------------------------------------------------------


@posix
def test_the_first_thing_people_try() -> None:
    done = shell("echo 今天天气非常好 | nlptools segment").ok()
    assert done.out == "今天 天气 非常 好\n"
    assert re.fullmatch(
        rf"nlptools {re.escape(__version__)} segment \| model:general adapted:no, a pipe \| 8 characters in 22 B"
        r"( \| \d+\.\d MB memory)? \| \d+\.\d s\n",
        done.err,
    )
    assert shell("echo 今天天气非常好 | nlptools segment -q -").ok().err == ""


def test_stdin_and_files() -> None:
    text = "今天天气非常好"
    assert segment(stdin=text) == segment("-", stdin=text) == "今天 天气 非常 好"
    write("a.txt", text)
    write("b.txt", f"{text}\n")
    assert segment("a.txt") == "今天 天气 非常 好"
    assert (
        segment("a.txt", "b.txt", "-", stdin=text)
        == "今天 天气 非常 好\n" * 2 + "今天 天气 非常 好"
    )
    assert segment("a.txt", stdin="别的") == "今天 天气 非常 好"
    assert segment(write("a.gz", gzip.compress(text.encode()))) == "今天 天气 非常 好"


@pytest.mark.parametrize("text", ["", "\n", "\ufeff", "\r\n \n", "hello, world!\n", "\0\0\n"])
def test_nothing_to_segment(text: str) -> None:
    out = segment(stdin=text)
    assert out.replace(" ", "") == text.removeprefix("\ufeff").replace(" ", "")
    assert segment("--format", "jsonl", stdin=text).count("\n") == text.count("\n")


def test_every_sample_comes_back() -> None:
    for path in sorted(SAMPLES.glob("*.txt")):
        text = path.read_text("utf-8")
        assert segment(path, "--separator", "■").replace("■", "") == text
        out = segment(path)
        assert out.replace(" ", "") == text.replace(" ", "")
        assert len(out) > len(text)


def test_encodings() -> None:
    expected = segment(FORMATS / "plain.txt")
    assert segment(FORMATS / "gb18030.txt", "--encoding", "gb18030") == expected
    assert segment(FORMATS / "gb18030.txt", "--encoding", "auto") == expected
    assert segment(FORMATS / "utf16.txt") == expected
    assert segment(FORMATS / "utf8-bom-crlf.txt").replace("\r\n", "\n") == expected


def test_on_error() -> None:
    write("bad.txt", "天气\n好".encode() + b"\xff\n" + "天气".encode())
    done = run("segment", "bad.txt")
    assert "bad.txt:2: not UTF-8: byte 0xff" in done.error
    assert segment("bad.txt", "--on-error", "skip") == "天气\n天气"
    assert segment("bad.txt", "--on-error", "replace") == "天气\n好 \ufffd\n天气"
    assert "1 lines skipped" in run("segment", "bad.txt", "--on-error", "skip").ok().err


def test_the_output_file_is_what_is_printed() -> None:
    for more in ([], ["--format", "jsonl"], ["--separator", "/"]):
        printed = segment(NOVEL, *more)
        assert segment(NOVEL, *more, "-o", "out") == ""
        assert Path("out").read_bytes().decode() == printed
        assert os.listdir() == ["out"]


def test_the_output_is_whole_or_not_there() -> None:
    """A file that cannot be read to its end leaves what was there before."""
    write("bad.txt", "天气很好\n".encode() * 400_000 + b"\xff")
    old = write("out", "before")
    assert "bad.txt:400001: not UTF-8" in run("segment", "bad.txt", "-o", "out").error
    assert old.read_text() == "before"
    assert "not UTF-8" in run("segment", "bad.txt", "-o", "new").error
    assert sorted(os.listdir()) == ["bad.txt", "out"]
    for place in ("no/where", "bad.txt/x"):
        assert f"Error: {place}: cannot write" in run("segment", NOVEL, "-o", place).error


@posix
@pytest.mark.parametrize("more", ["", "--format jsonl"])
def test_a_reader_that_stops(more: str) -> None:
    write("large.txt", NOVEL.read_bytes() * 100)
    done = shell(f"set -o pipefail; nlptools segment large.txt -q {more} | head -1").ok()
    assert done.out.count("\n") == 1
    assert done.err == ""
    assert shell(f"set -o pipefail; nlptools segment large.txt -q {more} | true").ok().err == ""


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_stdout_on_a_full_disk() -> None:
    error = shell(f"nlptools segment {NOVEL} -q > /dev/full").error
    assert error == "Error: cannot write to standard output: No space left on device\n"


@posix
def test_utf8_whatever_the_locale() -> None:
    write("文本.txt", "今天天气非常好")
    for command in ("segment 文本.txt", "segment 文本.txt --separator ／", "segment --help"):
        plain = shell(
            f"nlptools {command} -q" if "help" not in command else f"nlptools {command}",
            **PLAIN_LOCALE,
        )
        assert plain.ok().out == shell(f"nlptools {command}").ok().out
    assert (
        shell("nlptools segment 文本.txt -q --separator ／", **PLAIN_LOCALE).out
        == "今天／天气／非常／好"
    )


# --- formats ---------------------------------------------------------------------------------


def test_json_lines() -> None:
    out = segment("--format", "jsonl", stdin="天气 好\r\n\n好A")
    rows = [json.loads(line) for line in out.split("\n")[:-1]]
    assert rows == [
        {"text": "天气 好", "words": ["天气", "好"], "offsets": [[0, 2], [3, 4]]},
        {"text": "", "words": [], "offsets": []},
        {"text": "好A", "words": ["好", "A"], "offsets": [[0, 1], [1, 2]]},
    ]
    whole = segment(NOVEL, "--format", "jsonl").split("\n")[:-1]
    assert [json.loads(row)["text"] for row in whole] == NOVEL.read_text("utf-8").split("\n")[:-1]


@pytest.mark.parametrize("separator", ["/", "\t", "\u3000", "  ", "😀", "-"])
def test_separators(separator: str) -> None:
    out = segment("--separator", separator, stdin="今天天气好\n")
    assert out == separator.join(["今天", "天气", "好"]) + "\n"


def test_workers_do_not_matter() -> None:
    write("large.txt", NOVEL.read_bytes() * 60)
    assert segment("large.txt", "--workers", 1) == segment("large.txt", "--workers", 4)


# --- models, lists, other methods ------------------------------------------------------------


def test_a_model_of_train() -> None:
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    run("train", NOVEL, "-q", "-o", "novel.model.gz").ok()
    out = segment(NOVEL, "--model", "novel.model")
    assert " 沈渡秋 " in out
    assert segment(NOVEL, "--model", "novel.model.gz") == out
    assert segment(NOVEL, "--model", "novel.model", "--granularity", "default") == out
    sizes = [
        segment(NOVEL, "--model", "novel.model", "--granularity", name).count(" ")
        for name in ("coarse", "default", "fine")
    ]
    assert sizes == sorted(set(sizes))
    told = run("segment", NOVEL, "--model", "novel.model").ok().err
    assert " segment | model:novel.model | " in told


def test_granularity_of_the_general_model() -> None:
    sizes = [
        segment(NOVEL, "--granularity", name).count(" ") for name in ("coarse", "default", "fine")
    ]
    assert sizes == sorted(set(sizes))
    assert segment(NOVEL, "--granularity", "default") == segment(NOVEL)


def test_lists() -> None:
    text = "沈渡秋的折柳剑法"
    assert segment("--model", USERDICT, stdin=text) == "沈渡秋 的 折柳剑法"
    for how in ("tsv", "csv", "jsonl", "plain"):
        run("discover", NOVEL, "-q", "--top", 300, "--format", how, "-o", f"words.{how}").ok()
        assert segment("--model", f"words.{how}", stdin="沈渡秋，陆青蘅") == "沈渡秋 ， 陆青蘅"
    assert segment("--model", "words.tsv", stdin=text) == segment(
        "--model", "words.jsonl", stdin=text
    )


# --- words of users --------------------------------------------------------------------------

LISTS = {
    "plain.txt": "雾螺湖\nHK-II\n# 评论\n",
    "jieba.txt": "雾螺湖 3 ns\nHK-II 100 nz\n",
    "hanlp.txt": "雾螺湖 ns 35\nHK-II nz 12\n沈渡秋 nr 7 nz 2\n",
    "rime.dict.yaml": '# 词典\n---\nname: own\nversion: "1"\n...\n雾螺湖\twu luo hu\t35\nHK-II\thk\t1\n',
    "table.tsv": "word\tscore\tcount\n雾螺湖\t1.5\t9\nHK-II\t1.2\t3\n",
    "table.csv": "word,count\n雾螺湖,9\nHK-II,\n",
    "bare.csv": "雾螺湖,ns,35\nHK-II,nz,12\n",
    "list.jsonl": '{"word": "雾螺湖"}\n{"word": "HK-II", "count": 3}\n',
}


@pytest.mark.parametrize("name", LISTS)
def test_words_of_every_format(name: str) -> None:
    write(name, LISTS[name])
    text = "在雾螺湖买HK-II水"
    assert segment("--words", name, stdin=text) == "在 雾螺湖 买 HK-II 水"
    assert "雾螺湖" not in segment(stdin=text).split()


def test_words_of_several_lists() -> None:
    write("a.txt", "雾螺湖 9\n# 寒鸦渡\n")
    write("b.txt", "鹭洲镇\n雾螺湖 0\n司空翎 0\n")
    text = "雾螺湖、鹭洲镇、司空翎"
    assert segment("--words", "a.txt", "--words", "b.txt", stdin=text) == segment(
        "--words", write("c.txt", "雾螺湖\n鹭洲镇\n"), stdin=text
    )
    write("text.txt", text)
    assert segment("text.txt", "--words", "-", stdin="雾螺湖\n鹭洲镇\n") == segment(
        "text.txt", "--words", "c.txt"
    )
    assert "stdin can be read only once" in run("segment", "--words", "-", stdin="词").usage


def test_rejected_words_are_no_words() -> None:
    table = "word\tcount\tdecision\n雾螺湖\t9\taccepted\n鹭洲镇\t7\trejected\n"
    write("reviewed.tsv", table)
    write("plain.txt", "雾螺湖\n")
    text = "从雾螺湖到鹭洲镇"
    assert segment("--words", "reviewed.tsv", stdin=text) == segment(
        "--words", "plain.txt", stdin=text
    )
    assert segment("--words", write("accepted.tsv", table.replace("rejected", "")), stdin=text) == (
        "从 雾螺湖 到 鹭洲镇"
    )
    none = run(
        "segment", "--words", write("none.tsv", table.replace("accepted", "rejected")), stdin=text
    )
    assert none.code == 1 and "none.tsv: no words" in none.err


def test_words_win_under_every_method() -> None:
    run("count", NOVEL, "-o", "c", "-q").ok()
    run("lm", "train", NOVEL, "-o", "lm", "-q").ok()
    run("train", NOVEL, "-o", "own.model", "-q").ok()
    words = write("words.txt", "纸灯笼铺\nC++\n")
    text = write("text.txt", "沈渡秋的纸灯笼铺写C++，AC++\n" * 2)
    for options in (
        *(("--model", USERDICT), ("--model", "own.model", "--granularity", "coarse")),
        *(("--method", "pmi", "--counts", "c"), ("--method", "nvbe", "--counts", "c")),
        *(("--method", "lm", "--model", "lm"), ("--adapt",)),
    ):
        done = run("segment", text, "--words", words, *options).ok()
        for line in done.out.splitlines():
            assert line.replace(" ", "") == "沈渡秋的纸灯笼铺写C++，AC++"
            assert "纸灯笼铺" in line.split()
            assert line.split().count("C++") == 1
            assert line.split()[-2:] == ["AC", "++"]
        assert " words:2 | " in done.err
        assert " | 4 of 4 places of your words are one word | " in done.err
    rows = run("segment", text, "--words", words, "--format", "jsonl", "-q").ok().out.splitlines()
    assert [9, 12] in json.loads(rows[0])["offsets"]


def test_where_words_do_not_win() -> None:
    words = write("words.txt", "和服\n云计算\n云计算平台\n")
    done = run("segment", "--words", words, stdin="和服；产品和服务；云计算平台").ok()
    assert done.out == "和服 ； 产品 和 服务 ； 云计算平台"
    assert (
        " | 2 of 4 places of your words are one word; in 1 another of yours holds; "
        "in 1 one of the model holds: 和服 1 | " in done.err
    )
    assert " | your words do not occur | " in run("segment", "--words", words, stdin="天").ok().err


def test_a_short_list_is_no_model() -> None:
    words = write("my.txt", "雾螺湖\n纸灯笼\n")
    done = run("segment", "--model", words, stdin="雾螺湖边").ok()
    assert done.err.startswith(
        f"{words} has 2 words, and the text is cut by nothing else. "
        f"To lay them on top of the general model: --words {words}\n"
    )
    assert segment("--words", words, stdin="雾螺湖边") == "雾螺湖 边"  # as the note says
    write("long.txt", "".join(f"第{chr(0x4E00 + i)}天\n" for i in range(500)))
    for options in (("--model", "long.txt"), ("--words", words), ()):
        assert run("segment", *options, stdin="雾螺湖边").ok().err.count("\n") == 1


def test_words_that_are_too_long() -> None:
    words = write("words.txt", f"雾螺湖\n{'天' * 41}\n{'A-' * 33}\n")
    for option in ("--model", "--words"):
        err = run("segment", option, words, stdin="雾螺湖").ok().err
        assert f"2 words of the lists are too long to be used: {'天' * 41}, {'A-' * 29}" in err


def test_lists_without_words() -> None:
    for content in ("", "# 词\n", "雾螺湖 0\n"):
        write("none.txt", content)
        done = run("segment", "--words", "none.txt", stdin="雾螺湖")
        assert done.error == "Error: none.txt: no words\nhint: --words names a list of words\n"
    assert "no such file" in run("segment", "--words", "nothing.txt", stdin="天").error
    write("logs.txt", "雾螺湖 -3.2\n")
    assert "logs.txt:1: no count: '-3.2'" in run("segment", "--words", "logs.txt", stdin="天").error


# --- methods ---------------------------------------------------------------------------------


def test_methods_to_compare_with() -> None:
    run("count", NOVEL, "-o", "c", "-q").ok()
    text = NOVEL.read_text("utf-8")
    found = {
        name: run("segment", NOVEL, "--method", name, "--counts", "c").ok()
        for name in ("pmi", "nvbe")
    }
    for name, done in found.items():
        assert done.out.replace(" ", "") == text.replace(" ", "")
        assert f" segment | method:{name} | " in done.err
        assert "沈渡秋 " in done.out
    assert found["pmi"].out != found["nvbe"].out != segment(NOVEL)


def test_adapt() -> None:
    """The words of the text are learnt first, on top of the model."""
    made_by = run("segment", SAMPLES / "startup.txt", "--adapt").ok()
    plain = segment(SAMPLES / "startup.txt")
    assert made_by.out != plain
    assert made_by.out.replace(" ", "") == plain.replace(" ", "")
    assert " segment | model:general adapted:yes | " in made_by.err
    assert segment(SAMPLES / "startup.txt", "--no-adapt") == plain
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    on_top = segment(NOVEL, "--adapt", "--model", "novel.model", "--granularity", "coarse")
    assert on_top != segment(NOVEL, "--adapt", "--model", "novel.model")
    assert "沈渡秋" in on_top.split()
    # On top of a list of words, which says what is known.
    assert "寒鸦渡" in segment(NOVEL, "--adapt", "--model", USERDICT).split()
    assert (
        "--adapt reads the text twice: name files" in run("segment", "--adapt", stdin="天气").usage
    )


def test_files_are_adapted_to_by_themselves() -> None:
    """From 20,000 Han characters on, by the general model alone, and never a pipe."""
    name = "沐云笙"
    told = [f"{name}说第{i}天不去了，大家看着{name}，谁也没有出声。" for i in range(1100)]
    long, short = write("long.txt", "\n".join(told)), write("short.txt", "\n".join(told[:300]))
    closing = " segment | model:general adapted:yes | "
    done = run("segment", long).ok()
    assert closing in done.err
    assert name in done.out.split()
    assert closing not in run("segment", short).ok().err
    piped = run("segment", stdin=long.read_text(encoding="utf-8")).ok()
    assert " segment | model:general adapted:no, a pipe | " in piped.err
    assert piped.out == run("segment", long, "--no-adapt").ok().out
    assert name not in piped.out.split()
    raw = run("segment", long, "--model", "raw").ok()
    assert " segment | model:raw | " in raw.err


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "args, problem",
    [
        (["--separator", ""], "--separator must not be empty, nor a line end."),
        (["--separator", "\n"], "--separator must not be empty, nor a line end."),
        (["--separator", "a\rb"], "--separator must not be empty, nor a line end."),
        (["--counts", "c"], "--counts goes with --method pmi or nvbe."),
        (["--method", "pmi"], "--method pmi needs the counts of a corpus: --counts FILE."),
        (["--method", "nvbe"], "--method nvbe needs the counts of a corpus: --counts FILE."),
        (
            ["--method", "nvbe", "--counts", "c", "--model", "m"],
            "--model goes with --method model or lm",
        ),
        (
            ["--method", "pmi", "--counts", "c", "--granularity", "fine"],
            "--granularity goes with --method model.",
        ),
        (["--method", "pmi", "--counts", "c", "--adapt"], "--adapt goes with --method model."),
        (["--method", "jieba"], "'jieba' is not one of 'model', 'lm', 'pmi', 'nvbe'"),
        (["--format", "xml"], "'xml' is not one of 'text', 'jsonl'"),
        (["--granularity", "x"], "'x' is not one of 'coarse', 'default', 'fine'"),
        (["--workers", "0"], "0 is not in the range x>=1"),
        (["--field", "text", "--column", "1"], "give one of them"),
        (["--into", ""], "--into must not be empty"),
    ],
)
def test_wrong_usage(args: list[str], problem: str) -> None:
    assert problem in run("segment", NOVEL, *args, "-o", "out").usage
    assert os.listdir() == []


def test_missing_files() -> None:
    def error(*args: object) -> str:
        done: Done = run("segment", *args)
        assert done.out == ""
        return done.error

    assert error("nothing.txt") == "Error: nothing.txt: no such file\n"
    assert error(NOVEL, "--model", "nothing") == "Error: nothing: no such file\n"
    counts = error(NOVEL, "--method", "pmi", "--counts", "nothing")
    assert counts == "Error: nothing: cannot read: No such file or directory\n"


def test_what_is_no_model() -> None:
    run("count", NOVEL, "-o", "counts", "-q", "--order", 2).ok()
    run("train", NOVEL, "-o", "whole", "-q").ok()
    write("cut.model", Path("whole").read_bytes()[:-100])
    write("empty", "")
    hint = "hint: give a model of nlptools train, or a list of words in UTF-8\n"
    for name, problem, told in (
        ("counts", "", hint),
        ("empty", "no words to segment by", hint),
        (NOVEL, "no words to segment by", hint),
        ("cut.model", "the file was cut short", ""),
        (FORMATS / "news.jsonl", "no field 'word'", "hint: fields with text: title, text\n"),
    ):
        error = run("segment", NOVEL, "--model", name).error
        assert error.startswith(f"Error: {name}:")
        assert problem in error
        assert error.endswith(told)
    error = run("segment", NOVEL, "--model", USERDICT, "--granularity", "fine").error
    assert "userdict.txt: a word list has no granularity" in error


def test_counts_that_do_not_fit() -> None:
    run("count", NOVEL, "-o", "two", "-q", "--order", 2).ok()
    run("count", NOVEL, "-o", "one", "-q", "--order", 1).ok()
    assert (
        "needs counts of order 5"
        in run("segment", NOVEL, "--method", "nvbe", "--counts", "two").error
    )
    assert (
        "needs counts of order 2"
        in run("segment", NOVEL, "--method", "pmi", "--counts", "one").error
    )
    error = run("segment", NOVEL, "--method", "pmi", "--counts", NOVEL).error
    assert "not an nlptools counts file" in error


def test_python_does_the_same() -> None:
    text = NOVEL.read_text("utf-8").split("\n")[0]
    assert segment(stdin=text).split() == [
        w for w in Segmenter.load().segment(text) if not w.isspace()
    ]


# --- found by a review -----------------------------------------------------------------------


def test_the_general_model_has_a_name() -> None:
    assert segment("--model", "general", stdin="今天天气非常好\n") == segment(
        stdin="今天天气非常好\n"
    )


def test_adapting_keeps_what_the_model_was_trained_for(tmp_path: Path) -> None:
    model = tmp_path / "coarse.model"
    run("train", "-q", NOVEL, "--prior", "general", "--granularity", "coarse", "-o", model).ok()
    startup = SAMPLES / "startup.txt"
    adapted = segment("--adapt", "--model", model, startup)
    assert adapted == segment("--adapt", "--model", model, "--granularity", "coarse", startup)
    assert adapted != segment("--adapt", "--model", model, "--granularity", "default", startup)


@pytest.mark.parametrize("text", ["", "OK, 3.14!\n", "。。。\n"])
def test_adapting_to_nothing(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.txt", text)
    done = run("segment", "-q", "--adapt", path).ok()
    assert done.out == segment(path)
    assert "used as it is" in done.err


def test_a_model_that_was_trained_on_folded_text(tmp_path: Path) -> None:
    """It needs no word of warning: case is nothing to a segmenter."""
    model = tmp_path / "small.model"
    run("train", "-q", NOVEL, "--fold", "lower", "-o", model).ok()
    assert "fold" not in run("segment", "--model", model, stdin="好").ok().err


TRADITIONAL = "鄰居把舊電視賣給了學校\n"


def test_traditional_text_is_cut_as_simplified() -> None:
    """The words stand as they are, offsets are those of the text, the closing line says it."""
    simplified = run("segment", "-q", stdin="邻居把旧电视卖给了学校\n").ok().out
    done = run("segment", stdin=TRADITIONAL).ok()
    assert done.out.replace(" ", "") == TRADITIONAL
    assert [*map(len, done.out.split(" "))] == [*map(len, simplified.split(" "))]
    assert "| 7 traditional characters looked up as simplified |" in done.err
    row = json.loads(run("segment", "-q", "--format", "jsonl", stdin=TRADITIONAL).ok().out)
    assert row["words"] == done.out.split()
    assert [row["text"][a:b] for a, b in row["offsets"]] == row["words"]


def test_text_of_both_scripts_is_cut_alike_in_every_line() -> None:
    done = run("segment", "-q", stdin="学校的电视\n學校的電視\n").ok()
    assert done.out == "学校 的 电视\n學校 的 電視\n"
    assert "traditional" not in run("segment", stdin="学校的电视\n").ok().err


def test_fold_none() -> None:
    plain = run("segment", "--fold", "none", stdin=TRADITIONAL).ok()
    assert plain.out != run("segment", "-q", stdin=TRADITIONAL).ok().out
    assert "traditional" not in plain.err
    case = run("segment", "-q", "--fold", "lower", "--fold", "nfkc", stdin=TRADITIONAL).ok()
    assert case.out == plain.out
    done = run("segment", "--fold", "none", "--fold", "lower", stdin="好")
    assert (done.code, "--fold none goes without another --fold" in done.err) == (2, True)


def test_adapting_to_traditional_text(tmp_path: Path) -> None:
    """What is learnt is learnt of the form that words are looked up in."""
    lines = [f"鷺洲鎮{verb}了，陳捕頭{verb}了" for verb in "來去坐笑說聽看想走問"] * 6
    simplified = [f"鹭洲镇{verb}了，陈捕头{verb}了" for verb in "来去坐笑说听看想走问"] * 6
    path, other = tmp_path / "a.txt", tmp_path / "b.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    other.write_text("\n".join(simplified), encoding="utf-8")
    cut = run("segment", "-q", "--adapt", path).ok().out
    expected = run("segment", "-q", "--adapt", other).ok().out
    assert cut.replace(" ", "") == "\n".join(lines)
    assert [*map(len, cut.split(" "))] == [*map(len, expected.split(" "))]
    assert cut != run("segment", "-q", path).ok().out


def test_separators_are_for_text() -> None:
    done = run("segment", "--format", "jsonl", "--separator", "/", stdin="好")
    assert done.code == 2
    assert "--separator goes with --format text" in done.err


# --- the index of a search engine ------------------------------------------------------------


def test_mode_search() -> None:
    write("dict.txt", "清华大学 9\n清华 5\n大学 5\n在 9\n")
    text = "在清华大学\n大学"
    assert segment("--model", "dict.txt", "--mode", "search", stdin=text) == (
        "在 清华 大学 清华大学\n大学"
    )
    rows = segment("--model", "dict.txt", "--mode", "search", "--format", "jsonl", stdin=text)
    assert [json.loads(row)["offsets"] for row in rows.split("\n")[:-1]] == [
        [[0, 1], [1, 3], [3, 5], [1, 5]],
        [[0, 2]],
    ]
    done = run("segment", "--model", "dict.txt", "--mode", "search", stdin=text).ok()
    assert " | model:dict.txt mode:search | " in done.err


@pytest.mark.parametrize("method, option", [("lm", "--model"), ("pmi", "--counts")])
def test_mode_search_needs_a_word_list(method: str, option: str) -> None:
    write("file", "")
    done = run("segment", "--method", method, option, "file", "--mode", "search", stdin="天")
    assert done.usage == "--mode goes with --method model.\n"
    assert (
        run("segment", "--method", method, option, "file", "--mode", "default", stdin="天").code
        == 1
    )
