"""TLS from inside a real box: its image's bundle decides, and a failure comes before the first byte."""

import ssl
from collections.abc import Awaitable
from dataclasses import replace
from typing import Protocol

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job
from sandbox.api.result import Evidence, Faulted, Responded, Result
from sandbox.pool.pool import DockerPool
from tests.conftest import Authority, Upstream
from tests.sandbox.permits import granted


class Call(Protocol):
    """Calls the upstream behind TLS, where it shows the named certificate."""

    def __call__(self, certificate: str, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Awaitable[Result]: ...


@pytest.fixture
def call(pool: DockerPool, upstream: Upstream, authority: Authority) -> Call:
    async def do(certificate: str, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Result:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.directory / f"{certificate}.pem", authority.directory / f"{certificate}.key")
        context.maximum_version = newest
        upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
        job = Job("GET", f"https://127.0.0.1:{upstream.server_port}/echo", (), None, 5.0, 1000)
        async with pool.lease(Egress((replace(upstream.destination, tls=True),)), wait=0) as box:
            return await box.run(job, granted)

    return do


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_of_a_known_authority_is_accepted(call: Call, newest: ssl.TLSVersion) -> None:
    result = await call("good", newest=newest)
    assert isinstance(result, Responded), result
    assert result.body == b"hello"


@pytest.mark.parametrize("certificate", ["of_another_host", "of_a_stranger"])
async def test_any_other_certificate_ends_the_call_before_the_first_byte(
    call: Call, upstream: Upstream, certificate: str
) -> None:
    result = await call(certificate)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)
    assert "TLS" in result.message
    assert upstream.requests == []
