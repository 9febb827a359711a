"""tokenizer.json and text or words -> the same with merges after its own, as one would have them without nlptools.

    appended_merges.py bpe TOKENIZER TEXT NUMBER OUTPUT: continued BPE, by the trainer of Hugging Face's tokenizers.
    appended_merges.py chains TOKENIZER WORDS NUMBER OUTPUT: WORDS, one a line, each by its pieces from left to right.

The trainer knows characters alone, so each token of the base is one for it: text is cut by the base, every token
is written as a character of the private planes, and what it learns on is the pre-tokens of the base. A model of
SentencePiece, which has none, gets runs of tokens of Chinese characters, as SentencePiece itself cuts at other
scripts; and the Chinese characters that it has only as bytes are tokens first, the most frequent first.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import tokenizers

_PRIVATE = 0xF0000
_BATCH = 1000
_LEAST = 10  # occurrences of a character that becomes a token


class Appended:
    """A tokenizer.json that grows."""

    def __init__(self, path: str) -> None:
        self.contents = json.loads(Path(path).read_bytes())
        self.model = self.contents["model"]
        added = {token["content"]: token["id"] for token in self.contents["added_tokens"]}
        # Added tokens stand in the vocabulary, so that they keep their ids when it grows.
        self.vocab = self.model["vocab"] = {**self.model["vocab"], **added}
        self.size = self.next = max(self.vocab.values()) + 1
        self.names = {number: token for token, number in self.vocab.items()}
        merges = self.model["merges"]
        self.pairs = bool(merges) and not isinstance(merges[0], str)
        self.known = {tuple(merge) if self.pairs else tuple(merge.split(" ")) for merge in merges}

    def tokenizer(self) -> tokenizers.Tokenizer:
        return tokenizers.Tokenizer.from_str(json.dumps(self.contents))

    def add(self, token: str) -> None:
        if token not in self.vocab:
            self.vocab[token] = self.next
            self.names[self.next] = token
            self.next += 1

    def join(self, left: str, right: str) -> str:
        """One more merge, and its token unless there is one."""
        if (left, right) not in self.known:
            self.known.add((left, right))
            self.model["merges"].append([left, right] if self.pairs else f"{left} {right}")
        self.add(left + right)
        return left + right

    def full(self, number: int) -> bool:
        return self.next - self.size >= number

    def save(self, path: str) -> None:
        Path(path).write_text(json.dumps(self.contents, ensure_ascii=False), "utf-8")


def bpe(base: Appended, text: str, number: int) -> None:
    """The next merges of the trainer."""
    lines = Path(text).read_text("utf-8").split("\n")
    byte_level = "ByteLevel" in json.dumps(base.contents.get("pre_tokenizer"))
    if not byte_level:
        counts = Counter(sign for line in lines for sign in line if _is_han(sign))
        for sign, count in counts.most_common():
            if count >= _LEAST and not base.full(number):
                base.add(sign)
    tokenizer = base.tokenizer()
    sequences = Counter(_sequences(tokenizer, lines, None if byte_level else base.names))
    ids = sorted({n for sequence in sequences for n in sequence})
    sign_of = {n: chr(_PRIVATE + place) for place, n in enumerate(ids)}
    id_of = {sign: n for n, sign in sign_of.items()}
    learner = tokenizers.Tokenizer(tokenizers.models.BPE())
    learner.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    wanted = len(ids) + number + number // 4  # some make tokens that are there
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=wanted, initial_alphabet=sorted(id_of), show_progress=False, min_frequency=2
    )
    written = (
        " ".join(["".join(map(sign_of.__getitem__, sequence))] * count)
        for sequence, count in sequences.items()
    )
    learner.train_from_iterator(written, trainer)
    for merge in json.loads(learner.to_str())["model"]["merges"]:
        if base.full(number):
            break
        base.join(*("".join(base.names[id_of[sign]] for sign in part) for part in merge))


def _sequences(
    tokenizer: tokenizers.Tokenizer, lines: list[str], names: dict[int, str] | None
) -> Iterator[tuple[int, ...]]:
    """Tokens of each pre-token; with names, of each run of tokens of Chinese characters."""
    for start in range(0, len(lines), _BATCH):
        for one in tokenizer.encode_batch(lines[start : start + _BATCH], add_special_tokens=False):
            row: list[int] = []
            last = None
            words = one.word_ids if names is None else [0] * len(one.ids)
            for number, word in zip(one.ids, words, strict=True):
                bad = names is not None and not all(map(_is_han, names[number]))
                if (word != last or bad) and row:
                    yield tuple(row)
                    row = []
                last = word
                if not bad:
                    row.append(number)
            if row:
                yield tuple(row)


def chains(base: Appended, words: str, number: int) -> None:
    """Each word by the merges of its pieces from left to right; what lies between is a token as well."""
    tokenizer = base.tokenizer()
    for word in Path(words).read_text("utf-8").split("\n")[:number]:
        pieces = [base.names[n] for n in _pieces(tokenizer, word)]
        left = pieces[0]
        for right in pieces[1:]:
            left = base.join(left, right)


def _pieces(tokenizer: tokenizers.Tokenizer, word: str) -> list[int]:
    """Of a word in the middle of a text, where no blank is put before it."""
    whole = tokenizer.encode(f"\n{word}", add_special_tokens=False).ids
    return whole[len(tokenizer.encode("\n", add_special_tokens=False).ids) :]


def _is_han(sign: str) -> bool:
    return "\u3400" <= sign <= "\u9fff" or "\U00020000" <= sign <= "\U000323af"


def main() -> None:
    how, path, source, number, output = sys.argv[1:]
    base = Appended(path)
    {"bpe": bpe, "chains": chains}[how](base, source, int(number))
    base.save(output)


if __name__ == "__main__":
    main()
