"""Word lists and segmented text as priors."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nlptools.errors import DataError, NlptoolsError
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.lists import (
    LISTED_COUNT,
    LONGEST,
    count_segmented,
    load_prior,
    prior_of_words,
    words_among,
)
from nlptools.wordmodel.model import WordModel
from nlptools.wordmodel.train import train_model

TEXT = ["葡萄皮不吐", "吃葡萄不吐葡萄皮", "天地玄黄", "宇宙洪荒"] * 3


def counts_of(model: WordModel) -> dict[str, float]:
    return dict(zip(model.words, model.expected.tolist(), strict=True))


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("jieba.txt", "葡萄 30 n\n吐 5 v\n", {"葡萄": 30, "吐": 5}),
        ("plain.txt", "葡萄\n吐\n葡萄\n", {"葡萄": LISTED_COUNT, "吐": LISTED_COUNT}),
        ("some.tsv", "word\tcount\n葡萄\t7\n吐\t\n皮\t0\n", {"葡萄": 7, "吐": LISTED_COUNT}),
        ("more.jsonl", '{"word": "葡萄", "count": 4}\n', {"葡萄": 4}),
        # What cannot be met in running text as one word is left out.
        ("signs.txt", "C++\n卡拉OK\n一二，三\nT恤\n5G\n", {"卡拉OK": 1, "T恤": 1}),
    ],
)
def test_word_lists_as_priors(
    tmp_path: Path, name: str, text: str, expected: dict[str, float]
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    model = load_prior(tmp_path / name)
    assert counts_of(model) == expected
    assert model.known is not None
    assert model.known.all()
    assert (model.counts == 0).all()


def test_what_is_no_prior(tmp_path: Path) -> None:
    for name, content in (
        ("empty.txt", b""),
        ("signs.txt", b"C++\n"),
        ("long.txt", "葡".encode() * 99),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(DataError, match="no words of Han characters") as caught:
            load_prior(tmp_path / name)
        assert str(tmp_path / name) in str(caught.value)
        assert caught.value.hint


def test_a_model_as_prior_is_read_as_one(tmp_path: Path) -> None:
    model = train_model(Corpus.from_texts(TEXT))
    for name in ("m.tsv", "m.tsv.gz", "m.nlpm"):
        model.save(tmp_path / name)
        assert load_prior(tmp_path / name).text() == model.text()


def test_which_texts_can_be_words() -> None:
    good = ["葡萄", "T恤", "卡拉OK", "5G网络", "〇", "𠀀", "葡" * LONGEST]
    bad = ["", "OK", "5G", "C++", "葡 萄", "葡，", "葡" * (LONGEST + 1), "——"]
    assert words_among([*bad, *good, *bad]) == good
    assert words_among([]) == []


@pytest.mark.parametrize("block_size", [1, 7, 1 << 20])
def test_segmented_text_is_counted(tmp_path: Path, block_size: int) -> None:
    lines = ["葡萄 皮 ， 不 吐", "吐 葡萄\t皮", "T恤 50% 不 吐", "", "葡萄\u3000OK 吐"]
    path = tmp_path / "cut.txt.gz"
    path.write_bytes(gzip.compress("\r\n".join(lines).encode()))
    (tmp_path / "more.txt").write_text("皮", encoding="utf-8")
    corpus = Corpus([path, tmp_path / "more.txt"], block_size=block_size)
    found = count_segmented(corpus)
    assert counts_of(found) == {"吐": 4, "葡萄": 3, "皮": 3, "不": 2, "T恤": 1}
    # The same words in another order are the same prior.
    other = count_segmented(Corpus.from_texts([*lines[::-1], "皮"]))
    assert other.words == found.words == ["吐", "皮", "葡萄", "不", "T恤"]
    assert other.settings == found.settings


def test_segmented_text_without_words() -> None:
    with pytest.raises(NlptoolsError, match="no words of Han characters") as caught:
        count_segmented(Corpus.from_texts(["a b c ， 50%"]))
    assert "separated by spaces" in str(caught.value.hint)


def test_training_on_segmented_text_and_a_prior() -> None:
    """Both add up; what one of them knows is known."""
    corpus = Corpus.from_texts(TEXT)
    prior = prior_of_words({"天地": 2.0, "玄黄": None})
    cut = ["葡萄皮 不 吐", "吃 葡萄 不 吐 葡萄皮"]
    both = train_model(corpus, prior=prior, prior_weight=0.5, segmented=Corpus.from_texts(cut))
    assert both.known is not None
    known = {word for word, flag in zip(both.words, both.known.tolist(), strict=True) if flag}
    assert known == {"天地", "玄黄", "葡萄皮", "不", "吐", "吃", "葡萄"}
    assert both.settings["prior"] == {"sha256": prior.settings["sha256"], "weight": 0.5}
    assert both.settings["segmented"]["weight"] == 1
    alone = train_model(corpus, segmented=Corpus.from_texts(cut))
    assert "prior" not in alone.settings
    at = both.words.index("天地"), alone.words.index("天地") if "天地" in alone.words else None
    assert at[1] is None or both.expected[at[0]] >= alone.expected[at[1]]
