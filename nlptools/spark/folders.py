"""Paths on any file system of Hadoop -> files to be read from anywhere, small files written and read, folders removed."""

from __future__ import annotations

import io
from typing import Any


class HadoopFile(io.RawIOBase):
    """A file of any file system of Hadoop, to be read from anywhere."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream, self._size = stream, size

    @classmethod
    def open(cls, spark: Any, path: str) -> HadoopFile:
        """A file by its name."""
        place, system = _place(spark, path)
        return cls(system.open(place), system.getFileStatus(place).getLen())

    def close(self) -> None:
        self._stream.close()
        super().close()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self.tell(), io.SEEK_END: self._size}[whence]
        self._stream.seek(base + offset)
        return base + offset

    def tell(self) -> int:
        return int(self._stream.getPos())

    def readinto(self, buffer: Any) -> int:
        data = bytes(self._stream.readNBytes(min(len(buffer), self._size - self.tell())))
        buffer[: len(data)] = data
        return len(data)


def _place(spark: Any, path: str) -> tuple[Any, Any]:
    place = spark._jvm.org.apache.hadoop.fs.Path(path)
    return place, place.getFileSystem(spark._jsc.hadoopConfiguration())


def write_text(spark: Any, path: str, text: str) -> None:
    """A small file of any file system."""
    place, system = _place(spark, path)
    stream = system.create(place, True)
    stream.write(bytearray(text, "utf-8"))
    stream.close()


def read_text(spark: Any, path: str) -> str:
    """All of a small file of any file system."""
    place, system = _place(spark, path)
    stream = system.open(place)
    try:
        return bytes(stream.readAllBytes()).decode("utf-8")
    finally:
        stream.close()


def remove_folder(spark: Any, path: str) -> None:
    """A folder with all that is in it, if it is there."""
    place, system = _place(spark, path)
    system.delete(place, True)


def remove_files(spark: Any, folder: str, beginning: str) -> None:
    """The files in a folder whose names begin so."""
    place, system = _place(spark, folder)
    for status in system.listStatus(place):
        if str(status.getPath().getName()).startswith(beginning):
            system.delete(status.getPath(), False)
