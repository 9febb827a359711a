"""Text, output file, hmm or no-hmm -> the text cut by rjieba, words joined by spaces, line by line."""

from __future__ import annotations

import sys

import rjieba


def main(text: str, output: str, hmm: str) -> None:
    unknown_words = hmm == "hmm"
    with (
        open(text, encoding="utf-8", newline="\n") as source,
        open(output, "w", encoding="utf-8", newline="\n") as target,
    ):
        for line in source:
            body = line.rstrip("\n")
            words = rjieba.cut(body, hmm=unknown_words)
            target.write(" ".join(words) + line[len(body) :])


if __name__ == "__main__":
    main(*sys.argv[1:])
