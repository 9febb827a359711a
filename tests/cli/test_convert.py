"""`nlptools convert`: a model as text and in the compact form, there and back."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import run

from nlptools.wordmodel.model import OWN_MODELS, convert_model, load_model

TEXT = "天地玄黄，宇宙洪荒，天地玄黄。天地。\n" * 3


def test_there_and_back() -> None:
    Path("text").write_text(TEXT, encoding="utf-8")
    run("train", "-q", "text", "-o", "a.model").ok()
    run("train", "-q", "text", "-o", "a.nlpm").ok()
    done = run("convert", "a.model", "-o", "b.nlpm").ok()
    assert " convert | model:a.model | 9 words | " in done.err
    assert Path("b.nlpm").read_bytes().startswith(b"nlptools model 1\n")
    run("convert", "-q", "b.nlpm", "-o", "c", "--format", "compact").ok()
    assert Path("c").read_bytes() == Path("b.nlpm").read_bytes()
    run("convert", "-q", "c", "-o", "b.model").ok()
    assert Path("b.model").read_bytes() == Path("a.model").read_bytes()
    assert run("convert", "-q", "a.nlpm").ok().out == Path("a.model").read_text(encoding="utf-8")
    for command in ("segment", "train"):
        option = "--model" if command == "segment" else "--prior"
        found = {
            run(command, "-q", "text", option, name).ok().out for name in ("a.model", "a.nlpm")
        }
        assert len(found) == 1


def test_the_models_of_the_package() -> None:
    for name, path in OWN_MODELS.items():
        assert run("convert", "-q", name).ok().out == load_model(path).text()


def test_wrong_usage() -> None:
    error = run("convert", "general", "--format", "compact").usage
    assert "A compact model is a file: name it with -o FILE." in error
    with pytest.raises(ValueError, match="format must be one of text, compact, not 'zip'"):
        convert_model("raw", "out", format="zip")


def test_what_is_no_model() -> None:
    Path("text").write_text(TEXT, encoding="utf-8")
    assert "text:1: not an nlptools model" in run("convert", "text").error
    run("train", "-q", "text", "-o", "a.nlpm").ok()
    assert (
        "hint: write it as text: nlptools convert a.nlpm" in run("count", "a.nlpm", "--tsv").error
    )
    data = Path("a.nlpm").read_bytes()
    Path("a.nlpm").write_bytes(data[:-2000])
    error = run("segment", "text", "--model", "a.nlpm").error
    assert error.startswith("Error: a.nlpm: ")
