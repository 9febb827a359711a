"""Chinese text tools: raw text in; new words, n-gram counts and scores out."""

__version__ = "0.1.0"
