"""Four megabytes of a message hold a million entries of a list that no caller has a use for: to read them took seconds."""

from collections.abc import Callable
from time import thread_time
from typing import Any

import pytest

from callgate.v1.catalog_service_pb2 import ImportHeader
from callgate.v1.invocation_pb2 import Outcome, ToolResult
from callgate.v1.recording_service_pb2 import RecordingEntry
from gateway.edge.grpc.invocation_wire import MOST_SAID, header_from
from gateway.edge.grpc.recording_wire import entry, entry_from
from gateway.edge.grpc.server import MESSAGE_BYTES
from gateway.model.errors import RequestInvalid
from registry.calling.links import MOST

#: A list's entry without a word in it takes two bytes.
MANY = MESSAGE_BYTES // 2 - 1_000


def recorded(outcome: Outcome) -> RecordingEntry:
    return RecordingEntry(tool="t@1.0.0", tool_digest="a" * 64, arguments_digest="b" * 64, occurrence=1, outcome=outcome)


def with_links(number: int) -> RecordingEntry:
    return recorded(Outcome(succeeded={"result": ToolResult(links=[{}] * number)}))


HOSTILE: dict[str, tuple[Callable[[Any], object], Any]] = {
    "links of a recording": (entry_from, with_links(MANY)),
    "credentials of an import": (header_from, ImportHeader(toolset="t", credentials=[{}] * MANY)),
    "patterns of an import": (header_from, ImportHeader(toolset="t", require_approval=[""] * MANY)),
}


@pytest.mark.parametrize(("read", "message"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_list_of_more_than_there_is_a_use_for_is_refused_at_once(read: Callable[[Any], object], message: Any) -> None:
    assert message.ByteSize() < MESSAGE_BYTES
    began = thread_time()
    with pytest.raises(RequestInvalid):
        read(message)
    assert thread_time() - began < 0.05


def test_lists_as_they_are_usual_are_read() -> None:
    assert len(header_from(ImportHeader(toolset="t", require_approval=["a*"] * MOST_SAID)).require_approval) == MOST_SAID
    assert entry(entry_from(with_links(MOST))) == with_links(MOST)


@pytest.mark.parametrize("seconds", [-1, (1 << 63) - 1])
def test_a_recorded_time_that_cannot_be_told_is_refused(seconds: int) -> None:
    """It was stored, and the export of the recording failed by a defect."""
    with pytest.raises(RequestInvalid):
        entry_from(recorded(Outcome(tool_failed={"retry_after": {"seconds": seconds}})))
