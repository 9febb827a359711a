"""The processor and the C library -> settings for NumPy; has to run before NumPy is imported.

Only the command line does this: a library does not change its host's environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys

LITTLE_MEMORY = 512_000_000  # bytes of --memory, below which memory counts more than time
_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1  # from glibc's malloc.h


def prepare_numpy() -> None:
    """Choose what NumPy cannot choose well itself. Settings the user made win."""
    # No command multiplies matrices on the way to its first result, but OpenBLAS starts a thread for
    # every core at import: 0.1 CPU s of the 0.2 that a command may take to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _one_heap()
    # pyarrow's own heap keeps what was freed: 20 MB more in a count of Parquet within 256 MB.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if "numpy" not in sys.modules and _is_zen4():
        # The AVX-512 sort stores compressed vectors to memory, which is microcoded on Zen 4: 62 ns a
        # key, against 11 ns by the AVX2 sort that NumPy takes when it must not use X86_V4 (NumPy 2.4)
        # or AVX512_SKX (its name before). docs/decisions.md has the figures.
        os.environ.setdefault("NPY_DISABLE_CPU_FEATURES", "X86_V4 AVX512_SKX")


def _one_heap() -> None:
    """One heap for all threads, so that what one thread frees another can use.

    glibc gives every thread a heap of its own and keeps what was freed there: 100 MB more resident
    memory in a count within 256 MB, for no gain in time, as the threads work inside NumPy.
    """
    if "MALLOC_ARENA_MAX" not in os.environ:
        _set_malloc(_M_ARENA_MAX, 1)


def return_memory(memory: int) -> None:
    """Where little memory is allowed, arrays that are freed go back to the system at once.

    glibc keeps freed arrays of up to 32 MB, in pieces that no other array fits into: 20 MB of 128 in a training.
    To get new pages costs time, which larger memory need not pay.
    """
    if memory < LITTLE_MEMORY and "MALLOC_MMAP_THRESHOLD_" not in os.environ:
        _set_malloc(_M_MMAP_THRESHOLD, 1 << 22)  # above the arrays of one block, which come and go
        _set_malloc(_M_TRIM_THRESHOLD, 1 << 23)


def trim_memory() -> None:
    """Give pages that lie free between arrays back to the system: a millisecond, between the steps of something long."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not glibc
            ctypes.CDLL(None).malloc_trim(0)


def _set_malloc(what: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):  # not glibc
            ctypes.CDLL(None).mallopt(what, value)


def _is_zen4() -> bool:
    """AMD family 25 (0x19) with AVX-512: Zen 4. Zen 3 shares the family but has no AVX-512."""
    if sys.platform == "linux":
        try:
            with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
                head = file.read(1 << 13)
        except OSError:
            return False
        first = head.split("\n\n")[0]
        fields = dict(line.split(":", 1) for line in first.splitlines() if ":" in line)
        values = {name.strip(): value.strip() for name, value in fields.items()}
        return (
            values.get("vendor_id") == "AuthenticAMD"
            and values.get("cpu family") == "25"
            and "avx512f" in values.get("flags", "").split()
        )
    if sys.platform == "win32":
        import platform

        return "Family 25" in platform.processor()
    return False
