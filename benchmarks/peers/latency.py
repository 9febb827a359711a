"""A segmenter + sentences, one a line -> what one call costs, as JSON: CPU seconds to import, to load, for a sentence.

latency.py TOOL TEXT LENGTH...     TOOL: nlptools, jieba or rjieba, of the Python that runs this
"""

import json
import sys
import time

ROUNDS = 5  # the least of them counts: what else the machine does only adds


def clock():
    return time.process_time()


def least(work):
    """CPU seconds of the fastest of some rounds."""
    times = []
    for _ in range(ROUNDS):
        start = clock()
        work()
        times.append(clock() - start)
    return min(times)


def opened(tool):
    """(one text -> words, many texts -> lists of words or None); the second call of this costs nothing to import."""
    if tool == "nlptools":
        from nlptools.segmentation.segmenter import Segmenter

        segmenter = Segmenter.load()
        return segmenter.segment, segmenter.segment_batch
    if tool == "jieba":
        import logging

        import jieba

        jieba.setLogLevel(logging.ERROR)
        jieba.initialize()
        return lambda text: jieba.lcut(text, HMM=False), None
    import rjieba

    return lambda text: rjieba.cut(text, hmm=False), None


def imported(tool):
    start = clock()
    if tool == "nlptools":
        import nlptools.segmentation.segmenter  # noqa: F401
    else:
        __import__(tool)
    return clock() - start


def main():
    tool, path, *lengths = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = [line for line in file.read().split("\n") if line]
    result = {"import": imported(tool)}
    start = clock()
    cut, batch = opened(tool)
    result["load"] = clock() - start
    start = clock()
    cut(lines[0])
    result["first"] = clock() - start
    for length in map(int, lengths):
        texts = [line[:length] for line in lines if len(line) >= length]
        assert all("".join(cut(text)) == text for text in texts), "the words are not the text"
        result[f"of {length}"] = least(lambda texts=texts: list(map(cut, texts))) / len(texts)
    if batch is not None:
        texts = [line[: int(lengths[-1])] for line in lines]
        assert batch(texts) == list(map(cut, texts)), "a batch differs from one by one"
        result["batch"] = least(lambda: batch(texts)) / len(texts)
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()
