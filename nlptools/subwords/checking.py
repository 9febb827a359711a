"""A tokenizer before and after it was extended -> what of its promise holds: for its ids, single words, a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from nlptools.errors import DataError
from nlptools.subwords.pieces import AddedWordFinder, JsonEncoder
from nlptools.subwords.tokenizerjson import TokenizerJson

# One of them stands before and after a word that is tried: the first that no word has in it.
_NEIGHBOURS = "的了是在我他龘靐齉"
_BATCH = 1 << 12  # words that are tried at once
MISSED = "the tokenizer does not make one token of it"


class TextCheck(NamedTuple):
    """How a text is cut before and after.

    before, after: tokens; saved: the share of those before that are gone, in percent. without: lines in which no
    new token's text stands; same: those of them with the ids they had. found: where the text of a new token stands, the
    longest of those that begin leftmost; whole: new tokens, which may be other ones where words of a Unigram model
    overlap. decoded: lines whose ids give the text that they gave before, or more of it, where that had unknown tokens.
    """

    text: str
    lines: int
    characters: int
    before: int
    after: int
    characters_per_token_before: float
    characters_per_token_after: float
    saved: float
    without: int
    same: int
    found: int
    whole: int
    decoded: int

    @property
    def holds(self) -> bool:
        """Whether text without new tokens is as it was, and all text is given back."""
        return self.same == self.without and self.decoded == self.lines


def check_text(
    name: str,
    batches: Iterable[Sequence[str]],
    before: JsonEncoder,
    after: JsonEncoder,
    new: Sequence[str],
) -> TextCheck:
    """Cut a text by both. new: the text of each new token."""
    finder = AddedWordFinder(before.file, new)
    sums = dict.fromkeys(TextCheck._fields[1:], 0)
    first = before.file.size
    unknown = before.decode([[before.unknown]])[0] if before.unknown >= 0 else ""
    for batch in batches:
        one, two = before.encode_whole(batch), after.encode_whole(batch)
        sums["lines"] += len(batch)
        sums["characters"] += sum(map(len, batch))
        sums["before"] += len(one)
        sums["after"] += len(two)
        rows = [np.split(encoded.ids, encoded.ends[:-1]) for encoded in (one, two)]
        words = finder.lines(batch)
        bare = words == 0
        sums["without"] += int(bare.sum())
        sums["same"] += sum(
            np.array_equal(rows[0][line], rows[1][line]) for line in np.flatnonzero(bare).tolist()
        )
        sums["found"] += int(words.sum())
        sums["whole"] += int((two.ids >= first).sum())
        texts = (
            encoder.decode([row.tolist() for row in some])
            for encoder, some in zip((before, after), rows, strict=True)
        )
        sums["decoded"] += sum(
            _gives(was, now, unknown, before) for was, now in zip(*texts, strict=True)
        )
    characters, was, now = sums["characters"], sums["before"], sums["after"]
    rates = {
        "characters_per_token_before": characters / was if was else 0.0,
        "characters_per_token_after": characters / now if now else 0.0,
        "saved": 100 * (was - now) / was if was else 0.0,
    }
    return TextCheck(name, **(sums | rates))  # type: ignore[arg-type]


def _gives(was: str, now: str, unknown: str, encoder: JsonEncoder) -> bool:
    """Whether a decoded text has all of what it had before; a word may stand where unknown characters were."""
    if was == now:
        return True
    was, now, unknown = (_blanks(encoder, text) for text in (was, now, unknown))
    first, *others = was.split(unknown) if unknown else [was]
    if not others:
        return was == now
    if not (now.startswith(first) and now[len(first) :].endswith(others[-1])):
        return False
    at, end = len(first), len(now) - len(others[-1])
    for part in others[:-1]:
        at = now.find(part, at, end)
        if at < 0:
            return False
        at += len(part)
    return True


def _blanks(encoder: JsonEncoder, text: str) -> str:
    """A decoded text as it is compared: WordPiece puts a blank before every token, and a word has fewer."""
    return text.replace(" ", "") if encoder.kind == "WordPiece" else text


def check_words(after: JsonEncoder, words: Sequence[str], first: int) -> set[str]:
    """Those of the words, with the ids from `first` on, that are not one token alone and between two characters."""
    signs = {sign for word in words for sign in word}
    beside = next((sign for sign in _NEIGHBOURS if sign not in signs), "\n")
    bad: set[str] = set()
    for start in range(0, len(words), _BATCH):
        some = words[start : start + _BATCH]
        for before in ("", beside):
            texts = [f"{before}{word}{before}" for word in some]
            encoded = after.encode_whole(texts)
            rows = np.split(encoded.ids, encoded.ends[:-1])
            decoded = after.decode([row.tolist() for row in rows])
            for n, (word, row, text) in enumerate(
                zip(some, rows, texts, strict=True), first + start
            ):
                given = _blanks(after, decoded[n - first - start])
                if np.count_nonzero(row == n) != 1 or given != text:
                    bad.add(word)
    return bad


def check_ids(
    before: TokenizerJson, after: JsonEncoder, words: Sequence[str], tokens: Sequence[str]
) -> None:
    """Raises DataError unless the library gives every token of the base its id, and the new ones those that follow."""
    wanted = before.tokens | before.added
    wanted |= {token: before.size + n for n, token in enumerate([*words, *tokens])}
    found = after.tokenizer.get_vocab(with_added_tokens=True)
    for token, number in wanted.items():
        if found.get(token) != number:
            problem = f"the token {token!r} would get the id {found.get(token)}, not {number}"
            raise DataError(before.path, None, problem, "this tokenizer cannot be extended")
