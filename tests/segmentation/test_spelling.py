"""Words as symbols; the notes on words in compact models: those of the package, of other rules, damaged ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nlptools.base.packing import joined
from nlptools.errors import DataError
from nlptools.segmentation import cells, forms, kinds, measures, spelling
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.spelling import RULES, notes_of, spell
from nlptools.text.folding import FOLDS
from nlptools.text.lookup import lookup
from nlptools.wordmodel.model import OWN_MODELS, WordModel, WordNotes, load_model, load_weights

WORDS = ["的", "第二十条", "T恤", "3.14", "𠮷野", "二十", "——", "十点", "三五"]
MODEL = WordModel(
    WORDS, *np.ones((2, len(WORDS)), np.int64), -np.arange(len(WORDS), dtype=np.float64)
)
RENEW = (
    "raise RULES in spelling.py, run bin/general-model --notes, then change what this test expects"
)


@pytest.mark.parametrize("name", OWN_MODELS)
def test_the_models_of_the_package_have_the_notes_of_today(name: str) -> None:
    model = load_weights(OWN_MODELS[name])
    assert model.notes is not None
    made = notes_of(model.words)
    assert model.notes.rules == RULES, RENEW
    assert model.notes.glued.tolist() == made.glued.tolist(), RENEW
    assert model.notes.counted.tolist() == made.counted.tolist(), RENEW


def test_the_rules_of_that_number() -> None:
    """Notes in other files are only good as long as this stays, whatever words they have.

    An expression that is only written otherwise, and has the same matches, changes the digest alone.
    """
    expressions = (forms.cells_expression().pattern, str(forms.TRADITIONAL), measures.COUNTED)
    tables = (kinds.KINDS, kinds._STANDING, cells._FEATURES, measures._NUMBER)
    wide = (kinds._WIDE_LETTERS, kinds._WIDE_DIGITS, kinds._WIDE_MARKS)
    digest = hashlib.sha256("\n".join(expressions).encode())
    for table in (*tables, *wide):
        digest.update(np.asarray(table).astype("<u4").tobytes())
    assert (RULES, digest.hexdigest()[:16]) == (1, "fba5f1fa651e4ffb"), RENEW


def twin(words: list[str], longest: int) -> list[list[str]]:
    """The symbols of each word, one word at a time."""
    every = lookup(FOLDS)
    spelled = []
    for word in words:
        found = cells.cells(word)
        whole = all(
            kinds.kinds_of(np.array([ord(c[0])]))[0] in (kinds.HAN, kinds.WORD) for c in found
        )
        fits = whole and len(found) <= longest
        spelled.append([every.text(cell) for cell in found] if fits else [])
    return spelled


LETTERS = "天地三十点条第TＴ恤3.5+—𠮷電\u0301\n"


@given(st.lists(st.text(LETTERS, max_size=6), max_size=8))
@example(["", "\n3"])
@example(["天", "\n3"])
@example(["", "\n3"])
@example(["天", "\n3"])
def test_as_the_slow_twin(words: list[str]) -> None:
    given_notes = notes_of(words).glued
    for glued in (None, given_notes):
        symbols, ids = spell(words, 4, lookup(FOLDS), glued)
        assert [[symbols[i - 1] for i in row if i] for row in ids.tolist()] == twin(words, 4)
        assert len(set(symbols)) == len(symbols) == ids.max(initial=0)


def test_notes_of_a_model(tmp_path: Path) -> None:
    notes = notes_of(WORDS)
    text, _ = joined(WORDS)
    assert "".join(text[i] for i in notes.glued) == "二十.14十—五"
    assert [WORDS[i] for i in notes.counted] == ["第二十条"]
    path = tmp_path / "m.nlpm"
    MODEL.save(path, notes=notes)
    read = load_weights(path).notes
    assert read is not None
    assert [column.tolist() for column in read[1:]] == [column.tolist() for column in notes[1:]]
    assert load_model(path).packed() == MODEL.packed()


def test_a_segmenter_by_notes_finds_nothing_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.nlpm"
    text = "第二十条的T恤，𠮷野3.14——三五"
    expected = Segmenter.from_model(MODEL).segment(text)
    MODEL.save(path, notes=notes_of(WORDS))

    def found_out(words: list[str]) -> WordNotes:
        raise AssertionError

    monkeypatch.setattr(spelling, "notes_of", found_out)
    assert Segmenter.load(path).segment(text) == expected
    for notes in (None, WordNotes(0, *map(np.array, ([2], [0])))):
        MODEL.save(path, notes=notes)
        with pytest.raises(AssertionError):
            Segmenter.load(path)


def test_notes_of_other_rules_are_not_used(tmp_path: Path) -> None:
    path = tmp_path / "m.nlpm"
    MODEL.save(path, notes=WordNotes(RULES + 1, *map(np.array, ([2], [0]))))
    text = "第二十条的T恤，𠮷野3.14——三五"
    assert Segmenter.load(path).segment(text) == Segmenter.from_model(MODEL).segment(text)


@pytest.mark.parametrize(
    ("glued", "counted", "problem"),
    [
        ([2, 2], [], "notes on words that it does not have"),
        ([3, 2], [], "notes on words that it does not have"),
        ([-1], [], "notes on words that it does not have"),
        ([2, -(1 << 62)], [], "notes on words that it does not have"),
        ([len("".join(WORDS))], [], "notes on words that it does not have"),
        ([], [len(WORDS)], "notes on words that it does not have"),
        ([0], [], "the first character of a word goes on with another word"),
        ([1], [], "the first character of a word goes on with another word"),
    ],
)
def test_notes_that_cannot_be(
    tmp_path: Path, glued: list[int], counted: list[int], problem: str
) -> None:
    path = tmp_path / "m.nlpm"
    columns = (np.array(column, np.int64) for column in (glued, counted))
    MODEL.save(path, notes=WordNotes(RULES, *columns))
    for load in (load_model, load_weights, Segmenter.load):
        with pytest.raises(DataError, match=problem) as caught:
            load(path)
        assert str(caught.value).startswith(f"{path}: damaged model file: ")


def test_damage(tmp_path: Path) -> None:
    path = tmp_path / "m.nlpm"
    data = MODEL.packed(notes_of(WORDS))
    for at in range(0, len(data), 5):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        try:
            assert Segmenter.load(path).segment("第二十条的T恤")
        except DataError as error:
            assert str(path) in str(error)
