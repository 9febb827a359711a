"""`lm filter` as a function: what is kept and why the rest is not, beside the plain way to say it."""

from __future__ import annotations

import io
import json
import math
import random
from pathlib import Path
from typing import Any

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lmcases import Arpa

from nlptools.errors import DataError
from nlptools.lm import filter as filtering
from nlptools.lm.arpa import arpa_pieces
from nlptools.lm.filter import FilteredCorpus, filter_documents
from nlptools.lm.filterfiles import dropping, kept_pieces
from nlptools.lm.measures import measure
from nlptools.lm.model import LanguageModel
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus
from nlptools.text.longtexts import LongText

TEXT = ["天地玄黄，宇宙洪荒。", "日月盈昃，辰宿列张。", "天地日月，寒来暑往。", "天地日月"]
TRAINED = learn_lm(Corpus.from_texts(TEXT), order=3)
MODEL = LanguageModel.from_trie(TRAINED)
PARSED = Arpa(b"".join(arpa_pieces(TRAINED)).decode())
DOCUMENTS = st.lists(
    st.sampled_from([*TEXT, "", "龘靐", "天地\n日月", "天地\n天地\n天地", "洪荒天玄" * 6, "abc 12"])
    | st.text("天地日月，\n龘", max_size=9),
    max_size=24,
)
SETTINGS: dict[str, Any] = {"workers": 1, "memory": 10**9}


def write(folder: Path, texts: list[str], name: str = "d.jsonl") -> Path:
    rows = [
        json.dumps({"id": place, "text": text, "x": None}, ensure_ascii=bool(place % 2))
        for place, text in enumerate(texts)
    ]
    (folder / name).write_text("".join(f"{row}\n" for row in rows), "utf-8")
    return folder / name


def numbers(text: str) -> tuple[float, int, int, int]:
    """(log10 probability, symbols, ends, unknown), added up by hand."""
    sentences = [[x for x in line if not x.isspace()] for line in text.split("\n")]
    sentences = [sentence for sentence in sentences if sentence]
    symbols = [x for sentence in sentences for x in sentence]
    unknown = sum((x,) not in PARSED.log_probs for x in symbols)
    return sum(map(PARSED.score, sentences)), len(symbols), len(sentences), unknown


def plainly(texts: list[str], quantile: float, weight: float) -> list[str]:
    """The reason of each document, '' for what is kept: unique, at least 2 symbols, repeated, one quantile."""
    reasons, seen = [], set()
    for text in texts:
        reason = ""
        if measure([text], ["repeated"])["repeated"][0] > 0.4:
            reason = "repeated"
        if text in seen and numbers(text)[1] >= 2:
            reason = "duplicate"
        if numbers(text)[1] < 2:
            reason = "symbols"
        else:
            seen.add(text)
        reasons.append(reason)
    left = [numbers(text) for text, reason in zip(texts, reasons, strict=True) if not reason]
    if not left:
        return reasons
    mean = sum(one[0] for one in left) / sum(one[1] + one[2] for one in left)

    def judged(text: str) -> float:
        log, symbols, ends, _ = numbers(text)
        return -(log + weight * mean) / (symbols + ends + weight)

    ordered = sorted(
        judged(text) for text, reason in zip(texts, reasons, strict=True) if not reason
    )
    limit = ordered[max(0, math.ceil(quantile / 100 * len(ordered) - 1e-9) - 1)]
    return [
        reason or ("perplexity" if judged(text) > limit + 1e-6 else "")
        for text, reason in zip(texts, reasons, strict=True)
    ]


@settings(deadline=None)
@given(DOCUMENTS, st.sampled_from([25, 50, 90, 100]), st.sampled_from([0, 30]))
@example(["天地"] * 3 + ["龘靐"], 50, 30)
def test_as_said_plainly(texts: list[str], quantile: float, weight: float) -> None:
    found = list(
        filter_documents(
            Corpus.from_texts(texts),
            MODEL,
            quantiles=[quantile],
            mean_symbols=weight,
            unique=True,
            min_symbols=2,
            max_repeated=0.4,
            **SETTINGS,
        )
    )
    assert [one.text for one in found] == texts
    assert [one.fields.get("reason", "") for one in found] == plainly(texts, quantile, weight)
    for one in found:
        log, symbols, ends, unknown = numbers(one.text)
        assert one.kept == ("reason" not in one.fields)
        assert one.fields["oov"] == pytest.approx(unknown / max(1, symbols), abs=1e-4)
        if not symbols:
            assert one.fields["perplexity"] is None
            assert one.fields["bucket"] is None
            continue
        perplexity = 10 ** (-log / (symbols + ends))
        assert one.fields["perplexity"] == pytest.approx(perplexity, abs=0.01, rel=1e-4)


def many(number: int = 400) -> list[str]:
    chance = random.Random(1)
    symbols = [*"天地日月，玄黄宇宙\n", "龘", "天地玄黄"]
    return [
        "".join(chance.choices(symbols, k=chance.randint(0, 30)))
        if chance.random() < 0.8
        else chance.choice(TEXT)
        for _ in range(number)
    ]


EVERYTHING: dict[str, Any] = {"measures": True, "unique": True, "min_symbols": 3}


def rows(found: FilteredCorpus) -> list[tuple[Any, ...]]:
    return [(*one[:5], one.kept, repr(one.fields)) for one in found]


@pytest.mark.parametrize(
    "limits",
    [
        {"quantiles": [30, 60]},
        {"quantiles": [30, 60], "keep": ["middle"], "first": 37},
        {"max_perplexity": [5, 20]},
        {"max_perplexity": [20], "mean_symbols": 8},
        {},
    ],
)
def test_nothing_depends_on_how_it_is_read(
    limits: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, many(150))
    corpus = Corpus([path], field="text")
    found = filter_documents(corpus, MODEL, **limits, **EVERYTHING, **SETTINGS)
    expected = rows(found)
    assert len({row[-1] for row in expected}) > 5
    small = {"workers": 3, "memory": 128_000_000, "tmp_dir": tmp_path}
    for piece, block in ((50, 70), (1 << 12, 300)):
        monkeypatch.setattr(filtering, "PIECE", piece)
        monkeypatch.setattr(filtering, "_LEAST_ROOM", 100)
        corpus = Corpus([path], field="text", block_size=block)
        again = filter_documents(corpus, MODEL, **limits, **EVERYTHING, **small)
        assert rows(again) == expected
        assert again.report.counts == found.report.counts
        assert list(again.report.limits) == list(found.report.limits)
    assert [entry.name for entry in tmp_path.iterdir()] == ["d.jsonl"]


def test_what_is_read_once_has_the_limits_of_its_beginning() -> None:
    texts = many(200)
    first = filter_documents(Corpus.from_texts(texts[:50]), MODEL, quantiles=[50], **SETTINGS)
    list(first)
    found = filter_documents(
        Corpus.from_texts(iter(texts)), MODEL, quantiles=[50], first=50, **SETTINGS
    )
    assert [one.text for one in found] == texts
    assert list(found.report.limits) == list(first.report.limits)
    assert found.report.mean == first.report.mean


def test_the_sample_ends_with_its_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filtering, "SAMPLE_CHARACTERS", 30)
    texts = ["天地玄黄，宇宙洪荒。"] * 8
    found = filter_documents(Corpus.from_texts(iter(texts)), MODEL, quantiles=[50], **SETTINGS)
    assert len(list(found)) == 8
    assert found.report.sample == 2  # the third reaches it


def test_a_record_stays_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, many(50))
    found = filter_documents(Corpus([path], field="text"), MODEL, quantiles=[50], **SETTINGS)
    records = [one.record for one in found]
    assert "".join(f"{record}\n" for record in records) == path.read_text("utf-8")
    assert [one.line for one in found] == list(range(1, 51))  # over again


def test_a_file_that_changes_meanwhile(tmp_path: Path) -> None:
    path = write(tmp_path, many(50))
    for change in (lambda text: text + text, lambda text: text[: text.rindex("\n", 0, -1) + 1]):
        text = path.read_text("utf-8")
        found = filter_documents(Corpus([path], field="text"), MODEL, quantiles=[50], **SETTINGS)
        original = found._find_limits

        def changed(table: Any, original: Any = original, change: Any = change) -> None:
            path.write_text(change(path.read_text("utf-8")), "utf-8")
            original(table)

        found._find_limits = changed  # type: ignore[method-assign]
        with pytest.raises(DataError, match="others than when they were read first"):
            list(found)
        path.write_text(text, "utf-8")


def test_the_model_of_the_package_by_name() -> None:
    texts = ["今天天气很好，我们去公园散步。", "锟斤拷烫烫烫屯屯屯锘匡豢"]
    found = filter_documents(Corpus.from_texts(texts), "general", max_perplexity=[500])
    assert [one.kept for one in found] == [True, False]
    assert np.array_equal([found.report.kept, found.report.dropped], [1, 1])


@pytest.mark.parametrize("output", ["text", "jsonl"])
def test_a_line_that_lies_in_a_file_is_filtered_as_any_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    # Longer than what is scored at once, shorter, and one that came before.
    draw = random.Random(7).choices
    long, short = ("".join(draw('天地玄黄日月盈昃，ＡＢ"\\', k=size)) for size in (12_000, 8_000))
    lines = [long, short, TEXT[0], long]
    path = tmp_path / "d.txt"
    path.write_text("\r\n".join(lines), "utf-8", newline="")
    monkeypatch.setattr("nlptools.lm.longlines.LONG", 9_500)
    monkeypatch.setattr("nlptools.lm.longlines.PIECE", 1_000)
    monkeypatch.setattr("nlptools.lm.stream.LONG", 9_500)
    monkeypatch.setattr("nlptools.lm.documents.LONG", 9_500)
    how: dict[str, Any] = {"measures": True, "max_oov": 1, "unique": True, "min_han": 0}
    how |= {"max_perplexity": [1e6], "fold": ["nfkc", "lower"], **SETTINGS}

    def found(most: int) -> tuple[str, str]:
        monkeypatch.setattr("nlptools.text.longtexts.MOST_HELD", most)
        corpus = Corpus([path])
        corpus.block_size = 3_000
        batches = list(filter_documents(corpus, MODEL, **how).batches())
        texts: list[object] = [text for batch in batches for text in batch.documents.texts]
        assert sum(isinstance(text, LongText) for text in texts) == 3 * (most < 10_000)
        stream = io.BytesIO()
        with dropping(stream, output) as drop:
            kept = "".join(map(str, kept_pieces(batches, output, None, drop)))
        return kept, stream.getvalue().decode()

    kept, dropped = found(1_000)
    assert (kept, dropped) == found(10**9)
    if output == "text":
        assert (kept.splitlines(), dropped) == (lines[:3], f"{long}\n")
    else:
        assert [json.loads(row)["text"] for row in kept.splitlines()] == lines[:3]
        assert json.loads(dropped)["reason"] == "duplicate"
