"""A folder of a model (Hugging Face) -> its checkpoint, config.json for another vocabulary, small files to copy.

What lies there: huggingface.co/docs/transformers, `save_pretrained`. Weights are written by embeddings.py; files of the
tokenizer are left where they are: those for the new vocabulary come from `vocab extend` or `vocab export`.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
import os
import shutil
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any, NamedTuple

from nlptools.base.outputs import folder_for, whole_file
from nlptools.errors import QUOTED, DataError, cut, listed
from nlptools.text.sources import reason

CONFIG = "config.json"
_MOST = 1 << 24  # bytes of a config.json
_DEEPEST = 50  # objects and lists inside each other; those of models have up to 5
# In this order transformers looks for them.
_CHECKPOINTS = ("model.safetensors", "model.safetensors.index.json")
_WEIGHTS = (
    *("*.safetensors", "*.index.json", "*.bin", "*.pt", "*.pth", "*.h5", "*.msgpack", "*.onnx"),
    *("*.gguf", "*.ckpt*", "*.npz", "*.npy"),
)
_TOKENIZER = (
    *("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"),
    *("vocab.json", "vocab.txt", "merges.txt", "*.model", "*.tiktoken"),
)
# Written by tokenizers too, but it says nothing of the vocabulary: copied where there is none yet.
_CHAT = ("chat_template.*",)
_KEYS = ("vocab_size", "padded_vocab_size")  # the second: ChatGLM
_NESTED = ("text_config", "llm_config", "language_config")  # of models that see or hear, too


class SizeChange(NamedTuple):
    """A number in config.json. key: "vocab_size", "text_config.vocab_size"; old: None where it was left to a default."""

    key: str
    old: int | None
    new: int


class ModelFolder:
    """A folder with config.json and a checkpoint of .safetensors files."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """DataError where one of them is not there."""
        self.path = Path(path)
        self.checkpoint = _find_checkpoint(self.path)
        config = self.path / CONFIG
        if not config.is_file():
            hint = f"for weights alone give the file: {self.checkpoint}"
            raise DataError(path, None, f"no folder of a model: no {CONFIG}", hint)
        self.config = read_config(config)

    @property
    def tied(self) -> bool:
        """Whether config.json says that the input matrix is the output matrix, too."""
        inside = (self.config.get(key) for key in _NESTED)
        objects = [self.config, *(config for config in inside if isinstance(config, dict))]
        return any(config.get("tie_word_embeddings") is True for config in objects)

    def resized(self, old: Set[int], new: int) -> tuple[dict[str, Any], tuple[SizeChange, ...]]:
        """config.json for so many rows, and what became otherwise. old: rows of the matrices as they are.

        DataError where it has sizes of vocabularies, but none of them is that of the matrices.
        """
        changes = size_changes(self.config, old, new)
        config = json.loads(json.dumps(self.config))
        for change in changes:
            *inside, key = change.key.split(".")
            place = config
            for name in inside:
                place = place[name]
            place[key] = new
        sizes = [f"{name} {size:,}" for name, size in _sizes(self.config)]
        if sizes and not changes and new not in old:
            rows = listed([f"{number:,}" for number in sorted(old)])
            problem = f"{listed(sizes)}, but the matrices of tokens have {rows} rows"
            raise DataError(self.path / CONFIG, None, problem, "config.json is of another model")
        return config, changes

    def small_files(self) -> tuple[list[Path], list[Path]]:
        """The files that are copied as they are, and those of its tokenizer, which are not."""
        copied, tokenizer = [], []
        for path in sorted(self.path.iterdir()):
            if path.name.startswith(".") or not path.is_file() or path.name == CONFIG:
                continue
            if _like(path, _TOKENIZER):
                tokenizer.append(path)
            elif not _like(path, _WEIGHTS):
                copied.append(path)
        return copied, tokenizer

    def check_output(self, output: Path, made: list[Path]) -> None:
        """DataError for a folder where another checkpoint lies: it could be taken for the new one."""
        if output.exists() and not output.is_dir():
            raise DataError(output, None, "is no folder", "a model is written to a folder")
        if output.is_dir() and output.samefile(self.path):
            raise DataError(output, None, "is the folder that is read", "write to another folder")
        others = output.iterdir() if output.is_dir() else ()
        weights = [path for path in others if _like(path, _WEIGHTS) and path not in made]
        if weights:
            problem = f"has weights already: {cut(min(weights).name)}"
            raise DataError(output, None, problem, "remove them or write to another folder")

    @contextlib.contextmanager
    def writing(self, output: Path, config: dict[str, Any]) -> Iterator[list[str]]:
        """Write config.json and the small files; they appear if what is done inside succeeds. Yields their names."""
        with folder_for(output), contextlib.ExitStack() as stack:
            # The first that is opened appears last.
            stack.enter_context(whole_file(output / CONFIG)).write(_written(config))
            names = []
            for path in self.small_files()[0]:
                if _like(path, _CHAT) and (output / path.name).exists():
                    continue
                stream = stack.enter_context(whole_file(output / path.name))
                with _opened(path) as file:
                    shutil.copyfileobj(file, stream)
                names.append(path.name)
            yield names


def size_changes(config: dict[str, Any], old: Set[int], new: int) -> tuple[SizeChange, ...]:
    """What has to become otherwise in a config.json, inside other objects too; where nothing names a size, it is added."""
    found = _sizes(config)
    if found:
        return tuple(
            SizeChange(name, size, new) for name, size in found if size in old and size != new
        )
    inside = next((f"{key}." for key in _NESTED if isinstance(config.get(key), dict)), "")
    return (SizeChange(f"{inside}{_KEYS[0]}", None, new),)


def _sizes(config: dict[str, Any], before: str = "") -> list[tuple[str, int]]:
    found = []
    for name, value in config.items():
        if isinstance(value, dict):
            found += _sizes(value, f"{before}{name}.")
        elif name in _KEYS and type(value) is int:
            found.append((before + name, value))
    return found


def read_config(path: Path) -> dict[str, Any]:
    """The JSON object of a config.json; DataError for anything else."""
    with _opened(path) as file:
        data = file.read(_MOST + 1)
    hint = "config.json of a model is a JSON object"
    try:
        found = json.loads(data) if len(data) <= _MOST else None
    except (ValueError, RecursionError) as error:
        problem = f"no JSON: {cut(str(error), 2 * QUOTED)}"
        raise DataError(path, None, problem, hint) from None
    if not isinstance(found, dict):
        raise DataError(path, None, "no JSON object", hint)
    if _is_deep(found):
        raise DataError(path, None, f"nested more than {_DEEPEST} times", hint)
    return found


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST + 1):
        objects = [one.values() if isinstance(one, dict) else one for one in level]
        level = [inner for one in objects for inner in one if isinstance(inner, dict | list)]
    return bool(level)


def _written(config: Any) -> bytes:
    """As transformers writes it, but in the order that it had: ASCII, two blanks a level."""
    return (json.dumps(config, indent=2) + "\n").encode()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise DataError(path, None, reason(error)) from None


def _find_checkpoint(folder: Path) -> Path:
    for name in _CHECKPOINTS:
        if (folder / name).is_file():
            return folder / name
    for pattern in ("*.safetensors.index.json", "*.safetensors"):
        found = sorted(folder.glob(pattern))
        if len(found) == 1:
            return found[0]
        if found:
            problem = f"several checkpoints: {listed([cut(path.name) for path in found[:3]])}"
            raise DataError(folder, None, problem, f"name the right one {_CHECKPOINTS[0]}")
    problem = f"no folder of a model: no {_CHECKPOINTS[0]}, no index of several"
    hint = "save the model as .safetensors first (save_pretrained of transformers does)"
    raise DataError(folder, None, problem, hint)


def _like(path: Path, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(path.name.lower(), pattern) for pattern in patterns)
