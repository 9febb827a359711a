"""Token sequences with counts -> the next merges of a tokenizer.json's BPE, as tokens by their names.

A token is of Chinese characters alone, whole ones, and by itself would be cut into just the pieces it is made of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.subwords.additions import Joint
from nlptools.subwords.bytelevel import read
from nlptools.subwords.choosing import AddedWord
from nlptools.subwords.merges import IdSequences, Merge, learn_merges
from nlptools.subwords.pieces import JsonEncoder
from nlptools.subwords.tokenizerjson import TokenizerJson
from nlptools.text import chars


def learn_joints(
    base: TokenizerJson,
    encoder: JsonEncoder,
    words: Sequence[str],
    characters: Sequence[AddedWord],
    counted: Mapping[tuple[int, ...], int],
    number: int,
    least: int,
) -> list[tuple[Joint, AddedWord]]:
    """As many as `number` merges that save `least` tokens, and the characters, those that save most first.

    encoder: of the base with the words and the characters, which have the ids after those of the base in this order;
    counted: how often each sequence of its ids occurs.
    """
    first = base.size + len(words)
    known = {first + n: one.word for n, one in enumerate(characters)}
    names = {number: token for token, number in base.tokens.items()} | known
    taken = {*base.tokens, *base.added, *words, *known.values()}
    speller = _Speller(base.byte_level, names, taken, encoder)
    start = first + len(characters)
    found = learn_merges(IdSequences.of(counted), number, speller.joined, first=start, least=least)
    pieces = {first + n: one.pieces for n, one in enumerate(characters)}
    made = [(Joint(one.word), one) for one in characters]
    made += [speller.joint(merge, start + n, pieces) for n, merge in enumerate(found)]
    # A merge saves no more than what it is made of, so what comes first needs nothing that comes later; and the
    # merges stay in the order in which they were learnt.
    saved = [one.saved for _, one in made]
    saved[len(characters) :] = np.minimum.accumulate(saved[len(characters) :]).tolist()
    return [made[n] for n in np.argsort(-np.array(saved), kind="stable").tolist()]


@dataclass
class _Speller:
    """What a token of several pieces is called, and whether there may be one."""

    byte_level: bool
    names: dict[int, str]
    taken: set[str]
    encoder: JsonEncoder

    def surface(self, name: str) -> str:
        """A token's text; "" where it is no whole characters."""
        if not self.byte_level:
            return name
        try:
            return (read(name) or b"").decode()
        except UnicodeDecodeError:
            return ""

    def joined(self, ids: tuple[int, ...]) -> str | None:
        """The name of a token of Chinese characters that by itself would be cut into just these pieces.

        None with an added token among them, such as a word of an earlier extension: the model does not know it.
        """
        if any(number not in self.names for number in ids):
            return None
        name = "".join(self.names[number] for number in ids)
        text = self.surface(name)
        if not text or name in self.taken or text in self.taken:
            return None
        if not all(map(chars.is_han, text)):
            return None
        return name if self.encoder.pieces(text) == ids else None

    def joint(
        self, merge: Merge, number: int, characters: Mapping[int, tuple[int, ...]]
    ) -> tuple[Joint, AddedWord]:
        """A merge as what is written, and as what is told."""
        self.names[number] = merge.token
        pieces = tuple(piece for part in merge.parts for piece in characters.get(part, (part,)))
        word = AddedWord(self.surface(merge.token), merge.saved, pieces, merge.saved)
        return Joint(merge.token, self.names[merge.left], self.names[merge.right]), word
