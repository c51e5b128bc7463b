"""`callgate toolset`: documents from files and URLs, what is sent of them, and what is said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from callgate.v1 import catalog_service_pb2 as catalog
from gateway.cli.toolset import source
from registry.model.json_limits import DOCUMENT_BYTES
from tests.cli.conftest import Callgate, Gateway

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "servers": [{"url": "https://api.example"}],
    "paths": {
        "/orders/{id}": {
            "get": {
                "operationId": "getOrder",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The order."}},
            }
        }
    },
}


class _Site(BaseHTTPRequestHandler):
    """/hops/N redirects N times; /endless never ends; /elsewhere redirects to a file."""

    def do_GET(self) -> None:
        self.path = self.path.partition("?")[0]
        if self.path == "/hops/0":
            self._answer(200, json.dumps(DOCUMENT).encode())
        elif self.path == "/endless":
            self._pour()
        elif self.path == "/elsewhere":
            self._answer(302, location="file:///etc/passwd")
        elif self.path.startswith("/hops/"):
            self._answer(302, location=f"/hops/{int(self.path.rpartition('/')[2]) - 1}")
        else:
            self._answer(404)

    def _answer(self, status: int, body: bytes = b"", location: str | None = None) -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _pour(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * (1 << 20))
        except OSError:
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


def test_an_import_sends_the_file_with_what_the_operator_said(callgate: Callgate, gateway: Gateway, document: str) -> None:
    gateway.report.roles.add(name="callgate-" + 24 * "a", secret_path="secret/data/orders")
    words = ["--credential", "bearerAuth=secret/data/orders#token", "--credential", "header:X-Key=secret/data/x#a#b"]
    done = callgate(
        "toolset",
        "import",
        document,
        "--name",
        "orders",
        *words,
        "--require-approval",
        "pay_*",
        "--server",
        "https://x.example",
    )
    header, chunk = gateway.requests[0]
    assert json.loads(chunk.chunk) == DOCUMENT
    assert (header.header.toolset, header.header.server, header.header.origin) == ("orders", "https://x.example", "orders.json")
    bindings = [(binding.scheme, binding.path, binding.field) for binding in header.header.credentials]
    assert bindings == [("bearerAuth", "secret/data/orders", "token"), ("header:X-Key", "secret/data/x", "a#b")]
    assert list(header.header.require_approval) == ["pay_*"]
    assert done.exit_code == 0
    assert "import again with --vault-address and --vault-token-file" in done.stderr
    assert "orders_get@1.0.0" in done.stdout
    assert "1 added, 0 unchanged, 0 faults" in done.stdout


def test_user_and_password_may_be_named_by_their_fields(callgate: Callgate, gateway: Gateway, document: str) -> None:
    words = ["--credential", "basic=secret/data/jira#username:password"]
    callgate("toolset", "import", document, "--name", "orders", *words)
    header, _ = gateway.requests[0]
    (binding,) = header.header.credentials
    assert (binding.path, binding.field, binding.username_field) == ("secret/data/jira", "password", "username")


@pytest.mark.parametrize("said", ["basic=secret/data/jira#:password", "basic=secret/data/jira#user:", "basic=x#a:b:c"])
def test_a_credential_of_two_fields_has_a_name_for_each(callgate: Callgate, document: str, said: str) -> None:
    done = callgate("toolset", "import", document, "--name", "orders", "--credential", said)
    assert done.exit_code == 2
    assert "USERFIELD:PASSWORDFIELD" in done.stderr


def test_a_role_for_several_secrets_is_made_where_all_of_them_were_named(
    callgate: Callgate, gateway: Gateway, document: str
) -> None:
    paths = ["secret/data/orders", "secret/data/root"]
    gateway.report.roles.add(name="callgate-" + 24 * "a", secret_path=paths[0], further_paths=paths[1:])
    words = ["toolset", "import", document, "--name", "orders", "--credential", "bearerAuth=secret/data/orders#token"]
    done = callgate(*words)
    assert (done.exit_code, "another secret" in done.stderr) == (3, True)
    done = callgate(*words, "--credential", "header:X=secret/data/root#token")
    assert (done.exit_code, "import again with --vault-address" in done.stderr) == (0, True)


def test_a_gateway_that_asks_for_a_secret_that_was_not_named_gets_no_role(
    callgate: Callgate, gateway: Gateway, document: str
) -> None:
    gateway.report.roles.add(name="callgate-" + 24 * "a", secret_path="secret/data/root")
    done = callgate("toolset", "import", document, "--name", "orders", "--credential", "bearerAuth=secret/data/orders#token")
    assert done.exit_code == 3
    assert "another secret" in done.stderr


@pytest.mark.parametrize(
    ("setting", "issues", "refused"),
    [
        ("{path: secret/data/orders}", True, True),
        ("{path: secret/data/orders}", False, False),
        ("{path: secret/data/orders, common_name: box}", True, False),
        ("{path: secret/data/orders, common_name: box}", False, True),
    ],
)
def test_a_role_may_do_at_a_path_what_the_operator_named_it_for_and_no_more(
    callgate: Callgate, gateway: Gateway, tmp_path: Path, *, setting: str, issues: bool, refused: bool
) -> None:
    """To issue certificates is a write, by which a secret could be replaced."""
    (tmp_path / "orders.json").write_text(json.dumps(DOCUMENT))
    manifest = tmp_path / "callgate.toolset.yaml"
    manifest.write_text(f"toolset: orders\nsource: orders.json\ndefaults: {{client_certificate: {setting}}}\n")
    gateway.report.roles.add(name="callgate-" + 24 * "a", secret_path="secret/data/orders", issues=issues)
    done = callgate("toolset", "import", "--manifest", str(manifest))
    assert (done.exit_code == 3, "another secret" in done.stderr) == (refused, refused)


MANIFEST = """
toolset: orders
source: orders.json
credentials: {bearerAuth: {path: secret/data/orders, field: token}}
operations: {getOrder: {credential: {path: secret/data/one, field: f, place: header, name: X-Key}}}
"""


def test_a_manifest_names_document_toolset_and_secrets_and_goes_to_the_gateway_as_it_is(
    callgate: Callgate, gateway: Gateway, document: str, tmp_path: Path
) -> None:
    for path in ("secret/data/orders", "secret/data/one"):
        gateway.report.roles.add(name="callgate-" + 24 * "a", secret_path=path)
    (tmp_path / "callgate.toolset.yaml").write_text(MANIFEST)
    done = callgate("toolset", "import", "--manifest", str(tmp_path / "callgate.toolset.yaml"))
    assert done.exit_code == 0, done.output
    header, chunk = gateway.requests[0]
    assert json.loads(chunk.chunk) == DOCUMENT
    assert (header.header.toolset, header.header.origin) == ("orders", "orders.json")
    assert header.header.manifest == MANIFEST.encode()


def test_the_manifest_at_hand_is_taken_where_no_document_is_named(
    callgate: Callgate, gateway: Gateway, document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "callgate.toolset.yaml").write_text(MANIFEST)
    monkeypatch.chdir(tmp_path)
    assert callgate("toolset", "import").exit_code == 0
    assert gateway.requests[0][0].header.manifest == MANIFEST.encode()


def test_a_mistaken_manifest_is_told_with_its_line_and_nothing_is_sent(
    callgate: Callgate, gateway: Gateway, document: str, tmp_path: Path
) -> None:
    (tmp_path / "m.yaml").write_text("toolset: orders\nserevr: https://x.example\n")
    done = callgate("toolset", "import", document, "--manifest", str(tmp_path / "m.yaml"))
    assert done.exit_code == 2
    assert "line 2, column 1" in done.stderr
    assert "'server' instead of 'serevr'" in done.stderr
    assert gateway.requests == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (
            "credentials:\n  bearerAuth: {path: secret/data/orders}\n",
            "m.yaml: manifest, line 3, column 3 (/credentials/bearerAuth)",
        ),
        (
            "operations:\n  create_order:\n    credential: {path: secret/data/a, field: k, kind: hmac_signature, place: header,"
            ' name: X, algorithm: sha256, encoding: hex, sign: "{boddy}"}\n',
            "m.yaml: manifest, line 4, column 5 (/operations/create_order/credential): sign has {boddy}",
        ),
    ],
    ids=["a credential without a field", "a signature with a word that there is not"],
)
def test_a_credential_that_is_none_is_told_with_its_file_and_line_and_nothing_is_sent(
    callgate: Callgate, gateway: Gateway, tmp_path: Path, settings: str, told: str
) -> None:
    (tmp_path / "m.yaml").write_text(f"toolset: orders\n{settings}")
    done = callgate("toolset", "apply", "openapi.yaml", "--manifest", str(tmp_path / "m.yaml"))
    assert done.exit_code == 2
    flat = " ".join(done.stderr.split())
    assert told in flat
    assert "docs/secrets.md" in flat
    assert gateway.requests == []


@pytest.mark.parametrize("words", [("--name", "orders"), ("--manifest", "/nowhere.yaml")])
def test_an_import_of_nothing_is_wrong_usage(
    callgate: Callgate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert callgate("toolset", "import", *words).exit_code == 2


def test_without_credentials_nothing_needs_provisioning(callgate: Callgate, document: str) -> None:
    assert "--vault-address" not in callgate("toolset", "import", document, "--name", "orders").output


def test_faults_are_shown_and_an_import_without_any_tool_fails(callgate: Callgate, gateway: Gateway, document: str) -> None:
    fault = catalog.ImportFault(pointer="/paths/~1orders/get", message="no server", cure="Name one.")
    gateway.report = catalog.ImportReport(faults=[fault])
    done = callgate("toolset", "import", document, "--name", "orders")
    assert done.exit_code == 1
    for told in ("/paths/~1orders/get", "no server", "Name one.", "0 added, 0 unchanged, 1 faults"):
        assert told in done.stdout


def test_a_fault_of_many_operations_is_one_row_with_the_first_of_its_places(
    callgate: Callgate, gateway: Gateway, document: str
) -> None:
    places = [f"/paths/~1orders~1{number}/get" for number in range(9)]
    gateway.report.faults.extend(catalog.ImportFault(pointer=place, message="no secret", cure="Name one.") for place in places)
    gateway.report.faults.add(pointer="/webhooks", message="one webhook", cure="Name one.")
    told = callgate("toolset", "import", document, "--name", "orders").stdout
    assert (told.count("no secret"), told.count("one webhook")) == (1, 1)
    assert [place in told for place in places] == [True] * 3 + [False] * 6
    assert "and 6 more" in told
    assert "10 faults" in told
    assert len(json.loads(callgate("toolset", "import", document, "--name", "orders", "-o", "json").stdout)["faults"]) == 10


@pytest.mark.parametrize("binding", ["bearerAuth", "bearerAuth=secret/data/orders", "=secret#token", "a=#b"])
def test_a_malformed_credential_is_wrong_usage(callgate: Callgate, gateway: Gateway, document: str, binding: str) -> None:
    assert callgate("toolset", "import", document, "--name", "orders", "--credential", binding).exit_code == 2
    assert gateway.requests == []


def test_a_missing_file_is_wrong_usage(callgate: Callgate) -> None:
    done = callgate("toolset", "import", "/nowhere/orders.json", "--name", "orders")
    assert done.exit_code == 2
    assert "No such file" in done.stderr


def test_of_a_missing_file_the_names_beside_it_that_are_like_it_are_told(callgate: Callgate, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("")
    (tmp_path / "notes").write_text("")
    done = callgate("toolset", "import", str(tmp_path / "openapi.yml"), "--name", "orders")
    assert "did you mean openapi.yaml?" in done.stderr


def test_a_url_is_fetched_here_over_at_most_three_redirects(callgate: Callgate, gateway: Gateway, site: str) -> None:
    assert callgate("toolset", "import", f"{site}/hops/3?key=swordfish", "--name", "orders").exit_code == 0
    assert gateway.requests[0][0].header.origin == f"{site}/hops/3"
    assert callgate("toolset", "import", f"{site}/hops/4", "--name", "orders").exit_code == 2


@pytest.mark.parametrize("path", ["/elsewhere", "/missing"])
def test_what_a_url_may_not_lead_to_is_wrong_usage(callgate: Callgate, gateway: Gateway, site: str, path: str) -> None:
    done = callgate("toolset", "import", site + path, "--name", "orders")
    assert done.exit_code == 2
    assert f"{site}{path} cannot be read: status" in done.stderr
    assert ("take the address from the API's own pages" in done.stderr) == (path == "/missing")
    assert gateway.requests == []


def test_a_document_that_cannot_be_fetched_is_told_without_how_the_command_is_used(callgate: Callgate) -> None:
    done = callgate("toolset", "apply", "https://127.0.0.1:1/openapi.json", "--name", "orders")
    assert done.exit_code == 2
    assert "https://127.0.0.1:1/openapi.json cannot be read" in done.stderr
    assert "fetch the document elsewhere and name the file" in done.stderr
    assert "Usage" not in done.stderr


def test_a_url_that_pours_is_cut_off_at_the_bound(site: str) -> None:
    with pytest.raises(source.SourceUnreadable, match=f"{DOCUMENT_BYTES:,}"):
        source.read(f"{site}/endless")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("https://user:pass@api.example/doc.json?token=t#f", "https://api.example/doc.json"),
        ("/home/me/orders.yaml", "orders.yaml"),
    ],
)
def test_the_origin_holds_no_secret(given: str, shown: str) -> None:
    assert source.origin(given) == shown


def test_verifying_lets_the_judge_decide_and_asks_no_gateway(callgate: Callgate, gateway: Gateway, document: str) -> None:
    done = callgate("toolset", "verify", document)
    assert done.exit_code == 0, done.output
    assert "1 tools, 3 requests sampled, 3 accepted, 0 refused, 0 tools without a sample, 0 faults" in done.stdout
    assert gateway.requests == []


def test_a_document_that_cannot_be_read_is_told_with_its_cure(callgate: Callgate, tmp_path: Path) -> None:
    empty = tmp_path / "empty.json"
    empty.write_text("")
    done = callgate("toolset", "verify", str(empty))
    assert done.exit_code == 2
    assert "the document is empty" in done.stderr
