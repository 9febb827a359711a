"""What the command line sets before NumPy is imported, and what it leaves alone."""

from __future__ import annotations

import builtins
import io
import os
import subprocess
import sys
from typing import Any

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
