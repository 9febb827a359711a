"""A language model <-> its compact file: whole numbers packed, logarithms to the nearest fiftieth.

A container (base/storage.py) of packed columns (base/packing.py); docs/formats.md describes it. It takes an eighth of
the native file and has to be unpacked, so it is for models that travel; the one of the package is such a file.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from nlptools.base.outputs import whole_file
from nlptools.base.packing import pack, pack_strings, unpack, unpack_strings
from nlptools.base.storage import Container, is_container, read_container, write_container
from nlptools.errors import DataError
from nlptools.lm.trie import LOG_ZERO, MAX_MODEL_ORDER, ModelLevel, NgramModel

KIND, VERSION = "compact-lm", 1
ENDING = ".nlplm"
# Logarithms are kept in these steps of 1: half a step is 1.2 % of a perplexity. docs/decisions.md says what it loses.
STEPS = 50


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a compact language model, by its content. Nothing is taken out of a pipe."""
    return is_container(path, KIND)


def write_packed(model: NgramModel, path: str | os.PathLike[str]) -> None:
    """The compact file; it appears when it is complete. The model is taken into memory, order by order."""
    packed = {f"vocabulary_{name}": one for name, one in pack_strings(model.vocabulary).items()}
    children: np.ndarray = np.empty(0, np.int64)
    for n, level in enumerate(model.levels, 1):
        if n > 1:
            symbols = level.symbols[:].astype(np.int64)
            steps = np.diff(symbols, prepend=0)
            first = children[:-1][children[1:] > children[:-1]]
            steps[first] = symbols[first]
            packed[f"symbols{n}"] = pack(steps)
            packed[f"sizes{n}"] = pack(np.diff(children))
        packed[f"logs{n}"] = pack(_rounded(level.log_probs[:]))
        if level.children is not None and level.backoffs is not None:
            packed[f"backoffs{n}"] = pack(_rounded(level.backoffs[:]))
            children = level.children[:].astype(np.int64)
    facts = {name: one for name, (_, one) in packed.items()}
    meta = {"order": model.order, "steps": STEPS, "settings": dict(sorted(model.settings.items()))}
    meta["columns"] = facts
    with whole_file(path) as stream:
        write_container(
            stream, KIND, VERSION, meta, {name: data for name, (data, _) in packed.items()}
        )


def read_packed(path: str | os.PathLike[str]) -> NgramModel:
    """The model of a compact file, its logarithms as they were rounded. DataError for damage."""
    container = read_container(path, KIND, VERSION)
    container.check()
    try:
        return _unpacked(container)
    except (KeyError, TypeError, ValueError, UnicodeError) as error:
        raise DataError(
            path,
            None,
            f"damaged {KIND} file: {error}",
            "copy it again, or make it again with nlptools lm convert",
        ) from None


def _unpacked(container: Container) -> NgramModel:
    order, steps, settings = (container.meta[name] for name in ("order", "steps", "settings"))
    if type(order) is not int or not 1 <= order <= MAX_MODEL_ORDER:
        raise ValueError("its order")
    if type(steps) is not int or steps < 1 or not isinstance(settings, dict):
        raise ValueError("its settings")
    vocabulary = tuple(
        unpack_strings(*(_column(container, f"vocabulary_{name}") for name in ("text", "lengths")))
    )
    symbols: np.ndarray = np.arange(len(vocabulary))
    levels = []
    for n in range(1, order + 1):
        logs = _logs(container, f"logs{n}", len(symbols), steps)
        level: dict[str, Any] = {"symbols": symbols, "log_probs": logs}
        level |= {"backoffs": None, "children": None}
        if n < order:
            level["backoffs"] = _logs(container, f"backoffs{n}", len(symbols), steps)
            level["children"], symbols = _children(container, n + 1, len(symbols), len(vocabulary))
        levels.append(ModelLevel(**level))
    return NgramModel(vocabulary, tuple(levels), settings)


def _children(
    container: Container, n: int, above: int, vocabulary: int
) -> tuple[np.ndarray, np.ndarray]:
    """(where the continuations of each n-gram of the order above begin, their symbols)."""
    sizes, steps = _column(container, f"sizes{n}"), _column(container, f"symbols{n}")
    if len(sizes) != above or (sizes < 0).any() or (sizes > vocabulary).any():
        raise ValueError(f"how many n-grams of order {n} there are")
    children = np.append(0, np.cumsum(sizes))
    if children[-1] != len(steps):
        raise ValueError(f"how many n-grams of order {n} there are")
    sums = np.cumsum(steps)
    before = np.append(0, sums)[children[:-1]]
    symbols = sums - np.repeat(before, sizes)
    inside = np.ones(len(steps), bool)
    inside[children[:-1][sizes > 0]] = False
    if (symbols < 0).any() or (symbols >= vocabulary).any() or (steps[inside] <= 0).any():
        raise ValueError(f"the symbols of order {n}")
    return children, symbols


def _column(container: Container, name: str) -> np.ndarray:
    return unpack(container.column(name, False)[:], container.meta["columns"][name]).astype(
        np.int64
    )


def _logs(container: Container, name: str, size: int, steps: int) -> np.ndarray:
    values = _column(container, name)
    if len(values) != size or (np.abs(values) > -LOG_ZERO * steps).any():
        raise ValueError(f"the column {name}")
    return (values / steps).astype(np.float32)


def _rounded(logs: np.ndarray) -> np.ndarray:
    return np.rint(logs.astype(np.float64) * STEPS).astype(np.int64)
