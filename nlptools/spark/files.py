"""Paths on any file system of Hadoop (hdfs, s3a, file) -> data frames of what is to be read, and how.

A file of up to 32 MB, and any that cannot be cut, goes to one worker as it is, where the same code reads it
as on one machine: compression, encoding, line ends. A larger text is cut at line ends by Spark. Parquet is
read by Spark.
"""

from __future__ import annotations

import importlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nlptools.errors import DataError, NlptoolsError, listed, quoted
from nlptools.spark.streams import Reading
from nlptools.spark.worker import Input
from nlptools.text.decoding import bom_encoding, decompress, find_codec, guess_encoding, is_utf8
from nlptools.text.jsonlines import refuse_json_lines
from nlptools.text.linenumbers import LineNumbers
from nlptools.text.pieces import Piece
from nlptools.text.sources import find_sources

WHOLE = 32 << 20  # a file up to here is one piece of work
MOST_WHOLE = (1 << 31) - 1024  # an array of Java holds no more
HEAD = 1 << 16  # bytes of a large file at which the driver looks
# In these no byte of a character looks like a line end.
CUT_AT_LF = ("utf-8", "gb18030", "big5hkscs", "ascii", "euc_jp", "euc_kr")
_MAGIC = re.compile(
    rb"\x1f\x8b|BZh|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL
)
LISTED = 10_000  # files of which Java is asked at once
# As Hadoop's FileStatus is shown.
_STATUS = re.compile(
    r"\bpath=(.*?); isDirectory=(true|false)(?:; length=(\d+); replication=\d+; blocksize=\d+)?"
    r"; modification_time=(\d+);",
    re.DOTALL,
)
# Suffixes by which Hadoop unpacks, whatever the content is.
_HADOOP_PACKED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate", ".xz")
_STREAMED = {".gz": b"\x1f\x8b", ".bz2": b"BZh"}  # which it can without libraries of the system


class File(NamedTuple):
    """A file to read."""

    path: str  # with the file system's scheme
    size: int
    changed: int  # milliseconds since 1970


@dataclass(frozen=True)
class Frame:
    """Files that are read alike: how is "whole", "lines" or "rows" (of Parquet)."""

    how: str
    files: tuple[File, ...]
    encoding: str

    def input(self, reading: Reading, ordered: bool = False) -> Input:
        """What a worker has to know of it."""
        if self.how == "lines":
            reading = reading._replace(encoding=self.encoding)
        return Input(self.how, reading, tuple(file.path for file in self.files) if ordered else ())


def list_files(spark: Any, paths: Sequence[str]) -> list[File]:
    """Files named, in folders and matching patterns, in this order, as the local engine finds them."""
    if "-" in paths:
        raise NlptoolsError(
            "Spark reads files, not standard input", "name files, folders or patterns"
        )
    jvm = spark._jvm
    conf = spark._jsc.hadoopConfiguration()
    local_default = str(conf.get("fs.defaultFS")).startswith("file:")
    found: list[tuple[File, bool]] = []
    for path in paths:
        if local_default and not re.match(r"[a-z0-9]+:/", path):
            # The patterns of the local engine know more (**) than those of Hadoop.
            inside = [_local_file(source.name) for source in find_sources([path])]
            direct = Path(path).is_file()
        else:
            inside, direct = _expand(jvm, conf, path)
        found.extend((file, direct) for file in inside)
    seen = {file.path for file, direct in found if direct}
    files = []
    for file, direct in found:
        if direct or file.path not in seen:
            files.append(file)
        seen.add(file.path)
    for file in files:
        problem = _unread_name(file.path.rpartition("/")[2])
        if problem and file.size:
            raise DataError(file.path, None, problem, "rename it")
    return [file for file in files if file.size]


def _unread_name(name: str) -> str | None:
    """Why Spark reads no file of that name; None: it does."""
    if name.startswith(("_", ".")):
        return "Spark passes over files whose name begins with _ or ."
    # Hadoop takes what stands before it for the scheme of a URI; in the name of a folder it does no harm.
    return "Spark cannot read files with a colon in their name" if ":" in name else None


def _local_file(name: str) -> File:
    """A file of this machine, as Spark calls it; asking Java for it takes 8 ms."""
    status = Path(name).stat()
    path = Path(os.path.normpath(Path(name).absolute())).as_posix()
    slash = "" if path.startswith("/") else "/"
    return File(f"file:{slash}{path}", status.st_size, status.st_mtime_ns // 10**6)


def _file(status: Any) -> File:
    return File(_path(status), status.getLen(), status.getModificationTime())


def _path(status: Any) -> str:
    return str(status.getPath().toString())


def _expand(jvm: Any, conf: Any, path: str) -> tuple[list[File], bool]:
    """The files of one path, and whether it names a single file itself."""
    place = jvm.org.apache.hadoop.fs.Path(path)
    system = place.getFileSystem(conf)
    if system.exists(place):
        status = system.getFileStatus(place)
        if status.isFile():
            return [_file(status)], True
        inside = list(_below(jvm, system, status))
        if not inside:
            raise DataError(path, None, "no file in this directory")
        return inside, False
    if not re.search(r"[*?\[{]", path):
        raise DataError(path, None, "no such file")
    matches = sorted(system.globStatus(place) or (), key=_path)
    inside = [file for match in matches for file in _below(jvm, system, match)]
    if not inside:
        raise DataError(path, None, "no file matches this pattern")
    return inside, False


def _below(jvm: Any, system: Any, status: Any) -> Iterator[File]:
    if status.isFile():
        yield _file(status)
        return
    statuses = system.listStatus(status.getPath())
    inside = [
        pair for start in range(0, len(statuses), LISTED) for pair in _told(jvm, statuses, start)
    ]
    for index in sorted(range(len(inside)), key=lambda index: inside[index][0].path):
        file, is_folder = inside[index]
        if file.path.rpartition("/")[2].startswith("."):
            continue
        if is_folder:
            yield from _below(jvm, system, statuses[index])
        else:
            yield file


def _told(jvm: Any, statuses: Any, start: int) -> list[tuple[File, bool]]:
    """Some of the files and folders of an array of Java, and which are folders.

    To ask for each thing of each file takes 0.8 ms a file, so they are read from what Java shows of all at once.
    """
    end = min(start + LISTED, len(statuses))
    # The one that takes any array; Spark brings it along.
    shown = str(jvm.org.apache.commons.lang3.ArrayUtils.toString(statuses[start:end]))
    found = [
        (File(path, int(size or 0), int(changed)), folder == "true")
        for path, folder, size, changed in _STATUS.findall(shown)
    ]
    if len(found) == shown.count("isDirectory=") == end - start:
        return found
    # A file system that shows them in another way, or a name that looks like it.
    return [(_file(statuses[n]), not statuses[n].isFile()) for n in range(start, end)]


def plan(spark: Any, files: Sequence[File], reading: Reading) -> list[Frame]:
    """How each file is read. Files that are read alike stand together."""
    groups: dict[tuple[str, str], list[File]] = {}
    for file in files:
        groups.setdefault(_how(spark, file, reading), []).append(file)
    return [Frame(how, tuple(group), encoding) for (how, encoding), group in groups.items()]


def ordered_plan(spark: Any, files: Sequence[File], reading: Reading, size: int) -> Iterator[Frame]:
    """As `plan`, but the files stay in their order: several small ones, of `size` bytes, or a large one."""
    group: list[File] = []
    held = 0
    for file in files:
        how, encoding = _how(spark, file, reading)
        if how == "whole" and held + file.size <= size:
            group.append(file)
            held += file.size
            continue
        if group:
            yield Frame("whole", tuple(group), reading.encoding)
            group, held = [], 0
        if how == "whole":
            group.append(file)
            held = file.size
        else:
            yield Frame(how, (file,), encoding)
    if group:
        yield Frame("whole", tuple(group), reading.encoding)


def ordered_frame(spark: Any, frame: Frame, reading: Reading) -> Any:
    """The data frame of a group of `ordered_plan`: its partitions are in the order of the text."""
    made = frames_of(spark, frame, reading)
    return made.coalesce(1) if frame.how == "whole" else made


def _how(spark: Any, file: File, reading: Reading) -> tuple[str, str]:
    """("whole", "lines" or "rows", encoding)."""
    if file.path.lower().endswith(".parquet"):
        if reading.field is None:
            hint = "name the column that has the text: --field"
            raise DataError(file.path, None, "Parquet", hint)
        return "rows", ""
    encoding = None
    if file.size > WHOLE and reading.column is None:
        codec = reading.encoding if reading.encoding == "auto" else find_codec(reading.encoding)
        encoding = _cut_as(_head(spark, file.path), file, codec)
        if encoding is not None and reading.field is None:
            _refuse(spark, file)
    if encoding is not None:
        return "lines", encoding
    if file.size > MOST_WHOLE:
        raise DataError(
            file.path,
            None,
            "more than 2 GB that Spark cannot cut",
            "cut it at line ends into smaller files, or unpack it",
        )
    return "whole", reading.encoding


def _head(spark: Any, path: str) -> bytes:
    place = spark._jvm.org.apache.hadoop.fs.Path(path)
    stream = place.getFileSystem(spark._jsc.hadoopConfiguration()).open(place)
    try:
        return bytes(stream.readNBytes(HEAD))
    finally:
        stream.close()


def _cut_as(head: bytes, file: File, codec: str) -> str | None:
    """The encoding in which the lines of a large file can be read apart; None: they cannot."""
    suffix = re.sub(r".*(\.\w+)$", r"\1", file.path.lower(), flags=re.DOTALL)
    if _MAGIC.match(head):
        if not head.startswith(_STREAMED.get(suffix, b"\0none")):
            return None
        try:
            head = next(decompress(iter([head]), file.path), b"")
        except DataError:
            return None
    elif suffix in _HADOOP_PACKED:
        return None
    if (bom_encoding(head) or "utf-8") not in ("utf-8", "utf-8-sig"):
        return None
    if codec == "auto":
        codec = "utf-8" if is_utf8(head, cut=True) else guess_encoding(head) or "auto"
    return codec if codec in CUT_AT_LF else None


def _refuse(spark: Any, file: File) -> None:
    """JSON Lines without --field are an error, as on one machine."""
    name = file.path.rpartition("/")[2].lower()
    if re.search(r"\.(jsonl|ndjson)(\.\w+)?$", name):
        head = next(decompress(iter([_head(spark, file.path)]), file.path))
        text = head.decode("utf-8", "replace")
        list(refuse_json_lines([Piece(text, LineNumbers(), False, False)], file.path))


def frames_of(spark: Any, frame: Frame, reading: Reading) -> Any:
    """The data frame of a group: columns `name` and `data`, both alike for all groups.

    whole: name and bytes of a file. lines: nothing and the bytes of a line. rows: nothing and a text.
    """
    functions = importlib.import_module("pyspark.sql.functions")
    nothing = functions.lit(None).cast("string").alias("name")
    united = None
    for paths in _rounds(frame.files):
        if frame.how == "whole":
            made = spark.read.format("binaryFile").load(paths)
            made = made.select(
                functions.col("path").alias("name"), functions.col("content").alias("data")
            )
        elif frame.how == "lines":
            made = spark.read.format("text").option("lineSep", "\n").load(paths)
            made = made.select(nothing, functions.col("value").cast("binary").alias("data"))
        else:
            made = _rows(spark, paths, reading, functions).select(nothing, "data")
        united = made if united is None else united.unionAll(made)
    return united


def _rows(spark: Any, paths: list[str], reading: Reading, functions: Any) -> Any:
    """The texts of a column of Parquet; a list of texts is as many."""
    table = spark.read.option("mergeSchema", "false").parquet(*paths)
    name = str(reading.field)
    column = f"`{name}`" if name in table.columns else name
    try:
        kind = table.select(column).dtypes[0][1]
    except Exception as error:
        if type(error).__name__ != "AnalysisException":
            raise
        texts = [n for n, k in table.dtypes if k in ("string", "array<string>")]
        raise DataError(
            paths[0], None, f"no field {quoted(name)}", f"fields with text: {listed(texts)}"
        ) from None
    if kind == "array<string>":
        chosen = table.select(functions.explode(column).alias("text"))
    elif kind == "string":
        chosen = table.select(functions.col(column).alias("text"))
    else:
        raise DataError(paths[0], None, f"field {quoted(name)} is {kind}, not text")
    return chosen.where("text is not null").select(
        functions.col("text").cast("binary").alias("data")
    )


def _rounds(files: Sequence[File]) -> Iterator[list[str]]:
    """Paths, each once a round: Spark reads a file that is named twice only once."""
    left = Counter(file.path for file in files)
    while left:
        yield [glob_escaped(path) for path in left]
        left -= Counter(left.keys())


def glob_escaped(path: str) -> str:
    """A path that Spark does not take for a pattern."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)
