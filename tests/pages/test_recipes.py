"""The recipes of a guide that are no console: they are run where what they import is installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import HANG
from places import ROOT

import nlptools

GUIDE = ROOT / "docs" / "guides" / "pretraining.md"
TEXTS = ["入秋以后，寒鸦渡的船就少了。\n沈渡秋没有答话。", "", "寒鸦渡的船"] * 3


def recipe(library: str) -> str:
    """The block of the guide that imports a library."""
    found = re.findall(
        r"^```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    (block,) = (block for block in found if re.search(rf"^(from|import) {library}\b", block, re.M))
    return str(block)


@pytest.mark.parametrize("library, made", [("datatrove", "all.counts"), ("ray", "ray.counts")])
def test_shards_are_counted_as_one_text(library: str, made: str, tmp_path: Path) -> None:
    if not importlib.util.find_spec(library):
        pytest.skip(f"no {library}")
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    (tmp_path / "hub").mkdir()
    for shard in range(2):
        table = pa.table({"id": list("abcdefghi")[shard::2], "text": TEXTS[shard::2]})
        pq.write_table(table, tmp_path / "hub" / f"{shard}.parquet")
    # Ray starts a cluster of its own, and neither keeps the promises that our tests make of warnings.
    done = subprocess.run(
        [sys.executable, "-c", recipe(library)],
        cwd=tmp_path,
        capture_output=True,
        timeout=HANG,
        check=False,
        env={"PATH": str(Path(sys.executable).parent), "RAY_DISABLE_MEMORY_MONITOR": "1"},
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    nlptools.count(nlptools.Corpus.from_texts(TEXTS)).save(tmp_path / "one.counts")
    assert (tmp_path / made).read_bytes() == (tmp_path / "one.counts").read_bytes()
    if library == "ray":
        words = nlptools.Corpus([tmp_path / "cut"], field="words")
        (first, *_) = [text for batch in words.documents() for text in batch.texts if text]
        assert first.startswith("入秋 以后 ， ")
    shutil.rmtree(tmp_path / "hub")
