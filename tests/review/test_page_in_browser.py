"""The page of `report` in a real browser: what people do with it. Skipped where there is no Chromium."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import ROOT, browser, open_page, until, violations
from commandline import run
from places import SAMPLES

from nlptools.review.winning import frequencies_for_any_part
from nlptools.segmentation.jieba import JiebaDictionary
from nlptools.text.wordlists import read_decided, read_rows, read_words

HOSTILE = "</script><script>window.hit=1</script>"
HOSTILE_TEXT = (
    f"{HOSTILE}网络<img src=x onerror=window.hit=2>\n"
    "\"quoted\" 'text' &amp; &lt;b&gt; 网络 `${window.hit=3}`\n"
    "右到左\u202e网络\u202c与\u2066隔离\u2069 \u200f标记\u200e\u0007\n"
    "<!--网络--> ]]> {{data}} 网络 \\u003c\n"
)


def dictionary() -> JiebaDictionary:
    pytest.importorskip("jieba", reason="no jieba: bin/setup test")
    return JiebaDictionary.load()


def make(*arguments: object) -> None:
    run(*arguments, "-q").ok()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page")


@pytest.fixture(scope="module")
def driver(folder: Path) -> Iterator[Any]:
    with browser(folder) as started:
        yield started


@pytest.fixture(scope="module")
def page(folder: Path) -> Path:
    novel = SAMPLES / "novel.txt"
    known = ["--known", SAMPLES / "known.txt"]
    make("discover", novel, *known, "-o", folder / "novel.tsv")
    make("report", folder / "novel.tsv", "--corpus", novel, *known, "-o", folder / "novel.html")
    return folder / "novel.html"


@pytest.fixture
def shown(driver: Any, page: Path) -> Any:
    """The page, freshly loaded, nothing decided."""
    open_page(driver, page)
    driver.execute_script("localStorage.clear()")
    open_page(driver, page)
    yield driver
    assert driver.execute_script("return window.hit") is None
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def words_of(driver: Any) -> list[str]:
    """Of the rows that are drawn, from the top."""
    script = "return [...document.querySelectorAll('#grid [data-at]')].sort((a, b) => a.dataset.at - b.dataset.at)"
    return driver.execute_script(f"{script}.map((row) => row.querySelector('.word').textContent)")


def column_of(driver: Any, key: str) -> list[str]:
    script = (
        f"return [...document.querySelectorAll('#grid [data-at] .{key}')].map((c) => c.textContent)"
    )
    return driver.execute_script(script)


def status(driver: Any) -> str:
    return driver.execute_script("return document.getElementById('shown').textContent")


def press(driver: Any, *keys: str) -> None:
    grid = driver.find_element("id", "grid")
    driver.execute_script("arguments[0].focus()", grid)
    for key in keys:
        grid.send_keys(key)


def click(driver: Any, selector: str) -> None:
    driver.find_element("css selector", selector).click()


def key(name: str) -> str:
    return str(
        getattr(
            pytest.importorskip(
                "selenium.webdriver", reason="no selenium: bin/setup test-all"
            ).Keys,
            name,
        )
    )


def test_loads_without_a_network(shown: Any, page: Path) -> None:
    assert words_of(shown)[:3] == ["沈渡秋", "陆青蘅", "莫九笙"]
    rows = read_rows(page.with_suffix(".tsv"))
    assert status(shown).startswith(
        f"{len(rows.words)} of {len(rows.words)} words shown, 1 selected"
    )
    loaded = "return performance.getEntriesByType('resource').map((entry) => entry.name)"
    assert [name for name in shown.execute_script(loaded) if not name.startswith("data:")] == []
    word = shown.find_element("id", "word").text
    assert "沈渡秋" in word
    assert re.search(r"novel\.txt:\d+", word)
    for text in ("Splits", "Neighbours", "weakest"):
        assert text in word
    charts = shown.execute_script(
        "return [...document.querySelectorAll('figure')].map(f => f.dataset.chart)"
    )
    assert charts == ["cloud", "rank", "scores", "lengths", "growth"]


def test_sort(shown: Any) -> None:
    click(shown, "[data-column=count]")
    counts = [int(text) for text in column_of(shown, "count")]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]
    click(shown, "[data-column=count]")
    counts = [int(text) for text in column_of(shown, "count")]
    assert counts == sorted(counts)
    head = shown.find_element("css selector", "[role=columnheader]:has([data-column=count])")
    assert head.get_attribute("aria-sort") == "ascending"
    click(shown, "[data-column=count]")
    assert words_of(shown)[0] == "沈渡秋"


def test_search_and_filter(shown: Any) -> None:
    search = shown.find_element("id", "search")
    search.send_keys("沈")
    until(lambda: len(words_of(shown)) < 10)
    assert words_of(shown)
    assert all("沈" in word for word in words_of(shown))
    search.clear()
    search.send_keys("/^.秋|派$/")
    until(lambda: any(word.endswith("派") for word in words_of(shown)))
    assert all(re.search("^.秋|派$", word) for word in words_of(shown))
    search.clear()
    search.send_keys("(不会有")
    until(lambda: status(shown).startswith("0 of"))
    assert "No word passes the filters." in shown.find_element("id", "grid").text
    click(shown, "#ranges summary")
    click(shown, "#clear")
    until(lambda: not status(shown).startswith("0 of"))
    shown.execute_script("document.getElementById('status').value = 'known'")
    shown.execute_script("document.getElementById('status').dispatchEvent(new Event('change'))")
    assert set(column_of(shown, "known")) == {"known"}
    click(shown, "#clear")
    field = shown.find_element("id", "from-count")
    field.send_keys("20")
    until(lambda: min(int(text) for text in column_of(shown, "count")) >= 20)
    assert len(words_of(shown)) >= 3


def test_keyboard_decides_and_survives(shown: Any, page: Path, folder: Path) -> None:
    first = words_of(shown)[:5]
    press(shown, "a", "r", "a")  # each goes on to the next word
    press(shown, key("SHIFT") + key("ARROW_DOWN"))
    assert "2 selected; 2 accepted, 1 rejected" in status(shown)
    press(shown, "r")
    assert "2 accepted, 3 rejected" in status(shown)
    press(shown, "z")
    assert "2 accepted, 1 rejected" in status(shown)
    open_page(shown, page)
    assert "2 accepted, 1 rejected" in status(shown)
    assert column_of(shown, "decision")[:4] == ["✓ accepted", "✗ rejected", "✓ accepted", ""]

    def downloaded(kind: str, name: str) -> Path:
        path = folder / name
        path.unlink(missing_ok=True)
        click(shown, ".menu summary")
        click(shown, f"#download-{kind}")
        until(path.exists)
        return path

    text = downloaded("plain", "accepted.txt").read_text(encoding="utf-8")
    assert text == f"{first[0]}\n{first[2]}\n"
    text = downloaded("plain_rejected", "rejected.txt").read_text(encoding="utf-8")
    assert text == f"{first[1]}\n"
    jieba = downloaded("jieba", "userdict.txt")
    winning = frequencies_for_any_part(read_rows(page.with_suffix(".tsv")).words, dictionary())
    lines = [f"{word} {winning[word]} nz\n" for word in (first[0], first[2])]
    assert jieba.read_text(encoding="utf-8") == "".join(lines)
    assert read_words([jieba]) == {first[0], first[2]}
    table = downloaded("input", "novel.reviewed.tsv")
    lines = table.read_text(encoding="utf-8").splitlines()
    original = page.with_suffix(".tsv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == original[0] + "\tdecision"
    assert lines[1:5] == [
        f"{a}\t{b}"
        for a, b in zip(original[1:5], ("accepted", "rejected", "accepted", ""), strict=True)
    ]
    assert read_decided([table], "accepted") == {first[0], first[2]}
    assert read_decided([table], "rejected") == {first[1]}


def test_keys_work_before_anything_has_the_focus(shown: Any) -> None:
    shown.find_element("tag name", "body").send_keys(key("ARROW_DOWN"), "r")
    assert "0 accepted, 1 rejected" in status(shown)
    assert column_of(shown, "decision")[:3] == ["", "✗ rejected", ""]


def test_the_whole_page_by_tab_alone(shown: Any) -> None:
    """Everything that can be used is reached, and the focus gets out of the table again."""
    body = shown.find_element("tag name", "body")
    body.send_keys(key("TAB"))
    reached = []
    for _ in range(60):
        active = shown.switch_to.active_element
        name = active.get_attribute("id") or active.get_attribute("data-column") or active.tag_name
        if reached and name == "language":
            break
        reached.append(name)
        active.send_keys(key("TAB"))
    for name in (
        "language",
        "search",
        "status",
        "decision",
        "count",
        "grid",
        "accept",
        "reject",
        "undo",
        "word",
    ):
        assert name in reached, reached


def test_several_at_once(shown: Any, page: Path) -> None:
    number = len(read_rows(page.with_suffix(".tsv")).words)
    press(shown, key("CONTROL") + "a")
    assert f"{number} selected" in status(shown)
    press(shown, "a")
    assert f"{number} accepted" in status(shown)
    press(shown, key("ESCAPE"), "u")
    assert f"{number - 1} accepted" in status(shown)


def test_next_word_with_a_filter_for_undecided(shown: Any) -> None:
    shown.execute_script("document.getElementById('decision').value = 'undecided'")
    shown.execute_script("document.getElementById('decision').dispatchEvent(new Event('change'))")
    words = words_of(shown)
    press(shown, key("ARROW_DOWN"), "a")
    assert words_of(shown)[:2] == [words[0], words[2]]
    assert shown.find_element("css selector", ".row.active .word").text == words[2]


def test_thresholds_by_keyboard_and_by_dragging(shown: Any) -> None:
    shown.execute_script("document.getElementById('charts').scrollIntoView()")
    line = until(lambda: shown.find_elements("css selector", "[data-threshold=pmi]"))[0]
    assert line.get_attribute("role") == "slider"
    before = float(line.get_attribute("aria-valuenow"))
    line.send_keys(key("PAGE_UP"))
    until(lambda: float(line.get_attribute("aria-valuenow")) == pytest.approx(before + 1, abs=0.02))
    low = float(line.get_attribute("aria-valuenow"))
    until(lambda: all(float(text) >= low for text in column_of(shown, "pmi")))
    value = shown.execute_script("return document.getElementById('from-pmi').value")
    assert float(value) == pytest.approx(low, abs=0.01)
    actions = pytest.importorskip(
        "selenium.webdriver", reason="no selenium: bin/setup test-all"
    ).ActionChains(shown)
    actions.click_and_hold(line).move_by_offset(40, 0).release().perform()
    until(lambda: float(line.get_attribute("aria-valuenow")) > low)
    line.send_keys(key("HOME"))
    until(lambda: shown.execute_script("return document.getElementById('from-pmi').value") == "")


def test_both_languages(shown: Any) -> None:
    assert shown.execute_script("return document.documentElement.lang") == "en"
    click(shown, "#language")
    assert shown.execute_script("return document.documentElement.lang") == "zh-CN"
    body = shown.find_element("tag name", "body").text
    for text in ("采纳", "拒绝", "上下文", "邻字", "词汇增长", "词频与排名"):
        assert text in body
    assert not re.search(r"\b(Accept|Contexts|Neighbours|Charts)\b", body)
    click(shown, "#language")


def test_every_text_is_in_both_languages() -> None:
    source = (ROOT / "frontend" / "src" / "words.js").read_text(encoding="utf-8")
    english, chinese = source.split("\n  zh: {")
    keys = [re.findall(r"(?:^|[ ,])([a-z_]+): \"", part) for part in (english, chinese)]
    assert keys[0] == keys[1]
    assert len(keys[0]) > 80
    used = set()
    for path in (ROOT / "frontend" / "src").glob("*.js"):
        used.update(re.findall(r"\bt\(\"([a-z_]+)\"", path.read_text(encoding="utf-8")))
    assert used
    assert used <= set(keys[0])


@pytest.mark.parametrize("width", [1300, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(shown: Any, scheme: str, width: int) -> None:
    size = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 700}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    try:
        shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        shown.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        press(shown, "a", "r")
        shown.execute_script(
            "document.querySelectorAll('details').forEach((d) => { d.open = true })"
        )
        shown.execute_script("document.getElementById('charts').scrollIntoView()")
        until(lambda: shown.find_elements("css selector", "[data-threshold=pmi]"))
        paper = shown.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
        wide = shown.execute_script("return document.documentElement.scrollWidth")
        assert wide <= width
        assert violations(shown) == []
    finally:
        shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_axe_can_find_something(shown: Any) -> None:
    shown.execute_script(
        "document.getElementById('search').closest('label').replaceWith(document.getElementById('search'))"
    )
    shown.execute_script("document.getElementById('search').placeholder = ''")
    assert any("label" in found for found in violations(shown))


def test_hostile_text_is_text(driver: Any, folder: Path) -> None:
    (folder / "hostile.txt").write_text(HOSTILE_TEXT * 3, encoding="utf-8")
    words = [
        HOSTILE,
        "网络",
        "<b>网络</b>",
        "\"';alert(1)//",
        "\u202e网络",
        "__proto__",
        "constructor",
    ]
    lines = "".join(f"{word}\t3\n" for word in words)
    (folder / "hostile.tsv").write_text(f"word\tcount\n{lines}", encoding="utf-8")
    page = folder / "<hostile>.html"
    make(
        "report",
        folder / "hostile.tsv",
        "--corpus",
        folder / "hostile.txt",
        "--width",
        60,
        "-o",
        page,
    )
    open_page(driver, page)
    assert driver.execute_script("return window.hit") is None
    assert (
        driver.execute_script(
            "return document.querySelectorAll('#grid script, #word script, img').length"
        )
        == 0
    )
    shown = words_of(driver)
    assert shown[:4] == words[:4]
    assert shown[4] == "U+202E网络"
    press(driver, key("ARROW_DOWN"))
    text = driver.find_element("id", "word").text
    assert HOSTILE in text
    assert "<img src=x onerror=" in text
    assert "U+202E" in text
    press(driver, "a", "a", "a", "a", "a", "a")
    assert "6 accepted" in status(driver)
    # Even markup that got in could not run: the policy names one script by its digest.
    driver.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.hit = 9'; document.body.append(s)"
    )
    assert driver.execute_script("return window.hit") is None
    driver.get_log("browser")


def test_20_000_rows(driver: Any, folder: Path) -> None:
    """Virtualised: few rows are drawn however many there are, and none of the usual acts takes long."""
    words = [chr(0x4E00 + i // 140) + chr(0x5000 + i % 140) for i in range(20_000)]
    rows = "".join(f"{word}\t{20_000 - i}\t{i % 97}\n" for i, word in enumerate(words))
    (folder / "many.tsv").write_text(f"word\tcount\tscore\n{rows}", encoding="utf-8")
    (folder / "many.txt").write_text("\n".join(words), encoding="utf-8")
    make("report", folder / "many.tsv", "--corpus", folder / "many.txt", "-o", folder / "many.html")
    open_page(driver, folder / "many.html")
    assert len(words_of(driver)) < 80
    press(driver, key("END"))
    until(lambda: words[-1] in words_of(driver))
    timed = """
        const start = performance.now();
        document.querySelector('[data-column=score]').click();
        const sorted = performance.now();
        const search = document.getElementById('search');
        search.value = words;
        document.getElementById('grid').scrollTop = 300000;
        return [sorted - start, performance.now() - sorted];
    """.replace("words", json.dumps(words[5]))
    sort, scroll = driver.execute_script(timed)
    assert sort < 1000, "sorting 20,000 rows"  # 60 ms on an idle machine
    assert scroll < 500


def test_characters_beyond_the_first_plane(driver: Any, folder: Path) -> None:
    (folder / "wide.txt").write_text("去\U00020bb7野家吃饭，\U00020bb7野家好吃。", encoding="utf-8")
    (folder / "wide.list").write_text("\U00020bb7野家\n", encoding="utf-8")
    make(
        "report", folder / "wide.list", "--corpus", folder / "wide.txt", "-o", folder / "wide.html"
    )
    open_page(driver, folder / "wide.html")
    cells = [cell.text for cell in driver.find_elements("css selector", ".splits tbody td")]
    assert cells[0] == "\U00020bb7 2"
    assert cells[1] == "野家 2"


def test_page_of_a_comparison(driver: Any, folder: Path) -> None:
    old, new = folder / "y-2023.txt", folder / "y-2024.txt"
    old.write_text("今天天气很好，我们去公园。\n" * 20, encoding="utf-8")
    new.write_text(
        "今天天气很好，黑神话悟空发售。\n玩黑神话悟空，黑神话悟空好玩。\n" * 20, encoding="utf-8"
    )
    (folder / "some.txt").write_text("悟空\n黑神话\n天气\n公园\n", encoding="utf-8")
    make(
        "compare",
        old,
        new,
        "--words",
        folder / "some.txt",
        "--fallen",
        "--report",
        folder / "compare.html",
    )
    open_page(driver, folder / "compare.html")
    assert set(words_of(driver)[:2]) == {"悟空", "黑神话"}
    assert column_of(driver, "known") == ["new", "new", "known", "known"]
    assert column_of(driver, "first_seen")[:2] == ["2024", "2024"]
    driver.execute_script("document.querySelector('[data-chart=curves]').scrollIntoView()")
    until(lambda: driver.find_elements("css selector", "[data-chart=curves] canvas"))
    press(driver, key("SHIFT") + key("ARROW_DOWN"))
    legend = driver.find_element("css selector", "[data-chart=curves] .legend").text
    assert set(legend.split()) == {"悟空", "黑神话"}
    assert violations(driver) == []


def test_no_number_is_cut_off(driver: Any, folder: Path) -> None:
    """Five digits and a comma, and the words of the column `known` under a head with its arrow."""
    (folder / "many.txt").write_text("天地\n" * 12_345 + "玄黄\n" * 3, encoding="utf-8")
    (folder / "two.tsv").write_text("word\tknown\n天地\tyes\n玄黄\tno\n", encoding="utf-8")
    page = folder / "many.html"
    make("report", folder / "two.tsv", "--corpus", folder / "many.txt", "-o", page)
    open_page(driver, page)
    click(driver, "[data-column=known]")
    assert "12,345" in column_of(driver, "count")
    cut = (
        "return [...document.querySelectorAll('#grid .cell, #grid .head-row button')]"
        ".filter(c => c.scrollWidth > c.clientWidth).map(c => c.textContent)"
    )
    assert driver.execute_script(cut) == []


def test_empty_page(driver: Any, folder: Path) -> None:
    (folder / "none.txt").write_text("", encoding="utf-8")
    make(
        "report", folder / "none.txt", "--corpus", SAMPLES / "novel.txt", "-o", folder / "none.html"
    )
    open_page(driver, folder / "none.html")
    assert status(driver).startswith("0 of 0 words shown")
    press(driver, "a", key("ARROW_DOWN"), key("CONTROL") + "a")
    assert "0 accepted" in status(driver)
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_languages_of_the_browser(page: Path, tmp_path: Path) -> None:
    with browser(tmp_path, lang="zh-CN") as chinese:
        open_page(chinese, page)
        assert chinese.execute_script("return document.documentElement.lang") == "zh-CN"
        assert "采纳" in chinese.find_element("id", "actions").text


def test_the_assets_are_what_the_lock_file_builds() -> None:
    if shutil.which("npm") is None:
        pytest.skip("no Node: the assets are not built anew")
    done = subprocess.run(
        [ROOT / "bin" / "report-assets", "--check"], capture_output=True, text=True, check=False
    )
    if done.returncode == 3:
        pytest.skip("the packages of frontend/package-lock.json cannot be had here")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_lock_file_names_no_host() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 4
    for name, about in lock["packages"].items():
        assert "resolved" not in about, name
    wanted = json.loads((ROOT / "frontend" / "package.json").read_text(encoding="utf-8"))
    for version in (*wanted["dependencies"].values(), *wanted["devDependencies"].values()):
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)
