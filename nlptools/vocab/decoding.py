"""Tokens and their ids -> readable text, of one line or of many at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from nlptools.errors import DataError, cut
from nlptools.text.linenumbers import LineNumbers
from nlptools.vocab.vocab import Vocab
from nlptools.vocab.wordpiece import CONTINUED, is_cjk, is_punctuation

_CJK_SIGNS = (
    "＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､\u3000、〃〈〉《》「」『』【】〔〕〖〗〘〙〚〛〜〝〞〟"
    "〰〾〿–—‘’‛“”„‟…‧﹏﹑﹔·！？｡。"
)
_NO_SPACE_AFTER = re.compile(f"([{re.escape(_CJK_SIGNS + '+-/={(<[')}]) ")
_SHORT_FORM = re.compile("' (re|m|s|t|ve|d|ll) ")
_DECIMAL = re.compile(r"([0-9]\.) ([0-9])")
_PLAIN = re.compile(r"[0-9 \t\n]*")
_DIGITS = 9  # of the largest number that is looked at


def join_tokens(tokens: Iterable[str]) -> str:
    """Tokens as readable text (bert4keras' decode).

    >>> join_tokens(["[CLS]", "天气", "so", "nice", "##ly", "!", "[SEP]"])
    '天气so nicely!'
    """
    text = ""
    for token in tokens:
        written, spaced = _written(token)
        text += written if not spaced or (text and is_cjk(text[-1])) else " " + written
    return _tidied(text).strip()


def _written(token: str) -> tuple[str, bool]:
    """(what a token adds to the text, whether a space goes before it where no Han character stands)."""
    if token.startswith("[") and token.endswith("]"):
        return "", False
    if token.startswith(CONTINUED):
        return token[len(CONTINUED) :], False
    if len(token) == 1 and is_cjk(token):
        return token, False
    if len(token) == 1 and is_punctuation(token):
        return token + " ", False
    return token, True


def _tidied(text: str) -> str:
    """Text without the spaces that nobody writes; none of this goes across a line end."""
    text = re.sub(" +", " ", text)
    text = _SHORT_FORM.sub(r"'\1 ", text)
    text = _NO_SPACE_AFTER.sub(r"\1", text)
    return _DECIMAL.sub(r"\1\2", text)


class LineDecoder:
    """Decodes lines of ids, thousands at a time: a call of join_tokens for each takes ten times as long."""

    def __init__(self, vocab: Vocab) -> None:
        self._size = size = len(vocab)
        rows = [_written(token) for token in vocab.tokens]
        texts = [text for text, _ in rows]
        self._spaced = np.array([spaced for _, spaced in rows], bool)
        self._empty = np.array([not text for text in texts], bool)
        self._han_at_end = np.array([bool(text) and is_cjk(text[-1]) for text in texts], bool)
        self._line_end = 2 * size
        self._table = np.array([*texts, *(" " + text for text in texts), "\n"], object)

    def decode(self, text: str, source: str, numbers: LineNumbers) -> str:
        """Lines of readable text for whole lines of ids. numbers: of the lines in their source, for errors.

        Raises DataError for what is no id of the vocabulary.
        """
        if _PLAIN.fullmatch(text):
            ids, lines = _parsed(text)
        else:  # other white space, or what is no number
            rows = [self._ids(row, source, numbers[i]) for i, row in enumerate(_rows(text))]
            ids = np.array([i for row in rows for i in row], np.int64)
            lines = np.repeat(np.arange(len(rows)), list(map(len, rows)))
        wrong = np.flatnonzero((ids < 0) | (ids >= self._size))
        if len(wrong):
            line = int(lines[wrong[0]])
            self._ids(_rows(text)[line], source, numbers[line])
        kept = ~self._empty[ids]
        ids, lines = ids[kept], lines[kept]
        after_han = np.zeros(len(ids), bool)
        after_han[1:] = self._han_at_end[ids[:-1]] & (lines[1:] == lines[:-1])
        ids = ids + self._size * (self._spaced[ids] & ~after_han)
        ends = np.searchsorted(lines, np.arange(text.count("\n")), side="right")
        made = "".join(self._table[np.insert(ids, ends, self._line_end)].tolist())
        return "\n".join(map(str.strip, _tidied(made).split("\n")))

    def _ids(self, row: str, source: str, number: int) -> Sequence[int]:
        ids = []
        for word in row.split():
            good = word.isascii() and word.isdigit() and len(word) <= _DIGITS
            if not good or int(word) >= self._size:
                hint = f"the vocabulary has the ids 0 to {self._size - 1}"
                raise DataError(source, number, f"no id: {cut(word)}", hint)
            ids.append(int(word))
        return ids


def _rows(text: str) -> list[str]:
    return text.split("\n")[:-1]


def _parsed(text: str) -> tuple[np.ndarray, np.ndarray]:
    """(numbers, line of each) of a text of digits, blanks and line ends; -1 for one with too many digits."""
    codes = np.frombuffer(text.encode("ascii"), np.uint8)
    digit = codes >= ord("0")
    edges = np.flatnonzero(np.diff(digit, prepend=False))  # the text ends with a line end
    starts, stops = edges[::2], edges[1::2]
    sizes = stops - starts
    values = np.zeros(len(starts), np.int64)
    for place in range(min(int(sizes.max(initial=0)), _DIGITS)):
        more = sizes > place
        values[more] = 10 * values[more] + codes[starts[more] + place] - ord("0")
    values[sizes > _DIGITS] = -1
    return values, np.searchsorted(np.flatnonzero(codes == ord("\n")), starts)
