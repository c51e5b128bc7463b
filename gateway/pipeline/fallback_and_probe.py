"""What a tool version has in reserve when its own attempts do not do: another tool to call, and one to ask.

Both are calls like any other: same caller with the same rights, same run, policy, budget and approval, a record of their own.
Their keys are made of the invocation (`reserve_keys`), so each is made once, whichever gateway comes to it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeAlias

import orjson
import structlog

from gateway.decisions.fault_of_error import fault_of
from gateway.model.errors import GatewayError
from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.model.principal import Caller
from gateway.pipeline.call import Answered, Call
from gateway.pipeline.execution import Execution
from gateway.pipeline.reserve_keys import probe_key
from registry.calling.pointer_mapping import holds, map_arguments
from registry.model.errors import RegistryError
from registry.model.json_limits import is_deeper, is_light
from registry.model.json_pointer import find
from registry.model.tool import JsonObject, Probe
from sandbox.api.errors import SandboxError

log = structlog.get_logger(__name__)

#: Makes a call through the whole pipeline.
Ask: TypeAlias = Callable[[Caller, Call], Awaitable[Answered]]

#: What a probe may find.
HAPPENED, NOT_HAPPENED, OPEN, NOT_ASKED = "happened", "not happened", "open", "not asked"


class _TooMuch(Exception):
    """To read it would hold up all other calls, or it could not be written down."""


async def call_fallback(ask: Ask, execution: Execution, id: str, key: str, primary: Outcome) -> Outcome:
    """The outcome of the version's fallback, or `primary` where that was refused."""
    fallback = execution.fallback
    assert fallback is not None  # noqa: S101 - the loop calls it only where there is one
    try:
        answered = await ask(execution.caller, _call(execution, id, key, fallback))
    except (GatewayError, RegistryError, SandboxError) as refusal:
        log.warning("fallback_refused", invocation=id, fallback=fallback.tool, reason=type(refusal).__name__)
        remark = f"Its fallback {fallback.tool} was refused: {fault_of(refusal)}."
        return replace(primary, message=f"{primary.message} {remark}")
    return _as_from(answered)


async def ask_probe(ask: Ask, execution: Execution, id: str, probe: Probe, attempts: int) -> tuple[str, Any]:
    """What the probe finds: HAPPENED and the value, NOT_HAPPENED, or OPEN where it failed; NOT_ASKED where it was refused."""
    try:
        answered = await ask(execution.caller, _call(execution, id, probe_key(id, execution.life, attempts), probe))
        outcome = answered.invocation.outcome
        if outcome is None or outcome.verdict is not Verdict.SUCCEEDED or outcome.answer is None:
            return OPEN, None
        found = _read(outcome.answer.body)
    except (orjson.JSONDecodeError, _TooMuch):
        return OPEN, None
    except (GatewayError, RegistryError, SandboxError) as refusal:
        log.warning("probe_refused", invocation=id, probe=probe.tool, reason=type(refusal).__name__)
        return NOT_ASKED, None
    if not holds(probe.happened, found):
        return NOT_HAPPENED, None
    value = find(probe.value, found)
    return (HAPPENED, value[0]) if value else (OPEN, None)


def _read(body: bytes) -> Any:
    """Raises JSONDecodeError, _TooMuch."""
    if not is_light(body):
        raise _TooMuch
    found = orjson.loads(body)
    if is_deeper(found, DEEPEST):
        raise _TooMuch
    return found


def answer_of(value: Any) -> Answer:
    """A JSON value in an answer's place. It is no HTTP exchange, so it has no status."""
    return Answer(0, "application/json", orjson.dumps(value))


def _call(execution: Execution, id: str, key: str, reserve: Any) -> Call:
    arguments: JsonObject = map_arguments(reserve.arguments, execution.arguments.value)
    looks = isinstance(reserve, Probe)
    timeout = max(execution.remaining, SHORTEST) if looks else execution.remaining
    run_id, args_json = execution.origin.run_id, orjson.dumps(arguments)
    owner = execution.version.owner
    # A published tool must not reach one of the caller's own tenant by its name: its owner has not the caller's rights.
    only = None if owner == execution.principal.tenant else owner
    return Call(reserve.tool, args_json, key, run_id=run_id, timeout=timeout, parent=id, looks=looks, owner=only)


#: Levels of a probe's answer.
DEEPEST = 64

#: Seconds that a probe gets, though the call's own time be over: that is when most outcomes are unknown.
SHORTEST = 10.0


def _as_from(answered: Answered) -> Outcome:
    invocation = answered.invocation
    outcome = invocation.outcome
    assert outcome is not None  # noqa: S101 - it was waited for
    return replace(outcome, source=f"fallback:{invocation.id}")
