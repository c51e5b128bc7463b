"""By what a recording is found, and a call in it."""

from hashlib import sha256
from urllib.parse import quote

from gateway.model.principal import Principal
from gateway.pipeline.call import Call
from gateway.pipeline.execution import Execution
from gateway.records.recordings.protocol import CallKey, RecordingKey
from registry.calling.arguments import read
from registry.model.errors import ArgumentsInvalid


def recording_key_of(principal: Principal, name: str) -> RecordingKey:
    """Names may have slashes: without two in the middle, `a/b` for `c` would share the recordings of `a` for `b/c`."""
    agent, subject = principal.agent, principal.subject
    plain = "/" not in agent + subject
    owner = f"{agent}/{subject}" if plain else f"{quote(agent, safe='')}//{quote(subject, safe='')}"
    return RecordingKey(principal.tenant, owner, name)


def call_key_of(execution: Execution) -> CallKey:
    return CallKey(execution.version.digest, sha256(execution.arguments.canonical).hexdigest(), execution.origin.run_id)


def refused_key(call: Call) -> CallKey:
    """Of a call that is no version's: the tool as its caller wrote it."""
    try:
        sent = read(call.args_json).canonical
    except ArgumentsInvalid:
        sent = call.args_json
    return CallKey(sha256(call.tool.encode()).hexdigest(), sha256(sent).hexdigest(), call.run_id)
