"""Keeps what a call was asked and answered, where its tool's manifest says so; and shows it to those who may see the call."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import structlog

from gateway.decisions.policy import Policy
from gateway.model.errors import InvocationNotFound, QuotaExceeded, StoreUnavailable, brief
from gateway.model.invocation import Invocation
from gateway.model.principal import Caller
from gateway.pipeline.execution import Execution
from gateway.records.recordings.exchanges import Exchange, Exchanges, MemoryExchanges
from registry.calling.redaction import redact_secrets
from registry.model.accounting import Keep
from registry.model.tool import ToolVersion

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class KeptExchanges:
    """`clock` gives seconds since the epoch."""

    exchanges: Exchanges = field(default_factory=MemoryExchanges)
    clock: Callable[[], float] = time.time

    async def keep(self, execution: Execution, invocation: Invocation, *, fresh: bool) -> None:
        """Keep a call that has ended. One that is told from its record is kept where its gateway had no time for that, and no
        longer than it would have been."""
        kept = execution.version.draft.keep
        if kept is None or not (kept.arguments or kept.answers) or invocation.outcome is None:
            return
        ended = invocation.ended or self.clock()
        left = kept.seconds if fresh else ended + kept.seconds - self.clock()
        if left <= 0:
            return
        try:
            if fresh or await self.exchanges.find(invocation.principal.tenant, invocation.id) is None:
                asked = await _asked(execution) if kept.arguments else None
                await self.exchanges.keep(_exchange(execution.version, invocation, asked, kept, ended), left)
        # The call's own record is safe, and what it did is done.
        except (StoreUnavailable, QuotaExceeded) as error:
            log.warning("exchange_not_kept", invocation=invocation.id, error=str(error), cure=error.cure)

    async def read(self, policy: Policy, caller: Caller, id: str) -> Exchange:
        """Raises InvocationNotFound, also where this caller may not see the call."""
        found = await self.exchanges.find(caller.principal.tenant, id)
        if found is None or not policy.may_see(caller, found.principal):
            raise InvocationNotFound(
                f"nothing is kept of an invocation {brief(id)}",
                cure="What a tool's calls are asked and answered is kept where its manifest says so (`keep`), and for so long.",
            )
        return found


async def _asked(execution: Execution) -> bytes:
    """The arguments as the caller gave them; those that the tool's schema, or the name of a text, call secret are replaced."""
    shown = await asyncio.to_thread(redact_secrets, execution.arguments.value, execution.version.draft.input_schema)
    return orjson.dumps(shown)


def _exchange(version: ToolVersion, invocation: Invocation, asked: bytes | None, kept: Keep, ended: float) -> Exchange:
    return Exchange(
        invocation.id,
        invocation.principal,
        version.reference,
        version.digest,
        run_id=invocation.request.run_id,
        arguments=asked,
        outcome=invocation.outcome if kept.answers else None,
        ended=ended,
        expires=ended + kept.seconds,
    )
