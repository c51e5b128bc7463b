"""What is written once is read back equal, and a code of another release makes no record unreadable."""

from dataclasses import replace

import orjson
import pytest

from gateway.model.invocation import Answer, Attempt, Cost, Outcome, Request, Verdict
from gateway.records.ledger.codec import (
    decode_attempt,
    decode_outcome,
    decode_request,
    encode_attempt,
    encode_outcome,
    encode_request,
)
from gateway.records.ledger.packing import LONGEST, pack, unpack
from registry.model.tool import Effect
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


@pytest.mark.parametrize("cost", [None, Cost(0.5), Cost(1e-7, (("input_tokens", 3.0), ("output_tokens", 4.0)), ("other",))])
def test_a_cost_is_read_back_equal_and_a_record_without_one_has_no_word_of_it(cost: Cost | None) -> None:
    written = encode_outcome(replace(OUTCOME, cost=cost))
    assert decode_outcome(written) == replace(OUTCOME, cost=cost)
    assert ("cost" in orjson.loads(unpack(written[4:]))) == (cost is not None)


@pytest.mark.parametrize("code", [None, *FaultCode])
def test_every_fault_is_read_back_as_it_was_written(code: FaultCode | None) -> None:
    attempt, outcome = replace(ATTEMPT, fault=code), replace(OUTCOME, fault=code)
    assert decode_attempt(encode_attempt(attempt)) == attempt
    assert decode_outcome(encode_outcome(outcome)) == outcome
    assert orjson.loads(unpack(encode_attempt(attempt)))["fault"] == code


@pytest.mark.parametrize(
    ("written", "read"),
    [("OF_A_LATER_RELEASE", FaultCode.UNRECOGNIZED), ("PoolExhausted", FaultCode.UNRECOGNIZED), ("", None), (None, None)],
)
def test_a_record_of_another_release_is_read_all_the_same(written: str | None, read: FaultCode | None) -> None:
    attempt = orjson.loads(unpack(encode_attempt(ATTEMPT))) | {"fault": written}
    outcome = orjson.dumps(orjson.loads(unpack(encode_outcome(OUTCOME)[4:])) | {"fault": written})
    assert decode_attempt(orjson.dumps(attempt)) == replace(ATTEMPT, fault=read)
    assert decode_outcome(len(outcome).to_bytes(4, "big") + outcome) == replace(OUTCOME, fault=read)


@pytest.mark.parametrize("body", [b"", b'{"a":1}', bytes(range(256)), b"\n" * 9])
def test_an_answers_body_is_kept_as_it_is(body: bytes) -> None:
    outcome = replace(OUTCOME, answer=Answer(200, "application/json", body, True, (("next", "https://x/2"),)))
    written = encode_outcome(outcome)
    assert written.endswith(body)
    assert decode_outcome(written) == outcome


HEADERS = (("etag", '"7"'), ("location", "/jobs/1"), ("warning", "a"), ("warning", "b"))


@pytest.mark.parametrize("body", [b"", b"\x01{}", bytes(range(256))])
def test_an_answers_headers_are_kept_and_a_gateway_of_the_release_before_reads_past_them(body: bytes) -> None:
    answer = Answer(200, "application/json", body, None, (("next", "https://x/2"),), headers=HEADERS, headers_left_out=3)
    written = encode_outcome(replace(OUTCOME, answer=answer))
    assert decode_outcome(written) == replace(OUTCOME, answer=answer)
    end = 4 + int.from_bytes(written[:4], "big")
    known = set(orjson.loads(unpack(written[4:end]))["answer"])
    assert known == {"http_status", "content_type", "matches_schema", "links"}
    assert written[end:] == body


def test_an_answer_without_headers_is_written_as_by_the_release_before() -> None:
    answer = Answer(200, "application/json", b"{}", None)
    with_headers = encode_outcome(replace(OUTCOME, answer=replace(answer, headers=HEADERS)))
    without = encode_outcome(replace(OUTCOME, answer=answer))
    assert len(without) < len(with_headers)
    assert decode_outcome(without) == replace(OUTCOME, answer=answer)


def test_a_packed_text_is_shorter_and_a_long_one_stays_as_it_is() -> None:
    text = orjson.dumps({"number": 1, "box": "cg-0123456789ab", "evidence": "RESPONDED", "fault": None})
    assert len(pack(text)) < len(text) / 2
    assert unpack(pack(text)) == text
    long = orjson.dumps(["x"] * LONGEST)
    assert pack(long) == long == unpack(long)


def test_a_text_that_was_packed_by_the_first_release_is_read_by_every_later_one() -> None:
    """The dictionary never changes: this is what it was."""
    assert unpack(bytes.fromhex("0143a44473a49468ae8448b0489590522d00")) == b'{"number":7,"box":"cg-7","fault":"HTTP_STATUS"}'


@pytest.mark.parametrize("damaged", [b"\x01", b"\x01\xff\xff\xff", b"\x02{}", b""])
def test_what_was_not_packed_here_is_no_text(damaged: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - either of two modules says so
        orjson.loads(unpack(damaged))


def test_what_a_caller_might_call_is_no_part_of_what_an_older_release_reads() -> None:
    request = Request(
        tool="pay",
        version="pay@1.0.0",
        digest="sha256:0",
        effect=Effect.NON_IDEMPOTENT,
        args_json=b"{}",
        run_id="",
        traceparent="",
        timeout=60.0,
        max_attempts=3,
        may_call=("pay*", "find_*"),
    )
    written = {name.encode(): value for name, value in encode_request(request).items()}
    assert decode_request(written) == request
    assert "may_call" not in orjson.loads(unpack(written[b"request"]))
    assert "may_call" not in encode_request(replace(request, may_call=()))
    del written[b"may_call"]
    assert decode_request(written) == replace(request, may_call=())
