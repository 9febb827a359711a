"""A corpus as lines of tokens, ids or objects: line for line what each line gives alone, however it is read."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokencases import TINY

from nlptools.errors import DataError, cut
from nlptools.text.corpus import Corpus
from nlptools.vocab import longlines
from nlptools.vocab import stream as tokenstream
from nlptools.vocab.stream import TOKEN_FORMATS, TokenCounts, decode_corpus, tokenize_corpus
from nlptools.vocab.tokenizer import PRE, WordTokenizer
from nlptools.vocab.vocab import Vocab

DICTIONARY = "今天天气 9 n\n非常 9 n\n国家黄 3 n\n"


@pytest.fixture(scope="module")
def tokenizers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WordTokenizer]:
    path = tmp_path_factory.mktemp("jieba") / "dict.txt"
    path.write_text(DICTIONARY, "utf-8")
    return {
        pre: WordTokenizer(TINY, pre=pre, jieba_dict=path if pre == "jieba" else None)
        for pre in PRE
    }


def lines_in(text: str) -> list[str]:
    """Lines end with LF, CRLF or CR, and with the file."""
    lines = re.split("\r\n|\r|\n", text)
    return lines if lines[-1] else lines[:-1]


def slow_row(tokenizer: WordTokenizer, line: str, most: int | None = None) -> dict[str, Any]:
    encoded = tokenizer.encode(line)
    return {
        "text": line,
        "tokens": tokenizer.tokens(encoded)[:most],
        "ids": encoded.ids.tolist()[:most],
        "offsets": encoded.offsets.tolist()[:most],
    }


def slow_lines(
    tokenizer: WordTokenizer,
    text: str,
    format: str,
    special: bool = False,
    max_length: int | None = None,
    mark_unknown: bool = False,
) -> str:
    made = []
    for line in lines_in(text):
        row = slow_row(tokenizer, line, None if max_length is None else max_length - 2 * special)
        if mark_unknown:
            row["tokens"] = [
                "[UNK]" if i == 1 else t for t, i in zip(row["tokens"], row["ids"], strict=True)
            ]
        if special:
            row["tokens"] = ["[CLS]", *row["tokens"], "[SEP]"]
            row["ids"] = [2, *row["ids"], 3]
            row["offsets"] = [[0, 0], *row["offsets"], [0, 0]]
        if format == "jsonl":
            made.append(json.dumps(row, ensure_ascii=False))
        else:
            made.append(" ".join(map(str, row[format])))
    return "".join(f"{line}\n" for line in made)


def stream(corpus: Corpus, tokenizer: WordTokenizer, **settings: Any) -> str:
    pieces = list(tokenize_corpus(corpus, tokenizer, **settings))
    return "".join(pieces)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("texts")


def files(folder: Path, texts: Sequence[str]) -> list[Path]:
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}.txt"
        path.write_bytes(text.encode())
        paths.append(path)
    return paths


# --- any text, however it is read ------------------------------------------------------------

# No byte order mark at the beginning of a file, and nothing that looks like JSON.
TEXT = st.text(
    st.sampled_from(
        "今天天气非常好国家黄。，（niceso12Éa\u0301ΣΑ：'·\x00\x0b\x0c\x1c\x85\u2028 \u3000\t\n\n\r😀"
    ),
    max_size=40,
)
OPTIONS = st.fixed_dictionaries(
    {
        "format": st.sampled_from(TOKEN_FORMATS),
        "special": st.booleans(),
        "mark_unknown": st.booleans(),
    },
    optional={"max_length": st.integers(3, 6)},
)


@pytest.mark.parametrize("pre", PRE)
@settings(max_examples=120, deadline=None)
@given(
    text=TEXT,
    options=OPTIONS,
    block=st.integers(1, 40),
    piece=st.integers(1, 12),
    workers=st.sampled_from([1, 3]),
)
@example("", {}, 4, 1, 1)
@example("\r\n\n\r", {"special": True}, 4, 1, 1)
@example("天" + " " * 60 + "\n好", {}, 4, 1, 1)
@example("a，" * 20 + "\x0b" * 9 + "so" * 9, {}, 4, 1, 1)
@example("ab\x0c" * 20, {}, 4, 1, 1)
@example("ΑΣ：" * 20 + "Α", {}, 4, 1, 1)
@example("天。" * 20, {}, 4, 1, 1)
def test_lines_are_those_of_the_slow_twin(
    tokenizers: dict[str, WordTokenizer],
    folder: Path,
    pre: str,
    text: str,
    options: dict[str, Any],
    block: int,
    piece: int,
    workers: int,
) -> None:
    format = options.get("format", "tokens")
    with pytest.MonkeyPatch.context() as patch:
        in_pieces_of(piece, patch)
        corpus = Corpus(files(folder, [text]), block_size=block)
        counts = TokenCounts()
        made = stream(corpus, tokenizers[pre], **options, workers=workers, counts=counts)
    assert made == slow_lines(tokenizers[pre], text, **{"format": format, **options})
    rows = [slow_row(tokenizers[pre], line, _most(options)) for line in lines_in(text)]
    assert counts.tokens == sum(len(row["ids"]) for row in rows)
    assert counts.unknown == sum(row["ids"].count(1) for row in rows)


def in_pieces_of(characters: int, patch: pytest.MonkeyPatch) -> None:
    """A line of more than four pieces is a long one."""
    patch.setattr(tokenstream, "PIECE", characters)
    patch.setattr(longlines, "PIECE", characters)
    patch.setattr(longlines, "LONG", 4 * characters)


@pytest.mark.parametrize("options", [{}, {"special": True}, {"special": True, "max_length": 9}])
def test_a_long_line_as_json(
    tokenizers: dict[str, WordTokenizer], monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> None:
    """In pieces that wait for each other on disk it is the same object, between short lines."""
    line = "今天天气很好，nice Weather，Ünïcode 看看。" * 40
    text = f"好\n{line}\n\n天气 好\n{line}"
    whole = stream(Corpus.from_texts([text]), tokenizers["vocab"], format="jsonl", **options)
    in_pieces_of(20, monkeypatch)
    monkeypatch.setattr(longlines, "_ROOM", 50)
    made = list(
        tokenize_corpus(Corpus.from_texts([text]), tokenizers["vocab"], format="jsonl", **options)
    )
    assert "".join(made) == whole
    assert len(made) > 10
    assert [len(json.loads(row)["text"]) for row in whole.splitlines()] == [
        *(1, len(line), 0, 4, len(line))
    ]


def test_a_long_line_takes_little_memory(
    tokenizers: dict[str, WordTokenizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A small part of what lists of all its tokens, ids and offsets take."""
    text = "今天天气很好，nice。" * 5_000

    def peak() -> int:
        tracemalloc.start()
        try:
            for _ in tokenize_corpus(
                Corpus.from_texts([text]), tokenizers["vocab"], format="jsonl", workers=1
            ):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    whole = peak()
    in_pieces_of(1 << 11, monkeypatch)
    monkeypatch.setattr(longlines, "_ROOM", 1 << 12)
    assert peak() < whole / 4


def _most(options: dict[str, Any]) -> int | None:
    most = options.get("max_length")
    return None if most is None else most - 2 * bool(options.get("special"))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.text("今天 a\n\r", max_size=6), min_size=1, max_size=3),
    st.integers(1, 8),
    st.booleans(),
)
@example(["天\r", "\n天"], 4, False)
@example(["天", "天"], 4, True)
@example(["天", "", "天\n", "\n"], 4, False)
def test_a_line_ends_with_its_file(
    tokenizers: dict[str, WordTokenizer], folder: Path, texts: list[str], block: int, twice: bool
) -> None:
    """Also where the same file comes twice."""
    paths = files(folder, texts)
    paths = [path for path in paths for _ in range(1 + twice)]
    texts = [text for text in texts for _ in range(1 + twice)]
    expected = "".join(slow_lines(tokenizers["vocab"], text, "tokens") for text in texts)
    corpus = Corpus(paths, block_size=block)
    assert stream(corpus, tokenizers["vocab"]) == expected
    assert expected.count("\n") == sum(len(lines_in(text)) for text in texts)


def test_texts_of_python(tokenizers: dict[str, WordTokenizer]) -> None:
    corpus = Corpus.from_texts(["今天", "", "天气好"])
    assert stream(corpus, tokenizers["vocab"]) == "今天\n\n天气 好\n"
    assert stream(corpus, tokenizers["vocab"], format="ids") == f"17\n\n18 {TINY.ids['好']}\n"


@pytest.mark.parametrize("pre", PRE)
@pytest.mark.parametrize(
    ("line", "goes_on"),
    [
        ("今天天气" * 90_000, False),
        ("今天天气，非常好。" * 40_000, True),
        ("so nice! " * 40_000, True),
    ],
    ids=["han", "signs", "words"],
)
def test_a_line_of_a_megabyte(
    tokenizers: dict[str, WordTokenizer],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    pre: str,
    line: str,
    goes_on: bool,
) -> None:
    """Without any break it waits for its end; with breaks it goes on in pieces, and gives the same."""
    in_pieces_of(1 << 16, monkeypatch)
    [path] = files(folder, [line + "\n好"])
    corpus = Corpus([path], block_size=100_000)
    pieces = list(tokenize_corpus(corpus, tokenizers[pre], format="ids"))
    ids = tokenizers[pre].encode(line).ids.tolist()
    expected = " ".join(map(str, ids)) + f"\n{TINY.ids['好']}\n"
    assert "".join(pieces) == expected
    assert (len(pieces) > 2) == goes_on


def test_many_pieces_in_order(tokenizers: dict[str, WordTokenizer]) -> None:
    texts = [f"{n % 123} 今天 nice" * (n % 7) for n in range(10_000)]
    made = stream(Corpus.from_texts(texts, block_size=1 << 13), tokenizers["vocab"], workers=4)
    alone = stream(Corpus.from_texts(texts), tokenizers["vocab"], workers=1)
    assert made == alone
    assert made.count("\n") == len(texts)


# --- special tokens, lengths, unknown text ---------------------------------------------------


def one(tokenizer: WordTokenizer, text: str, **settings: Any) -> str:
    return stream(Corpus.from_texts([text]), tokenizer, **settings).removesuffix("\n")


def test_by_hand(tokenizers: dict[str, WordTokenizer]) -> None:
    tokenizer = tokenizers["vocab"]
    text = "今天 CAFÉ 好!"
    ids = [TINY.ids[token] for token in ("今天", "[UNK]", "好", "!")]
    assert one(tokenizer, text) == "今天 cafe 好 !"
    assert one(tokenizer, text, mark_unknown=True) == "今天 [UNK] 好 !"
    assert one(tokenizer, text, format="ids") == " ".join(map(str, ids))
    assert one(tokenizer, text, special=True) == "[CLS] 今天 cafe 好 ! [SEP]"
    assert one(tokenizer, text, special=True, max_length=4) == "[CLS] 今天 cafe [SEP]"
    assert one(tokenizer, text, max_length=1) == "今天"
    assert one(tokenizer, "\n", special=True, format="ids") == "2 3"
    assert json.loads(one(tokenizer, text, format="jsonl", mark_unknown=True)) == {
        "text": text,
        "tokens": ["今天", "[UNK]", "好", "!"],
        "ids": ids,
        "offsets": [[0, 2], [3, 7], [8, 9], [9, 10]],
    }


def test_counts_are_added_to(tokenizers: dict[str, WordTokenizer]) -> None:
    counts = TokenCounts(tokens=100, unknown=10)
    for _ in range(2):
        stream(Corpus.from_texts(["今天 x", "y"]), tokenizers["vocab"], special=True, counts=counts)
    assert (counts.tokens, counts.unknown) == (106, 14)


def test_wrong_settings(tokenizers: dict[str, WordTokenizer]) -> None:
    def begin(tokenizer: WordTokenizer, **settings: Any) -> None:
        next(tokenize_corpus(Corpus.from_texts(["今天"]), tokenizer, **settings))

    with pytest.raises(ValueError, match="format must be one of tokens, ids, jsonl, not 'text'"):
        begin(tokenizers["vocab"], format="text")
    with pytest.raises(ValueError, match="max_length must be at least 1, not 0"):
        begin(tokenizers["vocab"], max_length=0)
    with pytest.raises(ValueError, match="max_length must be at least 3, not 2"):
        begin(tokenizers["vocab"], max_length=2, special=True)
    with pytest.raises(DataError, match=r"v\.txt: no \[CLS\] in this vocabulary"):
        begin(WordTokenizer(Vocab(("[UNK]", "[SEP]"), "v.txt")), special=True)


# --- back to text ----------------------------------------------------------------------------


def decoded(corpus: Corpus, tokenizer: WordTokenizer) -> str:
    return "".join(decode_corpus(corpus, tokenizer))


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.lists(st.integers(0, len(TINY) - 1), max_size=5), max_size=4),
        min_size=1,
        max_size=3,
    ),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.booleans(),
    st.integers(1, 9),
)
@example([[[17]], [[17]]], "\n", False, 4)
def test_lines_of_ids(
    tokenizers: dict[str, WordTokenizer],
    folder: Path,
    texts: list[list[list[int]]],
    end: str,
    closed: bool,
    block: int,
) -> None:
    tokenizer = tokenizers["none"]
    written = []
    for lines in texts:
        text = "".join(" ".join(map(str, ids)) + end for ids in lines)
        written.append(text if closed else text.removesuffix(end))
    expected = [
        tokenizer.decode(map(int, line.split())) for text in written for line in lines_in(text)
    ]
    corpus = Corpus(files(folder, written), block_size=block)
    assert decoded(corpus, tokenizer) == "".join(f"{line}\n" for line in expected)


def test_ids_come_back(tokenizers: dict[str, WordTokenizer]) -> None:
    texts = ["今天天气非常好。", "", "so nice!"]
    ids = stream(Corpus.from_texts(texts), tokenizers["vocab"], format="ids", special=True)
    assert decoded(Corpus.from_texts(ids.split("\n")[:-1]), tokenizers["none"]) == (
        "今天天气非常好。\n\nso nice!\n"
    )
    assert decoded(Corpus.from_texts(["\t 17  18 "]), tokenizers["none"]) == "今天天气\n"


WRONG = ["天", "-1", "+1", "1.5", "1e1", "٣", "1_0", str(len(TINY)), "9" * 30, "x" * 100]


@pytest.mark.parametrize("word", WRONG)
@pytest.mark.parametrize("block", [4, 1 << 20])
def test_what_is_no_id(
    tokenizers: dict[str, WordTokenizer], folder: Path, word: str, block: int
) -> None:
    paths = files(folder, ["1 2\n3\n", f"1\r\n\r\n17 {word} 3"])
    with pytest.raises(DataError) as caught:
        decoded(Corpus(paths, block_size=block), tokenizers["none"])
    assert str(caught.value) == f"{paths[1]}:3: no id: {cut(word)}"
    assert caught.value.hint == f"the vocabulary has the ids 0 to {len(TINY) - 1}"


def test_the_line_of_a_file_that_comes_twice(
    tokenizers: dict[str, WordTokenizer], folder: Path
) -> None:
    good, bad = files(folder, ["17\n17", "17\nx"])

    def error(paths: list[Path]) -> str:
        with pytest.raises(DataError) as caught:
            decoded(Corpus(paths), tokenizers["none"])
        return str(caught.value)

    assert error([good, good, bad]) == f"{bad}:2: no id: x"
    assert decoded(Corpus([good, good]), tokenizers["none"]) == "今天\n" * 4


def test_nothing_is_read_before_it_is_asked_for(tokenizers: dict[str, WordTokenizer]) -> None:
    """A long corpus is never held whole."""
    seen = 0

    def texts() -> Iterator[str]:
        nonlocal seen
        for _ in range(100):
            seen += 1
            yield "今天天气非常好" * 4000

    made = tokenize_corpus(
        Corpus.from_texts(texts(), block_size=1 << 17), tokenizers["none"], workers=1
    )
    next(made)
    assert 0 < seen < 60
