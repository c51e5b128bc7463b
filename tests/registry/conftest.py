"""Documents of a few paths, and the tools that are compiled from them."""

from typing import Any, Protocol

import pytest

from registry.compiler.compiler import Compiled, ToolsetHeader, compile_document
from registry.document.loading import check
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first

SERVER = "https://api.example.com/v1"


class MakeDocument(Protocol):
    """A document of these paths; `more` are other members of it."""

    def __call__(self, paths: JsonObject, *, openapi: str = "3.1.0", **more: Any) -> JsonObject: ...


class Compile(Protocol):
    """What the compiler makes of a document of these paths, against a server of the tests' own."""

    def __call__(self, paths: JsonObject, *, header: ToolsetHeader | None = None, **more: Any) -> Compiled: ...


class CompileTool(Protocol):
    """The only tool of a document that has one operation."""

    def __call__(self, path: str, method: str, operation: JsonObject, **more: Any) -> ToolVersion: ...


@pytest.fixture(scope="session")
def document() -> MakeDocument:
    def make(paths: JsonObject, *, openapi: str = "3.1.0", **more: Any) -> JsonObject:
        return check({"openapi": openapi, "info": {"title": "t", "version": "1"}, "paths": paths, **more})

    return make


@pytest.fixture(scope="session")
def compiled(document: MakeDocument) -> Compile:
    def make(paths: JsonObject, *, header: ToolsetHeader | None = None, **more: Any) -> Compiled:
        return compile_document(document(paths, **more), header or ToolsetHeader("things", server=SERVER))

    return make


@pytest.fixture(scope="session")
def tool(compiled: Compile) -> CompileTool:
    def make(path: str, method: str, operation: JsonObject, **more: Any) -> ToolVersion:
        result = compiled({path: {method: operation}}, **more)
        assert len(result.drafts) == 1, result.faults
        return first(result.drafts[0])

    return make
