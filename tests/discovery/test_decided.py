"""Accepted and rejected words come back: discover keeps and drops them."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from places import NOVEL

from nlptools.cli import main
from nlptools.discovery.discover import discover_words
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.text.corpus import Corpus


@pytest.mark.parametrize("method", ["em", "entropy", "pmi", "lm"])
def test_accepted_stay_and_rejected_go(method: str) -> None:
    corpus = Corpus([NOVEL])
    plain = discover_words(corpus, method=method)
    gone = set(plain.words[:3])
    kept = {"松烟派的", "沈渡秋把刀", "不在文中的词", plain.words[5]}
    found = discover_words(corpus, method=method, accepted=kept, rejected=gone)
    assert gone.isdisjoint(found.words)
    text = NOVEL.read_text(encoding="utf-8")
    assert kept & set(found.words) == {word for word in kept if word in text}
    assert "松烟派的" in found.words
    others = [w for w in plain.words if w not in gone | kept]
    assert [w for w in found.words if w not in kept] == others
    row = found.words.index("松烟派的")
    assert found.counts[row] == text.count("松烟派的")
    assert found.removed["rejected"] == 3
    assert len(set(found.words)) == len(found.words)


def test_accepted_beyond_top_and_filters() -> None:
    corpus = Corpus([NOVEL])
    few = discover_words(corpus, top=5)
    accepted = {"松烟派的"}
    found = discover_words(corpus, top=5, accepted=accepted)
    assert found.words == [*few.words, "松烟派的"]
    known = discover_words(corpus, known=few.words, new_only=True, accepted=few.words[:1])
    assert few.words[0] in known.words
    assert few.words[1] not in known.words


def test_without_a_corpus() -> None:
    counts = count_ngrams(Corpus([NOVEL]), order=5)
    found = discover_words(
        None, method="entropy", counts=counts, accepted={"松烟派的", "沈渡秋把刀鞘", "，"}
    )
    assert "松烟派的" in found.words
    assert "，" not in found.words


def test_accepted_are_folded_as_the_corpus() -> None:
    corpus = Corpus.from_texts(["用ＡＢＣ技术，学ABC技术。"] * 30, fold=["nfkc"])
    found = discover_words(corpus, accepted={"ＡＢＣ技术"}, rejected={"技术"})
    assert "ABC技术" in found.words
    assert "技术" not in found.words


def test_a_word_cannot_be_both() -> None:
    with pytest.raises(NlptoolsError, match="accepted and rejected: 甲乙"):
        discover_words(Corpus.from_texts(["甲乙"]), accepted=["甲乙"], rejected=["甲乙", "丙"])


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
