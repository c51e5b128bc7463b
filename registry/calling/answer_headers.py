"""Which headers of an answer its caller gets: those that say something of the answer, as many as are bounded."""

from collections.abc import Iterable
from dataclasses import dataclass

#: The most headers of one answer, the most characters of one's value, and of all names and values together.
MOST, LONGEST, IN_ALL = 64, 8192, 16 * 1024

Header = tuple[str, str]

#: Of one connection (RFC 9110 §7.6.1), or of a client that keeps cookies, which no box does.
_OF_A_CONNECTION = """
    connection keep-alive te trailer transfer-encoding upgrade proxy-connection proxy-authenticate proxy-authorization
    proxy-authentication-info set-cookie set-cookie2
"""
#: What only a browser obeys.
_OF_A_BROWSER = """
    content-security-policy content-security-policy-report-only permissions-policy feature-policy referrer-policy
    strict-transport-security public-key-pins expect-ct nel report-to reporting-endpoints alt-svc accept-ch critical-ch
    x-frame-options x-content-type-options x-xss-protection x-download-options x-permitted-cross-domain-policies
    cross-origin-opener-policy cross-origin-embedder-policy cross-origin-resource-policy origin-agent-cluster p3p
    clear-site-data
"""
_NEVER = frozenset((_OF_A_CONNECTION + _OF_A_BROWSER).split())
_CORS = "access-control-"


@dataclass(frozen=True, slots=True)
class AnswerHeaders:
    """Names in lower case. `left_out`: how many more there were that a bound left out, each as a whole."""

    kept: tuple[Header, ...] = ()
    left_out: int = 0


NONE = AnswerHeaders()


def answer_headers(headers: Iterable[Header], method: str) -> AnswerHeaders:
    """What a caller gets of the headers of an answer to a request of this method. Names are in lower case already.

    The length is of what was received, so it is told only where the body is not: of a HEAD.
    """
    given = list(headers)
    named = {name.strip().lower() for key, value in given if key == "connection" for name in value.split(",")}
    named |= _NEVER | (set() if method == "HEAD" else {"content-length"})
    wanted = [(name, value) for name, value in given if name not in named and not name.startswith(_CORS)]
    kept, size = list[Header](), 0
    for name, value in wanted:
        if len(value) <= LONGEST and len(kept) < MOST and size + len(name) + len(value) <= IN_ALL:
            kept.append((name, value))
            size += len(name) + len(value)
    return AnswerHeaders(tuple(kept), len(wanted) - len(kept))
