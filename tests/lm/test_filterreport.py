"""What people see of a filtered corpus."""

from __future__ import annotations

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest

from nlptools.lm.filter import filter_documents
from nlptools.lm.filterreport import Examples, limits_line, report_table
from nlptools.lm.model import LanguageModel
from nlptools.lm.train import learn_lm
from nlptools.text.corpus import Corpus

assert np

TEXT = ["天地玄黄，宇宙洪荒。", "日月盈昃，辰宿列张。", "天地日月"]
MODEL = LanguageModel.from_trie(learn_lm(Corpus.from_texts(TEXT), order=3))


def test_table_by_hand() -> None:
    texts = ["天地", "天地", "", "天地日月", "龘靐", "天地玄黄，宇宙洪荒。"]
    found = filter_documents(
        Corpus.from_texts(texts), MODEL, unique=True, max_perplexity=[50, 60], max_oov=0.5
    )
    list(found)
    assert report_table(found.report) == (
        "                             documents          characters\n"
        "kept     head                        3  50.0 %          16  80.0 %\n"
        "dropped  too few symbols             1  16.7 %           0   0.0 %\n"
        "         came before                 1  16.7 %           2  10.0 %\n"
        "         unknown characters          1  16.7 %           2  10.0 %"
    )
    assert limits_line(found.report) == "Perplexity: head up to 50, middle up to 60."


def test_nothing() -> None:
    found = filter_documents(Corpus.from_texts([]), MODEL, quantiles=[30])
    assert list(found) == []
    assert report_table(found.report).split() == [
        *("documents", "characters"),
        *("kept", "0", "0", "dropped", "0", "0"),
    ]
    assert limits_line(found.report) is None
    assert list(Examples(3).lines(found.report)) == []


@pytest.mark.parametrize("size", [1, 100])
def test_examples_are_the_nearest(size: int) -> None:
    """texts: perplexities rise; two are equal, of which the first is taken."""
    texts = ["天地日月", "天地", "天地", "日月天地", "玄洪辰", "龘靐"]
    corpus = Corpus.from_texts(texts, block_size=size)
    found = filter_documents(corpus, MODEL, quantiles=[50], mean_symbols=0)
    near = Examples(1)
    for batch in found.batches():
        near.add(batch, found.report)
    [below], [above] = near.at(0, False), near.at(0, True)
    assert below.log10_perplexity <= found.report.limits[0] < above.log10_perplexity
    values = sorted((one.fields["perplexity"], place) for place, one in enumerate(found))
    kept = [place for value, place in values if value <= 10 ** found.report.limits[0] + 0.01]
    best = min(kept, key=lambda place: (-dict(map(reversed, values))[place], place))
    assert below.line == best + 1
    first, *rest = near.lines(found.report)
    assert first.startswith("Around perplexity ")
    assert first.endswith(", between head and tail:")
    assert [line.split()[0] for line in rest] == ["head", "tail"]
