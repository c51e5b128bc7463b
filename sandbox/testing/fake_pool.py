"""A pool without containers: each job is done in this process. For tests only: it confines nothing.

It keeps the protocol's promises about results, evidence and bounds; the contract tests run over it and over the real pool. It
does not imitate what only a box gives: isolation, byte counts, phases.
"""

import asyncio
import http.client
import json
import re
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from sandbox.api.errors import ImageMissing, PoolClosed, PoolExhausted, RuntimeUnavailable, SandboxError
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, ProgramJob, Secret
from sandbox.api.pool_stats import Durations, PoolStats
from sandbox.api.ports import Hear, Permit
from sandbox.api.result import OPEN, Completed, Connection, Evidence, Faulted, Head, Responded, Result, Usage
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.api.streams import StreamRefused
from sandbox.box.request_session import AT_ONCE
from sandbox.egress.addresses import Address
from sandbox.egress.own_parts import OWN_PARTS
from sandbox.egress.resolve import Denied, Unresolved, look_up, parse_host, resolve
from sandbox.hardening.runtimes import RUNC
from sandbox.testing.dialled_once import DialledOnce
from sandbox.testing.fake_answers import Undecodable, decoded, follow, is_redirect, redact
from sandbox.testing.fake_counts import counted
from sandbox.testing.fake_credentials import FAKE_KINDS, without_line_ends
from sandbox.testing.fake_signatures import FakeRequest

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_FRAMING = {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"}

#: Stands for a tool author's image: how its program ends. The fake box, not the program, decides the evidence.
Program = Callable[[ProgramJob], Completed | Faulted]


#: The texts in the fields of a job's secrets, by reference.
Values = tuple[tuple[str, ...], ...]


class FakePool:
    """As many boxes as `size`, without containers. `programs` are the images that it has beside the runner's."""

    def __init__(self, size: int = 16, programs: Mapping[str, Program] | None = None) -> None:
        self._programs = programs or {}
        self._free = asyncio.Semaphore(size)
        self._size = size
        self._asked = 0
        self._holding = Durations()
        self._closed = False
        #: Why there are no boxes, where a test says so. The pool leases all the same.
        self.trouble: SandboxError | None = None

    @property
    def stats(self) -> PoolStats:
        """Zeros: a fake pool makes no boxes and keeps none waiting."""
        return PoolStats()

    async def close(self) -> None:
        self._closed = True

    @asynccontextmanager
    async def lease(self, egress: Egress, *, wait: float, tenant: str = "", spec: BoxSpec = RUNNER) -> AsyncIterator["FakeBox"]:
        if self._closed:
            raise PoolClosed("The pool drains.")
        if spec.runtime != RUNC:
            raise RuntimeUnavailable(f"The fake pool has no box of the runtime {spec.runtime}.")
        if spec.image is not None and spec.image not in self._programs:
            raise ImageMissing(f"The fake pool has no image {spec.image}.")
        self._asked += 1
        try:
            await self._acquire(wait)
            begin = monotonic()
            try:
                yield FakeBox(egress, self._programs.get(spec.image or ""))
            finally:
                self._holding.note(monotonic() - begin)
                self._free.release()
        finally:
            self._asked -= 1

    async def _acquire(self, wait: float) -> None:
        try:
            async with asyncio.timeout(wait):
                await self._free.acquire()
        except TimeoutError:
            raise PoolExhausted(f"No box became free within {wait:g} s.", retry_after=1.0) from None

    def expected_wait(self, tenant: str = "", arriving: int = 0) -> float:
        return self._holding.recent * max(0, self._asked + arriving + 1 - self._size) / max(1, self._size)

    async def wait_removed(self, name: str) -> None:
        """Returns at once: nothing is left of a fake box once its lease has ended."""

    async def renew(self) -> None:
        """Does nothing: a fake pool is on no host."""

    async def sweep(self) -> None:
        """Does nothing: a fake pool leaves nothing behind."""


class _Flaw(Exception):
    """Why the job has no answer."""

    def __init__(self, fault: FaultCode, message: str, head: Head | None = None) -> None:
        super().__init__(message)
        self.fault = fault
        self.head = head


class FakeBox:
    """Does one job, with http.client in a thread."""

    def __init__(self, egress: Egress, program: Program | None = None) -> None:
        self._program = program
        self.name = f"fake-{secrets.token_hex(6)}"
        self._egress = egress
        self._connections: list[Connection] = []
        self._opened: list[DialledOnce] = []
        self._used = False
        self._seconds = 0.0
        self._sent = False

    async def run(self, job: Job | ProgramJob, permit: Permit, hear: Hear | None = None) -> Result:
        """An answer is told of in one piece, once it is whole."""
        result = await self._run(job, permit)
        if hear is not None and isinstance(result, Responded) and result.body:
            hear(result.head, result.body)
        return result

    async def _run(self, job: Job | ProgramJob, permit: Permit) -> Result:
        if self._used:
            raise RuntimeError(f"the box {self.name} runs one job")
        self._used, self._seconds = True, job.timeout
        try:
            async with asyncio.timeout(job.timeout) as clock:
                if isinstance(job, ProgramJob):
                    return await self._execute(job, permit)
                return await self._perform(job, permit)
        except TimeoutError:
            if not clock.expired():
                raise
            return self._fault(FaultCode.TIMED_OUT, "the job's time ended")
        except StreamRefused as refusal:
            return self._fault(refusal.fault, str(refusal))
        except _Flaw as flaw:
            return self._fault(flaw.fault, str(flaw), flaw.head)
        finally:
            self._hang_up()

    async def _execute(self, job: ProgramJob, permit: Permit) -> Result:
        """Asks for the permission first, as for a program whose first act is to send."""
        await self._ask(permit)
        self._sent = True
        assert self._program is not None, "a program runs in a box of its image"  # noqa: S101
        result = self._program(job)
        return replace(result, evidence=Evidence.SENT) if isinstance(result, Faulted) else result

    async def _perform(self, job: Job, permit: Permit) -> Result:
        """In the runner's order: prepare everything, ask, and only then send; or send, where that may be unasked."""
        values = await self._redeem(job.secret) if job.secret else ()
        if job.certificate is not None:
            raise _Flaw(FaultCode.JOB_INVALID, "the fake pool shows no client certificate")
        if job.pages is not None:
            raise _Flaw(FaultCode.JOB_INVALID, "the fake pool fetches no pages")
        if job.source is not None:  # a fake box reads it whole
            job = replace(job, body=b"".join([piece async for piece in job.source.pieces()]))
        connection = await self._connect(job.url, FaultCode.UPSTREAM_UNREACHABLE, beside=job.authorities)
        _compose(connection, job, values)
        if job.send_within is None:
            await self._ask(permit)
        self._sent = True
        exchange = asyncio.create_task(self._follow(connection, job, values))
        try:
            if job.send_within is not None and not (await asyncio.wait({exchange}, timeout=AT_ONCE))[0]:
                await self._ask(permit, bounded=False)
            return await exchange
        except (OSError, http.client.HTTPException) as error:
            raise _Flaw(FaultCode.UPSTREAM_BROKE, "the upstream's answer ended early, or was none") from error
        finally:
            exchange.cancel()

    async def _follow(self, connection: "DialledOnce", job: Job, values: Values) -> Responded:
        """Follow redirects up to the answer, and give it back as its caller gets it."""
        asked, hops, unfollowed = job, 0, ""
        found = tuple(value for of_one in values for value in of_one)
        response, body = await asyncio.to_thread(_exchange, connection, asked)
        while not unfollowed and is_redirect(response.status, location := response.getheader("Location")):
            step = follow(job, asked, response.status, location or "", hops)
            followed = step if isinstance(step, str) else await self._reach(step, values)
            if isinstance(followed, str):
                unfollowed = followed
            elif isinstance(step, Job):
                asked, hops = step, hops + 1
                response, body = await asyncio.to_thread(_exchange, followed, asked)
        url = asked.url if hops else ""
        head = Head(response.status, tuple((name.lower(), redact(value, found)) for name, value in response.getheaders()))
        headers, plain = _undressed(head, body, job, found)
        text = redact(plain.decode("latin-1"), found).encode("latin-1")
        answer = Responded(head.status, headers, text, self._usage(), url=redact(url, found), unfollowed=unfollowed)
        counts = counted(job, answer.header("content-type") or "", plain, found)
        return await _spilled(replace(answer, counts=counts), job)

    async def _reach(self, step: Job, values: Values) -> "DialledOnce | str":
        """A connection to where a redirect leads, or why there is none."""
        try:
            connection = await self._connect(step.url, FaultCode.UPSTREAM_UNREACHABLE, beside=step.authorities)
        except _Flaw as flaw:
            return f"it leads to {step.url}: {flaw}"
        _compose(connection, step, values)
        return connection

    async def _ask(self, permit: Permit, *, bounded: bool = True) -> None:
        clock = asyncio.get_running_loop().time
        asked = clock()
        within = await permit()
        if within is None or (bounded and clock() - asked > within):
            raise _Flaw(FaultCode.PERMISSION_REFUSED, "the gateway did not permit the request, or not in time")

    async def _redeem(self, secret: Secret) -> Values:
        """The texts of each reference's fields."""
        if unknown := {one.kind for one in secret.references} - FAKE_KINDS.keys():
            raise _Flaw(FaultCode.JOB_INVALID, f"there is no kind of credential {unknown}")
        if not secret.vault.startswith("https://"):
            raise _Flaw(FaultCode.JOB_INVALID, "Vault's address is not an https URL")
        connection = await self._connect(secret.vault, FaultCode.SECRET_UNAVAILABLE, secret.authorities)
        named = {"X-Vault-Namespace": secret.namespace} if secret.namespace else {}
        wrapping = {**named, "X-Vault-Token": secret.wrapping_token}
        opened = await asyncio.to_thread(_ask_vault, connection, "POST", "sys/wrapping/unwrap", wrapping)
        reading = {**named, "X-Vault-Token": opened["auth"]["client_token"]}
        read = {}
        for path in dict.fromkeys(one.path for one in secret.references):
            fields = (await asyncio.to_thread(_ask_vault, connection, "GET", path, reading))["data"]
            read[path] = fields["data"] if "metadata" in fields else fields
        return tuple(tuple(_text(read[one.path], name, one.path) for name in one.fields) for one in secret.references)

    async def _connect(self, url: str, fault: FaultCode, authorities: str = "", beside: str = "") -> "DialledOnce":
        """`authorities` may vouch for what answers, and no others; without them, the system's, and those `beside`."""
        parts = urlsplit(url)
        context = ssl.create_default_context(cadata=authorities or None) if parts.scheme == "https" else None
        if context and beside:
            context.load_verify_locations(cadata=beside)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        addresses = await self._addresses(host, port, fault)
        connection = DialledOnce(host, port, timeout=self._seconds)
        self._opened.append(connection)
        try:
            await asyncio.to_thread(connection.dial, addresses[0], context)
        except OSError as error:
            raise _Flaw(fault, f"{host} port {port} could not be reached: {error.strerror}") from error
        self._note(host, port, str(addresses[0]), OPEN)
        return connection

    async def _addresses(self, host: str, port: int, fault: FaultCode) -> tuple[Address, ...]:
        listed = (to for to in self._egress.destinations if (to.host.lower(), to.port) == (host, port))
        destination = next(listed, None)
        if destination is None:
            raise self._denied(host, port, f"{host} port {port} is not among the destinations of this job")
        try:
            addresses = await resolve(parse_host(host), port, destination.private)
            await OWN_PARTS.refuse(host, addresses, port, destination.own_parts, look_up)
        except Denied as denied:
            raise self._denied(host, port, str(denied)) from denied
        except Unresolved as unresolved:
            raise _Flaw(fault, str(unresolved)) from unresolved
        return addresses

    def _denied(self, host: str, port: int, reason: str) -> _Flaw:
        self._note(host, port, "", reason)
        return _Flaw(FaultCode.EGRESS_DENIED, reason)

    def _note(self, host: str, port: int, address: str, verdict: str) -> None:
        self._connections.append(Connection(host, port, address, verdict, 0, 0))

    def _usage(self) -> Usage:
        return Usage(tuple(self._connections))

    def _fault(self, fault: FaultCode, message: str, head: Head | None = None) -> Faulted:
        evidence = Evidence.RESPONDED if head else Evidence.SENT if self._sent else Evidence.NOT_SENT
        return Faulted(fault, evidence, message, self._usage(), head=head)

    def _hang_up(self) -> None:
        for connection in self._opened:
            connection.hang_up()


async def _spilled(answer: Responded, job: Job) -> Responded:
    """The answer, whose body the job's spill has where that is over the bound."""
    if job.spill is None or len(answer.body) <= job.response_bytes:
        return answer
    try:
        await job.spill.write(answer.head, answer.body)
    except StreamRefused as refusal:
        raise _Flaw(refusal.fault, str(refusal), answer.head) from refusal
    return replace(answer, body=answer.body[: job.response_bytes], spilled=True)


def _ask_vault(
    connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    try:
        connection.request(method, f"/v1/{path}", headers=headers)
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise _Flaw(FaultCode.SECRET_UNAVAILABLE, f"Vault did not answer at {path}") from error
    if response.status != http.client.OK:
        raise _Flaw(FaultCode.SECRET_UNAVAILABLE, f"Vault answered {response.status} at {path}")
    answer: dict[str, dict[str, Any]] = json.loads(content)
    return answer


def _text(fields: Mapping[str, Any], name: str, path: str) -> str:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not without_line_ends(str(value)):
        raise _Flaw(FaultCode.SECRET_UNAVAILABLE, f"{path} has no text in its field {name}")
    return without_line_ends(str(value))


def _compose(connection: http.client.HTTPConnection, job: Job, values: Values) -> None:
    """Everything but the sending: http.client keeps the head until `endheaders`."""
    parts = urlsplit(job.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = job.headers
    if any(name.lower() in _FRAMING or not _TOKEN.fullmatch(name) for name, _ in headers):
        raise _Flaw(FaultCode.JOB_INVALID, "a header cannot be written, or is the runner's to write")
    if job.secret is not None:
        request = FakeRequest(job.method, parts.netloc, target, headers, job.body or b"")
        given = list(zip(job.secret.references, values, strict=True))
        for one, found in sorted(given, key=lambda pair: FAKE_KINDS[pair[0].kind].signs):
            request = FAKE_KINDS[one.kind].put(one.parameters, found, request)
        target, headers = request.target, request.headers
    try:
        connection.putrequest(job.method, target, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if job.body is not None:
            connection.putheader("Content-Length", str(len(job.body)))
        if not any(name.lower() == "accept-encoding" for name, _ in headers):
            connection.putheader("Accept-Encoding", "identity")
        connection.putheader("Connection", "close")
    except (ValueError, http.client.HTTPException) as error:
        raise _Flaw(FaultCode.JOB_INVALID, "the request cannot be written") from error


def _exchange(connection: http.client.HTTPConnection, job: Job) -> tuple[http.client.HTTPResponse, bytes]:
    connection.endheaders(job.body)
    with closing(connection.getresponse()) as response:
        head = Head(response.status, tuple((name.lower(), value) for name, value in response.getheaders()))
        try:
            body = response.read(job.longest_answer + 1)
        except (OSError, http.client.HTTPException) as error:
            raise _Flaw(FaultCode.UPSTREAM_BROKE, "the upstream's answer ended early", head) from error
        if len(body) > job.longest_answer:
            raise _too_large(job, head)
        if response.length:
            raise _Flaw(FaultCode.UPSTREAM_BROKE, "the upstream's answer ended early", head)
        return response, body


def _too_large(job: Job, head: Head) -> _Flaw:
    fault = FaultCode.ARTIFACT_TOO_LARGE if job.is_spill_bounded else FaultCode.RESPONSE_TOO_LARGE
    return _Flaw(fault, f"the answer is larger than {job.longest_answer} bytes", head)


def _undressed(head: Head, body: bytes, job: Job, values: tuple[str, ...]) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """The headers and the body without the codings that the body had."""
    try:
        plain = decoded(head.header("content-encoding") or "", body)
    except EOFError as error:
        raise _Flaw(FaultCode.UPSTREAM_BROKE, "the upstream's answer ended early", head) from error
    except Undecodable as error:
        if error.opaque and not values:
            return head.headers, body
        raise _Flaw(FaultCode.ANSWER_UNDECODABLE, f"the answer cannot be decoded: {error}", head) from error
    if len(plain) > job.longest_answer:
        raise _too_large(job, head)
    return tuple(header for header in head.headers if header[0] != "content-encoding"), plain
