"""Words in their text: where they occur, what stands beside them.

In: word lists, `Corpus`. Out: occurrences, contexts, neighbours, splits.
Read: matcher, contexts, windows, contextsample, signed, sought, usage, counting, forms, parts.
"""
