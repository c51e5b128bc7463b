"""The bound of a validator's work holds, and is small where the work is."""

from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from registry.model.json_pointer import definition_name
from registry.schema.told_apart import EXCLUSIVE, told_apart
from registry.schema.work import Work, measured

from .schemas_at_random import instances, schemas


@settings(max_examples=400, deadline=None, derandomize=True)
@given(schema=schemas, instance=instances)
def test_no_instance_takes_more_than_its_bound(schema: Any, instance: Any) -> None:
    written = told_apart(schema)
    assert applications(written, instance, written) <= bound(Work(written), instance)


def bound(work: Work, instance: Any) -> float:
    size = measured(instance)
    return size.values * work.at_one_value(size.levels)


def applications(schema: Any, instance: Any, root: Any) -> int:
    """Of schemas to values, where all is looked at that may be, and of what excludes each other what applies."""
    if not isinstance(schema, dict):
        return 1
    found = 1 + sum(applications(one, instance, root) for one in _in_place(schema, instance, root))
    if isinstance(instance, dict):
        found += sum(applications(one, value, root) for value, one in _of_members(schema, instance))
    if isinstance(instance, list) and "items" in schema:
        found += sum(applications(schema["items"], item, root) for item in instance)
    return found


def _in_place(schema: Any, instance: Any, root: Any) -> Iterator[Any]:
    if EXCLUSIVE in schema:
        for part in schema["allOf"]:
            yield part["if"]
            if jsonschema_rs.Draft202012Validator(part["if"], offline=True).is_valid(instance):
                yield part["then"]
    else:
        for keyword in ("allOf", "anyOf", "oneOf"):
            yield from schema.get(keyword, ())
    if "not" in schema:
        yield schema["not"]
    if "$ref" in schema:
        yield root["$defs"][definition_name(schema["$ref"])]


def _of_members(schema: Any, instance: Any) -> Iterator[tuple[Any, Any]]:
    for name, value in instance.items():
        if name in schema.get("properties", {}):
            yield value, schema["properties"][name]
        if "unevaluatedProperties" in schema:
            yield value, schema["unevaluatedProperties"]


def chain(length: int, keyword: str = "anyOf") -> dict[str, Any]:
    """Each definition leads to the next one by two ways."""
    links = {f"d{n}": {keyword: [{"$ref": f"#/$defs/d{n + 1}"}, {"$ref": f"#/$defs/d{n + 1}"}]} for n in range(length)}
    return {"$ref": "#/$defs/d0", "$defs": links | {f"d{length}": {"type": "string"}}}


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
def test_ways_that_join_and_part_multiply(keyword: str) -> None:
    work = Work(chain(20, keyword))
    assert bound(work, 1) > 1 << 20
    assert work.once_each() < 200


def test_what_leads_back_to_the_same_value_has_no_bound() -> None:
    assert bound(Work({"$ref": "#/$defs/a", "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}), 1) == 1 << 53


def test_a_way_too_long_to_be_counted_has_no_bound() -> None:
    links: dict[str, Any] = {"$defs": {f"d{n}": {"$ref": f"#/$defs/d{n + 1}"} for n in range(199)} | {"d199": {}}}
    for definition in links["$defs"].values():
        for _ in range(20):
            inner = dict(definition)
            definition.clear()
            definition["allOf"] = [inner]
    work = Work({"$ref": "#/$defs/d0", **links})
    assert bound(work, 1) == 1 << 53
    assert work.once_each() < 10_000


def test_an_instance_is_measured() -> None:
    size = measured({"name": "x" * 100})
    assert (size.values, size.levels, size.characters) == (2, 2, 104)


@pytest.mark.parametrize("keyword", ["unevaluatedProperties", "unevaluatedItems"])
def test_what_looks_at_its_neighbours_again_at_each_level_multiplies(keyword: str) -> None:
    links: dict[str, Any] = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}], keyword: True} for n in range(20)}
    assert bound(Work({"$ref": "#/$defs/d0", "$defs": links | {"d20": {"type": "object"}}}), 1) > 1 << 20


def test_what_names_must_be_is_counted() -> None:
    inner = chain(20)
    work = Work({"propertyNames": {"$ref": "#/$defs/d0"}, "$defs": inner["$defs"]})
    assert bound(work, {"a": 1}) > 1 << 20
