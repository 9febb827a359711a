"""vocab.txt <-> Vocab: tokens and their ids; which tokens of a BERT vocabulary are redundant for Chinese words."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError, listed
from nlptools.text.whole import read_whole
from nlptools.vocab.wordpiece import CONTINUED, fold_case, is_cjk, is_punctuation

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

PAD, UNKNOWN, START, END, MASK = SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_TEN = 10
_JSON = re.compile(r"\s*[\[{]\s*\"[^\"\n]+\"")
# What is taken away at the ends of a line, as all readers of vocab.txt do. Not U+2028, a token of bert-base-chinese.
_BLANKS = " \u3000\xa0"
_BLANK_INSIDE = re.compile(f"[{_BLANKS}]")
_SPECIAL = re.compile(r"\[.*\]|<.*>", re.DOTALL)
# What other tools call the special tokens.
_OTHER_NAMES = {
    PAD: ("<pad>", "<PAD>", "[pad]"),
    UNKNOWN: ("<unk>", "<UNK>", "[unk]"),
    START: ("<s>", "<cls>", "<CLS>", "[cls]"),
    END: ("</s>", "<sep>", "<SEP>", "[sep]"),
    MASK: ("<mask>", "<MASK>", "[mask]"),
}
_GUESS = re.compile(r"--encoding (?!auto)([\w-]+)")


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
                self._renaming([UNKNOWN])
                or "a BERT vocabulary has a line [UNK] for what it does not know",
            )
        return self.ids[UNKNOWN]

    def require(self, tokens: Sequence[str]) -> None:
        """Raises DataError where one of the tokens is missing."""
        missing = [token for token in tokens if token not in self.ids]
        if missing:
            problem = f"no {', '.join(missing)} in this vocabulary"
            raise DataError(self.source, None, problem, self._renaming(missing))

    def _renaming(self, missing: Sequence[str]) -> str | None:
        """A hint for what is missing and stands there under another name; all such names are changed at once."""
        there = {
            token: next((name for name in names if name in self.ids), None)
            for token, names in _OTHER_NAMES.items()
            if token not in self.ids
        }
        found = {token: name for token, name in there.items() if name}
        if not found.keys() & set(missing):
            return None
        escaped = {token: re.sub(r"([\[\]])", r"\\\1", name) for token, name in found.items()}
        steps = "; ".join(f"s|^{name}[[:space:]]*$|{token}|" for token, name in escaped.items())
        named = ", ".join(name for token, name in found.items() if token in missing)
        return f"it has {named}: sed '{steps}' {shlex.quote(self.source)} > new.txt"

    @property
    def problems(self) -> list[str]:
        """Lines that are no tokens of their own, in words: empty ones, duplicates, with a blank. They keep their ids."""
        found = []
        blanks = _BLANK_INSIDE.search("".join(self.tokens)) is not None
        nothing = self.tokens.count("")  # what is to be named is looked for only where there is any
        if nothing or blanks:
            empty = [n for n, token in enumerate(self.tokens, 1) if not token.strip(_BLANKS)]
            if empty:
                found.append(f"{self.source}: no token in line {_numbers(empty)}")
        if len(self.ids) + nothing < len(self):
            again = [n + 1 for n, token in enumerate(self.tokens) if token and self.ids[token] != n]
            found.append(f"{self.source}: listed again later: {self._named(again)}")
        blank = blanks and [
            n
            for n, token in enumerate(self.tokens, 1)
            if token.strip(_BLANKS) and _BLANK_INSIDE.search(token)
        ]
        if blank:
            found.append(f"{self.source}: with a blank, so never made: {self._named(blank)}")
        return found

    def problems_when(self, *, lower: bool) -> list[str]:
        """The problems, and tokens that cannot be made of a text whose case is folded, if it is."""
        if not lower:
            return self.problems
        # All at once: case and accents do not reach beyond a line end, which is in no token of a file.
        folded = fold_case("\n".join(self.tokens)).split("\n")
        if len(folded) != len(self):
            folded = [fold_case(token) for token in self.tokens]
        never = [
            n
            for n, (token, made) in enumerate(zip(self.tokens, folded, strict=True), 1)
            if made != token and not _SPECIAL.fullmatch(token)
        ]
        if not never:
            return self.problems
        what = f"{len(never):,} of {len(self):,} tokens have capitals or accents, which --lower never makes"
        return [*self.problems, f"{self.source}: {what}: {self._named(never)}"]

    def _named(self, lines: list[int]) -> str:
        names = listed(dict.fromkeys(self.tokens[n - 1] for n in lines[:_TEN]))
        return f"{names} (line {_numbers(lines)})"

    def lines(self) -> Iterator[str]:
        """The text of vocab.txt."""
        yield "".join(f"{token}\n" for token in self.tokens)


def _numbers(numbers: list[int]) -> str:
    more = f" and {len(numbers) - _TEN:,} more" if len(numbers) > _TEN else ""
    return ", ".join(map(str, numbers[:_TEN])) + more


def load_vocab(path: str | os.PathLike[str]) -> Vocab:
    """A vocabulary from vocab.txt, a token a line, the first one having the id 0.

    A line ends at LF or CRLF only: line 344 of bert-base-chinese is U+2028. Blanks around a token are no part of it.
    Raises DataError for an empty file, one that is not UTF-8, and one that has no tokens but lines of text.
    """
    try:
        text = read_whole(path)
    except DataError as error:
        raise _with_hint(error) from None
    lines = text.split("\n")
    if not lines[-1]:
        del lines[-1]
    tokens = tuple(line.removesuffix("\r").strip(_BLANKS) for line in lines)
    name = os.fspath(path)
    if not tokens:
        raise DataError(name, None, "an empty vocabulary", "vocab.txt has a token a line")
    if _JSON.match(text):  # over several lines; braces alone are tokens
        raise DataError(name, 1, "JSON, not a vocabulary", "vocab.txt has a token a line")
    for number, token in enumerate(tokens, 1) if _may_be_another(tokens) else ():
        if "\t" in token or token.startswith("# nlptools"):
            raise DataError(
                name, number, "a table, not a vocabulary", "vocab.txt has a token a line"
            )
        if token.startswith("{") and len(token) > 1:
            raise DataError(name, number, "JSON, not a vocabulary", "vocab.txt has a token a line")
    return Vocab(tokens, name)


def _may_be_another(tokens: tuple[str, ...]) -> bool:
    """Whether some token looks like a line of another file: in a twentieth of the time of asking each."""
    text = "\n" + "\n".join(tokens)
    braces = text.count("\n{") > text.count("\n{\n") + text.endswith("\n{")
    return braces or "\t" in text or "\n# nlptools" in text


def _with_hint(error: DataError) -> DataError:
    """Commands have no option for the encoding of a vocabulary: --encoding is that of the text."""
    if "--" not in (error.hint or ""):
        return error
    guess = _GUESS.search(error.hint or "")
    hint = "save it as UTF-8"
    if guess:
        name = re.sub("-([lb]e)$", r"\1", guess[1])  # utf-16-le is utf-16le there
        hint = f"convert it: iconv -f {name} -t utf-8 {shlex.quote(error.path)} > new.txt"
    return DataError(error.path, error.line, error.problem, hint)


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
