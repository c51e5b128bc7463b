"""One line in the log for each call that was made here, at its end: who called what, how it ended, and how long it took.

A call that is answered from its record, or joins one under way, has no line: nothing ran for it. Nor has one that was refused
before anything was looked at: who calls too much must not fill the log.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic

import structlog

from gateway.model.errors import GatewayError
from gateway.model.principal import Principal
from gateway.pipeline.call import Answered, Call, invocation_id
from registry.model.clean_text import visible
from registry.model.errors import RegistryError

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class CallLine:
    """Of one call, since it began."""

    principal: Principal
    call: Call
    _began: float = field(default_factory=monotonic)

    def ended(self, answered: Answered) -> None:
        if answered.from_record:
            return
        found, outcome = answered.invocation, answered.invocation.outcome
        log.info(
            "call_ended",
            **self._who(),
            version=found.request.version,
            state=str(found.state),
            fault=str(outcome.fault) if outcome and outcome.fault else None,
            http_status=(outcome.answer.http_status if outcome.answer else outcome.http_status) if outcome else 0,
            attempts=len(found.attempts),
            source=outcome.source if outcome else "",
            under_review=found.review is not None and found.review.open,
        )

    def refused(self, refusal: Exception) -> None:
        log.info("call_refused", **self._who(), refusal=type(refusal).__name__, message=visible(str(refusal))[:500])

    def _who(self) -> dict[str, object]:
        who, call = self.principal, self.call
        return {
            "invocation": invocation_id(who, call.key),
            "tenant": who.tenant,
            "agent": who.agent,
            "subject": who.subject,
            "tool": visible(call.tool),
            "run": call.run_id,
            "seconds": round(monotonic() - self._began, 3),
        }


@contextmanager
def line_of(principal: Principal, call: Call) -> Iterator[CallLine]:
    line = CallLine(principal, call)
    try:
        yield line
    except (GatewayError, RegistryError) as refusal:
        line.refused(refusal)
        raise
