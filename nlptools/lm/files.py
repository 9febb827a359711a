"""A file of a language model, native, compact or ARPA -> model; and a model -> a file of each kind."""

from __future__ import annotations

import os
from pathlib import Path

from nlptools.base import storage
from nlptools.base.resources import DEFAULT_MEMORY
from nlptools.errors import DataError
from nlptools.lm.arpa import read_arpa, write_arpa
from nlptools.lm.model import KIND, LanguageModel, load_lm
from nlptools.lm.packed import ENDING, is_packed, read_packed, write_packed
from nlptools.lm.trie import NgramModel
from nlptools.text.jsonlines import bare_name

MODEL_FORMATS = ("native", "arpa", "compact")
GENERAL_LM = Path(__file__).parent / f"general{ENDING}"  # general.md says what it was made from
OWN_LMS = {"general": GENERAL_LM}  # of the package, by name


def format_of(path: str | os.PathLike[str]) -> str:
    """The format that a name asks for: arpa for .arpa, compressed or not, compact for .nlplm, else native."""
    name = bare_name(Path(path).name)
    if name.endswith(ENDING):
        return "compact"
    return "arpa" if name.endswith(".arpa") or name == "arpa" else "native"


def is_native(path: str | os.PathLike[str]) -> bool:
    """Whether a file is an nlptools file, of whatever kind; DataError when it cannot be read."""
    if Path(path).exists() and not (Path(path).is_file() or Path(path).is_dir()):
        raise DataError(path, None, "a model cannot come from a pipe", "name a file")
    try:
        with open(path, "rb") as file:
            return file.read(9) == b"nlptools "
    except OSError as error:
        raise DataError(path, None, f"cannot read: {error.strerror}") from error


def open_lm(
    path: str | os.PathLike[str],
    *,
    tmp_dir: str | os.PathLike[str] | None = None,
    whole: bool = False,
) -> LanguageModel:
    """A model to look things up in: a native file is mapped, an ARPA or a compact file read and put into memory.

    path: "general" is the model of the package. whole: a native file is read once and all its checksums are compared, a second for each GB. Raises DataError for anything else.
    """
    file = OWN_LMS.get(os.fspath(path), path)
    if is_packed(file):
        model = _ready(read_packed(file), file)
    elif is_native(file):
        model = load_lm(file, whole=whole)
    else:
        with storage.spilling(tmp_dir):
            model = LanguageModel.from_trie(read_arpa(file))
    model.name = os.fspath(path)
    return model


def _ready(model: NgramModel, path: str | os.PathLike[str]) -> LanguageModel:
    try:
        return LanguageModel.from_trie(model)
    except ValueError as error:
        raise DataError(path, None, f"damaged compact-lm file: {error}") from error


def read_trie(
    path: str | os.PathLike[str],
    *,
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramModel:
    """The n-grams of a model file; "general" is that of the package. memory: bytes for the whole process, as far as the file is native.

    Raises DataError for a file that is no model, or damaged.
    """
    path = OWN_LMS.get(os.fspath(path), path)
    if is_packed(path):
        return read_packed(path)
    if not is_native(path):
        return read_arpa(path)
    model = load_lm(path, whole=True, mapped=False)
    with storage.spilling(tmp_dir) as folder:
        try:
            return model.to_trie(room=memory // 4, folder=folder)
        except ValueError as error:
            raise DataError(path, None, f"damaged {KIND} file: {error}") from error


def write_model(
    model: NgramModel,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> None:
    """Write a model; the file appears when it is complete. format: of MODEL_FORMATS, None: by the name.

    Raises ValueError for an unknown format.
    """
    if format is None:
        format = format_of(path)
    if format not in MODEL_FORMATS:
        raise ValueError(f"format must be one of {', '.join(MODEL_FORMATS)}, not {format!r}")
    if format == "arpa":
        write_arpa(model, path)
        return
    if format == "compact":
        write_packed(model, path)
        return
    with storage.spilling(tmp_dir) as folder:
        LanguageModel.from_trie(model, room=memory // 4, folder=folder).save(path)


def convert_lm(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    format: str | None = None,
    memory: int = DEFAULT_MEMORY,
    tmp_dir: str | os.PathLike[str] | None = None,
) -> NgramModel:
    """Rewrite a model as ARPA or as a native file; what the source is tells its content, not its name.

    format: as in write_model. Returns the n-grams. Raises DataError for a file that is no model, or damaged.
    """
    model = read_trie(source, memory=memory, tmp_dir=tmp_dir)
    write_model(model, output, format=format, memory=memory, tmp_dir=tmp_dir)
    return model
