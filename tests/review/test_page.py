"""`report` without a browser: what the page is made of, its size, its safety, its errors."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from commandline import run
from hypothesis import given
from hypothesis import strategies as st
from places import NOVEL

from nlptools.review.page import render_page, to_json
from nlptools.review.page_data import jieba_frequencies
from nlptools.review.report import report_words
from nlptools.text.corpus import Corpus

report = functools.partial(run, "report")


class Parts(HTMLParser):
    """Texts of the script and style elements of a page, its policy, everything it refers to."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.texts: list[tuple[str, dict[str, str | None], str]] = []
        self.links: list[str] = []
        self.policy = ""
        self._open: tuple[str, dict[str, str | None]] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name in ("src", "href") if (value := given.get(name))]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        self._open = (tag, given) if tag in ("script", "style") else None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((*self._open, data))

    def handle_endtag(self, tag: str) -> None:
        self._open = None

    def json(self, name: str) -> dict[str, object]:
        return json.loads("".join(text for _, given, text in self.texts if given.get("id") == name))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    (folder / "words.txt").write_text("沈渡秋 30 nr\n松烟派\n不在其中\n", encoding="utf-8")
    done = report(
        folder / "words.txt", "--corpus", NOVEL, "-o", folder / "page.html", "--contexts", 3
    )
    assert done.code == 0
    assert "3 words" in done.err
    return (folder / "page.html").read_text(encoding="utf-8")


def test_data(page: str) -> None:
    parts = Parts(page)
    data, contexts = parts.json("data"), parts.json("contexts")
    text = NOVEL.read_text(encoding="utf-8")
    rows = data["rows"]
    assert isinstance(rows, dict)
    assert rows["word"] == ["沈渡秋", "松烟派", "不在其中"]
    assert rows["count"] == [text.count("沈渡秋"), text.count("松烟派"), 0]
    assert rows["length"] == [3, 3, 4]
    assert rows["pmi"][2] is None
    assert data["source"] == {
        "kind": "lines",
        "header": "",
        "lines": ["30 nr", "", ""],
        "name": "words.txt",
    }
    assert contexts["sources"] == [str(NOVEL)]
    flat = contexts["rows"]
    assert isinstance(flat, list)
    assert [len(row) for row in flat] == [12, 12, 0]
    lines = text.split("\n")
    for word, row in zip(rows["word"], flat, strict=True):
        for i in range(0, len(row), 4):
            assert row[i + 2] + word + row[i + 3] in lines[row[i + 1] - 1]


def test_one_file_that_asks_for_nothing(page: str) -> None:
    parts = Parts(page)
    assert parts.links == ["data:,"]
    script = next(text for tag, given, text in parts.texts if tag == "script" and not given)
    assert "fetch(" not in script
    assert "XMLHttpRequest" not in script
    style = next(text for tag, _, text in parts.texts if tag == "style")
    assert "url(" not in style
    for text in (script, style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in parts.policy
    assert "default-src 'none'" in parts.policy
    assert "unsafe" not in parts.policy


def test_licences_are_in_the_page(page: str) -> None:
    for name in ("uplot", "@tanstack/table-core", "@tanstack/virtual-core"):
        assert re.search(rf"^{name} \d+\.\d+\.\d+$", page, re.MULTILINE)
    assert page.count("Permission is hereby granted") >= 3


@given(st.text())
def test_json_in_a_script_element(text: str) -> None:
    packed = to_json({"a": [text, 1.5, None]})
    assert not set(packed) & set("<>&\u2028\u2029")
    assert json.loads(packed) == {"a": [text, 1.5, None]}


def test_hostile_data_stays_data() -> None:
    hostile = "</script><script>alert(1)</script><!-- \u2028 {{script}} \\1 \\g<0>"
    page = render_page(f"<b>{hostile}", {"x": hostile, "half": "\ud800"}, {})
    parts = Parts(page)
    assert parts.json("data") == {"x": hostile, "half": "\ufffd"}
    assert len([1 for tag, *_ in parts.texts if tag == "script"]) == 3
    assert "<b>" not in page.split("</title>")[0]


@pytest.mark.parametrize(
    "name, reviewed, header, lines",
    [
        ("r.tsv", "word\tdecision\tcount\n沈渡秋\taccepted\t3\n松烟派\t\t2\n", "word\tcount", ["沈渡秋\t3", "松烟派\t2"]),
        ("r.csv", 'word,note,decision\n沈渡秋,"a,b",rejected\n松烟派,,\n', "word,note", ['沈渡秋,"a,b"', "松烟派,"]),
        (
            "r.jsonl",
            '{"word": "沈渡秋", "decision": "accepted", "count": 3}\n{"word": "松烟派"}\n',
            "",
            ['{"word": "沈渡秋", "count": 3}', '{"word": "松烟派"}'],
        ),
    ],
)  # fmt: skip
def test_decisions_are_written_once(
    tmp_path: Path, name: str, reviewed: str, header: str, lines: list[str]
) -> None:
    """The page writes the column itself: a list that has it already would have it twice."""
    (tmp_path / name).write_text(reviewed, encoding="utf-8")
    page = report_words(tmp_path / name, Corpus.from_texts(["沈渡秋，松烟派"]))
    data = Parts(page.html).json("data")
    source, rows = data["source"], data["rows"]
    assert isinstance(source, dict)
    assert isinstance(rows, dict)
    assert (source["header"], source["lines"]) == (header, lines)
    assert rows["decision"][0] in ("accepted", "rejected")


def test_jieba_frequencies(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["沈渡秋", "iPad Pro", "给他"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    found = jieba_frequencies(words, [5, 3, 0])
    assert found == {"frequencies": [5, None, 1], "winning": False}
    monkeypatch.undo()
    pytest.importorskip("jieba", reason="no jieba: bin/setup test")
    found = jieba_frequencies(words, [5, 3, 0])
    assert found["winning"]
    alone, none, given = found["frequencies"]
    assert (alone, none) == (1, None)
    assert given >= 464  # of 给他, docs/guides/export.md


def test_same_bytes(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("沈渡秋\n松烟派\n", encoding="utf-8")
    for name in ("a", "b"):
        assert report(words, "--corpus", NOVEL, "-o", tmp_path / name, "-q").code == 0
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_5_000_words_stay_under_5_mb(tmp_path: Path) -> None:
    """With contexts as long as they get: 5 of 20 Han characters on both sides of each word."""
    words = [chr(0x4E00 + i // 70) + chr(0x6000 + i % 70) for i in range(5_000)]
    (tmp_path / "words.txt").write_text("\n".join(words), encoding="utf-8")
    filler = "".join(chr(0x7000 + i) for i in range(22))
    text = "\n".join(f"{filler}{word}{filler[::-1]}" for word in words)
    (tmp_path / "text.txt").write_text("\n".join([text] * 5), encoding="utf-8")
    done = report(
        tmp_path / "words.txt", "--corpus", tmp_path / "text.txt", "-o", tmp_path / "page.html"
    )
    assert done.code == 0
    size = (tmp_path / "page.html").stat().st_size
    assert 3_000_000 < size < 5_000_000


def test_nothing_to_show(tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    done = report(tmp_path / "empty.txt", "--corpus", NOVEL, "-o", tmp_path / "page.html")
    assert done.code == 0
    assert "0 words" in done.err


def test_most_words_missing(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("量子计算\n沈渡秋\n区块链\n", encoding="utf-8")
    done = report(tmp_path / "words.txt", "--corpus", NOVEL, "-o", tmp_path / "page.html")
    assert "2 of 3 words do not occur in this corpus: 量子计算, 区块链" in done.err


def test_errors(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("沈渡秋\n", encoding="utf-8")
    out = tmp_path / "page.html"
    for arguments, code, text in [
        ((words, "-o", out), 2, "--corpus"),
        ((words, "--corpus", NOVEL), 2, "-o"),
        ((tmp_path / "none", "--corpus", NOVEL, "-o", out), 1, "no such file"),
        ((words, "--corpus", tmp_path / "none", "-o", out), 1, "no such file"),
        ((words, "--corpus", NOVEL, "-o", tmp_path / "no" / "page.html"), 1, "Error:"),
        ((words, "--corpus", NOVEL, "-o", out, "--contexts", "-1"), 2, "--contexts"),
    ]:
        failed = report(*arguments)
        assert (failed.code, text in failed.err) == (code, True), failed.err
        assert "Traceback" not in failed.err
    assert not out.exists()
