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

from nlptools.errors import DataError, NlptoolsError, listed
from nlptools.subwords.bytelevel import read
from nlptools.subwords.splits import pattern_of, with_words
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
    "pat_str", "special_tokens"}, "normalizer": None or "NFC", "added_words": added tokens that are not special, "note":
    how to use them}. Added words are special tokens for tiktoken; where some begin others, they are ranks, and the
    pattern finds the longest.

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
    added = {token["content"]: token for token in tokenizer.contents.get("added_tokens") or []}
    words = [content for content, token in added.items() if not token.get("special")]
    names = list(added)
    if _begun(names):  # what tiktoken's own special tokens cannot be
        pattern = _with_words(tokenizer, pattern, words, ranks)
        names = [content for content, token in added.items() if token.get("special")]
    settings = {
        "encoding": {
            "name": name.removesuffix(".tiktoken"),
            "pat_str": pattern,
            "special_tokens": {content: added[content]["id"] for content in names},
        },
        "normalizer": normalizer,
        "added_words": words,
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
    kinds = [
        {t["content"] for t in special if bool(t.get("normalized")) is is_} for is_ in (True, False)
    ]
    if found := _overlapping(*kinds):
        what = f"its added token {listed([found])} overlaps with one of the other kind (normalized)"
        raise _cannot(tokenizer, what)


def _begun(tokens: list[str]) -> list[tuple[str, str]]:
    """Pairs of tokens of which the first begins the second.

    At one place Hugging Face finds the longest, tiktoken any: a regular expression of alternatives in the order of a
    hash table (src/lib.rs, special_regex).
    """
    return [(a, b) for a, b in itertools.pairwise(sorted(tokens)) if b.startswith(a)]


def _overlapping(one: set[str], two: set[str]) -> str | None:
    """A token of one that can share characters with a token of two in a text, or lies in it; the other way round too."""
    for some, others in ((one, two), (two, one)):
        begins = {token[:stop] for token in others for stop in range(1, len(token) + 1)}
        inside = {t[i:j] for t in others for i in range(len(t)) for j in range(i + 1, len(t) + 1)}
        for token in sorted(some):
            if token in inside or any(token[i:] in begins for i in range(len(token))):
                return token
    return None


def _with_words(
    tokenizer: TokenizerJson, pattern: str, words: list[str], ranks: dict[bytes, int]
) -> str:
    """The pattern with added words, some of which begin others; they become ranks, which whole matches have."""
    special = [content for content in tokenizer.added if content not in set(words)]
    if begun := _begun(special):
        raise _cannot(
            tokenizer, f"of its special tokens {listed(list(begun[0]))} one begins the other"
        )
    if wrong := _overlapping(set(words), set(special)):
        raise _cannot(tokenizer, f"its added word {listed([wrong])} overlaps with a special token")
    for word in words:
        if ranks.setdefault(word.encode(), tokenizer.added[word]) != tokenizer.added[word]:
            raise _cannot(
                tokenizer, f"its added word {listed([word])} is also a token with another id"
            )
    made = with_words(pattern, words)
    if made is None:
        raise _cannot(
            tokenizer, "it has added words that begin others, and its pattern looks behind"
        )
    return made


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
