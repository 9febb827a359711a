"""Columns of a word model <-> its compact file, of which a part can be read in some milliseconds.

A container (base/storage.py) of packed columns (base/packing.py); docs/formats.md describes it.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlptools.base.packing import JoinedStrings, pack, pack_strings, unpack, unpack_strings
from nlptools.base.storage import Container, is_container, read_container, write_container
from nlptools.errors import DataError

KIND = "model"
VERSION = 1
ENDING = ".nlpm"
# Words come by the first, places in their order, so differences are small.
ORDERED = ("expected", "notes_glued", "notes_counted")


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Whether a file is a compact model, by its content. Nothing is taken out of a pipe."""
    return is_container(path, KIND)


def packed_bytes(
    words: Sequence[str],
    place_symbols: Sequence[str],
    columns: Mapping[str, np.ndarray],
    settings: Mapping[str, Any],
) -> bytes:
    """The compact file. columns: whole numbers by name, as long as `words` but for what is of places or notes."""
    packed = {f"word_{name}": column for name, column in pack_strings(words).items()}
    packed |= {f"place_{name}": column for name, column in pack_strings(place_symbols).items()}
    for name, column in columns.items():
        packed[name] = pack(column, differences=name in ORDERED)
    meta = {
        "settings": dict(settings),
        "columns": {name: facts for name, (_, facts) in packed.items()},
    }
    stream = io.BytesIO()
    write_container(stream, KIND, VERSION, meta, {name: data for name, (data, _) in packed.items()})
    return stream.getvalue()


@dataclass(frozen=True)
class PackedModel:
    """An opened compact model. settings: as in the file, not checked."""

    settings: dict[str, Any]
    _container: Container

    @staticmethod
    def open(path: str | os.PathLike[str]) -> PackedModel:
        """DataError for a file that is no compact model, of a newer version, or cut short."""
        container = read_container(path, KIND, VERSION)
        settings = container.meta.get("settings")
        if not isinstance(settings, dict) or not isinstance(container.meta.get("columns"), dict):
            raise damaged(path, "its description lacks the settings or the columns")
        return PackedModel(settings, container)

    def __contains__(self, name: str) -> bool:
        return name in self._container.meta["columns"]

    def strings(self, name: str) -> JoinedStrings:
        """The strings of "word" or "place". DataError for damage."""
        units, lengths = self._column(f"{name}_text"), self._column(f"{name}_lengths")
        try:
            return unpack_strings(units, lengths)
        except ValueError as error:
            raise damaged(self._container.path, str(error)) from None

    def numbers(self, name: str, length: int | None) -> np.ndarray:
        """A column of so many numbers, None: of any, int64. DataError for damage."""
        numbers = self._column(name)
        if length is not None and len(numbers) != length:
            raise damaged(self._container.path, f"the column {name} has {len(numbers):,} numbers")
        return numbers.astype(np.int64, copy=False)

    def _column(self, name: str) -> np.ndarray:
        container = self._container
        container.check(name)
        try:
            return unpack(container.column(name, False)[:], container.meta["columns"][name])
        except (KeyError, TypeError, ValueError) as error:
            raise damaged(container.path, f"the column {name}: {error}") from None


def damaged(path: str | os.PathLike[str], problem: str) -> DataError:
    hint = "copy it again, or make it again with nlptools train"
    return DataError(path, None, f"damaged {KIND} file: {problem}", hint)
