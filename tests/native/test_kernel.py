"""What is compiled gives the bytes of the NumPy code beside it; and when it is left alone."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from bothways import compiled, without
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import ROOT, SAMPLES

import nlptools
from nlptools.lattice.runs import arrange, find_runs
from nlptools.native import kernel
from nlptools.wordmodel.em import Base, Sums

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@pytest.fixture
def fresh_library() -> Iterator[None]:
    """The library is looked for anew, before and after."""
    kernel._library.cache_clear()
    yield
    kernel._library.cache_clear()


@pytest.mark.usefixtures("fresh_library")
@pytest.mark.parametrize("value", ["off", "0", "No"])
def test_it_can_be_switched_off(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernel.SWITCH, value)
    assert not kernel.usable()


@compiled
@pytest.mark.usefixtures("fresh_library")
def test_a_library_of_another_source_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert kernel.usable()
    kernel._library.cache_clear()
    for source in kernel.FOLDER.glob("*.[ch]"):
        (tmp_path / source.name).write_bytes(source.read_bytes() + b"\n")
    monkeypatch.setattr(kernel, "FOLDER", tmp_path)
    assert not kernel.usable()


@pytest.mark.usefixtures("fresh_library")
def test_a_library_that_is_none_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    library = tmp_path / "kernel.bin"
    library.write_bytes(b"no library")
    monkeypatch.setattr(kernel, "LIBRARY", library)
    assert not kernel.usable()


@compiled
def test_arrays_of_another_type_or_size_are_refused() -> None:
    found, weights = np.zeros(4, np.int32), np.ones(2, np.float32)
    ids = np.zeros(4, np.uint32)
    assert kernel.weigh(found, weights, ids, None).tolist() == [1, 1, 1, 1]
    with pytest.raises(TypeError, match="int64 of shape"):
        kernel.weigh(found.astype(np.int64), weights, ids, None)
    with pytest.raises(TypeError):  # not one number beside the other
        kernel.weigh(np.zeros(8, np.int32)[::2], weights, ids, None)
    with pytest.raises(ValueError, match="3 numbers where 4 are wanted"):
        kernel.weigh(found, weights, ids[:3], None)


def e_step(seed: int, lengths: list[int], with_base: bool, with_gaps: bool) -> list[Any]:
    """Random words in runs of these lengths -> posteriors of boundaries, log-likelihoods and sums."""
    rng = np.random.default_rng(seed)
    ids = np.concatenate([np.append(rng.integers(1, 9, n), 0) for n in lengths])
    tables = [np.append(0, np.exp(rng.uniform(-20, 0, 40))).astype(np.float32) for _ in range(4)]
    tables[0] = np.exp(rng.uniform(-9, 0, 9)).astype(np.float32)
    base = None
    if with_base:
        of_place = {k: [rng.random(9).astype(np.float32) for _ in range(k)] for k in (2, 3)}
        base = Base({}, of_place)
    sums, given = Sums([9, 41, 41, 41]), []
    for block in arrange(*find_runs(ids), 600):
        words = [rng.integers(0, 41, len(block)).astype(np.int32) for _ in range(3)]
        rare = np.flatnonzero(rng.random(len(block)) < 0.1).astype(np.int32)
        found = [(slice(None), ids[block.places].astype(np.uint16))]
        found += [(slice(None), words[0]), (slice(None), words[1]), (rare, words[2][rare])]
        gaps = np.exp(rng.uniform(-6, 6, len(block))).astype(np.float32) if with_gaps else None
        given.append(sums.expect(block, found, tables, base, gaps))
    return [
        b"".join(boundary.tobytes() for boundary, _ in given),
        b"".join(total[min(k, 1) :].tobytes() for k, total in enumerate(sums.totals)),
        sum(likelihood for _, likelihood in given),
    ]


@compiled
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 999),
    st.lists(st.integers(1, 40), min_size=1, max_size=400),
    st.booleans(),
    st.booleans(),
)
@example(1, [1] * 700, True, True)  # more runs than go through together
@example(2, [300, 3, 1], True, True)
def test_an_e_step(seed: int, lengths: list[int], with_base: bool, with_gaps: bool) -> None:
    *found, likelihood = e_step(seed, lengths, with_base, with_gaps)
    *expected, by_numpy = without(lambda: e_step(seed, lengths, with_base, with_gaps))
    assert found == expected
    assert likelihood == pytest.approx(by_numpy, rel=1e-5)


@compiled
def test_the_likelihood_of_long_runs_is_finite() -> None:
    *_, likelihood = e_step(3, [4000, 2500], True, False)
    assert likelihood == pytest.approx(without(lambda: e_step(3, [4000, 2500], True, False))[-1])


NOVEL = SAMPLES / "novel.txt"


@compiled
@pytest.mark.parametrize("workers", [1, 2])
def test_discover_gives_the_same(workers: int) -> None:
    def table() -> list[Any]:
        found = nlptools.discover(NOVEL, top=3000, workers=workers)
        return [found.words, found.scores.tobytes(), found.expected.tobytes()]

    assert table() == without(table)


@compiled
def test_train_and_segment_give_the_same() -> None:
    def work() -> list[Any]:
        model = nlptools.train(NOVEL, prior=None)
        text = NOVEL.read_text(encoding="utf-8")
        cut = nlptools.Segmenter.from_model(model).segment(text)
        weights = [model.words, model.weights.tobytes(), model.expected.tobytes()]
        return [*weights, cut, nlptools.Segmenter.load().segment(text * 3)]

    assert work() == without(work)


# --- bin/hatch_build.py --------------------------------------------------------------------------


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """It, for a copy of the source."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "bin" / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for source in kernel.FOLDER.glob("*.[ch]"):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    monkeypatch.setattr(module, "LIBRARY", tmp_path / "kernel.bin")
    monkeypatch.delenv("CC", raising=False)
    return module


@needs_compiler
def test_it_is_compiled_once(build: ModuleType) -> None:
    assert build.compile_kernel() == "the loops of nlptools/native are compiled"
    assert build.made_of(build.LIBRARY) == kernel.source_digest()
    assert build.compile_kernel() == ""
    with (build.FOLDER / "keys.c").open("ab") as source:
        source.write(b"\n")
    assert build.compile_kernel() == "the loops of nlptools/native are compiled"


def test_without_a_compiler_nothing_fails(
    build: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "no-such-compiler -q")
    said = build.compile_kernel()
    assert said.startswith("no loops are compiled (no-such-compiler: No such file")
    assert not build.LIBRARY.exists()


@needs_compiler
def test_what_cannot_be_compiled_is_said(build: ModuleType) -> None:
    (build.FOLDER / "keys.c").write_text("int broken(", encoding="utf-8")
    said = build.compile_kernel()
    assert said.startswith("no loops are compiled (")
    assert said.endswith("; NumPy does their work")
    assert {path.suffix for path in build.FOLDER.iterdir()} == {".c", ".h"}
