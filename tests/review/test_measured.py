"""The page of `vocab measure`: what it shows, and that nothing in it can run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from nlptools.review.measured import measures_page, short_names
from nlptools.subwords.measure import measure_tokenizers
from nlptools.text.corpus import Corpus

VOID = {"meta", "link"}


class Balanced(HTMLParser):
    """Every element is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(texts: list[str], folder: Path, *, whole: bool = True) -> tuple[str, list[str]]:
    path = folder / "vocab.txt"
    path.write_text("[UNK]\n桃树\n桃\n树\n开\n花\n园\n丁\n等\n", encoding="utf-8")
    page = measures_page(
        measure_tokenizers([path, folder], [Corpus.from_texts(texts)], whole=whole)
    )
    reader = Balanced()
    reader.feed(page)
    assert reader.open == []
    return page, reader.text


def test_what_it_shows(tmp_path: Path) -> None:
    line = "园丁等桃树开花，桃树等园丁浇水&<b>"
    page, text = page_of([line, line], tmp_path)
    assert "园|丁" in "".join(text)
    assert page.count('class="line"') == 1
    assert "style=" not in page
    assert "<b>" not in page
    assert re.search(r"default-src &#x27;none&#x27;; style-src &#x27;sha256-", page)


def test_of_nothing(tmp_path: Path) -> None:
    page, text = page_of([], tmp_path)
    assert "nan" not in page
    assert "Words most often cut" not in "".join(text)
    page_of(["桃"], tmp_path, whole=False)


def test_short_names() -> None:
    assert short_names(["a/tokenizer.json"]) == ["a/tokenizer.json"]
    assert short_names(["x/a/t.json", "x/b/t.json", "x/b/u/t.json"]) == ["a", "b", "b/u"]
    assert short_names(["t.json", "b/t.json"]) == ["t.json", "b/t.json"]
