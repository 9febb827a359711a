"""Rows of symbols around dots -> names of several parts, 卡莱尔·布朗: where they begin and end, how often they occur.

No blank says where a name begins in 记者卡莱尔·布朗说. Each occurrence is cut where the characters are rather those of
names than those of other text; what is cut so is a candidate, and all its occurrences are counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nlptools.discovery.surroundings import LEFT, RIGHT, DotRows, Surroundings
from nlptools.ngrams.neighbours import NeighbourPairs
from nlptools.ngrams.symbols import SymbolEncoder

# Characters that foreign names are written with, the most frequent first: those of the dotted names of the People's
# Daily of January 1998, of the SXU corpus and of a tenth of the MSR corpus that are more frequent in them than elsewhere
# and than beside them (主席, 军官).
NAME_CHARACTERS = (
    "尔斯克德拉阿特里马罗哈布姆夫卡尼萨利提吉瓦纳米雷弗托莱西格贝维伊巴奥科蒂亚比买伯威约达埃曼洛翰艾鲁默安迪兰塔普木"
    "穆诺赫金迈韦廉本谢顿希帕朗桑森沃派皮福立赛博恩劳库林盖伦玛美丽加勒基川旺查苏茨兹厄杜梅瑞凯娜扎杰沙法乔佩内孜波甘"
    "罕耶菲丹亨保卜史司热芭詹义晋索贾铁麦努华奇戴措易沛治登芬莫路逊都丁依嘉因图坦宾朱泰海珠莎让雅东久侯古塞施素肖舍赞"
    "邦霍齐乌冯列尤彼思戈敦柯汉温烈蒙赖佐切则唐圣士夏奖妮宁密彭扬旦根欧歇爱甫简绍舒那鼎仓卢叶吐吾察松汗汤泽牙珍琳琼申"
    "祖肯胡芙英莉贡鲍且什冬却坎奈奎娃尧庆康怀斐旭梦梭欣潘珀班肉茂莲豪赤钦锡隆雄露"
)
# A character is one of these with this probability, the one of rank r in proportion to 1 / (r + RANK); all others share
# the rest. Chosen on these corpora, with the list of one of them and the names of another.
LISTED, RANK, OTHERS = 0.95, 30, 5000
# Other text that is thought to stand beside the corpus, so many symbols of so many kinds, all as frequent: in a short
# text about one person the characters of the name are frequent everywhere.
ELSEWHERE, KINDS = 20_000, 3_000
# Shares of parts of one, two, ... symbols, and of all longer ones.
LENGTHS = (0.06, 0.33, 0.35, 0.17, 0.05, 0.025, 0.01, 0.005)
LONGEST_PART = len(LENGTHS)
WIDTH = LONGEST_PART + RIGHT
LONGEST_NAME = 30  # symbols, dots among them
MOST, MANY, FEW = 0.9, 0.6, 0.3  # of the occurrences of a name
LEAST_NATS = -4.0  # one character does not say more against a name
# Beside a dot these say nothing for or against a name, nor does REIGN behind them: 一二·九, 卡尔十六世·古斯塔夫.
NUMERALS, REIGN = "〇零一二三四五六七八九十", "世"
# A hyphen joins names whose two parts say no more against them than this, a character.
LEAST_JOINED = -1.0
_BUCKETS = 1 << 20
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def evidence(symbols: np.ndarray, texts: Sequence[str]) -> np.ndarray:
    """ln(probability in a name / probability elsewhere) of each symbol, float64. symbols: occurrences; texts: theirs."""
    ranks = {text: rank for rank, text in enumerate(NAME_CHARACTERS)}
    rank = np.array([ranks.get(text, -1) for text in texts], np.int64)
    weights = 1 / (np.arange(len(NAME_CHARACTERS)) + RANK)
    listed = np.append(LISTED * weights / weights.sum(), (1 - LISTED) / OTHERS)
    elsewhere = (symbols + ELSEWHERE / KINDS) / (symbols.sum() + ELSEWHERE)
    return np.log(listed[rank]) - np.log(elsewhere)


@dataclass(frozen=True)
class Characters:
    """What is known of symbols, by provisional id. nats: `evidence`; han, numeral: whether it is; reign: the id of REIGN;
    mark: whether it is the dot or the hyphen of names; hyphen: its id.
    """

    nats: np.ndarray
    han: np.ndarray
    numeral: np.ndarray
    reign: int
    mark: np.ndarray
    hyphen: int

    @staticmethod
    def of(
        encoder: SymbolEncoder, counts: np.ndarray, texts: Sequence[str], around: Surroundings
    ) -> Characters:
        """counts: occurrences of the symbols; texts: theirs."""
        nats, numeral = np.zeros(len(encoder)), np.zeros(len(encoder), bool)
        mark = np.zeros(len(encoder), bool)
        mark[[around.dot, around.hyphen]] = True
        ids = encoder.ids(texts)
        there = ids > 0  # an encoder of the rows alone has no others
        nats[ids[there]] = evidence(counts, texts)[there]
        numeral[ids[there]] = np.array([text in NUMERALS for text in texts], bool)[there]
        reign = next(
            (int(i) for i, text in zip(ids, texts, strict=True) if text == REIGN and i), -1
        )
        return Characters(nats, encoder.han(), numeral, reign, mark, around.hyphen)

    def beside(self, symbols: np.ndarray) -> np.ndarray:
        """Nats of the symbols beside dots, the next one first, shape (dots, symbols); 0 where they say nothing."""
        number = self.numeral[symbols]
        if symbols.shape[1] > 1:
            number[:, 0] |= (symbols[:, 0] == self.reign) & number[:, 1]
        return np.where(np.logical_and.accumulate(number, axis=1), 0.0, self.nats[symbols])


@dataclass(frozen=True)
class Names:
    """Names, aligned. spelling: provisional ids padded with 0; counts: occurrences; cut: those that were cut out so; nats:
    the mean over its symbols of how much rather they are those of names; left_entropy, right_entropy: nats.
    """

    spelling: np.ndarray
    counts: np.ndarray
    cut: np.ndarray
    nats: np.ndarray
    left_entropy: np.ndarray
    right_entropy: np.ndarray

    def __len__(self) -> int:
        return len(self.counts)


def find_names(rows: DotRows, known: Characters, least: int) -> Names:
    """The names that occur `least` times or more and are not mostly parts of one of the others.

    rows: Surroundings.dots; a hyphen among them is what a dot is.
    """
    cutter = _Cutter(rows, known, least)
    lefts, rights = cutter.parts()
    while True:
        names = _Occurrences(lefts, rights, known, least)
        for piece in cutter.often():
            names.count(piece)
        names.settle()
        for piece in cutter.often():
            names.add(piece, *cutter.sizes(piece))
        more = names.longer()
        if not any(map(len, more)):
            return names.finish()
        lefts, rights = (np.concatenate(both) for both in zip((lefts, rights), more, strict=True))


class _Cutter:
    """Rows around dots -> where each name is cut out: sizes of the part before its first dot, of all from that dot on."""

    def __init__(self, rows: DotRows, known: Characters, least: int) -> None:
        self._rows, self._known, self._least = rows, known, least
        self._beside = np.zeros(_BUCKETS, np.int32)
        for piece in rows:
            np.add.at(self._beside, _beside(piece), np.int32(1))

    def often(self) -> Iterator[np.ndarray]:
        """The rows whose dot stands often enough between its neighbours."""
        for piece in self._rows:
            yield piece[self._beside[_beside(piece)] >= self._least]

    def parts(self) -> tuple[np.ndarray, np.ndarray]:
        """(parts before the first dot, the next symbol first; all from it on), those that were cut out twice or more."""
        found = _Distinct(LONGEST_PART), _Distinct(RIGHT)
        for first in (True, False):
            for piece in self.often():
                sizes = self.sizes(piece)
                own = np.flatnonzero(sizes[0])
                for distinct, symbols, size in zip(found, _sides(piece), sizes, strict=True):
                    symbols = symbols[own, : distinct.width]
                    inside = np.arange(distinct.width) < size[own, None]
                    distinct.add(np.where(inside, symbols, 0), first)
        return found[0].spelling, found[1].spelling

    def sizes(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(symbols before the dot of the row, symbols from it on) of the name with this for its first dot; 0: there is none."""
        left, right = _sides(rows)
        last = np.zeros(len(rows), np.int64)  # the last dot of the name
        for column in range(1, RIGHT):
            last[self._known.mark[right[:, column]] & (column - last <= LONGEST_PART + 1)] = column
        marks = self._known.mark[left]
        stops = (left == 0) | marks
        first = ~marks[np.arange(len(rows)), stops.argmax(axis=1)]
        columns = np.minimum(last[:, None] + np.arange(1, LONGEST_PART + 1), RIGHT - 1)
        before = self._best_size(left[:, :LONGEST_PART])
        after = last + 1 + self._best_size(np.take_along_axis(right, columns, axis=1))
        whole = first & (before + after <= LONGEST_NAME) & (last + LONGEST_PART < RIGHT)
        return np.where(whole, before, 0), np.where(whole, after, 0)

    def _best_size(self, symbols: np.ndarray) -> np.ndarray:
        """Size of the most probable part. symbols: those beside a dot, the next one first.

        A run of letters is a part as a whole.
        """
        part = np.logical_and.accumulate(self._known.han[symbols], axis=1)
        nats = self._known.beside(symbols)
        sums = np.cumsum(np.where(part, nats, 0.0), axis=1) + np.log(LENGTHS)
        sums[~part] = -np.inf
        best: np.ndarray = sums.argmax(axis=1) + 1
        return best


def _sides(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(what is before the dot, the next symbol first; what is from the dot on)."""
    return rows[:, LEFT - 1 :: -1], rows[:, LEFT:]


def _beside(rows: np.ndarray) -> np.ndarray:
    """A bucket for the symbols on both sides of the dot."""
    return _bucket(_hashes(rows[:, [LEFT - 1, LEFT + 1]])[:, -1])


def _bucket(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(44)).astype(np.int64)


def _hashes(symbols: np.ndarray) -> np.ndarray:
    """A number for the first symbol, the first two, ... of each row, uint64; from the first 0 on the same."""
    found = np.zeros(symbols.shape, np.uint64)
    before = np.full(len(symbols), 1, np.uint64)
    for column, values in enumerate(symbols.T):
        mixed = (before ^ values.astype(np.uint64)) * _PRIME
        mixed ^= mixed >> np.uint64(32)
        before = np.where(values > 0, mixed, before)
        found[:, column] = before
    return found


class _Distinct:
    """The different ones of what is added twice or more."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.spelling = np.zeros((0, width), np.uint32)
        self._number = np.zeros(0, np.uint64)
        self._times = np.zeros(_BUCKETS, np.int32)

    def add(self, spelling: np.ndarray, first: bool) -> None:
        """All have to be added twice: the first time they are counted, so that memory does not follow the text."""
        number = _hashes(spelling)[:, -1]
        if first:
            np.add.at(self._times, _bucket(number), np.int32(1))
            return
        often = self._times[_bucket(number)] >= 2
        every = np.concatenate([self._number, number[often]])
        self._number, places = np.unique(every, return_index=True)
        self.spelling = np.concatenate([self.spelling, spelling[often]])[places]


class _Occurrences:
    """Counts names, which are pairs of parts, and their neighbours: of each row those that have its dot for their first."""

    def __init__(
        self, lefts: np.ndarray, rights: np.ndarray, known: Characters, least: int
    ) -> None:
        self._parts = lefts, rights
        self._known, self._least = known, least
        hashes = [_hashes(part)[:, -1] for part in self._parts]
        self._orders = [np.argsort(numbers) for numbers in hashes]
        self._numbers = [
            numbers[order] for numbers, order in zip(hashes, self._orders, strict=True)
        ]
        self._pairs = NeighbourPairs()
        self._beside = NeighbourPairs(), NeighbourPairs()

    def _match(self, rows: np.ndarray) -> tuple[np.ndarray, ...]:
        """(rows, sizes of the left part, of the right one, numbers of both) of all pairs that stand there."""
        found = []
        for side, part, numbers, order in zip(
            _sides(rows), self._parts, self._numbers, self._orders, strict=True
        ):
            symbols = side[:, : part.shape[1]]
            # A hash stays the same beyond a break: only up to there it is that of a part.
            place, there = np.full(symbols.shape, -1), symbols != 0
            place[there] = _places(numbers, _hashes(symbols)[there])
            row, size = np.nonzero(place >= 0)
            found.append(
                (row, size + 1, order[place[row, size]] if len(order) else place[row, size])
            )
        (row, k, left), (other, e, right) = found
        starts = np.searchsorted(other, row)
        sizes = np.searchsorted(other, row, side="right") - starts
        one = np.repeat(np.arange(len(row)), sizes)
        two = np.arange(len(one)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + starts[one]
        return row[one], k[one], e[two], left[one], right[two]

    def count(self, rows: np.ndarray) -> None:
        """First the pairs of all rows are counted."""
        *_, left, right = self._match(rows)
        self._pairs.add(left, right + 1)

    def settle(self) -> None:
        """Then those that occur often enough are names."""
        left, right, counts = self._pairs.counts()
        often = counts >= self._least
        self._left, self._right, self.counts = left[often], right[often] - 1, counts[often]
        self._base = len(self._parts[1]) + 1
        self._keys = self._left * self._base + self._right
        self._cut = np.zeros(len(self.counts), np.int64)

    def add(self, rows: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
        """Then their neighbours. before, after: sizes of what is cut out."""
        row, k, e, left, right = self._match(rows)
        name = _places(self._keys, left * self._base + right)
        kept = name >= 0
        row, k, e, name = row[kept], k[kept], e[kept], name[kept]
        cut = (before[row] == k) & (after[row] == e)
        self._cut += np.bincount(name[cut], minlength=len(self._cut))
        one, two = _sides(rows)
        self._beside[0].add(name, one[row, k])
        self._beside[1].add(name, np.where(e < RIGHT, two[row, np.minimum(e, RIGHT - 1)], 0))

    def longer(self) -> list[np.ndarray]:
        """[left parts, right parts] with one symbol more, where most occurrences of a name have it; only new ones.

        After a name text goes on in many ways, so what mostly follows belongs to it: 约翰斯·霍普金斯大学. Before a name
        stands a title, always the same one perhaps. That all of n occurrences have it by accident is as probable as the
        symbol alone, times 2 / (n (n + 1)), by an urn with two balls; as a part of the name it is as probable as there.
        """
        more = []
        nats, han = self._known.nats, self._known.han
        for side, part in enumerate(self._parts):
            names, symbols, together = self._beside[side].counts()
            n = self.counts[names]
            kept = (together >= (MANY if side else MOST) * n) & han[symbols]
            kept &= together >= self._least
            if side == 0:
                kept &= nats[symbols] + np.log(n * (n + 1) / 2) > 0
            names, symbols = names[kept], symbols[kept]
            spelling = part[(self._right if side else self._left)[names]].copy()
            size = np.count_nonzero(spelling, axis=1)
            room = self._sizes(spelling) < LONGEST_PART
            room &= (self._name_sizes()[names] < LONGEST_NAME) & (size < part.shape[1])
            spelling, size, symbols = spelling[room], size[room], symbols[room]
            spelling[np.arange(len(spelling)), size] = symbols
            numbers, first = np.unique(_hashes(spelling)[:, -1], return_index=True)
            more.append(spelling[first[_places(self._numbers[side], numbers) < 0]])
        return more

    def _sizes(self, spelling: np.ndarray) -> np.ndarray:
        """Symbols of the outer part: those after the last dot, or all of a left part."""
        size = np.count_nonzero(spelling, axis=1)
        dots = self._known.mark[spelling]
        last = spelling.shape[1] - 1 - dots[:, ::-1].argmax(axis=1)
        return np.where(dots.any(axis=1), size - 1 - last, size)

    def _name_sizes(self) -> np.ndarray:
        sizes = [np.count_nonzero(part, axis=1) for part in self._parts]
        return sizes[0][self._left] + sizes[1][self._right]

    def finish(self) -> Names:
        """The names that are no mere parts, in the order of their symbols' ids."""
        left, right = self._parts[0][self._left], self._parts[1][self._right]
        before = np.count_nonzero(left, axis=1)
        columns = np.arange(WIDTH) - before[:, None]
        near = np.take_along_axis(left, np.clip(-columns - 1, 0, LONGEST_PART - 1), axis=1)
        far = np.take_along_axis(right, np.clip(columns, 0, RIGHT - 1), axis=1)
        spelling = np.where(columns < 0, near, np.where(columns < RIGHT, far, 0))
        known = self._known
        inside = known.han[spelling]
        # A name without a Han character, 3·15, is a number.
        parts = self._mere_parts()
        good = inside.any(axis=1) & ~parts & ~self._by_chance(parts)
        sides = [
            np.where(known.han[part], np.maximum(known.beside(part), LEAST_NATS), 0.0).sum(axis=1)
            for part in (left, right[:, 1:])
        ]
        sizes = [
            np.maximum(np.count_nonzero(known.han[part], axis=1), 1)
            for part in (left, right[:, 1:])
        ]
        mean = sum(sides) / sum(sizes)
        # A hyphen joins much else: 中国-东盟, 货源-阿里巴巴 and other titles of pages.
        worse = np.minimum(sides[0] / sizes[0], sides[1] / sizes[1])
        joined = (spelling == known.hyphen).any(axis=1)
        good &= ~joined | ((mean > 0) & (worse > LEAST_JOINED))
        entropies = [pairs.sums(self.counts).entropy() for pairs in self._beside]
        every = (spelling, self.counts, self._cut, mean, *entropies)
        return Names(*(column[np.flatnonzero(good)] for column in every))

    def _mere_parts(self) -> np.ndarray:
        """Which names nearly always have a dot beside them, or a symbol with which they are a longer name."""
        part = np.zeros(len(self.counts), bool)
        for side, spelling in enumerate(self._parts):
            names, symbols, together = self._beside[side].counts()
            most = together >= MOST * self.counts[names]
            names, symbols = names[most], symbols[most]
            ids = (self._right if side else self._left)[names]
            longer = spelling[ids].copy()
            size = np.count_nonzero(longer, axis=1)
            longer[np.arange(len(longer)), np.minimum(size, spelling.shape[1] - 1)] = symbols
            known = _places(self._numbers[side], _hashes(longer)[:, -1]) >= 0
            part[names[known | self._known.mark[symbols] | (self._known.nats[symbols] > 0)]] = True
        return part

    def _by_chance(self, parts: np.ndarray) -> np.ndarray:
        """Which names are another one, no mere part, with a symbol more that few of its occurrences have."""
        chance = np.zeros(len(self.counts), bool)
        for side, (spelling, own, other) in enumerate(
            zip(self._parts, (self._left, self._right), (self._right, self._left), strict=True)
        ):
            if not len(self.counts):
                break
            shorter = spelling.copy()
            shorter[
                np.arange(len(shorter)), np.maximum(np.count_nonzero(shorter, axis=1) - 1, 0)
            ] = 0
            place = _places(self._numbers[side], _hashes(shorter)[:, -1])
            number = np.append(self._orders[side], -1)[place][own]
            pair = (number, other) if side == 0 else (other, number)
            name = _places(self._keys, pair[0] * self._base + pair[1])
            name[number < 0] = -1
            known = (name >= 0) & ~np.append(parts, False)[name]
            chance |= known & (self.counts < FEW * np.append(self.counts, 0)[name])
        return chance


def _places(ascending: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Place of each wanted value among ascending ones, -1 where it is missing."""
    if not len(ascending):
        return np.full(wanted.shape, -1)
    place = np.minimum(np.searchsorted(ascending, wanted), len(ascending) - 1)
    return np.where(ascending[place] == wanted, place, -1)
