"""The model file: what was written is read, and everything else is refused with its line."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlptools.errors import DataError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.text import chars
from nlptools.text.corpus import Corpus
from nlptools.text.decoding import decompress
from nlptools.wordmodel.lists import load_prior
from nlptools.wordmodel.model import (
    GENERAL,
    PLACES,
    RAW,
    WordModel,
    first_line,
    general_model,
    is_model,
    load_model,
    parse_model,
    raw_model,
)
from nlptools.wordmodel.train import train_model

# 葡萄 is a word of two, so that 葡 is the first of two once, 萄 the second.
FILE = """\
# nlptools model 1
# {"made_by": "hand", "penalties": [0, 2, 7, 12], "words": 3, "places": 2}
# place\t葡\t1\t0\t0\t0\t0
# place\t萄\t0\t1\t0\t0\t2
word\tcount\texpected\tweight
葡萄\t40\t39.500\t-3.2500
吃\t21\t20.125\t-2.0000
𠮷\t1\t1.000\t-5.5000
"""


def by_hand() -> WordModel:
    return WordModel(
        ["葡萄", "吃", "𠮷"],
        np.array([40, 21, 1]),
        np.array([39.5, 20.125, 1]),
        np.array([-3.25, -2, -5.5]),
        ["葡", "萄"],
        np.array([[1, 0, 0, 0, 0], [0, 1, 0, 0, 2]]),
        {"made_by": "hand", "penalties": [0, 2, 7, 12]},
    )


def check_same(a: WordModel, b: WordModel) -> None:
    assert list(a.words) == list(b.words)
    assert list(a.place_symbols) == list(b.place_symbols)
    assert a.settings == b.settings
    for name in ("counts", "expected", "weights", "place_counts"):
        ours, theirs = getattr(a, name), getattr(b, name)
        assert ours.tolist() == theirs.tolist()
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype


@pytest.fixture(scope="module")
def trained() -> WordModel:
    texts = ["吃葡萄不吐葡萄皮", "葡萄好吃", "倒吐葡萄皮，𠮷野家", "不吃皮", "葡萄皮", "吐皮，吃"]
    return train_model(Corpus.from_texts(texts))


# --- there and back ------------------------------------------------------------------------------


def test_a_file_written_by_hand() -> None:
    check_same(parse_model(FILE, "m"), by_hand())
    assert by_hand().text() == FILE
    assert len(by_hand()) == 3


@pytest.mark.parametrize("name", ["model.tsv", "model.tsv.gz", "model.tsv.xz"])
def test_save_and_load(name: str, trained: WordModel, tmp_path: Path) -> None:
    path, again = tmp_path / name, tmp_path / f"again-{name}"
    trained.save(path)
    loaded = load_model(path)
    assert len(trained.place_symbols) > 0
    check_same(loaded, trained)
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()  # no time and no name in it
    data = path.read_bytes()
    packed = name.endswith(".gz")
    assert data.startswith(b"\x1f\x8b") == packed
    assert not packed or data[4:8] == bytes(4)  # the time
    assert b"".join(decompress(iter([data]), name)).decode() == trained.text()
    assert {entry.name for entry in tmp_path.iterdir()} == {name, f"again-{name}"}


WORD = st.text(st.sampled_from("天地玄黄𠮷"), min_size=1, max_size=4)
NUMBER = st.integers(0, 10**9)  # thousandths
NATS = st.integers(-(10**6), 40 * 10**4)  # ten-thousandths


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(WORD, st.integers(0, 10**12), NUMBER, NATS), max_size=8),
    st.dictionaries(
        st.sampled_from("天地玄黄𠮷"), st.lists(st.integers(0, 999), min_size=5, max_size=5)
    ),
    st.dictionaries(
        st.text(max_size=4), st.text(max_size=9) | st.integers() | st.none(), max_size=3
    ),
)
@example([], {}, {})
def test_any_model_there_and_back(
    rows: list[tuple[str, int, int, int]], places: dict[str, list[int]], about: dict[str, object]
) -> None:
    about = {key: value for key, value in about.items() if key not in ("words", "places")}
    model = WordModel(
        [row[0] for row in rows],
        np.array([row[1] for row in rows], np.int64),
        np.array([row[2] / 1000 for row in rows], np.float64),
        np.array([row[3] / 10_000 for row in rows], np.float64),
        list(places),
        np.array(list(places.values()), np.int64).reshape(-1, len(PLACES)),
        about,
    )
    check_same(parse_model(model.text(), "m"), model)


def test_line_ends_of_windows(tmp_path: Path) -> None:
    """What an editor makes of a file is still that file."""
    path = tmp_path / "m"
    path.write_bytes(b"\xef\xbb\xbf" + FILE.replace("\n", "\r\n").encode())
    check_same(load_model(path), by_hand())


def test_empty_lines_at_the_end() -> None:
    check_same(parse_model(FILE + "\n \r\n", "m"), by_hand())


def test_the_first_line_says_what_it_is(tmp_path: Path) -> None:
    for name in ("m", "m.gz"):
        by_hand().save(tmp_path / name)
        assert first_line(tmp_path / name) == "# nlptools model 1"
        assert is_model(first_line(tmp_path / name))
    (tmp_path / "words").write_text("我们 3\n的 1\n不是 2\n", encoding="gb18030")
    assert first_line(tmp_path / "words") == "我们 3"
    assert not is_model(first_line(tmp_path / "words"))
    (tmp_path / "empty").touch()
    assert first_line(tmp_path / "empty") == ""
    (tmp_path / "long").write_text("葡" * 999, encoding="utf-8")
    assert first_line(tmp_path / "long") == "葡" * 200


# --- files that are none -------------------------------------------------------------------------


def replaced(old: str, new: str) -> Callable[[str], str]:
    def change(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return change


@pytest.mark.parametrize(
    ("change", "line", "message"),
    [
        # not a model
        (lambda text: "", 1, "not an nlptools model"),
        (lambda text: "葡萄\t3\n", 1, "not an nlptools model"),
        (lambda text: "\n" + text, 1, "not an nlptools model"),
        (replaced("# nlptools model 1", "# nlptools counts 1"), 1, "not an nlptools model"),
        # another version
        (replaced("model 1\n", "model 3\n"), 1, "model format '3'; this version reads up to 2"),
        (replaced("model 1\n", "model one\n"), 1, "model format 'one'"),
        (replaced("model 1\n", "model\n"), 1, "model format ''"),
        (replaced("model 1\n", "model 1.5\n"), 1, "model format '1.5'"),
        # settings
        (lambda text: "# nlptools model 1", 2, "no JSON object"),
        (lambda text: "# nlptools model 1\n", 2, "no JSON object"),
        (replaced('{"made_by"', '{made_by"'), 2, "no JSON object"),
        (replaced('# {"made_by": "hand"', '# ["made_by", "hand"] {'), 2, "no JSON object"),
        (replaced('"words": 3, ', ""), 2, "no JSON object"),
        (replaced(', "places": 2', ""), 2, "no JSON object"),
        (replaced('"words": 3', '"words": -3'), 2, "no JSON object"),
        (replaced('"places": 2', '"places": -1'), 2, "no JSON object"),
        (replaced('"words": 3', '"words": null'), 2, "no JSON object"),
        (replaced('"words": 3', '"words": "many"'), 2, "no JSON object"),
        (replaced('"words": 3', '"words": NaN'), 2, "no JSON object"),
        (replaced('"words": 3', '"words": 1e999'), 2, "no JSON object"),
        (replaced('"hand"', "[" * 100_000), 2, "no JSON object"),
        # those that are used later
        (replaced("[0, 2, 7, 12]", '"2,7,12"'), 2, "no JSON object"),
        (replaced("[0, 2, 7, 12]", "[2, 7, 12]"), 2, "no JSON object"),
        (replaced("[0, 2, 7, 12]", '[0, 2, 7, "a"]'), 2, "no JSON object"),
        (replaced("[0, 2, 7, 12]", "[0, 2, 7, NaN]"), 2, "no JSON object"),
        (replaced("[0, 2, 7, 12]", "7"), 2, "no JSON object"),
        (replaced('"made_by": "hand"', '"trained_on": "all"'), 2, "no JSON object"),
        (replaced('"made_by": "hand"', '"trained_on": -1'), 2, "no JSON object"),
        (replaced('"made_by": "hand"', '"symbols": 1.5'), 2, "no JSON object"),
        # cut short, or longer
        (lambda text: "".join(text.splitlines(True)[:2]), 3, "3 words and 2 places"),
        (lambda text: "".join(text.splitlines(True)[:3]), 4, "3 words and 2 places"),
        (lambda text: "".join(text.splitlines(True)[:4]), 5, "3 words and 2 places"),
        (lambda text: "".join(text.splitlines(True)[:5]), 6, "3 words and 2 places"),
        (lambda text: "".join(text.splitlines(True)[:7]), 8, "3 words and 2 places"),
        (lambda text: text[:-5], 8, "3 words and 2 places"),  # -5.5 instead of -5.5000
        (lambda text: text[:-1], 8, "3 words and 2 places"),
        (lambda text: text + "皮\t1\t1\t-5\n", 9, "3 words and 2 places"),
        (lambda text: text + "\n皮\t1\t1\t-5\n", 9, "3 words and 2 places"),
        (replaced('"words": 3', '"words": 2'), 8, "2 words and 2 places"),
        (replaced('"words": 3', '"words": 4'), 9, "4 words and 2 places"),
        (replaced('"places": 2', '"places": 1'), 4, "3 words and 1 places"),
        (replaced('"places": 2', '"places": 3'), 6, "3 words and 3 places"),
        (replaced('"places": 2', '"places": 9999999999'), 9, "3 words and 9,999,999,999 places"),
        (replaced("word\tcount", "word count"), 5, "3 words and 2 places"),
        # cells
        (replaced("吃\t21\t20.125\t-2.0000", "吃\t21\t20.125"), 7, "expected 4 cells"),
        (replaced("吃\t21\t20.125\t-2.0000", "吃\t21\t20.125\t-2\t0"), 7, "expected 4 cells"),
        (replaced("吃\t21\t20.125\t-2.0000", ""), 7, "expected 4 cells"),
        (replaced("吃\t21", "\t21"), 7, "expected 4 cells"),
        (replaced("-3.2500\n吃\t", "-3.2500\t9\n"), 6, "expected 4 cells"),  # 12 cells in all
        (replaced("\t39.500", "\t"), 6, "not a number: ''"),
        (replaced("\t21\t", "\tmany\t"), 7, "not a number: 'many'"),
        (replaced("-5.5000", "0x5"), 8, "not a number: '0x5'"),
        (replaced("-5.5000", "nan"), 8, "not a finite number: 'nan'"),
        (replaced("39.500", "inf"), 6, "not a finite number: 'inf'"),
        (replaced("-2.0000", "-inf"), 7, "not a finite number: '-inf'"),
        (replaced("\t21\t", "\tNaN\t"), 7, "not a finite number: 'NaN'"),
        (replaced("\t40\t", "\t1e300\t"), 6, "not a finite number: '1e300'"),
        # places
        (replaced("葡\t1\t0", "葡\t1"), 3, "expected 6 cells"),
        (replaced("萄\t0\t1", "萄\t0\t1\t1"), 4, "expected 6 cells"),
        (replaced("# place\t萄", "萄"), 4, "expected 6 cells"),
        (replaced("# place\t萄", "# place\t"), 4, "expected 6 cells"),
        (replaced("# place\t葡", "# places\t葡"), 3, "expected 6 cells"),
        (replaced("葡\t1", "葡\tone"), 3, "not a number: 'one'"),
        (replaced("0\t0\t2\n", "0\t0\tnan\n"), 4, "not a finite number: 'nan'"),
        (replaced("0\t0\t2\n", "0\t0\t1e99\n"), 4, "not a finite number: '1e99'"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_damaged_files(
    change: Callable[[str], str], line: int, message: str, end: str, tmp_path: Path
) -> None:
    path = tmp_path / "m"
    path.write_bytes(change(FILE).replace("\n", end).encode())
    with pytest.raises(DataError) as caught:
        load_model(path)
    assert caught.value.line == line
    assert caught.value.path == str(path)
    assert message in caught.value.problem
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_every_file_cut_short_is_refused(trained: WordModel) -> None:
    """At any character: nothing is taken for a shorter model."""
    text = trained.text()
    for end in range(len(text)):
        with pytest.raises(DataError) as caught:
            parse_model(text[:end], "m")
        assert caught.value.line is not None
        assert caught.value.line <= text.count("\n", 0, end) + 2


def test_a_packed_file_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "m.gz"
    by_hand().save(path)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="truncated gzip file"):
        load_model(path)


def test_hints_say_what_to_do() -> None:
    for text, hint in (
        ("", "make one with nlptools train"),
        (FILE.replace("model 1", "model 3"), "update nlptools"),
        (FILE[:-1], "the file was cut short or edited"),
    ):
        with pytest.raises(DataError) as caught:
            parse_model(text, "m")
        assert caught.value.hint == hint


def test_there_is_no_such_file(tmp_path: Path) -> None:
    for read in (load_model, load_prior):
        with pytest.raises(DataError, match="no such file"):
            read(str(tmp_path / "nothing"))


def test_unknown_settings_are_kept() -> None:
    text = FILE.replace('"hand"', '"hand", "new": {"a": [1]}')
    model = parse_model(text, "m")
    assert model.settings["new"] == {"a": [1]}
    assert json.loads(model.text().split("\n")[1][2:])["new"] == {"a": [1]}


# --- the model of the package ----------------------------------------------------------------------


def test_the_general_model() -> None:
    """Learnt on top of a word list: it says what is known, and has long words and words with letters."""
    assert GENERAL.stat().st_size < 1_500_000
    model = general_model()
    assert model.text() == load_prior("general").text()
    assert len(model) > 120_000
    assert model.known is not None
    known = {word for word, flag in zip(model.words, model.known.tolist(), strict=True) if flag}
    assert {"为什么", "T恤", "卡拉OK", "中华人民共和国"} <= known
    assert len(model) - len(known) > 10_000
    lengths = Counter(map(len, known))
    assert lengths[5] > 1000
    # What is not of the list is learnt from the text.
    learnt = [i for i, word in enumerate(model.words) if word not in known]
    assert (model.counts[learnt] > 0).all()
    assert {len(model.words[i]) for i in learnt} == {1, 2, 3, 4}
    check_own_model(model)


def test_the_raw_model() -> None:
    """Learnt from raw text alone."""
    model = raw_model()
    assert model.text() == load_prior("raw").text()
    assert RAW.stat().st_size < 1_000_000
    assert model.known is None
    assert "prior" not in model.settings
    assert {len(word) for word in model.words} == {1, 2, 3, 4}
    assert all(map(chars.is_han, set("".join(model.words))))
    assert (model.counts > 0).all()
    assert (model.expected <= model.counts + 0.001).all()
    check_own_model(model)


def check_own_model(model: WordModel) -> None:
    assert len(set(model.words)) == len(model) > 20_000
    singles = {word for word in model.words if len(word) == 1}
    # Every text of its characters can be cut.
    characters = set(filter(chars.is_han, "".join(model.words)))
    assert len(characters - singles) < 0.02 * len(singles)
    assert set(model.place_symbols) <= singles
    assert (model.place_counts >= 0).all()
    assert (model.place_counts.sum(axis=1) > 0).all()
    first_of_two, second_of_two, *of_three = model.place_counts.sum(axis=0).tolist()
    assert first_of_two == second_of_two > 1000
    assert of_three[0] == of_three[1] == of_three[2] > 100
    assert np.isfinite(model.weights).all()
    assert (model.weights < 0).all()
    assert (model.expected >= 0).all()
    assert model.settings["granularity"] == "default"
    assert model.settings["penalties"] == [0, 2, 7, 12]
    assert model.settings["trained_on"] <= model.settings["symbols"]
    # Best first, ties by text.
    order = list(zip((-model.expected).tolist(), model.words, strict=True))
    assert order == sorted(order)


def test_the_general_model_knows_chinese() -> None:
    segmenter = Segmenter.from_model(general_model())
    assert segmenter.segment("我们研究经济问题") == ["我们", "研究", "经济", "问题"]
    assert segmenter.segment("今天的天气") == ["今天", "的", "天气"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# nlptools model 1", "# nlptools model " + "9" * 5000),
        ('"trained_on": ', '"trained_on": 1' + "0" * 400),
        ('"sha256": "', '"sha256": "\\ud800'),
        ('"penalties": [0.0, ', '"penalties": [1e308, '),
        ('"penalties": [0.0, ', '"penalties": [-41.0, '),
        ('"fold": []', '"fold": 5'),
        ('"fold": []', '"fold": ["\\ud800"]'),
    ],
)
def test_a_hostile_header(tmp_path: Path, old: str, new: str) -> None:
    text = train_model(Corpus.from_texts(["葡萄皮 吐葡萄 葡萄"])).text()
    assert old in text
    path = tmp_path / "m.model"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError):
        load_model(path)


@pytest.mark.parametrize(
    "row", ["葡萄\t-3\t3\t-1", "葡萄\t3\t-3\t-1", "葡萄\t3\t3\t200", "葡萄\t3\t3\t-9999"]
)
def test_numbers_out_of_range(tmp_path: Path, row: str) -> None:
    path = tmp_path / "m.model"
    head = '# nlptools model 1\n# {"words": 1, "places": 0}\nword\tcount\texpected\tweight\n'
    path.write_text(f"{head}{row}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r":4: "):
        load_model(path)
