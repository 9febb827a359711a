"""A command of the guide for spark-submit -> what it prints when a shell runs it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import places
from commandline import HANG

from nlptools.spark import session

GUIDE = places.ROOT / "docs" / "guides" / "scale.md"


def written(start: str) -> str:
    """The command of the guide that begins so, on one line."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    (block,) = (block for block in blocks if start in block)
    return str(block).replace("\\\n", " ").strip()


def submit(command: str, folder: Path, **env: str) -> str:
    """Run it as a shell does, with the spark-submit of pyspark; what it has printed."""
    from pyspark import find_spark_home

    home = find_spark_home._find_spark_home()
    found = {"PATH": f"{home}/bin:{os.environ['PATH']}", "SPARK_HOME": home} | env
    with session._java():
        done = subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=os.environ | found,
            capture_output=True,
            text=True,
            timeout=HANG,
            check=False,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stderr


def write_script(folder: Path) -> None:
    """The run.py of the guide."""
    script = re.search(
        r"`run.py`:\n\n```python\n(.*?)^```$", GUIDE.read_text("utf-8"), re.DOTALL | re.M
    )
    assert script is not None
    (folder / "run.py").write_text(script[1], "utf-8")
