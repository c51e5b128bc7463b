"""How results are printed: `-o table|json|yaml` on every command that has one, and lines that no pipe breaks."""

import json
import re
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from callgate.keys import wire_key
from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import invocation_pb2, tool_pb2
from gateway.cli import COMMANDS, build
from gateway.cli.terminal.exit_codes import MEANINGS
from gateway.cli.terminal.later import commands_of, loaded
from gateway.cli.terminal.options import Form
from tests.cli.conftest import Callgate, Gateway

REPOSITORY = Path(__file__).parents[2]

#: They run until they are stopped, or as long as another program; what they print is no result.
WITHOUT_RESULT = {"up", "mcp", "run record", "run replay"}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Orders", "version": "1"},
    "servers": [{"url": "https://api.example"}],
    "paths": {"/orders": {"get": {"operationId": "list_orders", "responses": {"200": {"description": "All."}}}}},
}


def commands() -> Iterator[tuple[str, Any]]:
    """Every command that does something by itself, with the words that call it."""
    yield from _below("", get_command(build()))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    below = commands_of(command)
    if not below or command.invoke_without_command:
        yield words, command
    for name, one in below.items():
        yield from _below(f"{words} {name}".strip(), one)


def test_every_command_that_prints_a_result_prints_it_in_the_same_three_forms() -> None:
    found = dict(commands())
    assert len(found) > 35
    for words in found.keys() - WITHOUT_RESULT:
        (option,) = (one for one in found[words].params if one.name == "form")
        assert {"-o", "--format"} <= set(option.opts), words
        assert option.default is (Form.JSON if words == "tools show" else Form.TABLE), words


def test_the_help_lists_each_command_with_its_own_words() -> None:
    listed = get_command(build()).commands  # type: ignore[attr-defined]
    for name, later in COMMANDS.items():
        told = " ".join(loaded(name, later.module).help.split("\n\n")[0].split())
        assert listed[name].help == told, name


@pytest.mark.parametrize("words", [[], ["toolset"], ["review"]])
def test_a_list_of_commands_cuts_no_sentence(callgate: Callgate, words: list[str]) -> None:
    told = callgate(*words, "--help", columns=80).output
    assert "..." not in told.partition("Commands:")[2]
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize("words", [("list",), ("review", "list"), ("toolset", "status"), ("toolset", "published")])
def test_where_there_is_nothing_to_list_that_is_said_and_stdout_is_empty(
    callgate: Callgate, gateway: Gateway, words: tuple[str, ...]
) -> None:
    gateway.lists_nothing = True
    done = callgate(*words)
    assert (done.exit_code, done.stdout) == (0, "")
    assert re.match(r"(No|There is no) ", done.stderr)
    assert json.loads(callgate(*words, "-o", "json").stdout) == []


@pytest.fixture
def document(tmp_path: Path) -> str:
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(DOCUMENT))
    return str(path)


@pytest.fixture(autouse=True)
def answers(gateway: Gateway) -> None:
    gateway.known |= {wire_key("k"): "inv-1"}
    states = {"1.0.0": tool_pb2.VERSION_STATE_ACTIVE, "2.0.0": tool_pb2.VERSION_STATE_QUARANTINED}
    versions = [catalog.VersionStatus(version=number, state=state) for number, state in states.items()]
    gateway.versions = [catalog.ToolVersions(name="a", toolset="orders", versions=versions)]
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": {"http_status": 200, "body": b"[1]"}}))
    gateway.events.append(invocation_pb2.InvocationEvent(number=1, kind="CLAIMED"))


@pytest.mark.parametrize(
    "words",
    [
        "tools",
        "tools --toolset orders",
        "tools show orders_get",
        "call orders_get",
        "show inv-1 --wait 0.1",
        "find k",
        "cancel inv-1",
        "review list",
        "review show inv-1",
        "review resolve inv-1 --declare-failed --reason x",
        "run export suite {file}",
        "run delete suite",
        "host list",
        "host lost host-1 --reason x",
        "principal add --tenant acme --agent planner --subject ada",
        "principal list",
        "principal revoke 0123456789abcdef",
        "toolset import {document} --name orders",
        "toolset plan {document} --name orders",
        "toolset apply {document} --name orders",
        "toolset watch {document} --name orders --looks 1",
        "toolset status",
        "toolset promote a@2.0.0",
        "toolset disable a@2.0.0",
        "toolset publish orders --to globex",
        "toolset withdraw orders --from globex",
        "toolset published",
        "toolset verify {document}",
        "toolset bundle {document} --output {file}",
    ],
)
def test_json_and_yaml_are_the_same_value_and_nothing_else_is_on_stdout(
    callgate: Callgate, document: str, tmp_path: Path, words: str
) -> None:
    split = [word.format(document=document, file=tmp_path / "file") for word in words.split()]
    told = [callgate(*split, "-o", form) for form in ("json", "yaml", "table")]
    assert [one.exit_code for one in told] == [0, 0, 0], told[0].output + told[1].output
    first, second = json.loads(told[0].stdout), yaml.safe_load(told[1].stdout)
    assert told[1].stdout.startswith("---")
    if words.startswith("principal add"):  # each has a token of its own
        first["token"] = second["token"] = ""
    assert first == second


def test_several_results_are_a_stream_of_documents(callgate: Callgate) -> None:
    done = callgate("tools", "show", "orders_get", "orders_get", "-o", "yaml")
    assert [one["name"] for one in yaml.safe_load_all(done.stdout)] == ["orders_get", "orders_get"]


def test_a_text_in_yaml_is_never_taken_for_another_value(callgate: Callgate, gateway: Gateway) -> None:
    for text in ("no", "1.10", "null", "a: b", "- x", "\u202e", "x" * 300 + " y"):
        gateway.tool.description = text
        assert yaml.safe_load(callgate("tools", "show", "t", "-o", "yaml").stdout)["description"] == text


@pytest.mark.parametrize("text", ["089", "08901", "12345e67", "1e3", "0o17", "+1e-3", "1.e5"])
def test_a_text_that_is_a_number_in_yaml_1_2_alone_is_quoted(callgate: Callgate, gateway: Gateway, text: str) -> None:
    gateway.tool.description = text
    assert f"description: '{text}'\n" in callgate("tools", "show", "t", "-o", "yaml").stdout


def test_a_form_that_there_is_not_is_wrong_usage(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("tools", "-o", "xml")
    assert (done.exit_code, "'json'" in done.stderr) == (2, True)
    assert gateway.requests == []


def test_in_a_pipe_each_row_is_one_line_however_long(callgate: Callgate, gateway: Gateway) -> None:
    gateway.tool.description = gateway.tools[0].description = "word " * 100
    for words in (("tools",), ("tools", "show", "t", "-o", "table")):
        assert "word " * 99 in callgate(*words, columns=None).stdout


def test_an_id_is_never_broken_over_lines(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.id = gateway.review.invocation.id = "inv_" + "0123456789abcdef" * 2
    gateway.principal.id = "0123456789abcdef"
    for words in (("show", "inv-1", "--wait", "0.1"), ("review", "list"), ("review", "show", "x"), ("cancel", "x")):
        for columns in (None, 80, 20):
            assert gateway.invocation.id in callgate(*words, columns=columns).stdout, words
    assert "0123456789abcdef" in callgate("principal", "list", columns=20).stdout


def test_what_is_wrong_usage_is_told_on_lines_that_are_not_broken(callgate: Callgate, document: str) -> None:
    done = callgate("toolset", "import", document, "--name", "orders", "--credential", "x", columns=None)
    told = "write SCHEME=PATH#FIELD, such as bearerAuth=secret/data/orders#token, or for HTTP Basic #USERFIELD:PASSWORDFIELD\n"
    assert told in done.stderr


def test_the_exit_codes_are_one_table_in_the_documents() -> None:
    section = (REPOSITORY / "docs/command-line.md").read_text().partition("## Exit codes")[2]
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", section.partition("\n\n`run record`")[0], re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == MEANINGS


def test_the_release_can_be_asked_for(callgate: Callgate) -> None:
    done = callgate("--version")
    assert (done.exit_code, done.stdout) == (0, f"callgate {version('callgate-server')}\n")
