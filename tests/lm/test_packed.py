"""The compact file of a language model: what stands in it, what is rounded, what is damaged."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run
from places import NOVEL

from nlptools.errors import DataError
from nlptools.lm.files import GENERAL_LM, convert_lm, format_of, open_lm, read_trie, write_model
from nlptools.lm.packed import STEPS, is_packed, read_packed, write_packed
from nlptools.lm.stream import score_text
from nlptools.lm.train import learn_lm
from nlptools.lm.trie import NgramModel
from nlptools.text.corpus import Corpus

MINI = Path(__file__).with_name("mini.arpa")


@pytest.fixture(scope="module")
def novel() -> NgramModel:
    return learn_lm(NOVEL, order=4)


def test_there_and_back(novel: NgramModel, tmp_path: Path) -> None:
    write_packed(novel, tmp_path / "novel")
    assert is_packed(tmp_path / "novel")
    found = read_packed(tmp_path / "novel")
    assert (found.vocabulary, dict(found.settings)) == (novel.vocabulary, dict(novel.settings))
    for mine, other in zip(found.levels, novel.levels, strict=True):
        assert np.array_equal(mine.symbols, other.symbols[:])
        for name in ("log_probs", "backoffs"):
            exact, rounded = getattr(other, name), getattr(mine, name)
            if exact is None:
                assert rounded is None
                continue
            assert np.abs(rounded - exact[:]).max() <= 0.5 / STEPS + 1e-6
        if other.children is None:
            assert mine.children is None
        else:
            assert np.array_equal(mine.children, other.children[:])
    # Once rounded, it stays the same.
    write_packed(found, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "novel").read_bytes()


def test_a_name_asks_for_it(tmp_path: Path) -> None:
    assert format_of("a.nlplm") == "compact"
    convert_lm(MINI, tmp_path / "mini.nlplm")
    assert is_packed(tmp_path / "mini.nlplm")
    run("lm", "convert", MINI, "--format", "compact", "-o", tmp_path / "mini.lm").ok()
    assert (tmp_path / "mini.lm").read_bytes() == (tmp_path / "mini.nlplm").read_bytes()
    assert open_lm(tmp_path / "mini.nlplm").name == str(tmp_path / "mini.nlplm")
    usage = run("lm", "convert", MINI, "--format", "compact").usage
    assert usage == "A compact model is a file: name it with -o FILE.\n"


def test_scores_are_nearly_the_same(novel: NgramModel, tmp_path: Path) -> None:
    write_model(novel, tmp_path / "novel.lm")
    write_model(novel, tmp_path / "novel.nlplm")
    exact, rounded = (
        score_text(NOVEL, tmp_path / f"novel.{kind}").totals for kind in ("lm", "nlplm")
    )
    assert (exact.symbols, exact.oov) == (rounded.symbols, rounded.oov)
    assert rounded.log10_prob / exact.log10_prob == pytest.approx(1, abs=0.02)


def test_the_model_of_the_package() -> None:
    model = open_lm("general")
    assert (model.order, model.name) == (3, "general")
    assert GENERAL_LM.stat().st_size < 3_000_000
    assert read_trie("general").vocabulary == model.vocabulary
    good = score_text(
        Corpus.from_texts(["今天天气很好，我们去公园散步。"]), model
    ).totals.perplexity
    odd = score_text(Corpus.from_texts(["好散，园去天步公我气今很们天。"]), model).totals.perplexity
    assert 3 * good < odd


def test_damage(novel: NgramModel, tmp_path: Path) -> None:
    write_packed(novel, tmp_path / "novel")
    data = (tmp_path / "novel").read_bytes()
    (tmp_path / "cut").write_bytes(data[:-100])
    with pytest.raises(DataError, match="ends inside its arrays"):
        open_lm(tmp_path / "cut")
    (tmp_path / "flipped").write_bytes(data[:-100] + bytes([data[-100] ^ 1]) + data[-99:])
    with pytest.raises(DataError, match="has another checksum"):
        open_lm(tmp_path / "flipped")
