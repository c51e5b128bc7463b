"""A tool's answer → what its view shows of it. The answer is held against its schema before, as the upstream gave it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import structlog

from gateway.decisions.fault_of_error import why_not_kept
from gateway.decisions.result_policy import Again
from gateway.model.artifact import Artifact
from gateway.model.errors import GatewayError
from gateway.model.invocation import Answer, Outcome, ShownPart, Verdict
from gateway.pipeline.execution import Execution
from registry.calling.program_output import JSON
from registry.calling.shortening import shorten_text
from registry.checking.argument_checker import ArgumentChecker
from registry.model.media_types import is_json
from registry.model.shaping import View
from sandbox.api.fault_code import FaultCode

log = structlog.get_logger(__name__)

TOO_MUCH = "it takes more time or memory than there is"

#: Keeps a body of that media type as an artifact of the call's. Raises GatewayError.
KeepWhole = Callable[[str, bytes], Awaitable[Artifact]]


@dataclass(frozen=True, slots=True)
class _Failed:
    """Why no view could be made, as the end of a sentence."""

    why: str


@dataclass(frozen=True, slots=True)
class _Made:
    """What is shown of an answer, and what the view's size has cut it from."""

    answer: Answer
    whole: bytes = b""


async def viewed(
    checker: ArgumentChecker, execution: Execution, meaning: Again | Outcome, keep: KeepWhole | None = None
) -> Again | Outcome:
    """The same with what is shown of its answer. A success that no view can be made of fails: what the operator does not want
    to be shown is not shown because it cannot be sorted out. `keep` takes what a success is cut from."""
    view = execution.version.draft.view
    outcome = meaning.otherwise if isinstance(meaning, Again) else meaning
    if view is None or outcome.answer is None:
        return meaning
    made = await _of_outcome(checker, execution.principal.tenant, view, outcome, outcome.answer)
    if isinstance(made, _Failed):
        shown_outcome = _failed(outcome, outcome.answer, view, made.why, acts=execution.effect.acts)
    elif outcome.verdict is Verdict.SUCCEEDED and keep is not None:
        shown_outcome = replace(outcome, answer=await _with_whole(made, keep))
    else:
        shown_outcome = replace(outcome, answer=made.answer)
    return replace(meaning, otherwise=shown_outcome) if isinstance(meaning, Again) else shown_outcome


async def _with_whole(made: _Made, keep: KeepWhole) -> Answer:
    """With the artifact that has all of it. The call is done: where the store does not take that, the caller is told so."""
    answer, part = made.answer, made.answer.shown
    if part is None or not part.bytes_left_out or answer.artifact is not None:
        return answer
    try:
        return replace(answer, artifact=await keep(answer.content_type, made.whole))
    except GatewayError as refusal:
        log.warning("rest_not_kept", error=str(refusal), cure=refusal.cure)
        why = why_not_kept(refusal).rstrip(".")
        return replace(answer, shown=replace(part, message=f"What is left out is not kept: {why}"))


async def _of_outcome(checker: ArgumentChecker, tenant: str, view: View, outcome: Outcome, answer: Answer) -> _Made | _Failed:
    """The projection is for successes: what an upstream says of a failure has another form. The size is for all."""
    succeeded = outcome.verdict is Verdict.SUCCEEDED
    of_this = view if succeeded else replace(view, projection=None)
    if not answer.body or (of_this.projection is None and len(answer.body) <= (of_this.bytes or len(answer.body))):
        return _Made(answer)
    if is_json(answer.content_type) and answer.artifact is None:
        found = await _of_json(checker, tenant, of_this, answer)
        if not isinstance(found, _Failed) or of_this.projection:
            return found
    return _of_text(of_this, answer)


async def _of_json(checker: ArgumentChecker, tenant: str, view: View, answer: Answer) -> _Made | _Failed:
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
    return _Made(_with_part(replace(answer, content_type=content_type, body=seen.body), part), seen.whole)


def _of_text(view: View, answer: Answer) -> _Made:
    """Of what is no JSON there is no projection. Of what is an artifact already, the beginning is cut."""
    body = shorten_text(answer.body, view.bytes or len(answer.body))
    why = "The projection is for JSON, which this answer is not." if view.projection else ""
    if body == answer.body and not why:
        return _Made(answer)
    whole = answer.artifact.size if answer.artifact else len(answer.body)
    part = ShownPart(whole_bytes=whole, bytes_left_out=whole - len(body), message=why)
    return _Made(_with_part(replace(answer, body=body), part), answer.body)


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
