"""Alphabets: canonical order, packed and unpacked, the union of several piece by piece, names kept for a part alone."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.ngrams import alphabet as alphabets
from nlptools.ngrams.alphabet import Alphabet, sort_key, symbol_order, union
from nlptools.ngrams.count import count_ngrams
from nlptools.ngrams.counts import load_counts
from nlptools.ngrams.symbols import SymbolEncoder
from nlptools.text.corpus import Corpus

SYMBOLS = st.sampled_from(
    ["天", "地", "豈", "𠮷", "\U00031350", "a", "B", "10", "β", "a1", "ab", "<s>", "，", "\ud800"]
)


def test_alphabet() -> None:
    alphabet = Alphabet(("地", "天"))
    assert alphabet.ids(["天", "玄", "地", ""]).tolist() == [2, -1, 1, -1]
    assert len(alphabet) == 2
    assert alphabet.text == "地\n天".encode()
    assert alphabet == Alphabet.packed(alphabet.text, 2)
    assert hash(alphabet) == hash(Alphabet(["地", "天"]))
    assert len(Alphabet()) == len(Alphabet().symbols) == 0


def test_union() -> None:
    one, other = Alphabet(("地", "天")), Alphabet(("天", "A"))
    found, ids = union([one, other, Alphabet()])
    assert found.symbols == ("地", "天", "A")
    assert [own.tolist() for own in ids] == [[1, 2], [2, 3], []]
    assert union([one])[0] is one


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sets(SYMBOLS), min_size=1, max_size=9), st.integers(1, 12))
def test_union_is_the_sorted_set(sets: list[set[str]], piece: int) -> None:
    """Whatever is unpacked at a time."""
    made = [Alphabet(sorted(names, key=symbol_order)) for names in sets]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alphabets, "_PIECE", piece)
        found, ids = union(made)
        assert found.symbols == tuple(sorted(set().union(*sets), key=symbol_order))
        assert found.in_order()
        for alphabet, own in zip(made, ids, strict=True):
            assert [found.symbols[i - 1] for i in own.tolist()] == list(alphabet.symbols)


@given(st.lists(SYMBOLS))
def test_the_two_keys_are_one_order(symbols: list[str]) -> None:
    assert sorted(symbols, key=sort_key) == sorted(symbols, key=symbol_order)


@pytest.mark.parametrize("text", ["a\n天", "天\n天", "b\na", "天\n", "\n", "天\n\n"])
def test_what_is_not_in_order(text: str) -> None:
    assert not Alphabet.packed(text.encode(), text.count("\n") + 1).in_order()


def test_a_file_whose_symbols_are_not_in_order(tmp_path: Path) -> None:
    counts = count_ngrams(Corpus.from_texts(["地天"]), order=1)
    counts.save(tmp_path / "c")
    data = (tmp_path / "c").read_bytes()
    swapped = data.replace("地\n天".encode(), "天\n地".encode())
    assert swapped != data
    with pytest.raises(DataError, match="the symbols of its alphabet are not in order"):
        load_counts(tmp_path / "c", data=swapped)


@pytest.mark.parametrize("sentences", ["none", "clause"])
def test_names_are_forgotten(sentences: str) -> None:
    """The symbols stay what they are, also those of the boundaries; their ids are small again."""
    encoder = SymbolEncoder(sentences=sentences)
    encoder.encode(" ".join(f"n{i}" for i in range(100_000)))
    ids = encoder.encode("天 n99999 n7 n7 𠮷")
    assert ids.dtype == np.uint32
    marks = list(encoder.boundaries()) if sentences == "clause" else []
    first, second = encoder.restarted([ids, np.array([0, *marks], np.uint32)])
    assert first.dtype == np.uint16
    assert encoder.texts(first[first > 0]) == ["天", "n99999", "n7", "n7", "𠮷"]
    assert np.array_equal(first == 0, ids == 0)
    assert second.tolist() == [0, *marks]
    assert len(encoder) < 40_000
    again = encoder.encode("n8 n7")
    assert encoder.texts(again[again > 0]) == ["n8", "n7"]


@pytest.mark.parametrize("sentences", ["none", "clause"])
def test_many_names_in_many_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sentences: str
) -> None:
    """Parts that end inside of a run of symbols, with names of their own: as in one part."""
    rng = random.Random(3)
    names = [f"{rng.getrandbits(40):x}" for _ in range(4000)]
    text = "".join("天" + rng.choice("地玄黄𠮷") + rng.choice(names) for _ in range(20_000))
    (tmp_path / "a").write_text(f"{text}\n天地，玄黄\n", encoding="utf-8")
    corpus = Corpus([tmp_path / "a"], block_size=3000)
    whole = count_ngrams(corpus, order=3, sentences=sentences, workers=1)
    kept: list[int] = []
    restarted = SymbolEncoder.restarted

    def watched(encoder: SymbolEncoder, arrays: list[np.ndarray]) -> list[np.ndarray]:
        kept.append(len(encoder))
        return restarted(encoder, arrays)

    monkeypatch.setattr(SymbolEncoder, "restarted", watched)
    monkeypatch.setattr("nlptools.ngrams.count.part_room", lambda *_: 7000)
    monkeypatch.setattr(alphabets, "_PIECE", 5000)
    parts = count_ngrams(corpus, order=3, sentences=sentences, workers=1)
    assert len(kept) > 5
    assert parts.alphabet == whole.alphabet
    assert list(parts) == list(whole)
