"""What a gateway knows of runs: plan, state and end of each, by the rules of run_service.proto."""
# ruff: noqa: N802 - gRPC names its methods

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from callgate import checks
from callgate.errors import RunEnded, RunKilled, RunNotFound, RunPlanDiffers, RunStateLost, RunStateMoved
from callgate.run_records import PLAN_BYTES, STATE_BYTES, RunStatus
from callgate.testing import wire
from callgate.testing.calls import FakeCalls
from callgate.testing.endings import cancelled
from callgate.testing.pages import page
from callgate.v1 import run_service_pb2 as pb

#: For how long a run is kept, unless an operator says otherwise.
KEPT = timedelta(days=30)
RUNNING = pb.RUN_STATUS_RUNNING


@dataclass(slots=True, kw_only=True)
class FakeRun:
    """One run, as a FakeGateway keeps it. `saved` has `state`, or the id of an artifact."""

    run_id: str
    plan: bytes
    labels: dict[str, str]
    status: RunStatus = RunStatus.RUNNING
    state: bytes = b""
    state_artifact: str = ""
    version: int = 0
    calls: int = 0
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    saved: datetime | None = None
    ended: datetime | None = None
    author: str = ""
    reason: str = ""
    last_save: pb.SaveRunStateRequest | None = field(default=None, repr=False)


class FakeRuns:
    """The runs of a gateway, by their ids."""

    def __init__(self) -> None:
        self.all: dict[str, FakeRun] = {}
        self._lock = threading.RLock()

    def begin_call(self, run_id: str) -> None:
        """A call of the run is new. Raises RunEnded, RunKilled. One that was never started is none of ours."""
        with self._lock:
            run = self.all.get(run_id)
            if run is not None:
                _require_running(run)
                run.calls += 1

    def start(self, request: pb.StartRunRequest) -> tuple[FakeRun, bool]:
        with self._lock:
            known = self.all.get(request.run_id)
            if known is None:
                run = FakeRun(run_id=request.run_id, plan=request.plan, labels=dict(request.labels))
                self.all[run.run_id] = run
                return run, True
            if known.plan != request.plan:
                raise RunPlanDiffers(
                    "the run was started with another plan", cure="Start another run, or give it its own plan."
                )
            return known, False

    def find(self, run_id: str) -> FakeRun:
        with self._lock:
            if run_id not in self.all:
                raise RunNotFound(f"no run {run_id}", cure="Start it first, or name its caller by `agent` and `subject`.")
            return self.all[run_id]

    def save(self, request: pb.SaveRunStateRequest) -> int:
        with self._lock:
            run = self.find(request.run_id)
            if request.version > run.version:
                told = f"the gateway has version {run.version}, and version {request.version} was seen"
                raise RunStateLost(told, cure="Save over the version that is kept.", run_version=run.version)
            if request != run.last_save:  # the very same save, sent again, was done
                _require_running(run)
                if request.version < run.version:
                    cure = "Get the run, and go on from there, or stop."
                    raise RunStateMoved(f"version {run.version} was saved since", cure=cure, run_version=run.version)
                run.last_save, run.version, run.saved = request, run.version + 1, datetime.now(UTC)
                run.state, run.state_artifact = request.state, request.state_artifact
            return run.version

    def end(self, run: FakeRun, status: RunStatus, author: str, reason: str) -> bool:
        """Whether it ended now. To kill a run that is over changes nothing. Raises RunEnded, RunKilled."""
        with self._lock:
            if run.status is status or (run.status.over and status is RunStatus.KILLED):
                return False
            _require_running(run)
            run.status, run.author, run.reason, run.ended = status, author, reason, datetime.now(UTC)
            return True

    def newest_first(self) -> list[FakeRun]:
        with self._lock:
            return list(reversed(self.all.values()))


class Running:
    """RunService."""

    def __init__(self, runs: FakeRuns, calls: FakeCalls) -> None:
        self._runs = runs
        self._calls = calls

    def StartRun(self, request: pb.StartRunRequest, _: Any) -> pb.StartRunResponse:
        checks.run_id(request.run_id)
        _require_within(PLAN_BYTES, request.plan)
        run, started = self._runs.start(request)
        return pb.StartRunResponse(run=whole(run), started=started)

    def GetRun(self, request: pb.GetRunRequest, _: Any) -> pb.GetRunResponse:
        return pb.GetRunResponse(run=whole(self._named(request)))

    def ListRuns(self, request: pb.ListRunsRequest, _: Any) -> pb.ListRunsResponse:
        if pb.RUN_STATUS_UNSPECIFIED in request.statuses:
            raise checks.invalid("statuses has one that is none of a run", "Give a RunStatus but UNSPECIFIED.")
        fitting = [told for one in self._runs.newest_first() if _fits(request, told := told_of(one))]
        found, token = page(fitting, request.page_size, request.page_token)
        return pb.ListRunsResponse(runs=found, next_page_token=token)

    def SaveRunState(self, request: pb.SaveRunStateRequest, _: Any) -> pb.SaveRunStateResponse:
        if request.WhichOneof("saved") is None:
            raise checks.invalid("neither a state nor an artifact's id was sent", "Send one of them.")
        _require_within(STATE_BYTES, request.state)
        return pb.SaveRunStateResponse(version=self._runs.save(request))

    def EndRun(self, request: pb.EndRunRequest, _: Any) -> pb.EndRunResponse:
        if request.status not in (pb.RUN_STATUS_SUCCEEDED, pb.RUN_STATUS_FAILED):
            raise checks.invalid("a run ends as SUCCEEDED or FAILED", "Give one of them, or kill the run.")
        run = self._runs.find(request.run_id)
        self._end(run, RunStatus(pb.RunStatus.Name(request.status).removeprefix("RUN_STATUS_")), "", request.reason)
        return pb.EndRunResponse(run=told_of(run))

    def KillRun(self, request: pb.KillRunRequest, _: Any) -> pb.KillRunResponse:
        if not request.reason.strip():
            raise checks.invalid("a run is killed for a reason", "Give one.")
        run = self._named(request)
        self._end(run, RunStatus.KILLED, f"{wire.AGENT}/{wire.SUBJECT}", request.reason)
        return pb.KillRunResponse(run=told_of(run))

    def _named(self, request: pb.GetRunRequest | pb.KillRunRequest) -> FakeRun:
        if bool(request.agent) != bool(request.subject):
            raise checks.invalid("agent and subject name another caller together", "Give both, or none of them.")
        if (request.agent or wire.AGENT, request.subject or wire.SUBJECT) != (wire.AGENT, wire.SUBJECT):
            raise RunNotFound("a FakeGateway has one caller", cure="Leave out `agent` and `subject`.")
        return self._runs.find(request.run_id)

    def _end(self, run: FakeRun, status: RunStatus, author: str, reason: str) -> None:
        if self._runs.end(run, status, author, reason):
            for call in self._calls.known:
                if call.run_id == run.run_id:
                    self._calls.finish(call, cancelled(call.tool), call.executions)


def told_of(run: FakeRun) -> pb.Run:
    return pb.Run(
        run_id=run.run_id,
        agent=wire.AGENT,
        subject=wire.SUBJECT,
        status=f"RUN_STATUS_{run.status}",
        labels=run.labels,
        version=run.version,
        call_count=run.calls,
        start_time=wire.moment(run.started),
        save_time=wire.moment(run.saved) if run.saved else None,
        end_time=wire.moment(run.ended) if run.ended else None,
        expire_time=wire.moment((run.ended or run.saved or run.started) + KEPT),
        author=run.author,
        reason=run.reason,
    )


def whole(run: FakeRun) -> pb.WholeRun:
    message = pb.WholeRun(run=told_of(run), plan=run.plan)
    if run.state_artifact:
        message.state_artifact = run.state_artifact
    elif run.version:
        message.state = run.state
    return message


def _fits(request: pb.ListRunsRequest, told: pb.Run) -> bool:
    named = dict(request.labels).items() <= dict(told.labels).items()
    return named and (not request.statuses or told.status in request.statuses)


def _require_running(run: FakeRun) -> None:
    """Raises RunEnded, RunKilled."""
    if run.status is RunStatus.KILLED:
        raise RunKilled(f"the run {run.run_id} was killed", cure="Stop.")
    if run.status.over:
        raise RunEnded(f"the run {run.run_id} has ended: {run.status}", cure="Start another run, under another id.")


def _require_within(most: int, content: bytes) -> None:
    if len(content) > most:
        raise checks.invalid(f"that has more than {most:,} bytes", "Put it into an artifact.")
