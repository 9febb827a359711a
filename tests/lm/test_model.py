"""Looking up: a dictionary's numbers on whole arrays; files that come back as they were, or say what is wrong."""

from __future__ import annotations

import contextlib
import json
import math
import random
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import oracles
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import END, START, UNKNOWN

from nlptools.base import storage
from nlptools.base.outputs import whole_file
from nlptools.base.storage import FileColumn
from nlptools.errors import DataError
from nlptools.lm import model as lm
from nlptools.lm import partition as exchange
from nlptools.lm import table as ngramtable
from nlptools.lm.model import LanguageModel, load_lm
from nlptools.lm.partition import BYTES_PER_ROW
from nlptools.lm.smoothing import SMOOTHINGS, train_lm
from nlptools.lm.trie import MAX_MODEL_ORDER, ModelLevel, NgramModel
from nlptools.ngrams import counts as counts_module
from nlptools.ngrams.count import count_ngrams, count_sentences
from nlptools.text.corpus import Corpus

Ids = tuple[int, ...]
Numbers = dict[Ids, tuple[float, float]]  # n-gram -> log10 of its probability and of its back-off
VOCABULARY = (UNKNOWN, "天", END, "a b", "𠮷", START, "，")
END_ID, START_ID = VOCABULARY.index(END), VOCABULARY.index(START)

LOGS = st.sampled_from([-99.0, -2.5, -1.25, -0.5, -0.125, 0.0])
SYMBOLS = st.integers(0, len(VOCABULARY) - 1)
IDS = st.lists(SYMBOLS, max_size=40)
# <s> only begins and </s> only ends an n-gram.
NGRAM = st.tuples(
    st.lists(st.sampled_from([1, 3, 4, 5]), min_size=1, max_size=1),
    st.lists(st.sampled_from([1, 3, 4, 6]), max_size=4),
    st.sampled_from([1, 2, 3, 4, 6]),
).map(lambda parts: (*parts[0], *parts[1], parts[2]))


def trie(numbers: Mapping[Ids, tuple[float, float]], order: int) -> NgramModel:
    """A model of these n-grams; each one's prefix must be among them."""
    levels = []
    for n in range(1, order + 1):
        own = sorted(ngram for ngram in numbers if len(ngram) == n)
        after = sorted(ngram for ngram in numbers if len(ngram) == n + 1)
        starts = [sum(longer[:-1] < ngram for longer in after) for ngram in own]
        last = n == order
        levels.append(
            ModelLevel(
                np.array([ngram[-1] for ngram in own], np.uint16),
                np.array([numbers[ngram][0] for ngram in own], np.float32),
                None if last else np.array([numbers[ngram][1] for ngram in own], np.float32),
                None if last else np.array([*starts, len(after)], np.uint32),
            )
        )
    return NgramModel(VOCABULARY, tuple(levels), {"latin": "char", "sentences": "line"})


def numbers_of(model: NgramModel) -> Numbers:
    found: Numbers = {}
    for n, level in enumerate(model.levels, 1):
        size = len(level)
        if size:
            columns = [column.tolist() for column in model.symbols_of(n, np.arange(size))]
            backs = [0.0] * size if level.backoffs is None else level.backoffs[:].tolist()
            pairs = zip(level.log_probs[:].tolist(), backs, strict=True)
            found.update(zip(zip(*columns, strict=True), pairs, strict=True))
    return found


@st.composite
def models(draw: st.DrawFn) -> NgramModel:
    """Any n-grams with all their prefixes, but not all their suffixes."""
    order = draw(st.integers(1, MAX_MODEL_ORDER))
    ngrams = {(symbol,) for symbol in range(len(VOCABULARY))}
    for ngram in draw(st.lists(NGRAM, max_size=12)):
        ngrams |= {ngram[:n] for n in range(2, min(len(ngram), order) + 1)}
    numbers = {}
    for ngram in sorted(ngrams):
        context = len(ngram) < order and (ngram[-1] != END_ID or len(ngram) == 1)
        numbers[ngram] = (draw(LOGS), draw(LOGS) if context else 0.0)
    return trie(numbers, order)


def twin(numbers: Numbers, ids: Sequence[int], longest: int) -> list[float]:
    """log10 of the probability of each symbol after up to longest - 1 others; </s> begins a sentence."""
    log_probs = {ngram: log for ngram, (log, _) in numbers.items()}
    backoffs = {ngram: back for ngram, (_, back) in numbers.items()}
    before = [START_ID if i == END_ID else i for i in ids]
    return [
        oracles.backed_off(log_probs, backoffs, (*before[max(0, i - longest + 1) : i], ids[i]))
        for i in range(len(ids))
    ]


def close(found: np.ndarray, expected: Sequence[float]) -> None:
    assert found.dtype == np.float32
    assert len(found) == len(expected)
    assert np.allclose(found, expected, rtol=1e-6, atol=1e-6)


def array(ids: Sequence[int]) -> np.ndarray:
    return np.array(ids, np.int64)


def equal(a: NgramModel, b: NgramModel) -> None:
    assert a.vocabulary == b.vocabulary
    assert dict(a.settings) == dict(b.settings)
    assert a.order == b.order
    for one, two in zip(a.levels, b.levels, strict=True):
        for name in ("symbols", "log_probs", "backoffs", "children"):
            left, right = getattr(one, name), getattr(two, name)
            assert (left is None) == (right is None)
            assert left is None or np.array_equal(left[:], right[:]), name


def bytes_of(model: LanguageModel, folder: Path) -> bytes:
    path = folder / "saved.lm"
    model.save(path)
    return path.read_bytes()


@contextlib.contextmanager
def small_slices(size: int) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for module in (counts_module, exchange, ngramtable):
            stack.enter_context(mock.patch.object(module, "SLICE", size))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lm")


def sample(size: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    symbols = [*"天地玄，a𠮷", *map(chr, range(0x4E00, 0x4E30))]
    lengths = rng.integers(1, 15, size)
    return ["".join(symbols[i - 1] for i in np.minimum(rng.zipf(1.5, n), 42)) for n in lengths]


def trained(lines: Sequence[str], order: int, **how: Any) -> NgramModel:
    counts, appearance = count_sentences(Corpus.from_texts(lines), order=order, workers=1)
    return train_lm(counts, appearance=appearance, **how)


# --- looking up ------------------------------------------------------------------------------


def test_by_hand() -> None:
    numbers: Numbers = {(i,): (-i - 1.0, -(2.0 ** -(i + 1))) for i in range(len(VOCABULARY))}
    numbers |= {(5, 1): (-0.25, -0.75), (1, 3): (-0.5, -1.5), (5, 1, 3): (-0.0625, 0)}
    model = LanguageModel.from_trie(trie(numbers, 3))
    assert (model.order, model.start, model.end) == (3, 5, 2)
    assert model.sizes() == [7, 2, 1]
    assert model.ids == {symbol: i for i, symbol in enumerate(VOCABULARY)}
    # <s> -6; 天 after <s> -0.25; a b after <s> 天 -0.0625; 𠮷 is new: the back-offs of 天 a b and of a b, and -5;
    # <unk> after 𠮷, which has a back-off, after a b 𠮷, which is not there: -1 / 32 - 1.
    found = model.log_probs(array([5, 1, 3, 4, 0]))
    assert found.tolist() == [-6, -0.25, -0.0625, -1.5 - 1 / 16 - 5, -1 / 32 - 1]
    # <unk> has a back-off here; then 天 a b are known, but not after <unk>.
    assert model.log_probs(array([0, 1, 3])).tolist() == [-1, -0.5 - 2, -0.5]
    one, two, three = model.conditionals(array([5, 1, 3]))
    assert one.tolist() == [-6, -2, -4]
    assert two.tolist() == [-6, -0.25, -0.5]
    assert three.tolist() == [-6, -0.25, -0.0625]


def test_the_end_of_a_sentence_begins_the_next() -> None:
    numbers: Numbers = {(i,): (-i - 1.0, -(2.0 ** -(i + 1))) for i in range(len(VOCABULARY))}
    numbers |= {(5, 1): (-0.25, -0.75), (1, 2): (-0.375, 0), (5, 1, 2): (-0.0625, 0)}
    model = LanguageModel.from_trie(trie(numbers, 3))
    sentence = [-0.25, -0.0625]
    assert model.log_probs(array([5, 1, 2, 1, 2])).tolist() == [-6, *sentence, *sentence]
    assert model.log_probs(array([2, 1, 2])).tolist() == [-3, *sentence]
    # What has no n-gram after <s> falls back by the back-off of <s>, 1 / 64, not by that of </s>.
    assert model.log_probs(array([1, 2, 4])).tolist()[-1] == -1 / 64 - 5


@settings(max_examples=150, deadline=None)
@given(models(), IDS, st.integers(1, 9))
@example(trie({(i,): (-1.0, 0.0) for i in range(len(VOCABULARY))}, 6), [1, 2, 3], 1)
def test_as_a_dictionary(model: NgramModel, ids: list[int], piece: int) -> None:
    numbers = numbers_of(model)
    found = LanguageModel.from_trie(model)
    given_ids = array(ids)
    for size in (piece, lm.PIECE):
        with mock.patch.object(lm, "PIECE", size):
            close(found.log_probs(given_ids), twin(numbers, ids, model.order))
            every = found.conditionals(given_ids)
            assert len(every) == model.order
            for k, logs in enumerate(every, 1):
                close(logs, twin(numbers, ids, k))
            for longest in (1, 2, 9):
                some = found.conditionals(given_ids, longest)
                assert len(some) == min(longest, model.order)
                for one, other in zip(some, every, strict=False):
                    assert np.array_equal(one, other)
    assert given_ids.tolist() == ids, "somebody else may read them, too"


@pytest.mark.parametrize("how", SMOOTHINGS)
def test_sentences_have_the_probabilities_that_they_should(how: str) -> None:
    lines = sample(60, seed=1)
    model = LanguageModel.from_trie(trained(lines, 4, smoothing=how, prune=[0, 0, 1]))
    known = oracles.count_sentences(lines, 4, "line", "char")
    names = [g[0] for g in known if len(g) == 1]
    slow = oracles.BackoffModel(known, 4, how, [0, 0, 1], names)
    for line in ["天地玄黄", "天天，a", *lines[:9], "龘天"]:
        symbols = [START, *line, END]
        found = model.log_probs(array([model.ids.get(symbol, 0) for symbol in symbols]))
        for i in range(1, len(symbols)):
            prob = slow.prob(symbols[i], tuple(symbols[max(0, i - 3) : i]))
            if prob:
                assert found[i] == pytest.approx(math.log10(prob), abs=2e-6)
            else:
                assert found[i] <= -99


@pytest.mark.parametrize("how", ["kneser-ney", "witten-bell"])
@pytest.mark.parametrize("prune", [[0], [0, 1, 2], [1]])
def test_probabilities_sum_to_1(how: str, prune: list[int]) -> None:
    model = LanguageModel.from_trie(trained(sample(50, seed=4), 4, smoothing=how, prune=prune))
    rng = np.random.default_rng(6)
    symbols = np.delete(np.arange(len(model.vocabulary)), model.start)
    for length in (0, 1, 2, 3, 5):
        for begin in (model.start, model.end) * 3:
            context = np.append(begin, rng.choice(symbols, length))
            lines = [np.append(context, symbol) for symbol in symbols]
            logs = model.log_probs(np.concatenate(lines)).reshape(len(lines), -1)[:, -1]
            assert math.fsum(10.0 ** logs.astype(np.float64)) == pytest.approx(1, abs=1e-5)


def test_no_ids() -> None:
    model = LanguageModel.from_trie(trained(["天地"], 3))
    assert model.log_probs(array([])).tolist() == []
    assert [logs.tolist() for logs in model.conditionals(array([]))] == [[], [], []]


@pytest.mark.parametrize(
    "vocabulary",
    [
        (),
        ("天",),
        ("天", UNKNOWN, START, END),
        (UNKNOWN, "天", END),
        (UNKNOWN, START, "天"),
        (UNKNOWN, "天", UNKNOWN, START, END),
    ],
)
def test_a_vocabulary_without_its_marks(vocabulary: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="in the vocabulary"):
        LanguageModel(vocabulary, np.zeros(2 * len(vocabulary), np.float32), [], {})


# --- from and to a trie ----------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(models(), st.integers(1, 40), st.integers(1, 20))
def test_back_to_the_trie(folder: Path, model: NgramModel, rows: int, size: int) -> None:
    found = LanguageModel.from_trie(model)
    assert found.sizes() == [len(level) for level in model.levels]
    equal(found.to_trie(), model)
    expected = bytes_of(found, folder)
    with small_slices(size):
        room = rows * BYTES_PER_ROW
        far = LanguageModel.from_trie(model, room=room, folder=folder)
        assert bytes_of(far, folder) == expected
        equal(found.to_trie(room=room, folder=folder), model)


def test_out_of_memory_equals_in_memory(tmp_path: Path) -> None:
    model = trained(sample(400, seed=2), 4)
    near = LanguageModel.from_trie(model)
    expected = bytes_of(near, tmp_path)
    with small_slices(300):
        far = LanguageModel.from_trie(model, room=200 * BYTES_PER_ROW, folder=tmp_path)
        assert all(isinstance(table.rests, FileColumn) for table in far.tables)
        assert bytes_of(far, tmp_path) == expected
        loaded = load_lm(tmp_path / "saved.lm")
        back = loaded.to_trie(room=200 * BYTES_PER_ROW, folder=tmp_path)
    columns = [column for level in back.levels[1:] for column in vars(level).values()]
    assert sum(isinstance(column, FileColumn) for column in columns) > 6
    equal(back, model)
    equal(near.to_trie(), model)
    assert [path.name for path in tmp_path.iterdir()] == ["saved.lm"]


# --- files -----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(models(), IDS)
def test_round_trip(folder: Path, model: NgramModel, ids: list[int]) -> None:
    found = LanguageModel.from_trie(model)
    data = bytes_of(found, folder)
    loaded = load_lm(folder / "saved.lm")
    assert loaded.vocabulary == found.vocabulary
    assert loaded.settings == found.settings
    assert loaded.sizes() == found.sizes()
    assert np.array_equal(loaded.log_probs(array(ids)), found.log_probs(array(ids)))
    equal(loaded.to_trie(), model)
    assert bytes_of(loaded, folder) == data  # over the file that it is read from
    assert bytes_of(LanguageModel.from_trie(loaded.to_trie()), folder) == data


def test_bytes_depend_on_the_model_alone(tmp_path: Path) -> None:
    lines = sample(200, seed=3)
    data = {bytes_of(LanguageModel.from_trie(trained(lines, 3)), tmp_path) for _ in range(2)}
    model = trained(lines, 3)
    other = NgramModel(model.vocabulary, model.levels, dict(reversed(model.settings.items())))
    data.add(bytes_of(LanguageModel.from_trie(other), tmp_path))
    wide = tuple(
        ModelLevel(
            level.symbols.astype(np.int64),
            level.log_probs.astype(np.float64),
            None if level.backoffs is None else level.backoffs.astype(np.float64),
            None if level.children is None else level.children.astype(np.uint64),
        )
        for level in model.levels
    )
    other = NgramModel(model.vocabulary, wide, model.settings)
    data.add(bytes_of(LanguageModel.from_trie(other), tmp_path))
    assert len(data) == 1
    assert data.pop().startswith(b"nlptools lm 1\n{")


def test_settings_are_kept(tmp_path: Path) -> None:
    counts = count_ngrams(
        Corpus.from_texts(["天a"], fold=["lower"]), order=2, sentences="clause", workers=1
    )
    model = LanguageModel.from_trie(train_lm(counts, prune=[0, 1]))
    model.save(tmp_path / "a.lm")
    found = load_lm(tmp_path / "a.lm").settings
    assert found == model.settings
    assert (found["latin"], found["sentences"], found["fold"]) == ("run", "clause", ["lower"])
    assert (found["smoothing"], found["prune"]) == ("kneser-ney", [0, 1])
    assert found["fallback"] == [1, 2]


def spans(data: bytes) -> dict[str, range]:
    """Where each array of a file lies."""
    lines = data.split(b"\n", 3)
    base = sum(map(len, lines[:3])) + 3
    base += -base % 64
    return {
        entry["name"]: range(
            base + entry["offset"],
            base + entry["offset"] + entry["length"] * np.dtype(entry["dtype"]).itemsize,
        )
        for entry in json.loads(lines[1])["arrays"]
    }


def test_loading_reads_the_vocabulary_alone(tmp_path: Path) -> None:
    """All other arrays are mapped: what is written into the file afterwards is what is looked up."""
    path = tmp_path / "a.lm"
    LanguageModel.from_trie(trained(["天地", "天玄"], 3)).save(path)
    model = load_lm(path)
    columns = [column for table in model.tables for column in vars(table).values()]
    arrays = [column for column in columns if not isinstance(column, int)]
    assert len(arrays) == 6
    assert all(isinstance(column, np.memmap) for column in [model.singles, *arrays])
    ids = array([model.ids[symbol] for symbol in (START, "天", "地")])
    before = model.log_probs(ids)
    place = spans(path.read_bytes())["values3"]
    with open(path, "r+b") as file:
        file.seek(place.start)
        file.write(np.full(len(place) // 4, -42, np.float32).tobytes())
    assert model.log_probs(ids).tolist() == [*before.tolist()[:2], -42]


@pytest.fixture(scope="module")
def sound(folder: Path) -> bytes:
    lines = ["天地玄黄，天地玄", "A𠮷5.6", "天地", "地玄玄"]
    return bytes_of(LanguageModel.from_trie(trained(lines, 3)), folder)


def load(path: Path, data: bytes) -> LanguageModel | None:
    """The model; None where a DataError says that it is damaged."""
    path.write_bytes(data)
    try:
        return load_lm(path)
    except DataError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
        return None


def test_every_truncation_is_noticed(sound: bytes, tmp_path: Path) -> None:
    end = max(place.stop for place in spans(sound).values())
    for length in [*range(0, end, 3), end - 2, end - 1]:
        assert load(tmp_path / "cut", sound[:length]) is None
    for length in range(end, len(sound) + 1):  # padding
        assert load(tmp_path / "cut", sound[:length]) is not None


def test_every_changed_byte_of_the_header_is_noticed(sound: bytes, tmp_path: Path) -> None:
    end = sound.index(b"\n", sound.index(b"\n", sound.index(b"\n") + 1) + 1) + 1
    rng = random.Random(0)
    for i in range(end):
        other = sound[i] ^ 1 << rng.randrange(8)
        model = load(tmp_path / "x", sound[:i] + bytes([other]) + sound[i + 1 :])
        assert model is None or sound[:i].endswith(b" lm "), i  # an older version is read


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "not an nlptools lm file"),
        ("天地玄黄\n".encode(), "not an nlptools lm file"),
        (b"\\data\\\nngram 1=3\n", "not an nlptools lm file"),
        (b"\x1f\x8b\x08" + bytes(100), "not an nlptools lm file"),
        (b"nlptools lm", "not an nlptools lm file"),
        (b"nlptools counts 1\n{}\n", "an nlptools counts file, not a lm file"),
        (b"nlptools lm 2\n{}\n", "lm format 2; this version reads up to 1"),
        (b"nlptools lm 1\n", "damaged lm file"),
        (b"nlptools lm 1\n{}\n12345678\n", "damaged lm file"),
    ],
)
def test_files_that_are_no_models(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "x.lm"
    path.write_bytes(data)
    with pytest.raises(DataError, match=problem) as caught:
        load_lm(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_counts_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    count_ngrams(Corpus.from_texts(["天地"]), workers=1).save(tmp_path / "a.counts")
    with pytest.raises(DataError, match="an nlptools counts file"):
        load_lm(tmp_path / "a.counts")
    with pytest.raises(DataError, match="cannot read: No such file"):
        load_lm(tmp_path / "none.lm")
    with pytest.raises(DataError, match=r"cannot read|not an nlptools"):
        load_lm(tmp_path)


def with_description(data: bytes, change: Mapping[str, Any]) -> bytes:
    """The file with another description that has the right check sum; None: without that entry."""
    first, line, _, rest = data.split(b"\n", 3)
    old = len(first) + len(line) + 11
    meta = {**json.loads(line), **change}
    text = json.dumps({k: v for k, v in meta.items() if v is not None}).encode()
    head = b"%s\n%s\n%08x\n" % (first, text, zlib.crc32(text))
    return head + b"\0" * (-len(head) % 64) + rest[-old % 64 :]


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("sizes", "bits", "settings")),
        *({"sizes": value} for value in (5, "abc", [], {}, [3], [10, 14, 13, 1], [0, 14, 13])),
        *(
            {"bits": value}
            for value in (5, [], [7], [7, 7, 7], ["7", 7], [None, 7], [7.0, 7], [99, 9])
        ),
        *({"settings": value} for value in (5, "ab", [1, 2])),
        {"sizes": [1] * 7, "bits": [1] * 6},
    ],
    ids=str,
)
def test_descriptions_that_make_no_sense(
    sound: bytes, tmp_path: Path, change: dict[str, Any]
) -> None:
    path = tmp_path / "x.lm"
    assert load(path, with_description(sound, {})) is not None
    path.write_bytes(with_description(sound, change))
    with pytest.raises(DataError, match=f"^{path}: damaged language model: ") as caught:
        load_lm(path)
    assert "\n" not in str(caught.value)
    assert "nlptools lm train" in (caught.value.hint or "")


def test_a_file_of_order_7(tmp_path: Path) -> None:
    numbers: Numbers = {(i,): (-1.0, 0.0) for i in range(len(VOCABULARY))}
    for order in (MAX_MODEL_ORDER, MAX_MODEL_ORDER + 1):
        LanguageModel.from_trie(trie(numbers, order)).save(tmp_path / f"{order}.lm")
    assert load_lm(tmp_path / "6.lm").order == 6
    with pytest.raises(DataError, match="damaged language model"):
        load_lm(tmp_path / "7.lm")


def test_every_array_is_needed(sound: bytes, tmp_path: Path) -> None:
    for name in spans(sound):
        entries = json.loads(sound.split(b"\n")[1])["arrays"]
        other = [{**entry, "name": "x"} if entry["name"] == name else entry for entry in entries]
        path = tmp_path / "x.lm"
        path.write_bytes(with_description(sound, {"arrays": other}))
        with pytest.raises(DataError, match=f"no array {name}"):
            load_lm(path)


def parts_of(model: LanguageModel) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """(description, arrays) of its file."""
    text = "\n".join(model.vocabulary).encode()
    arrays = {"vocabulary": np.frombuffer(text, np.uint8), "values1": np.array(model.singles)}
    for n, table in enumerate(model.tables, 2):
        for name in ("first", "rests", "values"):
            arrays[f"{name}{n}"] = np.array(getattr(table, name))
    bits = [table.bits for table in model.tables]
    return {"sizes": model.sizes(), "bits": bits, "settings": {}}, arrays


def written(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Path:
    with whole_file(path) as stream:
        storage.write_container(stream, "lm", 1, meta, arrays)
    return path


def test_arrays_of_other_lengths(sound: bytes, tmp_path: Path) -> None:
    model = load(tmp_path / "a.lm", sound)
    assert model is not None
    meta, arrays = parts_of(model)
    path = tmp_path / "b.lm"
    assert load_lm(written(path, meta, arrays)).sizes() == model.sizes()
    for name, values in arrays.items():
        more = (
            np.append(values, values[:2]) if name != "vocabulary" else np.append(values, [10, 65])
        )
        for changed in (values[:0], values[: len(values) // 3], more.astype(values.dtype)):
            with pytest.raises(DataError, match="damaged language model"):
                load_lm(written(path, meta, {**arrays, name: changed}))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("values1", lambda values: np.append(values, np.float32(0))),
        ("values1", lambda values: values.astype(np.float64)),
        ("values2", lambda values: values.astype(np.float64)),
        ("values2", lambda values: values.astype(np.float16)),
        ("values1", lambda values: values.view(np.uint32)),
    ],
    ids=["odd", "double1", "double2", "half2", "integers1"],
)
def test_values_of_other_types(sound: bytes, tmp_path: Path, name: str, change: Any) -> None:
    model = load(tmp_path / "a.lm", sound)
    assert model is not None
    meta, arrays = parts_of(model)
    with pytest.raises(DataError, match="damaged language model"):
        load_lm(written(tmp_path / "b.lm", meta, {**arrays, name: change(arrays[name])}))


def use(model: LanguageModel) -> None:
    """Whatever the tables say, there are numbers, and n-grams or an error that says what is wrong."""
    ids = array([*range(len(model.vocabulary)), *[model.start, 1, 2, 3, 4] * 3])
    with np.errstate(all="ignore"):  # damaged floating point numbers may be infinite
        found = model.log_probs(ids)
        every = model.conditionals(ids)
    assert found.dtype == np.float32
    assert {len(found), *map(len, every)} == {len(ids)}
    with contextlib.suppress(ValueError, DataError):
        back = model.to_trie()
        assert [len(level) for level in back.levels] == model.sizes()
        for level, after in zip(back.levels, back.levels[1:], strict=False):
            assert np.all(after.symbols[:] < len(model.vocabulary))
            assert np.all(np.diff(level.children[:].astype(np.int64)) >= 0)
            assert int(level.children[0]) == 0
            assert int(level.children[-1]) == len(after)


@settings(max_examples=250, deadline=None)
@given(st.data())
def test_any_bytes_end_in_no_traceback(sound: bytes, folder: Path, data: st.DataObject) -> None:
    """Random bytes put anywhere into the arrays."""
    places = spans(sound)
    # The last row is what test_ngramtable.py knows to go on for ever.
    last = {at for name, place in places.items() if "rests" in name for at in place[-4:]}
    changed = bytearray(sound)
    name = data.draw(st.sampled_from(sorted(places)))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.sampled_from(places[name]))
        for at, byte in enumerate(data.draw(st.binary(min_size=1, max_size=8)), start):
            if at not in last and at < places[name].stop:
                changed[at] = byte
    model = load(folder / "any.lm", bytes(changed))
    if model is not None:
        use(model)


def test_tables_of_another_model_end_in_no_traceback(sound: bytes, tmp_path: Path) -> None:
    """N-grams whose contexts are not there."""
    model = load(tmp_path / "a.lm", sound)
    assert model is not None
    use(model)
    other = LanguageModel.from_trie(trained(sample(30, seed=9), 3))
    for tables in ([model.tables[0], other.tables[1]], [other.tables[0], model.tables[1]]):
        mixed = LanguageModel(model.vocabulary, np.array(model.singles), tables, {})
        use(mixed)
    mixed = LanguageModel(
        model.vocabulary, np.array(model.singles), [model.tables[0], other.tables[1]], {}
    )
    with pytest.raises(ValueError, match="an n-gram of order 3 has no context"):
        mixed.to_trie()


def test_a_model_in_files_can_only_be_saved(tmp_path: Path) -> None:
    model = trained(["天地玄黄"] * 3, 2)
    far = LanguageModel.from_trie(model, room=BYTES_PER_ROW, folder=tmp_path)
    far.save(tmp_path / "a.lm")
    near = load_lm(tmp_path / "a.lm")
    equal(near.to_trie(), model)
