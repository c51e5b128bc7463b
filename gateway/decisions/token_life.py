"""What a box reports of a token that it was to obtain: until when that is used, or why there is none. Pure."""

from dataclasses import dataclass

import orjson

from gateway.decisions.token_cures import is_lasting
from gateway.model.errors import ConnectAgain, GatewayError, TokenEndpointUnusable, TokenRefused, TokenUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Responded, Result

#: Seconds that a token is used whose endpoint does not say for how long it is good (RFC 6749 §5.1 only recommends it).
UNTOLD = 300.0
#: A token is not used in the last part of its life: a call takes time until it shows it. Seconds, and a share of a short life.
MARGIN, SHARE = 30.0, 0.2
#: Seconds beyond which an endpoint is not believed.
LONGEST = 86_400.0
#: Seconds for which an endpoint's Retry-After keeps all callers from it: a larger one would outlast the endpoint's own trouble.
LONGEST_WISH = 300.0
#: Seconds after which a call may find another answer.
SHORTEST_PAUSE = 2.0

#: Faults that only an operator can mend: the next box would meet them again.
_OPERATORS = frozenset(
    {FaultCode.TOKEN_REFUSED, FaultCode.SECRET_UNAVAILABLE, FaultCode.EGRESS_DENIED, FaultCode.JOB_INVALID}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Life:
    """`seconds`: as the endpoint has told it, or UNTOLD, if it was not `told`."""

    seconds: float
    told: bool = True

    @property
    def used_for(self) -> float:
        return self.seconds - min(MARGIN, SHARE * self.seconds)


def life_of(result: Result) -> Life:
    """A box may be in the hands of what answers at the endpoint: its number is a stranger's.

    Raises TokenRefused, TokenUnavailable, ConnectAgain.
    """
    if isinstance(result, Faulted):
        raise _refusal(result)
    seconds = _seconds(result.body) if isinstance(result, Responded) else None
    if seconds is None:
        raise TokenUnavailable("the box did not say for how long the token is good")
    return Life(UNTOLD, told=False) if seconds < 0 else Life(min(seconds, LONGEST))


def error_of(fault: str, message: str, seconds: float) -> GatewayError:
    """The error that another call has met just now."""
    match fault:
        case FaultCode.TOKEN_REFUSED:
            return TokenRefused(message)
        case FaultCode.CONNECT_AGAIN:
            return ConnectAgain(message)
    return _unavailable(message, seconds)


def _refusal(result: Faulted) -> GatewayError:
    if result.fault is FaultCode.CONNECT_AGAIN:
        return ConnectAgain(result.message)
    if result.fault in _OPERATORS:
        return TokenRefused(result.message)
    return _unavailable(result.message, max(SHORTEST_PAUSE, min(result.retry_after or 0.0, LONGEST_WISH)))


def _unavailable(message: str, seconds: float) -> TokenUnavailable:
    error = TokenEndpointUnusable if is_lasting(message) else TokenUnavailable
    return error(message, retry_after=seconds)


def _seconds(body: bytes) -> float | None:
    try:
        said = orjson.loads(body)
    except ValueError:
        return None
    seconds = said.get("expires_in") if isinstance(said, dict) else None
    return float(seconds) if isinstance(seconds, int) and not isinstance(seconds, bool) else None
