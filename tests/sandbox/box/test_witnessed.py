"""What is left of an answer where the broker has ended it."""

from types import SimpleNamespace
from typing import cast

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Head, Responded, Result, Usage
from sandbox.box.witnessed import witnessed
from sandbox.egress.broker import Broker

STREAM = Head(200, (("content-type", "text/event-stream"),))
BROKE = Faulted(FaultCode.UPSTREAM_BROKE, Evidence.RESPONDED, "why", Usage(), head=STREAM, body=b"data: 1\n\n")


@pytest.mark.parametrize("result", [BROKE, Responded(200, STREAM.headers, b"data: 1\n\n", Usage())], ids=["broken", "whole"])
def test_of_an_answer_that_reached_a_bound_of_the_jobs_egress_what_came_is_told(result: Result) -> None:
    seen = SimpleNamespace(connections=(), carried=True, answered=True, turned_away=False, exceeded="more than 5 bytes")
    ended = witnessed(result, cast(Broker, seen), violated=False)
    assert isinstance(ended, Faulted)
    assert (ended.fault, ended.evidence, ended.head, ended.body) == (
        FaultCode.EGRESS_EXCEEDED,
        Evidence.RESPONDED,
        STREAM,
        b"data: 1\n\n",
    )
