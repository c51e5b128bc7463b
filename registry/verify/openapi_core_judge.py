"""openapi-core, as an independent judge of the requests that the registry makes. The only importer of openapi_core.

It reads references from files and the network unless it is stopped, and it can be slow. So it gets only an excerpt of the
document: one operation and what that refers to, without security and with the tool's server. No reference can leave it.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema.exceptions import FormatError, SchemaError, UnknownType, ValidationError
from jsonschema_path import SchemaPath
from openapi_core import Config, OpenAPI
from openapi_core.datatypes import RequestParameters
from openapi_core.exceptions import OpenAPIError
from openapi_core.validation.schemas.exceptions import InvalidSchemaValue
from openapi_core.validation.schemas.factories import SchemaValidatorsFactory
from referencing.exceptions import Unresolvable
from werkzeug.datastructures import Headers, ImmutableMultiDict

from registry.calling.request import HttpRequest
from registry.model.import_fault import OperationUnusable
from registry.model.json_pointer import escape, tokens
from registry.model.json_values import objects_in
from registry.model.media_types import MediaKind, essence, kind_of
from registry.model.references import References
from registry.model.tool import Body, Draft, JsonObject, ToolVersion
from registry.verify.write_dialects import WriteValidator30, WriteValidator31


@dataclass(frozen=True, slots=True)
class Judgement:
    """`reason` is empty where the request is accepted; where not, it may quote values of the request."""

    accepted: bool
    reason: str


class Judge:
    """Judges the requests of one tool version. Opens no file and no connection; bounds no time.

    Of a document that openapi-core cannot read, every request is refused with the reason.
    """

    def __init__(self, document: JsonObject, version: ToolVersion) -> None:
        self._server = version.draft.operation.server
        self._broken = ""
        try:
            spec = SchemaPath.from_dict(_excerpt(document, version.draft), handlers=_RefuseEveryScheme())
            readers = _readers(version.draft.operation.body)
            config = Config(
                spec_validator_cls=None,
                extra_media_type_deserializers=readers,
                schema_validators_factory=_schemas(document),
            )
            self._openapi = OpenAPI(spec, config)
        except OperationUnusable as unusable:
            self._broken = f"{unusable.fault.message} (at {unusable.fault.pointer})"
        except _REFUSALS as error:
            self._broken = _reason(error)

    def judge(self, request: HttpRequest) -> Judgement:
        """Whether openapi-core finds that `request` is one that the document allows for the version's operation."""
        try:
            return Judgement(not self._broken, self._broken or self._validate(request))
        except _REFUSALS as error:
            return Judgement(False, _reason(error))

    def read(self, request: HttpRequest) -> tuple[JsonObject, Any]:
        """What openapi-core reads out of a request that it accepts: the parameters by name and place, and the body."""
        with _quiet():
            result = self._openapi.unmarshal_request(_JudgedRequest(request, self._server))
        result.raise_for_errors()
        read = result.parameters
        return {"path": read.path, "query": read.query, "header": read.header, "cookie": read.cookie}, result.body

    def _validate(self, request: HttpRequest) -> str:
        with _quiet():
            self._openapi.validate_request(_JudgedRequest(request, self._server))
        return ""


@contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        # openapi-core warns of parameters that the document calls deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def _readers(body: Body | None) -> dict[str, Callable[..., Any]]:
    """Readers for media types of JSON or text that openapi-core does not know: it would take the bytes for the value."""
    readers: dict[MediaKind, Callable[..., Any]] = {
        MediaKind.JSON: lambda raw, **_: json.loads(raw),
        MediaKind.TEXT: lambda raw, **_: raw.decode(),
    }
    return {body.media_type: readers[kind]} if body and (kind := kind_of(body.media_type)) in readers else {}


def _schemas(document: JsonObject) -> SchemaValidatorsFactory | None:
    """None: the library's own, which knows the document's dialect, or says that it does not."""
    if "jsonSchemaDialect" in document:
        return None
    return next((one for version, one in _SCHEMAS.items() if str(document["openapi"]).startswith(version)), None)


class _LeavesTheDocument(OSError):
    """openapi-core has tried to read another document."""


class _RefuseEveryScheme(dict[str, Any]):
    """A handler for every URI scheme. For a scheme without one, jsonschema-path would use the network."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Any:
        return _deny


# What openapi-core and its libraries raise for requests that they refuse, and for documents that they do not expect.
_REFUSALS = (
    OpenAPIError, FormatError, SchemaError, UnknownType, ValidationError, Unresolvable, _LeavesTheDocument,
    LookupError, TypeError, ValueError, AttributeError, AssertionError, RecursionError, re.error,
)  # fmt: skip


#: Of a refusal by all alternatives, how many of their reasons are told.
_ALTERNATIVES = 20
_SCHEMAS = {
    "3.0": SchemaValidatorsFactory(WriteValidator30),
    # The library takes 3.0's formats for 3.1, too: `byte` and `binary` are among them.
    "3.1": SchemaValidatorsFactory(WriteValidator31, WriteValidator30.FORMAT_CHECKER),
}
# Parts of a document that say nothing about a request; `components` is taken over without its security schemes.
_NOT_THE_REQUESTS = ("swagger", "security", "webhooks", "tags", "components")
# The escapes that openapi-core's adapters decode in a path: all but `/`, `?` and `#`, which would make another path of it.
_ESCAPED = re.compile("(?:%(?!2[fF]|3[fF]|23)[0-9A-Fa-f]{2})+")


def _deny(uri: str) -> NoReturn:
    raise _LeavesTheDocument("a reference leaves the document")


class _JudgedRequest:
    """A request in the form of openapi-core's Request protocol, as its adapters for web frameworks would show it."""

    def __init__(self, request: HttpRequest, server: str) -> None:
        parts = urlsplit(request.url)
        headers = Headers(list(request.headers))
        self.host_url = f"{parts.scheme}://{parts.netloc}"
        self.path = _ESCAPED.sub(lambda match: unquote(match[0]), parts.path)
        self.method = request.method.lower()
        self.body = request.body
        self.content_type = headers.get("Content-Type", "")
        cookies = [pair.partition("=")[::2] for pair in headers.get("Cookie", "").split("; ") if pair]
        self.parameters = RequestParameters(
            query=ImmutableMultiDict(parse_qsl(parts.query, keep_blank_values=True)),
            header=headers,
            cookie=ImmutableMultiDict((name, unquote(value)) for name, value in cookies),
        )


def _excerpt(document: JsonObject, draft: Draft) -> JsonObject:
    """The document with one operation alone, and with all that it refers to at its old place. Raises OperationUnusable.

    It leaves out what arguments do not decide: security, servers, parameters that the gateway never takes from arguments.
    """
    references = References(document)
    path, method = draft.operation.path, draft.operation.method.lower()
    item, pointer = references.merged(document["paths"].get(path), f"/paths/{escape(path)}")
    declared, _ = references.merged(item.get(method, {}), f"{pointer}/{method}")
    operation: JsonObject = {key: value for key, value in declared.items() if key in ("requestBody", "deprecated")}
    operation["responses"] = {}
    kept: JsonObject = {method: operation}
    for holder, source in ((kept, item), (operation, declared)):
        holder["parameters"] = [one for one in source.get("parameters", []) if _is_sent(one, draft, references, pointer)]
    if draft.operation.body is not None:
        operation["requestBody"] = _body(operation["requestBody"], draft.operation.body, references, pointer)
    paths: JsonObject = {}
    for target in _targets(kept, references, pointer):
        if target.startswith("/paths/"):
            other = tokens(target)[1]
            paths[other] = document["paths"][other]
    # Of a path template, only what stands before its `?` and `#` is in the path of a URL.
    paths[path.partition("#")[0].partition("?")[0]] = paths.get(path, {}) | kept
    # A reference may lead anywhere, so all other keys stay.
    rest = {key: value for key, value in document.items() if key not in _NOT_THE_REQUESTS}
    components = {key: value for key, value in document.get("components", {}).items() if key != "securitySchemes"}
    return rest | {"servers": [{"url": draft.operation.server}], "paths": paths, "components": components}


def _is_sent(parameter: Any, draft: Draft, references: References, pointer: str) -> bool:
    node, _ = references.follow(parameter, pointer)
    where, name = node.get("in"), str(node.get("name")).lower()
    return any((one.place.value, one.name.lower()) == (where, name) for one in draft.operation.parameters)


def _body(node: JsonObject, body: Body, references: References, pointer: str) -> JsonObject:
    """The body with the media type that is sent by its exact name, too: openapi-core does not decode by a range."""
    node, _ = references.follow(node, pointer)
    content = node.get("content", {})
    exact = [name for name in content if essence(name) == body.media_type]
    chosen = next(iter([*exact, *(name for name in content if "*" in name)]), None)
    return node if chosen is None else {**node, "content": {**content, body.media_type: content[chosen]}}


def _targets(root: JsonObject, references: References, pointer: str) -> Iterator[str]:
    """Every pointer that `root` leads to through `$ref`. Raises OperationUnusable for one that leaves the document."""
    waiting: list[Any] = [root]
    seen: set[str] = set()
    while waiting:
        for holder in objects_in(waiting.pop()):
            if isinstance(holder.get("$ref"), str):
                value, target = references.lookup(holder["$ref"], place=pointer)
                if target not in seen:
                    seen.add(target)
                    waiting.append(value)
                    yield target


def _reason(error: BaseException) -> str:
    """The innermost cause: openapi-core wraps the error that gives the reason, and JSON Schema those of all alternatives."""
    while error.__cause__ is not None:
        error = error.__cause__
    first = str(error).splitlines()[0][:3000] if str(error) else ""
    inner = dict.fromkeys(_inner(error.schema_errors)) if isinstance(error, InvalidSchemaValue) else ()
    return "; ".join((f"{type(error).__name__}: {first}".rstrip(": "), *islice(inner, _ALTERNATIVES)))


def _inner(errors: Iterable[ValidationError]) -> Iterator[str]:
    """Why each alternative of an `anyOf` or `oneOf` refuses the value."""
    for error in errors:
        for alternative in error.context or ():
            yield alternative.message[:300]
            yield from _inner([alternative])
