"""An extended tokenizer as it is handed on: its rows, its map, and the files of its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nlptools.base.frames import html_table, to_frame
from nlptools.errors import DataError
from nlptools.subwords.checking import TextCheck
from nlptools.subwords.choosing import AddedWord
from nlptools.subwords.tokenizerjson import NAME, TokenizerJson
from nlptools.text.sources import reason
from nlptools.vocab.map import VocabMap

if TYPE_CHECKING:
    from nlptools.base.frames import DataFrame

# What a tokenizer's folder has beside it that stays right. vocab.json, merges.txt and tokenizer.model do not: they
# know nothing of the new tokens.
_BESIDE = ("tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja")
_CLASS = "PreTrainedTokenizerFast"


class ExtensionRow(NamedTuple):
    """A word or merge that was looked at. id: of its new token, None with the reason why there is none."""

    word: str
    count: float | None  # type: ignore[assignment] # as the column is called; a row needs no tuple.count
    pieces: int
    saved: float | None
    id: int | None
    by: str
    reason: str


@dataclass(frozen=True)
class Extension:
    """An extended tokenizer. contents: of its tokenizer.json; map: of the rows of a model, for init-embeddings;
    words: all that were looked at; merges: those learnt; checks: how texts are cut, before and after.
    """

    base: TokenizerJson
    contents: dict[str, Any]
    map: VocabMap
    words: tuple[AddedWord, ...]
    merges: tuple[AddedWord, ...]
    checks: tuple[TextCheck, ...]

    def __repr__(self) -> str:
        return f"Extension({self.base.size:,} tokens before, {len(self.map):,} now)"

    def __len__(self) -> int:
        """Tokens, the largest id and one."""
        return len(self.map)

    def __iter__(self) -> Iterator[ExtensionRow]:
        """The new tokens in the order of their ids, then what was left out."""
        rows = [("words", word) for word in self.words] + [("merges", one) for one in self.merges]
        rows.sort(key=lambda row: (row[1].id is None, row[1].id or 0))
        for by, word in rows:
            known = not np.isnan(word.count)
            numbers = (word.count, word.saved) if known else (None, None)
            yield ExtensionRow(
                word.word, numbers[0], len(word.pieces), numbers[1], word.id, by, word.reason
            )

    def to_frame(self) -> DataFrame:
        """The rows as a pandas DataFrame."""
        rows = list(self)
        return to_frame(
            {name: [getattr(row, name) for row in rows] for name in ExtensionRow._fields}
        )

    def _repr_html_(self) -> str:
        return html_table(ExtensionRow._fields, list(self))

    def files(self) -> dict[str, str]:
        """What the folder of the tokenizer has: name -> text; tokenizer.json, and what stood beside that of the base.

        The class that it asks for is transformers' PreTrainedTokenizerFast: others, such as Qwen2Tokenizer, make
        themselves anew from the vocabulary and the merges in version 5, without the words.
        """
        folder = Path(self.base.path).parent
        found = {name: _text(folder / name) for name in _BESIDE if (folder / name).is_file()}
        try:
            config = json.loads(found.get("tokenizer_config.json", "{}"))
        except (ValueError, RecursionError):
            raise DataError(folder / "tokenizer_config.json", None, "no JSON") from None
        config["tokenizer_class"] = _CLASS
        config.pop("auto_map", None)  # code of the model's makers for a tokenizer of their own
        return {
            NAME: _json(self.contents),
            **found,
            "tokenizer_config.json": _json(config),
        }


def _json(contents: Any) -> str:
    return json.dumps(contents, ensure_ascii=False, indent=1) + "\n"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(path, None, reason(error)) from None
