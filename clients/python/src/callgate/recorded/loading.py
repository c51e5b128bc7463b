"""Reads a recording's file, as `files` writes it, or as older releases did: one RecordingEntry a line.

What is misspelt in a file that was edited must not be passed over: a test would hold less than it says.
"""

import json
from collections.abc import Mapping
from string import hexdigits
from typing import Any

from google.protobuf import json_format

from callgate import checks
from callgate.errors import RequestInvalid
from callgate.recorded.calls import Json, RecordedCall, RecordedRun, RecordedStep
from callgate.recorded.entries import digest_of, entries_of, run_of
from callgate.recorded.files import MARK, VERSION, known_digest
from callgate.v1.recording_service_pb2 import RecordingEntry

_CURE = "Give a file that `callgate run record`, or `callgate run export`, wrote."
_RECORD = "Record the run: callgate run record FILE -- PROGRAM."
#: The parts that the file, a step and a call may have.
_FILE = frozenset((MARK, "ordered", "tools", "steps"))
_STEP = frozenset(("step", "run", "calls"))
_CALL = frozenset(
    ("step", "run", "tool", "tool_digest", "arguments", "arguments_digest", "outcome", "refusal", "cost"),
)
#: Characters of a SHA-256 in hexadecimal.
_DIGITS = 64


def load(content: bytes, name: str = "") -> RecordedRun:
    """`name`: the file's, for messages. Raises RequestInvalid for what `dump` did not make, nor an older release."""
    given, what = checks.content("recording", content), f"the recording {name}" if name else "the recording"
    try:
        run = _loaded(given, what)
        for _ in entries_of(run):  # which tells an outcome, or a refusal, that is none
            pass
    except RequestInvalid as error:
        told = error.message if error.message.startswith(what) else f"{what}: {error.message}"
        raise RequestInvalid(told, cure=error.cure, reason=error.reason) from None
    if not run.steps:
        raise _invalid(f"{what} has no call", _RECORD)
    return run


def _loaded(given: bytes, what: str) -> RecordedRun:
    if not given.strip():
        raise _invalid(f"{what} is empty", _RECORD)
    try:
        plain = json.loads(given)
    except (ValueError, RecursionError):
        return _older(given)
    if not isinstance(plain, dict) or MARK not in plain:
        return _older(given)
    if isinstance(plain[MARK], bool) or plain[MARK] != VERSION:
        raise _invalid(f"{what} is of version {plain[MARK]!r}, not {VERSION}", "Take the release that wrote it.")
    try:
        return _run(plain)
    except KeyError as error:
        raise _invalid(f"{what} is not formed as one: a part {error.args[0]!r} is missing") from None
    except (TypeError, AttributeError, ValueError):
        raise _invalid(f"{what} is not formed as one: a part of it is of another kind than is written there") from None


def _run(plain: Json) -> RecordedRun:
    _require_known(plain, _FILE, "it")
    tools: Mapping[str, Json] = plain["tools"]
    for reference, tool in tools.items():
        if not _is_digest(tool["digest"]):
            raise _invalid(f"the digest of {reference} is none")
    return RecordedRun(tuple(_step(one, tools) for one in plain["steps"]), tools, ordered=plain.get("ordered", True))


def _step(step: Json, tools: Mapping[str, Json]) -> RecordedStep:
    _require_known(step, _STEP, "a step")
    name, run = _text(step, "step", ""), _text(step, "run", "")
    return RecordedStep(name, tuple(_call(call, name, run, tools) for call in step["calls"]))


def _call(call: Json, step: str, run: str, tools: Mapping[str, Json]) -> RecordedCall:
    tool, refused = _text(call, "tool"), call.get("refusal")
    _require_known(call, _CALL, f"a call of {tool}")
    if (refused is None) == (call.get("outcome") is None):
        raise _invalid(f"a call of {tool} has neither outcome nor refusal, or both")
    if refused is None and tool not in tools:
        raise _invalid(f"a call of {tool} has an outcome, and the tool is not among the file's")
    digests = call.get("tool_digest") or known_digest(tool, tools), call.get("arguments_digest") or digest_of(call["arguments"])
    if not all(map(_is_digest, digests)):
        raise _invalid(f"a call of {tool} has a digest that is none")
    return RecordedCall(
        tool=tool,
        tool_digest=digests[0],
        arguments=call.get("arguments"),
        arguments_digest=digests[1],
        outcome=call.get("outcome"),
        refusal=refused,
        cost=call.get("cost"),
        step=_text(call, "step", step),
        run=_text(call, "run", run),
    )


def _require_known(plain: Json, known: frozenset[str], whose: str) -> None:
    for name in plain:
        if name not in known:
            raise _invalid(
                f"{whose} has a part {name!r}, which is not known", f"{_CURE} A newer release may have written this one."
            )


def _text(plain: Json, name: str, usual: str | None = None) -> str:
    """Raises KeyError, TypeError."""
    found = plain[name] if usual is None else plain.get(name, usual)
    if not isinstance(found, str):
        raise TypeError(name)
    return found


def _is_digest(given: Any) -> bool:
    digits = given.removeprefix("sha256:") if isinstance(given, str) else ""
    return len(digits) == _DIGITS and not set(digits) - set(hexdigits.lower())


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
