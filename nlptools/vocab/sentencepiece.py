"""Vocab -> a .model of SentencePiece (Unigram, with the scores of unigram.py), and a folder with it for transformers.

The id of a piece is the line of its token. Of text that is known, without words that are no token as a whole, the ids
are those of `nlptools tokenize --pre vocab`, with one for each blank; how it gets there:

- Han words keep the differences between their scores. SentencePiece adds up scores of 32 bits from the beginning of a
  text, so a constant for each character, which changes no choice, keeps the sums near 0: below 4,096 there is no
  rounding, and of equal sums it takes the longer last word, as unigram.py (src/unigram_model.cc, EncodeOptimized).
- Everything else is cut into the fewest pieces. A piece is a string, whatever stands before it: `##ly` is the piece
  "ly"; where a vocabulary has both `s` and `##s`, "s" is the first, and the other is never made.
- What BERT leaves out of a text the charsmap takes out; it folds case and accents; all white space becomes a blank.
- A blank is U+2581 in SentencePiece; that is a piece after all lines, if the vocabulary does not have it.

Sources: github.com/google/sentencepiece, src/normalizer.cc, src/unigram_model.cc, src/sentencepiece_processor.cc.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Any

from nlptools.text import chars
from nlptools.vocab.charsmap import charsmap
from nlptools.vocab.expressions import byte_token, replaced
from nlptools.vocab.huggingface import (
    FALLBACKS,
    folder_settings,
    special_tokens,
    template,
    write_json,
)
from nlptools.vocab.modelproto import BYTE, CONTROL, NORMAL, UNKNOWN, UNUSED, PieceModel
from nlptools.vocab.unigram import GRAIN, Weights, is_word, score_words
from nlptools.vocab.vocab import END, PAD, SPECIALS, START, Vocab
from nlptools.vocab.vocab import UNKNOWN as UNKNOWN_TOKEN
from nlptools.vocab.wordpiece import (
    CONTINUED,
    DROP,
    SPACE,
    classes,
    fold_case,
    is_punctuation,
    is_word_character,
)

MODEL_NAME = "tokenizer.model"
BLANK = "\u2581"
_CONTROL = re.compile(r"\[unused[0-9]+\]")
_LONGEST = 8000  # bytes of a piece; SentencePiece refuses more (src/model_interface.cc)
# A piece that is not Han: this for each character but one, so that the fewest pieces have the greatest sum.
_STEP = 2.0**-4
# Code points that are looked at for what becomes of them: the others stay as they are (the test says so).
_LOOKED_AT = (
    range(0x01, 0x3400),
    range(0xA000, 0xD800),
    range(0xE000, 0x20000),
    range(0x2F800, 0x2FA20),
    range(0xE0000, 0xE1000),
)


def piece_model_of(
    vocab: Vocab,
    *,
    weights: Weights | None = None,
    lower: bool = True,
    fallback: str = "unknown",
) -> PieceModel:
    """The .model of a vocabulary. weights: counts of words (unigram.py); lower: fold case and accents.

    fallback: what becomes of unknown text: "unknown", [UNK], or "byte", the bytes of its UTF-8, pieces <0x00> to
    <0xFF> after all others. Raises ValueError for another, DataError where the vocabulary has no [UNK].
    """
    if fallback not in FALLBACKS:
        raise ValueError(f"fallback must be one of {', '.join(FALLBACKS)}, not {fallback!r}")
    by_bytes = fallback == "byte"
    _ = vocab.unknown  # is there one?
    rows = _pieces(vocab, by_bytes=by_bytes)
    scores, least = _scores(vocab, rows, weights)
    if BLANK not in vocab:
        rows.append((BLANK, NORMAL))
        scores.append(0.0)
    # Unknown characters have the least score of all NORMAL pieces less 10 (kUnkPenalty): it is to be that of unigram.py.
    if least < min(s for s, (_, kind) in zip(scores, rows, strict=True) if kind == NORMAL):
        scores[vocab.ids.get(BLANK, len(vocab))] = least
    if by_bytes:
        rows += [(byte_token(byte), BYTE) for byte in range(256)]
        scores += [0.0] * 256
    roles = {"unk": UNKNOWN_TOKEN, "bos": START, "eos": END, "pad": PAD}
    return PieceModel(
        tuple(name for name, _ in rows),
        tuple(scores),
        tuple(kind for _, kind in rows),
        roles={role: token for role, token in roles.items() if token in vocab},
        byte_fallback=by_bytes,
        normalization="bert_lower" if lower else "bert",
        charsmap=_charsmap(lower),
        add_dummy_prefix=False,  # no blank where nobody wrote one
    )


def _pieces(vocab: Vocab, *, by_bytes: bool) -> list[tuple[str, int]]:
    """Name and type of the piece of each line."""
    rows, names = [], set()
    for number, token in enumerate(vocab.tokens):
        name, kind = _piece(vocab, number, token)
        if by_bytes and re.fullmatch("<0x[0-9A-F]{2}>", name):
            kind = CONTROL
        # An empty line, a token that is listed again, what SentencePiece cannot hold: a name that nothing has.
        if not name or name in names or "\0" in name or len(name.encode()) >= _LONGEST:
            kind = CONTROL
        if kind == CONTROL and not (token in SPECIALS or _CONTROL.fullmatch(token)):
            name = f"[never made: line {number}]"
        names.add(name)
        rows.append((name, kind))
    return rows


def _piece(vocab: Vocab, number: int, token: str) -> tuple[str, int]:
    if vocab.ids.get(token) != number:
        return "", CONTROL
    if token == UNKNOWN_TOKEN:
        return token, UNKNOWN
    if token in SPECIALS or _CONTROL.fullmatch(token):
        return token, CONTROL
    if token == BLANK or is_word(token) or (len(token) == 1 and is_punctuation(token)):
        return token, NORMAL
    rest = token.removeprefix(CONTINUED)
    if BLANK in token or not rest or not all(map(is_word_character, rest)):
        return token, UNUSED  # BERT's rules never make it
    if rest == token:
        return token, NORMAL
    return (token, UNUSED) if rest in vocab.ids else (rest, NORMAL)


def _scores(
    vocab: Vocab, rows: list[tuple[str, int]], weights: Weights | None
) -> tuple[list[float], float]:
    """The score of each line's piece, and the least score that a Han character may have."""
    words = score_words(vocab, weights)
    least = min(words.values(), default=0.0)
    # For each character. Half of what the rarest word costs: a text of words comes near 0.
    shift = round(-least / 2 / GRAIN) * GRAIN
    scores = [(len(name) - 1) * _STEP if kind == NORMAL else 0.0 for name, kind in rows]
    for number, score in words.items():
        scores[number] = score + shift * len(vocab.tokens[number])
    return scores, least + shift


@functools.cache
def _charsmap(lower: bool) -> bytes:
    return charsmap(changes(lower=lower))


def changes(*, lower: bool) -> dict[str, str]:
    """Characters that do not stay as they are, and what becomes of them: "" for nothing, a blank for white space.

    U+0000 is not among them: a charsmap cannot say it.
    """
    found = {BLANK: " ", "\ufffd": ""}
    for code in (code for codes in _LOOKED_AT for code in codes):
        character = chr(code)
        folded = character
        if lower and not (
            character.lower() == character
            and unicodedata.is_normalized("NFD", character)
            and unicodedata.category(character) != "Mn"
        ):
            folded = fold_case(character)
        if folded != character or unicodedata.category(character)[0] in "CZ":
            found[character] = folded
    text = "".join(found.values())
    kinds = dict(zip(text, classes(chars.code_points(text)).tolist(), strict=True))
    as_read = {SPACE: " ", DROP: ""}
    made = {
        character: "".join(as_read.get(kinds[c], c) for c in folded)
        for character, folded in found.items()
    }
    return {character: text for character, text in made.items() if text != character}


# --- a folder --------------------------------------------------------------------------------


def sentencepiece_files(
    vocab: Vocab,
    *,
    weights: Weights | None = None,
    lower: bool = True,
    fallback: str = "unknown",
) -> dict[str, str | bytes]:
    """tokenizer.model, and beside it what transformers' AutoTokenizer loads: name -> content.

    tokenizer.json is the same model, for transformers has no class that reads any .model as it stands. It finds
    [CLS] and the like in a text, as all tokenizers of Hugging Face. Raises as piece_model_of.
    """
    model = piece_model_of(vocab, weights=weights, lower=lower, fallback=fallback)
    files: dict[str, str | bytes] = {MODEL_NAME: model.data()}
    files["tokenizer.json"] = write_json(_tokenizer_json(vocab, model, lower=lower))
    files |= folder_settings(vocab, "PreTrainedTokenizerFast", lower=lower)
    return files


def _tokenizer_json(vocab: Vocab, model: PieceModel, *, lower: bool) -> dict[str, Any]:
    """The contents of a tokenizer.json with the pieces, scores and steps of a .model."""
    steps: list[dict[str, Any]] = [{"type": "Lowercase"}, {"type": "NFD"}] if lower else []
    marks = "\\p{Mn}" if lower else ""
    steps += [
        replaced(f"[[\\p{{Cc}}\\p{{Cf}}\\x{{FFFD}}{marks}]&&[^\\t\\n\\r]]", ""),
        replaced(f"[\\p{{Z}}\\t\\n\\r{BLANK}]+", " "),
        {"type": "Strip", "strip_left": True, "strip_right": True},
        replaced(" ", BLANK),
    ]
    # What is no piece of a text, though the model has it: these are cut in two.
    apart = "\\[(?=unused[0-9]+\\])|#(?=#)|<(?=0x[0-9A-F]{2}>)"
    decoder: list[dict[str, Any]] = [{"type": "ByteFallback"}] if model.byte_fallback else []
    decoder += [
        {"type": "Replace", "pattern": {"String": BLANK}, "content": " "},
        {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0},
    ]
    rows = zip(model.pieces, model.scores, model.types, strict=True)
    pieces = [
        (_unmade(vocab, number, name) if kind == UNUSED else name, score)
        for number, (name, score, kind) in enumerate(rows)
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special_tokens(vocab),
        "normalizer": {"type": "Sequence", "normalizers": steps},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"Regex": apart},
            "behavior": "Isolated",
            "invert": False,
        },
        "post_processor": template(vocab),
        "decoder": {"type": "Sequence", "decoders": decoder},
        "model": {
            "type": "Unigram",
            "unk_id": vocab.unknown,
            "vocab": pieces,
            "byte_fallback": model.byte_fallback,
        },
    }


def _unmade(vocab: Vocab, number: int, name: str) -> str:
    """Hugging Face knows no UNUSED: a name that no text has, but for ##s, which is kept apart."""
    rest = name.removeprefix(CONTINUED)
    return (
        name
        if rest != name and all(map(is_word_character, rest))
        else f"[never made: line {number}]"
    )
