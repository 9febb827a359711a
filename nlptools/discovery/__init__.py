"""Corpus -> ranked words: one file a method, and the function that runs one of them.

In: `Corpus`, counts, a background. Out: `WordTable`.
Read: table, method, discover; then a method: em (terms), entropy, pmi (joiner, longwords), lm; given.
"""
