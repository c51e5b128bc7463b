"""What each end of a session proves. The runner's part is played by a script over a real socket pair."""

import asyncio
import json
import socket
from dataclasses import replace

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Job
from sandbox.api.ports import Hear
from sandbox.api.result import Evidence, Faulted, Head, Responded, Result
from sandbox.box.frames import LONGEST_PAYLOAD, FrameKind, encode
from sandbox.box.request_session import RequestSession
from sandbox.box.runner_connection import RunnerConnection
from sandbox.box.session_limits import GRACE

JOB = Job("GET", "http://api.example/", (), None, timeout=1.0, response_bytes=10)
UNASKED = replace(JOB, send_within=1.0)
HEAD = encode(FrameKind.HEAD, b'{"status": 200, "headers": [["a", "b"]]}')
END = encode(FrameKind.END, b'{"phases": [{"name": "connect", "offset_us": 1, "duration_us": 2000000}]}')
ASK = encode(FrameKind.ASK)


def fault(name: str, evidence: str) -> bytes:
    return encode(FrameKind.FAULT, json.dumps({"fault": name, "evidence": evidence, "message": "m", "phases": []}).encode())


async def exchange(
    before: bytes,
    after: bytes = b"",
    *,
    job: Job = JOB,
    permitted: float | None = 1.0,
    at_once: float = 0,
    ends: bool = False,
    hear: Hear | None = None,
) -> Result:
    """The box says `before`, which is all if it `ends`; when the permission has been asked, `after`; then it hangs up."""
    ours, theirs = socket.socketpair()
    _, line = await asyncio.get_running_loop().create_connection(lambda: RunnerConnection(lambda _: None), sock=ours)
    theirs.sendall(before)
    if ends or (not before.endswith(ASK) and job.send_within is None):
        theirs.shutdown(socket.SHUT_WR)

    async def permit() -> float | None:
        theirs.sendall(after)
        theirs.shutdown(socket.SHUT_WR)
        return permitted

    try:
        return await RequestSession(line, job, permit, hear, at_once=at_once).exchange()
    finally:
        line.close()
        theirs.close()


async def test_a_complete_answer() -> None:
    result = await exchange(ASK, HEAD + encode(FrameKind.BODY, b"12") + encode(FrameKind.BODY, b"34") + END)
    assert isinstance(result, Responded)
    assert (result.status, result.headers, result.body) == (200, (("a", "b"),), b"1234")
    assert result.usage.phases[0].duration == 2.0


PIECES = encode(FrameKind.BODY, b"12") + encode(FrameKind.BODY, b"34")


@pytest.mark.parametrize("after", [HEAD + PIECES + END, HEAD + PIECES, HEAD + PIECES + fault("UPSTREAM_BROKE", "SENT")])
async def test_who_hears_an_answer_is_told_each_piece_once_whatever_becomes_of_it(after: bytes) -> None:
    told = list[tuple[int, bytes]]()
    await exchange(ASK, after, hear=lambda head, piece: told.append((head.status, piece)))
    assert told == [(200, b"12"), (200, b"34")]


@pytest.mark.parametrize("length", range(0, len(HEAD + PIECES), 7))
@pytest.mark.parametrize("permitted", [1.0, None])
async def test_of_what_was_sent_unasked_nothing_is_told_before_the_permission(length: int, permitted: float | None) -> None:
    told, whole = list[bytes](), HEAD + PIECES + END

    def hear(_: object, piece: bytes) -> None:
        told.append(piece)

    await exchange(whole[:length], whole[length:], job=UNASKED, permitted=permitted, at_once=0.01, hear=hear)
    assert b"".join(told) == (b"1234" if permitted else b"")


async def test_what_is_answered_at_once_is_told_without_a_permission() -> None:
    told = list[bytes]()
    whole = HEAD + PIECES + END
    await exchange(whole, job=UNASKED, permitted=None, at_once=1.0, hear=lambda _, piece: told.append(piece))
    assert told == [b"1234"]


async def test_of_a_box_that_breaks_the_protocol_no_more_is_told() -> None:
    told = list[bytes]()
    await exchange(ASK, HEAD + PIECES + HEAD + PIECES, hear=lambda _, piece: told.append(piece))
    assert told == [b"12", b"34"]


async def test_a_box_that_dies_before_the_permission_has_sent_nothing() -> None:
    result = await exchange(b"")
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.NOT_SENT)


@pytest.mark.parametrize("after", [HEAD, HEAD + encode(FrameKind.BODY, b"12"), HEAD + fault("UPSTREAM_BROKE", "SENT")])
async def test_an_answer_that_has_begun_is_known_by_its_status_whatever_becomes_of_it(after: bytes) -> None:
    result = await exchange(ASK, after)
    assert isinstance(result, Faulted)
    assert result.evidence is Evidence.RESPONDED
    assert result.head is not None
    assert (result.head.status, result.head.header("a")) == (200, "b")


async def test_a_box_that_dies_after_the_permission_may_have_sent() -> None:
    result = await exchange(ASK, HEAD[:9])
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


async def test_the_runner_itself_can_prove_that_nothing_was_sent_after_the_permission() -> None:
    result = await exchange(ASK, fault("PERMISSION_REFUSED", "NOT_SENT"))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)


@pytest.mark.parametrize("at_once", [0.0, 0.01])
@pytest.mark.parametrize("length", [0, 9, len(HEAD), len(HEAD) + 6, -1])
async def test_the_answer_to_what_was_sent_unasked_may_begin_before_the_permission(length: int, at_once: float) -> None:
    whole = HEAD + encode(FrameKind.BODY, b"12") + END
    result = await exchange(whole[:length], whole[length:], job=UNASKED, at_once=at_once)
    assert isinstance(result, Responded)
    assert (result.status, result.body) == (200, b"12")


@pytest.mark.parametrize(("permitted", "fault"), [(None, FaultCode.PERMISSION_REFUSED), (1.0, FaultCode.BOX_DIED)])
@pytest.mark.parametrize("after", [b"", HEAD])
async def test_a_box_that_dies_where_it_need_not_ask_may_have_sent(
    permitted: float | None, fault: FaultCode, after: bytes
) -> None:
    result = await exchange(b"", after, job=UNASKED, permitted=permitted)
    assert isinstance(result, Faulted)
    answered = bool(after) and permitted is not None
    assert (result.fault, result.evidence) == (fault, Evidence.RESPONDED if answered else Evidence.SENT)


@pytest.mark.parametrize("early", [b"", HEAD, HEAD + encode(FrameKind.BODY, b"12")])
async def test_what_was_sent_unasked_and_is_not_answered_at_once_is_not_answered_without_the_permission(early: bytes) -> None:
    result = await exchange(early, END, job=UNASKED, permitted=None, at_once=0.01)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.SENT)


async def test_what_is_answered_at_once_needs_no_permission() -> None:
    result = await exchange(HEAD + encode(FrameKind.BODY, b"12") + END, job=UNASKED, permitted=None, at_once=1.0)
    assert isinstance(result, Responded)
    assert (result.status, result.body) == (200, b"12")


@pytest.mark.parametrize("early", [b"", HEAD, HEAD + encode(FrameKind.BODY, b"12")])
async def test_a_box_that_dies_at_once_where_it_need_not_ask_may_have_sent(early: bytes) -> None:
    result = await exchange(early, job=UNASKED, at_once=1.0, ends=True)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.RESPONDED if early else Evidence.SENT)


async def test_a_job_that_has_less_time_than_an_answer_at_once_runs_out_of_it() -> None:
    result = await exchange(b"", job=replace(UNASKED, timeout=-GRACE), at_once=1.0)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.TIMED_OUT, Evidence.SENT)


async def test_the_runner_itself_can_prove_that_nothing_was_sent_unasked() -> None:
    result = await exchange(fault("UPSTREAM_UNREACHABLE", "NOT_SENT"), job=UNASKED)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


@pytest.mark.parametrize("after", [ASK, END, ASK + HEAD + END])
async def test_a_question_is_nonsense_where_none_is_needed(after: bytes) -> None:
    result = await exchange(b"", after, job=UNASKED)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


NONSENSE_BEFORE = {
    "an answer": HEAD + END,
    "an unknown kind": b"?\0\0\0\0",
    "an endless frame": b"H\xff\xff\xff\xff",
    "a fault that is none": encode(FrameKind.FAULT, b"[]"),
    "an invented fault": fault("SURPRISE", "NOT_SENT"),
    "a fault that only the gateway can find": fault("HOLDER_LOST", "NOT_SENT"),
    "a fault that claims an answer": fault("UPSTREAM_BROKE", "RESPONDED"),
    "a gateway's frame": encode(FrameKind.GO),
}
NONSENSE_AFTER = {
    "a second question": ASK,
    "two heads": HEAD + HEAD,
    "a body without a head": encode(FrameKind.BODY, b"1"),
    "an end without a head": END,
    "a head that is none": encode(FrameKind.HEAD, b"{}"),
    "a head with a status that no answer has": HEAD.replace(b"200", b"-20") + END,
    "phases that are none": HEAD + encode(FrameKind.END, b'{"phases": [1]}'),
    "a phase before the beginning": HEAD + END.replace(b'"offset_us": 1', b'"offset_us":-1'),
    "a phase beyond all time": HEAD + END.replace(b"2000000", b"1.0e300"),
    "more than the bound": HEAD + encode(FrameKind.BODY, b"1" * 31) + END,
}


@pytest.mark.parametrize("before", NONSENSE_BEFORE.values(), ids=NONSENSE_BEFORE.keys())
async def test_a_box_that_speaks_nonsense_may_have_done_anything(before: bytes) -> None:
    result = await exchange(before)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


@pytest.mark.parametrize("after", NONSENSE_AFTER.values(), ids=NONSENSE_AFTER.keys())
async def test_nonsense_after_the_permission_is_no_answer(after: bytes) -> None:
    result = await exchange(ASK, after)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


async def test_an_answer_without_permission_is_not_believed() -> None:
    result = await exchange(ASK, HEAD + END, permitted=None)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)


@pytest.mark.parametrize(
    "job",
    [
        Job("POST", "http://api.example/", (), b"x" * (LONGEST_PAYLOAD + 1), 1.0, 10),
        Job("GET", "http://api.example/", (("a", "\ud800"),), None, 1.0, 10),
    ],
    ids=["too long", "not Unicode"],
)
async def test_a_job_that_cannot_be_written_is_a_defect_of_ours(job: Job) -> None:
    result = await exchange(b"", job=job)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.JOB_INVALID, Evidence.NOT_SENT)


class HangingSpill:
    most = 100

    async def write(self, head: Head, piece: bytes | bytearray | memoryview) -> None:
        await asyncio.Event().wait()


async def test_of_a_body_that_broke_off_it_is_told_that_the_last_of_it_was_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.box.request_session.REST", 0.05)
    job = replace(JOB, spill=HangingSpill())
    result = await exchange(ASK, HEAD + encode(FrameKind.BODY, b"x" * 20), job=job)
    assert isinstance(result, Faulted)
    assert result.head is not None
    assert result.message.endswith("the last of what came was not kept in time")
