"""Lines cut into pieces have the ids of the whole line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from trained import AWKWARD, CUT, FORMS, LINES, tokenizer_json

from nlptools.subwords import pieceids
from nlptools.subwords.cutting import CutPlaces, cut_places
from nlptools.subwords.encoders import Encoder, load_encoder
from nlptools.subwords.surfaces import Surfaces
from nlptools.subwords.tokenizerjson import read_tokenizer_json
from nlptools.text import chars

PARTS = st.sampled_from(
    [
        *("桃树", "开花", "园丁", "梨树下", "果子", "孩子们", "桃", "，", "。", "（", "”"),
        *(
            "Peach",
            "tree",
            "It's",
            "'S",
            "e\u0301",
            "X",
            " ",
            "  ",
            "\u3000",
            "15",
            "2026",
            "15 天",
        ),
        *(
            "\u2581",
            "<s>",
            "<|end|>",
            "ガ",
            "é",
            "龦",
            "𠮷",
            "\u200d",
            "\r",
            "\n",
            "桃\u0301",
            "…",
            "/",
        ),
    ]
)
TEXTS = st.lists(st.lists(PARTS, max_size=14).map("".join), min_size=1, max_size=6)


@pytest.fixture(scope="session")
def jsons(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("cut")
    return {form: tokenizer_json(form, folder / f"{form}.json") for form in FORMS}


@pytest.fixture(scope="session")
def encoders(jsons: dict[str, Path]) -> dict[str, Encoder]:
    return {form: load_encoder(path) for form, path in jsons.items()}


def places_of(path: Path, surfaces: Surfaces) -> CutPlaces | None:
    return cut_places(read_tokenizer_json(path), surfaces)


def test_which_are_cut(jsons: dict[str, Path], encoders: dict[str, Encoder]) -> None:
    assert [f for f in FORMS if places_of(jsons[f], encoders[f].surfaces)] == CUT


@pytest.mark.parametrize("form", CUT)
@example(
    lines=["X果子"]
)  # Llama 2 normalizes the added token, too: it is found where a blank stands before it
@example(lines=["在梨树下面等"])
@given(lines=TEXTS)
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
def test_parts_have_the_ids_of_the_whole(
    form: str, jsons: dict[str, Path], encoders: dict[str, Encoder], lines: list[str]
) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(jsons[form]))
    whole = [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
    found = encoders[form].encode(lines)
    assert found.ids.tolist() == [i for ids in whole for i in ids]
    assert found.sizes.tolist() == list(map(len, whole))


@pytest.mark.parametrize("form", CUT)
def test_there_are_cuts(form: str, jsons: dict[str, Path], encoders: dict[str, Encoder]) -> None:
    """Not inside of what is a token, and before no blank where one is put before a text."""
    places = places_of(jsons[form], encoders[form].surfaces)
    assert places is not None
    text = "园丁看果子，tree 的树"
    cut = places.find(chars.code_points(text)).tolist()
    assert len(cut) > 1
    assert text.index("果子") + 1 not in cut or form not in ("bytes", "llama3")
    assert text.index(" ") not in cut or not places.prefixed
    assert text.index(" ") in cut or places.prefixed or form == "gemma"


def test_bytes_of_characters_hold_them_together() -> None:
    """Between 中 (E4 B8 AD) and 文 (E6 96 87): tokens of AD E6, of AD 文, of 中 E6 forbid the cut, others do not."""
    text = chars.code_points("中文")
    for token, free in [
        (b"\xad\xe6", False),
        (b"\xad\xe6\x96\x87", False),
        (b"\xe4\xb8\xad\xe6\x96", False),
        ("中文".encode(), False),
        (b"\xac\xe6", True),
        (b"\xe4\xb8\xad\xe7", True),
        ("中人".encode(), True),
        ("文中".encode(), True),
    ]:
        places = CutPlaces(
            Surfaces([token]), anywhere=True, letters=True, plain=True, prefixed=False
        )
        assert places.find(text).tolist() == [1] * free, token


def test_beside_letters_of_other_scripts() -> None:
    """GPT-4o's pattern ends a piece where a capital follows: between 你 and 好 before X is no cut, but before a sign."""
    places = CutPlaces(Surfaces([b"a"]), anywhere=False, letters=False, plain=True, prefixed=False)
    assert places.find(chars.code_points("你好X")).tolist() == []
    assert places.find(chars.code_points("你好，X")).tolist() == [1, 2]
    assert places.find(chars.code_points("你好")).tolist() == [1]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("model", {"dropout": 0.1}),
        ("model", {"end_of_word_suffix": "</w>"}),
        ("model", {"fuse_unk": True, "unk_token": "<unk>"}),
        ("normalizer", {"type": "Strip", "strip_left": True, "strip_right": True}),
        ("normalizer", {"type": "Replace", "pattern": {"Regex": "a"}, "content": "b"}),
        ("pre_tokenizer", {"type": "BertPreTokenizer"}),
        ("pre_tokenizer", {"type": "Split", "pattern": {"Regex": "x"}, "behavior": "Isolated"}),
        ("added_tokens", [{"id": 5, "content": "a", "single_word": True}]),
    ],
)
def test_what_is_not_cut(key: str, value: Any, jsons: dict[str, Path], tmp_path: Path) -> None:
    contents = json.loads(jsons["bytes"].read_text("utf-8"))
    contents[key] = contents[key] | value if key == "model" else value
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(contents), encoding="utf-8")
    assert places_of(path, Surfaces([b"a"])) is None


def test_a_token_that_merges_do_not_make(jsons: dict[str, Path], tmp_path: Path) -> None:
    """With ignore_merges: 开花 by itself is that token, though no merge makes it; in 开花了 it is two."""
    contents = json.loads(jsons["llama3"].read_text("utf-8"))
    from nlptools.subwords.bytelevel import written

    contents["model"]["vocab"][written("园丁看".encode())] = 5000
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(contents), encoding="utf-8")
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    encoder = load_encoder(path)
    lines = ["园丁看", "园丁看书", "园丁看果子", "书园丁看", "", "桃树"] * 2
    whole = [tokenizer.encode(line, add_special_tokens=False).ids for line in lines]
    assert [5000] in whole
    found = encoder.encode(lines)
    assert found.ids.tolist() == [i for ids in whole for i in ids]
    assert found.sizes.tolist() == list(map(len, whole))


def test_what_is_known_is_forgotten(
    encoders: dict[str, Encoder], jsons: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [*LINES, *AWKWARD]
    expected = encoders["bytes"].encode(lines)
    for name, value in (("_MOST", 3), ("_MOST_IDS", 3), ("_TRIED", 10)):
        with monkeypatch.context() as patch:
            patch.setattr(pieceids, name, value)
            encoder = load_encoder(jsons["bytes"])
            for _ in range(3):
                found = encoder.encode(lines)
                assert np.array_equal(found.ids, expected.ids)
                assert np.array_equal(found.ends, expected.ends)
