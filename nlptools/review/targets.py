"""Programs that read a user dictionary -> one entry for each: how it is written, what it refuses, its options.

Whoever wants another format adds an entry to TARGETS, and a function that writes it where none of these does.
The entry has no defaults: what is forgotten is a TypeError on import. The command line makes its help and its
choices from the table, so NumPy and the rules of jieba are imported only when a word is checked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from nlptools import __version__

Words = Mapping[str, int | None]  # with the frequency beside each; None for none
Writer = Callable[[Words, str | None, str], Iterator[str]]  # (words, tag, name) -> text in pieces
Check = Callable[[str], str]  # word -> why it is refused; empty if it is not

# HanLP reads frequencies as 32-bit integers; one that is larger ends the loading of the whole file.
MOST = 2**31 - 1
RIME_LONGEST = 32  # characters; librime's encoder takes no longer phrase (kMaxPhraseLength)


@dataclass(frozen=True, kw_only=True)
class Tags:
    """Parts of speech. pattern: of the whole tag; rule: the same in words. default: None for no tag."""

    pattern: str
    rule: str
    default: str | None


@dataclass(frozen=True, kw_only=True)
class Folding:
    """What the program does to a text before it looks for words. clash: why a second word that becomes the
    same is refused.
    """

    form: Callable[[str], str]
    clash: str


@dataclass(frozen=True, kw_only=True)
class Target:
    """A format.

    name: in `--to`. about: for the help; empty where the name says it. write: the text of the file.
    checks: what the program would refuse, misread or never find, in the order in which they are asked.
    folding, tags: None where there is none. frequency: it has one beside each word. winning: it is known how
    large it must be for a word to stay whole. suffix: with which the file's name has to end, if with any.
    """

    name: str
    about: str
    write: Writer
    checks: tuple[Check, ...]
    folding: Folding | None
    tags: Tags | None
    frequency: bool
    winning: bool
    suffix: str

    def refusal(self, word: str) -> str:
        """Why the program would refuse or misread a word; empty if it would not."""
        return next(filter(None, (check(word) for check in self.checks)), "")


# --- what is refused -----------------------------------------------------------------------


def _named(problem: str, character: str) -> str:
    shown = f" {character}" if character.isprintable() and not character.isspace() else ""
    return f"{problem} (U+{ord(character):04X}{shown})"


def _no_text(word: str) -> str:
    """What cannot be written at all."""
    if not word:
        return "empty"
    for character in word:
        if "\ud800" <= character <= "\udfff":
            return _named("half a surrogate pair", character)
    return ""


def _no_line(word: str) -> str:
    for character in word:
        kind = unicodedata.category(character)
        if (kind == "Cc" and character != "\t") or kind in ("Zl", "Zp"):
            return _named("a control character or line end", character)
        # It is invisible, and at the beginning of a file it is lost.
        if character == "\ufeff":
            return _named("a byte order mark", character)
    return ""


def _trimmed(word: str) -> str:
    """What our own reader and most others take for the end of a word."""
    return "white space at an end, or a tab" if word != word.strip() or "\t" in word else ""


def _spaced(word: str) -> str:
    for character in word:
        if character.isspace():
            return _named("white space inside", character)
        if unicodedata.category(character) == "Cf":
            return _named("an invisible character", character)
    return ""


def _cut_by_jieba(word: str) -> str:
    from nlptools.segmentation.jieba import OUTSIDE

    found = OUTSIDE.search(word)
    return _named("a character at which jieba always cuts", found[0]) if found else ""


# Code points that IK does not skip, besides Han: digits, letters, Hangul, kana, half-width forms.
_IK_KEEPS = re.compile(
    "[0-9a-z\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\uac00-\ud7af\uff00-\uffef]"
)


def _cut_by_ik(word: str) -> str:
    from nlptools.text.chars import is_han

    for character in word:
        if not (_IK_KEEPS.match(character) or (is_han(character) and character != "〇")):
            return _named("a character at which IK always cuts", character)
    return ""


def _not_spelled_by_rime(word: str) -> str:
    from nlptools.text.chars import is_han

    if len(word) == 1:
        return "a single character, which needs a code of its own"
    if len(word) > RIME_LONGEST:
        return f"longer than {RIME_LONGEST} characters"
    for character in word:
        if not is_han(character):
            return _named("a character without a code to spell it by", character)
    return ""


# IK folds the text, not the dictionary (CharacterUtil.regularize; the full-width space apart).
_IK_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


def ik_form(word: str) -> str:
    """A word as IK has the text: full-width signs half-width, A-Z in small letters."""
    return re.sub("[A-Z]+", lambda found: found[0].lower(), word.translate(_IK_FOLD))


# --- what is written -----------------------------------------------------------------------


def _jieba(words: Words, tag: str | None, name: str) -> Iterator[str]:
    for word, frequency in words.items():
        yield f"{word} {tag}\n" if frequency is None else f"{word} {frequency} {tag}\n"


def _hanlp(words: Words, tag: str | None, name: str) -> Iterator[str]:
    """Tag and frequency come in pairs; 1 is HanLP's own for an added word."""
    for word, frequency in words.items():
        yield f"{word} {tag} {frequency or 1}\n"


def _tagged(words: Words, tag: str | None, name: str) -> Iterator[str]:
    for word in words:
        yield f"{word}\t{tag}\n" if tag else f"{word}\n"


def _plain(words: Words, tag: str | None, name: str) -> Iterator[str]:
    for word in words:
        yield f"{word}\n"


# The version of a Rime dictionary is the user's to count; librime looks at the content.
_RIME_HEADER = """\
# Rime dictionary, written by nlptools {version}
---
name: {name}
version: "1"
sort: by_weight
columns:
  - text
  - weight
...
"""


def _rime(words: Words, tag: str | None, name: str) -> Iterator[str]:
    yield _RIME_HEADER.format(version=__version__, name=json.dumps(name))
    for word, frequency in words.items():
        yield f"{word}\n" if frequency is None else f"{word}\t{frequency}\n"


def _json(words: Words, tag: str | None, name: str) -> Iterator[str]:
    """One document, an object on each line."""
    rows = ({"word": word, "count": count} for word, count in words.items())
    yield "["
    for number, row in enumerate(rows):
        yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
    yield "\n]\n"


# --- the table -----------------------------------------------------------------------------

_LINE = (_no_text, _no_line)
_WORD = (*_LINE, _spaced)
_ANY_TAG = {"pattern": r"[^\s,]+", "rule": "no white space and no comma"}

_ENTRIES = (
    Target(
        name="jieba",
        about="",
        write=_jieba,
        checks=(*_WORD, _cut_by_jieba),
        folding=None,
        # Where none is given: HanLP's own for an added word; jieba has the same set of tags.
        tags=Tags(pattern="[a-z]+", rule="only letters a-z", default="nz"),
        frequency=True,
        winning=True,
        suffix="",
    ),
    Target(
        name="hanlp",
        about="HanLP 1.x",
        write=_hanlp,
        checks=_WORD,
        folding=None,
        tags=Tags(**_ANY_TAG, default="nz"),
        frequency=True,
        winning=False,
        suffix="",
    ),
    Target(
        name="pkuseg",
        about="",
        write=_tagged,
        checks=_WORD,
        folding=None,
        tags=Tags(**_ANY_TAG, default=None),
        frequency=False,
        winning=False,
        suffix="",
    ),
    Target(
        name="thulac",
        about="",
        write=_plain,
        checks=_WORD,
        folding=None,
        tags=None,
        frequency=False,
        winning=False,
        suffix="",
    ),
    Target(
        name="ltp",
        about="",
        write=_plain,
        checks=_WORD,
        folding=None,
        tags=None,
        frequency=False,
        winning=False,
        suffix="",
    ),
    Target(
        name="ik",
        about="the plug-in of Elasticsearch and OpenSearch",
        write=_plain,
        checks=(*_WORD, _cut_by_ik),
        folding=Folding(
            form=ik_form, clash="the same as another word once IK has folded case and width"
        ),
        tags=None,
        frequency=False,
        winning=False,
        suffix="",
    ),
    Target(
        name="rime",
        about="",
        write=_rime,
        checks=(*_WORD, _not_spelled_by_rime),
        folding=None,
        tags=None,
        frequency=True,
        winning=False,
        suffix=".dict.yaml",
    ),
    Target(
        name="plain",
        about="a word a line",
        write=_plain,
        checks=(*_LINE, _trimmed),
        folding=None,
        tags=None,
        frequency=False,
        winning=False,
        suffix="",
    ),
    Target(
        name="json",
        about="an array of objects with word and count",
        write=_json,
        checks=(_no_text,),
        folding=None,
        tags=None,
        frequency=False,
        winning=False,
        suffix="",
    ),
)
TARGETS = {target.name: target for target in _ENTRIES}
