"""KenLM model, text split at spaces, output file -> the log10 score of every line and its unknown words."""

from __future__ import annotations

import sys

import kenlm


def main(model: str, text: str, output: str) -> None:
    score = kenlm.Model(model).score
    with open(text, encoding="utf-8", newline="\n") as source, open(output, "w") as target:
        for line in source:
            target.write(f"{score(line[:-1]):.7g}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
