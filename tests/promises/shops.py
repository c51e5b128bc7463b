"""A shop whose operator and whose vendor a test plays, through the command line and a running gateway."""

import itertools
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from callgate import VersionState
from callgate.errors import ApprovalRequired, ToolDisabled, ToolQuarantined, ToolRetired
from gateway.cli import build
from tests.e2e.house import House

Document = dict[str, Any]
numbers = itertools.count(1)

OK = {"responses": {"200": {"description": "Done."}}}


def _document(url: str) -> Document:
    return {
        "openapi": "3.2.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": url}],
        "paths": {
            "/orders": {"get": OK | {"operationId": "listOrders", "tags": ["public"]}},
            "/refunds": {"post": OK | {"operationId": "refund", "tags": ["money"]}},
            "/orders/{id}/refund": {
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "post": OK | {"operationId": "refundOrder", "tags": ["money"]},
            },
        },
    }


@dataclass
class Upstream:
    """Answers 200 to all, and keeps what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)

    @property
    def acted(self) -> list[str]:
        """What was asked of it, but for the orders, which all may read."""
        return [one for one in self.asked if one != "GET /orders"]


@contextmanager
def counting_upstream() -> Iterator[Upstream]:
    state = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            state.asked.append(f"{self.command} {self.path}")
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_post = answer  # noqa: N815 - http.server wants these names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Shop:
    """A toolset of a name of its own, and the operator's hand on it. All operationIds and tools bear the toolset's number."""

    def __init__(self, house: House, home: Path, upstream: Upstream) -> None:
        self.client = house.client
        self.upstream = upstream
        self.toolset = f"shop-{next(numbers)}"
        self.document = _document(upstream.url)
        self._home = home
        self._environment = {
            "CALLGATE_ADDRESS": house.address,
            "CALLGATE_TOKEN": house.state.token.read_text(),
            "COLUMNS": "2000",
        }
        self._environment |= {"CALLGATE_HOME": str(home / "nowhere"), "CALLGATE_TOKEN_FILE": ""}
        for item in self.document["paths"].values():
            for operation in (one for one in item.values() if isinstance(one, dict)):
                operation["operationId"] = self.name(operation["operationId"])

    def name(self, name: str) -> str:
        """Toolsets share one space of names, so each has names of its own."""
        return f"{name}_{self.toolset.replace('-', '_')}"

    def says(self, verb: str, manifest: str = "", *words: str) -> Result:
        """`callgate toolset VERB` with the document as it is. In the manifest `$NAME` stands for a name of this shop."""
        (self._home / "api.json").write_text(json.dumps(self.document))
        options = list[str]()
        if manifest:
            manifest = re.sub(r"\$(\w+)", lambda named: self.name(named[1]), manifest)
            (self._home / "m.yaml").write_text(f"toolset: {self.toolset}\n{manifest}")
            options += ["--manifest", str(self._home / "m.yaml")]
        else:
            options += ["--name", self.toolset]
        return self.run(verb, str(self._home / "api.json"), *options, *words)

    def run(self, verb: str, *words: str) -> Result:
        return CliRunner().invoke(build(), ["toolset", verb, *words], env=self._environment)

    def states(self) -> dict[str, VersionState]:
        tools = list(self.client.tools.versions(self.toolset))
        return {f"{tool.name}@{one.version}": one.state for tool in tools for one in tool.versions}

    def call_everything(self) -> None:
        """Call each version of each tool, as an agent that has read the list may."""
        for reference in self.states():
            tool = self.client.tools.get(reference)
            arguments = dict.fromkeys(tool.input_schema.get("properties", {}), "refunds")
            with suppress(ApprovalRequired, ToolQuarantined, ToolDisabled, ToolRetired):
                self.client.call(reference, arguments)
