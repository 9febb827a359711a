"""Vocab -> the steps of tokenizer.json that fold text, mark word pieces and cut text into words.

Regular expressions of Oniguruma do what BERT's rules do: the longest piece first is a trie of optional branches.
"nicely" becomes "nice##ly", one word for the model, whose tokens have the names of vocab.txt. Every character put in
has the place of the one it stands beside (charsmap.py); so the offsets are those of `nlptools tokenize`.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from nlptools.errors import NlptoolsError
from nlptools.vocab.charsmap import LONGEST, precompiled
from nlptools.vocab.unigram import is_word
from nlptools.vocab.vocab import UNKNOWN, Vocab
from nlptools.vocab.wordpiece import (
    CJK_RANGES,
    CONTINUED,
    LONGEST_WORD,
    is_punctuation,
    is_word_character,
)

# Control characters, which BERT leaves out of a text, so that they are free for what is marked in it.
_END, _PARTED, _FIRST, _LAST, _ALONE = "\x01\x02\x03\x04\x05"
# Combining marks of two bytes: each makes one cluster with the character before it, which the charsmap looks up.
_MARKS = "\u0487\u0486\u0485\u0484\u0483\u034f"


def byte_token(byte: int) -> str:
    """The token of a byte of unknown text, as SentencePiece writes it."""
    return f"<0x{byte:02X}>"


class Expressions:
    """The steps for one vocabulary. by_bytes: unknown text becomes tokens of its bytes, not [UNK]."""

    def __init__(self, vocab: Vocab, *, lower: bool, by_bytes: bool) -> None:
        """Raises NlptoolsError where the vocabulary uses all combining marks that could mark a piece."""
        self._lower, self._by_bytes = lower, by_bytes
        self._first, self._later = _pieces(vocab)
        used = {c for token in (*self._first, *self._later) for c in token}
        free = [mark for mark in _MARKS if mark not in used]
        if len(free) < 2:
            shown = " ".join(f"U+{ord(mark):04X}" for mark in _MARKS)
            raise NlptoolsError(
                f"{vocab.source}: has all of {shown} in its tokens",
                "two of them are needed to mark where pieces of words begin",
            )
        self._mark, self._other_mark = free[:2]
        han = "".join(f"\\x{{{a:X}}}-\\x{{{b:X}}}" for a, b in CJK_RANGES)
        signs = "".join("\\" + chr(c) for c in range(33, 127) if is_punctuation(chr(c)))
        self._sign = f"[\\p{{P}}{signs}]"
        # A character of a word: none that stands alone, none that separates.
        self.word = f"[^\\p{{Z}}\\t\\n\\r\\p{{P}}{signs}{han}]"
        self._han = f"{_chains(vocab)}[{han}]"

    def hides(self, token: str) -> bool:
        """Whether a token that BERT's rules never make would be found in the marked text, and so needs another name."""
        if token.startswith(CONTINUED) and token.removeprefix(CONTINUED) in self._later:
            return False
        rest = token.translate(dict.fromkeys(map(ord, "#<>" if self._by_bytes else "#")))
        return 0 < len(rest) < len(token) and all(map(is_word_character, rest))

    def normalizers(self) -> list[dict[str, Any]]:
        """Fold, leave out, mark: a word that is unknown as a whole becomes [UNK], pieces after the first begin with ##."""
        steps: list[dict[str, Any]] = []
        left_out = "\\p{Cc}\\p{Cf}\\x{FFFD}"
        if self._lower:
            # StripAccents would take the marks that have room of their own too.
            steps += [{"type": "Lowercase"}, {"type": "NFD"}]
            left_out += "\\p{Mn}"
        steps.append(replaced(f"[[{left_out}]&&[^\\t\\n\\r]]", ""))
        # What the text has of what is put in below: a blank keeps it apart. BERT takes signs one by one.
        steps.append(replaced("(?<=#)(?=#)", " "))
        if self._by_bytes:
            return [*steps, *self._marked_for_bytes()]
        return [*steps, *self._marked()]

    def _marked(self) -> list[dict[str, Any]]:
        word, first, later, mark = self.word, _trie(self._first), _trie(self._later), self._mark
        known = f"(?!{word}{{{LONGEST_WORD + 1}}})(?>{first})(?>{later})*+(?!{word})"
        steps = []
        if not self._lower:
            steps += [replaced(mark, _ALONE), replaced("(?<=\\[)(?=UNK\\])", " ")]
        steps += [
            # Of an unknown word the first and the last character stay, and keep their places.
            replaced(f"(?={word})(?<!{word})(?!{known}){word}", _FIRST),
            replaced(f"(?<={_FIRST}){word}+(?={word})", ""),
            replaced(f"(?<={_FIRST}){word}", _LAST),
            replaced(f"{_FIRST}(?!{_LAST})", _ALONE),
            replaced(f"(?={word})(?:(?<!{word}){first}|{later})\\K", _END),
            replaced(f"{_END}{word}\\K", mark + _PARTED),
        ]
        changes = {_FIRST: UNKNOWN[:-1], _LAST: UNKNOWN[-1], _ALONE: UNKNOWN}
        return steps + self._changed(
            {token[0] + mark: CONTINUED + token[0] for token in self._later}, changes
        )

    def _marked_for_bytes(self) -> list[dict[str, Any]]:
        word, first, later = self.word, _trie(self._first), _trie(self._later)
        mark, other = self._mark, self._other_mark
        letters = _characters({c for token in self._first for c in token})
        begins = f"(?:(?<!{word})(?!{first})|{_END})"
        steps = [replaced("(?<=<)(?=0x)", " ")]
        changes = {}
        if not self._lower:
            steps += [replaced(mark, _FIRST), replaced(other, _LAST)]
            changes = {_FIRST: _spelled(mark), _LAST: _spelled(other)}
        steps.append(replaced(f"(?={word})(?:(?<!{word}){first}|{later}|{word})\\K", _END))
        if letters:  # no piece begins with it, but a token of that character would be found
            steps.append(replaced(f"{begins}(?!{later})[{letters}]\\K", other + _PARTED))
        steps.append(replaced(f"{begins}(?={later}){word}\\K", mark + _PARTED))
        marked = {token[0] + mark: CONTINUED + token[0] for token in self._later}
        marked |= {c + other: _spelled(c) for token in self._first for c in token}
        return steps + self._changed(marked, changes)

    def _changed(
        self, marked: Mapping[str, str], changes: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Marked characters become what they stand for; the other marks go."""
        short = {key: text for key, text in sorted(marked.items()) if len(key.encode()) <= LONGEST}
        steps = [
            {"type": "Replace", "pattern": {"String": key}, "content": text}
            for key, text in sorted(marked.items())
            if key not in short
        ]
        return [*steps, precompiled({**short, **changes, _END: "", _PARTED: ""})]

    def splits(self) -> list[dict[str, Any]]:
        """White space away; every word, every sign, and what the best path through Han words is looked for in."""
        word = self.word
        if self._by_bytes:
            words = f"(?:{word}|{CONTINUED}(?={word})|<0x[0-9A-F]{{2}}>)+"
        else:
            words = f"\\[UNK\\]|{word}+(?:{CONTINUED}{word}+)*"
        # Nine of ten characters are Han: they are asked first.
        return [
            _split("[\\p{Z}\\t\\n\\r]+", "Removed"),
            _split(f"{self._han}|{words}|{self._sign}", "Isolated"),
        ]


def _pieces(vocab: Vocab) -> tuple[set[str], set[str]]:
    """Tokens of characters that BERT makes words of: those that begin words, and those that continue them."""
    first, later = set(), set()
    for token in vocab.ids:
        rest = token.removeprefix(CONTINUED)
        if rest and rest != token and all(map(is_word_character, rest)):
            later.add(rest)
        elif token and all(map(is_word_character, token)):
            first.add(token)
    return first, later


def _chains(vocab: Vocab) -> str:
    """An expression for the Han characters before the last of a stretch that no path through words divides.

    Two characters that no word has side by side always belong to two tokens (but for unknown ones, which stay
    together); dividing there gives the model less to look at, and tokens their own word numbers.
    """
    words = [token for token in vocab.ids if is_word(token)]
    after: dict[str, set[str]] = {}
    for token in words:
        for left, right in itertools.pairwise(token):
            after.setdefault(left, set()).add(right)
    strange = {c for token in words for c in token if c not in vocab.ids}
    branches = []
    if strange:
        characters = _characters(strange)
        branches.append(f"[{characters}](?=[{characters}])")
    if after:
        branches.append(_chosen(sorted(after.items())))
    return f"(?:{'|'.join(branches)})*+" if branches else ""


def _chosen(after: list[tuple[str, set[str]]]) -> str:
    """One of many characters before one of those that follow it: halves of halves, as a list would be slow.

    What is halved are the pairs: a character of many words is frequent, and is to be found in few steps.
    """
    if len(after) == 1:
        ((left, right),) = after
        return f"{left}(?=[{_characters(right)}])"
    sums = list(itertools.accumulate(len(right) for _, right in after))
    half = min(bisect.bisect_left(sums, sums[-1] / 2) + 1, len(after) - 1)
    low, high = after[:half], after[half:]
    least, most = low[0][0], low[-1][0]
    return f"(?:(?=[{least}-{most}]){_chosen(low)}|{_chosen(high)})"


def _spelled(character: str) -> str:
    return "".join(map(byte_token, character.encode()))


def replaced(pattern: str, content: str) -> dict[str, Any]:
    """A step, of a normalizer or a decoder, that puts `content` in for each match of an expression."""
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _split(pattern: str, behavior: str) -> dict[str, Any]:
    return {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": behavior,
        "invert": False,
    }


def _characters(characters: Iterable[str]) -> str:
    """A set of characters as ranges, for within brackets."""
    codes = sorted(map(ord, characters))
    text = []
    start = last = codes[0] if codes else 0
    for code in [*codes[1:], -1] if codes else []:
        if code == last + 1:
            last = code
            continue
        text.append(_escaped(start) + (f"-{_escaped(last)}" if last > start else ""))
        start = last = code
    return "".join(text)


def _escaped(code: int) -> str:
    return chr(code) if 0x3400 <= code <= 0x9FFF else f"\\x{{{code:X}}}"  # Han: a third as long


def _trie(words: Iterable[str]) -> str:
    r"""An expression for the longest of the words that begins at a place; for none it fails.

    >>> _trie(["un", "under", "up"])
    '\\x{75}(?:\\x{6E}(?:\\x{64}\\x{65}\\x{72})?|\\x{70})'
    """
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(root) if root else "(?!)"


def _branches(node: dict[str, Any]) -> str:
    ends = "" in node
    branches = []
    for character in sorted(key for key in node if key):
        rest = node[character]
        text = f"\\x{{{ord(character):X}}}"
        if set(rest) != {""}:
            text += _branches(rest)
        branches.append(text)
    if not ends and len(branches) == 1:
        return branches[0] if node.keys() != {""} else ""
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}"
