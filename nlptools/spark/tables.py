"""Documents with what was found in each -> rows of a Parquet table that Spark writes, with the columns of one machine.

Spark has to know them before the first row is there, and has fewer types than Parquet: ids without a sign become the next
larger number, pairs of offsets lists, times microseconds.
"""

from __future__ import annotations

import importlib
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlptools.errors import DataError
from nlptools.spark.files import File
from nlptools.spark.folders import HadoopFile
from nlptools.spark.kernel import Kernel
from nlptools.spark.streams import Reading, StreamCorpus
from nlptools.text.corpus import Opened
from nlptools.text.documents import Documents
from nlptools.text.recordtables import fitted, tables_of
from nlptools.text.results import Found
from nlptools.text.tableformats import HEAD, is_table

_CHUNK = 1 << 20


@dataclass(frozen=True)
class Columns:
    """Those of the table. arrow: schema of the rows as pyarrow has it."""

    arrow: Any
    schema: Any  # of Spark


def columns_of(
    spark: Any,
    files: Sequence[File],
    reading: Reading,
    kernel: Kernel,
    shared: Any,
    into: str | None,
) -> Columns | None:
    """The columns that come of the first documents, which the driver reads; None where there are no documents."""
    pa = importlib.import_module("pyarrow")
    types = importlib.import_module("pyspark.sql.pandas.types")
    for file in files:
        corpus = StreamCorpus([(file.name or file.path, _opened(spark, file))], reading)
        corpus.block_size = _CHUNK
        corpus.prompt = True
        table = next(tables_of(kernel.records(corpus, shared, {}), into), None)
        if table is not None:
            own = table[0].schema
            break
    else:
        return None
    fields = [pa.field(each.name, _spark_type(pa, each.type, each.name, files)) for each in own]
    schema = types.from_arrow_schema(pa.schema(fields), prefer_timestamp_ntz=True)
    return Columns(pa.schema(fields), schema)


def rows_of(
    found: Iterable[tuple[Documents, Found]], columns: Columns, into: str | None
) -> Iterator[Any]:
    """Batches of pyarrow for Spark. Raises DataError for documents with other columns."""
    for table, source in tables_of(found, into):
        yield from fitted(table, columns.arrow, source).to_batches()


def _spark_type(pa: Any, kind: Any, name: str, files: Sequence[File]) -> Any:
    """The type of Spark, as one of pyarrow, that holds all values of another."""
    types = pa.types

    def inner(each: Any) -> Any:
        return _spark_type(pa, each, name, files)

    if types.is_dictionary(kind):
        return inner(kind.value_type)
    if types.is_struct(kind):
        return pa.struct([pa.field(each.name, inner(each.type)) for each in kind])
    if types.is_map(kind):
        return pa.map_(inner(kind.key_type), inner(kind.item_type))
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return pa.list_(inner(kind.value_type))
    if types.is_timestamp(kind):
        return pa.timestamp("us", kind.tz and "UTC")
    wider = {
        pa.uint8(): pa.int16(),
        pa.uint16(): pa.int32(),
        pa.uint32(): pa.int64(),
        pa.uint64(): pa.decimal128(20, 0),
        pa.float16(): pa.float32(),
        pa.large_string(): pa.string(),
        pa.large_binary(): pa.binary(),
        pa.string_view(): pa.string(),
        pa.binary_view(): pa.binary(),
        pa.date64(): pa.date32(),
    }
    if types.is_time(kind) or types.is_duration(kind):
        problem = f"column {name!r} is {kind}, which Spark has no type for"
        raise DataError(files[0].name or files[0].path, None, problem, "write JSON Lines")
    return wider.get(kind, kind)


# --- the first documents, read by the driver -----------------------------------------------------


def _opened(spark: Any, file: File) -> Opened:
    opened = io.BufferedReader(HadoopFile.open(spark, file.path), _CHUNK)
    if is_table(opened.peek(HEAD)[:HEAD]):
        return opened
    return itertools.takewhile(bool, (opened.read(_CHUNK) for _ in itertools.count()))
