"""Two checkouts + corpora -> which outputs of which commands differ by a byte: PYTHON benchmarks/same_bytes.py OLD NEW [CORPUS...].

For a change that is to change nothing. Every command of the list runs in both checkouts, with one Python and the
packages installed there, each in a folder of its own; stdout and all files that were written are compared. Closing lines hold times and
are not. Exit code 1 says that something differs.
"""

from __future__ import annotations

import filecmp
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# {c}: a corpus; {s}: the folder of samples; each line is a shell command, `nlptools` being the checkout's.
ONCE = """
nlptools --help
nlptools discover {s}/novel.txt --known {s}/known.txt --new-only
nlptools discover {s}/clinic.txt --format jsonl
nlptools discover {s}/startup.txt --method pmi --format csv
nlptools discover {s}/startup.txt --method pmi --compat 4256 --top 300 --min-count 2
nlptools discover {s}/novel.txt --method lm --weights 0.3,0.01,0.03,0.01 --max-length 6
nlptools discover {s}/novel.txt --method entropy --top 500
nlptools discover {s}/novel.txt --background general --sort count --accepted {s}/known.txt
nlptools discover {s}/novel.txt --top 2000
nlptools discover {s}/startup.txt --latin char --numbers --prior none
nlptools count {s}/novel.txt --order 3 --tsv --min-count 2
nlptools count {s}/formats/plain.txt -o a.counts && nlptools count {s}/novel.txt -o b.counts && nlptools merge a.counts b.counts -o c.counts
nlptools discover --counts b.counts --method entropy
nlptools discover --counts b.counts --method entropy --top 5000
nlptools count {s}/novel.txt -o t.parquet --min-count 3
nlptools explain 松烟 松烟派 什么 K8s --corpus {s}/novel.txt --contexts 3
nlptools explain 松烟派 --corpus {s}/novel.txt --format jsonl
nlptools discover {s}/novel.txt -o found.tsv && nlptools report found.tsv --corpus {s}/novel.txt -o report.html
nlptools compare {s}/startup.txt {s}/novel.txt --fallen
nlptools compare {s}/startup.txt {s}/novel.txt --report compare.html -o compare.tsv
nlptools compare a.counts b.counts
nlptools compare {s}/known.txt {s}/userdict.txt --lists --format jsonl
nlptools train {s}/novel.txt --prior general -o novel.model
nlptools train {s}/novel.txt --granularity fine --numerals split -o fine.model
nlptools segment {s}/novel.txt {s}/clinic.txt
nlptools segment {s}/novel.txt --format jsonl --model novel.model
nlptools segment {s}/novel.txt --adapt --separator /
nlptools segment {s}/novel.txt --model found.tsv
nlptools segment {s}/novel.txt --method nvbe --counts b.counts
nlptools segment {s}/novel.txt --method pmi --counts b.counts
nlptools lm train {s}/novel.txt -o novel.lm && nlptools lm train {s}/novel.txt --format arpa -o novel.arpa
nlptools lm score {s}/novel.txt --model novel.lm && nlptools lm score {s}/clinic.txt --model novel.arpa --totals
nlptools lm convert novel.arpa -o back.lm
nlptools segment {s}/novel.txt --method lm --model novel.lm
nlptools segment {s}/novel.txt > seg.txt; nlptools evaluate seg.txt seg.txt; nlptools evaluate seg.txt seg.txt --format json
nlptools export found.tsv --to jieba --refused refused.tsv -o jieba.txt
nlptools export found.tsv --to jieba --freq win
for t in hanlp pkuseg thulac ltp ik rime plain json; do nlptools export found.tsv --to $t -o out.$t; done
nlptools vocab build found.tsv --corpus {s}/novel.txt --coverage 1 -o v.txt --weights w.tsv --report v.json
nlptools vocab build {s}/userdict.txt -o u.txt
nlptools vocab build --corpus {s}/novel.txt --min-count 2 -o w.txt
nlptools vocab export v.txt -o v.json2.json; nlptools vocab export v.txt --to slow -o slow; nlptools vocab export v.txt --weights w.tsv -o fast
nlptools tokenize {s}/novel.txt --vocab v.txt; nlptools tokenize {s}/novel.txt --vocab v.txt --format ids --special; nlptools tokenize {s}/clinic.txt --vocab v.txt --format jsonl --pre none
nlptools tokenize {s}/novel.txt --vocab v.txt --pre jieba
nlptools dim 30000; nlptools dim --vocab v.txt; nlptools dim --corpus {s}/novel.txt --format jsonl
nlptools vectors check {s}/vectors.txt
nlptools vectors compare {s}/vectors.txt {s}/vectors.txt
nlptools vectors whiten {s}/vectors.txt --dim 8 -o w.npy --transform t.npz; nlptools vectors project {s}/vectors.txt --dim 8 -o p.txt
(printf '%s\\n' '[PAD]' '[UNK]' '[CLS]' '[SEP]' '[MASK]' 沈 渡 秋; seq -f '[unused%g]' 52) > bert.txt; nlptools vectors whiten {s}/vectors.txt --dim 8 -o bert.npy; echo 沈渡秋 | nlptools vocab build - --base bert.txt --map map.json -o wobert.txt; nlptools vocab init-embeddings bert.npy --map map.json -o wobert.npy
""".strip().split("\n")
EACH = """
nlptools discover {c}
nlptools discover {c} --background general --new-only --known {s}/known.txt --format jsonl
nlptools discover {c} --method entropy
nlptools discover {c} --method pmi
nlptools discover {c} --method lm
nlptools count {c} --order 4 -o c.counts
nlptools explain 中国 国家 问题 --counts c.counts
nlptools train {c} -o c.model
nlptools segment {c}
nlptools segment {c} --format jsonl --model c.model
nlptools lm train {c} --order 3 -o c.lm && nlptools lm score {c} --model c.lm --totals
nlptools discover {c} -o found.tsv && nlptools report found.tsv --corpus {c} -o report.html
nlptools compare {s}/novel.txt {c} --top 500
nlptools vocab build found.tsv --corpus {c} --coverage 0.999 -o v.txt
nlptools tokenize {c} --vocab v.txt --format ids
nlptools export found.tsv --to jieba -o j.txt
nlptools dim --corpus {c}
""".strip().split("\n")
# A page and a dictionary name the version; it is no part of the result.
VERSION = re.compile(rb"nlptools [0-9]+\.[0-9]+[0-9A-Za-z.+]*")


def run(checkout: str, folder: Path, commands: list[str], corpus: str) -> None:
    """Every command in the folder; its stdout goes to a file named by its number."""
    samples = Path(checkout, "data", "samples").resolve()
    link = folder / "samples"
    link.symlink_to(samples)
    program = folder / "bin" / "nlptools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m nlptools "$@"\n')
    program.chmod(0o755)
    environment = os.environ | {
        "PYTHONPATH": str(Path(checkout).resolve()),
        "PATH": f"{program.parent}{os.pathsep}{os.environ['PATH']}",
    }
    for number, command in enumerate(commands):
        line = command.replace("{s}", "samples").replace("{c}", corpus)
        done = subprocess.run(
            ["bash", "-c", line], cwd=folder, env=environment, capture_output=True, check=False
        )
        (folder / f"{number:02}.out").write_bytes(
            done.stdout + f"\nexit {done.returncode}\n".encode()
        )
        if done.returncode:
            (folder / f"{number:02}.err").write_bytes(done.stderr)


def differing(old: Path, new: Path) -> list[str]:
    """Names of the files that are not the same in both folders."""
    names = {
        str(path.relative_to(folder))
        for folder in (old, new)
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".err" and not path.is_relative_to(folder / "bin")
    }
    found = []
    for name in sorted(names):
        a, b = old / name, new / name
        if a.exists() and b.exists() and filecmp.cmp(a, b, shallow=False):
            continue
        if a.exists() and b.exists() and same_but_version(a.read_bytes(), b.read_bytes()):
            continue
        found.append(name)
    return found


def same_but_version(a: bytes, b: bytes) -> bool:
    """Whether two files differ in the number of the version alone."""
    return VERSION.sub(b"nlptools", a) == VERSION.sub(b"nlptools", b)


def main() -> int:
    """Run both, print what differs."""
    old, new, *corpora = sys.argv[1:]
    failed = False
    for corpus in ["", *corpora]:
        commands = EACH if corpus else ONCE
        path = str(Path(corpus).resolve()) if corpus else ""
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
            # Tables and pages hold the name of the corpus, so both sides read it under the same one.
            folders = [Path(folder, side) for side in ("old", "new")]
            for side in folders:
                side.mkdir()
            jobs = [
                pool.submit(run, checkout, side, commands, path)
                for checkout, side in zip((old, new), folders, strict=True)
            ]
            for job in jobs:
                job.result()
            found = differing(*folders)
            files = sum(path.is_file() for path in folders[1].rglob("*"))
            failures = sum(
                b"\nexit 0\n" not in path.read_bytes() for path in folders[1].glob("*.out")
            )
            print(
                f"{corpus or 'samples'}: {len(commands)} lines, {files} files, {failures} failed, {len(found)} differ"
            )
            for name in found:
                number = name.partition(".")[0]
                print(f"  {name}" + (f": {commands[int(number)]}" if number.isdigit() else ""))
            for path in sorted(folders[1].glob("*.err")):
                print(
                    f"  {path.name}: {path.read_text(errors='replace').strip().splitlines()[-1:]}"
                )
            failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
