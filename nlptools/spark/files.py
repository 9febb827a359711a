"""Paths on any file system of Hadoop (hdfs, s3a, file) -> data frames of what is to be read, and how.

A file of up to 32 MB, and any that cannot be cut, goes to one worker as it is, where the same code reads it
as on one machine: compression, encoding, line ends. A larger text is cut at line ends by Spark. Parquet is
read by Spark.
"""

from __future__ import annotations

import importlib
import io
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from nlptools.errors import DataError, NlptoolsError, listed, quoted
from nlptools.spark.folders import HadoopFile
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
MOST_APART = 200  # data frames that Spark puts together without much ado
LISTED = 10_000  # files of which Java is asked at once
# As Hadoop's FileStatus is shown.
_STATUS = re.compile(
    r"\bpath=(.*?); isDirectory=(true|false)(?:; length=(\d+); replication=\d+; blocksize=\d+)?"
    r"; modification_time=(\d+);",
    re.DOTALL,
)
# Suffixes by which Hadoop unpacks, whatever the content is.
_HADOOP_PACKED = (".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate", ".xz")
_PACKED = (".gz", ".bz2", ".xz", ".zst", ".zip")
_STREAMED = {".gz": b"\x1f\x8b", ".bz2": b"BZh"}  # which it can without libraries of the system


class File(NamedTuple):
    """A file to read."""

    path: str  # with the file system's scheme
    size: int
    changed: int  # milliseconds since 1970
    name: str = ""  # as the local engine calls it; empty: as `path`


@dataclass(frozen=True)
class Frame:
    """Files that are read alike: how is "whole", "lines", "rows" (of Parquet: its texts) or "table" (all columns).

    schema: of a table, as pyarrow has it.
    """

    how: str
    files: tuple[File, ...]
    encoding: str
    schema: Any = None

    def input(self, reading: Reading, ordered: bool = False, placed: bool = False) -> Input:
        """What a worker has to know of it. placed: the numbers of lines are asked for, see `frames_of`."""
        if self.how == "lines":
            reading = reading._replace(encoding=self.encoding)
        names = tuple(file.path for file in self.files) if ordered else ()
        shown = tuple(file.name or file.path for file in self.files) if placed else ()
        return Input(self.how, reading, names, shown, schema=self.schema)


def list_files(spark: Any, paths: Sequence[str], *, empty: bool = False) -> list[File]:
    """Files named, in folders and matching patterns, in this order, as the local engine finds them.

    empty: also those without a byte, of which nothing is read.
    """
    if "-" in paths:
        raise NlptoolsError(
            "Spark reads files, not standard input", "name files, folders or patterns"
        )
    jvm = spark._jvm
    conf = spark._jsc.hadoopConfiguration()
    found: list[tuple[File, bool]] = []
    for path in paths:
        if _of_this_machine(spark, path):
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
    return [file for file in files if file.size or empty]


def _of_this_machine(spark: Any, path: str) -> bool:
    """Whether a path has no scheme, and those without one are files of this machine."""
    default = str(spark._jsc.hadoopConfiguration().get("fs.defaultFS"))
    return default.startswith("file:") and not re.match(r"[a-z0-9]+:/", path)


def absolute(spark: Any, path: str) -> str:
    """A path that means the same in Java, which may have been started in another folder."""
    return str(Path(path).absolute()) if _of_this_machine(spark, path) else path


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
    return File(f"file:{slash}{path}", status.st_size, status.st_mtime_ns // 10**6, name)


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
    """How each file is read. Files that are read alike stand together; large texts alone, as long as they are few, so that
    an error names its file.
    """
    groups: dict[tuple[str, str, str], list[File]] = {}
    kinds = [_how(spark, file, reading) for file in files]
    apart = sum(how == "lines" for how, _ in kinds) <= MOST_APART
    for file, (how, encoding) in zip(files, kinds, strict=True):
        alone = file.path if how == "lines" and apart else ""
        groups.setdefault((how, encoding, alone), []).append(file)
    return [Frame(how, tuple(group), encoding) for (how, encoding, _), group in groups.items()]


def ordered_plan(
    spark: Any, files: Sequence[File], reading: Reading, size: int, *, records: bool = False
) -> Iterator[Frame]:
    """As `plan`, but the files stay in their order: several small ones, of `size` bytes, or a large one.

    records: whole ones are asked for, with all columns of a table.
    """
    group: list[File] = []
    held = 0
    for file in files:
        how, encoding = _how(spark, file, reading, records)
        schema = None
        if how == "table" and (schema := schema_for_spark(spark, file)) is None:
            how = "whole"
        if how == "whole" and held + text_bytes([file]) <= size:
            group.append(file)
            held += text_bytes([file])
            continue
        if group:
            yield Frame("whole", tuple(group), reading.encoding)
            group, held = [], 0
        if how == "whole":
            group.append(file)
            held = text_bytes([file])
        else:
            yield Frame(how, (file,), encoding, schema)
    if group:
        yield Frame("whole", tuple(group), reading.encoding)


def text_bytes(files: Iterable[File]) -> int:
    """Bytes of text in files, about: what is packed is a fourth."""
    return sum(
        4 * file.size if file.path.lower().endswith(_PACKED) else file.size for file in files
    )


def ordered_frame(spark: Any, frame: Frame, reading: Reading, *, placed: bool = False) -> Any:
    """The data frame of a group of `ordered_plan`: its partitions are in the order of the text."""
    made = frames_of(spark, frame, reading, placed=placed)
    return made.coalesce(1) if frame.how == "whole" else made


def _how(spark: Any, file: File, reading: Reading, records: bool = False) -> tuple[str, str]:
    """("whole", "lines", "rows" or "table", encoding)."""
    table = file.path.lower().endswith(".parquet")
    if table and not records:
        if reading.field is None:
            hint = "name the column that has the text: --field"
            raise DataError(file.path, None, "Parquet", hint)
        return "rows", ""
    if table and file.size > WHOLE:
        return "table", ""
    encoding = None
    if file.size > WHOLE and reading.column is None:
        codec = reading.encoding if reading.encoding == "auto" else find_codec(reading.encoding)
        encoding = _cut_as(head_of(spark, file.path), file, codec)
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


def head_of(spark: Any, path: str) -> bytes:
    """The first HEAD bytes of a file."""
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
        head = next(decompress(iter([head_of(spark, file.path)]), file.path))
        text = head.decode("utf-8", "replace")
        list(refuse_json_lines([Piece(text, LineNumbers(), False, False)], file.path))


def frames_of(spark: Any, frame: Frame, reading: Reading, *, placed: bool = False) -> Any:
    """The data frame of a group: columns `name` and `data`, both alike for all groups.

    whole: name and bytes of a file. lines: nothing (placed: the byte of the file at which its piece begins) and the
    bytes of a line. rows: the same of a text. table: the number of a row, from 0, and all columns.
    """
    functions = importlib.import_module("pyspark.sql.functions")
    nothing = functions.lit(None).cast("string").alias("name")
    start = functions.col("_metadata.file_block_start").cast("string").alias("name")
    united = None
    for paths in _rounds(frame.files):
        if frame.how == "whole":
            made = spark.read.format("binaryFile").load(paths)
            made = made.select(
                functions.col("path").alias("name"), functions.col("content").alias("data")
            )
        elif frame.how == "lines":
            made = spark.read.format("text").option("lineSep", "\n").load(paths)
            line = functions.col("value").cast("binary").alias("data")
            made = made.select(start if placed else nothing, line)
        elif frame.how == "table":
            made = spark.read.option("mergeSchema", "false").parquet(*paths)
            names = ["`{}`".format(name.replace("`", "``")) for name in frame.schema.names]
            made = made.select("_metadata.row_index", *names)
        else:
            made = _rows(spark, paths, reading, functions, start if placed else nothing)
        united = made if united is None else united.unionAll(made)
    return united


def schema_for_spark(spark: Any, file: File) -> Any:
    """The schema of a Parquet file, dictionaries as what they stand for; None where Spark cannot read all columns."""
    arrow = importlib.import_module("pyarrow")
    parquet = importlib.import_module("pyarrow.parquet")
    with HadoopFile.open(spark, file.path) as stream:
        try:
            schema = parquet.read_schema(io.BufferedReader(stream, HEAD))
        except (arrow.ArrowException, OSError):
            return None  # who reads it whole says what is wrong with it
    fields = []
    for each in schema:
        kind = each.type.value_type if arrow.types.is_dictionary(each.type) else each.type
        if not _spark_reads(arrow.types, kind):
            return None
        fields.append(arrow.field(each.name, kind))
    same = len({each.name for each in fields}) == len(fields)
    return arrow.schema(fields) if same and fields else None


def _spark_reads(types: Any, kind: Any) -> bool:
    """Whether Spark has a type for all values of one of pyarrow."""
    if types.is_nested(kind):
        return all(_spark_reads(types, kind.field(at).type) for at in range(kind.num_fields))
    if types.is_timestamp(kind):
        return kind.unit in ("ms", "us")
    others = (
        types.is_time,
        types.is_duration,
        types.is_dictionary,
        types.is_float16,
        types.is_null,
    )
    return not any(is_kind(kind) for is_kind in others)


def _rows(spark: Any, paths: list[str], reading: Reading, functions: Any, place: Any) -> Any:
    """The texts of a column of Parquet, and where they stand; a list of texts is one of as many lines."""
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
        # As one machine has it: a text of as many lines.
        chosen = table.select(place, functions.array_join(column, "\n").alias("text"))
    elif kind == "string":
        chosen = table.select(place, functions.col(column).alias("text"))
    else:
        raise DataError(paths[0], None, f"field {quoted(name)} is {kind}, not text")
    data = functions.col("text").cast("binary").alias("data")
    return chosen.where("text is not null").select("name", data)


def _rounds(files: Sequence[File]) -> Iterator[list[str]]:
    """Paths, each once a round: Spark reads a file that is named twice only once."""
    left = Counter(file.path for file in files)
    while left:
        yield [glob_escaped(path) for path in left]
        left -= Counter(left.keys())


def glob_escaped(path: str) -> str:
    """A path that Spark does not take for a pattern."""
    return re.sub(r"([\\*?\[\]{}])", r"\\\1", path)
