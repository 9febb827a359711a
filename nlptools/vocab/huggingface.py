"""Vocab -> what Hugging Face loads: a self-contained tokenizer.json (Unigram) that needs no Python, or vocab.txt.

It makes the ids of `nlptools tokenize --pre vocab`. What is not Han is cut by regular expressions there: BERT's
longest-first rule is a trie of optional branches, whose pieces lie beside each other without a gap.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from nlptools.errors import DataError, NlptoolsError
from nlptools.vocab.unigram import Weights, as_weights, is_word, score_words
from nlptools.vocab.vocab import END, MASK, PAD, SPECIALS, START, UNKNOWN, Vocab, as_vocab
from nlptools.vocab.wordpiece import (
    CJK_RANGES,
    CONTINUED,
    LONGEST_WORD,
    is_punctuation,
    is_word_character,
)

FALLBACKS = ("unknown", "byte")
TARGETS = {
    "fast": "PreTrainedTokenizerFast",
    "bert": "BertTokenizer",
    "roformer": "RoFormerTokenizer",
}
# Stands before the first piece of a word that is not Han, as in SentencePiece's models; if the vocabulary
# has it itself, the next one.
MARKERS = "▁▂▃▔"
_STRANGE = "\uffff"  # what stands in for a word that is unknown as a whole; no text has it
_PIECE = -10.0  # the score of everything that is not cut by scores


def tokenizer_json(
    vocab: Vocab,
    *,
    weights: Mapping[str, float | None] | None = None,
    lower: bool = True,
    fallback: str = "unknown",
) -> dict[str, Any]:
    """The contents of tokenizer.json.

    weights: counts of words (unigram.py). lower: fold case and accents. fallback: what becomes of unknown
    text, [UNK] or a token for each byte of its UTF-8, <0x00> to <0xFF>, which come after all others.

    Raises ValueError for another fallback, DataError where the vocabulary has no [UNK].
    """
    if fallback not in FALLBACKS:
        raise ValueError(f"fallback must be one of {', '.join(FALLBACKS)}, not {fallback!r}")
    unknown = vocab.unknown
    if vocab.tokens[unknown] != UNKNOWN:
        raise ValueError("the vocabulary has no [UNK]")
    marker = _marker(vocab)
    scores = score_words(vocab, weights)
    first, later = _words(vocab)
    pieces: list[tuple[str, float]] = []
    least = min(scores.values(), default=0.0)
    for number, token in enumerate(vocab.tokens):
        score = scores.get(number, min(_PIECE, least))
        if vocab.ids.get(token) != number:
            token = f"[empty line {number}]" if not token else f"[listed again: line {number}]"
        elif token in first:
            token = marker + token
        elif token.removeprefix(CONTINUED) in later and token.startswith(CONTINUED):
            token = token.removeprefix(CONTINUED)
        pieces.append((token, score))
    by_bytes = fallback == "byte"
    if by_bytes:
        pieces += [(f"<0x{byte:02X}>", min(_PIECE, least)) for byte in range(256)]
    expressions = _Expressions(vocab, marker, first, later)
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": vocab.ids[token],
                "content": token,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for token in sorted(SPECIALS, key=lambda token: vocab.ids.get(token, -1))
            if token in vocab
        ],
        "normalizer": {"type": "Sequence", "normalizers": expressions.normalizers(lower, by_bytes)},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": expressions.splits()},
        "post_processor": _template(vocab),
        "decoder": _decoder(marker, by_bytes),
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": pieces,
            "byte_fallback": by_bytes,
        },
    }


def write_json(contents: dict[str, Any]) -> str:
    """The text of tokenizer.json."""
    return json.dumps(contents, ensure_ascii=False, indent=1) + "\n"


def tokenizer_files(
    vocab: Vocab | str | os.PathLike[str],
    *,
    to: str = "fast",
    weights: Weights | str | os.PathLike[str] | None = None,
    lower: bool = True,
    fallback: str = "unknown",
) -> dict[str, str]:
    """The files of a folder that transformers' AutoTokenizer loads: name -> text.

    to: "fast" for tokenizer.json, which needs nothing else; "bert" and "roformer" for vocab.txt and the class that
    reads it, BertTokenizer (characters and word pieces) or RoFormerTokenizer (which cuts by rjieba, as WoBERT).
    vocab: loaded, or a vocab.txt; weights: counts of words, or a list with them. The rest as in tokenizer_json.

    Raises ValueError for another `to`, DataError for a vocabulary that does not have what the class needs, or where a
    token's line is not its id for a reader of vocab.txt.
    """
    if to not in TARGETS:
        raise ValueError(f"to must be one of {', '.join(TARGETS)}, not {to!r}")
    vocab, weights = as_vocab(vocab), as_weights(weights)
    names = {"unk_token": UNKNOWN, "pad_token": PAD, "cls_token": START, "sep_token": END}
    names["mask_token"] = MASK
    special = {name: token for name, token in names.items() if token in vocab}
    config: dict[str, Any] = {
        "tokenizer_class": TARGETS[to],
        "model_max_length": 512,
        "do_lower_case": lower,
        **special,
    }
    files = {}
    if to == "fast":
        contents = tokenizer_json(vocab, weights=weights, lower=lower, fallback=fallback)
        files["tokenizer.json"] = write_json(contents)
        config["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    else:
        vocab.require(SPECIALS)
        for number, token in enumerate(vocab.tokens):
            if vocab.ids.get(token) != number:
                what = "listed again later" if token else "an empty line"
                hint = "readers of vocab.txt number the tokens after it otherwise: export --to fast"
                raise DataError(vocab.source, number + 1, what, hint)
        files["vocab.txt"] = "".join(vocab.lines())
    files["tokenizer_config.json"] = write_json(config)
    files["special_tokens_map.json"] = write_json(dict(special))
    return files


def _marker(vocab: Vocab) -> str:
    text = "".join(vocab.tokens)
    for marker in MARKERS:
        if marker not in text:
            return marker
    raise NlptoolsError(
        f"{vocab.source}: has all of {' '.join(MARKERS)} in its tokens",
        "one of them is needed to mark where words begin",
    )


def _words(vocab: Vocab) -> tuple[set[str], set[str]]:
    """Tokens of characters that BERT makes words of: those that begin words, and those that continue them."""
    first, later = set(), set()
    for token in vocab.ids:
        rest = token.removeprefix(CONTINUED)
        if rest and rest != token and all(map(is_word_character, rest)):
            later.add(rest)
        elif token and all(map(is_word_character, token)):
            first.add(token)
    return first, later


def _template(vocab: Vocab) -> dict[str, Any] | None:
    if START not in vocab or END not in vocab:
        return None

    def special(token: str, kind: int) -> dict[str, Any]:
        return {"SpecialToken": {"id": token, "type_id": kind}}

    def text(name: str, kind: int) -> dict[str, Any]:
        return {"Sequence": {"id": name, "type_id": kind}}

    single = [special(START, 0), text("A", 0), special(END, 0)]
    return {
        "type": "TemplateProcessing",
        "single": single,
        "pair": [*single, text("B", 1), special(END, 1)],
        "special_tokens": {
            token: {"id": token, "ids": [vocab.ids[token]], "tokens": [token]}
            for token in (START, END)
        },
    }


def _decoder(marker: str, by_bytes: bool) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [
        {"type": "Replace", "pattern": {"String": marker}, "content": " "},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]
    if by_bytes:
        steps.insert(1, {"type": "ByteFallback"})
    return {"type": "Sequence", "decoders": steps}


class _Expressions:
    """The regular expressions of tokenizer.json, in the syntax of Oniguruma."""

    def __init__(self, vocab: Vocab, marker: str, first: set[str], later: set[str]) -> None:
        self._marker = marker
        han = "".join(f"\\x{{{a:X}}}-\\x{{{b:X}}}" for a, b in CJK_RANGES)
        signs = "".join("\\" + chr(c) for c in range(33, 127) if is_punctuation(chr(c)))
        self._han = f"[{han}]"
        self._sign = f"[\\p{{P}}{signs}]"
        # A character of a word: none that stands alone, none that separates.
        self._word = f"[^\\p{{Z}}\\t\\n\\r\\p{{P}}{signs}{han}]"
        known = {c for token in vocab.ids if is_word(token) for c in token}
        self._strange_han = f"[{han}&&[^{_characters(known)}]]" if known else f"[{han}]"
        self._first, self._later = _trie(first), _trie(later)

    def normalizers(self, lower: bool, by_bytes: bool) -> list[dict[str, Any]]:
        """Fold, leave out, mark where words begin; a word that is unknown becomes one character."""
        word, marker = self._word, self._marker
        steps: list[dict[str, Any]] = []
        left_out = "\\p{Cc}\\p{Cf}\\x{FFFD}"
        if lower:
            steps += [{"type": "Lowercase"}, {"type": "NFD"}]
            left_out += (
                "\\p{Mn}"  # StripAccents would take the marks that have room of their own too
            )
        steps.append(_replace(f"[[{left_out}]&&[^\\t\\n\\r]]", ""))
        steps.append(_replace(marker, _STRANGE))
        if by_bytes:
            steps.append(_replace(f"(?<!{word})(?={self._first})", marker))
            return steps
        steps.append(_replace(f"(?<!{word})(?={word})", marker))
        whole = f"{marker}(?>{self._first})(?>{self._later})*+(?!{word})"
        short = f"(?!{marker}{word}{{{LONGEST_WORD + 1}}})"
        steps.append(_replace(f"(?!{short}{whole}){marker}{word}+", _STRANGE))
        return steps

    def splits(self) -> list[dict[str, Any]]:
        """White space away; every sign, every unknown character and every piece of a word by itself."""
        pieces = f"{self._marker}{self._first}|{self._later}"
        # Nine of ten characters are Han: they are asked first, which makes the whole twice as fast.
        alone = f"{self._strange_han}|(?!{self._han})(?:{self._sign}|{_STRANGE}|{pieces})"
        return [
            _split("[\\p{Z}\\t\\n\\r]+", "Removed"),
            _split(alone, "Isolated"),
        ]


def _replace(pattern: str, content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"Regex": pattern}, "content": content}


def _split(pattern: str, behavior: str) -> dict[str, Any]:
    return {
        "type": "Split",
        "pattern": {"Regex": pattern},
        "behavior": behavior,
        "invert": False,
    }


def _characters(characters: Iterable[str]) -> str:
    """A set of characters as ranges, for within brackets."""
    codes = sorted(map(ord, characters))
    text = []
    start = last = codes[0]
    for code in [*codes[1:], -1]:
        if code == last + 1:
            last = code
            continue
        text.append(f"\\x{{{start:X}}}" + (f"-\\x{{{last:X}}}" if last > start else ""))
        start = last = code
    return "".join(text)


def _trie(words: Iterable[str]) -> str:
    r"""An expression for the longest of the words that begins at a place; for none it fails.

    >>> _trie(["un", "under", "up"])
    '\\x{75}(?:\\x{6E}(?:\\x{64}\\x{65}\\x{72})?|\\x{70})'
    """
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for character in word:
            node = node.setdefault(character, {})
        node[""] = {}
    return _branches(root) if root else "(?!)"


def _branches(node: dict[str, Any]) -> str:
    ends = "" in node
    branches = []
    for character in sorted(key for key in node if key):
        rest = node[character]
        text = f"\\x{{{ord(character):X}}}"
        if set(rest) != {""}:
            text += _branches(rest)
        branches.append(text)
    if not ends and len(branches) == 1:
        return branches[0] if node.keys() != {""} else ""
    return f"(?:{'|'.join(branches)}){'?' if ends else ''}"
