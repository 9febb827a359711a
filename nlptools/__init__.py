"""Chinese text tools: raw text in; new words, a segmenter, n-gram counts and scores out."""

__version__ = "0.1.0"
