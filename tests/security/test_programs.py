"""A container tool's program in a real box: what an honest one finds, and what becomes of any other."""

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Evidence, Faulted
from sandbox.hardening.profile import SCRATCH, SHARED
from tests.sandbox.permits import never, refused

from .conftest import RunTool
from .tools import TOOL_LIMITS, output, tool_job


async def test_arguments_go_in_and_a_result_comes_out(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "echo", "text": "héllo"}))
    assert output(result) == {"text": "héllo"}
    assert result.evidence is Evidence.RESPONDED
    assert [phase.name for phase in result.usage.phases] == ["program"]


async def test_a_program_finds_its_image_around_itself_and_no_way_out(run_tool: RunTool) -> None:
    found = output(await run_tool(tool_job({"do": "surround"}, environment=(("TRACEPARENT", "00-1-2-01"),))))
    environment = dict(entry.split("=", 1) for entry in found["environment"])
    assert environment["FLAVOUR"] == "plain"
    assert environment["TRACEPARENT"] == "00-1-2-01"
    assert environment["HOME"] == "/tmp"
    assert "HTTPS_PROXY" not in environment
    assert found["uid"] >= 100_000
    assert found["pid"] > 1


async def test_a_command_is_found_by_the_images_path(run_tool: RunTool) -> None:
    assert output(await run_tool(tool_job({"do": "arguments"}, command=("tool", "two words")))) == ["tool", "two words"]


@pytest.mark.parametrize("place", [SCRATCH, SHARED])
async def test_what_a_program_has_written_is_none(run_tool: RunTool, place: str) -> None:
    order = {"do": "put", "path": f"{place}/program", "bytes": "IyEvYmluL3Rvb2wK", "text": "start"}
    assert "permission denied" in output(await run_tool(tool_job(order)))["error"]


@pytest.mark.parametrize("place", [SCRATCH, SHARED])
async def test_what_a_program_writes_no_neighbour_reads(run_tool: RunTool, place: str) -> None:
    written = await run_tool(tool_job({"do": "put", "path": f"{place}/note", "bytes": "YQ=="}))
    assert output(written) == {"bytes": 1, "failed": "<nil>"}
    assert "error" in output(await run_tool(tool_job({"do": "look", "path": f"{place}/note"})))


async def test_without_the_permission_nothing_starts(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "echo"}), permit=refused)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)


@pytest.mark.slow
async def test_a_permission_that_does_not_come_ends_with_the_jobs_time(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "echo"}, timeout=1.0), permit=never)
    assert isinstance(result, Faulted)
    assert (result.fault, result.evidence) == (FaultCode.TIMED_OUT, Evidence.NOT_SENT)


ENDINGS = {
    "a program that is not there": (tool_job({}, command=("/bin/nothing",)), FaultCode.PROGRAM_NOT_STARTED, "no such file"),
    "a name that no path leads to": (tool_job({}, command=("nothing",)), FaultCode.PROGRAM_NOT_STARTED, "no such file"),
    "a file that is no program": (tool_job({}, command=("/etc/hosts",)), FaultCode.PROGRAM_NOT_STARTED, "exec format"),
    "a crash": (tool_job({"do": "eat"}), FaultCode.OUT_OF_MEMORY, "memory"),
    "output beyond the bound": (tool_job({"do": "flood", "count": 100_001}), FaultCode.RESPONSE_TOO_LARGE, "100000 bytes"),
    "10 MB on one line": (tool_job({"do": "flood", "count": 10_000_000}), FaultCode.RESPONSE_TOO_LARGE, "100000 bytes"),
    "200 MB": (tool_job({"do": "flood", "count": 200_000_000}), FaultCode.RESPONSE_TOO_LARGE, "100000 bytes"),
    "output without end": (tool_job({"do": "flood", "count": -1}), FaultCode.RESPONSE_TOO_LARGE, "100000 bytes"),
    "no end in time": (tool_job({"do": "sleep", "milliseconds": 60_000}, timeout=1.0), FaultCode.TIMED_OUT, "in time"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("job", "fault", "words"), ENDINGS.values(), ids=ENDINGS.keys())
async def test_a_program_that_does_not_end_well_is_named_for_how(
    run_tool: RunTool, job: ProgramJob, fault: FaultCode, words: str
) -> None:
    result = await run_tool(job)
    assert isinstance(result, Faulted), result
    assert result.fault is fault, result
    assert words in result.message


async def test_what_a_program_says_at_its_end_is_kept_as_one_line(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "leave", "code": 3, "text": "no\nsuch\x1b[2J order\0"}))
    assert isinstance(result, Completed)
    assert (result.exit, result.errors) == (3, "no such [2J order")


async def test_of_much_error_output_the_end_is_kept(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "complain", "count": 5_000_000, "text": "the last word"}))
    assert isinstance(result, Completed), result
    assert output(result) == "done"
    assert result.errors.endswith("the last word")
    assert len(result.errors) <= 2048


async def test_output_up_to_the_bound_comes_out_whole(run_tool: RunTool) -> None:
    result = await run_tool(tool_job({"do": "flood", "count": 100_000}))
    assert isinstance(result, Completed)
    assert result.output == b"x" * 100_000


async def test_no_signal_of_a_program_reaches_its_runner(run_tool: RunTool) -> None:
    assert output(await run_tool(tool_job({"do": "signal"}))) == "still here"


async def test_what_a_program_leaves_behind_ends_with_it(run_tool: RunTool) -> None:
    """Its children hold the output open; the result does not wait for them."""
    assert output(await run_tool(tool_job({"do": "linger", "count": 5}, timeout=10.0))) == "left"


async def test_a_fork_bomb_meets_the_bound(run_tool: RunTool) -> None:
    assert output(await run_tool(tool_job({"do": "fork"})))["children"] < TOOL_LIMITS.processes


async def test_a_program_cannot_look_into_its_runner(run_tool: RunTool) -> None:
    found = output(await run_tool(tool_job({"do": "spy"})))
    assert set(found.values()) & {"<nil>", "errno 0"} == set(), found
    assert all("denied" in reason or "not permitted" in reason for reason in found.values()), found
