"""Corpus readers: every way in, every way to fail, and nothing lost or changed on the way."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import itertools
import json
import lzma
import os
import random
import sys
import tarfile
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from places import DATA

from nlptools.errors import DataError, NlptoolsError, install_hint
from nlptools.ngrams.count import count_ngrams
from nlptools.text import decoding
from nlptools.text.blocks import Block, join_small
from nlptools.text.chars import is_han
from nlptools.text.corpus import Corpus
from nlptools.text.decoding import guess_encoding
from nlptools.text.linenumbers import LineNumbers

try:
    import zstandard
except ImportError:
    zstandard = None  # type: ignore[assignment]
needs_zstd = pytest.mark.skipif(not zstandard, reason="no zstandard: bin/setup zstd")

AWKWARD = DATA / "awkward"

PROSE = (
    "昨天晚上下了一场大雨，今天早上的空气很好。我们在公园里走了很久，看见很多老人在打太极拳。\n"
    "他说这个问题不难，只是没有人认真想过；大家都同意，于是会议很快就结束了。\n"
)
TRADITIONAL = (
    "昨天晚上下了一場大雨，今天早上的空氣很好。我們在公園裡走了很久，看見很多老人在打太極拳。\n"
    "他說這個問題不難，只是沒有人認真想過；大家都同意，於是會議很快就結束了。\n"
)


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode("utf-8") if isinstance(data, str) else data)
    return path


def read(*paths: Path | str, **settings: Any) -> str:
    """The text of one source."""
    blocks = list(Corpus(paths, **settings).blocks())
    assert len({block.source for block in blocks}) <= 1
    return "".join(block.text for block in blocks)


def lines_of(path: Path, **settings: Any) -> list[str]:
    return read(path, **settings).split("\n")


def failure(*paths: Path | str, **settings: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        for _ in Corpus(paths, **settings).blocks():
            pass
    assert "\n" not in str(caught.value)
    return caught.value


def check_blocks(blocks: list[Block], text: str, line_numbers: bool = True) -> None:
    """What must hold for the blocks of one source that has this text."""
    assert "".join(block.text for block in blocks) == text
    position = 0
    for number, block in enumerate(blocks):
        assert block.text
        before = text[:position]
        assert not (before.endswith("\r") and block.text.startswith("\n"))
        if line_numbers:
            ends = before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
            assert block.line == ends + 1
        if block.joined:
            assert number and is_han(before[-1]) and is_han(block.text[0])
            assert block.inside
        position += len(block.text)


# --- plain text ------------------------------------------------------------------------------


def test_small_file_is_one_block(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "一\n二")
    corpus = Corpus([path])
    assert list(corpus.blocks()) == [Block("一\n二", str(path), LineNumbers(1))]
    assert list(corpus.blocks()) == [Block("一\n二", str(path), LineNumbers(1))]  # again
    assert corpus.rereadable
    assert corpus.total_bytes == corpus.bytes_read == 7
    report = corpus.report
    assert (report.files, report.bytes, report.characters) == (1, 7, 3)
    assert (report.replaced, report.skipped_lines, report.encodings) == (0, 0, {})


@pytest.mark.parametrize(
    "text",
    ["", "\ufeff", "\n", "\r", "\r\n", "\0\0\0", "\r\n\r\n甲乙丙丁戊", "甲\u2028乙\f丙\x85丁"],
)
def test_odd_texts(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.txt", text)
    for size in (1, 4 << 20):
        for on_error in ("strict", "skip"):
            blocks = list(Corpus([path], block_size=size, on_error=on_error).blocks())
            check_blocks(blocks, text.removeprefix("\ufeff"))
        if "\u2028" in text and size > 1:
            assert [block.line for block in blocks] == [1]


def test_blocks_end_at_line_ends_and_count_lines(tmp_path: Path) -> None:
    text = "".join(f"第{n}行\n" for n in range(1000))
    blocks = list(Corpus([write(tmp_path / "a.txt", text)], block_size=1000).blocks())
    assert len(blocks) >= 10
    assert all(block.text.endswith("\n") and len(block.text) < 1000 for block in blocks)
    assert all(block.text.startswith(f"第{block.line - 1}行") for block in blocks)


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_line_ends_count(tmp_path: Path, end: str) -> None:
    path = write(tmp_path / "a.txt", f"一{end}{end}三{end}".encode() + b"\xff")
    assert failure(path).line == 4
    assert failure(path, block_size=4).line == 4


def test_line_without_end_is_cut_at_a_break(tmp_path: Path) -> None:
    text = "春天来了，" * 100
    blocks = list(Corpus([write(tmp_path / "a.txt", text)], block_size=64).blocks())
    check_blocks(blocks, text)
    assert len(blocks) > 10
    assert all(block.text.endswith("，") and not block.joined for block in blocks)


def test_line_without_break_is_cut_between_han_and_joined(tmp_path: Path) -> None:
    text = "春天来了" * 100 + "\n下一行"
    blocks = list(Corpus([write(tmp_path / "a.txt", text)], block_size=64).blocks())
    check_blocks(blocks, text)
    assert [block.joined for block in blocks] == [False] + [True] * (len(blocks) - 1)
    assert len(blocks) > 10


def test_run_of_letters_is_never_cut(tmp_path: Path) -> None:
    text = "甲，" + "abc" * 1000 + "，乙丙丁"
    blocks = list(Corpus([write(tmp_path / "a.txt", text)], block_size=16).blocks())
    check_blocks(blocks, text)
    assert any("abc" * 1000 in block.text for block in blocks)


def test_blocks_of_different_sources_are_never_joined(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1", "春天" * 50), write(tmp_path / "2", "夏天" * 50)
    blocks = list(Corpus([one, two], block_size=32).blocks())
    firsts = [next(block for block in blocks if block.source == str(path)) for path in (one, two)]
    assert [(block.joined, block.line) for block in firsts] == [(False, 1), (False, 1)]
    assert sum(block.joined for block in blocks) == len(blocks) - 2
    text = "".join(block.text for block in blocks)
    assert text == "春天" * 50 + "夏天" * 50


# --- paths -----------------------------------------------------------------------------------


def names(corpus: Corpus, top: Path) -> list[str]:
    return [Path(block.source).relative_to(top).as_posix() for block in corpus.blocks()]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b.txt", "a.txt", "sub/d.txt", "sub/c.txt", ".hidden", ".git/x", "sub/deep/e.md"):
        write(tmp_path / name, name)
    return tmp_path


ALL = ["a.txt", "b.txt", "sub/c.txt", "sub/d.txt", "sub/deep/e.md"]


def test_folder_is_read_sorted_without_hidden_files(tree: Path) -> None:
    corpus = Corpus([tree])
    assert names(corpus, tree) == ALL
    assert corpus.total_bytes == sum((tree / name).stat().st_size for name in ALL)


def test_patterns(tree: Path) -> None:
    assert names(Corpus([str(tree / "*.txt")]), tree) == ["a.txt", "b.txt"]
    assert names(Corpus([str(tree / "**" / "*.txt")]), tree) == ALL[:4]
    assert names(Corpus([str(tree / "**")]), tree) == ALL
    assert names(Corpus([str(tree / "s*")]), tree) == ALL[2:]


def test_a_file_whose_name_is_a_pattern_wins(tmp_path: Path) -> None:
    write(tmp_path / "[ab].txt", "itself")
    write(tmp_path / "a.txt", "no")
    assert read(tmp_path / "[ab].txt") == "itself"


def test_read_twice_only_if_named_twice(tree: Path) -> None:
    assert names(Corpus([tree, tree / "a.txt"]), tree) == [*ALL[1:], "a.txt"]
    assert names(Corpus([tree / "a.txt", tree]), tree) == ALL
    assert names(Corpus([tree, tree / "sub"]), tree) == ALL
    assert names(Corpus([tree / "a.txt", tree / "a.txt"]), tree) == ["a.txt", "a.txt"]


def test_links_in_folders(tree: Path) -> None:
    try:
        (tree / "sub" / "up").symlink_to(tree, target_is_directory=True)
        (tree / "sub" / "z.txt").symlink_to(tree / "a.txt")
    except OSError:
        pytest.skip("this system allows no symbolic links")
    assert names(Corpus([tree]), tree) == ALL  # the loop ends, a.txt is read once
    (tree / "gone.txt").symlink_to(tree / "nowhere")
    with pytest.raises(DataError, match=r"gone\.txt: no such file"):
        Corpus([tree])


def test_missing_files_fail_at_construction(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x")
    (tmp_path / "empty").mkdir()
    for path, problem in (
        (tmp_path / "b.txt", "no such file"),
        (tmp_path / "*.md", "no file matches this pattern"),
        (tmp_path / "empty", "no file in this directory"),
        (tmp_path / "emp*", "no file matches this pattern"),
    ):
        with pytest.raises(DataError) as caught:
            Corpus([tmp_path / "a.txt", path])
        assert str(caught.value) == f"{path}: {problem}"


def test_wrong_arguments(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "x")
    with pytest.raises(TypeError, match="not one path"):
        Corpus(str(path))
    with pytest.raises(TypeError, match="not one path"):
        Corpus(path)  # type: ignore[arg-type]
    wrong: dict[str, Any]
    for wrong in (
        {"on_error": "ignore"},
        {"fold": ["NFD"]},
        {"field": "a", "column": "b"},
        {"column": "0"},
        {"block_size": 0},
    ):
        with pytest.raises(ValueError):
            Corpus([path], **wrong)
    with pytest.raises(TypeError):
        Corpus([path], fold="nfkc")
    for unknown in ("utf-9", "hex", "rot13", "a\0b"):
        with pytest.raises(NlptoolsError, match="unknown encoding"):
            Corpus([path], encoding=unknown)
    with pytest.raises(ValueError, match="no paths"):
        Corpus([])
    with pytest.raises(DataError):
        Corpus(["a\0b"])
    with pytest.raises(NlptoolsError, match="named twice"):
        Corpus(["-", "-"])


class FakeStdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress, lzma.compress])
def test_stdin(monkeypatch: pytest.MonkeyPatch, squeeze: Callable[[bytes], bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", FakeStdin(squeeze(PROSE.encode())))
    corpus = Corpus(["-"])
    assert not corpus.rereadable
    assert corpus.total_bytes is None
    assert list(corpus.blocks()) == [Block(PROSE, "-", LineNumbers(1))]
    assert corpus.bytes_read == len(squeeze(PROSE.encode()))
    with pytest.raises(ValueError, match="only once"):
        corpus.blocks()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_named_pipe(tmp_path: Path) -> None:
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    write(tmp_path / "a.txt", "甲")
    assert [block.text for block in Corpus([tmp_path]).blocks()] == ["甲"]  # left out of a folder
    writer = threading.Thread(target=lambda: pipe.write_bytes(PROSE.encode()))
    writer.start()
    corpus = Corpus([pipe])
    assert (corpus.rereadable, corpus.total_bytes) == (False, None)
    assert "".join(block.text for block in corpus.blocks()) == PROSE
    writer.join()
    with pytest.raises(ValueError, match="only once"):
        corpus.blocks()


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="this system has no /dev/fd")
def test_descriptor_path_is_not_rereadable(tmp_path: Path) -> None:
    with open(write(tmp_path / "a.txt", "甲"), "rb") as file:
        corpus = Corpus([f"/dev/fd/{file.fileno()}"])
        assert not corpus.rereadable
        assert [block.text for block in corpus.blocks()] == ["甲"]


# --- texts from Python -----------------------------------------------------------------------


def test_from_texts() -> None:
    corpus = Corpus.from_texts(["一", "", "三"])
    assert corpus.rereadable
    for _ in range(2):
        assert [(block.text, block.line) for block in corpus.blocks()] == [("一\n\n三", 1)]
    assert list(Corpus.from_texts([]).blocks()) == []
    once = Corpus.from_texts(iter(["一"]))
    assert not once.rereadable
    assert [block.text for block in once.blocks()] == ["一"]
    with pytest.raises(ValueError, match="only once"):
        once.blocks()
    with pytest.raises(TypeError, match="texts must be an iterable of str, not one str"):
        Corpus.from_texts("一")
    with pytest.raises(TypeError, match="not bytes"):
        list(Corpus.from_texts([b"x"]).blocks())  # type: ignore[list-item]


def test_from_texts_half_characters() -> None:
    texts = ["好", "a\ud83d", "坏"]
    with pytest.raises(DataError, match="texts:2: a lone surrogate"):
        list(Corpus.from_texts(texts).blocks())
    replaced = Corpus.from_texts(texts, on_error="replace")
    assert [block.text for block in replaced.blocks()] == ["好\na\ufffd\n坏"]
    assert replaced.report.replaced == 1
    skipped = Corpus.from_texts(texts, on_error="skip")
    assert [block.text for block in skipped.blocks()] == ["好\n坏"]
    assert skipped.report.skipped_lines == 1


@given(st.lists(st.text(st.sampled_from("春夏，a\n\r"), max_size=60)), st.integers(1, 40))
@settings(deadline=None)
def test_from_texts_property(texts: list[str], size: int) -> None:
    blocks = list(Corpus.from_texts(texts, block_size=size).blocks())
    check_blocks(blocks, "\n".join(texts), line_numbers=False)
    assert all(1 <= block.line <= len(texts) for block in blocks)


# --- cuts inside lines -----------------------------------------------------------------------


def test_cuts_inside_lines_by_hand() -> None:
    # Blocks of about 4 characters, cut after a comma, after a line end, between two Han characters.
    texts = ["春夏，秋冬春\n夏秋冬春夏秋冬春夏秋"]
    blocks = list(Corpus.from_texts(texts, block_size=8).blocks())
    assert [(block.text, block.joined, block.inside) for block in blocks] == [
        ("春夏，", False, False),
        ("秋冬春\n", False, True),
        ("夏秋冬", False, False),
        ("春夏秋冬", True, True),
        ("春夏秋", True, True),
    ]
    # A line that ends with its source, and the next source.
    blocks = list(Corpus.from_texts(["春夏", "秋"], block_size=1).blocks())
    assert [(block.text, block.inside) for block in blocks] == [("春夏\n", False), ("秋", False)]


@given(
    st.lists(st.sampled_from([*"春夏a，。 \n\r", "\r\n", "春" * 9, "a" * 150]), max_size=40),
    st.integers(1, 60),
    st.sampled_from(["strict", "replace", "skip"]),
)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_block_says_whether_it_begins_inside_a_line(
    tmp_path: Path, parts: list[str], size: int, on_error: str
) -> None:
    text = "".join(parts)
    paths = [write(tmp_path / name, text) for name in "ab"]
    settings: dict[str, Any] = {"block_size": size, "on_error": on_error}
    files = list(Corpus(paths, **settings).blocks())
    texts = list(Corpus.from_texts([text, text], block_size=size).blocks())
    for blocks, sources in ((files, {str(path) for path in paths}), (texts, {"texts"})):
        for source in sources:
            before = ""
            for block in blocks:
                if block.source == source:
                    begins = not before or before[-1] in "\r\n"
                    assert block.inside == (not begins)
                    before += block.text


def test_records_begin_lines(tmp_path: Path) -> None:
    rows = "".join(f'{{"t": "春夏秋冬{i}"}}\n' for i in range(9))
    blocks = list(Corpus([write(tmp_path / "a", rows)], field="t", block_size=24).blocks())
    assert len(blocks) > 3
    before = ""
    for block in blocks:
        assert block.inside == bool(before and not before.endswith("\n"))
        before += block.text


def test_folding_leaves_cuts_as_they_are() -> None:
    texts = ["ＡＢＣ，" * 40 + "\n" + "春夏秋冬" * 40]
    blocks = list(Corpus.from_texts(texts, fold=["nfkc", "lower"], block_size=100).blocks())
    assert len(blocks) > 5
    ends = ["".join(block.text for block in blocks[:i]) for i in range(len(blocks))]
    assert [block.inside for block in blocks] == [
        bool(end) and not end.endswith("\n") for end in ends
    ]


# --- compression -----------------------------------------------------------------------------

SQUEEZE: dict[str, Callable[[bytes], bytes]] = {
    "none": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}
COMPRESSIONS = [
    pytest.param(name, marks=needs_zstd) if name == "zstd" else name
    for name in SQUEEZE
    if name != "none"
]


@pytest.mark.parametrize("name", ["none", *COMPRESSIONS])
def test_members_cut_inside_characters(tmp_path: Path, name: str) -> None:
    data = PROSE.encode()
    squeeze = SQUEEZE[name]
    parts = [squeeze(data[start : start + 7]) for start in range(0, len(data), 7)]
    path = write(tmp_path / "no-suffix", b"".join(parts))
    corpus = Corpus([path])
    assert "".join(block.text for block in corpus.blocks()) == PROSE
    assert corpus.bytes_read == corpus.total_bytes == path.stat().st_size
    assert corpus.report.bytes == len(data)
    assert read(path, block_size=3) == PROSE
    if name != "none":
        assert read(write(tmp_path / "padded", path.read_bytes() + bytes(1024))) == PROSE


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_truncated_or_damaged_archives(tmp_path: Path, name: str) -> None:
    data = random.Random(1).randbytes(3000).hex().encode()  # squeezes badly: many bytes to break
    whole = SQUEEZE[name](data)
    for cut in (len(whole) - 1, len(whole) // 2, 12):
        error = failure(write(tmp_path / "cut", whole[:cut]))
        assert error.problem.startswith(f"truncated {name} file: ends after ")
        assert error.line is None
    error = failure(write(tmp_path / "two", whole + whole[:12]))
    assert error.problem == f"truncated {name} file: ends after {len(data)} bytes of text"
    error = failure(write(tmp_path / "tail", whole + b"garbage here"))
    assert error.problem == f"something else follows the {name} data, after 6000 bytes of text"
    broken = bytearray(whole)
    for at in range(len(whole) // 2, len(whole) // 2 + 40):
        broken[at] ^= 0x5A
    error = failure(write(tmp_path / "broken", bytes(broken)))
    assert error.problem.startswith((f"damaged {name} file", f"truncated {name} file"))


@needs_zstd
def test_skippable_zstd_frames(tmp_path: Path) -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"meta"
    path = write(tmp_path / "a", skippable + SQUEEZE["zstd"](PROSE.encode()) + skippable)
    assert read(path) == PROSE


def test_archives_are_refused_with_a_hint(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.add(write(tmp_path / "a.txt", PROSE), "a.txt")
    for data in (buffer.getvalue(), gzip.compress(buffer.getvalue())):
        path = write(tmp_path / "x", data)
        error = failure(path)
        assert error.problem == "a tar archive, not a text"
        assert error.hint == f"unpack it first: tar -xOf {path} | nlptools ..."
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr("a.txt", PROSE)
    error = failure(write(tmp_path / "x", buffer.getvalue()))
    assert "zip archive" in error.problem
    assert "unzip -p" in str(error.hint)
    assert "PDF" in failure(write(tmp_path / "x", b"%PDF-1.7\n")).problem
    twice = gzip.compress(bz2.compress(PROSE.encode()))
    assert "compressed file inside" in failure(write(tmp_path / "x", twice)).problem


def test_zstd_without_its_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a", b"\x28\xb5\x2f\xfd...")
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NlptoolsError) as caught:
        list(Corpus([path]).blocks())
    assert caught.value.hint == install_hint("zstd")


# --- encodings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bom", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_marks(tmp_path: Path, bom: bytes, codec: str) -> None:
    path = write(tmp_path / "a", bom + PROSE.encode(codec))
    for encoding in ("utf-8", "auto", codec, codec[:6].removesuffix("-")):
        assert read(path, encoding=encoding) == PROSE
        assert read(path, encoding=encoding, block_size=5) == PROSE
    corpus = Corpus([path])
    list(corpus.blocks())
    assert corpus.report.encodings == ({} if codec == "utf-8" else {str(path): codec})


def test_named_encodings(tmp_path: Path) -> None:
    rare = "一〇镕㐂𠀀€"  # not in GB2312 or GBK
    assert read(write(tmp_path / "a", rare.encode("gb18030")), encoding="gb2312") == rare
    assert read(write(tmp_path / "a", "碁嘅".encode("big5hkscs")), encoding="Big5") == "碁嘅"
    assert read(write(tmp_path / "a", PROSE.encode("utf-16-le")), encoding="utf-16-le") == PROSE
    assert read(write(tmp_path / "a", PROSE.encode("hz")), encoding="hz", block_size=1) == PROSE
    assert read(write(tmp_path / "a", "abc".encode("cp037")), encoding="cp037") == "abc"


@pytest.mark.parametrize("size", [4, 1 << 20])
def test_bad_bytes(tmp_path: Path, size: int) -> None:
    path = write(tmp_path / "a", "一二三\r\n四".encode() + b"\xb0\xb1" + "五\r六\n七".encode())
    error = failure(path, block_size=size)
    assert str(error) == f"{path}:2: not UTF-8: byte 0xb0 at byte 14 of the file"
    corpus = Corpus([path], on_error="replace", block_size=size)
    blocks = list(corpus.blocks())
    check_blocks(blocks, "一二三\r\n四\ufffd\ufffd五\r六\n七")
    assert corpus.report.replaced == 2
    corpus = Corpus([path], on_error="skip", block_size=size)
    assert "".join(block.text for block in corpus.blocks()) == "一二三\r\n六\n七"
    assert corpus.report.skipped_lines == 1


def test_skipped_lines_at_the_beginning_and_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b"\xff\n\xff\n" + "好\n".encode() + b"\xe4\xb8")
    corpus = Corpus([path], on_error="skip")
    assert list(corpus.blocks()) == [Block("好\n", str(path), LineNumbers(3))]
    assert corpus.report.skipped_lines == 3


def test_skip_leaves_out_the_whole_of_a_long_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "甲，".encode() * 1000 + b"\xff\n" + "乙，".encode() * 1000)
    for size in (10, 1 << 20):
        assert read(path, on_error="skip", block_size=size) == "乙，" * 1000


def test_byte_order_mark_counts_in_the_offset(tmp_path: Path) -> None:
    error = failure(write(tmp_path / "a", b"\xef\xbb\xbfab\xff"))
    assert error.problem == "not UTF-8: byte 0xff at byte 5 of the file"


def test_file_that_ends_inside_a_character(tmp_path: Path) -> None:
    for size in (4, 100):
        error = failure(write(tmp_path / "a", "好\n好".encode()[:-1]), block_size=size)
        assert (error.line, error.problem) == (2, "not UTF-8: byte 0xe5 at byte 4 of the file")


@pytest.mark.parametrize("size", [5, 1 << 20])
@pytest.mark.parametrize("encoding", ["gb18030", "big5hkscs", "utf-16-le"])
def test_bad_bytes_in_other_encodings(tmp_path: Path, encoding: str, size: int) -> None:
    bad = b"\x00\xd8" if encoding == "utf-16-le" else b"\xff"
    first = "一\r\n二\r三\n四".encode(encoding)
    path = write(tmp_path / "a", first + bad + "五\n六".encode(encoding))
    error = failure(path, encoding=encoding, block_size=size)
    assert error.line == 4
    assert error.problem == (
        f"not {encoding.upper()}: byte 0x{bad[0]:02x} at byte {len(first)} of the file"
    )
    corpus = Corpus([path], encoding=encoding, block_size=size, on_error="replace")
    assert "".join(block.text for block in corpus.blocks()) == "一\r\n二\r三\n四\ufffd五\n六"
    assert corpus.report.replaced == 1
    corpus = Corpus([path], encoding=encoding, block_size=size, on_error="skip")
    assert "".join(block.text for block in corpus.blocks()) == "一\r\n二\r三\n六"
    assert corpus.report.skipped_lines == 1


def test_line_end_cut_in_two_counts_once(tmp_path: Path) -> None:
    for bad, line in ((b"\xffab", 2), (b"\n\xffab", 3)):
        path = write(tmp_path / "a", "一\r\n".encode("gbk") + bad)
        for size in (1, 2, 3, 4, 5):
            assert failure(path, encoding="gbk", block_size=size).line == line


def test_hints_name_the_likely_encoding(tmp_path: Path) -> None:
    for text, encoding in (
        (PROSE, "gb18030"),
        (TRADITIONAL, "big5"),
        ("abc\n" + PROSE, "utf-16-le"),
        ("abc\n" + PROSE, "utf-16-be"),
    ):
        error = failure(write(tmp_path / "a", text.encode(encoding)))
        assert error.hint == f"try --encoding {encoding}, or --on-error replace"
    error = failure(write(tmp_path / "a", PROSE.encode() + b"\xff" + PROSE.encode()))
    assert error.hint == "try --on-error replace"
    error = failure(write(tmp_path / "a", PROSE.encode("utf-8")), encoding="big5")
    assert error.hint == "try --encoding utf-8, or --on-error replace"


# Text, the encodings it may come in. Short pieces, with ASCII around, must be told apart.
GUESSES = [
    (text, encoding)
    for text, encodings in (
        (PROSE, ("utf-8", "gb18030", "utf-16-le", "utf-16-be")),
        (TRADITIONAL, ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")),
    )
    for encoding in encodings
]


@pytest.mark.parametrize(("text", "encoding"), GUESSES)
def test_auto(tmp_path: Path, text: str, encoding: str) -> None:
    path = write(tmp_path / "a", text.encode(encoding))
    corpus = Corpus([path], encoding="auto")
    assert "".join(block.text for block in corpus.blocks()) == text
    assert corpus.report.encodings == {str(path): encoding}
    for start in range(0, len(text) - 15, 5):
        piece = "<p class='x'>\n" + text[start : start + 15] + "</p>\n"
        assert guess_encoding(piece.encode(encoding)) == encoding
    letters = "The quick brown fox jumps over the lazy dog.\n" * 20
    assert guess_encoding((letters + text).encode(encoding)) == encoding


def test_auto_takes_utf8_with_a_character_cut_at_the_end_of_the_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "SAMPLE", 100)
    assert read(write(tmp_path / "a", "ab" + "鑫" * 100), encoding="auto") == "ab" + "鑫" * 100


def test_auto_says_when_it_cannot_tell(tmp_path: Path) -> None:
    for data in (random.Random(1).randbytes(5000), "Le café était très agréable".encode("latin-1")):
        error = failure(write(tmp_path / "a", b"x" + data), encoding="auto")
        assert error.problem == "cannot tell the encoding"
    assert read(write(tmp_path / "a", "plain"), encoding="auto") == "plain"
    assert read(write(tmp_path / "a", ""), encoding="auto") == ""


# --- JSON Lines ------------------------------------------------------------------------------


def test_json_lines(tmp_path: Path) -> None:
    rows = [
        {"text": "一\n行", "meta": {"title": "甲"}},
        {"text": ["二", "三"], "meta": {"title": "乙"}},
        {"text": "", "meta": {"title": "丙"}, "meta.title": "直接"},
    ]
    data = "\r\n\n".join(
        json.dumps(row, ensure_ascii=number == 1) for number, row in enumerate(rows)
    )
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(codecs.BOM_UTF8 + data.encode()))
    for size in (1, 1 << 20):
        # An empty text is a line, the last one too.
        assert read(path, field="text", block_size=size) == "一\n行\n二\n三\n\n"
        assert lines_of(path, field="meta.title", block_size=size) == ["甲", "乙", "直接"]
    blocks = list(Corpus([path], field="meta.title", block_size=1).blocks())
    assert [(block.text, block.line) for block in blocks] == [("甲\n", 1), ("乙\n", 3), ("直接", 5)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"a": "x"}', "no field 'text'"),
        ('{"text": null}', "no field 'text'"),
        ('{"text": 3}', "field 'text' is a number, not text"),
        ('{"text": {"a": 1}}', "field 'text' is an object, not text"),
        ('{"text": ["a", 1]}', "field 'text' is a list of other things than text, not text"),
        ('{"text": true}', "field 'text' is true or false, not text"),
        ('"text"', "no field 'text'"),
        ('{"text": "x"', "not JSON: Expecting ',' delimiter"),
        ("text", "not JSON: Expecting value"),
        ('{"text": "\\ud83d"}', "a lone surrogate U+D83D, half a character"),
        ("[" * 200000, "not JSON: nested too deeply"),
        ('{"text": ' + "9" * 5000 + "}", "field 'text' is a number, not text"),
    ],
)
def test_bad_json_lines(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path / "a", '{"text": "好", "b": {"c": "d"}}\n\n' + line + '\n{"text": "的"}')
    error = failure(path, field="text")
    assert error.line == 3
    assert error.problem.startswith(problem)
    corpus = Corpus([path], field="text", on_error="skip")
    assert [block.text for block in corpus.blocks()] == ["好\n的"]
    assert corpus.report.skipped_lines == 1


def test_json_lines_errors_help(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"id": 1, "q": "x", "a": {"b": "y", "c": ["z"]}}\n')
    assert failure(path, field="text").hint == "fields with text: q, a.b, a.c"
    error = failure(path)  # without field
    assert (error.line, error.problem) == (None, "JSON Lines, read as plain text")
    assert (
        error.hint == "name the field that has the text: --field q (fields with text: q, a.b, a.c)"
    )
    assert failure(write(tmp_path / "b.ndjson.gz", gzip.compress(b"{}\n"))).line is None
    assert read(write(tmp_path / "c.jsonl", "")) == ""


def test_half_characters_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a", r'{"text": "好\ud83d"}' + "\n" + r'{"text": "\ud83d\ude00"}')
    corpus = Corpus([path], field="text", on_error="replace")
    assert [block.text for block in corpus.blocks()] == ["好\ufffd\n😀"]
    assert corpus.report.replaced == 1


def test_bad_bytes_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a", b'{"text": "a\xff"}\n{"text": "b"}')
    assert failure(path, field="text").line == 1
    assert lines_of(path, field="text", on_error="replace") == ["a\ufffd", "b"]
    assert lines_of(path, field="text", on_error="skip") == ["b"]


@pytest.mark.parametrize(
    ("document", "how"),
    [
        ('[{"text": "a"}, {"text": "b"}]', "jq -c '.[]' "),
        ('[\n{"text": "a"},\n{"text": "b"}\n]', "jq -c '.[]' "),
        ('{\n  "text": "a"\n}\n', "jq -c . "),
        ('{ "text":\n "a"}', "jq -c . "),
    ],
)
@pytest.mark.parametrize("on_error", ["strict", "skip"])
def test_one_json_document(tmp_path: Path, document: str, how: str, on_error: str) -> None:
    error = failure(write(tmp_path / "a.json", document), field="text", on_error=on_error)
    assert error.problem == "one JSON document, not JSON Lines"
    assert how in str(error.hint)


# --- CSV and TSV -----------------------------------------------------------------------------

TABLE = 'id,text\r\n1,"一，""二""\n三"\r\n\r\n2,四,more\r\n'


def test_csv(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", codecs.BOM_UTF8 + TABLE.encode())
    for size in (1, 1 << 20):
        assert lines_of(path, column="text", block_size=size) == ['一，"二"', "三", "四"]
        assert lines_of(path, column="2", block_size=size) == ["text", '一，"二"', "三", "四"]
    blocks = list(Corpus([path], column="text", block_size=7).blocks())
    assert [(block.text, block.line) for block in blocks] == [('一，"二"\n三\n', 2), ("四", 5)]
    tabs = "id\ttext\n1\t一,二\n"
    assert lines_of(write(tmp_path / "b", tabs), column="text") == ["一,二"]
    tabs = "id,\ttext\n1\t一,二\n"
    assert lines_of(write(tmp_path / "b.tsv.gz", gzip.compress(tabs.encode())), column="2") == [
        "text",
        "一,二",
    ]
    long = '"' + "长\n" * 200_000 + '"'
    assert read(write(tmp_path / "c", "text\n" + long), column="text") == "长\n" * 200_000 + "\n"
    assert read(write(tmp_path / "c", ""), column="text") == ""
    assert lines_of(write(tmp_path / "c", "text\r甲\r乙\r"), column="text") == ["甲", "乙"]


def test_bad_csv(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", TABLE + "5\r\n6,六")
    error = failure(path, column="text")
    assert (error.line, error.problem) == (6, "row has 1 columns, there is no column 2")
    assert lines_of(path, column="text", on_error="skip") == ['一，"二"', "三", "四", "六"]
    for on_error in ("strict", "skip"):
        error = failure(path, column="body", on_error=on_error)
        assert (error.line, error.problem) == (1, "no column 'body'")
        assert error.hint == "columns: id, text; or give its number"
    path = write(tmp_path / "b.csv", 'text\n"a"b\nc\n"d\ne\n')
    error = failure(path, column="text")
    assert error.line == 2
    assert error.problem.startswith("not CSV: ")
    assert lines_of(path, column="text", on_error="skip") == ["c"]
    path = write(tmp_path / "c.csv", b'text,x\n"a\nb\xff",1\nc,2\n')
    assert failure(path, column="x").line == 3
    corpus = Corpus([path], column="x", on_error="skip")
    assert [block.text for block in corpus.blocks()] == ["2"]
    assert corpus.report.skipped_lines == 1
    assert lines_of(path, column="text", on_error="replace") == ["a", "b\ufffd", "c"]


# --- folding ---------------------------------------------------------------------------------


def test_fold(tmp_path: Path) -> None:
    path = write(tmp_path / "a", "ＡＢＣ，①ﾊﾟ Σίσυφος\n")
    assert read(path, fold=["nfkc"]) == "ABC,1パ Σίσυφος\n"
    assert read(path, fold=["lower", "nfkc"]) == "abc,1パ σίσυφος\n"
    corpus = Corpus([path], fold=["nfkc"])
    list(corpus.blocks())
    assert corpus.report.characters == 16  # before folding


def test_fold_to_simplified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a", TRADITIONAL)
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(NlptoolsError) as caught:
        Corpus([path], fold=["t2s"])
    assert caught.value.hint == install_hint("zh")
    monkeypatch.undo()
    opencc = pytest.importorskip("opencc", reason="no opencc: bin/setup zh")
    assert read(path, fold=["t2s"]) == PROSE
    run = (
        "乾隆皇帝头发乾燥後來乾坤大挪移" * 40
    )  # no break: cut between Han, but not inside 乾隆, 乾坤
    whole = opencc.OpenCC("t2s").convert(run)
    path = write(tmp_path / "b", run)
    for size in range(30, 200, 7):
        blocks = list(Corpus([path], fold=["t2s"], block_size=size).blocks())
        assert len(blocks) > 1
        check_blocks(blocks, whole)


FOLD_TEXT = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.sampled_from("ﾊﾟカ゛か\u3099e\u0301각ᄀ\u1161\u11a8，…℃Ａ中"),
    ),
    max_size=200,
)


@given(FOLD_TEXT)
@settings(max_examples=300, deadline=None)
def test_fold_nfkc_equals_unicodedata(text: str) -> None:
    blocks = Corpus.from_texts([text], fold=["nfkc"]).blocks()
    assert "".join(block.text for block in blocks) == unicodedata.normalize("NFKC", text)


def test_fold_nfkc_leaves_alone_what_it_says() -> None:
    from nlptools.text.folding import NOT_NFKC

    for code in itertools.chain(range(0x10000), range(0x1F000, 0x20000), range(0x2F800, 0x2FA20)):
        character = chr(code)
        if 0xD800 <= code < 0xE000 or NOT_NFKC.fullmatch(character):
            continue
        assert unicodedata.normalize("NFKC", character) == character
        for mark in "\u0300\u0301\u0308\u0323\u3099\u309a\u0338":
            composed = unicodedata.normalize("NFKC", character + mark)
            assert composed == character + mark or character.isascii()
            assert unicodedata.normalize("NFKC", "e" + character) == "e" + character


@given(FOLD_TEXT, st.integers(1, 300))
@settings(max_examples=200, deadline=None)
def test_fold_does_not_depend_on_blocks(text: str, size: int) -> None:
    fold = ["nfkc", "lower"]
    whole = "".join(block.text for block in Corpus.from_texts([text], fold=fold).blocks())
    blocks = Corpus.from_texts([text], fold=fold, block_size=size).blocks()
    assert "".join(block.text for block in blocks) == whole


# --- nothing is lost -------------------------------------------------------------------------

ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16", "utf-32", "utf-8-sig")
TEXTS = st.text(
    st.one_of(
        st.sampled_from("春夏秋冬，。a1 \n\r\0\u2028"),
        st.characters(codec="utf-8", exclude_characters="\ufeff"),
    ),
    max_size=300,
) | st.lists(st.sampled_from(["春夏秋冬" * 10, "abc", "\r\n", "\r", "\n", "，"]), max_size=30).map(
    "".join
)


@example(text="\0天", size=1, encoding="utf-16", squeeze="none", cuts=[])  # FF FE 00 00: no UTF-32
@given(
    text=TEXTS,
    size=st.integers(1, 200),
    encoding=st.sampled_from(ENCODINGS),
    squeeze=st.sampled_from([name for name in SQUEEZE if zstandard or name != "zstd"]),
    cuts=st.lists(st.integers(0, 300), max_size=3),
)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_blocks_are_the_text(
    tmp_path: Path, text: str, size: int, encoding: str, squeeze: str, cuts: Iterable[int]
) -> None:
    data = text.encode(encoding)
    bounds = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    members = [SQUEEZE[squeeze](data[a:b]) for a, b in itertools.pairwise(bounds)]
    path = write(tmp_path / "a", b"".join(members))
    corpus = Corpus([path], encoding=encoding, block_size=size)
    check_blocks(list(corpus.blocks()), text)
    assert corpus.report.bytes == len(data)
    assert corpus.report.characters == len(text)
    skipping = Corpus([path], encoding=encoding, block_size=size, on_error="skip")
    check_blocks(list(skipping.blocks()), text)


@given(
    parts=st.lists(
        st.sampled_from(
            [
                b"\n",
                b"\r",
                b"\r\n",
                b"ab,",
                "春夏".encode(),
                "，".encode(),
                b"\xe6\x98",
                b"\xff",
                b"\x80",
            ]
        ),
        max_size=60,
    ),
    size=st.integers(1, 100),
    encoding=st.sampled_from(["utf-8", "gb18030", "big5"]),
)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_bad_bytes_do_not_depend_on_blocks(
    tmp_path: Path, parts: list[bytes], size: int, encoding: str
) -> None:
    data = b"".join(parts)
    path = write(tmp_path / "a", data)
    codec = {"big5": "big5hkscs"}.get(encoding, encoding)
    corpus = Corpus([path], encoding=encoding, on_error="replace", block_size=size)
    text = data.decode(codec, "replace")
    check_blocks(list(corpus.blocks()), text)
    assert corpus.report.replaced == text.count("\ufffd")
    corpus = Corpus([path], encoding=encoding, on_error="skip", block_size=size)
    lines = io.StringIO(text, newline="").readlines()
    kept = "".join(line for line in lines if "\ufffd" not in line)
    assert "".join(block.text for block in corpus.blocks()) == kept
    assert corpus.report.skipped_lines == sum("\ufffd" in line for line in lines)
    if text.count("\ufffd"):
        before = text[: text.index("\ufffd")].replace("\r\n", "\n").replace("\r", "\n")
        error = failure(path, encoding=encoding, block_size=size)
        assert error.line == before.count("\n") + 1
        with pytest.raises(UnicodeDecodeError) as caught:
            data.decode(codec)
        assert f"byte 0x{data[caught.value.start]:02x} at byte {caught.value.start} " in str(error)
    else:
        check_blocks(list(Corpus([path], encoding=encoding, block_size=size).blocks()), text)


def test_many_small_files(tmp_path: Path) -> None:
    for number in range(300):
        write(tmp_path / f"{number:03}.txt", f"文件{number}")
    corpus = Corpus([tmp_path])
    assert [block.text for block in corpus.blocks()] == [f"文件{number}" for number in range(300)]
    assert corpus.report.files == 300


# --- real files ------------------------------------------------------------------------------

REAL = sorted(path for path in AWKWARD.glob("*/*") if path.name != "MANIFEST.md")
needs_data = pytest.mark.skipif(
    not REAL, reason=f"no evaluation data in {AWKWARD} (set NLPTOOLS_DATA)"
)
# What cannot be read in any one encoding, and what is not a text.
REFUSED = {
    "chardet_UTF-16_bom-utf-16-be.srt": "subtitles with their times",
    "longline_1MB_liver_cancer.json": "one JSON document",
    "cMedQQ.tar.gz": "a tar archive",
    "laws6MB.truncated.txt.gz": "truncated gzip file",
    "mixed_encodings.txt": "cannot tell the encoding",
    "chardet_EUC-TW__ude_euc-tw1.txt": "cannot tell the encoding",
    "big5_broken_as_training_words.txt": "not BIG5HKSCS: byte 0x80",
    "gbk_truncated_203.txt": "not GB18030: byte 0xb5",
    "cut_mid_char.txt": "not UTF-8: byte 0xe5",
    "random_byte_errors_200.txt": "not UTF-8: byte 0xe6",
    "surrogates_cesu.txt": "not UTF-8: byte 0xed",
}
LABELS = {
    "gbk_": "gb18030",
    "chardet_GB2312": "gb18030",
    "big5_": "big5hkscs",
    "chardet_Big5": "big5hkscs",
}


@needs_data
@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_real_files(path: Path) -> None:
    if path.suffix == ".zst" and not zstandard:
        pytest.skip("no zstandard: bin/setup zstd")
    label = next((LABELS[start] for start in LABELS if path.name.startswith(start)), None)
    corpus = Corpus([path], encoding="auto", block_size=100_000)
    if path.name in REFUSED:
        with pytest.raises(DataError) as caught:
            list(corpus.blocks())
        assert "\n" not in str(caught.value)
        assert caught.value.problem.startswith(REFUSED[path.name])
        if (caught.value.line is None) or "cannot" in caught.value.problem:
            return
        corpus = Corpus([path], encoding="auto", on_error="replace")
        text = "".join(block.text for block in corpus.blocks())
        assert 1 <= corpus.report.replaced <= text.count("\ufffd") < 1000
    else:
        blocks = list(corpus.blocks())
        check_blocks(blocks, "".join(block.text for block in blocks))
    encoding = corpus.report.encodings[str(path)]
    assert label in (None, encoding)
    if path.suffix in (".txt", ".xml", ".json"):  # not compressed
        raw = path.read_bytes().decode(encoding, "replace").removeprefix("\ufeff")
        assert "".join(block.text for block in corpus.blocks()) == raw


@needs_data
def test_real_twins() -> None:
    made = AWKWARD / "made"
    plain = read(made / "laws1MB.plain.txt")
    assert len(plain) == 350_000
    for name in (
        "gb18030.txt",
        "utf16le_bom.txt",
        "utf16be_bom.txt",
        "utf16le_nobom.txt",
        "utf8_bom_crlf.txt",
        "nul_gb.txt.gz",
    ):
        text = read(made / f"laws1MB.{name}", encoding="auto", block_size=70_000)
        assert text.replace("\r\n", "\n") == plain, name
    whole = read(made / "laws6MB.txt.gz")
    assert len(whole.encode()) == 5_999_957
    for name in ("multimember.txt.gz", "txt.bz2", "txt.xz", *(["txt.zst"] if zstandard else [])):
        assert read(made / f"laws6MB.{name}", block_size=300_000) == whole, name
    real = AWKWARD / "real"
    assert read(real / "gbk_pku_test.txt", encoding="gbk") == read(real / "utf8_pku_test.txt")


# --- small files and long lines ----------------------------------------------------------------


def test_small_sources_become_one_text() -> None:
    def block(text: str, source: str, **more: bool) -> Block:
        return Block(text, source, 1, **more)

    blocks = [
        block("一", "a"),
        block("二\n", "c"),
        block("三\r", "d"),
        block("\n四", "e"),
        block("五" * 9, "f"),
        block("六", "f", inside=True),
        block("七", "g"),
    ]
    joined = [(b.text, b.source, b.inside) for b in join_small(blocks, 10)]
    assert joined == [
        ("一\n二\n三\r", "a", False),
        ("\n四", "e", False),
        ("五" * 9, "f", False),
        ("六\n七", "f", True),
    ]
    assert list(join_small([], 10)) == []


def test_small_sources_are_not_held_back_in_a_lull() -> None:
    blocks = [Block(text, "-", LineNumbers(1), inside=not text) for text in ("一\n", "", "", "二")]
    assert list(join_small(blocks, 10)) == blocks


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from("天章AⅣ①㎡ﬁ⼀，．＋1度e\u0301"), min_size=1, max_size=80).map("".join),
    st.integers(1, 40),
    st.sampled_from([["nfkc"], ["nfkc", "lower"], []]),
)
@example("Ⅳ章，1度" * 20, 8, ["nfkc"])
def test_counts_do_not_depend_on_where_a_long_line_is_cut(
    text: str, size: int, fold: list[str]
) -> None:
    def counted(size: int) -> list[tuple[str, int]]:
        corpus = Corpus.from_texts([text], fold=fold, block_size=size)
        counts = count_ngrams(corpus, order=3, workers=1)
        return list(counts.items())

    assert counted(size) == counted(1 << 20)


def test_blocks_of_records_follow_a_lowered_block_size(tmp_path: Path) -> None:
    rows = "".join(json.dumps({"t": "天地玄黄" * 50}) + "\n" for _ in range(200))
    corpus = Corpus([write(tmp_path / "a", rows)], field="t")
    corpus.block_size = 2000
    assert max(len(block.text) for block in corpus.blocks()) <= 1300
