"""Text + vocab.txt -> MB per CPU second of ways to find all words of a vocabulary in the text.

    PYTHON benchmarks/matchers.py TEXT --vocab FILE

PYTHON has nlptools and ahocorasick_rs. pyahocorasick and ahocorasick_rs give Python objects, one for each match;
the trie of nlptools arrays. All must find equally many. "best path" is the trie and the decision by scores.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import ahocorasick
import ahocorasick_rs
import numpy as np

from nlptools.lattice.trie import Trie
from nlptools.text import chars
from nlptools.vocab.unigram import VocabWords, is_word
from nlptools.vocab.vocab import load_vocab

PIECE = 1 << 18  # characters at a time, as tokenize has them


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("text", type=Path)
    parser.add_argument("--vocab", type=Path, required=True)
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    vocab = load_vocab(args.vocab)
    words = [token for token in vocab.ids if is_word(token) and len(token) > 1]
    text = args.text.read_text(encoding="utf-8")
    pieces = [text[i : i + PIECE] for i in range(0, len(text), PIECE)]
    ways: dict[str, Callable[[], int]] = {
        "pyahocorasick": _pyahocorasick(words, pieces),
        "ahocorasick_rs": _rust(words, pieces),
        "trie of arrays": _trie(words, pieces),
        "best path": _path(VocabWords(vocab), pieces),
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    found = {}
    for _ in range(args.repeat):
        for name, way in ways.items():
            start = time.process_time()
            found[name] = way()
            took[name].append(time.process_time() - start)
    size = args.text.stat().st_size / 1e6
    for name, seconds in took.items():
        speed = size / statistics.median(seconds)
        print(f"{name:15} {found[name]:12,} matches {speed:8.1f} MB/s")
    assert found["pyahocorasick"] == found["ahocorasick_rs"] == found["trie of arrays"]


def _pyahocorasick(words: list[str], pieces: list[str]) -> Callable[[], int]:
    automaton = ahocorasick.Automaton()
    for number, word in enumerate(words):
        automaton.add_word(word, number)
    automaton.make_automaton()
    return lambda: sum(sum(1 for _ in automaton.iter(piece)) for piece in pieces)


def _rust(words: list[str], pieces: list[str]) -> Callable[[], int]:
    automaton = ahocorasick_rs.AhoCorasick(words)
    return lambda: sum(
        len(automaton.find_matches_as_indexes(piece, overlapping=True)) for piece in pieces
    )


def _trie(words: list[str], pieces: list[str]) -> Callable[[], int]:
    known = sorted({character for word in words for character in word})
    table = np.zeros(0x110000, np.uint32)
    table[[ord(character) for character in known]] = np.arange(1, len(known) + 1)
    spelled = np.zeros((len(words), max(map(len, words))), np.int32)
    for row, word in zip(spelled, words, strict=True):
        row[: len(word)] = table[[ord(character) for character in word]]
    trie = Trie(spelled, len(known) + 1)

    def find() -> int:
        number = 0
        for piece in pieces:
            ids = table[chars.code_points(piece)]
            for (_, states), level in zip(trie.walk(ids), trie.levels, strict=True):
                number += int(np.count_nonzero(level.word[states] >= 0))
        return number

    return find


def _path(words: VocabWords, pieces: list[str]) -> Callable[[], int]:
    return lambda: sum(
        int(np.count_nonzero(words.cut(chars.code_points(piece))[1] > 1)) for piece in pieces
    )


if __name__ == "__main__":
    main()
