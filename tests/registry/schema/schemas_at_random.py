"""Schemas and instances at random, of few words: unions overlap, or are told apart, and instances come near to fitting."""

from typing import Any

from hypothesis import strategies as st

NAMES = ("type", "a", "b")
TEXTS = ("x", "y", "z")

scalars = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.sampled_from(TEXTS))
instances = st.recursive(
    scalars,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(NAMES), children, max_size=3),
    max_leaves=8,
)

tags = st.one_of(
    st.sampled_from(TEXTS).map(lambda text: {"const": text}),
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2, unique=True).map(lambda texts: {"enum": texts}),
)
references = st.sampled_from(["#/$defs/one", "#/$defs/two"]).map(lambda name: {"$ref": name})
leaves: st.SearchStrategy[Any] = st.one_of(
    st.just({}),
    st.booleans(),
    st.sampled_from(["null", "string", "integer", "number", "array", "object"]).map(lambda kind: {"type": kind}),
    tags,
)


def _tagged(properties: dict[str, Any], name: str, tag: dict[str, Any], required: bool, kind: bool) -> dict[str, Any]:
    schema: dict[str, Any] = {"properties": properties | {name: tag}}
    return schema | ({"required": [name]} if required else {}) | ({"type": "object"} if kind else {})


def _schemas(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    properties = st.dictionaries(st.sampled_from(NAMES), children, max_size=2)
    tagged = st.builds(_tagged, properties, st.sampled_from(NAMES[:2]), tags, st.booleans(), st.booleans())
    several = st.lists(children | tagged | references, min_size=2, max_size=3)
    return st.one_of(
        tagged,
        references,
        children.map(lambda one: {"type": "array", "items": one}),
        children.map(lambda one: {"not": one}),
        several.map(lambda some: {"anyOf": some}),
        several.map(lambda some: {"oneOf": some}),
        several.map(lambda some: {"allOf": some}),
        st.tuples(several, properties).map(lambda both: {"anyOf": both[0], "properties": both[1]}),
        properties.map(lambda named: {"properties": named, "unevaluatedProperties": False}),
        st.tuples(several, st.just(False)).map(lambda both: {"oneOf": both[0], "unevaluatedProperties": both[1]}),
    )


bodies = st.recursive(leaves, _schemas, max_leaves=6)


def _whole(body: Any, one: Any, two: Any) -> dict[str, Any]:
    """References lead downwards only: `two` has none, and `one` none but to `two`, below a property."""
    return {"allOf": [body], "$defs": {"one": {"type": "object", "properties": {"a": one}}, "two": two}}


def _without_references(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {} if "$ref" in schema else {key: _without_references(value) for key, value in schema.items()}
    return [_without_references(one) for one in schema] if isinstance(schema, list) else schema


schemas = st.builds(_whole, bodies, bodies, bodies.map(_without_references))
