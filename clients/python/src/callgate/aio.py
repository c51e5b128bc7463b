"""The client for asyncio. Here a call is written; the other verbs are those of its nouns."""

from collections.abc import Callable, Mapping
from functools import partial
from types import TracebackType
from typing import Any, NoReturn, Self

from callgate import checks, convert, messages
from callgate.interrupted import InterruptedCall, kept_in_errors
from callgate.keys import NO_ARGUMENTS, new_call_token, new_key, wire_key
from callgate.nouns.answer_stream import AsyncAnswerStream
from callgate.nouns.artifacts import AsyncArtifacts
from callgate.nouns.connections import AsyncConnections
from callgate.nouns.hosts import AsyncHosts
from callgate.nouns.invocations import AsyncInvocations
from callgate.nouns.principals import AsyncPrincipals
from callgate.nouns.recordings import AsyncRecordings
from callgate.nouns.reviews import AsyncReviews
from callgate.nouns.runs import AsyncRuns
from callgate.nouns.tools import AsyncTools
from callgate.nouns.toolsets import AsyncToolsets
from callgate.runs import AsyncRun
from callgate.session import Connected, Session
from callgate.transport import AsyncTransport
from callgate.types import Invocation, SchemaForm
from callgate.v1.invocation_service_pb2 import InvokeRequest
from callgate.waiting import SOON, Waiting


class AsyncClient(Connected):
    """A client of a gateway, for asyncio. Every verb raises CallgateError, and sends its request again where that is safe.

    It calls tools; all else is a verb of one of its nouns: `tools`, `toolsets`, `invocations`, `reviews`, `recordings`,
    `principals`, `connections`, `hosts`, `artifacts`, `runs`.

    Use it as a context manager, within one event loop: that of its first request. The address is `host:port` or `unix:PATH`,
    or several of them with commas between: gateways on one store, which are asked in turn. All but loopback and Unix sockets
    need `root_certificates`, a PEM file. Raises EndpointInvalid, a ValueError, for what cannot be used.
    """

    _transport = AsyncTransport

    @classmethod
    def _over(cls, session: Session) -> Self:
        """The verbs over the session of another client."""
        client = cls.__new__(cls)
        client._session = session
        return client

    @property
    def tools(self) -> AsyncTools:
        return AsyncTools(self._session)

    @property
    def toolsets(self) -> AsyncToolsets:
        return AsyncToolsets(self._session)

    @property
    def invocations(self) -> AsyncInvocations:
        return AsyncInvocations(self._session)

    @property
    def reviews(self) -> AsyncReviews:
        return AsyncReviews(self._session)

    @property
    def recordings(self) -> AsyncRecordings:
        return AsyncRecordings(self._session)

    @property
    def artifacts(self) -> AsyncArtifacts:
        return AsyncArtifacts(self._session)

    @property
    def principals(self) -> AsyncPrincipals:
        return AsyncPrincipals(self._session)

    @property
    def connections(self) -> AsyncConnections:
        return AsyncConnections(self._session)

    @property
    def hosts(self) -> AsyncHosts:
        return AsyncHosts(self._session)

    @property
    def runs(self) -> AsyncRuns:
        return AsyncRuns(self._session)

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        key: str | None = None,
        run_id: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the gateway keeps it, and it outlives this coroutine
        wait: float | None = None,
        schema_form: SchemaForm | None = None,
    ) -> Invocation:
        """Call a tool and wait for the end. See `Invocation.raise_for_outcome`: an answer is not yet a success.

        A call that is sent again with the same key, tool and arguments acts once, for as long as the gateway keeps its record
        (`Invocation.key_expires`). A key may be any text but an empty one. Without a key, the client makes a random one, so
        that a process that dies and begins again makes another call: an agent that may be resumed calls by `run`.

        Where an outcome says `not_done`, another `call` with its key makes the call anew. What this one sends again by itself
        is always the same call.

        `timeout` is in seconds, for the whole call. After a NoAnswer or a GatewayUnavailable the call may be under way: send it
        again with the error's key.

        What ends the wait otherwise, a cancelled task, Ctrl-C or a client that was closed meanwhile, has the key, too, and the
        invocation's id, once that is known: see `callgate.interrupted_call`. The call goes on.

        `wait` is how many seconds to wait for the end; 0: only until the gateway has accepted the call. A call that has not
        ended by then is returned without an outcome, and goes on: see `invocations.handle`.

        `schema_form` is the form of the schema by which a model made the arguments (`tools.get`). With STRICT, a null of what
        may be left out means just that.
        """
        said = partial(self._called, tool, arguments, key=key, run_id=run_id)
        return await said(timeout=timeout, wait=wait, schema_form=schema_form)

    async def _called(
        self,
        tool: str,
        arguments: Mapping[str, Any],
        *,
        key: str | None,
        run_id: str | None,
        timeout: float | None,  # noqa: ASYNC109
        wait: float | None,
        schema_form: SchemaForm | None,
        place: tuple[str, int] = ("", 0),
    ) -> Invocation:
        """`place`: the step in its run, and the occurrence in that."""
        session, key, call_token = self._session, new_key() if key is None else key, new_call_token()
        on_the_wire, timeout = wire_key(key), checks.timeout(timeout)
        with kept_in_errors(InterruptedCall(key)):
            reference = await session.locking.reference(tool)
        waiting = Waiting(timeout, checks.optional_seconds("wait", wait), session.pacing.clock)

        def request() -> InvokeRequest:
            return messages.invoke(
                reference,
                arguments,
                key=on_the_wire,
                run_id=checks.optional_run_id(run_id) or session.run.id,
                timeout=timeout,
                wait=waiting.seconds,
                recording=session.run.recording,
                call_token=call_token,
                form=schema_form,
                place=place,
            )

        return await self._until_ended(request, waiting, key)

    async def _until_ended(self, request: Callable[[], InvokeRequest], waiting: Waiting, key: str) -> Invocation:
        session, call = self._session, InterruptedCall(key)
        with kept_in_errors(call):
            while True:
                answer = await session.send(session.invocations.Invoke, request, waiting, key=key)
                invocation = convert.invocation(answer.invocation)
                if invocation.outcome is not None or waiting.over:
                    return invocation
                call.invocation_id = invocation.id
                waiting.answered()
                await session.pacing.sleep(SOON)  # a gateway that answers early must not be asked without end

    def stream(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        key: str | None = None,
        run_id: str | None = None,
        timeout: float | None = None,
        schema_form: SchemaForm | None = None,
    ) -> AsyncAnswerStream:
        """A call whose streamed answer is read while it comes: server-sent events, or JSON values line by line.

        It is made with the first event that is asked for, with the arguments of `call`. Where the connection breaks, the events
        go on after the last one that was seen, and nothing is made twice.
        """
        key = new_key() if key is None else key
        begin = partial(self.call, tool, arguments, key=key, run_id=run_id, timeout=timeout, wait=0, schema_form=schema_form)
        return AsyncAnswerStream(self._session, key, begin)

    def run(self, id: str) -> AsyncRun:
        """A run, whose calls get their keys from their places in it: an agent that dies and goes on makes the same calls.

        `id` is this caller's name for it, at most 255 printable characters: the same when it goes on, and no other run's.
        Raises RequestInvalid for any other. Its calls need no more than that; with `start`, the gateway keeps its state, too.
        """
        return AsyncRun(id, self._called, self.invocations.find, self.runs)

    async def close(self) -> None:
        await self._session.close()

    def __enter__(self) -> NoReturn:
        raise checks.invalid(
            "an AsyncClient is entered by `async with`, not by `with`",
            "Write `async with`, in a coroutine; or take Client, whose verbs need no `await`.",
        )

    def __exit__(self, *_: object) -> None:
        """`with` asks for it before it enters, and never comes here."""

    async def __aenter__(self) -> Self:
        await self._entered()
        return self

    async def _entered(self) -> None:
        """A client that cannot be used is told when it is entered, and is closed then."""
        try:
            await self._session.locking.check()
        except BaseException:
            await self.close()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
