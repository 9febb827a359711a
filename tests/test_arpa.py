"""ARPA files: what was written is read, other tools' files are read, everything else is refused with its line."""

from __future__ import annotations

import bz2
import gzip
import itertools
import lzma
import math
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools import arpa, arpareader
from nlptools.arpa import arpa_pieces, looks_like_arpa, read_arpa, write_arpa
from nlptools.errors import NlptoolsError
from nlptools.ngrammodel import ModelLevel, NgramModel
from nlptools.storage import ColumnWriter, SpillFile
from nlptools.symbols import symbol_order
from nlptools.weaving import decimals, weave

# Ids: <unk> 0, 天 1, 玄 2, </s> 3, <s> 4, PM2.5 5. Row i of the 1-grams is id i.
MINI = (Path(__file__).parent / "data" / "mini.arpa").read_text(encoding="utf-8")
VOCABULARY = ("<unk>", "天", "玄", "</s>", "<s>", "PM2.5")

Ngrams = dict[tuple[str, ...], tuple[float, float]]


def f32(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def mini() -> NgramModel:
    first = ModelLevel(
        np.arange(6),
        f32(-1.5, -0.69897, -0.7781513, -0.90309, -99, -2),
        f32(0, -0.30103, -0.1760913, 0, -0.2218487, 0),
        np.array([0, 0, 2, 3, 3, 5, 5]),
    )
    second = ModelLevel(
        np.array([2, 3, 1, 1, 5]),
        f32(-0.39794, -0.5228787, -0.60206, -0.2218487, -1.0457575),
        f32(-0.1249387, 0, 0, 0.09691, 0),
        np.array([0, 1, 1, 1, 3, 3]),
    )
    third = ModelLevel(np.array([1, 2, 3]), f32(-0.0457575, -0.30103, -0.4771213), None, None)
    return NgramModel(
        VOCABULARY, (first, second, third), {"source": "天地", "latin": "run", "fold": ["t2s"]}
    )


def check_same(a: NgramModel, b: NgramModel) -> None:
    assert a.vocabulary == b.vocabulary
    assert a.settings == b.settings
    assert a.order == b.order
    for level, other in zip(a.levels, b.levels, strict=True):
        np.testing.assert_array_equal(level.symbols[:], other.symbols[:])
        for name in ("log_probs", "backoffs", "children"):
            column, twin = getattr(level, name), getattr(other, name)
            assert (column is None) == (twin is None), name
            if column is not None:
                np.testing.assert_array_equal(column[:], twin[:], name)
                assert name == "children" or column.dtype == twin.dtype == np.float32
                assert not np.signbit(twin[:][twin[:] == 0]).any()


def text_of(model: NgramModel) -> str:
    return b"".join(arpa_pieces(model)).decode()


def model_of(ngrams: Ngrams, settings: Mapping[str, Any] | None = None) -> NgramModel:
    """The model of n-grams with (log10 prob, back-off); with every n-gram come its prefixes."""
    words = sorted({ngram[0] for ngram in ngrams if len(ngram) == 1} - {"<unk>"}, key=symbol_order)
    vocabulary = ("<unk>", *words)
    ids = {word: i for i, word in enumerate(vocabulary)}
    order = max(map(len, ngrams))
    levels: list[ModelLevel] = []
    rows = [
        sorted(([ids[w] for w in n], n) for n in ngrams if len(n) == k + 1) for k in range(order)
    ]
    for k, level in enumerate(rows):
        logs, backs = (
            zip(*(ngrams[ngram] for _, ngram in level), strict=True) if level else ((), ())
        )
        children = None
        if k + 1 < order:
            below = [key[:-1] for key, _ in rows[k + 1]]
            ends = itertools.accumulate(below.count(key) for key, _ in level)
            children = np.array([0, *ends])
        symbols = np.array([key[-1] for key, _ in level], int)
        levels.append(
            ModelLevel(symbols, f32(*logs), f32(*backs) if k + 1 < order else None, children)
        )
    return NgramModel(vocabulary, tuple(levels), settings or {})


def ngrams_of(model: NgramModel) -> Ngrams:
    """The n-grams with (log10 prob, back-off), 0 where there is none."""
    ngrams: Ngrams = {}
    for n, level in enumerate(model.levels, 1):
        backoffs = np.zeros(len(level)) if level.backoffs is None else level.backoffs[:]
        for row, key in enumerate(np.array(model.symbols_of(n, np.arange(len(level)))).T.tolist()):
            ngram = tuple(model.vocabulary[i] for i in key)
            ngrams[ngram] = float(level.log_probs[row]), float(backoffs[row])
    return ngrams


def arpa_of(ngrams: Ngrams) -> str:
    """A file with these n-grams in this order, written plainly."""
    order = max(map(len, ngrams))
    text = "\\data\\\n"
    for k in range(1, order + 1):
        text += f"ngram {k}={sum(len(ngram) == k for ngram in ngrams)}\n"
    for k in range(1, order + 1):
        text += f"\n\\{k}-grams:\n"
        for ngram, (log, back) in ngrams.items():
            if len(ngram) == k:
                text += f"{log!r}\t{' '.join(ngram)}" + (f"\t{back!r}\n" if k < order else "\n")
    return text + "\n\\end\\\n"


def score(ngrams: Ngrams, words: tuple[str, ...]) -> float:
    """log10 p(last word | those before it), by the definition of back-off."""
    if words in ngrams:
        return ngrams[words][0]
    return ngrams.get(words[:-1], (0.0, 0.0))[1] + score(ngrams, words[1:])


def round7(value: float) -> float:
    return float(np.float32(round(value, 7)))


SPECIAL = ["<unk>", "<s>", "</s>"]
WORD = st.sampled_from(
    ["天", "地", "玄", "𠮷", "PM2.5", "a" * 64, "b" * 9, "\u3000", "#", "\\data\\"]
) | (st.text(min_size=1).filter(lambda t: not set(t) & set(" \t\r\n\0") and t != "<UNK>"))
LOG = st.floats(-99, 0).map(round7) | st.sampled_from([0.0, -99.0, -1.0])
BACKOFF = st.floats(-99, 5).map(round7) | st.sampled_from([0.0, -99.0, -1.0])


@st.composite
def closed_ngrams(draw: st.DrawFn, max_order: int = 4) -> Ngrams:
    """N-grams of which every prefix is one."""
    words = list(dict.fromkeys([*SPECIAL, *draw(st.lists(WORD, max_size=6))]))
    value = st.tuples(LOG, BACKOFF)
    ngrams: Ngrams = {(word,): draw(value) for word in words}
    level = list(ngrams)
    for _ in range(draw(st.integers(1, max_order)) - 1):
        pairs = st.tuples(st.sampled_from(level), st.sampled_from(words))
        level = [(*a, b) for a, b in draw(st.lists(pairs, min_size=1, max_size=12, unique=True))]
        ngrams.update({ngram: draw(value) for ngram in level})
    return ngrams


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


def read(folder: Path, text: str | bytes) -> NgramModel:
    path = folder / "file"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_arpa(path)


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
    kenlm = pytest.importorskip("kenlm")
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
