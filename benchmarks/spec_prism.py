"""Prism, the second judge of `specs`: a mock server of another make, which answers only what its own reading of a document
allows. Requests reach it over HTTP, as they reach an API."""

import http.client
import json
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from registry.calling.request import HttpRequest
from registry.document.loading import parse
from registry.model.tool import JsonObject
from tests.e2e.mock_server import MockServer

#: Of a document that it judges: bytes; and operations, evenly taken from all.
LARGEST, OPERATIONS = 80_000, 15
_SECONDS = 20.0
#: What fastify, on which Prism stands, reads.
_METHODS = frozenset(("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"))
# Prism's own refusals of a request. What it says of its own answers is none.
_REFUSALS = ("UNPROCESSABLE_ENTITY", "NO_PATH_MATCHED", "NO_METHOD_MATCHED", "NO_RESOURCE", "INVALID_CONTENT_TYPE")
#: Of one request.
_SHOWN = 5
_ELSEWHERE = frozenset(("servers", "security", "host", "basePath", "schemes"))
_READ = frozenset(
    ("openapi", "swagger", "paths", "components", "definitions", "parameters", "responses", "consumes", "produces",
     "jsonSchemaDialect")
)  # fmt: skip


class NotServed(Exception):
    """Prism does not start with the document, or does not answer."""


class Prism:
    """Judges the requests of one document."""

    def __init__(self, server: MockServer) -> None:
        self._server = server

    def judges(self, request: HttpRequest) -> bool:
        return request.method in _METHODS

    def refusal(self, request: HttpRequest) -> str:
        """What it finds wrong with the request; empty: nothing. Raises NotServed."""
        parts = urlsplit(request.url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=_SECONDS)
        try:
            headers = dict(request.headers)
            connection.request(request.method, target, request.body, headers)
            response = connection.getresponse()
            return _refusal(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise NotServed(f"{type(error).__name__}: {error}") from None
        finally:
            connection.close()


@contextmanager
def prism(raw: bytes) -> Iterator[Prism]:
    """Raises NotServed."""
    with tempfile.TemporaryDirectory(prefix="cg-prism-") as home:
        try:
            with MockServer(served(parse(raw)), Path(home), _free_port()) as server:
                yield Prism(server)
        except AssertionError as error:
            raise NotServed(str(error)[:300]) from None


def served(document: JsonObject) -> JsonObject:
    """The document as it is, but for where the API is and who may call it, at which Prism would look before anything else, and
    for what says nothing of a request, which it would open files for."""
    kept = {key: value for key, value in _here(document).items() if key in _READ}
    kept["info"] = {"title": "judged", "version": "1"}
    paths = kept.get("paths")
    kept["paths"] = {path: _item(item) for path, item in paths.items()} if isinstance(paths, dict) else {}
    return kept


def _item(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: _here(part) if isinstance(part, dict) else part for key, part in _here(item).items()}


def _here(part: JsonObject) -> JsonObject:
    return {key: value for key, value in part.items() if key not in _ELSEWHERE}


def _refusal(status: int, body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        return ""
    kind = str(told.get("type", "")) if isinstance(told, dict) else ""
    if not any(refusal in kind for refusal in _REFUSALS):
        return ""
    found = told.get("validation") or [{"message": told.get("detail") or told.get("title")}]
    places = [f"{'.'.join(map(str, one.get('location', ())))}: {one.get('message')}" for one in found[:_SHOWN]]
    return f"{status} {kind.rpartition('#')[2]} {'; '.join(places)}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
