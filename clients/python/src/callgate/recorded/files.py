"""A recording as a file: one JSON object, in lines that a reviewer can read, and that change only where the run does.

    {
     "callgate_recording": 1,
     "tools": {"create_order@1.0.0": {"digest": "sha256:…", "effect": "NON_IDEMPOTENT", "input_schema": {…}, …}},
     "steps": [
      {"step": "1", "run": "task-7", "calls": [
       {"tool": "create_order@1.0.0", "arguments": {"id": 7}, "outcome": {"succeeded": {"result": {…, "json": {"id": 7}}}}}
      ]}
     ]
    }

Steps of one run are in their order; calls of one step, and those of different runs, are in none. `loading` reads it.
"""

import json
from collections.abc import Iterable, Mapping

from callgate.recorded.calls import Json, RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.entries import digest_of, is_of_version, refused_digest
from callgate.types import Tool
from callgate.v1.recording_service_pb2 import RecordingEntry

#: The version of the file's form. One that is not known is refused.
VERSION = 1
MARK = "callgate_recording"


def dump(run: RecordedRun) -> bytes:
    """The content of the file: always the same for the same run."""
    written = {
        MARK: VERSION,
        **({} if run.ordered else {"ordered": False}),
        "tools": dict(run.tools),
        "steps": [_step(one, run.tools) for one in run.steps],
    }
    return json.dumps(written, ensure_ascii=False, indent=1).encode() + b"\n"


def _step(step: RecordedStep, tools: Mapping[str, Json]) -> Json:
    named = {"step": step.name, "run": step.run}
    calls = [_call(one, step, tools) for one in step.calls]
    return {**{name: told for name, told in named.items() if told}, "calls": calls}


def _call(call: RecordedCall, step: RecordedStep, tools: Mapping[str, Json]) -> Json:
    """What can be found out from the rest is left out."""
    told = call.arguments is not None and digest_of(call.arguments) == call.arguments_digest
    parts = {
        "step": None if call.step == step.name else call.step,
        "run": None if call.run == step.run else call.run,
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
    return None if call.tool_digest == known_digest(call.tool, tools) else call.tool_digest


def known_digest(tool: str, tools: Mapping[str, Json]) -> str:
    return str(tools[tool]["digest"]) if tool in tools else refused_digest(tool)


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
