"""Words with counts -> the user dictionary of another program, and the words that program would refuse or misread."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from nlptools import __version__
from nlptools.errors import DataError
from nlptools.segmentation.jieba import OUTSIDE, JiebaDictionary, winning_frequencies
from nlptools.text import chars
from nlptools.text.wordlists import read_weighted_words

TARGETS = ("jieba", "hanlp", "pkuseg", "thulac", "ltp", "ik", "rime", "plain", "json")
# Part of speech where none is given. HanLP's own for an added word; jieba has the same set of tags.
TAGS = {"jieba": "nz", "hanlp": "nz", "pkuseg": None}
WITH_FREQUENCY = ("jieba", "hanlp", "rime")
# HanLP reads frequencies as 32-bit integers; one that is larger ends the loading of the whole file.
MOST = 2**31 - 1
RIME_LONGEST = 32  # characters; librime's encoder takes no longer phrase (kMaxPhraseLength)
WHAT_IS_READ = (
    "give the output of nlptools discover, a model of nlptools train, a jieba dictionary or a list of "
    "words, in UTF-8; JSON Lines in a file whose name ends in .jsonl"
)
_TAG_FORMS = {"jieba": "[a-z]+", "hanlp": r"[^\s,]+", "pkuseg": r"[^\s,]+"}
# Code points that IK does not skip, besides Han: digits, letters, Hangul, kana, half-width forms.
_IK_KEEPS = re.compile(
    "[0-9a-z\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\uac00-\ud7af\uff00-\uffef]"
)
# IK folds the text, not the dictionary (CharacterUtil.regularize; the full-width space apart).
_IK_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}


@dataclass(frozen=True)
class Export:
    """What is written for a target, and what is not.

    words: as they are written, with the frequency beside them; None for none. refused: word -> why.
    """

    to: str
    words: Mapping[str, int | None]
    refused: Mapping[str, str]
    tag: str | None = None
    name: str = "nlptools"

    def pieces(self) -> Iterator[str]:
        """The text of the dictionary, in lines."""
        if self.to == "rime":
            yield _RIME_HEADER.format(version=__version__, name=json.dumps(self.name))
        if self.to == "json":
            yield from _json_lines(self.words)
            return
        line = _LINES.get(self.to, _plain_line)
        for word, frequency in self.words.items():
            yield line(word, frequency, self.tag)

    def refused_pieces(self) -> Iterator[str]:
        """The refused words as TSV: word, reason. What would break a line is escaped as in Python."""
        yield "word\treason\n"
        for word, why in self.refused.items():
            yield f"{visible(word)}\t{why}\n"


def merge_words(
    paths: Iterable[str | os.PathLike[str]], *, encoding: str = "auto"
) -> dict[str, float | None]:
    """The words of several lists, in the order in which they appear; the first count given is taken.

    Raises DataError for a file that is no word list.
    """
    found: dict[str, float | None] = {}
    for path in paths:
        try:
            words = read_weighted_words(path, encoding=encoding)
        except DataError as error:
            if "--" not in (error.hint or ""):
                raise
            # The options that it names are those of a corpus.
            raise DataError(path, error.line, error.problem, WHAT_IS_READ) from None
        if path == "-" and next(iter(words), "").startswith("{"):
            raise DataError(path, 1, "JSON Lines, read as plain text", WHAT_IS_READ)
        for word, count in words.items():
            if found.get(word) is None:
                found[word] = count
    return found


def export_words(
    words: Mapping[str, float | None],
    to: str,
    *,
    freq: str | int = "corpus",
    tag: str | None = None,
    jieba_dict: str | os.PathLike[str] | None = None,
    min_count: int | None = None,
    top: int | None = None,
    name: str = "nlptools",
) -> Export:
    """A user dictionary of words with their counts (None: not known), for one of TARGETS.

    freq, for jieba, hanlp and rime: "corpus" writes the counts, a number that number; "win", for jieba,
    the smallest frequencies with which jieba cuts each word as one (winning_frequencies). jieba_dict:
    the dictionary that they have to win against, by default that of the installed jieba. tag: part of
    speech, for jieba, hanlp and pkuseg. min_count: words with a smaller count are left out; top: no more
    than the first so many. name: of a Rime dictionary, as in its file name NAME.dict.yaml.

    A word is refused if the target would not read it as it is, or could never find it in a text; the
    reasons are in docs/export.md. Raises ValueError for an unknown target, a setting that the target
    does not have, a tag that it would not read.
    """
    check_settings(to, freq, tag, jieba_dict)
    refused: dict[str, str] = {}
    kept: dict[str, float | None] = {}
    for word, count in words.items():
        if top is not None and len(kept) >= top:
            break
        if min_count is not None and count is not None and count < min_count:
            continue
        written = ik_form(word) if to == "ik" else word
        if why := refusal(written, to):
            refused[word] = why
        elif written in kept:
            refused[word] = "the same as another word once IK has folded case and width"
        else:
            kept[written] = count
    frequencies: dict[str, int | None]
    if freq == "win":
        frequencies = dict(_proven(kept, JiebaDictionary.load(jieba_dict), refused))
    else:
        frequencies = {word: _frequency(count, freq) for word, count in kept.items()}
    return Export(to, frequencies, refused, tag or TAGS.get(to), name)


def check_settings(
    to: str, freq: str | int, tag: str | None, jieba_dict: str | os.PathLike[str] | None
) -> None:
    """Raises ValueError for what a target does not have; the text begins with the name of the setting."""
    if to not in TARGETS:
        raise ValueError(f"to must be one of {', '.join(TARGETS)}, not {to!r}")
    if freq not in ("corpus", "win"):
        if isinstance(freq, str):
            raise ValueError(f"freq must be corpus, win or a number, not {freq!r}")
        if not 1 <= freq <= MOST:
            raise ValueError(f"freq must be from 1 to {MOST}, not {freq}")
    if freq != "corpus" and to not in WITH_FREQUENCY:
        raise ValueError(f"freq {freq}: a dictionary for {to} has no frequencies to choose")
    if freq == "win" and to != "jieba":
        raise ValueError(f"freq win is for jieba: how {to} weighs its words is not known here")
    if jieba_dict is not None and freq != "win":
        raise ValueError("jieba_dict goes with freq win")
    if tag is not None and to not in TAGS:
        raise ValueError(f"tag {tag}: a dictionary for {to} has no tags")
    if tag is not None and not re.fullmatch(_TAG_FORMS[to], tag):
        kind = "only letters a-z" if to == "jieba" else "no white space and no comma"
        raise ValueError(f"tag must have {kind} for {to}, not be {tag!r}")


def _frequency(count: float | None, freq: str | int) -> int | None:
    """What stands beside a word; a frequency of 0 would tell jieba to cut the word apart."""
    if not isinstance(freq, str):
        return freq
    return None if count is None else min(max(round(count), 1), MOST)


def _proven(words: Iterable[str], base: JiebaDictionary, refused: dict[str, str]) -> dict[str, int]:
    """Winning frequencies, proven by cutting with all words loaded."""
    kept = list(words)
    while True:
        frequencies = winning_frequencies(base, kept)
        loaded = base.with_words(frequencies)
        lost = {word for word in kept if not loaded.is_one_word(word)}
        if not lost:
            return frequencies
        refused |= dict.fromkeys(lost, "no frequency was found that wins in jieba")
        kept = [word for word in kept if word not in lost]


# --- what a target does not take -----------------------------------------------------------


def ik_form(word: str) -> str:
    """A word as IK has the text: full-width signs half-width, A-Z in small letters."""
    return re.sub("[A-Z]+", lambda found: found[0].lower(), word.translate(_IK_FOLD))


def refusal(word: str, to: str) -> str:
    """Why the target would refuse or misread a word; empty if it would not."""
    if not word:
        return "empty"
    for character in word:
        if "\ud800" <= character <= "\udfff":
            return _named("half a surrogate pair", character)
    if to == "json":
        return ""
    for character in word:
        kind = unicodedata.category(character)
        if (kind == "Cc" and character != "\t") or kind in ("Zl", "Zp"):
            return _named("a control character or line end", character)
        # It is invisible, and at the beginning of a file it is lost.
        if character == "\ufeff":
            return _named("a byte order mark", character)
    if to == "plain":
        # What our own reader and most others take for the end of a word.
        if word != word.strip() or "\t" in word:
            return "white space at an end, or a tab"
        return ""
    for character in word:
        if character.isspace():
            return _named("white space inside", character)
        if unicodedata.category(character) == "Cf":
            return _named("an invisible character", character)
    return _OF_TARGET[to](word) if to in _OF_TARGET else ""


def _jieba_refusal(word: str) -> str:
    found = OUTSIDE.search(word)
    return _named("a character at which jieba always cuts", found[0]) if found else ""


def _ik_refusal(word: str) -> str:
    for character in word:
        if not (_IK_KEEPS.match(character) or (chars.is_han(character) and character != "〇")):
            return _named("a character at which IK always cuts", character)
    return ""


def _rime_refusal(word: str) -> str:
    if len(word) == 1:
        return "a single character, which needs a code of its own"
    if len(word) > RIME_LONGEST:
        return f"longer than {RIME_LONGEST} characters"
    for character in word:
        if not chars.is_han(character):
            return _named("a character without a code to spell it by", character)
    return ""


_OF_TARGET: dict[str, Callable[[str], str]] = {
    "jieba": _jieba_refusal,
    "ik": _ik_refusal,
    "rime": _rime_refusal,
}


def _named(problem: str, character: str) -> str:
    shown = f" {character}" if character.isprintable() and not character.isspace() else ""
    return f"{problem} (U+{ord(character):04X}{shown})"


def visible(word: str) -> str:
    """A word on one line: what cannot be printed is escaped as in Python."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in word)


# --- what a target reads -------------------------------------------------------------------

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


def _jieba_line(word: str, frequency: int | None, tag: str | None) -> str:
    return f"{word} {tag}\n" if frequency is None else f"{word} {frequency} {tag}\n"


def _hanlp_line(word: str, frequency: int | None, tag: str | None) -> str:
    """Tag and frequency come in pairs; 1 is HanLP's own for an added word."""
    return f"{word} {tag} {frequency or 1}\n"


def _pkuseg_line(word: str, frequency: int | None, tag: str | None) -> str:
    return f"{word}\t{tag}\n" if tag else f"{word}\n"


def _rime_line(word: str, frequency: int | None, tag: str | None) -> str:
    return f"{word}\n" if frequency is None else f"{word}\t{frequency}\n"


def _plain_line(word: str, frequency: int | None, tag: str | None) -> str:
    return f"{word}\n"


_LINES: dict[str, Callable[[str, int | None, str | None], str]] = {
    "jieba": _jieba_line,
    "hanlp": _hanlp_line,
    "pkuseg": _pkuseg_line,
    "rime": _rime_line,
}


def _json_lines(words: Mapping[str, int | None]) -> Iterator[str]:
    """One document, an object on each line."""
    rows = ({"word": word, "count": count} for word, count in words.items())
    texts = (json.dumps(row, ensure_ascii=False) for row in rows)
    yield "["
    for number, text in enumerate(texts):
        yield f"{',' if number else ''}\n{text}"
    yield "\n]\n"
