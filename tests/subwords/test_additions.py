"""Words put into a tokenizer.json: one token wherever they stand, and nothing else changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from trained import AWKWARD, LINES, tokenizer_json

from nlptools.errors import DataError
from nlptools.subwords.additions import Joint, any_of, check_base, with_words
from nlptools.subwords.bytelevel import written
from nlptools.subwords.tokenizerjson import TokenizerJson, read_tokenizer_json

GROWN = ("bytes", "llama", "unigram")
# None of them stands in the text that the tokenizers were trained on.
WORDS = ["梨花", "丁桃", "丁桃每", "孩树们在", "树前", "梨花以丁"]
SIGNS = st.sampled_from([*"桃树开花园丁梨以前孩子们在每浇天，。 \nTtree\u0301🌳🌾龘", *WORDS])


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TokenizerJson]:
    folder = tmp_path_factory.mktemp("bases")
    found = {}
    for form in (*GROWN, "metaspace", "gpt2"):
        found[form] = read_tokenizer_json(tokenizer_json(form, folder / f"{form}.json"))
    return found


def library(contents: dict[str, Any]) -> Tokenizer:
    return Tokenizer.from_str(json.dumps(contents))


class Pair(NamedTuple):
    """A tokenizer before and after; its repr is short, as Hypothesis shows it."""

    before: Tokenizer
    after: Tokenizer
    size: int

    def __repr__(self) -> str:
        return "Pair"


@pytest.fixture(scope="module")
def pairs(bases: dict[str, TokenizerJson]) -> dict[str, Pair]:
    return {
        form: Pair(
            library(bases[form].contents), library(with_words(bases[form], WORDS)), bases[form].size
        )
        for form in GROWN
    }


def leftmost_longest(text: str) -> list[str]:
    return re.findall("|".join(sorted(WORDS, key=len, reverse=True)), text)


def ids_of(tokenizer: Tokenizer, text: str) -> list[int]:
    found: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return found


def text_of(tokenizer: Tokenizer, ids: list[int]) -> str:
    # trained.py has its byte tokens among the special ones.
    found: str = tokenizer.decode(ids, skip_special_tokens=False)
    return found


@pytest.mark.parametrize("form", GROWN)
def test_old_ids_stay_and_new_ones_follow(
    form: str, bases: dict[str, TokenizerJson], pairs: dict[str, Pair]
) -> None:
    _, after, size = pairs[form]
    for token, number in {**bases[form].tokens, **bases[form].added}.items():
        assert after.token_to_id(token) == number
    assert [after.token_to_id(word) for word in WORDS] == [size + n for n in range(len(WORDS))]


@pytest.mark.parametrize("form", GROWN)
def test_a_word_alone_is_one_token(form: str, pairs: dict[str, Pair]) -> None:
    _, after, size = pairs[form]
    for number, word in enumerate(WORDS):
        ids = ids_of(after, word)
        assert ids[-1] == size + number
        assert len(ids) == (2 if form == "unigram" else 1)  # Metaspace puts a blank before
        assert text_of(after, ids) == word


@pytest.mark.parametrize("form", GROWN)
@given(text=st.lists(SIGNS, max_size=20).map("".join) | st.sampled_from([*LINES, *AWKWARD]))
@settings(max_examples=150, suppress_health_check=list(HealthCheck))
def test_any_text(form: str, pairs: dict[str, Pair], text: str) -> None:
    before, after, size = pairs[form]
    ids = ids_of(after, text)
    new = [after.id_to_token(i) for i in ids if i >= size]
    words = leftmost_longest(text)
    if form == "unigram":  # it takes the words that cover most, which need not begin leftmost
        assert sum(map(len, new)) >= sum(map(len, words))
    else:
        assert new == words
    if not words:
        assert ids == ids_of(before, text)
    assert text_of(after, ids) == text_of(before, ids_of(before, text))


def test_of_words_in_one_another_the_longest(
    pairs: dict[str, Pair],
) -> None:
    for _, after, size in pairs.values():
        found = [after.id_to_token(i) for i in ids_of(after, "园丁桃每丁桃树前") if i >= size]
        assert found == ["丁桃每", "丁桃", "树前"]


def test_merges_join_what_the_old_ones_left(bases: dict[str, TokenizerJson]) -> None:
    base = bases["bytes"]
    left, right = written("桃树".encode()), written("，".encode())
    assert left in base.tokens
    before = library(base.contents)
    pair = [before.id_to_token(i) for i in ids_of(before, "园丁")][:2]
    joint = Joint("".join(pair), *pair)
    after = library(with_words(base, ["梨花"], [joint]))
    assert after.token_to_id("梨花") == base.size
    assert after.token_to_id(joint.token) == base.size + 1
    assert after.token_to_id("<|end|>") == base.added["<|end|>"]
    assert base.size + 1 in ids_of(after, "园丁")
    assert ids_of(after, "孩子们<|end|>") == ids_of(before, "孩子们<|end|>")
    assert right not in (left, joint.token)


def test_merges_in_the_form_of_the_file(bases: dict[str, TokenizerJson]) -> None:
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3}}
    for merges, wanted in ((["a b"], ["a b", "ab c"]), ([["a", "b"]], [["a", "b"], ["ab", "c"]])):
        base = TokenizerJson("x", {"model": model | {"merges": merges}})
        made = with_words(base, [], [Joint("abc", "ab", "c"), Joint("d")])
        assert made["model"]["merges"] == wanted
        assert made["model"]["vocab"]["abc"] == 4
        assert made["model"]["vocab"]["d"] == 5
    with pytest.raises(ValueError, match="no merges"):
        with_words(bases["unigram"], [], [Joint("d")])


def test_ids_that_were_left_out_stay_free() -> None:
    """GPT-4o has an added token far after the last of the model; the library would number the next from the gap."""
    added = [{"id": 9, "content": "<e>", "special": True}]
    added[0] |= dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    model = {"type": "BPE", "vocab": {"a": 0, "b": 1, "<e>": 9}, "merges": []}
    base = TokenizerJson("x", {"version": "1.0", "added_tokens": added, "model": model})
    after = library(with_words(base, ["桃树"]))
    assert (after.token_to_id("<e>"), after.token_to_id("桃树")) == (9, 10)


def test_the_base_is_not_changed(bases: dict[str, TokenizerJson]) -> None:
    for form in GROWN:
        before = json.dumps(bases[form].contents)
        with_words(bases[form], WORDS)
        assert json.dumps(bases[form].contents) == before


@pytest.mark.parametrize("form", ["metaspace", "gpt2"])
def test_a_tokenizer_that_would_write_blanks(form: str, bases: dict[str, TokenizerJson]) -> None:
    with pytest.raises(DataError, match="a blank before all that follows"):
        check_base(bases[form])


@given(
    st.sets(
        st.text(st.sampled_from("ab桃树-]^\\"), min_size=1, max_size=4), min_size=1, max_size=60
    )
)
def test_one_expression_of_all_words(words: set[str]) -> None:
    pattern = re.compile(any_of(sorted(words)))
    for word in words:
        assert pattern.fullmatch(word)
        if word + "a" not in words:
            assert not pattern.fullmatch(word + "a")


def test_an_expression_of_many_first_characters() -> None:
    words = [chr(0x4E00 + 7 * n) + "x" * (n % 3) for n in range(300)]
    pattern = re.compile(any_of(words))
    assert all(pattern.fullmatch(word) for word in words)
    assert not any(pattern.fullmatch(chr(0x4E01 + 7 * n)) for n in range(300))


def test_a_model_with_tokens_in_the_list_alone(tmp_path: Path) -> None:
    """Unigram pieces have their places as ids: an added token after them keeps its id."""
    path = tokenizer_json("unigram", tmp_path / "t.json")
    contents = json.loads(path.read_text(encoding="utf-8"))
    size = len(contents["model"]["vocab"])
    token = dict(contents["added_tokens"][0], id=size, content="<chat>")
    contents["added_tokens"].append(token)
    base = TokenizerJson("x", contents)
    after = library(with_words(base, WORDS))
    assert after.token_to_id("<chat>") == size
    assert after.token_to_id(WORDS[0]) == size + 1
    assert ids_of(after, "桃树<chat>")[-1] == size
