"""Tokens, ids and offsets by WoBERT's rule, beside the slow twins, jieba and Hugging Face; batches; and back."""

from __future__ import annotations

import functools
import random
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jiebacases import jieba_with
from tokencases import (
    ANY,
    BERT,
    PLUS,
    SPECIALS,
    TEXTS,
    TINY,
    VOCABS,
    WOBERT,
    corpus_lines,
    installed_jieba,
    pku_test,
    real_jieba,
    reference_vocab,
)

from nlptools.errors import DataError
from nlptools.segmentation import jieba
from nlptools.text import chars
from nlptools.vocab import tokenizer as module
from nlptools.vocab.decoding import join_tokens
from nlptools.vocab.tokenizer import PRE, Encoded, WordTokenizer, tokenize
from nlptools.vocab.unigram import UNKNOWN_PENALTY, score_words
from nlptools.vocab.vocab import Vocab

# News, microblogs, technical documents.
CORPORA = [("msra_raw", 1000), ("weibo_trend_2022", 3000), ("pingcap_docs_cn", 3000)]


def pairs(tokenizer: WordTokenizer, text: str) -> list[tuple[str, int]]:
    encoded = tokenizer.encode(text)
    return list(zip(tokenizer.tokens(encoded), encoded.ids.tolist(), strict=True))


def with_ids(vocab: Vocab, tokens: Sequence[str]) -> list[tuple[str, int]]:
    return [(token, vocab.ids.get(token, vocab.unknown)) for token in tokens]


def slow_vocab(vocab: Vocab, text: str) -> list[tuple[str, int]]:
    scores = {vocab.tokens[i]: score for i, score in score_words(vocab).items()}
    unknown = min(scores.values(), default=0.0) - UNKNOWN_PENALTY
    return oracles.vocab_tokens(text, vocab.ids, scores, unknown)


@functools.cache
def with_jieba(name: str) -> WordTokenizer:
    """Of a released vocabulary; the dictionary of jieba is read once for all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jieba, "JiebaWords", lambda path: installed_jieba())
        return WordTokenizer(reference_vocab(name), pre="jieba")


# --- by hand ---------------------------------------------------------------------------------


@pytest.mark.parametrize("pre", ["vocab", "none"])
def test_fold(pre: str) -> None:
    """Ids are those of the simplified text, offsets those of the given one; by itself nothing is folded."""
    tokenizer = WordTokenizer(TINY, pre=pre, fold=["t2s"])
    simplified, given_text = "今天天气非常好", "今天天氣非常好"
    encoded, expected = (
        tokenizer.encode(given_text),
        WordTokenizer(TINY, pre=pre).encode(simplified),
    )
    assert encoded.ids.tolist() == expected.ids.tolist()
    assert encoded.offsets.tolist() == expected.offsets.tolist()
    assert WordTokenizer(TINY, pre=pre).encode(given_text).ids.tolist() != expected.ids.tolist()
    assert tokenize(given_text, TINY, pre=pre, fold=["t2s"]) == tokenizer.tokenize(simplified)
    with pytest.raises(ValueError, match="fold must be of"):
        WordTokenizer(TINY, pre=pre, fold=["nfd"])


def test_three_ways() -> None:
    text = "今天天气非常好。So NICE!"
    assert WordTokenizer(TINY).tokenize(text) == [
        "今天",
        "天气",
        "非常",
        "好",
        "。",
        "so",
        "nice",
        "!",
    ]
    assert WordTokenizer(TINY, pre="none").tokenize(text) == [
        *"今天天气非常好。",
        "so",
        "nice",
        "!",
    ]
    assert WordTokenizer(TINY, lower=False).tokenize("So nice É") == ["So", "nice", "É"]


def test_jieba_by_hand(tmp_path: Path) -> None:
    """Jieba sees one word in 今天天气; the vocabulary does not have it: characters, though it has 今天."""
    path = tmp_path / "dict.txt"
    path.write_text("今天天气 9 n\n非常 9 n\n12 3 n\n", "utf-8")
    tokenizer = WordTokenizer(TINY, pre="jieba", jieba_dict=path)
    assert pairs(tokenizer, "今天天气非常好") == with_ids(
        TINY, ["今", "天", "天", "气", "非常", "好"]
    )
    # 1 and ##2 are pieces of 12, which jieba keeps together; + and % are in jieba's runs, and stand alone.
    assert tokenizer.tokenize("12%nice+ly") == ["1", "##2", "%", "nice", "+", "ly"]


@pytest.mark.parametrize(
    ("name", "text", "tokens", "ids"),
    [
        (WOBERT, "今天天气非常好。", "今 天 天 气 非常 好 。", [690, 1820, 1820, 3597, 13815, 1861, 410]),
        (
            WOBERT,
            "我们在国家图书馆学习自然语言处理",
            "我们 在 国 家 图 书 馆 学习 自 然 语 言 处理",
            [13588, 1661, 1643, 2056, 1644, 640, 7566, 13885, 5531, 4096, 6326, 6140, 13970],
        ),
        (PLUS, "今天天气非常好。", "今 天 天 气 非常 好 。", [306, 1231, 1231, 2653, 33994, 1266, 179]),
        (
            PLUS,
            "我们在国家图书馆学习自然语言处理",
            "我们 在 国家图书馆 学习 自然语言 处理",
            [18578, 1101, 47840, 15499, 46879, 14290],
        ),
        (BERT, "今天天气非常好。", "今 天 天 气 非 常 好 。", [791, 1921, 1921, 3698, 7478, 2382, 1962, 511]),
    ],
)  # fmt: skip
def test_released_vocabularies(name: str, text: str, tokens: str, ids: list[int]) -> None:
    """Worked with bert4keras' Tokenizer and jieba without its HMM."""
    assert pairs(with_jieba(name), text) == list(zip(tokens.split(), ids, strict=True))


def test_words_that_jieba_hides() -> None:
    tokenizer = WordTokenizer(reference_vocab(WOBERT))
    assert tokenizer.tokenize("今天天气非常好。") == ["今天", "天气", "非常", "好", "。"]
    assert tokenizer.tokenize("我们在国家图书馆学习自然语言处理") == (
        ["我们", "在", "国家", "图书馆", "学习", "自然", "语言", "处理"]
    )


@pytest.mark.parametrize(
    ("name", "pre", "tokens"),
    [
        (BERT, "none", 169_582),
        (WOBERT, "none", 169_582),
        (WOBERT, "jieba", 122_439),  # 72.2 %
        (PLUS, "jieba", 113_992),
    ],
)
def test_pku(name: str, pre: str, tokens: int) -> None:
    """pku_test, its lines without the spaces of the gold standard."""
    text = "\n".join(pku_test())
    tokenizer = (
        with_jieba(name) if pre == "jieba" else WordTokenizer(reference_vocab(name), pre=pre)
    )
    assert len(tokenizer.encode(text)) == tokens


# --- the rules, beside slow twins ------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(VOCABS, TEXTS | ANY, st.booleans())
@example(TINY, "天", True)
@example(TINY, "", True)
def test_none_is_bert(vocab: Vocab, text: str, lower: bool) -> None:
    tokenizer = WordTokenizer(vocab, pre="none", lower=lower)
    slow = oracles.bert_tokens(oracles.small_letters(text) if lower else text, vocab.ids)
    # A token of several characters can be that of a word only: "今a" and "..." are never made.
    assert pairs(tokenizer, text) == with_ids(vocab, slow)
    assert pairs(tokenizer, text) == with_ids(vocab, slow)  # from what is remembered


@settings(max_examples=150, deadline=None)
@given(VOCABS, TEXTS | ANY)
@example(Vocab((*SPECIALS, "国天")), "国天国国天黄")
def test_vocab_is_the_best_path(vocab: Vocab, text: str) -> None:
    tokenizer = WordTokenizer(vocab)
    assert pairs(tokenizer, text) == slow_vocab(vocab, oracles.small_letters(text))


DICTIONARY = {
    **{"今天": 30, "天气": 20, "今天天气": 3, "非常": 9, "国家": 9, "国家黄": 1, "好": 50, "12": 2},
    **{"今天nice": 1, "1.2": 1, "天天": 4, "a今": 2, "家%": 2, "so": 1, "soso": 2},
}


@pytest.fixture(scope="module")
def small_dictionary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("jieba") / "dict.txt"
    path.write_text("".join(f"{word} {n} n\n" for word, n in DICTIONARY.items()), "utf-8")
    return path


@settings(max_examples=150, deadline=None)
@given(VOCABS, TEXTS | ANY, st.booleans())
@example(TINY, "12今天nice%\r\n1.2\r", True)
def test_jieba_is_wobert(small_dictionary: Path, vocab: Vocab, text: str, lower: bool) -> None:
    """Jieba itself with a small dictionary of words with signs and letters in them.

    Of white space and control characters no token is made, also where the vocabulary has one as a token, as
    BERT's has U+2028: bert4keras strips the lines of vocab.txt, and has none.
    """
    tokenizer = WordTokenizer(vocab, pre="jieba", jieba_dict=small_dictionary, lower=lower)
    text_seen = oracles.small_letters(text) if lower else text
    words = jieba_with(DICTIONARY).lcut(text_seen, HMM=False)
    slow = oracles.wobert_tokens(words, [t for t in vocab.ids if t.strip()])
    assert pairs(tokenizer, text) == with_ids(vocab, slow)


@pytest.mark.parametrize(("corpus", "most"), CORPORA)
def test_jieba_is_wobert_on_corpora(corpus: str, most: int) -> None:
    """With the dictionary of jieba and the vocabulary of WoBERT, token for token."""
    lines = corpus_lines(corpus, most)
    vocab = reference_vocab(WOBERT)
    made = with_jieba(WOBERT).encode("\n".join(lines)).ids.tolist()
    slow = []
    for line in lines:
        words = real_jieba().lcut(oracles.small_letters(line), HMM=False)
        slow += [i for _, i in with_ids(vocab, oracles.wobert_tokens(words, vocab.ids))]
    assert len(slow) > 15_000
    assert made == slow


def hugging_face(vocab: Vocab, lower: bool = True) -> Any:
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    return tokenizers.BertWordPieceTokenizer(dict(vocab.ids), lowercase=lower)


# Hugging Face's BertWordPieceTokenizer makes other tokens of these: characters of private use are left out there,
# as control characters (here they are letters, as for bert4keras); a word of 101 to 200 letters is unknown there
# (max_input_chars_per_word); ς is σ, for Rust's lower-casing knows no neighbours. What is not assigned is a letter
# in both, but their Unicode tables are of other versions, so that is not compared.
HF_DIFFERS = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffffΣς]")


def alike(text: str) -> bool:
    return (
        not HF_DIFFERS.search(text)
        and not any(unicodedata.category(c) == "Cn" for c in text)
        and max(map(len, oracles.bert_words(oracles.small_letters(text))), default=0) <= 100
    )


@pytest.mark.parametrize(("corpus", "most"), CORPORA)
def test_none_is_that_of_hugging_face(corpus: str, most: int) -> None:
    vocab = reference_vocab(BERT)
    theirs = hugging_face(vocab)
    ours = WordTokenizer(vocab, pre="none")
    lines = corpus_lines(corpus, most)
    compared = [line for line in lines if alike(line)]
    assert len(compared) > 0.99 * len(lines)
    found = theirs.encode_batch(compared, add_special_tokens=False)
    for line, encoding in zip(compared, found, strict=True):
        encoded = ours.encode(line)
        assert encoded.ids.tolist() == encoding.ids, line
        assert [tuple(o) for o in encoded.offsets.tolist()] == encoding.offsets, line


def test_where_hugging_face_differs() -> None:
    vocab = Vocab((*SPECIALS, "a", "##a", "σ", "##σ", "ς", "##ς"))
    theirs, ours = hugging_face(vocab), WordTokenizer(vocab, pre="none")
    for text, here, there in (
        ("a\ue000a\U000f0000", [1], [5, 6]),
        ("a" * 150, [5, *[6] * 149], [1]),
        ("ΣΣ", [7, 10], [7, 8]),
    ):
        assert not alike(text)
        assert ours.encode(text).ids.tolist() == here
        assert theirs.encode(text, add_special_tokens=False).ids == there
    for text in ("a" * 100, "a" * 201, "σa", "\x00a\u200ba", "a\u2028a", "a\u0378", "\uffff"):
        assert ours.encode(text).ids.tolist() == theirs.encode(text, add_special_tokens=False).ids


# --- one text, many texts --------------------------------------------------------------------


@pytest.mark.parametrize("pre", PRE)
@settings(max_examples=100, deadline=None)
@given(texts=st.lists(TEXTS.filter(lambda t: "\r" not in t), max_size=6))
def test_lines_are_independent(pre: str, small_dictionary: Path, texts: list[str]) -> None:
    """The tokens of a text are those of its lines, one after another."""
    dictionary = small_dictionary if pre == "jieba" else None
    tokenizer = WordTokenizer(TINY, pre=pre, jieba_dict=dictionary)
    alone = [pair for text in texts for pair in pairs(tokenizer, text)]
    assert pairs(tokenizer, "\n".join(texts)) == alone


def test_what_is_remembered_may_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    tokenizer = WordTokenizer(TINY)
    expected = pairs(tokenizer, "nice so 12 unhappy 123")
    monkeypatch.setattr(module, "_MOST_REMEMBERED", 2)
    for _ in range(3):
        assert pairs(tokenizer, "nice so 12 unhappy 123") == expected
    assert pairs(tokenizer, "so") == with_ids(TINY, ["so"])
    assert len(tokenizer._pieces) <= 5


def test_unknown_as_it_stands() -> None:
    tokenizer = WordTokenizer(TINY)
    text = "Caf\x00É黄黄😀 [UNK] [mask]"
    assert tokenizer.tokenize(text) == ["cafe", "黄", "黄", "😀", *"[", "unk", *"][", "mask", "]"]
    assert set(tokenizer.encode(text).ids.tolist()) == {TINY.unknown}
    assert WordTokenizer(TINY).tokenize("a" * 201) == ["a" * 201]
    longest = "s" * 200
    assert WordTokenizer(TINY).tokenize(longest) == ["s", *["##s"] * 199]
    assert WordTokenizer(TINY).tokenize(longest + "s") == [longest + "s"]


# --- offsets ---------------------------------------------------------------------------------


def check_offsets(tokenizer: WordTokenizer, text: str) -> None:
    encoded = tokenizer.encode(text)
    offsets = encoded.offsets
    assert (offsets.dtype, offsets.shape) == (np.int64, (len(encoded), 2))
    tokens = tokenizer.tokens(encoded)
    end = 0
    for place, (start, stop) in enumerate(offsets.tolist()):
        assert 0 <= start < stop <= len(text)
        piece = text[start:stop]
        folded = oracles.small_letters(piece) if tokenizer.lower else piece
        folded = "".join(c for c in folded if not oracles.is_control(c)).replace("ς", "σ")
        token = tokens[place].replace("ς", "σ")
        if encoded.ids[place] != tokenizer.unknown:
            token = token.removeprefix("##")
        # Of a character that becomes several, a token may be a part: an i of İ, a vowel of Hangul.
        whole = int(encoded.stops[place] - encoded.starts[place]) == len(folded)
        assert folded == token if whole else token in folded
        assert start >= end or folded_long(text[start])
        end = stop


def folded_long(character: str) -> bool:
    return len(oracles.small_letters(character)) > 1


OFFSET_TEXTS = st.text(
    st.sampled_from(
        "今天气黄so nice12éÉİßΣ가ᄒ\u0301\u0300\x00\u200b\u200d\n。!😀\U00020000\u3099がÅ"
    ),
    max_size=30,
)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("pre", PRE)
@settings(max_examples=100, deadline=None)
@given(vocab=VOCABS | st.just(TINY), text=OFFSET_TEXTS | ANY)
@example(vocab=TINY, text="e\u0301\u0301E\x00É\u0301s\u0301s")
@example(vocab=TINY, text="하나\u0301 İso")
def test_offsets(pre: str, lower: bool, small_dictionary: Path, vocab: Vocab, text: str) -> None:
    dictionary = small_dictionary if pre == "jieba" else None
    check_offsets(WordTokenizer(vocab, pre=pre, lower=lower, jieba_dict=dictionary), text)


def test_offsets_by_hand() -> None:
    tokenizer = WordTokenizer(TINY)
    text = "今天 E\u0301é\u200b! 하"
    encoded = tokenizer.encode(text)
    assert tokenizer.tokens(encoded) == ["今天", "e", "##e", "!", "ᄒ", "##ᅡ"]
    assert encoded.offsets.tolist() == [[0, 2], [3, 4], [5, 6], [7, 8], [9, 10], [9, 10]]
    assert tokenizer.encode("").offsets.shape == (0, 2)
    assert tokenizer.encode("\u0301\u200b").offsets.shape == (0, 2)


def test_text_of_a_token_has_no_control_characters() -> None:
    encoded = Encoded(
        *(np.array([n], np.int32) for n in (1, 0, 3)), chars.code_points("a\0b"), None
    )
    assert encoded.text(0) == "ab"
    assert len(encoded) == 1


# --- batches ---------------------------------------------------------------------------------


def test_a_batch_by_hand() -> None:
    tokenizer = WordTokenizer(TINY)
    ids = TINY.ids
    batch = tokenizer.encode_batch(["今天好", "非常好!", ""])
    assert {name: array.dtype for name, array in batch.items()} == dict.fromkeys(
        ["input_ids", "token_type_ids", "attention_mask"], np.dtype(np.int64)
    )
    assert batch["input_ids"].tolist() == [
        [2, ids["今天"], ids["好"], 3, 0],
        [2, ids["非常"], ids["好"], ids["!"], 3],
        [2, 3, 0, 0, 0],
    ]
    assert batch["attention_mask"].tolist() == [[1, 1, 1, 1, 0], [1] * 5, [1, 1, 0, 0, 0]]
    assert not batch["token_type_ids"].any()
    pair = tokenizer.encode_batch(["今天"], ["天气!"], length=8)
    assert pair["input_ids"].tolist() == [[2, ids["今天"], 3, ids["天气"], ids["!"], 3, 0, 0]]
    assert pair["token_type_ids"].tolist() == [[0, 0, 0, 1, 1, 1, 0, 0]]
    assert pair["attention_mask"].tolist() == [[1, 1, 1, 1, 1, 1, 0, 0]]
    bare = tokenizer.encode_batch(["今天", "国家好"], ["天气", ""], special=False)
    assert bare["input_ids"].tolist() == [[ids["今天"], ids["天气"]], [ids["国家"], ids["好"]]]
    assert bare["token_type_ids"].tolist() == [[0, 1], [0, 0]]
    none = tokenizer.encode_batch([])
    assert [array.shape for array in none.values()] == [(0, 0)] * 3


LINES = st.lists(
    st.tuples(st.text("今天气国家!", max_size=9), st.text("今天气国家!", max_size=9)), max_size=4
)


@settings(max_examples=150, deadline=None)
@given(
    LINES,
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(3, 14),
    st.none() | st.integers(0, 4),
)
def test_a_batch_is_its_rows(
    lines: list[tuple[str, str]], paired: bool, special: bool, most: int | None, room: int | None
) -> None:
    """Cut from the end of the longer text, of equal ones from the second, as Hugging Face's longest_first."""
    tokenizer = WordTokenizer(TINY, pre="none")
    rows = []
    extra = (3 if paired else 2) if special else 0
    for first, second in lines:
        a = tokenizer.encode(first).ids.tolist()
        b = tokenizer.encode(second).ids.tolist() if paired else []
        if most is not None:
            a, b = oracles.shortened(a, b, most - extra)
        left = [2, *a, 3] if special else a
        right = ([*b, 3] if special else b) if paired else []
        rows.append((left + right, [0] * len(left) + [1] * len(right)))
    longest = max((len(row) for row, _ in rows), default=0)
    length = None if room is None else longest + room
    batch = tokenizer.encode_batch(
        [first for first, _ in lines],
        [second for _, second in lines] if paired else None,
        max_length=most,
        length=length,
        special=special,
    )
    width = longest if length is None else length
    assert batch["input_ids"].tolist() == [row + [0] * (width - len(row)) for row, _ in rows]
    assert batch["token_type_ids"].tolist() == [
        kind + [0] * (width - len(kind)) for _, kind in rows
    ]
    assert batch["attention_mask"].tolist() == [
        [1] * len(row) + [0] * (width - len(row)) for row, _ in rows
    ]


def test_a_batch_is_cut_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines are tokenized at a time; a line end in a text is a space."""
    tokenizer = WordTokenizer(TINY)
    texts = ["今天好", "", "非常\n好!", "国家" * 40, "今天"] * 3
    whole = tokenizer.encode_batch(texts, texts[::-1], max_length=12)
    monkeypatch.setattr("nlptools.vocab.tokenizer._BATCH", 8)
    pieces = tokenizer.encode_batch(texts, texts[::-1], max_length=12)
    for name, array in whole.items():
        assert np.array_equal(pieces[name], array)
    alone = tokenizer.encode_batch(texts, special=False)["input_ids"]
    for text, row in zip(texts, alone, strict=True):
        ids = tokenizer.encode(text.replace("\n", " ")).ids.tolist()
        assert row.tolist() == ids + [0] * (alone.shape[1] - len(ids))


def test_wrong_batches() -> None:
    tokenizer = WordTokenizer(TINY)
    with pytest.raises(TypeError, match="not one str"):
        tokenizer.encode_batch("今天")
    with pytest.raises(ValueError, match="1 pairs for 2 texts"):
        tokenizer.encode_batch(["今天", "天气"], ["好"])
    with pytest.raises(ValueError, match="max_length must be at least 2, not 1"):
        tokenizer.encode_batch(["今天"], max_length=1)
    with pytest.raises(ValueError, match="max_length must be at least 3, not 2"):
        tokenizer.encode_batch(["今天"], ["好"], max_length=2)
    with pytest.raises(ValueError, match="a text has 3 tokens, and length is 2: give max_length"):
        tokenizer.encode_batch(["今天"], length=2)
    some = WordTokenizer(Vocab(("[UNK]", "[PAD]", "天")))
    with pytest.raises(DataError, match=r"no \[CLS\], \[SEP\] in this vocabulary"):
        some.encode_batch(["天"])
    assert some.encode_batch(["天", ""], special=False)["input_ids"].tolist() == [[2], [1]]
    with pytest.raises(DataError, match=r"no \[PAD\] in this vocabulary"):
        WordTokenizer(Vocab(("[UNK]",))).encode_batch(["天"], special=False)


def test_wrong_arguments() -> None:
    with pytest.raises(ValueError, match="pre must be one of vocab, jieba, none, not 'bert'"):
        WordTokenizer(TINY, pre="bert")
    for pre in ("vocab", "none"):
        with pytest.raises(DataError, match=r"vocab: no \[UNK\] among its 1 tokens"):
            WordTokenizer(Vocab(("天",)), pre=pre)


# --- back to text ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tokens", "text"),
    [
        ("[CLS] 今天 天气 非常 好 。 [SEP]", "今天天气非常好。"),
        ("so nice ##ly !", "so nicely!"),
        ("iphone 今天 nice 好", "iphone 今天nice好"),
        ("it ' s ok , i don ' t know .", "it's ok, i don't know."),
        ("3 . 14 , 1 + 2 = 3", "3.14, 1+2=3"),
        ("（ a ） 《 b 》 “ c ”", "（a）《b》“c”"),
        ("[PAD] [UNK] [MASK]", ""),
        ("un ##happy ##ly 今 ##天", "unhappyly今天"),
        ("", ""),
    ],
)
def test_decode_by_hand(tokens: str, text: str) -> None:
    assert join_tokens(tokens.split()) == text


def test_decode_needs_ids_of_the_vocabulary() -> None:
    tokenizer = WordTokenizer(TINY)
    ids = tokenizer.encode("今天天气非常好。so nice!").ids
    assert tokenizer.decode(ids) == tokenizer.decode(ids.tolist()) == "今天天气非常好。so nice!"
    assert tokenizer.decode([]) == ""
    for wrong in (-1, len(TINY), 10**9):
        with pytest.raises(ValueError, match=f"no token has the id {wrong}: there are {len(TINY)}"):
            tokenizer.decode([5, wrong])


@settings(max_examples=150, deadline=None)
@given(st.text("今天气非常好国家。", max_size=20))
def test_chinese_comes_back(text: str) -> None:
    for pre in ("vocab", "none"):
        tokenizer = WordTokenizer(TINY, pre=pre)
        ids = tokenizer.encode(text).ids
        assert tokenizer.decode(ids) == text


def test_threads_may_share_one(small_dictionary: Path) -> None:
    """What is remembered belongs to all of them."""
    from concurrent.futures import ThreadPoolExecutor

    chance = random.Random(3)
    texts = ["".join(chance.choices("今天气nice12so %+é", k=200)) for _ in range(60)]
    for pre in PRE:
        dictionary = small_dictionary if pre == "jieba" else None
        tokenizer = WordTokenizer(TINY, pre=pre, jieba_dict=dictionary)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(tokenizer.tokenize, texts))
        fresh = WordTokenizer(TINY, pre=pre, jieba_dict=dictionary)
        assert found == [fresh.tokenize(text) for text in texts]


def test_tokenize_is_one_call(tmp_path: Path) -> None:
    vocab = Vocab((*SPECIALS, "今天", "今", "天", "天气", "气"))
    (tmp_path / "vocab.txt").write_text("".join(vocab.lines()), encoding="utf-8")
    assert tokenize("今天天气", vocab) == ["今天", "天气"]
    assert tokenize("今天天气", tmp_path / "vocab.txt") == ["今天", "天气"]
    assert tokenize("今天天气", vocab, pre="none") == ["今", "天", "天", "气"]
    # By counts 今|天 may be the better: they are an object or a list.
    weights = {"今天": 1.0, "今": 100.0, "天": 100.0, "天气": 1.0, "气": 100.0}
    lines = "".join(f"{word} {count:g}\n" for word, count in weights.items())
    (tmp_path / "weights.txt").write_text(lines, encoding="utf-8")
    assert tokenize("今天", vocab, weights=weights) == ["今", "天"]
    assert tokenize("今天", vocab, weights=tmp_path / "weights.txt") == ["今", "天"]
    with pytest.raises(ValueError, match="pre must be one of vocab, jieba, none"):
        tokenize("今天", vocab, pre="bert")
    with pytest.raises(DataError, match=re.escape("no [UNK]")):
        tokenize("今天", Vocab(("今",)))


def test_tokenizers_show_themselves() -> None:
    tokenizer = WordTokenizer(Vocab((*SPECIALS, "天气")))
    assert repr(tokenizer) == f"WordTokenizer({len(SPECIALS) + 1} tokens, pre='vocab', lower=True)"
    assert repr(tokenizer.encode("天气好")) == "Encoded(2 tokens of 3 characters)"
