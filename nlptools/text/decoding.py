"""Raw bytes of one source -> UTF-8 bytes: decompression by content, encodings found and converted.

Everything here is an iterator of byte chunks, so that memory does not grow with the file. Whatever
the encoding was, what comes out is UTF-8; a bad byte sequence comes out as the byte 0xff (which no
UTF-8 text contains), or raises DataError where errors are strict.
"""

from __future__ import annotations

import bz2
import codecs
import functools
import importlib
import itertools
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from nlptools.errors import DataError, NlptoolsError, install_hint

# Stands for one bad byte sequence in decoded text. A lone surrogate: strict codecs never give one.
MARK = "\udfff"
MARK_ERRORS = "nlptools.mark"
BAD_BYTE_ERRORS = "nlptools.bad-byte"

SAMPLE = 1 << 20  # bytes at which `auto` looks

# The most frequent characters of running Chinese text, those that differ in traditional text, and
# punctuation. They are 32-80 % of the non-ASCII characters of labelled real files read rightly, and
# at most 3 % of the same files read in another of the encodings below. On those files and on 3,000
# pieces of 40-10,000 bytes this beat charset-normalizer and chardet, which miss files with bad
# bytes, many short texts, and (chardet) UTF-16 without a byte order mark.
FREQUENT = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之"
    "年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样"
    "理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外将"
    "两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果加西斯月话合回特代内信"
    "表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统"
    "区保至队形社便空决治展马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品"
    "住告类求据程北边死张该交规万取拉格望觉术领共确传师观清今切院让识候带导争运"
    "這個們來爲國說時會對於過發後裏種經麼學現當沒動還進樣開從實軍無與長機關點業將兩間問並應戰"
    "頭體見產話內給門兒東聲員論處義幾認條氣題爾別變總電數報結務場計資許統區隊決馬書則聽卻達強"
    "難權設記類據邊張該規萬覺術領確傳師觀讓識帶導爭運裡麽為著臺台"
    "，。、：；？！“”‘’（）《》「」『』…—　·"
)
MIN_FREQUENT = 0.2
CANDIDATES = ("utf-8", "gb18030", "big5hkscs", "utf-16-le", "utf-16-be")

# Encodings read as their superset: GB2312 < GBK < GB18030, and what web browsers do for Big5
# (Hong Kong and ETEN characters included): what calls itself gb2312 or big5 is often more.
SUPERSETS = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "utf-8-sig": "utf-8"}

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose BOM begins it
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# Encodings that need a byte order mark, and how many bytes it has. Where there is one, `to_utf8` has read it already.
_MARKED = {"utf-16": 2, "utf-32": 4}

UNPACK = "unpack it first: {} | nlptools ..."
_TABLE = (
    "tables are read from files that can be read from anywhere: no pipe, not compressed once more"
)
_CRAWL = "make JSON Lines of it first, with fastwarc: docs/guides/input.md shows how"
NOT_TEXT = (
    (b"PK\x03\x04", "zip archive (or .docx, .xlsx, .epub)", UNPACK.format("unzip -p {}")),
    (b"7z\xbc\xaf\x27\x1c", "7z archive", UNPACK.format("7z e -so {}")),
    (b"Rar!\x1a\x07", "rar archive", UNPACK.format("unrar p -inul {}")),
    (b"%PDF-", "PDF document", "take the text out first: pdftotext {} - | nlptools ..."),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .doc or .xls document", "save it as text first"),
    (b"nlptools model 1\n", "compact model of nlptools", "write it as text: nlptools convert {}"),
    (b"PAR1", "Parquet file", _TABLE),
    (b"ARROW1\0\0", "Arrow file", _TABLE),
    (b"FEA1", "Feather file of version 1", "write it anew, as Parquet"),
    (b"WARC/1.", "WARC or WET file of a web crawl", _CRAWL),
    (b"Obj\x01", "Avro file", "write it as Parquet or JSON Lines first"),
)


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return MARK, error.end


def _bad_byte(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)
    return b"\xff" * (error.end - error.start), error.end


codecs.register_error(MARK_ERRORS, _mark)
codecs.register_error(BAD_BYTE_ERRORS, _bad_byte)


# --- bytes -----------------------------------------------------------------------------------


def _whole_lines(head: bytes) -> bytes:
    """Without a line that is not complete. No mark of a format or an encoding that is known here has a line end in it."""
    return head[: head.rfind(b"\n") + 1]


def peek(
    chunks: Iterator[bytes], size: int, enough: Callable[[bytes], bytes] = _whole_lines
) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes (fewer at the end), and the chunks as if nothing had been read.

    In a lull of a pipe (pipes.py): what `enough` makes of the bytes that are there, unless that is nothing.
    """
    seen: list[bytes] = []
    length = asked = 0
    for chunk in chunks:
        if not chunk:
            if length >= 2 * asked:
                # However short the chunks are that a long text comes in, this takes no longer.
                asked = length if length >= 1 << 16 else 0
                if head := enough(b"".join(seen)):
                    return head, itertools.chain(seen, [chunk], chunks)
            continue
        seen.append(chunk)
        length += len(chunk)
        if length >= size:
            break
    return b"".join(seen)[:size], itertools.chain(seen, chunks)


def count_line_ends(data: bytes, end: int | None = None) -> int:
    """How many lines end in data[:end]: LF, CRLF (one) and lone CR."""
    view = np.frombuffer(data, np.uint8, len(data) if end is None else end)
    count = int(np.count_nonzero(view == 10))
    if data.find(b"\r", 0, end) >= 0:
        count += data.count(b"\r", 0, end) - data.count(b"\r\n", 0, end)
    return count


def short_lines(chunks: Iterable[bytes], source: str, longest: int) -> Iterator[bytes]:
    """The chunks; DataError at a line of more bytes than `longest`, before it is put together."""
    length, line = 0, 1  # of the line under way
    for chunk in chunks:
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        length = len(chunk) - end if end else length + len(chunk)
        line += count_line_ends(chunk)
        if length > longest:
            raise DataError(source, line, "a line of many megabytes")
        yield chunk


# --- decompression ---------------------------------------------------------------------------

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")  # what names of compressed files end with
_MOST_UNPACKED = 1 << 24  # bytes at a time


def zstandard_for(what: str) -> Any:
    """The module zstandard; NlptoolsError where it is missing, which says what ("reading", "writing") needs it."""
    try:
        return importlib.import_module("zstandard")
    except ImportError:
        raise NlptoolsError(
            f"{what} zstd files needs the module zstandard", install_hint("zstd")
        ) from None


def _zstd() -> tuple[Callable[[], Any], type[Exception]]:
    module = zstandard_for("reading")
    # `zstd --long=31` needs the large window; memory is taken only when a frame asks for it.
    decompressor = module.ZstdDecompressor(max_window_size=1 << 31)
    return decompressor.decompressobj, module.ZstdError


def _decompressor(head: bytes) -> tuple[str, Callable[[], Any], type[Exception]] | None:
    """The name of the compression that `head` begins, how to begin a member, what it raises."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip", lambda: zlib.decompressobj(zlib.MAX_WBITS | 16), zlib.error
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17\x72\x45\x38\x50\x90"):
        return "bzip2", bz2.BZ2Decompressor, OSError
    if head.startswith(b"\xfd7zXZ\x00"):
        return "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ), lzma.LZMAError
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return "zstd", *_zstd()
    return None


def _members(
    chunks: Iterable[bytes],
    source: str,
    name: str,
    begin: Callable[[], Any],
    damaged: type[Exception],
) -> Iterator[bytes]:
    """Decompress members (gzip), streams (bz2, xz) or frames (zstd), one after another."""
    member: Any = None
    members = 0
    written = began = 0  # bytes of text; those before this member
    # Bounds what one call can unpack: gzip makes at most 1,000 bytes of one, zstd 32,000.
    step = 1 << 16 if name == "gzip" else 1 << 12
    for chunk in chunks:
        if not chunk:
            yield chunk  # a lull
        for start in range(0, len(chunk), step):
            data = chunk[start : start + step]
            while data:
                if member is None:
                    data = data.lstrip(b"\0") if members else data  # padding, as on tapes
                    if not data:
                        break
                    member, began = begin(), written
                try:
                    for text in _unpacked(member, data):
                        written += len(text)
                        yield text
                except (damaged, EOFError) as error:
                    if members and written == began:
                        problem = f"something else follows the {name} data"
                    else:
                        problem = f"damaged {name} file ({error})"
                    problem += f", after {written} bytes of text"
                    raise DataError(source, None, problem) from None
                data = b""
                if member.eof:
                    data = member.unused_data
                    member = None
                    members += 1
    if member is not None:
        raise DataError(
            source,
            None,
            f"truncated {name} file: ends after {written} bytes of text",
            "the file is not complete: copy or download it again",
        )


def _unpacked(member: Any, data: bytes) -> Iterator[bytes]:
    """What a decompressor makes of some bytes, in pieces: a kilobyte of bzip2 can be a gigabyte of text."""
    if not hasattr(member, "needs_input"):  # zlib, zstandard
        text = member.decompress(data)
        if text:
            yield text
        return
    while True:
        text = member.decompress(data, _MOST_UNPACKED)
        if text:
            yield text
        if member.eof or member.needs_input:
            return
        data = b""


def decompress(chunks: Iterator[bytes], source: str) -> Iterator[bytes]:
    """The chunks of what a compressed file contains; of any other, the chunks themselves.

    Raises DataError for archives and documents, which are not text: tar, zip, PDF, ...
    """
    head, chunks = peek(
        chunks, 512, lambda head: (_decompressor(head) and head) or _whole_lines(head)
    )
    kind = _decompressor(head)
    if kind is not None:
        name, begin, damaged = kind
        head, chunks = peek(_members(chunks, source, name, begin, damaged), 512)
        if _decompressor(head) is not None:
            raise DataError(
                source, None, f"a compressed file inside the {name} file", "unpack it once first"
            )
    if head[257:262] == b"ustar":
        hint = UNPACK.format(f"tar -xOf {source}")
        raise DataError(source, None, "a tar archive, not a text", hint)
    for magic, what, hint in NOT_TEXT:
        if head.startswith(magic):
            raise DataError(source, None, f"a {what}, not a text", hint.format(source))
    return chunks


# --- encodings -------------------------------------------------------------------------------


def find_codec(encoding: str) -> str:
    """The name of the codec that reads `encoding`, see SUPERSETS."""
    try:
        info = codecs.lookup(encoding)
    except (LookupError, ValueError):
        info = None
    if info is None or not info._is_text_encoding or info.incrementaldecoder is None:
        raise NlptoolsError(
            f"unknown encoding {encoding!r}", "one of utf-8, gb18030, big5, utf-16, auto, ..."
        )
    return SUPERSETS.get(info.name, info.name)


def bom_encoding(head: bytes) -> str | None:
    """The encoding that a byte order mark at the beginning of `head` names."""
    return next((name for bom, name in BOMS if head.startswith(bom)), None)


def is_utf8(sample: bytes, cut: bool) -> bool:
    """Whether the sample is UTF-8; `cut`: it may end inside a character."""
    try:
        codecs.utf_8_decode(sample, "strict", not cut)
    except UnicodeDecodeError:
        return False
    return True


@functools.cache
def _weight_table() -> np.ndarray:
    """Code unit -> 0 says nothing, 1 other, 2 frequent in Chinese, 3 hardly ever in any text."""
    table = np.ones(0x10000, np.uint8)
    table[:0x80] = 0
    for first, last in (
        (0x01, 0x08),
        (0x0E, 0x1F),
        (0x80, 0x9F),
        (0xD800, 0xF8FF),
        (0xFFF0, 0xFFFF),
    ):
        table[first : last + 1] = 3
    table[[ord(character) for character in FREQUENT]] = 2
    return table


def guess_encoding(sample: bytes, odd: bool = False) -> str | None:
    """The encoding in which the sample is Chinese text, or None where it is in none of them.

    That all bytes can be decoded proves little (Big5 decodes as GB18030, anything as UTF-16), so
    the share of frequent characters decides. odd: the sample begins at an odd byte of its file.
    """
    best, best_share = None, MIN_FREQUENT
    for encoding in CANDIDATES:
        wide = encoding.startswith("utf-16")
        data = sample[odd : odd + (len(sample) - odd) // 2 * 2] if wide else sample
        text = data.decode(encoding, "replace")
        units = np.frombuffer(text.encode("utf-16-le"), np.uint16)
        _, other, frequent, strange = np.bincount(np.take(_weight_table(), units), minlength=4)
        if frequent >= 2:
            share = frequent / (other + frequent + 4 * strange)
            if share > best_share:
                best, best_share = encoding, share
    return best


def to_utf8(
    chunks: Iterator[bytes],
    source: str,
    encoding: str,
    on_error: str,
    found: Callable[[str], None] | None = None,
) -> tuple[Iterator[bytes], str]:
    """UTF-8 chunks and the codec that reads them; a byte order mark is left in for the caller.

    encoding: a name from find_codec, or "auto". Of a pipe that trickles, "auto" looks at the lines that are there; as
    long as they are ASCII it goes on looking, and `found` is told what it finds, unless that is UTF-8.
    """
    auto = encoding == "auto"
    sampled = auto or encoding in _MARKED
    head, chunks = peek(chunks, SAMPLE if sampled else 4, _telling if auto else _whole_lines)
    if encoding in ("auto", "utf-8", "utf-16", "utf-32"):
        bom = bom_encoding(head)
        if encoding == "utf-16" and bom == "utf-32-le":
            bom = "utf-16-le"  # whose mark that one begins with; a NUL follows it
        if bom is not None:
            encoding = bom
        elif auto:
            encoding = _told_by(head, source)
            if head.isascii() and encoding == "utf-8":
                return _after_ascii(chunks, source, on_error, found), encoding
    if encoding == "utf-8":
        return chunks, encoding
    if encoding in _MARKED and len(head) >= _MARKED[encoding]:
        problem = f"not {encoding.upper()}: there is no byte order mark at its beginning"
        guess = guess_encoding(head)
        if guess is None:
            plain = b"\0" not in head and is_utf8(head, cut=len(head) == SAMPLE)
            guess = "utf-8" if plain else f"{encoding}-le"
        raise DataError(source, None, problem, f"try --encoding {_told(guess)}")
    return _transcode(chunks, source, encoding, on_error), encoding


def _telling(head: bytes) -> bytes:
    """Whole lines, if they tell the encoding or it does not matter to them; UTF-16 has zeros in it."""
    lines = _whole_lines(head)
    plain = b"\0" not in lines and is_utf8(lines, cut=False)
    tells = plain or bom_encoding(lines) is not None or guess_encoding(lines) is not None
    return lines if tells else b""


def _told_by(head: bytes, source: str) -> str:
    """The encoding of a text that begins so, without a byte order mark."""
    if is_utf8(head, cut=len(head) == SAMPLE):
        return "utf-8"
    guess = guess_encoding(head)
    if guess is None:
        hint = "name it with --encoding (gb18030, big5, ...)"
        raise DataError(source, None, "cannot tell the encoding", hint)
    return guess


def _after_ascii(
    chunks: Iterator[bytes], source: str, on_error: str, found: Callable[[str], None] | None
) -> Iterator[bytes]:
    """Chunks of ASCII as they are; then what the first ones that are not ASCII show to be the encoding."""
    position, line = 0, 1
    for chunk in chunks:
        if chunk.isascii():
            position += len(chunk)
            line += count_line_ends(chunk)
            yield chunk
            continue
        head, chunks = peek(itertools.chain([chunk], chunks), SAMPLE, _telling)
        encoding = _told_by(head, source)
        if encoding == "utf-8":
            yield from chunks
            return
        if found is not None:
            found(encoding)
        yield from _transcode(chunks, source, encoding, on_error, position, line)
        return


def _transcode(
    chunks: Iterable[bytes],
    source: str,
    encoding: str,
    on_error: str,
    position: int = 0,
    line: int = 1,
) -> Iterator[bytes]:
    """position: bytes given to the decoder; line: the first one's number."""
    strict = on_error == "strict"
    decoder = codecs.getincrementaldecoder(encoding)("strict" if strict else MARK_ERRORS)
    after_cr = False
    for chunk, final in itertools.chain(((chunk, False) for chunk in chunks), [(b"", True)]):
        position += len(chunk)
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            data = bytes(error.object)
            good = _good(data[: error.start], encoding)
            at = line + count_line_ends(good) - (after_cr and good.startswith(b"\n"))
            byte = position - len(data) + error.start
            raise bad_bytes(source, at, encoding, data, error.start, byte) from None
        except UnicodeError as error:  # of codecs for host names: they know no --on-error
            problem = f"cannot be read as {encoding.upper()}: {str(error).lower()}"
            raise DataError(source, line, problem, "name another --encoding") from None
        try:
            data = text.encode("utf-8", "strict" if strict else BAD_BYTE_ERRORS)
        except UnicodeEncodeError as error:
            good = text[: error.start].encode("utf-8")
            line += count_line_ends(good) - (after_cr and good.startswith(b"\n"))
            problem = f"not {encoding.upper()}: a lone surrogate U+{ord(text[error.start]):04X}"
            raise DataError(source, line, problem, "try --on-error replace") from None
        if strict and data:
            line += count_line_ends(data) - (after_cr and data.startswith(b"\n"))
            after_cr = data.endswith(b"\r")
        if data or not (chunk or final):  # a lull is handed on
            yield data


def _good(data: bytes, encoding: str) -> bytes:
    """What the decoder had accepted, as UTF-8; nothing for a codec that cannot leave out the rest."""
    try:
        return data.decode(encoding, "ignore").encode("utf-8", "replace")
    except UnicodeError:
        return b""


def _told(encoding: str) -> str:
    """An encoding as people call it."""
    return encoding.removesuffix("hkscs")


def bad_bytes(
    source: str, line: int, encoding: str, data: bytes, start: int, position: int
) -> DataError:
    """The error for the bad bytes at data[start:], `position` (from 0) in the whole source."""
    left = data.rfind(b"\n", max(0, start - (SAMPLE >> 2)), start) + 1 or max(0, start - 4096)
    left = data.find(b"\n", max(0, left - 4096), left) + 1 or left
    odd = (position - start + left) % 2 == 1
    guess = guess_encoding(data[left : start + (SAMPLE >> 2)], odd)
    hint = "try --on-error replace"
    if guess is None:
        hint = "try --encoding auto, or --on-error replace"
    elif guess != encoding:
        hint = f"try --encoding {_told(guess)}, or --on-error replace"
    problem = f"not {encoding.upper()}: byte 0x{data[start]:02x} at byte {position} of the file"
    return DataError(source, line, problem, hint)
