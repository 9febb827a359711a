"""Counts -> a back-off language model of characters, its files, the scores of text, and documents worth keeping.

In: `NgramCounts` with sentence boundaries. Out: `NgramModel`, `LanguageModel`, ARPA, log10 probabilities.
Read: trie, suffixes, partition, smoothing, train, table, model, arpa_reader, arpa, packed, files,
longlines, stream, report, records, tally; documents, measures, limits, filterrules, filtered, judging, filter, filterreport,
filterfiles.
"""
