"""Runs of a few words, for tests of recordings: `run("1 order:tea", "2 pay:3 | pay:4")` has two steps, and three calls."""

from typing import Any

from callgate.recorded import RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.entries import digest_of, refused_digest

DIGEST = f"sha256:{'a' * 64}"


def call(name: str, argument: str = "", *, step: str = "", version: str = "1.0.0", **parts: Any) -> RecordedCall:
    """One that has succeeded with {"id": argument}, unless `parts` say otherwise."""
    arguments = {"it": argument}
    result = {"http_status": 200, "content_type": "application/json", "json": {"id": argument}}
    ending = parts if "refusal" in parts else {"outcome": {"succeeded": {"result": result}}, **parts}
    tool = name if "refusal" in parts else f"{name}@{version}"
    return RecordedCall(
        tool=tool,
        tool_digest=refused_digest(tool) if "refusal" in parts else DIGEST,
        arguments=arguments,
        arguments_digest=digest_of(arguments),
        step=step,
        **ending,
    )


def run(*steps: str) -> RecordedRun:
    return made(*(_step(one) for one in steps))


def made(*steps: RecordedStep) -> RecordedRun:
    tools = {one.tool: {"digest": one.tool_digest} for step in steps for one in step.calls if one.outcome is not None}
    return RecordedRun(steps, tools)


def _step(written: str) -> RecordedStep:
    name, _, calls = written.partition(" ")
    parted = [one.strip().partition(":") for one in calls.split("|")]
    return RecordedStep(name, tuple(call(tool, argument, step=name) for tool, _, argument in parted))
