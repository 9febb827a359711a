"""tokenizer.json, words and merges -> the same tokenizer.json with a token for each, and all else as it was.

Merges alone cannot make a word one token wherever it stands. BPE appends a merge after all others, so the old ones have
been made before: 的神 is a token of many vocabularies, and 的神经网络 then has no 神经网络 any more; and the way from four pieces
to a word leads over tokens that stand in other text, too. So words are *added tokens*, which Hugging Face's tokenizers
cut out of the text before the model sees it, the longest of those that begin leftmost; a text without any of them goes the
way it always went. A Unigram model has words as pieces with a score so high that the best path always takes them. Merges
that are learnt (merges.py) are appended: they join tokens that the old merges have left.
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nlptools.errors import DataError
from nlptools.subwords.tokenizerjson import BLANK, TokenizerJson, parts

_UNKNOWN_PENALTY = 10.0  # Hugging Face's K_UNK_PENALTY, below the least score
_MANY = 8  # alternatives of a regular expression that are tried one by one


def check_base(base: TokenizerJson) -> None:
    """Raises DataError for a tokenizer that could not have words: it would write blanks around each of them."""
    steps = [*parts(base.contents.get("normalizer")), *parts(base.contents.get("pre_tokenizer"))]
    if base.kind == "Unigram":
        return
    for step in steps:
        always = step.get("type") == "Metaspace" and _scheme(step) == "always"
        if always or step.get("add_prefix_space"):
            problem = f"its {step['type']} puts a blank before all that follows an added token"
            hint = "a word in it would have a blank after it: this kind of tokenizer cannot be extended"
            raise DataError(base.path, None, problem, hint)


def _scheme(step: dict[str, Any]) -> str:
    found = step.get("prepend_scheme")
    if found is None:  # before version 0.14
        return "always" if step.get("add_prefix_space", True) else "never"
    return str(found)


@dataclass(frozen=True)
class Joint:
    """A token of the model, made of two others: their names, which are joined; of a character both are None."""

    token: str
    left: str | None = None
    right: str | None = None


def with_words(
    base: TokenizerJson, words: Sequence[str], joints: Sequence[Joint] = ()
) -> dict[str, Any]:
    """The contents of a tokenizer.json with those words besides, then the joints; they have the ids base.size and on.

    words: distinct, none of them a token of the base. joints: for BPE alone, in their order; none is a token.
    """
    contents = copy.copy(base.contents)
    contents["model"] = dict(base.model)
    if base.kind == "Unigram":
        if joints:
            raise ValueError("a Unigram model has no merges")
        contents["model"]["vocab"] = [*_filled(base), *_winning(base, words)]
        return contents
    added = list(base.contents.get("added_tokens") or [])
    contents["added_tokens"] = added + [
        {
            "id": base.size + number,
            "content": word,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            # Looked for in normalized text, whose parts are not normalized once more: Llama 2 would put a blank
            # before the text after a word.
            "normalized": True,
            "special": False,
        }
        for number, word in enumerate(words)
    ]
    if words and any(step.get("type") == "Prepend" for step in _normalizers(base)):
        contents["normalizer"] = {
            "type": "Sequence",
            "normalizers": [*_normalizers(base), _without_blank(words)],
        }
    if joints:
        _join(base, contents["model"], joints, base.size + len(words))
    list_ids(contents)
    return contents


def _join(base: TokenizerJson, model: dict[str, Any], joints: Sequence[Joint], first: int) -> None:
    """Append the joints to a model, in the form in which the file has its merges."""
    new = {joint.token: first + number for number, joint in enumerate(joints)}
    model["vocab"] = {**model["vocab"], **new}
    merges = list(model["merges"])
    pairs = bool(merges) and not isinstance(merges[0], str)
    for joint in joints:
        if joint.left is not None and joint.right is not None:
            pair = [joint.left, joint.right]
            merges.append(pair if pairs else " ".join(pair))
    model["merges"] = merges


def list_ids(contents: dict[str, Any]) -> None:
    """Write the ids of added tokens into the vocabulary of the model, unless they follow it one by one.

    The library does not take the ids from the list of added tokens: one that the model knows has that id, others are
    numbered on from the size of the model (added_vocabulary.rs, `add_tokens`), which is no free id where ids were
    left out, as in GPT-4o's.
    """
    model, added = contents["model"], contents.get("added_tokens") or []
    others = [token["id"] for token in added if token["content"] not in model["vocab"]]
    size = len(model["vocab"])
    whole = max(model["vocab"].values(), default=-1) == size - 1
    if not whole or others != list(range(size, size + len(others))):
        extra = {token["content"]: token["id"] for token in added}
        model["vocab"] = {**model["vocab"], **extra}


def _normalizers(base: TokenizerJson) -> list[dict[str, Any]]:
    return parts(base.contents.get("normalizer"))


# --- a blank before each text ------------------------------------------------------------------


def _without_blank(words: Sequence[str]) -> dict[str, Any]:
    """A step that takes the blank off a text that is a word and nothing else.

    The library normalizes added tokens like text before it looks for them. Where every text gets a blank before
    it (Prepend, of Llama 2) it would look for a blank and the word, in the middle of a line as well.
    """
    found = {"Regex": rf"\A{BLANK}(?=(?:{any_of(words)})\z)"}
    return {"type": "Replace", "pattern": found, "content": ""}


def any_of(words: Sequence[str]) -> str:
    """A regular expression of all words, which looks at few of them: halves of the first characters, then groups."""
    groups: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        groups.setdefault(word[0], []).append(word[1:])
    return _halves(sorted(groups.items()))


def _halves(groups: list[tuple[str, list[str]]]) -> str:
    if len(groups) <= _MANY:
        return "|".join(re.escape(first) + _rest(rest) for first, rest in groups)
    middle = len(groups) // 2
    left, right = groups[:middle], groups[middle:]
    last, first = re.escape(left[-1][0]), re.escape(right[0][0])
    end = chr(0x10FFFF)
    return f"(?=[\\x00-{last}])(?:{_halves(left)})|(?=[{first}-{end}])(?:{_halves(right)})"


def _rest(words: list[str]) -> str:
    """What follows a first character: nothing, a word's rest, or one of several."""
    longer = [word for word in words if word]
    some = any_of(longer) if len(longer) > 1 else "".join(map(re.escape, longer))
    if not some:
        return ""
    return f"(?:{some}){'?' if len(longer) < len(words) else ''}"


# --- Unigram -----------------------------------------------------------------------------------


def _filled(base: TokenizerJson) -> list[list[Any]]:
    """The pieces of a Unigram model, and after them those added tokens that only the list of them has."""
    pieces = [list(piece) for piece in base.model["vocab"]]
    least = min(score for _, score in pieces)
    named = {number: token for token, number in base.added.items()}
    pieces += [
        [named.get(number, f"<no token {number}>"), least]
        for number in range(len(pieces), base.size)
    ]
    return pieces


def _winning(base: TokenizerJson, words: Sequence[str]) -> list[list[Any]]:
    """The words with scores that no path without them reaches.

    Where a path goes through a word, or over its edges, another one takes the word and cuts the pieces over the edges
    into characters, unknown ones at worst. What that can cost at most is what a character of a word is worth, so that
    of two words in one another the longer one wins, and of words that cover the same the fewest.
    """
    scores = [score for _, score in base.model["vocab"]]
    longest = max(len(piece) for piece, _ in base.model["vocab"])
    lost = 2 * longest * (max(scores) - min(scores) + _UNKNOWN_PENALTY) + max(map(abs, scores))
    worth = float(2 ** math.ceil(math.log2(lost)))
    return [[word, worth * len(word) - 1.0] for word in words]
