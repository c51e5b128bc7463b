"""Keeps what a call was asked and answered, where its tool's manifest says so; and shows it to those who may see the call."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import orjson
import structlog

from gateway.decisions.hidden_texts import without
from gateway.decisions.policy import Policy
from gateway.model.errors import InvocationNotFound, QuotaExceeded, StoreUnavailable, brief
from gateway.model.invocation import Invocation
from gateway.model.principal import Caller
from gateway.pipeline.execution import Execution
from gateway.records.recordings.exchanges import Exchange, Exchanges, MemoryExchanges
from registry.calling.redaction import redact_secrets
from registry.model.accounting import Keep

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
                exchange = await asyncio.to_thread(_exchange, execution, invocation, kept, ended)
                await self.exchanges.keep(exchange, left)
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


def _exchange(execution: Execution, invocation: Invocation, kept: Keep, ended: float) -> Exchange:
    """With the arguments as the caller gave them. Those that the tool's schema, or the name of a text, call secret are
    replaced, and so they are where the answer repeats them."""
    version, hidden = execution.version, set[str]()
    asked = orjson.dumps(redact_secrets(execution.arguments.value, version.draft.input_schema, hidden))
    return Exchange(
        invocation.id,
        invocation.principal,
        version.reference,
        version.digest,
        run_id=invocation.request.run_id,
        arguments=asked if kept.arguments else None,
        outcome=without(invocation.outcome, hidden) if kept.answers and invocation.outcome else None,
        ended=ended,
        expires=ended + kept.seconds,
    )
