"""vocab.txt <-> Vocab: tokens and their ids; which tokens of a BERT vocabulary are redundant for Chinese words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError, listed
from nlptools.text.whole import read_whole
from nlptools.vocab.wordpiece import CONTINUED, is_cjk, is_punctuation

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

PAD, UNKNOWN, START, END, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_TEN = 10
_JSON = re.compile(r"\s*[\[{]\s*\"[^\"\n]+\"")


@dataclass(frozen=True)
class Vocab:
    """Tokens by id. source: the file, for messages.

    Of equal tokens the last one has the id, as in Hugging Face's tokenizers; an empty token has none.
    """

    tokens: tuple[str, ...]
    source: str = "vocab"
    ids: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ids = {token: number for number, token in enumerate(self.tokens)}
        ids.pop("", None)
        object.__setattr__(self, "ids", ids)

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        shown = " ".join(self.tokens[:5]) + (" ..." if len(self) > 5 else "")
        return f"Vocab({len(self):,} tokens: {shown})"

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self.ids

    def to_frame(self) -> DataFrame:
        """The tokens as a pandas DataFrame with the columns id and token."""
        return to_frame({"id": range(len(self)), "token": self.tokens})

    def _repr_html_(self) -> str:
        return html_table(("id", "token"), enumerate(self.tokens), total=len(self))

    @property
    def unknown(self) -> int:
        """Id of [UNK]. Raises DataError where there is none."""
        if UNKNOWN not in self.ids:
            raise DataError(
                self.source,
                None,
                f"no {UNKNOWN} among its {len(self):,} tokens",
                "a BERT vocabulary has a line [UNK] for what it does not know",
            )
        return self.ids[UNKNOWN]

    def require(self, tokens: Sequence[str]) -> None:
        """Raises DataError where one of the tokens is missing."""
        missing = [token for token in tokens if token not in self.ids]
        if missing:
            raise DataError(self.source, None, f"no {', '.join(missing)} in this vocabulary")

    @property
    def problems(self) -> list[str]:
        """Lines that are no tokens of their own, in words: empty ones, duplicates. They keep their ids."""
        found = []
        empty = [number + 1 for number, token in enumerate(self.tokens) if not token.strip()]
        if empty:
            found.append(f"{self.source}: no token in line {_numbers(empty)}")
        again = [n + 1 for n, token in enumerate(self.tokens) if token and self.ids[token] != n]
        if again:
            names = listed(dict.fromkeys(self.tokens[n - 1] for n in again[:_TEN]))
            found.append(f"{self.source}: listed again later: {names} (line {_numbers(again)})")
        return found

    def lines(self) -> Iterator[str]:
        """The text of vocab.txt."""
        yield "".join(f"{token}\n" for token in self.tokens)


def _numbers(numbers: list[int]) -> str:
    more = f" and {len(numbers) - _TEN:,} more" if len(numbers) > _TEN else ""
    return ", ".join(map(str, numbers[:_TEN])) + more


def load_vocab(path: str | os.PathLike[str]) -> Vocab:
    """A vocabulary from vocab.txt, a token a line, the first one having the id 0.

    A line ends at LF or CRLF only: line 344 of bert-base-chinese is U+2028. Raises DataError for an empty
    file, one that is not UTF-8, and one that has no tokens but lines of text.
    """
    text = read_whole(path)
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    tokens = tuple(line.removesuffix("\r") for line in lines)
    name = os.fspath(path)
    if not tokens:
        raise DataError(name, None, "an empty vocabulary", "vocab.txt has a token a line")
    if _JSON.match(text):  # over several lines; braces alone are tokens
        raise DataError(name, 1, "JSON, not a vocabulary", "vocab.txt has a token a line")
    for number, token in enumerate(tokens, 1):
        if "\t" in token or token.startswith("# nlptools"):
            raise DataError(
                name, number, "a table, not a vocabulary", "vocab.txt has a token a line"
            )
        if token.startswith("{") and len(token) > 1:
            raise DataError(name, number, "JSON, not a vocabulary", "vocab.txt has a token a line")
    return Vocab(tokens, name)


def as_vocab(source: Vocab | str | os.PathLike[str]) -> Vocab:
    """A vocabulary as it is; that of a vocab.txt. Raises DataError as load_vocab."""
    return source if isinstance(source, Vocab) else load_vocab(source)


def stem(token: str) -> str:
    """A token without the ## of a continued piece."""
    return token.removeprefix(CONTINUED)


def is_redundant(token: str) -> bool:
    """Whether BERT's rules can never make a token: several characters, among them Han or punctuation.

    What WoBERT leaves out of its base (bert4keras, load_vocab(simplified=True)).

    >>> [token for token in ("天", "##天", "...", "nice", "##ing") if is_redundant(token)]
    ['##天', '...']
    """
    return len(token) > 1 and any(is_cjk(c) or is_punctuation(c) for c in stem(token))
