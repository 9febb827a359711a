"""Corpora and lists of words by subject -> word vectors of several dimensions, and how good each is.

    PYTHON benchmarks/dimension.py CORPUS... --lexicon FILE... -o DIR

PYTHON has gensim and matplotlib (pip install gensim==4.4.0 matplotlib==3.11.2); it needs not have
nlptools, which cuts the corpora by `--nlptools PROGRAM segment`.

In: each CORPUS plain UTF-8, a paragraph a line; of each `--most` bytes are taken, in blocks of whole
lines, and a twentieth more is held out. Each FILE a subject: a word and a tab, or a word, a line.

Out: DIR/results.csv, a row for each training; a run that is started again goes on after its last row.
DIR/summary.md, the tables; DIR/dimension.svg and .png, the plot; DIR/train.txt and heldout.txt, the
words; DIR/subjects.tsv, the words of the lists that were looked at.

docs/dimension-experiment.md says what the figures mean.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import math
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

HERE = Path(__file__).resolve().parent
MB = 10**6
BLOCK = 60_000  # bytes; held-out text is not from between lines that were learnt
HELD_OUT = 0.05  # of what is learnt from
LEAST_COUNT, MOST_WORDS, LEAST_WORDS = 10, 200, 50  # of a subject's words
WINDOW, NEGATIVE, SAMPLE, RATE = 5, 5, 1e-4, 0.05
POSITIONS = 30_000  # of a text on which the fit is measured
GIVEN = 1_500  # of their words that are measured beside all others
NEIGHBOURS, RESTARTS = 5, 10
CHARACTERS = re.compile(r"\w")
HAN = re.compile("[\u3400-\u9fff]{2,}")

Lines = list[list[str]]


# --- theory -----------------------------------------------------------------------------------


def log_share(n: int) -> float:
    """h_n of kexue.fm 7695: ln E[exp(n cos t)] - n E[cos t exp(n cos t)] / E[exp(n cos t)].

    t: the angle between two vectors that are uniform on a sphere of n dimensions.
    """
    angle = np.linspace(0, np.pi, 20_001)[1:-1]
    density = (n - 2) * np.log(np.sin(angle))
    weight = density + n * np.cos(angle)
    tilted = np.exp(weight - weight.max())
    mean = float((tilted * np.cos(angle)).sum() / tilted.sum())
    even = np.exp(density - density.max())
    total = math.log(tilted.sum()) + weight.max() - math.log(even.sum()) - density.max()
    return float(total - n * mean)


def smallest_dimension(entropy: float) -> int:
    """The smallest n with entropy + h_n <= 0; the bound for N words is that of 2 ln N."""
    n = 2
    while entropy + log_share(n) > 0:
        n += 1
    return n


# --- text -------------------------------------------------------------------------------------


def prepare(corpora: Sequence[Path], most: int, program: Path, work: Path) -> tuple[Lines, Lines]:
    """Cut the corpora into words; lines to learn from and lines held out, without marks."""
    paths = work / "train.txt", work / "heldout.txt"
    if not all(path.exists() for path in paths):
        parts: tuple[list[str], list[str]] = ([], [])
        for corpus in corpora:
            for part, text in zip(parts, _sample(corpus, most), strict=True):
                part.append(text)
        for path, part in zip(paths, parts, strict=True):
            raw, cut = work / "raw.txt", work / "cut.txt"
            raw.write_text("".join(part), encoding="utf-8", newline="\n")
            subprocess.run([program, "segment", "-q", raw, "-o", cut], check=True)
            path.write_text("".join(_words(cut)), encoding="utf-8", newline="\n")
            raw.unlink()
            cut.unlink()
    known: dict[str, str] = {}
    train, held_out = (
        [
            [known.setdefault(word, word) for word in line.split()]
            for line in path.read_text(encoding="utf-8").splitlines()
        ]
        for path in paths
    )
    return train, held_out


def _sample(corpus: Path, most: int) -> tuple[str, str]:
    """`most` bytes of blocks in md5 order, and the next ones; a line that came before is left out."""
    seen: set[str] = set()
    blocks: list[tuple[bytes, str, int]] = []
    block: list[str] = []
    size = 0
    for line in [*corpus.read_text(encoding="utf-8").splitlines(), None]:
        if line is None or size >= BLOCK:
            text = "".join(block)
            blocks.append((hashlib.md5(text.encode()).digest(), text, size))
            block, size = [], 0
        if line and line.strip() and line not in seen:
            seen.add(line)
            block.append(f"{line}\n")
            size += len(block[-1].encode())
    blocks.sort()
    most = min(most, int(sum(block[2] for block in blocks) / (1 + HELD_OUT)))
    ends = np.cumsum([block[2] for block in blocks])
    first = int(np.searchsorted(ends, most))
    last = int(np.searchsorted(ends, most * (1 + HELD_OUT))) + 1
    texts = [block[1] for block in blocks]
    return "".join(texts[:first]), "".join(texts[first:last])


def _words(path: Path) -> Iterator[str]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            words = [word for word in line.split() if CHARACTERS.search(word)]
            if len(words) > 1:
                yield " ".join(words) + "\n"


@dataclass
class Setting:
    """A text and the words that get vectors, most frequent first."""

    name: str
    train: Lines
    held_out: Lines
    words: list[str]
    epochs: int

    @staticmethod
    def make(
        name: str, train: Lines, held_out: Lines, words: Sequence[str], epochs: int
    ) -> Setting:
        """Leave everything but `words` out of the lines, and words that never occur."""
        wanted = set(words)
        lines = [[word for word in line if word in wanted] for line in train]
        counts = Counter(word for line in lines for word in line)
        there = [word for word, _ in counts.most_common()]
        held = [[word for word in line if word in counts] for line in held_out]
        return Setting(name, lines, held, there, epochs)

    @property
    def bound(self) -> int:
        return smallest_dimension(2 * math.log(len(self.words)))


def subjects(lexicons: Sequence[Path], counts: Counter[str]) -> dict[str, list[str]]:
    """Words of two and more Han characters that are in one list alone and occur often enough.

    At most MOST_WORDS of a list, in md5 order; a list with few such words is left out.
    """
    lists = {}
    for path in lexicons:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        lists[path.stem.removeprefix("thuocl_")] = {line.split("\t")[0].strip() for line in lines}
    number = Counter(word for words in lists.values() for word in words)
    found = {}
    for name, words in lists.items():
        mine = [
            word
            for word in words
            if number[word] == 1 and counts[word] >= LEAST_COUNT and HAN.fullmatch(word)
        ]
        mine.sort(key=lambda word: hashlib.md5(word.encode()).digest())
        if len(mine) >= LEAST_WORDS:
            found[name] = mine[:MOST_WORDS]
    return found


# --- measures ---------------------------------------------------------------------------------


class Pairs:
    """How well vectors know which words are near a word, on a fixed sample of pairs.

    The pairs are drawn as word2vec draws its own: frequent words thinned out, windows shrunk. Of
    vectors u (of the word that is given) and v, u v is the log of how much more often than in the
    negative examples the two are near each other, less ln NEGATIVE: the optimum of word2vec's loss.
    """

    def __init__(self, lines: Lines, keep: dict[str, float], counts: np.ndarray, seed: int) -> None:
        rng = np.random.default_rng(seed)
        number = {word: i for i, word in enumerate(keep)}
        kept = np.array(list(keep.values()))
        pairs: list[tuple[int, int]] = []
        rows = []
        for line in lines:
            ids = np.array([number[word] for word in line], int)
            rows.append(ids[rng.random(len(ids)) < kept[ids]])
        starts = np.cumsum([0, *map(len, rows)])
        for place in rng.choice(starts[-1], min(POSITIONS, starts[-1]), replace=False):
            row = int(np.searchsorted(starts, place, "right")) - 1
            i, ids = int(place - starts[row]), rows[row]
            reach = int(rng.integers(1, WINDOW + 1))
            near = range(max(0, i - reach), min(len(ids), i + reach + 1))
            pairs += [(int(ids[j]), int(ids[i])) for j in near if j != i]
        self.given, self.target = np.array(pairs).T
        some = rng.choice(self.given, GIVEN)  # as often as they are given
        self.some, self.times = np.unique(some, return_counts=True)
        thinned = counts * kept
        self.noise = counts**0.75 / (counts**0.75).sum()
        score = np.log(thinned / thinned.sum() / self.noise / NEGATIVE)
        self.frequencies = np.logaddexp(0, -score)[self.target].mean()
        self.frequencies += NEGATIVE * (np.logaddexp(0, score) @ self.noise)

    def measure(self, u: np.ndarray, v: np.ndarray) -> tuple[float, float]:
        """How far below that of frequencies alone word2vec's loss is, the negative examples
        summed exactly; -ln p(target | given), all scores normalized. Both are means, in nats.
        """
        noise, total, wrong = self.noise.astype(u.dtype), 0.0, 0.0
        for start in range(0, len(self.some), 256):
            odds = np.exp(np.minimum(u[self.some[start : start + 256]] @ v.T, 80))
            times = self.times[start : start + 256] / self.times.sum()
            total += float(np.log(odds @ noise) @ times)
            wrong += float(np.log1p(odds) @ noise @ times)
        score = np.einsum("ij,ij->i", u[self.given], v[self.target])
        right = float(np.logaddexp(0, -score).mean())
        surprise = total - float((score + np.log(self.noise[self.target])).mean())
        return float(self.frequencies - right - NEGATIVE * wrong), surprise


def purity(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Of the best of several k-means by cosine: the share of words in their cluster's main subject."""
    rng = np.random.default_rng(1)
    k = int(labels.max()) + 1
    best, clusters = -math.inf, labels
    for _ in range(RESTARTS):
        centres = vectors[rng.choice(len(vectors), 1)]
        for _ in range(k - 1):
            far = np.maximum(1 - (vectors @ centres.T).max(axis=1), 0)
            centres = np.vstack([centres, vectors[rng.choice(len(vectors), 1, p=far / far.sum())]])
        old = np.full(len(vectors), -1)
        for _ in range(100):
            near = vectors @ centres.T
            own = near.argmax(axis=1)
            if (own == old).all():
                break
            old = own
            for i in range(k):
                if (own == i).any():
                    centres[i] = vectors[own == i].sum(axis=0)
            centres /= np.linalg.norm(centres, axis=1, keepdims=True)
        if near.max(axis=1).sum() > best:
            best, clusters = float(near.max(axis=1).sum()), own
    main = sum(int(np.bincount(labels[clusters == i]).max()) for i in set(clusters.tolist()))
    return main / len(labels)


def nearest(vectors: np.ndarray, labels: np.ndarray) -> float:
    """The share of words whose nearest others, voting by cosine, have their subject."""
    near = vectors @ vectors.T
    np.fill_diagonal(near, -np.inf)
    others = np.argsort(-near, axis=1, kind="stable")[:, :NEIGHBOURS]
    votes = np.zeros((len(labels), int(labels.max()) + 1))
    for column in others.T:
        rows = np.arange(len(labels))
        votes[rows, labels[column]] += near[rows, column]
    return float((votes.argmax(axis=1) == labels).mean())


def unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)


def shape(vectors: np.ndarray) -> tuple[float, float]:
    """Effective dimension (participation ratio of the covariance); mean cosine of two words."""
    spread = np.linalg.eigvalsh(np.cov(vectors.astype(np.float64).T))
    number = len(vectors)
    mean = unit(vectors.astype(np.float64)).sum(axis=0)
    return (
        float(spread.sum() ** 2 / (spread**2).sum()),
        float((mean @ mean - number) / number / (number - 1)),
    )


# --- runs -------------------------------------------------------------------------------------

FIELDS = (
    *("setting", "tokens", "N", "bound", "n", "seed", "fit", "fit_train"),
    *(
        "entropy",
        "entropy_train",
        "knn",
        "purity",
        "subject_words",
        "effective",
        "cosine",
        "length",
        "cpu_s",
    ),
)


def run(setting: Setting, n: int, seed: int, lists: dict[str, list[str]]) -> dict[str, object]:
    """Train once: a row of results."""
    from gensim.models import Word2Vec

    start = time.process_time()
    model = Word2Vec(
        vector_size=n,
        sg=1,
        window=WINDOW,
        negative=NEGATIVE,
        sample=SAMPLE,
        epochs=setting.epochs,
        alpha=RATE,
        min_count=1,
        workers=1,
        seed=seed,
    )
    model.build_vocab(setting.train)
    model.train(setting.train, total_examples=len(setting.train), epochs=setting.epochs)
    words = model.wv.index_to_key
    counts = np.array([model.wv.get_vecattr(word, "count") for word in words], float)
    keep = {word: model.wv.get_vecattr(word, "sample_int") / 2**32 for word in words}
    u, v = model.wv.vectors, model.syn1neg
    fit, surprise = Pairs(setting.held_out, keep, counts, 1).measure(u, v)
    fit_train, surprise_train = Pairs(setting.train, keep, counts, 2).measure(u, v)
    places = {word: i for i, word in enumerate(words)}
    known = [[word for word in words if word in places] for words in lists.values()]
    labels = np.repeat(np.arange(len(known)), [len(part) for part in known])
    named = unit(u[[places[word] for part in known for word in part]])
    enough = len(labels) >= LEAST_WORDS
    effective, cosine = shape(u)
    thinned = counts * np.array(list(keep.values()))
    given = thinned / thinned.sum()
    lengths = [np.linalg.norm(side, axis=1) @ given for side in (u, v)]
    return {
        "setting": setting.name,
        "tokens": int(counts.sum()),
        "N": len(words),
        "bound": setting.bound,
        "n": n,
        "seed": seed,
        "fit": round(fit, 5),
        "fit_train": round(fit_train, 5),
        "entropy": round(surprise - float(given @ np.log(given)), 4),
        "entropy_train": round(surprise_train - float(given @ np.log(given)), 4),
        "knn": round(nearest(named, labels), 5) if enough else math.nan,
        "purity": round(purity(named, labels), 5) if enough else math.nan,
        "subject_words": len(labels),
        "effective": round(effective, 2),
        "cosine": round(cosine, 4),
        "length": round(float(lengths[0] * lengths[1]), 3),
        "cpu_s": round(time.process_time() - start, 1),
    }


def read_rows(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


# --- tables and plot --------------------------------------------------------------------------


@dataclass
class Curve:
    """The trainings of one setting: for each dimension the mean of a field over the seeds."""

    name: str
    rows: list[dict[str, str]]

    @property
    def dimensions(self) -> list[int]:
        return sorted({int(row["n"]) for row in self.rows})

    @property
    def bound(self) -> int:
        return int(self.rows[0]["bound"])

    def values(self, field: str, n: int) -> list[float]:
        return [float(row[field]) for row in self.rows if int(row["n"]) == n]

    def means(self, field: str) -> np.ndarray:
        return np.array([np.mean(self.values(field, n)) for n in self.dimensions])

    def ranges(self, field: str) -> np.ndarray:
        """For each dimension half the difference of the best and the worst seed."""
        return np.array([np.ptp(self.values(field, n)) / 2 for n in self.dimensions])

    def reaches(self, field: str, share: float) -> float:
        """The n at which a share of the best is reached, between two dimensions by ln n."""
        means = self.means(field) / self.means(field).max()
        at = int(np.argmax(means >= share))
        logs = np.log(self.dimensions)
        if at == 0:
            return float(self.dimensions[0])
        part = (share - means[at - 1]) / (means[at] - means[at - 1])
        return float(np.exp(logs[at - 1] + part * (logs[at] - logs[at - 1])))

    def at_bound(self, field: str) -> float:
        """The share of the best at the bound, between two dimensions by ln n."""
        means = self.means(field) / self.means(field).max()
        return float(np.interp(math.log(self.bound), np.log(self.dimensions), means))


COLUMNS = {
    "fit": "fit, held-out",
    "fit_train": "fit, own text",
    "knn": "nearest words",
    "purity": "purity",
    "effective": "effective dim.",
    "cosine": "mean cosine",
    "length": "\\|u\\|\\|v\\|",
}
MEASURED = ("fit", "fit_train", "knn", "purity")
SHARES = (0.9, 0.95, 0.99)


def summary(curves: Sequence[Curve]) -> Iterator[str]:
    """The tables, line by line."""
    yield "Means of the seeds, ± half of how far they are apart.\n"
    for curve in curves:
        first = curve.rows[0]
        yield (
            f"## {curve.name}: {int(first['tokens']):,} words of text, N = {int(first['N']):,}, "
            f"bound {curve.bound}, {first['subject_words']} words of the lists\n"
        )
        yield "| n | " + " | ".join(COLUMNS.values()) + " |"
        yield "|---" * (len(COLUMNS) + 1) + "|"
        means = {field: curve.means(field) for field in COLUMNS}
        ranges = {field: curve.ranges(field) for field in MEASURED}
        for i, n in enumerate(curve.dimensions):
            cells = []
            for field in COLUMNS:
                cell = f"{means[field][i]:.3f}".replace("nan", "–")
                if field in ranges and len(curve.values(field, n)) > 1 and cell != "–":
                    cell += f" ± {ranges[field][i]:.3f}"
                cells.append(cell)
            yield f"| {n} | " + " | ".join(cells) + " |"
        yield ""
        for field in MEASURED:
            if np.isnan(means[field]).any():
                continue
            best = curve.dimensions[int(means[field].argmax())]
            shares = [f"{share:.0%} at {curve.reaches(field, share):.0f}" for share in SHARES]
            yield (
                f"- {field}: best at {best}; {', '.join(shares)}; "
                f"{curve.at_bound(field):.1%} at the bound"
            )
        entropy = curve.means("entropy").min()
        even = 2 * math.log(int(first["N"]))
        yield (
            f"- entropy of a pair, at most: {entropy:.2f} nats of {even:.2f}; 2 ln N + h_n is that "
            f"small from n = {smallest_dimension(even - entropy)}\n"
        )


MARKS = ("o-", "s-", "^-", "D-", "v:")
COLOURS = ("#1f4e9c", "#c05a00", "#2f7d3b", "#8a3a8a", "#666666")


def plot(curves: Sequence[Curve], target: Path) -> None:
    """Four panels: fit to text, its knees beside the bound, subjects, shape of the vectors.

    The first curve is that of all words, the last that of less text.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "nlptools",
            "font.size": 10,
            "lines.markersize": 4.5,
            "lines.linewidth": 1.2,
            "legend.fontsize": 8.5,
            "legend.framealpha": 1.0,
        }
    )
    figure, grid = plt.subplots(2, 2, figsize=(10, 8), layout="constrained")
    panels = grid.ravel()
    main, less = curves[0], curves[-1]
    of_size = sorted(curves[:-1], key=lambda curve: -int(curve.rows[0]["N"]))

    for curve, mark, colour in zip([*of_size, less], MARKS, COLOURS, strict=False):
        share = curve.means("fit") / curve.means("fit").max()
        name = curve.name if curve is less else f"N = {int(curve.rows[0]['N']):,}"
        panels[0].plot(curve.dimensions, share, mark, color=colour, label=name)
        if curve is not less:
            panels[0].plot(
                curve.bound, curve.at_bound("fit"), "|", color=colour, markersize=16, mew=2.5
            )
    panels[0].plot([], [], "|", color="#222222", markersize=11, mew=2, label="the bound of its N")
    panels[0].set(title="Fit to held-out text", ylabel="gain, share of the curve's best")
    panels[0].set_ylim(0.2, 1.03)
    panels[0].legend(loc="lower center", bbox_to_anchor=(0.53, 0.0))

    sizes = np.geomspace(100, 50_000, 60)
    bounds = [smallest_dimension(2 * math.log(size)) for size in sizes]
    panels[1].plot(sizes, bounds, "-", color="#222222", label="the bound")
    for share, mark, colour in zip(SHARES, MARKS, COLOURS, strict=False):
        points = [curve.reaches("fit", share) for curve in of_size]
        at = [int(curve.rows[0]["N"]) for curve in of_size]
        panels[1].plot(at, points, mark[0] + "--", color=colour, label=f"{share:.0%} of it")
        panels[1].plot(
            int(less.rows[0]["N"]), less.reaches("fit", share), mark[0], color=colour, mfc="white"
        )
    panels[1].plot([], [], "o", color="#222222", mfc="white", label=less.name)
    panels[1].set(title="Where that gain is reached", xlabel="words N", ylabel="dimension n")
    panels[1].set(xscale="log", yscale="log", ylim=(4, 500))
    panels[1].legend(loc="upper left", ncols=3)

    for field, name, mark, colour in zip(
        ("knn", "purity"), ("nearest words", "purity of k-means"), MARKS, COLOURS, strict=False
    ):
        panels[2].plot(main.dimensions, main.means(field), mark, color=colour, label=name)
        for n in main.dimensions:
            values = main.values(field, n)
            panels[2].vlines(n, min(values), max(values), color=colour)
    panels[2].set(title="Subjects of words", ylabel="share of words", ylim=(0, 1))
    panels[2].legend(loc="lower left")

    panels[3].plot(main.dimensions, main.dimensions, "--", color="#222222", label="assumed: n")
    for field, name, mark, colour in zip(
        ("effective", "length"),
        ("effective dimension", "|u| |v|, mean lengths"),
        MARKS,
        COLOURS,
        strict=False,
    ):
        panels[3].plot(main.dimensions, main.means(field), mark, color=colour, label=name)
    panels[3].set(title="The vectors, and what the bound assumes", yscale="log", ylim=(2, 300))
    panels[3].legend(loc="upper left")

    ticks = [4, 8, 16, 32, 64, 128, 256]
    for panel in (panels[0], panels[2], panels[3]):
        panel.set(xscale="log", xlabel="dimension n")
        panel.set_xticks(ticks, ticks)
    for panel in (panels[1], panels[3]):
        panel.set_yticks(ticks, ticks)
    for panel in panels:
        panel.minorticks_off()
        panel.grid(alpha=0.25)
    panels[1].set_xticks([200, 1000, 5000, 20_000], ["200", "1,000", "5,000", "20,000"])
    for panel in panels[2:]:
        panel.axvline(main.bound, color="#222222", linewidth=0.8)
        panel.text(main.bound * 0.95, 0.03, f"bound {main.bound}", rotation=90, ha="right")
        panel.texts[-1].set_transform(panel.get_xaxis_transform())
    figure.savefig(target.with_suffix(".svg"), metadata={"Date": None})
    figure.savefig(target.with_suffix(".png"), dpi=90)
    plt.close(figure)


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    main.add_argument("corpora", type=Path, nargs="+", metavar="CORPUS")
    main.add_argument("--lexicon", type=Path, nargs="+", required=True, metavar="FILE")
    main.add_argument("-o", "--output", type=Path, required=True, metavar="DIR")
    main.add_argument("--nlptools", type=Path, default=HERE.parent / "bin" / "nlptools")
    main.add_argument(
        "--most", type=float, default=2.5, help="MB of a corpus (default %(default)g)"
    )
    main.add_argument("--min-count", type=int, default=5, help="of a word (default %(default)d)")
    main.add_argument(
        "--dimensions", type=numbers, default=numbers("4,8,16,32,48,64,96,128,192,256")
    )
    main.add_argument(
        "--seeds",
        type=numbers,
        default=[1, 2],
        help="of every training (default 1,2)",
    )
    main.add_argument(
        "--passes",
        type=int,
        default=5,
        help="over the text, four times as many over a quarter of it (default %(default)d)",
    )
    main.add_argument(
        "--few",
        type=numbers,
        default=[200, 1000, 5000],
        help="words of the small vocabularies (default 200,1000,5000)",
    )
    return main


def main() -> int:
    """Train what is not in results.csv yet, then write the tables and the plot."""
    args = parser().parse_args()
    args.output.mkdir(parents=True, exist_ok=True)
    train, held_out = prepare(args.corpora, int(args.most * MB), args.nlptools, args.output)
    counts = Counter(word for line in train for word in line)
    words = [word for word, count in counts.most_common() if count >= args.min_count]
    lists = subjects(args.lexicon, counts)
    (args.output / "subjects.tsv").write_text(
        "".join(f"{name}\t{word}\n" for name, part in lists.items() for word in part),
        encoding="utf-8",
    )
    settings = [
        Setting.make("all", train, held_out, words, args.passes),
        *(
            Setting.make(f"{few} words", train, held_out, words[:few], args.passes)
            for few in args.few
        ),
        Setting.make("quarter of the text", train[::4], held_out, words, 4 * args.passes),
    ]
    todo = [
        (setting, n, seed) for seed in args.seeds for setting in settings for n in args.dimensions
    ]
    target = args.output / "results.csv"
    done = {(row["setting"], int(row["n"]), int(row["seed"])) for row in read_rows(target)}
    for setting, n, seed in todo:
        if (setting.name, n, seed) in done:
            continue
        row = run(setting, n, seed, lists)
        fresh = not target.exists()
        with target.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, FIELDS, lineterminator="\n")
            if fresh:
                writer.writeheader()
            writer.writerow(row)
        print(", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
    rows = read_rows(target)
    curves = [
        Curve(setting.name, [row for row in rows if row["setting"] == setting.name])
        for setting in settings
    ]
    text = "\n".join(summary(curves))
    print(text)
    (args.output / "summary.md").write_text(text + "\n", encoding="utf-8")
    plot(curves, args.output / "dimension")
    return 0


if __name__ == "__main__":
    sys.exit(main())
