"""Counts cut into pieces and put together again, pruned counts, and tables: the same n-grams each time."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
import places
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError, NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import NgramCounts, load_counts, prune
from nlptools.ngrams.merge import MOST_PARTS, Tiers, merge_counts, merge_files
from nlptools.ngrams.parquet import save_table, table_batches
from nlptools.spark.shuffle import add_pieces, split_counts, to_bytes
from nlptools.spark.streams import Reading, StreamCorpus, reading_of
from nlptools.text.corpus import Corpus

TEXTS = st.lists(st.text(st.sampled_from("天地人𠮷，ab1 \n"), max_size=12), max_size=6)
TEMPORARY = Path(tempfile.gettempdir())
SAMPLES = sorted(map(str, places.SAMPLES.glob("*.txt")))


def counted(texts: list[str], order: int = 3, **how: str) -> NgramCounts:
    return count_ngrams(Corpus.from_texts(texts), order=order, **how)


@given(TEXTS, TEXTS, st.integers(1, 4), st.integers(1, 9), st.sampled_from(["none", "clause"]))
@settings(deadline=None, max_examples=60)
def test_pieces_of_two_machines_add_up(
    first: list[str], second: list[str], order: int, number: int, sentences: str
) -> None:
    gathered: dict[int, list[bytes]] = {}
    for texts in (first, second):
        for place, data in split_counts(counted(texts, order, sentences=sentences), number):
            assert 0 <= place < number
            gathered.setdefault(place, []).append(data)
    sums = [
        add_pieces(pieces, memory=10**9, tmp_dir=Path(), keep=True) for pieces in gathered.values()
    ]
    whole = counted([*first, *second], order, sentences=sentences)
    together = add_pieces(
        [to_bytes(part) for part in sums if part is not None],
        memory=10**9,
        tmp_dir=Path(),
        keep=True,
    )
    if together is None:
        assert whole.total == 0
        return
    assert to_bytes(together) == to_bytes(whole)
    # No n-gram is in two sums, or a sum could not be pruned.
    ngrams = [text for part in sums if part for text, count in part.items() if count]
    assert len(ngrams) == sum(whole.size(n) for n in range(1, order + 1))


def test_pieces_in_little_memory(tmp_path: Path) -> None:
    """Sums that do not fit lie in files; a hundred pieces are merged a few at a time."""
    corpus = [Corpus([path]) for path in SAMPLES]
    pieces = [data for one in corpus for _, data in split_counts(count_ngrams(one), 16)]
    assert len(pieces) > 10 * MOST_PARTS
    total = add_pieces(pieces, memory=1 << 16, tmp_dir=tmp_path)
    assert total is not None
    assert not isinstance(total.levels[0].counts, np.ndarray)
    assert to_bytes(total) == to_bytes(count_ngrams(Corpus(SAMPLES)))


def test_pieces_are_about_equal() -> None:
    """By two symbols: what the most frequent symbol begins is not in one piece."""
    whole = count_ngrams(Corpus(SAMPLES))
    sizes = [len(data) for _, data in split_counts(whole, 8)]
    assert len(sizes) == 8
    assert max(sizes) < 1.3 * min(sizes)


def test_a_piece_is_a_counts_file(tmp_path: Path) -> None:
    counts = counted(["天地人，天地"])
    data = to_bytes(counts)
    (tmp_path / "a.counts").write_bytes(data)
    assert load_counts(tmp_path / "a.counts").count("天地") == 2
    assert load_counts("memory", data=data).count("天地") == 2
    with pytest.raises(DataError, match="memory: the file ends inside its arrays"):
        load_counts("memory", data=data[:-64])
    with pytest.raises(DataError, match="memory: not an nlptools counts file"):
        load_counts("memory", data=b"anything")


def test_tiers() -> None:
    """Merged as soon as there are enough of a size."""
    parts = [counted([text], 2) for text in "天地人" * MOST_PARTS]
    tiers = Tiers(10**9, None)
    assert not tiers
    for part in parts:
        tiers.add(part)
    assert tiers
    left = tiers.parts()
    assert len(left) == 3
    assert to_bytes(merge_counts(left, memory=10**9, tmp_dir=None)) == to_bytes(
        counted(list("天地人" * MOST_PARTS), 2)
    )


@given(TEXTS, st.integers(1, 4), st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_pruning(texts: list[str], order: int, least: int) -> None:
    whole = counted(texts, order)
    pruned = prune(whole, least)
    rows = list(zip(whole.items(), lengths(whole), strict=True))
    kept = [row for row, n in rows if n == 1 or row[1] >= least]
    assert list(pruned.items()) == kept
    assert pruned.total == whole.total
    again = load_counts("pruned", data=to_bytes(pruned))
    assert list(again.items()) == kept


def lengths(counts: NgramCounts) -> list[int]:
    return [n for n in range(1, counts.order + 1) for _ in range(counts.size(n))]


MIXED = st.lists(st.text(st.sampled_from("天𠮷，aB1+# \n"), max_size=12), max_size=6)


@given(
    MIXED,
    st.integers(1, 4),
    st.sampled_from(["run", "char", "break"]),
    st.sampled_from(["none", "clause", "line"]),
)
@settings(deadline=None, max_examples=60)
def test_tables(texts: list[str], order: int, latin: str, sentences: str) -> None:
    """Symbols are had back from the texts, whatever they are."""
    pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup test-all")
    counts = counted(texts, order, latin=latin, sentences=sentences)
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.parquet"
        save_table(counts, path)
        assert to_bytes(merge_files([path, path])) == to_bytes(
            counted(texts * 2, order, latin=latin, sentences=sentences)
        )


def test_the_texts_of_a_table() -> None:
    pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup test-all")
    counts = counted(["用5G网络 Python3 x"], 3, latin="run", sentences="line")
    texts = [t for batch in table_batches(counts) for t in batch.column(0).to_pylist()]
    assert "5G网络" in texts
    assert "络Python3 x" in texts
    assert "<s>用5G" in texts


def test_a_stream_is_what_a_file_is() -> None:
    """Encodings and compressions are found in the bytes."""
    data = [Path(path).read_bytes() for path in SAMPLES]
    streams = [(path, iter([d[:1000], d[1000:]])) for path, d in zip(SAMPLES, data, strict=True)]
    corpus = StreamCorpus(streams, Reading())
    assert to_bytes(count_ngrams(corpus)) == to_bytes(count_ngrams(Corpus(SAMPLES)))
    assert corpus.report.bytes == sum(map(len, data))
    with pytest.raises(ValueError, match="only once"):
        corpus.blocks()
    with pytest.raises(DataError, match="text:2: not UTF-8"):
        list(StreamCorpus([("text", iter([b"x\n\xff"]))], Reading()).blocks())


def test_reading_is_checked() -> None:
    how = {"encoding": "utf-8", "on_error": "strict", "field": None, "column": None}
    assert reading_of(**how, fold=["lower", "nfkc"]).fold == ("nfkc", "lower")  # type: ignore[arg-type]
    for wrong in ({"field": "a", "column": "b"}, {"on_error": "no"}):
        with pytest.raises(ValueError, match=r"exclude each other|on_error"):
            reading_of(**(how | wrong), fold=())  # type: ignore[arg-type]
    with pytest.raises(NlptoolsError, match="unknown encoding"):
        reading_of(**(how | {"encoding": "none-such"}), fold=())  # type: ignore[arg-type]


def test_bytes_are_those_of_the_file(tmp_path: Path) -> None:
    counts = counted(["天地"])
    counts.save(tmp_path / "a")
    stream = io.BytesIO()
    counts.write(stream)
    assert stream.getvalue() == (tmp_path / "a").read_bytes() == to_bytes(counts)
