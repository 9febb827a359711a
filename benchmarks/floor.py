"""Text file -> nothing: the work no counter of 4-grams can do without, as fast as NumPy can.

Reads the file, decodes it, packs one uint64 for every character (four 16-bit codes) and sorts once.
"""

from __future__ import annotations

import sys
from pathlib import Path

from nlptools.base.machine import prepare_numpy

prepare_numpy()

import numpy as np  # noqa: E402


def main(path: str) -> None:
    codes = np.frombuffer(Path(path).read_bytes().decode("utf-8").encode("utf-16-le"), np.uint8)
    # Every 2 bytes a new key of 8: one copy packs them all.
    overlapping = np.ndarray((len(codes) // 2 - 3,), "<u8", codes, strides=(2,))
    keys = overlapping.copy()
    keys.sort()


if __name__ == "__main__":
    main(sys.argv[1])
