"""A container tool's secret: put into requests for one host, or into a file, and taken out of whatever comes back."""

import base64
import json
import ssl
from dataclasses import replace

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Secret
from sandbox.api.result import OPEN, Evidence, Faulted

from .tools import fetch, output, tool_job


@pytest.fixture
def secret(bao) -> Secret:
    place = "secret/data/shop/api"
    return Secret(
        bao.url,
        bao.wrapped(place),
        place,
        ("key",),
        "header_value",
        {"place": "header", "name": "Authorization", "prefix": "Bearer "},
    )


@pytest.fixture
def call(run_tool, upstream, bao, secret):
    """Fetch with a secret for the upstream, or for another host of the tool's."""

    def run(
        path: str, *, place: str = "header", name: str = "Authorization", credential_host: str | None = None, **order: object
    ):
        parameters = {"place": place, "name": name, "prefix": "Bearer " if place == "header" else ""}
        bound = replace(secret, parameters=parameters)
        job = replace(
            fetch(**{"url": f"{upstream.url}/{path}", **order}),
            secret=bound,
            credential_host=credential_host or f"127.0.0.1:{upstream.server_port}",
            credential_tls=False,
        )
        egress = Egress((upstream.destination, replace(bao.destination, preparation=True)))
        return run_tool(job, egress=egress)

    return run


def test_the_runner_adds_the_secret_and_takes_it_out_again(call, upstream, bao):
    result = call("mirror", headers=["Authorization: of the program's own"])
    found = output(result)
    assert upstream.requests[0].headers["authorization"] == f"Bearer {bao.secret}"
    assert found["status"] == 200
    assert bao.secret not in json.dumps(found)
    assert "[REDACTED]" in found["text"]
    assert [phase.name for phase in result.usage.phases] == ["secret", "program"]


@pytest.mark.parametrize(("place", "name"), [("query", "key"), ("cookie", "session")])
def test_the_secret_may_stand_elsewhere(call, upstream, place, name):
    found = output(call("mirror?a=1", place=place, name=name, headers=["Cookie: theme=dark"]))
    [request] = upstream.requests
    assert ("key=s3cr3t%2F%2Bcanary%26value" in request.target) == (place == "query")
    assert ("session=s3cr3t/+canary&value" in request.headers["cookie"]) == (place == "cookie")
    assert request.headers["cookie"].startswith("theme=dark")
    assert "s3cr3t" not in json.dumps(found)


def test_basic_authentication_goes_in_and_comes_out_again(run_tool, upstream, bao, secret):
    basic = replace(secret, kind="http_basic", parameters={"place": "header", "name": "Authorization", "prefix": "Basic "})
    host = f"127.0.0.1:{upstream.server_port}"
    job = replace(fetch(f"{upstream.url}/mirror"), secret=basic, credential_host=host, credential_tls=False)
    found = output(run_tool(job, egress=Egress((upstream.destination, replace(bao.destination, preparation=True)))))
    encoded = base64.b64encode(bao.secret.encode()).decode()
    assert upstream.requests[0].headers["authorization"] == f"Basic {encoded}"
    assert encoded not in json.dumps(found)
    assert "[REDACTED]" in found["text"]


def test_what_the_program_sends_is_left_as_it_is(call, upstream):
    output(call("echo?a=1&b=2", headers=["X-Own: one", "Cookie: theme=dark"]))
    [request] = upstream.requests
    assert request.target == "/echo?a=1&b=2"
    assert (request.headers["x-own"], request.headers["cookie"]) == ("one", "theme=dark")


def test_no_other_host_gets_the_secret(call, upstream):
    output(call("echo", credential_host=f"localhost:{upstream.server_port}"))
    assert "authorization" not in upstream.requests[0].headers


def test_what_is_compressed_is_not_passed_on(call):
    found = output(call("squeezed"))
    assert found["status"] == 502
    assert "compressed" in found["text"]


def test_a_secret_may_be_a_file(run_tool, upstream, bao, secret):
    job = replace(tool_job({"do": "look", "path": "/tmp/credential"}, result_bytes=1000), secret=secret)
    result = run_tool(job, egress=Egress((replace(bao.destination, preparation=True),)))
    assert output(result) == {"text": "[REDACTED]"}  # the program has read it, and its output is searched for it


def test_without_the_secret_the_program_does_not_start(run_tool, bao, secret):
    spent = replace(secret, wrapping_token="hvs.spent")
    job = replace(tool_job({"do": "echo"}), secret=spent, credential_host="127.0.0.1:1")
    result = run_tool(job, egress=Egress((replace(bao.destination, preparation=True),)))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.SECRET_UNAVAILABLE, Evidence.SENT)


@pytest.fixture
def over_tls(upstream, authority, monkeypatch):
    """The upstream behind TLS. A box's tools take the authorities that this process trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.directory / "good.pem", authority.directory / "good.key")
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    return upstream


def test_a_program_speaks_to_its_proxy_in_the_clear_and_the_upstream_hears_tls(run_tool, over_tls, bao, secret):
    job = replace(fetch("http://127.0.0.1/mirror"), secret=secret, credential_host=f"127.0.0.1:{over_tls.server_port}")
    egress = Egress((replace(over_tls.destination, tls=True), replace(bao.destination, preparation=True)))
    found = output(run_tool(job, egress=egress))
    assert over_tls.requests[0].headers["authorization"] == f"Bearer {bao.secret}"
    assert bao.secret not in json.dumps(found)


def test_a_program_that_speaks_tls_itself_is_passed_through(run_tool, over_tls):
    found = output(
        run_tool(
            fetch(f"https://127.0.0.1:{over_tls.server_port}/echo"), egress=Egress((replace(over_tls.destination, tls=True),))
        )
    )
    assert found["text"] == "hello"


def test_a_program_does_not_get_where_its_secret_came_from(call, bao):
    """The runner's way to Vault is used up when the program starts."""
    result = call("echo", code=0, url=f"{bao.url}/v1/sys/health")
    assert "is not among the destinations" in output(result)["text"]
    verdicts = [connection.verdict for connection in result.usage.connections]
    assert verdicts[0] == OPEN
    assert len(verdicts) == 2
