"""The names of `import nlptools` as type checkers see them; what they are, and a test, __init__.py says."""

from nlptools.discovery.discover import discover_words as discover
from nlptools.discovery.table import WordTable as WordTable
from nlptools.errors import DataError as DataError
from nlptools.errors import NlptoolsError as NlptoolsError
from nlptools.lm.files import convert_lm as lm_convert
from nlptools.lm.files import open_lm as open_lm
from nlptools.lm.files import write_model as write_model
from nlptools.lm.filter import FilteredCorpus as FilteredCorpus
from nlptools.lm.filter import filter_documents as filter_documents
from nlptools.lm.filter import filter_documents as lm_filter
from nlptools.lm.model import LanguageModel as LanguageModel
from nlptools.lm.records import score_records as score_records
from nlptools.lm.stream import ScoredText as ScoredText
from nlptools.lm.stream import score_corpus as score_corpus
from nlptools.lm.stream import score_text as lm_score
from nlptools.lm.train import learn_lm as lm_train
from nlptools.lm.trie import NgramModel as NgramModel
from nlptools.ngrams.count import count_ngrams as count
from nlptools.ngrams.counts import NgramCounts as NgramCounts
from nlptools.ngrams.counts import load_counts as load_counts
from nlptools.ngrams.merge import merge_files as merge
from nlptools.ngrams.symbols import split_symbols as split_symbols
from nlptools.review.compare import Comparison as Comparison
from nlptools.review.compare import compare_corpora as compare
from nlptools.review.contexts import WordsInContext as WordsInContext
from nlptools.review.contexts import words_in_context as contexts
from nlptools.review.explain import ExplainedWord as ExplainedWord
from nlptools.review.explain import explain_words as explain
from nlptools.review.export import Export as Export
from nlptools.review.export import export_words as export
from nlptools.review.report import Page as Page
from nlptools.review.report import report_words as report
from nlptools.segmentation.evaluate import Evaluation as Evaluation
from nlptools.segmentation.evaluate import evaluate_segmentation as evaluate
from nlptools.segmentation.methods import open_cutter as open_cutter
from nlptools.segmentation.records import segment_records as segment_records
from nlptools.segmentation.segmenter import Segmenter as Segmenter
from nlptools.segmentation.segmenter import segment_text as segment
from nlptools.segmentation.stream import segment_corpus as segment_corpus
from nlptools.segmentation.tagger import TagCutter as TagCutter
from nlptools.subwords.export import exported_files as vocab_export
from nlptools.subwords.extend import extend_tokenizer as vocab_extend
from nlptools.subwords.extension import Extension as Extension
from nlptools.subwords.measure import TokenizerMeasures as TokenizerMeasures
from nlptools.subwords.measure import measure_tokenizers as vocab_measure
from nlptools.subwords.tokenbytes import token_bytes as token_bytes
from nlptools.text.corpus import Corpus as Corpus
from nlptools.text.wordlists import read_rows as read_rows
from nlptools.text.wordlists import read_weighted_words as read_weighted_words
from nlptools.text.wordlists import read_words as read_words
from nlptools.vectors.check import VectorCheck as VectorCheck
from nlptools.vectors.check import check_vectors as vectors_check
from nlptools.vectors.compare import VectorComparison as VectorComparison
from nlptools.vectors.compare import compare_vectors as vectors_compare
from nlptools.vectors.dimension import Bounds as Bounds
from nlptools.vectors.files import read_vectors as read_vectors
from nlptools.vectors.files import write_vectors as write_vectors
from nlptools.vectors.projection import Projected as Projected
from nlptools.vectors.projection import project_vectors as vectors_project
from nlptools.vectors.vectors import Vectors as Vectors
from nlptools.vectors.whitening import Whitened as Whitened
from nlptools.vectors.whitening import Whitening as Whitening
from nlptools.vectors.whitening import whiten_vectors as vectors_whiten
from nlptools.vocab.build import VocabBuild as VocabBuild
from nlptools.vocab.build import make_vocab as vocab_build
from nlptools.vocab.dimension import bounds_of as dim
from nlptools.vocab.embeddings import EmbeddingReport as EmbeddingReport
from nlptools.vocab.embeddings import init_embeddings as vocab_init_embeddings
from nlptools.vocab.idfiles import write_ids as write_ids
from nlptools.vocab.records import tokenize_records as tokenize_records
from nlptools.vocab.stream import tokenize_corpus as tokenize_corpus
from nlptools.vocab.tokenizer import WordTokenizer as WordTokenizer
from nlptools.vocab.tokenizer import tokenize as tokenize
from nlptools.vocab.vocab import Vocab as Vocab
from nlptools.vocab.vocab import load_vocab as load_vocab
from nlptools.wordmodel.adapt import adapt_model as adapt_model
from nlptools.wordmodel.model import WordModel as WordModel
from nlptools.wordmodel.model import convert_model as convert
from nlptools.wordmodel.model import general_model as general_model
from nlptools.wordmodel.model import load_model as load_model
from nlptools.wordmodel.model import raw_model as raw_model
from nlptools.wordmodel.train import train_model as train

__version__: str
__all__ = [
    "Bounds",
    "Comparison",
    "Corpus",
    "DataError",
    "EmbeddingReport",
    "Evaluation",
    "ExplainedWord",
    "Export",
    "Extension",
    "FilteredCorpus",
    "LanguageModel",
    "NgramCounts",
    "NgramModel",
    "NlptoolsError",
    "Page",
    "Projected",
    "ScoredText",
    "Segmenter",
    "TagCutter",
    "TokenizerMeasures",
    "VectorCheck",
    "VectorComparison",
    "Vectors",
    "Vocab",
    "VocabBuild",
    "Whitened",
    "Whitening",
    "WordModel",
    "WordTable",
    "WordTokenizer",
    "WordsInContext",
    "__version__",
    "adapt_model",
    "compare",
    "contexts",
    "convert",
    "count",
    "dim",
    "discover",
    "evaluate",
    "explain",
    "export",
    "filter_documents",
    "general_model",
    "lm_convert",
    "lm_filter",
    "lm_score",
    "lm_train",
    "load_counts",
    "load_model",
    "load_vocab",
    "merge",
    "open_cutter",
    "open_lm",
    "raw_model",
    "read_rows",
    "read_vectors",
    "read_weighted_words",
    "read_words",
    "report",
    "score_corpus",
    "score_records",
    "segment",
    "segment_corpus",
    "segment_records",
    "split_symbols",
    "token_bytes",
    "tokenize",
    "tokenize_corpus",
    "tokenize_records",
    "train",
    "vectors_check",
    "vectors_compare",
    "vectors_project",
    "vectors_whiten",
    "vocab_build",
    "vocab_export",
    "vocab_extend",
    "vocab_init_embeddings",
    "vocab_measure",
    "write_ids",
    "write_model",
    "write_vectors",
]
