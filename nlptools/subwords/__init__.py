"""Tokenizers of other makers (tokenizer.json, SentencePiece, vocab.txt): measured, extended by words, written otherwise.

In: files of tokenizers, word lists, `Corpus`. Out: figures, an extended tokenizer with its map, ranks of tiktoken.
Read: bytelevel, tokenizerjson, tokenbytes, surfaces, cutting, pieceids, encoders; tally, measure; additions, pieces, insidewords, choosing, merges, joints, checking, extension, extend;
splits, trees, tiktoken, export.
"""
