"""What a document promises beside schemas: headers of answers, and where tokens come from."""

from typing import Any

import pytest

from registry.compiler.token_sources import LONGEST, MOST, token_sources
from registry.model.tool import JsonObject, ResponseHeader
from registry.model.versions import decode, encode, first
from tests.registry.conftest import Compile


def headers(compiled: Compile, declared: Any) -> tuple[ResponseHeader, ...]:
    responses = {"200": {"description": "ok", "headers": declared}}
    (draft,) = compiled({"/a": {"get": {"responses": responses}}}).drafts
    (response,) = draft.responses
    version = first(draft)
    assert decode(encode(version)) == version
    return response.headers


def test_headers_are_in_the_order_of_their_names_and_in_lower_case(compiled: Compile) -> None:
    declared = {"X-Total": {"required": True}, "ETag": {}, "Content-Type": {}}
    assert headers(compiled, declared) == (ResponseHeader("etag"), ResponseHeader("x-total", required=True))


@pytest.mark.parametrize("declared", [None, [], {"a b": {}}, {"": {}}, {"x" * 101: {}}])
def test_what_is_no_header_is_none(compiled: Compile, declared: Any) -> None:
    assert headers(compiled, declared) == ()


def test_a_header_whose_reference_leads_nowhere_is_there(compiled: Compile) -> None:
    assert headers(compiled, {"ETag": {"$ref": "#/components/headers/none"}}) == (ResponseHeader("etag"),)


URL = "https://login.example/token"


@pytest.mark.parametrize(
    ("scheme", "sources"),
    [
        ({"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": URL}}}, (URL,)),
        ({"type": "oauth2", "flows": {"implicit": {"authorizationUrl": URL}}}, (URL,)),
        ({"type": "oauth2", "flows": {"authorizationCode": {"authorizationUrl": "https://a/", "tokenUrl": URL}}}, (URL,)),
        (
            {"type": "oauth2", "flows": {"a": {"tokenUrl": "https://b/"}, "b": {"tokenUrl": "https://a/"}}},
            ("https://a/", "https://b/"),
        ),
        ({"type": "openIdConnect", "openIdConnectUrl": URL}, (URL,)),
        ({"type": "http", "scheme": "bearer"}, ()),
        ({"type": "oauth2", "flows": {"a": {"tokenUrl": 7}, "b": None, "c": {"tokenUrl": "x" * (LONGEST + 1)}}}, ()),
        ({"type": "oauth2", "flows": []}, ()),
    ],
)
def test_tokens_come_from_where_the_scheme_says(scheme: JsonObject, sources: tuple[str, ...]) -> None:
    assert token_sources(scheme) == sources


def test_of_many_places_of_tokens_some_are_kept() -> None:
    flows = {f"f{index}": {"tokenUrl": f"https://a/{index:03}"} for index in range(100)}
    assert len(token_sources({"type": "oauth2", "flows": flows})) == MOST
