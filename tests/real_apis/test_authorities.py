"""Whom a box believes by TLS: the system's authorities, and the operator's own as its file has them now."""

import json
import secrets
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import docker
import pytest

from gateway.cli.calls.fault_cures import cure_of
from tests.e2e.house import eventually
from tests.e2e.test_programs import document

from .certificates import Authority, Pair, server_context
from .conftest import Situate
from .out import Out, assert_not_sent
from .recipes import answer
from .tls_upstream import Rude, TlsRecipes

PATHS = {"/pay": {"post": {"operationId": "pay"}}}

#: An upstream at `api.example` with this certificate.
Serve = Callable[[Pair], AbstractContextManager[TlsRecipes]]


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    @contextmanager
    def serve(pair: Pair) -> Iterator[TlsRecipes]:
        with TlsRecipes(server_context(pair.at(tmp_path / f"{secrets.token_hex(4)}.pem")), name="api.example") as upstream:
            upstream.tell("POST", "/pay", answer(200, b'{"paid": true}'))
            yield upstream

    return serve


@pytest.mark.parametrize("authority", ["own", "system"])
def test_an_authority_of_the_operators_file_counts_beside_those_of_the_system(
    out: Out, situation: Situate, serve: Serve, authority: str
) -> None:
    signer: Authority = getattr(out, authority)
    with serve(signer.pair("api", ["api.example"])) as upstream:
        assert out.call(situation(PATHS, server=upstream.url).name("pay")).json() == {"paid": True}
        assert upstream.troubles == []


def test_any_other_authority_does_not(out: Out, situation: Situate, serve: Serve) -> None:
    with serve(Authority("A stranger").pair("api", ["api.example"])) as upstream:
        ended = out.call(situation(PATHS, server=upstream.url).name("pay"))
        assert_not_sent(ended, "certificate signed by unknown authority")
        assert "CALLGATE_CA_FILE" in cure_of(ended.outcome)
        assert upstream.requests == []


def test_a_box_that_waits_believes_whom_the_file_names_by_then_and_no_longer_whom_it_named(
    out: Out, situation: Situate, serve: Serve
) -> None:
    new = Authority("The operator's next one")
    with serve(out.own.pair("api", ["api.example"])) as old_upstream, serve(new.pair("api", ["api.example"])) as upstream:
        old_pay = situation(PATHS, server=old_upstream.url).name("pay")
        pay = situation(PATHS, server=upstream.url).name("pay")
        assert_not_sent(out.call(pay))
        try:
            out.trust(new.pem)
            assert out.call(pay).json() == {"paid": True}
            assert_not_sent(out.call(old_pay))
            out.trust(out.own.pem + new.pem)
            assert out.call(pay).json() == out.call(old_pay).json() == {"paid": True}
        finally:
            out.trust(out.own.pem)


@pytest.mark.parametrize("content", ["", "no certificate", "-----BEGIN CERTIFICATE-----\nMIIB"])
def test_while_the_file_is_half_written_what_it_said_before_counts_and_the_log_says_so(
    out: Out, situation: Situate, serve: Serve, content: str
) -> None:
    with serve(out.own.pair("api", ["api.example"])) as upstream:
        pay = situation(PATHS, server=upstream.url).name("pay")
        try:
            out.ca_file.write_text(content)
            assert out.call(pay).json() == {"paid": True}
            eventually(lambda: "operator_file_unusable" in out.log.read_text(), what="a line of the log")
            assert "CALLGATE_CA_FILE" in out.log.read_text()
        finally:
            out.trust(out.own.pem)


@pytest.mark.parametrize(
    ("hosts", "days", "told"),
    [(["other.example"], 1, "valid for other.example, not api.example"), (["api.example"], -1, "expired")],
    ids=["of another host", "that has ended"],
)
def test_a_certificate_of_a_known_authority_must_be_for_the_host_and_for_today(
    out: Out, situation: Situate, serve: Serve, *, hosts: list[str], days: int, told: str
) -> None:
    with serve(out.own.pair("api", hosts, days=days)) as upstream:
        assert_not_sent(out.call(situation(PATHS, server=upstream.url).name("pay")), told)
        assert upstream.requests == []


@pytest.mark.parametrize(
    "says",
    [
        b"",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"\x15\x03\x03\x00\x02\x02\x28",
        b"\x16\x03\x03\xff\xff",
    ],
    ids=["nothing", "HTTP", "another protocol", "an alert", "a record without end"],
)
def test_whatever_answers_in_the_place_of_tls_nothing_of_a_request_was_sent(out: Out, situation: Situate, says: bytes) -> None:
    with Rude(says) as upstream:
        assert_not_sent(out.call(situation(PATHS, server=f"https://127.0.0.1:{upstream.port}").name("pay")), "no TLS with")
        assert upstream.visitors == 3


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_a_server_that_speaks_only_what_is_too_old_is_not_spoken_to(out: Out, situation: Situate, tmp_path: Path) -> None:
    context = server_context(out.own.pair("api", ["api.example"]).at(tmp_path / "pair.pem"), version=ssl.TLSVersion.TLSv1_1)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with TlsRecipes(context, name="api.example") as upstream:
        assert_not_sent(out.call(situation(PATHS, server=upstream.url).name("pay")), "protocol version")


def test_a_program_of_a_tool_authors_finds_the_authorities_of_now_in_its_box(
    out: Out, serve: Serve, tool_image: str, dockerd: docker.APIClient
) -> None:
    image, new = str(dockerd.inspect_image(tool_image)["Id"]), Authority("The operator's next one")
    with serve(new.pair("api", ["api.example"])) as upstream:
        run = f"run_{secrets.token_hex(4)}"
        container = {"image": image, "command": ["/bin/tool", "unwrap"], "egress": [upstream.authority]}
        manifest = {"toolset": "trusting", "operations": {run: {"container": container}}}
        out.client.toolsets.import_openapi(document(run), "trusting", manifest=json.dumps(manifest).encode())
        order = {"body": {"do": "fetch", "url": f"{upstream.url}/pay", "method": "POST"}}
        assert "certificate" in str(out.call(run, order).json())
        try:
            out.trust(new.pem)
            eventually(lambda: "paid" in str(out.call(run, order).json()), what="the program to believe the new authority")
        finally:
            out.trust(out.own.pem)
