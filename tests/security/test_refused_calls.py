"""What a container tool's program is refused by its box, it is told as an error, and its caller is told by name.

The program here is the probe: it tries every kernel call and socket of the tables, under the real runner.
"""

import json
from collections.abc import Awaitable, Iterator
from typing import Protocol

import pytest

from sandbox.adversary.calls import calls
from sandbox.adversary.case import AttackOutcome, Case, CaseKind
from sandbox.adversary.probe_box import ProbeSite
from sandbox.adversary.sockets import sockets
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Faulted, Result

from .conftest import Attacking, RunTool

REFUSED = [
    case
    for case in (*calls(), *sockets())
    if case.attempt[0] in ("call", "socket", "clone") and CaseKind.PROGRAM in case.boxes and case.held <= {"EPERM", "ENOSYS"}
]
#: Calls that no report names: the kernel itself refuses them to a process without capabilities; or every C library tries them
#: first; or they are too young, or too odd, for the runner's table, and the box's own filter refuses them.
UNTOLD = {"setuid", "setgid", "setgroups", "clone3", "statmount", "listmount", "setpriority", "0x100000028"}


async def build(site: ProbeSite) -> str:
    return site.image


@pytest.fixture(scope="module")
def image(attacking: Attacking) -> str:
    return attacking(build)


class Attempted(Protocol):
    """What became of these attempts of the probe, in its box under the runner."""

    def __call__(self, *attempts: tuple[str, ...], seconds: float = 20.0) -> Awaitable[Result]: ...


@pytest.fixture
def attempted(run_tool: RunTool, image: str) -> Attempted:
    async def run(*attempts: tuple[str, ...], seconds: float = 20.0) -> Result:
        job = ProgramJob(("/callgate-runner", "program"), json.dumps(attempts).encode(), timeout=seconds, result_bytes=100_000)
        return await run_tool(job, image=image)

    return run


async def test_every_refused_call_gets_an_error_under_the_runner_too(attempted: Attempted) -> None:
    result = await attempted(*(case.attempt for case in REFUSED))
    assert isinstance(result, Completed), result
    outcomes = [AttackOutcome(told["word"], told["count"]) for told in json.loads(result.output)]
    assert len(outcomes) == len(REFUSED) > 100
    assert [
        (case.name, outcome) for case, outcome in zip(REFUSED, outcomes, strict=True) if outcome.word not in case.held
    ] == []


@pytest.mark.slow
async def test_the_caller_is_told_of_each_by_name(attempted: Attempted) -> None:
    told = [case for case in REFUSED if not {case.attempt[1], case.attempt[0]} & UNTOLD]
    for some in batched(told, 12):
        expected = [_name(case) for case in some]
        refused = (await attempted(*(case.attempt for case in some))).usage.refused
        assert {name.partition("(")[0] for name in refused} == {name.partition("(")[0] for name in expected}


def _name(case: Case) -> str:
    return case.attempt[1] if case.attempt[0] == "call" else f"{case.attempt[0]}(…)"


def batched(cases: list[Case], size: int) -> Iterator[list[Case]]:
    """The runner keeps the first sixteen different names."""
    yield from (cases[at : at + size] for at in range(0, len(cases), size))


async def test_what_the_box_permits_is_not_reported(attempted: Attempted) -> None:
    assert (await attempted(("socket", "2", "1", "0"), ("call", "getpid"), ("call", "setuid", "0"))).usage.refused == ()


@pytest.mark.slow
async def test_a_program_that_does_not_end_well_is_said_to_have_been_refused_something(attempted: Attempted) -> None:
    result = await attempted(("call", "mount", "none", "/gate", "nosuchfs", "0", "0"), ("sleeps",), seconds=3.0)
    assert isinstance(result, Faulted), result
    assert result.fault is FaultCode.TIMED_OUT
    assert "the box refused it mount" in result.message


@pytest.mark.parametrize(
    ("attempt", "name"),
    [
        (("socket", "40", "1", "0"), "socket(AF_VSOCK)"),
        (("socket", "16", "3", "0"), "socket(AF_NETLINK)"),
        (("socket", "2", "1", "262"), "socket(AF_INET)"),
        (("call", "ptrace", "0", "0", "0", "0"), "ptrace"),
        (("call", "io_uring_setup", "1", "buffer"), "io_uring_setup"),
        (("clone", "0x10000000"), "clone(CLONE_NEW…)"),
    ],
)
async def test_a_refusal_is_named_as_programmers_know_it(attempted: Attempted, attempt: tuple[str, ...], name: str) -> None:
    assert (await attempted(attempt)).usage.refused == (name,)


async def test_no_program_in_the_box_can_install_a_listener_of_its_own(attempted: Attempted) -> None:
    """A program with one could let through what the box's own filter leaves to a tracer that is not there."""
    result = await attempted(("listener",))
    assert isinstance(result, Completed)
    assert json.loads(result.output)[0]["word"] == "EPERM"
