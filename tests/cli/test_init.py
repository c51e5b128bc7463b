"""`callgate init`: a first manifest from options, from defaults and from a person's answers, and what is typed after it."""

import asyncio
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import docker
import pytest
import yaml

from gateway.cli.toolset.decisions import Decisions
from gateway.cli.toolset.first_manifest import manifest_text
from gateway.edge.grpc.status import describe
from registry.compiler.compiler import compile_document
from registry.compiler.open_questions import OpenQuestions
from registry.manifest.reader import read_manifest
from registry.manifest.toolset import CredentialSource, ToolsetHeader
from registry.model.errors import RegistryError
from registry.reader.read_in_subprocess import compile_toolset
from tests.cli.conftest import Callgate, Gateway
from tests.cli.running_up import callgate as in_process
from tests.cli.running_up import short_home, up
from tests.conftest import Upstream

SECRET = "bearerAuth=secret/data/orders#token"


def shop(**changes: Any) -> dict[str, Any]:
    """A document with a server, one scheme, and three operations, of which one acts."""
    responses = {"200": {"description": "done"}}
    by_id = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Orders & payments (v2)", "version": "1"},
        "servers": [{"url": "https://api.example"}],
        "security": [{"bearerAuth": []}],
        "paths": {
            "/orders": {"post": {"operationId": "order", "responses": responses}},
            "/orders/{id}": {
                "parameters": [by_id],
                "get": {"operationId": "read", "responses": responses},
                "put": {"operationId": "replace", "responses": responses},
            },
        },
        "components": {"securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}}},
        **changes,
    }


@pytest.fixture(autouse=True)
def in_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def document(text: object = None, name: str = "api.json") -> str:
    Path(name).write_text(json.dumps(shop() if text is None else text))
    return name


def written(name: str = "callgate.toolset.yaml") -> Any:
    return yaml.safe_load(Path(name).read_text())


def all_decided(text: str) -> str:
    """The manifest with every decision made that it leaves open."""
    return "".join(line.removeprefix("# ") for line in text.splitlines(keepends=True))


def test_without_a_terminal_options_and_defaults_make_a_manifest_that_an_import_reads(callgate: Callgate) -> None:
    done = callgate("init", document())
    assert done.exit_code == 0, done.output
    read = read_manifest(Path("callgate.toolset.yaml").read_bytes())
    assert (read.header.toolset, read.source, read.header.server) == ("orders-payments-v2", "api.json", None)
    assert read.header.credentials == (CredentialSource("bearerAuth", "secret/data/orders-payments-v2", "token"),)


def test_the_options_go_before_the_defaults(callgate: Callgate) -> None:
    words = ["--name", "shop", "--server", "http://127.0.0.1:8080", "--credential", SECRET, "--manifest", "shop.yaml", "--yes"]
    assert callgate("init", document(), *words).exit_code == 0
    assert written("shop.yaml") == {
        "toolset": "shop",
        "source": "api.json",
        "server": "http://127.0.0.1:8080",
        "credentials": {"bearerAuth": {"path": "secret/data/orders", "field": "token"}},
    }


def test_a_manifest_in_another_directory_names_the_document_from_there(callgate: Callgate, tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    assert callgate("init", document(), "--manifest", "manifests/m.yaml").exit_code == 0
    assert written("manifests/m.yaml")["source"] == "../api.json"


def test_a_manifest_has_nothing_of_a_url_that_may_be_secret() -> None:
    decided, questions = Decisions("shop", "", (), promote=True), OpenQuestions("Shop", (), lacks_server=False)
    drafts = compile_document(shop(), ToolsetHeader("shop")).drafts
    text = manifest_text(decided, "https://ada:pw@api.example.com/openapi.json?key=s3", Path("m.yaml"), questions, drafts)
    assert "source: https://api.example.com/openapi.json\n" in text
    assert not {"ada", "pw", "s3"} & set(re.split(r"\W+", text))
    assert "left out" in text
    plain = manifest_text(decided, "https://api.example.com/openapi.json", Path("m.yaml"), questions, drafts)
    assert "left out above" not in plain


def test_the_next_commands_are_printed_as_they_are_typed_and_nothing_else_is(callgate: Callgate) -> None:
    done = callgate("init", document(name="my api.json"), "--credential", SECRET, "--manifest", "my shop.yaml")
    assert [shlex.split(line) for line in done.stdout.splitlines()] == [
        ["callgate", "secret", "set", "secret/data/orders", "token"],
        ["callgate", "toolset", "plan", "--manifest", "my shop.yaml"],
        ["callgate", "toolset", "apply", "--manifest", "my shop.yaml"],
        ["callgate", "call", "read", '{"id": 1}'],
    ]


def test_tools_that_are_held_are_promoted_before_the_first_call(callgate: Callgate) -> None:
    done = callgate("init", document(), "--hold", "--no-credential")
    assert done.stdout.splitlines()[1:3] == [
        "callgate toolset apply --manifest callgate.toolset.yaml --require-promotion",
        "callgate toolset promote --toolset orders-payments-v2",
    ]


def test_the_commands_that_are_printed_are_understood(callgate: Callgate, gateway: Gateway) -> None:
    """Up to the gateway, which here is told what to answer. The tutorial's test runs the same with a real one."""
    done = callgate("init", document(), "--no-credential")
    for line in done.stdout.splitlines()[:-1]:
        ended = callgate(*shlex.split(line)[1:])
        assert ended.exit_code == 0, ended.output
    header = gateway.requests[-1][0].header
    assert (header.toolset, header.manifest) == ("orders-payments-v2", Path("callgate.toolset.yaml").read_bytes())


def test_programs_get_the_same_as_data(callgate: Callgate) -> None:
    found = json.loads(callgate("init", document(), "-o", "json").stdout)
    assert found["manifest"] == "callgate.toolset.yaml"
    assert found["tools"] == ["order", "read", "replace"]
    assert found["commands"][-1].startswith("callgate call read")


def test_what_is_still_to_be_decided_stands_in_comments(callgate: Callgate) -> None:
    schemes = {"bearerAuth": {"type": "http", "scheme": "bearer"}, "key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
    text = shop(components={"securitySchemes": schemes}, security=[{"bearerAuth": []}, {"key": []}])
    assert callgate("init", document(text), "--credential", SECRET).exit_code == 0
    assert set(written()) == {"toolset", "source", "credentials"}
    decided = all_decided(Path("callgate.toolset.yaml").read_text())
    opened = yaml.safe_load(decided)
    assert opened["exclude"] == ["POST /orders"]
    assert opened["operations"] == {
        "POST /orders": {"requires_approval": True, "effect": "NON_IDEMPOTENT"},
        "PUT /orders/{id}": {"requires_approval": True, "effect": "IDEMPOTENT"},
    }
    assert opened["server"] == "https://api.example.com"
    assert opened["credentials"]["key"] == {"path": "secret/data/orders-payments-v2", "field": "token"}
    assert read_manifest(decided.encode()).header.manifest.exclude == ("POST /orders",)


def test_a_hostile_document_writes_no_line_of_the_manifest(callgate: Callgate) -> None:
    """U+2028 ends a line in YAML 1.1, which readers of manifests may be."""
    text = shop(info={"title": "a\nserver: http://evil.example"}, security=[{"x\nserver: http://evil.example": []}])
    text["components"]["securitySchemes"] = {"x\nserver: http://evil.example": {"type": "http", "scheme": "bearer"}}
    text["paths"]["/a\u2028server: http://evil.example"] = {"post": {"responses": {"200": {"description": "done"}}}}
    done = callgate("init", document(text))
    assert done.exit_code == 0, done.output
    assert "server" not in written()
    assert read_manifest(Path("callgate.toolset.yaml").read_bytes()).header.server is None


@pytest.mark.parametrize(
    ("text", "words", "cure"),
    [
        (shop(), [], "OpenAPI document"),
        (shop(servers=[]), ["api.json"], "--server"),
        (shop(servers=[{"url": "/v1"}]), ["api.json"], "--server"),
        (shop(info={"title": "2000"}), ["api.json"], "--name"),
        (shop(), ["api.json", "--name", "No Such"], "1 to 40 of a-z"),
        (shop(), ["api.json", "--server", "ftp://x"], "https://api.example.com/v1"),
        (shop(), ["api.json", "--credential", "bearerAuth"], "SCHEME=PATH#FIELD"),
        (shop(), ["api.json", "--credential", "bearerAuth=a//b#c"], "secret/data/payments"),
        (shop(), ["api.json", "--credential", SECRET, "--no-credential"], "not both"),
        (shop(), ["nothing.json"], "cannot be read"),
    ],
)
def test_what_is_missing_or_wrong_is_wrong_usage_and_nothing_is_written(
    callgate: Callgate, text: object, words: list[str], cure: str
) -> None:
    document(text)
    done = callgate("init", *words, "--yes")
    assert done.exit_code == 2, done.output
    assert cure in done.stderr
    assert not Path("callgate.toolset.yaml").exists()


def test_of_several_schemes_none_is_taken_without_being_named(callgate: Callgate) -> None:
    schemes = {"b": {"type": "http", "scheme": "bearer"}, "a": {"type": "http", "scheme": "bearer"}}
    done = callgate("init", document(shop(components={"securitySchemes": schemes}, security=[{"b": []}, {"a": []}])))
    assert done.exit_code == 2
    assert "one of b, a: name one" in done.stderr
    assert "--no-credential" in done.stderr


def test_a_file_that_is_there_stays_as_it_is(callgate: Callgate) -> None:
    Path("callgate.toolset.yaml").write_text("mine")
    Path("dangling.yaml").symlink_to("elsewhere.yaml")
    for words in ([], ["--manifest", "dangling.yaml"]):
        done = callgate("init", document(), *words)
        assert done.exit_code == 2
        assert "is there already" in done.stderr
    assert Path("callgate.toolset.yaml").read_text() == "mine"
    assert not Path("elsewhere.yaml").exists()


@pytest.mark.parametrize("text", [{"openapi": "4.0.0", "paths": {}}, {"openapi": "3.1.0", "paths": {}}, [], shop(paths=[])])
def test_a_document_that_does_not_import_is_refused_as_a_plan_refuses_it(
    callgate: Callgate, gateway: Gateway, text: object
) -> None:
    """The gateway is told to answer what its reader really says of the document."""
    source = document(text)
    with pytest.raises(RegistryError) as caught:
        asyncio.run(compile_toolset(Path(source).read_bytes(), ToolsetHeader("x")))
    gateway.refusal = describe(caught.value)
    plan = callgate("toolset", "plan", source, "--name", "x")
    done = callgate("init", source, "--yes")
    assert (done.exit_code, done.stderr) == (plan.exit_code, plan.stderr)
    assert not Path("callgate.toolset.yaml").exists()


def test_a_document_of_which_nothing_becomes_a_tool_is_told_fault_by_fault(callgate: Callgate) -> None:
    text = shop(paths={"no/slash": {"get": {"responses": {"200": {"description": "done"}}}}})
    done = callgate("init", document(text))
    assert done.exit_code == 1
    assert "/paths/no~1slash" in done.stdout
    assert "the path does not begin with /" in done.stdout
    assert not Path("callgate.toolset.yaml").exists()


def answering(lines: str, *words: str) -> tuple["subprocess.CompletedProcess[str]", str]:
    """`callgate init` at a terminal at which a person types these lines. Answers with what the terminal showed, too."""
    ours, theirs = pty.openpty()
    try:
        os.write(ours, lines.encode())
        command = [str(Path(sys.executable).with_name("callgate")), "init", *words]
        done = subprocess.run(command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60, check=False)
        return done, os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.slow
def test_a_person_is_asked_for_what_no_option_says() -> None:
    document(shop(servers=[]))
    lines = ["apy.json", "api.json", "Shop!", "shop", "ftp://x", "https://api.example/", "", "secret/data/x", "", "maybe", "no"]
    done, shown = answering("".join(f"{line}\n" for line in lines))
    assert done.returncode == 0, shown
    assert written()["toolset"] == "shop"
    assert written()["server"] == "https://api.example/"
    assert written()["credentials"] == {"bearerAuth": {"path": "secret/data/x", "field": "token"}}
    assert "did you mean api.json" in shown
    assert "1 to 40 of a-z" in shown
    assert "Answer yes or no." in shown
    assert "callgate toolset promote --toolset shop" in done.stdout
    assert "?" not in done.stdout


@pytest.mark.slow
def test_a_person_who_leaves_a_question_open_finds_it_in_the_manifest() -> None:
    done, shown = answering("\n-\n\n", document())
    assert done.returncode == 0, shown
    assert "credentials" not in written()
    assert "# credentials:\n#   bearerAuth:\n" in Path("callgate.toolset.yaml").read_text()


@pytest.mark.slow
def test_a_terminal_asks_nothing_where_the_person_says_yes_and_ends_where_no_answer_comes() -> None:
    document()
    done, shown = answering("\x04")
    assert done.returncode == 2
    assert "no answer" in shown
    assert not Path("callgate.toolset.yaml").exists()
    done, shown = answering("", "api.json", "--yes")
    assert done.returncode == 0
    assert "?" not in shown


@pytest.mark.slow
def test_what_is_printed_leads_to_a_call_that_succeeds(dockerd: docker.APIClient, upstream: Upstream) -> None:
    """With a real gateway, and with tools that can be called at once as with tools that wait to be promoted."""
    with short_home() as home, up(home) as running:
        connected = {"CALLGATE_HOME": str(home), "CALLGATE_ADDRESS": running.address}
        for name, option in (("first", "--promote"), ("second", "--hold")):
            operation = {"operationId": f"{name}_echo", "responses": {"200": {"description": "An echo."}}}
            source = document(shop(servers=[{"url": upstream.url}], paths={"/echo": {"get": operation}}), f"{name}.json")
            words = (source, "--name", name, option, "--manifest", f"{name}.yaml")
            for line in in_process("init", *words, **connected).stdout.splitlines():
                done = in_process(*shlex.split(line)[1:], stdin="of-the-upstream", **connected)
                assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    assert [request.headers["authorization"] for request in upstream.requests] == ["Bearer of-the-upstream"] * 2
