"""Measures of documents without a model, beside the plain way to say them."""

from __future__ import annotations

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.lm.measures import MEASURES, REPEATED, hashes_of, measure
from nlptools.text.chars import INVISIBLE_RANGES, is_han

TEXTS = st.lists(
    st.text(st.sampled_from("天地a1，😀𠀀 \n\u3000\u200b"), max_size=60)
    | st.tuples(st.text("天地玄黄\n", max_size=14), st.integers(1, 4)).map(lambda x: x[0] * x[1]),
    max_size=8,
)


def visible(text: str) -> list[str]:
    codes = {code for first, last in INVISIBLE_RANGES for code in range(first, last + 1)}
    return [x for x in text if not x.isspace() and x > " " and ord(x) not in codes]


def plain(text: str) -> tuple[float, float, float]:
    shown = visible(text)
    seen: set[tuple[str, ...]] = set()
    covered: set[int] = set()
    for start in range(len(shown) - REPEATED + 1):
        stretch = tuple(shown[start : start + REPEATED])
        if stretch in seen:
            covered.update(range(start, start + REPEATED))
        seen.add(stretch)
    lines = [line.strip() for line in text.split("\n")]
    again = [line for place, line in enumerate(lines) if line in lines[:place]]
    total = len(shown) or 1
    characters = sum(map(len, lines)) or 1
    return (
        sum(map(is_han, shown)) / total,
        len(covered) / total,
        sum(map(len, again)) / characters if len(lines) > 1 else 0.0,
    )


@settings(deadline=None)
@given(TEXTS)
def test_as_said_plainly(texts: list[str]) -> None:
    found = measure(texts)
    assert tuple(found) == MEASURES
    for place, text in enumerate(texts):
        assert tuple(values[place] for values in found.values()) == pytest.approx(plain(text))


def test_by_hand() -> None:
    # 12 characters twice: the second time all of them are repeated. Of two equal lines the second one is.
    block = "首页登录注册关于我们联系"
    texts = [block + block, f"{block}\n{block}", "今天 ok", "", "啊" * 20]
    found = measure(texts)
    assert found["repeated"].tolist() == [0.5, 0.5, 0, 0, 0.95]
    assert found["repeated_lines"].tolist() == [0, 0.5, 0, 0, 0]
    assert found["han"].tolist() == [1, 1, 0.5, 0, 1]


def test_what_is_asked_for() -> None:
    assert list(measure(["天"], ["repeated_lines"])) == ["repeated_lines"]
    assert measure(["天"], []) == {}
    assert [len(values) for values in measure([]).values()] == [0, 0, 0]


def test_hashes_tell_texts_apart() -> None:
    texts = ["天", "天 ", "", "\ud800", "天"]
    found = list(map(tuple, hashes_of(texts).tolist()))
    assert len(set(found)) == 4
    assert found[0] == found[4]
    # BLAKE2b of no bytes, 128 bits, as RFC 7693 has it.
    assert np.array(found[2], "<u8").tobytes().hex() == "cae66941d9efbd404e4d88758ea67670"
