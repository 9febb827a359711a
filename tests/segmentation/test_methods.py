"""The table of methods: every one can be opened, and says itself which options go with it."""

from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path

import pytest
from places import NOVEL

from nlptools.lm.files import write_model
from nlptools.lm.smoothing import train_lm
from nlptools.ngrams.count import count_ngrams, count_sentences
from nlptools.segmentation.baselines import BranchingCutter, PmiCutter
from nlptools.segmentation.methods import METHODS, OPTIONS, SegmentMethod, open_cutter, problems
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.tagger import TagCutter
from nlptools.text.corpus import Corpus

TEXT = "沈渡秋的折柳剑法，师父没有教过。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Counts, a language model and a list of words."""
    folder = tmp_path_factory.mktemp("methods")
    corpus = Corpus([NOVEL])
    count_ngrams(corpus, order=5).save(folder / "counts")
    counts, _ = count_sentences(corpus, order=3)
    write_model(train_lm(counts), folder / "lm")
    (folder / "list").write_text("沈渡秋 5\n折柳剑法 3\n", encoding="utf-8")
    return folder


def test_every_method_opens_what_it_names(folder: Path) -> None:
    counts, model = folder / "counts", folder / "lm"
    made = {
        "model": open_cutter(model=folder / "list"),
        "lm": open_cutter("lm", model=model),
        "pmi": open_cutter("pmi", counts=counts),
        "nvbe": open_cutter("nvbe", counts=counts),
    }
    assert list(made) == list(METHODS)
    kinds = (Segmenter, TagCutter, PmiCutter, BranchingCutter)
    for cutter, kind in zip(made.values(), kinds, strict=True):
        assert type(cutter) is kind
        assert "".join(cutter.segment(TEXT)) == TEXT
    assert made["model"].segment("沈渡秋的折柳剑法") == ["沈渡秋", "的", "折柳剑法"]


def test_every_method_takes_words_of_users(folder: Path) -> None:
    counts, model = folder / "counts", folder / "lm"
    files = {
        "model": {},
        "lm": {"model": model},
        "pmi": {"counts": counts},
        "nvbe": {"counts": counts},
    }
    assert list(files) == list(METHODS)
    for method, of_method in files.items():
        cutter = open_cutter(method, words=["师父没有", "C++"], **of_method)
        assert cutter.user_words == ("师父没有", "C++")
        words = cutter.segment(TEXT + "C++")
        assert "师父没有" in words
        assert words[-1] == "C++"


def test_options_reach_the_segmenter(folder: Path) -> None:
    novel = NOVEL.read_text(encoding="utf-8")
    coarse, fine = (len(open_cutter(granularity=g).segment(novel)) for g in ("coarse", "fine"))
    assert coarse < fine
    one, many = (open_cutter("lm", model=folder / "lm", weights=w) for w in ((0, 0), (1, 1)))
    assert len(one.segment(TEXT)) == len(TEXT)  # no word has a second character
    assert len(many.segment(TEXT)) < len(TEXT)
    with pytest.raises(ValueError, match="weights: from 2 to 3"):
        open_cutter("lm", model=folder / "lm", weights=(1,))


@pytest.mark.parametrize(
    "method, given, problem",
    [
        ("jieba", {}, "method must be one of model, lm, pmi, nvbe, not 'jieba'"),
        ("model", {"counts": "c"}, "counts goes with method pmi or nvbe"),
        ("nvbe", {"counts": "c", "model": "m"}, "model goes with method model or lm"),
        ("lm", {"model": "m", "granularity": "fine"}, "granularity goes with method model"),
        ("model", {"weights": (1, 1)}, "weights goes with method lm"),
        ("lm", {}, "method lm needs a language model: model FILE"),
        ("pmi", {}, "method pmi needs the counts of a corpus: counts FILE"),
    ],
)
def test_options_that_do_not_go_together(
    method: str, given: dict[str, object], problem: str
) -> None:
    with pytest.raises(ValueError) as caught:
        open_cutter(method, **given)  # type: ignore[arg-type]
    assert str(caught.value) == problem
    first = next(problems(method, given, "--{}".format))
    assert first.replace("--", "") == problem
    assert first != problem


def test_the_table_is_whole() -> None:
    """No option is unknown to all methods, none is missing in the function, and no entry has a default."""
    assert {option for method in METHODS.values() for option in method.options} == set(OPTIONS)
    keywords = set(inspect.signature(open_cutter).parameters)
    # Numerals and words go with every method; adapt reads the corpus, mode says what is given of it.
    assert keywords == {"method", "numerals", "words", *OPTIONS} - {"adapt", "mode"}
    for method in METHODS.values():
        assert method.file in method.options
        every = {field.name: getattr(method, field.name) for field in fields(SegmentMethod)}
        for name in every:
            with pytest.raises(TypeError, match=f"'{name}'"):
                SegmentMethod(**{key: value for key, value in every.items() if key != name})
