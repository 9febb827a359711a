"""`nlptools evaluate` as people meet it: the three formats, ways in, the closing line, errors."""

from __future__ import annotations

import gzip
import json
import lzma
from functools import partial
from pathlib import Path

import commandline
import pytest
from commandline import write

from nlptools import __version__
from nlptools.segmentation.evaluate import evaluate_segmentation
from nlptools.text.corpus import Corpus

run = partial(commandline.run, "evaluate")
printed = partial(commandline.printed, "evaluate")
refused = partial(commandline.refused, "evaluate")
GOLD = "我们 喜欢 北京大学 。\n研究 生命 起源\n用 A股 3 万\n"
PREDICTED = "我们 喜 欢 北京 大学 。\n研究生 命 起源\n用A股 3万\n"
KNOWN = "我们\n喜欢 12 v\n用\n。\n3\n"

# The numbers are worked out in test_evaluation.py.
TEXT = """\
protocol: spans (all tokens of the raw text, punctuation included)

            gold  predicted  right  precision  recall      F1
words         11         11      3     0.2727  0.2727  0.2727
Han words      8          8      2     0.2500  0.2500  0.2500
boundaries     4          6      3     0.5000  0.7500  0.6000

errors by place  words  of predicted
inside               5        0.4545
join                 2        0.1818
crossing             1        0.0909

gold words by length  gold  right  recall
1                        4      1  0.2500
2                        6      2  0.3333
3                        0      0       -
4                        1      0  0.0000
5+                       0      0       -
"""
TEXT_KNOWN = """
known words  gold  of gold  right  recall
OOV             6   0.5455      1  0.1667
IV              5   0.4545      2  0.4000
"""
TSV = """\
measure value
protocol spans
counted all tokens of the raw text, punctuation included
characters 20
gold_words 11
predicted_words 11
right_words 3
word_precision 0.2727
word_recall 0.2727
word_f1 0.2727
gold_han_words 8
predicted_han_words 8
right_han_words 2
han_word_precision 0.2500
han_word_recall 0.2500
han_word_f1 0.2500
gold_boundaries 4
predicted_boundaries 6
right_boundaries 3
boundary_precision 0.5000
boundary_recall 0.7500
boundary_f1 0.6000
inside_words 5
inside_share 0.4545
join_words 2
join_share 0.1818
crossing_words 1
crossing_share 0.0909
gold_length_1 4
right_length_1 1
length_1_recall 0.2500
gold_length_2 6
right_length_2 2
length_2_recall 0.3333
gold_length_3 0
right_length_3 0
length_3_recall nan
gold_length_4 1
right_length_4 0
length_4_recall 0.0000
gold_length_5+ 0
right_length_5+ 0
length_5+_recall nan
gold_oov 6
right_oov 1
oov_recall 0.1667
gold_iv 5
right_iv 2
iv_recall 0.4000
oov_rate 0.5455
"""


@pytest.fixture(autouse=True)
def texts(own_folder: None) -> None:
    for name, text in (("gold.txt", GOLD), ("mine.txt", PREDICTED), ("known.txt", KNOWN)):
        write(name, text)


def test_text() -> None:
    assert printed("gold.txt", "mine.txt") == TEXT
    assert printed("gold.txt", "mine.txt", "--known", "known.txt") == TEXT + TEXT_KNOWN
    assert printed("gold.txt", "mine.txt", "--format", "text") == TEXT


def test_tsv() -> None:
    lines = printed("gold.txt", "mine.txt", "--known", "known.txt", "--format", "tsv")
    assert lines == "".join(line.replace(" ", "\t", 1) + "\n" for line in TSV.splitlines())
    shorter = printed("gold.txt", "mine.txt", "--format", "tsv")
    assert lines.startswith(shorter)
    assert "oov" not in shorter


def test_json() -> None:
    """One object, the measures of the TSV; NaN is null."""
    found = json.loads(
        printed("gold.txt", "mine.txt", "--known", "known.txt", "--format", "json"),
        parse_constant=pytest.fail,
    )
    rows = [line.split(" ", 1) for line in TSV.splitlines()[1:]]
    assert list(found) == [name for name, _ in rows]
    for name, value in rows:
        if isinstance(found[name], str):
            assert found[name] == value
        elif value == "nan":
            assert found[name] is None
        else:
            assert found[name] == float(value)
    assert isinstance(found["gold_words"], int)


def test_python_twin() -> None:
    result = evaluate_segmentation(Corpus(["gold.txt"]), Corpus(["mine.txt"]))
    found = json.loads(printed("gold.txt", "mine.txt", "--format", "json"))
    assert found["word_f1"] == round(result.words.f1, 4)
    assert list(found) == list(result.measures())


def test_sighan_is_named() -> None:
    Path("gold.txt").write_text("人人 人\n" * 1200, encoding="utf-8")
    Path("mine.txt").write_text("人 人人\n" * 1200, encoding="utf-8")
    lines = printed("gold.txt", "mine.txt", "--protocol", "sighan").split("\n")
    assert lines[0] == (
        "protocol: sighan (all tokens, punctuation included; "
        "longest common subsequence of the words of each line)"
    )
    assert lines[3].split() == ["words", "2,400", "2,400", "1,200", "0.5000", "0.5000", "0.5000"]
    assert "right_words\t0\n" in printed("gold.txt", "mine.txt", "--format", "tsv")


def test_closing_line() -> None:
    done = run("gold.txt", "mine.txt", "--protocol", "sighan")
    assert done.code == 0
    (line,) = done.err.splitlines()
    parts = line.split(" | ")
    assert parts[:2] == [f"nlptools {__version__} evaluate", "protocol:sighan"]
    size = len(GOLD.encode()) + len(PREDICTED.encode())
    assert parts[2] == f"{len(GOLD) + len(PREDICTED)} characters in {size} B"
    assert parts[3:6] == ["11 gold words", "11 predicted words", "F1 0.2727"]
    assert parts[-1].endswith(" s")


def test_stdin_and_compressed() -> None:
    assert printed("gold.txt", "-", stdin=PREDICTED) == TEXT
    assert printed("-", "mine.txt", stdin=gzip.compress(GOLD.encode())) == TEXT
    Path("gold.txt.xz").write_bytes(lzma.compress(GOLD.encode()))
    assert printed("gold.txt.xz", "mine.txt") == TEXT


def test_line_ends_and_spaces() -> None:
    Path("mine.txt").write_bytes(PREDICTED.replace("\n", " \r\n").replace(" ", "　 ").encode())
    assert printed("gold.txt", "mine.txt") == TEXT


def test_encodings() -> None:
    for name, text in (("gold.txt", GOLD), ("mine.txt", PREDICTED)):
        Path(name).write_bytes(text.encode("gb18030"))
    assert printed("gold.txt", "mine.txt", "--encoding", "gb18030") == TEXT
    done = run("gold.txt", "mine.txt")
    assert done.code == 1
    assert done.err.startswith("Error: gold.txt:1: not UTF-8")
    assert "hint: try --encoding gb18030" in done.err


def test_bad_bytes() -> None:
    Path("gold.txt").write_bytes("甲 乙\n丙 ".encode() + b"\xff \xfe\n")
    Path("mine.txt").write_bytes("甲乙\n丙 ".encode() + b"\xfd\xfc\n")
    assert run("gold.txt", "mine.txt").code == 1
    done = run("gold.txt", "mine.txt", "--on-error", "replace", "--format", "tsv")
    assert done.code == 0
    assert "right_words\t1\n" in done.out
    assert "4 bad byte sequences replaced" in done.err
    done = run("gold.txt", "mine.txt", "--on-error", "skip", "--format", "tsv")
    assert done.code == 0
    assert "gold_words\t2\n" in done.out
    assert "2 lines skipped" in done.err


def test_not_the_same_text() -> None:
    Path("mine.txt").write_text(PREDICTED.replace("A", "Ａ"), encoding="utf-8")
    assert refused("gold.txt", "mine.txt") == [
        "Error: mine.txt:3: 'Ａ股3万' stands where gold has 'A股3万' (gold.txt:3): U+FF21, not U+0041",
        "hint: the predicted file must be a segmentation of the same text; "
        "was it normalised, or are lines missing?",
    ]
    assert refused("gold.txt", "-", stdin="我们")[0] == (
        "Error: -:1: the text ends in this line, but gold has '喜欢北京大学。' (gold.txt:1) after it"
    )


def test_nothing_to_score() -> None:
    Path("empty.txt").write_text("\n", encoding="utf-8")
    Path("nothing.txt").write_bytes(b"")
    for name in ("empty.txt", "nothing.txt"):
        error, hint = refused(name, "mine.txt")
        assert error == f"Error: {name}: no words"
        assert hint == "hint: the gold segmentation is empty"
        error, hint = refused("gold.txt", name)
        assert error == f"Error: {name}: no words, but gold has '我们喜欢北京大学' (gold.txt:1)"
        assert hint.startswith("hint: the predicted file must be")


def test_an_empty_word_list() -> None:
    Path("empty.txt").write_text("\n", encoding="utf-8")
    assert refused("gold.txt", "mine.txt", "--known", "empty.txt") == [
        "Error: empty.txt: no words",
        "hint: --known names a word list",
    ]
    both = printed("gold.txt", "mine.txt", "--known", "empty.txt", "--known", "known.txt")
    assert both == TEXT + TEXT_KNOWN


def test_missing_files() -> None:
    assert refused("none.txt", "mine.txt") == ["Error: none.txt: no such file"]
    assert refused("gold.txt", "none.txt") == ["Error: none.txt: no such file"]
    assert refused("gold.txt", "mine.txt", "--known", "none.txt") == [
        "Error: none.txt: no such file"
    ]


def test_lines_that_do_not_pair_up() -> None:
    Path("mine.txt").write_text(PREDICTED.replace("\n", " "), encoding="utf-8")
    assert refused("gold.txt", "mine.txt", "--protocol", "sighan") == [
        "Error: mine.txt: the number of lines is 1, but 3 in gold (gold.txt)",
        "hint: the protocol sighan compares line by line; --protocol spans works across lines",
    ]
    assert run("gold.txt", "mine.txt").code == 0


@pytest.mark.parametrize(
    "args, problem",
    [
        (("-", "-"), "stdin can be read only once."),
        (("gold.txt",), "Missing argument 'PREDICTED'."),
        (("gold.txt", "mine.txt", "--protocol", "f1"), "Invalid value for '--protocol'"),
        (("gold.txt", "mine.txt", "--format", "csv"), "Invalid value for '--format'"),
    ],
)
def test_usage(args: tuple[str, ...], problem: str) -> None:
    lines = refused(*args, code=2)
    assert lines[0].startswith("Usage: nlptools evaluate ")
    assert problem in "\n".join(lines)
