"""A request of an MCP client, as the rest of the door sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from callgate.aio import AsyncClient

#: What the door's own members of `_meta` begin with. MCP leaves a prefix to the owner of its domain.
PREFIX = "callgate.dev/"


@dataclass(frozen=True, slots=True)
class McpCaller:
    """Who asks. `client` has the caller's token. `session`: a name that no other connection of a client has or will have; None
    where requests belong to no connection."""

    client: AsyncClient = field(repr=False)
    session: str | None


class RequestWrong(Exception):
    """Ends a request with a JSON-RPC error: what is wrong with the request itself, and no model can mend."""

    def __init__(self, message: str, *, is_method: bool = False) -> None:
        """`is_method`: there is no such method here; else the request's parameters are wrong."""
        super().__init__(message)
        self.is_method = is_method


class UnknownTool(RequestWrong):
    """There is no such tool that this caller may call here."""

    def __init__(self, name: str) -> None:
        super().__init__(f"Unknown tool: {name[:64]}")
        self.name = name


@dataclass(frozen=True, slots=True)
class Page:
    """What a person is led to in a browser. `why` is for people."""

    url: str
    why: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a request of 2026-07-28 comes back with: the name of what was waited for, and whether the person has gone there."""

    state: str
    accepted: bool


class Person(Protocol):
    """Whom a client's request comes from: the client leads that person to a page, if it can."""

    async def led_to(self, page: Page) -> bool:
        """Whether the person has gone there. False where it would not."""

    async def has_been(self, page: Page) -> None:
        """What was to be done on the page is done: the client may take it away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McpRequest:
    """`meta`: the request's `_meta`. `modern`: by the revision 2026-07-28 or later. `progress` tells the client how a call goes
    on; it does nothing where the client does not want to know. `person`: None where the client cannot lead one to a page while
    the request waits; `person_later`: whether it can, once the request has ended; `spoken`: what has come of that.
    `taken_back`: whether a request that ends without an answer was taken back by its client, as opposed to a connection that
    broke; it is told whether the client can come again for the same call."""

    caller: McpCaller
    request_id: str | int | None
    meta: Mapping[str, Any]
    modern: bool
    progress: Callable[[int, str], Awaitable[None]]
    wants_progress: bool = False
    person: Person | None = None
    person_later: bool = False
    spoken: Spoken | None = None
    taken_back: Callable[[bool], bool] = lambda _: False

    @property
    def client(self) -> AsyncClient:
        return self.caller.client

    def own(self, name: str) -> Any:
        """The door's own member of `_meta`, None where there is none."""
        return self.meta.get(PREFIX + name)
