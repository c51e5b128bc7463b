"""A document is read from where it lies: behind a login, compressed, in pieces, on standard input."""

import gzip
import io
import json
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.cli.toolset import source
from gateway.cli.toolset.access import headers_from
from gateway.cli.toolset.source import SourceUnreadable
from registry.model.json_limits import DOCUMENT_BYTES
from tests.cli.conftest import Callgate, Gateway

DOCUMENT = b'{"openapi": "3.1.0", "paths": {}}'
LOGIN = "Basic " + b64encode(b"ada:p@ss").decode()


@dataclass
class Site:
    """Answers by path, and remembers the headers of each request."""

    url: str = ""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    seen: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def headers(self, path: str) -> dict[str, str]:
        return next(headers for seen, headers in self.seen if seen == path)


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    """Two servers of two origins."""
    made = Site(), Site()
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _answering(site)) for site in made]
    for site, server in zip(made, servers, strict=True):
        site.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


def _answering(site: Site) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            status, headers, body = site.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


def test_headers_are_sent_and_a_value_may_be_kept_in_a_file(sites: tuple[Site, Site], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("Bearer s3cret\n")
    sites[0].answers["/spec"] = (200, {}, DOCUMENT)
    headers = headers_from([f"Authorization=@{tmp_path}/token", "X-Key=a=b"])
    assert source.read(f"{sites[0].url}/spec", headers=headers) == DOCUMENT
    seen = sites[0].headers("/spec")
    assert (seen["authorization"], seen["x-key"]) == ("Bearer s3cret", "a=b")
    assert seen["user-agent"].startswith("callgate/")


def test_a_login_in_the_url_is_basic_authentication_and_is_never_shown(sites: tuple[Site, Site]) -> None:
    sites[0].answers["/spec"] = (200, {}, DOCUMENT)
    url = sites[0].url.replace("//", "//ada:p%40ss@") + "/spec"
    assert source.read(url) == DOCUMENT
    assert sites[0].headers("/spec")["authorization"] == LOGIN
    with pytest.raises(SourceUnreadable) as refused:
        source.read(url + "/gone")
    assert "ss@" not in str(refused.value)


@pytest.mark.parametrize(("other", "expected"), [(0, LOGIN), (1, None)])
def test_a_redirect_gets_the_login_on_the_same_origin_only(sites: tuple[Site, Site], other: int, expected: str | None) -> None:
    sites[0].answers["/spec"] = (302, {"Location": f"{sites[other].url}/moved"}, b"")
    sites[other].answers["/moved"] = (302, {"Location": f"{sites[other].url}/again"}, b"")
    sites[other].answers["/again"] = (200, {}, DOCUMENT)
    assert source.read(sites[0].url.replace("//", "//ada:p%40ss@") + "/spec") == DOCUMENT
    for path in ("/moved", "/again"):
        assert sites[other].headers(path).get("authorization") == expected


@pytest.mark.parametrize("status", [401, 403])
def test_what_a_login_would_cure_is_told(sites: tuple[Site, Site], status: int) -> None:
    sites[0].answers["/spec"] = (status, {}, b"")
    with pytest.raises(SourceUnreadable, match="--header"):
        source.read(f"{sites[0].url}/spec")


@pytest.mark.parametrize(
    "given", ["Authorization", "a b=c", "Host=x", "X-A=a\r\nB: c", "X-A=\u00fc", "X-A=@/no/such/file", "=x"]
)
def test_a_wrong_header_is_wrong_usage(callgate: Callgate, given: str) -> None:
    result = callgate("toolset", "plan", "https://127.0.0.1:1/", "--name", "orders", "--header", given)
    assert result.exit_code == 2
    assert "--header" in result.output


def test_the_value_of_a_header_is_not_repeated_in_an_error(callgate: Callgate) -> None:
    result = callgate("toolset", "plan", "https://127.0.0.1:1/", "--name", "orders", "--header", "X-A=s3cret\u00fc")
    assert "s3cret" not in result.output


# Compressed


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Type": "application/gzip"}])
def test_gzip_is_read_by_url(sites: tuple[Site, Site], headers: dict[str, str]) -> None:
    sites[0].answers["/spec"] = (200, headers, gzip.compress(DOCUMENT))
    assert source.read(f"{sites[0].url}/spec") == DOCUMENT
    assert sites[0].headers("/spec")["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("packed", "expected"),
    [
        (gzip.compress(DOCUMENT), DOCUMENT),
        (gzip.compress(gzip.compress(DOCUMENT)), DOCUMENT),
        (gzip.compress(DOCUMENT[:9]) + gzip.compress(DOCUMENT[9:]), DOCUMENT),
        (gzip.compress(DOCUMENT)[:-9], "cut short"),
        (b"\x1f\x8b" + DOCUMENT, "cannot be decompressed"),
        (gzip.compress(b" " * (DOCUMENT_BYTES + 1)), "more than"),
    ],
)
def test_gzip_is_read_from_a_file_within_the_bound(tmp_path: Path, packed: bytes, expected: bytes | str) -> None:
    (tmp_path / "spec.json.gz").write_bytes(packed)
    if isinstance(expected, bytes):
        assert source.read(str(tmp_path / "spec.json.gz")) == expected
    else:
        with pytest.raises(SourceUnreadable, match=expected):
            source.read(str(tmp_path / "spec.json.gz"))


def test_a_document_comes_on_standard_input(callgate: Callgate, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(DOCUMENT)))
    assert source.read("-") == DOCUMENT
    assert source.origin("-") == "standard input"
    watched = callgate("toolset", "watch", "-", "--name", "orders", "--looks", "1")
    assert watched.exit_code == 2


# In pieces, and with overlays


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "resources").mkdir()
    entry = {"openapi": "3.1.0", "paths": {"/a": {"post": {"$ref": "resources/create.yml"}}}}
    (tmp_path / "openapi.json").write_text(json.dumps(entry))
    (tmp_path / "resources" / "create.yml").write_text("operationId: create\nresponses: {}\n")
    return tmp_path


def _sent(gateway: Gateway) -> bytes:
    return b"".join(message.chunk for message in gateway.requests[0][1:])


def _header(gateway: Gateway) -> Any:
    return gateway.requests[0][0].header


def test_a_tree_of_files_is_bundled_where_the_operator_says_so(callgate: Callgate, gateway: Gateway, tree: Path) -> None:
    done = callgate("toolset", "import", str(tree / "openapi.json"), "--name", "orders", "--bundle")
    assert done.exit_code == 0, done.output
    assert json.loads(_sent(gateway))["x-bundled"]["resources/create.yml"]["operationId"] == "create"


def test_without_a_person_to_ask_the_option_is_told(callgate: Callgate, gateway: Gateway, tree: Path) -> None:
    done = callgate("toolset", "import", str(tree / "openapi.json"), "--name", "orders")
    assert "--bundle" in done.output
    assert _sent(gateway) == (tree / "openapi.json").read_bytes()


def test_who_wants_no_bundle_is_not_told(callgate: Callgate, gateway: Gateway, tree: Path) -> None:
    done = callgate("toolset", "import", str(tree / "openapi.json"), "--name", "orders", "--no-bundle")
    assert "--bundle" not in done.output
    assert _sent(gateway) == (tree / "openapi.json").read_bytes()


@pytest.mark.parametrize("place", ["/etc/hostname", "../../outside.yml", ".ssh/key", "link.yml"])
def test_what_is_no_document_of_the_directory_is_not_bundled(
    callgate: Callgate, gateway: Gateway, tree: Path, place: str
) -> None:
    (tree / "resources" / "link.yml").symlink_to("/etc/hostname")
    (tree / "resources" / ".ssh").mkdir()
    (tree / "resources" / ".ssh" / "key").write_text("secret: 1")
    (tree / "resources" / "create.yml").write_text(f"$ref: {place}\n")
    done = callgate("toolset", "import", str(tree / "openapi.json"), "--name", "orders", "--bundle")
    assert done.exit_code == 2
    assert gateway.requests == []


def test_overlays_lie_beside_the_manifest_and_are_sent_in_their_order(callgate: Callgate, gateway: Gateway, tree: Path) -> None:
    (tree / "one.yaml").write_text("overlay: 1.0.0\n")
    (tree / "two.yaml").write_text("overlay: 1.1.0\n")
    (tree / "m.yaml").write_text("toolset: orders\nsource: openapi.json\noverlays: [two.yaml, one.yaml]\n")
    done = callgate("toolset", "plan", "--manifest", str(tree / "m.yaml"), "--no-bundle")
    assert done.exit_code == 0, done.output
    assert list(_header(gateway).overlays) == [b"overlay: 1.1.0\n", b"overlay: 1.0.0\n"]


def test_an_overlay_that_is_not_there_is_wrong_usage(callgate: Callgate, gateway: Gateway, tree: Path) -> None:
    (tree / "m.yaml").write_text("toolset: orders\nsource: openapi.json\noverlays: [gone.yaml]\n")
    done = callgate("toolset", "plan", "--manifest", str(tree / "m.yaml"), "--no-bundle")
    assert done.exit_code == 2
    assert "gone.yaml" in done.output
    assert gateway.requests == []
