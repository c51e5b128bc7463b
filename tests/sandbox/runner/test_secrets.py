"""A secret's way: from a real OpenBao, through a token that opens once, into one request of one box, and nowhere else."""

import asyncio
import base64
import json
from dataclasses import replace

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, Secret
from sandbox.api.result import Evidence, Faulted, Responded
from sandbox.testing.fake_pool import FakeBox

SECRET = "s3cr3t/+canary&value"  # as the fixture `bao` has it
BASIC = {"place": "header", "name": "Authorization", "prefix": "Basic "}


async def granted() -> float | None:
    return 5.0


@pytest.fixture
def secret(bao) -> Secret:
    return Secret(
        bao.url,
        bao.wrapped("secret/data/shop/api"),
        "secret/data/shop/api",
        ("key",),
        "header_value",
        {"place": "header", "name": "X-Api-Key"},
    )


@pytest.fixture(params=["fake", "docker"])
def call(request, upstream, bao):
    """Do one job with a secret, in a box or in the fake of one."""

    def run(secret: Secret, *, path: str = "echo", headers: tuple[tuple[str, str], ...] = (), egress: Egress | None = None):
        job = Job("GET", f"{upstream.url}/{path}", headers, None, 5.0, 10_000, secret)
        permitted = egress or Egress((upstream.destination, bao.destination))

        async def scenario(pool):
            async with pool.lease(permitted, wait=0) as box:
                return await box.run(job, granted)

        if request.param == "fake":
            return asyncio.run(FakeBox(permitted).run(job, granted))
        return request.getfixturevalue("with_pool")(scenario)

    return run


def test_a_header_carries_the_secret(call, secret, upstream):
    result = call(secret, headers=(("x-api-key", "to be replaced"),))
    assert isinstance(result, Responded), result
    assert upstream.requests[0].headers["x-api-key"] == SECRET
    assert {connection.verdict for connection in result.usage.connections} == {"open"}


def test_a_bearer_has_its_prefix(call, secret, upstream):
    call(replace(secret, parameters={"place": "header", "name": "Authorization", "prefix": "Bearer "}))
    assert upstream.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_basic_authentication_is_encoded(call, secret, upstream):
    call(replace(secret, kind="http_basic", parameters=BASIC))
    assert upstream.requests[0].headers["authorization"] == "Basic " + base64.b64encode(SECRET.encode()).decode()


def test_neither_form_of_basic_authentication_comes_back(call, secret):
    """The upstream sends back the whole header, which holds the base64 text only."""
    result = call(replace(secret, kind="http_basic", parameters=BASIC), path="mirror")
    assert isinstance(result, Responded), result
    assert base64.b64encode(SECRET.encode()) not in result.body
    assert b"canary" not in result.body
    assert b"[REDACTED]" in result.body


def test_a_parameter_is_escaped_and_added(call, secret, upstream):
    call(replace(secret, parameters={"place": "query", "name": "key"}), path="echo?a=1")
    assert upstream.requests[0].target == "/echo?a=1&key=s3cr3t%2F%2Bcanary%26value"


def test_a_prefix_in_the_query_is_escaped_too(call, secret, upstream):
    call(replace(secret, parameters={"place": "query", "name": "key", "prefix": "Token "}))
    assert upstream.requests[0].target == "/echo?key=Token+s3cr3t%2F%2Bcanary%26value"


def test_a_cookie_joins_the_others(call, secret, upstream):
    call(replace(secret, parameters={"place": "cookie", "name": "session"}), headers=(("cookie", "theme=dark"),))
    assert upstream.requests[0].headers["cookie"] == f"theme=dark; session={SECRET}"


def test_an_old_key_value_store_is_read_too(call, secret, upstream, bao):
    call(replace(secret, path="old/shop", wrapping_token=bao.wrapped("old/shop")))
    assert upstream.requests[0].headers["x-api-key"] == SECRET


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_an_upstream_that_sends_the_secret_back_is_redacted(call, secret, place):
    name = "Authorization" if place == "header" else "key"
    result = call(replace(secret, parameters={"place": place, "name": name}), path="mirror")
    assert isinstance(result, Responded), result
    assert b"canary" not in result.body
    assert "canary" not in str(result.headers)
    assert b"[REDACTED]" in result.body


REFUSALS = {
    "a token that opens nothing": {"wrapping_token": "s.nonsense"},
    "a path that the token may not read": {"path": "secret/data/other"},
    "a field that is not there": {"fields": ("absent",)},
    "a field that is no text": {"fields": ("number",)},
}


@pytest.mark.parametrize("changes", REFUSALS.values(), ids=REFUSALS.keys())
def test_without_the_secret_nothing_is_sent(call, secret, upstream, changes):
    result = call(replace(secret, **changes))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.SECRET_UNAVAILABLE, Evidence.NOT_SENT)
    assert secret.wrapping_token not in result.message
    assert upstream.requests == []


def test_a_kind_that_is_not_known_costs_no_token(call, secret, upstream):
    result = call(replace(secret, kind="of_a_later_release", parameters={}))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)
    assert upstream.requests == []
    assert isinstance(call(secret), Responded)


MISFITS = {
    "a parameter that the kind does not have": {"parameters": {"place": "header", "name": "X", "encoding": "hex"}},
    "a place that no request has": {"parameters": {"place": "trailer", "name": "X"}},
    "a name that frames the message": {"parameters": {"place": "header", "name": "Content-Length"}},
    "no parameters": {"parameters": {}},
    "more fields than the kind takes": {"fields": ("key", "number")},
}


@pytest.mark.parametrize("changes", MISFITS.values(), ids=MISFITS.keys())
def test_the_runner_refuses_what_its_kind_does_not_take(with_pool, secret, upstream, bao, changes):
    async def scenario(pool):
        async with pool.lease(Egress((upstream.destination, bao.destination)), wait=0) as box:
            misfit = replace(secret, **changes)
            return await box.run(Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, misfit), granted)

    result = with_pool(scenario)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)
    assert upstream.requests == []


def test_a_wrapping_token_opens_once(call, secret, upstream, bao):
    bao.call("POST", "sys/wrapping/unwrap", {}, **{"X-Vault-Token": secret.wrapping_token})
    result = call(secret)
    assert isinstance(result, Faulted)
    assert result.fault is FaultCode.SECRET_UNAVAILABLE
    assert upstream.requests == []


def test_vault_is_a_destination_like_any_other(call, secret, upstream):
    result = call(secret, egress=upstream.egress)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.EGRESS_DENIED, Evidence.NOT_SENT)
    assert upstream.requests == []


def test_the_engine_never_learns_the_secret(with_pool, secret, upstream, bao, dockerd):
    """Looked at in the moment in which the box has it: while it asks for the permission to send."""
    seen = []

    async def scenario(pool):
        async with pool.lease(Egress((upstream.destination, bao.destination)), wait=0) as box:

            async def permit() -> float | None:
                seen.append(json.dumps(await asyncio.to_thread(dockerd.inspect_container, box.name)))
                return 5.0

            return await box.run(Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret), permit)

    result = with_pool(scenario)
    assert isinstance(result, Responded), result
    assert upstream.requests[0].headers["x-api-key"] == SECRET
    assert SECRET not in seen[0]
    assert secret.wrapping_token not in seen[0]
    assert secret.wrapping_token not in repr(secret)
    assert {phase.name for phase in result.usage.phases} == {"secret", "connect", "permission", "exchange"}
