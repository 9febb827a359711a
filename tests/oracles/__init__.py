"""Slow, obvious twins of what the package computes: plain Python, exact fractions, one pass a question.

One file a wing; a test writes `oracles.pmi(...)` whichever it comes from. Nothing here imports nlptools.
"""

from oracles.discovery import (
    covered_join,
    discover_4256,
    discover_6920,
    longest_join,
)
from oracles.lattice import (
    Spans,
    best_segmentation,
    cut_backward,
    cut_forward,
    occurrences,
    posteriors,
    segmentations,
)
from oracles.lm import (
    BackoffModel,
    backed_off,
)
from oracles.marked import count_blanks, count_dotted, entropy_of
from oracles.ngrams import (
    ALNUM,
    BLANK,
    DIGIT,
    END,
    HAN,
    JOINS,
    LETTER,
    LINE_END,
    MAX_RUN,
    ONE_ALNUM,
    ONE_HAN,
    PLUS,
    RUN,
    SHARP,
    START,
    UNKNOWN,
    Ngram,
    accessor_variety,
    branching_entropy,
    count_ngrams,
    count_sentences,
    entropy,
    neighbours,
    pmi,
    ratio,
    sentences,
    stretches,
    symbols_of,
    total,
    visible_symbols,
)
from oracles.vocab import (
    ASCII_SIGNS,
    CHINESE,
    LONGEST_WORD,
    bert_tokens,
    bert_words,
    is_control,
    longest_pieces,
    shortened,
    small_letters,
    stands_alone,
    vocab_tokens,
    wobert_tokens,
)
from oracles.wordmodel import (
    Gaps,
    Places,
    WordModel,
)
