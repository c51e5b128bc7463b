"""What the end of a container tool's program means for its invocation, and whether it permits another attempt. Pure.
`next_step` lists what else decides on one.

The program's exit status is its answer: 0 with JSON is a result, anything else a failure that it reports itself, whose output
is the failure's result. 75 is the status by which programs have long said "not now" (EX_TEMPFAIL of sysexits.h): as after an
upstream's 503, another attempt may help.
"""

from dataclasses import dataclass

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed

NOT_NOW = 75


@dataclass(frozen=True, slots=True)
class ReadOutput:
    """What the program wrote. `content_type` is empty, and the body unusable, where it is neither JSON nor text.

    `objection`: why it is no result of this tool, as the end of a sentence; None for one.
    """

    content_type: str
    body: bytes
    objection: str | None = None
    matches_schema: bool | None = None


def of_completion(result: Completed, effect: Effect, output: ReadOutput) -> Again | Outcome:
    ended = _failure(result, effect, output) if result.exit else _end(effect, output)
    return Again(None, ended, loads=True) if result.exit == NOT_NOW and effect.repeatable else ended


def _failure(result: Completed, effect: Effect, output: ReadOutput) -> Outcome:
    """What the program has said goes with it: on its output for programs, on its error output for people."""
    said = f" It said: {result.errors}" if result.errors else ""
    refused = f" Its box refused it: {', '.join(result.usage.refused)}." if result.usage.refused else ""
    message = f"The program ended with status {result.exit}.{refused}{said}"
    answer = Answer(0, output.content_type, output.body) if output.content_type else None
    return _failed(effect, FaultCode.PROGRAM_FAILED, message, answer)


def _end(effect: Effect, output: ReadOutput) -> Outcome:
    if output.objection is not None:
        return _failed(effect, FaultCode.OUTPUT_INVALID, f"The program's output {output.objection}.")
    return Outcome(Verdict.SUCCEEDED, Answer(0, output.content_type, output.body, output.matches_schema))


def _failed(effect: Effect, fault: FaultCode, message: str, answer: Answer | None = None) -> Outcome:
    return Outcome(Verdict.TOOL_FAILED, answer, fault=fault, message=message, effect_possible=effect.acts)
