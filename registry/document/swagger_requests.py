"""Swagger 2.0's parameters → OpenAPI 3.0's parameters and request bodies."""

from collections.abc import Iterable
from typing import Any

from registry.model.import_fault import OperationUnusable
from registry.model.references import References
from registry.model.tool import JsonObject

_FORM, _MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_OF_PARAMETER = frozenset(
    ("name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "example", "x-example", "deprecated")
)
_STYLES = {"csv": ("form", False), "multi": ("form", True), "ssv": ("spaceDelimited", False), "pipes": ("pipeDelimited", False)}


def first_list(*candidates: Any) -> list[str]:
    """The first candidate that is a list, as its strings. Empty where there is none."""
    for candidate in candidates:
        if isinstance(candidate, list):
            return [member for member in candidate if isinstance(member, str)]
    return []


class Requests:
    """Rewrites the parameters of one document."""

    def __init__(self, document: JsonObject) -> None:
        """`document` is of Swagger 2.0, but its schemas and references are rewritten already."""
        self._references = References(document | {"components": document})
        self._document = document

    def split(self, listed: Any) -> tuple[Any, list[JsonObject]]:
        """The parameters that stay parameters, rewritten, and those that make up the body, resolved."""
        if not isinstance(listed, list):
            return listed, []
        resolved = [(entry, self.target(entry)) for entry in listed]
        kept = [self.parameter(_in_place(entry, node)) for entry, node in resolved if not _is_of_body(node)]
        return kept, [node for _, node in resolved if _is_of_body(node)]

    def parameter(self, node: Any) -> Any:
        """One parameter outside the body. A reference stays one: `upgrade` rewrites its target."""
        if not isinstance(node, dict) or "$ref" in node or _is_of_body(node):
            return node
        kept = {key: value for key, value in node.items() if key in _OF_PARAMETER and key != "collectionFormat"}
        return kept | {"schema": node["schema"] if "schema" in node else _schema_of(node)} | _style(node)

    def body(self, shared: list[JsonObject], own: list[JsonObject], operation: JsonObject) -> JsonObject | None:
        """The request body that these parameters make up, the operation's own winning over its path item's."""
        named = {(node.get("in"), str(node.get("name"))): node for node in (*shared, *own)}
        consumes = first_list(operation.get("consumes"), self._document.get("consumes"))
        payload = next((node for node in named.values() if node["in"] == "body"), None)
        if payload is not None:
            return _payload(payload, consumes or ["application/json"])
        return _form(list(named.values()), consumes) if named else None

    def target(self, entry: Any) -> Any:
        """What `entry` leads to; `entry` itself where it is no reference, or leads nowhere."""
        try:
            return self._references.follow(entry, "")[0]
        except OperationUnusable:
            return entry  # the compiler finds the same, and says where

    def merged(self, entry: Any) -> Any:
        """As `target`, for a path item or an operation, with what stands beside a `$ref`."""
        try:
            return self._references.merged(entry, "")[0]
        except OperationUnusable:
            return entry


def _in_place(entry: Any, node: Any) -> Any:
    """A reference to a component stays one, since `upgrade` rewrites components; any other is replaced by its target."""
    shared = isinstance(entry, dict) and str(entry.get("$ref", "")).startswith("#/components/")
    return entry if shared else node


def _is_of_body(node: Any) -> bool:
    return isinstance(node, dict) and node.get("in") in ("body", "formData")


def _schema_of(node: JsonObject) -> JsonObject:
    return {key: value for key, value in node.items() if key not in _OF_PARAMETER}


def _style(node: JsonObject) -> JsonObject:
    """`collectionFormat` as style and explode. In a path or header there is but one form of a list."""
    return _list_style(node) if node.get("type") == "array" and node.get("in") == "query" else {}


def _list_style(node: JsonObject) -> JsonObject:
    style, explode = _STYLES.get(str(node.get("collectionFormat", "csv")), (str(node.get("collectionFormat")), False))
    return {"style": style, "explode": explode}


def _payload(node: JsonObject, consumes: Iterable[str]) -> JsonObject:
    media = {key: node[key] for key in ("schema", "example", "x-example") if key in node}
    return _with_description(node, {"content": dict.fromkeys(consumes, media), "required": node.get("required") is True})


def _form(fields: list[JsonObject], consumes: list[str]) -> JsonObject:
    has_file = any(field.get("format") == "binary" for field in fields)  # what `rewrite_schemas` made of `type: file`
    kinds = [kind for kind in consumes if kind.split(";")[0].strip().lower() in (_FORM, _MULTIPART)]
    if has_file:
        kinds = [kind for kind in kinds if kind.startswith(_MULTIPART)] or [_MULTIPART]
    named = {str(field.get("name")): field for field in fields}
    required = [name for name, field in named.items() if field.get("required") is True]
    properties = {name: _with_words(field, _schema_of(field)) for name, field in named.items()}
    media: JsonObject = {"schema": {"type": "object", "properties": properties, "required": required}}
    if encoding := {name: _list_style(field) for name, field in named.items() if field.get("type") == "array"}:
        media["encoding"] = encoding
    return {"content": dict.fromkeys(kinds or [_FORM], media), "required": bool(required)}


def _with_words(field: JsonObject, schema: JsonObject) -> JsonObject:
    """The schema of a form's field with the words about it, which are no part of a parameter's schema."""
    given = next((field[key] for key in ("example", "x-example") if key in field), None)
    return _with_description(field, schema) | ({} if given is None else {"example": given})


def _with_description(node: JsonObject, target: JsonObject) -> JsonObject:
    return target | ({"description": node["description"]} if isinstance(node.get("description"), str) else {})
