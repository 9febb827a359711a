"""Arrays that come piece by piece -> a .npy file, which NumPy maps: numpy.load(path, mmap_mode="r")."""

from __future__ import annotations

from typing import IO

import numpy as np

_MAGIC = b"\x93NUMPY\x01\x00"
_HEAD = 128  # bytes before the numbers: the shape, which is known at the end, has room in them


class NpyStream:
    """One array of one dimension, written as it comes; `close` writes its length. The stream has to be seekable."""

    def __init__(self, stream: IO[bytes], dtype: type[np.generic]) -> None:
        self._stream = stream
        self._dtype = np.dtype(dtype).newbyteorder("<")
        self.length = 0
        stream.write(self._head())

    def _head(self) -> bytes:
        fields = (
            f"{{'descr': '{self._dtype.str}', 'fortran_order': False, 'shape': ({self.length},), }}"
        )
        size = _HEAD - len(_MAGIC) - 2
        return _MAGIC + size.to_bytes(2, "little") + fields.encode().ljust(size - 1) + b"\n"

    def append(self, values: np.ndarray) -> None:
        """The next numbers."""
        self._stream.write(np.ascontiguousarray(values, self._dtype).tobytes())
        self.length += len(values)

    def close(self) -> None:
        """The header, as it has to be now."""
        self._stream.seek(0)
        self._stream.write(self._head())
