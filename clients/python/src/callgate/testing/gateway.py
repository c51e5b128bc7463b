"""A gateway in this process, on a port of loopback."""

import asyncio
import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self, TypeVar, overload

import grpc

from callgate import checks
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError, Unauthenticated
from callgate.recorded.calls import RecordedRun
from callgate.recorded.entries import entries_of
from callgate.recorded.loading import load
from callgate.retry import RetryPolicy
from callgate.testing.calls import FakeCall, FakeCalls
from callgate.testing.recorded_tools import tools_of
from callgate.testing.recordings import FakeRecordings
from callgate.testing.refusals import require_refusal
from callgate.testing.rpcs import ApiRpcs
from callgate.testing.runs import FakeRun, FakeRuns, Running
from callgate.testing.services import Calling, Reviewing, Showing
from callgate.testing.tools import FakeTool, FakeTools, checked_name, schema_of
from callgate.types import Effect

Function = TypeVar("Function", bound=Callable[..., Any])

#: RPCs that are answered at once. Each that waits has one of them.
AT_ONCE = 64
#: Of the clients that a FakeGateway makes: a test does not wait long for what stays down.
SHORT = RetryPolicy(first=0.01, cap=0.1, patience=2.0)


class FakeGateway:
    """Answers calls with Python functions: `with FakeGateway() as gateway`, or `async with`.

    What a function returns is the JSON body of a success. It may return a `Result`, or an outcome (`Unknown`, `ToolFailed`,
    `TimedOut`, …): then the call ends with that, and waits for a review where a gateway's would. An error of `callgate.errors`
    that it raises is the gateway's refusal of the call, of which then nothing is recorded. It may be `async`. What one that
    yields values yields are the events of a streamed answer, in JSON.
    """

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self.address = ""
        self._tools, self._book, self._runs = FakeTools(), FakeCalls(), FakeRuns()
        self._recordings = FakeRecordings()
        self._refusals: deque[CallgateError] = deque()
        #: What answers further RPCs, by their names, in a gateway that is made of this one.
        self._further: tuple[object, ...] = ()
        self._lock = threading.Lock()
        self._server: Any = None

    @property
    def calls(self) -> list[FakeCall]:
        """Each call once, in the order in which they came: with its arguments, its end, and how often it was sent and run."""
        return list(self._book.all)

    @property
    def runs(self) -> dict[str, FakeRun]:
        """The runs that were started, by their ids: with plan, state and end."""
        return dict(self._runs.all)

    @property
    def environment(self) -> dict[str, str]:
        """What makes `Client.from_environment` and the command line of another process a client of this gateway."""
        return {"CALLGATE_ADDRESS": self.address, "CALLGATE_TOKEN": self.token}

    @overload
    def tool(self, function: Function, /) -> Function: ...

    @overload
    def tool(
        self,
        /,
        *,
        name: str = "",
        effect: Effect = ...,
        toolset: str = "fake",
        tags: Sequence[str] = (),
        output_schema: Mapping[str, Any] | None = ...,
    ) -> Callable[[Function], Function]: ...

    def tool(
        self,
        function: Any = None,
        /,
        *,
        name: str = "",
        effect: Effect = Effect.NON_IDEMPOTENT,
        toolset: str = "fake",
        tags: Sequence[str] = (),
        output_schema: Mapping[str, Any] | None = None,
    ) -> Any:
        """A decorator: callers can call the function from now on, with arguments by the names of its parameters.

        `name`: the function's own without it. A function of the same name is replaced. `output_schema` is shown, and no answer
        is held against it: the function returns a Result that says whether it fits.
        """

        def offer(offered: Function) -> Function:
            shown = FakeTool(
                name=checked_name(name or offered.__name__),
                function=offered,
                input_schema=schema_of(offered),
                effect=effect,
                toolset=toolset,
                tags=tuple(labels),
                output_schema=output_schema,
            )
            self._tools.add(shown)
            return offered

        labels = checks.texts("tags", tags)

        return offer if function is None else offer(function)

    def load_recording(self, name: str, content: bytes) -> RecordedRun:
        """Have the recording of a file, and the tools that it calls: a client with `Recording(name, Mode.REPLAY_STRICT)` is
        answered from it. Raises RequestInvalid for what is no such file."""
        run = load(content, name)
        for tool in tools_of(run):
            self._tools.add(tool)
        self._recordings.forget(name)
        for entry in entries_of(run):
            self._recordings.keep(name, entry)
        return run

    def refuse(self, error: CallgateError, times: int = 1) -> None:
        """Let the next requests end so, whatever they ask for. ConnectionBroken and NoAnswer end them without a word.

        A client sends a request again that was refused for a while, so it does not tell its caller of one that is.
        """
        self._refusals.extend([require_refusal(error)] * times)

    def client(self, *, retry: RetryPolicy = SHORT, **options: Any) -> Client:
        """A client of this gateway, which its caller closes. `options` are those of Client."""
        return Client(self.address, **{"token": self.token, "retry": retry, **options})

    def async_client(self, *, retry: RetryPolicy = SHORT, **options: Any) -> AsyncClient:
        """As `client`, for asyncio."""
        return AsyncClient(self.address, **{"token": self.token, "retry": retry, **options})

    def start(self) -> None:
        """Listen, on a port that is free."""
        calling = Calling(self._tools, self._book, self._recordings, self._runs.begin_call)
        running = Running(self._runs, self._book)
        own = (calling, Reviewing(self._book, calling), Showing(self._tools), self._recordings, running)
        self._server = grpc.server(ThreadPoolExecutor(AT_ONCE), options=[("grpc.so_reuseport", 0)])
        self._server.add_generic_rpc_handlers((ApiRpcs((*self._further, *own), self._admit),))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        """End what is under way, and listen no more. What was seen stays."""
        self._server.stop(grace=None).wait()

    def _admit(self, context: Any) -> None:
        """Raises what the test wants to be raised, and Unauthenticated for another token."""
        metadata: Mapping[str, Any] = dict(context.invocation_metadata())
        with self._lock:
            refusal = self._refusals.popleft() if self._refusals else None
        if refusal is not None:
            raise refusal
        if metadata.get("authorization") != f"Bearer {self.token}":
            raise Unauthenticated("the token is not this gateway's", cure="Give the FakeGateway's `token`.")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.stop)
