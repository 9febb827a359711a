"""The sample texts -> the pictures of the READMEs: docs/images/report.png, report.zh-CN.png and terminal.png.

Run by .venv/bin/python; needs Chromium and a CJK font (apt-get install chromium fonts-noto-cjk). The commands of the
terminal are really run, so the picture shows what they print.
"""

from __future__ import annotations

import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REPORT = (1120, 655)
TERMINAL = (980, 592)

SESSION = (
    "nlptools discover novel.txt -o words.tsv",
    "head -n 6 words.tsv | cut -f 1,2,4-6,8 | column -t",
    "nlptools explain 松烟 松烟派 --corpus novel.txt --method none --contexts 1 --neighbours 5 -q",
    "nlptools segment --adapt novel.txt -q | head -n 1",
)

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1d2229; }}
pre {{ margin: 0; padding: 18px 22px; color: #d8dee6; font: 15px/1.36 "Noto Sans Mono CJK SC", monospace;
  white-space: pre-wrap; }}
b {{ color: #8fd694; font-weight: normal; }} i {{ color: #8b98a8; font-style: normal; }}
</style><pre>{}</pre>
"""


def run(command: str, folder: Path) -> str:
    """What a command prints, on stderr too, with the environment's nlptools."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
    )
    return done.stdout.decode()


def terminal(folder: Path) -> str:
    """The session as HTML: commands green, closing lines grey."""
    parts = []
    for command in SESSION:
        shown = html.escape(run(command, folder))
        shown = re.sub(r"^(nlptools \S+ \w+ \|.*)$", r"<i>\1</i>", shown, flags=re.MULTILINE)
        parts.append(f"<b>$ {html.escape(command)}</b>\n{shown}")
    return PAGE.format("".join(parts))


def photograph(page: Path, image: Path, size: tuple[int, int], language: str = "en") -> None:
    """A screenshot of a page, by Chromium without a window."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("make_images.py: no Chromium (on Debian: apt-get install chromium fonts-noto-cjk)")
    flags = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
    flags += [
        f"--window-size={size[0]},{size[1]}",
        f"--accept-lang={language}",
        "--virtual-time-budget=4000",
    ]
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run(
            [browser, *flags, f"--user-data-dir={profile}", f"--screenshot={image}", page.as_uri()],
            stderr=subprocess.DEVNULL,
            check=True,
        )


def main() -> None:
    """Make all pictures anew."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "data" / "samples", folder, dirs_exist_ok=True)
        page = folder / "terminal.html"
        page.write_text(terminal(folder), encoding="utf-8")
        photograph(page, IMAGES / "terminal.png", TERMINAL)
        run("nlptools report words.tsv --corpus novel.txt --known known.txt -o report.html", folder)
        photograph(folder / "report.html", IMAGES / "report.png", REPORT)
        photograph(folder / "report.html", IMAGES / "report.zh-CN.png", REPORT, "zh-CN")


if __name__ == "__main__":
    main()
