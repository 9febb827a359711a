"""What everything stands on, and what knows no Chinese: the machine, its memory, files, numbers.

In: settings of the machine, arrays. Out: the same arrays on disk, in order, within the memory that was promised.
Read: machine, resources, outputs, storage, npyfiles, packing, spool, shelf, seen, feeding, keys, stringindex, steady,
textcolumns, ninedigits, frames.
"""
