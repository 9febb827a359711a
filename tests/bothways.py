"""Compiled loops and NumPy, side by side: for tests that the two give the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nlptools.native import kernel

compiled = pytest.mark.skipif(not kernel.usable(), reason="nothing is compiled: no C compiler")


def without(work: Callable[[], Any]) -> Any:
    """What NumPy makes of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "usable", lambda: False)
        return work()
