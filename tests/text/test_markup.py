"""What is no plain text is refused with the tool that takes the text out; what speaks of mark-up is a text."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from nlptools.errors import DataError
from nlptools.text.corpus import Corpus

PAGE = "<html lang='zh'>\n<head><title>题</title></head><body>正文</body></html>"
SUBTITLES = (
    "1\n00:00:01,000 --> 00:00:02,500\n今天天气很好。\n\n2\n00:00:03,000 --> 00:00:04,000\n12 只\n"
)


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def failure(path: Path, **reading: str) -> DataError:
    with pytest.raises(DataError) as caught:
        list(Corpus([path], **reading).blocks())  # type: ignore[arg-type]
    with pytest.raises(DataError):
        list(Corpus([path], **reading).documents())  # type: ignore[arg-type]
    assert caught.value.line is None
    return caught.value


@pytest.mark.parametrize(
    ("text", "what", "tool"),
    [
        (PAGE, "a web page (HTML)", "trafilatura"),
        ("\ufeff\n<!DOCTYPE html>\r\n<HTML><head>", "a web page (HTML)", "trafilatura"),
        (
            '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C">\n<html ',
            "a web page (HTML)",
            "trafilatura",
        ),
        (
            '<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.10/">',
            "a dump of a wiki",
            "wikiextractor",
        ),
        (
            '<doc id="1" url="x" title="数学">\n数学\n',
            "text of WikiExtractor with a tag for each article",
            "--json",
        ),
        (SUBTITLES, "subtitles with their times", "grep -vE"),
        (SUBTITLES.replace("\n", "\r\n"), "subtitles with their times", "grep -vE"),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\n天", "subtitles with their times", "grep -vE"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, what: str, tool: str) -> None:
    error = failure(write(tmp_path / "a.txt", text))
    assert error.problem == f"{what}, not plain text"
    assert tool in str(error.hint)
    packed = write(tmp_path / "a.gz", gzip.compress(text.encode()))
    assert failure(packed).problem == error.problem


@pytest.mark.parametrize(
    "text",
    [
        "<html> 是一个网页的根元素，其中有 <head> 和 <body>。",
        "<!DOCTYPE html> 说的是文档的类型。",
        "HTML 里写 <html><head>，结尾写 </html>。",
        "<doc> 是自己的标签",
        "1\n2\n3\n00:00:01 开始",
        "1\n第一章 00:00:01,000 --> 00:00:02,500\n",
        '<?xml version="1.0"?>\n<rss>',  # what it is, and what its text is, nobody knows
        "<p>一段</p>\n" * 3,
        "12:30 --> 13:00 开会",
        "WEBVTT 是一种格式\n写法是 -->",
    ],
)
def test_what_speaks_of_it_is_a_text(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "a.txt", text)
    assert "".join(block.text for block in Corpus([path]).blocks()) == text


def test_fields_may_have_mark_up(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", f't\n"{PAGE}"\n')
    assert [d.texts for d in Corpus([path], column="t").documents()] == [[PAGE]]


def test_files_of_a_crawl(tmp_path: Path) -> None:
    record = b"WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n"
    path = write(tmp_path / "a.warc.wet.gz", gzip.compress(record))
    error = failure(path)
    assert error.problem == "a WARC or WET file of a web crawl, not a text"
    assert "fastwarc" in str(error.hint)


@pytest.mark.skipif(sys.platform == "win32", reason="no grep")
def test_the_hint_of_subtitles_works(tmp_path: Path) -> None:
    path = write(tmp_path / "a.srt", SUBTITLES.replace("\n", "\r\n"))
    command = str(failure(path).hint).removeprefix("take the text out first: ").partition(" |")[0]
    done = subprocess.run(command, shell=True, capture_output=True, check=True)
    assert done.stdout.decode().split() == ["今天天气很好。", "12", "只"]


@pytest.mark.parametrize(
    ("text", "problem", "hint"),
    [
        (
            '{"id": "a", "text": "天"}\n{"id": "b"}',
            "JSON Lines, read as plain text",
            "--field text",
        ),
        ('[{"text": "天"}]', "one JSON document, not JSON Lines", "jq -c '.[]'"),
        ('[\n {"text": "天"}]', "one JSON document, not JSON Lines", "jq -c '.[]'"),
        ('{\n "text": "天"}', "one JSON document, not JSON Lines", "jq -c . "),
    ],
)
def test_json_by_its_name(tmp_path: Path, text: str, problem: str, hint: str) -> None:
    error = failure(write(tmp_path / "a.json", text))
    assert error.problem == problem
    assert hint in str(error.hint)
    other = write(tmp_path / "b.json", "[一] 天地")
    assert [block.text for block in Corpus([other]).blocks()] == ["[一] 天地"]
