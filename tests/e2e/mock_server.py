"""A mock server that answers a request only if it fits a document: Prism, another reading of OpenAPI than openapi-core's."""

import http.client
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from registry.model.tool import JsonObject

_READY_WITHIN = 60.0


def program() -> Path:
    """Where `scripts/install` has put it."""
    found = next(Path(sys.prefix).glob("prism-*/node_modules/.bin/prism"), None)
    assert found, "Prism is not installed: run `make test`, or `scripts/install VENV test`"
    return found


class MockServer:
    """Answers with an example of the document's; 422, and what is wrong, where the request does not fit it."""

    def __init__(self, document: JsonObject, home: Path, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log = home / "prism.log"
        self._document = home / "document.json"
        self._document.write_text(json.dumps(document))

    def __enter__(self) -> Self:
        command = [str(program()), "mock", "--errors", "--host", "127.0.0.1", "--port", str(self.port), str(self._document)]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            self._wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)

    def get(self, target: str) -> int:
        """The status of a request that is not of the gateway's making."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", target)
        status = connection.getresponse().status
        connection.close()
        return status

    def _wait_ready(self) -> None:
        deadline = time.monotonic() + _READY_WITHIN
        while "is listening" not in self._log.read_text():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < deadline, f"no mock server within {_READY_WITHIN:g} s"
            time.sleep(0.05)
