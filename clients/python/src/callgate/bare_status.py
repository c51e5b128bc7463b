"""What a status means that carries no ErrorDetail. A gateway sends one with each refusal, so such a status is not its word: the
connection broke, or a proxy, or another server, answered in the gateway's place.

gRPC keeps the HTTP status of such an answer in its text alone.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

from grpc import StatusCode

from callgate import errors
from callgate.errors import CallgateError


@dataclass(frozen=True, slots=True)
class Row:
    kind: type[CallgateError]
    cure: str
    retryable: bool = False


AGAIN = "Send the same request again, a call with the same idempotency key."
CORRECT = "Correct the request as the message says."
NO_GATEWAY = Row(errors.GatewayUnavailable, "Start the gateway with `callgate up`, or check CALLGATE_ADDRESS.", retryable=True)
NOT_ALLOWED = Row(
    errors.GatewayUnavailable,
    "Run this as a user who may open the socket that CALLGATE_ADDRESS names, or let the operator give you the right to: the"
    " gateway's socket is its user's.",
    retryable=True,
)
NO_SUCH_HOST = Row(
    errors.GatewayUnavailable, "Check the name in CALLGATE_ADDRESS, and that this machine can look it up.", retryable=True
)
NOT_TRUSTED = Row(
    errors.GatewayUnavailable,
    "Check CALLGATE_ROOT_CERTIFICATES and CALLGATE_ADDRESS: the server must speak TLS, with a certificate of that authority for"
    " exactly this name.",
    retryable=True,
)
NOT_HTTP2 = Row(
    errors.GatewayUnavailable,
    "Check CALLGATE_ADDRESS: the server there does not speak HTTP/2. A proxy must do so on both sides (nginx: `listen … http2`"
    " and `grpc_pass`; HAProxy: `proto h2`).",
    retryable=True,
)
BROKEN = Row(
    errors.ConnectionBroken,
    "If it happens again and again, look at the proxy or balancer between this client and the gateway: its limits for idle and"
    f" long streams, and its own log. {AGAIN}",
    retryable=True,
)
IN_ITS_PLACE = Row(
    errors.ProxyAnswered,
    f"See whether the proxy between this client and the gateway reaches the gateway, and whether the gateway runs. {AGAIN}",
    retryable=True,
)
NOT_OURS = Row(
    errors.RefusedOnTheWay,
    "Check CALLGATE_ADDRESS: the server there is no Callgate gateway, or one of another version, or a proxy that does not know"
    " the gateway's paths.",
)
ON_THE_WAY = Row(
    errors.RefusedOnTheWay,
    "Ask the operator of the proxy between this client and the gateway, and check CALLGATE_ADDRESS: it was not the gateway that"
    " refused.",
)
TOO_LARGE = Row(
    errors.MessageTooLarge,
    "Send less, or have the limit raised on the proxy between this client and the gateway (nginx: `client_max_body_size`); the"
    " gateway itself takes messages of 4 MiB.",
)
UNREADABLE = Row(errors.GatewayDefect, "Use an SDK of the gateway's release; report it to the operator.")
BUSY = Row(errors.Overloaded, "Send less, or try again later.", retryable=True)

BY_HTTP_STATUS: dict[int, Row] = {
    # A proxy that reaches the gateway, and ends the request for being silent: it cuts the connection, and says so.
    HTTPStatus.GATEWAY_TIMEOUT: BROKEN,
    HTTPStatus.NOT_FOUND: NOT_OURS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TOO_LARGE,
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: TOO_LARGE,
    HTTPStatus.REQUEST_TIMEOUT: IN_ITS_PLACE,
    HTTPStatus.TOO_EARLY: IN_ITS_PLACE,
    HTTPStatus.TOO_MANY_REQUESTS: BUSY,
}

BY_STATUS = {
    StatusCode.DEADLINE_EXCEEDED: Row(errors.NoAnswer, AGAIN, retryable=True),
    StatusCode.RESOURCE_EXHAUSTED: BUSY,
    StatusCode.INVALID_ARGUMENT: ON_THE_WAY,
    StatusCode.UNAUTHENTICATED: ON_THE_WAY,
    StatusCode.PERMISSION_DENIED: ON_THE_WAY,
    StatusCode.NOT_FOUND: NOT_OURS,
    StatusCode.FAILED_PRECONDITION: ON_THE_WAY,
    StatusCode.UNIMPLEMENTED: NOT_OURS,
}

#: What gRPC says of itself, and not a peer: the first that fits.
BY_TEXT = (
    (StatusCode.UNAVAILABLE, re.compile("errors resolving|DNS resolution failed|name resolution", re.IGNORECASE), NO_SUCH_HOST),
    (StatusCode.UNAVAILABLE, re.compile("failed to connect.{0,1000}permission denied", re.IGNORECASE), NOT_ALLOWED),
    (StatusCode.UNAVAILABLE, re.compile("failed to connect.{0,1000}(handshake|verification)", re.IGNORECASE), NOT_TRUSTED),
    (StatusCode.UNAVAILABLE, re.compile("failed to connect.{0,1000}(HTTP/2|http1|SETTINGS)", re.IGNORECASE), NOT_HTTP2),
    (StatusCode.UNAVAILABLE, re.compile("failed to connect|empty address list", re.IGNORECASE), NO_GATEWAY),
    (StatusCode.RESOURCE_EXHAUSTED, re.compile("message larger than max"), TOO_LARGE),
    (StatusCode.INTERNAL, re.compile("Exception deserializing"), UNREADABLE),
)

_HTTP_STATUS = re.compile(r"http2 header with status: (\d{3})")


def describe(code: StatusCode, text: str) -> tuple[Row, str]:
    """What the status means, and a name for it, such as UNAVAILABLE or HTTP_502."""
    if found := _HTTP_STATUS.search(text):
        return _of_http(int(found[1])), f"HTTP_{found[1]}"
    told = (row for status, pattern, row in BY_TEXT if status is code and pattern.search(text))
    return next(told, BY_STATUS.get(code, BROKEN)), code.name


def _of_http(status: int) -> Row:
    """A refusal will come again, and so will a redirection; with what the server could not do, that is open."""
    return BY_HTTP_STATUS.get(status, IN_ITS_PLACE if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ON_THE_WAY)
