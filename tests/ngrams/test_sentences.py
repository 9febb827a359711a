"""Boundaries of sentences: the same however the text is cut into blocks; which symbol is new when."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.ngrams.sentences import Appearance, with_boundaries
from nlptools.ngrams.symbols import IdBlock

START, END = 8, 9

Blocks = Sequence[tuple[Sequence[int], bool]]
IDS = st.lists(st.sampled_from([0, 0, 1, 2, 3]), max_size=8)


def marked(blocks: Blocks, start: int = START, end: int = END) -> list[IdBlock]:
    """The result for blocks given as (ids, joined)."""
    made = [IdBlock(np.array(ids, np.uint16), joined) for ids, joined in blocks]
    before = [block.ids.copy() for block in made]
    found = list(with_boundaries(iter(made), start, end))
    assert all(np.array_equal(block.ids, ids) for block, ids in zip(made, before, strict=True)), (
        "somebody else may read the blocks, too"
    )
    return found


def whole(blocks: Sequence[tuple[Sequence[int], bool]]) -> list[int]:
    """All ids in one list, with a break before what is not joined."""
    ids: list[int] = []
    for block, joined in blocks:
        ids += [*([] if joined else [0]), *block]
    return ids


def stretches(ids: Sequence[int]) -> list[list[int]]:
    """What lies between two breaks."""
    found: list[list[int]] = [[]]
    for number in ids:
        if number:
            found[-1].append(number)
        elif found[-1]:
            found.append([])
    return [stretch for stretch in found if stretch]


def check(blocks: Blocks) -> None:
    """The blocks have the sentences that one block with the same text has, and nothing else."""
    found = [(block.ids.tolist(), block.joined) for block in marked(blocks)]
    expected = [[START, *stretch, END] for stretch in stretches(whole(blocks))]
    assert stretches(whole(found)) == expected
    # Nothing is held back but a boundary: as many blocks, and one more for the last </s>.
    assert len(found) in (len(blocks), len(blocks) + 1)


def test_by_hand() -> None:
    # 0 1 2 0 0 3 -> 0 <s> 1 2 </s> 0 0 <s> 3 </s>, where the last </s> stands in a block of its own.
    first, last = marked([([0, 1, 2, 0, 0, 3], False)])
    assert first.ids.tolist() == [0, START, 1, 2, END, 0, 0, START, 3]
    assert (last.ids.tolist(), first.joined, last.joined) == ([END], False, True)


def test_sentences_that_end_with_their_block() -> None:
    # The second block is a source of its own: the </s> of the first comes with it, and a break.
    found = marked([([1], False), ([2, 0], False), ([0, 3], True), ([1, 0], True)])
    assert [(block.ids.tolist(), block.joined) for block in found] == [
        ([START, 1], False),
        ([END, 0, START, 2, END, 0], True),
        ([0, START, 3], True),
        ([1, END, 0], True),
    ]


def test_a_break_at_the_beginning_of_a_joined_block_ends_the_sentence() -> None:
    found = marked([([1], False), ([0, 2], True)])
    assert [block.ids.tolist() for block in found] == [[START, 1], [END, 0, 0, START, 2], [END]]


def test_nothing() -> None:
    assert marked([]) == []
    for blocks in ([([], False)], [([], False), ([], False)], [([0, 0], False)], [([0], True)]):
        check(blocks)
        assert all(not block.ids.any() for block in marked(blocks))


def test_an_empty_block_of_another_source_ends_the_sentence() -> None:
    check([([1, 2], False), ([], False), ([3], True)])
    check([([1, 2], False), ([], False), ([], False), ([3], False)])
    check([([1, 2], False), ([], False)])


@pytest.mark.parametrize(
    "blocks",
    [
        [([1, 2], False), ([], True), ([3], True)],
        [([1, 2], False), ([], True)],
        [([1, 2], False), ([], True), ([], True), ([0, 3], True)],
        [([1, 2], False), ([], True), ([3], False)],
    ],
)
def test_an_empty_block_that_goes_on_says_nothing(blocks: Blocks) -> None:
    check(blocks)


BLOCKS = st.lists(st.tuples(IDS, st.booleans()), max_size=8)


@settings(max_examples=200, deadline=None)
@given(BLOCKS)
@example([([1], True), ([2], True)])
@example([([1], False), ([], False), ([1], True)])
def test_any_blocks(blocks: Blocks) -> None:
    check(blocks)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 1, 2, 3]), max_size=30),
    st.lists(st.integers(1, 29), max_size=9),
)
def test_every_division_gives_the_same(ids: list[int], cuts: list[int]) -> None:
    """Joined blocks, put together, are the same array as one block, but for breaks."""
    bounds = sorted({0, len(ids), *(cut for cut in cuts if cut < len(ids))})
    pieces = [ids[a:b] for a, b in itertools.pairwise(bounds)]
    divided = marked([(piece, number > 0) for number, piece in enumerate(pieces)])
    alone = marked([(ids, False)])
    assert [block.joined for block in divided] == [number > 0 for number in range(len(divided))]
    for blocks in (divided, alone):
        assert all(block.ids.dtype in (np.uint16, np.uint32) for block in blocks)
    assert stretches([i for block in divided for i in block.ids.tolist()]) == stretches(
        [i for block in alone for i in block.ids.tolist()]
    )


def test_boundaries_may_have_larger_ids_than_the_symbols() -> None:
    found = marked([([1, 0, 2], False), ([0], True)], 65_535, 65_536)
    assert [block.ids.dtype for block in found] == [np.uint32, np.uint32]
    assert [block.ids.tolist() for block in found] == [
        [65_535, 1, 65_536, 0, 65_535, 2],
        [65_536, 0, 0],
    ]
    assert marked([([1], False)], 65_534, 65_535)[0].ids.dtype == np.uint16


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.sampled_from([0, 1, 2, 3, 65_535, 65_536, 200_000]))))
@example([[], [0], [3, 1, 3, 0, 2]])
@example([[70_000], [140_000, 70_000, 65_536]])
@example([[7] * 5000 + [70_000, 9] * 3000 + [1]])
def test_appearance(blocks: list[list[int]]) -> None:
    appearance = Appearance()
    for ids in blocks:
        appearance.add(np.array(ids, np.uint32))
    assert appearance.ids == [i for i in dict.fromkeys(itertools.chain(*blocks)) if i]
