"""Ranks and settings in tiktoken itself beside `tokenizers`, for small tokenizers trained here; what is refused."""

from __future__ import annotations

import base64
import copy
import functools
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import CLINIC, DATA, STARTUP
from tokencases import ODD, corpus_lines

from nlptools.errors import DataError
from nlptools.subwords.bytelevel import CHARACTERS
from nlptools.subwords.splits import GPT2
from nlptools.subwords.tiktoken import tiktoken_files
from nlptools.subwords.tokenizerjson import TokenizerJson

# Of Qwen (and of cl100k but for its digits), and one that leaves signs between its matches.
QWEN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
GAPS = r"\p{Han}+|[A-Za-z]+"
SPLITS = {
    "qwen": {"Regex": QWEN, "behavior": "Isolated"},
    "removed": {"Regex": QWEN.replace(r"\p{N}|", r"\p{N}{1,3}|"), "behavior": "Removed"},
    "gaps": {"Regex": GAPS, "behavior": "Isolated"},
}


@functools.cache
def trained(kind: str) -> str:
    """tokenizer.json of a byte-level BPE of 700 tokens, with special tokens and a word."""
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    made = tokenizers.Tokenizer(tokenizers.models.BPE())
    pre = tokenizers.pre_tokenizers
    if kind == "gpt2":
        made.pre_tokenizer = pre.ByteLevel(add_prefix_space=False)
    else:
        split = SPLITS[kind]
        step = pre.Split(
            tokenizers.Regex(split["Regex"]),
            split["behavior"].lower(),
            invert=split["behavior"] == "Removed",
        )
        level = pre.ByteLevel(add_prefix_space=False, use_regex=False)
        made.pre_tokenizer = pre.Sequence([step, level])
    if kind == "qwen":
        made.normalizer = tokenizers.normalizers.NFC()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=pre.ByteLevel.alphabet(), show_progress=False
    )
    texts = [path.read_text("utf-8") for path in (CLINIC, STARTUP)]
    made.train_from_iterator(
        [*texts, "It's so nice, isn't it? We'll see 1234 things.\n" * 20], trainer
    )
    made.add_special_tokens(["<|im_start|>"])
    made.add_tokens(["创业公司"])
    text: str = made.to_str()
    return text


def tokenizer_of(text: str, **changes: Any) -> TokenizerJson:
    """The tokenizer with other values: keys of its model, or of the file."""
    contents = copy.deepcopy(json.loads(text))
    for key, value in changes.items():
        (contents["model"] if key in contents["model"] else contents)[key] = value
    return TokenizerJson("some/tokenizer.json", contents)


def encoding_of(files: dict[str, str], folder: Path) -> Any:
    """As the note of the settings says."""
    tiktoken = pytest.importorskip("tiktoken", reason="no tiktoken: bin/setup test")
    from tiktoken.load import load_tiktoken_bpe

    (name, ranks), (_, text) = files.items()
    (folder / name).write_text(ranks, "utf-8")
    return tiktoken.Encoding(
        **json.loads(text)["encoding"], mergeable_ranks=load_tiktoken_bpe(str(folder / name))
    )


KINDS = ["qwen", "removed", "gaps", "gpt2"]
TEXTS = st.text(
    st.sampled_from(sorted(set(ODD) | set("'sStTmM天气创业公司\u017f\u212a12 3\n\r"))), max_size=40
)


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    text = trained(request.param)
    files = tiktoken_files(tokenizer_of(text))
    return tokenizers.Tokenizer.from_str(text), encoding_of(files, tmp_path_factory.mktemp("made"))


def same_ids(both: Any, text: str) -> None:
    theirs, made = both
    if theirs.normalizer is not None:
        text = unicodedata.normalize("NFC", text)
    ids = made.encode(text, allowed_special="all")
    assert ids == theirs.encode(text, add_special_tokens=False).ids
    # "removed" drops nothing here, as its expression takes every character.
    assert made.decode(ids) == text


@pytest.mark.parametrize("both", KINDS, indirect=True)
def test_ids_are_those_of_tokenizers(both: Any) -> None:
    @settings(max_examples=120, deadline=None)
    @given(TEXTS)
    @example("It'ſ so <|im_start|>创业公司的创业公司!  \n\n x 12345")
    @example("   a    b\t\t\n\n \u3000今天 é e\u0301")
    def check(text: str) -> None:
        same_ids(both, text)

    check()
    for path in (CLINIC, STARTUP):
        same_ids(both, path.read_text("utf-8")[:20_000])


@pytest.mark.parametrize("both", ["qwen", "gpt2"], indirect=True)
def test_awkward_texts_and_lines(both: Any) -> None:
    folder = DATA / "awkward"
    if not folder.exists():
        pytest.skip(f"no folder {folder}; NLPTOOLS_DATA names the evaluation data")
    for path in sorted(folder.glob("*/*")):
        same_ids(both, path.read_bytes()[:8_000].decode("utf-8", "ignore"))
    for corpus in ("lctt", "medical_qa"):
        same_ids(both, "\n".join(corpus_lines(corpus, 200)))


def test_the_files() -> None:
    files = tiktoken_files(tokenizer_of(trained("qwen")), name="qwen.tiktoken")
    assert list(files) == ["qwen.tiktoken", "qwen.tiktoken.json"]
    lines = files["qwen.tiktoken"].splitlines()
    assert lines[0] == "IQ== 0"  # "!" is the first of ByteLevel's alphabet
    assert [int(line.split()[1]) for line in lines] == list(range(700))
    made = json.loads(files["qwen.tiktoken.json"])
    assert made["encoding"] == {
        "name": "qwen",
        "pat_str": QWEN,
        "special_tokens": {"<|im_start|>": 700, "创业公司": 701},
    }
    assert (made["normalizer"], made["added_words"]) == ("NFC", ["创业公司"])
    assert 'normalize("NFC"' in made["note"]
    other = tiktoken_files(tokenizer_of(trained("gpt2")))
    assert list(other) == ["tokenizer.tiktoken", "tokenizer.tiktoken.json"]
    made = json.loads(other["tokenizer.tiktoken.json"])
    assert (made["encoding"]["pat_str"], made["normalizer"]) == (GPT2, None)


def test_bytes_as_the_library_writes_them(tmp_path: Path) -> None:
    pytest.importorskip("tiktoken", reason="no tiktoken: bin/setup test")
    load = pytest.importorskip("tiktoken.load", reason="no tiktoken: bin/setup test")
    files = tiktoken_files(tokenizer_of(trained("gpt2")))
    encoding_of(files, tmp_path)
    ranks = load.load_tiktoken_bpe(str(tmp_path / "tokenizer.tiktoken"))
    pytest.importorskip("blobfile", reason="no blobfile, which dump_tiktoken_bpe asks for")
    load.dump_tiktoken_bpe(ranks, str(tmp_path / "again"))
    assert (tmp_path / "again").read_text("utf-8") == files["tokenizer.tiktoken"]


# --- what is refused -------------------------------------------------------------------------

LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": True}


def small(*merges: str, added: tuple[dict[str, Any], ...] = (), **changes: Any) -> TokenizerJson:
    """Bytes, and a token for each merge."""
    tokens = [*CHARACTERS, *dict.fromkeys(merge.replace(" ", "") for merge in merges)]
    tokens += [token for token in changes.pop("more", ()) if token not in tokens]
    contents = {
        "added_tokens": list(added),
        "normalizer": None,
        "pre_tokenizer": LEVEL,
        "model": {
            "type": "BPE",
            "vocab": {token: number for number, token in enumerate(tokens)},
            "merges": list(merges),
            **changes.pop("model", {}),
        },
        **changes,
    }
    return TokenizerJson("some/tokenizer.json", contents)


def word(content: str, number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "content": content, "special": False, "normalized": False, **more}


def test_a_small_one_is_not_refused() -> None:
    made = tiktoken_files(small("a b", "ab c", added=(word("天气", 300), word("天天", 301))))
    assert made["tokenizer.tiktoken"].endswith("YWI= 256\nYWJj 257\n")


@pytest.mark.parametrize(
    ("tokenizer", "problem"),
    [
        (small(model={"type": "WordPiece"}), "its model is WordPiece, not byte-level BPE"),
        (small(pre_tokenizer=None), "its BPE is of characters, as SentencePiece's, not of bytes"),
        (small(model={"dropout": 0.1}), "its model has dropout: 0.1"),
        (small(model={"end_of_word_suffix": "</w>"}), 'its model has end_of_word_suffix: "</w>"'),
        (small(normalizer={"type": "NFKC"}), "it has a normalizer, NFKC, and tiktoken has none"),
        (
            small(pre_tokenizer=LEVEL | {"add_prefix_space": True}),
            "it puts a blank before a text (add_prefix_space)",
        ),
        (
            small(added=(word("<s>", 300, special=True), word("<s>a", 301, special=True))),
            "of its special tokens <s>, <s>a one begins the other",
        ),
        (
            small(added=(word("<s>", 300, special=True), word("a<", 301), word("a<b", 302))),
            "its added word a< overlaps with a special token",
        ),
        (
            small("a b", added=(word("ab", 300), word("abc", 301))),
            "its added word ab is also a token with another id",
        ),
        (small(added=(word("<mask>", 300, lstrip=True),)), "its added token <mask> has lstrip"),
        (small(added=(word("e\u0301", 300),)), "its added token e\u0301 is not NFC"),
        (
            small(added=(word("天气", 300), word("今天", 301, normalized=True))),
            "its added token 今天 overlaps with one of the other kind (normalized)",
        ),
        (small(more=("ab",)), "1 tokens that no merge makes (ab)"),
        (small("a b", more=("今",)), "1 tokens that no merge makes (今)"),
        (
            small(model={"vocab": {c: n for n, c in enumerate(CHARACTERS[1:])}}),
            "no token for 1 of 256 bytes (0x00)",
        ),
        (small(model={"merges": ["a b"]}), "a merge of what are no tokens: a, b"),
        (small("a b", "b c", "a bc"), "by rank 'abc' would be made of"),
        (small("a b", "b c", model={"merges": ["b c", "a b"]}), "its merges are not in the order"),
    ],
)
def test_what_is_refused(tokenizer: TokenizerJson, problem: str) -> None:
    with pytest.raises(DataError) as caught:
        tiktoken_files(tokenizer)
    assert str(caught.value).startswith(f"some/tokenizer.json: {problem}")
    assert "tiktoken" in str(caught.value.hint)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.text("创业公司天气 a'", min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(KINDS),
    st.text("创业公司天气 a'sb1\n", max_size=30),
)
@example(["创业", "创业公司"], "qwen", "创业公司创业的创业公 司 创业")
@example(["公司 ", "公司", "司 a"], "gpt2", "天气  公司 a's公司  ")
def test_words_that_begin_words(words: list[str], kind: str, text: str) -> None:
    """They are found in the text before all else, the longest first."""
    tokenizers = pytest.importorskip("tokenizers", reason="no tokenizers: bin/setup test")
    tiktoken = pytest.importorskip("tiktoken", reason="no tiktoken: bin/setup test")
    theirs = tokenizers.Tokenizer.from_str(trained(kind))
    theirs.add_tokens([tokenizers.AddedToken(w, normalized=False) for w in dict.fromkeys(words)])
    try:
        files = tiktoken_files(tokenizer_of(theirs.to_str()))
    except DataError as error:
        assert "is also a token with another id" in str(error) or "overlaps" in str(error)
        return
    ranks, text_of_settings = files.values()
    rows = (line.split() for line in ranks.splitlines())
    made = tiktoken.Encoding(
        **json.loads(text_of_settings)["encoding"],
        mergeable_ranks={base64.b64decode(token): int(rank) for token, rank in rows},
    )
    ids = theirs.encode(text, add_special_tokens=False).ids
    assert made.encode(text, allowed_special="all") == ids


def test_whole_tokens() -> None:
    """With ignore_merges, as of Llama 3, a token that no merge makes is one if it is all of a piece, as in tiktoken."""
    made = tiktoken_files(small("a b", more=("bcd",), model={"ignore_merges": True}))
    assert made["tokenizer.tiktoken"].endswith("YmNk 257\n")
