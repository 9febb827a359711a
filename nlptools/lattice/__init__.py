"""Runs of ids with weighted words -> sums over all segmentations, and the best of them.

In: ids with 0 at every break, a weight for each word that may end at each place. Out: posteriors, best paths.
Read: runs, trie, paths, sums (whole numbers); exact where another program's sums are to be repeated to the last bit.
"""
