"""The guide's command for Kubernetes, submitted to a server that answers as its API does; no pod runs."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import pytest
from submitting import submit, written

pytestmark = [
    pytest.mark.skipif(
        find_spec("pyspark") is None or sys.platform == "win32",
        reason="no pyspark, or no shell: bin/setup test-all",
    ),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


class Api(http.server.BaseHTTPRequestHandler):
    """Takes objects, and gives them back with what the server adds to them."""

    made: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        body["metadata"] |= {"uid": f"u{len(self.made)}", "namespace": "default"}
        self.made.append(body)
        answer = json.dumps(body).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PATCH = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def api() -> Iterator[str]:
    Api.made.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_kubernetes_is_asked_for_a_driver(api: str, tmp_path: Path) -> None:
    """The pod has the image, the memory, and the command line with the script that lies in the image."""
    command = written("--master k8s")
    words = command.partition("local:///opt/run.py")[2].split()
    assert "k8s://https://HOST:6443" in command
    command = command.replace("k8s://https://HOST:6443", f"k8s://{api}")
    unattended = "--conf spark.kubernetes.submission.waitAppCompletion=false"
    submit(
        command.replace("spark-submit", f"spark-submit {unattended}"),
        tmp_path,
        KUBECONFIG="/dev/null",
    )
    pod = next(made for made in Api.made if made["kind"] == "Pod")
    (container,) = pod["spec"]["containers"]
    assert container["image"] == "IMAGE"
    at = container["args"].index("local:///opt/run.py")
    assert container["args"][at + 1 :] == words
    settings = "".join(
        value for made in Api.made if made["kind"] == "ConfigMap" for value in made["data"].values()
    )
    assert "spark.executor.memoryOverhead=6g" in settings
    assert "spark.executor.instances=50" in settings
