"""Where things lie: the checkout, its samples, and the reference data, which are not part of it."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"
NOVEL, CLINIC, STARTUP = (SAMPLES / f"{name}.txt" for name in ("novel", "clinic", "startup"))
FORMATS = SAMPLES / "formats"
# Corpora, gold segmentations and vocabularies of others: tests that need them are skipped where they are not.
DATA = Path(os.environ.get("NLPTOOLS_DATA", ROOT.parent / "shared" / "data"))
