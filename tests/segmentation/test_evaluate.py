"""Scores of a segmentation: one text done by hand, everything else against obvious twins."""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lcscases import lcs_length
from places import DATA

from nlptools.errors import DataError
from nlptools.segmentation import evaluate as evaluation
from nlptools.segmentation import lcs
from nlptools.segmentation.evaluate import (
    ERRORS,
    LENGTHS,
    PROTOCOLS,
    Agreement,
    Evaluation,
    Recalled,
    evaluate_segmentation,
)
from nlptools.text.chars import is_han
from nlptools.text.corpus import Corpus

PKU_TEST = DATA / "gold" / "sighan05_pku_test.seg.txt.xz"

GOLD = ["我们 喜欢 北京大学 。", "研究 生命 起源", "用 A股 3 万"]
PREDICTED = ["我们 喜 欢 北京 大学 。", "研究生 命 起源", "用A股 3万"]
KNOWN = {"我们", "喜欢", "用", "。", "3", "北京"}


def evaluate(
    gold: list[str], predicted: list[str], known: set[str] | None = None, protocol: str = "spans"
) -> Evaluation:
    return evaluate_segmentation(
        Corpus.from_texts(gold), Corpus.from_texts(predicted), known=known or (), protocol=protocol
    )


def test_by_hand() -> None:
    found = evaluate(GOLD, PREDICTED, KNOWN)
    assert found.protocol == "spans"
    assert found.characters == 9 + 6 + 5
    # Gold 4 + 3 + 4 words, predicted 6 + 3 + 2; right are 我们, 。 and 起源.
    assert found.words == Agreement(gold=11, right=3, predicted=11)
    assert found.words.precision == found.words.recall == found.words.f1 == 3 / 11
    # Han: not 。 A股 3 in gold, not 。 用A股 3万 in the other; 我们 and 起源 are right.
    assert found.han_words == Agreement(gold=8, right=2, predicted=8)
    # Gold 们|喜 欢|北, 究|生 命|起; predicted 们|喜 喜|欢 欢|北 京|大, 生|命 命|起. Not 学|。, not
    # 用|A, not the ends of lines.
    assert found.boundaries == Agreement(gold=4, right=3, predicted=6)
    assert found.boundaries.precision == 3 / 6
    assert found.boundaries.recall == 3 / 4
    assert found.boundaries.f1 == pytest.approx(2 / (6 / 3 + 4 / 3))
    # Inside 喜欢, 北京大学, 生命: 喜 欢 北京 大学 命. Joined: 用A股, 3万. Crossing: 研究生.
    assert found.errors == {"inside": 5, "join": 2, "crossing": 1}
    assert found.by_length == {
        "1": Recalled(gold=4, right=1),  # 。 of 。 用 3 万
        "2": Recalled(gold=6, right=2),  # 我们, 起源 of those, 喜欢 研究 生命 A股
        "3": Recalled(gold=0, right=0),
        "4": Recalled(gold=1, right=0),
        "5+": Recalled(gold=0, right=0),
    }
    # Known 我们 喜欢 。 用 3, of which 我们 and 。 are right; of the others, 起源.
    assert found.iv == Recalled(gold=5, right=2)
    assert found.oov == Recalled(gold=6, right=1)
    assert found.oov_rate == 6 / 11


def test_gold_against_itself() -> None:
    for protocol in PROTOCOLS:
        found = evaluate(GOLD, GOLD, KNOWN, protocol)
        for part in (found.words, found.han_words, found.boundaries):
            assert part.gold == part.right == part.predicted > 0
            assert part.precision == part.recall == part.f1 == 1
        assert set(found.errors.values()) == {0}
        assert found.iv is not None
        assert found.oov is not None
        assert found.iv.recall == found.oov.recall == 1


def test_without_a_list_nothing_is_known() -> None:
    found = evaluate(GOLD, PREDICTED)
    assert found.oov is None
    assert found.iv is None
    assert math.isnan(found.oov_rate)
    assert not [name for name in found.measures() if "oov" in name or "iv" in name]


def test_nothing_there_is_no_number() -> None:
    found = evaluate(["a b"], ["ab"])
    assert found.words == Agreement(gold=2, right=0, predicted=1)
    assert found.words.precision == found.words.recall == found.words.f1 == 0
    for part in (found.han_words, found.boundaries):
        assert part == Agreement(gold=0, right=0, predicted=0)
        assert math.isnan(part.precision)
        assert math.isnan(part.recall)
        assert math.isnan(part.f1)
    assert math.isnan(found.by_length["5+"].recall)


def test_measures() -> None:
    found = evaluate(GOLD, PREDICTED, KNOWN)
    rows = found.measures()
    assert list(rows)[:3] == ["protocol", "counted", "characters"]
    assert rows["protocol"] == "spans"
    assert rows["gold_words"] == rows["predicted_words"] == 11
    assert rows["word_f1"] == 3 / 11
    assert rows["han_word_recall"] == 2 / 8
    assert rows["boundary_precision"] == 3 / 6
    assert rows["inside_words"] == 5
    assert rows["inside_share"] == 5 / 11
    assert rows["length_2_recall"] == 2 / 6
    assert rows["gold_length_5+"] == 0
    assert rows["oov_rate"] == 6 / 11
    assert rows["iv_recall"] == 2 / 5


@pytest.mark.parametrize("size", [1, 2, 5, 64])
def test_words_of_the_list_may_be_any_collection(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "_WORDS", size)
    found = evaluate(GOLD, PREDICTED, KNOWN)
    assert found.oov_rate == 6 / 11
    texts = Corpus.from_texts(GOLD), Corpus.from_texts(PREDICTED)
    for known in (sorted(KNOWN), frozenset(KNOWN), dict.fromkeys(KNOWN), tuple(KNOWN)):
        assert evaluate_segmentation(*texts, known=known) == found


# --- twins ------------------------------------------------------------------------------------

SEPARATORS = [" ", "\t", "\u3000", " \u3000 ", "\xa0", "\n", "\r\n", "\r", " \n\n ", "\u2028"]


def lines_of(text: str) -> list[list[str]]:
    lines = re.split("\r\n|\r|\n", text)
    return [line.split() for line in (lines if lines[-1] else lines[:-1])]


def spans_of(text: str) -> list[tuple[int, int]]:
    spans = []
    start = 0
    for line in lines_of(text):
        for word in line:
            spans.append((start, start + len(word)))
            start += len(word)
    return spans


def gaps_of(text: str) -> tuple[set[int], set[int]]:
    """Characters after which a word ends, and those after which a line ends."""
    word_ends = {end for _, end in spans_of(text)}
    line_ends, end = set(), 0
    for line in lines_of(text):
        end += sum(map(len, line))
        line_ends.add(end)
    return word_ends, line_ends


@st.composite
def pairs(draw: st.DrawFn, same_lines: bool = False) -> tuple[str, str]:
    """Two segmentations of one text."""
    characters = draw(st.text(st.sampled_from("人人人民A1，𠮷"), min_size=1, max_size=30))
    inline = [sign for sign in SEPARATORS if not set(sign) & {"\r", "\n"}]
    texts = ["", ""]
    for character in characters:
        if same_lines:
            line_end = draw(st.sampled_from(["", "", "", "", "\n", "\r\n", "\n\n"]))
            signs = [line_end or draw(st.sampled_from(["", *inline])) for _ in texts]
        else:
            signs = [draw(st.sampled_from(["", "", "", *SEPARATORS])) for _ in texts]
        texts = [text + character + sign for text, sign in zip(texts, signs, strict=True)]
    return texts[0], texts[1]


@given(pairs(), st.integers(1, 40))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spans_twin(tmp_path: Path, texts: tuple[str, str], block_size: int) -> None:
    paths = [tmp_path / "gold.txt", tmp_path / "predicted.txt"]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())
    found = evaluate_segmentation(
        *(Corpus([path], block_size=block_size) for path in paths), known={"人", "人民", "A"}
    )
    assert found == evaluate_segmentation(
        *(Corpus([path]) for path in paths), known={"人", "人民", "A"}
    )
    characters = "".join(texts[0].split())
    gold, predicted = map(spans_of, texts)
    right = set(gold) & set(predicted)
    assert found.characters == len(characters)
    assert found.words == Agreement(gold=len(gold), right=len(right), predicted=len(predicted))

    def han(spans: list[tuple[int, int]] | set[tuple[int, int]]) -> int:
        return sum(all(map(is_han, characters[start:end])) for start, end in spans)

    assert found.han_words == Agreement(gold=han(gold), right=han(right), predicted=han(predicted))

    (ours, our_lines), (theirs, their_lines) = map(gaps_of, texts)
    open_gaps = {
        gap
        for gap in range(1, len(characters))
        if is_han(characters[gap - 1]) and is_han(characters[gap])
    }
    open_gaps -= our_lines | their_lines
    assert found.boundaries == Agreement(
        gold=len(ours & open_gaps),
        right=len(ours & theirs & open_gaps),
        predicted=len(theirs & open_gaps),
    )

    kinds: Counter[str] = Counter()
    for start, end in set(predicted) - right:
        if any(a <= start and end <= b for a, b in gold):
            kinds["inside"] += 1
        elif start in {a for a, _ in gold} and end in {b for _, b in gold}:
            kinds["join"] += 1
        else:
            kinds["crossing"] += 1
    assert found.errors == {name: kinds[name] for name in ERRORS}
    assert sum(found.errors.values()) == found.words.predicted - found.words.right

    for length in range(1, 6):
        of_length = [span for span in gold if min(span[1] - span[0], 5) == length]
        part = found.by_length[LENGTHS[length - 1]]
        assert part == Recalled(gold=len(of_length), right=len(right & set(of_length)))
    known = [span for span in gold if characters[slice(*span)] in {"人", "人民", "A"}]
    assert found.iv == Recalled(gold=len(known), right=len(right & set(known)))
    assert found.oov is not None
    assert found.oov.gold + found.iv.gold == len(gold)
    assert found.oov.right + found.iv.right == len(right)


@given(pairs(same_lines=True), st.sampled_from([1, 3, 1 << 16]), st.sampled_from([4, 1 << 26]))
@settings(max_examples=150)
def test_sighan_twin(texts: tuple[str, str], batch: int, bits: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "_WORDS", batch)
        patch.setattr(lcs, "_TABLE_BITS", bits)
        found = evaluate([texts[0]], [texts[1]], {"人", "人民", "A"}, "sighan")
    lines = [map(tuple, lines_of(text)) for text in texts]
    right = sum(lcs_length(a, b) for a, b in zip(*lines, strict=True))
    spans = evaluate([texts[0]], [texts[1]], {"人", "人民", "A"})
    assert found.words == Agreement(
        gold=spans.words.gold, right=right, predicted=spans.words.predicted
    )
    assert found.words.right >= spans.words.right
    # Right words are the same words in both files, so the parts add up as they do by spans.
    assert found.oov is not None
    assert found.iv is not None
    assert found.oov.right + found.iv.right == right
    assert sum(part.right for part in found.by_length.values()) == right
    assert found.han_words.right <= right
    assert (found.boundaries, found.errors) == (spans.boundaries, spans.errors)


# --- protocols --------------------------------------------------------------------------------


def test_a_word_right_for_diff_only() -> None:
    assert evaluate(["人人 人"], ["人 人人"]).words.right == 0
    assert evaluate(["人人 人"], ["人 人人"], protocol="sighan").words.right == 1
    # A word at another place in another line is none.
    found = evaluate(["人人 人", "民"], ["人人人", "民"], protocol="sighan")
    assert found.words.right == 1


def test_the_right_words_by_spans_may_be_too_few() -> None:
    # By spans only the last aa is right; aa a aa and the last aa are common.
    gold, predicted = ["aa a aa a aa"], ["a aa a aa aa"]
    assert evaluate(gold, predicted).words.right == 1
    assert evaluate(gold, predicted, protocol="sighan").words.right == 4


def test_a_word_right_by_spans_only() -> None:
    # 中 has the same span; six words are common without it, across it, and only one with it.
    gold, predicted = (
        ["人民 人民 人民 中 人 民 人 民 人 民"],
        ["人 民 人 民 人 民 中 人民 人民 人民"],
    )
    assert evaluate(gold, predicted).words == Agreement(gold=10, right=1, predicted=10)
    found = evaluate(gold, predicted, {"中"}, "sighan")
    assert found.words == found.han_words == Agreement(gold=10, right=6, predicted=10)
    assert found.iv == Recalled(gold=1, right=0)
    assert found.by_length["1"] == Recalled(gold=7, right=6)


def test_which_words_are_right_for_diff() -> None:
    # 民 国 is longer than 人民国 alone; by spans nothing is right.
    found = evaluate(["人民国 民 国"], ["人 民 国 民国"], {"民", "人"}, "sighan")
    assert found.words == Agreement(gold=3, right=2, predicted=4)
    assert found.oov == Recalled(gold=2, right=1)
    assert found.iv == Recalled(gold=1, right=1)
    assert found.by_length["1"] == Recalled(gold=2, right=2)
    assert found.by_length["3"] == Recalled(gold=1, right=0)


def test_lines_broken_at_another_place() -> None:
    """In the MSR data a quotation mark ends a line here and begins the next there."""
    gold = ["他 说 ： “", "好 极 了 ”"]
    predicted = ["他 说 ：", "“ 好极 了 ”"]
    found = evaluate(gold, predicted)
    assert found.words == Agreement(gold=8, right=6, predicted=7)
    assert found.errors == {"inside": 0, "join": 1, "crossing": 0}
    # By lines “ is a word of one and of the other, and so right in neither.
    assert evaluate(gold, predicted, protocol="sighan").words.right == 5
    # All on one line: the words are the same, the boundaries at the line end do not count.
    joined = evaluate(["北京 大学", "好"], ["北京 大学 好"])
    assert joined.words == Agreement(gold=3, right=3, predicted=3)
    assert joined.boundaries == Agreement(gold=1, right=1, predicted=1)


def test_sighan_needs_the_same_lines() -> None:
    with pytest.raises(DataError, match="the number of lines is 2, but 1 in gold") as caught:
        evaluate(["甲 乙"], ["甲", "乙"], protocol="sighan")
    assert caught.value.hint is not None
    assert "--protocol spans" in caught.value.hint
    assert evaluate(["甲 乙"], ["甲", "乙"]).words.right == 2


def test_a_line_too_long_for_sighan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_LONGEST_LINE", 2)
    with pytest.raises(DataError, match=r"^texts:2: a line of 3 words") as caught:
        evaluate(["民", "人人 人 民"], ["民", "人 人人 民"], protocol="sighan")
    assert caught.value.hint is not None
    # Nothing has to be aligned in these:
    assert evaluate(["人人 人 民"], ["人人 人民"], protocol="sighan").words.right == 1


# --- what is read -----------------------------------------------------------------------------


def test_white_space_is_that_of_split() -> None:
    space = evaluation._KINDS == evaluation._SPACE
    line_end = evaluation._KINDS == evaluation._LINE_END
    assert {chr(code) for code in np.flatnonzero(line_end)} == {"\n", "\r"}
    white = {chr(code) for code in range(0x110000) if chr(code).isspace()}
    assert {chr(code) for code in np.flatnonzero(space | line_end)} == white


@pytest.mark.parametrize(
    "text",
    [
        "甲 乙\n丙 丁丁\n",
        "甲 乙\n丙 丁丁",
        "甲 乙\r\n丙 丁丁\r\n",
        "甲 乙\r丙 丁丁\r",
        "\ufeff甲  乙 \n　丙\t丁丁",
        "\n\n甲　乙\n \n丙 　 丁丁\n\n\n",
    ],
)
@pytest.mark.parametrize("block_size", [1, 3, 4, 7, 1 << 20])
def test_ways_to_write_it(tmp_path: Path, text: str, block_size: int) -> None:
    path = tmp_path / "predicted.txt"
    path.write_bytes(text.encode())
    gold = Corpus.from_texts(["甲 乙", "丙 丁丁"])
    found = evaluate_segmentation(gold, Corpus([path], block_size=block_size))
    assert found.words == Agreement(gold=4, right=4, predicted=4)
    path.write_bytes(gzip.compress(text.encode()))
    assert evaluate_segmentation(gold, Corpus([path], block_size=block_size)) == found


def test_a_folder_is_one_text(tmp_path: Path) -> None:
    """A file ends its last line and word, line end or not; lines count afresh in each."""
    (tmp_path / "a.txt").write_text("甲 乙", encoding="utf-8")
    (tmp_path / "b.txt").write_text("", encoding="utf-8")
    (tmp_path / "c.txt").write_text("丙\n丁 戊\n", encoding="utf-8")
    folder = Corpus([tmp_path])
    found = evaluate_segmentation(
        Corpus.from_texts(["甲 乙", "丙", "丁 戊"]), folder, protocol="sighan"
    )
    assert found.words == Agreement(gold=5, right=5, predicted=5)
    with pytest.raises(DataError) as caught:
        evaluate_segmentation(Corpus.from_texts(["甲 乙", "丙", "丁 己"]), folder)
    assert (caught.value.path, caught.value.line) == (str(tmp_path / "c.txt"), 2)


def test_the_line_after_one_that_is_skipped(tmp_path: Path) -> None:
    path = tmp_path / "predicted.txt"
    path.write_bytes("甲 乙\n".encode() + b"\xff\n\xff\n" + "丙 丁\n".encode())
    with pytest.raises(DataError) as caught:
        evaluate_segmentation(
            Corpus.from_texts(["甲 乙", "丙 戊"]), Corpus([path], on_error="skip")
        )
    assert (caught.value.path, caught.value.line) == (str(path), 4)


def files(tmp_path: Path, gold: str, predicted: str) -> Iterator[Corpus]:
    for name, text in (("gold.txt", gold), ("predicted.txt", predicted)):
        path = tmp_path / name
        path.write_bytes(text.encode())
        yield Corpus([path], block_size=8)


@pytest.mark.parametrize(
    "gold, predicted, where, problem",
    [
        (
            "甲 乙\n丙 AB 丁\n",
            "甲乙\n丙 ＡB丁\n",
            ":2",
            "'ＡB丁' stands where gold has 'AB丁' ({gold}:2): U+FF21, not U+0041",
        ),
        (  # a line is missing
            "甲 乙\n丙 丁\n戊\n",
            "甲 乙\r\n戊\r\n",
            ":2",
            "'戊' stands where gold has '丙丁' ({gold}:2): U+620A, not U+4E19",
        ),
        ("甲\n乙 𠮷\n", "甲 乙\n𠮶\n", ":2", "'𠮶' stands where gold has '𠮷' ({gold}:2): U+20BB6, not U+20BB7"),
        ("甲\n乙 丙\n", "甲\n\n乙\n\n", ":3", "the text ends in this line, but gold has '丙' ({gold}:2) after it"),
        ("甲\n", "甲\n\n乙丙", ":3", "'乙丙' stands here, but the gold text ended before ({gold}:1)"),
        (
            "一二三四五六七八九十\n",
            "一 一二三四五六七八九十\n",
            ":1",
            "'一二三四五六七八' stands where gold has '二三四五六七八九' ({gold}:1): U+4E00, not U+4E8C",
        ),
        ("\n甲\n", " \n", "", "no words, but gold has '甲' ({gold}:2)"),
        ("甲\n", "", "", "no words, but gold has '甲' ({gold}:1)"),
    ],
)  # fmt: skip
def test_not_the_same_text(
    tmp_path: Path, gold: str, predicted: str, where: str, problem: str
) -> None:
    for protocol in PROTOCOLS:
        with pytest.raises(DataError) as caught:
            evaluate_segmentation(*files(tmp_path, gold, predicted), protocol=protocol)
        expected = problem.format(gold=tmp_path / "gold.txt")
        assert str(caught.value) == f"{tmp_path / 'predicted.txt'}{where}: {expected}"
        assert caught.value.hint == (
            "the predicted file must be a segmentation of the same text; "
            "was it normalised, or are lines missing?"
        )


@pytest.mark.parametrize("gold", ["", "\n", " \n　\n"])
@pytest.mark.parametrize("predicted", ["", "甲"])
def test_empty_gold(tmp_path: Path, gold: str, predicted: str) -> None:
    with pytest.raises(DataError) as caught:
        evaluate_segmentation(*files(tmp_path, gold, predicted))
    assert str(caught.value) == f"{tmp_path / 'gold.txt'}: no words"


def test_empty_texts() -> None:
    with pytest.raises(DataError, match=r"^gold: no words"):
        evaluate([], ["甲"])
    with pytest.raises(DataError, match=r"^predicted: no words, but gold has '甲' \(texts:1\)"):
        evaluate(["甲"], [])


def test_wrong_arguments() -> None:
    gold = Corpus.from_texts(["甲"])
    with pytest.raises(TypeError, match="must be Corpus"):
        evaluate_segmentation(gold, ["甲"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="must be Corpus"):
        evaluate_segmentation("甲", gold)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="not one str"):
        evaluate_segmentation(gold, gold, known="甲")
    with pytest.raises(ValueError, match="must be one of spans, sighan, not 'f1'"):
        evaluate_segmentation(gold, gold, protocol="f1")
    once = Corpus.from_texts(iter(["甲"]))
    with pytest.raises(ValueError, match="only once"):
        evaluate_segmentation(once, once)
    assert evaluate_segmentation(gold, gold).words.f1 == 1


# --- real data --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pku_test() -> Path:
    if not PKU_TEST.exists():
        pytest.skip(f"no file {PKU_TEST}; NLPTOOLS_DATA names the evaluation data")
    return PKU_TEST


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pku_against_itself(pku_test: Path, protocol: str) -> None:
    found = evaluate_segmentation(Corpus([pku_test]), Corpus([pku_test]), protocol=protocol)
    assert found.words == Agreement(gold=104_372, right=104_372, predicted=104_372)
    assert found.boundaries.f1 == found.han_words.f1 == 1


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_pku_every_character_a_word(pku_test: Path, protocol: str) -> None:
    whole = "".join(block.text for block in Corpus([pku_test]).blocks())
    lines = [" ".join("".join(line.split())) for line in whole.split("\n")[:-1]]
    found = evaluate_segmentation(Corpus([pku_test]), Corpus.from_texts(lines), protocol=protocol)
    assert found.words.predicted == found.characters == 172_733
    # By spans as for diff: a word of one character is right, and no other can be.
    assert found.by_length["1"].recall == 1
    assert found.words.right == found.by_length["1"].right == 47_490
    assert found.words.f1 == pytest.approx(2 * 47_490 / (104_372 + 172_733))
    assert found.boundaries.recall == 1
    assert found.errors == {"inside": 172_733 - 47_490, "join": 0, "crossing": 0}


def test_a_result_shows_itself() -> None:
    found = evaluate(["我们 喜欢 学习 。"], ["我们 喜 欢 学习 。"])  # 3 of 4 and of 5
    assert repr(found) == (
        "Evaluation(spans: F1 0.6667, precision 0.6000, recall 0.7500 of 4 words)"
    )
    assert dict(found) == found.measures()
    frame = found.to_frame()
    assert list(frame.columns) == ["measure", "value"]
    assert dict(zip(frame["measure"], frame["value"], strict=True)) == found.measures()
    assert '<td style="text-align: left">gold_words</td>' in found._repr_html_()
