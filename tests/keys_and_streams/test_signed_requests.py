"""AWS's Signature Version 4: made in the box, of a secret that no request carries, and judged by botocore."""

from collections.abc import Iterator
from typing import Any

import pytest

from callgate import Succeeded, ToolFailed
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import answer

from .signatures import ID, SECRET, SESSION, Verifying, by_botocore

PATH = "secret/data/aws"
KEY: Json = {"path": PATH, "kind": "aws_sigv4", "access_key_field": "id", "secret_key_field": "secret"}
STORED = {"id": ID, "secret": SECRET, "token": SESSION}


def parameter(name: str, place: str = "query", **more: Any) -> Json:
    return {"name": name, "in": place, "schema": {}, "required": place == "path", **more}


#: Of one tool: a path with an argument, a query and a body of JSON.
PATHS: Json = {
    "/v1/things:all/{id}": {
        "put": {
            "operationId": "put",
            "parameters": [
                parameter("id", "path"),
                parameter("b"),
                parameter("a"),
                parameter("tags", schema={"type": "array"}),
                parameter("X-Amz-Target", "header"),
            ],
            "requestBody": {"content": {"application/json": {"schema": {}}}},
        }
    }
}


@pytest.fixture
def upstream() -> Iterator[Verifying]:
    with Verifying(by_botocore("eu-central-1", "execute-api")) as upstream:
        yield upstream


def arranged(situation: Situate, upstream: Verifying, credential: Json, paths: Json = PATHS) -> Situation:
    made = situation(paths, server=upstream.url, manifest={"defaults": {"credential": credential}})
    made.house.store(made.report, {PATH: STORED})
    return made


ARGUMENTS: dict[str, Json] = {
    "nothing but the path": {"id": "7"},
    "an ARN in the path": {"id": "arn:aws:sns:eu-central-1:123456789012:topic/a b"},
    "a query out of order": {"id": "7", "b": "2", "a": "1"},
    "spaces, pluses and slashes": {"id": "a+b", "a": "x y+z/ä", "b": "%41&="},
    "a name several times": {"id": "7", "tags": ["b", "a", "", "a b"]},
    "an empty value": {"id": "7", "a": ""},
    "a star and a tilde": {"id": "*~'()!", "a": "*~'()!"},
    "text of other scripts": {"id": "日本", "body": {"name": "Грей", "x": 1.5}},
    "a header of the API's": {"id": "7", "X-Amz-Target": "Things.Put", "body": {}},
    "a body": {"id": "7", "body": {"nested": ["a", {"b": None}]}},
}


@pytest.mark.parametrize("arguments", ARGUMENTS.values(), ids=ARGUMENTS.keys())
def test_a_request_is_signed_as_botocore_signs_it(situation: Situate, upstream: Verifying, arguments: Json) -> None:
    made = arranged(situation, upstream, KEY | {"region": "eu-central-1", "service": "execute-api"})
    upstream.told = lambda request: (upstream.verdicts.append(upstream.judge(request)), answer(200))[1]  # type: ignore[method-assign]
    assert isinstance(made.call("put", arguments).outcome, Succeeded)
    assert upstream.verdicts == [""]
