"""Vocabularies from a base and words: by hand, by rule, and beside the released files of BERT and WoBERT."""

from __future__ import annotations

import json
import math
import random
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jiebacases import import_jieba
from places import DATA

from nlptools.errors import DataError, NlptoolsError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text.corpus import Corpus
from nlptools.text.wordlists import read_weighted_words
from nlptools.vocab.build import (
    BLANK,
    CONTROL,
    EMPTY,
    LONG,
    MARKED,
    MIN_COUNT,
    SIGN,
    SPECIAL,
    build_vocab,
    count_reasons,
    make_vocab,
    reduced_ids,
    redundant_words,
)
from nlptools.vocab.report import lacking, report_vocab, tokenized
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.unigram import UNKNOWN_PENALTY
from nlptools.vocab.vocab import SPECIALS, UNKNOWN, Vocab, load_vocab
from nlptools.vocab.wordcount import CorpusWords, count_corpus

TOKENS = (
    "[PAD]",
    "[unused1]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "天",
    "气",
    "好",
    "##天",
    "...",
)
BASE = Vocab((*TOKENS, "nice", "##ly", "，", "n"), "base.txt")


def corpus_of(text: str) -> CorpusWords:
    return count_corpus(Corpus.from_texts([text]))


# --- the rule ----------------------------------------------------------------------------------


def test_reduced_base() -> None:
    """Specials first; [unused1], ##天 and ... are what BERT's rules never make."""
    made = build_vocab({"天气": 3, "好天气": 5, "天": 9, "nicely": 4, "雨天": 4}, BASE)
    assert made.vocab.tokens[:5] == SPECIALS
    assert made.vocab.tokens[5:12] == ("天", "气", "好", "nice", "##ly", "，", "n")
    assert made.keep.tolist() == [0, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14]
    # By decreasing count; of 4 and 4 the first; 天 is there.
    assert made.words == ("好天气", "nicely", "雨天", "天气")
    assert (made.known, made.refused, made.redundant, made.mixed) == (1, {}, (), ())
    assert made.map is not None
    assert (made.map.base_size, made.map.unknown) == (len(BASE), 2)
    # 天 5, 气 6, 好 7, nice 8, ##ly 9; 雨 is [UNK], 1.
    assert made.map.compound_tokens() == [[7, 5, 6], [8, 9], [1, 5], [5, 6]]
    assert made.map.words == made.words
    assert made.weights == {"天": 9, "好天气": 5, "nicely": 4, "雨天": 4, "天气": 3}
    lines = "".join(made.weight_lines()).split("\n")
    assert lines == ["word\tcount", "天\t9", "好天气\t5", "nicely\t4", "雨天\t4", "天气\t3", ""]


def test_whole_base() -> None:
    made = build_vocab({"天气": 3}, BASE, keep_base=True)
    assert made.vocab.tokens == (*BASE.tokens, "天气")
    assert made.keep.tolist() == list(range(len(BASE)))
    assert made.map is not None
    assert made.map.compound_tokens() == [[6, 7]]


def test_how_many() -> None:
    words: dict[str, float | None] = {"天气": 3, "好天": 2, "好气": 1}
    assert build_vocab(words, BASE, words=2).words == ("天气", "好天")
    assert build_vocab(words, BASE, words=0).words == ()
    assert build_vocab(words, BASE, size=13).words == ("天气",)
    assert build_vocab(words, BASE, size=12).words == ()
    assert build_vocab(words, BASE, size=99).beyond == 0
    assert build_vocab(words, BASE, size=14).beyond == 1
    with pytest.raises(NlptoolsError, match="12 tokens are there before them, the size is 11") as e:
        build_vocab(words, BASE, size=11)
    assert e.value.hint
    made = build_vocab({**words, "好好天": None}, BASE, min_count=2, max_length=2)
    assert made.words == ("天气", "好天")
    assert (made.rare, made.long) == (1, 1)
    # A word without a count is none of the rare.
    assert build_vocab({**words, "好好天": None}, BASE, min_count=2).words[-1] == "好好天"


def test_no_base() -> None:
    """Signs, letters; then each word with its characters. 7 tokens more: 天 气 好 雨 and three words."""
    words: dict[str, float | None] = {"天气": 3, "好天": 2, "雨": 2, "好雨": 1}
    plain = len(build_vocab({}, None).vocab)
    made = build_vocab(words)
    assert made.vocab.tokens[:5] == SPECIALS
    assert {"a", "##a", "9", "##9", "!", "，", "“", "…"} <= set(made.vocab.tokens)
    assert "A" not in made.vocab
    assert "A" in build_vocab(words, lower=False).vocab
    assert made.vocab.tokens[plain:] == ("天", "气", "好", "雨", "天气", "好天", "好雨")
    assert made.map is None
    assert build_vocab(words, words=1).vocab.tokens[plain:] == ("天", "气", "天气")
    # 好天 needs two places more, 雨 has the one that is there.
    small = build_vocab(words, size=plain + 4)
    assert small.vocab.tokens[plain:] == ("天", "气", "雨", "天气")
    # A letter stands inside words too.
    assert build_vocab({"β受体": 1}).characters == ("β", "##β", "受", "体")
    encoded = WordTokenizer(made.vocab, pre="none").encode("天雨，“OK”3.14 abc!")
    assert made.vocab.unknown not in encoded.ids


def test_coverage() -> None:
    """10 characters: 雨 4, 雪 3, 霜 2, α 1; a share of .6 needs two, .9 three."""
    text = "雨雨雨雨雪雪雪霜霜α"
    for share, added in (
        (0.4, ["雨"]),
        (0.41, ["雨", "雪"]),
        (0.7, ["雨", "雪"]),
        (0.9, ["雨", "雪", "霜"]),
        (1.0, ["雨", "雪", "霜", "α", "##α"]),
    ):
        made = build_vocab({"雨雪": 1}, BASE, corpus_of(text), coverage=share)
        assert list(made.characters) == added
        assert made.vocab.tokens[12:] == (*added, "雨雪")
        assert made.map is not None
        assert made.map.words == (*added, "雨雪")
        assert made.map.compound_tokens() == [[1]] * len(added) + [[1, 1]]
    assert build_vocab({}, BASE, corpus_of("天天天天天天天天天雨"), coverage=0.9).characters == ()
    with pytest.raises(NlptoolsError, match="no room for words: 13 tokens"):
        build_vocab({}, BASE, corpus_of("雨"), coverage=1, size=12)
    assert build_vocab({}, BASE, corpus_of(""), coverage=1).characters == ()


def test_words_of_a_corpus() -> None:
    cutter = Segmenter.from_counts({"天气": 5, "好": 3, "雨": 1})
    counted = count_corpus(Corpus.from_texts(["天气，好，" * MIN_COUNT + "雨"]), cutter)
    made = build_vocab(None, BASE, counted)
    assert (made.words, made.rare) == (("天气",), 1)
    assert made.weights == {"天气": MIN_COUNT, "好": MIN_COUNT}
    assert build_vocab(None, BASE, counted, min_count=1).words == ("天气", "雨")


def test_bad_arguments() -> None:
    for message, settings_ in (
        ("exclude each other", {"words": 1, "size": 2}),
        ("count tokens", {"words": -1}),
        ("count tokens", {"size": 0}),
        ("above 0 and at most 1, not 0", {"coverage": 0}),
        ("above 0 and at most 1, not 2", {"coverage": 2}),
        ("that of a corpus", {"coverage": 0.5}),
    ):
        with pytest.raises(ValueError, match=message):
            build_vocab({}, BASE, **settings_)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="neither words nor a corpus"):
        build_vocab()
    with pytest.raises(DataError, match=r"x: no \[UNK\] among its 2 tokens"):
        build_vocab({}, Vocab(("[PAD]", "天"), "x"))


# --- words no text has -------------------------------------------------------------------------


def test_refused() -> None:
    reasons = {
        "\u0301": EMPTY,
        "": EMPTY,
        "iPad Pro": BLANK,
        "天\n气": BLANK,
        "天\u3000气": BLANK,
        "天\u200b气": CONTROL,
        "##天气": MARKED,
        "##": MARKED,
        "[天气]": SPECIAL,
        "天" * 65: LONG,
        "天·气": SIGN,
        "——": SIGN,
    }
    good: dict[str, float | None] = {"天" * 64: 1, "at&t": 2, "t恤": 2, "#": 1}
    made = build_vocab({**dict.fromkeys(reasons, 1), **good}, BASE)
    assert made.refused == reasons
    assert made.words == ("at&t", "t恤", "天" * 64, "#")
    assert made.mixed == ("at&t", "t恤")
    found = count_reasons(made.refused)
    assert list(found)[:2] == [BLANK, EMPTY]
    assert sum(map(len, found.values())) == len(reasons)


def test_folding() -> None:
    """Of iPad and IPAD, one token of a text in small letters, the counts are added."""
    words: dict[str, float | None] = {"iPad": 3, "Café": 2, "IPAD": 4, "cafe": None, "天气": 5}
    made = build_vocab(words, BASE)
    assert made.words == ("ipad", "天气", "cafe")
    assert made.weights == {"ipad": 7, "天气": 5, "cafe": 2}
    assert (made.folded, made.merged) == (3, 2)
    as_it_is = build_vocab(words, BASE, lower=False)
    assert as_it_is.words == ("天气", "IPAD", "iPad", "Café", "cafe")
    assert (as_it_is.folded, as_it_is.merged) == (0, 0)


HAN = st.text("天气好雨", min_size=1, max_size=5)


@settings(deadline=None)
@given(st.dictionaries(HAN, st.integers(1, 50), max_size=20), st.booleans(), st.integers(0, 30))
def test_every_word_can_be_found(words: dict[str, int], keep: bool, most: int) -> None:
    """A word is a token; the map spells it with tokens of the base; ids are as many as the tokens."""
    made = build_vocab(dict(words), BASE, keep_base=keep, words=most)
    assert len(set(made.words)) == len(made.words) <= most
    assert made.map is not None
    assert len(made.map) == len(made.vocab)
    alone = WordTokenizer(Vocab((UNKNOWN, *made.words)), pre="none")
    for word, pieces in zip(made.words, made.map.compound_tokens(), strict=True):
        assert word in words
        assert word in alone.vocab.ids
        spelled = [made.vocab.tokens[i] for i in pieces]
        assert spelled == [c if c in BASE else UNKNOWN for c in word]
    counts = [words[word] for word in made.words]
    assert counts == sorted(counts, reverse=True)


# --- pruning -----------------------------------------------------------------------------------


def test_pruning_by_hand() -> None:
    """100 in all. 一个人 with 2: .02 <= .3 * .2 of 一个|人. 个人 with 10: .1 > .2 * .02, 个 being .02."""
    counts: dict[str, float | None] = {"一个": 30, "人": 20, "个人": 10, "一个人": 2, "个": 2}
    counts["的"] = 36
    assert redundant_words(counts) == {"一个人"}
    made = build_vocab(counts, BASE, prune=True)
    assert made.redundant == ("一个人",)
    assert made.words == ("的", "一个", "人", "个人", "个")
    assert build_vocab(counts, BASE, prune=True, words=3).words == ("的", "一个", "人")
    # 7 of 101: .0693 > .0588
    assert redundant_words({**counts, "一个人": 7}) == set()
    assert redundant_words({}) == set()


def best_product(word: str, shares: Mapping[str, float], unknown: float) -> float:
    """The largest product of shares over all ways to make a word of two others or more."""

    def products(rest: str) -> Iterable[float]:
        if not rest:
            yield 1.0
        for k in range(1, len(rest) + 1):
            part = rest[:k]
            if part != word and (part in shares or k == 1):
                for product in products(rest[k:]):
                    yield shares.get(part, unknown) * product

    return max(products(word))


@settings(deadline=None)
@given(st.dictionaries(HAN, st.integers(1, 40), min_size=1, max_size=15))
def test_pruning_is_that_of_a_loop(counts: dict[str, int]) -> None:
    total = sum(counts.values())
    shares = {word: count / total for word, count in counts.items()}
    unknown = min(shares.values()) * math.exp(-UNKNOWN_PENALTY)
    many = [word for word in counts if len(word) > 1]
    ratios = {word: best_product(word, shares, unknown) / shares[word] for word in many}
    assume(all(abs(ratio - 1) > 1e-9 for ratio in ratios.values()))  # ties: logarithms are rounded
    found = redundant_words(dict(counts))
    assert found == {word for word, ratio in ratios.items() if ratio > 1}
    # All are dropped at once, and each has a split into words that stay.
    stay = {word: share for word, share in shares.items() if word not in found}
    for word in found:
        assert best_product(word, stay, unknown) >= shares[word] * (1 - 1e-9)


# --- the report --------------------------------------------------------------------------------


def test_report() -> None:
    text = "天气好，雨雪。\n" * 8 * 5
    counted = count_corpus(Corpus.from_texts([text]), Segmenter.from_counts({"天气": 2, "雨雪": 1}))
    assert counted.held == "天气好，雨雪。\n" * 8
    made = build_vocab(None, BASE, counted)
    assert made.words == ("天气", "雨雪")
    report = report_vocab(made, counted)
    assert report.entries == {"special": 5, "of the base": 7, "characters": 0, "words": 2}
    assert report.changes["tokens of the base"] == 3
    assert report.changes["words in the base"] == 1
    assert report.lengths == {1: (5, 0), 2: (1, 2), 4: (1, 0)}
    assert dict(report.base_lacks) == {"雨": 32, "雪": 32, "。": 32}
    assert report.new_lacks == report.base_lacks
    base, new, weighted = report.held_out
    # 7 characters: each a token, 雨雪 。 unknown; then 天气 好 ， 雨雪 。
    assert (base.characters, base.tokens, base.unknown) == (56, 56, 24)
    assert (new.tokens, new.unknown) == (40, 8)
    assert (base.tokens_per_character, new.tokens_per_character) == (1.0, 40 / 56)
    assert (base.unknown_rate, new.unknown_rate) == (24 / 56, 0.2)
    assert weighted.tokens == 40
    found = json.loads("".join(report.as_json()))
    assert found["held_out"][1]["tokens_per_character"] == 0.714286
    assert found["base_lacks"] == {"。": 32, "雨": 32, "雪": 32}
    assert sum(found["entries"].values()) == len(made.vocab)
    shown = "".join(report.as_text())
    assert "3 characters of the corpus the base lacks, 96 times: 。 32, 雨 32, 雪 32\n" in shown
    assert all(len(line) < 100 for line in shown.split("\n"))


def test_report_without_a_corpus() -> None:
    made = build_vocab({"天气": 2, "天 气": 1, "一二三四五六七八九": 1}, BASE)
    report = report_vocab(made)
    assert report.held_out == report.base_lacks == report.new_lacks == []
    shown = "".join(report.as_text())
    assert "held-out" not in shown
    assert "refused: white space inside" in shown
    assert "more than 8" in shown
    assert math.isnan(tokenized("", made.vocab, "", "vocab", True).tokens_per_character)
    assert math.isnan(tokenized("", made.vocab, "", "vocab", True).unknown_rate)
    twice = Vocab((*BASE.tokens, "天", ""), "twice.txt")
    report = report_vocab(build_vocab({}, twice))
    assert report.problems == twice.problems != []
    assert report.changes["tokens of the base"] == 5
    assert lacking(BASE, np.zeros(0x110000, np.int64)) == []


# --- the released files ------------------------------------------------------------------------


def released(name: str) -> Vocab:
    path = DATA / "vocab" / name
    if not path.exists():
        pytest.skip(f"no file {path}; NLPTOOLS_DATA names the evaluation data")
    return load_vocab(path)


def test_the_signs_of_old_unicode() -> None:
    """§ and ¶ were symbols when BERT's vocabulary was reduced, and are punctuation now."""
    for sign in "§¶":
        assert unicodedata.category(sign) == "Po"
        assert unicodedata.ucd_3_2_0.category(sign) == "So"
        base = Vocab((UNKNOWN, f"##{sign}", "##，"))
        assert reduced_ids(base).tolist() == [0, 1]


def test_the_reduced_base_of_wobert() -> None:
    """13,586 tokens with the ids that were released; two of these were damaged, having lost U+2028."""
    base, theirs = released("bert-base-chinese.vocab.txt"), released("wobert_base.vocab.txt")
    assert (len(base), len(theirs)) == (21128, 33586)
    ours = [base.tokens[i] for i in reduced_ids(base)]
    assert len(ours) == 13586
    differ = {i: (ours[i], theirs.tokens[i]) for i in range(13586) if ours[i] != theirs.tokens[i]}
    assert differ == {242: ("\u2028", ""), 13359: ("##\u2028", "##")}


@cache
def jieba_words() -> dict[str, float | None]:
    return read_weighted_words(Path(import_jieba().__file__ or "").parent / "dict.txt")


def test_the_words_of_wobert() -> None:
    """19,985 of 20,000 are those released, all others having the last frequency, 209, like these."""
    base, theirs = released("bert-base-chinese.vocab.txt"), released("wobert_base.vocab.txt")
    listed = jieba_words()
    made = build_vocab(listed, base, words=20000)
    assert len(made.vocab) == len(theirs) == 33586
    for token in (*SPECIALS, "一个", "中国", "我们"):
        assert made.vocab.ids[token] == theirs.ids[token]
    assert [made.vocab.ids[word] for word in ("一个", "中国", "我们")] == [13586, 13587, 13588]
    released_words = theirs.tokens[13586:]
    assert not made.refused
    assert len(set(made.words) & set(released_words)) == 19985
    assert {listed[word] for word in set(made.words) ^ set(released_words)} == {209}
    # Both go down jieba's dictionary: only words of one frequency stand in another order.
    assert [listed[word] for word in made.words] == [listed[word] for word in released_words]
    assert sum(len(word) == 1 for word in released_words) == 484


def test_the_order_of_wobert_is_that_of_python_2() -> None:
    """Every word of the released file at its place: words of one frequency stand as in a dict of Python 2.7.

    jieba loaded its dictionary, kept it with marshal, and WoBERT's script read that and sorted its items, in
    the order of their hashes.
    """
    base, theirs = released("bert-base-chinese.vocab.txt"), released("wobert_base.vocab.txt")
    frequencies: dict[str, float | None] = {}
    loaded = Python2Dict()
    for word, count in jieba_words().items():
        for end in range(1, len(word)):  # jieba keeps the beginnings of words too
            frequencies.setdefault(word[:end], 0)
        frequencies[word] = count
        # The word first, then its beginnings.
        for key in (word, *(word[:end] for end in range(1, len(word)))):
            loaded.add(key)
    again = Python2Dict()
    for key, number in filter(None, loaded.slots):
        again.add(key, number)
    frequent = {key: n for key in again.keys() if (n := frequencies[key] or 0) >= 209}  # noqa: SIM118
    made = build_vocab(frequent, base, words=20000)
    assert made.words == theirs.tokens[13586:]


class Python2Dict:
    """Keys of a dict of CPython 2.7, 64 bits, without random hashes: in the order in which it gives them back."""

    def __init__(self) -> None:
        self.slots: list[tuple[str, int] | None] = [None] * 8
        self._known: set[str] = set()

    def keys(self) -> list[str]:
        return [slot[0] for slot in self.slots if slot]

    def add(self, key: str, number: int | None = None) -> None:
        """number: its hash, where it is known; to compute it is most of the work."""
        if key in self._known:
            return
        self._known.add(key)
        _place(self.slots, key, _hash(key) if number is None else number)
        used = len(self._known)
        if used * 3 >= len(self.slots) * 2:
            size = 8
            while size <= (2 if used > 50000 else 4) * used:
                size *= 2
            slots: list[tuple[str, int] | None] = [None] * size
            for slot in self.slots:
                if slot:
                    _place(slots, *slot)
            self.slots = slots


def _place(slots: list[tuple[str, int] | None], key: str, number: int) -> None:
    mask, at, rest = len(slots) - 1, number & (len(slots) - 1), number
    while slots[at & mask]:
        at = (5 * at + rest + 1) % 2**64
        rest >>= 5
    slots[at & mask] = key, number


def _hash(key: str) -> int:
    number = ord(key[0]) << 7
    for character in key:
        number = (1000003 * number) % 2**64 ^ ord(character)
    return number ^ len(key)


def test_python_2_as_remembered() -> None:
    """hash(u"a") and the order of set(u"abcdefgh") of CPython 2.7.18, without -R."""
    assert _hash("a") == 12416037344
    keys = Python2Dict()
    for key in random.Random(1).sample("abcdefgh", 8):
        keys.add(key)
    assert "".join(keys.keys()) == "acbedgfh"


def test_lists_bases_and_models_are_objects_or_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("天气 5\n今天 9\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("今天 1\n很好 7\n", encoding="utf-8")
    (tmp_path / "base.txt").write_text("".join(BASE.lines()), encoding="utf-8")
    listed = {"天气": 5.0, "今天": 9.0, "很好": 7.0}  # of several lists the first count of a word
    straight = make_vocab(listed, base=BASE)
    assert straight.words == ("今天", "很好", "天气")
    of_files = make_vocab([tmp_path / "a.txt", tmp_path / "b.txt"], base=tmp_path / "base.txt")
    assert of_files.vocab.tokens == straight.vocab.tokens
    assert of_files.weights == straight.weights
    assert make_vocab(str(tmp_path / "a.txt"), base=BASE, words=1).words == ("今天",)
    of_files.save(tmp_path / "new.txt")
    assert load_vocab(tmp_path / "new.txt").tokens == straight.vocab.tokens
    kept, added = len(straight.keep), len(straight.characters)
    assert repr(straight) == (
        f"VocabBuild({kept + added + 3} tokens: {kept} kept, {added} characters, 3 words)"
    )
    assert len(straight) == kept + added + 3


def test_the_words_of_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("今天天气。\n" * 6, encoding="utf-8")
    (tmp_path / "words.txt").write_text("今天 1\n天气 1\n", encoding="utf-8")
    for model in (tmp_path / "words.txt", Segmenter.load(tmp_path / "words.txt")):
        made = make_vocab(corpus=tmp_path / "text.txt", model=model)
        assert made.words == ("今天", "天气")
        assert made.weights["今天"] == 6
        assert made.counted is not None
    with pytest.raises(DataError, match="no words"):
        make_vocab(corpus=Corpus.from_texts(["，。"]))
    with pytest.raises(ValueError, match="neither words nor a corpus"):
        make_vocab()
    with pytest.raises(ValueError, match="coverage is that of a corpus"):
        make_vocab({"天气": 1.0}, coverage=0.9)
