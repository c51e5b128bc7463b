"""How the properties of a form are written (OpenAPI 3.1.1, §4.8.15), and which of them are files."""

from collections.abc import Iterator
from typing import Any

from registry.calling.multipart import FILE
from registry.model.json_pointer import escape
from registry.model.references import References
from registry.model.tool import JsonObject, Part

_DEPTH = 20
_STYLES = ("form", "spaceDelimited", "pipeDelimited", "tabDelimited", "deepObject")


def read_parts(media: JsonObject, pointer: str, references: References, *, files: bool) -> tuple[Part, ...]:
    """A Part for each property that has an encoding or is a file. Raises OperationUnusable."""
    encodings = media.get("encoding")
    encodings = encodings if isinstance(encodings, dict) else {}
    properties = dict(_properties(media.get("schema", {}), f"{pointer}/schema", references, 0))
    names = [*properties, *(name for name in encodings if name not in properties)]
    parts = [_part(name, encodings.get(name), properties.get(name), pointer, references, files=files) for name in names]
    return tuple(part for part in parts if part != Part(part.name))


def with_files(schema: Any, pointer: str, references: References, names: frozenset[str], depth: int = 0) -> Any:
    """The schema with `FILE` in place of the properties `names`. References to where these are declared are written out."""
    if not names or not isinstance(schema, dict) or depth > _DEPTH:
        return schema
    node, place = references.follow(schema, pointer)
    written = dict(node)
    if isinstance(node.get("properties"), dict):
        written["properties"] = {
            name: _file(member) if name in names else member for name, member in node["properties"].items()
        }
    for keyword in ("allOf", "anyOf", "oneOf"):
        if isinstance(node.get(keyword), list):
            written[keyword] = [
                with_files(member, f"{place}/{keyword}/{index}", references, names, depth + 1)
                for index, member in enumerate(node[keyword])
            ]
    return schema if written == node else written


def _file(schema: Any) -> JsonObject:
    described = {key: value for key, value in schema.items() if key == "description"} if isinstance(schema, dict) else {}
    if isinstance(schema, dict) and schema.get("type") == "array":
        bounds = {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
        return {"type": "array", "items": FILE, **bounds, **described}
    return FILE | described


def _properties(schema: Any, pointer: str, references: References, depth: int) -> Iterator[tuple[str, Any]]:
    """The properties of the schema and of its `allOf`, `anyOf` and `oneOf`, each followed to its own schema."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        return
    node, place = references.follow(schema, pointer)
    for keyword in ("allOf", "anyOf", "oneOf"):
        for index, member in enumerate(node[keyword] if isinstance(node.get(keyword), list) else ()):
            yield from _properties(member, f"{place}/{keyword}/{index}", references, depth + 1)
    for name, member in node["properties"].items() if isinstance(node.get("properties"), dict) else ():
        if isinstance(member, dict):
            yield name, references.follow(member, f"{place}/properties/{escape(name)}")[0]


def _part(name: str, encoding: Any, schema: Any, pointer: str, references: References, *, files: bool) -> Part:
    encoding = encoding if isinstance(encoding, dict) else {}
    media_type = encoding.get("contentType")
    style = encoding.get("style")
    styled = style in _STYLES or "explode" in encoding or "allowReserved" in encoding
    style = (style if style in _STYLES else "form") if styled else None
    explode = encoding.get("explode", style in (None, "form", "deepObject"))
    return Part(
        name,
        media_type=media_type if isinstance(media_type, str) and _sendable(media_type) else None,
        style=style,
        explode=explode is not False,
        allow_reserved=encoding.get("allowReserved") is True,
        file=files and style is None and _is_file(schema, f"{pointer}/schema", references),
        headers=tuple(_headers(encoding.get("headers"), pointer, references)) if files else (),
    )


def _is_file(schema: Any, pointer: str, references: References) -> bool:
    """A string of bytes, or a list of such: `format: binary` in 3.0, a media type without an encoding in 3.1."""
    node = references.follow(schema, pointer)[0] if isinstance(schema, dict) else {}
    if node.get("type") == "array":
        return _is_file(node.get("items"), pointer, references) if isinstance(node.get("items"), dict) else False
    if node.get("type") not in ("string", "file", None):
        return False
    typed = isinstance(node.get("contentMediaType"), str) and "contentEncoding" not in node
    return node.get("format") == "binary" or node.get("type") == "file" or typed


def _headers(headers: Any, pointer: str, references: References) -> Iterator[tuple[str, str]]:
    """The headers of a part whose value the document fixes. The others are left out: no argument could fill them."""
    for name, entry in headers.items() if isinstance(headers, dict) else ():
        node, _ = references.follow(entry, f"{pointer}/encoding")
        schema = node.get("schema")
        schema = references.follow(schema, pointer)[0] if isinstance(schema, dict) else {}
        choices = schema.get("enum")
        only = choices[0] if isinstance(choices, list) and len(choices) == 1 else None
        value = schema.get("const", schema.get("default", only))
        if isinstance(value, str) and _sendable(name) and _sendable(value) and name.lower() != "content-type":
            yield name, value


def _sendable(text: str) -> bool:
    return text.isascii() and text.isprintable()
