"""The regular expressions of tokenizer.json by themselves; what they make of text is in test_huggingface.py."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st
from tokencases import SPECIALS

from nlptools.vocab.expressions import _chains, _trie
from nlptools.vocab.vocab import Vocab


@settings(max_examples=150, deadline=None)
@given(st.sets(st.text("ab.", min_size=1, max_size=5), max_size=10), st.text("ab.", max_size=8))
def test_the_longest_word_at_a_place(words: set[str], text: str) -> None:
    expression = re.sub(
        r"\\x\{([0-9A-F]+)\}", lambda m: re.escape(chr(int(m[1], 16))), _trie(words)
    )
    found = re.match(expression, text)
    longest = max((w for w in words if text.startswith(w)), key=len, default=None)
    assert (found[0] if found else None) == longest


@settings(max_examples=150, deadline=None)
@given(
    st.sets(st.text("天地玄黄", min_size=1, max_size=3), max_size=8),
    st.text("天地玄黄", max_size=12),
)
def test_a_chain_ends_where_no_word_lies_across(words: set[str], text: str) -> None:
    """And goes on between characters that are no words by themselves, which are unknown together."""
    expression = re.compile(_chains(Vocab((*SPECIALS, *words))).replace("*+", "*") + "[天地玄黄]")
    pairs = {word[i : i + 2] for word in words for i in range(len(word) - 1)}
    inside = {c for word in words for c in word}
    expected = [""]
    for i, character in enumerate(text):
        expected[-1] += character
        pair = text[i : i + 2]
        together = pair in pairs or (set(pair) <= inside - words and len(pair) == 2)
        expected += [] if together else [""]
    assert expression.findall(text) == [part for part in expected if part]
