"""Documents with their ids -> two .npy files that a training script maps: all ids, and where each document begins."""

from __future__ import annotations

import os
from collections.abc import Iterable

import numpy as np

from nlptools.base.npyfiles import NpyStream
from nlptools.base.outputs import whole_file
from nlptools.errors import DataError
from nlptools.text.corpus import Corpus
from nlptools.text.documents import Documents
from nlptools.text.results import Found, Ragged
from nlptools.vocab.records import IDS, id_type, tokenize_documents
from nlptools.vocab.stream import TokenCounts
from nlptools.vocab.tokenizer import WordTokenizer

ID_FILES = ("npy", "parquet")  # the formats of ids as arrays; Parquet is written with the records


def offsets_path(path: str | os.PathLike[str]) -> str:
    """The file with the offsets beside a file of ids.

    >>> offsets_path("made/ids.npy")
    'made/ids.offsets.npy'
    """
    name = os.fspath(path)
    bare = name[:-4] if name.lower().endswith(".npy") else name
    return f"{bare}.offsets.npy"


def write_ids(
    corpus: Corpus,
    tokenizer: WordTokenizer,
    path: str | os.PathLike[str],
    *,
    special: bool = False,
    max_length: int | None = None,
    workers: int | None = None,
    counts: TokenCounts | None = None,
) -> int:
    """Write the ids of a corpus as arrays that are mapped, not read; how many documents there are.

    path, NAME.npy: the ids of all documents one after another, uint16 where the vocabulary has 65,536 tokens or fewer,
    else uint32. NAME.offsets.npy: int64, one number more than documents; document i has the ids offsets[i] to
    offsets[i + 1]. special, max_length: of a document, as in tokenize_corpus. Both files appear when they are complete,
    and memory does not grow with them. Raises DataError where a file cannot be written at its beginning once more, as
    a pipe cannot.
    """
    found = tokenize_documents(
        corpus.documents(),
        tokenizer,
        format="ids",
        special=special,
        max_length=max_length,
        workers=workers,
        counts=counts,
    )
    return save_ids(found, path, id_type(len(tokenizer.vocab.tokens)))


def save_ids(
    results: Iterable[tuple[Documents, Found]],
    path: str | os.PathLike[str],
    dtype: type[np.generic],
) -> int:
    """As write_ids, of documents that have their ids already (tokenize_documents)."""
    with whole_file(path) as ids_file, whole_file(offsets_path(path)) as offsets_file:
        for name, stream in ((path, ids_file), (offsets_path(path), offsets_file)):
            if not stream.seekable():
                raise DataError(name, None, "arrays are no pipe", "name a file: -o NAME.npy")
        ids, offsets = NpyStream(ids_file, dtype), NpyStream(offsets_file, np.int64)
        offsets.append(np.zeros(1, np.int64))
        for documents, found in results:
            if not len(documents):
                continue
            values = found[IDS]
            assert isinstance(values, Ragged)
            offsets.append(values.offsets[1:] + ids.length)
            ids.append(values.items[:])
        ids.close()
        offsets.close()
        return offsets.length - 1
