"""Debian's Chromium for tests of the page: started headless, or the test is skipped and says why."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

MISSING = "no browser: apt-get install chromium chromium-driver"
# A closed network and no display; without these Chromium asks for hosts at every start.
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--window-size=1300,900"),
)


@contextlib.contextmanager
def browser(folder: Path, lang: str = "en") -> Iterator[Any]:
    """A driver whose downloads go to a folder."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="no selenium: bin/setup test-all")
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(MISSING)
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS, f"--lang={lang}", f"--user-data-dir={folder / 'profile'}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"intl.accept_languages": lang})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(driver)
    started = webdriver.Chrome(options=options, service=service)
    try:
        downloads = {"behavior": "allow", "downloadPath": str(folder)}
        started.execute_cdp_cmd("Browser.setDownloadBehavior", downloads)
        yield started
    finally:
        started.quit()


def until(what: Callable[[], Any], seconds: float = 120) -> Any:
    """The first true value of a function; fails after some seconds."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.03)


def open_page(driver: Any, page: Path) -> None:
    """Load a page of ours, and wait until its plots are there too."""
    driver.get(page.as_uri())
    until(lambda: driver.execute_script("return document.documentElement.dataset.ready"))


def violations(driver: Any) -> list[str]:
    """What axe-core finds that is serious or worse."""
    driver.execute_script((ROOT / "tests" / "axe" / "axe.min.js").read_text(encoding="utf-8"))
    driver.set_script_timeout(120)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then((r) => done(r.violations))"
    )
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
