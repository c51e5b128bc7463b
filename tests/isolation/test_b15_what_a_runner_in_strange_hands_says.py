"""A taken-over runner reported statuses that no answer has, lists without end, and that nothing was sent of what was."""

import asyncio
import json
import random
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.result import Evidence, Faulted, Result
from sandbox.box.box import SocketBox
from sandbox.box.frames import LONGEST_FROM_BOX, FrameKind, ProtocolViolation, encode
from sandbox.box.reports import (
    LONGEST_PHASE,
    LONGEST_TEXT,
    MOST_HEADERS,
    PHASES,
    read_completion,
    read_end,
    read_fault,
    read_head,
)
from tests.conftest import Authority, Upstream
from tests.isolation.lag import measured_lag
from tests.isolation.lying_runner import ASK, END, HEAD, LyingRunner, fault, lying_box
from tests.sandbox.permits import granted

REQUEST = b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
PHASE = {"name": "connect", "offset_us": 1, "duration_us": 2}

#: What the runner does between GO and its report.
Act = Callable[[], Awaitable[object]]


async def nothing() -> None:
    """Nothing is sent."""


@pytest.fixture
async def lying(run_dir: Path) -> AsyncIterator[tuple[SocketBox, LyingRunner]]:
    async with lying_box(run_dir) as (box, runner):
        yield box, runner


async def tell(lying: tuple[SocketBox, LyingRunner], egress: Egress, report: bytes, act: Act = nothing) -> Result:
    """What the gateway makes of this report, after GO."""
    box, runner = lying
    box.lease(egress)
    job = Job("POST", "http://127.0.0.1/orders", (), None, timeout=5.0, response_bytes=1000)
    running = asyncio.create_task(box.run(job, granted))
    assert await runner.heard() is FrameKind.JOB
    await runner.say(ASK)
    assert await runner.heard() is FrameKind.GO
    await act()
    saying = asyncio.create_task(runner.say(report))
    result = await running
    saying.cancel()
    return result


def frame(kind: FrameKind, **fields: object) -> bytes:
    return encode(kind, json.dumps(fields).encode())


def head(status: object = 200, headers: object = ()) -> bytes:
    return frame(FrameKind.HEAD, status=status, headers=headers)


def end(*phases: object) -> bytes:
    return head() + frame(FrameKind.END, phases=phases)


def faulted(**fields: object) -> bytes:
    return frame(FrameKind.FAULT, **{"fault": "TIMED_OUT", "evidence": "SENT", "message": "m", "phases": [], **fields})


BEYOND = {
    "a status below zero": head(-5),
    "a status beyond all numbers": head(1e308),
    "a status that is a text": head("200"),
    "a status that is a truth": head(status=True),
    "a status with a fraction": head(200.0),
    "a status of four digits": head(1000),
    "no headers": frame(FrameKind.HEAD, status=200),
    "headers that are one text": head(headers="abc"),
    "more headers than an answer has": head(headers=[["a", "b"]] * (MOST_HEADERS + 1)),
    "longer headers than an answer has": head(headers=[["a", "b" * 1000]] * 700),
    "a header of three": head(headers=[["a", "b", "c"]]),
    "a header without a name": head(headers=[["", "b"]]),
    "a header in capitals": head(headers=[["A", "b"]]),
    "a header's value of numbers": head(headers=[["a", 1]]),
    "a header's name with a line in it": head(headers=[["a\r\nb", "c"]]),
    "a header's value with a line in it": head(headers=[["a", "b\r\nset-cookie: c"]]),
    "a header's value with an escape": head(headers=[["a", "\x1b[2J"]]),
    "a phase of an unknown name": end({**PHASE, "name": "x" * 9}),
    "a phase before the job": end({**PHASE, "offset_us": -1}),
    "a phase without end": end({**PHASE, "duration_us": 1e308}),
    "a phase that is a truth": end({**PHASE, "duration_us": True}),
    "a phase twice": end(PHASE, PHASE),
    "phases without number": end(*[PHASE] * 1000),
    "a fault of the gateway's": faulted(fault="HOLDER_LOST"),
    "a fault that is a list": faulted(fault=["TIMED_OUT"]),
    "a fault that claims an answer": faulted(evidence="RESPONDED"),
    "a fault that claims that nothing was done": faulted(evidence="NOT_DONE"),
    "a fault with a message of numbers": faulted(message=1),
    "a fault without phases": faulted(phases=None),
    "a fault longer than all texts": faulted(message="m" * LONGEST_FROM_BOX[FrameKind.FAULT]),
    "a question with a text in it": encode(FrameKind.ASK, b"?"),
    "a frame of the gateway's": encode(FrameKind.GO),
    "a body longer than a piece": HEAD + encode(FrameKind.BODY, bytes(LONGEST_FROM_BOX[FrameKind.BODY] + 1)),
    "lists in lists without end": encode(FrameKind.HEAD, b"[" * 100_000),
}


@pytest.mark.parametrize("report", BEYOND.values(), ids=BEYOND.keys())
async def test_a_report_beyond_the_bounds_is_none_and_what_did_not_pass_the_broker_was_not_sent(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream, report: bytes
) -> None:
    result = await tell(lying, upstream.egress, report)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.NOT_SENT)


@pytest.mark.parametrize("report", [head(-5), end(*[PHASE] * 1000), faulted(message=1), fault(), b"?\0\0\0\0"])
async def test_what_passed_the_broker_may_have_been_sent_whatever_the_runner_says(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream, report: bytes
) -> None:
    async def act() -> None:
        reader, writer = await lying[1].connect(f"127.0.0.1:{upstream.server_port}")
        writer.write(REQUEST)
        await reader.readline()

    result = await tell(lying, upstream.egress, report, act)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.SENT)
    assert len(upstream.requests) == 1


async def test_a_connection_over_which_nothing_went_proves_that_nothing_was_sent(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream
) -> None:
    result = await tell(lying, upstream.egress, fault(), lambda: lying[1].connect(f"127.0.0.1:{upstream.server_port}"))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)


async def test_an_answer_to_what_was_not_sent_is_none(lying: tuple[SocketBox, LyingRunner], upstream: Upstream) -> None:
    result = await tell(lying, upstream.egress, HEAD + END)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.BOX_DIED, Evidence.NOT_SENT)


@dataclass(frozen=True, slots=True)
class OverTls:
    """An upstream that speaks TLS, up to this version, and asks its client for a certificate or not; and a client of it."""

    newest: ssl.TLSVersion
    client: ssl.VerifyMode
    trust: ssl.SSLContext
    request: bytes = b""


#: What the gateway makes of a runner that says that nothing was sent.
Deny = Callable[[OverTls], Awaitable[Result]]


@pytest.fixture
def deny(lying: tuple[SocketBox, LyingRunner], upstream: Upstream, authority: Authority) -> Deny:
    async def tell_of(case: OverTls) -> Result:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(authority.directory / "good.pem", authority.directory / "good.key")
        context.load_verify_locations(authority.bundle)
        context.maximum_version, context.verify_mode = case.newest, case.client
        upstream.socket = context.wrap_socket(upstream.socket, server_side=True)

        async def act() -> None:
            with suppress(ssl.SSLCertVerificationError):
                reader, writer = await lying[1].connect_tls(f"127.0.0.1:{upstream.server_port}", case.trust)
                writer.write(case.request)
                if case.request:
                    await reader.readline()
                writer.close()

        return await tell(lying, Egress((replace(upstream.destination, tls=True),)), fault("UPSTREAM_UNREACHABLE"), act)

    return tell_of


@pytest.mark.parametrize("client", [ssl.CERT_NONE, ssl.CERT_OPTIONAL])
@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("request_", [b"", b"GET /echo HTTP/1.1\r\n\r\n"])
async def test_a_tls_handshake_is_no_request_and_the_first_byte_after_it_is(
    deny: Deny, authority: Authority, newest: ssl.TLSVersion, client: ssl.VerifyMode, request_: bytes
) -> None:
    trust = ssl.create_default_context(cafile=str(authority.bundle))
    result = await deny(OverTls(newest, client, trust, request_))
    assert isinstance(result, Faulted)
    expected = (FaultCode.BOX_DIED, Evidence.SENT) if request_ else (FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)
    assert (result.fault, result.evidence) == expected


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_certificate_that_is_refused_stays_provably_unsent(deny: Deny, newest: ssl.TLSVersion) -> None:
    result = await deny(OverTls(newest, ssl.CERT_NONE, ssl.create_default_context()))
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT)


async def test_a_program_whose_runner_denies_what_the_broker_passed_on_may_have_sent(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream
) -> None:
    box, runner = lying
    box.lease(upstream.egress)
    running = asyncio.create_task(box.run(ProgramJob(("p",), b"", 5.0, 1000, way_out=True), granted))
    assert [await runner.heard(), await runner.heard()] == [FrameKind.PROGRAM, FrameKind.BODY]
    reader, writer = await runner.connect(f"127.0.0.1:{upstream.server_port}")
    writer.write(REQUEST)
    await reader.readline()
    await runner.say(fault("BOX_DIED"))
    result = await running
    assert isinstance(result, Faulted)
    assert result.evidence is Evidence.SENT


COSTLY = {
    "a head of lists": encode(FrameKind.HEAD, b'{"status": 200, "headers": [' + b"[]," * 690_000 + b"[]]}"),
    "a head of headers": encode(FrameKind.HEAD, b'{"status": 200, "headers": [' + b'["a",""],' * 230_000 + b'["a",""]]}'),
    "a head of objects": encode(FrameKind.HEAD, b'{"status": 200, "headers": [' + b'{"a":1},' * 260_000 + b"1]}"),
    "many small bodies": HEAD + encode(FrameKind.BODY, b"1") * 1000 + encode(FrameKind.BODY, b"") * 400_000 + END,
    "many questions": ASK * 400_000,
    "a long message": faulted(message="m" * (LONGEST_FROM_BOX[FrameKind.FAULT] - 100)),
    "a claim of sixteen megabytes": b"F" + (16 * 2**20).to_bytes(4) + bytes(2**20),
}


@pytest.mark.parametrize("report", COSTLY.values(), ids=COSTLY.keys())
async def test_no_report_holds_up_the_others(lying: tuple[SocketBox, LyingRunner], upstream: Upstream, report: bytes) -> None:
    async with measured_lag() as lag:
        result = await tell(lying, upstream.egress, report)
    assert isinstance(result, Faulted)
    assert lag.worst < 0.1


def test_what_is_for_people_is_cut() -> None:
    long = "m" * (4 * LONGEST_TEXT)
    read = read_fault(faulted(message=long)[5:])
    ended = read_completion(b"", frame(FrameKind.END, exit=0, errors=long, refused=[long], phases=[])[5:])
    assert len(read.message) == LONGEST_TEXT
    assert len(ended.errors) == LONGEST_TEXT
    assert len(ended.usage.refused[0]) < LONGEST_TEXT


@pytest.mark.parametrize("status", [-5, 256, 1e308, True, "0", None])
def test_a_program_ends_with_a_status_that_there_is(status: object) -> None:
    with pytest.raises(ProtocolViolation):
        read_completion(b"", frame(FrameKind.END, exit=status, errors="", refused=[], phases=[])[5:])


def test_a_program_is_refused_few_calls() -> None:
    with pytest.raises(ProtocolViolation):
        read_completion(b"", frame(FrameKind.END, exit=0, errors="", refused=["x"] * 17, phases=[])[5:])


COUNT = {"sum": 1.5, "had": 1, "lacked": 0}


@pytest.mark.parametrize(
    "count",
    [
        COUNT | {"sum": -1},
        COUNT | {"sum": "1"},
        COUNT | {"had": 60},
        COUNT | {"lacked": -1},
        COUNT | {"had": 1.5},
        {"sum": 1},
        [],
        1,
    ],
)
def test_a_number_is_counted_as_a_runner_counts(count: object) -> None:
    with pytest.raises(ProtocolViolation):
        read_end(frame(FrameKind.END, phases=[], counts=[count])[5:])
    with pytest.raises(ProtocolViolation):
        read_end(frame(FrameKind.END, phases=[], counts=[COUNT] * 65)[5:])


VALID = {
    read_head: head(201, [["a", "b"], ["set-cookie", "c"]])[5:],
    read_fault: faulted(phases=[PHASE])[5:],
    read_end: frame(FrameKind.END, phases=[PHASE], counts=[COUNT])[5:],
}
PIECES = [
    b"-5",
    b"1e308",
    b"null",
    b"true",
    b"[]",
    b"{}",
    b'"NOT_DONE"',
    b"\\u0000",
    b"\xff",
    b"9" * 400,
    b'"',
    b"[" * 2000,
    b"",
]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_put_into_a_report_it_is_read_within_the_bounds_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    for read, whole in VALID.items():
        for _ in range(2000):
            content = bytearray(whole)
            for _ in range(chance.randint(1, 3)):
                at = chance.randrange(len(content) + 1)
                content[at : at + chance.randint(0, 8)] = chance.choice(PIECES)
            try:
                result = read(bytes(content))
            except ProtocolViolation:
                continue
            phases = result.usage.phases if isinstance(result, Faulted) else getattr(result, "phases", ())
            assert all(0 <= time <= LONGEST_PHASE for phase in phases for time in (phase.offset, phase.duration))
            assert getattr(result, "status", 200) in range(200, 1000)
            assert getattr(result, "evidence", None) is not Evidence.NOT_DONE


def test_the_runner_times_what_the_gateway_knows() -> None:
    sources = "".join(path.read_text() for path in Path("sandbox/runner").glob("*.go"))
    assert set(re.findall(r'watch\.start\("(\w+)"\)', sources)) == PHASES
    assert f"mostHeaders  = {MOST_HEADERS} " in sources
