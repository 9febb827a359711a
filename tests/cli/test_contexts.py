"""`nlptools contexts`: rows on stdout or in a file, from a list or from stdin."""

from __future__ import annotations

import json
from pathlib import Path

from commandline import run, write
from places import NOVEL

from nlptools.review.contexts import format_contexts, words_in_context


def test_the_same_as_the_function() -> None:
    write("words.txt", "沈渡秋\n松烟派\n")
    done = run("contexts", "words.txt", "--corpus", NOVEL, "--contexts", 2, "--width", 8).ok()
    found = words_in_context("words.txt", NOVEL, contexts=2, width=8)
    assert done.out == "".join(format_contexts(found, "jsonl"))
    assert " contexts | contexts:2 model:general | " in done.err
    assert " | 2 words | " in done.err
    run("contexts", "words.txt", "--corpus", NOVEL, "-q", "--format", "tsv", "-o", "o.tsv").ok()
    assert (
        Path("o.tsv").read_text("utf-8").startswith("word\tcount\tsplits\tcontexts\tdecision\n沈")
    )


def test_pipes_on_both_sides() -> None:
    for how in ("tsv", "jsonl", "plain"):
        words = run("discover", NOVEL, "--method", "entropy", "--format", how, "-q").ok().out
        done = run("contexts", "-", "--corpus", NOVEL, "-n", 3, "-q", stdin=words).ok()
        rows = [json.loads(line) for line in done.out.splitlines()]
        assert len(rows) == 3
        assert rows[0]["word"] == "沈渡秋"
        assert rows[0]["count"] == 35
        assert ("score" in rows[0]) is (how != "plain")
    write("words.txt", "沈渡秋\n")
    piped = run("contexts", "words.txt", "--corpus", "-", stdin=NOVEL.read_bytes()).ok()
    assert json.loads(piped.out)["contexts"][0]["source"] == "-"


def test_a_model_of_ones_own() -> None:
    write("words.txt", "沈渡秋\n")
    write("model.txt", "沈渡 50\n秋 50\n")
    done = run("contexts", "words.txt", "--corpus", NOVEL, "--model", "model.txt", "-q").ok()
    assert json.loads(done.out)["splits"] == [{"words": ["沈渡", "秋"], "count": 20}]


def test_problems() -> None:
    write("words.txt", "未见词\n没有的\n")
    done = run("contexts", "words.txt", "--corpus", NOVEL).ok()
    assert "2 of 2 words do not occur in this corpus: 未见词, 没有的" in done.err
    assert "Missing option '--corpus'" in run("contexts", "words.txt").usage
    assert "none.txt: no such file" in run("contexts", "none.txt", "--corpus", NOVEL).error
    assert "--top" in run("contexts", "words.txt", "--corpus", NOVEL, "--top", 0).usage
    assert run("contexts", "words.txt", "--corpus", NOVEL, "--top", 10**30).ok().out == done.out
