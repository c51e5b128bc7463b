"""A recording as a file: one JSON object, in lines that a reviewer can read, and that change only where the run does.

    {
     "callgate_recording": 1,
     "tools": {"create_order@1.0.0": {"digest": "sha256:…", "effect": "NON_IDEMPOTENT", "input_schema": {…}, …}},
     "steps": [
      {"step": "1", "calls": [
       {"tool": "create_order@1.0.0", "arguments": {"id": 7}, "outcome": {"succeeded": {"result": {…, "json": {"id": 7}}}}}
      ]}
     ]
    }

Steps are in their order; calls of one step in none. What older releases wrote, one RecordingEntry a line, is read, too.
"""

import json
from collections.abc import Iterable, Mapping

from google.protobuf import json_format

from callgate import checks
from callgate.errors import RequestInvalid
from callgate.recorded.calls import Json, RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.entries import digest_of, is_of_version, refused_digest, run_of
from callgate.types import Tool
from callgate.v1.recording_service_pb2 import RecordingEntry

#: The version of the file's form. One that is not known is refused.
VERSION = 1
_MARK = "callgate_recording"
_CURE = "Give a file that `callgate run record`, or `callgate run export`, wrote."


def dump(run: RecordedRun) -> bytes:
    """The content of the file: always the same for the same run."""
    written = {
        _MARK: VERSION,
        **({} if run.ordered else {"ordered": False}),
        "tools": dict(run.tools),
        "steps": [_step(one, run.tools) for one in run.steps],
    }
    return json.dumps(written, ensure_ascii=False, indent=1).encode() + b"\n"


def load(content: bytes) -> RecordedRun:
    """Raises RequestInvalid for what `dump` did not make, nor an older release."""
    given = checks.content("recording", content)
    try:
        plain = json.loads(given)
    except (ValueError, RecursionError):
        return _older(given)
    if not isinstance(plain, dict) or _MARK not in plain:
        return _older(given)
    if plain[_MARK] != VERSION:
        raise _invalid(f"the recording is of version {plain[_MARK]!r}, not {VERSION}", "Take the release that wrote it.")
    try:
        return _run(plain)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _invalid(f"the recording is not formed as one: {error!r}") from None


def _step(step: RecordedStep, tools: Mapping[str, Json]) -> Json:
    named = {"step": step.name} if step.name else {}
    return {**named, "calls": [_call(one, step.name, tools) for one in step.calls]}


def _call(call: RecordedCall, step: str, tools: Mapping[str, Json]) -> Json:
    """What can be found out from the rest is left out."""
    told = call.arguments is not None and digest_of(call.arguments) == call.arguments_digest
    parts = {
        "step": None if call.step == step else call.step,
        "tool": call.tool,
        "tool_digest": _told_digest(call, tools),
        "arguments": call.arguments,
        "arguments_digest": None if told else call.arguments_digest,
        "outcome": call.outcome,
        "refusal": call.refusal,
        "cost": call.cost,
    }
    return {name: part for name, part in parts.items() if part is not None}


def _told_digest(call: RecordedCall, tools: Mapping[str, Json]) -> str | None:
    """Only where it cannot be found out, as of a call that was refused although it names a version."""
    return None if call.tool_digest == _known_digest(call.tool, tools) else call.tool_digest


def _known_digest(tool: str, tools: Mapping[str, Json]) -> str:
    return str(tools[tool]["digest"]) if tool in tools else refused_digest(tool)


def _run(plain: Json) -> RecordedRun:
    tools: Mapping[str, Json] = plain["tools"]
    return RecordedRun(tuple(_read_step(one, tools) for one in plain["steps"]), tools, ordered=plain.get("ordered", True))


def _read_step(step: Json, tools: Mapping[str, Json]) -> RecordedStep:
    name = step.get("step", "")
    return RecordedStep(name, tuple(_read(call, name, tools) for call in step["calls"]))


def _read(call: Json, step: str, tools: Mapping[str, Json]) -> RecordedCall:
    refused = call.get("refusal")
    if (refused is None) == (call.get("outcome") is None):
        raise _invalid(f"a call of {call['tool']} has neither outcome nor refusal, or both")
    if refused is None and call["tool"] not in tools:
        raise _invalid(f"a call of {call['tool']} has an outcome, and the tool is not among the file's")
    return RecordedCall(
        tool=call["tool"],
        tool_digest=call.get("tool_digest") or _known_digest(call["tool"], tools),
        arguments=call.get("arguments"),
        arguments_digest=call.get("arguments_digest") or digest_of(call["arguments"]),
        outcome=call.get("outcome"),
        refusal=refused,
        cost=call.get("cost"),
        step=call.get("step", step),
    )


def _older(content: bytes) -> RecordedRun:
    lines = content.splitlines()
    return run_of(_entry(number, line) for number, line in enumerate(lines, 1) if line.strip())


def _entry(number: int, line: bytes) -> RecordingEntry:
    try:
        entry = json_format.Parse(line, RecordingEntry())
    except (json_format.ParseError, UnicodeDecodeError, RecursionError):
        entry = RecordingEntry()
    if not entry.HasField("outcome"):
        raise _invalid(f"line {number} is not an entry of a recording")
    return entry


def _invalid(told: str, cure: str = _CURE) -> RequestInvalid:
    return RequestInvalid(told, cure=cure, reason="REQUEST_INVALID")


def tools_named(entries: Iterable[RecordingEntry]) -> list[str]:
    """The versions that were called."""
    return sorted({one.tool for one in entries if is_of_version(one)})


def described(tool: Tool) -> Json:
    """What a file tells of a tool: enough to offer it to a model without a gateway."""
    parts = {
        "digest": tool.digest,
        "toolset": tool.toolset,
        "method": tool.method,
        "endpoint": tool.endpoint,
        "effect": str(tool.effect),
        "description": tool.description,
        "input_schema": tool.input_schema,
        "output_schema": tool.output_schema,
        "deprecated": tool.deprecated or None,
    }
    return {name: part for name, part in parts.items() if part is not None}
