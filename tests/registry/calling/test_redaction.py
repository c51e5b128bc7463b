import time

import orjson
import pytest

from registry.calling.redaction import DEEPEST, LONGEST, MOST_LOOKS, REDACTED, redact
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import JsonObject

CANARY = "hunter2-canary"
HIDDEN = {"type": "string", "writeOnly": True}
NOTED = {"properties": {"note": HIDDEN}}


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        ({"password": CANARY}, {}),
        ({"body": {"user": {"apiKey": CANARY}}}, {}),
        ({"card_number": CANARY}, {}),
        ({"Authorization": {"a": [CANARY]}}, {}),
        ({"note": CANARY}, {"properties": {"note": {"type": "string", "writeOnly": True}}}),
        ({"list": [{"x": CANARY}]}, {"properties": {"list": {"items": {"properties": {"x": {"format": "password"}}}}}}),
        ({"body": {"note": CANARY}}, {"properties": {"body": {"$ref": "#/$defs/Pay"}}, "$defs": {"Pay": NOTED}}),
        ({"note": CANARY}, {"properties": {"note": {"$ref": "#/$defs/a~1b%20c"}}, "$defs": {"a/b c": HIDDEN}}),
        ({"note": CANARY}, {"allOf": [{"anyOf": [{}, {"oneOf": [NOTED]}]}]}),
        ({"note": CANARY}, {"if": True, "then": NOTED}),
        ({"any": CANARY}, {"additionalProperties": HIDDEN}),
        ({"list": [CANARY]}, {"properties": {"list": {"prefixItems": [HIDDEN]}}}),
        (
            {"a": {"a": {"note": CANARY}}},
            {"$ref": "#/$defs/T", "$defs": {"T": {"properties": {"a": {"$ref": "#/$defs/T"}, "note": HIDDEN}}}},
        ),
        ({"what": CANARY}, HIDDEN),
        ({"text": f'{{"user": "ada", "password": "{CANARY}"}}'}, {}),
        ({"text": f' [{{"apiKey": ["{CANARY}"]}}]'}, {}),
        ({"text": orjson.dumps({"more": f'{{"password": "{CANARY}"}}'}).decode()}, {}),
    ],
)
def test_a_secret_value_is_replaced_wherever_it_stands(arguments: dict[str, object], schema: dict[str, object]) -> None:
    assert CANARY not in str(redact(arguments, schema))
    assert REDACTED in str(redact(arguments, schema))


def test_what_the_call_is_about_stays() -> None:
    order = {"body": {"item": "hinge", "quantity": 2, "tags": ["a", None, True]}}
    assert redact(order, {"properties": {"body": True}}) == order


def test_a_long_text_is_cut_and_a_deep_value_ends() -> None:
    deep: object = CANARY
    for _ in range(DEEPEST * 2):
        deep = [deep]
    shown = redact({"text": "x" * (LONGEST * 2), "deep": deep}, {})
    assert shown["text"].startswith("x" * LONGEST + "…")
    assert CANARY not in str(shown)


def test_what_a_person_would_not_read_to_its_end_is_neither_shown_nor_looked_at() -> None:
    wide: JsonObject = {"anyOf": [{"properties": {f"n{number}": {}}} for number in range(2_000)]}
    began = time.process_time()
    shown = redact({"all": {f"n{number}": CANARY for number in range(20_000)}}, {"properties": {"all": wide}})
    assert time.process_time() - began < 1
    assert shown["all"]["n0"] == CANARY
    assert set(list(shown["all"].values())[-10_000:]) == {"[more than is shown]"}


def test_a_value_is_not_shown_where_its_secrecy_was_not_looked_at() -> None:
    hidden = {"anyOf": [*[{}] * MOST_LOOKS, {"properties": {"a": HIDDEN}}]}
    assert CANARY not in str(redact({"list": [1] * 10, "a": {"a": CANARY}}, {"properties": {"a": hidden}}))


def test_a_document_that_calls_a_value_secret_is_believed_through_its_references() -> None:
    schemas = {"Pay": {"type": "object", "properties": {"proof": {"$ref": "#/components/schemas/Proof"}}}, "Proof": HIDDEN}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Pay"}}}}
    paths = {"/pay": {"post": {"operationId": "pay", "requestBody": body, "responses": {"200": {"description": "paid"}}}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}}
    (draft,) = compile_document(load(orjson.dumps(document)), ToolsetHeader("shop", "https://shop.example")).drafts
    assert redact({"body": {"proof": CANARY, "item": "hinge"}}, draft.input_schema) == {
        "body": {"proof": REDACTED, "item": "hinge"}
    }
