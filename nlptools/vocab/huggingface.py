"""Vocab -> what Hugging Face loads: a self-contained tokenizer.json (Unigram) that needs no Python, or vocab.txt.

It makes the ids and offsets of `nlptools tokenize --pre vocab`, by the steps of expressions.py, and calls each token
what vocab.txt calls it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from nlptools.errors import DataError
from nlptools.vocab.expressions import Expressions, byte_token, replaced
from nlptools.vocab.unigram import Weights, score_words
from nlptools.vocab.vocab import END, MASK, PAD, SPECIALS, START, UNKNOWN, Vocab
from nlptools.vocab.wordpiece import CONTINUED

FALLBACKS = ("unknown", "byte")
CLASSES = {
    "tokenizers": "PreTrainedTokenizerFast",
    "bert": "BertTokenizer",
    "roformer": "RoFormerTokenizer",
}
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
    by_bytes = fallback == "byte"
    expressions = Expressions(vocab, lower=lower, by_bytes=by_bytes)
    scores = score_words(vocab, weights)
    least = min(_PIECE, min(scores.values(), default=0.0))
    pieces = [
        (_name(vocab, number, expressions), scores.get(number, least))
        for number in range(len(vocab))
    ]
    if by_bytes:
        pieces += [(byte_token(byte), least) for byte in range(256)]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special_tokens(vocab),
        "normalizer": {"type": "Sequence", "normalizers": expressions.normalizers()},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": expressions.splits()},
        "post_processor": template(vocab),
        "decoder": _decoder(expressions.word, by_bytes),
        "model": {
            "type": "Unigram",
            "unk_id": unknown,
            "vocab": pieces,
            "byte_fallback": by_bytes,
        },
    }


def _name(vocab: Vocab, number: int, expressions: Expressions) -> str:
    """What a token is called: as in vocab.txt, unless the model would find it where it is not to be found."""
    token = vocab.tokens[number]
    if not token:
        return f"[empty line {number}]"
    if vocab.ids[token] != number:
        return f"[listed again: line {number}]"
    return f"[never made: line {number}]" if expressions.hides(token) else token


def special_tokens(vocab: Vocab) -> list[dict[str, Any]]:
    """The special tokens of a vocabulary as added tokens of tokenizer.json."""
    return [
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
    ]


def write_json(contents: dict[str, Any]) -> str:
    """The text of tokenizer.json."""
    return json.dumps(contents, ensure_ascii=False, indent=1) + "\n"


def tokenizer_files(
    vocab: Vocab,
    *,
    to: str = "tokenizers",
    weights: Weights | None = None,
    lower: bool = True,
    fallback: str = "unknown",
) -> dict[str, str]:
    """The files of a folder that transformers' AutoTokenizer loads: name -> text.

    to: "tokenizers" for tokenizer.json, which needs nothing else; "bert" and "roformer" for vocab.txt and the class that
    reads it, BertTokenizer (characters and word pieces) or RoFormerTokenizer (which cuts by rjieba, as WoBERT, and whose settings have the tokens once more).
    The rest as in tokenizer_json.

    Raises ValueError for another `to`, DataError for a vocabulary that does not have what the class needs, or where a
    token's line is not its id for a reader of vocab.txt.
    """
    if to not in CLASSES:
        raise ValueError(f"to must be one of {', '.join(CLASSES)}, not {to!r}")
    if to == "tokenizers":
        contents = tokenizer_json(vocab, weights=weights, lower=lower, fallback=fallback)
        return {
            "tokenizer.json": write_json(contents),
            **folder_settings(vocab, CLASSES[to], lower=lower),
        }
    vocab.require(SPECIALS)
    for number, token in enumerate(vocab.tokens):
        if vocab.ids.get(token) != number:
            what = "listed again later" if token else "an empty line"
            hint = (
                "readers of vocab.txt number the tokens after it otherwise: export --to tokenizers"
            )
            raise DataError(vocab.source, number + 1, what, hint)
    # transformers 5 hands RoFormerTokenizer the path of vocab.txt in the place of the tokens, so that rjieba's words
    # are in no vocabulary and WoBERT becomes BERT. From the settings it takes them, as 4.57 does.
    tokens = dict(vocab.ids) if to == "roformer" else None
    return {
        "vocab.txt": "".join(vocab.lines()),
        **folder_settings(vocab, CLASSES[to], lower=lower, tokens=tokens),
    }


def folder_settings(
    vocab: Vocab, name: str, *, lower: bool, tokens: Mapping[str, int] | None = None
) -> dict[str, str]:
    """The files with settings that AutoTokenizer asks for. name: of the class; tokens: what it is to have in them."""
    names = {"unk_token": UNKNOWN, "pad_token": PAD, "cls_token": START, "sep_token": END}
    names["mask_token"] = MASK
    special = {name: token for name, token in names.items() if token in vocab}
    config: dict[str, Any] = {
        "tokenizer_class": name,
        "model_max_length": 512,
        "do_lower_case": lower,
        **special,
    }
    if name == CLASSES["tokenizers"]:
        config["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    if tokens is not None:
        config["vocab"] = dict(tokens)
    return {
        "tokenizer_config.json": write_json(config),
        "special_tokens_map.json": write_json(dict(special)),
    }


def template(vocab: Vocab) -> dict[str, Any] | None:
    """The post-processor that puts [CLS] and [SEP] around a text; None where they are no tokens."""
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


def _decoder(word: str, by_bytes: bool) -> dict[str, Any]:
    """A blank before every word that is not Han, no ##, nothing between Han words."""
    steps: list[dict[str, Any]] = [
        replaced(f"^(?={word}+$)", " "),
        replaced(f"^{CONTINUED}(?={word}+$)", ""),
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]
    if by_bytes:
        steps.insert(2, {"type": "ByteFallback"})
    return {"type": "Sequence", "decoders": steps}
