"""Words + the dictionary of jieba -> frequencies that have an effect there, and the words whose frequencies have none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from nlptools.segmentation.jieba import JiebaDictionary, winning_frequencies


def proven_frequencies(
    words: Iterable[str], base: JiebaDictionary, refused: dict[str, str]
) -> dict[str, int]:
    """Winning frequencies, proven by cutting with all words loaded; a word without any goes to `refused`."""
    kept = list(words)
    while True:
        frequencies = winning_frequencies(base, kept)
        loaded = base.with_words(frequencies)
        lost = {word for word in kept if not loaded.is_one_word(word)}
        if not lost:
            return frequencies
        refused |= dict.fromkeys(lost, "no frequency was found that wins in jieba")
        kept = [word for word in kept if word not in lost]


def without_effect(words: Mapping[str, int | None], base: JiebaDictionary) -> list[str]:
    """Those of the words that jieba does not cut as one, although all are loaded with these frequencies.

    None stands for a line without a frequency, for which jieba computes one itself.
    """
    loaded = base.with_words({})
    for word, frequency in words.items():
        loaded.add(word, _suggested(loaded, word) if frequency is None else frequency)
    return [word for word in words if not loaded.is_one_word(word)]


def _suggested(loaded: JiebaDictionary, word: str) -> int:
    """What suggest_freq of jieba 0.42.1 gives, in the order of its multiplications."""
    share, total = 1.0, float(loaded.total)
    for part in loaded.cut(word):
        share *= loaded.frequencies.get(part, 1) / total
    return max(int(share * loaded.total) + 1, loaded.frequencies.get(word, 0))


def frequencies_for_any_part(words: Sequence[str], base: JiebaDictionary) -> dict[str, int]:
    """Frequencies with which jieba cuts each of the words as one, whichever of them are loaded together.

    Raises ValueError for an empty word, or one with a character at which jieba cuts.

    A word needs f >= the product of the frequencies of its parts / T^(parts - 1), T being the total with the loaded
    words: the more, the less it needs. So the frequencies are solved for a total that is not above that of `base`
    alone: as winning_frequencies adds what it finds to the total, it is given one from which that is taken off.
    """
    new: dict[str, None] = {}
    for word in sorted(set(words), key=len):
        # One that jieba has keeps its frequency, unless one of the others may take it apart.
        if not base.is_one_word(word) or any(part in new for part in _parts(word)):
            new[word] = None
    found = winning_frequencies(base, new)
    smaller = base.with_words({})
    while smaller.total + (added := sum(found.values())) > base.total > 2 * added:
        smaller.total = base.total - added
        found = winning_frequencies(smaller, new)
    # A single character that jieba does not have counts 1.
    return {word: found.get(word) or base.frequencies.get(word) or 1 for word in words}


def _parts(word: str) -> Iterator[str]:
    for start in range(len(word)):
        for end in range(start + 1, len(word) + (start > 0)):
            yield word[start:end]
