"""The blocking client and its runs: the verbs of AsyncClient and AsyncRun, each run to its end in one step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from callgate.aio import AsyncClient
from callgate.blocking import blocking, describe
from callgate.keys import NO_ARGUMENTS
from callgate.nouns.answer_stream import AnswerStream
from callgate.nouns.artifacts import Artifacts
from callgate.nouns.connections import Connections
from callgate.nouns.hosts import Hosts
from callgate.nouns.invocations import Invocations
from callgate.nouns.principals import Principals
from callgate.nouns.recordings import Recordings
from callgate.nouns.reviews import Reviews
from callgate.nouns.runs import Runs
from callgate.nouns.tools import Tools
from callgate.nouns.toolsets import Toolsets
from callgate.run_records import RunRecord
from callgate.runs import AsyncRun, RunKeys
from callgate.session import Connected
from callgate.transport import BlockingTransport
from callgate.types import SchemaForm


@dataclass(frozen=True, slots=True)
class Run(RunKeys):
    """One run of an agent. See `Client.run`."""

    _asynchronous: AsyncRun = field(repr=False)

    @property
    def record(self) -> RunRecord:
        """The run as `start` found it, with what was saved here since. Raises RequestInvalid before that."""
        return self._asynchronous.record

    @property
    def state(self) -> bytes | None:
        """The state to go on from: what was saved last, None where nothing was, or an artifact has it."""
        return self._asynchronous.state

    start = blocking(AsyncRun.start)
    save = blocking(AsyncRun.save)
    end = blocking(AsyncRun.end)
    call = blocking(AsyncRun.call)
    find = blocking(AsyncRun.find)


class Client(Connected):
    """A client of a gateway. Every verb raises CallgateError, and sends its request again where that is safe.

    It calls tools; all else is a verb of one of its nouns: `tools`, `toolsets`, `invocations`, `reviews`, `recordings`,
    `principals`, `connections`, `hosts`, `artifacts`, `runs`.

    Use it as a context manager, from any number of threads. The address is `host:port` or `unix:PATH`, or several of them with
    commas between: gateways on one store, which are asked in turn. All but loopback and Unix sockets need `root_certificates`,
    a PEM file. Raises EndpointInvalid, a ValueError, for what cannot be used.
    """

    _transport = BlockingTransport

    @property
    def tools(self) -> Tools:
        return Tools(self._asynchronous.tools)

    @property
    def toolsets(self) -> Toolsets:
        return Toolsets(self._asynchronous.toolsets)

    @property
    def invocations(self) -> Invocations:
        return Invocations(self._asynchronous.invocations)

    @property
    def reviews(self) -> Reviews:
        return Reviews(self._asynchronous.reviews)

    @property
    def recordings(self) -> Recordings:
        return Recordings(self._asynchronous.recordings)

    @property
    def artifacts(self) -> Artifacts:
        return Artifacts(self._asynchronous.artifacts)

    @property
    def principals(self) -> Principals:
        return Principals(self._asynchronous.principals)

    @property
    def connections(self) -> Connections:
        return Connections(self._asynchronous.connections)

    @property
    def hosts(self) -> Hosts:
        return Hosts(self._asynchronous.hosts)

    @property
    def runs(self) -> Runs:
        return Runs(self._asynchronous.runs)

    call = blocking(AsyncClient.call)
    close = blocking(AsyncClient.close)
    _entered = blocking(AsyncClient._entered)

    def stream(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        key: str | None = None,
        run_id: str | None = None,
        timeout: float | None = None,
        schema_form: SchemaForm | None = None,
    ) -> AnswerStream:
        asynchronous = self._asynchronous.stream(
            tool, arguments, key=key, run_id=run_id, timeout=timeout, schema_form=schema_form
        )
        return AnswerStream(asynchronous)

    describe(stream, AsyncClient.stream, AnswerStream)

    def run(self, id: str) -> Run:
        return Run(id, self._asynchronous.run(id))

    describe(run, AsyncClient.run, Run)

    def __enter__(self) -> Self:
        self._entered()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _asynchronous(self) -> AsyncClient:
        return AsyncClient._over(self._session)
