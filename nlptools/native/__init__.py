"""Loops over whole arrays that a compiler made faster, where one was there at installation; NumPy does the same without.

In: arrays. Out: the very bytes that the NumPy code beside each call would give.
Read: kernel (what can be called, and when it cannot), tokens (best segmentations by a trie), texts (cells of a text, and
what is written); the loops: keys.c, trie.c, estep.c, paths.c, tokens.c, texts.c.
"""
