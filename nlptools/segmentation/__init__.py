"""Text -> words: the segmenters, a corpus cut line by line, and how good a segmentation is.

In: text, a `WordModel`, a word list or a language model. Out: words with places; precision, recall, F1.
Read: kinds, forms, cells (what no method cuts), measures, spans (words that are whole wherever they stand), runnames, batch,
search, tokens (what every segmenter shares), spelling, partial, scores, shortpath, blockpath, userwords, segmenter, tagger,
baselines, methods (all of them by name), jiebalines, jieba, stream, records, evaluate, lcs.
"""
