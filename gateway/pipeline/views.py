"""A tool's answer → what its view shows of it. The answer is held against its schema before, as the upstream gave it."""

from dataclasses import dataclass, replace

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Outcome, ShownPart, Verdict
from gateway.pipeline.execution import Execution
from registry.calling.program_output import JSON
from registry.calling.shortening import shorten_text
from registry.checking.argument_checker import ArgumentChecker
from registry.model.media_types import is_json
from registry.model.shaping import View
from sandbox.api.fault_code import FaultCode

TOO_MUCH = "it takes more time or memory than there is"


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why no view could be made, as the end of a sentence."""

    why: str


async def viewed(checker: ArgumentChecker, execution: Execution, meaning: Again | Outcome) -> Again | Outcome:
    """The same with what is shown of its answer. A success that no view can be made of fails: what the operator does not want
    to be shown is not shown because it cannot be sorted out."""
    view = execution.version.draft.view
    outcome = meaning.otherwise if isinstance(meaning, Again) else meaning
    if view is None or outcome.answer is None:
        return meaning
    shown = await _of_outcome(checker, execution.principal.tenant, view, outcome, outcome.answer)
    if isinstance(shown, _Failed):
        shown_outcome = _failed(outcome, outcome.answer, view, shown.why, acts=execution.effect.acts)
    else:
        shown_outcome = replace(outcome, answer=shown)
    return replace(meaning, otherwise=shown_outcome) if isinstance(meaning, Again) else shown_outcome


async def _of_outcome(checker: ArgumentChecker, tenant: str, view: View, outcome: Outcome, answer: Answer) -> Answer | _Failed:
    """The projection is for successes: what an upstream says of a failure has another form. The size is for all."""
    succeeded = outcome.verdict is Verdict.SUCCEEDED
    of_this = view if succeeded else replace(view, projection=None)
    if not answer.body or (of_this.projection is None and len(answer.body) <= (of_this.bytes or len(answer.body))):
        return answer
    if is_json(answer.content_type):
        found = await _of_json(checker, tenant, of_this, answer)
        if not isinstance(found, _Failed) or of_this.projection:
            return found
    return _of_text(of_this, answer)


async def _of_json(checker: ArgumentChecker, tenant: str, view: View, answer: Answer) -> Answer | _Failed:
    """What is cut is at hand here as a whole, should it be kept elsewhere: `seen.whole`."""
    seen = await checker.see(tenant, view, answer.body)
    if seen is None:
        return _Failed(TOO_MUCH)
    if not seen.head.get("is_json", True):
        return _of_text(view, answer)
    if "failed" in seen.head:
        return _Failed(str(seen.head["failed"]))
    part = ShownPart(
        view.projection or "",
        bool(seen.head["matched_nothing"]),
        len(answer.body),
        int(seen.head.get("left_out", 0)),
        max(0, len(seen.whole) - len(seen.body)),
    )
    content_type = JSON if view.projection else answer.content_type
    return _with_part(replace(answer, content_type=content_type, body=seen.body), part)


def _of_text(view: View, answer: Answer) -> Answer:
    """Of what is no JSON there is no projection."""
    body = shorten_text(answer.body, view.bytes or len(answer.body))
    why = "The projection is for JSON, which this answer is not." if view.projection else ""
    if body == answer.body and not why:
        return answer
    part = ShownPart(whole_bytes=len(answer.body), bytes_left_out=len(answer.body) - len(body), message=why)
    return _with_part(replace(answer, body=body), part)


def _with_part(answer: Answer, part: ShownPart) -> Answer:
    """A schema that the whole answer fits says nothing of a part; one that it does not fit is worth knowing."""
    return replace(answer, shown=part, matches_schema=False if answer.matches_schema is False else None)


def _failed(outcome: Outcome, answer: Answer, view: View, why: str, *, acts: bool) -> Outcome:
    message = f"The upstream's answer came, and the tool's view could not be made of it: {why}."
    part = ShownPart(view.projection or "", whole_bytes=len(answer.body), bytes_left_out=len(answer.body), message=message)
    return replace(
        outcome,
        verdict=Verdict.TOOL_FAILED,
        answer=_with_part(replace(answer, body=b""), part),
        fault=FaultCode.VIEW_FAILED,
        message=message,
        effect_possible=acts,
        http_status=answer.http_status,
    )
