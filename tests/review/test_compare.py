"""Two corpora -> what is new or grew: the arithmetic by hand, the shrinking, the slices, the command."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.cli import main
from nlptools.errors import NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.review.compare import (
    COLUMNS,
    compare_corpora,
    compare_counts,
    format_comparison,
    log_odds,
)
from nlptools.review.page_data import growth, short_names
from nlptools.review.slices import COUNTS, LIST, MOST_SLICES, find_slices, list_counts
from nlptools.text.corpus import Corpus


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def rows_of(result: Result) -> list[dict[str, str]]:
    assert result.exit_code == 0, result.output
    return list(csv.DictReader(io.StringIO(result.stdout), delimiter="\t"))


def test_log_odds_by_hand() -> None:
    # Two words, N_A = 100, N_B = 300, 4 beforehand: 1 in A and 3 in B for each word.
    value, z = log_odds(np.array([5, 0]), np.array([15, 27]), 100, 300, shrink=4)
    # First: (15 + 3) / (300 + 6 - 18) = 1/16 in B, (5 + 1) / (100 + 2 - 6) = 1/16 in A.
    assert value[0] == pytest.approx(0)
    # Second: 30 / 276 in B, 1 / 101 in A.
    assert value[1] == pytest.approx(math.log(30 / 276) - math.log(1 / 101))
    assert z[1] == pytest.approx(value[1] / math.sqrt(1 / 30 + 1))


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=8),
    st.floats(0.5, 100),
)
def test_log_odds_have_a_sign_and_mirror(pairs: list[tuple[int, int]], shrink: float) -> None:
    a, b = np.array(pairs).T
    value, z = log_odds(a, b, 10_000, 30_000, shrink=shrink)
    back, z_back = log_odds(b, a, 30_000, 10_000, shrink=shrink)
    assert np.allclose(value, -back)
    assert np.allclose(z, -z_back)
    assert np.all(np.sign(value.round(9)) == np.sign((b - 3 * a) * (np.abs(value) > 5e-10)))


def test_rare_words_are_shrunk() -> None:
    # All new; twice as many occurrences say more, and with more beforehand all say less.
    a, b = np.zeros(3, int), np.array([1, 2, 100])
    value, _ = log_odds(a, b, 10**5, 10**5, shrink=10)
    assert value[0] < value[1] < value[2]
    less, _ = log_odds(a, b, 10**5, 10**5, shrink=100)
    assert np.all(less < value)
    # As shrink goes to 0 the plain ratio remains: ln(100 / 50) = 0.693, the rests being about alike.
    plain, _ = log_odds(np.array([50]), np.array([100]), 10**6, 10**6, shrink=1e-9)
    assert plain[0] == pytest.approx(math.log(2), abs=1e-4)


def test_a_word_that_is_all_there_is() -> None:
    # Beforehand 2 in A and 3 in B; in A 12 against 20 + 2 - 12 = 10 others, in B 33 against none: half a one.
    value, z = log_odds(np.array([10]), np.array([30]), 20, 30, shrink=5)
    assert value[0] == pytest.approx(math.log(33 / 0.5) - math.log(12 / 10))
    assert z[0] == pytest.approx(value[0] / math.sqrt(1 / 33 + 1 / 12))


def test_order_first_seen_and_mean() -> None:
    slices = np.array([[10, 0, 0, 0], [0, 0, 3, 9], [0, 0, 9, 3], [5, 5, 5, 5], [0, 0, 0, 0]])
    found = compare_counts(["旧", "新", "早", "平", "无"], slices, [100] * 4, list("wxyz"), 2)
    assert found.shrink == (10 + 12 + 12 + 20 + 0) / 5
    assert found.words == ["新", "早", "平", "无", "旧"]
    assert found.first_seen == ["y", "y", "w", "", "w"]  # of all slices, A's too
    later = compare_counts(["新"], [[0, 0, 0, 9]], [100] * 4, list("wxyz"), 2)
    assert later.first_seen == ["z"]
    assert found.count_a.tolist() == [0, 0, 10, 0, 10]
    assert found.total_b == 200
    with pytest.raises(ValueError, match="shrink"):
        compare_counts(["旧"], [[1, 1]], [1, 1], ["a", "b"], 1, shrink=0)
    with pytest.raises(ValueError, match="slice"):
        compare_counts(["旧"], [[1]], [1], ["a"], 1)
    assert len(compare_counts([], np.zeros((0, 2)), [1, 1], ["a", "b"], 1)) == 0


def test_formats() -> None:
    found = compare_counts(["a,b", "丙"], [[0, 2], [1, 1]], [10, 10], ["x", "y"], 1)
    tsv = "".join(format_comparison(found, "tsv")).splitlines()
    assert tsv[0] == "\t".join(COLUMNS)
    assert tsv[1].startswith("a,b\t0\t2\t0.00\t200000.00\t")
    assert tsv[1].endswith("\ty\tyes")
    rows = list(csv.DictReader(io.StringIO("".join(format_comparison(found, "csv")))))
    assert [row["word"] for row in rows] == ["a,b", "丙"]
    lines = "".join(format_comparison(found, "jsonl")).splitlines()
    assert json.loads(lines[0])["new"] is True
    assert "".join(format_comparison(found, "plain")) == "a,b\n丙\n"
    with pytest.raises(ValueError, match="format"):
        list(format_comparison(found, "xml"))


OLD = (SAMPLES / "startup.txt").read_text(encoding="utf-8")
NEW = OLD + (SAMPLES / "novel.txt").read_text(encoding="utf-8")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "news-2022.txt").write_text(OLD, encoding="utf-8")
    (tmp_path / "news-2023.txt").write_text(OLD, encoding="utf-8")
    (tmp_path / "news-2024.txt").write_text(NEW, encoding="utf-8")
    return tmp_path


def test_corpora(texts: Path) -> None:
    result = run(texts / "news-2022.txt", texts / "news-2023.txt", texts / "news-2024.txt")
    rows = rows_of(result)
    found = {row["word"]: row for row in rows}
    new = [row["word"] for row in rows if row["new"] == "yes"]
    assert any("沈渡秋" in word for word in new)
    word = next(word for word in new if "沈渡秋" in word)
    assert found[word]["count_b"] == str(NEW.count(word))
    assert found[word]["first_seen"] == "news-2024"
    assert all(float(row["log_odds"]) > 0 for row in rows)
    assert "slices:1+2" in result.stderr
    values = [float(row["log_odds"]) for row in rows]
    assert values == sorted(values, reverse=True)


def test_words_fallen_and_top(texts: Path) -> None:
    words = texts / "words.txt"
    words.write_text("豆腐\n沈渡秋\n不在其中\n", encoding="utf-8")
    a, b = texts / "news-2022.txt", texts / "news-2024.txt"
    assert [row["word"] for row in rows_of(run(a, b, "--words", words))] == ["沈渡秋"]
    both = rows_of(run(a, b, "--words", words, "--fallen"))
    assert [row["word"] for row in both] == ["沈渡秋", "豆腐"]
    assert len(rows_of(run(a, b, "--words", words, "--fallen", "--top", 1))) == 1


def test_counts_files_say_the_same(texts: Path) -> None:
    for year in (2022, 2024):
        count_ngrams(Corpus([texts / f"news-{year}.txt"]), order=5).save(texts / f"{year}.counts")
    words = texts / "words.txt"
    words.write_text("豆腐\n沈渡秋\n", encoding="utf-8")
    by_text = rows_of(
        run(texts / "news-2022.txt", texts / "news-2024.txt", "--words", words, "--fallen")
    )
    by_counts = rows_of(
        run(texts / "2022.counts", texts / "2024.counts", "--words", words, "--fallen")
    )
    assert [{**row, "first_seen": ""} for row in by_counts] == [
        {**row, "first_seen": ""} for row in by_text
    ]
    found = rows_of(run(texts / "2022.counts", texts / "2024.counts"))
    assert any("沈渡秋" in row["word"] for row in found)
    words.write_text("玩家说黑神话悟空\n", encoding="utf-8")
    failed = run(texts / "2022.counts", texts / "2024.counts", "--words", words)
    assert failed.exit_code == 1
    assert "--order" in failed.output
    count_ngrams(Corpus([texts / "news-2022.txt"]), order=5, latin="char").save(
        texts / "char.counts"
    )
    failed = run(texts / "2022.counts", texts / "char.counts")
    assert failed.exit_code == 1
    assert "different ways" in failed.output


def test_lists(texts: Path) -> None:
    (texts / "old.txt").write_text("天气 30 n\n公园 10 n\n", encoding="utf-8")
    (texts / "new.txt").write_text("天气 30 n\n悟空 50 nr\n发售\n", encoding="utf-8")
    slices = find_slices(str(texts / "old.txt"), [str(texts / "new.txt")], lists=True)
    assert slices.kind == LIST
    words, counts, totals = list_counts(slices)
    table = dict(zip(words, counts.tolist(), strict=True))
    assert table == {"天气": [30, 30], "公园": [10, 0], "悟空": [0, 50], "发售": [0, 1]}
    assert totals == [40, 81]
    rows = rows_of(run(texts / "old.txt", texts / "new.txt", "--lists"))
    assert [row["word"] for row in rows] == ["悟空", "发售"]
    for name in ("2022", "2024"):
        found = CliRunner().invoke(main, ["discover", str(texts / f"news-{name}.txt"), "-q"])
        (texts / f"{name}.tsv").write_text(found.stdout, encoding="utf-8")
    rows = rows_of(run(texts / "2022.tsv", texts / "2024.tsv"))  # tables are known as lists
    assert any("沈渡秋" in row["word"] for row in rows)


def test_what_cannot_be_compared(texts: Path) -> None:
    a = texts / "news-2022.txt"
    (texts / "t.tsv").write_text("word\tcount\n甲\t1\n", encoding="utf-8")
    for arguments, code, text in [
        ((a, "-"), 2, "standard input"),
        ((a, texts / "none.txt"), 1, "no such file"),
        ((a, texts / "t.tsv"), 1, "not of one kind: corpus and word list"),
        (
            (texts / "t.tsv", texts / "t.tsv", "--report", texts / "x.html"),
            2,
            "--report needs text",
        ),
        ((a,), 2, "Missing argument"),
        ((a, a, "--shrink", "0"), 2, "neither auto nor"),
    ]:
        failed = run(*arguments)
        assert (failed.exit_code, text in failed.output) == (code, True), failed.output
        assert "Traceback" not in failed.output


def test_slices_of_folders_and_patterns(tmp_path: Path) -> None:
    for i in range(50):
        (tmp_path / f"p{i:02}.txt").write_text("文", encoding="utf-8")
    (tmp_path / "old.md").write_text("文", encoding="utf-8")
    found = find_slices(str(tmp_path / "old.md"), [str(tmp_path / "p*.txt")])
    assert found.first_b == 1
    assert len(found.names) == 1 + MOST_SLICES
    assert found.names[:2] == ["old", "p00…p01"]
    assert sum(map(len, found.paths)) == 51
    assert found.kind != COUNTS
    with pytest.raises(NlptoolsError):
        find_slices(str(tmp_path / "old.md"), [str(tmp_path / "none*.txt")])


def test_short_names() -> None:
    assert short_names(["news-2022", "news-2023"]) == ["2022", "2023"]
    assert short_names(["a", "ab"]) == ["a", "ab"]
    assert short_names(["news-2022"]) == ["news-2022"]
    assert short_names(["laws", "blogs"]) == ["laws", "blogs"]


def test_growth_by_hand() -> None:
    # Words first seen after 0, 3 and 3 of 10 characters; the third never.
    at, seen = growth(np.array([0, 3, -1, 3]), 10)
    assert at == list(range(11))
    assert seen == [0, 1, 1, 1, 3, 3, 3, 3, 3, 3, 3]
    assert growth(np.array([], np.int64), 0) == [[0], [0]]


def test_the_function_says_what_the_command_prints(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_text("撑船，撑船。\n", encoding="utf-8")
    (tmp_path / "new.txt").write_text("撑船。沈渡秋，沈渡秋，松烟派。\n", encoding="utf-8")
    words = ["撑船", "沈渡秋", "松烟派"]
    (tmp_path / "words.txt").write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
    files = (str(tmp_path / "old.txt"), str(tmp_path / "new.txt"))
    done = run(*files, "--words", tmp_path / "words.txt")
    found = compare_corpora(*files, words=words)
    assert done.stdout == "".join(format_comparison(found, "tsv"))
    assert repr(found) == "Comparison(2 words: 沈渡秋 松烟派)"
    first, second = found
    # 4 symbols in A, 11 in B: 2 of 11 are 181,818.18 in a million.
    assert first[:5] == ("沈渡秋", 0, 2, 0.0, 181818.18)
    assert (first.first_seen, first.new) == ("new", True)
    assert (second.word, second.count_b) == ("松烟派", 1)
    frame = found.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame["count_b"].tolist() == [2, 1]
    assert "<td" in found._repr_html_()
    assert "沈渡秋" in found._repr_html_()
    fallen = compare_corpora(*files, words=words, fallen=True)
    assert fallen.words == ["沈渡秋", "松烟派", "撑船"]
    assert compare_corpora(*files, words=words, top=1).words == ["沈渡秋"]
    with pytest.raises(ValueError, match="shrink must be above 0"):
        compare_corpora(*files, words=words, shrink=0)


def test_many_words_of_lists_take_no_longer_than_all(tmp_path: Path) -> None:
    """20,000 words took 54 s of the processor where each made a set of all, now 0.4."""
    words = [chr(0x4E00 + i // 200) + chr(0x5E00 + i % 200) for i in range(20_000)]
    for name, times in (("old", 1), ("new", 3)):
        rows = "".join(f"{word}\t{times + i % 5}\n" for i, word in enumerate(words))
        (tmp_path / f"{name}.tsv").write_text(f"word\tcount\n{rows}", encoding="utf-8")
    start = time.process_time()
    found = compare_corpora(str(tmp_path / "old.tsv"), str(tmp_path / "new.tsv"), words=words)
    assert time.process_time() - start < 10
    assert found.total_a == 60_000


@pytest.mark.skipif(os.name != "posix", reason="names with tabs and line ends")
def test_a_tab_in_the_name_of_a_slice(tmp_path: Path) -> None:
    for name, text in (("old.txt", "撑船\n"), ("a\tb\n.txt", "沈渡秋\n")):
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = compare_corpora(tmp_path / "old.txt", [tmp_path / "a\tb\n.txt"], words=["沈渡秋"])
    header, row = "".join(format_comparison(found, "tsv")).splitlines()
    assert dict(zip(header.split("\t"), row.split("\t"), strict=True))["first_seen"] == "a b "


def test_field_and_column_exclude_each_other(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("沈渡秋\n", encoding="utf-8")
    path = tmp_path / "a.txt"
    for more in ([], ["--words", path]):
        done = run(path, path, "--field", "a", "--column", "2", *more)
        assert done.exit_code == 2
        assert "--field is for JSON Lines, --column for CSV and TSV" in done.stderr


def test_without_a_page_words_are_only_counted(texts: Path) -> None:
    a, b = str(texts / "news-2022.txt"), str(texts / "news-2024.txt")
    words = ["沈渡秋", "豆腐", "iPad Pro", "不在其中"]
    how = {"words": words, "fallen": True, "statistic": ["documents", "dispersion"]}
    whole, counted = (compare_corpora(a, b, contexts=contexts, **how) for contexts in (5, None))
    assert whole.usage is not None
    assert counted.usage is None
    assert list(counted) == list(whole)
    assert counted.more.keys() == whole.more.keys()
    assert all(np.array_equal(counted.more[name], whole.more[name]) for name in whole.more)
