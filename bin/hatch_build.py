"""nlptools/native/*.c -> a shared library beside them, where there is a C compiler; without one NumPy does the same.

Hatch calls it when the package is installed or a wheel is made, bin/setup whenever a source has changed.
"""

from __future__ import annotations

import ctypes
import os
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import zlib
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # bin/setup needs no Hatch
    BuildHookInterface = object

PACKAGE = Path(__file__).parents[1] / "nlptools"
FOLDER = PACKAGE / "native"
LIBRARY = FOLDER / "kernel.bin"
# The same bytes as NumPy: no operations put together, none left out or in another order.
EXACT = ["-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


def compile_kernel() -> str:
    """Make the library, if it is not there. What was done, for people."""
    sources = sorted(FOLDER.glob("*.[ch]"))
    digest = f"{zlib.crc32(b''.join(map(Path.read_bytes, sources))):08x}"
    if LIBRARY.exists() and made_of(LIBRARY) == digest:
        return ""
    compiler = shlex.split(os.environ.get("CC") or "cc")
    options = ["-O3", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", *EXACT]
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        made = Path(folder) / LIBRARY.name
        command = [*compiler, *options, f'-DSOURCE_DIGEST="{digest}"']
        command += [str(source) for source in sources if source.suffix == ".c"]
        try:
            done = subprocess.run(
                [*command, "-o", str(made), "-lm"], capture_output=True, text=True, check=False
            )
        except OSError as error:
            return f"no loops are compiled ({compiler[0]}: {error.strerror}); NumPy does their work"
        if done.returncode or made_of(made) != digest:
            LIBRARY.unlink(missing_ok=True)
            reason = (done.stderr.strip() or "the library cannot be loaded").splitlines()[-1]
            return f"no loops are compiled ({reason}); NumPy does their work"
        # Another process may have the old one open: it keeps it.
        made.replace(LIBRARY)
    return "the loops of nlptools/native are compiled"


def made_of(library: Path) -> str:
    """The digest of the source that a library was made of, "" where it cannot be loaded."""
    try:
        found = ctypes.CDLL(str(library)).source_digest
    except (OSError, AttributeError):
        return ""
    found.restype = ctypes.c_char_p
    return (found() or b"").decode()


class KernelHook(BuildHookInterface):
    """Takes the library into a wheel, which is one for this kind of machine then."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """As Hatch calls it before a wheel is made."""
        said = compile_kernel()
        if said:
            print(said, file=sys.stderr)
        if not LIBRARY.exists():
            return
        build_data["artifacts"].append(f"/{LIBRARY.relative_to(PACKAGE.parent).as_posix()}")
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"


if __name__ == "__main__":
    said = compile_kernel()
    if said:
        print(f"bin/setup: {said}", file=sys.stderr)
