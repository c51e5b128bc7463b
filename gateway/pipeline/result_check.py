"""An attempt's result → what it permits: the answer is held against the version's schema, then judged."""

from gateway.decisions.program_result import of_completion
from gateway.decisions.result_policy import Again, decide, held_to_schema
from gateway.model.invocation import Outcome
from gateway.pipeline.execution import Execution
from registry.calling.links import Link, read_links
from registry.calling.program_output import objection
from registry.calling.request import HttpRequest
from registry.checking.argument_checker import ArgumentChecker
from registry.checking.response_check import matches_schema
from registry.model.json_limits import is_light
from sandbox.api.result import Completed, Responded, Result

UNREAD = "is not JSON, or has too many values, or values nested too deep, to be read in the time that there is"


async def check_result(checker: ArgumentChecker, execution: Execution, result: Result) -> Again | Outcome:
    version, effect, tenant = execution.version, execution.effect, execution.principal.tenant
    if isinstance(result, Completed):
        matches = await checker.matches(tenant, version, result.output)
        meaning = of_completion(result, effect, await _objection(checker, tenant, result.output), matches)
    elif isinstance(result, Responded):
        matches = await matches_schema(
            checker, tenant, version, status=result.status, content_type=result.header("content-type"), body=result.body
        )
        meaning = decide(result, effect, matches, _links(execution, result), version.draft.not_done_statuses)
    else:
        meaning = decide(result, effect, None, not_done=version.draft.not_done_statuses)
    return held_to_schema(meaning, effect) if version.draft.strict_responses else meaning


async def _objection(checker: ArgumentChecker, tenant: str, output: bytes) -> str | None:
    """As `objection`. An output of millions of values would hold up all other calls while it is read."""
    if is_light(output):
        return objection(output)
    return None if await checker.is_json(tenant, output) else UNREAD


def _links(execution: Execution, result: Responded) -> tuple[Link, ...]:
    return read_links(result.headers, execution.request.url) if isinstance(execution.request, HttpRequest) else ()
