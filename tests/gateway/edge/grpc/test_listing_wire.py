"""What a list of calls may be asked for, and what its tokens are of."""

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from callgate.v1 import invocation_pb2
from callgate.v1.invocation_service_pb2 import ListInvocationsRequest
from gateway.edge.grpc import listing_wire as wire
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.edge.grpc.paging import token_of
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import InvocationState
from gateway.model.principal import Principal
from gateway.records.ledger.protocol import Acceptance

ADA, BOB = Principal("acme", "planner", "ada"), Principal("acme", "planner", "bob")
PLACE = Acceptance(1_000, 7, "inv_1")


def test_a_request_says_which_calls_are_wanted() -> None:
    request = ListInvocationsRequest(
        tool="charge",
        states=[invocation_pb2.INVOCATION_STATE_FAILED, invocation_pb2.INVOCATION_STATE_UNKNOWN],
        run_id="run-7",
        start_time=Timestamp(seconds=5),
        end_time=Timestamp(seconds=6, nanos=500_000_000),
    )
    wanted = wire.wanted_from(request)
    assert (wanted.tool, wanted.run_id, wanted.since, wanted.until) == ("charge", "run-7", 5.0, 6.5)
    assert wanted.states == {InvocationState.FAILED, InvocationState.UNKNOWN}


@pytest.mark.parametrize("wrong", [{"states": [0]}, {"states": [99]}, {"run_id": "a\nb"}, {"run_id": "x" * 256}])
def test_what_no_call_can_have_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(RequestInvalid):
        wire.wanted_from(ListInvocationsRequest(**wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["start_time", "end_time"])
@pytest.mark.parametrize("wrong", [{"seconds": 10**12}, {"nanos": -1}, {"nanos": 2_000_000_000}])
def test_a_moment_that_no_timestamp_can_tell_is_refused(field: str, wrong: dict[str, int]) -> None:
    with pytest.raises(RequestInvalid, match="no moment"):
        wire.wanted_from(ListInvocationsRequest(**{field: wrong}))  # type: ignore[arg-type]


def test_a_moment_before_1970_is_the_first_of_all() -> None:
    assert wire.wanted_from(ListInvocationsRequest(end_time={"seconds": -1})).until == 0


@pytest.mark.parametrize(("time", "order"), [(10**18, "1"), (1, "9" * 25), (1, "-1"), (1, "")])
def test_a_place_that_no_log_has_is_refused(time: int, order: str) -> None:
    asked = ListInvocationsRequest(tool="charge")
    listed = wire._listed(asked, ADA)
    with pytest.raises(RequestInvalid):
        wire.place_from(ListInvocationsRequest(tool="charge", page_token=token_of(listed, time, f"{order} inv_1")), ADA)


def test_a_token_leads_back_to_its_place_whatever_the_size_of_the_next_page() -> None:
    given = wire.token(ListInvocationsRequest(tool="charge"), ADA, PLACE)
    assert wire.place_from(ListInvocationsRequest(tool="charge", page_size=7, page_token=given), ADA) == PLACE


@pytest.mark.parametrize(
    ("request_", "caller"),
    [
        (ListInvocationsRequest(tool="refund"), ADA),
        (ListInvocationsRequest(), ADA),
        (ListInvocationsRequest(tool="charge"), BOB),
    ],
    ids=["another filter", "no filter", "another caller"],
)
def test_a_token_of_another_list_is_refused(request_: ListInvocationsRequest, caller: Principal) -> None:
    request_.page_token = wire.token(ListInvocationsRequest(tool="charge"), ADA, PLACE)
    with pytest.raises(RequestInvalid):
        wire.place_from(request_, caller)


@pytest.mark.parametrize("rest", ["", "x inv_1", "-1 inv_1", "\u0661 inv_1"])
def test_a_token_that_was_made_by_hand_is_refused(rest: str) -> None:
    request = ListInvocationsRequest()
    request.page_token = token_of(wire._listed(request, ADA), 1, rest)
    with pytest.raises(RequestInvalid):
        wire.place_from(request, ADA)


def test_there_is_no_token_at_the_end() -> None:
    assert wire.token(ListInvocationsRequest(), ADA, None) == ""


def test_a_moment_that_a_call_was_accepted_at_comes_back_as_it_was() -> None:
    """The store has milliseconds. A moment that came back later than it went would list a call as before its own acceptance."""
    for milliseconds in range(1_764_000_000_000, 1_764_000_002_000):
        told = timestamp(milliseconds / 1000)
        assert wire.wanted_from(ListInvocationsRequest(end_time=told)).until == milliseconds / 1000
