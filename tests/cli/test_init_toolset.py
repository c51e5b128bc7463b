"""`callgate toolset init`: a manifest that is valid as it stands, and with each decision made that it leaves open."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from registry.compiler.compiler import Compiled, compile_document
from registry.document.loading import load
from registry.manifest.manifest import Manifest
from registry.manifest.reader import read_manifest
from registry.manifest.toolset import ToolsetHeader
from registry.model.tool import Effect
from tests.cli.conftest import Callgate
from tests.cli.test_init import all_decided, shop
from tests.conftest import REPOSITORY, Upstream

MANIFEST = Path("callgate.toolset.yaml")
OK = {"responses": {"200": {"description": "done"}}}


@pytest.fixture(autouse=True)
def in_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _parameter(name: str, schema: dict[str, Any], place: str = "query") -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, "required": place == "path"}


def _shared(count: int = 8) -> dict[str, Any]:
    """A document of operations that all take an organisation and a version, and some a page."""
    org, version = _parameter("org", {"type": "string"}, "path"), _parameter("api-version", {"type": "integer", "minimum": 3})
    page = _parameter("page", {"type": "integer"})
    paths = {
        f"/orgs/{{org}}/t{number}": {"parameters": [org, version], "get": OK | ({"parameters": [page]} if number < 3 else {})}
        for number in range(count)
    }
    return shop(paths=paths)


DOCUMENTS = {
    "a shop": shop(),
    "no server": shop(servers=[]),
    "a relative server": shop(servers=[{"url": "/v1"}]),
    "several servers": shop(servers=[{"url": "https://a.example"}, {"url": "https://b.example/{stage}"}]),
    "no title": shop(info={"title": "2000", "version": "1"}),
    "no security": shop(security=[], components={}),
    "several schemes": shop(
        security=[{"a": []}, {"b: c": []}],
        components={"securitySchemes": {one: {"type": "http", "scheme": "bearer"} for one in ("a", "b: c")}},
    ),
    "shared arguments": _shared(),
    "many that act": shop(paths={f"/a{number}": {"post": OK} for number in range(60)}),
    "nothing that acts": shop(paths={"/a": {"get": OK}}),
    "another script": shop(info={"title": "注文", "version": "1"}, paths={"/注文/{番号}": {"post": OK}}),
    "hostile": shop(
        info={"title": "a\nserver: http://evil.example", "version": "1"},
        servers=[{"url": "https://a.example"}, {"url": "https://b.example\nprefix: evil_"}],
        paths={"/a\u2028server: http://evil.example": {"post": OK}, "/b # x: {y}": {"post": OK}},
    ),
}


def _written(callgate: Callgate, document: object, *words: str) -> str:
    Path("api.json").write_text(json.dumps(document))
    done = callgate("toolset", "init", "api.json", *words)
    assert done.exit_code == 0, done.output
    return MANIFEST.read_text()


def _compiled(text: str, document: object) -> tuple[Manifest, Compiled]:
    header = read_manifest(text.encode()).header
    return header.manifest, compile_document(load(json.dumps(document).encode()), header)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_it_is_valid_as_it_stands_and_says_nothing_but_which_document_it_is_of(callgate: Callgate, document: object) -> None:
    text = _written(callgate, document)
    assert set(yaml.safe_load(text)) == {"toolset", "source"}
    assert read_manifest(text.encode()).source == "api.json"


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
def test_with_each_decision_made_it_is_valid_too_and_contradicts_nothing(callgate: Callgate, document: object) -> None:
    decided = (
        all_decided(_written(callgate, document)).replace("exclude:", "include:").replace("include:\n- ", "include:\n- '*'\n- ")
    )
    manifest, compiled = _compiled(decided, document)
    plain = compile_document(load(json.dumps(document).encode()), ToolsetHeader("x", "https://api.example.com"))
    assert compiled.lost == ()
    assert len(compiled.drafts) == len(plain.drafts)
    assert manifest.prefix
    assert all(draft.name.startswith(manifest.prefix) for draft in compiled.drafts)
    acting = [draft for draft in compiled.drafts if draft.effect is not Effect.READ]
    assert len(manifest.operations) == len(acting)
    assert all(draft.requires_approval for draft in acting)
    assert {"User-Agent"} == set(manifest.defaults["headers"])


def test_what_is_deleted_or_replaced_is_a_decision_too_behind_what_may_not_act_twice(callgate: Callgate) -> None:
    paths = {"/a": dict.fromkeys(("get", "head", "delete", "put", "post"), OK)}
    manifest, _ = _compiled(
        all_decided(_written(callgate, shop(paths=paths))).replace("exclude:", "include:"), shop(paths=paths)
    )
    assert next(iter(manifest.operations)) == "POST /a"
    assert set(manifest.operations) == {"POST /a", "PUT /a", "DELETE /a"}


def test_the_command_that_follows_reaches_the_document_again_and_repeats_no_secret(
    callgate: Callgate,
) -> None:
    Path("login").write_text("Bearer of-the-vendor")
    words = ("--header", "Authorization=@login", "--header", "X-Key=of-the-vendor")
    Path("api.json").write_text(json.dumps(shop()))
    told = "callgate toolset plan --manifest callgate.toolset.yaml --header Authorization=@login --header X-Key=@FILE\n"
    assert callgate("toolset", "init", "api.json", *words).stdout == told
    commands = callgate("init", "api.json", *words, "--manifest", "other.yaml", "--yes", "--no-credential").stdout.splitlines()
    assert [line.endswith(" --header Authorization=@login --header X-Key=@FILE") for line in commands][:2] == [True, True]


def test_an_argument_that_most_operations_take_is_offered_with_a_value_that_fits(callgate: Callgate) -> None:
    manifest, compiled = _compiled(all_decided(_written(callgate, _shared())), _shared())
    assert manifest.defaults["arguments"] == {"org": {"principal": "tenant"}, "api-version": {"value": 3}}
    assert {tuple(draft.input_schema["properties"]) for draft in compiled.drafts} == {(), ("page",)}


def test_a_document_of_few_operations_shares_none(callgate: Callgate) -> None:
    manifest, _ = _compiled(all_decided(_written(callgate, _shared(3))), _shared(3))
    assert "arguments" not in manifest.defaults


def test_each_server_of_the_document_is_told_and_none_is_taken(callgate: Callgate) -> None:
    text = _written(callgate, DOCUMENTS["several servers"])
    assert "## In place of the document's own server: https://a.example, https://b.example/{stage}\n" in text


def test_the_document_may_be_a_url(callgate: Callgate, upstream: Upstream) -> None:
    done = callgate("toolset", "init", f"{upstream.url}/nothing-there")
    assert done.exit_code == 2
    assert not MANIFEST.exists()


def test_the_options_name_toolset_and_file_and_nothing_is_overwritten(callgate: Callgate) -> None:
    Path("api.json").write_text(json.dumps(shop()))
    words = ("toolset", "init", "api.json", "--name", "other", "--manifest", "mine.yaml")
    assert callgate(*words).stdout == "callgate toolset plan --manifest mine.yaml\n"
    assert yaml.safe_load(Path("mine.yaml").read_text())["toolset"] == "other"
    refused = callgate(*words)
    assert (refused.exit_code, "is there already" in refused.stderr) == (2, True)
    assert callgate("toolset", "init", "api.json", "--name", "No Such").exit_code == 2


def test_programs_get_it_as_data(callgate: Callgate) -> None:
    Path("api.json").write_text(json.dumps(shop()))
    found = json.loads(callgate("toolset", "init", "api.json", "-o", "json").stdout)
    assert found == {"manifest": str(MANIFEST), "toolset": "orders-payments-v2", "tools": ["order", "read", "replace"]}


@pytest.mark.parametrize("text", ['{"openapi": "4.0.0", "paths": {}}', "[", "{}"])
def test_a_document_that_does_not_import_writes_nothing(callgate: Callgate, text: str) -> None:
    Path("api.json").write_text(text)
    assert callgate("toolset", "init", "api.json").exit_code == 3
    assert not MANIFEST.exists()


def test_the_orders_example_is_offered_its_decisions(callgate: Callgate) -> None:
    document = REPOSITORY / "examples" / "orders" / "openapi.yaml"
    done = callgate("toolset", "init", str(document))
    assert done.exit_code == 0, done.output
    decided = yaml.safe_load(all_decided(MANIFEST.read_text()))
    assert set(decided["operations"]) == {"POST /orders", "POST /pay"} or len(decided["operations"]) > 0
    assert decided["credentials"]["bearerAuth"] == {"path": f"secret/data/{decided['toolset']}", "field": "token"}


def test_a_list_that_plainly_comes_in_pages_is_a_decision(callgate: Callgate) -> None:
    listed = {"schema": {"type": "array", "items": {"type": "string"}}}
    answer = {"200": {"description": "x", "content": {"application/json": listed}}}
    get = {"parameters": [_parameter("page", {"type": "integer"})], "responses": answer}
    document = shop(paths={"/orders": {"get": get, "post": OK}, "/a": {"get": OK}, "/b": {"get": OK}})
    text = _written(callgate, document)
    assert "#     pagination:" in text
    decided = all_decided(text).replace("exclude:", "include:").replace("include:\n- ", "include:\n- '*'\n- ")
    _, compiled = _compiled(decided, document)
    paged = {draft.operation.method: draft.pagination for draft in compiled.drafts if draft.operation.path == "/orders"}
    assert (paged["POST"], paged["GET"] and paged["GET"].argument) == (None, "page")
