"""Names of commands -> the commands, each imported when it is first asked for; what the help of the group says of them.

Each file of a command imports what its options are made of, and all of them take longer than Python itself to start.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from importlib import import_module

import click

# The command is the name of its file. Beside it the first sentence of its help; tests/cli/test_commands.py compares.
# In the order of docs/cli.md.
SENTENCES = {
    "discover": "Find the words of a corpus: raw text is all that is needed.",
    "count": "Count the n-grams of a corpus, exactly.",
    "merge": "Add up counts files, or folders of Parquet, that were made with the same --order, --latin, --sentences "
    "and --fold.",
    "explain": "Explain the scores of words: every split, the neighbours, where they stand in the list of discover, "
    "and why.",
    "report": "Write a page on which to look at words in their contexts, and to accept and reject them.",
    "contexts": "Write what it takes to judge each word of a list: one object a line, with a place for the decision.",
    "compare": "Compare A with B: which words are new in B, which grew, since when.",
    "train": "Learn the words of a corpus from raw text; the model segments any text like it.",
    "convert": "Rewrite a word model as text, which people read, or in the compact form, which loads in a moment.",
    "segment": "Separate the words of a text.",
    "evaluate": "Score a word segmentation against gold.",
    "tokenize": "Tokenize text by words, as WoBERT does.",
    "export": "Write words as a dictionary that another program reads.",
    "lm": "Character language models: train them, score text, filter corpora, exchange them with KenLM.",
    "dim": "Bounds on the dimension of word vectors, for N words.",
    "vectors": "Word vectors (word2vec, GloVe, .npy, .safetensors): look at them, compare, whiten, project them.",
    "vocab": "Build vocabularies of words for BERT, extend those of language models, make the rows of a model for them.",
}


class Commands(MutableMapping[str, click.Command]):
    """The commands of SENTENCES, and what is added."""

    def __init__(self) -> None:
        self._names = dict.fromkeys(SENTENCES)
        self._loaded: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._loaded:
            if name not in self._names:
                raise KeyError(name)
            self._loaded[name] = getattr(import_module(f"nlptools.cli.{name}"), name)
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._names[name] = None
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._loaded.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def sentence(name: str, limit: int) -> str:
    """What the list of commands says of one, cut as click cuts it."""
    return click.Command(name, help=SENTENCES[name]).get_short_help_str(limit)
