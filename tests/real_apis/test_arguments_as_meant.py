"""Numbers and nulls as models and programs write them, and what of them reaches an API."""

import json
from typing import Any

import pytest

from callgate import SchemaForm
from callgate.errors import ArgumentsInvalid, KeyReused

from .conftest import Json, Situate, Situation
from .recipes import Recipes, answer

#: The first integer that no double holds, and the largest that a server counts with.
ID, LARGEST, LEAST = 9007199254740993, 18446744073709551615, -9223372036854775808

INTEGER: Json = {"type": "integer", "format": "int64"}
PLACES = ("path", "query", "header", "cookie")
PERSON: Json = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": INTEGER,
        "name": {"type": "string"},
        "nick": {"type": ["string", "null"]},
        "score": {"type": "number"},
        "tags": {"type": "array", "items": INTEGER},
        "home": {"type": "object", "properties": {"zip": {"type": "string"}, "floor": INTEGER}},
        "any": {},
    },
}


def parameters(place: str) -> Json:
    path = "/x/{id}" if place == "path" else "/x"
    parameter = {"name": "id", "in": place, "schema": INTEGER, **({"required": True} if place == "path" else {})}
    return {path: {"get": {"operationId": "x", "parameters": [parameter]}}}


def bodies(media_type: str, schema: Json = PERSON, method: str = "post") -> Json:
    body = {"required": True, "content": {media_type: {"schema": schema}}}
    return {"/x": {method: {"operationId": "x", "requestBody": body}}}


def sent(recipes: Recipes) -> bytes:
    (request,) = recipes.requests
    return request.raw.partition(b"\r\n\r\n")[2]


def answering(recipes: Recipes, *methods: str) -> None:
    for method in methods:
        recipes.tell(method, "/x", answer(200))


@pytest.mark.parametrize("said", [ID, str(ID), float(2), LARGEST, str(LEAST)])
@pytest.mark.parametrize("place", PLACES)
def test_an_integer_is_exact_wherever_it_stands_outside_of_a_body(
    situation: Situate, recipes: Recipes, place: str, said: Any
) -> None:
    digits = str(int(said))
    recipes.tell("GET", f"/x/{digits}" if place == "path" else "/x", answer(200))
    situation(parameters(place)).call("x", {"id": said}).raise_for_outcome()
    (request,) = recipes.requests
    told = {"path": request.path[3:], "query": request.path[6:], **request.headers}
    assert (
        told[place if place in ("path", "query") else {"header": "id", "cookie": "cookie"}[place]].removeprefix("id=") == digits
    )


BODIES: dict[str, tuple[Json, Json]] = {
    "an integer that no double holds": ({"id": ID}, {"id": ID}),
    "the largest of 64 bits": ({"id": LARGEST}, {"id": LARGEST}),
    "the least of 64 bits": ({"id": LEAST}, {"id": LEAST}),
    "its digits": ({"id": str(ID)}, {"id": ID}),
    "negative digits": ({"id": "-7"}, {"id": -7}),
    "digits in a list": ({"id": 1, "tags": ["1", 2, str(ID)]}, {"id": 1, "tags": [1, 2, ID]}),
    "digits below": ({"id": 1, "home": {"floor": "3", "zip": "12345"}}, {"id": 1, "home": {"floor": 3, "zip": "12345"}}),
    "digits of a text": ({"id": 1, "name": "42"}, {"id": 1, "name": "42"}),
    "digits of anything": ({"id": 1, "any": "42"}, {"id": 1, "any": "42"}),
    "a whole number": ({"id": 2.0}, {"id": 2}),
    "whole numbers below": ({"id": 1.0, "tags": [3.0], "home": {"floor": 4.0}}, {"id": 1, "tags": [3], "home": {"floor": 4}}),
    "a whole number with an exponent": ({"id": 1e15}, {"id": 10**15}),
    "a fraction": ({"id": 1, "score": 2.5}, {"id": 1, "score": 2.5}),
    "a null of what may be absent": ({"id": 1, "name": None}, {"id": 1}),
    "a null that the schema knows": ({"id": 1, "nick": None}, {"id": 1, "nick": None}),
    "a null of anything": ({"id": 1, "any": None}, {"id": 1, "any": None}),
    "nulls below": ({"id": 1, "home": {"zip": None, "floor": None}}, {"id": 1, "home": {}}),
    "a null of an object": ({"id": 1, "home": None, "tags": None}, {"id": 1}),
    "nulls and digits at once": (
        {"id": "5", "name": None, "home": {"floor": "6", "zip": None}},
        {"id": 5, "home": {"floor": 6}},
    ),
}


@pytest.mark.parametrize(("said", "expected"), BODIES.values(), ids=BODIES.keys())
def test_a_body_says_what_was_meant(situation: Situate, recipes: Recipes, said: Json, expected: Json) -> None:
    answering(recipes, "POST")
    situation(bodies("application/json")).call("x", {"body": said}).raise_for_outcome()
    found = json.loads(sent(recipes))
    assert (found, repr(found)) == (expected, repr(expected))  # to Python 2.0 is 2


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("application/x-www-form-urlencoded", b"id=9007199254740993&home=%7B%22floor%22%3A9007199254740993%7D"),
        ("application/xml", b"<id>9007199254740993</id>"),
        ("application/vnd.api+json", b'{"id":9007199254740993,"home":{"floor":9007199254740993}}'),
        ("application/x-ndjson", b'{"id":9007199254740993,"home":{"floor":9007199254740993}}\n'),
        ("multipart/form-data", b"\r\n\r\n9007199254740993\r\n"),
    ],
)
def test_it_does_in_every_media_type(situation: Situate, recipes: Recipes, media_type: str, expected: bytes) -> None:
    answering(recipes, "POST")
    said = {"id": str(ID), "name": None, "home": {"floor": str(ID), "zip": None}}
    situation(bodies(media_type)).call("x", {"body": said}).raise_for_outcome()
    assert expected in sent(recipes)


def test_a_large_body_is_read_beside_the_gateway_and_means_the_same(situation: Situate, recipes: Recipes) -> None:
    answering(recipes, "POST")
    said = {"id": str(ID), "name": None, "tags": [ID, str(ID), 2.0] * 10_000, "any": "x" * 20_000}
    situation(bodies("application/json")).call("x", {"body": said}).raise_for_outcome()
    assert json.loads(sent(recipes)) == {"id": ID, "tags": [ID, ID, 2] * 10_000, "any": "x" * 20_000}


REFUSED: dict[str, tuple[Json, str]] = {
    "an integer of more than 64 bits": ({"id": LARGEST + 1}, "integers from"),
    "its digits": ({"id": str(LARGEST + 1)}, "integer"),
    "digits with zeros before them": ({"id": "007"}, "integer"),
    "digits with a fraction": ({"id": "1.0"}, "integer"),
    "a word": ({"id": "seven"}, "integer"),
    "a null of what must be there": ({"id": None}, "integer"),
    "a null in a list": ({"id": 1, "tags": [None]}, "integer"),
    "a half": ({"id": 2.5}, "integer"),
}


@pytest.mark.parametrize(("said", "expected"), REFUSED.values(), ids=REFUSED.keys())
def test_what_means_nothing_is_refused_before_anything_is_sent(
    situation: Situate, recipes: Recipes, said: Json, expected: str
) -> None:
    with pytest.raises(ArgumentsInvalid) as refused:
        situation(bodies("application/json")).call("x", {"body": said})
    assert any(expected in one.expected for one in refused.value.violations)
    assert recipes.requests == []


def test_a_null_of_a_merge_patch_is_not_left_out(situation: Situate, recipes: Recipes) -> None:
    """There it says that the member is to be removed: a call that leaves it out would say that all is well."""
    answering(recipes, "PATCH")
    patching = situation(bodies("application/merge-patch+json", method="patch"))
    with pytest.raises(ArgumentsInvalid, match="name"):
        patching.call("x", {"body": {"id": 1, "name": None}})
    patching.call("x", {"body": {"id": "1", "nick": None}}).raise_for_outcome()
    assert json.loads(sent(recipes)) == {"id": 1, "nick": None}


@pytest.mark.parametrize("place", ["query", "header", "cookie"])
@pytest.mark.parametrize("schema", [INTEGER, {"type": ["integer", "null"]}], ids=["no null", "null"])
def test_a_null_of_an_optional_parameter_is_not_sent(situation: Situate, recipes: Recipes, place: str, schema: Json) -> None:
    answering(recipes, "GET")
    paths = parameters(place)
    paths["/x"]["get"]["parameters"][0]["schema"] = schema
    situation(paths).call("x", {"id": None}).raise_for_outcome()
    (request,) = recipes.requests
    assert (request.path, "id" in request.headers, "cookie" in request.headers) == ("/x", False, False)


def test_a_null_of_an_optional_body_is_no_body(situation: Situate, recipes: Recipes) -> None:
    answering(recipes, "POST")
    paths = bodies("application/json")
    paths["/x"]["post"]["requestBody"]["required"] = False
    situation(paths).call("x", {"body": None}).raise_for_outcome()
    assert sent(recipes) == b""


def known(situation: Situation, recipes: Recipes, first: Json, second: Json, **options: Any) -> bool:
    """Whether the second call of one key is answered by the first one's record."""
    made = situation.call("x", {"body": first}, key=f"the key of {situation.toolset}", **options)
    again = situation.call("x", {"body": second}, key=f"the key of {situation.toolset}", **options)
    assert again.id == made.id
    assert len(recipes.requests) == 1
    return again.from_record


def test_a_call_is_known_again_by_what_was_said(situation: Situate, recipes: Recipes) -> None:
    answering(recipes, "POST")
    posting = situation(bodies("application/json"))
    said = {"id": str(ID), "name": None}
    assert known(posting, recipes, said, said)
    with pytest.raises(KeyReused):
        posting.call("x", {"body": {"id": ID - 1}}, key=f"the key of {posting.toolset}")


def test_by_the_strict_form_it_is_known_without_its_nulls(situation: Situate, recipes: Recipes) -> None:
    answering(recipes, "POST")
    posting = situation(bodies("application/json"))
    assert known(posting, recipes, {"id": 1, "name": None}, {"id": 1}, schema_form=SchemaForm.STRICT)
    assert json.loads(sent(recipes)) == {"id": 1}


def test_two_ids_that_are_one_double_are_two_calls_of_a_run(situation: Situate, recipes: Recipes) -> None:
    answering(recipes, "POST")
    posting = situation(bodies("application/json"))
    run = posting.house.client.run("two ids")
    for id in (ID, ID - 1, ID):
        run.call(posting.name("x"), {"body": {"id": id}}, step=1).raise_for_outcome()
    assert [json.loads(one.raw.partition(b"\r\n\r\n")[2])["id"] for one in recipes.requests] == [ID, ID - 1]


@pytest.mark.parametrize("number", [ID, LARGEST, LEAST, 0.1, 123456789012345678901234567890])
def test_an_answer_is_handed_on_digit_for_digit(situation: Situate, recipes: Recipes, number: float) -> None:
    body = b'{"id": %s}' % str(number).encode()
    recipes.tell("GET", "/x", answer(200, body))
    invocation = situation(parameters("query")).call("x")
    assert invocation.raise_for_outcome().result.body == body
    assert invocation.json() == {"id": number}
