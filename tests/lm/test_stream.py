"""`lm score` as a function: the probability of every line, by hand, from a model typed by hand."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import DataError
from nlptools.lm.files import open_lm
from nlptools.lm.stream import COLUMNS, score_text
from nlptools.text.corpus import Corpus

assert np

TYPED = Path(__file__).with_name("mini.arpa").read_text(encoding="utf-8")
# <s> 天 -0.2218487, <s> 天 玄 -0.3010300, 天 玄 天 -0.0457575; "玄 天" is no context of </s>, nor has it a back-off: of
# "天" alone, </s> -0.5228787. Together -1.0915149, in three symbols and an end.
SUM = -0.2218487 - 0.30103 - 0.0457575 - 0.5228787


def model_with(folder: Path, fold: str) -> Path:
    """mini.arpa as if it were trained on text folded otherwise: t2s needs a module of its own."""
    typed = TYPED.replace('"fold":["t2s"]', f'"fold":[{fold}]')
    assert typed != TYPED
    (folder / "mini.arpa").write_text(typed, encoding="utf-8")
    return folder / "mini.arpa"


@pytest.fixture
def mini(tmp_path: Path) -> Path:
    return model_with(tmp_path, "")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "text.txt").write_text("天玄天\n\n龘\n", encoding="utf-8")
    return tmp_path / "text.txt"


def test_by_hand(text: Path, mini: Path) -> None:
    found = score_text(text, mini)
    first, empty, unknown = found
    assert first[1:] == (
        *(1, pytest.approx(SUM, abs=1e-5), pytest.approx(SUM / 4, abs=1e-5)),
        *(3, 0, "天玄天"),
    )
    assert (empty.line, empty.log10_prob, empty.symbols, empty.text) == (2, 0, 0, "")
    # -0.2218487 of <s>'s back-off and -1.5 of <unk>; then </s> -0.9030900 alone.
    assert unknown.log10_prob == pytest.approx(-0.2218487 - 1.5 - 0.90309, abs=1e-5)
    assert (unknown.symbols, unknown.oov) == (1, 1)
    assert len(found) == 3
    assert (found.totals.symbols, found.totals.sentences, found.totals.oov) == (4, 2, 1)
    whole = first.log10_prob + unknown.log10_prob
    assert found.totals.perplexity == pytest.approx(10 ** (-whole / 6))


def test_it_shows_itself(text: Path, mini: Path) -> None:
    found = score_text(text, mini)
    assert (
        repr(found) == f"ScoredText(3 lines, 4 symbols, perplexity {found.totals.perplexity:.4g})"
    )
    frame = found.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame["text"].tolist() == ["天玄天", "", "龘"]
    assert found._repr_html_().count("<tr>") == 4
    nothing = score_text(Corpus.from_texts([]), mini)
    assert (len(nothing), list(nothing)) == (0, [])
    assert math.isnan(nothing.totals.perplexity)


def test_a_model_is_an_object_or_a_file(text: Path, mini: Path) -> None:
    rows = list(score_text(text, open_lm(mini)))
    assert rows == list(score_text(str(text), str(mini)))
    assert rows == list(score_text(text, mini, workers=3))


def test_the_same_as_the_command(text: Path, mini: Path) -> None:
    printed = run("lm", "score", "--model", mini, text).ok().out.splitlines()
    rows = [
        f"{r.source}\t{r.line}\t{r.log10_prob:.4f}\t{r.per_symbol:.4f}\t{r.symbols}\t{r.oov}\t{r.text}"
        for r in score_text(text, mini)
    ]
    assert printed == ["\t".join(COLUMNS), *rows]


def test_a_path_is_folded_as_the_model_was_trained(tmp_path: Path) -> None:
    """A Corpus keeps its own folds."""
    mini = model_with(tmp_path, '"nfkc"')
    (tmp_path / "text.txt").write_text("ＰＭ２．５\n", encoding="utf-8")
    assert [row.text for row in score_text(tmp_path / "text.txt", mini)] == ["PM2.5"]
    assert [row.text for row in score_text(Corpus([tmp_path / "text.txt"]), mini)] == ["ＰＭ２．５"]
    other = model_with(tmp_path, '"rot13"')
    with pytest.raises(DataError, match="rot13"):
        score_text(tmp_path / "text.txt", other)


def test_errors(text: Path, mini: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        score_text(text, tmp_path / "nothing.lm")
    with pytest.raises(TypeError, match="corpus must be a Corpus, a path or a list of paths"):
        score_text(3, mini)  # type: ignore[arg-type]
