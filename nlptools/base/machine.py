"""The processor and the C library -> settings for NumPy; has to run before NumPy is imported.

Only the command line does this: a library does not change its host's environment.
"""

from __future__ import annotations

import ctypes
import os
import sys

LITTLE_MEMORY = 600_000_000  # bytes of --memory, below which memory counts more than time
# From glibc's malloc.h and Linux's mman-common.h.
_M_ARENA_MAX, _M_MMAP_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -4, -3, -1
_MADV_HUGEPAGE, _MADV_NOHUGEPAGE, _HUGE_PAGE = 14, 15, 1 << 21
_HEAP = 1 << 29  # bytes that are asked for in huge pages
_heap: list[int] = []  # where it begins
# Resident bytes from which trim_memory has work to do.
_trim_from = 0


def prepare_numpy() -> None:
    """Choose what NumPy cannot choose well itself. Settings the user made win."""
    # No command multiplies matrices on the way to its first result, but OpenBLAS starts a thread for
    # every core at import: 0.1 CPU s of the 0.2 that a command may take to start.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _one_heap()
    keep_memory()
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
    if (library := _glibc()) and "MALLOC_ARENA_MAX" not in os.environ:
        library.mallopt(_M_ARENA_MAX, 1)


def keep_memory() -> None:
    """Memory that was freed stays with the process, and what it has comes in pages of 2 MB; `divide_memory` may end that.

    A tenth of the CPU of `discover` were pages of 4 KB that came and went: docs/decisions.md.
    """
    if _heap or not (library := _glibc()) or _told() or _addresses_limited():
        return
    library.mallopt(_M_TRIM_THRESHOLD, 2 * _HEAP)  # or the block went back at once
    library.mallopt(_M_MMAP_MAX, 0)  # the block has to lie in the heap
    library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
    library.free.restype, library.free.argtypes = None, [ctypes.c_void_p]
    # Never written to, so nothing of it is resident; freed, it is the room for what comes.
    if block := library.malloc(_HEAP):
        _heap.append(block)
        _advise(library, _MADV_HUGEPAGE)
        library.free(block)
    library.mallopt(_M_MMAP_MAX, 1 << 16)  # as it is by itself
    library.mallopt(_M_MMAP_THRESHOLD, 1 << 25)


def divide_memory(memory: int) -> None:
    """Of `memory` bytes: where they are few, arrays that are freed go back to the system at once, and pages are small.

    glibc keeps freed arrays of up to 32 MB, in pieces that no other array fits into: 20 MB of 128 in a training.
    To get new pages costs time, which larger memory need not pay: what is free in half of it stays.
    """
    global _trim_from
    _trim_from = memory // 2 if _heap and memory >= LITTLE_MEMORY else 0
    if memory < LITTLE_MEMORY and (library := _glibc()) and not _told():
        _advise(library, _MADV_NOHUGEPAGE)
        # Above the arrays of one block, which come and go.
        library.mallopt(_M_MMAP_THRESHOLD, 1 << 22)
        library.mallopt(_M_TRIM_THRESHOLD, 1 << 23)
        library.malloc_trim(0)  # what imports left: 8 MB in a training of 60 MB


def trim_memory() -> None:
    """Give pages that lie free between arrays back to the system where memory may run short: between the steps of something long."""
    if (library := _glibc()) and _resident() >= _trim_from:
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is this one: no other has these settings."""
    if sys.platform != "linux":
        return None
    try:
        library = ctypes.CDLL(None)
    except OSError:
        return None
    return library if hasattr(library, "mallopt") else None


def _told() -> bool:
    """Whether the user has settled how arrays are kept."""
    return any(os.environ.get(f"MALLOC_{name}_THRESHOLD_") for name in ("MMAP", "TRIM"))


def _addresses_limited() -> bool:
    """Whether `ulimit -v` counts what is asked for and not used, too."""
    import resource  # not on Windows

    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def _advise(library: ctypes.CDLL, advice: int) -> None:
    """What the system is to know of the pages of the heap that was asked for."""
    library.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    for block in _heap:
        first = -(-block // _HUGE_PAGE) * _HUGE_PAGE
        library.madvise(first, (block + _HEAP - first) // _HUGE_PAGE * _HUGE_PAGE, advice)


def _resident() -> int:
    """Bytes of this process that are in memory; Linux."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


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
