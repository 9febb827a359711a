"""Files elsewhere: read as those here, from memory://, from a web server on this machine; what fails is one line."""

from __future__ import annotations

import gzip
import http.server
import io
import json
import sys
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from commandline import run

from nlptools.errors import DataError, install_hint
from nlptools.text.corpus import Corpus
from nlptools.text.remote import is_remote

fsspec = pytest.importorskip("fsspec", reason="no fsspec: bin/setup remote")

FILES = {
    "a.txt": "天地\n玄黄".encode(),
    "b/c.txt.gz": gzip.compress("宇宙\n".encode()),
    "b/d.txt": "洪荒\n".encode(),
    "b/.hidden": b"\xff",
}


@pytest.fixture
def memory() -> Iterator[str]:
    system = fsspec.filesystem("memory")
    for name, data in FILES.items():
        system.pipe(f"/corpus/{name}", data)
    yield "memory://corpus"
    system.rm("/corpus", recursive=True)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server that knows no ranges, as many do."""
    (tmp_path / "a.txt").write_bytes(FILES["a.txt"])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=tmp_path))
    threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
    ).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def text_of(*paths: str, **reading: Any) -> list[str]:
    return [block.text for block in Corpus(paths, **reading).blocks()]


def failure(path: str, **reading: Any) -> DataError:
    with pytest.raises(DataError) as caught:
        text_of(path, **reading)
    assert "\n" not in str(caught.value)
    return caught.value


def test_what_is_elsewhere() -> None:
    assert all(map(is_remote, ("hf://datasets/a", "S3://b/c", "s3a://b", "https://x.org/a?b")))
    assert not any(map(is_remote, ("a/b", "C://x", "-", "s3:/a", "://a", "天://a")))


def test_files_folders_and_patterns(memory: str) -> None:
    assert text_of(f"{memory}/a.txt") == ["天地\n玄黄"]
    assert text_of(memory) == ["天地\n玄黄", "宇宙\n", "洪荒\n"]
    assert text_of(f"{memory}/b/*.txt") == ["洪荒\n"]
    assert text_of(f"{memory}/**/*.gz") == ["宇宙\n"]
    # One that is named and in the folder is read once, as on this machine.
    assert text_of(f"{memory}/b/d.txt", f"{memory}/b") == ["洪荒\n", "宇宙\n"]
    corpus = Corpus([memory])
    assert corpus.rereadable
    assert corpus.total_bytes == sum(
        len(data) for name, data in FILES.items() if "hidden" not in name
    )
    assert [block.source for block in corpus.blocks()] == [
        f"memory:///corpus/{name}" for name in ("a.txt", "b/c.txt.gz", "b/d.txt")
    ]
    assert corpus.bytes_read == corpus.total_bytes


def test_tables_elsewhere(memory: str) -> None:
    pa = pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup parquet")
    parquet = pytest.importorskip("pyarrow.parquet")
    data = io.BytesIO()
    parquet.write_table(pa.table({"t": ["天", "地"]}), data)
    fsspec.filesystem("memory").pipe("/corpus/t.parquet", data.getvalue())
    assert text_of(f"{memory}/t.parquet", field="t") == ["天\n地"]
    fsspec.filesystem("memory").pipe("/corpus/t.parquet", data.getvalue()[:-20])
    assert failure(f"{memory}/t.parquet", field="t").problem.startswith("damaged file: ")


def test_what_is_not_there(memory: str) -> None:
    assert failure(f"{memory}/x").problem == "no such file"
    assert failure(f"{memory}/*.x").problem == "no file matches this pattern"
    error = failure("nosuchscheme://a")
    assert error.problem == "nosuchscheme:// is not known"
    assert str(error.hint).startswith("one of hf://")


def test_a_web_server(web: str) -> None:
    corpus = Corpus([f"{web}/a.txt"], block_size=4)
    for _ in range(2):
        assert "".join(block.text for block in corpus.blocks()) == "天地\n玄黄"
    assert failure(f"{web}/b.txt").problem == "no such file"


def test_nobody_answers() -> None:
    assert failure("http://127.0.0.1:9/a.txt").problem.startswith("cannot be read: ")


def test_without_the_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, module, None)
    error = failure("s3://bucket/a.txt")
    assert (error.problem, error.hint) == (
        "reading s3:// needs the module fsspec",
        install_hint("remote"),
    )


def test_without_the_module_of_a_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {"class": "nowhere.System", "err": "Install nowhere to read from there"}
    monkeypatch.setitem(sys.modules["fsspec.registry"].known_implementations, "nowhere", known)
    error = failure("nowhere://bucket/a.txt")
    assert error.problem == "reading nowhere:// needs a module that is not installed"
    assert error.hint == "Install nowhere to read from there"


def test_nothing_is_loaded_for_files_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("fsspec", "fsspec.core"):
        monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / "a.txt"
    path.write_text("天", encoding="utf-8")
    assert text_of(str(path)) == ["天"]


def test_commands(web: str, tmp_path: Path) -> None:
    done = run("count", "--tsv", f"{web}/a.txt")
    assert done.code == 0
    assert "玄黄\t1" in done.out
    done = run("count", f"{web}/a.txt", "-o", "s3://bucket/a.counts")
    assert done.code == 1
    assert "s3://bucket/a.counts: files are written on this machine" in done.err
    done = run("count", f"{web}/b.txt", "-o", str(tmp_path / "a.counts"))
    assert (done.code, json.dumps(list(tmp_path.glob("*.counts")))) == (1, "[]")
