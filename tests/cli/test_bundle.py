"""`callgate toolset bundle` reads what the operator names, and nothing else."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from gateway.cli.toolset.bundle import AllowedReader
from gateway.cli.toolset.source import SourceUnreadable
from registry.document.bundling import NotAllowed
from tests.cli.conftest import Callgate


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "api" / "schemas").mkdir(parents=True)
    entry = {"openapi": "3.1.0", "paths": {"/a": {"$ref": "schemas/a.json"}}}
    (tmp_path / "api" / "openapi.json").write_text(json.dumps(entry))
    (tmp_path / "api" / "schemas" / "a.json").write_text('{"get": {}}')
    (tmp_path / "secret.json").write_text('"canary"')
    (tmp_path / "api" / "schemas" / "link.json").symlink_to(tmp_path / "secret.json")
    return tmp_path / "api"


@pytest.fixture
def site() -> Iterator[str]:
    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path.endswith("moved") else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_bundle_is_written_from_what_is_allowed(callgate: Callgate, tree: Path) -> None:
    output = tree / "bundled.json"
    arguments = ["toolset", "bundle", str(tree / "openapi.json"), "--output", str(output), "--allow", str(tree / "schemas")]
    result = callgate(*arguments)
    assert result.exit_code == 0, result.output
    document = json.loads(output.read_bytes())
    assert document["paths"]["/a"]["$ref"] == "#/x-bundled/schemas~1a.json"
    assert document["x-bundled"] == {"schemas/a.json": {"get": {}}}


def test_nothing_is_written_where_something_is_not_allowed(callgate: Callgate, tree: Path) -> None:
    result = callgate("toolset", "bundle", str(tree / "openapi.json"), "--output", str(tree / "bundled.json"))
    assert result.exit_code != 0
    assert "--allow" in result.output
    assert not (tree / "bundled.json").exists()


def test_link_does_not_lead_out_of_an_allowed_directory(tree: Path) -> None:
    reader = AllowedReader(str(tree / "openapi.json"), [str(tree / "schemas")])
    assert reader.read(str(tree / "schemas" / "a.json"))
    for outside in ("schemas/link.json", "../secret.json", "schemas/../../secret.json"):
        with pytest.raises(NotAllowed):
            reader.read(str(tree / outside))


def test_url_is_read_below_an_allowed_one_and_its_redirects_are_not_followed(site: str, tree: Path) -> None:
    reader = AllowedReader(str(tree / "openapi.json"), [f"{site}/specs"])
    assert reader.read(f"{site}/specs/a.json") == b"{}"
    for outside in (
        f"{site}/other",
        f"{site}/specs2/a",
        f"{site}/specs/../other",
        "http://127.0.0.1:1/specs",
        "file:///etc/passwd",
    ):
        with pytest.raises(NotAllowed):
            reader.read(outside)
    with pytest.raises(SourceUnreadable):
        reader.read(f"{site}/specs/moved")


def test_a_bundle_that_cannot_be_written_is_wrong_usage(callgate: Callgate, tree: Path) -> None:
    words = [str(tree / "openapi.json"), "--allow", str(tree), "--output", str(tree)]
    done = callgate("toolset", "bundle", *words)
    assert done.exit_code == 2
    assert "cannot be written: Is a directory" in done.stderr
