"""What a box reports of a token that it was to obtain: until when that is used, or why there is none. Pure."""

from dataclasses import dataclass

import orjson

from gateway.decisions.fault_of_error import FAULTS
from gateway.model.errors import ConnectAgain, GatewayError, TokenRefused, TokenUnavailable
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Faulted, Responded, Result

#: Seconds that a token is used whose endpoint does not say for how long it is good (RFC 6749 §5.1 only recommends it).
UNTOLD = 300.0
#: A token is not used in the last part of its life: a call takes time until it shows it. Seconds, and a share of a short life.
MARGIN, SHARE = 30.0, 0.2
#: Seconds beyond which an endpoint is not believed.
LONGEST = 86_400.0

#: Faults that only an operator can mend: the next box would meet them again.
_OPERATORS = frozenset(
    {FaultCode.TOKEN_REFUSED, FaultCode.SECRET_UNAVAILABLE, FaultCode.EGRESS_DENIED, FaultCode.JOB_INVALID}
)  # fmt: skip

#: How a box says of an endpoint that no authority which it believes has signed its certificate: none will by itself.
_UNKNOWN_AUTHORITY = "certificate signed by unknown authority"
_CURE_OF_AUTHORITY = (
    "Let the operator name the authority of the endpoint's certificate in the file of CALLGATE_CA_FILE. Then send the same "
    "request again."
)

_BY_FAULT = {fault: error for error, fault in FAULTS.items() if error in {TokenRefused, TokenUnavailable, ConnectAgain}}


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
    known = {str(code): error for code, error in _BY_FAULT.items()}.get(fault, TokenUnavailable)
    return _unavailable(message, seconds) if known is TokenUnavailable else known(message)


def _refusal(result: Faulted) -> GatewayError:
    if result.fault is FaultCode.CONNECT_AGAIN:
        return ConnectAgain(result.message)
    return TokenRefused(result.message) if result.fault in _OPERATORS else _unavailable(result.message)


def _unavailable(message: str, seconds: float = 2.0) -> TokenUnavailable:
    cure = _CURE_OF_AUTHORITY if _UNKNOWN_AUTHORITY in message else None
    return TokenUnavailable(message, retry_after=seconds, cure=cure)


def _seconds(body: bytes) -> float | None:
    try:
        said = orjson.loads(body)
    except ValueError:
        return None
    seconds = said.get("expires_in") if isinstance(said, dict) else None
    return float(seconds) if isinstance(seconds, int) and not isinstance(seconds, bool) else None
