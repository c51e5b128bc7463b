"""What a list of calls is asked for, and what it tells."""

from google.protobuf.timestamp_pb2 import Timestamp

from callgate.v1 import invocation_pb2, invocation_service_pb2
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.edge.grpc.paging import asked_for, place_of, token_of
from gateway.edge.grpc.run_names import RUN_ID_LENGTH
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Invocation, InvocationState
from gateway.model.principal import Principal
from gateway.observability.tracing import trace_id_of
from gateway.pipeline.call_list import Wanted
from gateway.records.ledger.protocol import Acceptance

#: Calls in one page, where the caller names no number, and at most.
PAGE, MOST = 50, 250
#: Of a number in the store, in a place of its log.
DIGITS = 19


def wanted_from(request: invocation_service_pb2.ListInvocationsRequest) -> Wanted:
    """Raises RequestInvalid."""
    if len(request.run_id) > RUN_ID_LENGTH or not request.run_id.isprintable():
        raise RequestInvalid(f"run_id must be at most {RUN_ID_LENGTH} printable characters")
    return Wanted(
        tool=request.tool,
        states=frozenset(_state(number) for number in request.states),
        run_id=request.run_id,
        since=_moment(request.start_time) if request.HasField("start_time") else None,
        until=_moment(request.end_time) if request.HasField("end_time") else None,
    )


def _moment(given: Timestamp) -> float:
    """Seconds since 1970; what is before that is that. Raises RequestInvalid."""
    try:
        given.ToJsonString()
    except ValueError:
        raise RequestInvalid("start_time or end_time is no moment of the years 1 to 9999") from None
    return float(max(0.0, given.ToNanoseconds() / 10**9))


def _state(number: int) -> InvocationState:
    try:
        return InvocationState(invocation_pb2.InvocationState.Name(number).removeprefix("INVOCATION_STATE_"))
    except ValueError:
        raise RequestInvalid(f"states has {number}, which is no state of an invocation") from None


def place_from(request: invocation_service_pb2.ListInvocationsRequest, caller: Principal) -> Acceptance | None:
    """Raises RequestInvalid for a token of another list."""
    if not request.page_token:
        return None
    time, rest = place_of(_listed(request, caller), request.page_token)
    order, _, id = rest.partition(" ")
    if not (order.isascii() and order.isdecimal() and len(order) < DIGITS and 0 <= time < 10 ** (DIGITS - 1)):
        raise RequestInvalid("the page token was never given out")
    return Acceptance(time, int(order), id)


def token(request: invocation_service_pb2.ListInvocationsRequest, caller: Principal, place: Acceptance | None) -> str:
    return token_of(_listed(request, caller), place.time, f"{place.order} {place.id}") if place else ""


def _listed(request: invocation_service_pb2.ListInvocationsRequest, caller: Principal) -> str:
    """The list's name: a token is of one caller's list, and of what that was asked for."""
    return f"invocations of {caller}: {asked_for(request)}"


def summary(value: Invocation) -> invocation_pb2.InvocationSummary:
    return invocation_pb2.InvocationSummary(
        id=value.id,
        tool=value.request.version,
        effect=f"EFFECT_{value.request.effect}",
        state=f"INVOCATION_STATE_{value.state}",
        accept_time=timestamp(value.accepted),
        end_time=timestamp(value.ended) if value.ended is not None else None,
        attempt_count=len(value.attempts),
        run_id=value.request.run_id,
        under_review=value.review is not None and value.review.open,
        trace_id=trace_id_of(value.request.traceparent),
        agent=value.principal.agent,
        subject=value.principal.subject,
    )
