"""Rows to judge words by: what is in them, that reading changes nothing, and the way back of a decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from places import NOVEL

from nlptools.discovery.discover import discover_words
from nlptools.discovery.table import format_words
from nlptools.review.contexts import (
    WordsInContext,
    format_contexts,
    words_in_context,
)
from nlptools.review.export import export_words
from nlptools.review.report import report_words
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.text.wordlists import ACCEPTED, REJECTED, merge_lists, read_decided, read_rows

TEXTS = ["他学了云中刀法，很好。", "云中刀法难学。云中刀，", "她不学云中刀法；云中的刀。"]
SEGMENTER = Segmenter.from_counts({"云中": 5, "刀法": 5, "云中刀": 4})


def rows_of(directory: Path, text: str, name: str = "words.tsv") -> Path:
    (directory / name).write_text(text, encoding="utf-8")
    return directory / name


def printed(found: WordsInContext, how: str) -> list[str]:
    return "".join(format_contexts(found, how)).splitlines()


def test_a_row_by_hand(tmp_path: Path) -> None:
    words = rows_of(
        tmp_path,
        "word\tcount\tpmi\tscore\tterm\tnote\tdecision\n云中刀\t9\t2.5\t0.75\tno\t人名?\taccepted\n没有\t1\t\t\t\t\t\n",
    )
    found = words_in_context(words, Corpus.from_texts(TEXTS), contexts=2, width=3, model=SEGMENTER)
    assert found.columns == (
        *("word", "count", "pmi", "score", "term", "note"),
        *("splits", "contexts", "decision"),
    )
    first, never = map(json.loads, printed(found, "jsonl"))
    assert tuple(first) == found.columns
    # Four occurrences: in three 法 comes behind it, and 云中|刀法 is as good as 云中刀|法 or better.
    assert first == {
        **{"word": "云中刀", "count": 4, "pmi": 2.5, "score": 0.75, "term": False},
        "note": "人名?",
        "splits": [{"words": ["云中", "刀法"], "count": 3}, {"words": ["云中刀"], "count": 1}],
        "contexts": [
            {"source": "texts", "line": 1, "left": "他学了", "word": "云中刀", "right": "法，很"},
            {"source": "texts", "line": 2, "left": "难学。", "word": "云中刀", "right": "，"},
        ],
        "decision": "accepted",
    }
    assert never == {
        **{"word": "没有", "count": 0, "pmi": None, "score": None, "term": None, "note": None},
        **{"splits": [], "contexts": [], "decision": ""},
    }
    assert printed(found, "tsv")[:2] == [
        "word\tcount\tpmi\tscore\tterm\tnote\tsplits\tcontexts\tdecision",
        "云中刀\t4\t2.5\t0.75\tno\t人名?\t云中|刀法 3, 云中刀 1\t他学了[云中刀]法，很 / 难学。[云中刀]，\taccepted",
    ]
    with pytest.raises(ValueError, match="format must be one of jsonl, tsv"):
        printed(found, "csv")


@pytest.mark.parametrize(
    "name, text",
    [
        ("plain.txt", "云中刀\n刀法\n"),
        ("jieba.txt", "云中刀 4 n\n刀法 3 n\n"),
        ("table.csv", "word,count\n云中刀,4\n刀法,3\n"),
        ("rows.jsonl", '{"word": "云中刀", "count": 4}\n{"word": "刀法"}\n'),
    ],
)
def test_lists_of_every_kind(tmp_path: Path, name: str, text: str) -> None:
    words = rows_of(tmp_path, text, name)
    found = words_in_context(words, Corpus.from_texts(TEXTS), contexts=0, model=SEGMENTER)
    assert [(one.word, one.count, one.contexts) for one in found] == [
        ("云中刀", 4, []),
        ("刀法", 3, []),
    ]
    assert found.columns == ("word", "count", "splits", "contexts", "decision")


@pytest.mark.parametrize("contexts", [1, 3, 30])
def test_nothing_depends_on_how_the_corpus_is_read(tmp_path: Path, contexts: int) -> None:
    words = rows_of(tmp_path, "沈渡秋\n的\n寒鸦渡\nno-such\n", "words.txt")
    whole = words_in_context(words, NOVEL, contexts=contexts)
    for size in (1000, 7777):
        corpus = Corpus([NOVEL], block_size=size)
        assert words_in_context(words, corpus, contexts=contexts) == whole
    text = NOVEL.read_text(encoding="utf-8")
    for one in whole:
        assert len(one.contexts) == min(contexts, one.count)
        assert all(f"{c.left}{c.word}{c.right}" in text for c in one.contexts)
    lines = [context.line for context in whole.rows[1].contexts]
    assert lines == sorted(lines)
    if contexts == 3:  # spread over the corpus
        assert lines[-1] - lines[0] > text.count("\n") / 3


def test_splits_are_the_tokens_that_cover_the_word(tmp_path: Path) -> None:
    words = rows_of(tmp_path, "中刀\n刀\n", "words.txt")
    found = words_in_context(words, Corpus.from_texts(TEXTS), model=SEGMENTER)
    assert [one.splits for one in found] == [
        [(("云中", "刀法"), 3), (("云中刀",), 1)],
        [(("刀法",), 3), (("云中刀",), 1), (("刀",), 1)],
    ]


def test_settings(tmp_path: Path) -> None:
    words = rows_of(tmp_path, "".join(f"词{i}\n" for i in range(1203)), "words.txt")
    calls: list[tuple[str, int, int]] = []
    found = words_in_context(
        words, Corpus.from_texts(TEXTS), top=1100, watch=lambda *told: calls.append(told)
    )
    assert (len(found), calls) == (1100, [("cutting contexts", n, 3) for n in (1, 2, 3)])
    assert repr(found) == "WordsInContext(1,100 words: 词0 词1 词2 词3 词4 ...)"
    assert "1,100" in found._repr_html_()
    for wrong in ({"contexts": -1}, {"width": -1}, {"top": -1}):
        with pytest.raises(ValueError, match="must not be negative"):
            words_in_context(words, Corpus.from_texts(TEXTS), **wrong)


@pytest.mark.parametrize("how", ["jsonl", "tsv"])
def test_a_decision_that_is_filled_in_is_read(tmp_path: Path, how: str) -> None:
    """By export, by discover's --accepted and --rejected, by report, and by this function itself."""
    table = discover_words(NOVEL, method="entropy", top=20)
    path = rows_of(tmp_path, "".join(format_words(table, "tsv")), "words.tsv")
    good, bad = table.words[0], table.words[1]
    judged = []
    for line in printed(words_in_context(path, NOVEL, contexts=2), how):
        decision = {good: "accepted", bad: "rejected"}.get(line.split("\t")[0], "")
        if how == "jsonl":
            row = json.loads(line)
            row["decision"] = {good: "accepted", bad: "rejected"}.get(row["word"], "")
            judged.append(json.dumps(row, ensure_ascii=False))
        else:
            judged.append(line + decision)
    filled = rows_of(tmp_path, "\n".join(judged) + "\n", f"judged.{how}")
    assert read_decided([filled], ACCEPTED) == {good}
    assert read_decided([filled], REJECTED) == {bad}
    exported = export_words(merge_lists([filled]), "plain", accepted_only=True)
    assert list(exported.words) == [good]
    rows = read_rows(filled)
    assert rows.decisions[:2] == ["accepted", "rejected"]
    assert rows.columns["score"] == [round(score, 4) for score in table.scores.tolist()]
    again = words_in_context(filled, NOVEL, contexts=2)
    assert [one.decision for one in again][:3] == ["accepted", "rejected", ""]
    assert printed(again, how) == judged
    lists = {"accepted": {good}, "rejected": read_decided([filled], REJECTED)}
    second = discover_words(NOVEL, method="entropy", **lists)
    assert bad not in second.words


def test_a_page_shows_the_decisions(tmp_path: Path) -> None:
    judged = rows_of(
        tmp_path, '{"word": "沈渡秋", "contexts": [], "decision": "accepted"}\n', "judged.jsonl"
    )
    page = report_words(judged, NOVEL, contexts=1)
    assert page.words == 1
    assert '"decision":["accepted"]' in page.html.replace(" ", "")
