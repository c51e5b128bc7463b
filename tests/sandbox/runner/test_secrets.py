"""A secret's way: from a real OpenBao, through a token that opens once, into one request of one box, and nowhere else."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol
from uuid import uuid4

import docker
import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, Secret, SecretReference
from sandbox.api.ports import Box
from sandbox.api.result import Evidence, Faulted, Responded, Result
from sandbox.pool.pool import DockerPool
from sandbox.testing.fake_pool import FakeBox
from tests.conftest import Authority, Bao, Upstream
from tests.sandbox.conftest import OpenPool
from tests.sandbox.permits import granted

Headers = tuple[tuple[str, str], ...]
Opening = Callable[[Egress], AbstractAsyncContextManager[Box]]

SECRET = "s3cr3t/+canary&value"  # as the fixture `bao` has it
BASIC = {"place": "header", "name": "Authorization", "prefix": "Basic "}


class Call(Protocol):
    """Does one job with a secret."""

    def __call__(
        self, secret: Secret, *, path: str = "echo", headers: Headers = (), egress: Egress | None = None
    ) -> Awaitable[Result]: ...


@pytest.fixture
def secret(bao: Bao) -> Secret:
    return Secret(
        bao.url,
        bao.wrapped("secret/data/shop/api"),
        (SecretReference("secret/data/shop/api", ("key",), "header_value", {"place": "header", "name": "X-Api-Key"}),),
        authorities=bao.authorities,
    )


def changed(secret: Secret, **changes: Any) -> Secret:
    """The secret with these changes, of its own or of its one reference."""
    (reference,) = secret.references
    own = {name: value for name, value in changes.items() if name in Secret.__slots__}
    theirs = {name: value for name, value in changes.items() if name not in own}
    return replace(secret, references=(replace(reference, **theirs),), **own)


@asynccontextmanager
async def fake_box(egress: Egress) -> AsyncIterator[Box]:
    yield FakeBox(egress)


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def opening(request: pytest.FixtureRequest) -> Opening:
    """How a box with an egress is had: a real one, or the fake of one."""
    if request.param == "fake":
        return fake_box
    open_pool: OpenPool = request.getfixturevalue("open_pool")

    @asynccontextmanager
    async def real_box(egress: Egress) -> AsyncIterator[Box]:
        async with open_pool() as pool, pool.lease(egress, wait=0) as box:
            yield box

    return real_box


@pytest.fixture
def call(opening: Opening, upstream: Upstream, bao: Bao) -> Call:
    async def do(secret: Secret, *, path: str = "echo", headers: Headers = (), egress: Egress | None = None) -> Result:
        job = Job("GET", f"{upstream.url}/{path}", headers, None, 5.0, 10_000, secret=secret)
        async with opening(egress or Egress((upstream.destination, replace(bao.destination, preparation=True)))) as box:
            return await box.run(job, granted)

    return do


async def test_a_header_carries_the_secret(call: Call, secret: Secret, upstream: Upstream) -> None:
    result = await call(secret, headers=(("x-api-key", "to be replaced"),))
    assert isinstance(result, Responded), result
    assert upstream.requests[0].headers["x-api-key"] == SECRET
    assert {connection.verdict for connection in result.usage.connections} == {"open"}


async def test_a_bearer_has_its_prefix(call: Call, secret: Secret, upstream: Upstream) -> None:
    await call(changed(secret, parameters={"place": "header", "name": "Authorization", "prefix": "Bearer "}))
    assert upstream.requests[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_basic_authentication_is_encoded(call: Call, secret: Secret, upstream: Upstream) -> None:
    await call(changed(secret, kind="http_basic", parameters=BASIC))
    assert upstream.requests[0].headers["authorization"] == "Basic " + base64.b64encode(SECRET.encode()).decode()


async def test_what_signs_comes_after_all_other_secrets(call: Call, secret: Secret, upstream: Upstream) -> None:
    """Whatever the order in which the job names them."""
    scheme = {"place": "header", "name": "X-Signature", "algorithm": "sha256", "encoding": "hex", "sign": "{method}{target}"}
    (key,) = changed(secret, parameters={"place": "query", "name": "key"}).references
    await call(replace(secret, references=(replace(key, kind="hmac_signature", parameters=scheme), key)), path="echo?a=1")
    [request] = upstream.requests
    signature = hmac.new(SECRET.encode(), f"GET{request.target}".encode(), "sha256").hexdigest()
    assert (request.target, request.headers["x-signature"]) == ("/echo?a=1&key=s3cr3t%2F%2Bcanary%26value", signature)


async def test_a_request_to_aws_is_signed_and_carries_no_secret(call: Call, secret: Secret, upstream: Upstream) -> None:
    scope = {"region": "eu-west-1", "service": "s3"}
    await call(changed(secret, kind="aws_sigv4", fields=("user", "key", "number"), parameters=scope))
    [request] = upstream.requests
    assert request.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=shop/")
    assert "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, " in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "7"
    assert "canary" not in str(request)


async def test_neither_form_of_basic_authentication_comes_back(call: Call, secret: Secret) -> None:
    """The upstream sends back the whole header, which holds the base64 text only."""
    result = await call(changed(secret, kind="http_basic", parameters=BASIC), path="mirror")
    assert isinstance(result, Responded), result
    assert base64.b64encode(SECRET.encode()) not in result.body
    assert b"canary" not in result.body
    assert b"[REDACTED]" in result.body


async def test_a_parameter_is_escaped_and_added(call: Call, secret: Secret, upstream: Upstream) -> None:
    await call(changed(secret, parameters={"place": "query", "name": "key"}), path="echo?a=1")
    assert upstream.requests[0].target == "/echo?a=1&key=s3cr3t%2F%2Bcanary%26value"


async def test_a_prefix_in_the_query_is_escaped_too(call: Call, secret: Secret, upstream: Upstream) -> None:
    await call(changed(secret, parameters={"place": "query", "name": "key", "prefix": "Token "}))
    assert upstream.requests[0].target == "/echo?key=Token+s3cr3t%2F%2Bcanary%26value"


async def test_a_cookie_joins_the_others(call: Call, secret: Secret, upstream: Upstream) -> None:
    await call(changed(secret, parameters={"place": "cookie", "name": "session"}), headers=(("cookie", "theme=dark"),))
    assert upstream.requests[0].headers["cookie"] == f"theme=dark; session={SECRET}"


async def test_an_old_key_value_store_is_read_too(call: Call, secret: Secret, upstream: Upstream, bao: Bao) -> None:
    await call(changed(secret, path="old/shop", wrapping_token=bao.wrapped("old/shop")))
    assert upstream.requests[0].headers["x-api-key"] == SECRET


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
async def test_an_upstream_that_sends_the_secret_back_is_redacted(call: Call, secret: Secret, place: str) -> None:
    name = "Authorization" if place == "header" else "key"
    result = await call(changed(secret, parameters={"place": place, "name": name}), path="mirror")
    assert isinstance(result, Responded), result
    assert b"canary" not in result.body
    assert "canary" not in str(result.headers)
    assert b"[REDACTED]" in result.body


REFUSALS = {
    "a token that opens nothing": {"wrapping_token": "s.nonsense"},
    "a path that the token may not read": {"path": "secret/data/other"},
    "a field that is not there": {"fields": ("absent",)},
    "a field that is no text": {"fields": ("list",)},
    "a field of line ends alone": {"fields": ("lines",)},
}


@pytest.mark.parametrize("changes", REFUSALS.values(), ids=REFUSALS.keys())
async def test_without_the_secret_nothing_is_sent(
    call: Call, secret: Secret, upstream: Upstream, changes: dict[str, Any]
) -> None:
    result = await call(changed(secret, **changes))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.SECRET_UNAVAILABLE, Evidence.NOT_SENT)
    assert secret.wrapping_token not in result.message
    assert upstream.requests == []


async def test_a_kind_that_is_not_known_costs_no_token(call: Call, secret: Secret, upstream: Upstream) -> None:
    result = await call(changed(secret, kind="of_a_later_release", parameters={}))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)
    assert upstream.requests == []
    assert isinstance(await call(secret), Responded)


MISFITS = {
    "a parameter that the kind does not have": {"parameters": {"place": "header", "name": "X", "encoding": "hex"}},
    "a place that no request has": {"parameters": {"place": "trailer", "name": "X"}},
    "a name that frames the message": {"parameters": {"place": "header", "name": "Content-Length"}},
    "no parameters": {"parameters": {}},
    "more fields than the kind takes": {"fields": ("key", "number")},
    "three fields for a user and a password": {"kind": "http_basic", "parameters": BASIC, "fields": ("user", "number", "key")},
}


@pytest.mark.docker
@pytest.mark.parametrize("changes", MISFITS.values(), ids=MISFITS.keys())
async def test_the_runner_refuses_what_its_kind_does_not_take(
    pool: DockerPool, secret: Secret, upstream: Upstream, bao: Bao, changes: dict[str, Any]
) -> None:
    misfit = Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret=changed(secret, **changes))
    async with pool.lease(Egress((upstream.destination, replace(bao.destination, preparation=True))), wait=0) as box:
        result = await box.run(misfit, granted)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)
    assert upstream.requests == []


async def test_a_wrapping_token_opens_once(call: Call, secret: Secret, upstream: Upstream, bao: Bao) -> None:
    bao.call("POST", "sys/wrapping/unwrap", {}, **{"X-Vault-Token": secret.wrapping_token})
    result = await call(secret)
    assert isinstance(result, Faulted)
    assert result.fault is FaultCode.SECRET_UNAVAILABLE
    assert upstream.requests == []


async def test_vault_is_a_destination_like_any_other(call: Call, secret: Secret, upstream: Upstream) -> None:
    result = await call(secret, egress=upstream.egress)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.EGRESS_DENIED, Evidence.NOT_SENT)
    assert upstream.requests == []


async def test_the_engine_never_learns_the_secret(
    pool: DockerPool, secret: Secret, upstream: Upstream, bao: Bao, dockerd: docker.APIClient
) -> None:
    """Looked at in the moment in which the box has it: while it asks for the permission to send."""
    seen: list[str] = []
    async with pool.lease(Egress((upstream.destination, replace(bao.destination, preparation=True))), wait=0) as box:

        async def permit() -> float | None:
            seen.append(json.dumps(await asyncio.to_thread(dockerd.inspect_container, box.name)))
            return 5.0

        job = Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret=secret)
        result = await box.run(job, permit)
    assert isinstance(result, Responded), result
    assert upstream.requests[0].headers["x-api-key"] == SECRET
    assert SECRET not in seen[0]
    assert secret.wrapping_token not in seen[0]
    assert secret.wrapping_token not in repr(secret)
    assert {phase.name for phase in result.usage.phases} == {"secret", "connect", "permission", "exchange"}


async def test_a_secret_in_a_namespace_of_vault_is_found(call: Call, secret: Secret, upstream: Upstream, bao: Bao) -> None:
    name = f"team-{uuid4().hex}"
    team = {"X-Vault-Namespace": name}
    bao.call("POST", f"sys/namespaces/{name}", {})
    bao.call("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}}, **team)
    bao.call("POST", "kv/data/api", {"data": {"key": "of the team"}}, **team)
    wrapping = bao.wrapped("kv/data/api", headers=team)
    result = await call(changed(secret, path="kv/data/api", wrapping_token=wrapping, namespace=name))
    assert isinstance(result, Responded), result
    assert upstream.requests[0].headers["x-api-key"] == "of the team"


UNTRUSTED = {
    "an authority that did not sign its certificate": (FaultCode.SECRET_UNAVAILABLE, "of_a_stranger.pem"),
    "no certificate at all": (FaultCode.SECRET_UNAVAILABLE, "ca.key"),
}


@pytest.mark.parametrize(("fault", "file"), UNTRUSTED.values(), ids=UNTRUSTED.keys())
@pytest.mark.docker
async def test_a_vault_that_is_not_vouched_for_gets_no_token(
    pool: DockerPool, secret: Secret, upstream: Upstream, bao: Bao, *, authority: Authority, fault: FaultCode, file: str
) -> None:
    untrusting = changed(secret, authorities=(authority.directory / file).read_text())
    async with pool.lease(Egress((upstream.destination, replace(bao.destination, preparation=True))), wait=0) as box:
        result = await box.run(Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret=untrusting), granted)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (fault, Evidence.NOT_SENT)
    assert upstream.requests == []
    bao.call("POST", "sys/wrapping/unwrap", {}, **{"X-Vault-Token": secret.wrapping_token})  # it was not shown


async def test_a_box_without_authorities_for_vault_asks_those_of_its_bundle(call: Call, secret: Secret) -> None:
    result = await call(changed(secret, authorities=""))
    assert isinstance(result, Faulted)
    assert result.fault is FaultCode.SECRET_UNAVAILABLE


async def test_a_vault_in_the_clear_is_refused_by_the_box_too(call: Call, secret: Secret, upstream: Upstream) -> None:
    result = await call(changed(secret, vault=secret.vault.replace("https:", "http:")))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)
    assert upstream.requests == []


PLACES = {
    "a header": ({"place": "header", "name": "X-Second"}, "header_value"),
    "the query": ({"place": "query", "name": "second"}, "header_value"),
    "a cookie": ({"place": "cookie", "name": "second"}, "header_value"),
    "basic": (BASIC, "http_basic"),
}


@pytest.fixture
def with_second(secret: Secret, bao: Bao) -> Callable[..., Secret]:
    """The secret, and another one beside it from another path; `fields` are of that."""

    def make(fields: dict[str, Any], kind: str, parameters: dict[str, object], *names: str, uses: int = 2) -> Secret:
        path = f"secret/data/second/{uuid4().hex}"
        bao.call("POST", path, {"data": fields})
        second = SecretReference(path, names, kind, parameters)
        wrapping = bao.wrapped(secret.references[0].path, path, uses=uses)
        return replace(secret, wrapping_token=wrapping, references=(*secret.references, second))

    return make


@pytest.mark.parametrize(("parameters", "kind"), PLACES.values(), ids=PLACES.keys())
async def test_a_request_carries_all_of_its_secrets_and_the_answer_none(
    call: Call, with_second: Callable[..., Secret], upstream: Upstream, parameters: dict[str, object], kind: str
) -> None:
    both = with_second({"key": "another/one&only"}, kind, parameters, "key")
    result = await call(both, path="mirror")
    assert isinstance(result, Responded), result
    (request,) = upstream.requests
    assert request.headers["x-api-key"] == SECRET
    told = f"{request.target} {request.headers}"
    encoded = base64.b64encode(b"another/one&only").decode()
    assert any(form in told for form in ("another/one&only", "another%2Fone%26only", encoded))
    assert not any(form in result.body.decode() for form in ("canary", "another", encoded))


async def test_secrets_of_one_path_are_read_at_once(call: Call, secret: Secret, upstream: Upstream) -> None:
    """The token counts one read for each path."""
    (first,) = secret.references
    second = replace(first, fields=("number",), parameters={"place": "header", "name": "X-Number"})
    await call(replace(secret, references=(first, second)))
    assert [upstream.requests[0].headers[name] for name in ("x-api-key", "x-number")] == [SECRET, "7"]


async def test_user_and_password_may_lie_in_two_fields(call: Call, secret: Secret, upstream: Upstream) -> None:
    result = await call(changed(secret, kind="http_basic", parameters=BASIC, fields=("user", "key")), path="mirror")
    assert upstream.requests[0].headers["authorization"] == "Basic " + base64.b64encode(f"shop:{SECRET}".encode()).decode()
    assert isinstance(result, Responded)
    assert b"canary" not in result.body


STORED = {
    "a newline at the end": ("text\n", "text"),
    "line ends of Windows": ("text\r\n\r\n", "text"),
    "the prefix": ("Token text", "text"),
    "the prefix in another case, and a newline": ("token text\n", "text"),
    "a number": (42, "42"),
    "a large number": (123456789012, "123456789012"),
    "a space in the middle": ("te xt", "te xt"),
}


@pytest.mark.parametrize(("stored", "sent"), STORED.values(), ids=STORED.keys())
async def test_a_secret_is_taken_as_people_store_them(
    call: Call, with_second: Callable[..., Secret], upstream: Upstream, stored: object, sent: str
) -> None:
    placement: dict[str, object] = {"place": "header", "name": "X-Second", "prefix": "Token "}
    await call(with_second({"f": stored}, "header_value", placement, "f"))
    assert upstream.requests[0].headers["x-second"] == f"Token {sent}"


async def test_without_one_of_its_secrets_nothing_is_sent(
    call: Call, with_second: Callable[..., Secret], upstream: Upstream
) -> None:
    placement: dict[str, object] = {"place": "header", "name": "X-Second"}
    for both in (
        with_second({"f": "x"}, "header_value", placement, "absent"),
        with_second({"f": "x"}, "header_value", placement, "f", uses=1),
    ):
        result = await call(both)
        assert isinstance(result, Faulted)
        assert (result.fault, result.evidence) == (FaultCode.SECRET_UNAVAILABLE, Evidence.NOT_SENT)
    assert upstream.requests == []


@pytest.mark.docker
async def test_a_path_as_for_the_first_version_of_the_engine_is_told_with_that_of_the_second(
    pool: DockerPool, secret: Secret, upstream: Upstream, bao: Bao
) -> None:
    misplaced = changed(secret, path="secret/shop/api", wrapping_token=bao.wrapped("secret/shop/api"))
    job = Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret=misplaced)
    async with pool.lease(Egress((upstream.destination, replace(bao.destination, preparation=True))), wait=0) as box:
        result = await box.run(job, granted)
    assert isinstance(result, Faulted)
    assert "in a key-value engine of version 2 it is at secret/data/shop/api" in result.message


@pytest.mark.docker
async def test_the_user_of_two_fields_has_no_colon(
    pool: DockerPool, with_second: Callable[..., Secret], upstream: Upstream, bao: Bao
) -> None:
    both = with_second({"u": "a:b", "p": "c"}, "http_basic", BASIC, "u", "p")
    async with pool.lease(Egress((upstream.destination, replace(bao.destination, preparation=True))), wait=0) as box:
        result = await box.run(Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000, secret=both), granted)
    assert isinstance(result, Faulted)
    assert "colon" in result.message
