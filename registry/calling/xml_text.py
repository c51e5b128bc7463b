"""A JSON value → XML, by the `xml` objects of its schema (OpenAPI 3.1.1, §4.8.26).

The schema is a tool's input schema: self-contained, with `xml` kept. Names come from it; values are always text.
"""

import re
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from registry.calling.parameter_styles import text
from registry.model.errors import RequestRefused
from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject

_DEPTH = 64
_NAME = re.compile(r"[A-Za-z_\u00c0-\ud7ff][A-Za-z0-9_.\-\u00b7-\ud7ff]*")
_ILLEGAL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, §2.2
_NIL = ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


def write_xml(value: Any, schema: Any, definitions: JsonObject, argument: str) -> bytes:
    """The document. Text is sent as it is: the caller has written the XML.

    Raises RequestRefused for names and characters that XML does not have.
    """
    if isinstance(value, str):
        return value.encode()
    return ('<?xml version="1.0" encoding="UTF-8"?>' + _Writer(definitions, argument).root(value, schema)).encode()


class _Writer:
    def __init__(self, definitions: JsonObject, argument: str) -> None:
        self._definitions = definitions
        self._argument = argument

    def root(self, value: Any, schema: Any) -> str:
        name = self._component(schema) or "root"
        merged = self._merged(schema)
        if isinstance(value, list):  # a document has one root, so a list at the root is always wrapped
            merged = merged | {"xml": _xml(merged) | {"wrapped": True}}
        return "".join(self._elements(name, value, merged, 0))

    def _elements(self, name: str, value: Any, schema: JsonObject, depth: int) -> Iterator[str]:
        """One element, or one for each item of a list that is not wrapped."""
        if depth > _DEPTH:
            raise RequestRefused(f"the argument {self._argument!r} is nested deeper than {_DEPTH} levels")
        xml = _xml(schema)
        if not isinstance(value, list):
            yield self._element(str(xml.get("name", name)), value, schema, depth)
            return
        wrapped = xml.get("wrapped") is True or xml.get("nodeType") == "element"
        name = str(xml.get("name", name)) if wrapped else name
        items = self._merged(schema.get("items", {}))
        inner = "".join(piece for item in value for piece in self._elements(name, item, items, depth + 1))
        yield self._tagged(name, xml, "", inner) if wrapped else inner

    def _element(self, name: str, value: Any, schema: JsonObject, depth: int) -> str:
        xml = _xml(schema)
        if value is None:
            return self._tagged(name, xml, _NIL, "")
        if not isinstance(value, dict):
            return self._tagged(name, xml, "", self._text(value, xml))
        attributes, inner = "", ""
        for key, item, member in self._members(value, schema):
            kind = _xml(member).get("nodeType", "attribute" if _xml(member).get("attribute") is True else "element")
            if kind == "attribute":
                attributes += f" {self._name(str(_xml(member).get('name', key)), _xml(member))}={self._quoted(item)}"
            elif kind in ("text", "cdata"):
                inner += self._text(item, _xml(member))
            else:
                inner += "".join(self._elements(key, item, member, depth + 1))
        return self._tagged(name, xml, attributes, inner)

    def _members(self, value: JsonObject, schema: JsonObject) -> Iterator[tuple[str, Any, JsonObject]]:
        """In the order of the schema, which is often the only one that a reader of XML accepts."""
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties", {})
        for key in [*(key for key in properties if key in value), *(key for key in value if key not in properties)]:
            yield key, value[key], self._merged(properties.get(key, others))

    def _tagged(self, name: str, xml: JsonObject, attributes: str, inner: str) -> str:
        tag = self._name(name, xml)
        if isinstance(namespace := xml.get("namespace"), str):
            prefix = f":{xml['prefix']}" if xml.get("prefix") else ""
            attributes = f" xmlns{prefix}={self._quoted(namespace)}{attributes}"
        return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"

    def _name(self, name: str, xml: JsonObject) -> str:
        prefix = xml.get("prefix")
        for part in (name, prefix) if prefix else (name,):
            if not isinstance(part, str) or not _NAME.fullmatch(part):
                raise RequestRefused(f"a key of the argument {self._argument!r} is not a name in XML")
        return f"{prefix}:{name}" if prefix else name

    def _text(self, value: Any, xml: JsonObject) -> str:
        written = self._legal(value)
        if xml.get("nodeType") == "cdata":
            return "<![CDATA[" + written.replace("]]>", "]]]]><![CDATA[>") + "]]>"
        return escape(written, {"\r": "&#13;"})

    def _quoted(self, value: Any) -> str:
        return quoteattr(self._legal(value), {"\r": "&#13;", "\n": "&#10;", "\t": "&#9;"})

    def _legal(self, value: Any) -> str:
        written = text(value, self._argument)
        if _ILLEGAL.search(written):
            raise RequestRefused(f"the argument {self._argument!r} has characters that XML does not have")
        return written

    def _component(self, schema: Any) -> str | None:
        reference = schema.get("$ref") if isinstance(schema, dict) else None
        name = definition_name(reference) if isinstance(reference, str) else ""
        return name if name and _NAME.fullmatch(name) else None

    def _merged(self, schema: Any, seen: frozenset[str] = frozenset()) -> JsonObject:
        """The schema merged with its reference and its parts: an outer keyword wins over an inner one."""
        if not isinstance(schema, dict):
            return {}
        parts = [part for keyword in ("allOf", "oneOf", "anyOf") for part in schema.get(keyword, ())]
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in seen:
            seen |= {reference}
            parts.append(self._definitions.get(definition_name(reference)))
        merged = dict(schema)
        for part in (self._merged(part, seen) for part in parts):
            properties = part.get("properties", {}) | merged.get("properties", {})
            merged = part | merged | ({"properties": properties} if properties else {})
        return merged


def _xml(schema: JsonObject) -> JsonObject:
    xml = schema.get("xml")
    return xml if isinstance(xml, dict) else {}
