"""`nlptools discover`: what it prints by each method, in each format."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from commandline import run, shown_steps, write
from places import NOVEL, SAMPLES

from nlptools import __version__
from nlptools.cli import main
from nlptools.cli.discover import UNCHANGING
from nlptools.cli.discover import discover as discover_command
from nlptools.discovery.columns import COLUMNS
from nlptools.discovery.known import known_words
from nlptools.discovery.rules import MIN_SCORE

HEADER = "\t".join(COLUMNS)
LISTED = known_words("general")


def test_discover_tsv() -> None:
    done = run("discover", NOVEL).ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert HEADER.replace("\t", " ") == (
        "word count expected pmi left_entropy right_entropy shards score term known"
    )
    assert len(lines) > 20
    text = NOVEL.read_text(encoding="utf-8")
    previous = math.inf
    for line in lines:
        word, count, expected, *numbers, shards, score, term, known = line.split("\t")
        assert text.count(word) >= int(count) > 1
        assert re.fullmatch(r"\d+\.\d\d", expected)
        assert float(expected) <= int(count)
        assert all(re.fullmatch(r"\d+\.\d{4}", number) for number in [*numbers, score])
        assert 1 <= int(shards) <= 10
        assert term == ("yes" if len(word) > 4 else "no")
        assert known == ("yes" if word in LISTED else "no")
        assert 0 <= float(score) <= previous
        previous = float(score)
    words = [line.split("\t")[0] for line in lines]
    assert words[0] == "沈渡秋"
    assert {"陆青蘅", "司空翎"} <= set(words[:30])
    # The bar is for the score before newness.
    plain = run("discover", NOVEL, "-q", "--all").ok().out.split("\n")[1:-1]
    assert sorted(line.split("\t")[0] for line in plain) == sorted(words)
    assert min(float(line.split("\t")[7]) for line in plain) >= MIN_SCORE
    assert len(set(words)) == len(words)


@pytest.mark.parametrize("method", ["entropy", "pmi"])
def test_discover_says_no_more_than_the_method_knows(method: str) -> None:
    """One header for all methods; a cell is empty, in JSON null, where there is nothing to say."""
    done = run("discover", NOVEL, "-q", "--method", method, "--min-count", 4).ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert len(lines) > 20
    for line in lines:
        word, count, expected, *numbers, shards, _, term, known = line.split("\t")
        assert int(count) >= 4
        assert (expected, shards, term) == ("", "", "no")
        assert known == ("yes" if word in LISTED else "no")
        assert all(re.fullmatch(r"-?\d+\.\d{4}", number) for number in numbers)
    done = run("discover", NOVEL, "-q", "--method", method, "--top", 1, "--format", "jsonl").ok()
    row = json.loads(done.out, parse_constant=pytest.fail)
    assert [name for name, value in row.items() if value is None] == ["expected", "shards"]
    assert (row["term"], row["known"]) == (False, False)


def test_discover_by_a_language_model() -> None:
    done = run("discover", NOVEL, "--method", "lm").ok()
    header, *lines = done.out.split("\n")[:-1]
    assert header == HEADER
    assert len(lines) > 300
    previous, whole = math.inf, 0
    for line in lines:
        word, count, expected, *numbers, shards, score, term, known = line.split("\t")
        assert 2 <= len(word) <= 5
        assert re.fullmatch(r"\d+\.00", expected)
        assert 2 <= float(expected) <= int(count)
        assert all(re.fullmatch(r"-?\d+\.\d{4}", number) for number in [*numbers, score])
        assert (shards, term) == ("", "no")
        assert known == ("yes" if word in LISTED else "no")
        assert 0 <= float(score) <= previous
        previous, whole = float(score), whole + (float(expected) == int(count))
    assert 0 < whole < len(lines)
    words = [line.split("\t")[0] for line in lines]
    assert words[:2] == ["沈渡秋", "陆青蘅"]
    weights = "weights:0.3,0.005,0.003,0.003"
    assert (
        f" | method:lm min_count:2 max_length:5 {weights} background:general latin:run | "
        in done.err
    )
    text = NOVEL.read_text(encoding="utf-8")
    assert run("discover", "-q", "--method", "lm", stdin=text).ok().out == done.out
    for more in (["--workers", 3], ["--memory", "128MB"], ["--weights", "0.3,0.005,0.003,0.003"]):
        assert run("discover", NOVEL, "-q", "--method", "lm", *more).ok().out == done.out
    sparing = ["--weights", "0.01,0.001", "--min-pmi", 3, "--min-entropy", 1]
    fewer = run("discover", NOVEL, "--method", "lm", *sparing).ok()
    assert 20 < fewer.out.count("\n") < len(lines) / 2
    assert (
        " weights:0.01,0.001 min_pmi:3 min_entropy:1 background:general latin:run | " in fewer.err
    )


def test_discover_formats_agree() -> None:
    outputs = {
        how: run("discover", NOVEL, "-q", "--format", how).ok().out
        for how in ("tsv", "csv", "jsonl", "plain")
    }
    tsv = [line.split("\t") for line in outputs["tsv"].split("\n")[:-1]]
    assert list(csv.reader(io.StringIO(outputs["csv"]))) == tsv
    rows = [
        json.loads(line, parse_constant=pytest.fail) for line in outputs["jsonl"].split("\n")[:-1]
    ]
    assert [list(row) for row in rows] == [list(COLUMNS)] * (len(tsv) - 1)
    assert [row["word"] for row in rows] == [row[0] for row in tsv[1:]]
    assert [row["count"] for row in rows] == [int(row[1]) for row in tsv[1:]]
    assert outputs["plain"].split("\n")[:-1] == [row[0] for row in tsv[1:]]


@pytest.mark.parametrize("how", ["tsv", "csv", "jsonl", "plain"])
def test_output_file_is_what_is_printed(how: str) -> None:
    printed = run("discover", NOVEL, "-q", "--format", how).ok()
    written = run("discover", NOVEL, "-q", "--format", how, "-o", "out").ok()
    assert (written.out, written.err) == ("", "")
    assert Path("out").read_bytes().decode() == printed.out
    assert os.listdir() == ["out"]


def test_single_symbols_in_json() -> None:
    """The PMI of a single symbol is infinite, which JSON cannot say."""
    done = run("discover", NOVEL, "--method", "pmi", "--min-length", 1, "--format", "jsonl").ok()
    rows = [json.loads(line, parse_constant=pytest.fail) for line in done.out.split("\n")[:-1]]
    single = [row for row in rows if len(row["word"]) == 1]
    assert single
    assert all(row["pmi"] is None for row in single)


def test_top() -> None:
    every = run("discover", NOVEL, "-q").ok().out.split("\n")
    assert run("discover", NOVEL, "-q", "--top", 5).ok().out.split("\n") == [*every[:6], ""]
    many = run("discover", NOVEL, "-q", "--top", 100_000).ok().out.split("\n")
    assert many[: len(every) - 1] == every[:-1]
    assert len(many) > 2 * len(every)


@pytest.mark.parametrize(
    "name, column",
    [
        ("count", 1),
        ("expected", 2),
        ("pmi", 3),
        ("left-entropy", 4),
        ("right-entropy", 5),
        ("score", 7),
    ],
)
def test_sort(name: str, column: int) -> None:
    lines = run("discover", NOVEL, "-q", "--sort", name).ok().out.split("\n")[1:-1]
    rows = [line.split("\t") for line in lines]
    expected = sorted(rows, key=lambda row: -float(row[column]))
    assert [row[column] for row in rows] == [row[column] for row in expected]
    assert sorted(lines) == sorted(run("discover", NOVEL, "-q").ok().out.split("\n")[1:-1])


def test_sort_by_word() -> None:
    words = run("discover", NOVEL, "-q", "--sort", "word", "--format", "plain").ok().out.split("\n")
    assert words[:-1] == sorted(words[:-1])


def test_the_method_pmi() -> None:
    done = run("discover", NOVEL, "--method", "pmi").ok()
    assert done.out.startswith(HEADER + "\n")
    words = [line.split("\t")[0] for line in done.out.split("\n")[1:-1]]
    assert "沈渡秋" in words
    assert " method:pmi min_count:2 min_pmi:2,4,6 " in done.err
    compat = run("discover", NOVEL, "--method", "pmi", "--compat", 4256, "--min-count", 5).ok()
    assert " method:pmi/4256 min_count:5 " in compat.err


def test_known_words_in_all_formats() -> None:
    text = run("discover", NOVEL, "-q", "--top", 3, "--format", "plain").ok().out
    names = text.split("\n")[:-1]
    write("plain.txt", text)
    write("bom.txt", "\ufeff" + text.replace("\n", "\r\n"))
    write("jieba.txt", "".join(f"{name} 300 nr\n" for name in names))
    write("vocab.txt", "[PAD]\n[CLS]\n##了\n" + text)
    write("gb.txt", (text + "我们的国家\n这个问题\n").encode("gb18030"))
    for how in ("tsv", "csv", "jsonl"):
        run("discover", NOVEL, "-q", "--top", 3, "--format", how, "-o", f"own.{how}").ok()
    expected = run("discover", NOVEL, "-q", "--known", "plain.txt").ok().out
    assert [line.endswith("\tyes") for line in expected.split("\n")[1:5]] == [True] * 3 + [False]
    for name in os.listdir():
        assert run("discover", NOVEL, "-q", "--known", name).ok().out == expected, name
    fresh = run("discover", NOVEL, "-q", "--known", "jieba.txt", "--new-only").ok().out
    assert fresh.split("\n") == [
        line for line in expected.split("\n") if not line.endswith("\tyes")
    ]


def test_a_list_that_begins_with_known_words_is_told() -> None:
    words = run("discover", NOVEL, "-q", "--format", "plain").ok().out.split("\n")
    said = "of the first 100 words are known: the text has few new ones, and --new-only"
    for number, told in ((50, False), (51, True)):
        write("list.txt", "\n".join(words[:number]) + "\n")
        how = [NOVEL, "--known", "list.txt"]
        assert (f"{number} {said}" in run("discover", *how).ok().err) == told
        assert said not in run("discover", *how, "-q").ok().err
        for other in ("--all", "--new-only", "--sort=count"):
            assert said not in run("discover", *how, other).ok().err


def test_several_lists_of_known_words() -> None:
    write("a.txt", "沈渡秋\n")
    write("b.txt", "陆青蘅\n")
    done = run("discover", NOVEL, "-q", "--known", "a.txt", "--known", "b.txt", "--new-only").ok()
    assert "沈渡秋\t" not in done.out
    assert "陆青蘅\t" not in done.out
    assert "司空翎\t" in done.out


def test_the_closing_line_of_discover() -> None:
    done = run("discover", NOVEL, "--fold", "lower").ok()
    line = done.err.split("\n")[-2]
    assert line.startswith(
        f"nlptools {__version__} discover | method:em min_count:2 min_score:0.4 prior:general "
        "background:general latin:run fold:lower |"
    )
    assert f" | {done.out.count(chr(10)) - 1:,} words | " in line
    assert run("discover", NOVEL, "-q").ok().err == ""
    bars = ["--min-score", 0.5, "--min-pmi", "1,2", "--min-entropy", 0.5, "--min-count", 3]
    assert (
        " min_score:0.5 prior:general min_pmi:1,2 min_entropy:0.5 background:general latin:run | "
        in run("discover", NOVEL, *bars).ok().err
    )
    done = run("discover", NOVEL, "--method", "entropy").ok()
    assert (
        " discover | method:entropy min_count:2 min_pmi:2 min_entropy:0.904 background:general latin:"
        in done.err
    )


def test_few_words_are_explained() -> None:
    done = run("discover", NOVEL, "--min-count", 10_000).ok()
    assert done.out == HEADER + "\n"
    assert "the filter `rarer than 10000` removed" in done.err or "0 words" in done.err
    entropy = ["--method", "entropy"]
    for args, reason, option in (
        ([*entropy, "--min-entropy", 3], "entropy", "--min-entropy"),
        ([*entropy, "--min-pmi", 9], "PMI", "--min-pmi"),
        (["--min-score", 9], "score below 9", "--min-score"),
        (["--min-score", 0, "--min-entropy", 3], "entropy", "--min-entropy"),
        (["--min-score", 0, "--min-pmi", 9], "PMI", "--min-pmi"),
        (["--min-count", 10_000], "rarer than 10000", "--min-count"),
    ):
        noted = run("discover", NOVEL, *args).ok().err
        assert re.search(rf"the filter `{reason}` removed [\d,]+; lower {option}, or ask", noted)
        assert "Few words" not in run("discover", NOVEL, *args, "-q").ok().err
    assert "Few words" not in run("discover", NOVEL, "--top", 3).ok().err


@pytest.mark.parametrize("method", ["em", "entropy", "lm", "pmi"])
def test_nothing_occurs_twice(method: str) -> None:
    """One line says so, and what it names helps."""
    of = ["discover", "--method", method]
    text = "青岚县标准化委员会发布新规定"
    note, _closing = run(*of, stdin=text).ok().err.split("\n")[:-1]
    assert note == (
        "No string of several symbols occurs twice in this text: give more text, or rank what is rarer with "
        "--min-count 1 --top N."
    )
    assert run(*of, "-q", stdin=text).ok().err == ""
    found = run(*of, "-q", "--min-count", 1, "--top", 4, "--format", "plain", stdin=text).ok().out
    assert len(found.split()) == 4
    note, _closing = run(*of, "--min-count", 3, stdin=text + text[:5]).ok().err.split("\n")[:-1]
    assert "occurs 3 times" in note or "lower --min-count" in note


def test_few_words_of_a_language_model_are_explained() -> None:
    by = ["--method", "lm"]
    for args, reason, remedy in (
        (["--weights", "0,0"], "seldom cut out", "--top N ranks them all the same"),
        (["--min-count", 10_000], "rarer than 10000", "lower --min-count, or ask for --top N"),
        (["--min-pmi", 9, "--min-count", 20], "rarer than 20", "lower --min-count"),
        (
            ["--weights", "1e9,1e9", "--max-length", 2, "--min-count", 30],
            "longer than 2",
            "raise --max-length, or lower --weights",
        ),
    ):
        noted = run("discover", NOVEL, *by, *args).ok().err
        found = re.search(rf"the filter `{reason}` removed ([\d,]+); {remedy}", noted)
        assert found
        assert found[1] != "0"


def test_background_and_prior() -> None:
    """Models of other text: what is as frequent there loses its score; and what is learnt on top of."""
    plain = run("discover", NOVEL).ok()
    assert run("discover", NOVEL, "--background", "general").ok().out == plain.out
    every = run("discover", NOVEL, "--all").ok()
    assert run("discover", NOVEL, "-q", "--background", "none").ok().out == every.out
    for method in ("entropy", "pmi", "lm"):
        how = [NOVEL, "-q", "--method", method, "--format", "plain"]
        keyed, old = (
            run("discover", *how, *more).ok().out.split("\n") for more in ((), ("--all",))
        )
        assert sorted(keyed) == sorted(old)
        assert keyed.index("什么") > 2 * old.index("什么") + 2
    run("train", NOVEL, "-q", "-o", "novel.model").ok()
    same = run("discover", NOVEL, "-q", "--background", "novel.model", "--prior", "none").ok().out
    scores = [float(line.split("\t")[7]) for line in same.split("\n")[1:-1]]
    assert len(scores) > 100
    assert sorted(scores)[len(scores) // 2] == 0
    assert " prior:general background:general latin:" in plain.err
    assert " prior:general latin:" in every.err
    assert (
        "--all is --background none"
        in run("discover", NOVEL, "--all", "--background", "general").err
    )
    assert run("discover", NOVEL, "--prior", "general").ok().out == plain.out
    assert run("discover", NOVEL, "--prior", "auto").ok().out == plain.out
    alone = run("discover", NOVEL, "--prior", "none").ok()
    assert alone.out != plain.out
    assert " prior:none |" in alone.err
    given = run("discover", NOVEL, "--prior", "novel.model").ok()
    assert re.search(" prior:[0-9a-f]{8} background:general latin:", given.err)
    for option in ("--background", "--prior"):
        error = run("discover", NOVEL, option, "nothing").error
        assert error == "Error: nothing: no such file\n"
    error = run("discover", NOVEL, "--background", SAMPLES / "known.txt").error
    assert "known.txt:1: not an nlptools model\nhint: make one with nlptools train" in error
    # A word list can be learnt on top of.
    listed = run("discover", NOVEL, "--prior", SAMPLES / "known.txt").ok()
    assert listed.out not in (alone.out, plain.out)


LEARNT = [f"learning {i} of 7" for i in range(1, 8)]


@pytest.mark.parametrize(
    "method, steps",
    [
        ("em", ["finding candidates", *LEARNT, "counting words", "finding terms", "ranking"]),
        ("entropy", ["ranking"]),
        ("lm", ["learning", "cutting words", "ranking"]),
        ("pmi", ["cutting words", "ranking"]),
    ],
)
def test_progress_of_discover(
    monkeypatch: pytest.MonkeyPatch, method: str, steps: list[str]
) -> None:
    """From the start to the last step there is a line in words, and it leaves nothing behind."""
    quiet = run("discover", NOVEL, "-q", "--method", method).ok()
    monkeypatch.setattr("nlptools.cli.progress.shows_progress", lambda quiet: not quiet)
    done = run("discover", NOVEL, "--method", method).ok()
    assert done.out == quiet.out
    *shown, closing = shown_steps(done.err)
    assert shown == ["reading word lists and models", "reading", "counting", *steps]
    assert closing.startswith(f"nlptools {__version__} discover | ")


def test_the_command_reads_what_the_page_gives(tmp_path: Path) -> None:
    table = CliRunner().invoke(main, ["discover", str(NOVEL), "-q", "--top", "4"]).output
    header, *lines = table.splitlines()
    made = ["accepted", "rejected", "", "rejected"]
    reviewed = tmp_path / "reviewed.tsv"
    rows = "".join(f"{line}\t{one}\n" for line, one in zip(lines, made, strict=True))
    reviewed.write_text(f"{header}\tdecision\n{rows}", encoding="utf-8")
    words = [line.split("\t")[0] for line in lines]
    arguments = ["discover", str(NOVEL), "-q", "--top", "3", "--format", "plain"]
    both = ["--accepted", str(reviewed), "--rejected", str(reviewed)]
    found = CliRunner().invoke(main, arguments + both).output.split()
    assert found[:2] == [words[0], words[2]]
    assert not {words[1], words[3]} & set(found)
    plain = tmp_path / "plain.txt"
    plain.write_text(f"{words[0]}\n", encoding="utf-8")
    found = CliRunner().invoke(main, [*arguments, "--rejected", str(plain)]).output.split()
    assert words[0] not in found
    failed = CliRunner().invoke(
        main, [*arguments, "--rejected", str(plain), "--accepted", str(plain)]
    )
    assert failed.exit_code == 1
    assert "accepted and rejected" in failed.output


def test_words_of_a_folded_corpus_stand_as_they_are_written() -> None:
    """From a pipe they are folded, and a note says so; in quiet it does not."""
    write("text.txt", "他买Ｔ恤，我卖Ｔ恤，谁要T恤？\n" * 40)
    asked = ("discover", "--fold", "nfkc", "--fold", "lower", "--min-count", "3", "--top", "20")
    for workers in (1, 2):
        done = run(*asked, "--workers", workers, "--format", "plain", "text.txt").ok()
        assert "Ｔ恤" in done.out.split("\n")
        assert "printed folded" not in done.err
    piped = run(*asked, "--format", "plain", stdin=Path("text.txt").read_text("utf-8")).ok()
    assert "t恤" in piped.out.split("\n")
    assert "Words are printed folded" in piped.err
    quiet = run(*asked, "-q", "--format", "plain", stdin=Path("text.txt").read_text("utf-8")).ok()
    assert (quiet.out, quiet.err) == (piped.out, "")


# By the option that each run is for, beside others that it needs: the command line, and what the closing line says.
SETTINGS = {
    "--method": ("--method entropy", "method:entropy "),
    "--min-score": ("--min-score 0.25", "min_score:0.25 "),
    "--min-count": ("--min-count 3", "min_count:3 "),
    "--min-pmi": ("--min-pmi 1,2", "min_pmi:1,2 "),
    "--min-entropy": ("--min-entropy 0.5", "min_entropy:0.5 "),
    "--min-length": ("--min-length 3", "min_length:3 "),
    "--max-length": ("--max-length 4", "max_length:4 "),
    "--numbers": ("--numbers", "numbers:yes "),
    "--compat": ("--method pmi --compat 4256", "method:pmi/4256 "),
    "--weights": ("--method lm --weights 0.3,0.01", "weights:0.3,0.01 "),
    "--background": ("--background none", "background:none "),
    "--prior": ("--prior none", "prior:none "),
    "--known": ("--known list.txt", "known:list.txt "),
    "--new-only": ("--known list.txt --new-only", "new_only:yes "),
    "--all": ("--all", "all:yes "),
    "--accepted": ("--accepted list.txt", "accepted:list.txt "),
    "--rejected": ("--rejected list.txt --rejected 'b c.txt'", "rejected:list.txt,'b c.txt' "),
    "--top": ("--top 2", "top:2 "),
    "--sort": ("--sort count", "sort:count "),
    "--counts": ("--counts c", "counts:c "),
    "--latin": ("--latin char", "latin:char "),
    "--encoding": ("--encoding gb18030", "encoding:gb18030 "),
    "--on-error": ("--on-error skip", "on_error:skip "),
    "--field": ("--field text", "field:text "),
    "--column": ("--column 1", "column:1 "),
    "--fold": ("--fold nfkc --fold lower", "fold:nfkc+lower "),
    "--memory": ("--memory 256MB", "memory:256MB "),
}


def test_every_setting_that_changes_the_result_is_in_the_closing_line() -> None:
    """An option that is new has a row above, or is one of UNCHANGING."""
    options = {max(option.opts, key=len): str(option.name) for option in discover_command.params}
    options = {name: own for name, own in options.items() if name.startswith("--")}
    assert set(SETTINGS) == {name for name, own in options.items() if own not in UNCHANGING}


@pytest.mark.parametrize("option", SETTINGS)
def test_the_closing_line_has_the_setting(option: str) -> None:
    text = "他去了云中寨，云中寨很远。\n他在云中寨住了三年，\n"
    write("list.txt", "云中寨\n")
    write("b c.txt", "他去\n")
    write("a.txt", text)
    corpus = "a.txt"
    if option == "--counts":
        run("count", "a.txt", "-o", "c", "--order", 5, "-q").ok()
    elif option == "--encoding":
        corpus = "gb.txt"
        Path(corpus).write_bytes(text.encode("gb18030"))
    elif option == "--field":
        corpus = "a.jsonl"
        write(corpus, json.dumps({"text": text}) + "\n")
    elif option == "--column":
        corpus = "a.csv"
        write(corpus, "text\n" + "\n".join(text.split("，")))
    arguments, said = SETTINGS[option]
    arguments = shlex.split(arguments)
    closing = run("discover", corpus, *arguments).ok().err.splitlines()[-1]
    assert f" {said}" in closing.replace(" | ", "  ") + " "
    plain = run("discover", "a.txt").ok().err.splitlines()[-1]
    assert f" {said}" not in plain.replace(" | ", "  ") + " "
