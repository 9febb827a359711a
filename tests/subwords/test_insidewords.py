"""Sequences of tokens inside words, beside a slow twin that goes token by token."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trained import LINES, tokenizer_json

from nlptools.segmentation.segmenter import Segmenter
from nlptools.subwords.encoders import Encoder, load_encoder
from nlptools.subwords.insidewords import count_inside
from nlptools.text import chars

NONE = range(0)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    return load_encoder(tokenizer_json("bytes", tmp_path_factory.mktemp("inside") / "t.json"))


@pytest.fixture(scope="module")
def cutter() -> Segmenter:
    return Segmenter.load()


def counted(
    texts: list[str], encoder: Encoder, cutter: Segmenter, ended_by: range
) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    count_inside(texts, encoder, cutter, ended_by, found)
    return found


def slowly(
    texts: list[str], encoder: Encoder, cutter: Segmenter, ended_by: range
) -> Counter[tuple[int, ...]]:
    found: Counter[tuple[int, ...]] = Counter()
    # The segmenter is given what the fast way gives it: lines, which it does not look beyond.
    words = cutter.segment("".join(f"{text}\n" for text in texts))
    owners = [n for n, word in enumerate(words) for _ in word]
    at = 0
    for text in texts:
        encoded = encoder.encode([text])
        row: list[int] = []
        last = None
        for number, (start, stop) in zip(
            encoded.ids.tolist(), encoder.spans([text], encoded).tolist(), strict=True
        ):
            inside = {owners[at + place] for place in range(start, stop)}
            good = len(inside) == 1 and number not in ended_by
            good = good and all(map(chars.is_han, text[start:stop]))
            if not good or inside != last:
                found[tuple(row)] += len(row) > 1
                row = []
            last = inside if good else None
            row += [number] if good else []
        found[tuple(row)] += len(row) > 1
        at += len(text) + 1
    return +found


def test_as_token_by_token(encoder: Encoder, cutter: Segmenter) -> None:
    found = counted(LINES, encoder, cutter, NONE)
    assert found == slowly(LINES, encoder, cutter, NONE)
    assert max(map(len, found)) > 2
    number = max(found, key=len)[1]
    some = range(number, number + 1)
    assert counted(LINES, encoder, cutter, some) == slowly(LINES, encoder, cutter, some) != found


@given(st.lists(st.text(st.sampled_from("桃树开花园丁浇水们，a 1𠮷"), max_size=12), max_size=4))
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
def test_any_text(encoder: Encoder, cutter: Segmenter, texts: list[str]) -> None:
    assert counted(texts, encoder, cutter, NONE) == slowly(texts, encoder, cutter, NONE)
