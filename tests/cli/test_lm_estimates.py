"""What `nlptools lm train` estimates: sums of 1, pruning, fallbacks, degenerate corpora."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run, write
from lmcases import FOR_A_MODEL, NOTHING, Models, counts_of, printed, score, train
from places import NOVEL

from nlptools.lm.model import LanguageModel, load_lm
from nlptools.lm.smoothing import SMOOTHINGS, train_lm
from nlptools.lm.stream import score_corpus
from nlptools.ngrams.count import count_sentences
from nlptools.text.corpus import Corpus


@pytest.mark.parametrize("order", [1, 2, 6])
def test_order(order: int) -> None:
    model = train(NOVEL, "--order", order)
    assert len(model.orders) == order
    assert all(model.orders)
    some = model.contexts()[:: 1 + len(model.contexts()) // 40]
    assert np.allclose(model.sums(some), 1, rtol=0, atol=2e-5)
    run("lm", "convert", write("a.arpa", model.text), "-o", "a.lm", "-q").ok()
    assert load_lm("a.lm").order == order
    (row, *_) = score("a.lm", NOVEL)
    first = NOVEL.read_text("utf-8").split("\n")[0]
    assert abs(row.log10_prob - model.score(list(first))) < 2e-4


@pytest.mark.parametrize("smoothing", ["kneser-ney", "witten-bell", "ml"])
def test_order_one(smoothing: str) -> None:
    """天天: the model of single symbols, whatever the smoothing."""
    model = train("--order", 1, "--smoothing", smoothing, stdin="天天\n")
    assert model.sums([()]) == pytest.approx([1], abs=1e-6)
    assert model.log_probs["天",] > model.log_probs["</s>",] > model.log_probs["<unk>",]
    write("a.arpa", model.text)
    run("lm", "convert", "a.arpa", "-o", "a.lm", "-q").ok()
    assert printed("convert", "a.lm") == model.text


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("prune", ["0", "0,0,1", "1,1,2,2"])
def test_probabilities_sum_to_one(smoothing: str, prune: str) -> None:
    """After every context, over all symbols but <s>; ml gives to what was pruned, and to nothing in its place."""
    model = train(NOVEL, "--smoothing", smoothing, "--prune", prune)
    contexts = model.contexts()
    sums = model.sums([*contexts[:: 1 + len(contexts) // 40], ()])
    if smoothing == "ml" and prune != "0":
        assert max(sums) < 1 + 2e-5
        assert min(sums) < 0.9
    else:
        assert np.allclose(sums, 1, rtol=0, atol=2e-5)


@pytest.mark.parametrize("prune", ["0", "1", "0,0,1", "0,1,2,3", "2,2,2,2", "0,1000", "1000"])
def test_prune(prune: str) -> None:
    """What stays is what occurs more often, and <unk>, <s>, </s>."""
    model = train(NOVEL, "--prune", prune)
    table = run("count", NOVEL, *FOR_A_MODEL, "--tsv", "-q").ok().out.split("\n")[1:-1]
    counts = {ngram: int(count) for ngram, count in (line.split("\t") for line in table)}
    numbers = [int(number) for number in prune.split(",")]
    thresholds = numbers + numbers[-1:] * (4 - len(numbers))
    assert model.settings["prune"] == thresholds
    for n, (threshold, ngrams) in enumerate(zip(thresholds, model.orders, strict=True), 1):
        stay = {ngram for ngram, count in counts.items() if count > threshold}
        always = {"<unk>", "<s>", "</s>"} if n == 1 else set()
        sized = {text for text in stay if len(re.sub("</?s>", "|", text)) == n}
        assert {"".join(ngram) for ngram in ngrams} == sized | always


def test_the_pruning_of_ml() -> None:
    plain = train(NOVEL, "--smoothing", "ml")
    assert plain.text == train(NOVEL, "--smoothing", "ml", "--prune", "0,3").text
    assert plain.settings["prune"] == [0, 3, 3, 3]
    assert train(NOVEL).settings["prune"] == [0, 0, 0, 0]
    # 沈渡秋 occurs 35 times, 沈渡 too, 沈 once more: nothing is smoothed.
    assert plain.log_probs["沈", "渡"] == pytest.approx(math.log10(35 / 36), abs=1e-7)
    assert plain.log_probs["沈", "渡", "秋"] == 0


def test_witten_bell_by_hand() -> None:
    """天天: 天 twice, </s> once; 3 symbols and 2 kinds; V = 3 with <unk>.

    p(<unk>) = 2/5 / 3, p(天) = 2/5 + 2/15 = 8/15, p(</s>) = 1/5 + 2/15 = 1/3.
    After 天 one 天 and one </s>: p(天|天) = 1/4 + 1/2 * 8/15 = 31/60, p(</s>|天) = 1/4 + 1/6 = 5/12.
    """
    model = train("--order", 2, "--smoothing", "witten-bell", stdin="天天\n")
    by_hand = {
        ("<unk>",): 2 / 15,
        ("天",): 8 / 15,
        ("</s>",): 1 / 3,
        ("<s>",): 1,
        ("天", "天"): 31 / 60,
        ("天", "</s>"): 5 / 12,
        ("<s>", "天"): 1 / 2 + 1 / 2 * 8 / 15,
    }
    assert model.log_probs == pytest.approx(
        {ngram: math.log10(p) for ngram, p in by_hand.items()}, abs=1e-7
    )
    assert model.backoffs == pytest.approx(
        {("<unk>",): 0, ("</s>",): 0, ("天",): math.log10(0.5), ("<s>",): math.log10(0.5)}, abs=1e-7
    )


FALLBACK = r"Too little text to estimate the discounts of order {}: they are 0\.5, 1 and 1\.5\.\n"


def test_the_note_of_a_fallback() -> None:
    done = run("lm", "train", "-o", "out", stdin="天地玄黄\n").ok()
    assert re.match(FALLBACK.format("1, 2, 3, 4") + "nlptools ", done.err)
    assert done.err.count("\n") == 2
    assert load_lm("out").settings["fallback"] == [1, 2, 3, 4]
    done = run("lm", "train", stdin="天地玄黄\n").ok()
    assert done.err.count("Too little text") == 1
    # Six orders of the story: only the fifth has none (no n-gram of that order with three contexts, or so).
    done = run("lm", "train", NOVEL, "--order", 6, "-o", "out").ok()
    assert re.match(FALLBACK.format("5") + "nlptools ", done.err)
    for more in (["--smoothing", "ml"], ["--smoothing", "witten-bell"]):
        assert "Too little" not in run("lm", "train", "-o", "out", *more, stdin="天").ok().err
    counts = counts_of("c", *FOR_A_MODEL, stdin="天地玄黄\n")
    assert run("lm", "train", "--counts", counts).ok().err.count("Too little text") == 1
    assert "Too little" not in run("lm", "convert", "out").ok().err
    assert "Too little" not in run("lm", "train", NOVEL, "-o", "out").ok().err


def test_quiet_about_a_fallback() -> None:
    assert run("lm", "train", "-o", "out", "-q", stdin="天地玄黄\n").ok().err == ""


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", "\0\0", " \t\u3000\n \r\n", "\n" * 5000])
@pytest.mark.parametrize("output", [[], ["-o", "out"]])
def test_nothing_to_learn_from(text: str, output: list[str]) -> None:
    for more in ([], ["--smoothing", "ml"], ["--order", 1]):
        done = run("lm", "train", *output, *more, stdin=text)
        assert done.error == NOTHING
        assert done.out == ""
        assert os.listdir() == []


@pytest.mark.parametrize("text", ["，。！", "！\n？\n", "hello, world!"])
def test_clauses_need_letters(text: str) -> None:
    """A mark is a symbol where sentences are lines, and a break where they are clauses."""
    how = ["--sentences", "clause", "--latin", "break", "-o", "out"]
    assert run("lm", "train", *how, stdin=text).error == NOTHING
    assert os.listdir() == []
    assert len(train(stdin=text).orders[0]) > 3


@pytest.mark.parametrize("order", [1, 2, 4, 6])
@pytest.mark.parametrize(
    "text",
    [
        "天",
        "天\n" * 1000,
        "，。！",
        "天" * 300,
        "天\n地\n",
        "天地玄黄宇宙洪荒日月盈昃",
        "a\n天\n" * 3,
    ],
    ids=["one", "repeated", "marks", "one symbol", "two", "all different", "mixed"],
)
def test_degenerate_corpora(text: str, order: int) -> None:
    """Whatever the corpus is, its model is one: probabilities, sums of 1, the same after every conversion."""
    for smoothing in ("kneser-ney", "witten-bell"):
        model = train("--order", order, "--smoothing", smoothing, stdin=text)
        assert all(math.isfinite(p) and p <= 0 for p in model.log_probs.values())
        assert np.allclose(model.sums(model.contexts()), 1, rtol=0, atol=1e-5)
        assert 0 < 10 ** model.log_probs["<unk>",] < 1
        run("lm", "convert", write("a.arpa", model.text), "-o", "a.lm", "-q").ok()
        assert printed("convert", "a.lm") == model.text
        rows = score("a.lm", stdin="天龘\n\n")
        assert [row.oov for row in rows] == [1 if "天" in text else 2, 0]
        assert rows[0].log10_prob == pytest.approx(model.score(["天", "龘"]), abs=1e-4)


@pytest.mark.parametrize("text", ["天", "天\n" * 1000, "，。！", "天" * 300, "天\n地\n"])
def test_degenerate_corpora_without_smoothing(text: str) -> None:
    model = train("--smoothing", "ml", "--prune", "0", stdin=text)
    assert np.allclose(model.sums(model.contexts()), 1, rtol=0, atol=1e-5)
    assert model.log_probs["<unk>",] == -99
    assert np.allclose(train("--smoothing", "ml", stdin=text).sums([()]), 1, rtol=0, atol=1e-5)


def test_the_python_twin(novel: Models) -> None:
    corpus = Corpus([str(NOVEL)])
    counts, appearance = count_sentences(corpus)
    model = LanguageModel.from_trie(train_lm(counts, appearance=appearance))
    model.save("twin.lm")
    assert Path("twin.lm").read_bytes() == novel.native.read_bytes()
    (lines,) = score_corpus(Corpus([str(NOVEL)]), model)
    rows = score(novel.native, NOVEL)
    assert lines.log10_probs.round(4).tolist() == [row.log10_prob for row in rows]
