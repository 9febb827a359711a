"""Vocabularies and texts for the tests of tokens; what needs the reference data skips plainly without it."""

from __future__ import annotations

import functools
import itertools
import lzma
from typing import Any

import pytest
from hypothesis import strategies as st
from jiebacases import import_jieba
from places import DATA

from nlptools.segmentation.jieba import JiebaWords
from nlptools.vocab.vocab import Vocab, load_vocab

BERT, WOBERT, PLUS = "bert-base-chinese", "wobert_base", "wobert_plus_base"

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
# 今天天气 is a word of jieba that is not here; ##天 is a token that BERT's rules never make.
TINY = Vocab(
    (
        *SPECIALS,
        *("今", "天", "气", "非", "常", "好", "。", ",", "!", "国", "家", "##天"),
        *("今天", "天气", "非常", "国家", "天天"),
        *(
            "nice",
            "so",
            "un",
            "##happy",
            "##ly",
            "e",
            "##e",
            "1",
            "##2",
            "##3",
            "s",
            "##s",
            "ᄒ",
            "##ᅡ",
        ),
    ),
    "tiny.txt",
)

# Characters that are easily got wrong: half of them are left out, fold to another number of characters,
# separate only for some, or are Han for some.
ODD = (
    "今天气非常好国家黄〇々㐀\U00020000\U0002ceb0\U00030000豈\uf8ff"
    "soniceuhapyE12ÉéİßΣς가각ᄒㅎǅﬁ①½²"
    "\u0301\u0300\u0345\u302e\u20dd\u093f"
    "。，,!.'-_+#&%~^`$§·…—“”（）＋｜▁▂"
    " \t\n\r\u3000\xa0\u1680\u2028\u2029\u200b\u200d\ufeff\xad\x00\x07\x0b\x0c\x1c\x85\ufffd"
    "😀\u0378\U000e0001"
)
TEXTS = st.text(st.sampled_from(ODD), max_size=24)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

# Small vocabularies of what is in those texts: words of Han, signs, pieces.
_WORD = st.text(st.sampled_from("今天气非常好国家黄㐀"), min_size=1, max_size=4)
_PIECE = st.text(st.sampled_from("soniceuhapy12ᄒㅎ"), min_size=1, max_size=4)
_OTHER = st.sampled_from(
    ["。", ",", "!", "##。", "##天", "...", "今a", "a今", "1.2", "§", "▁", "\u2028", ""]
)
VOCABS = st.lists(_WORD | _PIECE | _PIECE.map("##".__add__) | _OTHER, max_size=24).map(
    lambda tokens: Vocab((*SPECIALS, *tokens), "made.txt")
)


@functools.cache
def reference_vocab(name: str) -> Vocab:
    """One of the three that are released."""
    path = DATA / "vocab" / f"{name}.vocab.txt"
    if not path.exists():
        pytest.skip(f"no file {path}; NLPTOOLS_DATA names the evaluation data")
    return load_vocab(path)


@functools.cache
def corpus_lines(name: str, most: int) -> list[str]:
    """The first lines of a corpus that are not empty."""
    path = DATA / "corpora" / f"{name}.txt.xz"
    if not path.exists():
        pytest.skip(f"no file {path}; NLPTOOLS_DATA names the evaluation data")
    with lzma.open(path, "rt", encoding="utf-8", newline="\n") as lines:
        return list(itertools.islice((line[:-1] for line in lines if line != "\n"), most))


@functools.cache
def pku_test() -> list[str]:
    """The raw lines of SIGHAN 2005's pku_test."""
    path = DATA / "gold" / "sighan05_pku_test.seg.txt.xz"
    if not path.exists():
        pytest.skip(f"no file {path}; NLPTOOLS_DATA names the evaluation data")
    with lzma.open(path, "rt", encoding="utf-8") as lines:
        return ["".join(line.split()) for line in lines]


@functools.cache
def real_jieba() -> Any:
    """A tokenizer of jieba with its own dictionary; no file is written."""
    theirs = import_jieba().Tokenizer()
    theirs.FREQ, theirs.total = theirs.gen_pfdict(theirs.get_dict_file())
    theirs.initialized = True
    return theirs


@functools.cache
def installed_jieba() -> JiebaWords:
    """By the dictionary of the installed jieba."""
    import_jieba()
    return JiebaWords()
