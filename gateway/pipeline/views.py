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
from registry.model.media_types import is_json, is_stream
from registry.model.shaping import View
from sandbox.api.fault_code import FaultCode

log = structlog.get_logger(__name__)

#: The faults of which an answer tells by itself.
_REFUSALS = frozenset({FaultCode.HTTP_STATUS, FaultCode.PROGRAM_FAILED})

#: Characters of a projection, and of a content type, that a message repeats.
_LONGEST = 300

NOT_MADE = "The tool's view could not be made of the answer, so nothing of it is shown."
_CURE = "let the operator correct `view` in the toolset's manifest, or leave the projection out there"
ACTED = f"The request was answered, so do not call again for it: its answer is not kept. For later calls, {_CURE}."
ANSWERED = f"Its answer is not kept. To get it, {_CURE}; then call anew."

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
    to be shown is not shown because it cannot be sorted out; nor is what came of one that has failed by something else. `keep`
    takes what a success is cut from."""
    view = execution.version.draft.view
    outcome = meaning.otherwise if isinstance(meaning, Again) else meaning
    if view is None or outcome.answer is None:
        return meaning
    made = await _of_outcome(checker, execution.principal.tenant, view, outcome, outcome.answer)
    if isinstance(made, _Failed):
        shown_outcome = _unseen(outcome, outcome.answer, view, made.why, acts=execution.effect.acts)
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
    """The projection is for successes, also for what came of one: what an upstream, or a program, says of a failure has another
    form. The size is for all."""
    of_this = replace(view, projection=None) if outcome.fault in _REFUSALS else view
    if not answer.body or (of_this.projection is None and len(answer.body) <= (of_this.bytes or len(answer.body))):
        return _Made(answer)
    if of_this.projection is not None and (why := _why_not_projected(answer)):
        return _Failed(why)
    if is_json(answer.content_type) and answer.artifact is None:
        found = await _of_json(checker, tenant, of_this, answer)
        if not isinstance(found, _Failed) or of_this.projection is not None:
            return found
    return _of_text(of_this, answer)


def _why_not_projected(answer: Answer) -> str:
    """Empty where it is one JSON value, as far as its head tells."""
    came = f"came as {answer.content_type[:_LONGEST]!r}" if answer.content_type else "came without a Content-Type"
    if is_stream(answer.content_type):
        return f"it {came}, which is a stream, and a projection is made of one JSON value"
    if not is_json(answer.content_type):
        return f"it {came}, and a projection is made of JSON, such as application/json"
    return "it is too large to be told, and an artifact" if answer.artifact is not None else ""


async def _of_json(checker: ArgumentChecker, tenant: str, view: View, answer: Answer) -> _Made | _Failed:
    seen = await checker.see(tenant, view, answer.body)
    if seen is None:
        return _Failed(TOO_MUCH)
    if why := seen.head.get("failed") or seen.head.get("unread"):
        return _Failed(str(why))
    part = ShownPart(
        view.projection or "",
        bool(seen.head["matched_nothing"]),
        len(answer.body),
        int(seen.head.get("left_out", 0)),
        max(0, len(seen.whole) - len(seen.body)),
        unmatched=tuple(seen.head["unmatched"]),
    )
    content_type = JSON if view.projection else answer.content_type
    return _Made(_with_part(replace(answer, content_type=content_type, body=seen.body), part), seen.whole)


def _of_text(view: View, answer: Answer) -> _Made:
    """Of what is an artifact already, the beginning is cut."""
    body = shorten_text(answer.body, view.bytes or len(answer.body))
    if body == answer.body:
        return _Made(answer)
    whole = answer.artifact.size if answer.artifact else len(answer.body)
    part = ShownPart(whole_bytes=whole, bytes_left_out=whole - len(body))
    return _Made(_with_part(replace(answer, body=body), part), answer.body)


def _with_part(answer: Answer, part: ShownPart) -> Answer:
    """A schema that the whole answer fits says nothing of a part; one that it does not fit is worth knowing."""
    return replace(answer, shown=part, matches_schema=False if answer.matches_schema is False else None)


def _unseen(outcome: Outcome, answer: Answer, view: View, why: str, *, acts: bool) -> Outcome:
    """With nothing of the answer. What has failed by something else has that for its fault."""
    projection = view.projection or ""
    part = ShownPart(projection, whole_bytes=len(answer.body), bytes_left_out=len(answer.body), message=NOT_MADE)
    outcome = replace(outcome, answer=_with_part(replace(answer, body=b"", artifact=None), part))
    if outcome.verdict is not Verdict.SUCCEEDED:
        return replace(outcome, message=f"{outcome.message} What came of the answer is not shown: {why}.")
    named = projection if len(projection) <= _LONGEST else f"{projection[:_LONGEST]}…"
    return replace(
        outcome,
        verdict=Verdict.TOOL_FAILED,
        fault=FaultCode.VIEW_FAILED,
        message=f"The call was answered, and the projection {named!r} of the tool's view could not be made of its answer: "
        f"{why}. {ACTED if acts else ANSWERED}",
        effect_possible=acts,
        http_status=answer.http_status,
    )
