"""What a gateway knows of calls: each key's record, who waits for its end, and which request begins one.

The rules of keys are those of Invoke, in invocation_service.proto.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from callgate.answer_events import AnswerEvent, events_of
from callgate.canonical import canonical
from callgate.errors import CallgateError, InvocationNotFound, KeyReused, ReviewNotOpen
from callgate.fault_code import FaultCode
from callgate.outcomes import Outcome, SandboxFailed
from callgate.testing.endings import is_not_done, needs_review, state_of
from callgate.testing.refusals import reason_of
from callgate.testing.tools import FakeTool
from callgate.types import Event, State

#: The event of a call's clean-up, which is its last one.
SETTLED = "BOX_REMOVED"
#: Who decides, as a review names it.
REVIEWER = "fake/reviewer"


@dataclass(slots=True, kw_only=True)
class FakeCall:
    """One logical call, as a FakeGateway sees it. It changes as long as the call is under way."""

    #: As the caller wrote it.
    reference: str
    tool: FakeTool
    arguments: Mapping[str, Any]
    #: The key on the wire: one that the gateway would not take was hashed by the client.
    idempotency_key: str
    run_id: str = ""
    #: Seconds; None where the caller gave none.
    timeout: float | None = None
    #: How many requests were sent for it: one, and each repetition.
    requests: int = 1
    #: How often the tool's function was run for it.
    executions: int = 0
    state: State = State.PENDING
    outcome: Outcome | None = None
    #: Why the gateway did not take it, where it did not: then there is no record of it, and its key is free.
    refusal: CallgateError | None = None
    accepted: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime | None = None
    events: list[Event] = field(default_factory=list, repr=False)
    #: What has come of a streamed answer, line by line, while it is under way.
    lines: list[bytes] = field(default_factory=list, repr=False)
    under_review: bool = False
    #: When its last review was opened; None where none was.
    opened: datetime | None = None
    #: Who decided its review, why, and by which decision.
    author: str = ""
    reason: str = ""
    decision_id: str = ""
    call_token: str = field(default="", repr=False)
    #: Where in its run, as the caller said.
    step: str = ""
    occurrence: int = 0
    #: What its caller wrote, where the arguments are what the function's schema takes that for.
    said: Mapping[str, Any] | None = field(default=None, repr=False)
    #: Whether a caller was told that it is under way: then it keeps its record.
    told: bool = field(default=False, repr=False)

    @property
    def id(self) -> str:
        return id_of(self.idempotency_key)

    @property
    def over(self) -> bool:
        """Whether it has ended, or was refused."""
        return self.outcome is not None or self.refusal is not None

    @property
    def attempts(self) -> int:
        """How many a gateway tells of: it records an attempt when that has ended."""
        return self.executions if self.over else max(0, self.executions - 1)

    @property
    def answer_events(self) -> list[AnswerEvent]:
        """Those of its answer so far."""
        if self.over:
            return list(events_of(self.outcome, self.attempts))
        return [AnswerEvent(self.executions, number, line) for number, line in enumerate(self.lines, 1)]

    @property
    def asked(self) -> tuple[str, str]:
        """What is asked for: the same under the same key is the same call."""
        return self.reference, canonical(dict(self.arguments if self.said is None else self.said))

    def note(self, kind: str, **attributes: str) -> None:
        self.events.append(Event(len(self.events) + 1, datetime.now(UTC), self.state, kind, attributes))


@dataclass(frozen=True, slots=True)
class FakeDecision:
    """About a review. `outcome` is None for another attempt, `seen` where its author does not say how many there were."""

    id: str
    reason: str
    outcome: Outcome | None
    seen: int | None


class FakeCalls:
    """The calls of a gateway. `all` has each that was made or refused, in the order in which they came."""

    def __init__(self) -> None:
        self.all: list[FakeCall] = []
        self._known: dict[str, FakeCall] = {}
        self._changed = threading.Condition()

    def claim(self, wanted: FakeCall) -> tuple[FakeCall, bool]:
        """The call that has the key, and whether it is a new one, which is to be made. Raises KeyReused."""
        with self._changed:
            known = self._known.get(wanted.id)
            if known is None or _is_free(known, wanted):
                self._known[wanted.id] = wanted
                self.all.append(wanted)
                wanted.note("CLAIMED")
                return wanted, True
            if known.asked != wanted.asked:
                cure = "Look at the invocation that has the key, or give another key to another call."
                raise KeyReused("the key belongs to another call", cure=cure, invocation_id=known.id)
            known.requests += 1
            return known, False

    def dispatch(self, call: FakeCall) -> int:
        """Begin to run its function. Returns which time that is."""
        with self._changed:
            call.executions, call.state, call.outcome, call.ended = call.executions + 1, State.DISPATCHED, None, None
            call.lines.clear()
            call.note("DISPATCHED", attempt=str(call.executions))
            self._changed.notify_all()
            return call.executions

    def tell(self, call: FakeCall, line: bytes, execution: int) -> None:
        """One more line of an answer. What comes after the call's end, or of a time before, is dropped."""
        with self._changed:
            if not call.over and call.executions == execution:
                call.lines.append(line)
                self._changed.notify_all()

    def finish(self, call: FakeCall, ended: Outcome | CallgateError, execution: int) -> None:
        """The end of one time. What comes after the call's end, or of a time before, is dropped."""
        with self._changed:
            if call.over or call.executions != execution:
                return
            if isinstance(ended, CallgateError) and not call.told:
                call.refusal = ended
                self._known.pop(call.id, None)
            else:
                outcome = _refused(ended) if isinstance(ended, CallgateError) else ended
                self._end(call, outcome, "RECORDED")
            self._changed.notify_all()

    def decide(self, call: FakeCall, decision: FakeDecision) -> bool:
        """Apply a decision once. Returns whether it grants another attempt, which is then to be made. Raises ReviewNotOpen."""
        with self._changed:
            if decision.id and decision.id == call.decision_id:
                return False
            if not call.under_review or decision.seen not in (None, call.executions):
                raise ReviewNotOpen(f"nothing is to be decided about {call.id}", cure="Look at the review again.")
            call.reason, call.decision_id = decision.reason, decision.id
            if decision.outcome is not None:
                call.author = REVIEWER
                self._end(call, decision.outcome, "RESOLVED")
            call.under_review = False
            self._changed.notify_all()
            return decision.outcome is None

    def _end(self, call: FakeCall, outcome: Outcome, kind: str) -> None:
        call.outcome, call.state, call.ended = outcome, state_of(outcome), datetime.now(UTC)
        call.under_review = needs_review(call.tool, outcome)
        call.opened = call.ended if call.under_review else call.opened
        call.note(kind)
        call.note(SETTLED)

    def find(self, id: str) -> FakeCall:
        """The call of an id, as it stands. Raises InvocationNotFound."""
        with self._changed:
            if id not in self._known:
                raise InvocationNotFound(f"no invocation {id}", cure="Check the id, or the key.")
            return self._known[id]

    def with_key(self, key: str) -> FakeCall:
        """Raises InvocationNotFound."""
        return self.find(id_of(key))

    def events(
        self, call: FakeCall, after: int, *, until_settled: bool, seconds: float, lines: int
    ) -> tuple[list[Event], bool]:
        """The events after number `after`, once there are some, or none after so many seconds, or where there are more than so
        many lines; and whether no more follow."""
        with self._changed:
            self._changed.wait_for(lambda: len(call.events) > after or len(call.lines) > lines or call.over, seconds)
            news = call.events[after:]
            if call.over and not until_settled:  # the clean-up comes after the end
                news = [one for one in news if one.kind != SETTLED]
            return news, call.over

    def wait_over(self, call: FakeCall, seconds: float | None) -> None:
        """Wait for the end of a call. One that has not ended by then was told to be under way."""
        with self._changed:
            call.told |= not self._changed.wait_for(lambda: call.over, seconds)

    @property
    def known(self) -> list[FakeCall]:
        """Those with a record, the last one first."""
        with self._changed:
            return [call for call in reversed(self.all) if self._known.get(call.id) is call]


def id_of(key: str) -> str:
    return f"inv_{sha256(key.encode()).hexdigest()[:32]}"


def _is_free(known: FakeCall, wanted: FakeCall) -> bool:
    """Whether the key may be taken: nothing was done for its call, and this is not that call, sent again."""
    again = wanted.call_token != "" and wanted.call_token == known.call_token and wanted.asked == known.asked
    return is_not_done(known.outcome) and not again


def _refused(error: CallgateError) -> Outcome:
    """What is recorded of a refusal that came too late to be one."""
    reason = reason_of(error)
    fault = FaultCode(reason) if reason in FaultCode.__members__ else FaultCode.INTERNAL
    return SandboxFailed(fault, error.message, not_done=True)
