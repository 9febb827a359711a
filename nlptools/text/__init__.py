"""Files, folders, pipes -> text: blocks of several MB, decoded, folded, with the place where each begins.

In: paths and bytes. Out: `Corpus`, and word lists as rows.
Read: unicode_ranges, unicode_pairs, chars, pipes, remote, sources, decoding, compressing, delimited, linenumbers, pieces, folding, blocks, longtexts, documents, flatrecords, jsonlines, cells, tableformats, tables, markup, reading, lookup, corpus; results, recordtables, recordfiles; listlines, whole, wordlists.
"""
