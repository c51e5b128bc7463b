"""openapi-core, as an independent judge of the requests that we build. The only importer of openapi_core and its parts.

It reads references from files and the network unless it is stopped, and it can be slow. So it sees only a document that was cut
down to one operation and what that refers to, without security and with our server, and each way out of it is shut.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from referencing.exceptions import Unresolvable
from werkzeug.datastructures import Headers, ImmutableMultiDict

from registry.faults import OperationUnusable
from registry.references import References, escape
from registry.request import HttpRequest
from registry.tool import JsonObject, ToolVersion


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is empty where the request is accepted; where not, it may quote values of the request."""

    accepted: bool
    reason: str


def judge(document: JsonObject, request: HttpRequest, version: ToolVersion) -> Verdict:
    """Whether openapi-core finds that `request` is one that `document` allows for the version's operation.

    Opens no file and no connection. A document that openapi-core cannot cope with is refused with the reason. Bounds no time.
    """
    operation = version.draft.operation
    try:
        excerpt = _excerpt(document, operation.path, operation.method.lower(), operation.server)
        spec = SchemaPath.from_dict(excerpt, handlers=_Shut())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of parameters that the document calls deprecated
            OpenAPI(spec, Config(spec_validator_cls=None)).validate_request(_Request(request, operation.server))
    except OperationUnusable as unusable:
        return Verdict(False, f"{unusable.fault.message} (at {unusable.fault.pointer})")
    except _REFUSALS as error:
        return Verdict(False, _reason(error))
    return Verdict(True, "")


class _FenceHit(OSError):
    """openapi-core tried to leave the document."""


class _Shut(dict[str, Any]):
    """Handlers for every scheme there is: for one that it does not find, jsonschema-path would go to the network by itself."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Any:
        return _deny


# What openapi-core and the libraries under it raise on requests they refuse and on documents that they do not expect.
_REFUSALS = (
    OpenAPIError, Unresolvable, _FenceHit, LookupError, TypeError, ValueError, AttributeError, AssertionError,
    RecursionError, re.error,
)  # fmt: skip


def _deny(uri: str) -> NoReturn:
    raise _FenceHit("a reference leaves the document")


class _Request:
    """Our request, as openapi-core's Request protocol wants to see it."""

    def __init__(self, request: HttpRequest, server: str) -> None:
        parts = urlsplit(request.url)
        headers = Headers(list(request.headers))
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = parts.path
        self.method = request.method.lower()
        self.body = request.body
        self.content_type = headers.get("Content-Type", "")
        cookies = [pair.partition("=")[::2] for pair in headers.get("Cookie", "").split("; ") if pair]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=headers,
            cookie=ImmutableMultiDict((name, unquote(value)) for name, value in cookies),
        )


def _excerpt(document: JsonObject, path: str, method: str, server: str) -> JsonObject:
    """The document with one operation alone, and with all that it refers to at its old place. Raises OperationUnusable."""
    references = References(document)
    item, pointer = references.follow(document["paths"].get(path), f"/paths/{escape(path)}")
    operation = {key: value for key, value in item.get(method, {}).items() if key not in ("security", "servers", "callbacks")}
    kept: JsonObject = {"parameters": item.get("parameters", []), method: operation}
    paths: JsonObject = {}
    for target in _targets(kept, references, pointer):
        if target.startswith("/paths/"):
            other = target.split("/")[2].replace("~1", "/").replace("~0", "~")
            paths[other] = document["paths"][other]
    paths[path] = kept
    components = {key: value for key, value in document.get("components", {}).items() if key != "securitySchemes"}
    return {
        "openapi": document["openapi"],
        "info": document.get("info", {"title": "", "version": ""}),
        "servers": [{"url": server}],
        "paths": paths,
        "components": components,
    }


def _targets(root: JsonObject, references: References, pointer: str) -> Iterator[str]:
    """Every pointer that `root` leads to through `$ref`. Raises OperationUnusable for one that leaves the document."""
    waiting: list[Any] = [root]
    seen: set[str] = set()
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting += current
        elif isinstance(current, dict):
            waiting += current.values()
            if isinstance(current.get("$ref"), str):
                value, target = references.lookup(current["$ref"], place=pointer)
                if target not in seen:
                    seen.add(target)
                    waiting.append(value)
                    yield target


def _reason(error: BaseException) -> str:
    """The innermost cause: openapi-core wraps the error that tells something."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else ''}".rstrip(": ")
