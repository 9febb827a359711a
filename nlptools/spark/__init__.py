"""The same results by many machines: the kernels of the other wings on Spark's workers.

In: paths on any file system of Hadoop. Out: what the same commands give on one machine, to the byte.
Read: session, files, streams, worker, shuffle, count, train, segment; ordered, sums, lm, vocab, compare.
"""
