"""Documents behind logins, compressed, in pieces and on standard input: from the command line to a call in a box."""

import gzip
import json
import os
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

from tests.e2e.conftest import collector, house, new_house, open_house
from tests.e2e.house import House

from .conftest import recipes
from .documents import OK, Json, Offer
from .recipes import Recipes, answer

__all__ = ["collector", "house", "new_house", "open_house", "recipes"]

LOGIN = "Basic " + b64encode(b"ada:p@ss").decode()


@pytest.fixture
def offer(house: House, recipes: Recipes) -> Offer:
    return Offer(house, recipes)


def _import(offer: Offer, *words: str, stdin: bytes = b"", code: int = 0) -> str:
    """`callgate toolset import`, and what it printed."""
    settings = {"CALLGATE_ADDRESS": offer.house.address, "CALLGATE_TOKEN_FILE": str(offer.house.state.token)}
    command = [sys.executable, "-c", "from gateway.cli import main; main()", "toolset", "import", *words]
    done = subprocess.run(command, env={**os.environ, **settings}, input=stdin, capture_output=True, timeout=60, check=False)
    printed = (done.stdout + done.stderr).decode()
    assert done.returncode == code, printed
    return printed


def _document(name: str) -> bytes:
    paths: Json = {f"/{name}": {"get": OK | {"operationId": name}}}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths}).encode()


def _called(offer: Offer, name: str) -> None:
    offer.answers("GET", f"/{name}")
    assert offer.house.client.call(name, {}).json() == {"ok": True}


def test_a_document_behind_a_token_is_called_at_its_own_origin(offer: Offer, tmp_path: Path) -> None:
    name = offer.name("token")
    (tmp_path / "token").write_text("Bearer s3cret\n")
    offer.upstream.tell("GET", "/spec", answer(200, _document(name)))
    _import(
        offer, f"{offer.upstream.url}/spec", "--name", name.replace("_", "-"), "--header", f"Authorization=@{tmp_path}/token"
    )
    (asked,) = offer.upstream.received("GET", "/spec")
    assert asked.headers["authorization"] == "Bearer s3cret"
    _called(offer, name)
    (called,) = offer.upstream.received("GET", f"/{name}")
    assert "authorization" not in called.headers


def test_a_login_in_the_address_reaches_the_server_and_no_page(offer: Offer) -> None:
    name = offer.name("login")
    offer.upstream.tell("GET", "/spec", answer(200, _document(name)))
    url = offer.upstream.url.replace("//", "//ada:p%40ss@") + "/spec"
    printed = _import(offer, url, "--name", name.replace("_", "-"))
    assert offer.upstream.received("GET", "/spec")[0].headers["authorization"] == LOGIN
    assert "ss@" not in printed
    _called(offer, name)


def test_a_redirect_to_another_server_gets_no_login(offer: Offer) -> None:
    name = offer.name("moved")
    with Recipes("127.0.0.2") as other:
        other.tell("GET", "/there", answer(200, _document(name)))
        offer.upstream.tell("GET", "/spec", answer(302, b"", f"Location: {other.url}/there"))
        url = offer.upstream.url.replace("//", "//ada:p%40ss@") + "/spec"
        _import(offer, url, "--name", name.replace("_", "-"), "--server", offer.upstream.url, "--header", "X-Key=s3cret")
        (asked,) = other.received("GET", "/there")
    assert {"authorization", "x-key"}.isdisjoint(asked.headers)
    _called(offer, name)


@pytest.mark.parametrize("status", [401, 403])
def test_who_is_not_let_in_is_told_how(offer: Offer, status: int) -> None:
    offer.upstream.tell("GET", "/spec", answer(status))
    assert "--header" in _import(offer, f"{offer.upstream.url}/spec", "--name", "closed", code=2)


@pytest.mark.parametrize("headers", [("Content-Encoding: gzip",), ()])
def test_a_compressed_document_is_read(offer: Offer, headers: tuple[str, ...]) -> None:
    name = offer.name("packed")
    offer.upstream.tell("GET", "/spec", answer(200, gzip.compress(_document(name)), *headers))
    _import(offer, f"{offer.upstream.url}/spec", "--name", name.replace("_", "-"))
    _called(offer, name)


@pytest.mark.parametrize("packed", [gzip.compress(b" " * 60_000_000), gzip.compress(b"{}")[:-6], b"\x1f\x8bnonsense"])
def test_a_bomb_and_what_is_cut_short_are_refused(offer: Offer, packed: bytes) -> None:
    offer.upstream.tell("GET", "/spec", answer(200, packed, "Content-Encoding: gzip"))
    assert "cannot be read" in _import(offer, f"{offer.upstream.url}/spec", "--name", "bomb", code=2)


def test_a_document_comes_on_standard_input(offer: Offer) -> None:
    name = offer.name("piped")
    _import(offer, "-", "--name", name.replace("_", "-"), "--server", offer.upstream.url, stdin=_document(name))
    _called(offer, name)


def test_a_document_in_pieces_is_whole_with_bundle_and_told_without(offer: Offer, tmp_path: Path) -> None:
    name = offer.name("pieces")
    entry = json.loads(_document(name))
    entry["paths"][f"/{name}"]["get"] = {"$ref": "resources/get.yml"}
    (tmp_path / "openapi.json").write_text(json.dumps(entry))
    (tmp_path / "resources").mkdir()
    (tmp_path / "resources" / "get.yml").write_text(json.dumps(OK | {"operationId": name}))
    words = (str(tmp_path / "openapi.json"), "--name", name.replace("_", "-"), "--server", offer.upstream.url)
    told = _import(offer, *words, code=1)
    assert "--bundle" in told
    assert f"GET /{name}" in told
    _import(offer, *words, "--bundle")
    _called(offer, name)


def test_the_manifests_overlays_are_read_beside_it(offer: Offer, tmp_path: Path) -> None:
    name = offer.name("overlaid")
    (tmp_path / "openapi.json").write_bytes(_document(name))
    (tmp_path / "fix.yaml").write_text("overlay: 1.0.0\nactions:\n- target: $.paths.*.get\n  update: {summary: Mine.}\n")
    manifest = {
        "toolset": name.replace("_", "-"),
        "source": "openapi.json",
        "overlays": ["fix.yaml"],
        "server": offer.upstream.url,
    }
    (tmp_path / "m.yaml").write_text(json.dumps(manifest))
    _import(offer, "--manifest", str(tmp_path / "m.yaml"))
    assert offer.house.client.tools.get(name).description == "Mine."
    _called(offer, name)
