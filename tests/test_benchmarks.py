"""The benchmarks: what is taken out of raw text, and that README.md and all.sh know every command."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

FOLDER = Path(__file__).parent.parent / "benchmarks"


def load(name: str) -> ModuleType:
    """A module of the benchmarks, which are no package."""
    spec = importlib.util.spec_from_file_location(f"benchmarks_{name}", FOLDER / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


overlap = load("overlap")
GOLD = "他说：『今天天气非常好。』日缺水量二万吨。\n我们明天一起去公园散步"


def without(raw: str, gold: str) -> str:
    passages = overlap.Passages(raw)
    return passages.without(passages.among(overlap.Passages(gold).all())[0])


@pytest.mark.parametrize(
    ("raw", "left"),
    [
        # 今天天气非常好 has 7 characters, 他说今天天气非常好 9: two clauses are a passage.
        ("他说：“今天天气非常好！”\n", ""),
        ("她说：“今天天气非常好！”\n", "她说：“今天天气非常好！”\n"),
        # 日缺水量二万吨 has 7 as well; with what stands before it in gold it is a passage.
        ("今天天气非常好，日缺水量二万吨；完了。", "完了。"),
        # Lines break at other places, full width or not, quotes and spaces or none.
        ("起床，我们 明天\u3000一起去“公园”散步\n回家", "起床，回家"),
        # A clause is whole or it is another.
        ("我们明天一起去公园散步吧。", "我们明天一起去公园散步吧。"),
        ("", ""),
        ("，。\n", ""),  # nothing in it to learn from
    ],
)
def test_passages_of_the_gold_text_are_removed(raw: str, left: str) -> None:
    assert without(raw, GOLD) == left


def test_full_width_and_capital_letters_are_the_same() -> None:
    assert without("ＡＢＣ公司１９９８年成立。下班", "abc公司1998年成立") == "下班"


def slow(raw: str, gold: str) -> str:
    """As `without`, with strings for hashes."""

    def clauses(text: str) -> list[tuple[str, str]]:
        """(as it stands, as it is compared); what holds nothing goes with the one before."""
        found: list[tuple[str, str]] = []
        lead = ""
        for part in re.findall(f"[^{overlap.ENDS}]*[{overlap.ENDS}]|[^{overlap.ENDS}]+", text):
            kept = "".join(c for c in unicodedata.normalize("NFKC", part) if c.isalnum()).lower()
            if kept:
                found.append((lead + part, kept))
                lead = ""
            elif found:
                found[-1] = (found[-1][0] + part, found[-1][1])
            else:
                lead += part
        return found

    def passages(of: list[tuple[str, str]]) -> dict[str, set[int]]:
        places: dict[str, set[int]] = {}
        for i in range(len(of)):
            for j in range(i + 1, min(i + overlap.CLAUSES, len(of)) + 1):
                text = "".join(kept for _, kept in of[i:j])
                if len(text) >= overlap.LEAST:
                    places.setdefault(text, set()).update(range(i, j))
        return places

    ours = clauses(raw)
    known = passages(clauses(gold))
    gone = {i for text, at in passages(ours).items() if text in known for i in at}
    return "".join(text for i, (text, _) in enumerate(ours) if i not in gone)


TEXT = st.text(st.sampled_from("天地，。\n” Ａa𠮷"), max_size=80)


@given(TEXT, TEXT)
@example("天" * 8, "天" * 8)
@example("𠮷" * 8 + "，地", "𠮷" * 8)
def test_hashes_find_what_strings_find(raw: str, gold: str) -> None:
    assert without(raw, gold) == slow(raw, gold)
    assert without(gold + "\n" + raw, gold) == slow(gold + "\n" + raw, gold)


def test_hashes_do_not_depend_on_what_stands_before() -> None:
    gold = overlap.Passages("今天天气非常非常好").all()
    raw = overlap.Passages("天地，" * 100_000 + "今天天气非常非常好。")
    mask, found = raw.among(gold)
    assert np.flatnonzero(mask).tolist() == [100_000]
    assert found.tolist() == gold.tolist()


def commands() -> set[str]:
    done = subprocess.run(
        [sys.executable, FOLDER / "run.py", "--help"], capture_output=True, text=True, check=True
    )
    found = re.search(r"\{([\w,]+)\}", done.stdout)
    assert found is not None
    return set(found[1].split(","))


def test_readme_and_all_sh_name_every_command() -> None:
    named = set(re.findall(r"`bin/bench ([a-z]+)[ `]", (FOLDER / "README.md").read_text("utf-8")))
    run = set(re.findall(r"^\s*run ([a-z]+)", (FOLDER / "all.sh").read_text("utf-8"), re.MULTILINE))
    assert named == run == commands()


growing = load("growing")


def test_texts_grow_from_each_other(tmp_path: Path) -> None:
    """Whole lines, each text the beginning of the next, the same in every run, and more n-grams than a repetition."""
    samples = sorted((FOLDER.parent / "data" / "samples").glob("*.txt"))
    source = tmp_path / "source.txt"
    source.write_bytes(b"".join(path.read_bytes() for path in samples))
    size = source.stat().st_size
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        paths = growing.write_growing(source, folder, [size // 2, size, 3 * size])
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1]
    half, whole, large = made[0]
    assert whole == source.read_bytes() and whole.startswith(half) and large.startswith(whole)
    assert all(text.endswith(b"\n") for text in made[0])
    assert 0 <= size // 2 - len(half) < 1000 and 0 <= 3 * size - len(large) < 1000
    real, grown = (growing.exponents(*pair)[2:5] for pair in ((half, whole), (whole, large)))
    assert np.abs(real - grown).max() < 0.2, (real, grown)


cuts = load("cuts")
STRINGS = st.text(st.sampled_from("天地。𠮷"), min_size=1, max_size=4)


@given(st.lists(STRINGS, unique=True, max_size=6), st.lists(st.text("天地。𠮷", max_size=20)))
@example(["天地", "天"], ["天天地", "", "天", "𠮷天地天"])
def test_words_are_found_leftmost_and_longest(words: list[str], lines: list[str]) -> None:
    by_length = sorted(words, key=len, reverse=True)
    wanted = [re.findall("|".join(map(re.escape, by_length)) or "(?!)", line) for line in lines]
    found = cuts.Finder(words).find(lines)
    assert [[words[number] for number in line] for line in found] == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="what nobody waits for is seen in /proc")
def test_seconds_of_children_that_nobody_waits_for() -> None:
    """Spark's Python workers are such children."""
    script = """if True:
        import os, signal, time
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        if os.fork() == 0:
            while time.process_time() < 0.4: pass
            time.sleep(0.4)  # so that it is seen
        else:
            try:
                os.wait()  # until there is none, which is an error then
            except ChildProcessError:
                pass
    """
    told = json.dumps([[sys.executable, "-S", "-c", script], os.devnull, os.devnull])
    launcher = [sys.executable, "-I", "-S", str(FOLDER / "measure.py")]
    done = subprocess.run(launcher, input=told, capture_output=True, text=True, check=True)
    status, cpu, _, _ = json.loads(done.stdout)
    assert status == 0
    assert 0.35 < cpu < 1
