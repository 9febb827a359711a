"""For all tests: Hypothesis on a machine with other work, and what stays together when several processes run them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from nlptools.native import kernel

# An example that takes long is no failure. It goes on from the profile that Hypothesis has chosen: in CI that
# is one with the same examples in every run.
settings.register_profile(
    "any load", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any load")

# What starts first, because it takes longest: files that share one Spark, run by one process. Two of these groups take
# about as long as the third and all the rest, and to start Spark once more 13 CPU s.
FIRST = (
    ("tests/spark/test_cluster.py",),  # has sessions of its own
    ("tests/spark/test_discover.py", "tests/spark/test_sums.py", "tests/spark/test_contexts.py"),
    ("tests/spark/test_spark.py", "tests/spark/test_maps.py", "tests/spark/test_submit.py"),
    ("tests/review/test_page_in_browser.py",),
)
GROUP = {file: number for number, files in enumerate(FIRST) for file in files}


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not hasattr(config, "workerinput"):  # all in one process
        return

    items.sort(key=lambda item: GROUP.get(item.nodeid.partition("::")[0], len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """A group or a file, whose tests share fixtures and caches, to whoever is free, in the order of the collection.

    xdist has `--dist loadgroup` for that, which does nothing with pytest 9.2: Spark then starts in every process.
    """
    from xdist.scheduler.loadscope import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return str(GROUP.get(file, file))

    if config.getvalue("dist") != "load":
        return None
    config.option.loadscopereorder = False  # else by the number of tests
    return Together(config, log)


@pytest.fixture(scope="module", params=["compiled", "numpy"])
def loops(request: pytest.FixtureRequest) -> Iterator[str]:
    """Both ways in which the inner loops run; a module asks for it by `pytestmark`, and all its tests run twice."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "numpy":
            patch.setattr(kernel, "usable", lambda: False)
        elif not kernel.usable():
            pytest.skip("nothing is compiled here: no C compiler")
        yield request.param
