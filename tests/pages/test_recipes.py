"""The recipes of a guide that are no console: they are run where what they import is installed."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import HANG, posix
from places import ROOT

import nlptools

GUIDE, SCALE = (ROOT / "docs" / "guides" / f"{name}.md" for name in ("pretraining", "scale"))
TEXTS = ["入秋以后，寒鸦渡的船就少了。\n沈渡秋没有答话。", "", "寒鸦渡的船"] * 3


def recipe(library: str, guide: Path = GUIDE) -> str:
    """The block of a guide that imports a library."""
    return block("python", rf"^(from|import) {library}\b", guide)


def block(kind: str, pattern: str, guide: Path) -> str:
    """The only block of that kind in which a pattern is found."""
    fences = rf"^```{kind}\n(.*?)^```$"
    found = re.findall(fences, guide.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (block for block in found if re.search(pattern, block, re.MULTILINE))
    return str(block)


def run_recipe(command: list[str], folder: Path, **env: str) -> None:
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        timeout=HANG,
        check=False,
        env={"PATH": path, "RAY_DISABLE_MEMORY_MONITOR": "1"} | env,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]


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
    run_recipe([sys.executable, "-c", recipe(library)], tmp_path)
    nlptools.count(nlptools.Corpus.from_texts(TEXTS)).save(tmp_path / "one.counts")
    assert (tmp_path / made).read_bytes() == (tmp_path / "one.counts").read_bytes()
    if library == "ray":
        words = nlptools.Corpus([tmp_path / "cut"], field="words")
        (first, *_) = [text for batch in words.documents() for text in batch.texts if text]
        assert first.startswith("入秋 以后 ， ")
    shutil.rmtree(tmp_path / "hub")


@posix
@pytest.mark.parametrize("by", ["Slurm", "Ray"])
def test_files_are_counted_and_segmented_as_one_text(by: str, tmp_path: Path) -> None:
    """The scripts of the guide; of Slurm, a task after the other, and what is submitted for the end."""
    texts = ["入秋以后，寒鸦渡的船就少了。\n", "沈渡秋没有答话。\n", "寒鸦渡的船\n"]
    (tmp_path / "crawl" / "in it").mkdir(parents=True)
    for name, text in zip(("b.txt", "in it/a.txt", "z.txt"), texts, strict=True):
        (tmp_path / "crawl" / name).write_text(text, "utf-8")
    if by == "Ray":
        if not importlib.util.find_spec("ray"):
            pytest.skip("no ray")
        run_recipe([sys.executable, "-c", recipe("ray", SCALE)], tmp_path)
        shards = sorted((tmp_path / "shards").glob("*.txt"))
        (tmp_path / "all.txt").write_bytes(b"".join(path.read_bytes() for path in shards))
    else:
        task, submit = (block("sh", start, SCALE) for start in (r"^#SBATCH", r"^job=\$\(sbatch"))
        first, _, _ = submit.partition("job=")
        run_recipe(["sh", "-c", first], tmp_path)
        for number in (1, 3, 2, 1):  # as they come; one of them again
            run_recipe(["sh", "-c", task], tmp_path, SLURM_ARRAY_TASK_ID=str(number))
        last = re.search(r"--wrap '(.*)'", submit)
        assert last is not None
        run_recipe(["sh", "-c", last[1]], tmp_path)
    paths = sorted(path for path in (tmp_path / "crawl").rglob("*") if path.is_file())
    nlptools.count(nlptools.Corpus(paths)).save(tmp_path / "one.counts")
    assert (tmp_path / "all.counts").read_bytes() == (tmp_path / "one.counts").read_bytes()
    words = "".join(nlptools.segment_corpus(nlptools.Corpus(paths), nlptools.Segmenter.load()))
    assert (tmp_path / "all.txt").read_text("utf-8") == words
