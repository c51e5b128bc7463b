"""What of a call's end is compared. Of an answer's headers, those are not that say only when, by whom or for whom it was made:
they differ in each run of an agent that has not changed.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from callgate.recorded.calls import Json, RecordedCall

#: When: RFC 9110 (6.6.1), RFC 9111 (5.1, 5.3), the W3C's Server Timing; and as Rails, Envoy and Fastly say how long it took.
_WHEN = ("date", "age", "expires", "server-timing", "x-runtime", "x-response-time", "x-envoy-upstream-service-time", "x-timer")
#: By which machines: RFC 9110 (7.6.3), and as Fastly, Varnish and CloudFront name those of theirs.
_WHERE = ("via", "x-served-by", "x-cache", "x-cache-hits", "x-varnish", "x-backend-server", "x-amz-cf-pop")
#: The number of the request: the W3C's Trace Context; what became usual of Heroku's and Zipkin's; and those of Cloudflare, AWS,
#: Google, Azure and GitHub, by their manuals.
_REQUEST = (
    *("traceparent", "tracestate", "traceresponse", "request-id", "x-request-id", "x-correlation-id", "x-trace-id"),
    *("x-b3-traceid", "x-b3-spanid", "cf-ray", "x-amzn-requestid", "x-amzn-trace-id", "x-amz-request-id", "x-amz-id-2"),
    *("x-amz-apigw-id", "x-amz-cf-id", "x-cloud-trace-context", "x-ms-request-id", "apim-request-id", "x-github-request-id"),
)
#: What was left of a rate then: the IETF's draft of RateLimit header fields, and what it was made of.
_RATE = (
    *("ratelimit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-used"),
    *("x-rate-limit-remaining", "x-rate-limit-reset"),
)
#: Headers that are no difference of a run, in lower case.
PASSING = frozenset((*_WHEN, *_WHERE, *_REQUEST, *_RATE))


def compared_ending(call: RecordedCall) -> Json:
    """Of a refusal its reason alone: the words are for people. Headers are told by their names: their order has no meaning."""
    if call.outcome is None:
        return {"refusal": {"reason": (call.refusal or {}).get("reason", "")}}
    return {kind: _compared(told) for kind, told in call.outcome.items()}


def _compared(told: Any) -> Any:
    result = told.get("result") if isinstance(told, dict) else None
    if not isinstance(result, dict) or "headers" not in result:
        return told
    rest = {name: part for name, part in result.items() if name != "headers"}
    headers = _lasting(result["headers"])
    return {**told, "result": {**rest, "headers": headers} if headers else rest}


def _lasting(headers: Iterable[Json]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in headers:
        name = str(one.get("name", "")).lower()
        if name not in PASSING:
            found[name].append(str(one.get("value", "")))
    return dict(found)
