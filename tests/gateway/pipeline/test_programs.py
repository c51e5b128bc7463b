"""Container tools in the pipeline: what each end of a program means for its invocation, and whose fault it says it was."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.model.invocation import Outcome, Verdict
from registry.model.errors import RequestRefused
from registry.model.tool import Container, CredentialBinding, Delivery, Draft, Effect, Limits
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Evidence, Faulted, Usage

ARGUMENTS = {"order_id": "7"}
TOOL = Container("author/tool", ("/bin/tool",))


def container_tool(effect: Effect = Effect.PURE, container: Container = TOOL, **changes: Any) -> Callable[[Draft], Draft]:
    def change(draft: Draft) -> Draft:
        return replace(draft, container=container, effect=effect, credential=None, output_schema=None, **changes)

    return change


def completed(output: bytes = b"{}", status: int = 0, errors: str = "", refused: tuple[str, ...] = ()) -> Completed:
    return Completed(status, output, errors, Usage(refused=refused))


def broken(fault: FaultCode) -> Faulted:
    return Faulted(fault, Evidence.SENT, "as the runner says", Usage())


@pytest.fixture
def end(play: Any) -> Callable[..., Outcome]:
    """Call a container tool whose program ends like that, and answer the outcome; `jobs` collects what its boxes were given."""

    def run(*endings: Completed | Faulted, jobs: list[ProgramJob] | None = None, draft: Any = None) -> Outcome:
        left, seen, outcomes = list(endings), jobs if jobs is not None else [], []

        def program(job: ProgramJob) -> Completed | Faulted:
            seen.append(job)
            return left.pop(0)

        async def scenario(desk: Any) -> None:
            answered = await desk.call("get_order", ARGUMENTS)
            outcomes.append(answered.invocation.outcome)

        play(scenario, "http://127.0.0.1:1", draft=draft or container_tool(), programs={TOOL.image: program})
        assert left == []
        return outcomes[0]

    return run


def test_arguments_and_result_pass_as_json(end):
    jobs: list[ProgramJob] = []
    outcome = end(completed(b'{"total": 12}\n'), jobs=jobs)
    assert outcome.verdict is Verdict.SUCCEEDED
    assert (outcome.answer.http_status, outcome.answer.content_type) == (0, "application/json")
    assert orjson.loads(outcome.answer.body) == {"total": 12}
    [job] = jobs
    assert orjson.loads(job.input) == ARGUMENTS
    assert not job.way_out
    assert {name for name, _ in job.environment} == {"TRACEPARENT", "CALLGATE_IDEMPOTENCY_KEY"}


GARBAGE = {
    "nothing": b"",
    "spaces": b" \n",
    "noise": bytes(range(256)),
    "a word": b"done",
    "half an object": b'{"a": ',
    "two values": b"{}{}",
    "NaN": b'{"a": NaN}',
    "Infinity": b"-Infinity",
    "a lone surrogate": b'"\\ud800"',
    "not UTF-8": b'"\xff"',
    "depth 65": b"[" * 65 + b"]" * 65,
    "depth 10,000": b"[" * 10_000 + b"]" * 10_000,
    "a million brackets": b"[" * 1_000_000,
}


@pytest.mark.parametrize("output", GARBAGE.values(), ids=GARBAGE.keys())
def test_output_that_is_no_json_is_the_tools_fault(end, output):
    outcome = end(completed(output))
    assert (outcome.verdict, outcome.fault) == (Verdict.TOOL_FAILED, "OUTPUT_INVALID")
    assert not outcome.effect_possible


def test_depth_64_is_passed_on(end):
    assert end(completed(b"[" * 64 + b"]" * 64)).verdict is Verdict.SUCCEEDED


def test_a_status_is_the_programs_own_answer_and_is_not_retried(end):
    outcome = end(completed(b"", status=3, errors="no such order"))
    assert (outcome.verdict, outcome.fault) == (Verdict.TOOL_FAILED, "PROGRAM_FAILED")
    assert outcome.message == "The program ended with status 3. It said: no such order"


def test_not_now_is_tried_again_where_that_is_safe(end):
    assert end(completed(status=75), completed(b"1")).verdict is Verdict.SUCCEEDED


def test_not_now_is_an_answer_where_it_is_not(end):
    outcome = end(completed(status=75), draft=container_tool(Effect.NON_IDEMPOTENT))
    assert (outcome.verdict, outcome.effect_possible) == (Verdict.TOOL_FAILED, True)


ENDINGS = {
    FaultCode.PROGRAM_NOT_STARTED: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_CRASHED: Verdict.TOOL_FAILED,
    FaultCode.OUT_OF_MEMORY: Verdict.LIMIT_EXCEEDED,
    FaultCode.RESPONSE_TOO_LARGE: Verdict.LIMIT_EXCEEDED,
    FaultCode.EGRESS_EXCEEDED: Verdict.LIMIT_EXCEEDED,
}


@pytest.mark.parametrize(("fault", "verdict"), ENDINGS.items())
def test_an_end_that_the_next_attempt_would_meet_again_is_not_retried(end, fault, verdict):
    outcome = end(broken(fault))
    assert (outcome.verdict, outcome.fault) == (verdict, fault)


@pytest.mark.parametrize(
    "fault", [FaultCode.PROGRAM_CRASHED, FaultCode.OUT_OF_MEMORY, FaultCode.BOX_DIED, FaultCode.EGRESS_EXCEEDED]
)
def test_a_program_that_breaks_after_it_may_have_acted_leaves_the_outcome_open(end, fault):
    outcome = end(broken(fault), draft=container_tool(Effect.NON_IDEMPOTENT))
    assert (outcome.verdict, outcome.effect_possible) == (Verdict.UNKNOWN, True)


def test_a_box_that_dies_under_a_pure_program_is_replaced(end):
    assert end(broken(FaultCode.BOX_DIED), completed(b"1")).verdict is Verdict.SUCCEEDED


def test_an_image_that_is_missing_is_the_tools_fault_and_nothing_was_sent(end):
    missing = replace(TOOL, image="author/nothing")
    outcome = end(draft=container_tool(container=missing))
    assert (outcome.verdict, outcome.fault, outcome.effect_possible) == (Verdict.TOOL_FAILED, "IMAGE_MISSING", False)
    assert "author/nothing" in outcome.message


def test_input_beyond_the_bound_is_refused(end):
    with pytest.raises(RequestRefused, match="input has"):
        end(draft=container_tool(limits=Limits(request_bytes=5)))


BINDING = CredentialBinding("secret/data/x", "token", {"place": "header", "name": "Authorization", "prefix": "Bearer "})


@pytest.fixture
def job_with_secret(play: Any) -> Callable[[Container], ProgramJob]:
    """What a tool's box is given where the tool has a credential."""

    def run(container: Container) -> ProgramJob:
        jobs: list[ProgramJob] = []

        def program(job: ProgramJob) -> Completed:
            jobs.append(job)
            return completed()

        def draft(given: Draft) -> Draft:
            return replace(container_tool(Effect.READ, container)(given), credential=BINDING)

        async def scenario(desk: Any) -> None:
            desk.parts.credentials.provision(await desk.parts.catalog.resolve("get_order"))
            await desk.call("get_order", ARGUMENTS)

        play(scenario, "http://127.0.0.1:1", draft=draft, programs={TOOL.image: program})
        assert jobs[0].secret is not None
        return jobs[0]

    return run


SECRETIVE = {
    "the only host": (("api.example:443",), None, "api.example:443", True),
    "one of two": (("a.example:443", "b.example:8443"), "b.example:8443", "b.example:8443", True),
    "in the clear": (("http://a.example:80",), None, "a.example:80", False),
}


@pytest.mark.parametrize(("egress", "named", "host", "tls"), SECRETIVE.values(), ids=SECRETIVE.keys())
def test_a_secret_goes_into_requests_for_its_host(job_with_secret, egress, named, host, tls):
    job = job_with_secret(replace(TOOL, egress=egress, credential_host=named))
    assert (job.credential_host, job.credential_tls, job.way_out) == (host, tls, True)


def test_a_secret_as_a_file_is_for_no_host(job_with_secret):
    assert job_with_secret(replace(TOOL, egress=("a.example:443",), delivery=Delivery.FILE)).credential_host == ""


@pytest.mark.parametrize(
    ("egress", "named"), [(("a.example:443", "b.example:443"), None), (("a.example:443",), "c.example:443"), ((), None)]
)
def test_a_secret_without_a_host_is_given_to_nobody(job_with_secret, egress, named):
    with pytest.raises(RequestRefused, match="the credential is for"):
        job_with_secret(replace(TOOL, egress=egress, credential_host=named))


def test_what_its_box_refused_a_program_is_in_the_outcome(end):
    outcome = end(completed(b"", status=3, errors="no such thing", refused=("ptrace", "socket(AF_VSOCK)")))
    assert (
        outcome.message
        == "The program ended with status 3. Its box refused it: ptrace, socket(AF_VSOCK). It said: no such thing"
    )
