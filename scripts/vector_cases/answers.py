"""What a model is told. Invocations and refusals are given as the API's messages, in protobuf's JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf.json_format import ParseDict
from grpc import StatusCode

from callgate import convert
from callgate.adapters.answers import Answer
from callgate.adapters.bounds import SHOWN
from callgate.adapters.refusals import not_offered, told
from callgate.adapters.wording import answer_of
from callgate.errors import CallgateError
from callgate.status import by_detail
from callgate.v1 import error_pb2, invocation_pb2
from scripts.vector_cases.invocations import INVOCATIONS

#: Of every reason, so that one which comes later is in here, too.
REASONS = [name.removeprefix("ERROR_REASON_") for name in error_pb2.ErrorReason.keys()]  # noqa: SIM118 - it is no dict
DETAILS: tuple[Mapping[str, Any], ...] = (
    {"message": "it is so\u001b[31m", "cure": "Do otherwise.", "invocationId": "inv-7"},
    {"message": "", "cure": ""},
    {"message": "many", "violations": [{"pointer": f"/body/{n}", "expected": "a text"} for n in range(12)]},
    {"message": "m" * 2_001, "violations": [{"pointer": "", "expected": "an object"}], "retryable": True, "retryAfter": "1.5s"},
)
NAMES = ("tool", "it's", 'it\'s "quoted"', "back\\slash", "two\nlines\t", "größer 😀", "\u0000\u007f\u00a0\u2028\U000e0001")


def vectors() -> Mapping[str, list[Any]]:
    return {
        "invocations": [_invocation(one) for one in INVOCATIONS],
        "refusals": list(_refusals()),
        "not_offered": [{"name": name, "answer": plain(not_offered(name))} for name in NAMES],
    }


def _invocation(case: Mapping[str, Any]) -> Mapping[str, Any]:
    message = ParseDict(case["invocation"], invocation_pb2.Invocation())
    limit = case.get("shown", SHOWN)
    return {"invocation": case["invocation"], "shown": limit, "answer": plain(answer_of(convert.invocation(message), limit))}


def _refusals() -> Iterator[Mapping[str, Any]]:
    for reason in REASONS:
        for detail in DETAILS if reason in {"ARGUMENTS_INVALID", "KEY_REUSED", "TOOL_NOT_FOUND", "RUN_KILLED"} else DETAILS[:1]:
            case = {"code": "FAILED_PRECONDITION", "detail": {**detail, "reason": f"ERROR_REASON_{reason}"}}
            yield {**case, **_told(case)}


def _told(case: Mapping[str, Any]) -> Mapping[str, Any]:
    detail = ParseDict(case["detail"], error_pb2.ErrorDetail())
    error = by_detail(detail, StatusCode[case["code"]], f"{case['code']}: said")
    try:
        return {"kind": type(error).__name__, "answer": plain(told(error))}
    except CallgateError as raised:
        return {"kind": type(error).__name__, "raised": type(raised).__name__, "message": raised.message, "cure": raised.cure}


def plain(answer: Answer) -> Mapping[str, Any]:
    return {"text": answer.text, "is_error": answer.is_error, **answer.record}
