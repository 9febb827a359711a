"""Merging by rank beside merging by the list, in runs over random strings; what makes them differ."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.subwords.trees import MergeTrees, last_pair, merged

BYTES = {bytes([byte]): byte for byte in range(256)}


def by_rank(data: bytes, ranks: dict[bytes, int]) -> list[bytes]:
    """The way of tiktoken."""
    tokens = [bytes([byte]) for byte in data]
    while (after := merged(tokens, ranks)) != tokens:
        tokens = after
    return tokens


def by_list(data: bytes, merges: list[tuple[bytes, bytes]]) -> list[bytes]:
    """Hugging Face's way: the first merge of the list that there is, at its first place."""
    places = {pair: place for place, pair in reversed(list(enumerate(merges)))}
    tokens = [bytes([byte]) for byte in data]
    while True:
        found = [
            (places[pair], at)
            for at, pair in enumerate(itertools.pairwise(tokens))
            if pair in places
        ]
        if not found:
            return tokens
        _, at = min(found)
        tokens[at : at + 2] = [tokens[at] + tokens[at + 1]]


def made(pairs: list[tuple[int, int]]) -> tuple[dict[bytes, int], list[tuple[bytes, bytes]]]:
    """Ranks and merges of pairs of numbers: of a and b and of what earlier pairs made."""
    tokens, merges = [b"a", b"b"], []
    for one, two in pairs:
        pair = tokens[one % len(tokens)], tokens[two % len(tokens)]
        if pair[0] + pair[1] not in tokens:
            merges.append(pair)
            tokens.append(pair[0] + pair[1])
    return BYTES | {token: 256 + n for n, token in enumerate(tokens[2:])}, merges


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=7),
    st.data(),
    st.lists(st.text("ab", max_size=24), min_size=1, max_size=8),
)
def test_nothing_to_say_means_the_same_everywhere(
    pairs: list[tuple[int, int]], data: st.DataObject, texts: list[str]
) -> None:
    """Also in another order, and with other splits of a token that the list may have."""
    ranks, merges = made(pairs)
    splits = [
        (token[:i], token[i:])
        for token in sorted(ranks, key=ranks.__getitem__)
        for i in range(1, len(token))
        if token[:i] in ranks and token[i:] in ranks
    ]
    extra = data.draw(st.sets(st.sampled_from(splits or [(b"", b"")])))
    both = sorted(
        {*merges, *(pair for pair in extra if pair in splits)}, key=lambda p: ranks[p[0] + p[1]]
    )
    for listed in (merges, both):
        for whole_tokens in (True, False):
            if MergeTrees(ranks, listed).difference(whole_tokens=whole_tokens):
                continue
            for text in texts:
                assert by_rank(text.encode(), ranks) == by_list(text.encode(), listed)
            for token in ranks:
                assert whole_tokens or by_list(token, listed) == [token]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=7))
def test_something_to_say_means_a_token_that_shows_it(pairs: list[tuple[int, int]]) -> None:
    ranks, merges = made(pairs)
    said = MergeTrees(ranks, merges).difference(whole_tokens=False)
    shown = [
        t for t in ranks if by_rank(t, ranks) != by_list(t, merges) or by_list(t, merges) != [t]
    ]
    other_pair = [t for t in ranks if len(t) > 1 and last_pair(t, ranks) not in merges]
    assert bool(said) == bool(shown or other_pair)


def test_what_is_said() -> None:
    ranks = BYTES | {b"ab": 256, b"bc": 257, b"abc": 258}

    def said(*merges: tuple[bytes, bytes], whole: bool = False) -> str:
        return MergeTrees(ranks, list(merges)).difference(whole_tokens=whole)

    ab, bc = (b"a", b"b"), (b"b", b"c")
    assert said(ab, bc, (b"ab", b"c")) == ""
    assert (
        said(bc, ab, (b"ab", b"c")) == "its merges are not in the order of their ids: 'ab' has 256"
    )
    assert said(ab, bc, (b"a", b"bc")) == "by rank 'abc' would be made of 'ab' and 'c'"
    assert said(ab, (b"ab", b"c")) == "by rank 'bc' would be made of 'b' and 'c'"
    ranks = BYTES | {b"ab": 256, b"bcd": 257, b"\xe5\xa4": 258}
    assert said(ab, (b"\xe5", b"\xa4"), whole=True) == ""
    assert (
        said(ab, (b"\xe5", b"\xa4"))
        == "its merges do not make 'bcd', which would be a token of its own"
    )


def test_parts_with_higher_ranks() -> None:
    """As of Llama 3: four blanks are two twos, three blanks come later; and .:.: before .: itself."""
    ranks = BYTES | {b"  ": 256, b"    ": 257, b"   ": 258, b".:.:": 259, b".:": 260}
    one, two, three = b" ", b"  ", b"   "
    merges = [(one, one), (two, two), (one, three), (three, one), (one, two), (two, one)]
    order = sorted(merges, key=lambda pair: ranks[pair[0] + pair[1]])
    order += [(b".:", b".:"), (b".", b":")]
    assert MergeTrees(ranks, order).difference(whole_tokens=True) == ""
    for text in (b"       ", b"    ", b".:.:.:", b". .:.: "):
        assert by_rank(text, ranks) == by_list(text, order)
