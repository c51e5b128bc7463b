"""Invocations, one for each way in which a model may be told of one."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

Case = Mapping[str, Any]

ACTS, READS, KEYED = "EFFECT_NON_IDEMPOTENT", "EFFECT_READ", "EFFECT_KEYED"
HOSTILE = "it said \u001b[31mred\u001b[0m, \u202egnp.exe and \U000e0100 nothing else..."


def _result(body: bytes, kind: str = "application/json", **more: Any) -> Case:
    return {"httpStatus": 200, "contentType": kind, "body": b64encode(body).decode(), **more}


ARTIFACT = {"id": "art-1", "mediaType": "text/csv", "size": "1234567", "sha256": "ab", "expireTime": "2026-11-30T21:05:59Z"}
VIEW = {"projection": "items[].{id: id, 'it''s': x}", "wholeBytes": "65536", "itemsLeftOut": "1200", "bytesLeftOut": "4096"}

RESULTS: tuple[Case, ...] = (
    _result(b'{"done": true}'),
    _result(b""),
    _result(b"  \n", "text/plain"),
    _result("größer 😀".encode(), "text/plain; charset=utf-8"),
    _result(b"\xff\xfe broken", "text/plain"),
    _result(b"{not json}"),
    _result(b'[1, 2.5, "x", null]', "application/problem+json"),
    _result(b'{"a":1}', shown=VIEW),
    _result(
        b"null", shown={"projection": "nothing.here", "matchedNothing": True, "wholeBytes": "12", "unmatched": ["here", "it's"]}
    ),
    _result(b"{}", shown={"projection": "x", "message": "the view is broken\u0007"}),
    _result(b"[1]", pages={"fetched": 3, "items": "1500"}),
    _result(
        b"[1]",
        pages={
            "fetched": 1,
            "items": "1",
            "more": True,
            "nextArgumentsJson": b64encode(
                '{"cursor": "größer", "n": 9007199254740993, "deep": {"x": [true, null]}}'.encode()
            ).decode(),
        },
    ),
    _result(b"[1]", pages={"fetched": 2, "items": "2", "more": True, "stopped": "LOOP", "message": "the same page came twice"}),
    _result(b"[1]", pages={"fetched": 2, "items": "2", "more": True, "message": "it has no arguments"}),
    _result(b"begin", "text/csv", artifact=ARTIFACT),
    _result(b"", "text/csv", artifact={**ARTIFACT, "mediaType": ""}),
    _result(b'{"a":1}', shown=VIEW, artifact=ARTIFACT, pages={"fetched": 1, "items": "1"}),
)

FAILED = {"fault": "FAULT_CODE_HTTP_STATUS", "message": "the upstream answered 500", "httpStatus": 500}
ENDS: tuple[Case, ...] = (
    {"toolFailed": {**FAILED, "effectPossible": True}},
    {"toolFailed": {**FAILED, "result": _result(b'{"error": "no stock"}')}},
    {"toolFailed": {**FAILED, "effectPossible": True, "result": _result(b"oops", "text/plain")}},
    {"toolFailed": {**FAILED, "notDone": True}},
    *(
        {"toolFailed": {**FAILED, "notDone": True, "retryAfter": seconds}}
        for seconds in ("0s", "0.25s", "30s", "1234567s", "0.00001s")
    ),
    {"toolFailed": {"fault": "FAULT_CODE_VIEW_FAILED", "message": "the view fails", "effectPossible": True}},
    {"toolFailed": {"fault": "FAULT_CODE_UNSPECIFIED", "message": HOSTILE, "effectPossible": True}},
    {"toolFailed": {**FAILED, "message": "x" * 2_500}},
    {"toolFailed": {**FAILED, "message": "😀" * 2_500}},
    *(
        {
            "limitExceeded": {
                "limit": "LIMIT_KIND_RESPONSE_BYTES",
                "message": "too much",
                "httpStatus": status,
                "effectPossible": acted,
            }
        }
        for status, acted in ((200, True), (0, True), (0, False), (404, True))
    ),
    {"limitExceeded": {"limit": "LIMIT_KIND_MEMORY", "message": "too much", "notDone": True}},
    {"timedOut": {"message": "after 30 s", "effectPossible": True}},
    {"timedOut": {"message": "after 30 s.", "notDone": True}},
    {"timedOut": {"message": "after 30 s", "result": _result(b"event: 1", "text/event-stream")}},
    {"cancelled": {}},
    {"cancelled": {"effectPossible": True}},
    {"sandboxFailed": {"fault": "FAULT_CODE_BOX_DIED", "message": "the box died", "effectPossible": True}},
    {"sandboxFailed": {"fault": "FAULT_CODE_STORE_UNAVAILABLE", "message": "Redis is down", "notDone": True}},
    {"unknown": {"message": "the answer was lost"}},
    {},
)


def _cases() -> Iterator[Case]:
    for effect in ("EFFECT_UNSPECIFIED", "EFFECT_PURE", READS, "EFFECT_IDEMPOTENT", KEYED, ACTS):
        yield _case(effect)
    for result in RESULTS:
        yield _case(ACTS, outcome={"succeeded": {"result": result}})
    yield _case(READS, outcome={"succeeded": {"result": RESULTS[0]}})
    for limit in (0, 1, 5, 7):
        yield {**_case(ACTS, outcome={"succeeded": {"result": RESULTS[3]}}), "shown": limit}
    yield {
        **_case(ACTS, outcome={"succeeded": {"result": _result(b"x" * 30_000, "text/plain", artifact=ARTIFACT)}}),
        "shown": 12_345,
    }
    for effect in (ACTS, READS, KEYED):
        for end in ENDS:
            yield _case(effect, outcome=end)
    yield _case(ACTS, outcome={"unknown": {"message": "the answer was lost"}}, underReview=True)


def _case(effect: str, **more: Any) -> Case:
    return {"invocation": {"id": "inv-1", "tool": "order@1.0.0", "effect": effect, **more}}


INVOCATIONS = tuple(_cases())
