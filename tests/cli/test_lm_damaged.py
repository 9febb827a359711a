"""Files that are no language model, or a damaged one: refused in a sentence, never a crash."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np  # before nlptools.cli, which sets NumPy's environment
import pytest
from commandline import run, write
from lmcases import Models, counts_of
from places import CLINIC, NOVEL

from nlptools.base import storage

USERS = [["score", "--model", "{}", str(CLINIC)], ["convert", "{}"], ["convert", "{}", "-o", "out"]]

users = pytest.mark.parametrize("command", USERS, ids=["score", "convert", "convert to a file"])


def refused(command: list[str], name: object) -> str:
    """The problem; nothing is printed, nothing is written."""
    done = run("lm", *(part.format(name) for part in command))
    assert done.out == ""
    assert not Path("out").exists()
    return done.error


@users
def test_what_is_no_model(command: list[str]) -> None:
    word_model = run("train", NOVEL, "-q").ok().out
    counts_of("a.counts", NOVEL)
    packed = gzip.compress(Path("a.counts").read_bytes())
    begins = "not an ARPA file: no line \\data\\; it begins"
    for name, content, problem in (
        ("text", NOVEL.read_bytes(), f"Error: text:1: {begins} '入秋"),
        ("empty", b"", "Error: empty: an empty file, not an ARPA file\n"),
        ("blank", b"\n \n", "Error: blank: an empty file, not an ARPA file\n"),
        ("json", b'{"a": 1}', "Error: json: JSON, not an ARPA file\n"),
        ("words", word_model.encode(), "Error: words: an nlptools word model, not an ARPA file\n"),
        ("bytes", bytes(range(256)) * 50, "Error: bytes:"),
        ("packed", packed, "Error: packed: a native nlptools file, not an ARPA file\n"),
        ("kenlm", b"mmap lm http://kheafield.com/code format\0", "a KenLM binary"),
    ):
        write(name, content)
        assert problem in refused(command, name), name
    assert refused(command, "a.counts").startswith(
        "Error: a.counts: an nlptools counts file, not a"
    )
    assert refused(command, "nothing") == (
        "Error: nothing: cannot read: No such file or directory\n"
    )
    Path("d").mkdir()
    assert refused(command, "d") == "Error: d: cannot read: Is a directory\n"


@users
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_model_that_may_not_be_read(novel: Models, command: list[str]) -> None:
    write("m", novel.native.read_bytes()).chmod(0)
    assert refused(command, "m") == "Error: m: cannot read: Permission denied\n"


@users
def test_broken_native_models(novel: Models, command: list[str]) -> None:
    whole = novel.native.read_bytes()
    lines = whole.split(b"\n", 2)
    broken = {
        "newer": (whole.replace(b" lm 1\n", b" lm 2\n", 1), "lm format 2; this version reads"),
        "head": (whole[:40], "damaged lm file"),
        "first": (whole[:13], "damaged lm file"),
        "name": (whole[:11], "not an nlptools lm file"),
        "changed": (whole.replace(b'"sizes"', b"'sizes'", 1), "damaged lm file"),
        "lost": (whole.replace(b'"rests2"', b'"rests9"', 1), "damaged lm file"),
        "short": (whole[:-300], "the file ends inside its arrays"),
        "half": (whole[: len(whole) // 2], "the file ends inside its arrays"),
        "empty": (lines[0] + b"\n", "damaged lm file"),
    }
    for name, (content, problem) in broken.items():
        assert content != whole, name
        write(name, content)
        assert f"Error: {name}: " in refused(command, name), name
        assert problem in refused(command, name), name


def rewritten(path: Path, name: str, change: Callable[[dict[str, object]], None]) -> Path:
    """A native file whose description was changed, and signed again."""
    container = storage.read_container(path, "lm", 1)
    meta, column = container.meta, container.column
    head = json.loads(path.read_bytes().split(b"\n", 2)[1])
    arrays = {array["name"]: np.array(column(array["name"], False)[:]) for array in head["arrays"]}
    everything = {**meta, "arrays_of": arrays}
    change(everything)
    arrays = everything.pop("arrays_of")
    with open(name, "wb") as stream:
        storage.write_container(stream, "lm", 1, everything, arrays)
    return Path(name)


CHANGES: dict[str, Callable[[dict[str, object]], None]] = {
    "sizes": lambda meta: meta["sizes"].__setitem__(1, 5),
    "orders": lambda meta: meta["sizes"].pop(),
    "bits": lambda meta: meta["bits"].__setitem__(0, 60),
    "bits of text": lambda meta: meta["bits"].__setitem__(0, "21"),
    "no sizes": lambda meta: meta.pop("sizes"),
    "no settings": lambda meta: meta.pop("settings"),
    "settings": lambda meta: meta.update(settings=[1]),
    "words": lambda meta: meta["arrays_of"].update(vocabulary=np.full(9, 10, np.uint8)),
    "no words": lambda meta: meta["arrays_of"].pop("vocabulary"),
    "not UTF-8": lambda meta: meta["arrays_of"]["vocabulary"].__setitem__(8, 255),
    "signed": lambda meta: meta["arrays_of"].update(
        rests2=meta["arrays_of"]["rests2"].astype(np.int16)
    ),
    "shorter": lambda meta: meta["arrays_of"].update(values3=meta["arrays_of"]["values3"][:-2]),
    "three": lambda meta: meta["arrays_of"].update(first2=meta["arrays_of"]["first2"][:3]),
}


@users
@pytest.mark.parametrize("change", list(CHANGES))
def test_native_models_that_disagree(novel: Models, command: list[str], change: str) -> None:
    rewritten(novel.native, "m", CHANGES[change])
    assert re.match(r"Error: m: damaged (language model|lm file): \S", refused(command, "m"))


def test_the_tool_that_damages_can_leave_it_whole(novel: Models) -> None:
    rewritten(novel.native, "m", lambda meta: None)
    assert Path("m").read_bytes() == novel.native.read_bytes()


def with_values(number: float) -> Callable[[dict[str, object]], None]:
    return lambda meta: meta["arrays_of"]["values2"].fill(number)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, -3e38, 3e38])
@pytest.mark.parametrize("command", USERS[:2], ids=["score", "convert"])
def test_native_models_with_impossible_numbers(
    novel: Models, command: list[str], number: float
) -> None:
    rewritten(novel.native, "m", with_values(number))
    assert "Error: m: damaged" in refused(command, "m")


@pytest.mark.parametrize("fold", [["other"], "nfkc", 5, None, [5], [["nfkc"]]])
@pytest.mark.parametrize("kind", ["native", "arpa"])
def test_a_model_with_an_unknown_fold(novel: Models, kind: str, fold: object) -> None:
    rewritten(novel.native, "m", lambda meta: meta["settings"].update(fold=fold))
    if kind == "arpa":
        text = novel.arpa.read_text("utf-8").replace('"fold":[]', f'"fold":{json.dumps(fold)}', 1)
        write("m", text)
    assert refused(USERS[0], "m").startswith("Error: m: ")


def test_native_models_cut_anywhere(novel: Models) -> None:
    whole = novel.native.read_bytes()
    for size in range(0, len(whole) - 128, len(whole) // 25):
        write("m", whole[:size])
        for command in USERS[:2]:
            assert re.match(r"Error: m(:1)?: ", refused(command, "m"))


def test_native_models_with_changed_bytes(novel: Models) -> None:
    """A wrong number may be a wrong score; it is no crash, and no other problem than one of the file."""
    rng = np.random.default_rng(5)
    whole = np.frombuffer(novel.native.read_bytes(), np.uint8)
    # The keys: buckets and rests; numbers have a test of their own.
    head = json.loads(novel.native.read_bytes().split(b"\n", 2)[1])
    base = len(whole) - sum(
        -(-a["length"] * np.dtype(a["dtype"]).itemsize // 64) * 64 for a in head["arrays"]
    )
    places = {a["name"]: base + a["offset"] for a in head["arrays"]}
    wrong = 0
    for name in ("first2", "rests2", "first3", "rests3", "first4", "rests4"):
        for size in (1, 300):
            damaged = whole.copy()
            at = places[name] + int(rng.integers(0, 2000))
            damaged[at : at + size] = rng.integers(0, 256, size)
            write("m", damaged.tobytes())
            for command in USERS[:2]:
                done = run("lm", *(part.format("m") for part in command))
                if done.code:
                    assert done.error.startswith("Error: m: damaged ")
                    wrong += 1
    assert wrong > 3


@users
def test_broken_arpa_files(novel: Models, command: list[str]) -> None:
    whole = novel.arpa.read_text("utf-8")
    first = whole.index("\\1-grams:")
    line = whole[: whole.index("\t一\t")].count("\n") + 1
    pairs = re.findall(r"^\S+(\t\S \S\t)", whole.partition("\\2-grams:")[2], re.MULTILINE)
    first_two, second = pairs[100], pairs[101]
    at = whole[: whole.index(first_two)].count("\n") + 1
    broken = {
        "counts": (re.sub(r"(?m)^ngram 2=\d+", "ngram 2=7", whole), "more 2-grams than announced"),
        "many": (re.sub(r"(?m)^ngram 3=\d+", "ngram 3=99999", whole), "of 99,999 3-grams"),
        "gap": (re.sub(r"(?m)^ngram 2=\d+\n", "", whole), "expected ngram 2=..., found"),
        "no counts": (whole[: whole.index("ngram 1")], "no 1-grams announced"),
        "number": (whole.replace("\n-1.", "\n-1,", 1), f"{line}: not a number: '-1,"),
        "above": (whole.replace("\n-1.", "\n1.", 1), f"{line}: the logarithm of a probability"),
        "unknown": (whole.replace("\t沈 渡\t", "\t沈 龘\t", 1), "is not among the 1-grams"),
        "twice": (whole.replace(second, first_two, 1), f"again, after line {at}"),
        "words": (whole.replace("\t沈 渡\t", "\t沈渡\t", 1), "'沈渡' is not among the 1-grams"),
        "section": (whole.replace("\\3-grams:", "\\4-grams:", 1), "expected \\3-grams:, found"),
        "end": (whole.replace("\\end\\", ""), "the file ends before \\end\\"),
        "more": (whole + "more\n", "text after \\end\\: 'more'"),
        "NUL": (whole.replace("\t", "\0", 9), "a NUL byte"),
        "order": (
            whole[:first] + "".join(f"ngram {n}=1\n" for n in range(5, 8)) + whole[first:],
            None,
        ),
    }
    for name, (content, problem) in broken.items():
        assert content != whole, name
        write(name, content)
        error = refused(command, name)
        assert re.match(rf"Error: {name}(:\d+)?: \S", error), error
        assert (problem or "") in error, error


def test_arpa_files_cut_anywhere(novel: Models) -> None:
    whole = novel.arpa.read_bytes()
    packed = gzip.compress(whole)
    for content in (whole, packed):
        for size in range(1, len(content) - 1, len(content) // 12):
            write("m", content[:size])
            assert re.match(r"Error: m(:\d+)?: \S", refused(USERS[0], "m"))


@users
def test_a_changed_bit_in_the_higher_orders(novel: Models, command: list[str]) -> None:
    """What looks like another model: only a checksum tells."""
    container = storage.read_container(novel.native, "lm", 1)
    whole = bytearray(novel.native.read_bytes())
    for name in ("first2", "rests3", "values3"):
        entry = container._entries[name]
        changed = bytearray(whole)
        changed[entry.offset + entry.length * entry.dtype.itemsize // 2] ^= 1
        write("changed", bytes(changed))
        assert f"the array {name} has another checksum" in refused(command, "changed"), name
