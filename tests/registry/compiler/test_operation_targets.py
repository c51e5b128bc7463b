"""No secret goes over a network in the clear by a document's word: by TLS where it declares that, too, or not at all."""

from pathlib import Path

import pytest

from registry.compiler.compiler import Compiled, CredentialSource, ToolsetHeader, compile_document
from registry.document.loading import load
from registry.manifest.reader import read_manifest
from registry.model.tool import JsonObject
from tests.registry.conftest import Compile

OK: JsonObject = {"responses": {"200": {"description": "d"}}}
SCHEMES: JsonObject = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
HEADER = ToolsetHeader("things", credentials=(CredentialSource("key", "secret/data/a", "f"),))
PATHS: JsonObject = {"/a": {"get": OK | {"security": [{"key": []}]}}, "/open": {"get": OK}}


def made_of(compiled: Compile, *urls: str, header: ToolsetHeader = HEADER) -> Compiled:
    return compiled(PATHS, servers=[{"url": url} for url in urls], components=SCHEMES, header=header)


def where(made: Compiled) -> list[tuple[str, int]]:
    """The server of the operation that has a secret, and of the one that has none; and how many secrets go there."""
    return [(draft.operation.server, len(draft.credentials)) for draft in made.drafts]


BOTH: list[tuple[tuple[str, ...], str]] = [
    (("http://api.acme.com/v1", "https://api.acme.com/v1"), "https://api.acme.com/v1"),
    (("http://api.acme.com:8080/v1", "https://api.acme.com/v1/"), "https://api.acme.com/v1"),
    (("http://API.acme.com", "https://eu.acme.com", "https://api.acme.com"), "https://api.acme.com"),
    (("http://orders.internal", "https://orders.internal"), "https://orders.internal"),
]


@pytest.mark.parametrize(("urls", "by_tls"), BOTH)
def test_a_secret_goes_by_tls_where_the_document_declares_both(compiled: Compile, urls: tuple[str, ...], by_tls: str) -> None:
    made = made_of(compiled, *urls)
    assert where(made) == [(by_tls, 1), (urls[0], 0)]
    (fault,) = made.faults
    assert (fault.pointer, fault.operations) == ("/servers/0", ())
    told = f"{urls[0]} is in the clear: what has a secret is sent to {by_tls}, which the document declares, too"
    assert fault.message == told
    assert "--server" in fault.cure


IN_THE_CLEAR: list[tuple[str, ...]] = [
    ("http://api.acme.com",),
    ("http://api.acme.com.:8080/v1",),
    ("http://93.184.216.34",),
    ("http://[2606:4700::1111]",),
    ("http://api.acme.com/v1", "https://api.acme.com/v2"),
    ("http://test.acme.com", "https://api.acme.com"),
    ("http://localhost.acme.com",),
]


@pytest.mark.parametrize("urls", IN_THE_CLEAR)
def test_no_secret_goes_to_a_public_host_in_the_clear(compiled: Compile, urls: tuple[str, ...]) -> None:
    made = made_of(compiled, *urls)
    assert where(made) == [(urls[0], 0), (urls[0], 0)]
    (fault,) = made.faults
    assert fault.message == f"the server {urls[0]} is in the clear, on a public host; no credential goes there"
    assert fault.cure.startswith("Name the API's https URL: pass --server")
    assert all(url in fault.cure for url in urls[1:])


PRIVATE = ["http://127.0.0.1:8080", "http://[::1]", "http://10.0.0.7", "http://orders:8080", "http://orders.svc.internal"]
AS_BEFORE: list[tuple[str, ...]] = [
    *((url,) for url in PRIVATE),
    ("http://localhost:8080", "https://localhost:8443"),
    ("http://api.localhost", "https://api.localhost"),
    ("https://api.acme.com", "http://api.acme.com"),
]


@pytest.mark.parametrize("urls", AS_BEFORE)
def test_a_network_of_one_s_own_and_tls_are_taken_as_they_are(compiled: Compile, urls: tuple[str, ...]) -> None:
    made = made_of(compiled, *urls)
    assert (where(made), made.faults) == ([(urls[0], 1), (urls[0], 0)], ())


def test_what_the_operator_names_is_taken_as_it_is(compiled: Compile) -> None:
    named = ToolsetHeader("things", "http://api.acme.com", credentials=HEADER.credentials)
    made = made_of(compiled, "https://api.acme.com", header=named)
    assert (where(made), made.faults) == ([("http://api.acme.com", 1), ("http://api.acme.com", 0)], ())


def test_a_credential_and_a_certificate_of_the_manifest_go_by_tls_too(compiled: Compile) -> None:
    for secret in ("credential: {path: p, field: f, place: header, name: X}", "client_certificate: {path: p}"):
        said = read_manifest(f"toolset: things\ndefaults: {{{secret}}}\n".encode())
        made = made_of(compiled, "http://api.acme.com", "https://api.acme.com", header=said.header)
        assert {draft.operation.server for draft in made.drafts} == {"https://api.acme.com"}


def test_the_levels_of_servers_are_not_mixed(compiled: Compile) -> None:
    inner = {"/a": {"get": OK | {"security": [{"key": []}], "servers": [{"url": "http://inner.acme.com"}]}}}
    made = compiled(inner, servers=[{"url": "https://inner.acme.com"}], components=SCHEMES, header=HEADER)
    assert where(made) == [("http://inner.acme.com", 0)]
    assert [fault.pointer for fault in made.faults] == ["/paths/~1a/get/servers/0"]


def test_aws_s_own_documents_are_signed_for_tls_alone(specs: Path) -> None:
    key = CredentialSource("hmac", "secret/data/aws", "secret", "id")
    for path in sorted((specs / "apis-guru" / "amazonaws.com").glob("*.json")):
        compiled = compile_document(load(path.read_bytes()), ToolsetHeader("aws", credentials=(key,)))
        signed = {draft.operation.server.partition("://")[0] for draft in compiled.drafts if draft.credentials}
        assert signed == {"https"}, path.name
