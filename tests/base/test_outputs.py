"""A file or a folder appears when it is complete, with the rights of what it replaces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nlptools.base import outputs
from nlptools.base.outputs import folder_for, whole_file, whole_folder
from nlptools.errors import DataError

posix = pytest.mark.skipif(os.name != "posix", reason="modes and owners of POSIX")
linux = pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="files without a name")


@pytest.fixture(params=["nameless", "named"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on a disk with files without a name, and on one without."""
    if request.param == "named":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    elif not hasattr(os, "O_TMPFILE"):
        pytest.skip("no files without a name")
    return tmp_path


def put(path: Path, content: bytes = b"new") -> None:
    with whole_file(path) as stream:
        stream.write(content)


@posix
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o755, 0o200])
def test_the_mode_stays(folder: Path, mode: int) -> None:
    path = folder / "out"
    path.write_bytes(b"old")
    path.chmod(mode)
    with whole_file(path) as stream:
        stream.write(b"new")
        # Not for a moment is it more than it was: the file under way has the mode already.
        assert os.fstat(stream.fileno()).st_mode & 0o777 == mode
    assert path.stat().st_mode & 0o777 == mode
    path.chmod(0o600)
    assert path.read_bytes() == b"new"


@posix
def test_the_mode_of_a_new_file_is_what_the_umask_leaves(folder: Path) -> None:
    before = os.umask(0o027)
    try:
        put(folder / "out")
    finally:
        os.umask(before)
    assert (folder / "out").stat().st_mode & 0o777 == 0o640


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives away")
def test_the_owner_stays(folder: Path) -> None:
    path = folder / "out"
    path.write_bytes(b"old")
    os.chown(path, 1234, 2345)
    path.chmod(0o640)
    put(path)
    status = path.stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 2345, 0o640)


@posix
def test_the_owner_that_may_not_be_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    (folder / "out").write_bytes(b"old")
    monkeypatch.setattr(os, "fchown", refuse)
    put(folder / "out")
    assert (folder / "out").read_bytes() == b"new"


@posix
@pytest.mark.parametrize("name", ["x" * 255, "很" * 83, "很" * 85])
def test_long_names(folder: Path, name: str) -> None:
    for _ in range(2):
        put(folder / name)
    assert os.listdir(folder) == [name]


@linux
def test_a_hidden_file_of_another_process_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Containers that share a folder may have the same process number, and more."""
    (tmp_path / ".out.0000").write_bytes(b"of somebody else")
    names = iter(["0000", "0001"])
    monkeypatch.setattr(outputs, "_random_digits", lambda: next(names))
    put(tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == [".out.0000", "out"]
    assert (tmp_path / ".out.0000").read_bytes() == b"of somebody else"


def test_nothing_is_left_of_what_fails(folder: Path) -> None:
    (folder / "out").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole_file(folder / "out") as stream:
        stream.write(b"half")
        raise ZeroDivisionError
    assert os.listdir(folder) == ["out"]
    assert (folder / "out").read_bytes() == b"old"


def test_what_a_reader_raises_is_not_blamed_on_the_output(folder: Path) -> None:
    with pytest.raises(OSError, match="of a disk") as raised, whole_file(folder / "out"):
        raise OSError(28, "of a disk")
    assert not isinstance(raised.value, DataError)


# --- folders -----------------------------------------------------------------------------------


def fill(path: Path, name: str = "part") -> None:
    with whole_folder(path, lambda target: None) as folder:
        (folder / name).write_bytes(b"new")


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    for name in ("a", "b"):
        fill(tmp_path / "out", name)
        assert os.listdir(tmp_path) == ["out"]
        assert os.listdir(tmp_path / "out") == [name]
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "out", lambda target: None):
        raise ZeroDivisionError
    assert os.listdir(tmp_path / "out") == ["b"]


@posix
def test_a_folder_through_a_link_with_its_mode(tmp_path: Path) -> None:
    (tmp_path / "place").mkdir(mode=0o750)
    (tmp_path / "link").symlink_to("place")
    fill(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert os.listdir(tmp_path / "place") == ["part"]
    assert (tmp_path / "place").stat().st_mode & 0o777 == 0o750


@posix
def test_leftovers_of_killed_runs_go(tmp_path: Path) -> None:
    """Those that nobody holds; not what another process fills, and not what is no leftover."""
    (tmp_path / ".out.dead/made").mkdir(parents=True)
    (tmp_path / ".out.mine").mkdir()
    (tmp_path / ".out.mine/notes").write_bytes(b"of somebody else")
    with whole_folder(tmp_path / "out", lambda target: None):
        fill(tmp_path / "out", "while the other is under way")
        assert len(list(tmp_path.glob(".out.*"))) == 2
    assert sorted(os.listdir(tmp_path)) == [".out.mine", "out"]


@posix
def test_a_folder_that_was_put_aside_comes_back(tmp_path: Path) -> None:
    """A run that is killed between two renames has lost nothing."""
    (tmp_path / ".out.dead/old").mkdir(parents=True)
    (tmp_path / ".out.dead/old/part").write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "out", lambda target: None):
        raise ZeroDivisionError
    assert os.listdir(tmp_path) == ["out"]
    assert (tmp_path / "out/part").read_bytes() == b"old"


def test_a_folder_without_files_goes_when_writing_fails(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), folder_for(tmp_path / "a/b"):
        raise KeyboardInterrupt
    assert not (tmp_path / "a").exists()
    with pytest.raises(ValueError), folder_for(tmp_path / "a/b") as folder:
        (folder / "file").touch()
        raise ValueError
    assert (tmp_path / "a/b/file").exists()
    with pytest.raises(DataError, match="file/c: cannot write"), folder_for(folder / "file/c"):
        pass
