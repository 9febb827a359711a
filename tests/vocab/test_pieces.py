"""The longest pieces of words, compiled: those of the Python loop; and what is written of tokens, both ways."""

from __future__ import annotations

import inspect
import pickle

from bothways import compiled, without
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.vocab.pieces import WordPieces
from nlptools.vocab.stream import encode_corpus, tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import Vocab
from nlptools.vocab.wordpiece import LONGEST_WORD

pytestmark = compiled
SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abé😀"
PIECE = st.text(LETTERS, min_size=1, max_size=5)
PIECES = st.lists(st.builds(str.__add__, st.sampled_from(["", "##"]), PIECE), max_size=25)
TEXT = st.text(LETTERS + "天气好 ,\u200b\n", max_size=60)


def vocab_of(pieces: list[str]) -> Vocab:
    return Vocab(list(dict.fromkeys([*SPECIALS, "天", "天气", ",", *pieces])))


@settings(max_examples=200, deadline=None)
@given(PIECES, TEXT, st.sampled_from(["vocab", "none"]), st.booleans())
@example(["a", "##a"], "a" * LONGEST_WORD + " " + "a" * (LONGEST_WORD + 1), "vocab", True)
@example(["##", "#", "a", "##😀"], "a##a a😀 😀a\u200ba", "none", True)
def test_the_pieces_of_the_loop(pieces: list[str], text: str, pre: str, lower: bool) -> None:
    tokenizer = WordTokenizer(vocab_of(pieces), pre=pre, lower=lower)

    def found() -> list[list[int]]:
        encoded = tokenizer.encode(text)
        return [encoded.ids.tolist(), encoded.offsets.tolist()]

    assert found() == without(found)
    sent = pickle.loads(pickle.dumps(tokenizer))  # as Spark does it
    assert sent.encode(text).ids.tolist() == found()[0]


def test_pieces_that_are_longer_than_words() -> None:
    """Such a token is taken as it stands, so the loop is left to Python."""
    long = "a" * (LONGEST_WORD + 2)
    assert WordPieces(vocab_of(["a" * LONGEST_WORD])).usable()
    assert not WordPieces(vocab_of([long])).usable()
    assert WordTokenizer(vocab_of([long])).tokenize(f"{long} b{long}") == [long, f"b{long}"]
    assert len(WordTokenizer(vocab_of([long])).encode(f"{long}天").ids) == 2


@settings(max_examples=60, deadline=None)
@given(
    st.lists(TEXT, max_size=4),
    st.sampled_from(["tokens", "ids"]),
    st.booleans(),
    st.booleans(),
    st.one_of(st.none(), st.integers(3, 9)),
)
@example(["天气 x𠮷y 好 \n", "é"], "tokens", True, False, None)
def test_what_is_written(
    texts: list[str], format: str, special: bool, marked: bool, most: int | None
) -> None:
    """Unknown tokens as they stand and as [UNK], empty lines, blanks at the ends of lines."""
    tokenizer = WordTokenizer(vocab_of(["a", "##b", "longer than sixteen bytes"]))

    def lines() -> str:
        corpus = Corpus.from_texts(texts)
        made = tokenize_corpus(
            *(corpus, tokenizer),
            format=format,
            special=special,
            max_length=most,
            mark_unknown=marked,
            workers=1,
        )
        return "".join(made)

    assert lines() == without(lines)


def test_bytes_are_those_of_the_text() -> None:
    tokenizer, texts = WordTokenizer(vocab_of(["a"])), ["天气 x", "", "a 好😀"]
    assert b"".join(encode_corpus(Corpus.from_texts(texts), tokenizer)).decode() == "".join(
        tokenize_corpus(Corpus.from_texts(texts), tokenizer)
    )
    first, second = map(inspect.signature, (tokenize_corpus, encode_corpus))
    assert first.parameters == second.parameters
