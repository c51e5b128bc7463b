"""A request of an MCP client, as the rest of the door sees it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callgate.aio import AsyncClient

#: What the door's own members of `_meta` begin with. MCP keeps a prefix for the owner of its domain.
PREFIX = "callgate.dev/"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. `client` has the caller's token. `session`: a name that no other connection of a client has or will have; None
    where requests belong to no connection."""

    client: AsyncClient = field(repr=False)
    session: str | None


class Refusal(Exception):
    """Ends a request with a JSON-RPC error: what is wrong with the request itself, and no model can mend."""

    def __init__(self, message: str, *, invalid: bool = False, facts: Mapping[str, Any] | None = None) -> None:
        """`invalid`: the request's parameters are wrong. `facts`: for programs."""
        super().__init__(message)
        self.invalid = invalid
        self.facts = facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`meta`: the request's `_meta`. `modern`: by the revision 2026-07-28 or later, where an answer may be any JSON value.
    `progress` tells the client how a call goes on, and is None where the client does not want to know. `was_cancelled`: whether
    its client has taken the request back, where that is why the request ends."""

    caller: Caller
    request_id: str | int | None
    meta: Mapping[str, Any]
    modern: bool
    progress: Callable[[int, str], Awaitable[None]] | None = None
    was_cancelled: Callable[[], bool] = lambda: False

    @property
    def client(self) -> AsyncClient:
        return self.caller.client

    def own(self, name: str) -> Any:
        """The door's own member of `_meta`, None where there is none."""
        return self.meta.get(PREFIX + name)
