"""jieba itself, where it is installed, and dictionaries for it."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import pytest
from hypothesis import strategies as st


def import_jieba() -> ModuleType:
    """Jieba 0.42.1 warns when it is imported: old escapes in its patterns, pkg_resources."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = pytest.importorskip("jieba", reason="no jieba: bin/setup test")
        jieba.setLogLevel(60)
    return jieba


def jieba_with(frequencies: dict[str, int]) -> Any:
    """A tokenizer of jieba that knows these words and no others."""
    made = import_jieba().Tokenizer()
    made.initialized = True
    for word, frequency in frequencies.items():
        made.add_word(word, frequency)
    return made


INSIDE = st.text("一丁七aA1.", min_size=1, max_size=4)


KNOWN = st.dictionaries(INSIDE, st.integers(0, 10**7), min_size=1, max_size=12).filter(
    lambda known: sum(known.values()) > 0
)
