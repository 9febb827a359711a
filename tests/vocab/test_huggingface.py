"""tokenizer.json beside what `tokenize --pre vocab` gives, in Hugging Face's tokenizers; the files of a folder."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import CLINIC, STARTUP
from tokencases import (
    BERT,
    ODD,
    PLUS,
    SPECIALS,
    TINY,
    VOCABS,
    WOBERT,
    corpus_lines,
    reference_vocab,
)

from nlptools.errors import DataError, NlptoolsError
from nlptools.vocab.huggingface import (
    CLASSES,
    FALLBACKS,
    tokenizer_files,
    tokenizer_json,
    write_json,
)
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.unigram import is_word
from nlptools.vocab.vocab import Vocab


def loaded(vocab: Vocab, **settings: Any) -> Any:
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    return tokenizers.Tokenizer.from_str(write_json(tokenizer_json(vocab, **settings)))


def theirs(tokenizer: Any, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


# Rust makes σ of every Σ; of what is not assigned the two Unicode tables may think differently.
# Marks that are put into another order have no place that is right.
TEXTS = st.text(st.sampled_from(sorted(set(ODD) - set("Σς\u0378\u302e")) + list("##")), max_size=24)


@settings(max_examples=150, deadline=None)
@given(vocab=VOCABS, text=TEXTS, lower=st.booleans())
@example(TINY, "今天▁天气 ▁nice▁ so▁", True)
@example(TINY, "黄黄〇𠀀天黄 天天天x天", True)
@example(TINY, "s" * 200 + " " + "s" * 201 + "今" + "s" * 202, True)
@example(TINY, "unhappyly un123 1233 12今3 e1é", True)
@example(TINY, "e\u0301\u093fe\u20dd\u302e", True)  # marks: one is left out, three are letters
@example(TINY, "e\u0301\u093fe\u20dd\u302e", False)
@example(TINY, "", True)
@example(Vocab((*SPECIALS, "▁", "##▁", "▂a", "今▁", "a")), "▁ ▁▁a ▂a今▁", True)
@example(Vocab((*SPECIALS, "", "今", "", "今", "a", "a", "##a", "##a")), "今aaa今 a", True)
@example(Vocab((*SPECIALS, "国天")), "国天国国天黄", True)
@example(Vocab(("[UNK]",)), "今 a。", True)
@example(Vocab(("a", "[UNK]", "今天")), "今天a今今", True)
@example(Vocab((*SPECIALS, "[", "]", "UNK", "unk")), "[U\x00NK] [UNK\x07]", False)
@example(Vocab((*SPECIALS, "c", "##s", "##", "c#", "#s", "c##s", "#")), "cs c##s c#s #s ##s", True)
@example(Vocab((*SPECIALS, "a", "##\u0487", "##b")), "a\u0487b a\u0486b ab", False)
@example(Vocab((*SPECIALS, "ᄒ", "##ᅡ", "##\u093e", "क", "##😀", "##か")), "하하 का क😀か", True)
@example(Vocab((*SPECIALS, "国天", "天气", "好气")), "国国天气气好国好", True)
def test_ids_and_offsets_are_those_of_the_command(vocab: Vocab, text: str, lower: bool) -> None:
    found = loaded(vocab, lower=lower).encode(text, add_special_tokens=False)
    ours = WordTokenizer(vocab, lower=lower).encode(text)
    assert found.ids == ours.ids.tolist()
    assert found.offsets == [tuple(span) for span in ours.offsets.tolist()]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("天地玄黄", min_size=1, max_size=4), max_size=10),
    st.data(),
    st.text("天地玄黄宇", max_size=20),
)
def test_weights(words: list[str], data: st.DataObject, text: str) -> None:
    vocab = Vocab((*SPECIALS, *words))
    counts = st.none() | st.integers(0, 99).map(float)
    weights = {word: data.draw(counts) for word in words}
    ids = WordTokenizer(vocab, weights=weights).encode(text).ids.tolist()
    assert theirs(loaded(vocab, weights=weights), text) == ids


def test_a_sigma_is_another_matter() -> None:
    """What differs, and no more: the last Σ of a word, of which Python makes ς."""
    vocab = Vocab((*SPECIALS, "σ", "##σ", "ς", "##ς"))
    assert WordTokenizer(vocab).tokenize("ΣΣ") == ["σ", "##ς"]
    assert loaded(vocab).encode("ΣΣ", add_special_tokens=False).ids == [5, 6]
    assert theirs(loaded(vocab), "σς") == WordTokenizer(vocab).encode("σς").ids.tolist() == [5, 8]


def test_words_that_are_not_han() -> None:
    """Offsets are those of the text, an unknown word has one token for all of it, pieces are of one word."""
    vocab = Vocab((*SPECIALS, *"我用今天的，", "今天", "天气", "nice", "##ly", "##s", "cafe"))
    text = "今天nicelys，Cafés用xyz我"
    found = loaded(vocab).encode(text, add_special_tokens=False)
    assert [text[a:b] for a, b in found.offsets] == [
        *("今天", "nice", "ly", "s", "，", "Café", "s", "用", "xyz", "我")
    ]
    assert found.tokens == [
        *("今天", "nice", "##ly", "##s", "，", "cafe", "##s", "用", "[UNK]", "我")
    ]
    assert found.word_ids == [0, 1, 1, 1, 2, 3, 3, 4, 5, 6]


def test_words_of_han() -> None:
    """Two tokens are of one word where a word of the vocabulary lies across: 天天, not 气很."""
    tokens = (*SPECIALS, *"今天气很好", "今天", "天气", "很好")
    text = "今天天气很好"
    found = loaded(Vocab(tokens)).encode(text, add_special_tokens=False)
    assert (found.tokens, found.word_ids) == (["今天", "天气", "很好"], [0, 1, 2])
    found = loaded(Vocab((*tokens, "天天"))).encode(text, add_special_tokens=False)
    assert (found.tokens, found.word_ids) == (["今天", "天气", "很好"], [0, 0, 1])


def plain_lines(corpus: str, most: int) -> list[str]:
    """Without special tokens, and without what Rust folds in another way."""
    return [line for line in corpus_lines(corpus, most) if not re.search("[Σς]|\\[[A-Z]", line)]


LINES = (
    ("lctt", 3000),
    ("weibo_trend_2022", 2500),
    ("medical_qa", 1500),
    ("pingcap_docs_cn", 2000),
)


def compared(vocab: Vocab, lines: list[str]) -> tuple[int, int]:
    """Ids, offsets, names and word numbers beside `tokenize`: (places between words, those of them that are not seen)."""
    tokenizer, ours = loaded(vocab), WordTokenizer(vocab)
    together = between = 0
    found = tokenizer.encode_batch(lines, add_special_tokens=False)
    # All lines at once: a call for each takes longer than everything else here.
    encoded = ours.encode("".join(f"{line}\n" for line in lines))
    offsets = encoded.offsets
    begins = np.cumsum([0, *(len(line) + 1 for line in lines)])
    edges = np.searchsorted(offsets[:, 0], begins).tolist()
    for line, encoding, begin, (first, last) in zip(
        lines, found, begins[:-1].tolist(), itertools.pairwise(edges), strict=True
    ):
        ids = encoded.ids[first:last].tolist()
        assert encoding.ids == ids, line
        spans = (offsets[first:last] - begin).tolist()
        assert encoding.offsets == list(map(tuple, spans)), line
        words = encoding.word_ids
        for i in range(1, len(ids)):
            token = vocab.tokens[ids[i]]
            if token.startswith("##") and len(token) > 2:
                assert words[i] == words[i - 1], line
            else:
                between += 1
                together += words[i] == words[i - 1]
    wrong = [token for token, number in vocab.ids.items() if tokenizer.token_to_id(token) != number]
    assert wrong == []
    return between, together


@pytest.mark.parametrize(("name", "share"), [(WOBERT, 1.0), (PLUS, 0.1)])
def test_corpora(name: str, share: float) -> None:
    """10,000 lines, or a tenth. Of 100 places between words at most 5 are not seen before the model is asked."""
    lines = []
    for corpus, most in (*LINES, ("msra_raw", 1000)):
        lines += plain_lines(corpus, int(share * most))
    assert len(lines) > 9_500 * share
    between, together = compared(reference_vocab(name), lines)
    assert together < 0.05 * between


def test_samples() -> None:
    """The texts of the project, with a vocabulary of their characters and most frequent pairs and words."""
    lines = [line for path in (CLINIC, STARTUP) for line in path.read_text("utf-8").splitlines()]
    text = "\n".join(lines).lower()
    pairs = Counter(map("".join, itertools.pairwise(text)))
    words = [pair for pair, count in pairs.most_common(2000) if count > 3 and is_word(pair)]
    letters = Counter(re.findall("[a-z0-9]+", text))
    pieces = [word for word, _ in letters.most_common(50)] + [*"0123456789abcdefghijklmnopqrst"]
    tokens = [*set(text) - {"\n", " "}, *words, *pieces, *(f"##{piece}" for piece in pieces)]
    between, together = compared(Vocab((*SPECIALS, *dict.fromkeys(tokens))), lines)
    assert between > 1000
    assert together < 0.2 * between


def test_words_beside_hugging_faces_own() -> None:
    """With BERT's vocabulary and no words of several Han characters it is BertWordPieceTokenizer."""
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    vocab = reference_vocab(BERT)
    tokenizer = loaded(vocab)
    bert = tokenizers.implementations.BertWordPieceTokenizer(dict(vocab.ids))
    for corpus, most in LINES:
        lines = plain_lines(corpus, most)
        # Words of more than 100 characters are unknown there, of more than 200 here.
        lines = [line for line in lines if not re.search(r"[!-~]{90}", line)]
        for line in lines:
            mine, its = (t.encode(line, add_special_tokens=False) for t in (tokenizer, bert))
            assert mine.ids == its.ids, line
            assert mine.offsets == its.offsets, line
            assert mine.word_ids == its.word_ids, line


# --- unknown text ----------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.text(st.sampled_from("今天气非常好黄〇😀so nice。！é龘\U00020000"), max_size=20))
@example("黄😀so")
def test_bytes_give_unknown_text_back(text: str) -> None:
    """Known tokens have their ids, every byte of the rest has one, and the whole can be read again."""
    tokenizer = loaded(TINY, fallback="byte")
    ids = theirs(tokenizer, text)
    assert TINY.unknown not in ids
    folded = oracles.small_letters(text)
    assert tokenizer.decode(ids).replace(" ", "") == folded.replace(" ", "")
    if all(c in "今天气非常好。" for c in text):
        assert ids == WordTokenizer(TINY).encode(text).ids.tolist()


def test_bytes_come_after_all_others() -> None:
    contents = tokenizer_json(TINY, fallback="byte")
    names = [token for token, _ in contents["model"]["vocab"]]
    assert names[len(TINY) :] == [f"<0x{byte:02X}>" for byte in range(256)]
    assert contents["model"]["byte_fallback"] is True
    tokenizer = loaded(TINY, fallback="byte")
    assert theirs(tokenizer, "今天龘") == [17, *(len(TINY) + byte for byte in "龘".encode())]
    assert tokenizer_json(TINY)["model"]["byte_fallback"] is False
    with pytest.raises(ValueError, match="fallback must be one of unknown, byte, not 'none'"):
        tokenizer_json(TINY, fallback="none")
    assert FALLBACKS == ("unknown", "byte")


# --- special tokens --------------------------------------------------------------------------


def test_templates() -> None:
    tokenizer = loaded(TINY)
    assert tokenizer.encode("今天").ids == [2, 17, 3]
    pair = tokenizer.encode("今天", "天气好")
    assert pair.ids == [2, 17, 3, 18, TINY.ids["好"], 3]
    assert pair.type_ids == [0, 0, 0, 1, 1, 1]
    assert tokenizer.encode("今天[MASK]好").ids == [2, 17, 4, TINY.ids["好"], 3]
    assert tokenizer.decode([2, 17, 3]) == "今天"
    bare = loaded(Vocab(("[UNK]", "[CLS]", "今天")))
    assert bare.encode("今天").ids == [2]  # no [SEP], no template


def test_every_id_is_that_of_its_line() -> None:
    vocab = Vocab((*SPECIALS, "今", "", "今", "a", "##a", "", "今天", "a今"))
    tokenizer = loaded(vocab)
    assert tokenizer.get_vocab_size() == len(vocab)
    names = [tokenizer.id_to_token(i) for i in range(len(vocab))]
    assert names == [
        *SPECIALS,
        *(
            "[listed again: line 5]",
            "[empty line 6]",
            "今",
            "a",
            "##a",
            "[empty line 10]",
            "今天",
            "a今",
        ),
    ]


def test_decode() -> None:
    tokenizer = loaded(TINY)
    for text in ("今天天气非常好。", "so nicely", "so"):
        assert tokenizer.decode(theirs(tokenizer, text)) == text


def test_names_are_those_of_the_file() -> None:
    """Of a token that BERT's rules never make, and that marked text would have, there is no name; no other has it."""
    vocab = Vocab(
        (*SPECIALS, "a", "##a", "1", "##1", "c#", "##天", "##!", "##", "a##b", "今a", "<unk>")
    )
    for fallback, hidden in (("unknown", {"c#", "a##b"}), ("byte", {"c#", "a##b", "<unk>"})):
        tokenizer = loaded(vocab, fallback=fallback)
        for token, number in vocab.ids.items():
            assert tokenizer.token_to_id(token) == (None if token in hidden else number)


def test_marks_are_what_the_vocabulary_does_not_have() -> None:
    marks = "\u0487\u0486\u0485\u0484\u0483\u034f"
    vocab = Vocab((*SPECIALS, "a", *marks[:4], "##b"))
    assert theirs(loaded(vocab, lower=False), f"ab{marks[0]} ab") == [1, 5, 10]
    with pytest.raises(NlptoolsError, match=r"v\.txt: has all of U\+0487 .* U\+034F in its tokens"):
        tokenizer_json(Vocab((*SPECIALS, *marks), "v.txt"))


def test_no_token_for_the_unknown() -> None:
    with pytest.raises(DataError, match=r"v\.txt: no \[UNK\] among its 1 tokens"):
        tokenizer_json(Vocab(("天",), "v.txt"))


# --- folders ---------------------------------------------------------------------------------


def test_fast() -> None:
    files = tokenizer_files(TINY, lower=False)
    assert sorted(files) == ["special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]
    assert json.loads(files["tokenizer.json"]) == json.loads(
        json.dumps(tokenizer_json(TINY, lower=False))
    )
    config = json.loads(files["tokenizer_config.json"])
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert config["do_lower_case"] is False
    assert config["mask_token"] == "[MASK]"
    assert json.loads(files["special_tokens_map.json"]) == {
        **{"unk_token": "[UNK]", "pad_token": "[PAD]", "cls_token": "[CLS]"},
        **{"sep_token": "[SEP]", "mask_token": "[MASK]"},
    }
    some = tokenizer_files(Vocab(("[UNK]", "天")))
    assert json.loads(some["special_tokens_map.json"]) == {"unk_token": "[UNK]"}


@pytest.mark.parametrize(
    ("to", "name"), [("bert", "BertTokenizer"), ("roformer", "RoFormerTokenizer")]
)
def test_classes_that_read_lines(to: str, name: str) -> None:
    files = tokenizer_files(TINY, to=to)
    assert sorted(files) == ["special_tokens_map.json", "tokenizer_config.json", "vocab.txt"]
    assert files["vocab.txt"] == "".join(f"{token}\n" for token in TINY.tokens)
    config = json.loads(files["tokenizer_config.json"])
    assert config["tokenizer_class"] == name
    # transformers 5 gives RoFormerTokenizer the path of vocab.txt for its tokens.
    assert config.get("vocab") == (TINY.ids if to == "roformer" else None)
    assert CLASSES[to] == name
    for token, what in (("", "an empty line"), ("今", "listed again later")):
        vocab = Vocab((*SPECIALS, token, "今"), "v.txt")
        with pytest.raises(DataError, match=rf"^v\.txt:6: {what}$") as caught:
            tokenizer_files(vocab, to=to)
        assert "--to tokenizers" in str(caught.value.hint)
    with pytest.raises(
        DataError, match=r"no \[PAD\], \[CLS\], \[SEP\], \[MASK\] in this vocabulary"
    ):
        tokenizer_files(Vocab(("[UNK]",)), to=to)


@pytest.mark.parametrize("to", ["roformer", "fast"])
def test_transformers_cuts_by_words(to: str, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers", reason="no transformers")
    pytest.importorskip("rjieba", reason="no rjieba")
    vocab = Vocab((*SPECIALS, *"天气非常好", "非常", "天气"))
    for name, text in tokenizer_files(vocab, to=to).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path)
    assert tokenizer.tokenize("天气非常好") == ["天气", "非常", "好"]


def test_other_classes() -> None:
    with pytest.raises(ValueError, match="to must be one of tokenizers, bert, roformer, not 'gpt'"):
        tokenizer_files(TINY, to="gpt")
