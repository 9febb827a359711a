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
from dataclasses import dataclass, replace

from nlptools import __version__

Words = Mapping[str, int | None]  # with the frequency beside each; None for none
Writer = Callable[[Words, str | None, str], Iterator[str]]  # (words, tag, name) -> text in pieces
Check = Callable[[str], str]  # word -> why it is refused; empty if it is not

# HanLP reads frequencies as 32-bit integers; one that is larger ends the loading of the whole file.
MOST = 2**31 - 1
RIME_LONGEST = 32  # characters; librime's encoder takes no longer phrase (kMaxPhraseLength)
# What FunASR's own guide gives as an example, and the largest weight, length and number that it recommends.
FUNASR_WEIGHT, FUNASR_MOST, FUNASR_LONGEST = 20, 100, 10


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
class Variant:
    """Another form that the program expects in a file whose name ends in this suffix. write, checks: as of Target."""

    suffix: str
    write: Writer
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Frequencies:
    """The numbers beside the words. most: the largest. usual: what every word gets where nothing is asked for; None:
    its count. winning: it is known how large it must be for a word to stay whole.
    """

    most: int
    usual: int | None
    winning: bool


@dataclass(frozen=True, kw_only=True)
class Target:
    """A format.

    name: in `--to`. about: for the help; empty where the name says it. write: the text of the file.
    checks: what the program would refuse, misread or never find, in the order in which they are asked. doubts: why
    a word that is written may have no effect, asked in the same way. variants: by the name of the file.
    folding, tags, frequencies: None where there is none. suffix: with which the file's name has to end, if with any.
    """

    name: str
    about: str
    write: Writer
    checks: tuple[Check, ...]
    doubts: tuple[Check, ...]
    variants: tuple[Variant, ...]
    folding: Folding | None
    tags: Tags | None
    frequencies: Frequencies | None
    suffix: str

    @property
    def winning(self) -> bool:
        """Whether it is known which frequency keeps a word whole."""
        return self.frequencies is not None and self.frequencies.winning

    def named(self, name: str) -> Target:
        """What the program expects in a file of this name."""
        for variant in self.variants:
            if name.endswith(variant.suffix):
                return replace(self, write=variant.write, checks=variant.checks, variants=())
        return self

    def refusal(self, word: str) -> str:
        """Why the program would refuse or misread a word; empty if it would not."""
        return next(filter(None, (check(word) for check in self.checks)), "")

    def doubt(self, word: str) -> str:
        """Why a word that it reads may have no effect; empty if it will have one."""
        return next(filter(None, (check(word) for check in self.doubts)), "")


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
        if why := _invisible(character):
            return why
    return ""


def _invisible(word: str) -> str:
    for character in word:
        if unicodedata.category(character) == "Cf":
            return _named("an invisible character", character)
    return ""


def _one_blank(word: str) -> str:
    """For what splits a line at blanks, and puts the word together again with one."""
    for before, character in zip("x" + word, word, strict=False):
        if (character.isspace() and character != " ") or before == character == " ":
            return _named("white space that is not one blank", character)
    return ""


def _with_comma(word: str) -> str:
    return "a comma, which ends the word: HanLP has no quotes" if "," in word else ""


def _cut_by_jieba(word: str) -> str:
    from nlptools.segmentation.jieba import OUTSIDE

    found = OUTSIDE.search(word)
    return _named("a character at which jieba always cuts", found[0]) if found else ""


# jieba keeps every beginning of a word in its dictionary: one of a thousand characters takes a megabyte there, one of
# a hundred thousand 10 GB.
LONGEST_FOR_JIEBA = 1000


def _too_long_for_jieba(word: str) -> str:
    long = len(word) > LONGEST_FOR_JIEBA
    return (
        f"longer than {LONGEST_FOR_JIEBA:,} characters, for all of whose beginnings jieba has no room"
        if long
        else ""
    )


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


def _rare_for_ik(word: str) -> str:
    """IK took the halves of such a character for signs until its pull request 1071, of August 2024."""
    for character in word:
        if character > "\uffff":
            return _named("a character beyond U+FFFF, which IK finds since August 2024", character)
    return ""


def _long_for_funasr(word: str) -> str:
    if len(word) > FUNASR_LONGEST:
        return f"longer than the {FUNASR_LONGEST} characters that FunASR recommends"
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


def _hanlp(separator: str) -> Writer:
    """Tag and frequency come in pairs; 1 is HanLP's own for an added word."""

    def write(words: Words, tag: str | None, name: str) -> Iterator[str]:
        for word, frequency in words.items():
            yield f"{word}{separator}{tag}{separator}{frequency or 1}\n"

    return write


def _funasr(words: Words, tag: str | None, name: str) -> Iterator[str]:
    """A line without a weight is skipped."""
    for word, weight in words.items():
        yield f"{word} {weight or 1}\n"


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
_LISTED = (*_LINE, _trimmed)
_PHRASE = (*_LISTED, _invisible)
_COUNTS = Frequencies(most=MOST, usual=None, winning=False)
_ANY_TAG = {"pattern": r"[^\s,]+", "rule": "no white space and no comma"}

_ENTRIES = (
    Target(
        name="jieba",
        about="",
        write=_jieba,
        checks=(*_WORD, _cut_by_jieba, _too_long_for_jieba),
        doubts=(),
        variants=(),
        folding=None,
        # Where none is given: HanLP's own for an added word; jieba has the same set of tags.
        tags=Tags(pattern="[a-z]+", rule="only letters a-z", default="nz"),
        frequencies=Frequencies(most=MOST, usual=None, winning=True),
        suffix="",
    ),
    Target(
        name="hanlp",
        about="HanLP 1.x",
        write=_hanlp(" "),
        checks=_WORD,
        doubts=(),
        # DynamicCustomDictionary.load: by the end of the path, in small letters.
        variants=(
            Variant(suffix=".csv", write=_hanlp(","), checks=(*_PHRASE, _with_comma)),
            Variant(suffix=".tsv", write=_hanlp("\t"), checks=_PHRASE),
        ),
        folding=None,
        tags=Tags(**_ANY_TAG, default="nz"),
        frequencies=_COUNTS,
        suffix="",
    ),
    Target(
        name="pkuseg",
        about="",
        write=_tagged,
        checks=_WORD,
        doubts=(),
        variants=(),
        folding=None,
        tags=Tags(**_ANY_TAG, default=None),
        frequencies=None,
        suffix="",
    ),
    Target(
        name="thulac",
        about="",
        write=_plain,
        checks=_WORD,
        doubts=(),
        variants=(),
        folding=None,
        tags=None,
        frequencies=None,
        suffix="",
    ),
    Target(
        name="ltp",
        about="",
        write=_plain,
        checks=_WORD,
        doubts=(),
        variants=(),
        folding=None,
        tags=None,
        frequencies=None,
        suffix="",
    ),
    Target(
        name="ik",
        about="the plug-in of Elasticsearch and OpenSearch",
        write=_plain,
        checks=(*_WORD, _cut_by_ik),
        doubts=(_rare_for_ik,),
        variants=(),
        folding=Folding(
            form=ik_form, clash="the same as another word once IK has folded case and width"
        ),
        tags=None,
        frequencies=None,
        suffix="",
    ),
    Target(
        name="rime",
        about="",
        write=_rime,
        checks=(*_WORD, _not_spelled_by_rime),
        doubts=(),
        variants=(),
        folding=None,
        tags=None,
        frequencies=_COUNTS,
        suffix=".dict.yaml",
    ),
    Target(
        name="funasr",
        about="hot words of a speech recogniser",
        write=_funasr,
        checks=(*_PHRASE, _one_blank),
        doubts=(_long_for_funasr,),
        variants=(),
        folding=None,
        tags=None,
        frequencies=Frequencies(most=FUNASR_MOST, usual=FUNASR_WEIGHT, winning=False),
        suffix="",
    ),
    Target(
        name="plain",
        about="a word a line",
        write=_plain,
        checks=_LISTED,
        doubts=(),
        variants=(),
        folding=None,
        tags=None,
        frequencies=None,
        suffix="",
    ),
    Target(
        name="json",
        about="an array of objects with word and count",
        write=_json,
        checks=(_no_text,),
        doubts=(),
        variants=(),
        folding=None,
        tags=None,
        frequencies=None,
        suffix="",
    ),
)
TARGETS = {target.name: target for target in _ENTRIES}
