"""Lists of calls ↔ messages."""

from collections.abc import Callable, Sequence
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from callgate import checks
from callgate.convert import moment, named
from callgate.fault_code import fault_code
from callgate.keys import wire_key
from callgate.types import Effect, InvocationSummary, State
from callgate.v1 import invocation_pb2, tool_pb2
from callgate.v1.invocation_service_pb2 import ListInvocationsRequest


def wanted(
    *,
    tool: str | None,
    states: Sequence[State],
    run_id: str | None,
    agent: str | None,
    subject: str | None,
    key: str | None,
    since: datetime | None,
    until: datetime | None,
) -> Callable[[str], ListInvocationsRequest]:
    """The request for the page with a token. Raises RequestInvalid for a senseless filter."""
    request = ListInvocationsRequest(
        tool=checks.optional("tool", tool),
        states=[f"INVOCATION_STATE_{checks.member(State, 'state', one)}" for one in checks.sequence("states", states)],
        run_id=checks.optional_run_id(run_id),
        agent=checks.optional("agent", agent),
        subject=checks.optional("subject", subject),
        idempotency_key=wire_key(key) if key is not None else "",
        start_time=_time("since", since),
        end_time=_time("until", until),
    )

    def page(page_token: str) -> ListInvocationsRequest:
        request.page_token = page_token
        return request

    return page


def _time(part: str, given: datetime | None) -> Timestamp | None:
    found = checks.optional_moment(part, given)
    if found is None:
        return None
    stamp = Timestamp()
    stamp.FromDatetime(found)
    return stamp


def summary(message: invocation_pb2.InvocationSummary) -> InvocationSummary:
    return InvocationSummary(
        id=message.id,
        tool=message.tool,
        effect=named(Effect, tool_pb2.Effect, message.effect),
        state=named(State, invocation_pb2.InvocationState, message.state),
        accepted=moment(message.accept_time),
        ended=moment(message.end_time) if message.HasField("end_time") else None,
        attempts=message.attempt_count,
        run_id=message.run_id,
        under_review=message.under_review,
        trace_id=message.trace_id,
        agent=message.agent,
        subject=message.subject,
        step=message.step,
        occurrence=message.occurrence,
        fault=fault_code(message.fault) if message.fault else None,
        cost=message.cost if message.HasField("cost") else None,
    )
