"""Swagger 2.0 → OpenAPI 3.0.3, so that the compiler reads one language.

Definitions, parameters and responses move below `components`, as do the references to them; bodies and media types move to the
places that 3.0 has for them. `source_pointer` leads back. Written after the two specifications; it leaves the checks to the
compiler.
"""

import re
from typing import Any

from registry.document.swagger_requests import Requests, first_list
from registry.document.swagger_schemas import PLACES, rewrite_schemas
from registry.model.tool import JsonObject

_METHODS = frozenset(("get", "put", "post", "delete", "options", "head", "patch"))
_REPLACED = frozenset(("host", "basePath", "schemes", "consumes", "produces", "paths", *PLACES, "securityDefinitions"))
_FLOWS = {"implicit": "implicit", "password": "password", "application": "clientCredentials", "accessCode": "authorizationCode"}
_JSON = "application/json"
_BACK = (
    *((re.compile(rf"\A/components/{new}(?=/|\Z)"), f"/{old}") for old, new in PLACES.items()),
    (re.compile(r"\A/components/securitySchemes(?=/|\Z)"), "/securityDefinitions"),
    (re.compile(r"\A(/paths/[^/]*/[a-z]+)/requestBody(/.*)?\Z", re.DOTALL), r"\1/parameters"),
    (re.compile(r"\A(.*/responses/[^/]*)/content/[^/]*", re.DOTALL), r"\1"),
    (re.compile(r"\A(/responses/[^/]*)/content/[^/]*", re.DOTALL), r"\1"),
)


def is_swagger(document: JsonObject) -> bool:
    """Whether `document` is of Swagger 2.0, rewritten or not: `upgrade` keeps the mark."""
    return str(document.get("swagger")) in ("2.0", "2")


def upgrade(document: JsonObject) -> JsonObject:
    """The document as one of OpenAPI 3.0.3. Parts that are malformed stay as they are, for the compiler to find."""
    document = rewrite_schemas(document)
    requests = Requests(document)
    kept = {key: value for key, value in document.items() if key not in _REPLACED}
    return kept | {
        "openapi": "3.0.3",
        "servers": _servers(document, document),
        "paths": _each(document.get("paths"), lambda item: _item(item, document, requests)),
        "components": {
            "schemas": _each(document.get("definitions"), lambda schema: schema),
            "parameters": _each(document.get("parameters"), requests.parameter),
            "responses": _each(document.get("responses"), lambda node: _response(node, _produces(document, {}))),
            "securitySchemes": _each(document.get("securityDefinitions"), _scheme),
        },
    }


def source_pointer(pointer: str) -> str:
    """The pointer into the Swagger document for `pointer` into the upgraded one; at times that of the object around it."""
    for pattern, source in _BACK:
        pointer = pattern.sub(source, pointer)
    return pointer


def _item(item: Any, document: JsonObject, requests: Requests) -> Any:
    item = requests.merged(item)
    if not isinstance(item, dict):
        return item
    shared, bodies = requests.split(item.get("parameters"))
    rewritten = item | ({"parameters": shared} if "parameters" in item else {})
    for method in _METHODS & item.keys():
        if isinstance(operation := requests.merged(item[method]), dict):
            rewritten[method] = _operation(operation, bodies, document, requests)
    return rewritten


def _operation(operation: JsonObject, shared_bodies: list[JsonObject], document: JsonObject, requests: Requests) -> JsonObject:
    parameters, bodies = requests.split(operation.get("parameters"))
    rewritten = {key: value for key, value in operation.items() if key not in ("consumes", "produces", "schemes")}
    if "parameters" in operation:
        rewritten["parameters"] = parameters
    body = requests.body(shared_bodies, bodies, operation)
    if body is not None:
        rewritten["requestBody"] = body
    produces = _produces(document, operation)
    rewritten["responses"] = _each(operation.get("responses"), lambda node: _response(requests.target(node), produces))
    if operation.get("schemes"):
        rewritten["servers"] = _servers(document, operation)
    return rewritten


def _produces(document: JsonObject, operation: JsonObject) -> list[str]:
    return first_list(operation.get("produces"), document.get("produces")) or [_JSON]


def _response(node: Any, produces: list[str]) -> Any:
    if not isinstance(node, dict) or "$ref" in node or "schema" not in node:
        return node
    kept = {key: value for key, value in node.items() if key not in ("schema", "examples", "headers")}
    if isinstance(headers := node.get("headers"), dict):  # of which the names count
        kept["headers"] = {name: {"schema": {}} for name in headers}
    return kept | {"content": {media_type: {"schema": node["schema"]} for media_type in produces}}


def _servers(document: JsonObject, holder: JsonObject) -> list[JsonObject]:
    """One server for each scheme, https first: the first one is used."""
    base = document.get("basePath")
    base = base if isinstance(base, str) else "/"
    host = document.get("host")
    if not isinstance(host, str) or not host:
        return [{"url": base}]
    named = first_list(holder.get("schemes"), document.get("schemes"))
    schemes = [scheme for scheme in ("https", "http") if scheme in named] or ["https"]
    return [{"url": f"{scheme}://{host}/{base.strip('/')}"} for scheme in schemes]


def _scheme(node: Any) -> Any:
    match node:
        case {"type": "basic"}:
            return {"type": "http", "scheme": "basic"}
        case {"type": "oauth2", "flow": str(flow)}:
            kept = {key: node[key] for key in ("authorizationUrl", "tokenUrl", "scopes") if key in node}
            return {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): {"scopes": {}} | kept}}
    return node


def _each(holder: Any, rewrite: Any) -> Any:
    """Each member of a map rewritten, but extensions. A value that is no map stays as it is."""
    if not isinstance(holder, dict):
        return {} if holder is None else holder
    return {name: node if name.startswith("x-") else rewrite(node) for name, node in holder.items()}
