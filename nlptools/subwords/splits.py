"""The pre-tokenizer of a tokenizer.json -> one regular expression whose matches are the pieces, as tiktoken wants it.

Oniguruma reads it in Hugging Face, fancy-regex in tiktoken: what the two read otherwise is refused. Sources:
github.com/kkos/oniguruma, doc/RE and doc/SYNTAX.md (Ruby's syntax); docs.rs/fancy-regex, docs.rs/regex, "Syntax".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nlptools.errors import DataError, cut, listed
from nlptools.subwords.tokenizerjson import TokenizerJson, parts

# github.com/openai/gpt-2, encoder.py; ByteLevel of Hugging Face has the same with use_regex.
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
_HINT = "tiktoken cannot do this: use the file with tokenizers or transformers"
# What both read alike: the rest of a pattern, without classes in brackets.
_ALIKE = re.compile(
    r"""(?x)
      [^\\\[\](){}.^$*+?|]                         # a character that is nothing else
    | \\ (?: [sSdDrnt] | [pP]\{[A-Z][A-Za-z_]*\} | [^\w\s] )
    | \. | \|
    | \( (?: \?: | \?> | \?i: | \?= | \?! | \?<= | \?<! | (?!\?) ) | \)
    | [*+?] [?+]?
    | \{ [0-9]+ ,? [0-9]* \} (?! \+ ) \??           # {1,3}+ is no possessive one in Ruby
    """
)
_CLASS = re.compile(
    r"\[\^?(?:[^\\\[\]&]|&(?!&)|\\(?:[sSdDrnt]|[pP]\{[A-Z][A-Za-z_]*\}|[^\w\s]))+\]"
)
# Alternatives that together take every character, so that nothing lies between matches.
_ANY_LETTER = re.compile(r"(?: \?|\[\^[^\]]*\]\?\+?)?\\p\{L\}\+\+?")
_ANY_DIGIT = re.compile(r"(?: \?)?\\p\{N\}(?:\{1,[0-9]+\}|\+)?")
_ANY_SIGN = re.compile(r"(?: \?)?\[\^\\s\\p\{L\}\\p\{N\}\]\+\+?(?:\[\\r\\n/?\][*]\+?)?")
_ANY_SPACE = re.compile(r"\\s\+")


def pattern_of(tokenizer: TokenizerJson) -> str:
    """pat_str of tiktoken. Raises DataError where the pre-tokenizer is not one regular expression, with the reason."""

    def cannot(problem: str) -> DataError:
        return DataError(tokenizer.path, None, problem, _HINT)

    steps = parts(tokenizer.contents.get("pre_tokenizer"))
    kinds = [str(step.get("type")) for step in steps]
    others = sorted({kind for kind in kinds if kind not in ("Split", "ByteLevel")})
    if others:
        raise cannot(f"it has a pre-tokenizer {listed(others)}")
    if kinds.count("ByteLevel") != 1 or kinds[-1] != "ByteLevel":
        raise cannot("its pre-tokenizer does not end with one ByteLevel")
    *splits, level = steps
    if level.get("add_prefix_space", True):
        raise cannot("it puts a blank before a text (add_prefix_space)")
    own = bool(level.get("use_regex", True))
    if len(splits) + own > 1:
        raise cannot(
            f"it splits text {len(splits) + own} times, and no one regular expression says that"
        )
    if own:
        return GPT2
    if not splits:
        return r"(?s:.)+"  # the whole text is one piece
    return _of_split(splits[0], cannot)


def _of_split(split: dict[str, Any], cannot: Any) -> str:
    pattern = split.get("pattern")
    text = pattern.get("Regex") if isinstance(pattern, dict) else None
    if not isinstance(text, str):
        raise cannot("it splits at a string, not by a regular expression")
    if not _read_alike(text):
        raise cannot(
            f"Hugging Face and tiktoken may read its regular expression otherwise: {cut(text)}"
        )
    behavior = split.get("behavior"), bool(split.get("invert"))
    if behavior == ("Removed", True):
        return text
    if behavior != ("Isolated", False):
        raise cannot(f"it splits with the behavior {listed([str(behavior[0])])}")
    # What lies between matches is a piece too, and tiktoken takes matches alone.
    return text if _takes_all(text) else rf"{text}|(?:(?!{text})(?s:.))+"


def _read_alike(text: str) -> bool:
    return not _ALIKE.sub("", _CLASS.sub("x", text))


def _takes_all(text: str) -> bool:
    """Whether it is known to match at every character: the patterns of GPT-2, cl100k and those made of them."""
    alternatives = _alternatives(text)
    needed = (_ANY_LETTER, _ANY_DIGIT, _ANY_SIGN, _ANY_SPACE)
    return all(any(kind.fullmatch(one) for one in alternatives) for kind in needed)


def _alternatives(text: str) -> list[str]:
    """The parts between | that stand in no bracket."""
    found, depth, start = [], 0, 0
    for match in re.finditer(r"\\.|\[(?:\\.|[^\]])*\]|[()|]", text):
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth -= 1
        elif match[0] == "|" and not depth:
            found.append(text[start : match.start()])
            start = match.end()
    return [*found, text[start:]]


# What takes a character, in brackets or not, and all else: groups, alternatives, how often.
_PART = re.compile(
    r"(?s)(?P<atom>\[\^?(?:\\.|[^\]\\])+\]|\\[pP]\{\w+\}|\\.|[^()|*+?{])"
    r"|\(\?(?:[is]?:|>|=|!|<=|<!)|[()|*+?]|\{[0-9,]+\}"
)


def with_words(pattern: str, words: Iterable[str]) -> str | None:
    """A pattern that finds words before all else, the longest first, as added tokens are taken out of a text.

    No character of a match is one that a word begins at; so the matches are those of the text between words, and a
    look ahead sees its end there. None for a pattern that looks behind.
    """
    if "(?<" in pattern:
        return None
    either = "|".join(map(re.escape, sorted(set(words), key=lambda word: (-len(word), word))))
    made = [
        f"(?:(?!{either}){match[0]})" if match["atom"] else match[0]
        for match in _PART.finditer(pattern)
    ]
    return f"(?:{either})|{''.join(made)}"
