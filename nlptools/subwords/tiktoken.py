"""tokenizer.json of byte-level BPE -> the ranks of tiktoken and the settings of its Encoding, where both give the same ids.

tiktoken (github.com/openai/tiktoken, src/lib.rs) takes the matches of one regular expression; one that is a token has
its id; in the others the pair whose bytes together have the lowest rank is merged first, of equal ones the leftmost,
and the rank of a token is its id. Hugging Face (github.com/huggingface/tokenizers, models/bpe) merges the pairs
of a list, in its order. trees.py says whether this is the same for all texts. The file of ranks: tiktoken/load.py,
load_tiktoken_bpe: a line for each token, its bytes in base64, a blank, its rank.
"""

from __future__ import annotations

import base64
import itertools
import json
import unicodedata
from typing import Any

from nlptools.errors import DataError, NlptoolsError, listed
from nlptools.subwords.bytelevel import read
from nlptools.subwords.splits import pattern_of
from nlptools.subwords.tokenizerjson import TokenizerJson, parts
from nlptools.subwords.trees import MergeTrees

RANKS_NAME = "tokenizer.tiktoken"
_HINT = "tiktoken cannot do this: use the file with tokenizers or transformers"
_NOTE = (
    'tiktoken.Encoding(**settings["encoding"], mergeable_ranks=load_tiktoken_bpe(FILE)); '
    'encode(text, allowed_special="all") finds special tokens and added words, as Hugging Face does'
)
_NFC = '; text is to be normalized before: unicodedata.normalize("NFC", text)'


def tiktoken_files(tokenizer: TokenizerJson, *, name: str | None = None) -> dict[str, str]:
    """The file of ranks and, beside it, the settings as JSON: name -> text.

    name: of the file of ranks; that of the settings has .json after it. The settings are {"encoding": {"name",
    "pat_str", "special_tokens"}, "normalizer": None or "NFC", "added_words": those of the special tokens that are words
    or the like, "note": how to use them}.

    Raises DataError, with the reason, where tiktoken would not give the ids of tokenizer.json.
    """
    name = name or RANKS_NAME
    _check_model(tokenizer)
    normalizer = _normalizer(tokenizer)
    pattern = pattern_of(tokenizer)
    ranks = _ranks(tokenizer)
    problem = MergeTrees(ranks, _merges(tokenizer, ranks)).difference(
        whole_tokens=bool(tokenizer.model.get("ignore_merges"))
    )
    if problem:
        raise _cannot(tokenizer, problem)
    special = tokenizer.contents.get("added_tokens") or []
    settings = {
        "encoding": {
            "name": name.removesuffix(".tiktoken"),
            "pat_str": pattern,
            "special_tokens": {token["content"]: token["id"] for token in special},
        },
        "normalizer": normalizer,
        "added_words": [token["content"] for token in special if not token.get("special")],
        "note": _NOTE + (_NFC if normalizer else ""),
    }
    rows = sorted((rank, token) for token, rank in ranks.items())
    lines = [f"{base64.b64encode(token).decode('ascii')} {rank}\n" for rank, token in rows]
    text = json.dumps(settings, ensure_ascii=False, indent=1) + "\n"
    return {name: "".join(lines), f"{name}.json": text}


def _cannot(tokenizer: TokenizerJson, problem: str, hint: str = _HINT) -> NlptoolsError:
    return DataError(tokenizer.path, None, problem, hint)


def _check_model(tokenizer: TokenizerJson) -> None:
    model = tokenizer.model
    if tokenizer.kind != "BPE":
        raise _cannot(tokenizer, f"its model is {tokenizer.kind}, not byte-level BPE")
    if not tokenizer.byte_level:
        raise _cannot(tokenizer, "its BPE is of characters, as SentencePiece's, not of bytes")
    for key in ("dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"):
        if model.get(key):
            raise _cannot(tokenizer, f"its model has {key}: {json.dumps(model[key])}")
    special = tokenizer.contents.get("added_tokens") or []
    for token in special:
        wrong = [key for key in ("single_word", "lstrip", "rstrip") if token.get(key)]
        if wrong:
            what = f"its added token {listed([token['content']])} has {wrong[0]}"
            raise _cannot(tokenizer, what)
        if unicodedata.normalize("NFC", token["content"]) != token["content"]:
            raise _cannot(tokenizer, f"its added token {listed([token['content']])} is not NFC")
    _check_order(tokenizer, special)


def _check_order(tokenizer: TokenizerJson, special: list[dict[str, Any]]) -> None:
    """Both find the added token that begins first. Of those that begin at one place Hugging Face takes the longest,
    tiktoken any (a regular expression of alternatives in no order); and those of the text as it stands come before those
    of the normalized text there.
    """
    words = sorted({token["content"] for token in special})
    begun = [(a, b) for a, b in itertools.pairwise(words) if b.startswith(a)]
    if begun:
        what = f"{len(begun):,} of its added tokens begin another one ({listed(list(begun[0]))})"
        hint = (
            "tiktoken may take the shorter; merges have nothing of this: `vocab extend --by merges`"
        )
        raise _cannot(tokenizer, what, hint)
    kinds = [
        {t["content"] for t in special if bool(t.get("normalized")) is is_} for is_ in (True, False)
    ]
    for one, two in (kinds, kinds[::-1]):
        begins = {token[:stop] for token in one for stop in range(1, len(token) + 1)}
        inside = {t for t in two for i in range(len(t)) if t[i:] in begins}
        parts_of = {t[i:j] for t in two for i in range(len(t)) for j in range(i + 1, len(t))}
        wrong = sorted(inside) or sorted(parts_of & one)
        if wrong:
            what = f"its added token {listed(wrong[:1])} overlaps with one of the other kind (normalized)"
            raise _cannot(tokenizer, what)


def _normalizer(tokenizer: TokenizerJson) -> str | None:
    kinds = [str(step.get("type")) for step in parts(tokenizer.contents.get("normalizer"))]
    if not kinds:
        return None
    if set(kinds) == {"NFC"}:
        return "NFC"
    raise _cannot(tokenizer, f"it has a normalizer, {listed(kinds)}, and tiktoken has none")


def _ranks(tokenizer: TokenizerJson) -> dict[bytes, int]:
    """The bytes of each token that is made of text, with its id."""
    made = {one + two for one, two in tokenizer.merges}
    whole = bool(tokenizer.model.get("ignore_merges"))
    ranks: dict[bytes, int] = {}
    strange = []
    for token, number in tokenizer.tokens.items():
        if token in tokenizer.added and token not in made and len(token) > 1:
            continue  # taken out of a text before
        data = read(token)
        if data is None or not data or (len(data) > 1 and not whole and token not in made):
            strange.append(token)
        else:
            ranks[data] = number
    if strange:
        what = f"{len(strange):,} tokens that no merge makes ({listed(strange[:3])})"
        raise _cannot(tokenizer, what)
    missing = [byte for byte in range(256) if bytes([byte]) not in ranks]
    if missing:
        what = f"no token for {len(missing)} of 256 bytes (0x{missing[0]:02X})"
        raise _cannot(tokenizer, what)
    if len(set(ranks.values())) < len(ranks):
        raise _cannot(tokenizer, "two tokens have one id")
    return ranks


def _merges(tokenizer: TokenizerJson, ranks: dict[bytes, int]) -> list[tuple[bytes, bytes]]:
    data = {token: read(token) or b"" for token in tokenizer.tokens}
    merges = []
    for pair in tokenizer.merges:
        one, two = data.get(pair[0], b""), data.get(pair[1], b"")
        if one not in ranks or two not in ranks or one + two not in ranks:
            raise _cannot(tokenizer, f"a merge of what are no tokens: {listed(list(pair))}")
        merges.append((one, two))
    return merges
