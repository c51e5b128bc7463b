"""OpenAPI 3.0's dialect of JSON Schema for requests, as the judge applies it, with `readOnly` as OpenAPI 3.0.3 says it.

`readOnly` is "relevant only for Schema `properties` definitions". The judge's library refuses any value whose schema has it,
for instance a path parameter of a shared type, and for `required` it does not see a `readOnly` behind a `$ref`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS30WriteValidator


def _everywhere(validator: Any, read_only: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    yield from ()


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    for name, member in properties.items() if validator.is_type(instance, "object") else ():
        if name in instance:
            if _is_read_only(validator, member):
                yield ValidationError(f"{name!r} is read-only")
            yield from validator.descend(instance[name], member, path=name, schema_path=name)


def _required(validator: Any, required: list[str], instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    properties = schema.get("properties", {})
    for name in required if validator.is_type(instance, "object") else ():
        if name not in instance and not _is_read_only(validator, properties.get(name)):
            yield ValidationError(f"{name!r} is a required property")


def _is_read_only(validator: Any, schema: Any) -> bool:
    if isinstance(schema, Mapping) and "$ref" in schema:
        schema = validator._resolver.lookup(schema["$ref"]).contents  # as the keywords of the library do
    return isinstance(schema, Mapping) and schema.get("readOnly") is True


WriteValidator = extend(OAS30WriteValidator, {"readOnly": _everywhere, "properties": _properties, "required": _required})
