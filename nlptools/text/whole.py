"""Path of a list, a model or a vocabulary -> its whole text, within bounds.

These are held whole, unlike a corpus; so what unpacks to gigabytes (a damaged file, a compression bomb) is refused
before it fills the memory.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.decoding import short_lines

# Characters of a file: 0.5 GB as text, at up to 4 bytes each. As rows a word list takes 30 bytes a character (a million rows
# of 11 characters: 353 MB), so one of this size, 12 million words with counts, takes 4 GB: it is still read, and more
# would fill the memory of most machines.
MOST = 1 << 27
# Bytes, as of ARPA files and vectors. The longest line that makes sense is JSON: 500,000 tokens with 32 bytes for each.
LONGEST_LINE = 1 << 24


def read_whole(path: str | os.PathLike[str], *, encoding: str = "utf-8") -> str:
    """The text of a file, or of all files of a folder or pattern.

    Raises DataError for what cannot be read, for a line of more than LONGEST_LINE bytes, for more than MOST characters.
    """
    corpus = Corpus([path], encoding=encoding)
    corpus.longest_line, corpus.any_text = LONGEST_LINE, True
    texts = []
    for block in corpus.blocks():
        check_size(path, corpus.report.characters)
        texts.append(block.text)
    return "".join(texts)


def bounded(chunks: Iterable[bytes], path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Chunks of UTF-8 that will be put together, within the same bounds."""
    size = 0
    for chunk in short_lines(chunks, os.fspath(path), LONGEST_LINE):
        size += len(chunk)
        check_size(path, size // 4)  # bytes that a character has at most
        yield chunk


def check_size(path: str | os.PathLike[str], characters: int) -> None:
    """DataError for so many characters that nobody wrote them."""
    if characters > MOST:
        problem = f"more than {MOST:,} characters: too large to be held whole"
        raise DataError(path, None, problem, "is it damaged? Leave out what is rare")
