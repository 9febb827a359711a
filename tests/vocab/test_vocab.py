"""vocab.txt as it is found: line ends, damaged lines, duplicates, other files given for one."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from pathlib import Path

import oracles
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokencases import BERT, PLUS, SPECIALS, WOBERT, reference_vocab

from nlptools.errors import DataError
from nlptools.vocab.vocab import END, PAD, Vocab, as_vocab, is_redundant, load_vocab, stem


def loaded(folder: Path, content: str | bytes) -> Vocab:
    path = folder / "vocab.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_vocab(path)


def test_ids() -> None:
    vocab = Vocab(("[UNK]", "天", "", "气", "天", ""))
    assert vocab.ids == {"[UNK]": 0, "天": 4, "气": 3}  # the last of equal ones, none without text
    assert len(vocab) == 6
    assert "天" in vocab
    assert "" not in vocab
    assert 3 not in vocab
    assert vocab.unknown == 0


def test_what_it_must_have() -> None:
    vocab = Vocab(("天", "[CLS]"), "some.txt")
    vocab.require(["[CLS]"])
    with pytest.raises(DataError, match=r"^some\.txt: no \[PAD\], \[SEP\] in this vocabulary$"):
        vocab.require(["[PAD]", "[CLS]", "[SEP]"])
    with pytest.raises(DataError, match=r"^some\.txt: no \[UNK\] among its 2 tokens$") as caught:
        vocab.unknown  # noqa: B018
    assert "a line [UNK]" in str(caught.value.hint)


def test_problems() -> None:
    assert Vocab(("a", "b", "##b", "\x00")).problems == []
    vocab = Vocab(("a", "", "b", "a", " ", "b", "a"), "v.txt")
    assert vocab.problems == [
        "v.txt: no token in line 2, 5",
        "v.txt: listed again later: a, b (line 1, 3, 4)",
    ]
    empty, again = Vocab((*[""] * 12, *"aabbccddeeffgghhiijjkkll"), "v").problems
    assert empty == "v: no token in line 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more"
    assert again.endswith(
        "a, b, c, d, e, f, g, h, i, j (line 13, 15, 17, 19, 21, 23, 25, 27, 29, 31 and 2 more)"
    )


def test_tokens_that_no_text_has() -> None:
    vocab = Vocab((*SPECIALS, "<S>", "new", "New York", "York", "##É", "今 天"), "v.txt")
    blanks = "v.txt: with a blank, so never made: New York, 今 天 (line 8, 11)"
    assert vocab.problems == vocab.problems_when(lower=False) == [blanks]
    assert vocab.problems_when(lower=True) == [
        blanks,
        "v.txt: 3 of 11 tokens have capitals or accents, which --lower never makes: "
        "New York, York, ##É (line 8, 9, 10)",
    ]


def test_special_tokens_of_other_tools(tmp_path: Path) -> None:
    """The hint names them, and what it says can be done."""
    path = tmp_path / "their vocab.txt"
    path.write_bytes(b"<pad>\r\n[unk] \n<s>\n</s>\n<mask>\nunk>\n<unk>s\n")
    with pytest.raises(DataError, match=r"no \[UNK\] among its 7 tokens") as caught:
        load_vocab(path).unknown  # noqa: B018
    said, _, command = str(caught.value.hint).partition(": ")
    assert said == "it has [unk]"
    with pytest.raises(DataError, match=r"no \[PAD\], \[SEP\] in this") as caught:
        load_vocab(path).require([PAD, END])
    assert caught.value.hint == f"it has <pad>, </s>: {command}"
    assert command.endswith(f" '{path}' > new.txt")
    if shutil.which("sed") is None:
        pytest.skip("no sed")
    subprocess.run(command, shell=True, cwd=tmp_path, check=True)
    assert load_vocab(tmp_path / "new.txt").tokens == (*SPECIALS, "unk>", "<unk>s")


@pytest.mark.parametrize(
    ("content", "tokens"),
    [
        ("a\nb\n", ("a", "b")),
        ("a\nb", ("a", "b")),
        ("a\r\nb\r\n", ("a", "b")),
        ("a\n\nb\n", ("a", "", "b")),
        ("a\n\n", ("a", "")),
        ("\n", ("",)),
        ("a\u2028\n\u2028\nb\x0c\x85\n", ("a\u2028", "\u2028", "b\x0c\x85")),  # no line ends
        ("a\rb\n", ("a\rb",)),
        ("\ufeffa\n", ("a",)),
        ("{\n}\n# a\n", ("{", "}", "# a")),
        ('[\n"\n]\n{', ("[", '"', "]", "{")),
        (" a \n\u3000今\xa0\r\n \n", ("a", "今", "")),  # as Hugging Face, Google and bert4keras
    ],
)
def test_lines(tmp_path: Path, content: str, tokens: tuple[str, ...]) -> None:
    assert loaded(tmp_path, content).tokens == tokens


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r\t{#\ufeff")),
        min_size=1,
    )
)
def test_files_come_back(tmp_path_factory: pytest.TempPathFactory, tokens: list[str]) -> None:
    vocab = Vocab(tuple(tokens))
    folder = tmp_path_factory.mktemp("vocab")
    found = loaded(folder, "".join(vocab.lines())).tokens
    assert found == tuple(token.strip(" \u3000\xa0") for token in tokens)


def test_other_files(tmp_path: Path) -> None:
    text = "[UNK]\n天\n"
    assert loaded(tmp_path, gzip.compress(text.encode())).tokens == ("[UNK]", "天")
    assert loaded(tmp_path, text.encode("utf-16")).tokens == ("[UNK]", "天")
    assert loaded(tmp_path, text).source == str(tmp_path / "vocab.txt")
    for content, line, problem in (
        ("", "", "an empty vocabulary"),
        ("# nlptools words 1\n天\n", ":1", "a table, not a vocabulary"),
        ("天\n气\t3\n", ":2", "a table, not a vocabulary"),
        ('天\n{"model": 1}\n', ":2", "JSON, not a vocabulary"),
        ('{\n "version": "1.0",\n "model": {}\n}\n', ":1", "JSON, not a vocabulary"),
        ('[\n  "[UNK]",\n  "天"\n]\n', ":1", "JSON, not a vocabulary"),
    ):
        with pytest.raises(DataError) as caught:
            loaded(tmp_path, content)
        assert str(caught.value) == f"{tmp_path / 'vocab.txt'}{line}: {problem}"
        assert caught.value.hint == "vocab.txt has a token a line"
    for line, hint in (
        (
            "今天天气非常好".encode("gb18030"),
            f"convert it: iconv -f gb18030 -t utf-8 {tmp_path / 'vocab.txt'} > new.txt",
        ),
        (b"\xff", "save it as UTF-8"),
    ):
        with pytest.raises(DataError, match=r"vocab\.txt:2: not UTF-8: byte 0x") as caught:
            loaded(tmp_path, b"[UNK]\n" + line)
        assert caught.value.hint == hint
    with pytest.raises(DataError, match="none: no such file"):
        load_vocab(tmp_path / "none")


def slow_redundant(token: str) -> bool:
    rest = token[2:] if token.startswith("##") else token
    return len(token) > 1 and any(map(oracles.stands_alone, rest))


@given(st.text(max_size=4) | st.text("#天。a", max_size=4))
def test_redundant_is_that_of_the_slow_twin(token: str) -> None:
    assert is_redundant(token) == slow_redundant(token)
    assert stem("##" + token) == token


def test_the_released_ones() -> None:
    """WoBERT's base: 13,586 tokens of BERT's 21,128, and 20,000 words (kexue.fm/archives/7758). Two are damaged:
    BERT's line of U+2028 and its ##U+2028. ##§ was kept: § was a symbol, and is punctuation since Unicode 6.
    """
    bert, wobert, plus = map(reference_vocab, (BERT, WOBERT, PLUS))
    assert [len(bert), len(wobert), len(plus)] == [21_128, 33_586, 50_000]
    assert bert.tokens[343] == "\u2028"
    assert bert.problems_when(lower=True) == []  # U+2028 is a token, if one that no text has
    assert (wobert.tokens[242], wobert.tokens[13_359]) == ("", "##")
    assert plus.problems_when(lower=True) == []
    assert wobert.problems_when(lower=True) == [f"{wobert.source}: no token in line 243"]
    kept = [token for token in bert.tokens if token not in SPECIALS and not is_redundant(token)]
    theirs = list(wobert.tokens[5:13_586])
    theirs.remove("##§")
    assert list(wobert.tokens[:5]) == SPECIALS
    assert [token.replace("\u2028", "") for token in kept] == theirs
    assert [wobert.ids[word] for word in ("一个", "中国", "我们")] == [13_586, 13_587, 13_588]


def test_a_vocabulary_shows_itself() -> None:
    vocab = Vocab(tuple(f"t{i}" for i in range(1234)))
    assert repr(vocab) == "Vocab(1,234 tokens: t0 t1 t2 t3 t4 ...)"
    assert repr(Vocab(("天",))) == "Vocab(1 tokens: 天)"
    assert list(vocab)[:2] == ["t0", "t1"]
    assert "t1233" in vocab
    assert "t1234" not in vocab
    frame = vocab.to_frame()
    assert frame["id"].tolist() == list(range(1234))
    assert frame["token"].tolist() == list(vocab)
    assert "20 of 1,234 rows" in vocab._repr_html_()


def test_a_vocabulary_is_an_object_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "vocab.txt").write_text("[UNK]\n天\n", encoding="utf-8")
    vocab = as_vocab(tmp_path / "vocab.txt")
    assert vocab.tokens == ("[UNK]", "天")
    assert as_vocab(vocab) is vocab


def test_a_token_with_a_line_end_is_folded_by_itself() -> None:
    """No file has one, but who makes a Vocab may."""
    problems = Vocab(("[UNK]", "a\nΣ", "b")).problems_when(lower=True)
    assert problems == [
        "vocab: 1 of 3 tokens have capitals or accents, which --lower never makes: a\\nΣ (line 2)"
    ]
