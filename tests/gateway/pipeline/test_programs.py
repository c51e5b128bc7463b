"""Container tools in the pipeline: what each end of a program means for its invocation, and whose fault it says it was."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

import orjson
import pytest

from gateway.model.invocation import Outcome, Verdict
from registry.model.errors import RequestRefused
from registry.model.tool import Container, CredentialBinding, Delivery, Draft, Effect, Limits
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Evidence, Faulted, Usage
from tests.gateway.pipeline.desk import Change, OpenDesk, outcome_of

ARGUMENTS = {"order_id": "7"}
TOOL = Container("author/tool", ("/bin/tool",))
NO_UPSTREAM = "http://127.0.0.1:1"
Ending = Completed | Faulted


def container_tool(
    effect: Effect = Effect.PURE,
    container: Container = TOOL,
    credential: CredentialBinding | None = None,
    limits: Limits | None = None,
) -> Change:
    def change(draft: Draft) -> Draft:
        tool = replace(draft, container=container, effect=effect, credential=credential, output_schema=None)
        return replace(tool, limits=limits or draft.limits)

    return change


def completed(output: bytes = b"{}", status: int = 0, errors: str = "", refused: tuple[str, ...] = ()) -> Completed:
    return Completed(status, output, errors, Usage(refused=refused))


def broken(fault: FaultCode) -> Faulted:
    return Faulted(fault, Evidence.SENT, "as the runner says", Usage())


class End(Protocol):
    """Calls a container tool whose program ends like that, and answers the outcome; `jobs` gets what its boxes were given."""

    async def __call__(
        self, *endings: Ending, jobs: list[ProgramJob] | None = None, draft: Change | None = None
    ) -> Outcome: ...


@pytest.fixture
def end(open_desk: OpenDesk) -> End:
    async def run(*endings: Ending, jobs: list[ProgramJob] | None = None, draft: Change | None = None) -> Outcome:
        left, seen = list(endings), jobs if jobs is not None else []

        def program(job: ProgramJob) -> Ending:
            seen.append(job)
            return left.pop(0)

        desk = await open_desk(NO_UPSTREAM, draft=draft or container_tool(), programs={TOOL.image: program})
        answered = await desk.call("get_order", ARGUMENTS)
        assert left == []
        return outcome_of(answered.invocation)

    return run


async def test_arguments_and_result_pass_as_json(end: End) -> None:
    jobs: list[ProgramJob] = []
    outcome = await end(completed(b'{"total": 12}\n'), jobs=jobs)
    assert outcome.verdict is Verdict.SUCCEEDED
    assert outcome.answer is not None
    assert (outcome.answer.http_status, outcome.answer.content_type) == (0, "application/json")
    assert orjson.loads(outcome.answer.body) == {"total": 12}
    [job] = jobs
    assert orjson.loads(job.input) == ARGUMENTS
    assert not job.way_out
    assert {name for name, _ in job.environment} == {"TRACEPARENT", "CALLGATE_IDEMPOTENCY_KEY"}


@pytest.mark.parametrize(
    ("egress", "past"),
    [
        (("a.example:443",), "localhost,127.0.0.1,::1"),
        (("http://127.0.0.1:8080", "a.example:443"), "localhost,::1"),
        (("http://[::1]:8080", "localhost:443", "127.0.0.1:443"), None),
        ((), None),
    ],
)
async def test_the_proxy_is_for_what_is_not_in_the_box(end: End, egress: tuple[str, ...], past: str | None) -> None:
    jobs: list[ProgramJob] = []
    await end(completed(), jobs=jobs, draft=container_tool(container=replace(TOOL, egress=egress)))
    environment = dict(jobs[0].environment)
    assert (environment.get("NO_PROXY"), environment.get("no_proxy")) == (past, past)


async def test_what_a_failing_program_wrote_is_its_failures_result(end: End) -> None:
    outcome = await end(completed(b'{"error": "none such"}', status=1, errors="looked"))
    assert outcome.answer is not None
    assert (outcome.answer.content_type, outcome.answer.matches_schema) == ("application/json", None)
    assert orjson.loads(outcome.answer.body) == {"error": "none such"}
    assert outcome.message.endswith("It said: looked")


async def test_a_text_is_a_result_of_a_tool_that_answers_with_text(end: End) -> None:
    def text(draft: Draft) -> Draft:
        return replace(container_tool()(draft), output_schema={"type": "string", "maxLength": 3}, output_status=None)

    outcome = await end(completed(b"all is well"), draft=text)
    assert outcome.answer is not None
    assert (outcome.verdict, outcome.answer.matches_schema) == (Verdict.SUCCEEDED, False)
    assert orjson.loads(outcome.answer.body) == "all is well"


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
async def test_output_that_is_no_json_is_the_tools_fault(end: End, output: bytes) -> None:
    outcome = await end(completed(output))
    assert (outcome.verdict, outcome.fault) == (Verdict.TOOL_FAILED, "OUTPUT_INVALID")
    assert not outcome.effect_possible


async def test_depth_64_is_passed_on(end: End) -> None:
    assert (await end(completed(b"[" * 64 + b"]" * 64))).verdict is Verdict.SUCCEEDED


async def test_a_status_is_the_programs_own_answer_and_is_not_retried(end: End) -> None:
    outcome = await end(completed(b"", status=3, errors="no such order"))
    assert (outcome.verdict, outcome.fault) == (Verdict.TOOL_FAILED, "PROGRAM_FAILED")
    assert outcome.message == "The program ended with status 3. It said: no such order"


async def test_not_now_is_tried_again_where_that_is_safe(end: End) -> None:
    assert (await end(completed(status=75), completed(b"1"))).verdict is Verdict.SUCCEEDED


async def test_not_now_is_an_answer_where_it_is_not(end: End) -> None:
    outcome = await end(completed(status=75), draft=container_tool(Effect.NON_IDEMPOTENT))
    assert (outcome.verdict, outcome.effect_possible) == (Verdict.TOOL_FAILED, True)


ENDINGS = {
    FaultCode.PROGRAM_NOT_STARTED: Verdict.TOOL_FAILED,
    FaultCode.PROGRAM_CRASHED: Verdict.TOOL_FAILED,
    FaultCode.OUT_OF_MEMORY: Verdict.LIMIT_EXCEEDED,
    FaultCode.RESPONSE_TOO_LARGE: Verdict.LIMIT_EXCEEDED,
    FaultCode.EGRESS_EXCEEDED: Verdict.LIMIT_EXCEEDED,
}


@pytest.mark.parametrize(("fault", "verdict"), ENDINGS.items())
async def test_an_end_that_the_next_attempt_would_meet_again_is_not_retried(
    end: End, fault: FaultCode, verdict: Verdict
) -> None:
    outcome = await end(broken(fault))
    assert (outcome.verdict, outcome.fault) == (verdict, fault)


@pytest.mark.parametrize(
    "fault", [FaultCode.PROGRAM_CRASHED, FaultCode.OUT_OF_MEMORY, FaultCode.BOX_DIED, FaultCode.EGRESS_EXCEEDED]
)
async def test_a_program_that_breaks_after_it_may_have_acted_leaves_the_outcome_open(end: End, fault: FaultCode) -> None:
    outcome = await end(broken(fault), draft=container_tool(Effect.NON_IDEMPOTENT))
    assert (outcome.verdict, outcome.effect_possible) == (Verdict.UNKNOWN, True)


async def test_a_box_that_dies_under_a_pure_program_is_replaced(end: End) -> None:
    assert (await end(broken(FaultCode.BOX_DIED), completed(b"1"))).verdict is Verdict.SUCCEEDED


async def test_an_image_that_is_missing_is_the_tools_fault_and_nothing_was_sent(end: End) -> None:
    missing = replace(TOOL, image="author/nothing")
    outcome = await end(draft=container_tool(container=missing))
    assert (outcome.verdict, outcome.fault, outcome.effect_possible) == (Verdict.TOOL_FAILED, "IMAGE_MISSING", False)
    assert "author/nothing" in outcome.message


async def test_input_beyond_the_bound_is_refused(end: End) -> None:
    with pytest.raises(RequestRefused, match="input has"):
        await end(draft=container_tool(limits=Limits(request_bytes=5)))


BINDING = CredentialBinding("secret/data/x", "token", {"place": "header", "name": "Authorization", "prefix": "Bearer "})


JobWithSecret = Callable[[Container], Awaitable[ProgramJob]]


@pytest.fixture
def job_with_secret(open_desk: OpenDesk) -> JobWithSecret:
    """What a tool's box is given where the tool has a credential."""

    async def run(container: Container) -> ProgramJob:
        jobs: list[ProgramJob] = []

        def program(job: ProgramJob) -> Completed:
            jobs.append(job)
            return completed()

        draft = container_tool(Effect.READ, container, BINDING)
        desk = await open_desk(NO_UPSTREAM, draft=draft, programs={TOOL.image: program})
        desk.credentials.provision(await desk.catalog.resolve("get_order"))
        await desk.call("get_order", ARGUMENTS)
        assert jobs[0].secret is not None
        return jobs[0]

    return run


SECRETIVE = {
    "the only host": (("api.example:443",), None, "api.example:443", True),
    "one of two": (("a.example:443", "b.example:8443"), "b.example:8443", "b.example:8443", True),
    "in the clear": (("http://a.example:80",), None, "a.example:80", False),
}


@pytest.mark.parametrize(("egress", "named", "host", "tls"), SECRETIVE.values(), ids=SECRETIVE.keys())
async def test_a_secret_goes_into_requests_for_its_host(
    job_with_secret: JobWithSecret, egress: tuple[str, ...], named: str | None, host: str, tls: bool
) -> None:
    job = await job_with_secret(replace(TOOL, egress=egress, credential_host=named))
    assert (job.credential_host, job.credential_tls, job.way_out) == (host, tls, True)


async def test_a_secret_as_a_file_is_for_no_host(job_with_secret: JobWithSecret) -> None:
    assert (await job_with_secret(replace(TOOL, egress=("a.example:443",), delivery=Delivery.FILE))).credential_host == ""


@pytest.mark.parametrize(
    ("egress", "named"), [(("a.example:443", "b.example:443"), None), (("a.example:443",), "c.example:443"), ((), None)]
)
async def test_a_secret_without_a_host_is_not_given_out(
    job_with_secret: JobWithSecret, egress: tuple[str, ...], named: str | None
) -> None:
    with pytest.raises(RequestRefused, match="the credential is for"):
        await job_with_secret(replace(TOOL, egress=egress, credential_host=named))


async def test_what_its_box_refused_a_program_is_in_the_outcome(end: End) -> None:
    outcome = await end(completed(b"", status=3, errors="no such thing", refused=("ptrace", "socket(AF_VSOCK)")))
    assert (
        outcome.message
        == "The program ended with status 3. Its box refused it: ptrace, socket(AF_VSOCK). It said: no such thing"
    )
