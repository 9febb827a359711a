"""Words with counts -> the user dictionary of another program, and the words that program would refuse or misread."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nlptools.errors import DataError, NlptoolsError, visible
from nlptools.review.targets import MOST, TARGETS, Target
from nlptools.review.winning import proven_frequencies, without_effect
from nlptools.segmentation.jieba import JiebaDictionary
from nlptools.text.wordlists import MergedWords, merge_lists

WordsOrLists = (
    Mapping[str, float | None]
    | MergedWords
    | str
    | os.PathLike[str]
    | Sequence[str | os.PathLike[str]]
)


@dataclass(frozen=True, repr=False)
class Export:
    """What is written for a target, and what is not.

    words: as they are written, with the frequency beside them; None for none. refused: word -> why. doubtful: of
    those that are written, word -> why it may have no effect. rejected: how many were left out by their decision;
    undecided: how many since nobody had accepted them. freq: as used, None for a target without frequencies.
    """

    to: str
    words: Mapping[str, int | None]
    refused: Mapping[str, str]
    tag: str | None = None
    name: str = "nlptools"
    doubtful: Mapping[str, str] = field(default_factory=dict)
    rejected: int = 0
    undecided: int = 0
    freq: str | int | None = None

    def __repr__(self) -> str:
        return f"Export({self.to}: {len(self.words):,} words, {len(self.refused):,} refused)"

    def __iter__(self) -> Iterator[tuple[str, int | None]]:
        """The words that are written, with their frequencies."""
        return iter(self.words.items())

    def __len__(self) -> int:
        return len(self.words)

    def pieces(self) -> Iterator[str]:
        """The text of the dictionary, in lines."""
        return TARGETS[self.to].named(self.name).write(self.words, self.tag, self.name)

    def refused_pieces(self) -> Iterator[str]:
        """The refused words as TSV: word, reason. What would break a line is escaped as in Python."""
        yield "word\treason\n"
        for word, why in self.refused.items():
            yield f"{visible(word, keep='')}\t{why}\n"


def export_words(
    words: WordsOrLists,
    to: str,
    *,
    freq: str | int = "auto",
    tag: str | None = None,
    jieba_dict: str | os.PathLike[str] | None = None,
    accepted_only: bool = False,
    min_count: int | None = None,
    top: int | None = None,
    name: str = "nlptools",
) -> Export:
    """A user dictionary of words for one of TARGETS.

    words: with their counts (None: not known), or the word lists that have them, as in merge_lists; what one of the
    lists rejects is not written. accepted_only: nor is what no list accepts; a list without a column `decision`
    accepts all its words.
    freq, for jieba, hanlp, rime and funasr: "corpus" writes the counts, a number that number; "win", for jieba,
    the smallest frequencies with which jieba cuts each word as one (winning_frequencies); "auto" is win where jieba's
    dictionary is there, the usual weight for funasr, otherwise corpus. jieba_dict: the dictionary that they have to
    win against, by default that of the installed jieba. tag: part of speech, for jieba, hanlp and pkuseg. min_count:
    words with a smaller count are left out; top: how many words are written at most. name: of the file; a Rime
    dictionary NAME.dict.yaml is called so, and HanLP reads a name in .csv or .tsv in another way.

    A word is refused if the target would not read it as it is, or could never find it in a text; the
    reasons are in docs/guides/export.md. Raises ValueError for an unknown target, a setting that the target
    does not have, a tag that it would not read; DataError for a file that is no word list, and for accepted_only
    where no list has decisions.
    """
    check_settings(to, freq, tag, jieba_dict)
    target = TARGETS[to].named(name)
    merged = _merged(words)
    if accepted_only and not merged.reviewed:
        raise DataError(_place(words), None, "no column `decision`", NO_DECISIONS)
    kept, refused, left_out = _chosen(merged, target, accepted_only, min_count, top)
    freq, base = _settled(freq, target, jieba_dict, kept)
    frequencies: dict[str, int | None]
    if freq == "win" and base is not None:
        frequencies = dict(proven_frequencies(kept, base, refused))
    else:
        most = target.frequencies.most if target.frequencies else None
        frequencies = {word: _frequency(count, freq, most) for word, count in kept.items()}
    doubts = ((word, target.doubt(word)) for word in frequencies)
    doubtful = {word: why for word, why in doubts if why}
    if base is not None and freq != "win":
        doubtful |= dict.fromkeys(without_effect(frequencies, base), NO_EFFECT)
    default = target.tags.default if target.tags else None
    return Export(
        to,
        frequencies,
        refused,
        tag=tag or default,
        name=name,
        doubtful=doubtful,
        rejected=left_out[0],
        undecided=left_out[1],
        freq=freq if target.frequencies else None,
    )


NO_EFFECT = "jieba cuts it apart in spite of this frequency"
NO_DECISIONS = "review the list on the page of nlptools report, and download it with its decisions"


def _merged(words: WordsOrLists) -> MergedWords:
    if isinstance(words, MergedWords):
        return words
    if isinstance(words, Mapping):
        return MergedWords(dict(words), set(words))
    return merge_lists([words] if isinstance(words, str | os.PathLike) else words)


def _place(words: WordsOrLists) -> str:
    """For an error: the first of the lists."""
    if isinstance(words, Mapping | MergedWords):
        return "the words"
    return os.fspath(words if isinstance(words, str | os.PathLike) else words[0])


def _chosen(
    merged: MergedWords,
    target: Target,
    accepted_only: bool,
    min_count: int | None,
    top: int | None,
) -> tuple[dict[str, float | None], dict[str, str], tuple[int, int]]:
    """(words to be written, refused words with the reasons, (how many were rejected, how many not accepted))."""
    refused: dict[str, str] = {}
    kept: dict[str, float | None] = {}
    rejected = undecided = 0
    for word, count in merged.counts.items():
        if top is not None and len(kept) >= top:
            break
        if word in merged.rejected:
            rejected += 1
            continue
        if accepted_only and word not in merged.accepted:
            undecided += 1
            continue
        if min_count is not None and count is not None and count < min_count:
            continue
        written = target.folding.form(word) if target.folding else word
        if why := target.refusal(written):
            refused[word] = why
        elif target.folding and written in kept:
            refused[word] = target.folding.clash
        else:
            kept[written] = count
    return kept, refused, (rejected, undecided)


def _settled(
    freq: str | int,
    target: Target,
    jieba_dict: str | os.PathLike[str] | None,
    words: Collection[str],
) -> tuple[str | int, JiebaDictionary | None]:
    """(what auto stands for, the dictionary for the words to win against where there is one)."""
    usual = target.frequencies.usual if target.frequencies else None
    base = None
    if target.winning:
        try:
            base = JiebaDictionary.load(jieba_dict, parts_of=words)
        except NlptoolsError:
            if freq == "win" or jieba_dict is not None:
                raise
    if freq == "auto":
        freq = "win" if base is not None else "corpus" if usual is None else usual
    return freq, base


def check_settings(
    to: str, freq: str | int, tag: str | None, jieba_dict: str | os.PathLike[str] | None
) -> None:
    """Raises ValueError for what a target does not have; the text begins with the name of the setting."""
    if to not in TARGETS:
        raise ValueError(f"to must be one of {', '.join(TARGETS)}, not {to!r}")
    target = TARGETS[to]
    if freq not in ("auto", "corpus", "win"):
        if isinstance(freq, str):
            raise ValueError(f"freq must be auto, corpus, win or a number, not {freq!r}")
        if target.frequencies and not 1 <= freq <= target.frequencies.most:
            raise ValueError(
                f"freq must be from 1 to {target.frequencies.most} for {to}, not {freq}"
            )
    if freq not in ("auto", "corpus") and not target.frequencies:
        raise ValueError(f"freq {freq}: a dictionary for {to} has no frequencies to choose")
    known = " or ".join(name for name, other in TARGETS.items() if other.winning)
    if freq == "win" and not target.winning:
        raise ValueError(f"freq win is for {known}: how {to} weighs its words is not known here")
    if jieba_dict is not None and not target.winning:
        raise ValueError(f"jieba_dict is for {known}, not for {to}")
    if tag is not None and target.tags is None:
        raise ValueError(f"tag {tag}: a dictionary for {to} has no tags")
    if tag is not None and target.tags and not re.fullmatch(target.tags.pattern, tag):
        raise ValueError(f"tag must have {target.tags.rule} for {to}, not be {tag!r}")


def _frequency(count: float | None, freq: str | int, most: int | None) -> int | None:
    """What stands beside a word; a frequency of 0 would tell jieba to cut the word apart."""
    if not isinstance(freq, str):
        return freq
    return None if count is None else max(min(round(count), most or MOST), 1)
