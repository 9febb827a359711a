"""The exponential that is the same everywhere: near the true one, and these bits; so a model has the same bytes."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import NOVEL

from nlptools.base import steady

pytestmark = pytest.mark.usefixtures("loops")


def test_worked() -> None:
    found = steady.exp(np.array([0.0, 1.0, -1.0, math.log(3)]))
    assert found.dtype == np.float32
    assert found.tolist() == pytest.approx([1, math.e, 1 / math.e, 3], rel=2e-7)
    assert found[0] == 1
    assert len(steady.exp(np.zeros(0))) == 0


@given(st.floats(-100, 100, width=32))
def test_it_is_the_exponential(value: float) -> None:
    """Beyond MOST it is that of MOST."""
    near = min(max(value, -steady.MOST), steady.MOST)
    assert steady.exp(np.array([value]))[0] == pytest.approx(math.exp(near), rel=2e-7)


def test_it_grows_and_leaves_its_argument_alone() -> None:
    values = np.linspace(-80, 80, 50_001, dtype=np.float32)
    before = values.copy()
    found = steady.exp(values)
    assert np.array_equal(values, before)
    assert np.all(found[1:] >= found[:-1])
    assert np.array_equal(found, np.concatenate([steady.exp(v) for v in np.split(values, [7, 99])]))


def test_these_are_its_bits() -> None:
    """On every machine and with every NumPy."""
    found = steady.exp(np.arange(-20_000, 20_001) / np.float32(1024))
    digest = hashlib.sha256(found.astype("<f4").tobytes()).hexdigest()
    assert digest[:16] == "f7d9a55717135828"


def test_rounded() -> None:
    found = steady.rounded(np.array([0.1, 1e-200, 0.0, -3e300]))
    assert found.tolist() == pytest.approx([0.1, 1e-200, 0, -3e300], rel=1e-7)
    assert found[0] == np.float32(0.1)
    assert np.array_equal(found[:2], steady.rounded(np.nextafter(found[:2], 1)))


def test_a_model_is_the_same_on_an_older_processor() -> None:
    """NumPy without its code for newer ones; names that it does not know are a warning."""
    newer = "X86_V3 X86_V4 AVX2 FMA3 AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_ICL ASIMDHP ASIMDDP SVE"
    work = f"import nlptools; print(nlptools.train({str(NOVEL)!r}, workers=1).text(), end='')"
    made = [
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", work],
            env=os.environ | {"NPY_DISABLE_CPU_FEATURES": off, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout
        for off in ("", newer)
    ]
    assert made[0].startswith(b"# nlptools model 1\n")
    assert made[0] == made[1]
