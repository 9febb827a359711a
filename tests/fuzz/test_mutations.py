"""Damaged files of every kind: a clean error or a valid result. NLPTOOLS_FUZZ=2000 for so many of each."""

from __future__ import annotations

import io
import json
import random
import traceback
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from commandline import posix, run
from fuzz.limits import RUNS, within_limits
from fuzz.mutations import Mutation, archive, container, damaged

from nlptools.segmentation.spelling import RULES
from nlptools.subwords.bytelevel import CHARACTERS
from nlptools.wordmodel.model import WordNotes, load_model

pytestmark = posix

TEXT = "今天天气非常好，我们去公园。\n明天的天气不好，我们在家 play 5G 游戏。\n" * 4
LETTERS = "今天明气非常好我们去公园的不在家游戏"


class Kind(NamedTuple):
    """file: what is damaged. commands: how it is read, "{}" being its name."""

    file: str
    change: Mutation
    commands: tuple[str, ...]


KINDS = {
    "arpa": Kind("m.arpa", damaged, ("lm score text --model {}", "lm convert {} -o out")),
    "counts": Kind(
        "c.counts",
        container,
        (
            "merge {} --tsv",
            "compare {} c.counts",
            "explain 天气 --counts {}",
            "merge {} c.counts -o out",
        ),
    ),
    "counts with sentences": Kind(
        "s.counts", container, ("lm train --counts {} -o out", "merge {} --tsv")
    ),
    "language model": Kind(
        "m.lm", container, ("lm score text --model {}", "lm convert {} -o out.arpa")
    ),
    "language model of clauses": Kind(
        "k.lm", container, ("lm score text --model {}", "segment text --method lm --model {}")
    ),
    "compact language model": Kind(
        "m.nlplm",
        container,
        ("lm filter text --model {} --quantiles 50", "lm convert {} -o out.arpa"),
    ),
    "word model": Kind("w.model", damaged, ("segment text --model {}", "train text --prior {}")),
    "compact word model": Kind(
        "w.nlpm",
        container,
        ("segment text --model {}", "train text --prior {}", "convert {} -o out"),
    ),
    "vocabulary": Kind(
        "vocab.txt", damaged, ("tokenize text --vocab {}", "vocab export {}", "dim --vocab {}")
    ),
    "tokenizer": Kind(
        "tokenizer.json", damaged, ("vocab export {} --to tiktoken -o out.tiktoken",)
    ),
    "word list": Kind(
        "list.tsv",
        damaged,
        (
            "export {} --to jieba",
            "compare --lists {} list.tsv",
            "tokenize text --vocab vocab.txt --weights {}",
            "segment text --words {}",
            "contexts {} --corpus text",
        ),
    ),
    "words to judge": Kind(
        "judged.jsonl",
        damaged,
        ("contexts {} --corpus text --format tsv", "export {} --to plain --accepted-only"),
    ),
    "text of vectors": Kind("v.txt", damaged, ("vectors check {}",)),
    "binary vectors": Kind("v.bin", damaged, ("vectors check {}",)),
    "npy": Kind("v.npy", damaged, ("vectors check {}", "vectors whiten {} -o out.npy")),
    "npz": Kind("v.npz", archive, ("vectors check {}",)),
    "whitening": Kind(
        "t.npz", archive, ("vectors whiten v.txt --input-format glove --apply {} -o out.npy",)
    ),
    "safetensors": Kind("v.safetensors", damaged, ("vectors check {}",)),
    "checkpoint": Kind(
        "e.safetensors", damaged, ("vocab init-embeddings {} --map map.json -o out.safetensors",)
    ),
    "map": Kind(
        "map.json", damaged, ("vocab init-embeddings e.safetensors --map {} -o out.safetensors",)
    ),
    "parquet": Kind("p.parquet", damaged, ("merge {} --tsv",)),
    "text": Kind(
        "text", damaged, ("count {} --encoding auto --tsv", "count {} --encoding utf-16 --tsv")
    ),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good file of each kind."""
    folder = tmp_path_factory.mktemp("originals")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("text").write_text(TEXT, encoding="utf-8")
        run("count", "-q", "text", "--order", "3", "-o", "c.counts").ok()
        lines = ("--order", "3", "--sentences", "line", "--latin", "char")
        run("count", "-q", "text", *lines, "-o", "s.counts").ok()
        run("lm", "train", "-q", "text", "--order", "3", "-o", "m.lm").ok()
        run("lm", "train", "-q", "text", "--order", "3", "--sentences", "clause", "-o", "k.lm").ok()
        run("lm", "convert", "-q", "m.lm", "-o", "m.arpa").ok()
        run("lm", "convert", "-q", "m.lm", "-o", "m.nlplm").ok()
        run("train", "-q", "text", "-o", "w.model").ok()
        model = load_model("w.model")
        lengths = np.array([len(word) for word in model.words])
        glued = (np.cumsum(lengths) - 1)[lengths > 1]  # as if all were numerals
        model.save("w.nlpm", notes=WordNotes(RULES, glued, np.flatnonzero(lengths > 2)))
        split = {"type": "Split", "pattern": {"Regex": " ?a+|b"}, "behavior": "Isolated"}
        level = {"type": "ByteLevel", "add_prefix_space": False, "use_regex": False}
        merges = [["a", "b"], ["ab", "c"]]
        bpe = {"type": "BPE", "merges": merges, "ignore_merges": False}
        bpe["vocab"] = {t: n for n, t in enumerate([*CHARACTERS, "ab", "abc"])}
        added = [{"id": 258, "content": "<s>", "special": True, "normalized": False}]
        steps = {"type": "Sequence", "pretokenizers": [split, level]}
        contents = {"added_tokens": added, "normalizer": {"type": "NFC"}, "pre_tokenizer": steps}
        Path("tokenizer.json").write_text(json.dumps(contents | {"model": bpe}), encoding="utf-8")
        Path("list.tsv").write_text(
            "word\tcount\n" + "".join(f"{c}好\t{i + 1}\n" for i, c in enumerate(LETTERS)),
            encoding="utf-8",
        )
        run("contexts", "-q", "list.tsv", "--corpus", "text", "-o", "judged.jsonl").ok()
        tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, "play", "##s"]
        Path("vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
        rng = np.random.default_rng(0)
        rows = rng.normal(size=(len(tokens), 6)).astype(np.float32)
        np.save("v.npy", rows)
        np.savez("v.npz", rows=rows)
        text = [
            f"{token} " + " ".join(f"{x:.4f}" for x in row)
            for token, row in zip(tokens, rows, strict=True)
        ]
        Path("v.txt").write_text("\n".join(text) + "\n", encoding="utf-8")
        _binary(tokens, rows)
        run("vectors", "whiten", "-q", "v.npy", "-o", "x.npy", "--transform", "t.npz").ok()
        _safetensors("v.safetensors", {"rows": rows})
        _safetensors(
            "e.safetensors", {"bert.embeddings.word_embeddings.weight": rows, "other": rows[:3]}
        )
        made = {"nlptools": "vocabulary map", "version": 1, "base_size": len(tokens), "unknown": 1}
        made |= {
            "keep_tokens": [0, 1, 2, 3, 4, 7, 8],
            "compound_tokens": [[5, 6], [6, 5]],
            "words": ["今天", "天今"],
        }
        Path("map.json").write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")
        if _has_parquet():
            run("count", "-q", "text", "--order", "3", "-o", "p.parquet").ok()
    return folder


def _has_parquet() -> bool:
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def _binary(tokens: list[str], rows: np.ndarray) -> None:
    stream = io.BytesIO()
    stream.write(f"{len(rows)} {rows.shape[1]}\n".encode())
    for token, row in zip(tokens, rows, strict=True):
        stream.write(token.encode() + b" " + row.astype("<f4").tobytes() + b"\n")
    Path("v.bin").write_bytes(stream.getvalue())


def _safetensors(name: str, tensors: dict[str, np.ndarray]) -> None:
    header, body = {}, b""
    for key, array in tensors.items():
        data = array.astype("<f4").tobytes()
        offsets = [len(body), len(body) + len(data)]
        header[key] = {"dtype": "F32", "shape": array.shape, "data_offsets": offsets}
        body += data
    text = json.dumps(header).encode()
    Path(name).write_bytes(len(text).to_bytes(8, "little") + text + body)


@pytest.mark.parametrize("name", KINDS)
def test_damaged_files(
    originals: Path, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "parquet" and not _has_parquet():
        pytest.skip("needs pyarrow")
    kind = KINDS[name]
    chance = random.Random(name)
    monkeypatch.chdir(originals)
    bad = tmp_path / f"bad{Path(kind.file).suffix}"
    codes = []
    failures: list[str] = []
    for number in range(RUNS):
        _write(Path(kind.file), bad, kind.change, chance)
        command = kind.commands[number % len(kind.commands)].format(bad)
        command = command.replace(" out", f" {tmp_path}/out")
        try:
            codes.append(within_limits(*command.split(), "-q").code)
        except Exception:
            kept = tmp_path / f"failed-{number}{bad.suffix}"
            if bad.is_file():
                kept.write_bytes(bad.read_bytes())
            failures.append(f"{command} ({kept})\n{traceback.format_exc()[-1500:]}")
            if len(failures) == 20:
                break
    assert not failures, f"{len(failures)} of {RUNS}\n\n" + "\n\n".join(failures)
    assert 2 not in codes
    assert 1 in codes  # something was damaged


def _write(good: Path, bad: Path, change: Mutation, chance: random.Random) -> None:
    """The file damaged; of a folder one of its files."""
    if not good.is_dir():
        bad.write_bytes(change(good.read_bytes(), chance))
        return
    bad.mkdir(exist_ok=True)
    files = sorted(file for file in good.iterdir() if file.is_file())
    chosen = chance.choice(files)
    for file in files:
        data = file.read_bytes()
        (bad / file.name).write_bytes(change(data, chance) if file == chosen else data)
