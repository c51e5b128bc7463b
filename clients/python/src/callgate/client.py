"""The blocking client and its runs: the verbs of AsyncClient and AsyncRun, each run to its end in one step."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import update_wrapper
from inspect import signature
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar, cast, get_args, get_origin

from callgate.aio import AsyncClient
from callgate.runs import AsyncRun, RunKeys
from callgate.session import Connected
from callgate.transport import BlockingTransport

P = ParamSpec("P")
T = TypeVar("T")
Verbs_co = TypeVar("Verbs_co", covariant=True)


class Blocking(Protocol[Verbs_co]):
    """What runs the verbs of an asynchronous object."""

    @property
    def _asynchronous(self) -> Verbs_co: ...


def blocking(verb: Callable[Concatenate[Verbs_co, P], Awaitable[T]]) -> Callable[Concatenate[Blocking[Verbs_co], P], T]:
    """The verb, with the same parameters and docstring, as a method that returns its result."""

    def run(blocks: Blocking[Verbs_co], /, *args: P.args, **kwargs: P.kwargs) -> T:
        return _result(verb(blocks._asynchronous, *args, **kwargs))

    _describe(run, verb)
    return run


def iterating(verb: Callable[Concatenate[AsyncClient, P], AsyncIterator[T]]) -> Callable[Concatenate["Client", P], Iterator[T]]:
    """The verb, with the same parameters and docstring, as a method that returns an iterator."""

    def run(client: "Client", /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return _each(cast(AsyncGenerator[T, None], verb(client._asynchronous, *args, **kwargs)))

    _describe(run, verb)
    return run


def _describe(run: Any, verb: Any) -> None:
    """For help() and inspect. Type checkers and editors take the same from the types above."""
    update_wrapper(run, verb, assigned=("__name__", "__doc__"))
    run.__qualname__ = verb.__qualname__.removeprefix("Async")
    told = signature(verb)
    if get_origin(told.return_annotation) is AsyncIterator:
        run.__signature__ = told.replace(return_annotation=Iterator[get_args(told.return_annotation)])  # type: ignore[misc]


def _result(step: Awaitable[T]) -> T:
    """The result of what never suspends, because all that it awaits comes from a BlockingTransport."""
    try:
        next(step.__await__())
    except StopIteration as end:
        return cast(T, end.value)
    raise RuntimeError("a verb of the blocking client has suspended; report this defect of the SDK")


def _each(stream: AsyncGenerator[T, None]) -> Iterator[T]:
    try:
        while True:
            yield _result(anext(stream))
    except StopAsyncIteration:
        return
    finally:
        _result(stream.aclose())


@dataclass(frozen=True, slots=True)
class Run(RunKeys):
    """One run of an agent. See `Client.run`."""

    _asynchronous: AsyncRun = field(repr=False)

    call = blocking(AsyncRun.call)
    find = blocking(AsyncRun.find)


class Client(Connected):
    """A client of a gateway. Every verb raises CallgateError, and sends its request again where that is safe.

    Use it as a context manager, from any number of threads. The address is `host:port` or `unix:PATH`, or several of them with
    commas between: gateways on one store, which are asked in turn. All but loopback and Unix sockets need `root_certificates`,
    a PEM file. Raises EndpointInvalid, a ValueError, for what cannot be used.
    """

    _transport = BlockingTransport

    list_tools = blocking(AsyncClient.list_tools)
    get_tool = blocking(AsyncClient.get_tool)
    import_toolset = blocking(AsyncClient.import_toolset)
    list_versions = blocking(AsyncClient.list_versions)
    set_state = blocking(AsyncClient.set_state)
    publish = blocking(AsyncClient.publish)
    withdraw = blocking(AsyncClient.withdraw)
    list_publications = blocking(AsyncClient.list_publications)
    call = blocking(AsyncClient.call)
    wait = blocking(AsyncClient.wait)
    get = blocking(AsyncClient.get)
    find = blocking(AsyncClient.find)
    cancel = blocking(AsyncClient.cancel)
    watch = iterating(AsyncClient.watch)
    list_invocations = iterating(AsyncClient.list_invocations)
    list_reviews = blocking(AsyncClient.list_reviews)
    get_review = blocking(AsyncClient.get_review)
    resolve_review = blocking(AsyncClient.resolve_review)
    list_hosts = blocking(AsyncClient.list_hosts)
    declare_host_lost = blocking(AsyncClient.declare_host_lost)
    add_principal = blocking(AsyncClient.add_principal)
    list_principals = blocking(AsyncClient.list_principals)
    revoke_principals = blocking(AsyncClient.revoke_principals)
    export_recording = blocking(AsyncClient.export_recording)
    import_recording = blocking(AsyncClient.import_recording)
    delete_recording = blocking(AsyncClient.delete_recording)
    close = blocking(AsyncClient.close)

    def run(self, id: str) -> Run:
        return Run(id, self._asynchronous.run(id))

    _describe(run, AsyncClient.run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def _asynchronous(self) -> AsyncClient:
        return AsyncClient._over(self._session)
