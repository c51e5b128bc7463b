"""Where an upstream sends a call, and where it does not get it to go."""

from typing import Any

import pytest

from callgate import Evidence, FaultCode, Invocation, Unknown

from .asking import SECRET, asked, failed, operation, succeeded
from .conftest import Json, Situate
from .recipes import HANG, Recipes, answer


def redirected(situation: Situate, recipes: Recipes, location: str, status: int = 307, **options: Any) -> Invocation:
    recipes.tell("GET", "/new", answer(200, b'{"new": true}'))
    recipes.tell("POST", "/new", answer(201, b'{"new": true}'))
    return asked(situation, recipes, answer(status, b"moved", f"Location: {location}", media_type="text/plain"), **options)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_read_goes_where_its_upstream_sends_it(situation: Situate, recipes: Recipes, status: int) -> None:
    called = redirected(situation, recipes, "/new", status, secret=SECRET)
    assert called.json() == {"new": True}
    (request,) = recipes.received("GET", "/new")
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert [one.verdict for one in called.attempts[0].connections].count("open") == 3


@pytest.mark.parametrize("status", [307, 308])
def test_a_call_that_acts_is_sent_again_as_it_was(situation: Situate, recipes: Recipes, status: int) -> None:
    said = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    called = redirected(
        situation, recipes, "/new", status, method="post", said=said, arguments={"body": {"n": 1}}, secret=SECRET
    )
    assert (called.json(), called.attempts[0].evidence) == ({"new": True}, Evidence.RESPONDED)
    (request,) = recipes.received("POST", "/new")
    assert request.raw.endswith(b'{"n":1}')


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_call_that_acts_is_made_no_other_request(situation: Situate, recipes: Recipes, status: int) -> None:
    outcome = failed(redirected(situation, recipes, "/new", status, method="post"))
    assert (outcome.fault, outcome.http_status, outcome.effect_possible) == (FaultCode.HTTP_STATUS, status, True)
    assert "307 and 308 alone" in outcome.message
    assert outcome.result is not None
    assert outcome.result.links["location"] == f"{recipes.url}/new"
    assert len(recipes.requests) == 1


def test_links_are_relative_to_where_the_answer_came_from(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/v2/list", answer(200, b"[]", "Link: <?page=2>; rel=next"))
    assert succeeded(redirected(situation, recipes, "/v2/list")).links["next"] == f"{recipes.url}/v2/list?page=2"


def test_five_redirects_are_followed(situation: Situate, recipes: Recipes) -> None:
    hops = [answer(302, b"", f"Location: /ask?{n}") for n in range(5)]
    assert asked(situation, recipes, *hops, answer(200, b"[5]")).json() == [5]
    assert len(recipes.requests) == 6


def test_a_loop_ends_with_its_sixth_redirect(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(asked(situation, recipes, answer(302, b"", "Location: /ask")))
    assert (outcome.http_status, len(recipes.requests)) == (302, 6)
    assert "redirected 5 times" in outcome.message


def test_another_host_is_not_gone_to_unless_the_manifest_names_it(
    situation: Situate, recipes: Recipes, elsewhere: Recipes
) -> None:
    called = redirected(situation, recipes, f"{elsewhere.url}/there", secret=SECRET)
    assert (failed(called).http_status, elsewhere.requests) == (307, [])
    assert elsewhere.authority in failed(called).message
    assert {one.port for one in called.attempts[0].connections}.isdisjoint({elsewhere.server_address[1]})


def test_a_named_host_gets_the_call_without_its_credential(situation: Situate, recipes: Recipes, elsewhere: Recipes) -> None:
    manifest = {"defaults": {"redirects": [elsewhere.url]}}
    called = redirected(situation, recipes, f"{elsewhere.url}/there", secret=SECRET, manifest=manifest)
    assert called.json() == {"there": True}
    (request,) = elsewhere.requests
    assert SECRET.encode() not in request.raw
    assert "authorization" not in request.headers


def test_a_named_host_that_sends_it_back_does_not_get_the_credential_sent_either(
    situation: Situate, recipes: Recipes, elsewhere: Recipes
) -> None:
    elsewhere.tell("GET", "/back", answer(307, b"", f"Location: {recipes.url}/new"))
    manifest = {"defaults": {"redirects": [elsewhere.url]}}
    called = redirected(situation, recipes, f"{elsewhere.url}/back", secret=SECRET, manifest=manifest)
    assert called.json() == {"new": True}
    assert "authorization" not in recipes.received("GET", "/new")[0].headers


def test_a_named_host_does_not_get_the_secret_in_its_url(situation: Situate, recipes: Recipes, elsewhere: Recipes) -> None:
    manifest = {"defaults": {"redirects": [elsewhere.url]}}
    location = f"{elsewhere.url}/there?key=s3cr3t%2fcanary%2B0123"
    outcome = failed(redirected(situation, recipes, location, secret=SECRET, manifest=manifest))
    assert (elsewhere.requests, "carry the secret" in outcome.message) == ([], True)


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/latest",
        "http://10.0.0.1/",
        "http://192.168.1.1:8080/admin",
        "//127.0.0.2/",
        "http://localhost:6379/",
        "http://[::1]/",
        "http://0x7f000001/",
        "https://user:password@api.example/",
        "ftp://api.example/file",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://[::1",
    ],
)
def test_no_upstream_chooses_where_a_box_goes(situation: Situate, recipes: Recipes, location: str) -> None:
    called = redirected(situation, recipes, location)
    assert (failed(called).http_status, len(recipes.requests)) == (307, 1)
    assert "not followed" in failed(called).message
    assert {(one.host, one.port) for one in called.attempts[0].connections} == {recipes.server_address}


@pytest.mark.parametrize("origin", ["http://169.254.169.254", "http://10.255.255.1", "http://127.0.0.2:9"])
def test_a_named_host_at_an_address_that_is_not_permitted_is_refused_by_the_broker(
    situation: Situate, recipes: Recipes, origin: str
) -> None:
    called = redirected(situation, recipes, f"{origin}/", manifest={"defaults": {"redirects": [origin]}})
    assert failed(called).http_status == 307
    verdicts = [one.verdict for one in called.attempts[0].connections]
    assert verdicts[0] == "open"
    assert len(verdicts) == 2
    assert verdicts[1] != "open"


def test_a_location_of_64_kb_is_not_followed(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(redirected(situation, recipes, "/new?" + "a" * 64 * 1024))
    assert ("longer than" in outcome.message, len(recipes.requests)) == (True, 1)


def test_a_location_with_spaces_and_letters_is_escaped_as_browsers_do_it(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/a%20b", answer(200, b"[1]"))
    assert redirected(situation, recipes, "/a b?q=\xe9#part").json() == [1]
    assert recipes.requests[1].path == "/a%20b?q=%E9"


def test_a_redirect_without_a_location_is_a_status_like_any_other(situation: Situate, recipes: Recipes) -> None:
    outcome = failed(asked(situation, recipes, answer(302, b"")))
    assert (outcome.http_status, "not followed" in outcome.message) == (302, False)


def test_what_was_sent_on_and_not_answered_is_unknown(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("POST", "/lost", [HANG])
    manifest = {"defaults": {"limits": {"attempt_timeout": 1.0, "timeout": 1.5}}}
    called = asked(situation, recipes, answer(307, b"", "Location: /lost"), method="post", manifest=manifest)
    assert isinstance(called.outcome, Unknown)
    assert called.attempts[0].evidence is Evidence.SENT


def test_what_could_not_be_sent_on_is_known_by_its_redirect(situation: Situate, recipes: Recipes, elsewhere: Recipes) -> None:
    closed = elsewhere.url
    elsewhere.server_close()
    manifest = {"defaults": {"redirects": [closed]}}
    called = asked(situation, recipes, answer(307, b"", f"Location: {closed}/there"), method="post", manifest=manifest)
    assert (failed(called).http_status, called.attempts[0].evidence) == (307, Evidence.RESPONDED)


def test_not_modified_answers_a_conditional_request(situation: Situate, recipes: Recipes) -> None:
    parameters: list[Json] = [{"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}]
    told = answer(304, b"", 'ETag: "7"', media_type="")
    recipes.tell("GET", "/ask", told)
    made = situation({"/ask": operation(parameters=parameters)})
    result = succeeded(made.call("ask", {"If-None-Match": '"7"'}))
    assert (result.http_status, result.body, result.headers["etag"]) == (304, b"", '"7"')
    assert failed(made.call("ask")).http_status == 304


def test_a_host_that_is_named_anew_waits_for_its_promotion(situation: Situate, recipes: Recipes) -> None:
    made = situation({"/ask": operation()})
    report = made.house.client.toolsets.import_openapi(
        b"".join(
            [
                b'{"openapi": "3.1.0", "info": {"title": "Real", "version": "1"}, "paths": {"/ask": {"get": {"operationId": "',
                made.name("ask").encode(),
                b'", "responses": {"200": {"description": "An answer.", "content": {"application/json": {}}}}}}}}',
            ]
        ),
        made.toolset,
        server=recipes.url,
        manifest=b'{"toolset": "%s", "defaults": {"redirects": ["https://files.example"]}}' % made.toolset.encode(),
    )
    (change,) = report.changes
    assert change.held
    assert "tool-redirects-changed" in {finding.id for finding in change.findings}
