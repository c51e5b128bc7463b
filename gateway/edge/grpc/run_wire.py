"""The conversions between a run's messages and its values."""

from collections.abc import Iterable, Mapping

from callgate.v1 import run_service_pb2 as pb
from gateway.edge.grpc.invocation_wire import CALL_TOKEN_LENGTH, is_visible, timestamp
from gateway.edge.grpc.paging import asked_for, place_of, token_of
from gateway.edge.grpc.review_wire import REASON_LENGTH
from gateway.edge.grpc.run_names import run_name_from
from gateway.model.errors import RequestInvalid
from gateway.model.principal import Caller, Principal
from gateway.model.run import (
    LABEL_NAME,
    LABEL_VALUE,
    LABELS,
    PLAN_BYTES,
    STATE_BYTES,
    Run,
    RunEnd,
    RunKey,
    RunStatus,
    Save,
    SavedState,
    StartTerms,
    WholeRun,
)
from gateway.pipeline.agent_runs import WantedRuns
from gateway.records.runs.protocol import RunPlace
from registry.model.clean_text import is_plain, visible

#: Runs in one page, where the caller names no number, and at most.
PAGE, MOST = 50, 250
#: Characters of an artifact's id, and more.
ARTIFACT_LENGTH = 64
#: What a caller says of its own run's end.
ENDS = (RunStatus.SUCCEEDED, RunStatus.FAILED)


def terms_from(request: pb.StartRunRequest) -> StartTerms:
    """Raises RequestInvalid."""
    if len(request.plan) > PLAN_BYTES:
        raise RequestInvalid(
            f"a plan has at most {PLAN_BYTES:,} bytes: put what is longer into the run's state, or an artifact"
        )
    return StartTerms(request.plan, tuple(sorted(_labels(request.labels).items())))


def _labels(given: Mapping[str, str]) -> dict[str, str]:
    if len(given) > LABELS:
        raise RequestInvalid(f"a run has at most {LABELS} labels")
    for name, value in given.items():
        if not 0 < len(name) <= LABEL_NAME or len(value) > LABEL_VALUE or not is_plain(name + value):
            told = f"of 1 to {LABEL_NAME} printable characters, and its value of at most {LABEL_VALUE}"
            raise RequestInvalid(f"a label has a name {told}")
    return dict(given)


def key_from(request: pb.GetRunRequest | pb.KillRunRequest, caller: Caller) -> RunKey:
    """The run that is named, of this caller or another one of its tenant. Raises RequestInvalid."""
    name, own = run_name_from(request.run_id), caller.principal
    if bool(request.agent) != bool(request.subject):
        raise RequestInvalid("agent and subject name another caller together: send both, or none of them")
    return RunKey(Principal(own.tenant, request.agent, request.subject) if request.agent else own, name)


def save_from(request: pb.SaveRunStateRequest) -> Save:
    """Raises RequestInvalid."""
    if len(request.save_token) > CALL_TOKEN_LENGTH or not is_visible(request.save_token):
        raise RequestInvalid(f"save_token must be at most {CALL_TOKEN_LENGTH} visible ASCII characters")
    if request.WhichOneof("saved") is None:
        raise RequestInvalid("neither a state nor an artifact's id was sent")
    if len(request.state) > STATE_BYTES:
        told = f"a state has at most {STATE_BYTES:,} bytes"
        raise RequestInvalid(f"{told}: put it into an artifact, and save that one's id as state_artifact")
    if len(request.state_artifact) > ARTIFACT_LENGTH or (request.HasField("state_artifact") and not request.state_artifact):
        raise RequestInvalid("state_artifact is no artifact's id")
    return Save(request.version, SavedState(request.state, request.state_artifact), request.save_token)


def end_from(request: pb.EndRunRequest) -> RunEnd:
    """Raises RequestInvalid."""
    status = _status(request.status)
    if status not in ENDS:
        raise RequestInvalid("a run ends as SUCCEEDED or FAILED: KillRun stops one from outside")
    if len(request.reason) > REASON_LENGTH or not is_plain(request.reason):
        raise RequestInvalid(f"a reason has at most {REASON_LENGTH} printable characters")
    return RunEnd(status, reason=request.reason)


def wanted_from(request: pb.ListRunsRequest) -> WantedRuns:
    """Raises RequestInvalid."""
    return WantedRuns(frozenset(_status(number) for number in request.statuses), _labels(request.labels))


def _status(number: int) -> RunStatus:
    try:
        return RunStatus(pb.RunStatus.Name(number).removeprefix("RUN_STATUS_"))
    except ValueError:
        raise RequestInvalid(f"{number} is no status of a run") from None


def place_from(request: pb.ListRunsRequest, caller: Principal) -> RunPlace | None:
    """Raises RequestInvalid for a token of another list."""
    return RunPlace(*place_of(_listed(request, caller), request.page_token)) if request.page_token else None


def token(request: pb.ListRunsRequest, caller: Principal, place: RunPlace | None) -> str:
    return token_of(_listed(request, caller), place.started, place.id) if place else ""


def _listed(request: pb.ListRunsRequest, caller: Principal) -> str:
    return f"runs of {caller}: {asked_for(request)}"


def run(value: Run) -> pb.Run:
    return pb.Run(
        run_id=value.key.name,
        agent=value.key.owner.agent,
        subject=value.key.owner.subject,
        status=f"RUN_STATUS_{value.status}",
        labels=dict(value.labels),
        version=value.version,
        call_count=value.calls,
        start_time=timestamp(value.started),
        save_time=timestamp(value.saved) if value.saved is not None else None,
        end_time=timestamp(value.ended) if value.ended is not None else None,
        expire_time=timestamp(value.expires),
        author=value.author,
        reason=visible(value.reason),
    )


def runs(values: Iterable[Run]) -> list[pb.Run]:
    return [run(value) for value in values]


def whole(value: WholeRun) -> pb.WholeRun:
    message = pb.WholeRun(run=run(value.run), plan=value.plan)
    if value.state.artifact:
        message.state_artifact = value.state.artifact
    elif value.run.version:
        message.state = value.state.content
    return message
