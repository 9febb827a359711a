"""`lm train` as a function: from a corpus or from its counts, the same model; the numbers by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import NlptoolsError
from nlptools.lm.arpa import arpa_pieces
from nlptools.lm.train import learn_lm
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus

assert np

TEXT = "天地\n天玄\n天\n"


def arpa(*args: object, **settings: object) -> str:
    return b"".join(arpa_pieces(learn_lm(*args, **settings))).decode()  # type: ignore[arg-type]


def test_by_hand() -> None:
    """Maximum likelihood: 5 characters and 3 ends, of them 天 3: log10 3/8 = -0.4259687; after 天 one third each."""
    model = learn_lm(Corpus.from_texts([TEXT]), order=2, smoothing="ml", prune=[0])
    text = b"".join(arpa_pieces(model)).decode()
    assert "\n-0.4259687\t天\t" in text
    for after in ("地", "玄", "</s>"):
        assert f"\n-0.4771213\t天 {after}" in text
    assert "\n0.0000000\t<s> 天" in text or "\n0\t<s> 天" in text
    assert (model.order, model.learnt_from) == (2, 11)  # with three beginnings and three ends
    # <unk>, <s>, </s> and three characters; five pairs: <s> 天, 天 地, 天 玄, 天 </s>, 地 </s>, 玄 </s>.
    assert repr(model) == "NgramModel(order 2, 6 symbols, 12 n-grams)"


def test_the_same_as_the_command(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    settings = {"order": 3, "smoothing": "witten-bell"}
    printed = run("lm", "train", tmp_path / "text.txt", "--order", 3, "--smoothing", "witten-bell")
    assert printed.ok().out == arpa(tmp_path / "text.txt", **settings)
    assert printed.out == arpa(str(tmp_path / "text.txt"), **settings)


def test_counts_are_an_object_or_a_file(tmp_path: Path) -> None:
    """As from the corpus but for the order of the symbols, which counts do not know: the same set of lines."""
    corpus = Corpus.from_texts([TEXT])
    counts = count_ngrams(corpus, order=2, latin="char", sentences="line")
    counts.save(tmp_path / "text.counts")
    of_counts = arpa(counts=counts)
    assert of_counts == arpa(counts=tmp_path / "text.counts")
    assert sorted(of_counts.split("\n")) == sorted(arpa(corpus, order=2).split("\n"))


def test_arguments() -> None:
    corpus = Corpus.from_texts([TEXT])
    counts = count_ngrams(corpus, order=2)
    for given in ({}, {"corpus": corpus, "counts": counts}):
        with pytest.raises(ValueError, match="give a corpus or its counts, one of them"):
            learn_lm(**given)  # type: ignore[arg-type]
    with pytest.raises(NlptoolsError, match="sentences"):
        learn_lm(counts=counts)
    with pytest.raises(ValueError, match="smoothing must be one of"):
        learn_lm(corpus, smoothing="good-turing")
