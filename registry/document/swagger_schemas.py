"""Swagger 2.0's dialect of JSON Schema → OpenAPI 3.0's."""

import re
from typing import Any

#: The maps of 2.0 that a reference may lead into, and their places below `components`.
PLACES = {"definitions": "schemas", "parameters": "parameters", "responses": "responses"}
_OLD_PLACE = re.compile(r"\A#/(definitions|parameters|responses)/")
# Below these keywords are the author's own values, not schemas.
_VALUES = frozenset(("example", "examples", "default", "enum", "x-example", "x-examples"))


def rewrite_schemas(value: Any) -> Any:
    """`value` with its schemas and references rewritten: places, files, discriminators, and vendors' ways to allow null."""
    if isinstance(value, list):
        return [rewrite_schemas(member) for member in value]
    if not isinstance(value, dict):
        return value
    rewritten = {key: _member(key, member) for key, member in value.items()}
    if isinstance(reference := rewritten.get("$ref"), str):
        rewritten["$ref"] = _OLD_PLACE.sub(lambda old: f"#/components/{PLACES[old[1]]}/", reference)
    if rewritten.get("type") == "file":
        rewritten |= {"type": "string", "format": "binary"}
    if isinstance(rewritten.get("discriminator"), str):
        rewritten["discriminator"] = {"propertyName": rewritten["discriminator"]}
    if value.get("x-nullable") is True or value.get("x-isnullable") is True:
        rewritten["nullable"] = True
    return rewritten


def _member(key: str, member: Any) -> Any:
    if key == "properties" and isinstance(member, dict):  # its keys are names, `default` among them
        return {name: rewrite_schemas(schema) for name, schema in member.items()}
    return member if key in _VALUES else rewrite_schemas(member)
