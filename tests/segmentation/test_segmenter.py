"""Viterbi over weighted words: the weight of the path against that of every segmentation; the files it reads."""

from __future__ import annotations

import gzip
import itertools
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import SAMPLES

from nlptools.discovery.discover import discover_words
from nlptools.discovery.table import format_words
from nlptools.errors import DataError, NlptoolsError
from nlptools.ngrams.count import count_ngrams
from nlptools.segmentation.segmenter import (
    LONGEST_WORD,
    Segmenter,
    dictionary_weights,
    segment_text,
)
from nlptools.text.corpus import Corpus
from nlptools.wordmodel.em import BASE_NATS, BASE_SMOOTHING, PENALTIES
from nlptools.wordmodel.model import PLACES, WordModel, general_model

GENERAL = Segmenter.load()

# A text is a list of symbols; runs of letters never stand side by side, where they would be one.
HAN, RUNS = ["天", "地", "玄", "𠮷"], ["T", "K8s"]
UNKNOWN = ["黄", "R"]


def _kept_apart(symbols: list[str]) -> list[str]:
    return [
        s
        for s, before in zip(symbols, ["", *symbols], strict=False)
        if not (s.isascii() and before.isascii() and before)
    ]


def symbols_of(*kinds: list[str], most: int) -> st.SearchStrategy[list[str]]:
    every = [symbol for kind in kinds for symbol in kind]
    return st.lists(st.sampled_from(every), min_size=1, max_size=most).map(_kept_apart)


WORD = symbols_of(HAN, RUNS, most=6).map(tuple)
WORDS = st.dictionaries(WORD, st.integers(1, 99), max_size=12)
TEXT = symbols_of(HAN, RUNS, UNKNOWN, most=10)


def cut(segmenter: Segmenter, text: str) -> str:
    words = segmenter.segment(text)
    assert "".join(words) == text
    return " ".join(words)


def segmentations(run: Sequence[str]) -> Iterator[list[tuple[str, ...]]]:
    """All of them."""
    if not run:
        yield []
    for k in range(1, len(run) + 1):
        yield from ([tuple(run[:k]), *rest] for rest in segmentations(run[k:]))


def best(run: Sequence[str], weight: Callable[[tuple[str, ...]], float]) -> float:
    """The largest weight of a segmentation, symbol after symbol."""
    reached = [0.0]
    for end in range(1, len(run) + 1):
        starts = range(max(0, end - LONGEST_WORD), end)
        reached.append(max(reached[start] + weight(tuple(run[start:end])) for start in starts))
    return reached[-1]


def named(words: Mapping[tuple[str, ...], float]) -> dict[str, float]:
    return {"".join(word): count for word, count in words.items()}


# --- a list of words -------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(WORDS, TEXT)
@example({("T", "恤"): 3, ("恤",): 1}, ["天", "T", "恤"])
@example({("K8s", "天", "地"): 9, ("天",): 1, ("地",): 1}, ["K8s", "天", "地", "玄"])
def test_the_path_with_the_largest_weight(
    words: dict[tuple[str, ...], int], text: list[str]
) -> None:
    total = sum(words.values())
    spelled = named(words)
    segmenter = Segmenter.from_counts(spelled)
    unknown = math.log(min([*words.values(), 1]) / max(total, 1))
    known = {symbol for word in words for symbol in word} | set(HAN) | {"黄"}

    def weight(word: Sequence[str]) -> float:
        if len(word) > 1 and not known.issuperset(word):
            return -math.inf  # an unknown run is a break
        count = words.get(tuple(word))
        if count is not None:
            return math.log(count / total)
        return unknown if len(word) == 1 else -math.inf

    found = segmenter.segment("".join(text))
    assert "".join(found) == "".join(text)
    rest, path = list(text), 0.0
    for word in found:
        symbols = []
        while "".join(symbols) != word:
            symbols.append(rest.pop(0))  # a cut inside a symbol would fail here
        path += weight(symbols)
    slowly = max(sum(map(weight, words)) for words in segmentations(text))
    assert best(text, weight) == pytest.approx(slowly)
    assert path == pytest.approx(slowly, rel=1e-5, abs=1e-5)


@settings(max_examples=100, deadline=None)
@given(WORDS, st.lists(TEXT, max_size=4), st.sampled_from("，\n e。"))
def test_stretches_are_independent(
    words: dict[tuple[str, ...], int], texts: list[list[str]], between: str
) -> None:
    segmenter = Segmenter.from_counts(named(words))
    if between == "e":
        between = "，e，"  # an unknown run
    parts = [segmenter.segment("".join(text)) for text in texts]
    mark = segmenter.segment(between)
    joined = [[*part, *mark] for part in parts]
    whole = segmenter.segment("".join("".join(text) + between for text in texts))
    assert whole == list(itertools.chain(*joined))


def test_worked() -> None:
    # 100 of 1000 against 30/1000 * 30/1000; 丁 is not in the list and counts 1.
    words = {"甲乙": 100, "甲": 30, "乙": 30, "丙": 840}
    assert cut(Segmenter.from_counts(words), "甲乙，甲丙乙丁") == "甲乙 ， 甲 丙 乙 丁"
    assert cut(Segmenter.from_counts({**words, "乙丙": 2}), "甲乙丙") == "甲乙 丙"
    assert cut(Segmenter.from_counts({**words, "乙丙": 9000}), "甲乙丙") == "甲 乙丙"


@pytest.mark.parametrize(
    "word, text, cut_text",
    [
        ("T恤", "买T恤衫", "买 T恤 衫"),
        ("T恤", "买TT恤", "买 TT 恤"),
        ("T恤", "买t恤", "买 t恤"),
        ("K8s集群", "用K8s集群的K8s", "用 K8s集群 的 K8s"),
        ("维生素C", "维生素C片", "维生素C 片"),
        ("维生素C", "维生素CT", "维 生 素 CT"),
        ("3.5寸", "3.5寸盘", "3.5寸 盘"),
        ("𠮷野家", "去𠮷野家吃", "去 𠮷野家 吃"),
        ("葛城", "葛\ufe00城", "葛\ufe00城"),
    ],
)
def test_mixed_words(word: str, text: str, cut_text: str) -> None:
    assert cut(Segmenter.from_counts({word: 5}), text) == cut_text


def test_what_can_be_no_word() -> None:
    """A line end, nothing, and what is too long: left out of the list, not of the total."""
    longest = "天" * LONGEST_WORD
    words = {"天\n地": 9, "": 9, longest + "天": 9, "C+" * 33: 9, "+": 9, "玄黄": 9}
    segmenter = Segmenter.from_counts(words)
    assert cut(segmenter, "天\n地玄黄") == "天 \n 地 玄黄"
    assert segmenter.unused == ("天\n地", longest + "天", "C+" * 33)
    assert cut(segmenter, longest + "天") == " ".join(longest + "天")
    assert cut(Segmenter.from_counts({longest: 9}), longest) == longest
    assert cut(Segmenter(["\ud83d", "\ude00", "天地"], np.zeros(3)), "天地") == "天地"
    assert cut(Segmenter.from_counts({"天地": 9, "": 9}), "天地") == "天地"  # nothing, at the end


def test_the_weight_of_what_is_unknown() -> None:
    # 天地 -3 against 天 -1 and 地: -2 by default, one nat below the least single symbol.
    words, weights = ["天地", "天"], np.array([-3.1, -1.0])
    assert cut(Segmenter(words, weights), "天地") == "天 地"
    assert cut(Segmenter(words, weights, unknown=-2.2), "天地") == "天地"
    assert cut(Segmenter(["天地"], np.array([-3.1])), "天地") == "天地"  # -4.1 for each
    assert cut(Segmenter([], np.zeros(0)), "天地") == "天 地"


def test_of_equal_words_the_heavier_counts() -> None:
    for order in (1, -1):
        words, weights = ["天地", "天地", "天", "地"][::order], [-9.0, -1.0, -1.0, -1.0][::order]
        assert cut(Segmenter(words, np.array(weights)), "天地") == "天地"
        words, weights = ["天地", "天", "天", "地"][::order], [-2.5, -9.0, -1.0, -1.0][::order]
        assert cut(Segmenter(words, np.array(weights)), "天地") == "天 地"


def test_words_without_a_count() -> None:
    # None counts 1, as 地 does, which is not in the list: 1/12 against 10/12 * 1/12.
    assert cut(Segmenter.from_counts({"天地": None, "天": 10, "玄": 1}), "天地") == "天地"
    assert cut(Segmenter.from_counts({"天地": 0, "天": 10, "玄": 1}), "天地") == "天 地"
    words, weights = dictionary_weights({"天地": None, "天": 3, "地": 0})
    assert words == ["天地", "天"]
    assert np.exp(weights).tolist() == pytest.approx([1 / 4, 3 / 4])


# --- long runs, blocks -----------------------------------------------------------------------


@pytest.mark.parametrize("length", [570, 576, 577, 1100, 5000])
def test_long_runs(length: int) -> None:
    """A run that is cut into pieces inside has the best path all the same."""
    rng = random.Random(length)
    words = {
        "".join(rng.choices("天地玄黄宇宙", k=k)): rng.randint(1, 999)
        for k in (1, 2, 2, 3, 3, 4, 5, 6)
        for _ in range(30)
    }
    segmenter = Segmenter.from_counts(words)
    total = sum(words.values())
    unknown = math.log(min([*words.values(), 1]) / total)

    def weight(word: Sequence[str]) -> float:
        count = words.get("".join(word))
        if count is None:
            return unknown if len(word) == 1 else -math.inf
        return math.log(count / total)

    text = "".join(rng.choices("天地玄黄宇宙", k=length))
    found = segmenter.segment(text)
    assert "".join(found) == text
    assert sum(map(weight, found)) == pytest.approx(best(text, weight), rel=1e-6)
    # What stands beside it changes nothing.
    assert segmenter.segment(f"天，{text}，{text[:40]}") == [
        "天",
        "，",
        *found,
        "，",
        *segmenter.segment(text[:40]),
    ]


def test_the_general_model_and_a_long_run() -> None:
    text = "".join(c for c in (SAMPLES / "novel.txt").read_text("utf-8") if "一" <= c <= "龥")
    words = GENERAL.segment(text)
    assert "".join(words) == text
    assert 1.4 < len(text) / len(words) < 1.8
    half = GENERAL.segment(text[: len("".join(words[:2000]))])
    assert half == words[:2000]


# --- models ----------------------------------------------------------------------------------

MODEL = WordModel(
    ["天", "天地", "地", "玄", "天地玄", "𠮷"],
    np.array([9, 4, 5, 3, 2, 2]),
    np.array([5.0, 4.0, 1.0, 3.0, 0.5, 2.0]),
    np.array([-1.0, -2.0, -2.5, -2.5, -9.0, -3.0]),
    ["天", "玄", "𠮷"],
    np.array([[3, 0, 1, 0, 0], [0, 2, 0, 1, 1], [1, 1, 0, 0, 2]]),
    {"penalties": list(PENALTIES["default"])},
)


def measured(model: WordModel) -> Callable[[Sequence[str]], float]:
    """log(weight of the word + base measure of its characters), 0 for what is no word."""
    size = len(model.words) + 2  # a break, and any other Han character; here every symbol is a word
    assert {s for w in model.words for s in w} <= set(model.words)
    size -= sum(len(word) > 1 for word in model.words)
    weights = dict(zip(model.words, model.weights.tolist(), strict=True))
    counts = {
        place: dict(zip(model.place_symbols, column, strict=True))
        for place, column in zip(PLACES, model.place_counts.T.tolist(), strict=True)
    }
    unknown = min(weight for word, weight in weights.items() if len(word) == 1) - 1

    def probability(symbol: str, place: tuple[int, int]) -> float:
        of_place = counts[place]
        total = sum(of_place.values()) + BASE_SMOOTHING * size
        return (of_place.get(symbol, 0) + BASE_SMOOTHING) / total

    def weight(word: Sequence[str]) -> float:
        text = "".join(word)
        if len(word) == 1:
            return weights.get(text, unknown)
        sum_of_both = math.exp(weights[text]) if text in weights else 0.0
        if (length := len(word)) in BASE_NATS:
            sum_of_both += math.exp(BASE_NATS[length]) * math.prod(
                probability(symbol, (length, j)) for j, symbol in enumerate(word)
            )
        return math.log(sum_of_both) if sum_of_both else -math.inf

    return weight


@settings(deadline=None)
@given(st.lists(st.sampled_from([*HAN, "黄"]), min_size=1, max_size=9), st.data())
def test_words_of_a_model_and_of_its_base_measure(run: list[str], data: st.DataObject) -> None:
    weights = data.draw(
        st.lists(st.floats(-12, -0.5), min_size=len(MODEL), max_size=len(MODEL)), label="weights"
    )
    places = data.draw(st.lists(st.integers(0, 9), min_size=15, max_size=15), label="places")
    model = WordModel(
        MODEL.words,
        MODEL.counts,
        MODEL.expected,
        np.array(weights),
        MODEL.place_symbols,
        np.array(places).reshape(3, 5),
    )
    weight = measured(model)
    found = Segmenter.from_model(model).segment("".join(run))
    assert "".join(found) == "".join(run)
    slowly = max(sum(map(weight, words)) for words in segmentations(run))
    assert sum(map(weight, found)) == pytest.approx(slowly, abs=len(run) / 1024)


def test_unseen_words_worked() -> None:
    # 黄𠮷: every character of a rare word of two begins with 黄, and ends in 𠮷.
    words, weights = ["黄", "𠮷", "天"], np.array([-6.0, -6.0, -1.0])
    places = np.array([[99, 0, 0, 0, 0], [0, 99, 0, 0, 0]])
    model = WordModel(words, np.ones(3, np.int64), np.ones(3), weights, ["黄", "𠮷"], places)
    assert cut(Segmenter.from_model(model), "黄𠮷") == "黄𠮷"  # -5 against -12
    assert cut(Segmenter.from_model(model), "𠮷黄") == "𠮷 黄"
    # Letters are part of no unseen word.
    mixed = WordModel(
        ["T", *words],
        np.ones(4, np.int64),
        np.ones(4),
        np.append(-6.0, weights),
        ["黄", "T"],
        places,
    )
    assert cut(Segmenter.from_model(mixed), "黄T") == "黄 T"


def test_granularity() -> None:
    # 天地 at -2, fine: one nat less, coarse: one nat more; 天 and 地 -3.5 together.
    model = WordModel(
        ["天", "地", "天地"],
        np.ones(3, np.int64),
        np.ones(3),
        np.array([-1.0, -1.0, -2.5]),
        settings={"penalties": list(PENALTIES["default"])},
    )
    for granularity, text in (
        (None, "天 地"),
        ("default", "天 地"),
        ("coarse", "天地"),
        ("fine", "天 地"),
    ):
        assert cut(Segmenter.from_model(model, granularity), "天地") == text, granularity
    longer = WordModel(model.words, model.counts, model.expected, np.array([-1.0, -1.0, -1.5]))
    for granularity, text in (
        (None, "天地"),
        ("default", "天地"),
        ("coarse", "天地"),
        ("fine", "天 地"),
    ):
        assert cut(Segmenter.from_model(longer, granularity), "天地") == text, granularity
    with pytest.raises(
        ValueError, match="granularity must be one of coarse, default, fine, not 'x'"
    ):
        Segmenter.from_model(model, "x")


def test_granularity_of_the_general_model() -> None:
    text = (SAMPLES / "novel.txt").read_text("utf-8")
    sizes = [len(Segmenter.load(None, g).segment(text)) for g in ("coarse", "default", "fine")]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 3
    assert Segmenter.load(None, "default").segment(text) == GENERAL.segment(text)


@pytest.mark.parametrize(
    "text, words",
    [
        ("今天天气非常好", "今天 天气 非常 好"),
        ("沈渡秋，你好！！", "沈渡秋 ， 你好 ！！"),
        ("他研究生命的起源", "他 研究 生命 的 起源"),
    ],
)
def test_the_general_model(text: str, words: str) -> None:
    assert cut(GENERAL, text) == words


# --- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.model", "a.model.gz", "a"])
def test_load_a_model(tmp_path: Path, name: str) -> None:
    MODEL.save(tmp_path / name)
    runs = "，".join(map("".join, itertools.product([*HAN, "黄"], repeat=4)))
    for granularity in (None, "coarse", "fine"):
        loaded = Segmenter.load(tmp_path / name, granularity)
        made = Segmenter.from_model(MODEL, granularity)
        assert loaded.segment(runs) == made.segment(runs)


JIEBA = "沈渡秋 300 nr\n雾螺湖 100 ns\n湖 50 n\nT恤 30 n\n江湖 n\n"
# 江湖 counts 1, and so does 江: the word is likelier than two symbols.
TEXT_OF_NAMES, CUT_OF_NAMES = "沈渡秋在雾螺湖买T恤，江湖", "沈渡秋 在 雾螺湖 买 T恤 ， 江湖"


@pytest.mark.parametrize(
    "name, content",
    [
        ("dict.txt", JIEBA.encode()),
        ("dict.txt", ("\ufeff" + JIEBA.replace("\n", "\r\n")).encode()),
        ("dict.txt.gz", gzip.compress(JIEBA.encode(), mtime=0)),
        ("dict.txt", JIEBA.encode("utf-16")),
        ("plain.txt", "沈渡秋\n雾螺湖\n\nT恤\n江湖".encode()),
        ("list.tsv", "沈渡秋\t300\n雾螺湖\t100\nT恤\t30\n江湖\t9\n".encode()),
        (
            "words.tsv",
            "word\tcount\texpected\n沈渡秋\t300\t299.5\n雾螺湖\t9\t\nT恤\t3\t2\n江湖\t9\t8\n".encode(),
        ),
        ("words.csv", "word,count\n沈渡秋,300\n雾螺湖,9\nT恤,3\n江湖,9\n".encode()),
        (
            "words.jsonl",
            b"".join(
                json.dumps({"word": word, "count": 9, "expected": None}).encode() + b"\n"
                for word in ("沈渡秋", "雾螺湖", "T恤", "江湖")
            ),
        ),
    ],
)
def test_load_a_list(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert cut(Segmenter.load(tmp_path / name), TEXT_OF_NAMES) == CUT_OF_NAMES


def test_load_counts_of_a_list(tmp_path: Path) -> None:
    for name, text in (
        ("a.txt", "甲乙 1\n乙丙 2\n甲 9\n丙 9\n"),
        ("a.tsv", "word\tcount\texpected\n甲乙\t9\t1\n乙丙\t9\t2\n甲\t9\t9\n丙\t9\t9\n"),
        (
            "a.jsonl",
            '{"word":"甲乙","count":1}\n{"word":"乙丙","count":2}\n{"word":"甲","count":9}\n{"word":"丙","count":9}\n',
        ),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
        assert cut(Segmenter.load(tmp_path / name), "甲乙丙") == "甲 乙丙"


@pytest.mark.parametrize("method", ["em", "entropy", "pmi"])
def test_load_what_discover_prints(tmp_path: Path, method: str) -> None:
    """In every format, by every method; the counts make the same segmentation."""
    table = discover_words(Corpus([SAMPLES / "novel.txt"]), method=method)
    text = (SAMPLES / "novel.txt").read_text("utf-8")
    found = {}
    for how in ("tsv", "csv", "jsonl", "plain"):
        path = tmp_path / f"words.{how}"
        path.write_text("".join(format_words(table, how)), encoding="utf-8")
        found[how] = Segmenter.load(path).segment(text)
        assert "沈渡秋" in found[how]
    assert found["tsv"] == found["csv"] == found["jsonl"]
    numbers = table.expected if method == "em" else table.counts
    counts = dict(zip(table.words, numbers.round(2).tolist(), strict=True))
    assert found["tsv"] == Segmenter.from_counts(counts).segment(text)
    assert found["plain"] == Segmenter.from_counts(dict.fromkeys(table.words)).segment(text)


HINT = "give a model of nlptools train, or a list of words in UTF-8"


@pytest.mark.parametrize(
    "name, content, problem, hint",
    [
        ("empty", b"", "no words to segment by", HINT),
        ("blank", b"\n \n\r\n", "no words to segment by", HINT),
        ("header.tsv", b"word\tcount\n", "no words to segment by", HINT),
        ("signs", "，\n。。\n".encode(), "no words to segment by", HINT),
        ("zeros", "天地 0\n".encode(), "no words to segment by", HINT),
        ("prose", (SAMPLES / "clinic.txt").read_bytes(), "no words to segment by", HINT),
        ("random", random.Random(1).randbytes(3000), "cannot tell the encoding", HINT),
        ("nul", bytes(3000), "no words to segment by", HINT),
        ("a.zip", b"PK\x03\x04" + bytes(40), "a zip archive", "unpack it first"),
        (
            "cut.gz",
            gzip.compress(JIEBA.encode() * 99, mtime=0)[:-9],
            "truncated gzip file",
            "not complete",
        ),
        ("no.jsonl", b'{"term": "a"}\n', "no field 'word'", "fields with text: term"),
        ("list.jsonl", JIEBA.encode(), "not JSON", None),
        (
            "model",
            b"# nlptools model 3\n",
            "model format '3'; this version reads up to 2",
            "update",
        ),
        ("short", MODEL.text().encode()[:-60], "words and 3 places were announced", "cut short"),
        ("late", b"a\n" * (1 << 20) + b"\xff\n", "not UTF-8: byte 0xff", HINT),
    ],
)
def test_load_garbage(
    tmp_path: Path, name: str, content: bytes, problem: str, hint: str | None
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        Segmenter.load(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)
    assert hint is None or hint in str(caught.value.hint)
    assert "--encoding" not in str(caught.value.hint)


def test_load_other_things(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing: no such file"):
        Segmenter.load(tmp_path / "nothing")
    count_ngrams(Corpus.from_texts(["天地玄黄" * 9]), order=2).save(tmp_path / "counts")
    with pytest.raises(DataError, match="another file of nlptools, not a model") as caught:
        Segmenter.load(tmp_path / "counts")
    assert caught.value.hint == HINT
    (tmp_path / "list").write_text(JIEBA, encoding="utf-8")
    with pytest.raises(NlptoolsError, match="list: a word list has no granularity"):
        Segmenter.load(tmp_path / "list", "fine")


def test_the_general_model_is_a_file() -> None:
    assert cut(GENERAL, TEXT_OF_NAMES) == cut(Segmenter.from_model(general_model()), TEXT_OF_NAMES)


def test_one_text(tmp_path: Path) -> None:
    assert segment_text("今天天气非常好") == ["今天", "天气", "非常", "好"]
    text = "今天 ，天气\n"
    assert "".join(segment_text(text)) == text
    assert segment_text("") == []


def test_the_model_of_one_text_is_an_object_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("今天天气 5\n", encoding="utf-8")
    listed = Segmenter.load(tmp_path / "words.txt")
    for model in (tmp_path / "words.txt", str(tmp_path / "words.txt"), listed):
        assert segment_text("今天天气非常", model=model) == ["今天天气", "非", "常"]
    model = general_model()
    model.save(tmp_path / "general.model")
    for granularity in (None, "fine", "coarse"):
        expected = segment_text("中华人民共和国成立", granularity=granularity)
        for same in (model, tmp_path / "general.model", "general"):
            assert (
                segment_text("中华人民共和国成立", model=same, granularity=granularity) == expected
            )
    with pytest.raises(ValueError, match="granularity must be one of"):
        segment_text("今天", granularity="finest")
    with pytest.raises(NlptoolsError, match="a word list has no granularity"):
        segment_text("今天", model=tmp_path / "words.txt", granularity="fine")
    with pytest.raises(ValueError, match="a segmenter has its granularity"):
        segment_text("今天", model=listed, granularity="fine")
    with pytest.raises(DataError):
        segment_text("今天", model=tmp_path / "nothing.model")


# --- case, width, traditional form -------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "text", "tokens"),
    [
        ("X光机", "用ｘ光机，X光机，Ｘ光機", "用 ｘ光机 ， X光机 ， Ｘ光機"),
        ("x光机", "用X光机", "用 X光机"),
        ("Ｘ光机", "用x光机", "用 x光机"),
        ("卡拉OK", "去卡拉ok，卡拉Ok厅", "去 卡拉ok ， 卡拉Ok 厅"),
        ("β受体", "Β受体和β受體", "Β受体 和 β受體"),
        ("台灣", "在台湾，台灣", "在 台湾 ， 台灣"),  # the list itself is traditional
        ("乾隆", "乾隆年，干隆", "乾隆 年 ， 干隆"),
        ("看着", "看著書", "看著 書"),
        ("凉水", "喝\uf979水", "喝 \uf979水"),
    ],
)
def test_words_are_looked_up_folded(listed: str, text: str, tokens: str) -> None:
    """The text is given out as it stands."""
    assert cut(Segmenter.from_counts({listed: 9}), text) == tokens


def test_of_words_that_are_folded_alike_the_most_frequent_counts() -> None:
    """甲 a乙 has 9 * 9 of 109 * 109 in the first case, 甲a 乙 8 * 9; in the second 1 * 9."""
    counts = {"甲": 9, "a乙": 9, "A乙": 1, "甲a": 8, "乙": 9, "丙": 73}
    assert cut(Segmenter.from_counts(counts), "甲Ａ乙") == "甲 Ａ乙"
    assert cut(Segmenter.from_counts({**counts, "a乙": 1}), "甲Ａ乙") == "甲Ａ 乙"


def test_folds_that_are_asked_for() -> None:
    words = {"T恤": 9, "電腦": 9, "脑": 1}
    text = "t恤Ｔ恤电脑"
    for fold, tokens in (
        ((), "t 恤 Ｔ 恤 电 脑"),
        (["lower"], "t恤 Ｔ 恤 电 脑"),
        (["nfkc"], "t 恤 Ｔ恤 电 脑"),
        (["t2s"], "t 恤 Ｔ 恤 电脑"),
        (None, "t恤 Ｔ恤 电脑"),
    ):
        segmenter = Segmenter.from_counts(words, fold=fold)
        assert cut(segmenter, text) == tokens
        assert segmenter.fold == (("nfkc", "lower", "t2s") if fold is None else tuple(fold))
    with pytest.raises(ValueError, match="fold must be of nfkc, lower, t2s, not 'nfd'"):
        Segmenter.from_counts(words, fold=["nfd"])


def test_fold_from_python() -> None:
    assert segment_text("舊電視", fold=["t2s"]) == segment_text("舊電視")
    assert [*map(len, segment_text("舊電視"))] == [*map(len, segment_text("旧电视"))]
    with pytest.raises(ValueError, match="a segmenter has its fold"):
        segment_text("天", model=Segmenter.from_counts({"天": 1}), fold=())


@given(st.text(st.sampled_from("電脑腦电ＴtT恤壞坏了，1\n𠮷"), max_size=40))
def test_every_form_of_a_text_is_cut_alike(text: str) -> None:
    segmenter = Segmenter.from_counts({"电脑": 9, "壞了": 5, "Ｔ恤": 3, "坏": 2, "t恤坏": 1})
    tokens = segmenter.segment(text)
    assert "".join(tokens) == text
    folded = segmenter.lookup.text(text)
    assert [*map(len, tokens)] == [*map(len, segmenter.segment(folded))]
