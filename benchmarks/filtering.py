"""Text with garbage of five kinds put in + models -> what `lm filter` drops of each kind, beside KenLM as CCNet scores."""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import garbage
import numpy as np
from measure import Command, Result, interleaved, nlptools
from report import Report

from nlptools.text.corpus import Corpus

HERE = Path(__file__).resolve().parent
MB = 10**6
DROPPED = 10  # percent: as much as there is garbage
ORDER = 5  # CCNet's
FASTER = 1.0  # than the kenlm module with CCNet's preparation


def bench_filter(args: argparse.Namespace, report: Report, work: Path) -> None:
    docs = work / "docs.jsonl"
    kinds = _write_documents(args.text, args.documents, docs)
    size = docs.stat().st_size
    shares = {kind: kinds.count(kind) for kind in (garbage.GOOD, *garbage.KINDS)}
    report.note(
        f"{len(kinds):,} documents of {args.text.name}, {size / MB:.1f} MB: "
        + ", ".join(f"{number:,} {kind}" for kind, number in shares.items())
        + f". Every row drops {DROPPED} % but those of the rules alone."
    )
    models: dict[str, Path | str] = {"general": "general"}
    theirs: dict[str, Path] = {}
    for name, files in _named(args.train).items():
        models[name], theirs[name] = _train(name, files, args, work)
    rows: list[list[object]] = []
    reasons: dict[str, list[list[object]]] = {}
    for name, model in models.items():
        found = {
            "perplexity": ["--quantiles", str(100 - DROPPED)],
            "perplexity, --mean-symbols 0": [
                "--quantiles",
                str(100 - DROPPED),
                "--mean-symbols",
                "0",
            ],
            "--measures alone": ["--measures"],
        }
        for label, options in found.items():
            result = _filtered(label, model, docs, options, work)
            report.add([result])
            rows.append([name, f"lm filter, {label}", *_scores(kinds, _dropped(work))])
        share = min(100, (100 - DROPPED) / (1 - _dropped(work).mean()))  # of what the rules leave
        options = ["--measures", "--quantiles", f"{share:.4f}"]
        report.add([_filtered("--measures, perplexity", model, docs, options, work)])
        rows.append([name, "lm filter, --measures, perplexity", *_scores(kinds, _dropped(work))])
        reasons[name] = _reasons(kinds, work)
        if name in theirs:
            report.add(interleaved([_ccnet(args, theirs[name], docs, work)], 1))
            values = np.array([float(x) for x in (work / "ccnet").read_text().split()])
            dropped = values > np.quantile(values, 1 - DROPPED / 100)
            rows.append([name, f"KenLM of order {ORDER} as CCNet", *_scores(kinds, dropped)])
    header = ["model", "by", "dropped", "precision"]
    report.table([*header, *(f"recall {kind}" for kind in garbage.KINDS), "good lost"], rows)
    for name, found_reasons in reasons.items():
        report.note(f"\n{name}, --measures and perplexity: documents of each kind by reason")
        report.table(["reason", "precision", garbage.GOOD, *garbage.KINDS], found_reasons)
    _speed(args, models, theirs, docs, report, work)


def _write_documents(text: Path, number: int, path: Path) -> list[str]:
    paragraphs = "".join(block.text for block in Corpus([text]).blocks()).split("\n")
    docs = garbage.documents([one for one in paragraphs if one], number, seed=1)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for number, (_, doc) in enumerate(docs):
            file.write(json.dumps({"id": number, "text": doc}, ensure_ascii=False) + "\n")
    return [kind for kind, _ in docs]


def _named(given: Sequence[str]) -> dict[str, list[str]]:
    """NAME=FILE, several of one name together."""
    found: dict[str, list[str]] = {}
    for one in given:
        name, _, file = one.partition("=")
        found.setdefault(name, []).append(file)
    return found


def _train(
    name: str, files: Sequence[str], args: argparse.Namespace, work: Path
) -> tuple[Path, Path]:
    """Our model of default settings, and one for KenLM of the same text, normalised."""
    ours, text, theirs = work / f"{name}.lm", work / f"{name}.txt", work / f"{name}.arpa"
    texts = ["".join(block.text for block in Corpus([file]).blocks()) for file in files]
    text.write_text("\n".join(texts), "utf-8", newline="\n")
    prepared = work / f"{name}.normal.txt"
    with text.open("rb") as source, prepared.open("wb") as to:
        argv = [str(args.kenlm_python), str(HERE / "peers" / "ccnet_score.py"), "--normalize"]
        subprocess.run(argv, stdin=source, stdout=to, check=True)
    order = ["--order", str(ORDER)]
    interleaved(
        [
            nlptools(f"lm train, {name}", "lm", "train", text, "-o", ours),
            nlptools(f"lm train, {name}, for KenLM", "lm", "train", prepared, *order, "-o", theirs),
        ],
        1,
    )
    return ours, theirs


def _filter(
    label: str, model: Path | str, docs: Path, options: Sequence[str], work: Path
) -> Command:
    files = ["-o", work / "kept.jsonl", "--dropped", work / "dropped.jsonl"]
    argv = ["lm", "filter", docs, "--field", "text", "--model", model, *options, *files]
    return nlptools(f"lm filter, {label}, {Path(model).name}", *argv)


def _filtered(
    label: str, model: Path | str, docs: Path, options: Sequence[str], work: Path
) -> Result:
    [result] = interleaved([_filter(label, model, docs, options, work)], 1)
    return result


def _dropped(work: Path) -> np.ndarray:
    """Of each document whether the last run dropped it."""
    ids = {
        name: [json.loads(line)["id"] for line in (work / f"{name}.jsonl").open(encoding="utf-8")]
        for name in ("kept", "dropped")
    }
    found = np.zeros(len(ids["kept"]) + len(ids["dropped"]), bool)
    found[ids["dropped"]] = True
    return found


def _reasons(kinds: Sequence[str], work: Path) -> list[list[object]]:
    """Of each reason of the last run: the share of garbage, documents of each kind."""
    counts: dict[str, Counter[str]] = {}
    for line in (work / "dropped.jsonl").open(encoding="utf-8"):
        record = json.loads(line)
        counts.setdefault(record["reason"], Counter())[kinds[record["id"]]] += 1
    names = (garbage.GOOD, *garbage.KINDS)
    return [
        [reason, 1 - of[garbage.GOOD] / of.total(), *(of[name] for name in names)]
        for reason, of in sorted(counts.items(), key=lambda item: -item[1].total())
    ]


def _ccnet(args: argparse.Namespace, model: Path, docs: Path, work: Path) -> Command:
    driver = str(HERE / "peers" / "ccnet_score.py")
    argv = [str(args.kenlm_python), driver, str(model), str(docs), str(work / "ccnet")]
    return Command(f"KenLM as CCNet, {model.name}", argv)


def _scores(kinds: Sequence[str], dropped: np.ndarray) -> list[object]:
    """Documents dropped, the share of garbage among them, the share of each kind that is dropped, of good ones."""
    of = np.array(kinds)
    good = of == garbage.GOOD
    recalls = [float(dropped[of == kind].mean()) for kind in garbage.KINDS]
    precision = float((dropped & ~good).sum() / max(1, dropped.sum()))
    return [int(dropped.sum()), precision, *recalls, float(dropped[good].mean())]


def _speed(
    args: argparse.Namespace,
    models: dict[str, Path | str],
    theirs: dict[str, Path],
    docs: Path,
    report: Report,
    work: Path,
) -> None:
    """Of whole processes without their start, which is what one document takes. KenLM's writes scores, no documents."""
    one = work / "one.jsonl"
    one.write_text(docs.open(encoding="utf-8").readline(), "utf-8")
    size, number = docs.stat().st_size / MB, sum(1 for _ in docs.open("rb"))
    plain, everything = (
        ["--max-perplexity", "100"],
        ["--quantiles", "90", "--measures", "--unique"],
    )
    pairs: list[tuple[str, list[Command]]] = []
    for name, model in models.items():
        for label, options in (
            ("--max-perplexity", plain),
            ("--quantiles --measures --unique", everything),
        ):
            runs = [_filter(label, model, text, options, work) for text in (docs, one)]
            pairs.append((f"lm filter {label}, {name}", runs))
        if name in theirs:
            runs = [_ccnet(args, theirs[name], text, work) for text in (docs, one)]
            pairs.append((f"KenLM as CCNet, {name}", runs))
    results = interleaved([run for _, runs in pairs for run in runs], args.repeat)
    report.add(results)
    rates: dict[str, float] = {}
    rows: list[list[object]] = []
    for (name, _), whole, start in zip(pairs, results[::2], results[1::2], strict=True):
        cpu = whole.cpu - start.cpu
        rates[name] = size / cpu
        rows.append([name, size / cpu, round(number / cpu), whole.rss / MB])
    report.table(["", "MB / CPU s", "documents / CPU s", "peak RSS MB"], rows)
    for name in theirs:
        ratio = rates[f"lm filter --max-perplexity, {name}"] / rates[f"KenLM as CCNet, {name}"]
        report.check(
            ratio >= FASTER,
            f"{name}: {ratio:.1f} x KenLM with CCNet's preparation (bar: {FASTER:g})",
        )
