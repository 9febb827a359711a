"""`nlptools lm filter`: what is kept and dropped is everything, in order, byte for byte; what people are told."""

from __future__ import annotations

import gzip
import json
import math
import random
import re
from pathlib import Path
from typing import Any

import pytest
from commandline import linux, posix, run, shell, write
from places import NOVEL

GOOD = "今天天气很好，我们去公园散步。"
ODD = "好散，园去天步公我气今很们天。"
OTHER = "привет мир, добрый день"


def docs(number: int = 60) -> list[dict[str, Any]]:
    chance = random.Random(1)
    lines = [line for line in NOVEL.read_text("utf-8").split("\n") if line]
    made = []
    for place in range(number):
        text = "\n".join(chance.sample(lines, chance.randint(1, 4)))
        if chance.random() < 0.3:
            text = chance.choice([ODD, OTHER, "", GOOD, "首页 登录 注册 联系我们\n" * 4])
        made.append({"id": f"d{place}", "text": text, "n": [1, None, 2.50], "ü": "é"})
    return made


def json_lines(records: list[dict[str, Any]]) -> str:
    """Spelt in several ways: what is read is to be written as it stood."""
    rows = []
    for place, record in enumerate(records):
        separators = (",", ":") if place % 3 else (" , ", " :  ")
        rows.append(json.dumps(record, ensure_ascii=bool(place % 2), separators=separators))
    return "".join(f"{row}\n" for row in rows)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write("docs.jsonl", json_lines(docs()))


def filtered(*args: object) -> tuple[list[str], list[str]]:
    """The lines that are kept and dropped."""
    options = ("--field", "text", "-o", "kept.jsonl", "--dropped", "dropped.jsonl")
    run("lm", "filter", *args, *options).ok()
    kept, dropped = (Path(f"{name}.jsonl").read_text("utf-8") for name in ("kept", "dropped"))
    return kept.splitlines(), dropped.splitlines()


def merged(kept: list[str], dropped: list[str], order: list[str]) -> list[str]:
    """Both in the order of the source, without the fields that were added."""
    whole = {json.loads(line)["id"]: line for line in kept + dropped}
    assert len(whole) == len(kept) + len(dropped)
    return [whole[name][: whole[name].rindex(', "perplexity": ')] + "}" for name in order]


@pytest.mark.parametrize(
    "options",
    [
        ("--quantiles", "30,60", "--measures", "--unique"),
        ("--max-perplexity", "300", "--min-symbols", "10"),
        ("--quantiles", "50", "--keep", "tail", "--first", "7"),
        (),
    ],
)
def test_kept_and_dropped_are_everything(source: Path, options: tuple[str, ...]) -> None:
    kept, dropped = filtered(source, *options)
    assert kept
    lines = source.read_text("utf-8").splitlines()
    names = [record["id"] for record in docs()]
    for part in (kept, dropped):
        found = [json.loads(line)["id"] for line in part]
        assert found == [name for name in names if name in found]
    expected = [line[: line.rindex("}")] + "}" for line in lines]
    assert merged(kept, dropped, names) == expected
    assert all("reason" not in json.loads(line) for line in kept)
    assert all(json.loads(line)["reason"] for line in dropped)


def test_the_same_bytes_whatever_the_machine(source: Path) -> None:
    options = ("--quantiles", "30,60", "--measures", "--unique")
    expected = filtered(source, *options)
    for more in (("--workers", "1"), ("--workers", "3"), ("--memory", "128MB")):
        assert filtered(source, *options, *more) == expected


def test_fields() -> None:
    rows = [{"text": GOOD}, {"text": ""}, {"text": OTHER}, {"text": GOOD}]
    write("d.jsonl", json_lines(rows))
    done = run(
        *("lm", "filter", "d.jsonl", "--field", "text", "--max-perplexity", "200,900"),
        *("--measures", "--unique", "--dropped", "out.jsonl", "--keep", "head"),
    ).ok()
    kept = [json.loads(line) for line in done.out.splitlines()]
    out = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert [one["reason"] for one in out] == ["symbols", "han", "duplicate"]
    [one] = kept
    assert list(one) == ["text", "perplexity", "oov", "han", "repeated", "repeated_lines", "bucket"]
    assert 1 < one["perplexity"] < 200
    assert (one["oov"], one["bucket"]) == (0, "head")
    assert out[0]["perplexity"] is None
    assert out[0]["bucket"] is None
    inside = run(*("lm", "filter", "d.jsonl", "--field", "text", "--into", "lm", "-q")).ok()
    assert list(json.loads(inside.out.splitlines()[0])["lm"]) == ["perplexity", "oov"]


def test_plain_text_stays_plain() -> None:
    write("a.txt", f"{GOOD}\n\n{ODD}\r\n{GOOD}")
    done = run("lm", "filter", "a.txt", "--max-perplexity", "300", "--dropped", "out.txt").ok()
    assert done.out == f"{GOOD}\n{GOOD}\n"
    assert Path("out.txt").read_text("utf-8") == f"\n{ODD}\n"
    done = run(
        "lm", "filter", "a.txt", "--max-perplexity", "300", "--dropped", "out.jsonl", "-q"
    ).ok()
    rows = [json.loads(line) for line in Path("out.jsonl").read_text("utf-8").splitlines()]
    assert [(row["text"], row["reason"]) for row in rows] == [
        ("", "symbols"),
        (ODD, "perplexity"),
    ]
    assert done.err == ""


def test_compressed_and_other_formats(source: Path) -> None:
    kept, dropped = filtered(source, "--quantiles", "50")
    run(
        *("lm", "filter", source, "--field", "text", "--quantiles", "50"),
        *("-o", "k.jsonl.gz", "--dropped", "d.jsonl.gz"),
    ).ok()
    for name, lines in (("k", kept), ("d", dropped)):
        assert gzip.decompress(Path(f"{name}.jsonl.gz").read_bytes()).decode().splitlines() == lines


def test_cells_become_records() -> None:
    write("d.csv", f'id,text\n1,"{GOOD}"\n2,"{ODD}\n{ODD}"\n')
    options = ("--column", "text", "--max-perplexity", "300", "--dropped", "o.jsonl", "-q")
    [kept] = map(json.loads, run("lm", "filter", "d.csv", *options).ok().out.splitlines())
    [dropped] = map(json.loads, Path("o.jsonl").read_text("utf-8").splitlines())
    assert (kept["id"], kept["text"], kept["bucket"]) == ("1", GOOD, "head")
    assert (dropped["id"], dropped["text"]) == ("2", f"{ODD}\n{ODD}")


def test_parquet_in_and_out() -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    rows = docs()
    columns = {name: [row[name] for row in rows] for name in ("id", "text")}
    parquet.write_table(arrow.table(columns), "docs.parquet", row_group_size=7)
    names = ("-o", "k.parquet", "--dropped", "d.parquet")
    run("lm", "filter", "docs.parquet", "--field", "text", "--quantiles", "50", *names).ok()
    kept, dropped = (parquet.read_table(f"{name}.parquet").to_pylist() for name in "kd")
    ids = [row["id"] for row in kept], [row["id"] for row in dropped]
    assert sorted(ids[0] + ids[1]) == sorted(columns["id"])
    assert all(row["reason"] for row in dropped)
    texts = {row["id"]: row["text"] for row in kept + dropped}
    assert texts == {row["id"]: row["text"] for row in rows}
    again = ("--format", "parquet", "-o", "k", "--quantiles", "50")
    run("lm", "filter", "docs.parquet", "--field", "text", *again).ok()
    assert parquet.read_table("k").to_pylist() == kept


def test_what_people_are_told(source: Path) -> None:
    done = run(
        *("lm", "filter", source, "--field", "text", "--quantiles", "30,60", "--examples", "2"),
        *("--unique", "-o", "kept.jsonl"),
    ).ok()
    lines = done.err.splitlines()
    assert lines[0].split() == ["documents", "characters"]
    assert lines[1].split()[:2] == ["kept", "head"]
    assert any(line.startswith("Perplexity: head up to ") for line in lines)
    around = [line for line in lines if line.startswith("Around perplexity ")]
    assert len(around) == 2
    shown = [line for line in lines if line[:3] in ("  h", "  m", "  t")]
    assert len(shown) == 8
    number = int(shown[0].split()[2].rpartition(":")[2])
    assert " ".join(docs()[number - 1]["text"].split())[:30] in shown[0]
    closing = lines[-1]
    assert " lm filter | model:general max-perplexity:" in closing
    assert " unique:yes " in closing


@pytest.mark.parametrize(
    "options, problem",
    [
        (("--quantiles", "30", "--max-perplexity", "9"), "quantiles and max_perplexity exclude"),
        (("--quantiles", "60,30"), "quantiles: the second number must rise"),
        (("--keep", "head"), "keep needs buckets"),
        (("--quantiles", "50", "--keep", "middle"), "keep: any of head, tail, not middle"),
        (("--format", "parquet"), "Parquet is a file: name it with -o FILE."),
        (("--format", "text", "--into", "x"), "--into is for records: --format jsonl."),
        (("-o", "k.csv.gz"), "Records are not written as CSV: name k.csv.gz .jsonl or .parquet."),
        (("--max-han", "1"), "No such option"),
        (("--min-han", "2"), "2.0 is not in the range 0<=x<=1"),
        (("-o", "a.txt", "--dropped", "a.txt"), "-o and --dropped are the same file"),
        (("--dropped", "docs.jsonl"), "--dropped is a file that is read"),
    ],
)
def test_wrong_usage(source: Path, options: tuple[str, ...], problem: str) -> None:
    assert problem in run("lm", "filter", source, "--field", "text", *options).usage.replace(
        "--output", "-o"
    )
    assert sorted(path.name for path in Path().iterdir()) == ["docs.jsonl"]


def test_limits_that_were_found_serve_for_other_files(source: Path) -> None:
    options = ("--field", "text", "--mean-symbols", "0")
    first = run("lm", "filter", source, *options, "--quantiles", "30,60").ok()
    found = re.search(r" max-perplexity:([0-9.,]+) ", first.err)
    assert found
    same = ("--max-perplexity", found[1])
    assert run("lm", "filter", source, *options, *same).ok().out == first.out
    logs = ",".join(str(-math.log10(float(limit))) for limit in found[1].split(","))
    assert run("lm", "filter", source, *options, "--min-per-symbol", logs).ok().out == first.out


def test_traditional_text() -> None:
    write("a.txt", "醫生讓我先去驗血，下午再來拿結果。\n他說問題不大，吃一個星期的藥就會好。\n")
    told = "The text is traditional, the model is not: --fold t2s scores it as simplified.\n"
    done = run("lm", "filter", "a.txt", "--max-perplexity", "300").ok()
    assert told in done.err
    assert done.out == ""
    pytest.importorskip("opencc")
    folded = run("lm", "filter", "a.txt", "--max-perplexity", "300", "--fold", "t2s").ok()
    assert told not in folded.err
    assert folded.out == Path("a.txt").read_text("utf-8")


def test_a_record_that_has_such_a_field() -> None:
    write("d.jsonl", '{"text": "天", "x": 1}\n{"text": "天", "oov": 1}\n')
    done = run(
        "lm", "filter", "d.jsonl", "--field", "text", "-o", "k.jsonl", "--dropped", "o.jsonl"
    )
    assert "d.jsonl:2: there is a field 'oov' already" in done.error.replace('"', "'")
    assert "--into NAME" in done.error
    assert not Path("k.jsonl").exists()
    assert not Path("o.jsonl").exists()
    run("lm", "filter", "d.jsonl", "--field", "text", "--into", "lm", "-o", "k.jsonl").ok()


def test_bad_records_and_bad_models() -> None:
    write("d.jsonl", b'{"text": "\xe5\xa4\xa9"}\n{"text": 1}\n{"text": "\xe5\xa4\xa9"}\n')
    options = ("--field", "text", "--quantiles", "50", "-o", "k.jsonl", "--dropped", "o.jsonl")
    assert "d.jsonl:2: " in run("lm", "filter", "d.jsonl", *options).error
    assert not Path("k.jsonl").exists()
    assert not Path("o.jsonl").exists()
    done = run("lm", "filter", "d.jsonl", *options, "--on-error", "skip").ok()
    assert "2 documents kept" in done.err
    assert "1 lines skipped" in done.err or "1 records skipped" in done.err
    write("no.lm", "天地\n")
    assert "no.lm" in run("lm", "filter", "d.jsonl", *options, "--model", "no.lm").error


@posix
def test_a_closed_pipe_is_no_failure(source: Path) -> None:
    done = shell(f"nlptools lm filter {source} --field text -q | head -1; echo ${{PIPESTATUS[0]}}")
    assert done.ok().out.splitlines()[-1] == "0"


@linux
def test_a_run_that_is_stopped_leaves_nothing(source: Path) -> None:
    command = (
        f"(cat {source}; sleep 20) | nlptools lm filter --field text --max-perplexity 300 "
        "-o k.jsonl --dropped o.jsonl -q & sleep 1; kill -INT -- -$(jobs -p); wait $!; echo $?"
    )
    assert shell(f"set -m; {command}").out == "130\n"
    assert [path.name for path in Path().iterdir()] == ["docs.jsonl"]
