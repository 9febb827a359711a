"""A map is read as it was written; what is wrong in one is one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.vocab.map import VocabMap, map_pieces, read_map, write_map

# Ten base tokens, four of them kept; [UNK] is 1 there, and 0 among the kept ones.
GOOD: dict[str, Any] = {
    "nlptools": "vocabulary map",
    "version": 1,
    "base_size": 10,
    "unknown": 1,
    "keep_tokens": [1, 7, 3, 9],
    "compound_tokens": [[1, 2], [3], [[2, 0], [1, 0.5]]],
    "words": ["一个", "龘", "中国"],
}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(**change: object) -> None:
    Path("map.json").write_text(json.dumps(GOOD | change), encoding="utf-8")


def problem() -> str:
    """The error without the name of the file; its hint after " | "."""
    with pytest.raises(DataError) as caught:
        read_map("map.json")
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 250
    assert caught.value.hint
    return " | ".join([text.removeprefix("map.json: "), caught.value.hint])


def same(a: VocabMap, b: VocabMap) -> bool:
    arrays = [
        (x is None and y is None) or (x.dtype == y.dtype and np.array_equal(x, y))
        for x, y in (
            *((getattr(a, name), getattr(b, name)) for name in ("keep", "pieces", "offsets")),
            (a.weights, b.weights),
        )
    ]
    rest = [(m.base_size, m.unknown, m.words, m.extends) for m in (a, b)]
    return all(arrays) and rest[0] == rest[1]


def test_by_hand(here: Path) -> None:
    put()
    found = read_map("map.json")
    assert (found.base_size, found.unknown, found.words) == (10, 1, ("一个", "龘", "中国"))
    assert found.keep.tolist() == [1, 7, 3, 9]
    assert found.pieces.tolist() == [1, 2, 3, 2, 0]
    assert found.offsets.tolist() == [0, 2, 3, 5]
    assert found.weights is not None
    assert found.weights.tolist() == [1, 1, 1, 1, 0.5]
    assert {found.keep.dtype, found.pieces.dtype, found.offsets.dtype} == {np.dtype(np.int64)}
    assert len(found) == 7
    # What bert4keras takes: only a tuple is a pair of ids and weights there.
    assert found.compound_tokens() == [[1, 2], [3], ([2, 0], [1.0, 0.5])]


def test_text_of_a_map(here: Path) -> None:
    put(unknown=None, compound_tokens=[[1, 2], [3]], words=["一个", "龘"])
    write_map(read_map("map.json"), "again.json")
    assert Path("again.json").read_text(encoding="utf-8") == (
        '{\n"nlptools": "vocabulary map",\n"version": 1,\n"base_size": 10,\n"unknown": null,\n'
        '"keep_tokens": [1,7,3,9],\n"compound_tokens": [[1,2],[3]],\n"words": ["一个","龘"]\n}\n'
    )


def test_an_extension(here: Path) -> None:
    """A version of its own, which an older nlptools refuses: it would make other rows; a plain map has the old one."""
    keep = list(range(10))
    put(version=2, extends=True, keep_tokens=keep, unknown=None)
    found = read_map("map.json")
    assert found.extends
    text = "".join(map_pieces(found))
    assert text.startswith(
        '{\n"nlptools": "vocabulary map",\n"version": 2,\n"extends": true,\n"base_size": 10,\n'
    )
    put(version=2, keep_tokens=keep)
    assert not read_map("map.json").extends
    put(version=1, keep_tokens=keep)
    plain = read_map("map.json")
    assert not plain.extends
    assert '"version": 1,\n"base_size"' in "".join(map_pieces(plain))


def test_no_new_words(here: Path) -> None:
    put(compound_tokens=[], words=[])
    found = read_map("map.json")
    assert (len(found), found.compound_tokens(), found.weights) == (4, [], None)


def test_weights_of_one_are_none(here: Path) -> None:
    put(compound_tokens=[[[1, 2], [1, 1.0]]], words=["一个"])
    assert read_map("map.json").weights is None


@st.composite
def maps(draw: st.DrawFn) -> VocabMap:
    base = draw(st.integers(1, 30))
    some = st.lists(st.integers(0, base - 1), min_size=1, max_size=20)
    keep = draw(some | st.just(list(range(base))))
    ids = st.lists(st.integers(0, len(keep) - 1), min_size=1, max_size=4)
    weight = st.sampled_from([0.25, 0.5, 1, 2, 3.0])
    weighted = ids.flatmap(
        lambda one: st.lists(weight, min_size=len(one), max_size=len(one)).map(lambda w: (one, w))
    )
    compounds = draw(st.lists(ids | weighted, max_size=8))
    words = [f"词{i}" for i in range(len(compounds))]
    unknown = draw(st.none() | st.integers(0, base - 1))
    extends = keep == list(range(base))
    return VocabMap.of(keep, compounds, words, base_size=base, unknown=unknown, extends=extends)


@settings(max_examples=60, deadline=None)
@given(maps())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, given_map: VocabMap) -> None:
    path = tmp_path_factory.getbasetemp() / "map.json"
    write_map(given_map, path)
    found = read_map(path)
    assert same(found, given_map)
    assert path.read_text(encoding="utf-8") == "".join(map_pieces(found))
    again = VocabMap.of(
        given_map.keep.tolist(),
        given_map.compound_tokens(),
        given_map.words,
        base_size=given_map.base_size,
        unknown=given_map.unknown,
        extends=given_map.extends,
    )
    assert same(again, given_map)


MAKE = "it is written together with the vocabulary, by nlptools vocab build"


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"base_size": 0}, "base_size must be at least 1, not 0"),
        ({"base_size": "10"}, "base_size and unknown: not whole numbers"),
        ({"base_size": True}, "base_size and unknown: not whole numbers"),
        ({"unknown": 10}, "unknown: no id 10 among 10 base tokens"),
        ({"unknown": 1.0}, "base_size and unknown: not whole numbers"),
        ({"keep_tokens": []}, "keep_tokens: no token is kept"),
        ({"keep_tokens": {}}, "keep_tokens: not a list"),
        ({"keep_tokens": [1, 2.5]}, "keep_tokens: not a list of ids"),
        ({"keep_tokens": [1, True, 2, 3]}, "keep_tokens: not a list of ids"),
        ({"keep_tokens": [1, 1 << 70, 2, 3]}, "keep_tokens: not a list of ids"),
        ({"keep_tokens": [0, 2, 10, 3]}, "keep_tokens[2]: no id 10 among 10 base tokens"),
        ({"keep_tokens": [0, -2, 1, 3]}, "keep_tokens[1]: no id -2 among 10 base tokens"),
        ({"words": ["一个"]}, "1 words for 3 compound_tokens"),
        ({"words": ["一个", 2, "中国"]}, "words: not a list of strings"),
        ({"words": ["一个", "", "中国"]}, "words[1]: no token of a vocabulary: ''"),
        ({"words": ["一个", "a\nb", "c"]}, "words[1]: no token of a vocabulary: 'a\\nb'"),
        ({"words": ["一个", "\ud800", "c"]}, "words[1]: no token of a vocabulary: '\\ud800'"),
        ({"compound_tokens": 3}, "compound_tokens: not a list"),
        (
            {"compound_tokens": [[1, 2], [4], [1]]},
            "compound_tokens[1] (龘): no id 4 among 4 kept tokens",
        ),
        ({"compound_tokens": [[1, 2], [], [1]]}, "compound_tokens[1] (龘): no ids"),
        *(
            (
                {"compound_tokens": [[1], [2], item]},
                "compound_tokens[2] (中国): neither a list of ids nor a pair of ids and weights",
            )
            for item in (7, "12", "1", [1.5], [[1, 2], [1]], [[1], ["x"]], [1, [2]], {}, {"a": 1}, None, [[1], [10**400]])
        ),
        ({"compound_tokens": [[1], [2], [[1, 2], [0, 0]]]}, "compound_tokens[2] (中国): all weights are 0"),
        ({"compound_tokens": [[1], [2], [[1, 2], [1, -1]]]}, "compound_tokens[2] (中国): a weight of -1"),
        (
            {"compound_tokens": [[1], [2], [[1, 2], [1, float("inf")]]]},
            "compound_tokens[2] (中国): a weight of inf",
        ),
        ({"extends": 1}, "extends: neither true nor false"),
        ({"extends": None}, "extends: neither true nor false"),
        ({"extends": True}, "extends: keep_tokens must be all base tokens, in their order"),
        ({"version": 0}, "version 0"),
        ({"version": True}, "version True"),
        ({"version": "1"}, "version '1'"),
    ],
)  # fmt: skip
def test_errors(here: Path, change: dict[str, object], expected: str) -> None:
    put(**change)
    assert problem() == f"a damaged vocabulary map: {expected} | {MAKE}"


@pytest.mark.parametrize("key", ["base_size", "unknown", "keep_tokens", "compound_tokens", "words"])
def test_every_key_has_to_be_there(here: Path, key: str) -> None:
    data = {name: value for name, value in GOOD.items() if name != key}
    Path("map.json").write_text(json.dumps(data), encoding="utf-8")
    assert problem() == f"a damaged vocabulary map: no {key} | {MAKE}"


def test_other_files(here: Path) -> None:
    put(version=3)
    assert problem() == "vocabulary map version 3; this version reads up to 2 | update nlptools"
    for data in (b"", b"[PAD]\n[UNK]\n", b"\xff\xfe\x00", b"[" * 100_000):
        Path("map.json").write_bytes(data)
        assert problem().startswith("not a vocabulary map: no JSON: ")
    for data in (b"[]", b"7", b"{}", b'{"nlptools": "word model"}', b'"vocabulary map"'):
        Path("map.json").write_bytes(data)
        expected = 'not a vocabulary map: no "nlptools": "vocabulary map"'
        assert problem() == f"{expected} | {MAKE}"
    with pytest.raises(DataError, match=r"nowhere\.json: no such file"):
        read_map("nowhere.json")


def test_damaged_files_are_errors(here: Path) -> None:
    """Whatever bytes are changed or missing: a map, or one DataError."""
    put()
    good = Path("map.json").read_bytes()
    random = np.random.default_rng(3)
    errors = 0
    for i in range(400):
        data = bytearray(good)
        if i % 4:
            for _ in range(random.integers(1, 4)):
                data[random.integers(len(data))] = random.choice(list(b'0123456789[]{},:"-.e \xff'))
        else:
            del data[random.integers(len(data)) :]
        Path("map.json").write_bytes(bytes(data))
        try:
            assert len(read_map("map.json")) >= 1
        except DataError as error:
            assert "\n" not in str(error)
            errors += 1
    assert 200 < errors < 400


def test_wrong_arguments() -> None:
    keep, none = np.arange(3), np.empty(0, np.int64)
    with pytest.raises(ValueError, match="offsets must begin with 0"):
        VocabMap(5, None, keep, np.array([0, 1]), np.array([0, 1]), ("一",))
    with pytest.raises(ValueError, match="weights must be as many as pieces"):
        VocabMap(5, None, keep, np.array([0]), np.array([0, 1]), ("一",), np.ones(2))
    with pytest.raises(ValueError, match="1 words for 0 compound_tokens"):
        VocabMap(5, None, keep, none, np.zeros(1, np.int64), ("一",))
