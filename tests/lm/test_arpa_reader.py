"""What other tools write is read, and what is no ARPA file, or damaged, is refused with its line."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from arpacases import (
    MINI,
    SPECIAL,
    VOCABULARY,
    Ngrams,
    arpa_of,
    check_same,
    closed_ngrams,
    mini,
    model_of,
    ngrams_of,
    read,
    score,
    text_of,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.lm import arpa_reader as arpareader
from nlptools.lm.arpa import read_arpa
from nlptools.lm.trie import LOG_ZERO, NgramModel

LINES = MINI.split("\n")

# --- other tools' files


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("\n", "\r\n"),
        lambda t: "\ufeff" + t,
        lambda t: t.encode("utf-16"),
        lambda t: t.replace("\t", " "),
        lambda t: t.replace(" ", "\t").replace("\t", " ", 3),
        lambda t: t.replace("\t0\n", "\n"),
        lambda t: t.replace("\t0\n", "\t\n"),
        lambda t: t.replace("\n-", "\n  -"),
        lambda t: t.replace("\n", "\n\n"),
        lambda t: t.replace("\n\n", "\n"),
        lambda t: t.replace("\n\n", "\n \t\r\n"),
        lambda t: t.replace("\\data\\", "\n\n  \\data\\  "),
        lambda t: t.replace("\\data\\", "any text\nof three\n\\lines\n\\data\\"),
        lambda t: t.replace("ngram 1=6", "ngram  1 =      6  "),
        lambda t: t.replace("-99\t", "-inf\t"),
        lambda t: t.replace("-99\t", "-123.456\t"),
        lambda t: t.replace("-0.6020600", "-0.60206"),
        lambda t: t.replace("-0.6020600", "-6.0206e-1"),
        lambda t: t.replace("-0.6020600", "-0.60206001"),
        lambda t: t.replace("-0.6020600", "-0.602060000000000000000001"),
        lambda t: t.replace("<unk>", "<UNK>"),
        lambda t: t.replace("天 </s>\n", "天 </s>\t0\n").replace("天 玄\n", "天 玄\t-0.0\n"),
        lambda t: t.rstrip("\n"),
        lambda t: t + "\n  \n",
    ],
)
def test_what_does_no_harm(tmp_path: Path, change: Callable[[str], str | bytes]) -> None:
    changed = change(MINI)
    assert changed not in (MINI, MINI.encode())
    for block in (1 << 18, 16):
        with mock.patch.object(arpareader, "_BLOCK", block):
            check_same(mini(), read(tmp_path, changed))


@pytest.mark.parametrize("log", ["0", "0.000001", "1e-6", "-0", "-0.00000001"])
def test_rounding_above_one(tmp_path: Path, log: str) -> None:
    model = read(tmp_path, MINI.replace("-0.0457575\t", f"{log}\t"))
    assert model.levels[2].log_probs[0] == 0
    assert not np.signbit(model.levels[2].log_probs[0])


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "# made by hand\n",
        "# nlptools lm \n",
        "# nlptools lm [1]\n",
        '# nlptools lm {"a":\n',
        "# nlptools lm " + "[" * 100_000 + "\n",
        "# nlptools lm " + "1" * 10_000 + "\n",
        "# nlptools model 1\n",
    ],
)
def test_comments_that_are_no_settings(tmp_path: Path, comment: str) -> None:
    model = read(tmp_path, comment + MINI.partition("\n")[2])
    check_same(NgramModel(VOCABULARY, mini().levels), model)


def test_settings_are_not_looked_for_elsewhere(tmp_path: Path) -> None:
    first, _, rest = MINI.partition("\n")
    assert read(tmp_path, f"# x\n{first}\n{rest}").settings == mini().settings
    second = '# nlptools lm {"latin":"char"}'
    assert read(tmp_path, f"{first}\n{second}\n{rest}").settings == mini().settings


def test_special_words_are_added(tmp_path: Path) -> None:
    ngrams: Ngrams = {("天",): (-0.5, -0.25), ("地",): (-0.25, 0.0), ("天", "地"): (-0.125, 0.0)}
    model = read(tmp_path, arpa_of(ngrams))
    assert model.vocabulary == ("<unk>", "地", "天", "</s>", "<s>")
    assert model.levels[0].log_probs.tolist() == [LOG_ZERO, -0.25, -0.5, LOG_ZERO, LOG_ZERO]
    first = model.levels[0]
    assert first.backoffs is not None
    assert first.children is not None
    assert first.backoffs[:].tolist() == [0, 0, -0.25, 0, 0]
    assert first.children[:].tolist() == [0, 0, 0, 1, 1, 1]


def test_orders_one_and_six(tmp_path: Path) -> None:
    ngrams: Ngrams = {(word,): (-0.5, 0.0) for word in (*SPECIAL, "天", "a")}
    check_same(model_of(ngrams), read(tmp_path, arpa_of(ngrams)))
    check_same(model_of(ngrams), read(tmp_path, text_of(model_of(ngrams))))
    for k in range(2, 7):
        ngrams[("天",) * k] = (-k / 8, -k / 16 if k < 6 else 0.0)
    check_same(model_of(ngrams), read(tmp_path, arpa_of(ngrams)))


def test_an_order_without_ngrams(tmp_path: Path) -> None:
    text = "\\data\\\nngram 1=1\nngram 2=0\nngram 3=0\n\n\\1-grams:\n-1 a -1\n\\2-grams:\n\\3-grams:\n\\end\\"
    model = read(tmp_path, text)
    assert [len(level) for level in model.levels] == [4, 0, 0]
    check_same(model, read(tmp_path, text_of(model)))


def test_prefixes_that_were_pruned(tmp_path: Path) -> None:
    """天 地 玄 stays without 天 地, which then has what backing off gives: -0.25 + -0.5 = -0.75."""
    text = """\
\\data\\
ngram 1=6
ngram 2=1
ngram 3=1

\\1-grams:
-1 <unk>
-1 <s>
-1 </s>
-1 天 -0.25
-0.5 地 -0.125
-2 玄

\\2-grams:
-0.375 地 玄 -3

\\3-grams:
-0.0625 天 地 玄

\\end\\
"""
    model = read(tmp_path, text)
    assert model.vocabulary == ("<unk>", "地", "天", "玄", "</s>", "<s>")
    second = model.levels[1]
    assert [column.tolist() for column in model.symbols_of(2, np.arange(2))] == [[1, 2], [3, 1]]
    assert second.log_probs[:].tolist() == [-0.375, -0.75]
    assert second.backoffs is not None
    assert second.backoffs[:].tolist() == [-3, 0]
    assert second.children is not None
    assert second.children[:].tolist() == [0, 0, 1]


def test_a_shorter_ngram_is_not_taken_for_another(tmp_path: Path) -> None:
    """天 地 玄 黄 gets p(黄) and the back-off of 玄: there is no 地 玄, and 地 黄 黄 is not 地 玄 黄."""
    ngrams: Ngrams = {(word,): (-1.0, 0.0) for word in SPECIAL}
    ngrams |= {(word,): (-i / 8, -i / 16) for i, word in enumerate("天地玄黄宙", 1)}
    ngrams |= {("地", "黄"): (-0.125, -8.0), ("地", "黄", "黄"): (-0.25, -16.0)}
    ngrams |= {("黄",) * 4: (-3.0, 0.0), ("天", "地", "玄", "黄", "宙"): (-0.5, 0.0)}
    found = ngrams_of(read(tmp_path, arpa_of(ngrams)))
    assert found["天", "地"] == (-1 / 16 - 2 / 8, 0)
    assert found["天", "地", "玄"] == (-2 / 16 - 3 / 8, 0)
    assert found["天", "地", "玄", "黄"] == (-3 / 16 - 4 / 8, 0)


@settings(max_examples=100, deadline=None)
@given(closed_ngrams(), st.data())
def test_prefixes_change_no_probability(
    tmp_path_factory: pytest.TempPathFactory, ngrams: Ngrams, data: st.DataObject
) -> None:
    """After any n-grams were taken out, every n-gram has the probability that the rest gives it."""
    order = max(map(len, ngrams))
    middle = [ngram for ngram in ngrams if 1 < len(ngram) < order]
    pruned = set(data.draw(st.lists(st.sampled_from(middle), unique=True))) if middle else set()
    left = {ngram: value for ngram, value in ngrams.items() if ngram not in pruned}
    found = ngrams_of(read(tmp_path_factory.mktemp("arpa"), arpa_of(left)))
    prefixes = {ngram[:k] for ngram in left for k in range(1, len(ngram))}
    assert set(found) == set(left) | prefixes
    for ngram, (log, back) in found.items():
        if ngram in left:
            assert log == np.float32(left[ngram][0])
            assert back == (np.float32(left[ngram][1]) if len(ngram) < order else 0)
        else:
            assert log == pytest.approx(max(score(left, ngram), LOG_ZERO), abs=2e-5)
            assert back == 0


# --- what is wrong


def without(number: int) -> str:
    return "\n".join(LINES[: number - 1] + LINES[number:])


def with_line(number: int, text: str) -> str:
    return "\n".join([*LINES[: number - 1], text, *LINES[number:]])


def seven(line: str) -> str:
    """One more 1-gram, in line 14."""
    text = MINI.replace("ngram 1=6", "ngram 1=7").replace("PM2.5\t0\n", f"PM2.5\t0\n{line}\n", 1)
    assert text.split("\n")[13] == line
    return text


CUT_SHORT = "the file was cut short: copy or download it again"
EDITED = "the file was cut short or edited"
FAULTS: list[tuple[str | bytes, int | None, str, str | None]] = [
    # the head
    ("", None, "an empty file, not an ARPA file", None),
    (" \n\n", None, "an empty file, not an ARPA file", None),
    (
        b"mmap lm http://kheafield.com/code format version 5\n\0",
        None,
        "a KenLM binary, not an ARPA file",
        "take the ARPA file it was made from, KenLM has no way back; without it score in Python: "
        'kenlm.Model(FILE).score(" ".join(text))',
    ),
    (
        b"blmt 3 4",
        None,
        "an IRSTLM binary, not an ARPA file",
        "make it ARPA: compile-lm --text=yes",
    ),
    (
        "iARPA\n",
        None,
        "an IRSTLM iARPA file, not an ARPA file",
        "make it ARPA: compile-lm --text=yes",
    ),
    (
        b"SRILM_BINARY_NGRAM_001\n\0",
        None,
        "an SRILM binary, not an ARPA file",
        "make it ARPA: ngram -lm FILE -write-lm FILE",
    ),
    ("nlptools lm 1\n{}\n", None, "a native nlptools file, not an ARPA file", None),
    ("# nlptools model 1\n", None, "an nlptools word model, not an ARPA file", None),
    ('{"a": 1}', None, "JSON, not an ARPA file", None),
    ("[1]", None, "JSON, not an ARPA file", None),
    ("<!DOCTYPE html>", None, "XML or HTML, not an ARPA file", None),
    ("天地玄黄\n", 1, "not an ARPA file: no line \\data\\; it begins '天地玄黄'", None),
    (without(2), 1, "not an ARPA file: no line \\data\\; it begins " + repr(LINES[0][:60]), None),
    (with_line(3, "ngram one=6"), 3, "expected ngram 1=..., found 'ngram one=6'", None),
    (with_line(3, "ngram 1=-6"), 3, "expected ngram 1=..., found 'ngram 1=-6'", None),
    (without(3), 3, "expected ngram 1=..., found 'ngram 2=5'", None),
    (without(4), 4, "expected ngram 2=..., found 'ngram 3=3'", None),
    (with_line(3, "ngram 1=0"), 6, "no 1-grams announced: a model has words", None),
    ("\\data\\\n\n\\1-grams:\n", 2, "no 1-grams announced: a model has words", None),
    ("\\data\\\n", 1, "no 1-grams announced: a model has words", None),
    (
        "\\data\\\n" + "".join(f"ngram {n}=1\n" for n in range(1, 8)),
        8,
        "n-grams of order 7; the highest read here is 6",
        None,
    ),
    ("\\data\\\nngram 1=1\n", 2, "the file ends before \\1-grams:", CUT_SHORT),
    (
        "\\data\\\nngram 1=999999999999999999\n\\1-grams:\n",
        None,
        "999,999,999,999,999,999 1-grams announced, more than there is memory for",
        EDITED,
    ),
    # sections
    (without(7), 7, "expected \\1-grams:, found '-1.5000000\\t<unk>\\t0'", None),
    (with_line(15, "\\3-grams:"), 15, "expected \\2-grams:, found '\\3-grams:'", None),
    (with_line(15, "\\end\\"), 15, "expected \\2-grams:, found '\\end\\'", None),
    (with_line(5, ""), 16, "a back-off, -0.124939, in the highest order", None),
    (
        with_line(5, "").replace("-0.1249387", "0").replace("0.0969100", "0"),
        22,
        "expected \\end\\, found '\\3-grams:'",
        None,
    ),
    (without(12), 14, "the section ends after 5 of 6 1-grams", EDITED),
    (without(20), 21, "the section ends after 4 of 5 2-grams", EDITED),
    (with_line(4, "ngram 2=4"), 20, "more 2-grams than announced", EDITED),
    (with_line(4, "ngram 2=0"), 16, "more 2-grams than announced", EDITED),
    ("\n".join(LINES[:24]), 24, "the file ends after 2 of 3 3-grams", CUT_SHORT),
    ("\n".join(LINES[:22]), 22, "the file ends after 0 of 3 3-grams", CUT_SHORT),
    ("\n".join(LINES[:20]), 20, "the file ends before \\3-grams:", CUT_SHORT),
    ("\n".join(LINES[:25]), 25, "the file ends before \\end\\", CUT_SHORT),
    (MINI + "天\n", 28, "text after \\end\\: '天'", "a file holds one model"),
    (MINI + MINI, 28, f"text after \\end\\: {LINES[0][:60]!r}", "a file holds one model"),
    # lines
    (
        with_line(17, "-0.5 天 </s> 玄 0"),
        17,
        "expected a number and 2 words, perhaps a back-off, found '-0.5 天 </s> 玄 0'",
        None,
    ),
    (
        with_line(17, "-0.5"),
        17,
        "expected a number and 2 words, perhaps a back-off, found '-0.5'",
        None,
    ),
    (with_line(24, "-0.5 天 玄"), 24, "expected a number and 3 words, found '-0.5 天 玄'", None),
    (with_line(12, "-1"), 12, "expected a number and 1 word, perhaps a back-off, found '-1'", None),
    (
        with_line(17, "-0.5\t天\t-0.1"),
        17,
        "expected a number and 2 words, perhaps a back-off, found '-0.5 天 -0.1'",
        None,
    ),
    (with_line(17, "-0.5\t天 地\t0"), 17, "'地' is not among the 1-grams", None),
    (with_line(17, "-0.5\t地 天\t0"), 17, "'地' is not among the 1-grams", None),
    (with_line(17, f"-0.5\t天 {'地' * 9}\t0"), 17, f"'{'地' * 9}' is not among the 1-grams", None),
    (
        with_line(24, "-0.5\t天 天 5"),
        24,
        "expected a number and 3 words, found '-0.5 天 天 5'",
        None,
    ),
    (with_line(17, "-0.5\t天 5\t0"), 17, "'5' is not among the 1-grams", None),
    (with_line(17, "O.5\t天 </s>\t0"), 17, "not a number: 'O.5'", None),
    (with_line(17, "nan\t天 </s>\t0"), 17, "not a number: 'nan'", None),
    (with_line(17, "-1_0\t天 </s>\t0"), 17, "not a number: '-1_0'", None),
    (with_line(17, "-0,5\t天 </s>\t0"), 17, "not a number: '-0,5'", None),
    (with_line(17, "0.5\t天 </s>\t0"), 17, "the logarithm of a probability cannot be 0.5", None),
    (with_line(17, "2e-5\t天 </s>\t0"), 17, "the logarithm of a probability cannot be 2e-05", None),
    (with_line(17, "inf\t天 </s>\t0"), 17, "the logarithm of a probability cannot be inf", None),
    (with_line(17, "-0.5\t天 </s>\tx"), 17, "not a number: 'x'", None),
    (with_line(17, "-0.5\t天 </s>\tnan"), 17, "not a number: 'nan'", None),
    (with_line(17, "-0.5\t天 </s>\tinf"), 17, "a back-off of inf", None),
    (with_line(17, "-0.5\t天 </s>\t100"), 17, "a back-off of 100", None),
    (with_line(24, "-0.5\t天 玄 天\t-0.3"), 24, "a back-off, -0.3, in the highest order", None),
    (with_line(24, "-0.5\t天 玄 天\t0.3"), 24, "a back-off, 0.3, in the highest order", None),
    (with_line(24, "-0.5\t天 玄 天\t天"), 24, "not a number: '天'", None),
    (seven("-0.5\t天"), 14, "'天' again, after line 9", None),
    (seven("-0.5\t<UNK>"), 14, "'<unk>' again, after line 8", None),
    (with_line(20, "-0.5\t天 </s>"), 20, "'天 </s>' again, after line 17", None),
    (with_line(25, "-0.5\t天  玄 天"), 25, "'天 玄 天' again, after line 23", None),
    (with_line(17, "-0.5\t天 \0</s>"), 17, "a NUL byte: not a text file", None),
    # the first of several
    (with_line(17, "x y z").replace("-99", "x"), 12, "not a number: 'x'", None),
    (
        with_line(17, "0.5 a b c d").replace("-0.6020600", "x"),
        17,
        "expected a number and 2 words, perhaps a back-off, found '0.5 a b c d'",
        None,
    ),
    (with_line(17, "x 地 玄 y"), 17, "not a number: 'x'", None),
    # encodings
    (
        MINI.encode().replace("天 玄\t".encode(), "天 玄\t".encode("gb18030")),
        16,
        "not UTF-8: byte 0xcc",
        "convert it: iconv -f gb18030 -t utf-8",
    ),
    (MINI.encode("gb18030"), 9, "not UTF-8: byte 0xcc", "convert it: iconv -f gb18030 -t utf-8"),
]


@pytest.mark.parametrize(("text", "line", "problem", "hint"), FAULTS)
def test_faults(
    tmp_path: Path, text: str | bytes, line: int | None, problem: str, hint: str | None
) -> None:
    path = tmp_path / "file"
    for block in (1 << 18, 16):
        with mock.patch.object(arpareader, "_BLOCK", block), pytest.raises(DataError) as caught:
            read(tmp_path, text)
        assert (caught.value.line, caught.value.problem) == (line, problem)
        assert caught.value.hint == hint
        assert str(caught.value) == f"{path}{f':{line}' if line else ''}: {problem}"


def test_every_beginning_of_a_file_is_refused(tmp_path: Path) -> None:
    data = MINI.encode()
    for end in range(data.index(b"\\end\\") + 5):
        with pytest.raises(DataError):
            read(tmp_path, data[:end])


def test_damage_is_never_a_traceback(tmp_path: Path) -> None:
    """Either it is refused, or it is a model that can be written and read."""
    generator = random.Random(5)
    read_well = 0
    for _ in range(600):
        data = bytearray(MINI.encode())
        for _ in range(generator.randint(1, 3)):
            at = generator.randrange(len(data))
            data[at : at + generator.randint(0, 2)] = generator.choice(
                [b"", b"\n", b"\t", b"-", b"9", b"\\", b"\xe5", bytes([generator.randrange(256)])]
            )
        try:
            model = read(tmp_path, bytes(data))
        except DataError:
            continue
        read_well += 1
        check_same(model, read(tmp_path, text_of(model)))
    assert 50 < read_well < 550


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    packed = gzip.compress(MINI.encode())
    cases: list[tuple[Path, bytes | None, str]] = [
        (tmp_path / "missing", None, "no such file"),
        (tmp_path, None, "is a directory"),
        (
            tmp_path / "cut.gz",
            packed[:-9],
            f"truncated gzip file: ends after {len(MINI.encode())} bytes of text",
        ),
        (tmp_path / "a.zip", b"PK\x03\x04", "a zip archive (or .docx, .xlsx, .epub), not a text"),
    ]
    for path, data, problem in cases:
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(DataError) as caught:
            read_arpa(path)
        assert (caught.value.line, caught.value.problem) == (None, problem)


def test_an_endless_line(tmp_path: Path) -> None:
    with (
        mock.patch.object(arpareader, "_LONGEST_LINE", 1000),
        mock.patch.object(arpareader, "_BLOCK", 100),
        mock.patch.object(arpareader, "_HEAD", 100),
        pytest.raises(DataError) as caught,
    ):
        read(tmp_path, with_line(17, "-0.5\t天 " + "地" * 1000))
    assert caught.value.problem == "a line of many megabytes: no ARPA file"
    assert caught.value.line == 17
