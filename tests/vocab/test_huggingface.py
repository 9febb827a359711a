"""tokenizer.json beside what `tokenize --pre vocab` gives, in Hugging Face's tokenizers; the files of a folder."""

from __future__ import annotations

import json
import re
from typing import Any

import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokencases import ODD, PLUS, SPECIALS, TINY, VOCABS, WOBERT, corpus_lines, reference_vocab

from nlptools.errors import DataError, NlptoolsError
from nlptools.vocab.huggingface import (
    FALLBACKS,
    MARKERS,
    TARGETS,
    _trie,
    tokenizer_files,
    tokenizer_json,
    write_json,
)
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import Vocab


def loaded(vocab: Vocab, **settings: Any) -> Any:
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    return tokenizers.Tokenizer.from_str(write_json(tokenizer_json(vocab, **settings)))


def theirs(tokenizer: Any, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False).ids


# Rust makes σ of every Σ; of what is not assigned the two Unicode tables may think differently.
TEXTS = st.text(st.sampled_from(sorted(set(ODD) - set("Σς\u0378"))), max_size=24)


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
def test_ids_are_those_of_the_command(vocab: Vocab, text: str, lower: bool) -> None:
    tokenizer = loaded(vocab, lower=lower)
    assert theirs(tokenizer, text) == WordTokenizer(vocab, lower=lower).encode(text).ids.tolist()


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


@pytest.mark.parametrize("name", [WOBERT, PLUS])
def test_corpora(name: str) -> None:
    vocab = reference_vocab(name)
    tokenizer, ours = loaded(vocab), WordTokenizer(vocab)
    for corpus, most in (("msra_raw", 100), ("weibo_trend_2022", 500), ("pingcap_docs_cn", 500)):
        lines = [
            line for line in corpus_lines(corpus, most) if not re.search("[Σς]|\\[[A-Z]", line)
        ]
        assert len(lines) > 0.9 * most
        found = tokenizer.encode_batch(lines, add_special_tokens=False)
        for line, encoding in zip(lines, found, strict=True):
            assert encoding.ids == ours.encode(line).ids.tolist(), line


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
            "▁a",
            "a",
            "[empty line 10]",
            "今天",
            "a今",
        ),
    ]


def test_decode() -> None:
    tokenizer = loaded(TINY)
    for text in ("今天天气非常好。", "so nicely", "so"):
        assert tokenizer.decode(theirs(tokenizer, text)) == text


def test_a_vocabulary_with_the_sign_of_a_beginning() -> None:
    for number, marker in enumerate(MARKERS[1:], 1):
        vocab = Vocab((*SPECIALS, *MARKERS[:number], "a"))
        assert marker + "a" in [token for token, _ in tokenizer_json(vocab)["model"]["vocab"]]
    with pytest.raises(NlptoolsError, match=r"v\.txt: has all of ▁ ▂ ▃ ▔ in its tokens"):
        tokenizer_json(Vocab((*SPECIALS, *MARKERS), "v.txt"))


def test_no_token_for_the_unknown() -> None:
    with pytest.raises(DataError, match=r"v\.txt: no \[UNK\] among its 1 tokens"):
        tokenizer_json(Vocab(("天",), "v.txt"))


# --- expressions -----------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.sets(st.text("ab.", min_size=1, max_size=5), max_size=10), st.text("ab.", max_size=8))
def test_the_longest_word_at_a_place(words: set[str], text: str) -> None:
    expression = re.sub(
        r"\\x\{([0-9A-F]+)\}", lambda m: re.escape(chr(int(m[1], 16))), _trie(words)
    )
    found = re.match(expression, text)
    longest = max((w for w in words if text.startswith(w)), key=len, default=None)
    assert (found[0] if found else None) == longest


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
    assert json.loads(files["tokenizer_config.json"])["tokenizer_class"] == name
    assert TARGETS[to] == name
    for token, what in (("", "an empty line"), ("今", "listed again later")):
        vocab = Vocab((*SPECIALS, token, "今"), "v.txt")
        with pytest.raises(DataError, match=rf"^v\.txt:6: {what}$") as caught:
            tokenizer_files(vocab, to=to)
        assert "--to fast" in str(caught.value.hint)
    with pytest.raises(
        DataError, match=r"no \[PAD\], \[CLS\], \[SEP\], \[MASK\] in this vocabulary"
    ):
        tokenizer_files(Vocab(("[UNK]",)), to=to)


def test_other_classes() -> None:
    with pytest.raises(ValueError, match="to must be one of fast, bert, roformer, not 'gpt'"):
        tokenizer_files(TINY, to="gpt")
