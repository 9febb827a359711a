"""tokenizer.json of a language model, words or a corpus -> the same tokenizer with new tokens, and the map of its rows.

Text without new tokens has the ids it had; every word that is added is one token (additions.py). The pieces are those of
Hugging Face's own library, which also checks what was made.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nlptools.errors import DataError, NlptoolsError
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.stream import segment_corpus
from nlptools.subwords.additions import Joint, check_base, with_words
from nlptools.subwords.checking import MISSED, TextCheck, check_ids, check_text, check_words
from nlptools.subwords.choosing import AddedWord, choose_words, look_at
from nlptools.subwords.extension import Extension
from nlptools.subwords.insidewords import count_inside
from nlptools.subwords.joints import learn_joints
from nlptools.subwords.pieces import JsonEncoder
from nlptools.subwords.tokenizerjson import TokenizerJson, read_tokenizer_json
from nlptools.text import chars
from nlptools.text.corpus import Corpus, CorpusLike, as_corpus
from nlptools.vocab.map import VocabMap

WAYS = ("words", "merges", "both")
MIN_SAVING = 10.0
# Characters that are encoded at once: the library holds some 200 bytes for each token.
_BATCH = 1 << 17


def extend_tokenizer(
    base: str | os.PathLike[str],
    words: Mapping[str, float | None] | Sequence[str] | None = None,
    *,
    add: int,
    by: str = "words",
    corpus: CorpusLike | None = None,
    check: Sequence[CorpusLike] = (),
    model: str | os.PathLike[str] | None = None,
    min_saving: float = MIN_SAVING,
    workers: int | None = None,
) -> Extension:
    """The tokenizer of a language model with up to `add` new tokens; nothing is written.

    base: a tokenizer.json, or a folder with one: byte-level BPE (GPT-2, Llama 3, Qwen), SentencePiece's BPE (Llama 2,
    Gemma), Unigram. words: with counts or without; None: those that the segmenter finds in the corpus. by: "words",
    by the tokens they save; "merges", the next merges of BPE, learnt inside the words of the corpus (or of the
    list, by its counts); "both", what saves most of either. corpus: where the savings are counted, instead of the counts
    of the words; it is read several times. check: texts that nothing is learnt from, for Extension.checks. model: what cuts
    the corpus into words, as Segmenter.load; with the words, if there are any. min_saving: tokens that a new one must
    save, in the corpus or by the counts of the list. workers: threads that cut the corpus; they change no result.

    Raises ValueError for another `by`, for neither words nor a corpus, and for merges of a Unigram model; DataError
    for a file that is no tokenizer, one that cannot be extended, or a corpus that can be read only once; NlptoolsError where
    the library tokenizers is missing.
    """
    if by not in WAYS:
        raise ValueError(f"by must be one of {', '.join(WAYS)}, not {by!r}")
    if words is None and corpus is None:
        raise ValueError("give words, or a corpus")
    if add < 1:
        raise ValueError("add must be at least 1")
    file = read_tokenizer_json(base)
    check_base(file)
    if by != "words" and file.kind != "BPE":
        raise ValueError(f"{file.path}: merges are for BPE, this is {file.kind}: by words")
    maker = _Maker(file, JsonEncoder(file), add, min_saving)
    if corpus is not None:
        maker.learn_from(as_corpus(corpus), Segmenter.load(model), words, workers)
    else:
        assert words is not None
        maker.counts = _counts(words)
    made = maker.make(by)
    texts = [] if corpus is None else [as_corpus(corpus)]
    texts += [as_corpus(text) for text in check]
    return replace(made, checks=tuple(maker.checked(made, text) for text in texts))


def _counts(words: Mapping[str, float | None] | Sequence[str]) -> dict[str, float | None]:
    if isinstance(words, Mapping):
        return dict(words)
    return dict.fromkeys(words)


@dataclass
class _Maker:
    """What is known of the words and the corpus while the tokenizer is made."""

    file: TokenizerJson
    encoder: JsonEncoder
    add: int
    least: float
    counts: dict[str, float | None] = field(default_factory=dict)
    corpus: Corpus | None = None
    cutter: Segmenter | None = None
    grown: JsonEncoder | None = None

    def learn_from(
        self,
        corpus: Corpus,
        cutter: Segmenter,
        words: Mapping[str, float | None] | Sequence[str] | None,
        workers: int | None,
    ) -> None:
        """Take the words of the corpus, or find those that are given in it."""
        if not corpus.rereadable:
            hint = "it is read several times: give a file"
            raise DataError(corpus.name, None, "can be read only once", hint)
        self.corpus = corpus
        if words is None:
            self.cutter = cutter
            self.counts = dict(_words_of(corpus, cutter, workers, self.least))
            return
        self.counts = _counts(words)
        self.cutter = cutter.with_words(self.counts) if self.counts else cutter

    def texts(self) -> Iterator[Sequence[str]]:
        """The lines of the corpus, some at a time."""
        assert self.corpus is not None
        return (batch.texts for batch in self.corpus.documents(_BATCH) if batch.texts)

    # --- what is added -------------------------------------------------------------------------

    def make(self, by: str) -> Extension:
        """Choose the words, learn the merges, and put them into the tokenizer."""
        words: list[AddedWord] = look_at(self.counts, self.encoder) if by != "merges" else []
        if by != "merges":
            words = self._chosen(words, self.add)
        if by == "words":
            return self._made(words, [])
        joints = self._learnt(words)
        if by == "both":
            most = sorted((one.saved for _, one in joints), reverse=True)
            words = self._chosen(words, _share(words, most, self.add))
            joints = self._learnt(words)
        return self._made(words, joints[: self.add - sum(not word.reason for word in words)])

    def _chosen(self, words: Sequence[AddedWord], number: int) -> list[AddedWord]:
        """Words that the library makes one token of, in whatever text."""
        texts = None if self.corpus is None else self.texts
        bad: set[str] = set()
        while True:
            words = [replace(w, reason=MISSED if w.word in bad else w.reason) for w in words]
            words = [replace(w, reason="") if w.reason in _WORTH else w for w in words]
            words = choose_words(words, number, self.encoder, least=self.least, texts=texts)
            chosen = [word.word for word in words if not word.reason]
            bad = check_words(self._grown(chosen, []), chosen, self.file.size)
            if not bad:
                return list(words)

    def _grown(self, words: Sequence[str], joints: Sequence[Joint]) -> JsonEncoder:
        contents = with_words(self.file, words, joints)
        return JsonEncoder(TokenizerJson(self.file.path, contents))

    def _learnt(self, words: Sequence[AddedWord]) -> list[tuple[Joint, AddedWord]]:
        """The next merges, with single characters that the base has only as bytes, the best first."""
        chosen = [word.word for word in words if not word.reason]
        characters = self._characters(chosen)
        encoder = self._grown(chosen, [Joint(one.word) for one in characters])
        counted: Counter[tuple[int, ...]] = Counter()
        if self.corpus is None:
            for word in look_at(self.counts, encoder):
                if len(word.pieces) > 1 and word.word not in chosen:
                    counted[word.pieces] += 1 if np.isnan(word.count) else round(word.count)
        else:
            assert self.cutter is not None
            whole = range(self.file.size, self.file.size + len(chosen))
            for batch in self.texts():
                count_inside(batch, encoder, self.cutter, whole, counted)
        return learn_joints(
            self.file, encoder, chosen, characters, counted, self.add, max(1, round(self.least))
        )

    def _characters(self, chosen: Sequence[str]) -> list[AddedWord]:
        """Chinese characters that SentencePiece's BPE falls back to bytes for, and what a token for each saves."""
        if self.file.byte_level or not self.file.model.get("byte_fallback"):
            return []
        counts: Counter[str] = Counter()
        if self.corpus is None:
            for word, count in self.counts.items():
                if word not in chosen:
                    counts.update(dict.fromkeys(set(word), round(count or 1)))
        else:
            for batch in self.texts():
                codes, times = np.unique(chars.code_points("".join(batch)), return_counts=True)
                counts.update(dict(zip(map(chr, codes.tolist()), times.tolist(), strict=True)))
        some = {c: n for c, n in counts.items() if chars.is_han(c) and c not in self.file.tokens}
        found = [word for word in look_at(some, self.encoder) if not word.reason]
        return sorted(
            (one for one in found if one.saved >= self.least),
            key=lambda one: (-one.saved, one.word),
        )[: self.add]

    def _made(
        self, words: Sequence[AddedWord], joints: Sequence[tuple[Joint, AddedWord]]
    ) -> Extension:
        """The words get the first ids, what the model has the others; all are checked."""
        first = self.file.size
        chosen = [word.word for word in words if not word.reason]
        ids = {word: first + number for number, word in enumerate(chosen)}
        words = [replace(word, id=ids.get(word.word)) for word in words]
        start = first + len(chosen)
        merges = [replace(one, id=start + n) for n, (_, one) in enumerate(joints)]
        if not chosen and not merges:
            raise _nothing(words)
        contents = with_words(self.file, chosen, [joint for joint, _ in joints])
        self.grown = JsonEncoder(TokenizerJson(self.file.path, contents))
        check_ids(self.file, self.grown, chosen, [joint.token for joint, _ in joints])
        added = [word for word in words if word.id is not None] + merges
        lengths = [len(word.pieces) for word in added]
        unknown = self.encoder.unknown
        extends = VocabMap(
            self.file.size,
            None if unknown < 0 else unknown,
            np.arange(self.file.size),
            np.array([piece for word in added for piece in word.pieces], np.int64),
            np.cumsum([0, *lengths], dtype=np.int64),
            tuple(word.word for word in added),
            extends=True,
        )
        return Extension(self.file, contents, extends, tuple(words), tuple(merges), ())

    def checked(self, made: Extension, text: Corpus) -> TextCheck:
        """How a text is cut, before and after."""
        assert self.grown is not None
        batches = (batch.texts for batch in text.documents(_BATCH) if batch.texts)
        return check_text(text.name, batches, self.encoder, self.grown, made.map.words)


_HINT = "give more text, a longer list, or a smaller --min-saving"
# Reasons that other words, or another number, may change.
_WORTH = ("saves less than --min-saving", "others save more")


def _nothing(words: Sequence[AddedWord]) -> NlptoolsError:
    """Why there is no new token: what most of the words lack."""
    reasons = Counter(word.reason.partition(":")[0] for word in words)
    reason, number = reasons.most_common(1)[0] if reasons else ("", 0)
    if reason in ("", *_WORTH):
        return NlptoolsError("nothing is added: no word saves enough", _HINT)
    return NlptoolsError(f"nothing is added: {reason} ({number:,} of {len(words):,} words)")


def _words_of(
    corpus: Corpus, cutter: Segmenter, workers: int | None, least: float
) -> Iterator[tuple[str, float]]:
    """Words with Chinese characters, by decreasing count, those that can save enough."""
    counts: Counter[str] = Counter()
    for piece in segment_corpus(corpus, cutter, workers=workers):
        counts.update(piece.split())
    # A word of n characters has at most three or four pieces for each.
    for word, count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
        if count * 4 * len(word) >= least and len(word) > 1 and any(map(chars.is_han, word)):
            yield word, count


def _share(words: Sequence[AddedWord], merges: Sequence[float], number: int) -> int:
    """How many of `number` tokens are words, if those that save most of either are taken."""
    saved = sorted((word.saved for word in words if not word.reason), reverse=True)
    rows = sorted([(-s, 0) for s in saved if s == s] + [(-s, 1) for s in merges])
    unknown = sum(s != s for s in saved)
    return min(number, unknown + sum(not kind for _, kind in rows[: number - unknown]))
