"""Corpus as ids -> the unigram word model: words with weights, learnt by EM from raw text.

In: `EncodedCorpus`. Out: `WordModel` and its file; expected counts of words over the whole corpus.
Read: room, candidates, sample, em, gap_regression, prior, fit, expected_counts, packed, model, lists, train, adapt.
"""
