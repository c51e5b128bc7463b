"""What both clients are: a session with one gateway, opened with the same parameters."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

import grpc.aio

from callgate import checks, convert, messages
from callgate.endpoint import DEFAULT_ADDRESS, Endpoint
from callgate.errors import CallgateError
from callgate.keys import new_key
from callgate.lock import Lock
from callgate.locking import Locking, lock_from
from callgate.recordings import Recording
from callgate.retry import PATIENT, READ, Bounds, Pacing, RetryPolicy, Tries
from callgate.status import translated
from callgate.transport import Transport
from callgate.types import Tool
from callgate.v1.artifact_service_pb2_grpc import ArtifactServiceStub
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.connection_service_pb2_grpc import ConnectionServiceStub
from callgate.v1.host_service_pb2_grpc import HostServiceStub
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from callgate.v1.principal_service_pb2_grpc import PrincipalServiceStub
from callgate.v1.recording_service_pb2_grpc import RecordingServiceStub
from callgate.v1.review_service_pb2_grpc import ReviewServiceStub
from callgate.v1.run_service_pb2_grpc import RunServiceStub

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SessionRun:
    """What a session's calls belong to. `id` is None where each call stands for itself."""

    recording: Recording | None
    id: str | None


class Session:
    """Sends requests to one gateway, and sends them again where that is safe. Its methods raise CallgateError.

    A session that was closed sends nothing more: RequestInvalid.
    """

    def __init__(
        self, endpoint: Endpoint, transport: Transport, policy: RetryPolicy, run: SessionRun, lock: Lock | None = None
    ) -> None:
        self.run = run
        self.locking = Locking(lock, self.tool)
        self._metadata = endpoint.metadata
        self._transport = transport
        self._policy = policy
        self._closed = False
        self.pacing = Pacing(transport.sleep)
        self.catalog = CatalogServiceStub(transport.channel)
        self.invocations = InvocationServiceStub(transport.channel)
        self.reviews = ReviewServiceStub(transport.channel)
        self.connections = ConnectionServiceStub(transport.channel)
        self.hosts = HostServiceStub(transport.channel)
        self.principals = PrincipalServiceStub(transport.channel)
        self.artifacts = ArtifactServiceStub(transport.channel)
        self.runs = RunServiceStub(transport.channel)
        self.recordings = RecordingServiceStub(transport.channel)

    def begin(self, bounds: Bounds, *, key: str | None = None) -> Tries:
        """The tries of a new request. `key` is the idempotency key, which goes onto the error that is raised in the end."""
        self._require_open()
        return Tries(self._policy, self.pacing, bounds, self._transport.turn, key)

    async def send(self, rpc: Any, request: Callable[[], Any], bounds: Bounds, *, key: str | None = None) -> Any:
        """The answer to one request. `request` makes it anew for each try: a stream of requests can be read only once."""
        return await self.repeat(lambda seconds: self.once(rpc, request(), seconds), bounds, key=key)

    async def repeat(self, exchange: Callable[[float | None], Awaitable[T]], bounds: Bounds, *, key: str | None = None) -> T:
        """The result of one exchange, which is given each try's timeout in seconds."""
        tries = self.begin(bounds, key=key)
        while True:
            try:
                return await exchange(tries.begin())
            except CallgateError as error:
                pause = tries.pause_after(error)
            await self.pacing.sleep(pause)

    async def tool(self, reference: str) -> Tool:
        """The tool version of a reference, whatever the lock says."""
        return convert.tool(
            (await self.send(self.catalog.GetTool, partial(messages.get_tool, reference, None, None), READ)).tool
        )

    async def pages(self, rpc: Any, request: Callable[[str], Any]) -> AsyncGenerator[Any, None]:
        """Every page of a list. `request` is given the page's token."""
        token = ""
        while True:
            page = await self.send(rpc, partial(request, token), READ)
            yield page
            if not (token := page.next_page_token):
                return

    def stream(self, rpc: Any, request: Any, seconds: float | None) -> aclosing[AsyncGenerator[Any, None]]:
        """The answers to one request, sent once. Leaving the context ends the RPC."""
        return aclosing(self._stream(rpc, request, seconds))

    async def close(self) -> None:
        self._closed = True
        await self._transport.close()

    async def _stream(self, rpc: Any, request: Any, seconds: float | None) -> AsyncGenerator[Any, None]:
        options = {"timeout": seconds, "metadata": self._metadata}
        with self._asking():
            async with aclosing(self._transport.stream(rpc, request, **options)) as answers:
                async for answer in answers:
                    yield answer

    async def once(self, rpc: Any, request: Any, seconds: float | None) -> Any:
        """The answer to one request, or to a stream of requests, sent once: what it carries may be good for one use."""
        with self._asking():
            return await self._transport.unary(rpc, request, timeout=seconds, metadata=self._metadata)

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Around each try: another thread may have closed the client since the last one, and may close it now."""
        self._require_open()
        try:
            with translated():
                yield
        except (ValueError, grpc.aio.UsageError):  # what gRPC says of a closed channel
            self._require_open()
            raise
        except asyncio.CancelledError:  # and of an RPC whose channel is closed meanwhile; a task's own end is another thing
            if not _is_cancelled():
                self._require_open()
            raise

    def _require_open(self) -> None:
        if self._closed:
            raise checks.invalid("this client is closed", "Make another client, or close this one later.")


class Noun:
    """What asks a gateway over a client's session."""

    def __init__(self, session: Session) -> None:
        self._session = session


def _is_cancelled() -> bool:
    """Whether the task was, in which this runs."""
    task = asyncio.current_task()
    return task is not None and bool(task.cancelling())


class Connected:
    """A client that has a session with one gateway."""

    _transport: Callable[[Endpoint], Transport]

    def __init__(
        self,
        address: str = DEFAULT_ADDRESS,
        *,
        token: str | None = None,
        root_certificates: Path | None = None,
        retry: RetryPolicy = PATIENT,
        recording: Recording | None = None,
        run_id: str | None = None,
        lock: Lock | str | os.PathLike[str] | None = None,
    ) -> None:
        """`lock`: a lock file, or its path: only its tools are called, in its versions. It is checked when the client is
        entered, or with the first call. Raises EndpointInvalid, LockInvalid, RequestInvalid."""
        endpoint, policy = Endpoint(address, token, root_certificates), checks.instance(RetryPolicy, "retry", retry)
        recorded = None if recording is None else checks.instance(Recording, "recording", recording)
        run = SessionRun(recorded, checks.optional_run_id(run_id) or (new_key() if recorded else None))
        self._session = Session(endpoint, self._transport(endpoint), policy, run, lock_from(lock))

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] = os.environ,
        *,
        retry: RetryPolicy = PATIENT,
        lock: Lock | str | os.PathLike[str] | None = None,
    ) -> Self:
        """A client for the gateway that CALLGATE_ADDRESS and its like name, in the run that CALLGATE_RUN_ID names, with the
        lock file that CALLGATE_LOCK names, unless `lock` is given.

        See `Endpoint.from_environment` and `Recording.from_environment`.
        """
        endpoint = Endpoint.from_environment(environ)
        return cls(
            endpoint.address,
            token=endpoint.token,
            root_certificates=endpoint.root_certificates,
            retry=retry,
            recording=Recording.from_environment(environ),
            run_id=environ.get("CALLGATE_RUN_ID"),
            lock=lock if lock is not None else environ.get("CALLGATE_LOCK") or None,
        )
