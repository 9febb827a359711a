"""JSON Lines: the same with and without orjson, whatever stands in a record; hints name the field that is meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.text import jsonlines
from nlptools.text.corpus import Corpus

orjson = pytest.importorskip("orjson", reason="no orjson: bin/setup json")

# Pieces of which records are made, good ones and bad ones.
PARTS = st.sampled_from(
    [
        *(
            '{"t": "天"}',
            '{"t": "天\\n地", "id": 7}',
            '{"id": [1, {"t": 2}], "t": "x"}',
            '{"t": ["a", "b"]}',
        ),
        *(
            '{"t": "a", "t": "b"}',
            '{"t": 1, "t": "b"}',
            '{"t": "a", "t": 1}',
            '{"t": NaN}',
            '{"n": NaN, "t": "x"}',
        ),
        *(
            '{"n": -Infinity, "t": "x"}',
            '{"n": 1e999, "t": "x"}',
            '{"n": 01, "t": "x"}',
            '{"n": -, "t": "x"}',
        ),
        *(
            '{"t": "\\ud83d\\ude00"}',
            '{"t": "\\ud83d"}',
            '{"n": "\\udc00", "t": "x"}',
            '{"\\ud83d": 1, "t": "x"}',
        ),
        *(
            '{"t": "\\x"}',
            '{"n": "\\u12", "t": "x"}',
            '{"t": "a\tb"}',
            '{"n": "\x01", "t": "x"}',
            '{"t": "\\u0000"}',
        ),
        *(
            '{"t": "x",}',
            "{'t': 'x'}",
            '{"t": "x"} {"t": "y"}',
            '{"t": "x"}x',
            '["t"]',
            '"t"',
            "7",
            "null",
            "{}",
            "{",
        ),
        *(
            '\ufeff{"t": "x"}',
            ' {"t" :"x" } ',
            '\u3000{"t": "x"}',
            '{"t": "x"}\u3000',
            '{"t": null}',
            '{"t": true}',
        ),
        '{"n": ' + "9" * 5000 + ', "t": "x"}',
        '{"n": ' + "9" * 5000 + "." + "9" * 500 + ', "t": "x"}',
        '{"n": 18446744073709551616, "t": "x"}',
        '{"n": ' + "[" * 50 + "]" * 50 + ', "t": "x"}',
        '{"n": ' + "[" * 20_000 + "]" * 20_000 + ', "t": "x"}',
        '{"a": {"t": "深"}, "t": "x"}',
        "",
        " ",
        b'{"t": "\xff"}',
        b'{"n": "\xe5\xa4", "t": "x"}',
    ]
)


def what_is_read(path: Path, **reading: Any) -> object:
    """The documents and the report, or the error."""
    corpus = Corpus([path], **reading)
    try:
        batches = list(corpus.documents(20))
        blocks = "".join(block.text for block in corpus.blocks())
    except DataError as error:
        return str(error), error.hint
    return batches, blocks, corpus.report


@settings(max_examples=40, deadline=None)
@given(
    st.lists(PARTS, max_size=5),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["strict", "skip", "replace"]),
    st.sampled_from(["t", "a.t"]),
    st.sampled_from([1, 1 << 20]),
)
@example(['{"t": "a"}', '{"n": NaN, "t": "x"}', '{"t": "\\ud83d"}'], "\n", "skip", "t", 1 << 20)
def test_the_same_with_and_without_orjson(
    tmp_path_factory: Any, parts: list[str | bytes], end: str, on_error: str, field: str, size: int
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.jsonl"
    rows = [part if isinstance(part, bytes) else part.encode() for part in parts]
    path.write_bytes(end.encode().join(rows))
    reading: dict[str, Any] = {"field": field, "on_error": on_error, "block_size": size}
    with pytest.MonkeyPatch.context() as patch:
        flat = what_is_read(path, **reading)
        patch.setattr(jsonlines, "flat_texts", lambda *_: None)
        patch.setattr(jsonlines, "_loads", lambda: jsonlines._decode)
        slow = what_is_read(path, **reading)
        assert flat == slow
        for loads in (jsonlines._scanned, orjson.loads):
            patch.setattr(jsonlines, "_loads", lambda chosen=loads: chosen)
            assert what_is_read(path, **reading) == slow
        # And record by record, as bad ones are read.
        patch.setattr(jsonlines._Reader, "_good_texts", lambda *_: None)
        assert what_is_read(path, **reading) == slow


def test_orjson_is_what_reads() -> None:
    assert jsonlines._loads() is orjson.loads


@pytest.mark.parametrize(
    ("record", "field"),
    [
        ({"id": "a1", "url": "https://example.org/some/long/path", "text": "天"}, "text"),
        ({"id": "a1", "正文": "天"}, "正文"),
        ({"url": "x", "raw_content": "天", "title": "很长很长的一个标题"}, "raw_content"),
        ({"id": "a1", "answer": "今天天气很好", "ask": "天气"}, "answer"),
        ({"id": "a1", "doc": {"lines": ["今天", "天气很好"]}}, "doc.lines"),
    ],
)
def test_the_hint_names_the_field_that_is_meant(tmp_path: Path, record: object, field: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        list(Corpus([path]).blocks())
    assert str(caught.value.hint).startswith(f"name the field that has the text: --field {field} (")
