"""An attempt's result → what it means for its invocation: the answer held against the version's schema, then decided."""

from gateway.decisions.result_policy import Again, decide, held_to_schema
from gateway.model.invocation import Outcome
from gateway.pipeline.execution import Execution
from registry.calling.arguments import ArgumentChecker
from registry.calling.links import Link, read_links
from registry.calling.program_output import objection
from registry.calling.request import HttpRequest
from registry.calling.response_check import matches_output, matches_schema
from sandbox.api.result import Completed, Responded, Result


def check_result(checker: ArgumentChecker, execution: Execution, result: Result) -> Again | Outcome:
    decision = _decide(checker, execution, result)
    if not execution.version.draft.strict_responses or not isinstance(decision, Outcome):
        return decision
    return held_to_schema(decision, execution.effect)


def _decide(checker: ArgumentChecker, execution: Execution, result: Result) -> Again | Outcome:
    if isinstance(result, Completed):
        matches = matches_output(checker, execution.version, result.output)
        return decide(result, execution.effect, matches, objection(result.output))
    if isinstance(result, Responded):
        matches = matches_schema(checker, execution.version, result.status, result.header("content-type"), result.body)
        return decide(result, execution.effect, matches, links=_links(execution, result))
    return decide(result, execution.effect, None)


def _links(execution: Execution, result: Responded) -> tuple[Link, ...]:
    return read_links(result.headers, execution.request.url) if isinstance(execution.request, HttpRequest) else ()
