"""`explain` as a function: from a corpus, from counts or from both; the same as the command prints."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run
from places import NOVEL

from nlptools.discovery.em_score import FACTORS
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
    (found,) = explain_words("国家", corpus=Corpus.from_texts(TEXTS), method="none")
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
    of_corpus = explain_words(["国家"], corpus=corpus, contexts=0, method="none")
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
    with pytest.raises(ValueError, match="method must be one of auto, em, "):
        explain_words("国家", corpus=Corpus.from_texts(TEXTS), method="best")
    with pytest.raises(ValueError, match="there is no list, and min_score, top changes nothing"):
        explain_words("国家", corpus=Corpus.from_texts(TEXTS), method="none", top=3, min_score=1)
    with pytest.raises(NlptoolsError, match="a pipe can be read only once, and a list takes more"):
        explain_words("国家", corpus=Corpus.from_texts(iter(TEXTS)), method="em")
    with pytest.raises(ValueError, match="min_score goes with method em"):
        explain_words("国家", corpus=Corpus.from_texts(TEXTS), method="lm", min_score=0.2)


def test_a_list_by_counts_alone(corpus: Path) -> None:
    """Method entropy reads no corpus; without being asked for there is no list of counts."""
    counts = count_ngrams(corpus, order=5)
    (found,) = explain_words("国家", counts=counts, method="entropy", min_count=2, top=5)
    assert found.standing is not None
    assert (found.standing.method, found.standing.rank) == ("entropy", 2)
    assert explain_words("国家", counts=counts)[0].standing is None
    assert explain_words("国家", counts=counts, corpus=corpus)[0].standing is None


def test_a_list_by_counts_and_text(corpus: Path) -> None:
    counts = count_ngrams(corpus, order=5)
    (both,) = explain_words("国家", counts=counts, corpus=corpus, method="em")
    assert both == explain_words("国家", corpus=corpus)[0]
    # Counts of too low an order for the list say what they can.
    low = count_ngrams(corpus, order=3)
    assert explain_words("国家", counts=low, corpus=corpus, method="em") == [both]


STANDING = {
    *("method", "rank", "words", "score", "plain_score", "plain_rank", "candidates"),
    *("bars", "longer", "shorter", "evidence", "newness", "cuts"),
}


def test_the_fields_of_json_are_these() -> None:
    """Programs read them."""
    found = explain_words(["沈渡秋", "什么", "沈渡", "龘龘"], corpus=NOVEL)
    first, listed, part, never = (
        json.loads(line, parse_constant=pytest.fail) for line in explanation_json(found)
    )
    for row in (first, listed, part, never):
        assert set(row["standing"]) == STANDING
    standing = first["standing"]
    assert (standing["method"], standing["rank"], standing["bars"]) == ("em", 1, [])
    assert {**standing["longer"][0], "score": 0.5} == {
        **{"word": "沈渡秋把", "count": 6, "score": 0.5, "passed": True},
    }
    assert 0.4 < standing["longer"][0]["score"] < 1
    evidence = standing["evidence"]
    assert set(evidence) == {
        *("kind", "seen", "probability", "nats", "expected", "fine", "share", "shrunk"),
        *("even_share", "factors", "behind"),
    }
    assert [factor["name"] for factor in evidence["factors"]] == ["constant", *FACTORS]
    assert set(evidence["factors"][0]) == {"name", "value", "weight", "nats"}
    assert standing["cuts"] == {
        **{"whole": 35, "inside": 0, "divided": 0, "torn": 0},
        "ways": [{"words": ["沈渡秋"], "count": 35}],
    }
    new = listed["standing"]["newness"]
    assert set(new) == {"here", "there", "source", "parts", "listed", "value"}
    assert (new["source"], new["listed"]) == ("counted", True)
    assert listed["standing"]["evidence"]["even_share"] == 0.1
    assert never["standing"]["rank"] is never["standing"]["evidence"] is None


def test_lines_for_people() -> None:
    taken, listed, new = map(
        str, explain_words(["沈渡", "什么", "松烟派"], corpus=NOVEL, contexts=0)
    )
    for said in (
        "  em     not among 478 words, score 0.0022 = 0.0022 x newness 1.0000; without newness rank 855 of",
        "  not in the list: score 0.0022 is below 0.4 (--min-score)\n",
        "    cohesion     0.9573 x 3.52 =  +3.3697\n",
        "    the neighbours on one side are nearly always the same: entropy 0.0000, no more than 0.1: 0.01 of",
        "  cut    as this word 0, inside longer words 35, divided 0, across an end 0\n    沈渡秋 35\n",
        "  longer 沈渡秋 35 (1.00), 沈渡秋把 6 (0.78), ",
    ):
        assert said in taken
    assert "  odds   of a word of the word list: +8.8629 nats, probability 0.9999\n" in listed
    assert "of 20 + 1.5: share 0.9168; even at 0.1\n" in listed
    assert "in the background; half of it, as a word list has the word\n" in listed
    assert "as its parts predict: 松烟 0.26 派 207.25\n" in new
    assert "  parts  松烟 11 (1.00), 烟派 11 (0.00)\n" in new
