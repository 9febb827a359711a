"""Model files: what a name asks for, what a content is; `lm convert` as a function."""

from __future__ import annotations

from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run

from nlptools.errors import DataError
from nlptools.lm.files import convert_lm, format_of, is_native, open_lm, read_trie

assert np

MINI = Path(__file__).with_name("mini.arpa")


@pytest.mark.parametrize(
    "name, format",
    [
        ("a.arpa", "arpa"),
        ("A.ARPA.gz", "arpa"),
        ("a.arpa.zst", "arpa"),
        ("arpa", "arpa"),
        ("a.lm", "native"),
        ("arpa.lm", "native"),
    ],
)
def test_a_name_asks_for_a_format(name: str, format: str) -> None:
    assert format_of(Path("folder") / name) == format


def test_there_and_back(tmp_path: Path) -> None:
    model = convert_lm(MINI, tmp_path / "mini.lm")
    assert (model.order, model.levels[2].symbols[:].size) == (3, 3)
    assert is_native(tmp_path / "mini.lm")
    assert not is_native(MINI)
    convert_lm(tmp_path / "mini.lm", tmp_path / "back.arpa")
    convert_lm(tmp_path / "mini.lm", tmp_path / "back.arpa.xz")
    assert (tmp_path / "back.arpa.xz").read_bytes()[1:4] == b"7zX"
    assert read_trie(tmp_path / "back.arpa.xz").vocabulary == read_trie(MINI).vocabulary
    run("lm", "convert", MINI, "-o", tmp_path / "straight.arpa").ok()
    assert (tmp_path / "back.arpa").read_bytes() == (tmp_path / "straight.arpa").read_bytes()
    assert read_trie(tmp_path / "mini.lm").vocabulary == read_trie(MINI).vocabulary


def test_a_format_can_be_asked_for(tmp_path: Path) -> None:
    convert_lm(MINI, tmp_path / "mini.txt", format="arpa")
    assert not is_native(tmp_path / "mini.txt")
    with pytest.raises(
        ValueError, match="format must be one of native, arpa, compact, not 'kenlm'"
    ):
        convert_lm(MINI, tmp_path / "mini.lm", format="kenlm")
    assert not (tmp_path / "mini.lm").exists()


def test_to_look_things_up(tmp_path: Path) -> None:
    convert_lm(MINI, tmp_path / "mini.lm")
    for path in (MINI, tmp_path / "mini.lm"):
        model = open_lm(path)
        assert repr(model) == "LanguageModel(order 3, 6 symbols, 14 n-grams)"
        assert model.name == str(path)


def test_what_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("天地玄黄\n", encoding="utf-8")
    with pytest.raises(DataError):
        convert_lm(tmp_path / "text.txt", tmp_path / "out.lm")
    with pytest.raises(DataError, match="cannot read"):
        open_lm(tmp_path / "nothing.lm")
    with pytest.raises(DataError, match="a model cannot come from a pipe"):
        open_lm("/dev/null")
