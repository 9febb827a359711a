"""Word lists -> what people look at, compare and hand on to other programs.

In: word lists, corpora. Out: pages of HTML, the arithmetic of a word, a comparison of corpora, dictionaries
of other programs.
Read: standing, explain, contexts, targets, winning, export, slices, statistics, compare, page_data, page (whose built parts lie in assets/), report; measured.
"""
