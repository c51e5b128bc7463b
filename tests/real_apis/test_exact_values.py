"""What the operator writes into a manifest reaches the API as it is written, and two ids that are one double stay two."""

import json
from typing import Any

import pytest

from callgate import SchemaForm
from callgate.errors import KeyReused, ManifestInvalid

from .conftest import ANSWERED, Json, Situate
from .recipes import Recipes, answer

ID, LARGEST = 9007199254740993, 18446744073709551615


def yaml_of(situation: Situate, recipes: Recipes, parameters: list[Json], text: str) -> tuple[Any, Any]:
    """The report of an import whose manifest is this YAML, and the situation."""
    made = situation({"/x": {"get": {"operationId": "x", "parameters": parameters}}})
    document: Json = {"openapi": "3.1.0", "info": {"title": "Real", "version": "1"}}
    operation = {"operationId": made.name("x"), "parameters": parameters, "responses": ANSWERED}
    document["paths"] = {"/x": {"get": operation}}
    manifest = f"toolset: {made.toolset}\ndefaults:\n  {text}\n"
    report = made.house.client.toolsets.import_openapi(
        json.dumps(document).encode(), made.toolset, server=recipes.url, manifest=manifest.encode()
    )
    made.house.promote(report)
    recipes.tell("GET", "/x", answer(200))
    return report, made


HEADERS = {
    "2022-11-28": "2022-11-28",
    "1_000": "1_000",
    "yes": "yes",
    "on": "on",
    "12:30:45": "12:30:45",
    "~x": "~x",
    "'quoted'": "quoted",
    "2001-12-14t21:59:43.10-05:00": "2001-12-14t21:59:43.10-05:00",
}


@pytest.mark.parametrize(("written", "sent"), HEADERS.items())
def test_a_header_s_value_is_sent_as_it_is_written(situation: Situate, recipes: Recipes, written: str, sent: str) -> None:
    report, made = yaml_of(situation, recipes, [], f"headers: {{X-Version: {written}}}")
    assert report.faults == ()
    made.call("x").raise_for_outcome()
    assert recipes.requests[-1].headers["x-version"] == sent


def parameter(schema: Json, name: str = "v") -> Json:
    return {"name": name, "in": "query", "schema": schema}


INTEGER: Json = {"type": "integer", "format": "int64"}
FIXED: list[tuple[Json, str, str]] = [
    (INTEGER, str(ID), str(ID)),
    (INTEGER, str(LARGEST), str(LARGEST)),
    (INTEGER, "-9223372036854775808", "-9223372036854775808"),
    (INTEGER, "2.0", "2"),
    (INTEGER, "1e3", "1000"),
    ({"type": "string"}, "2022-11-28", "2022-11-28"),
    ({"type": "string", "format": "date"}, "2022-11-28", "2022-11-28"),
    ({"type": "number"}, "0.1", "0.1"),
    ({"type": "string"}, "'1.10'", "1.10"),
    ({"type": "array", "items": INTEGER, "x": 1}, f"[{ID}, {ID - 1}]", f"{ID}&v={ID - 1}"),
]


@pytest.mark.parametrize(("schema", "written", "sent"), FIXED)
def test_a_fixed_argument_is_sent_as_it_is_written(
    situation: Situate, recipes: Recipes, schema: Json, written: str, sent: str
) -> None:
    report, made = yaml_of(situation, recipes, [parameter(schema)], f"arguments: {{v: {written}}}")
    assert report.faults == (), report.faults
    made.call("x").raise_for_outcome()
    assert recipes.requests[-1].path == f"/x?v={sent}"


@pytest.mark.parametrize("written", ["1.10", "010", "0x1F", str(ID), "true", "[a]"])
def test_a_header_s_value_that_yaml_does_not_take_for_text_is_told(situation: Situate, recipes: Recipes, written: str) -> None:
    """None is sent in another form than it was written in."""
    with pytest.raises(ManifestInvalid, match="/defaults/headers/X-Version"):
        yaml_of(situation, recipes, [], f"headers: {{X-Version: {written}}}")


TEXT: Json = {"type": "string"}


@pytest.mark.parametrize("written", ["1.10", "010", str(ID)])
@pytest.mark.parametrize("schema", [TEXT, {"enum": ["1.10", "010", str(ID)]}], ids=["text", "list"])
def test_nor_is_a_text_that_yaml_takes_for_a_number(situation: Situate, recipes: Recipes, schema: Json, written: str) -> None:
    report, _ = yaml_of(situation, recipes, [parameter(schema)], f"arguments: {{v: {written}}}")
    assert "the argument 'v' does not fit its schema" in report.faults[0].message


@pytest.mark.parametrize("written", [str(LARGEST + 1), "-9223372036854775809", "[1, [10000000000000000000000001]]"])
def test_an_integer_that_would_be_sent_as_another_is_told_at_its_import(
    situation: Situate, recipes: Recipes, written: str
) -> None:
    report, _ = yaml_of(situation, recipes, [parameter({})], f"arguments: {{v: {written}}}")
    assert "the argument 'v' has a whole number of more than 64 bits" in report.faults[0].message
    assert report.faults[0].cure


@pytest.mark.parametrize("written", ["1" + "0" * 400, "1e999", ".inf", ".nan", "1" * 5000])
def test_a_number_that_no_request_can_say_is_refused_with_its_manifest(
    situation: Situate, recipes: Recipes, written: str
) -> None:
    with pytest.raises(ManifestInvalid):
        yaml_of(situation, recipes, [parameter({})], f"arguments: {{v: {written}}}")


def test_keys_of_calls_tell_two_ids_apart_in_each_place(situation: Situate, recipes: Recipes) -> None:
    schema: Json = {"type": "object", "properties": {"id": INTEGER, "in": {"type": "array", "items": INTEGER}, "n": {}}}
    body = {"content": {"application/json": {"schema": schema}}}
    paths: Json = {"/x": {"post": {"operationId": "x", "requestBody": body, "parameters": [parameter(INTEGER)]}}}
    recipes.tell("POST", "/x", answer(200))
    made = situation(paths)
    first: Json = {"v": ID, "body": {"id": ID, "in": [ID, 1], "n": {"deep": [ID]}}}
    made.call("x", first, key=f"k-{made.toolset}").raise_for_outcome()
    same: list[Json] = [first, json.loads(json.dumps(first)), {"body": first["body"], "v": ID}]
    for one in same:
        assert made.call("x", one, key=f"k-{made.toolset}").from_record
    others: list[Json] = [
        first | {"v": ID - 1},
        first | {"body": first["body"] | {"id": ID - 1}},
        first | {"body": first["body"] | {"in": [ID - 1, 1]}},
        first | {"body": first["body"] | {"n": {"deep": [ID - 1]}}},
        first | {"body": first["body"] | {"n": {"deep": [float(ID)]}}},
    ]
    for one in others:
        with pytest.raises(KeyReused):
            made.call("x", one, key=f"k-{made.toolset}")
    assert len(recipes.requests) == 1


def test_a_key_is_free_for_the_same_call_again_though_the_first_had_nulls(situation: Situate, recipes: Recipes) -> None:
    """And not for the one that it means: another version of the tool may give the null a meaning."""
    schema: Json = {"type": "object", "properties": {"id": INTEGER, "no": {"type": "string"}}}
    paths: Json = {"/x": {"post": {"operationId": "x", "requestBody": {"content": {"application/json": {"schema": schema}}}}}}
    recipes.tell("POST", "/x", answer(200))
    made = situation(paths)
    said: Json = {"body": {"id": str(ID), "no": None}}
    key = f"k-{made.toolset}"
    made.call("x", said, key=key).raise_for_outcome()
    assert made.call("x", said, key=key).from_record
    assert json.loads(recipes.requests[0].raw.partition(b"\r\n\r\n")[2]) == {"id": ID}
    with pytest.raises(KeyReused):
        made.call("x", said, key=key, schema_form=SchemaForm.STRICT)
