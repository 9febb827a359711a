"""`nlptools export` as people meet it: ways in and out, what is said of refused words, the closing line, errors."""

from __future__ import annotations

import gzip
import json
from functools import partial
from pathlib import Path

import commandline
import pytest
from commandline import shell, write

from nlptools import __version__
from nlptools.review.export import export_words
from nlptools.text.wordlists import WHAT_IS_READ

run = partial(commandline.run, "export")
printed = partial(commandline.printed, "export")
refused = partial(commandline.refused, "export")
WORDS = "沈渡秋 35 nr\n松烟派\niPad Pro 3 n\n阿里·巴巴 4\n秋山 2\n"
DICT = "沈 30 n\n渡 30 v\n人 40 n\n"


@pytest.fixture(autouse=True)
def files(own_folder: None) -> None:
    write("words.txt", WORDS)
    write("dict.txt", DICT)


def test_stdout() -> None:
    counts = printed("words.txt", "--to", "jieba", "--freq", "corpus")
    assert counts == "沈渡秋 35 nz\n松烟派 nz\n秋山 2 nz\n"
    assert printed("words.txt", "--to", "hanlp", "--freq", "8", "--tag", "nr", "--top", "1") == (
        "沈渡秋 nr 8\n"
    )
    assert printed("words.txt", "--to", "plain", "--min-count", "4") == (
        "沈渡秋\n松烟派\n阿里·巴巴\n"
    )
    assert [row["count"] for row in json.loads(printed("words.txt", "--to", "json"))] == [
        *(35, None, 3, 4, 2)
    ]


def test_python_twin() -> None:
    result = export_words({"沈渡秋": 35, "松烟派": None, "秋山": 2}, "jieba", freq=5)
    assert "".join(result.pieces()) == printed("words.txt", "--to", "jieba", "--freq", "5")


def test_win() -> None:
    """沈渡 needs 9 of 100, see test_jiebacut.py."""
    win = ("--to", "jieba", "--freq", "win", "--jieba-dict", "dict.txt")
    assert printed("-", *win, stdin="沈渡\n秋山 7\n") == "沈渡 9 nz\n秋山 1 nz\n"
    by_default = ("--to", "jieba", "--jieba-dict", "dict.txt")
    assert printed("-", *by_default, stdin="沈渡\n秋山 7\n") == "沈渡 9 nz\n秋山 1 nz\n"


def test_what_has_no_effect_is_said() -> None:
    corpus = ("--to", "jieba", "--freq", "corpus", "--jieba-dict", "dict.txt")
    done = run("-", *corpus, stdin="沈渡 3\n秋山 7\n")
    assert (done.code, done.out) == (0, "沈渡 3 nz\n秋山 7 nz\n")
    assert done.err.splitlines()[0] == (
        "1 of 2 words may have no effect; --freq win would have one: "
        "jieba cuts it apart in spite of this frequency: 沈渡"
    )


def test_without_a_dictionary_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = run("-", "--to", "jieba", stdin="沈渡 3\n秋山 7\n")
    assert (done.code, done.out) == (0, "沈渡 3 nz\n秋山 7 nz\n")
    said, closing = done.err.splitlines()
    assert said.startswith(
        "jieba is not installed, so these are the counts of the lists, and it is"
    )
    assert "freq:corpus" in closing


def test_decisions() -> None:
    write("r.tsv", "word\tcount\tdecision\n甲乙\t5\taccepted\n丙丁\t3\t\n戊己\t4\trejected\n")
    done = run("r.tsv", "--to", "plain")
    assert done.out == "甲乙\n丙丁\n"
    assert "3 words | 2 written | 0 refused | 1 rejected by a list | " in done.err
    done = run("r.tsv", "words.txt", "--to", "plain", "--accepted-only", "--top", "2")
    assert done.out == "甲乙\n沈渡秋\n"
    assert "1 rejected by a list | 1 not accepted | " in done.err
    assert refused("words.txt", "--to", "plain", "--accepted-only") == [
        "Error: words.txt: no column `decision`",
        "hint: review the list on the page of nlptools report, and download it with its decisions",
    ]


def test_hanlp_by_the_name_of_the_file() -> None:
    for name, line in (("a.csv", "iPad Pro,nz,3"), ("a.tsv", "iPad Pro\tnz\t3")):
        run("words.txt", "--to", "hanlp", "-o", name).ok()
        assert line in Path(name).read_text(encoding="utf-8").splitlines()


def test_said_of_refused_words() -> None:
    how = ("--to", "jieba", "--freq", "corpus", "--jieba-dict", "dict.txt")
    done = run("words.txt", *how, "--refused", "no.tsv", "-o", "out.txt")
    assert (done.code, done.out) == (0, "")
    *said, closing = done.err.splitlines()
    assert said == [
        "2 words are not written, since jieba could not use them; all are in no.tsv:",
        "  1 a character at which jieba always cuts: 阿里·巴巴",
        "  1 white space inside: iPad Pro",
    ]
    parts = closing.split(" | ")
    assert parts[:2] == [f"nlptools {__version__} export", "to:jieba freq:corpus tag:nz"]
    assert parts[2:5] == ["5 words", "3 written", "2 refused"]
    assert Path("no.tsv").read_text(encoding="utf-8") == (
        "word\treason\niPad Pro\twhite space inside (U+0020)\n"
        "阿里·巴巴\ta character at which jieba always cuts (U+00B7 ·)\n"
    )
    assert Path("out.txt").read_text(encoding="utf-8").startswith("沈渡秋 35 nz\n")


def test_few_of_many_are_named() -> None:
    words = "".join(f"第{i} 词\n" for i in range(8)) + "第\t3\n好·好\n"
    done = run("-", "--to", "jieba", stdin=words)
    assert done.err.splitlines()[:3] == [
        "9 words are not written, since jieba could not use them; --refused FILE lists all:",
        "  8 white space inside: 第0 词, 第1 词, 第2 词, 第3 词, 第4 词, ...",
        "  1 a character at which jieba always cuts: 好·好",
    ]


def test_nothing_is_left() -> None:
    done = run("-", "--to", "rime", stdin="A\nB\n")
    assert done.code == 0
    assert done.out.endswith("\n...\n")
    assert "0 written | 2 refused" in done.err
    assert printed("-", "--to", "json", "--min-count", "9", stdin="甲 1\n") == "[\n]\n"


def test_rime_is_named_by_its_file() -> None:
    for output, name in (("forum.dict.yaml", "forum"), ("a.b.txt", "a.b")):
        done = run("words.txt", "--to", "rime", "-o", output)
        assert f'\nname: "{name}"\n' in Path(output).read_text(encoding="utf-8")
        told = f"Rime looks for it under the name {name}.dict.yaml."
        assert (told in done.err.splitlines()) is (output == "a.b.txt")
    assert '\nname: "nlptools"\n' in printed("words.txt", "--to", "rime")


def test_ways_in() -> None:
    plain = printed("words.txt", "--to", "plain")
    assert printed("-", "--to", "plain", stdin=gzip.compress(WORDS.encode())) == plain
    assert printed("-", "--to", "plain", stdin=WORDS.encode("gb18030")) == plain
    assert printed("-", "--to", "plain", stdin=("\ufeff" + WORDS).replace("\n", "\r\n")) == plain
    Path("more.jsonl").write_text('{"word": "沈渡秋", "count": 1}\n{"word": "甲"}\n', "utf-8")
    both = printed("words.txt", "more.jsonl", "--to", "jieba", "--freq", "corpus")
    assert both == "沈渡秋 35 nz\n松烟派 nz\n秋山 2 nz\n甲 nz\n"
    assert printed("more.jsonl", "-", "--to", "plain", "--top", "2", stdin=WORDS) == (
        "沈渡秋\n甲\n"
    )


def test_json_lines_of_a_pipe_are_read() -> None:
    """As discover and contexts write them, decisions and all."""
    judged = '{"word": "甲乙", "decision": "Accepted"}\n{"word": "丙丁", "decision": "rejected"}\n'
    assert printed("-", "--to", "plain", stdin=judged) == "甲乙\n"
    Path("judged.txt").write_text(judged, encoding="utf-8")
    assert printed("judged.txt", "--to", "plain", "--accepted-only") == "甲乙\n"


def test_errors() -> None:
    assert refused("none.txt", "--to", "ik") == ["Error: none.txt: no such file"]
    assert refused("-", "--to", "ik", stdin="\n") == [
        "Error: -: no words",
        "hint: nothing to export",
    ]
    assert refused("-", "--to", "ik", stdin='{"term": "甲"}\n') == [
        "Error: -:1: JSON Lines, read as plain text",
        f"hint: {WHAT_IS_READ}",
    ]
    assert refused("-", "--to", "ik", stdin='{"word": "甲"}\n{"word": 3}\n')[0] == (
        "Error: -:2: no field `word` with text"
    )
    win = ("--to", "jieba", "--freq", "win", "--jieba-dict")
    assert refused("words.txt", *win, "none")[0] == "Error: none: no such file"
    assert refused("words.txt", *win, "words.txt") == [
        "Error: words.txt:2: not a line `word frequency [tag]` in UTF-8: jieba would not load it",
        "hint: --jieba-dict names jieba's own dictionary (dict.txt), not a user dictionary",
    ]
    assert refused("words.txt", "--to", "ik", "-o", "no/where") == [
        "Error: no/where: cannot write: No such file or directory"
    ]


def test_without_jieba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert refused("words.txt", "--to", "jieba", "--freq", "win") == [
        "Error: jieba is not installed, and what wins depends on its dictionary",
        "hint: pip install jieba, or name its dict.txt with --jieba-dict FILE",
    ]


@pytest.mark.parametrize(
    "args, problem",
    [
        ((), "Missing argument 'WORDS...'."),
        (("words.txt",), "Missing option '--to'."),
        (("words.txt", "--to", "word"), "Invalid value for '--to'"),
        (("-", "-", "--to", "ik"), "stdin can be read only once."),
        (("words.txt", "--to", "ltp", "--freq", "3"), "--freq 3: a dictionary for ltp has no"),
        (("words.txt", "--to", "hanlp", "--freq", "win"), "--freq win is for jieba"),
        (("words.txt", "--to", "jieba", "--freq", "0"), "Invalid value for '--freq'"),
        (("words.txt", "--to", "ik", "--jieba-dict", "dict.txt"), "--jieba-dict is for jieba, not"),
        (("words.txt", "--to", "ik", "--tag", "n"), "--tag n: a dictionary for ik has no tags."),
        (("words.txt", "--to", "jieba", "--tag", "N"), "--tag must have only letters a-z"),
        (
            ("words.txt", "--to", "ik", "-o", "a", "--refused", "./a"),
            "--output and --refused are the same file.",
        ),
    ],
)
def test_usage_errors(args: tuple[str, ...], problem: str) -> None:
    lines = refused(*args, code=2)
    assert lines[0] == "Usage: nlptools export [OPTIONS] WORDS..."
    assert any(line.startswith(f"Error: {problem}") for line in lines)
    assert not Path("a").exists()


def test_a_failed_export_leaves_the_old_file() -> None:
    Path("out.txt").write_text("old", encoding="utf-8")
    refused("words.txt", "none.txt", "--to", "ik", "-o", "out.txt")
    assert Path("out.txt").read_text(encoding="utf-8") == "old"
    assert sorted(path.name for path in Path().iterdir()) == ["dict.txt", "out.txt", "words.txt"]


def test_a_closed_pipe() -> None:
    """`| head` is not a failure."""
    Path("many.txt").write_text("".join(f"词{i}\n" for i in range(60_000)), encoding="utf-8")
    done = shell("set -o pipefail; nlptools export many.txt --to ik -q | head -n 1")
    assert (done.code, done.out, done.err) == (0, "词0\n", "")
