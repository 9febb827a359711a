"""Lines, or documents, with their scores -> those that are printed, and the sums over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nlptools.lm.stream import ScoredLines, Totals
from nlptools.text.documents import Documents
from nlptools.text.lookup import count_scripts
from nlptools.text.results import selected


class ScoreTally:
    """What was scored so far: sums, and characters of both scripts where that is asked for."""

    def __init__(self, *, scripts: bool) -> None:
        self.sums = Totals()
        self.traditional = self.simplified = 0
        self.scripts = scripts

    def chosen(
        self,
        scored: Iterable[tuple[Documents | None, ScoredLines]],
        min_symbols: int,
        top: int | None = None,
    ) -> Iterator[tuple[Documents | None, ScoredLines]]:
        """Those with so many symbols, the first `top` of them; everything is counted."""
        left = top
        for documents, lines in scored:
            self.sums += lines.totals()
            if self.scripts:
                more = count_scripts("".join(lines.texts))
                self.traditional += more[0]
                self.simplified += more[1]
            if len(lines) and (min_symbols or left is not None):
                kept = (lines.symbols >= min_symbols).nonzero()[0][:left]
                left = None if left is None else left - len(kept)
                lines = lines.at(kept)
                documents = None if documents is None else selected(documents, kept)
            yield documents, lines
