"""`lm score` as a function: the probability of every line, by hand, from a model typed by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import DataError
from nlptools.lm.files import convert_lm, open_lm
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
    """A Corpus as it is. The lines are given out as they stand."""
    mini = model_with(tmp_path, '"nfkc"')
    path = tmp_path / "text.txt"
    path.write_text("天⽊ＰＭ２．５\n", encoding="utf-8")
    (folded,) = score_text(path, mini)
    (as_it_is,) = score_text(Corpus([path]), mini)
    (by_itself,) = score_text(Corpus.from_texts(["天木PM2.5"]), mini)
    assert folded.text == as_it_is.text == "天⽊ＰＭ２．５"
    assert folded[2:6] == by_itself[2:6] != as_it_is[2:6]
    assert list(score_text(path, mini, fold=())) == [as_it_is]
    assert list(score_text(Corpus([path]), mini, fold=["nfkc"])) == [folded]
    other = model_with(tmp_path, '"rot13"')
    with pytest.raises(DataError, match="rot13"):
        score_text(tmp_path / "text.txt", other)


def test_errors(text: Path, mini: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        score_text(text, tmp_path / "nothing.lm")
    with pytest.raises(TypeError, match="corpus must be a Corpus, a path or a list of paths"):
        score_text(3, mini)  # type: ignore[arg-type]


# --- models of other tools ---------------------------------------------------------------------

# As QuickLM (lmtool) and IRSTLM write them: what ends a sentence has a back-off, too.
LEAKY = """\\data\\
ngram 1=5
ngram 2=4
ngram 3=2

\\1-grams:
-1 <unk>
-0.5 </s> -0.3010
-99 <s> -0.25
-0.75 天 -0.125
-1.25 地 -0.5

\\2-grams:
-0.25 <s> 天 -0.0625
-0.375 天 </s> -0.3010
-0.625 天 地 -0.125
-0.5 地 </s> -0.75

\\3-grams:
-0.125 <s> 天 地
-0.25 天 地 </s>

\\end\\
"""


def test_a_line_knows_nothing_of_the_line_before(tmp_path: Path) -> None:
    """天: -.25, then `<s> 天 </s>` is not there: -.0625 - .375; 天地: -.25 -.125 -.25; 地: -.25 - 1.25 -.5."""
    path = tmp_path / "leaky.arpa"
    path.write_text(LEAKY, encoding="utf-8")
    last = {"天": -0.6875, "天地": -0.625, "地": -2.0}
    lines = [first for pair in itertools.product(last, last) for first in pair]
    scored = score_text(Corpus.from_texts(lines), path)
    assert [row.text for row in scored] == lines
    assert [row.log10_prob for row in scored] == pytest.approx([last[line] for line in lines])
    again = tmp_path / "leaky.lm"
    convert_lm(path, again)
    native = score_text(Corpus.from_texts(lines[::-1]), again)
    assert [row.log10_prob for row in native] == [row.log10_prob for row in scored][::-1]


def arpa_of_words(words: Sequence[str], marks: Sequence[str] = ("<s>", "</s>")) -> str:
    rows = [f"-1\t{word}\n" for word in ("<unk>", *marks, *words)]
    return f"\\data\\\nngram 1={len(rows)}\n\n\\1-grams:\n{''.join(rows)}\n\\end\\\n"


def test_models_of_words_and_pieces_are_named(tmp_path: Path) -> None:
    path = tmp_path / "words.arpa"
    path.write_text(arpa_of_words(["今天", "天气", "很好", "的", "5G"]), encoding="utf-8")
    assert open_lm(path).problems == [
        f"{path}: 3 of its 4 Chinese words are of several characters (今天, 天气, 很好); "
        "text is read by characters here, so its numbers mean little"
    ]
    path.write_text(arpa_of_words(["▁今", "天气", "气"]), encoding="utf-8")
    assert len(open_lm(path).problems) == 1
    path.write_text(arpa_of_words(["今", "天", "今天", "GPT", "，"]), encoding="utf-8")
    assert open_lm(path).problems == []


@pytest.mark.parametrize("marks", [(), ("<s>",), ("<S>", "</S>")])
def test_a_model_without_ends_of_sentences_scores_nothing(
    tmp_path: Path, marks: tuple[str, ...]
) -> None:
    path = tmp_path / "marks.arpa"
    path.write_text(arpa_of_words(["天", "地"], marks), encoding="utf-8")
    with pytest.raises(DataError, match="no </s> among its words") as caught:
        score_text(Corpus.from_texts(["天地"]), path)
    assert "lmplz" in (caught.value.hint or "")
    convert_lm(path, tmp_path / "converted.lm")  # that is no question of sentences


@pytest.mark.parametrize("first", ["iARPA", "qARPA 3 256", "blmt 3"])
def test_intermediate_files_of_irstlm_are_named(tmp_path: Path, first: str) -> None:
    """They have a line data, as ARPA has, and their numbers are no probabilities."""
    path = tmp_path / "model.ilm"
    path.write_text(f"{first}\n\n{LEAKY}", encoding="utf-8")
    with pytest.raises(DataError, match=r"an IRSTLM .*, not an ARPA file") as caught:
        open_lm(path)
    assert caught.value.hint == "make it ARPA: compile-lm --text=yes"


def test_invisible_characters_change_no_score(tmp_path: Path) -> None:
    path = tmp_path / "leaky.arpa"
    path.write_text(LEAKY, encoding="utf-8")
    lines = ["天地", "天\u200b地", "\ufeff天地\u200e", "天\xad\x7f\x80地\ufe0f"]
    scored = list(score_text(Corpus.from_texts(lines), path))
    assert {(row.log10_prob, row.symbols, row.oov) for row in scored} == {(-0.625, 2, 0)}
