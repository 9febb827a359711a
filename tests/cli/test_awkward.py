"""Real files with everything that goes wrong in files: read, or refused in a sentence."""

from __future__ import annotations

import importlib.util
import re
import time
from collections.abc import Callable

import pytest
from commandline import run
from places import DATA

from nlptools.discovery.columns import COLUMNS

HEADER = "\t".join(COLUMNS)
AWKWARD = DATA / "awkward"


needs_awkward = pytest.mark.skipif(
    not AWKWARD.is_dir(), reason=f"no folder {AWKWARD}; NLPTOOLS_DATA names the evaluation data"
)


def awkward_files() -> list[str]:
    return sorted(
        path.relative_to(AWKWARD).as_posix()
        for folder in ("real", "made")
        for path in (AWKWARD / folder).glob("*")
    )


def sane(text: str) -> bool:
    """No replacement, control or half characters in what is printed."""
    return not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffd\ufeff]", text)


# What is wrong with the text of a file has to be said; the others have to be read.
REFUSED = re.compile(
    r"gbk|gb18030|big5|Big5|EUC-TW|GB2312|utf16le_nobom|nul_gb|random_byte|cut_mid|mixed_enc"
    r"|surrogates|truncated|\.tar\.gz"
)
# No plain text, whatever the encoding: the mark-up would be counted.
MARKED = re.compile(r"\.srt$|\.json$")


# Files of the same text.
TWINS = [
    ("made/laws6MB.txt.gz", "made/laws6MB.multimember.txt.gz", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.bz2", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.xz", []),
    ("made/laws6MB.txt.gz", "made/laws6MB.txt.zst", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.gb18030.txt", ["--encoding", "gb18030"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.gb18030.txt", ["--encoding", "auto"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_bom.txt", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16be_bom.txt", []),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_nobom.txt", ["--encoding", "utf-16-le"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf16le_nobom.txt", ["--encoding", "auto"]),
    ("made/laws1MB.plain.txt", "made/laws1MB.utf8_bom_crlf.txt", []),
    ("real/utf8_pku_test.txt", "real/gbk_pku_test.txt", ["--encoding", "gbk"]),
]


@needs_awkward
@pytest.mark.parametrize("name", awkward_files())
def test_awkward_file(name: str) -> None:
    commands = [["count", "--tsv", "--order", 2, "--min-count", 2], ["discover"]]
    if name in {other for plain, other, _ in TWINS if "6MB" in plain}:
        del commands[1]  # 6 MB of which the counts are compared below
    for command in commands:
        start = time.process_time()
        done = run(*command, AWKWARD / name)
        if REFUSED.search(name) or MARKED.search(name):
            assert str(AWKWARD / name) in done.error
            assert done.out == ""
        else:
            assert done.ok().out.startswith(("ngram\tcount\n", HEADER + "\n"))
        assert sane(done.out)
        assert sane(done.err)
        # Of a processor, not of the clock: nothing in a file makes work that grows faster than the file.
        assert time.process_time() - start < 60


@needs_awkward
@pytest.mark.parametrize("name", [name for name in awkward_files() if REFUSED.search(name)])
def test_awkward_file_with_the_hint_followed(name: str) -> None:
    """What the hint says helps: with --encoding and --on-error replace all text is read."""
    command = ["discover", AWKWARD / name, "--on-error", "replace", "--encoding"]
    done = run(*command, "auto")
    if re.search(r"truncated\.txt\.gz|\.tar\.gz", name):
        assert done.error
        return
    if done.code:
        assert "cannot tell the encoding\nhint: name it with --encoding" in done.error
        done = run(*command, "gb18030")
    assert sane(done.ok().out)


@needs_awkward
def test_the_awkward_files_are_there() -> None:
    listed = re.findall(
        r"^\| ((?:real|made)/\S+) \|", (AWKWARD / "MANIFEST.md").read_text("utf-8"), re.M
    )
    assert set(listed) <= set(awkward_files())
    assert len(listed) > 50


@pytest.fixture(scope="module")
def twins_counted(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """The bytes of a counts file; those of the first of two twins are made once."""
    folder, made = tmp_path_factory.mktemp("twins"), {}

    def counted(name: str, *more: str) -> bytes:
        if (name, more) not in made:
            run("count", AWKWARD / name, "-o", folder / "c", "--order", 3, "-q", *more).ok()
            made[name, more] = (folder / "c").read_bytes()
        return made[name, more]

    return counted


@needs_awkward
@pytest.mark.parametrize("plain, other, more", TWINS)
def test_twins_count_alike(
    twins_counted: Callable[..., bytes], plain: str, other: str, more: list[str]
) -> None:
    if other.endswith(".zst") and not importlib.util.find_spec("zstandard"):
        pytest.skip("no zstandard: bin/setup zstd")
    assert twins_counted(other, *more) == twins_counted(plain)
