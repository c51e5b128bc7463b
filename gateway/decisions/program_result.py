"""What the end of a container tool's program means for its invocation, and whether it permits another attempt. Pure.
`next_step` lists what else decides on one.

The program's exit status is its answer: 0 with JSON is a result, anything else a failure that it reports itself. 75 is the
status by which programs have long said "not now" (EX_TEMPFAIL of sysexits.h): as after an upstream's 503, another attempt may
help.
"""

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed

NOT_NOW = 75
JSON = "application/json"


def of_completion(result: Completed, effect: Effect, objection: str | None, matches_schema: bool | None) -> Again | Outcome:
    """`objection`: why the output is not JSON that can be passed on, None where it is."""
    ended = _outcome(result, effect, objection, matches_schema)
    return Again(None, ended, loads=True) if result.exit == NOT_NOW and effect.repeatable else ended


def _outcome(result: Completed, effect: Effect, objection: str | None, matches_schema: bool | None) -> Outcome:
    if result.exit != 0:
        said = f" It said: {result.errors}" if result.errors else ""
        refused = f" Its box refused it: {', '.join(result.usage.refused)}." if result.usage.refused else ""
        return _failed(effect, FaultCode.PROGRAM_FAILED, f"The program ended with status {result.exit}.{refused}{said}")
    if objection is not None:
        return _failed(effect, FaultCode.OUTPUT_INVALID, f"The program's output {objection}.")
    return Outcome(Verdict.SUCCEEDED, Answer(0, JSON, result.output, matches_schema))


def _failed(effect: Effect, fault: FaultCode, message: str) -> Outcome:
    return Outcome(Verdict.TOOL_FAILED, fault=fault, message=message, effect_possible=effect.acts)
