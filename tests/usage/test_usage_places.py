"""Every context is found again at its file and line, whatever the format, and is part of one document."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.text.corpus import Corpus
from nlptools.usage.contexts import find_contexts
from nlptools.usage.usage import measure_usage

TEXTS = st.lists(
    st.lists(st.sampled_from(["天地", "玄黄", "，", "\n", "\r\n", "T恤 "]), max_size=6).map(
        "".join
    ),
    min_size=1,
    max_size=6,
)
KINDS = st.sampled_from(["txt", "jsonl", "csv", "parquet"])
WORD = "天地"


def write(folder: Path, kind: str, texts: list[str]) -> tuple[Path, dict[str, Any], dict[int, str]]:
    """The file, how it is read, and the text that stands in each line (of Parquet: row) of it."""
    path = folder / f"a.{kind}"
    if kind == "txt":
        path.write_bytes("\n".join(texts).encode())
        lines = path.read_bytes().decode().replace("\r\n", "\n").split("\n")
        return path, {}, dict(enumerate(lines, 1))
    if kind == "jsonl":
        rows = [json.dumps({"id": i, "t": text}) for i, text in enumerate(texts)]
        path.write_bytes("\n\n".join(rows).encode())
        return path, {"field": "t"}, {2 * i + 1: text for i, text in enumerate(texts)}
    if kind == "csv":
        with open(path, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\r\n")
            writer.writerow(["id", "t"])
            writer.writerows([f"甲\n{i}", text] for i, text in enumerate(texts))
        lines = path.read_bytes().decode().replace("\r\n", "\n").split("\n")
        return path, {"column": "t"}, dict(enumerate(lines, 1))
    pa = pytest.importorskip("pyarrow", reason="no pyarrow: bin/setup parquet")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"t": pa.array(texts, pa.string())}), path, row_group_size=2)
    return path, {"field": "t"}, dict(enumerate(texts, 1))


@settings(max_examples=60, deadline=None)
@given(TEXTS, KINDS, st.sampled_from([200, 1 << 20]))
@example(["天地\n天地\r\n玄黄", "天地"], "parquet", 200)
@example(["天地\n天地\r\n玄黄", "天地"], "csv", 1 << 20)
def test_contexts_stand_where_they_are_said_to(
    tmp_path_factory: Any, texts: list[str], kind: str, size: int
) -> None:
    path, how, lines = write(tmp_path_factory.mktemp("places"), kind, texts)
    corpus = Corpus([path], block_size=size, **how)
    usage = measure_usage([corpus], [WORD], contexts=99, width=9)
    found = find_contexts(corpus, [WORD], number=99, width=9)[WORD]
    occurrences = sum(text.count(WORD) for text in texts)
    for contexts in (found, usage.contexts[0]):
        assert len(contexts) == occurrences
        for context in contexts:
            assert context.source == str(path)
            assert f"{context.left}{context.word}{context.right}" in lines[context.line]
    if kind != "csv":  # each line of it has its own
        places = [line for line, text in lines.items() for _ in range(text.count(WORD))]
        assert [context.line for context in found] == places
