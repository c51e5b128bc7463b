"""TLS from inside a real box: its image's bundle decides, and a failure comes before the first byte."""

import ssl
from dataclasses import replace

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job
from sandbox.api.result import Evidence, Faulted, Responded


async def granted() -> float | None:
    return 5.0


@pytest.fixture
def call(with_pool, upstream, authority):
    """Call the upstream behind TLS, where it shows the named certificate."""

    def run(certificate: str, *, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.directory / f"{certificate}.pem", authority.directory / f"{certificate}.key")
        context.maximum_version = newest
        upstream.socket = context.wrap_socket(upstream.socket, server_side=True)

        async def scenario(pool):
            async with pool.lease(Egress((replace(upstream.destination, tls=True),)), wait=0) as box:
                job = Job("GET", f"https://127.0.0.1:{upstream.server_port}/echo", (), None, 5.0, 1000)
                return await box.run(job, granted)

        return with_pool(scenario)

    return run


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_certificate_of_a_known_authority_is_accepted(call, newest):
    result = call("good", newest=newest)
    assert isinstance(result, Responded), result
    assert result.body == b"hello"


@pytest.mark.parametrize("certificate", ["of_another_host", "of_a_stranger"])
def test_any_other_certificate_ends_the_call_before_the_first_byte(call, upstream, certificate):
    result = call(certificate)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)
    assert "TLS" in result.message
    assert upstream.requests == []
