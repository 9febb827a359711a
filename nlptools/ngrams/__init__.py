"""Corpus -> exact n-gram counts, and the scores of n-grams that are made of counts.

In: `Corpus`. Out: `NgramCounts` and its file, `EncodedCorpus` (the ids, to be read again), PMI and entropies.
Read: alphabet, symbols, sentences, marks, encode, kernel, counts, merge, count, neighbours, scores, explain; parquet for
other programs.
"""
