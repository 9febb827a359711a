"""Text, min_count -> the word list of bojone/word-discovery, by upstream's own functions.

Called with upstream's folder, KenLM's count_ngrams, a UTF-8 text of one paragraph a line, min_count and
the output file. Executes the definitions in upstream's word_discovery.py unchanged and then takes the
steps its README describes; two things are put in their place: the generator of texts, and the path of
the count_ngrams that it calls through os.system. Memory for KenLM is 5 %, the least it works with well.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import sys
import tempfile
import types
from collections import Counter
from pathlib import Path

ORDER, MEMORY, MIN_PMI = 4, 0.05, [0, 2, 4, 6]
_NOT_TEXT = re.compile("[^\u4e00-\u9fa50-9a-zA-Z ]+")


def load(path: Path) -> dict[str, object]:
    """Upstream's imports, functions and classes, without the run at the end of its file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree.body = [node for node in tree.body if isinstance(node, kept)]
    names: dict[str, object] = {"__name__": "word_discovery"}
    exec(compile(tree, str(path), "exec"), names)
    return names


def texts(path: str):
    """Paragraphs as upstream wants them: only Han, letters, digits and spaces, line ends between."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.replace("\u3000", " ").strip()
            if line:
                yield _NOT_TEXT.sub("\n", line)


def main(folder: str, kenlm: str, text: str, least: str, output: str) -> None:
    upstream = load(Path(folder) / "word_discovery.py")

    def system(command: str) -> int:
        return os.system(command.replace("./count_ngrams", shlex.quote(kenlm), 1))

    upstream["os"] = types.SimpleNamespace(system=system)
    min_count = int(least)
    with tempfile.TemporaryDirectory() as work:
        corpus, vocab, records = (
            os.path.join(work, name) for name in ("corpus", "vocab", "ngrams")
        )
        upstream["write_corpus"](texts(text), corpus)
        upstream["count_ngrams"](corpus, ORDER, vocab, records, MEMORY)
        counted = upstream["KenlmNgrams"](vocab, records, ORDER, min_count)
    solid = upstream["filter_ngrams"](counted.ngrams, counted.total, MIN_PMI)
    trie = upstream["SimpleTrie"]()
    for ngram in solid:
        trie.add_word(ngram)
    candidates: dict[str, int] = {}
    for piece in texts(text):
        for word in trie.tokenize(piece):
            candidates[word] = candidates.get(word, 0) + 1
    often = {word: count for word, count in candidates.items() if count >= min_count}
    words = Counter(upstream["filter_vocab"](often, solid, ORDER))
    with open(output, "w", encoding="utf-8") as file:
        file.writelines(f"{word} {count}\n" for word, count in words.most_common())


if __name__ == "__main__":
    main(*sys.argv[1:])
