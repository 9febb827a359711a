"""JSON Lines + a model of KenLM -> the perplexity of each document as CCNet takes it, a line each.

python ccnet_score.py MODEL DOCS OUTPUT; or python ccnet_score.py --normalize < TEXT > TEXT, which prepares a text to
train on: its characters, normalised, with spaces between them.

CCNet (github.com/facebookresearch/cc_net, cc_net/perplexity.py): each line of a document is normalised (small letters,
no accents, digits 0, ASCII punctuation), cut into pieces, scored as a sentence; perplexity is 10 ** (-sum of log10 /
(pieces + lines)). Its pieces are SentencePiece's; here they are characters, as both programs are to see the same.
Nothing here is copied from there.
"""

import json
import re
import sys
import unicodedata

MARKS = str.maketrans(
    {
        **dict.fromkeys("，、", ","),
        **dict.fromkeys("“”「」『』《》", '"'),
        **dict.fromkeys("‘’", "'"),
        **dict(zip("。！？；：（）【】—～％", ".!?;:()[]-~%", strict=True)),
        "…": "...",
        "·": ".",
    }
)
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f]")


def normalized(line: str) -> str:
    line = line.strip().lower()
    if any(ord(character) > 0x7F for character in line):
        plain = unicodedata.normalize("NFD", line)
        line = "".join(x for x in plain if unicodedata.category(x) != "Mn")
    line = re.sub(r"\d", "0", line.translate(MARKS))
    return UNPRINTABLE.sub("", line)


def spaced(line: str) -> str:
    return " ".join(normalized(line).replace(" ", ""))


def main() -> None:
    if sys.argv[1] == "--normalize":
        for line in sys.stdin:
            if text := spaced(line):
                sys.stdout.write(text.replace(" ", "") + "\n")
        return
    import kenlm

    model = kenlm.Model(sys.argv[1])
    with open(sys.argv[2], encoding="utf-8") as docs, open(sys.argv[3], "w") as out:
        for record in docs:
            score, length = 0.0, 0
            for line in json.loads(record)["text"].split("\n"):
                if pieces := spaced(line):
                    score += model.score(pieces)
                    length += pieces.count(" ") + 2
            out.write(f"{10 ** (-score / length) if length else 1e30:.4f}\n")


if __name__ == "__main__":
    main()
