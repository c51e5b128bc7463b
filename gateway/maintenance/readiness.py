"""Whether calls can be served: looked at every second, and told to those who route calls here.

Vault is not asked for it: calls without a credential need none, and the others are refused by name.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from gateway.model.errors import GatewayError
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)

#: Looks in a row that must find the store away: under load, one answer may be late.
STORE_LOOKS = 2


class TellHealth(Protocol):
    """`records` tells whether the store is there, `boxes` whether boxes are."""

    async def __call__(self, *, records: bool, boxes: bool) -> None: ...


@dataclass(slots=True, kw_only=True)
class Readiness:
    """`ask_store` raises where the store does not answer, or cannot be trusted; `boxes` says why there are none."""

    ask_store: Callable[[], Awaitable[None]]
    boxes: Callable[[], SandboxError | None]
    tell: TellHealth
    _away: int = 0
    _known: dict[str, str | None] = field(default_factory=dict)

    async def look(self) -> None:
        store, boxes = await self._store_trouble(), self.boxes()
        self._away = self._away + 1 if store else 0
        records = self._away < STORE_LOOKS
        self._note("store", None if records else store)
        self._note("boxes", boxes)
        await self.tell(records=records, boxes=boxes is None)

    async def _store_trouble(self) -> GatewayError | None:
        try:
            await self.ask_store()
        except GatewayError as error:
            return error
        return None

    def _note(self, part: str, trouble: GatewayError | SandboxError | None) -> None:
        """One line for each change; also where another cure is called for than before. What a message counts is no change."""
        was, self._known[part] = self._known.get(part), trouble.cure if trouble else None
        if trouble is not None and was != trouble.cure:
            log.error("not_serving", part=part, cause=str(trouble), cure=trouble.cure)
        if trouble is None and was is not None:
            log.info("serving_again", part=part)
