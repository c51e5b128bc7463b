"""What is written once is read back equal, and a code of another release makes no record unreadable."""

from dataclasses import replace

import orjson
import pytest

from gateway.model.invocation import Attempt, Outcome, Verdict
from gateway.records.ledger.codec import decode_attempt, decode_outcome, encode_attempt, encode_outcome
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence

ATTEMPT = Attempt(
    number=1,
    box="box-1",
    accessor="acc-1",
    evidence=Evidence.SENT,
    http_status=0,
    fault=None,
    bytes_out=10,
    bytes_in=0,
    connections=(),
    phases=(),
    started=1.0,
    duration=0.5,
)
OUTCOME = Outcome(Verdict.TOOL_FAILED, message="It broke.")


@pytest.mark.parametrize("code", [None, *FaultCode])
def test_every_fault_is_read_back_as_it_was_written(code: FaultCode | None) -> None:
    attempt, outcome = replace(ATTEMPT, fault=code), replace(OUTCOME, fault=code)
    assert decode_attempt(encode_attempt(attempt)) == attempt
    assert decode_outcome(encode_outcome(outcome)) == outcome
    assert orjson.loads(encode_attempt(attempt))["fault"] == orjson.loads(encode_outcome(outcome))["fault"] == code


@pytest.mark.parametrize(
    ("written", "read"),
    [("OF_A_LATER_RELEASE", FaultCode.UNRECOGNIZED), ("PoolExhausted", FaultCode.UNRECOGNIZED), ("", None), (None, None)],
)
def test_a_record_of_another_release_is_read_all_the_same(written: str | None, read: FaultCode | None) -> None:
    attempt = orjson.loads(encode_attempt(ATTEMPT)) | {"fault": written}
    outcome = orjson.loads(encode_outcome(OUTCOME)) | {"fault": written}
    assert decode_attempt(orjson.dumps(attempt)) == replace(ATTEMPT, fault=read)
    assert decode_outcome(orjson.dumps(outcome)) == replace(OUTCOME, fault=read)
