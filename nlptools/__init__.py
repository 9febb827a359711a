"""Chinese text tools: raw text in; new words, a segmenter, n-gram counts and scores out.

Every command is a function here, by the same name and with the same keywords; a command of a group has both words
(`nlptools lm train` is lm_train). Beside them are the classes and readers that they take and give. All is loaded when
it is first asked for, so that `import nlptools` costs nothing.
"""

__version__ = "0.2.0.dev0"

# Name -> where it is defined: "module:name". __init__.pyi says the same for type checkers, and a test compares them.
_HOMES = {
    # commands
    "compare": "review.compare:compare_corpora",
    "contexts": "review.contexts:words_in_context",
    "convert": "wordmodel.model:convert_model",
    "count": "ngrams.count:count_ngrams",
    "dim": "vocab.dimension:bounds_of",
    "discover": "discovery.discover:discover_words",
    "evaluate": "segmentation.evaluate:evaluate_segmentation",
    "explain": "review.explain:explain_words",
    "export": "review.export:export_words",
    "lm_convert": "lm.files:convert_lm",
    "lm_filter": "lm.filter:filter_documents",
    "lm_score": "lm.stream:score_text",
    "lm_train": "lm.train:learn_lm",
    "merge": "ngrams.merge:merge_files",
    "report": "review.report:report_words",
    "segment": "segmentation.segmenter:segment_text",
    "tokenize": "vocab.tokenizer:tokenize",
    "train": "wordmodel.train:train_model",
    "vectors_check": "vectors.check:check_vectors",
    "vectors_compare": "vectors.compare:compare_vectors",
    "vectors_project": "vectors.projection:project_vectors",
    "vectors_whiten": "vectors.whitening:whiten_vectors",
    "vocab_build": "vocab.build:make_vocab",
    "vocab_export": "subwords.export:exported_files",
    "vocab_extend": "subwords.extend:extend_tokenizer",
    "vocab_init_embeddings": "vocab.embeddings:init_embeddings",
    "vocab_measure": "subwords.measure:measure_tokenizers",
    # what they take and give
    "Bounds": "vectors.dimension:Bounds",
    "Comparison": "review.compare:Comparison",
    "Corpus": "text.corpus:Corpus",
    "DataError": "errors:DataError",
    "EmbeddingReport": "vocab.embeddings:EmbeddingReport",
    "Evaluation": "segmentation.evaluate:Evaluation",
    "ExplainedWord": "review.explain:ExplainedWord",
    "Export": "review.export:Export",
    "Extension": "subwords.extension:Extension",
    "FilteredCorpus": "lm.filter:FilteredCorpus",
    "LanguageModel": "lm.model:LanguageModel",
    "NgramCounts": "ngrams.counts:NgramCounts",
    "NgramModel": "lm.trie:NgramModel",
    "NlptoolsError": "errors:NlptoolsError",
    "Page": "review.report:Page",
    "Projected": "vectors.projection:Projected",
    "ScoredText": "lm.stream:ScoredText",
    "Segmenter": "segmentation.segmenter:Segmenter",
    "TagCutter": "segmentation.tagger:TagCutter",
    "TokenizerMeasures": "subwords.measure:TokenizerMeasures",
    "VectorCheck": "vectors.check:VectorCheck",
    "VectorComparison": "vectors.compare:VectorComparison",
    "Vectors": "vectors.vectors:Vectors",
    "Vocab": "vocab.vocab:Vocab",
    "VocabBuild": "vocab.build:VocabBuild",
    "Whitened": "vectors.whitening:Whitened",
    "Whitening": "vectors.whitening:Whitening",
    "WordModel": "wordmodel.model:WordModel",
    "WordTable": "discovery.table:WordTable",
    "WordsInContext": "review.contexts:WordsInContext",
    "WordTokenizer": "vocab.tokenizer:WordTokenizer",
    # readers and writers
    "adapt_model": "wordmodel.adapt:adapt_model",
    "general_model": "wordmodel.model:general_model",
    "load_counts": "ngrams.counts:load_counts",
    "load_model": "wordmodel.model:load_model",
    "load_vocab": "vocab.vocab:load_vocab",
    "open_cutter": "segmentation.methods:open_cutter",
    "open_lm": "lm.files:open_lm",
    "raw_model": "wordmodel.model:raw_model",
    "read_rows": "text.wordlists:read_rows",
    "read_vectors": "vectors.files:read_vectors",
    "read_weighted_words": "text.wordlists:read_weighted_words",
    "read_words": "text.wordlists:read_words",
    "token_bytes": "subwords.tokenbytes:token_bytes",
    "write_model": "lm.files:write_model",
    "write_vectors": "vectors.files:write_vectors",
    # text and records piece by piece, for what does not fit into memory
    "filter_documents": "lm.filter:filter_documents",
    "score_corpus": "lm.stream:score_corpus",
    "score_records": "lm.records:score_records",
    "segment_corpus": "segmentation.stream:segment_corpus",
    "segment_records": "segmentation.records:segment_records",
    "split_symbols": "ngrams.symbols:split_symbols",
    "tokenize_corpus": "vocab.stream:tokenize_corpus",
    "tokenize_records": "vocab.records:tokenize_records",
    "write_ids": "vocab.idfiles:write_ids",
}

__all__ = sorted(["__version__", *_HOMES])


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'nlptools' has no attribute {name!r}")
    from importlib import (
        import_module,
    )  # half of the time of `import nlptools`, if it stood at the top

    module, _, own = _HOMES[name].partition(":")
    found = getattr(import_module(f"nlptools.{module}"), own)
    globals()[name] = found  # the next look-up finds it at once
    return found


def __dir__() -> list[str]:
    return __all__
