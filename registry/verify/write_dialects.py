"""OpenAPI's dialects of JSON Schema for requests, as the judge applies them, with `readOnly` as OpenAPI says it.

3.0.3: it is "relevant only for Schema `properties` definitions", and a `required` of such a property "will take effect on the
response only". The judge's library refuses any value whose schema has it, for instance a path parameter of a shared type, and
for `required` it sees no `readOnly` behind a `$ref` or in another part of an `allOf`. For 3.1, it heeds none.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from openapi_schema_validator import OAS30WriteValidator, OAS31Validator


def _everywhere(validator: Any, read_only: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    yield from ()


def _properties(validator: Any, properties: Mapping[str, Any], instance: Any, schema: Any) -> Iterator[ValidationError]:
    for name, member in properties.items() if validator.is_type(instance, "object") else ():
        if name in instance:
            if _is_read_only(validator, member) and not _is_inserted(validator, member, instance[name]):
                yield ValidationError(f"{name!r} is read-only")
            yield from validator.descend(instance[name], member, path=name, schema_path=name)


def _required(validator: Any, required: list[str], instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    absent = [name for name in required if name not in instance] if validator.is_type(instance, "object") else []
    for name in absent:
        if not _is_read_only_in(validator, schema, name):
            yield ValidationError(_missing(name))


def _all_of(validator: Any, parts: list[Any], instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """What one part requires may be read-only by another one."""
    for index, part in enumerate(parts):
        for error in validator.descend(instance, part, schema_path=index):
            names = error.validator_value if error.validator == "required" and not error.path else ()
            if not any(error.message == _missing(name) and _is_read_only_in(validator, schema, name) for name in names):
                yield error


def _missing(name: str) -> str:
    return f"{name!r} is a required property"


def _is_read_only_in(validator: Any, schema: Any, name: str) -> bool:
    """Whether a part of the schema declares the property, and each part that does says that it is read-only."""
    declared = [part["properties"][name] for part in _parts(validator, schema) if name in part.get("properties", {})]
    return bool(declared) and all(_is_read_only(validator, one) for one in declared)


def _is_inserted(validator: Any, member: Any, value: Any) -> bool:
    """openapi-core inserts the defaults of properties that a form does not send, those of read-only ones, too."""
    return bool(_target(validator, member).get("default") == value)


def _is_read_only(validator: Any, schema: Any) -> bool:
    return _target(validator, schema).get("readOnly") is True


def _target(validator: Any, schema: Any) -> Mapping[str, Any]:
    if isinstance(schema, Mapping) and "$ref" in schema:
        schema = validator._resolver.lookup(schema["$ref"]).contents  # as the keywords of the library do
    return schema if isinstance(schema, Mapping) else {}


def _parts(validator: Any, schema: Any) -> Iterator[Mapping[str, Any]]:
    """The schemas that apply to the same value: what is required often stands in another one than what it is."""
    waiting, seen = [schema], set[int]()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Mapping) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [_target(validator, part)] if "$ref" in part else []
        waiting += [one for keyword in ("allOf", "anyOf", "oneOf") for one in part.get(keyword, ())]


_REQUIRED = {"required": _required, "allOf": _all_of}
WriteValidator30 = extend(OAS30WriteValidator, _REQUIRED | {"readOnly": _everywhere, "properties": _properties})
#: 3.1's schemas forbid nothing that is `readOnly`; OpenAPI 3.1.1, §4.8.24.1 has a request leave it out all the same.
WriteValidator31 = extend(OAS31Validator, _REQUIRED)
