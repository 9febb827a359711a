"""Word vectors of any tool -> what there is to know about them, compared, whitened, projected; bounds on their dimension.

In: files of vectors. Out: `Vectors`, measures, `Whitening`, bounds.
Read: vectors, text, binary, headers, tensors, files, moments, measures, nearest, hubness, check, whitening, normal, compare,
projection, checkpoints; dimension and dimension_plot stand alone.
"""
