"""`callgate try`: what would be sent, as a request and for curl; what would refuse it; and --send."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from callgate.v1 import error_pb2, invocation_pb2
from callgate.v1 import invocation_service_pb2 as invocations
from tests.cli.conftest import Callgate, Gateway

OK = invocation_pb2.Outcome(succeeded={"result": {"http_status": 200, "body": b'{"id": 7}'}})
REFUSAL = error_pb2.ErrorDetail(
    reason=error_pb2.ERROR_REASON_ARGUMENTS_INVALID,
    message="the arguments do not fit",
    cure="Correct them.",
    violations=[error_pb2.Violation(pointer="/id", expected="an integer")],
)


@pytest.fixture
def previewed(gateway: Gateway) -> invocations.PreviewInvocationResponse:
    request = {
        "method": "POST",
        "url": "https://api.example/orders?q=it's&key=[secret]",
        "headers": [{"name": "Authorization", "value": "Bearer [secret]"}, {"name": "User-Agent", "value": "callgate/1"}],
        "body": b'{"a": "b\'c"}',
        "body_length": 12,
    }
    gateway.preview.CopyFrom(invocations.PreviewInvocationResponse(tool="pay@1.0.0", effect="EFFECT_READ", request=request))
    return gateway.preview


def test_the_request_and_its_curl_command_go_to_stdout_and_nothing_is_called(
    callgate: Callgate, gateway: Gateway, previewed: invocations.PreviewInvocationResponse
) -> None:
    done = callgate("try", "pay", "amount=1", "note=x")
    assert done.exit_code == 0, done.output
    *http, _, curl = done.stdout.splitlines()
    assert http == [
        f"POST {previewed.request.url}",
        "Authorization: Bearer [secret]",
        "User-Agent: callgate/1",
        "",
        '{"a": "b\'c"}',
    ]
    assert shlex.split(curl) == [
        "curl", "-X", "POST", "--globoff", "-H", "Authorization: Bearer [secret]", "-H", "User-Agent: callgate/1",
        "--data-raw", '{"a": "b\'c"}', previewed.request.url,
    ]  # fmt: skip
    (asked,) = gateway.requests
    assert isinstance(asked, invocations.PreviewInvocationRequest)
    assert (asked.tool, json.loads(asked.args_json)) == ("pay", {"amount": 1, "note": "x"})


@pytest.mark.parametrize("words", [["--arguments", '{"a": 1}'], ['{"a": 1}'], ["a=1"], ["--arguments", "-"], ["-"]])
def test_arguments_are_given_as_words_or_as_an_option(
    callgate: Callgate, gateway: Gateway, previewed: invocations.PreviewInvocationResponse, words: list[str]
) -> None:
    assert callgate("try", "pay", *words, stdin='{"a": 1}').exit_code == 0
    assert json.loads(gateway.requests[0].args_json) == {"a": 1}


def test_both_at_once_or_no_json_is_wrong_usage(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("try", "pay", "a=1", "--arguments", "{}").exit_code == 2
    assert callgate("try", "pay", "--arguments", "{").exit_code == 2
    assert gateway.requests == []


def test_a_refusal_is_told_with_its_reason_its_places_and_its_cure(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse
) -> None:
    previewed.refusals.append(REFUSAL)
    done = callgate("try", "pay")
    assert done.exit_code == 3
    assert "curl" in done.stdout
    for part in ("ARGUMENTS_INVALID: the arguments do not fit", "/id: an integer", "Correct them."):
        assert part in done.stderr


def test_a_word_that_was_read_as_a_number_is_told_as_a_call_tells_it(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse
) -> None:
    previewed.refusals.append(REFUSAL)
    told = callgate("try", "pay", "id=5").stderr
    assert """Correct them. id=… was read as JSON; to send it as a text, put it in double quotes: id='"…"'.""" in told
    assert "callgate tools show pay@1.0.0" in told


def test_what_would_be_refused_is_not_sent(
    callgate: Callgate, gateway: Gateway, previewed: invocations.PreviewInvocationResponse
) -> None:
    previewed.refusals.append(REFUSAL)
    assert callgate("try", "pay", "--send").exit_code == 3
    assert [type(one).__name__ for one in gateway.requests] == ["PreviewInvocationRequest"]


def test_with_send_the_call_is_made_and_ends_as_a_call_does(
    callgate: Callgate, gateway: Gateway, previewed: invocations.PreviewInvocationResponse
) -> None:
    gateway.invocation.outcome.CopyFrom(OK)
    done = callgate("try", "pay", "a=1", "--send", "--key", "a-key-of-sixteen-characters")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[-1] == '{"id": 7}'
    preview, invoke = gateway.requests
    assert invoke.idempotency_key == "a-key-of-sixteen-characters"
    assert (invoke.tool, invoke.args_json) == (preview.tool, preview.args_json)
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(unknown={}))
    assert callgate("try", "pay", "a=1", "--send").exit_code == 4


def test_programs_get_the_same_as_data(
    callgate: Callgate, gateway: Gateway, previewed: invocations.PreviewInvocationResponse
) -> None:
    found = json.loads(callgate("try", "pay", "-o", "json").stdout)
    assert found["preview"]["request"]["body"] == {"a": "b'c"}
    assert found["curl"].startswith("curl -X POST")
    gateway.invocation.outcome.CopyFrom(OK)
    sent = json.loads(callgate("try", "pay", "--send", "-o", "json").stdout)
    assert (sent["preview"]["tool"], sent["invocation"]["outcome"]["kind"]) == ("pay@1.0.0", "Succeeded")
    previewed.refusals.append(REFUSAL)
    done = callgate("try", "pay", "-o", "json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["preview"]["refusals"][0]["violations"] == [{"pointer": "/id", "expected": "an integer"}]


@pytest.mark.parametrize(
    ("body", "length", "shown"),
    [(b"\x00\xff" * 4000, 8000, "8,000 bytes that are no text"), (b"ab", 70_000, "ab… [70,000 bytes]")],
)
def test_a_body_that_is_long_and_no_text_or_is_cut_is_a_file_for_curl(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse, body: bytes, length: int, shown: str
) -> None:
    previewed.request.body, previewed.request.body_length = body, length
    done = callgate("try", "pay")
    assert shown in done.stdout
    assert "--data-binary @BODY" in done.stdout


BODIES = {
    "a text": "it's $HOME `id`\n\\n %s é".encode(),
    "what curl would take for a file's name": b"@/etc/hostname",
    "lines of two characters, as in multipart": b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n5%\r\n--b--\r\n',
    "what shows nothing": "a\u200bb\u202e\x1b[0m".encode(),
    "zeros, and digits behind them": b"\x00123\x0012",
    "no text": b"\xff\xfe\\n%d'",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_curls_command_as_it_is_printed_has_the_body_byte_for_byte(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse, tmp_path: Path, body: bytes
) -> None:
    previewed.request.body, previewed.request.body_length = body, len(body)
    printed = callgate("try", "pay").stdout
    command = printed[printed.rindex("\n\n") + 2 :]
    # What curl does with --data-raw TEXT and --data-binary @-; all else is the shell's.
    curl = 'for word; do case "$before" in --data-raw) printf %s "$word";; --data-binary) cat;; esac; before=$word; done'
    (tmp_path / "curl").write_text(f"#!/bin/sh\n{curl}\n")
    (tmp_path / "curl").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    sent = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=True, env={"PATH": path}).stdout
    assert sent == body


@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"--b\r\nContent-Type: image/png\r\n\r\n", b"\r\n--b--\r\n")], ids=["alone", "in a form"]
)
def test_curls_command_has_the_bytes_of_an_artifact_in_the_place_of_its_name(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse, tmp_path: Path, before: bytes, after: bytes
) -> None:
    id = f"art_{'0f' * 16}"
    body = b"%b[artifact %b]%b" % (before, id.encode(), after)
    previewed.request.body, previewed.request.body_length = body, len(body)
    printed = callgate("try", "pay").stdout
    command = printed[printed.rindex("\n\n") + 2 :]
    for name, does in (("curl", "cat"), ("callgate", 'printf "%s of %s" "$2" "$3"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    sent = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, check=True, env={"PATH": path}).stdout
    assert sent == b"%bget of %b%b" % (before, id.encode(), after)
    assert "--data-binary @-" in command


def test_a_header_without_a_value_and_a_path_with_dots_are_sent_as_they_are(
    callgate: Callgate, previewed: invocations.PreviewInvocationResponse
) -> None:
    previewed.request.headers.add(name="X-Empty", value="")
    previewed.request.url = "https://api.example/v1/../orders"
    words = shlex.split(callgate("try", "pay").stdout.splitlines()[-1])
    assert words[words.index("X-Empty;") - 1] == "-H"
    assert "--path-as-is" in words


def test_a_head_request_is_curls_own_word(callgate: Callgate, previewed: invocations.PreviewInvocationResponse) -> None:
    previewed.request.method, previewed.request.body_length = "HEAD", 0
    assert "curl --head --globoff" in callgate("try", "pay").stdout


def test_the_input_of_a_program_is_shown(callgate: Callgate, gateway: Gateway) -> None:
    program = {"image": "sha256:0", "command": ["/p", "-x"], "input": b'{"a":1}', "input_length": 7}
    gateway.preview.CopyFrom(invocations.PreviewInvocationResponse(tool="p@1.0.0", program=program))
    assert callgate("try", "p").stdout.splitlines() == ["sha256:0: /p -x", "", '{"a":1}']


def test_a_tool_that_is_not_there_ends_as_for_a_call(callgate: Callgate, gateway: Gateway) -> None:
    gateway.refuse_with(
        error_pb2.ErrorDetail(reason="ERROR_REASON_TOOL_NOT_FOUND", message="no tool", cure="Did you mean pay?")
    )
    done = callgate("try", "pat")
    assert done.exit_code == 5
    assert "Did you mean pay?" in done.stderr
