"""Text -> tokens by the rules of BERT and WoBERT, and by the words of a vocabulary."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Container, Iterable, Mapping

from oracles.lattice import cut_forward

# What BERT sets apart as Chinese, spelled with characters.
CHINESE = re.compile(
    "[㐀-䶿一-鿿\uf900-\ufaff\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f"
    "\U0002b820-\U0002ceaf\U0002f800-\U0002fa1f]"
)
ASCII_SIGNS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
LONGEST_WORD = 200


def small_letters(text: str) -> str:
    """BERT's do_lower_case: lower, decompose, no combining marks."""
    decomposed = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def stands_alone(c: str) -> bool:
    """Chinese, or punctuation."""
    return bool(CHINESE.match(c)) or c in ASCII_SIGNS or unicodedata.category(c)[0] == "P"


def is_control(c: str) -> bool:
    """Left out: what is not printed, but for the white space among it."""
    return c == "\ufffd" or (unicodedata.category(c) in ("Cc", "Cf") and c not in "\t\n\r")


def bert_words(text: str) -> list[str]:
    """BERT's basic tokenization, without its lower-casing: spaces around what stands alone, then split."""
    spaced = "".join(f" {c} " if stands_alone(c) else "" if is_control(c) else c for c in text)
    return spaced.split()


def longest_pieces(word: str, tokens: Container[str]) -> list[str]:
    """The longest token that the word begins with, and so on; the word itself if it does not come out."""
    pieces: list[str] = []
    rest = word
    while rest and len(word) <= LONGEST_WORD:
        mark = "##" if pieces else ""
        piece = max(
            (rest[:n] for n in range(len(rest) + 1) if mark + rest[:n] in tokens),
            key=len,
            default="",
        )
        if not piece:
            return [word]
        pieces.append(mark + piece)
        rest = rest[len(piece) :]
    return pieces or [word]


def bert_tokens(text: str, tokens: Container[str]) -> list[str]:
    """BERT's tokenization of text in small letters."""
    return [piece for word in bert_words(text) for piece in longest_pieces(word, tokens)]


def wobert_tokens(words: Iterable[str], tokens: Container[str]) -> list[str]:
    """WoBERT's rule: a word that is a token is kept, of all others BERT's tokenization is taken."""
    found: list[str] = []
    for word in words:
        found += [word] if word in tokens else bert_tokens(word, tokens)
    return found


def vocab_tokens(
    text: str, tokens: Mapping[str, int], scores: Mapping[str, float], unknown: float
) -> list[tuple[str, int]]:
    """Tokens with ids by a vocabulary's own words: text in small letters, scores of its Chinese words.

    Stretches of the characters that these words have are cut forward; of what is unknown in them neighbours
    are one token. The rest is BERT's.
    """
    text = "".join(c for c in text if not is_control(c))
    known = {c for word in scores for c in word}
    found: list[tuple[str, int]] = []
    for inside, group in itertools.groupby(text, key=known.__contains__):
        stretch = "".join(group)
        if not inside:
            pieces = bert_tokens(stretch, tokens)
            found += [(piece, tokens.get(piece, tokens["[UNK]"])) for piece in pieces]
            continue
        words = cut_forward(stretch, scores, unknown)
        for is_known, same in itertools.groupby(words, key=scores.__contains__):
            if is_known:
                found += [(word, tokens[word]) for word in same]
            else:
                found.append(("".join(same), tokens["[UNK]"]))
    return found


def shortened(first: list[int], second: list[int], most: int) -> tuple[list[int], list[int]]:
    """One token at a time from the end of the longer one; of equal ones from the second."""
    first, second = list(first), list(second)
    while len(first) + len(second) > most:
        if len(first) > len(second):
            del first[-1]
        else:
            del second[-1]
    return first, second
