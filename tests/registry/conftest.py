from collections.abc import Callable
from typing import Any

import pytest

from registry.compiler.compiler import Compiled, ToolsetHeader, compile_document
from registry.document.loading import check
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import first

SERVER = "https://api.example.com/v1"


@pytest.fixture(scope="session")
def document() -> Callable[..., JsonObject]:
    """Makes a document of a few paths."""

    def make(paths: JsonObject, *, openapi: str = "3.1.0", **more: Any) -> JsonObject:
        return check({"openapi": openapi, "info": {"title": "t", "version": "1"}, "paths": paths, **more})

    return make


@pytest.fixture(scope="session")
def compiled(document: Callable[..., JsonObject]) -> Callable[..., Compiled]:
    """Compiles a document of a few paths, against a server of its own."""

    def make(paths: JsonObject, *, header: ToolsetHeader | None = None, **more: Any) -> Compiled:
        return compile_document(document(paths, **more), header or ToolsetHeader("things", server=SERVER))

    return make


@pytest.fixture(scope="session")
def tool(compiled: Callable[..., Compiled]) -> Callable[..., ToolVersion]:
    """The only tool of a document that has one operation."""

    def make(path: str, method: str, operation: JsonObject, **more: Any) -> ToolVersion:
        result = compiled({path: {method: operation}}, **more)
        assert len(result.drafts) == 1, result.faults
        return first(result.drafts[0])

    return make
