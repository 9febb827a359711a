"""A vocabulary or a tokenizer -> the files with which another library makes the same ids: Hugging Face's, SentencePiece, tiktoken."""

from __future__ import annotations

import os

from nlptools.subwords.tiktoken import tiktoken_files
from nlptools.subwords.tokenizerjson import TokenizerJson, read_tokenizer_json
from nlptools.vocab.huggingface import tokenizer_files
from nlptools.vocab.sentencepiece import sentencepiece_files
from nlptools.vocab.unigram import Weights, as_weights
from nlptools.vocab.vocab import Vocab, as_vocab

TARGETS = ("tokenizers", "bert", "roformer", "sentencepiece", "tiktoken")
OTHER_NAMES = {"fast": "tokenizers"}


def exported_files(
    source: Vocab | TokenizerJson | str | os.PathLike[str],
    *,
    to: str = "tokenizers",
    weights: Weights | str | os.PathLike[str] | None = None,
    lower: bool = True,
    fallback: str = "unknown",
    name: str | None = None,
) -> dict[str, str | bytes]:
    """The files of a folder: name -> content.

    to: "tokenizers" (or "fast"): tokenizer.json, a Unigram model with the ids of `tokenize --pre vocab`; "bert",
    "roformer": vocab.txt and the class that reads it; "sentencepiece": tokenizer.model, with tokenizer.json beside it.
    Their source is a vocabulary, loaded or a vocab.txt. weights: counts of words, or a list with them; lower: fold
    case and accents; fallback: [UNK] for unknown text ("unknown"), or tokens of its bytes ("byte").

    "tiktoken": ranks and settings (tiktoken.py); its source is a tokenizer.json of byte-level BPE, loaded, a path or a
    folder with it; name: of the file of ranks, tokenizer.tiktoken without it; the other keywords do not count.

    Raises ValueError for another `to` or fallback, DataError for what cannot be read, and what the other library cannot do.
    """
    to = OTHER_NAMES.get(to, to)
    if to not in TARGETS:
        raise ValueError(f"to must be one of {', '.join(TARGETS)}, not {to!r}")
    if to == "tiktoken":
        if isinstance(source, Vocab):
            raise ValueError(
                '"tiktoken" is for a tokenizer.json of byte-level BPE, not for a Vocab'
            )
        tokenizer = source if isinstance(source, TokenizerJson) else read_tokenizer_json(source)
        return dict(tiktoken_files(tokenizer, name=name))
    if isinstance(source, TokenizerJson):
        raise ValueError(f'"{to}" is for a vocabulary, not for a tokenizer.json')
    vocab, counts = as_vocab(source), as_weights(weights)
    if to == "sentencepiece":
        return sentencepiece_files(vocab, weights=counts, lower=lower, fallback=fallback)
    files = tokenizer_files(vocab, to=to, weights=counts, lower=lower, fallback=fallback)
    return dict(files)
