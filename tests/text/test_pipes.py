"""Pipes: what is there is given at once, a lull is an empty chunk, and no byte depends on when it came."""

from __future__ import annotations

import bz2
import gzip
import io
import itertools
import json
import os
import sys
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.text import pipes
from nlptools.text.corpus import Corpus
from nlptools.text.pipes import pipe_chunks
from nlptools.text.sources import Source
from nlptools.vocab.stream import tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import Vocab

CUTTER = Segmenter.from_counts({"天地": 9, "玄黄": 9, "宇宙": 9, "T恤": 5, "宇宙洪荒": 2, "天": 3})
TOKENIZER = WordTokenizer(
    Vocab(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "天", "天地", "玄", "黄", "t"])
)


class Trickle(Corpus):
    """Stdin that brings these chunks; an empty one is a lull."""

    def __init__(self, chunks: list[bytes], **reading: object) -> None:
        super().__init__(["-"], **reading)  # type: ignore[arg-type]
        self.prompt = True
        self._chunks = chunks

    def _raw(self, source: Source) -> Iterator[bytes]:
        yield from self._chunks


def trickled(data: bytes, places: list[int]) -> list[bytes]:
    """The bytes in chunks, with a lull after each."""
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    parts = [data[a:b] for a, b in itertools.pairwise(edges)]
    return [chunk for part in parts for chunk in (part, b"")]


def rows(text: str) -> bytes:
    """As JSON Lines, one empty row between."""
    return "".join(
        json.dumps({"t": line}, ensure_ascii=False) + "\n\n" for line in text.split("\n")
    ).encode()


# --- chunks ----------------------------------------------------------------------------------


@pytest.fixture
def pipe() -> Iterator[tuple[io.FileIO, int]]:
    reading, writing = os.pipe()
    with open(reading, "rb", buffering=0) as file:
        yield file, writing


posix = pytest.mark.skipif(os.name != "posix", reason="nobody tells whether more is in a pipe")


@posix
def test_what_is_there_is_given_at_once(pipe: tuple[io.FileIO, int]) -> None:
    file, writing = pipe
    chunks = pipe_chunks(file, file.read, 1 << 20, prompt=True)
    os.write(writing, b"one\ntwo")
    assert next(chunks) == b"one\ntwo"
    assert next(chunks) == b""
    os.write(writing, b"\n")
    assert next(chunks) == b"\n"
    os.close(writing)
    assert list(chunks) == [b""]  # of the lull before the end


@posix
def test_what_follows_at_once_is_one_chunk(pipe: tuple[io.FileIO, int]) -> None:
    file, writing = pipe
    os.write(writing, b"one\n" * 100)
    os.close(writing)
    assert list(pipe_chunks(file, file.read, 1 << 20, prompt=True)) == [b"one\n" * 100]


@posix
def test_no_chunk_is_larger_than_asked_for(pipe: tuple[io.FileIO, int]) -> None:
    file, writing = pipe
    os.write(writing, b"12345")
    os.close(writing)
    assert list(pipe_chunks(file, file.read, 2, prompt=True)) == [b"12", b"34", b"5"]


@posix
def test_without_prompt_chunks_are_full(pipe: tuple[io.FileIO, int]) -> None:
    file, writing = pipe
    os.write(writing, b"12345")
    os.close(writing)
    assert list(pipe_chunks(file, file.read, 4)) == [b"1234", b"5"]


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream without a descriptor, and Windows, where select knows sockets alone: whole blocks."""
    stream = io.BytesIO(b"one\ntwo\n")
    assert list(pipe_chunks(stream, stream.read1, 5, prompt=True)) == [b"one\nt", b"wo\n"]

    class Typed(io.BytesIO):
        def isatty(self) -> bool:
            return True

    def refuse(*_: object) -> None:
        raise OSError(10038, "not a socket")

    monkeypatch.setattr(pipes.select, "select", refuse)
    typed = Typed(b"one\ntwo\n")
    assert list(pipe_chunks(typed, typed.read1, 4, prompt=True)) == [b"one\n", b"", b"two\n", b""]


# --- lines -----------------------------------------------------------------------------------


def pieces_of(chunks: list[bytes], **reading: object) -> list[str]:
    return list(segment_corpus(Trickle(chunks, **reading), CUTTER, workers=2))


def test_lines_are_given_before_the_lull() -> None:
    """Whole lines alone; what is under way on other threads is waited for."""
    chunks = ["天地玄黄\n宇宙", "", "洪", "", "荒\n", "", "天"]
    assert pieces_of([chunk.encode() for chunk in chunks]) == [
        *("天地 玄黄\n", "", "", "宇宙洪荒\n", ""),
        "天",
    ]


def test_a_line_end_of_two_characters() -> None:
    chunks = [b"\xe5\xa4\xa9\r", b"", b"\n\xe5\xa4\xa9\r", b"", b"\xe5\xa4\xa9\n", b""]
    assert pieces_of(chunks) == ["天\r\n", "", "天\r天\n", ""]


def test_a_character_in_two_chunks() -> None:
    data = "天地\n".encode()
    assert pieces_of([data[:2], b"", data[2:], b""]) == ["天地\n", ""]


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress])
def test_compressed(squeeze: object) -> None:
    """A whole member is a whole text, and is there at once."""
    first, second = (squeeze(text.encode()) for text in ("天地玄黄\n", "玄黄\n"))  # type: ignore[operator]
    assert pieces_of([first, b"", second, b""]) == ["天地 玄黄\n", "", "玄黄\n", ""]


def test_rows_with_a_field_and_with_a_column() -> None:
    def tokens(lines: list[str], **reading: object) -> list[str]:
        corpus = Trickle([line.encode() for line in lines], **reading)
        return list(tokenize_corpus(corpus, TOKENIZER, workers=2))

    lines = ['{"t": "天地"}\n', "", '{"t": ""}\n{"t":', "", '"玄黄"}\n', ""]
    assert tokens(lines, field="t") == ["天地\n", "", "\n", "", "玄 黄\n", ""]
    table = ["t\n天地\n", "", '"玄', "", '黄"\n', "", "天\n"]
    assert tokens(table, column="t") == ["天地\n", "", "", "玄 黄\n", "", "天\n"]


# --- encodings -------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "big5", "utf-16"])
def test_the_first_lines_tell_the_encoding(encoding: str) -> None:
    lines = [
        "我們去公園看了一場電影，天地玄黃。\n",
        "天地玄黄\n" if encoding != "big5" else "天地\n",
    ]
    whole = "".join(lines).encode(encoding)
    first = len(lines[0].encode(encoding))
    corpus = Trickle([whole[:first], b"", whole[first:], b""], encoding="auto")
    blocks = [block.text for block in corpus.blocks()]
    assert blocks == [lines[0], "", lines[1], ""]


def test_ascii_waits_for_nothing_and_tells_nothing() -> None:
    """A log may begin in English: what comes later is looked at when it comes."""
    later = "错误：在第三行没有找到要的文件，我们不知道为什么\n"
    chunks = [b"started\r\n", b"", b"ready\n", b"", later.encode("gb18030"), b""]
    corpus = Trickle(chunks, encoding="auto")
    assert [block.text for block in corpus.blocks()] == [
        "started\r\n",
        "",
        "ready\n",
        "",
        later,
        "",
    ]
    assert corpus.report.encodings == {"-": "gb18030"}


def test_an_error_after_ascii_has_its_place() -> None:
    good = "错误：在第三行没有找到要的文件，我们不知道为什么\n".encode("gb18030")
    corpus = Trickle([b"one\ntwo\n", b"", good, good[:4] + b"\xff\n"], encoding="auto")
    with pytest.raises(DataError, match=r"-:4: not GB18030: byte 0xff at byte 61 of the file"):
        list(corpus.blocks())


def test_lines_that_do_not_tell_wait_for_more() -> None:
    """A line of two bytes may be anything."""
    text = "错\n错误：在第三行没有找到要的文件，我们不知道为什么\n"
    data = text.encode("gb18030")
    corpus = Trickle([data[:3], b"", data[3:], b""], encoding="auto")
    assert [block.text for block in corpus.blocks()] == [text, ""]


# --- the same bytes --------------------------------------------------------------------------

SIGNS = "天地玄黄宇宙洪荒𠮷T恤5.%，。… \t\u3000😀\u0301\r\n\n"
TEXTS = st.text(st.sampled_from(SIGNS), max_size=60)
PLACES = st.lists(st.integers(0, 300), max_size=12)


@settings(max_examples=150, deadline=None)
@given(
    TEXTS,
    PLACES,
    st.sampled_from(["utf-8", "gb18030", "utf-16"]),
    st.sampled_from([bytes, gzip.compress]),
    st.integers(1, 40),
    st.sampled_from(["text", "jsonl"]),
)
@example("天\r\n地", [4], "utf-8", bytes, 40, "text")
def test_segmented_whatever_the_timing(
    text: str, places: list[int], encoding: str, squeeze: type[bytes], size: int, format: str
) -> None:
    data = squeeze(text.encode(encoding))
    settings = {"encoding": encoding, "block_size": size}
    made, whole = (
        "".join(segment_corpus(Trickle(chunks, **settings), CUTTER, format=format, workers=1))
        for chunks in (trickled(data, places), [data])
    )
    assert made == whole


@settings(max_examples=150, deadline=None)
@given(TEXTS, PLACES, st.sampled_from([None, "t"]), st.sampled_from(["tokens", "ids", "jsonl"]))
@example("天\n", [], "t", "tokens")
def test_tokens_whatever_the_timing(
    text: str, places: list[int], field: str | None, format: str
) -> None:
    data = rows(text) if field else text.encode()
    made, whole = (
        "".join(tokenize_corpus(Trickle(chunks, field=field), TOKENIZER, format=format, workers=1))
        for chunks in (trickled(data, places), [data])
    )
    assert made == whole


def test_a_long_line_in_many_lulls_is_held_once() -> None:
    """Blocks of it are of the size asked for, and a lull takes no time: no line has come to its end."""
    chunks = ["天地".encode(), b""] * 50_000
    corpus = Trickle(chunks, block_size=1 << 14)
    sizes = [len(block.text) for block in corpus.blocks()]
    assert sum(sizes) == 100_000
    assert max(sizes) <= 1 << 15


def test_sys_stdin_is_read_so(monkeypatch: pytest.MonkeyPatch) -> None:
    class FakeStdin:
        buffer = io.BytesIO("天地\n".encode())

    monkeypatch.setattr(sys, "stdin", FakeStdin())
    corpus = Corpus(["-"])
    corpus.prompt = True
    assert [block.text for block in corpus.blocks()] == ["天地\n"]
