import pytest

from gateway.decisions.circuit_breaker import FIRST_PAUSE, LONGEST_PAUSE, THRESHOLD, CircuitBreakers, is_alive
from gateway.model.errors import UpstreamOpen
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Responded, Result, Usage


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breakers(clock: Clock) -> CircuitBreakers:
    return CircuitBreakers(clock)


def send(breakers: CircuitBreakers, *, alive: bool | None, tenant: str = "acme", upstream: str = "api:443") -> None:
    with breakers.permit(tenant, upstream) as permit:
        permit.alive = alive


def open_one(breakers: CircuitBreakers) -> None:
    for _ in range(THRESHOLD):
        send(breakers, alive=False)


def test_failures_in_a_row_open_it_and_it_says_for_how_long(breakers: CircuitBreakers) -> None:
    open_one(breakers)
    with pytest.raises(UpstreamOpen) as refusal:
        send(breakers, alive=True)
    assert refusal.value.retry_after == FIRST_PAUSE


def test_one_success_in_between_keeps_it_closed(breakers: CircuitBreakers) -> None:
    for number in range(THRESHOLD * 3):
        send(breakers, alive=number % (THRESHOLD - 1) == 0)


def test_what_says_nothing_of_the_upstream_counts_for_nothing(breakers: CircuitBreakers) -> None:
    for _ in range(THRESHOLD * 2):
        send(breakers, alive=None)
    with pytest.raises(KeyError), breakers.permit("acme", "api:443"):
        raise KeyError
    send(breakers, alive=True)


def test_after_the_pause_one_trial_goes_through_and_closes_it(breakers: CircuitBreakers, clock: Clock) -> None:
    open_one(breakers)
    clock.now += FIRST_PAUSE
    with breakers.permit("acme", "api:443") as trial:
        with pytest.raises(UpstreamOpen):
            send(breakers, alive=True)
        trial.alive = True
    send(breakers, alive=True)


def test_a_trial_that_fails_opens_it_for_twice_as_long_up_to_a_bound(breakers: CircuitBreakers, clock: Clock) -> None:
    open_one(breakers)
    pause = FIRST_PAUSE
    for _ in range(10):
        clock.now += pause
        send(breakers, alive=False)
        pause = min(LONGEST_PAUSE, pause * 2)
        with pytest.raises(UpstreamOpen) as refusal:
            send(breakers, alive=True)
        assert refusal.value.retry_after == pause


def test_a_trial_that_taught_nothing_leaves_room_for_the_next(breakers: CircuitBreakers, clock: Clock) -> None:
    open_one(breakers)
    clock.now += FIRST_PAUSE
    send(breakers, alive=None)
    send(breakers, alive=True)
    send(breakers, alive=True)


def test_another_tenant_and_another_upstream_are_let_through(breakers: CircuitBreakers) -> None:
    open_one(breakers)
    send(breakers, alive=True, tenant="other")
    send(breakers, alive=True, upstream="api:8443")


def faulted(fault: FaultCode, evidence: Evidence) -> Result:
    return Faulted(fault, evidence, "", Usage())


@pytest.mark.parametrize(
    ("result", "alive"),
    [
        (Responded(200, (), b"", Usage()), True),
        (Responded(500, (), b"", Usage()), True),
        (Responded(429, (), b"", Usage()), True),
        (Responded(503, (), b"", Usage()), False),
        (faulted(FaultCode.UPSTREAM_UNREACHABLE, Evidence.NOT_SENT), False),
        (faulted(FaultCode.UPSTREAM_BROKE, Evidence.SENT), False),
        (faulted(FaultCode.TIMED_OUT, Evidence.SENT), False),
        (faulted(FaultCode.TIMED_OUT, Evidence.NOT_SENT), None),
        (faulted(FaultCode.BOX_DIED, Evidence.SENT), None),
        (faulted(FaultCode.SECRET_UNAVAILABLE, Evidence.NOT_SENT), None),
    ],
)
def test_what_a_result_says_of_the_upstream(result: Result, alive: bool | None) -> None:
    assert is_alive(result, whole_time=True) is alive


def test_an_impatient_callers_timeout_says_nothing() -> None:
    assert is_alive(faulted(FaultCode.TIMED_OUT, Evidence.SENT), whole_time=False) is None
