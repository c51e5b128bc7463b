"""An attempt's result → what it permits: the answer is held against the version's schema, then judged."""

from dataclasses import replace

from gateway.decisions.answers import answer_of
from gateway.decisions.program_result import ReadOutput, of_completion
from gateway.decisions.result_policy import BUSY, NOT_MODIFIED, Again, decide, held_to_schema
from gateway.decisions.token_refusal import UNAUTHORIZED, challenge_of, undone_statuses, worth_another_token
from gateway.model.artifact import Artifact
from gateway.model.invocation import Answer, Outcome
from gateway.pipeline.call_cost import priced
from gateway.pipeline.execution import Execution
from gateway.pipeline.large_answers import LargeAnswer
from gateway.pipeline.list_pages import PagedCall, next_link, told_pages
from gateway.pipeline.views import KeepWhole, viewed
from registry.calling.not_json import why_not_json
from registry.calling.program_output import JSON, TEXT, objection, text_of, text_result
from registry.calling.request import HttpRequest, ProgramInput
from registry.checking.argument_checker import ArgumentChecker
from registry.checking.response_check import matches_schema
from registry.model.json_limits import is_light
from sandbox.api.result import Completed, Responded, Result

_CONDITIONS = frozenset(("if-none-match", "if-modified-since"))

UNREAD = "is not JSON, or has too many values, or values nested too deep, to be read in the time that there is"


async def check_result(
    checker: ArgumentChecker,
    execution: Execution,
    result: Result,
    large: LargeAnswer | None = None,
    keep: KeepWhole | None = None,
) -> Again | Outcome:
    """`large` has the answer's body, where that is too large to be told; then no schema is held against it.
    `keep` takes what the tool's view leaves out.

    What a call costs is read before its view is made: that need not show it.
    """
    meaning = await _meaning(checker, execution, result, large.artifact if large else None)
    meaning = await priced(execution.version.draft, result, meaning, large.counts if large else None)
    return await viewed(checker, execution, meaning, keep)


async def _meaning(
    checker: ArgumentChecker, execution: Execution, result: Result, artifact: Artifact | None
) -> Again | Outcome:
    version, effect = execution.version, execution.effect
    if isinstance(result, Completed):
        meaning = of_completion(result, effect, await _read(checker, execution, result))
    else:
        request = execution.request
        answer = answer_of(result, request.method, request.url, artifact) if isinstance(request, HttpRequest) else None
        if isinstance(request, HttpRequest) and answer is not None and isinstance(result, Responded):
            answer = await _paged(checker, answer, result, execution, request.url)
            matches = None if artifact else await _matches(checker, execution, answer)
            answer = replace(answer, matches_schema=matches)
        undone = undone_statuses(result.head, version.draft)
        busy = BUSY | {UNAUTHORIZED} if worth_another_token(result.head, version.draft) else BUSY
        meaning = decide(result, effect, answer, not_done=undone, conditional=_is_conditional(request), busy=busy)
        meaning = _with(challenge_of(result.head, version.draft), meaning)
    return held_to_schema(meaning, effect) if version.draft.strict_responses else meaning


def _with(remark: str, meaning: Again | Outcome) -> Again | Outcome:
    if not remark:
        return meaning
    if isinstance(meaning, Again):
        return replace(meaning, otherwise=replace(meaning.otherwise, message=f"{meaning.otherwise.message} {remark}"))
    return replace(meaning, message=f"{meaning.message} {remark}")


async def _read(checker: ArgumentChecker, execution: Execution, result: Completed) -> ReadOutput:
    """The output of a program that has failed is passed on as it is: the tool's schema is for its successes."""
    version, tenant = execution.version, execution.principal.tenant
    if result.exit == 0 and (text := text_result(result.output, version.draft)) is not None:
        matches = await checker.matches(tenant, version, text.body) if text.content_type == JSON else None
        return ReadOutput(text.content_type, text.body, matches_schema=matches)
    if (objection := await _objection(checker, tenant, result.output)) is not None:
        return ReadOutput(TEXT if text_of(result.output) else "", result.output, objection)
    matches = await checker.matches(tenant, version, result.output) if result.exit == 0 else None
    return ReadOutput(JSON, result.output, matches_schema=matches)


async def _matches(checker: ArgumentChecker, execution: Execution, answer: Answer) -> bool | None:
    """As `matches_schema`. A 304 says that the caller has the body, which no schema then describes."""
    if answer.http_status == NOT_MODIFIED:
        return None
    return await matches_schema(
        checker,
        execution.principal.tenant,
        execution.version,
        status=answer.http_status,
        content_type=answer.content_type,
        body=answer.body,
    )


async def _paged(checker: ArgumentChecker, answer: Answer, result: Responded, execution: Execution, url: str) -> Answer:
    if result.pages is None:
        return answer
    asked = PagedCall(execution.version, execution.arguments.value, url)
    pages = await told_pages(checker, execution.principal.tenant, asked, result.pages)
    return replace(answer, pages=pages, links=next_link(asked.version.draft, answer.links, result.pages))


def _is_conditional(request: HttpRequest | ProgramInput) -> bool:
    """Whether 304 is what the request asks for where nothing has changed (RFC 9110 §13.1)."""
    return isinstance(request, HttpRequest) and any(name.lower() in _CONDITIONS for name, _ in request.headers)


async def _objection(checker: ArgumentChecker, tenant: str, output: bytes) -> str | None:
    """As `objection`. An output of millions of values would hold up all other calls while it is read."""
    if is_light(output):
        return objection(output)
    match await checker.is_json(tenant, output):
        case True:
            return None
        case False:
            return why_not_json(output)
    return UNREAD
