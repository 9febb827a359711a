"""What Spark's workers make of documents is what one machine makes, byte for byte and in the same order.

Spark is started once, as in test_spark.py, and finds parts of several files: small ones as they are, others line by line.
"""

from __future__ import annotations

import contextlib
import functools
import gzip
import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from commandline import run
from sparkcases import needs_spark, spark_marks

from nlptools.cli import main
from nlptools.errors import DataError, NlptoolsError
from nlptools.lm.files import open_lm
from nlptools.lm.filter import filter_documents
from nlptools.lm.filterfiles import dropping, kept_pieces
from nlptools.lm.filterreport import report_table
from nlptools.lm.filterrules import FilterRules
from nlptools.lm.model import LanguageModel
from nlptools.lm.records import found_of, score_documents
from nlptools.lm.report import table_pieces
from nlptools.lm.stream import score_corpus
from nlptools.lm.tally import ScoreTally
from nlptools.segmentation.records import segment_records
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.spark import count as engine
from nlptools.spark import files as sparkfiles
from nlptools.spark import session as sparksession
from nlptools.spark.lmfilter import filter_with_spark
from nlptools.spark.lmscore import score_with_spark, totals_of
from nlptools.spark.maps import Job, Output, compression_of
from nlptools.spark.segment import segment_with_spark
from nlptools.spark.tokenize import tokenize_with_spark
from nlptools.text.corpus import Corpus
from nlptools.text.recordfiles import written as records_written
from nlptools.vocab.records import token_lines, tokenize_documents, tokenize_records
from nlptools.vocab.stream import TokenCounts, tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.vocab import load_vocab

TEXTS = ["国家标准，第一条。\n第二行", "天气非常好 𠮷5G网络", "", "標準，國家", "他说：“好的。”"]


@functools.cache
def cutter() -> Segmenter:
    return Segmenter.load()


@functools.cache
def model() -> LanguageModel:
    return open_lm("general")


pytestmark = spark_marks


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """One Spark for all tests; the functions find it."""
    with contextlib.ExitStack() as stack:
        # A file that is cut has more than one piece. What fails is not tried again.
        conf = ["spark.sql.files.maxPartitionBytes=1000"]
        yield stack.enter_context(sparksession.open_session("local[2,1]", conf))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, in which the test is."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(params=["whole", "lines"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """whole: all files are one part. lines: each is one, and those that can be are cut at line ends."""
    if request.param == "lines":
        monkeypatch.setattr(sparkfiles, "WHOLE", 0)
        monkeypatch.setattr(engine, "PART", 1)
    return str(request.param)


def record(number: int) -> str:
    text = TEXTS[number % len(TEXTS)]
    made = {"id": number, "doc": {"text": text}, "tags": ["a", number]}
    return json.dumps(made, ensure_ascii=number % 2 == 0)


def write_records(size: int = 30) -> list[str]:
    """Two folders of records: with and without a line end at the end, CRLF, blank lines, compressed."""
    rows = [record(number) for number in range(size)]
    Path("docs/date=2024-01").mkdir(parents=True)
    Path("docs/date=2024-02").mkdir()
    first, second, third = rows[:10], rows[10:15], rows[15:]
    Path("docs/date=2024-01/a.jsonl").write_bytes("\n".join(first).encode())
    Path("docs/date=2024-01/b.jsonl.gz").write_bytes(gzip.compress("\n".join(second).encode()))
    Path("docs/date=2024-02/a.jsonl").write_bytes(("\r\n\n".join(third) + "\n").encode())
    return ["docs"]


def written(folder: str) -> bytes:
    """The files of a folder in their order, put together."""
    return b"".join(path.read_bytes() for path in sorted(Path(folder).glob("part-*")))


def table(folder: str) -> list[dict[str, Any]]:
    dataset = pytest.importorskip("pyarrow.dataset")
    rows: list[dict[str, Any]] = dataset.dataset(folder).to_table().to_pylist()
    return rows


def table_of(pieces: Iterator[str | bytes]) -> list[dict[str, Any]]:
    parquet = pytest.importorskip("pyarrow.parquet")
    data = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    rows: list[dict[str, Any]] = parquet.read_table(io.BytesIO(data)).to_pylist()
    return rows


@needs_spark
@pytest.mark.parametrize(
    ("cut", "format"), [("whole", "text"), ("lines", "jsonl")], indirect=["cut"]
)
def test_records_in_their_order(spark: Any, cut: str, format: str) -> None:
    paths = write_records()
    made = segment_with_spark(
        paths, cutter(), "out.jsonl", container="jsonl", format=format, field="doc.text"
    )
    corpus = Corpus(paths, field="doc.text")
    wanted = "".join(map(str, segment_records(corpus, cutter(), format=format)))
    assert written("out.jsonl").decode() == wanted
    assert (made.files == 1) is (cut == "whole")
    assert made.report.files == 3
    assert made.report.characters == corpus.report.characters
    assert made.sums["traditional"] > 0


@needs_spark
def test_records_as_a_table(spark: Any, cut: str) -> None:
    paths = write_records()
    same = {"container": "parquet", "format": "jsonl", "into": "found"}
    segment_with_spark(paths, cutter(), "out.parquet", field="doc.text", **same)  # type: ignore[arg-type]
    corpus = Corpus(paths, field="doc.text")
    assert table("out.parquet") == table_of(segment_records(corpus, cutter(), **same))  # type: ignore[arg-type]


@needs_spark
def test_cells_and_lines_of_text(spark: Any, cut: str) -> None:
    """Rows of CSV, and lines of a text as records: an empty one is one, too."""
    Path("a.csv").write_text('id,text\n1,"国家\n标准"\n2,天气\n', encoding="utf-8")
    segment_with_spark(["a.csv"], cutter(), "a.out", container="jsonl", column="text")
    corpus = Corpus(["a.csv"], column="text")
    assert written("a.out").decode() == "".join(map(str, segment_records(corpus, cutter())))
    Path("b.txt").write_bytes("\ufeff国家标准\r\n\n天气\r好\n".encode())
    Path("c.txt").write_text("没有换行", encoding="utf-8")
    both = ["b.txt", "c.txt"]
    segment_with_spark(both, cutter(), "b.out", container="jsonl")
    wanted = "".join(map(str, segment_records(Corpus(both), cutter())))
    assert written("b.out").decode() == wanted
    assert wanted.count("\n") == 5


@needs_spark
def test_records_as_text(spark: Any, cut: str) -> None:
    """Each has its line, also where a file is cut."""
    paths = write_records()
    segment_with_spark(paths, cutter(), "out", field="doc.text")
    wanted = "".join(segment_corpus(Corpus(paths, field="doc.text"), cutter()))
    assert written("out").decode() == wanted.removesuffix("\n") + "\n"


@needs_spark
@pytest.mark.parametrize(
    ("cut", "container"), [("whole", "jsonl"), ("lines", "parquet")], indirect=["cut"]
)
def test_rows_of_tables(spark: Any, cut: str, container: str) -> None:
    """All columns go through; the folders of a partitioned table are no columns."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    for month, numbers in (("01", range(1, 40)), ("02", range(40, 43))):
        Path(f"docs/date=2024-{month}").mkdir(parents=True)
        rows = {
            "n": pa.array(numbers, pa.uint16()),
            "text": pa.array([TEXTS[number % 5] for number in numbers]).dictionary_encode(),
            "at": pa.array([10**9 * number for number in numbers], pa.timestamp("ms")),
            "utc": pa.array([10**9 * number for number in numbers], pa.timestamp("ms", "UTC")),
            "pair": [[number, None] for number in numbers],
            "inner": [{"a": "x", "b": number / 2} for number in numbers],
        }
        file = f"docs/date=2024-{month}/part-0.parquet"
        parquet.write_table(pa.table(rows), file, row_group_size=5)
    made = segment_with_spark(["docs"], cutter(), "out", container=container, field="text")
    assert made.report.files == 2
    assert made.files > 3 or cut == "whole"
    wanted = segment_records(Corpus(["docs"], field="text"), cutter(), container=container)
    if container == "jsonl":
        assert written("out").decode() == "".join(map(str, wanted))
    else:
        assert table("out") == table_of(wanted)


@needs_spark
def test_rows_have_their_numbers(spark: Any, cut: str) -> None:
    """In what is written, and in what is wrong with one; a column that Spark cannot read is no hindrance."""
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    texts = [TEXTS[number % 5] for number in range(30)]
    odd = pa.array(range(30), pa.time64("ns"))
    for name, more in (("a", {}), ("b", {"odd": odd})):
        parquet.write_table(pa.table({"text": texts} | more), f"{name}.parquet", row_group_size=4)
    paths = ["a.parquet", "b.parquet"]
    score_with_spark(paths, model(), "out", field="text")
    scored = score_documents(Corpus(paths, field="text").documents(), model())
    wanted = "".join(table_pieces((lines for _, lines in scored), "tsv"))
    assert written("out").decode() == wanted
    parquet.write_table(pa.table({"text": [*texts, None]}), "c.parquet", row_group_size=4)
    with pytest.raises(NlptoolsError, match=r"^c\.parquet:31: no text in column 'text'"):
        score_with_spark(["c.parquet"], model(), "bad", field="text")


@needs_spark
def test_nothing_to_be_done(spark: Any) -> None:
    Path("a.jsonl").write_text("\n\n", encoding="utf-8")
    for container in ("jsonl", "parquet"):
        made = segment_with_spark(["a.jsonl"], cutter(), container, container=container, field="t")
        assert made.report.characters == 0
    assert written("jsonl") == b""
    assert table("parquet") == []


@needs_spark
def test_a_run_that_died_goes_on(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One part has a bad record; the next run writes that one, and what was half written of it is gone."""
    monkeypatch.setattr(engine, "PART", 1)
    paths = write_records()
    last = Path("docs/date=2024-02/a.jsonl")
    good = last.read_bytes()
    bad = good[:-2] + b"!\n"
    last.write_bytes(bad)
    os.utime(last, (10**9, 10**9))
    same: dict[str, Any] = {"container": "jsonl", "field": "doc.text"}
    with pytest.raises(NlptoolsError, match=r"docs/date=2024-02/a\.jsonl:29: not JSON") as caught:
        segment_with_spark(paths, cutter(), "out", **same)
    assert "\n" not in str(caught.value)
    before = {path: path.stat().st_mtime_ns for path in Path("out").glob("part-*")}
    assert len(before) == 2
    assert not Path("out/_SUCCESS").exists()
    Path("out/part-00003-00000-half.txt").write_text("half", encoding="utf-8")
    last.write_bytes(good)
    os.utime(last, (10**9, 10**9))
    made = segment_with_spark(paths, cutter(), "out", **same)
    corpus = Corpus(paths, field="doc.text")
    assert written("out").decode() == "".join(map(str, segment_records(corpus, cutter())))
    assert made.report.characters == corpus.report.characters
    now = {path: path.stat().st_mtime_ns for path in Path("out").glob("part-*")}
    assert before.items() <= now.items()
    assert Path("out/_SUCCESS").exists()
    assert segment_with_spark(paths, cutter(), "out", **same) == made
    assert now == {path: path.stat().st_mtime_ns for path in Path("out").glob("part-*")}
    with pytest.raises(DataError, match="is there already"):
        segment_with_spark(paths, cutter(), "out", format="jsonl", **same)


@needs_spark
def test_where_a_bad_record_stands(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """File and line, also of a file that is cut at line ends: from the byte at which its piece begins."""
    monkeypatch.setattr(sparkfiles, "WHOLE", 0)
    rows = [record(number) for number in range(30)]
    rows[3], rows[25] = '{"doc": 1}', '{"id": 1, "doc": {"text": "天气", "words": 1}}'
    path = Path("a.jsonl")
    path.write_text("\n".join(rows), encoding="utf-8")
    same: dict[str, Any] = {"container": "jsonl", "field": "doc.text"}
    with pytest.raises(NlptoolsError, match=r"^a\.jsonl:4: no field 'doc\.text'"):
        segment_with_spark([str(path)], cutter(), "one", **same)
    rows[3] = rows[4]
    path.write_text("\n".join([*rows, "{"]), encoding="utf-8")
    with pytest.raises(NlptoolsError, match=r"^a\.jsonl, from byte [0-9,]+:\d+: not JSON"):
        segment_with_spark([str(path)], cutter(), "two", **same)
    segment_with_spark([str(path)], cutter(), "three", on_error="skip", **same)
    corpus = Corpus([str(path)], field="doc.text", on_error="skip")
    assert written("three").decode() == "".join(map(str, segment_records(corpus, cutter())))


@needs_spark
def test_compressed_files(spark: Any, cut: str) -> None:
    paths = write_records()
    segment_with_spark(paths, cutter(), "out.jsonl.gz/", container="jsonl", field="doc.text")
    corpus = Corpus(paths, field="doc.text")
    wanted = "".join(map(str, segment_records(corpus, cutter())))
    assert gzip.decompress(written("out.jsonl.gz")).decode() == wanted
    Path("a.txt").write_text("国家标准\n天气", encoding="utf-8")
    segment_with_spark(["a.txt"], cutter(), "a.gz")
    wanted = "".join(segment_corpus(Corpus(["a.txt"]), cutter()))
    assert gzip.decompress(written("a.gz")).decode() == wanted + "\n"


VOCAB = [
    "[UNK]",
    "[CLS]",
    "[SEP]",
    *"国家标准天气非常好第一二条行他说，。：“”5",
    "国家",
    "天气",
    "标准",
    "##g",
]


def tokenizer() -> WordTokenizer:
    Path("vocab.txt").write_text("\n".join(VOCAB), encoding="utf-8")
    return WordTokenizer(load_vocab("vocab.txt"), fold=("t2s",))


@needs_spark
@pytest.mark.parametrize(
    ("cut", "format"), [("lines", "ids"), ("whole", "jsonl")], indirect=["cut"]
)
def test_tokens_of_records(spark: Any, cut: str, format: str) -> None:
    """In the records, in a table, and as lines; the tokens are counted."""
    paths, same = write_records(), {"format": format, "special": True, "max_length": 8}
    reading: dict[str, Any] = {"field": "doc.text"}
    for container in ("jsonl", "parquet"):
        counts = TokenCounts()
        made = tokenize_with_spark(
            paths, tokenizer(), container, container=container, **same, **reading
        )
        corpus = Corpus(paths, **reading)
        wanted = tokenize_records(corpus, tokenizer(), container=container, counts=counts, **same)
        if container == "jsonl":
            assert written(container).decode() == "".join(map(str, wanted))
        else:
            assert table(container) == table_of(wanted)
        assert made.sums == vars(counts)
    if format != "jsonl":
        tokenize_with_spark(paths, tokenizer(), "text", **same, **reading)
        found = tokenize_documents(Corpus(paths, **reading).documents(), tokenizer(), **same)
        assert written("text").decode() == "".join(token_lines(found))


@needs_spark
@pytest.mark.parametrize(
    ("cut", "format", "special"),
    [("whole", "tokens", False), ("lines", "jsonl", True)],
    indirect=["cut"],
)
def test_tokens_of_lines(spark: Any, cut: str, format: str, special: bool) -> None:
    Path("a.txt").write_bytes(("国家标准\r\n\n天气\r好\n" * 60).encode())
    Path("b.txt").write_text("没有换行", encoding="utf-8")
    same = {"format": format, "special": special}
    tokenize_with_spark(["a.txt", "b.txt"], tokenizer(), "out", **same)
    wanted = "".join(tokenize_corpus(Corpus(["a.txt", "b.txt"]), tokenizer(), **same))
    assert written("out").decode() == wanted.removesuffix("\n") + "\n"


@needs_spark
def test_scores_of_records(spark: Any, cut: str) -> None:
    paths, least = write_records(), 3
    for container in ("jsonl", "parquet"):
        made = score_with_spark(
            paths, model(), container, container=container, min_symbols=least, field="doc.text"
        )
        tally = ScoreTally(scripts=True)
        scored = score_documents(Corpus(paths, field="doc.text").documents(), model())
        chosen = tally.chosen(scored, least)
        found = ((one, found_of(lines)) for one, lines in chosen if one is not None)
        wanted = records_written(found, container)
        if container == "jsonl":
            assert written(container).decode() == "".join(map(str, wanted))
        else:
            assert table(container) == table_of(wanted)
        sums = totals_of(made.sums)
        assert (sums.lines, sums.symbols, sums.oov) == (
            tally.sums.lines,
            tally.sums.symbols,
            tally.sums.oov,
        )
        assert sums.log10_prob == pytest.approx(tally.sums.log10_prob)
        assert made.sums["traditional"] == tally.traditional > 0


@needs_spark
@pytest.mark.parametrize(("cut", "how"), [("lines", "tsv"), ("whole", "jsonl")], indirect=["cut"])
def test_scores_of_lines(spark: Any, cut: str, how: str) -> None:
    """Each with its source and its line, one head before all; the lines of a large file are counted for that."""
    Path("a.txt").write_bytes(("国家标准\r\n\n天气\r好\n" * 60).encode())
    Path("b.txt").write_text("没有换行", encoding="utf-8")
    paths = ["a.txt", "b.txt"]
    score_with_spark(paths, model(), "out", format=how)
    wanted = "".join(table_pieces(score_corpus(Corpus(paths), model()), how))
    assert written("out").decode() == wanted
    paths = write_records()
    score_with_spark(paths, model(), "records", format=how, field="doc.text")
    scored = score_documents(Corpus(paths, field="doc.text").documents(), model())
    wanted = "".join(table_pieces((lines for _, lines in scored), how))
    assert written("records").decode() == wanted


def write_documents() -> list[str]:
    """Good texts and bad ones, some of them again in another file."""
    rows = [record(number) for number in range(20)]
    odd = [
        "鑫龘靐齉籲鑫龘靐",
        "aaaa bbbb cccc",
        "哈" * 40,
        "今天天气很好，我们去公园走走。",
        "国家标准，第一条。\n第二行",
    ]
    rows += [json.dumps({"id": 20 + n, "doc": {"text": text}}) for n, text in enumerate(odd * 2)]
    Path("a.jsonl").write_text("\n".join(rows[:17]), encoding="utf-8")
    Path("b.jsonl.gz").write_bytes(gzip.compress("\n".join(rows[17:]).encode()))
    Path("c.jsonl").write_text("\n".join(reversed(rows)), encoding="utf-8")
    return ["a.jsonl", "b.jsonl.gz", "c.jsonl"]


@needs_spark
@pytest.mark.parametrize(
    ("cut", "settings"),
    [
        ("lines", {"quantiles": (30, 60), "unique": True, "measures": True}),
        ("whole", {"quantiles": (50,), "keep": ("tail",), "min_symbols": 4}),
        ("lines", {"max_perplexity": (60, 600), "unique": True}),
    ],
    indirect=["cut"],
)
def test_filtering(spark: Any, cut: str, settings: dict[str, Any]) -> None:
    """What is kept, what is dropped and the report; quantiles are those of all, the first of equal texts is kept."""
    paths = write_documents()
    found = filter_documents(Corpus(paths, field="doc.text"), model(), **settings)
    drop = io.BytesIO()
    with dropping(drop, "jsonl", "why") as dropped:
        kept = "".join(map(str, kept_pieces(found.batches(), "jsonl", None, dropped)))
    made, report = filter_with_spark(
        paths,
        model(),
        Output("kept", "jsonl"),
        FilterRules(**settings),
        dropped=Output("dropped", "jsonl", "why"),
        field="doc.text",
    )
    assert written("kept").decode() == kept
    assert written("dropped") == drop.getvalue()
    assert kept.count("\n") + drop.getvalue().count(b"\n") == 60
    assert report == found.report
    assert report_table(report) == report_table(found.report)
    again = filter_with_spark(
        paths,
        model(),
        Output("kept", "jsonl"),
        FilterRules(**settings),
        dropped=Output("dropped", "jsonl", "why"),
        field="doc.text",
    )
    assert str(again) == str((made, report))  # NaN is not equal to itself
    assert not Path("kept/.nlptools/numbers").exists()


@needs_spark
def test_filtering_goes_on_where_it_died(spark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the first pass: the numbers of the parts that are done are not made again."""
    monkeypatch.setattr(engine, "PART", 1)
    paths = write_documents()
    last = Path(paths[-1])
    good = last.read_bytes()
    last.write_bytes(good[:-1] + b"!")
    os.utime(last, (10**9, 10**9))
    same: dict[str, Any] = {"quantiles": (40,), "unique": True}
    rules = FilterRules(**same)
    with pytest.raises(NlptoolsError, match=r"c\.jsonl:30: not JSON"):
        filter_with_spark(paths, model(), Output("kept", "jsonl"), rules, field="doc.text")
    done = {path: path.stat().st_mtime_ns for path in Path("kept/.nlptools/numbers").glob("part-*")}
    assert len(done) == 2
    assert list(Path("kept").glob("part-*")) == []
    last.write_bytes(good)
    os.utime(last, (10**9, 10**9))
    written_before = Job.map

    def looked_at(*arguments: Any) -> Any:
        made = written_before(*arguments)
        now = {path: path.stat().st_mtime_ns for path in done if path.exists()}
        assert now in (done, {})
        return made

    monkeypatch.setattr(Job, "map", looked_at)
    _, report = filter_with_spark(paths, model(), Output("kept", "jsonl"), rules, field="doc.text")
    found = filter_documents(Corpus(paths, field="doc.text"), model(), **same)
    assert written("kept").decode() == "".join(map(str, kept_pieces(found.batches(), "jsonl")))
    assert report == found.report


@needs_spark
def test_filtered_tables_and_texts(spark: Any, cut: str) -> None:
    paths = write_documents()
    same: dict[str, Any] = {"quantiles": (40,), "unique": True}
    corpus = Corpus(paths, field="doc.text")
    for container in ("parquet", None):
        output, rest = (Output(f"{name}-{container}", container) for name in ("kept", "dropped"))
        rules = FilterRules(**same)
        filter_with_spark(paths, model(), output, rules, dropped=rest, field="doc.text")
        drop = io.BytesIO()
        with dropping(drop, container or "text") as dropped:
            batches = filter_documents(corpus, model(), **same).batches()
            kept = list(kept_pieces(batches, container or "text", None, dropped))
        if container is None:
            assert written(output.path).decode() == "".join(map(str, kept))
            assert written(rest.path) == drop.getvalue()
        else:
            assert table(output.path) == table_of(iter(kept))
            assert table(rest.path) == table_of(iter([drop.getvalue()]))


@needs_spark
@pytest.mark.parametrize(
    "command, name",
    [
        ("segment --field doc.text --into words", "out.jsonl"),
        ("tokenize --vocab vocab.txt --field doc.text --format ids", "out.txt"),
        ("lm score --model general --field doc.text --min-symbols 2", "out.jsonl"),
        ("lm filter --field doc.text --quantiles 50 --unique --into why", "out.jsonl"),
    ],
)
def test_commands(spark: Any, command: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As a user calls them: the same bytes, and the same closing line but for the folder."""
    tokenizer()
    paths, told = write_documents(), []
    for kind, output in (("local", f"own/{name}"), ("spark", f"all/{name}")):
        Path(output).parent.mkdir()
        arguments = [*command.split(), *paths, "-o", output, "--engine", kind]
        main(arguments, standalone_mode=False)
        told.append(capsys.readouterr().err.split(" | "))
    assert written(f"all/{name}") == Path(f"own/{name}").read_bytes()
    (files,) = set(told[1][:-2]) - set(told[0][:-2])
    assert files.endswith(f"files in all/{name}")


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ("tokenize --engine spark --vocab v.txt x", "name it with -o DIR"),
        ("tokenize --engine spark --vocab v.txt x -o x.npy", "does not write .npy"),
        ("tokenize --engine spark --vocab v.txt --decode x -o y", "--decode goes with"),
        ("lm score --engine spark --model general --sort -o y x", "--sort goes with"),
        ("lm score --engine spark --model general --totals -o y x", "--totals goes with"),
        ("lm filter --engine spark --first 5 --quantiles 30 -o y x", "--first goes with"),
        ("lm filter --engine spark --max-perplexity 9 -o y --dropped z.xz x", "write .xz"),
        ("lm filter --engine spark --max-perplexity 9 -o y -", "Spark reads files"),
        ("lm score --master yarn --model general x", "--master goes with --engine spark"),
    ],
)
def test_wrong_usage(arguments: str, problem: str) -> None:
    for name in ("v.txt", "x"):
        Path(name).write_text("[UNK]", encoding="utf-8")
    assert problem in run(*arguments.split()).usage


def test_no_pyspark_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)  # an import of it fails
    monkeypatch.delitem(sys.modules, "pyspark.cloudpickle", raising=False)
    Path("a.txt").write_text("天气", encoding="utf-8")
    for work in (
        lambda: segment_with_spark(["a.txt"], cutter(), "out"),
        lambda: filter_with_spark(["a.txt"], model(), Output("out"), FilterRules()),
    ):
        with pytest.raises(NlptoolsError, match="the Spark engine needs the module pyspark"):
            work()


def test_compressions_that_spark_cannot_write() -> None:
    assert compression_of("a.jsonl.GZ/") == "gzip"
    assert compression_of("a.parquet") is None
    with pytest.raises(ValueError, match=r"does not write \.zst"):
        compression_of("hdfs:///a.jsonl.zst")
