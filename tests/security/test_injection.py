"""A container tool's secret: put into requests for one host, or into a file, and taken out of what comes back."""

import base64
import json
import ssl
from collections.abc import Awaitable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Secret, SecretReference
from sandbox.api.result import OPEN, Evidence, Faulted, Result
from sandbox.testing.fake_signatures import FakeRequest, sign_as_declared, sign_v4
from tests.conftest import Authority, Bao, Upstream

from .conftest import RunTool
from .tools import fetch, output, tool_job


@pytest.fixture
def secret(bao: Bao) -> Secret:
    place = "secret/data/shop/api"
    return Secret(
        bao.url,
        bao.wrapped(place),
        (SecretReference(place, ("key",), "header_value", {"place": "header", "name": "Authorization", "prefix": "Bearer "}),),
        authorities=bao.authorities,
    )


class Call(Protocol):
    """Fetches with a secret for the upstream, or for another host of the tool's."""

    def __call__(
        self,
        path: str,
        *,
        place: str = "header",
        name: str = "Authorization",
        credential_host: str | None = None,
        url: str | None = None,
        **order: object,
    ) -> Awaitable[Result]: ...


@pytest.fixture
def call(run_tool: RunTool, upstream: Upstream, bao: Bao, secret: Secret) -> Call:
    async def fetch_with_secret(
        path: str,
        *,
        place: str = "header",
        name: str = "Authorization",
        credential_host: str | None = None,
        url: str | None = None,
        **order: object,
    ) -> Result:
        parameters = {"place": place, "name": name, "prefix": "Bearer " if place == "header" else ""}
        bound = replace(secret, references=(replace(secret.references[0], parameters=parameters),))
        job = replace(
            fetch(url or f"{upstream.url}/{path}", **order),
            secret=bound,
            credential_host=credential_host or f"127.0.0.1:{upstream.server_port}",
            credential_tls=False,
        )
        egress = Egress((upstream.destination, replace(bao.destination, preparation=True)))
        return await run_tool(job, egress=egress)

    return fetch_with_secret


async def test_the_runner_adds_the_secret_and_takes_it_out_again(call: Call, upstream: Upstream, bao: Bao) -> None:
    result = await call("mirror", headers=["Authorization: of the program's own"])
    found = output(result)
    assert upstream.requests[0].headers["authorization"] == f"Bearer {bao.secret}"
    assert found["status"] == 200
    assert bao.secret not in json.dumps(found)
    assert "[REDACTED]" in found["text"]
    assert [phase.name for phase in result.usage.phases] == ["secret", "program"]


@pytest.mark.parametrize(("place", "name"), [("query", "key"), ("cookie", "session")])
async def test_the_secret_may_stand_elsewhere(call: Call, upstream: Upstream, place: str, name: str) -> None:
    found = output(await call("mirror?a=1", place=place, name=name, headers=["Cookie: theme=dark"]))
    [request] = upstream.requests
    assert ("key=s3cr3t%2F%2Bcanary%26value" in request.target) == (place == "query")
    assert ("session=s3cr3t/+canary&value" in request.headers["cookie"]) == (place == "cookie")
    assert request.headers["cookie"].startswith("theme=dark")
    assert "s3cr3t" not in json.dumps(found)


async def test_basic_authentication_goes_in_and_comes_out_again(
    run_tool: RunTool, upstream: Upstream, bao: Bao, secret: Secret
) -> None:
    place = {"place": "header", "name": "Authorization", "prefix": "Basic "}
    basic = replace(secret, references=(replace(secret.references[0], kind="http_basic", parameters=place),))
    host = f"127.0.0.1:{upstream.server_port}"
    job = replace(fetch(f"{upstream.url}/mirror"), secret=basic, credential_host=host, credential_tls=False)
    found = output(await run_tool(job, egress=Egress((upstream.destination, replace(bao.destination, preparation=True)))))
    encoded = base64.b64encode(bao.secret.encode()).decode()
    assert upstream.requests[0].headers["authorization"] == f"Basic {encoded}"
    assert encoded not in json.dumps(found)
    assert "[REDACTED]" in found["text"]


SIGNED = {
    "AWS": ("aws_sigv4", ("user", "key"), {"region": "eu-west-1", "service": "execute-api"}, sign_v4),
    "a declared scheme": (
        "hmac_signature",
        ("key",),
        {
            "place": "header",
            "name": "Authorization",
            "algorithm": "sha256",
            "encoding": "hex",
            "sign": "{method}{target}{body}",
        },
        sign_as_declared,
    ),
}


@pytest.mark.parametrize("name", SIGNED)
async def test_what_a_program_sends_is_signed_with_its_body_and_the_signature_comes_out(
    run_tool: RunTool, upstream: Upstream, bao: Bao, secret: Secret, name: str
) -> None:
    """Judged by what signs for the pool without containers."""
    kind, fields, parameters, judge = SIGNED[name]
    (reference,) = secret.references
    signing = replace(secret, references=(replace(reference, kind=kind, fields=fields, parameters=parameters),))
    host = f"127.0.0.1:{upstream.server_port}"
    asked = fetch(f"{upstream.url}/mirror?b=1&a=x+y", method="POST", text="a body", headers=["X-Own: one"])
    job = replace(asked, secret=signing, credential_host=host, credential_tls=False)
    found = output(await run_tool(job, egress=Egress((upstream.destination, replace(bao.destination, preparation=True)))))
    [request] = upstream.requests
    names = request.headers["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = tuple((one, request.headers[one]) for one in names if one and one != "host")
    moment = datetime.strptime(request.headers.get("x-amz-date", "20260101T000000Z"), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    sent = FakeRequest("POST", host, request.target, headers, b"a body")
    values = {"user": "shop", "key": bao.secret}
    right = dict(judge(parameters, tuple(values[one] for one in fields), sent, moment).headers)["Authorization"]
    assert (request.headers["authorization"], request.body) == (right, b"a body")
    assert right.rpartition("=")[2] not in json.dumps(found)
    assert "[REDACTED]" in found["text"]


async def test_a_body_that_is_too_large_to_be_signed_is_told_and_not_sent(
    run_tool: RunTool, upstream: Upstream, bao: Bao, secret: Secret
) -> None:
    kind, fields, parameters, _ = SIGNED["AWS"]
    (reference,) = secret.references
    signing = replace(secret, references=(replace(reference, kind=kind, fields=fields, parameters=parameters),))
    asked = fetch(f"{upstream.url}/echo", method="POST", text="x" * ((4 << 20) + 1))
    host = f"127.0.0.1:{upstream.server_port}"
    job = replace(asked, secret=signing, credential_host=host, credential_tls=False)
    found = output(await run_tool(job, egress=Egress((upstream.destination, replace(bao.destination, preparation=True)))))
    assert (found["status"], upstream.requests) == (502, [])
    assert "has at most 4194304 bytes" in found["text"]


async def test_what_the_program_sends_is_left_as_it_is(call: Call, upstream: Upstream) -> None:
    output(await call("echo?a=1&b=2", headers=["X-Own: one", "Cookie: theme=dark"]))
    [request] = upstream.requests
    assert request.target == "/echo?a=1&b=2"
    assert (request.headers["x-own"], request.headers["cookie"]) == ("one", "theme=dark")


async def test_no_other_host_gets_the_secret(call: Call, upstream: Upstream) -> None:
    output(await call("echo", credential_host=f"localhost:{upstream.server_port}"))
    assert "authorization" not in upstream.requests[0].headers


async def test_what_is_compressed_is_not_passed_on(call: Call) -> None:
    found = output(await call("squeezed"))
    assert found["status"] == 502
    assert "compressed" in found["text"]


async def test_a_secret_may_be_a_file(run_tool: RunTool, upstream: Upstream, bao: Bao, secret: Secret) -> None:
    job = replace(tool_job({"do": "look", "path": "/tmp/credential"}, result_bytes=1000), secret=secret)
    result = await run_tool(job, egress=Egress((replace(bao.destination, preparation=True),)))
    assert output(result) == {"text": "[REDACTED]"}  # the program has read it, and its output is searched for it


async def test_several_secrets_are_files_by_the_names_of_their_places(run_tool: RunTool, bao: Bao, secret: Secret) -> None:
    (first,) = secret.references
    second = replace(first, fields=("number",), parameters={"place": "query", "name": "app-key"})
    both = replace(secret, references=(first, second))
    job = replace(tool_job({"do": "surround"}, result_bytes=10_000), secret=both)
    found = output(await run_tool(job, egress=Egress((replace(bao.destination, preparation=True),))))
    files = dict(entry.split("=", 1) for entry in found["environment"] if entry.startswith("CALLGATE_CREDENTIAL_FILE"))
    assert files == {
        "CALLGATE_CREDENTIAL_FILE_AUTHORIZATION": "/tmp/credential-1",
        "CALLGATE_CREDENTIAL_FILE_APP_KEY": "/tmp/credential-2",
    }


async def test_two_files_of_one_name_are_refused(run_tool: RunTool, bao: Bao, secret: Secret) -> None:
    (first,) = secret.references
    both = replace(secret, references=(first, replace(first, parameters={"place": "query", "name": "authorization"})))
    job = replace(tool_job({"do": "surround"}, result_bytes=10_000), secret=both)
    result = await run_tool(job, egress=Egress((replace(bao.destination, preparation=True),)))
    assert isinstance(result, Faulted)
    assert result.fault is FaultCode.JOB_INVALID


async def test_without_the_secret_the_program_does_not_start(run_tool: RunTool, bao: Bao, secret: Secret) -> None:
    spent = replace(secret, wrapping_token="hvs.spent")
    job = replace(tool_job({"do": "echo"}), secret=spent, credential_host="127.0.0.1:1")
    result = await run_tool(job, egress=Egress((replace(bao.destination, preparation=True),)))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.SECRET_UNAVAILABLE, Evidence.SENT)


@pytest.fixture
def over_tls(upstream: Upstream, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Upstream:
    """The upstream behind TLS. A box's tools take the authorities that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.directory / "good.pem", authority.directory / "good.key")
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    return upstream


async def test_a_program_speaks_to_its_proxy_in_the_clear_and_the_upstream_hears_tls(
    over_tls: Upstream, run_tool: RunTool, bao: Bao, secret: Secret
) -> None:
    job = replace(fetch("http://127.0.0.1/mirror"), secret=secret, credential_host=f"127.0.0.1:{over_tls.server_port}")
    egress = Egress((replace(over_tls.destination, tls=True), replace(bao.destination, preparation=True)))
    found = output(await run_tool(job, egress=egress))
    assert over_tls.requests[0].headers["authorization"] == f"Bearer {bao.secret}"
    assert bao.secret not in json.dumps(found)


async def test_a_program_that_speaks_tls_itself_is_passed_through(over_tls: Upstream, run_tool: RunTool) -> None:
    egress = Egress((replace(over_tls.destination, tls=True),))
    result = await run_tool(fetch(f"https://127.0.0.1:{over_tls.server_port}/echo"), egress=egress)
    assert output(result)["text"] == "hello"


async def test_a_program_does_not_get_where_its_secret_came_from(call: Call, bao: Bao) -> None:
    """The runner's way to Vault is used up when the program starts."""
    result = await call("echo", code=0, url=f"{bao.url.replace('https', 'http')}/v1/sys/health")
    assert "is not among the destinations" in output(result)["text"]
    verdicts = [connection.verdict for connection in result.usage.connections]
    assert verdicts[0] == OPEN
    assert len(verdicts) == 2
