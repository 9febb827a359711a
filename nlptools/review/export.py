"""Words with counts -> the user dictionary of another program, and the words that program would refuse or misread."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nlptools.errors import visible
from nlptools.review.targets import MOST, TARGETS
from nlptools.segmentation.jieba import JiebaDictionary, winning_frequencies
from nlptools.text.wordlists import merge_words


@dataclass(frozen=True, repr=False)
class Export:
    """What is written for a target, and what is not.

    words: as they are written, with the frequency beside them; None for none. refused: word -> why.
    """

    to: str
    words: Mapping[str, int | None]
    refused: Mapping[str, str]
    tag: str | None = None
    name: str = "nlptools"

    def __repr__(self) -> str:
        return f"Export({self.to}: {len(self.words):,} words, {len(self.refused):,} refused)"

    def __iter__(self) -> Iterator[tuple[str, int | None]]:
        """The words that are written, with their frequencies."""
        return iter(self.words.items())

    def __len__(self) -> int:
        return len(self.words)

    def pieces(self) -> Iterator[str]:
        """The text of the dictionary, in lines."""
        return TARGETS[self.to].write(self.words, self.tag, self.name)

    def refused_pieces(self) -> Iterator[str]:
        """The refused words as TSV: word, reason. What would break a line is escaped as in Python."""
        yield "word\treason\n"
        for word, why in self.refused.items():
            yield f"{visible(word, keep='')}\t{why}\n"


def export_words(
    words: Mapping[str, float | None] | str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    to: str,
    *,
    freq: str | int = "corpus",
    tag: str | None = None,
    jieba_dict: str | os.PathLike[str] | None = None,
    min_count: int | None = None,
    top: int | None = None,
    name: str = "nlptools",
) -> Export:
    """A user dictionary of words for one of TARGETS.

    words: with their counts (None: not known), or the word lists that have them, as in merge_words.
    freq, for jieba, hanlp and rime: "corpus" writes the counts, a number that number; "win", for jieba,
    the smallest frequencies with which jieba cuts each word as one (winning_frequencies). jieba_dict:
    the dictionary that they have to win against, by default that of the installed jieba. tag: part of
    speech, for jieba, hanlp and pkuseg. min_count: words with a smaller count are left out; top: how
    many words are written at most. name: of a Rime dictionary, as in its file name NAME.dict.yaml.

    A word is refused if the target would not read it as it is, or could never find it in a text; the
    reasons are in docs/guides/export.md. Raises ValueError for an unknown target, a setting that the target
    does not have, a tag that it would not read; DataError for a file that is no word list.
    """
    check_settings(to, freq, tag, jieba_dict)
    target = TARGETS[to]
    refused: dict[str, str] = {}
    kept: dict[str, float | None] = {}
    for word, count in _counted(words).items():
        if top is not None and len(kept) >= top:
            break
        if min_count is not None and count is not None and count < min_count:
            continue
        written = target.folding.form(word) if target.folding else word
        if why := target.refusal(written):
            refused[word] = why
        elif target.folding and written in kept:
            refused[word] = target.folding.clash
        else:
            kept[written] = count
    frequencies: dict[str, int | None]
    if freq == "win":
        frequencies = dict(_proven(kept, JiebaDictionary.load(jieba_dict), refused))
    else:
        frequencies = {word: _frequency(count, freq) for word, count in kept.items()}
    default = target.tags.default if target.tags else None
    return Export(to, frequencies, refused, tag or default, name)


def _counted(
    words: Mapping[str, float | None] | str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
) -> Mapping[str, float | None]:
    if isinstance(words, Mapping):
        return words
    return merge_words([words] if isinstance(words, str | os.PathLike) else words)


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
    target = TARGETS[to]
    if freq != "corpus" and not target.frequency:
        raise ValueError(f"freq {freq}: a dictionary for {to} has no frequencies to choose")
    if freq == "win" and not target.winning:
        known = " or ".join(name for name, other in TARGETS.items() if other.winning)
        raise ValueError(f"freq win is for {known}: how {to} weighs its words is not known here")
    if jieba_dict is not None and freq != "win":
        raise ValueError("jieba_dict goes with freq win")
    if tag is not None and target.tags is None:
        raise ValueError(f"tag {tag}: a dictionary for {to} has no tags")
    if tag is not None and target.tags and not re.fullmatch(target.tags.pattern, tag):
        raise ValueError(f"tag must have {target.tags.rule} for {to}, not be {tag!r}")


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
