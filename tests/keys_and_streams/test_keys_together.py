"""Kinds of credential beside each other and beside pages: each does what it does alone, and no secret leaves by another way."""

import json
import time
from collections.abc import Iterator

import pytest

from callgate import CredentialSource, Invocation, Succeeded
from callgate.errors import ManifestInvalid
from tests.e2e.hostile import Received
from tests.e2e.house import House
from tests.real_apis.asking import operation, succeeded
from tests.real_apis.conftest import ANSWERED, Json, Situate
from tests.real_apis.recipes import Answer, Recipes, answer

from .signatures import ID, SECRET, Verifying, by_botocore
from .test_aws_documents import SCHEME, VARIABLES
from .test_hmac_schemes import mac
from .token_api import TokenApi, granted

PATH = "secret/data/together"
STORED = {"id": ID, "secret": SECRET, "key": "k3y"}
AWS: Json = {"path": PATH, "kind": "aws_sigv4", "access_key_field": "id", "secret_key_field": "secret"}
SCOPE: Json = {"region": "eu-central-1", "service": "execute-api"}
PAGED: Json = {"kind": "cursor", "items": "/data", "next": "/next", "argument": "cursor", "pages": 5}
LISTED: Json = {"/list": operation(parameters=[{"name": "cursor", "in": "query", "schema": {"type": "string"}}])}


def page(items: list[str], following: str | None) -> Answer:
    return answer(200, json.dumps({"data": items, "next": following}).encode())


class Echoing(Verifying):
    """Pages whose items are the signatures of all requests so far."""

    def told(self, request: Received) -> Answer:
        refusal = super().told(request) if self.judge(request) else None
        shown = [one.headers["authorization"].partition("Signature=")[2] for one in self.requests]
        return refusal or page(shown, f"next {len(shown)}" if len(shown) < 3 else None)


@pytest.fixture
def aws() -> Iterator[Echoing]:
    with Echoing(by_botocore("eu-central-1", "execute-api")) as upstream:
        yield upstream


def listed(situation: Situate, upstream: Recipes, credential: Json) -> Invocation:
    made = situation(LISTED, server=upstream.url, manifest={"defaults": {"credential": credential, "pagination": PAGED}})
    made.house.store(made.report, {PATH: STORED})
    return made.call("ask", {})


def test_each_page_of_a_list_is_signed_for_itself_and_no_signature_comes_back(situation: Situate, aws: Echoing) -> None:
    result = succeeded(listed(situation, aws, AWS | SCOPE))
    targets = [request.path for request in aws.requests]
    assert targets == ["/list", "/list?cursor=next%201", "/list?cursor=next%202"]
    assert len({request.headers["authorization"] for request in aws.requests}) == 3
    assert json.loads(result.body)["data"] == ["[REDACTED]"] * 6


def test_each_page_is_asked_for_with_the_token_that_was_obtained_once(api: TokenApi, situation: Situate) -> None:
    flow = {"tokenUrl": f"{api.upstream.url}/token", "scopes": {}}
    schemes = {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {"clientCredentials": flow}}}}
    said = {"credentials": {"oauth": {"path": api.path, "token": {}}}, "defaults": {"pagination": PAGED}}
    options: Json = {"components": schemes, "manifest": said, "security": [{"oauth": []}]}
    made = situation(LISTED, server=api.upstream.url, **options)
    made.house.store(made.report, {api.path: api.secret})
    api.grants(granted("access-one"))
    api.upstream.tell("GET", "/list", page(["access-one"], "2"), page(["b"], None))
    result = succeeded(api.out.client.call(made.name("ask"), {}))
    assert json.loads(result.body)["data"] == ["[REDACTED]", "b"]
    shown = [request.headers["authorization"] for request in api.upstream.received("GET", "/list")]
    assert (shown, len(api.forms())) == (["Bearer access-one"] * 2, 1)


def test_a_token_that_was_obtained_is_signed_along(api: TokenApi, situation: Situate) -> None:
    token = {"grant": "client_credentials", "token_url": f"{api.upstream.url}/token"}
    place = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
    obtained = {"path": api.path, "field": "client_secret", "kind": "obtained_token", "token": token, **place}
    said: Json = {"defaults": {"credential": [obtained, AWS | SCOPE]}}
    with pytest.raises(ManifestInvalid, match="fill the same place"):
        situation(LISTED, server=api.upstream.url, manifest=said)
    obtained |= {"name": "X-Access-Token", "prefix": ""}
    made = situation(LISTED, server=api.upstream.url, manifest=said)
    made.house.store(made.report, {api.path: api.secret, PATH: STORED})
    api.grants(granted("access-one"))
    api.upstream.tell("GET", "/list", answer(200))
    assert isinstance(api.out.client.call(made.name("ask"), {}).outcome, Succeeded)
    (request,) = api.upstream.received("GET", "/list")
    assert request.headers["x-access-token"] == "access-one"
    assert ";x-access-token" in request.headers["authorization"]
    assert by_botocore("eu-central-1", "execute-api")(request) == ""


def test_a_key_for_every_operation_signs_where_its_settings_say_so(situation: Situate, recipes: Recipes) -> None:
    signs = {"kind": "hmac_signature", "algorithm": "sha256", "encoding": "hex", "sign": "{timestamp}{target}"}
    credentials = {"header:X-Sign": {"path": PATH, "field": "key", "timestamp": "header:X-Time", **signs}}
    made = situation(LISTED, server=recipes.url, manifest={"credentials": credentials})
    made.house.store(made.report, {PATH: STORED})
    recipes.tell("GET", "/list", answer(200))
    assert isinstance(made.call("ask", {"cursor": "7"}).outcome, Succeeded)
    (request,) = recipes.received("GET", "/list")
    stamp = request.headers["x-time"]
    assert abs(time.time() - int(stamp)) < 60
    assert request.headers["x-sign"] == mac(f"{stamp}/list?cursor=7", key="k3y").hex()


REFUSED: dict[str, tuple[str, Json, str]] = {
    "a token for every operation": ("header:X-Own", {"token": {"token_url": "https://a.example"}}, "these settings: token"),
    "a token and a signature": ("oauth", {"token": {}, "kind": "aws_sigv4"}, "without kind"),
    "a token of two fields": ("oauth", {"token": {}, "username_field": "u", "password_field": "p"}, "without password_field"),
    "a signature without its id": ("header:X-Own", {"field": "f", "kind": "aws_sigv4"}, "access_key_field"),
}


@pytest.mark.parametrize(("scheme", "said", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_settings_of_no_one_kind_are_refused(house: House, scheme: str, said: Json, told: str) -> None:
    declared = {"securitySchemes": {"oauth": {"type": "oauth2", "flows": {}}}}
    paths = {"/a": {"get": {"operationId": "a", "responses": ANSWERED}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "components": declared, "paths": paths}
    manifest = {"toolset": "refused", "server": "https://a.example", "credentials": {scheme: {"path": PATH, **said}}}
    with pytest.raises(ManifestInvalid, match=told):
        house.client.toolsets.plan(json.dumps(document).encode(), "refused", manifest=json.dumps(manifest).encode())


def test_aws_s_documents_are_called_by_tls_and_it_is_told(house: House) -> None:
    urls = ("http://sqs.{region}.amazonaws.com", "https://sqs.{region}.amazonaws.com")
    document = {
        "openapi": "3.0.0",
        "info": {"title": "AWS", "version": "1"},
        "servers": [{"url": url, "variables": VARIABLES} for url in urls],
        "security": [{"hmac": []}],
        "components": {"securitySchemes": {"hmac": SCHEME}},
        "paths": {"/by-tls": {"get": {"operationId": "by_tls", "responses": ANSWERED}}},
    }
    source = CredentialSource("hmac", "secret/data/aws", "secret", "id")
    report = house.client.toolsets.import_openapi(json.dumps(document).encode(), "by-tls", credentials=[source])
    house.promote(report)
    (fault,) = report.faults
    assert "is in the clear: what has a secret is sent to https://sqs.us-east-1.amazonaws.com" in fault.message
    request = house.client.invocations.preview("by_tls", {}).request
    assert request is not None
    assert request.url == "https://sqs.us-east-1.amazonaws.com/by-tls"
