"""The name of a word list -> its words: those that a corpus's words are marked by as known."""

from __future__ import annotations

from collections.abc import Collection

from nlptools.discovery.method import general

NAMES = ("general", "jieba")


def known_words(known: Collection[str] | str) -> Collection[str]:
    """Words that are given; for "general" those that the word list under the general model has, for "jieba" those of the
    dictionary of the installed jieba.

    Raises ValueError for another name, NlptoolsError where jieba is not installed.
    """
    if not isinstance(known, str):
        return known
    if known == "general":
        model = general()
        assert model.known is not None  # tests/wordmodel compare it with its notes
        return {word for word, flag in zip(model.words, model.known.tolist(), strict=True) if flag}
    if known == "jieba":
        from nlptools.segmentation.jieba import JiebaDictionary

        frequencies = JiebaDictionary.load().frequencies
        return {word for word, frequency in frequencies.items() if frequency}
    raise ValueError(f"known must be words or one of {', '.join(NAMES)}, not {known!r}")
