import orjson
import pytest

from registry.calling.redaction import DEEPEST, LONGEST, MOST_LOOKS, REDACTED, redact, redact_secrets
from registry.compiler.compiler import compile_document
from registry.document.loading import load
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import JsonObject
from tests.processor_time import at_most

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


KEPT_WITHOUT: list[JsonObject] = [
    {"password": {"value": CANARY}},
    {"passwords": [CANARY]},
    {"api_keys": [CANARY, {"a": CANARY}]},
    {"secrets": {"a": {"b": [CANARY]}}},
    {"credentials": {"user": CANARY, "pass": CANARY}},
    {"pwd": CANARY},
    {"db_pass": CANARY},
    {"userPass": CANARY},
    {"cookie": CANARY},
    {"setCookies": [CANARY]},
    {"otp": CANARY},
    {"loginOtp": CANARY},
    {"totp": CANARY},
    {"jwt": CANARY},
    {"idJwts": [CANARY]},
    {"headers": [{"name": "Authorization", "value": CANARY}]},
    {"headers": [{"Key": "X-Api-Key", "Values": [CANARY]}]},
    {"fields": [{"field": "pwd", "val": {"a": CANARY}}]},
    {"text": orjson.dumps({"headers": [{"name": "Cookie", "value": CANARY}]}).decode()},
    {"properties": {"password": CANARY, "secret": {"value": CANARY}}},
]


@pytest.mark.parametrize("arguments", KEPT_WITHOUT, ids=str)
def test_nothing_is_kept_below_or_beside_a_name_that_calls_it_secret(arguments: JsonObject) -> None:
    hidden = set[str]()
    assert CANARY not in str(redact_secrets(arguments, {}, hidden))
    assert hidden == {CANARY}
    assert CANARY not in str(redact(arguments, {}))


@pytest.mark.parametrize("name", ["otp", "pin", "cvv", "card_number"])
def test_a_secret_of_digits_is_not_kept_as_a_number_either(name: str) -> None:
    hidden = set[str]()
    assert redact_secrets({name: 123456}, {}, hidden) == {name: REDACTED}
    assert hidden == {"123456"}


KEPT: list[JsonObject] = [
    {"max_tokens": 5, "tokens": {"in": 3, "out": [4]}, "has_password": True, "secret": None},
    {"compass": "north", "passenger": "Ada", "bypass": "yes", "carbon_footprint": "small", "passed": "all", "hotpink": "x"},
    {"headers": [{"name": "Accept", "value": "text/html"}], "key": "a", "name": "password"},
    {"tools": [{"parameters": {"properties": {"password": {"type": "string"}, "token": {"$ref": "#/a"}}}}]},
]


@pytest.mark.parametrize("arguments", KEPT, ids=str)
def test_what_only_looks_like_the_name_of_a_secret_is_kept(arguments: JsonObject) -> None:
    assert redact_secrets(arguments, {}) == arguments


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
    with at_most(1):
        shown = redact({"all": {f"n{number}": CANARY for number in range(20_000)}}, {"properties": {"all": wide}})
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
