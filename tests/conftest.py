"""For all tests: Hypothesis on a machine with other work, and what stays together when several processes run them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# An example that takes long is no failure. It goes on from the profile that Hypothesis has chosen: in CI that
# is one with the same examples in every run.
settings.register_profile(
    "any load", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any load")

# Folders and files whose tests share what starts slowly: one Spark, one browser, the dictionary of jieba. They go first,
# the largest before all.
TOGETHER = (
    "tests/spark/test_cluster.py",  # has sessions of its own
    "tests/spark/",
    "tests/review/test_page_in_browser.py",
    "tests/segmentation/test_jieba.py",
)
# They need no Spark.
APART = (
    "tests/spark/test_kept.py",
    "tests/spark/test_shuffle.py",
    "tests/spark/test_streams.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Every test by itself to whoever is free, but for those of some files.

    xdist has `--dist loadgroup` for that, which does nothing with pytest 9.2: Spark then starts in every process.
    """
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            if file in APART:
                return nodeid
            return next((group for group in TOGETHER if file.startswith(group)), nodeid)

    return Together(config, log) if config.getvalue("dist") == "load" else None
