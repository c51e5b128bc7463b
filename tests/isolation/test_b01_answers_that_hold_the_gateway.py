"""A program's output was read where all calls wait, whatever it was: eight megabytes of empty lists held the gateway."""

import pytest

from gateway.model.invocation import Verdict
from registry.model.tool import Limits
from sandbox.api.result import Completed, Usage
from tests.gateway.pipeline.desk import OpenDesk, outcome_of
from tests.gateway.pipeline.test_programs import ARGUMENTS, NO_UPSTREAM, TOOL, container_tool
from tests.isolation.lag import measured_lag

EIGHT_MEGABYTES = Limits(response_bytes=8 << 20)
EMPTY_LISTS = b"[" + b"[]," * 2_600_000 + b"1]"
#: As an honest program might write them: half a million numbers.
NUMBERS = b"[" + b"123456," * 500_000 + b"1]"


async def verdict_on(open_desk: OpenDesk, output: bytes) -> Verdict:
    programs = {TOOL.image: lambda _: Completed(0, output, "", Usage())}
    desk = await open_desk(NO_UPSTREAM, draft=container_tool(limits=EIGHT_MEGABYTES), programs=programs)
    async with measured_lag() as lag:
        outcome = outcome_of((await desk.call("get_order", ARGUMENTS)).invocation)
    assert lag.worst < 0.1
    return outcome.verdict


async def test_an_output_of_millions_of_values_is_not_read_where_all_calls_wait(open_desk: OpenDesk) -> None:
    await verdict_on(open_desk, EMPTY_LISTS)


async def test_one_of_many_values_is_passed_on(open_desk: OpenDesk) -> None:
    assert await verdict_on(open_desk, NUMBERS) is Verdict.SUCCEEDED


@pytest.mark.parametrize("wrong", [NUMBERS[:-1], b"[" * 300_000, NUMBERS + NUMBERS], ids=["cut off", "deep", "two values"])
async def test_one_that_is_no_json_is_none(open_desk: OpenDesk, wrong: bytes) -> None:
    assert await verdict_on(open_desk, wrong) is Verdict.TOOL_FAILED
