"""Words with counts + a base vocabulary or none -> a new vocabulary, and the map from the base to it (kexue.fm 7758)."""

from __future__ import annotations

import os
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from nlptools.base.outputs import whole_file
from nlptools.errors import DataError, NlptoolsError
from nlptools.lattice.exact import LONGEST
from nlptools.segmentation.jieba import OUTSIDE
from nlptools.segmentation.segmenter import Segmenter
from nlptools.segmentation.tokens import Cutter
from nlptools.text.corpus import CorpusLike, as_corpus
from nlptools.text.wordlists import merge_words
from nlptools.vocab.map import VocabMap
from nlptools.vocab.redundancy import best_splits
from nlptools.vocab.tokenizer import WordTokenizer
from nlptools.vocab.unigram import UNKNOWN_PENALTY, score_words
from nlptools.vocab.vocab import SPECIALS, Vocab, as_vocab, is_redundant, stem
from nlptools.vocab.wordcount import CorpusWords, class_bits, count_corpus, fold_words
from nlptools.vocab.wordpiece import CJK, CONTINUED, DROP, OTHER, PUNCTUATION, SPACE

MIN_COUNT = 5  # of the words of a corpus, which nobody chose
# Unicode 6.1 (2012) made punctuation of these two. bert4keras reduced BERT's vocabulary under Python 2.7, with
# Unicode 5.2, and so kept `##§`; with it all ids are those of the released WoBERT. Neither is in a Chinese text
# often enough for the row to matter. tests/vocab/test_build.py compares the whole file.
_SIGNS_LATER = str.maketrans("§¶", "xx")
# What a vocabulary without a base has of signs: those of Chinese text, in full width and half.
_SIGNS = "、。〃〈〉《》「」『』【】〔〕〖〗！（），．：；？“”‘’—…·・～￥％＋－＝／"

# Why a word is refused; the first reason that holds.
EMPTY = "nothing is left when accents are taken off"
BLANK = "white space inside"
CONTROL = "a character that is left out of every text"
MARKED = f"begins with {CONTINUED}, the mark of pieces inside words"
SPECIAL = "in brackets, as special tokens are"
LONG = f"longer than {LONGEST} characters"
SIGN = "a sign at which every text is cut"


@dataclass(frozen=True)
class VocabBuild:
    """A vocabulary and where its tokens come from: first those of the base, then characters, then words.

    keep: int64, the ids in the base of the tokens that come from it. characters, words: the tokens added, in
    order. map: None where there is no base. weights: count of each token that has one. refused: word -> reason.
    folded, merged: words that folding changed, or made equal to another. known: words the base has. rare: words
    below min_count; long: above max_length; beyond: for which there was no room; redundant: words that pruning dropped, in order; mixed:
    words of Han and other characters, which only jieba finds in a text. counted: what make_vocab found in the corpus.
    """

    vocab: Vocab
    base: Vocab | None
    keep: np.ndarray
    characters: tuple[str, ...]
    words: tuple[str, ...]
    map: VocabMap | None
    weights: dict[str, float]
    lower: bool
    refused: dict[str, str] = field(default_factory=dict)
    redundant: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    folded: int = 0
    merged: int = 0
    known: int = 0
    rare: int = 0
    long: int = 0
    beyond: int = 0
    counted: CorpusWords | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.vocab)

    def __repr__(self) -> str:
        kept, more = len(self.keep), len(self.characters)
        return f"VocabBuild({len(self):,} tokens: {kept:,} kept, {more:,} characters, {len(self.words):,} words)"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write vocab.txt; the file appears when it is complete."""
        with whole_file(path) as stream:
            stream.write("".join(self.vocab.lines()).encode("utf-8"))

    def weight_lines(self) -> Iterator[str]:
        """A table for the unigram model of the tokenizer: word and count, in the order of the ids."""
        yield "word\tcount\n"
        for token, count in self.weights.items():
            yield f"{token}\t{int(count) if count == int(count) else f'{count:.3f}'}\n"


def build_vocab(
    listed: Mapping[str, float | None] | None = None,
    base: Vocab | None = None,
    corpus: CorpusWords | None = None,
    *,
    keep_base: bool = False,
    words: int | None = None,
    size: int | None = None,
    coverage: float | None = None,
    prune: bool = False,
    min_count: int | None = None,
    max_length: int | None = None,
    lower: bool = True,
) -> VocabBuild:
    """The tokens of a base, then words by decreasing count; words of equal count, or of none, in the order given.

    listed: words with their counts (wordlists.read_weighted_words); None: those that count_corpus found in the
    corpus, by default from MIN_COUNT occurrences. base: reduced as WoBERT's was: special tokens first, what
    BERT's rules never make left out; None: a vocabulary from nothing, with signs, letters and the characters
    of the words. corpus: see wordcount.count_corpus.
    keep_base: leave the base as it is. words: how many to add; size: how many tokens in all; neither: all words.
    coverage: add the most frequent characters of the corpus, so that the vocabulary has this share of it.
    prune: leave out words that the others spell as well (redundancy.py). min_count, max_length: of words; a
    word without a count stays. lower: fold case and accents, as the tokenizer will.

    Raises ValueError for arguments that clash, DataError for a base without [UNK], NlptoolsError where
    `size` has no room for the base.
    """
    _check(words, size, coverage, corpus)
    rarer = 0
    if listed is None:
        if corpus is None:
            raise ValueError("neither words nor a corpus to take them from")
        listed = corpus.counted()
        min_count = least_count(min_count)
        rarer = corpus.rarer
        if corpus.least > min_count:
            raise ValueError(f"words below {corpus.least} are left out of the corpus already")
    kept = np.empty(0, np.int64)
    if base is not None:
        _ = base.unknown  # raises where there is none
        kept = np.arange(len(base)) if keep_base else reduced_ids(base)
        tokens = [base.tokens[i] for i in kept.tolist()]
    else:
        tokens = list(_plain_tokens(lower))
    good = _Candidates(listed, min_count, max_length, lower)
    have = set(tokens)
    known = sum(word in have for word in good.counts)
    dropped: tuple[str, ...] = ()
    if prune:
        found = redundant_words(good.counts, tokens)
        dropped = tuple(word for word in good.counts if word in found and word not in have)
    characters = _covering(corpus.characters, coverage, have) if corpus and coverage else []
    have.update(characters)
    room = None if size is None else size - len(tokens) - len(characters)
    if room is not None and room < 0:
        raise NlptoolsError(
            f"no room for words: {len(tokens) + len(characters):,} tokens are there before them, the size is {size:,}",
            "give a larger --size, or --words N",
        )
    left_out = set(dropped)
    candidates = [word for word in good.counts if word not in left_out and word not in have]
    if base is None:
        more, chosen = _with_characters(candidates, have, words, room)
        characters += more
    else:
        most = [number for number in (words, room) if number is not None]
        chosen = candidates[: min(most)] if most else candidates
    vocab = Vocab((*tokens, *characters, *chosen), base.source if base else "vocab")
    weights = {t: c for t in vocab.ids if (c := good.counts.get(t)) is not None}
    return VocabBuild(
        vocab,
        base,
        kept,
        tuple(characters),
        tuple(chosen),
        _map(base, kept, [*characters, *chosen]) if base is not None else None,
        weights,
        lower,
        good.refused,
        dropped,
        tuple(word for word in chosen if not _one_kind(word)),
        good.folded,
        good.merged,
        known,
        good.rare + rarer,
        good.long,
        len(candidates) - sum(word in vocab.ids for word in candidates),
    )


def make_vocab(
    listed: str
    | os.PathLike[str]
    | Sequence[str | os.PathLike[str]]
    | Mapping[str, float | None] = (),
    *,
    base: Vocab | str | os.PathLike[str] | None = None,
    corpus: CorpusLike | CorpusWords | None = None,
    model: str | os.PathLike[str] | Cutter | None = None,
    keep_base: bool = False,
    words: int | None = None,
    size: int | None = None,
    coverage: float | None = None,
    prune: bool = False,
    min_count: int | None = None,
    max_length: int | None = None,
    lower: bool = True,
    workers: int | None = None,
) -> VocabBuild:
    """A vocabulary from word lists or a corpus, on top of a base or from nothing.

    listed: word lists, or words with their counts; of several lists the first count of a word is taken. base: a Vocab, or
    its vocab.txt. corpus: its characters, and its words where nothing is listed, as `model` cuts it (a segmenter, a model
    or a word list; None: the general model), or what was counted of it already. workers: threads; they change no result.
    keep_base: leave the base as it is, else it is reduced as WoBERT's was. words: how many to add; size: how many
    tokens in all; neither: all words. coverage: add the most frequent characters of the corpus, so that the vocabulary
    has this share of it. prune: leave out words that the others spell as well. min_count, max_length: of words; a word
    without a count stays. lower: fold case and accents, as the tokenizer will.
    Raises ValueError for arguments that clash, DataError for a base without [UNK] and a corpus without words,
    NlptoolsError where `size` has no room for the base.
    """
    known = None if base is None else as_vocab(base)
    if known is not None:
        _ = known.unknown  # what is wrong with it is said before the corpus is read
    given = (
        dict(listed)
        if isinstance(listed, Mapping)
        else merge_words([listed] if isinstance(listed, str | os.PathLike) else listed)
    )
    counted = corpus if isinstance(corpus, CorpusWords) else None
    if corpus is not None and not isinstance(corpus, CorpusWords):
        text = as_corpus(corpus)
        cutter = None
        if not given:
            cutter = model if isinstance(model, Cutter) else Segmenter.load(model)
        counted = count_corpus(text, cutter, lower=lower, workers=workers)
        if not given:
            check_words(counted, text.name)
    made = build_vocab(
        given or None,
        known,
        counted,
        keep_base=keep_base,
        words=words,
        size=size,
        coverage=coverage,
        prune=prune,
        min_count=min_count,
        max_length=max_length,
        lower=lower,
    )
    return replace(made, counted=counted)


def least_count(min_count: int | None) -> int:
    """Occurrences that a word of a corpus has to have."""
    return MIN_COUNT if min_count is None else min_count


def check_words(counted: CorpusWords, name: str) -> None:
    """DataError for a corpus, called `name`, that has no word."""
    if not counted.words and not counted.rarer:
        raise DataError(name, None, "no words", "it has no Han characters, no letters")


def _check(
    words: int | None, size: int | None, coverage: float | None, corpus: CorpusWords | None
) -> None:
    if words is not None and size is not None:
        raise ValueError("words and size exclude each other")
    if (words or 0) < 0 or (size is not None and size < 1):
        raise ValueError("words and size count tokens")
    if coverage is not None and not 0 < coverage <= 1:
        raise ValueError(f"coverage must be above 0 and at most 1, not {coverage}")
    if coverage is not None and corpus is None:
        raise ValueError("coverage is that of a corpus: give one")


# --- the base --------------------------------------------------------------------------------


def reduced_ids(base: Vocab) -> np.ndarray:
    """Ids of the tokens that a reduced base keeps, int64: the five special tokens that it has, then all others
    that BERT's rules can make (vocab.is_redundant). Of equal tokens the one whose id the tokenizer gives;
    no empty token.
    """
    ids = [base.ids[token] for token in SPECIALS if token in base.ids]
    for number, token in enumerate(base.tokens):
        own = base.ids.get(token) == number and token not in SPECIALS
        if own and not is_redundant(token.translate(_SIGNS_LATER)):
            ids.append(number)
    return np.array(ids, np.int64)


def _plain_tokens(lower: bool) -> Iterator[str]:
    """What any vocabulary has: special tokens, ASCII, the signs of Chinese text."""
    yield from SPECIALS
    letters = string.ascii_lowercase if lower else string.ascii_letters
    signs = [c for c in map(chr, range(33, 127)) if not c.isalnum()]
    for character in [*signs, *string.digits, *letters, *_SIGNS]:
        yield from _forms(character)


def _forms(character: str) -> list[str]:
    """The tokens without which a character can be unknown: inside a word it is a piece that goes on."""
    inside = class_bits([character])[0] == 1 << OTHER
    return [character, CONTINUED + character] if inside else [character]


# --- words -----------------------------------------------------------------------------------


class _Candidates:
    """Words that a vocabulary can have, best first: `counts`; and what became of the others."""

    def __init__(
        self,
        listed: Mapping[str, float | None],
        min_count: int | None,
        max_length: int | None,
        lower: bool,
    ) -> None:
        self.refused: dict[str, str] = {}
        self.folded = self.rare = self.long = 0
        given = [word for word in listed if "\n" not in word and "\r" not in word]
        self.refused.update((word, BLANK) for word in listed if "\n" in word or "\r" in word)
        forms = fold_words(given) if lower else given
        bits = class_bits(forms)
        merged: dict[str, float | None] = {}
        bad = 1 << SPACE | 1 << DROP | 1 << PUNCTUATION
        for word, form, kinds in zip(given, forms, bits.tolist(), strict=True):
            if kinds & bad or not kinds or len(form) > LONGEST or form.startswith(CONTINUED):
                why = _refusal(form, kinds)
                if why is not None:
                    self.refused[word] = why
                    continue
            self.folded += form != word
            count = listed[word]
            before = merged.get(form)
            merged[form] = count if before is None else before + (count or 0.0)
        self.merged = len(listed) - len(self.refused) - len(merged)
        best = sorted(merged.items(), key=lambda item: -(item[1] or 0.0))
        self.counts: dict[str, float | None] = {}
        for word, count in best:
            if max_length is not None and len(word) > max_length:
                self.long += 1
            elif min_count is not None and count is not None and count < min_count:
                self.rare += 1
            else:
                self.counts[word] = count


def _refusal(word: str, kinds: int) -> str | None:
    """Why no text can have the word as a token; None: one can."""
    if not kinds:
        return EMPTY
    if kinds & 1 << SPACE:
        return BLANK
    if kinds & 1 << DROP:
        return CONTROL
    if len(word) > LONGEST:
        return LONG
    if word.startswith(CONTINUED):
        return MARKED
    if word.startswith("[") and word.endswith("]") and len(word) > 1:
        return SPECIAL
    # jieba keeps some signs inside words; BERT's rules and our own model cut at all of them.
    if kinds & 1 << PUNCTUATION and len(word) > 1 and OUTSIDE.search(word):
        return SIGN
    return None


def _one_kind(word: str) -> bool:
    """Whether it is Han alone, or has none and no sign."""
    return len(word) == 1 or int(class_bits([word])[0]) in (1 << CJK, 1 << OTHER)


def redundant_words(counts: Mapping[str, float | None], others: Iterable[str] = ()) -> set[str]:
    """The Han words that a unigram model of all of them would rather split: score(split) >= score(word).

    The model is that of the tokenizer (unigram.score_words), by the counts, or by order where there are
    none. others: tokens that are there anyhow. Scores are logarithms of probabilities, so the parts of such a
    split are at least as probable as the word: they come before it, and where one of them is
    redundant too its own parts do as well. So dropping all at once leaves no word without its split.
    """
    vocab = Vocab(tuple(dict.fromkeys([*counts, *others])))
    scored = score_words(vocab, counts if any(counts.values()) else None)
    spelled = [vocab.tokens[i] for i in scored]
    scores = np.array(list(scored.values()))
    found = best_splits(spelled, scores, float(scores.min(initial=0.0)) - UNKNOWN_PENALTY)
    return {spelled[i] for i in np.flatnonzero(found.scores >= scores).tolist()}


def _covering(counts: np.ndarray, coverage: float, have: set[str]) -> list[str]:
    """The tokens lacking of the fewest characters that make up the share; of equal counts by code point."""
    seen = np.flatnonzero(counts)
    seen = seen[np.argsort(-counts[seen], kind="stable")]
    share = np.cumsum(counts[seen])
    needed = int(np.searchsorted(share, coverage * float(share[-1] if len(share) else 0))) + 1
    tokens = [token for code in seen[:needed].tolist() for token in _forms(chr(code))]
    return [token for token in tokens if token not in have]


def _with_characters(
    candidates: Sequence[str], have: set[str], words: int | None, room: int | None
) -> tuple[list[str], list[str]]:
    """(characters, words) of a vocabulary from nothing: each word with what it is spelled with, as far as they fit."""
    have = set(have)
    characters: list[str] = []
    chosen: list[str] = []
    for word in candidates:
        if words is not None and len(chosen) >= words:
            break
        if len(characters) + len(chosen) == room:
            break
        new = [t for c in dict.fromkeys(word) for t in _forms(c) if t not in have]
        cost = len(new) + (len(word) > 1)
        if room is not None and len(characters) + len(chosen) + cost > room:
            continue  # a word of characters that are there may still fit
        have.update(new)
        characters += new
        if len(word) > 1:
            chosen.append(word)
    return characters, chosen


# --- the map ---------------------------------------------------------------------------------


def _map(base: Vocab, keep: np.ndarray, added: Sequence[str]) -> VocabMap:
    """Pieces of the added tokens: what BERT's rules make of them with the tokens that are kept."""
    tokens = tuple(base.tokens[i] for i in keep.tolist())
    spelled = [stem(token) for token in added]
    encoded = WordTokenizer(Vocab(tokens, base.source), pre="none", lower=False).encode(
        "\n".join(spelled)
    )
    lengths = np.fromiter(map(len, spelled), np.int64, len(spelled))
    starts = np.cumsum(lengths + 1) - lengths - 1
    offsets = np.append(np.searchsorted(encoded.starts, starts), len(encoded))
    return VocabMap(
        len(base), base.unknown, keep, encoded.ids.astype(np.int64), offsets, tuple(added)
    )


def count_reasons(refused: Mapping[str, str]) -> dict[str, list[str]]:
    """Reason -> its words, the frequent reasons first."""
    number = Counter(refused.values())
    found: dict[str, list[str]] = {why: [] for why, _ in number.most_common()}
    for word, why in refused.items():
        found[why].append(word)
    return found
