"""What an operation sends: in which media type, and which schema stands for it."""

from dataclasses import dataclass
from typing import Any

from registry.compiler.encodings import read_parts, with_files
from registry.compiler.examples import read_examples
from registry.model.import_fault import ImportFault, OperationUnusable
from registry.model.json_pointer import escape
from registry.model.media_types import MediaKind, essence, kind_of
from registry.model.references import References
from registry.model.tool import Body, JsonObject, Part

ARGUMENT = "body"
_BYTES: JsonObject = {"type": "string", "contentEncoding": "base64", "description": "The bytes in base64."}


@dataclass(frozen=True, slots=True)
class DeclaredBody:
    """`mended`: whether it takes what the document's own schema, by mistake, does not."""

    body: Body
    schema: Any
    pointer: str
    examples: tuple[Any, ...] = ()
    mended: bool = False


def read_body(
    operation: JsonObject, pointer: str, references: References
) -> tuple[DeclaredBody | None, tuple[ImportFault, ...]]:
    """The request body in the first of its media types by the order of `MediaKind`. Raises OperationUnusable."""
    if "requestBody" not in operation:
        return None, ()
    node, place = references.follow(operation["requestBody"], f"{pointer}/requestBody")
    content = node.get("content", {})
    required = node.get("required") is True
    if not isinstance(content, dict):
        raise OperationUnusable("`content` is not an object", pointer=f"{place}/content")
    if not content:
        message = "the body has no media type, so the gateway sends no body"
        return None, (ImportFault(f"{place}/content", message, "Name one in `content`."),)
    chosen = min(content, key=_rank)
    media, media_place = references.follow(content[chosen], f"{place}/content/{escape(chosen)}")
    return _declared(chosen, media, media_place, required, references)


def _declared(
    name: str, media: JsonObject, pointer: str, required: bool, references: References
) -> tuple[DeclaredBody, tuple[ImportFault, ...]]:
    schema, schema_pointer = media.get("schema", {}), f"{pointer}/schema"
    if "schema" not in media and "itemSchema" in media:  # OpenAPI 3.2: the body is a sequence of such items
        schema, schema_pointer = {"type": "array", "items": media["itemSchema"]}, pointer
    media_type, kind = _sent_as(name, schema, references, schema_pointer)
    faults: tuple[ImportFault, ...] = ()
    if kind is MediaKind.MULTIPART and _is_scalar(schema, schema_pointer, references):
        message = "a body of parts has a schema that allows no object, so that nothing fits; the tool takes any object"
        faults = (ImportFault(schema_pointer, message, "Name the parts as properties of an object."),)
        schema = {"type": "object"}
    parts: tuple[Part, ...] = ()
    if kind is MediaKind.BINARY:
        schema = _BYTES
    elif kind in (MediaKind.FORM, MediaKind.MULTIPART):
        parts = read_parts(media, pointer, references, files=kind is MediaKind.MULTIPART)
        schema = with_files(schema, schema_pointer, references, frozenset(part.name for part in parts if part.file))
        schema = _fields(schema, schema_pointer, references)
    examples = () if kind is MediaKind.BINARY else read_examples(media, pointer, references)
    body = Body(ARGUMENT, media_type, required, parts)
    return DeclaredBody(body, schema, schema_pointer, examples, mended=bool(faults)), faults


def _is_scalar(schema: Any, pointer: str, references: References) -> bool:
    kind = references.follow(schema, pointer)[0].get("type") if isinstance(schema, dict) else None
    return kind in ("string", "integer", "number", "boolean")


def _fields(schema: Any, pointer: str, references: References) -> Any:
    """The schema of a form with `type: object` where it has no type: a form is always an object."""
    if not isinstance(schema, dict) or "type" in references.follow(schema, pointer)[0]:
        return schema
    return {"allOf": [schema], "type": "object"} if "$ref" in schema else {"type": "object"} | schema


def _sent_as(name: str, schema: Any, references: References, pointer: str) -> tuple[str, MediaKind]:
    """The media type that is sent, and its kind. Where the document names a range, it is one within that."""
    kind = kind_of(name)
    if kind is not MediaKind.ANY and "*" not in name:
        return essence(name), kind
    if essence(name).startswith("text/"):
        return "text/plain", MediaKind.TEXT
    node = references.follow(schema, pointer)[0] if isinstance(schema, dict) else {}
    if kind is MediaKind.BINARY or (node.get("type") == "string" and node.get("format") == "binary"):
        return "application/octet-stream", MediaKind.BINARY
    return "application/json", MediaKind.JSON


def _rank(media_type: str) -> tuple[int, bool, bool]:
    """By kind; among JSON `application/json` first, and JSON Patch, which is hard for a model to write, last."""
    name = essence(media_type)
    return list(MediaKind).index(kind_of(name)), name != "application/json", name == "application/json-patch+json"
