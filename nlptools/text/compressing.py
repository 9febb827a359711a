"""A stream and the name of its file -> a stream that compresses what is written, as the name says."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import os
from collections.abc import Iterator
from typing import IO, cast

from nlptools.text.decoding import zstandard_for


@contextlib.contextmanager
def compressing(stream: IO[bytes], path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """What is written goes to `stream` as gzip, bzip2, xz or zstd where the name of its file ends so, else as it is.

    The bytes depend on what is written alone: no name and no time is in them. `stream` stays open.
    Raises NlptoolsError where the module for zstd is missing.
    """
    name = os.fspath(path).lower()
    if name.endswith(".gz"):
        # 6: the default of gzip; 9 takes twice as long for 1 % less.
        made: object = gzip.GzipFile("", "wb", 6, stream, mtime=0)
    elif name.endswith(".bz2"):
        made = bz2.BZ2File(stream, "wb")
    elif name.endswith(".xz"):
        made = lzma.LZMAFile(stream, "wb")  # noqa: SIM115
    elif name.endswith(".zst"):
        compressor = zstandard_for("writing").ZstdCompressor(write_checksum=True)
        made = compressor.stream_writer(stream, closefd=False)
    else:
        yield stream
        return
    with contextlib.closing(cast("IO[bytes]", made)) as packed:
        yield packed
