"""Documents with what was found in each -> the pieces of a file of records: JSON Lines or Parquet, as its name says."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from nlptools.text.documents import Documents
from nlptools.text.jsonlines import bare_name
from nlptools.text.results import Found, record_pieces

CONTAINERS = ("jsonl", "parquet")
_NAMES = {".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}


def container_of(path: str | os.PathLike[str]) -> str | None:
    """What records are written as to a file of this name, whatever its compression; None: it is no file of records.

    >>> container_of("posts.jsonl.zst")
    'jsonl'
    """
    name = bare_name(os.fspath(path))
    return next((kind for end, kind in _NAMES.items() if name.endswith(end)), None)


def written(
    results: Iterable[tuple[Documents, Found]], container: str, into: str | None = None
) -> Iterator[str | bytes]:
    """The file of a container, piece by piece. into: the field of the results, see record_pieces.

    Raises ValueError for an unknown container.
    """
    if container not in CONTAINERS:
        raise ValueError(f"container must be one of {', '.join(CONTAINERS)}, not {container!r}")
    if container == "parquet":
        from nlptools.text.recordtables import table_pieces

        return table_pieces(results, into=into)
    return record_pieces(results, into=into)
