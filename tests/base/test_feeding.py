"""Items handed over one by one to what reads an iterator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nlptools.base.feeding import feeding


def test_in_order_and_to_the_end() -> None:
    read: list[int] = []
    with feeding(read.extend) as give:
        for number in range(100):
            give(number)
    assert read == list(range(100))


def fail(items: Iterator[int]) -> None:
    next(items)
    raise ValueError("full")


@pytest.mark.parametrize("number", [1, 100])
def test_what_the_reader_raises_is_raised(number: int) -> None:
    with pytest.raises(ValueError, match="full"), feeding(fail) as give:
        for item in range(number):
            give(item)


def test_what_the_giver_raises_ends_the_reader() -> None:
    read: list[int] = []
    with pytest.raises(KeyError), feeding(read.extend) as give:
        give(1)
        raise KeyError
    assert read == [1]
