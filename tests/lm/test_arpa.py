"""ARPA files: what was written is read, other tools' files are read, everything else is refused with its line."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from arpacases import (
    MINI,
    SPECIAL,
    VOCABULARY,
    Ngrams,
    arpa_of,
    check_same,
    closed_ngrams,
    f32,
    mini,
    model_of,
    read,
    round7,
    score,
    text_of,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.base.storage import ColumnWriter, SpillFile
from nlptools.base.textcolumns import decimals, weave
from nlptools.errors import NlptoolsError
from nlptools.lm import arpa
from nlptools.lm import arpa_reader as arpareader
from nlptools.lm.arpa import arpa_pieces, looks_like_arpa, read_arpa, write_arpa
from nlptools.lm.trie import ModelLevel, NgramModel

# --- written and read


def test_by_hand(tmp_path: Path) -> None:
    assert text_of(mini()) == MINI
    path = tmp_path / "mini.arpa"
    write_arpa(mini(), path)
    assert path.read_bytes() == MINI.encode()
    check_same(mini(), read_arpa(path))


@settings(max_examples=100, deadline=None)
@given(closed_ngrams(), st.dictionaries(st.text(), st.none() | st.text() | st.integers()))
@example({("<unk>",): (-1.0, 0.0), ("<s>",): (0.0, 0.0), ("</s>",): (-1.0, 0.0)}, {"\ud800": "\n"})
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, ngrams: Ngrams, meta: dict[str, Any]
) -> None:
    model = model_of(ngrams, meta)
    path = tmp_path_factory.mktemp("arpa") / "model"
    write_arpa(model, path)
    check_same(model, read_arpa(path))


@given(st.lists(st.floats(-99, 5), min_size=1))
@example([-1.2345678, 1.0000001, -0.00000005, -0.5, -98.9999999, -99.0, 5.0])
def test_numbers_stay_the_same(values: list[float]) -> None:
    """Rounded to 7 decimals -> float32 -> text -> float32 -> text."""
    check_numbers(np.array(values))


def test_many_numbers_stay_the_same() -> None:
    """Dense where float32 is about as fine as the text is, between 0.25 and 2."""
    generator = np.random.default_rng(7)
    for scale in (99, 8, 2, 1, 0.1, 1e-4):
        check_numbers(generator.random(300_000) * -scale)


def check_numbers(values: np.ndarray) -> None:
    first = arpareader.rounded(values)
    text = weave([decimals(first, 7, short=True), b"\n"])
    second = arpareader.rounded(np.array(list(map(float, text.split()))))
    assert first.tobytes() == second.tobytes()
    assert weave([decimals(second, 7, short=True), b"\n"]) == text
    assert b"-0\n" not in text
    assert b"-0.0000000" not in text


def test_the_order_of_the_file_does_not_matter(tmp_path: Path) -> None:
    sections: list[list[str]] = [[]]
    for line in MINI.split("\n"):
        if line.startswith("\\"):
            sections.append([])
        sections[-1].append(line)
    for seed in range(5):
        text = ""
        for head, *lines in [s for s in sections if s]:
            if "grams" in head:
                lines = [line for line in lines if line]
                random.Random(seed).shuffle(lines)
            text += "\n".join([head, *lines]) + "\n"
        assert text != MINI
        check_same(mini(), read(tmp_path, text))


@settings(max_examples=50, deadline=None)
@given(closed_ngrams(3), st.randoms(use_true_random=False))
def test_shuffled_is_read_the_same(
    tmp_path_factory: pytest.TempPathFactory, ngrams: Ngrams, shuffler: random.Random
) -> None:
    shuffled = list(ngrams.items())
    shuffler.shuffle(shuffled)
    check_same(model_of(ngrams), read(tmp_path_factory.mktemp("arpa"), arpa_of(dict(shuffled))))


def many_ngrams() -> Ngrams:
    """About 2,000; some words are too long for a key, or for a cell."""
    generator = random.Random(3)
    words = [chr(0x4E00 + i) for i in range(60)] + [f"word{i:06}" for i in range(6)] + SPECIAL
    ngrams: Ngrams = {(word,): (round7(-generator.random() * 6), 0.0) for word in words}
    for _ in range(3):
        longer = {(*ngram, generator.choice(words)) for ngram in ngrams for _ in range(2)}
        for ngram in sorted(longer - ngrams.keys()):
            log, back = round7(-generator.random() * 3), round7(-generator.random())
            ngrams[ngram] = (log, back)
    return ngrams


def test_slices_and_blocks_leave_no_trace(tmp_path: Path) -> None:
    ngrams = many_ngrams()
    model = model_of(ngrams)
    text = text_of(model)
    path = tmp_path / "model.arpa"
    path.write_text(arpa_of(ngrams), encoding="utf-8")
    for size in (1, 7, 100, 1000):
        with mock.patch.object(arpa, "ROWS", size):
            assert text_of(model) == text
        with mock.patch.object(arpareader, "_BLOCK", 30 * size):
            check_same(read_arpa(path), model)


def test_columns_in_a_file(tmp_path: Path) -> None:
    """Which can be read by slices only."""
    model = model_of(many_ngrams())
    spill = SpillFile(tmp_path)

    def in_file(column: np.ndarray | None) -> Any:
        if column is None:
            return None
        writer = ColumnWriter(column.dtype.type, spill)
        for start in range(0, len(column), 1000):
            writer.append(column[start : start + 1000])
        return writer.finish()

    levels = tuple(
        ModelLevel(*(in_file(c) for c in (v.symbols, v.log_probs, v.backoffs, v.children)))
        for v in model.levels
    )
    with mock.patch.object(arpa, "ROWS", 100):
        assert text_of(NgramModel(model.vocabulary, levels)) == text_of(model)


# --- compression, names


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compression_is_found_by_content(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    check_same(mini(), read(tmp_path, pack(MINI.encode())))
    assert looks_like_arpa(pack(MINI.encode()))


def test_gzip_by_name_and_always_the_same(tmp_path: Path) -> None:
    one, two = tmp_path / "one.arpa.gz", tmp_path / "two.gz"
    write_arpa(mini(), one)
    with mock.patch("time.time", lambda: 1e9):
        write_arpa(mini(), two)
    assert one.read_bytes() == two.read_bytes()
    assert gzip.decompress(one.read_bytes()) == MINI.encode()
    check_same(mini(), read_arpa(one))


def test_the_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "model.arpa"
    path.write_text("old")
    broken = mini()
    levels = (
        broken.levels[0],
        broken.levels[1],
        ModelLevel(np.zeros(3, int), f32(math.nan), None, None),
    )
    with pytest.raises(ValueError, match="cannot be written"):
        write_arpa(NgramModel(VOCABULARY, levels), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("symbol", ["", "a b", "天\t", "\n", "a\rb", "a\0", "\ud800"])
def test_symbols_that_are_no_words(symbol: str) -> None:
    model = NgramModel((*VOCABULARY[:5], symbol), mini().levels)
    with pytest.raises(NlptoolsError) as caught:
        arpa_pieces(model)
    assert str(caught.value) == f"an ARPA file cannot have the word {symbol!r}"


HEAD = gzip.compress(bytes(random.Random(1).choices(range(33, 127), k=9000)))


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (MINI.encode(), True),
        (MINI.encode()[:20], True),
        (b"\\data\\\r\nngram 1=5", True),
        (b"\n\xef\xbb\xbf\n  \\data\\", True),
        (b"\xef\xbb\xbf\\data\\", True),
        (b"made by hand\n\\data\\\n", True),
        (gzip.compress(MINI.encode() * 100, 0)[:4000], True),
        (b"nlptools lm 1\n{}\n", False),
        (b"# nlptools model 1\n", False),
        (b"x\\data\\\n", False),
        (b"\\data\\x\n", False),
        (b"", False),
        (HEAD[:4000], False),
        (b"PK\x03\x04", False),
        (b"\x1f\x8b\xff\xff\xff", False),
    ],
)
def test_looks_like_arpa(head: bytes, expected: bool) -> None:
    assert looks_like_arpa(head) is expected


# --- KenLM


def test_kenlm_reads_it_and_agrees(tmp_path: Path) -> None:
    """A model of the n-grams of some sentences, with any numbers; it scores those and others."""
    kenlm = pytest.importorskip("kenlm", reason="no kenlm: pip install kenlm")
    generator = random.Random(11)
    words = ["天", "地", "玄", "𠮷", "PM2.5", "Kubernetes", "a" * 40, "\u3000"]

    def sentence() -> list[str]:
        return ["<s>", *generator.choices(words, k=generator.randint(0, 15)), "</s>"]

    seen, other = [[sentence() for _ in range(150)] for _ in range(2)]
    ngrams: Ngrams = {("<unk>",): (-3.0, 0.0)}
    for k, text in itertools.product(range(1, 5), seen):
        for i in range(len(text) + 1 - k):
            log, back = round7(-generator.random() * 3), round7(generator.random() - 0.9)
            ngrams[tuple(text[i : i + k])] = (log, back if text[i + k - 1] != "</s>" else 0.0)
    path = tmp_path / "model.arpa"
    write_arpa(model_of(ngrams), path)
    model = kenlm.Model(str(path))
    assert model.order == 4
    for text in (*seen, *other, ["<s>", "天", "unseen", "天", "</s>"]):
        known = [word if (word,) in ngrams else "<unk>" for word in text]
        parts = [tuple(known[max(0, i - 3) : i + 1]) for i in range(1, len(known))]
        expected = [score(ngrams, part) for part in parts]
        found = [log for log, _, _ in model.full_scores(" ".join(text[1:-1]))]
        assert found == pytest.approx(expected, abs=1e-5)
