"""Words and a base vocabulary -> a vocabulary, the tokens of text, the embeddings of a model.

In: word lists, vocab.txt, `Corpus`, checkpoints. Out: `Vocab`, tokens and ids, tokenizer.json, grown embeddings.
Read: vocab, wordpiece, unigram, decoding, pieces, tokenizer, longlines, stream, records, idfiles; huggingface, expressions, charsmap, sentencepiece, modelproto; wordtally, wordcount, redundancy,
map, build, report; embeddings, tokentensors, recipes, focus, newrows, modelfolder;
dimension.
"""
