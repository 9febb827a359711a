"""Chunks of bytes of one source -> its pieces of text, or its documents: one path for every format.

Raw chunks -> decompressed, UTF-8 (decoding.py) -> pieces of decoded text (pieces.py) -> for JSON Lines (jsonlines.py),
CSV and TSV (cells.py) the documents in a field or column. Parquet and Arrow go their own way (tables.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from nlptools.errors import DataError
from nlptools.text.cells import cell_documents
from nlptools.text.decoding import MARK, MARK_ERRORS, decompress, to_utf8
from nlptools.text.documents import Documents, line_documents, stored_documents
from nlptools.text.jsonlines import SURROGATE, bare_name, json_documents, refuse_json_lines
from nlptools.text.markup import refuse_markup
from nlptools.text.pieces import Cutting, Piece, kept_lines, read_pieces, replaced_marks
from nlptools.text.tableformats import Rows
from nlptools.text.tables import Mend, TableFile


@dataclass(slots=True)
class ReadReport:
    """What one pass over a corpus has read so far.

    files: sources begun. bytes: decompressed. characters: given out, before folding.
    replaced: bad byte sequences that became U+FFFD. skipped_lines: lines or records left out.
    encodings: source -> encoding, where it was found in the source instead of told.
    """

    files: int = 0
    bytes: int = 0
    characters: int = 0
    replaced: int = 0
    skipped_lines: int = 0
    encodings: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SourceReader:
    """How bytes become text, as Corpus has it, and the report of this pass; one for all sources.

    size: bytes of a piece, about. longest_line: see Cutting. any_text: see Corpus. begun: what is read is the middle of
    a source, and so does not tell what the source is.
    """

    encoding: str
    on_error: str
    field: str | None
    column: str | None
    size: int
    longest_line: int | None
    any_text: bool
    report: ReadReport
    begun: bool = False

    def pieces(self, chunks: Iterator[bytes], source: str) -> Iterator[Piece]:
        """Of plain text; a long line is in several."""
        return self._plain(chunks, source, whole_lines=self.on_error == "skip")

    def documents(
        self, chunks: Iterator[bytes], source: str, *, keep: bool, folder: Path | None = None
    ) -> Iterator[Documents]:
        """The lines of plain text, or the records. keep: JSON Lines with the records as they stand.

        folder: for lines of plain text that are too long to be held (longtexts.py); None: all are held.
        """
        skipped = self._skip if self.on_error == "skip" else None
        if self.field is not None:
            pieces = self._pieces(chunks, source, whole_lines=True)
            return json_documents(pieces, source, self.field, self.whole, skipped, keep, self.begun)
        if self.column is not None:
            pieces = self._pieces(chunks, source, whole_lines=True)
            return cell_documents(pieces, source, self.column, skipped, max(1, self.size // 2))
        # What is called .json is refused by all of its first line.
        if folder is None or self.on_error == "skip" or bare_name(source).endswith(".json"):
            return line_documents(self._plain(chunks, source, whole_lines=True), source)
        return stored_documents(self._plain(chunks, source, whole_lines=False), source, folder)

    def table(self, file: BinaryIO | Rows, source: str) -> TableFile:
        """Of an open file of Parquet or Arrow, or rows of one."""
        if self.column is not None:
            problem, hint = "a table, not CSV or TSV", "name the column that has the text: --field"
            raise DataError(source, None, problem, hint)
        skipped = self._skip if self.on_error == "skip" else None
        return TableFile(
            file, source, self.field, self.size, mend=self._mend(source), skipped=skipped
        )

    def _mend(self, source: str) -> Mend:
        def mend(value: bytes, row: int) -> str | None:
            if self.on_error == "skip":
                self._skip()
                return None
            text = value.decode("utf-8", MARK_ERRORS)
            if self.on_error == "strict":
                byte = value[len(text.partition(MARK)[0].encode("utf-8"))]
                problem = f"not UTF-8: byte 0x{byte:02x}"
                raise DataError(source, row, problem, "try --on-error replace")
            self._replace(text.count(MARK))
            return text.replace(MARK, "\ufffd")

        return mend

    def whole(self, text: str, source: str, line: int) -> str | None:
        """The text, or what on_error makes of it if it has lone surrogates; None: left out."""
        found = SURROGATE.search(text)
        if found is None:
            return text
        if self.on_error == "strict":
            problem = f"a lone surrogate U+{ord(found[0]):04X}, half a character"
            raise DataError(source, line, problem, "try --on-error replace")
        if self.on_error == "skip":
            self._skip()
            return None
        text, count = SURROGATE.subn("\ufffd", text)
        self.report.replaced += count
        return text

    def _plain(self, chunks: Iterator[bytes], source: str, *, whole_lines: bool) -> Iterator[Piece]:
        pieces: Iterable[Piece] = self._pieces(chunks, source, whole_lines)
        if not self.begun:
            pieces = refuse_json_lines(pieces, source, documents=not self.any_text)
        if not self.any_text and not self.begun:
            pieces = refuse_markup(pieces, source)
        return kept_lines(pieces, self._skip) if self.on_error == "skip" else iter(pieces)

    def _pieces(self, chunks: Iterator[bytes], source: str, whole_lines: bool) -> Iterator[Piece]:
        def found(encoding: str) -> None:
            self.report.encodings[source] = encoding

        measured = self._measured(decompress(chunks, source))
        data, encoding = to_utf8(measured, source, self.encoding, self.on_error, found)
        if encoding != self.encoding:
            found(encoding)
        how = Cutting(self.size, whole_lines, self.on_error == "strict", self.longest_line)
        pieces = read_pieces(data, source, how)
        return replaced_marks(pieces, self._replace) if self.on_error == "replace" else pieces

    def _measured(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.report.bytes += len(chunk)
            yield chunk

    def _skip(self) -> None:
        self.report.skipped_lines += 1

    def _replace(self, count: int) -> None:
        self.report.replaced += count
