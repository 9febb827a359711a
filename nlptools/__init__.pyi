"""The names of `import nlptools` as type checkers see them; what they are, and a test, __init__.py says."""

from nlptools.discovery.table import WordTable as WordTable
from nlptools.errors import DataError as DataError
from nlptools.errors import NlptoolsError as NlptoolsError
from nlptools.lm.files import open_lm as open_lm
from nlptools.lm.files import write_model as write_model
from nlptools.lm.model import LanguageModel as LanguageModel
from nlptools.lm.stream import score_corpus as score_corpus
from nlptools.lm.trie import NgramModel as NgramModel
from nlptools.ngrams.counts import NgramCounts as NgramCounts
from nlptools.ngrams.counts import load_counts as load_counts
from nlptools.ngrams.symbols import split_symbols as split_symbols
from nlptools.review.compare import Comparison as Comparison
from nlptools.segmentation.methods import open_cutter as open_cutter
from nlptools.segmentation.segmenter import Segmenter as Segmenter
from nlptools.segmentation.stream import segment_corpus as segment_corpus
from nlptools.segmentation.tagger import TagCutter as TagCutter
from nlptools.text.corpus import Corpus as Corpus
from nlptools.text.wordlists import read_rows as read_rows
from nlptools.text.wordlists import read_weighted_words as read_weighted_words
from nlptools.text.wordlists import read_words as read_words
from nlptools.vectors.files import read_vectors as read_vectors
from nlptools.vectors.files import write_vectors as write_vectors
from nlptools.vectors.vectors import Vectors as Vectors
from nlptools.vectors.whitening import Whitening as Whitening
from nlptools.vocab.stream import tokenize_corpus as tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer as WordTokenizer
from nlptools.vocab.tokenizer import tokenize as tokenize
from nlptools.vocab.vocab import Vocab as Vocab
from nlptools.vocab.vocab import load_vocab as load_vocab
from nlptools.wordmodel.model import WordModel as WordModel
from nlptools.wordmodel.model import general_model as general_model
from nlptools.wordmodel.model import load_model as load_model

__version__: str
__all__: list[str]
