"""Counts -> a back-off language model of characters, its files, and the scores of text.

In: `NgramCounts` with sentence boundaries. Out: `NgramModel`, `LanguageModel`, ARPA, log10 probabilities.
Read: trie, suffixes, partition, smoothing, train, table, model, arpa_reader, arpa, files, longlines,
stream, report, records.
"""
