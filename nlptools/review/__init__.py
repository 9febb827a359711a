"""Word lists -> what people look at, compare and hand on to other programs.

In: word lists, corpora. Out: a page of HTML, a comparison of corpora, dictionaries of other programs.
Read: targets, export, explain, slices, compare, page_data, report, page (whose built parts lie in assets/).
"""
