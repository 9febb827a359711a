"""A .model beside what `tokenize --pre vocab` gives, in SentencePiece itself, and its tokenizer.json beside it."""

from __future__ import annotations

import itertools
import unicodedata
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import CLINIC, DATA, STARTUP
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

from nlptools.errors import DataError
from nlptools.vocab.modelproto import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, piece_model
from nlptools.vocab.sentencepiece import (
    _LOOKED_AT,
    BLANK,
    changes,
    piece_model_of,
    sentencepiece_files,
)
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.unigram import is_word, score_words
from nlptools.vocab.vocab import Vocab
from nlptools.vocab.wordpiece import basic_words, fold_case, is_cjk


def loaded(vocab: Vocab, **settings: Any) -> Any:
    library = pytest.importorskip("sentencepiece", reason="no sentencepiece: bin/setup test")
    data = piece_model_of(vocab, **settings).data()
    return library.SentencePieceProcessor(model_proto=data)


def twin(vocab: Vocab, **settings: Any) -> Any:
    """The tokenizer.json beside it."""
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    files = sentencepiece_files(vocab, **settings)
    return tokenizers.Tokenizer.from_str(files["tokenizer.json"])


def read(text: str, *, lower: bool) -> str:
    """What is left of a text: folded, nothing that BERT leaves out, single blanks, none at its ends."""
    text = fold_case(text) if lower else text
    left = ""
    for c in text:
        if c in "\t\n\r\u2581" or unicodedata.category(c)[0] == "Z":
            left += " "
        elif unicodedata.category(c) not in ("Cc", "Cf") and c != "\ufffd":
            left += c
    return " ".join(filter(None, left.split(" ")))


def whole(vocab: Vocab, text: str, *, lower: bool) -> str:
    """The text, folded, without words that are no tokens as a whole and signs that are none."""
    made, place = "", 0
    text = fold_case(text) if lower else text
    for word, start, stop in basic_words(text.replace("\0", "").replace(BLANK, " ")):
        made += " " if start > place else ""
        made += word if word in vocab.ids or is_cjk(word[0]) else " "
        place = stop
    return made


def expected(tokenizer: WordTokenizer, text: str) -> list[int]:
    """The ids of the command; unknown characters side by side have one."""
    encoded = tokenizer.encode(text)
    places = zip(encoded.ids.tolist(), encoded.starts.tolist(), encoded.stops.tolist(), strict=True)
    ids: list[int] = []
    before = -1
    for number, start, stop in places:
        if not (number == tokenizer.unknown and ids[-1:] == [number] and start == before):
            ids.append(number)
        before = stop
    return ids


def without_blanks(vocab: Vocab, ids: list[int]) -> list[int]:
    return [number for number in ids if number != vocab.ids.get(BLANK, len(vocab))]


TEXTS = st.text(
    st.sampled_from(sorted(set(ODD) - set("Σς\u0378\u302e\0")) + list("##")), max_size=24
)


@settings(max_examples=60, deadline=None)
@given(vocab=VOCABS, text=TEXTS, lower=st.booleans())
@example(TINY, "今天天气非常好。So nice un 1 s!", True)
@example(TINY, "黄黄〇𠀀天黄 天天天x天", True)
@example(TINY, " \u3000今\u200b天 ▁ 天气▁", True)
@example(TINY, "", True)
@example(Vocab((*SPECIALS, "▁", "##▁", "▁a", "今▁", "a")), "▁ ▁▁a ▂a今▁", True)
@example(Vocab((*SPECIALS, "", "今", "", "今", "a", "a", "##a", "##a")), "今aaa今 a", True)
@example(Vocab(("[UNK]",)), "今 a。", True)
@example(Vocab(("a", "[UNK]", "今天")), "今天a今今", True)
@example(Vocab((*SPECIALS, "[", "]", "UNK", "[unused1]", "unused1")), "[UNK] [unused1]", False)
@example(Vocab((*SPECIALS, "国天", "天气", "好气")), "国国天气气好国好", True)
def test_ids_are_those_of_the_command(vocab: Vocab, text: str, lower: bool) -> None:
    known = whole(vocab, text, lower=lower)
    ids = loaded(vocab, lower=lower).encode(known)
    assert without_blanks(vocab, ids) == expected(WordTokenizer(vocab, lower=lower), known)
    other = twin(vocab, lower=lower)
    plain = text.replace("[", "(")  # special tokens are found in a text by Hugging Face
    assert other.encode(plain, add_special_tokens=False).ids == loaded(vocab, lower=lower).encode(
        plain
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text("天地玄黄", min_size=1, max_size=4), max_size=10),
    st.data(),
    st.text("天地玄黄宇", max_size=20),
)
def test_weights(words: list[str], data: st.DataObject, text: str) -> None:
    vocab = Vocab((*SPECIALS, *words))
    counts = st.none() | st.integers(0, 99).map(float)
    weights = {word: data.draw(counts) for word in words}
    ids = loaded(vocab, weights=weights).encode(text)
    assert ids == expected(WordTokenizer(vocab, weights=weights), text)


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.sampled_from("今天气非常好黄〇😀so nice。！É龘\U00020000 \t\u3000\u200b"), max_size=20
    ),
    st.booleans(),
)
def test_bytes_give_the_text_back(text: str, lower: bool) -> None:
    made = loaded(TINY, lower=lower, fallback="byte")
    ids = made.encode(text)
    assert TINY.unknown not in ids
    assert made.decode(ids) == read(text, lower=lower)
    other = twin(TINY, lower=lower, fallback="byte")
    assert other.encode(text, add_special_tokens=False).ids == ids
    assert other.decode(ids) == read(text, lower=lower)


def test_every_piece() -> None:
    vocab = Vocab(
        (
            *SPECIALS,
            "[unused1]",
            "今",
            "",
            "今天",
            "今",
            "s",
            "##s",
            "##ly",
            "c#",
            "##天",
            "!",
            "<0x41>",
            "x" * 8000,
        )
    )
    model = piece_model_of(vocab, fallback="byte")
    shown = list(zip(model.pieces, model.types, strict=True))
    assert shown[: len(vocab) + 2] == [
        *(("[PAD]", CONTROL), ("[UNK]", UNKNOWN), ("[CLS]", CONTROL), ("[SEP]", CONTROL)),
        *(("[MASK]", CONTROL), ("[unused1]", CONTROL), ("[never made: line 6]", CONTROL)),
        *(("[never made: line 7]", CONTROL), ("今天", NORMAL), ("今", NORMAL), ("s", NORMAL)),
        *(("##s", UNUSED), ("ly", NORMAL), ("c#", UNUSED), ("##天", UNUSED), ("!", NORMAL)),
        *(("[never made: line 16]", CONTROL), ("[never made: line 17]", CONTROL)),
        *((BLANK, NORMAL), ("<0x00>", BYTE)),
    ]
    assert len(model.pieces) == len(vocab) + 1 + 256
    made = loaded(vocab, fallback="byte")
    assert made.encode("今天s sly!", out_type=str) == ["今天", "s", BLANK, "s", "ly", "!"]
    assert made.decode([2, 8, 10, 18, 12, 3]) == "今天s ly"
    assert made.encode("[CLS]")[0] != 2  # no text is a control piece
    assert (made.unk_id(), made.bos_id(), made.eos_id(), made.pad_id()) == (1, 2, 3, 0)
    assert piece_model_of(TINY).pieces[len(TINY) :] == (BLANK,)
    with pytest.raises(ValueError, match="fallback must be one of unknown, byte, not 'none'"):
        piece_model_of(TINY, fallback="none")
    with pytest.raises(DataError, match=r"v\.txt: no \[UNK\]"):
        piece_model_of(Vocab(("天",), "v.txt"))


def test_scores_are_ours_but_for_a_constant_a_character() -> None:
    scores = score_words(TINY)
    model = piece_model_of(TINY)
    shifts = {(model.scores[n] - s) / len(TINY.tokens[n]) for n, s in scores.items()}
    assert len(shifts) == 1
    least = min(s for s, kind in zip(model.scores, model.types, strict=True) if kind == NORMAL)
    assert least == min(scores.values()) + shifts.pop()  # unknown characters: 10 below
    assert piece_model(model.data()).scores == model.scores  # 32 bits hold them


@pytest.mark.parametrize("lower", [True, False])
def test_nothing_else_changes(lower: bool) -> None:
    """Of all code points that are not looked at, one in 64 and the borders."""
    found = changes(lower=lower)
    seen = set(itertools.chain(*_LOOKED_AT))
    borders = {c for span in _LOOKED_AT for c in (span.start - 1, span.stop)}
    for code in (borders | set(range(0x3400, 0x110000, 64))) - seen - {0}:
        character = chr(code)
        assert unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Zs", "Zl", "Zp")
        assert 0xD800 <= code < 0xE000 or not lower or fold_case(character) == character
    assert found["\u3000"] == found["\n"] == found[BLANK] == " "
    assert found["\u200b"] == found["\ufffd"] == found["\x07"] == ""
    assert found.get("É") == ("e" if lower else None)
    assert "\0" not in found


# --- real texts ------------------------------------------------------------------------------


def compared(vocab: Vocab, lines: list[str]) -> None:
    """Lines of words that are tokens: ids, and the text again."""
    made = loaded(vocab)
    texts = [whole(vocab, line, lower=True).strip() for line in lines]
    # All lines at once: a call for each takes longer than everything else here.
    tokenizer = WordTokenizer(vocab)
    encoded = tokenizer.encode("".join(f"{text}\n" for text in texts))
    ends = np.flatnonzero(encoded.codes == 0x0A)
    edges = np.searchsorted(encoded.starts, np.append(0, ends)).tolist()
    for text, ids, (first, last) in zip(
        texts, made.encode(texts), itertools.pairwise(edges), strict=True
    ):
        ours = encoded.ids[first:last].tolist()
        if vocab.unknown in ours:
            ours = expected(tokenizer, text)
        else:
            assert made.decode(ids) == " ".join(text.split()), text
        assert without_blanks(vocab, ids) == ours, text


def test_samples() -> None:
    lines = [line for path in (CLINIC, STARTUP) for line in path.read_text("utf-8").splitlines()]
    text = "".join(lines).lower()
    pairs = dict.fromkeys(pair for pair in map("".join, itertools.pairwise(text)) if is_word(pair))
    letters = dict.fromkeys(word for line in lines for word, *_ in basic_words(line.lower()))
    vocab = Vocab((*SPECIALS, *dict.fromkeys([*pairs, *letters])))
    compared(vocab, lines)


@pytest.mark.parametrize(("name", "share"), [(WOBERT, 1.0), (PLUS, 0.05), (BERT, 0.05)])
def test_corpora(name: str, share: float) -> None:
    """10,000 lines, or a tenth, without words that are no tokens."""
    lines: list[str] = []
    for corpus, most in (("lctt", 4000), ("weibo_trend_2022", 2500), ("medical_qa", 3500)):
        lines += corpus_lines(corpus, int(share * most))
    compared(reference_vocab(name), lines)


def test_awkward_texts() -> None:
    folder = DATA / "awkward"
    if not folder.exists():
        pytest.skip(f"no folder {folder}; NLPTOOLS_DATA names the evaluation data")
    lines: list[str] = []
    for path in sorted(folder.glob("*/*")):
        text = path.read_bytes()[:30_000].decode("utf-8", "ignore")
        if len(text) > 10:
            lines += [line for line in text.split("\n") if line][:50]
    assert len(lines) > 500
    compared(reference_vocab(WOBERT), lines)
