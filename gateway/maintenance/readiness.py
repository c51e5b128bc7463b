"""Whether calls can be served: looked at every second, and told to those who route calls here.

A gateway whose state directory takes nothing lets no call act: it could not remember that. What is wrong with the login to
Vault has a name of its own in the health protocol: calls without a credential need none, and the others are refused by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from gateway.model.errors import GatewayError
from gateway.records.ledger.disk import cure_of_disk
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)

#: Looks in a row that must find the store away: under load, one answer may be late.
STORE_LOOKS = 2


class TellHealth(Protocol):
    """`records` tells whether the store is there, `calls` whether all else is that a call needs, `credentials` whether the
    gateway can log in to Vault, and will be able to."""

    async def __call__(self, *, records: bool, calls: bool, credentials: bool) -> None: ...


@dataclass(slots=True, kw_only=True)
class Readiness:
    """`ask_store` raises where the store does not answer, or cannot be trusted; `boxes` says why there are none, `state` why
    the state directory takes nothing, `credentials` what is wrong with the login to Vault."""

    ask_store: Callable[[], Awaitable[None]]
    boxes: Callable[[], SandboxError | None]
    state: Callable[[], Awaitable[OSError | None]]
    credentials: Callable[[], GatewayError | None]
    tell: TellHealth
    _away: int = 0
    _known: dict[str, str | None] = field(default_factory=dict)

    async def look(self) -> None:
        store, boxes, state = await self._store_trouble(), self.boxes(), await self.state()
        self._away = self._away + 1 if store else 0
        records = self._away < STORE_LOOKS
        self._note("store", None if records else store)
        self._note("boxes", boxes)
        self._note("state directory", state)
        able = self.credentials() is None  # its own log line is the renewal's
        await self.tell(records=records, calls=boxes is None and state is None, credentials=able)

    async def _store_trouble(self) -> GatewayError | None:
        try:
            await self.ask_store()
        except GatewayError as error:
            return error
        return None

    def _note(self, part: str, trouble: GatewayError | SandboxError | OSError | None) -> None:
        """One line for each change; also where another cure is called for than before. What a message counts is no change."""
        cure = cure_of_disk(trouble) if isinstance(trouble, OSError) else trouble.cure if trouble else None
        was, self._known[part] = self._known.get(part), cure
        if trouble is not None and was != cure:
            log.error("not_serving", part=part, cause=str(trouble), cure=cure)
        if trouble is None and was is not None:
            log.info("serving_again", part=part)
