"""Merges of BPE + ranks of tokens -> whether merging by rank of the result gives the same as merging by the list.

Tokens grow from bytes by merges, so each is a tree of pairs. What is side by side at some time of a run was made inside
its own bytes alone; so in whatever text two neighbours are merged into a token, they are the ones that are
last merged in a run over the bytes of that token by themselves. It is enough to look at each token once:

- the list has the order of the ranks;
- the run over each token ends with one of its merges, whose parts have lower ranks: no merge comes earlier across the place where they meet.

Then both ways take the same pair at every step. Source: the two algorithms (tiktoken.py), and the argument above;
tests/subwords/test_trees.py compares runs.
"""

from __future__ import annotations

import itertools

from nlptools.errors import cut

_NEVER = 1 << 62


class MergeTrees:
    """The tree of each token, and the parts at its ends as they are, one after another, while it is made."""

    def __init__(self, ranks: dict[bytes, int], merges: list[tuple[bytes, bytes]]) -> None:
        """ranks: of tokens, every byte among them; merges: pairs of them whose bytes together are a token, in order."""
        self._ranks = ranks
        self._merges = merges
        # The last (first) part of a token at each time: itself, its right (left) part, that one's right part, ...
        self._right: dict[bytes, tuple[bytes, ...]] = {}
        self._left: dict[bytes, tuple[bytes, ...]] = {}
        for token in ranks:
            if len(token) == 1:
                self._right[token] = self._left[token] = (token,)

    def difference(self, *, whole_tokens: bool) -> str:
        """Why merging by rank is something else, "" where it is the same.

        whole_tokens: a text that is a token is that token, without a run over it, as in tiktoken.
        """
        ranks = self._ranks
        pairs: dict[bytes, list[tuple[bytes, bytes]]] = {}
        before = -1
        for pair in self._merges:
            token = pair[0] + pair[1]
            if ranks[token] < before:
                return f"its merges are not in the order of their ids: {_shown(token)} has {ranks[token]}"
            before = ranks[token]
            pairs.setdefault(token, []).append(pair)
        for token in sorted((t for t in ranks if len(t) > 1), key=len):  # parts come before
            if self._grown(token, pairs.get(token, [])):
                continue
            last = last_pair(token, ranks)
            if last is None and not whole_tokens:
                return f"its merges do not make {_shown(token)}, which would be a token of its own"
            if last is not None and last not in pairs.get(token, []):
                return f"by rank {_shown(token)} would be made of {_shown(last[0])} and {_shown(last[1])}"
        return ""

    def _grown(self, token: bytes, pairs: list[tuple[bytes, bytes]]) -> bool:
        """Whether a run over the token ends with one of the pairs, as far as can be told from trees."""
        rank = self._ranks[token]
        for one, two in pairs:
            # Llama 3 lists every split of a token; of some a part has a higher rank.
            if rank > self._ranks[one] and rank > self._ranks[two] and self._meet(one, two):
                self._right[token] = (token, *self._right[two])
                self._left[token] = (token, *self._left[one])
                return True
        return False

    def _meet(self, one: bytes, two: bytes) -> bool:
        """Whether a run over both ends with these parts: while they are made, nothing merges across."""
        if one not in self._right or two not in self._left:
            return False  # no tree of a part
        ranks = self._ranks
        ends, begins = self._right[one], self._left[two]
        i, j = len(ends) - 1, len(begins) - 1  # the earliest come last
        while i or j:
            end_goes = ranks[ends[i - 1]] if i else _NEVER
            begin_goes = ranks[begins[j - 1]] if j else _NEVER
            across = ranks.get(ends[i] + begins[j], _NEVER)
            # Of equal ranks the leftmost pair is taken first.
            if across < end_goes and across <= begin_goes and across < _NEVER:
                return False
            if end_goes <= begin_goes:
                i -= 1
            else:
                j -= 1
        return True


def last_pair(token: bytes, ranks: dict[bytes, int]) -> tuple[bytes, bytes] | None:
    """The two tokens that are last merged in a run over a token; None where it is not made."""
    before = []
    tokens = [token[i : i + 1] for i in range(len(token))]
    while len(tokens) > 1:
        before = tokens
        tokens = merged(tokens, ranks)
        if len(tokens) == len(before):
            return None
    return before[0], before[1]


def merged(tokens: list[bytes], ranks: dict[bytes, int]) -> list[bytes]:
    """One step of a run: the pair of the lowest rank merged, the leftmost of equal ones (tiktoken's _byte_pair_merge)."""
    found = [ranks.get(a + b, _NEVER) for a, b in itertools.pairwise(tokens)]
    least = min(found, default=_NEVER)
    if least == _NEVER:
        return tokens
    place = found.index(least)
    return [*tokens[:place], tokens[place] + tokens[place + 1], *tokens[place + 2 :]]


def _shown(token: bytes) -> str:
    try:
        return cut(repr(token.decode()))
    except UnicodeDecodeError:
        return cut(repr(token))
