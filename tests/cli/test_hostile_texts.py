"""What strangers wrote is on the terminal as escapes, whatever the command. The gateway here is one that cleans nothing."""

import json

import pytest
from grpc import StatusCode

from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import error_pb2, invocation_pb2
from tests.cli.conftest import Callgate, Gateway

TAGS = "".join(chr(0xE0000 + ord(letter)) for letter in "evil")
DIRTY = f"a\x1b[31m\x1b]0;owned\x07\u202e\u200b\x9b2J{TAGS}\x7fb"
SEEN = r"a\u001b[31m"


def _hostile(gateway: Gateway) -> None:
    body = json.dumps({"text": DIRTY, DIRTY: 1}, ensure_ascii=False).encode()
    result = {"http_status": 200, "content_type": DIRTY, "body": body}
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": result}))
    gateway.invocation.tool = gateway.invocation.run_id = DIRTY
    gateway.events.append(invocation_pb2.InvocationEvent(number=1, kind=DIRTY, attributes={DIRTY: DIRTY}))
    gateway.tool.description = gateway.tool.endpoint = DIRTY
    gateway.review.summary = gateway.review.suggestion = gateway.review.request.endpoint = DIRTY
    gateway.review.request.arguments_json = body
    finding = catalog.Finding(id="x", severity="FINDING_SEVERITY_TEXT", pointer=DIRTY, message=DIRTY, action=DIRTY)
    change = catalog.ToolChange(name=DIRTY, fate="FATE_CHANGED", findings=[finding], reason=DIRTY)
    fault = catalog.ImportFault(pointer=DIRTY, message=DIRTY, cure=DIRTY)
    gateway.report = catalog.ImportReport(tools=[gateway.tool], changes=[change], faults=[fault])
    gateway.versions = [catalog.ToolVersions(name=DIRTY, toolset=DIRTY, versions=[catalog.VersionStatus(reason=DIRTY)])]
    gateway.host.name = DIRTY
    gateway.tools = [gateway.tool]


COMMANDS = {
    "call": ("call", "t"),
    "call as JSON": ("call", "t", "-o", "json"),
    "show": ("show", "inv-1"),
    "tools show": ("tools", "show", "t"),
    "tools search": ("tools", "search", "t"),
    "review list": ("review", "list"),
    "review show": ("review", "show", "inv-1"),
    "toolset plan": ("toolset", "plan", "{document}", "--name", "t"),
    "toolset import": ("toolset", "import", "{document}", "--name", "t"),
    "toolset status": ("toolset", "status"),
    "host list": ("host", "list"),
}


@pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_command_lets_a_text_drive_the_terminal(
    callgate: Callgate, gateway: Gateway, words: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _hostile(gateway)
    document = tmp_path_factory.mktemp("d") / "openapi.json"
    document.write_text("{}")
    done = callgate(*(word.format(document=document) for word in words), columns=2_000)
    shown = done.stdout + done.stderr
    assert "u001b" in shown
    assert not [character for character in shown if not character.isprintable() and character != "\n"]


def test_an_answer_in_json_stays_the_same_value(callgate: Callgate, gateway: Gateway) -> None:
    _hostile(gateway)
    assert json.loads(callgate("call", "t").stdout) == {"text": DIRTY, DIRTY: 1}


def test_a_refusal_is_shown_with_escapes(callgate: Callgate, gateway: Gateway) -> None:
    detail = error_pb2.ErrorDetail(reason="ERROR_REASON_NOT_PERMITTED", message=DIRTY, cure=DIRTY)
    gateway.refusal = StatusCode.PERMISSION_DENIED, detail
    done = callgate("call", "t")
    assert SEEN in done.stderr
    assert "\x1b" not in done.stderr


def test_lines_that_end_as_on_windows_are_lines(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": {"body": b"a\r\nb"}}))
    assert callgate("call", "t").stdout == "a\nb\n"
