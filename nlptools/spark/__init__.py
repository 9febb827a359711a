"""The same results by many machines: the kernels of the other wings on Spark's workers.

In: paths on any file system of Hadoop. Out: what commands give on one machine, to the byte.
Read: session, folders, files, streams, worker, shuffle, count; passes over kept ids: kept, passes, learn, train, neighbours,
discover; sums: ordered, sums, lm, vocab, compare, contexts; maps over documents: kernel, tables, maps, segment, tokenize, lmscore,
lmfilter.
"""
