"""An attempt's result → what it means for its invocation: the answer held against the version's schema, then decided."""

from gateway.decisions.result_policy import Again, decide, held_to_schema
from gateway.model.invocation import Outcome
from gateway.pipeline.execution import Work
from registry.calling.arguments import ArgumentChecker
from registry.calling.links import Link, read_links
from registry.calling.program_output import objection
from registry.calling.request import HttpRequest
from registry.calling.response_check import matches_output, matches_schema
from sandbox.api.result import Completed, Responded, Result


def judge(checker: ArgumentChecker, work: Work, result: Result) -> Again | Outcome:
    decision = _decide(checker, work, result)
    if not work.version.draft.strict_responses or not isinstance(decision, Outcome):
        return decision
    return held_to_schema(decision, work.effect)


def _decide(checker: ArgumentChecker, work: Work, result: Result) -> Again | Outcome:
    if isinstance(result, Completed):
        matches = matches_output(checker, work.version, result.output)
        return decide(result, work.effect, matches, objection(result.output))
    if isinstance(result, Responded):
        matches = matches_schema(checker, work.version, result.status, result.header("content-type"), result.body)
        return decide(result, work.effect, matches, links=_links(work, result))
    return decide(result, work.effect, None)


def _links(work: Work, result: Responded) -> tuple[Link, ...]:
    return read_links(result.headers, work.request.url) if isinstance(work.request, HttpRequest) else ()
