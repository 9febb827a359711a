"""`explain` as a function: from a corpus, from counts or from both; the same as the command prints."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import DataError, NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.review.explain import explain_words, explanation_json, folds_of
from nlptools.text.corpus import Corpus

assert np

# 15 symbols: 国 4, 家 4, 标 3, 准 3, 管 1.
TEXTS = ["国家标准，国家标准。", "国家管", "准国家标"]


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    return tmp_path / "texts.txt"


def test_by_hand() -> None:
    (found,) = explain_words("国家", corpus=Corpus.from_texts(TEXTS))
    assert found.word == "国家"
    # ln(15 * 4 / (4 * 4)) = 1.3218; to the right 标 three times, 管 once: 3/4 ln(4/3) + 1/4 ln 4 = 0.5623; to the
    # left 准 once and three breaks, each another neighbour: ln 4 = 1.3863.
    assert found.lines()[:4] == [
        "国家  count 4 of 15 symbols",
        "  split  国 4 | 家 4  PMI 1.3218",
        "  left   entropy 1.3863, variety 4: 准 1; at a break 3",
        "  right  entropy 0.5623, variety 2: 标 3 管 1",
    ]
    assert str(found) == "\n".join(found.lines())
    assert found.lines(neighbours=1)[3].endswith("标 3 and 1 more")
    assert repr(found) == (
        "ExplainedWord('国家': count 4 of 15, PMI 1.3218, entropy 1.3863 left, 0.5623 right)"
    )
    assert found.row()["pmi"] == 1.3218
    assert len(found.contexts) == 4


def test_a_row_is_json(corpus: Path) -> None:
    """What is infinite or unknown is null: the PMI of one symbol, a side that was not counted."""
    (found,) = explain_words(["国"], counts=count_ngrams(corpus, order=1))
    assert math.isinf(found.explanation.pmi)
    row = json.loads("".join(explanation_json([found])))
    assert (row["pmi"], row["left"], row["right"]) == (None, None, None)


def test_the_same_as_the_command(corpus: Path) -> None:
    words = ["国家", "标准", "龘"]
    printed = run("explain", *words, "--corpus", corpus, "--contexts", "2").ok().out
    found = explain_words(words, corpus=corpus, contexts=2)
    assert printed == "\n\n".join(map(str, found)) + "\n"


def test_counts_are_an_object_or_a_file(corpus: Path, tmp_path: Path) -> None:
    counts = count_ngrams(corpus, order=3)
    counts.save(tmp_path / "texts.counts")
    of_corpus = explain_words(["国家"], corpus=corpus, contexts=0)
    assert explain_words(["国家"], counts=counts) == of_corpus
    assert explain_words(["国家"], counts=tmp_path / "texts.counts") == of_corpus
    # With both the numbers are those of the counts, the contexts those of the corpus.
    other = count_ngrams(Corpus.from_texts(["国家"]), order=3)
    (both,) = explain_words("国家", corpus=corpus, counts=other)
    assert (both.explanation.count, len(both.contexts)) == (1, 4)


def test_words_are_folded_as_what_is_counted() -> None:
    corpus = Corpus.from_texts(["ＡＢ国"], fold=["nfkc"])
    assert explain_words("ＡＢ国", corpus=corpus)[0].explanation.count == 1
    counts = count_ngrams(corpus, order=3)
    assert folds_of(counts, "counts") == ("nfkc",)
    assert explain_words("ＡＢ国", counts=counts)[0].word == "AB国"


def test_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="neither a corpus nor its counts"):
        explain_words("国家")
    with pytest.raises(TypeError, match="corpus must be a Corpus, a path or a list of paths"):
        explain_words("国家", corpus=3)  # type: ignore[arg-type]
    with pytest.raises(NlptoolsError, match="国，家"):
        explain_words("国，家", counts=count_ngrams(Corpus.from_texts(TEXTS), order=3))
    with pytest.raises(DataError):
        explain_words("国家", counts=tmp_path / "nothing.counts")
