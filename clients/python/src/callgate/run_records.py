"""Runs as the gateway keeps them, as plain, frozen values, and their messages. The meaning of each is in run_service.proto."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from callgate import checks
from callgate.artifacts import Artifact
from callgate.convert import moment, named
from callgate.v1 import run_service_pb2 as pb

#: The gateway refuses more bytes.
PLAN_BYTES, STATE_BYTES = 64 << 10, 1 << 20

#: By the part that has too many bytes, what to do with it.
_TOO_LARGE = {
    "plan": "Put it there by `artifacts.put`, and name that artifact's id in the plan; or save it in the run's state.",
    "state": "Put it there by `artifacts.put`, and give what that returns.",
}

NO_LABELS: Mapping[str, str] = MappingProxyType({})


class RunStatus(StrEnum):
    """Where a run stands. All but RUNNING are ends; KILLED: it was stopped from outside."""

    UNSPECIFIED = "UNSPECIFIED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def over(self) -> bool:
        """No call of it begins any more."""
        return self in {RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.KILLED}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What is known of a run, but for its plan and its state. `agent` and `subject` are of the caller whose run it is."""

    run_id: str
    agent: str
    subject: str
    status: RunStatus
    labels: Mapping[str, str] = field(hash=False)
    #: Of its state: 0 before the first save, and one more with each.
    version: int
    #: How many were begun in it, those included that came to nothing.
    calls: int
    started: datetime
    saved: datetime | None
    ended: datetime | None
    #: When it is forgotten, unless a state is saved or a call begun before.
    expires: datetime
    #: Who has killed it: agent/subject.
    author: str = ""
    #: Why it has ended, as it was said then.
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord(RunSummary):
    """A run with what its agent goes on from. `state` is None before the first save, and where an artifact has it:
    `state_artifact` is then that one's id."""

    plan: bytes = field(repr=False)
    state: bytes | None = field(repr=False)
    state_artifact: str = ""


def start(run_id: str, plan: bytes, labels: Mapping[str, str]) -> pb.StartRunRequest:
    return pb.StartRunRequest(run_id=checks.run_id(run_id), plan=_within(PLAN_BYTES, "plan", plan), labels=_labels(labels))


def get(run_id: str, agent: str, subject: str) -> pb.GetRunRequest:
    return pb.GetRunRequest(run_id=checks.run_id(run_id), **_whose(agent, subject))


def wanted(statuses: Sequence[RunStatus], labels: Mapping[str, str]) -> Callable[[str], pb.ListRunsRequest]:
    """The request for the page with a token."""
    request = pb.ListRunsRequest(
        statuses=[f"RUN_STATUS_{checks.member(RunStatus, 'statuses', one)}" for one in checks.sequence("statuses", statuses)],
        labels=_labels(labels),
    )

    def page(page_token: str) -> pb.ListRunsRequest:
        request.page_token = page_token
        return request

    return page


def save(run_id: str, state: bytes | Artifact, version: int, token: str) -> pb.SaveRunStateRequest:
    request = pb.SaveRunStateRequest(
        run_id=checks.run_id(run_id), version=checks.count("version that was seen", version), save_token=token
    )
    if isinstance(state, Artifact):
        request.state_artifact = state.id
    else:
        request.state = _within(STATE_BYTES, "state", state)
    return request


def end(run_id: str, status: RunStatus, reason: str) -> pb.EndRunRequest:
    told = checks.member(RunStatus, "status", status)
    return pb.EndRunRequest(run_id=checks.run_id(run_id), status=f"RUN_STATUS_{told}", reason=checks.text("reason", reason))


def kill(run_id: str, reason: str, agent: str, subject: str) -> pb.KillRunRequest:
    whose = _whose(agent, subject)
    return pb.KillRunRequest(run_id=checks.run_id(run_id), reason=checks.required("reason", reason), **whose)


def _within(most: int, part: str, given: bytes) -> bytes:
    content = checks.content(part, given)
    if len(content) > most:
        raise checks.invalid(f"the {part} has more than {most:,} bytes", _TOO_LARGE[part])
    return content


def _whose(agent: str, subject: str) -> dict[str, Any]:
    whose = {"agent": checks.text("agent", agent), "subject": checks.text("subject", subject)}
    if bool(agent) != bool(subject):
        raise checks.invalid("agent and subject name another caller together", "Give both, or none of them.")
    return whose


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise checks.invalid("labels must be a dict of texts", "Give names and values.")
    return {checks.required("label's name", name): checks.text("label's value", value) for name, value in given.items()}


def summary_from(message: pb.Run) -> RunSummary:
    return RunSummary(**_facts(message))


def record_from(message: pb.WholeRun) -> RunRecord:
    return RunRecord(
        **_facts(message.run),
        plan=message.plan,
        state=message.state if message.HasField("state") else None,
        state_artifact=message.state_artifact,
    )


def _facts(message: pb.Run) -> dict[str, Any]:
    return {
        "run_id": message.run_id,
        "agent": message.agent,
        "subject": message.subject,
        "status": named(RunStatus, pb.RunStatus, message.status),
        "labels": dict(message.labels),
        "version": message.version,
        "calls": message.call_count,
        "started": moment(message.start_time),
        "saved": moment(message.save_time) if message.HasField("save_time") else None,
        "ended": moment(message.end_time) if message.HasField("end_time") else None,
        "expires": moment(message.expire_time),
        "author": message.author,
        "reason": message.reason,
    }
