"""A recording's file: what is written is read back equal, a reader can read it, and what is no file is told with its cure."""

import json
from typing import Any

import pytest

from callgate import errors
from callgate.recorded import dump, load
from callgate.recorded.entries import entries_of, run_of
from callgate.v1.recording_service_pb2 import RecordingEntry

from .recorded_runs import call, made, run

RUN = run("1 order:tea", "2 pay:3 | pay:4 | pay:3")
REFUSED = call("order", "", refusal={"reason": "ARGUMENTS_INVALID", "message": "they do not fit", "cure": "Correct them."})


def with_body(body: bytes) -> RecordingEntry:
    entry = RecordingEntry(tool="read@1.0.0", tool_digest="1" * 64, arguments_json=b"{}", occurrence=1, begun=1, ended=2)
    entry.arguments_digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    entry.outcome.succeeded.result.body = body
    return entry


def result_of(entry: RecordingEntry) -> dict[str, Any]:
    (step,) = json.loads(dump(run_of([entry])))["steps"]
    found: dict[str, Any] = step["calls"][0]["outcome"]["succeeded"]["result"]
    return found


def test_what_is_written_is_read_back_equal() -> None:
    assert load(dump(RUN)) == RUN
    assert dump(load(dump(RUN))) == dump(RUN)


def test_a_gateway_gets_the_calls_in_the_order_and_the_steps_of_the_file() -> None:
    entries = list(entries_of(load(dump(RUN))))
    assert [(one.tool, one.step, one.occurrence) for one in entries] == [
        ("order@1.0.0", "1", 1),
        ("pay@1.0.0", "2", 1),
        ("pay@1.0.0", "2", 1),
        ("pay@1.0.0", "2", 2),
    ]
    assert run_of(reversed(entries), RUN.tools) == run_of(entries, RUN.tools)
    assert dump(run_of(entries, RUN.tools)) == dump(RUN)


def test_a_refused_call_is_kept_with_its_reason() -> None:
    entries = list(entries_of(made(*run("1 pay:3").steps, *RUN.steps[:1])))
    entries += list(entries_of(load(dump(made(*RUN.steps[:1])))))
    refused = load(dump(made(type(RUN.steps[0])("", (REFUSED,)))))
    (entry,) = entries_of(refused)
    assert entry.refusal.message == "they do not fit"
    assert run_of([entry]) == refused


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b'{"id":7,"to":"Zo\xc3\xab"}', {"json": {"id": 7, "to": "Zoë"}}),
        (b'{"id": 7, "at": [1, 2]}', {"spaced_json": {"id": 7, "at": [1, 2]}}),
        (b'{"to":"Zo\\u00eb"}', {"ascii_json": {"to": "Zoë"}}),
        (b'{"id":7}\n', {"text": '{"id":7}\n'}),
        (b'{"id":1e2}', {"text": '{"id":1e2}'}),
        (b'{"id":1,"id":2}', {"text": '{"id":1,"id":2}'}),
        ("Zoë".encode(), {"text": "Zoë"}),
        (b"\x00\xff", {"base64": "AP8="}),
        (b"", {}),
    ],
)
def test_a_body_is_written_as_a_reader_wants_it_and_comes_back_byte_for_byte(body: bytes, shown: dict[str, Any]) -> None:
    entry = with_body(body)
    assert result_of(entry) == shown
    (again,) = entries_of(load(dump(run_of([entry]))))
    assert again.outcome.succeeded.result.body == body


def test_what_the_release_before_wrote_is_read() -> None:
    line = (
        f'{{"tool":"pay@1.0.0","tool_digest":"{"0" * 64}","arguments_digest":"{"1" * 64}","occurrence":1,'
        '"outcome":{"succeeded":{"result":{"http_status":200,"body":"AP8="}}}}'
    )
    older = load(f"{line}\n".encode())
    assert not older.ordered
    (entry,) = entries_of(older)
    assert (entry.begun, entry.arguments_json, entry.outcome.succeeded.result.body) == (0, b"", b"\x00\xff")
    assert load(dump(older)) == older


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"nonsense", "line 1 is not an entry"),
        (b'{"callgate_recording": 2}', "of version 2, not 1"),
        (b"", "the recording order.json is empty"),
        (b" \n", "is empty"),
        (b'{"callgate_recording": 1, "tools": {}, "steps": []}', "has no call"),
        (b'{"callgate_recording": true, "tools": {}, "steps": []}', "of version True, not 1"),
        (b'{"callgate_recording": 1, "tools": {}}', "order.json is not formed as one: a part 'steps' is missing"),
        (b'{"callgate_recording": 1}', "a part 'tools' is missing"),
        (
            b'{"callgate_recording": 1, "tools": {"pay@1.0.0": {"digest": "sha256:7"}}, "steps": []}',
            "the digest of pay@1.0.0 is none",
        ),
        (b'{"callgate_recording": 1, "tools": {}, "steps": [{"calls": [{"tool": "pay"}]}]}', "neither outcome nor refusal"),
        (
            b'{"callgate_recording": 1, "tools": {}, "steps": [{"calls": [{"tool": "pay", "arguments": {}, "outcome": {}}]}]}',
            "the tool is not among the file's",
        ),
        (b'{"callgate_recording": 1, "tools": [], "steps": 7}', "is not formed as one"),
    ],
)
def test_what_is_no_recording_is_told_with_its_cure(content: bytes, told: str) -> None:
    with pytest.raises(errors.RequestInvalid, match=told) as refused:
        load(content, "order.json")
    assert refused.value.cure
    assert "Error(" not in refused.value.message


@pytest.mark.parametrize(
    ("part", "misspelt"),
    [
        (b'"succeeded"', b'"suceeded"'),
        (b'"http_status"', b'"http_stats"'),
        (b'"step": ', b'"stepp": '),
        (b'"arguments": ', b'"argument": '),
        (b'"outcome": ', b'"outcom": '),
        (b'"calls": ', b'"call": '),
        (b'"tools": ', b'"tool": '),
        (b"sha256:aaa", b"sha256:aa"),
        (b"sha256:aaa", b"sha256:xaa"),
    ],
)
def test_what_is_misspelt_in_a_file_is_not_passed_over(part: bytes, misspelt: bytes) -> None:
    content = dump(RUN)
    assert part in content
    with pytest.raises(errors.RequestInvalid, match=r"order\.json") as refused:
        load(content.replace(part, misspelt), "order.json")
    assert refused.value.cure


def test_an_outcome_that_is_none_is_told_with_its_tool() -> None:
    run_with_nonsense = made(type(RUN.steps[0])("", (call("pay", "3", outcome={"won": {}}),)))
    with pytest.raises(errors.RequestInvalid, match=r"a call of pay@1.0.0 .* no Outcome"):
        list(entries_of(run_with_nonsense))
