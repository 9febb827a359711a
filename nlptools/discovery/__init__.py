"""Corpus -> ranked words: one file a method, and the function that runs one of them.

In: `Corpus`, counts, a background. Out: `WordTable`.
Read: columns, table; rules, method, known, discover; then a method: em (source, onemachine, candidates,
proposed, occurrences, em_score, keyness, formation, terms, marked: surroundings, names), entropy, pmi (joiner, longwords), lm; given; why a word stands where
it does: cuts, evidence, explain.
"""
