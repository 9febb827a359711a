"""What the command line sets before NumPy is imported, and what it leaves alone."""

from __future__ import annotations

import builtins
import io
import os
import subprocess
import sys
from typing import Any
from unittest import mock

import pytest

from nlptools.base import machine

ZEN4 = (
    "processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 25\nflags\t\t: fpu sse avx2 avx512f\n"
)
ZEN3 = ZEN4.replace(" avx512f", "")
ZEN5 = ZEN4.replace(": 25", ": 26")
INTEL = ZEN4.replace("AuthenticAMD", "GenuineIntel")
VARIABLES = ("OPENBLAS_NUM_THREADS", "NPY_DISABLE_CPU_FEATURES")


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.setenv(name, "")  # so that monkeypatch puts back what was there
        monkeypatch.delenv(name)


def processor(monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    def fake_open(path: Any, *_: Any, **__: Any) -> io.StringIO:
        assert path == "/proc/cpuinfo"
        if text is None:
            raise FileNotFoundError(path)
        return io.StringIO(text + "\n" + text.replace("25", "99"))

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(builtins, "open", fake_open)


@pytest.mark.parametrize(
    "text, expected",
    [(ZEN4, True), (ZEN3, False), (ZEN5, False), (INTEL, False), ("", False), (None, False)],
)
def test_zen4_is_recognised(
    monkeypatch: pytest.MonkeyPatch, text: str | None, expected: bool
) -> None:
    processor(monkeypatch, text)
    assert machine._is_zen4() is expected


def test_slow_instructions_are_disabled_before_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, ZEN4)
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    machine.prepare_numpy()
    assert "X86_V4" in os.environ["NPY_DISABLE_CPU_FEATURES"].split()
    assert os.environ["OPENBLAS_NUM_THREADS"] == "1"


def test_nothing_is_disabled_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, INTEL)
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    machine.prepare_numpy()
    assert "NPY_DISABLE_CPU_FEATURES" not in os.environ


def test_too_late_when_numpy_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, ZEN4)
    monkeypatch.setitem(sys.modules, "numpy", object())
    machine.prepare_numpy()
    assert "NPY_DISABLE_CPU_FEATURES" not in os.environ


def test_the_user_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    processor(monkeypatch, ZEN4)
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    for name in VARIABLES:
        monkeypatch.setenv(name, "mine")
    machine.prepare_numpy()
    assert [os.environ[name] for name in VARIABLES] == ["mine", "mine"]


def test_numpy_takes_the_settings_in_silence() -> None:
    """Whatever this processor is: NumPy says nothing on stderr, and sorts as it should."""
    code = (
        "import nlptools.cli, sys; assert 'numpy' not in sys.modules; import numpy;"
        "keys = numpy.random.default_rng(1).integers(0, 2**63, 9999).astype(numpy.uint64);"
        "assert numpy.sort(keys).tolist() == sorted(keys.tolist())"
    )
    env = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def heap_after(code: str, **variables: str) -> tuple[int, bool]:
    """(bytes of the heap, whether it is in huge pages) of a process that has run the code after the command line's imports."""
    if machine._glibc() is None:
        pytest.skip("the settings are those of glibc")
    show = (
        "import nlptools.cli; from nlptools.base import machine;"
        f"{code};"
        "maps = open('/proc/self/smaps').read().split('[heap]')[1:];"
        "print(sum(int(m.split('Size:')[1].split()[0]) for m in maps) * 1024,"
        "any('hg' in m.split('VmFlags:')[1].split('\\n')[0].split() for m in maps))"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    done = subprocess.run(
        [sys.executable, "-c", show],
        env=env | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    size, huge = done.stdout.split()
    return int(size), huge == "True"


def test_freed_memory_stays_in_huge_pages() -> None:
    size, huge = heap_after("machine.divide_memory(1_000_000_000)")
    assert size > machine._HEAP and huge


def test_little_memory_is_given_back_in_small_pages() -> None:
    size, huge = heap_after("machine.divide_memory(128_000_000); machine.trim_memory()")
    assert size < machine._HEAP and not huge


def test_memory_is_left_alone_where_the_user_has_settled_it() -> None:
    size, huge = heap_after("pass", MALLOC_TRIM_THRESHOLD_="131072")
    assert size < machine._HEAP and not huge


def test_no_heap_where_addresses_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    asked: list[None] = []
    monkeypatch.setattr(machine, "_glibc", lambda: asked.append(None) or mock.MagicMock())
    monkeypatch.setattr(machine, "_heap", [])
    monkeypatch.setattr(resource, "getrlimit", lambda _: (10**9, 10**9))
    machine.keep_memory()
    assert asked and machine._heap == []


def test_memory_is_trimmed_where_half_of_it_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    class Library:
        trimmed = 0

        def malloc_trim(self, _: int) -> None:
            self.trimmed += 1

    library = Library()
    monkeypatch.setattr(machine, "_glibc", lambda: library)
    monkeypatch.setattr(machine, "_heap", [1])
    monkeypatch.setattr(machine, "_trim_from", 0)
    machine.divide_memory(1_000_000_000)
    for resident, expected in ((499_999_999, 0), (500_000_000, 1)):
        monkeypatch.setattr(machine, "_resident", lambda resident=resident: resident)
        machine.trim_memory()
        assert library.trimmed == expected


def test_where_glibc_is_not_nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_glibc", lambda: None)
    monkeypatch.setattr(machine, "_heap", [])
    machine.keep_memory()
    machine.divide_memory(128_000_000)
    machine.trim_memory()
    assert machine._heap == []
