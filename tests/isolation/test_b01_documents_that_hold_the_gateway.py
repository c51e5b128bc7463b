"""What an import compares, a variant shows and a sample is made of is bounded, whatever the schemas are: chains whose ways join
and part again, wide unions, long lists."""

from collections.abc import Callable
from functools import partial

import pytest

from registry.diff.compare import compare
from registry.diff.schema_changes import changes
from registry.model.tool import Draft, Effect, JsonObject, Operation
from registry.schema.provider_variants import Variant, VariantImpossible, variant
from registry.schema.sampling import samples
from tests.processor_time import at_most

#: Seconds of work for one comparison, variant or search.
BOUND = 5.0


def crossed(keyword: str, leaf: JsonObject, length: int = 40) -> JsonObject:
    """At each level two definitions, each of which leads to both of the next level; each says something of its own, too."""
    definitions: JsonObject = {f"{name}{length}": leaf for name in "ab"}
    for level in range(length):
        ways = [{"$ref": f"#/$defs/{name}{level + 1}"} for name in "ab"]
        for name in "ab":
            own: JsonObject = {"properties": {"p": {"not": {"const": f"{name}{level}"}}}, "not": {"const": level}}
            definitions[f"{name}{level}"] = {keyword: ways, "additionalProperties": {"not": {"const": name}}, **own}
    return {"type": "object", "properties": {"v": {"$ref": "#/$defs/a0"}}, "$defs": definitions}


def wide(leaf: JsonObject, alternatives: int = 60) -> JsonObject:
    """Alternatives that nothing tells apart, each of which has the union in it."""
    members = [{"type": "object", "properties": {f"p{n}": leaf, "in": {"$ref": "#/$defs/u"}}} for n in range(alternatives)]
    return {"type": "object", "properties": {"v": {"$ref": "#/$defs/u"}}, "$defs": {"u": {"anyOf": members}}}


def listed(leaf: JsonObject) -> JsonObject:
    values = [f"{leaf['maxLength']} {number}" for number in range(20_000)]
    return {"type": "object", "properties": {"v": {"enum": values}}}


def draft(schema: JsonObject) -> Draft:
    operation = Operation("POST", "https://api.example.com", "/things", (), None, ("application/json",))
    return Draft("make_thing", "things", "Makes a thing.", schema, schema, operation, effect=Effect.NON_IDEMPOTENT)


def text(longest: int) -> JsonObject:
    return {"type": "string", "maxLength": longest}


HOSTILE: dict[str, Callable[[JsonObject], JsonObject]] = {
    **{keyword: partial(crossed, keyword) for keyword in ("allOf", "anyOf", "oneOf")},
    "wide": wide,
    "listed": listed,
}


@pytest.mark.parametrize("form", HOSTILE)
def test_a_comparison_ends(form: str) -> None:
    old, new = (draft(HOSTILE[form](text(longest))) for longest in (10, 5))
    with at_most(BOUND):
        assert compare(old, new)


@pytest.mark.parametrize("form", HOSTILE)
def test_a_variant_is_made_or_refused(form: str) -> None:
    schema = HOSTILE[form](text(10))
    with at_most(BOUND):
        for one in Variant:
            try:
                variant(schema, one)
            except VariantImpossible:
                continue


@pytest.mark.parametrize("form", ["anyOf", "oneOf", "wide", "listed"])
def test_a_sample_is_found_or_given_up(form: str) -> None:
    with at_most(BOUND):
        samples(HOSTILE[form](text(10)))


def test_what_is_not_compared_to_its_end_counts_as_changed() -> None:
    found = changes(listed(text(10)), listed(text(5)))
    assert [one.change.word for one in found] == ["too-large-to-compare"]
