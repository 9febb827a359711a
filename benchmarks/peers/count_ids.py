"""TOKENIZER.json TEXT -> how many ids `tokenizers` makes of its lines, a thousand at a time; printed."""

from __future__ import annotations

import itertools
import sys

from tokenizers import Tokenizer

LINES = 1000


def main() -> None:
    tokenizer = Tokenizer.from_file(sys.argv[1])
    tokens = 0
    with open(sys.argv[2], encoding="utf-8", newline="\n") as text:
        lines = (line.rstrip("\n") for line in text)
        while batch := list(itertools.islice(lines, LINES)):
            found = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            tokens += sum(len(one.ids) for one in found)
    print(tokens)


if __name__ == "__main__":
    main()
