"""One run of an agent: its plan and its state, which any process may go on from, and whether its calls may still begin.

    RUNNING → SUCCEEDED | FAILED     its caller has ended it
            → KILLED                 its caller, or an operator, has stopped it

The state is opaque, with a version that each save raises by one: a save names the version that its process has seen.
"""

from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum
from hashlib import sha256

import orjson

from gateway.model.errors import GatewayError, RunEnded, RunKilled, RunNotFound, brief
from gateway.model.principal import Principal

#: Bytes.
PLAN_BYTES, STATE_BYTES = 64 << 10, 1 << 20
#: How many labels a run has at most, and the characters of each one's name and value.
LABELS, LABEL_NAME, LABEL_VALUE = 16, 64, 255
#: Of a run's calls, how many are listed: the newest.
MOST_CALLS = 10_000
#: Seconds for which a run is kept, where no operator says otherwise.
RUN_RETENTION = 30 * 86_400.0


class RunStatus(StrEnum):
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    KILLED = "KILLED"

    @property
    def over(self) -> bool:
        """No call of it begins any more."""
        return self is not RunStatus.RUNNING


@dataclass(frozen=True, slots=True)
class RunKey:
    """Whose run it is, and that caller's name for it: the `run_id` of its calls."""

    owner: Principal
    name: str

    @property
    def id(self) -> str:
        """One id for each tenant, caller and name."""
        owner = self.owner
        return f"run_{sha256(orjson.dumps([owner.tenant, owner.agent, owner.subject, self.name])).hexdigest()[:32]}"


@dataclass(frozen=True, slots=True)
class SavedState:
    """The bytes, or the id of the artifact that has them. Nothing of both: an empty state."""

    content: bytes = field(default=b"", repr=False)
    artifact: str = ""

    @property
    def digest(self) -> str:
        return sha256(self.content + b"\n" + self.artifact.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class StartTerms:
    """What a run is started with. A run that is started again with another plan is another run."""

    plan: bytes = field(default=b"", repr=False)
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        return sha256(self.plan).hexdigest()


@dataclass(frozen=True, slots=True)
class Save:
    """`seen`: the version that its process has read, or saved, last. `token`: the same whenever this very save is sent again,
    and no other's; empty where the caller has none."""

    seen: int
    state: SavedState
    token: str = ""


@dataclass(frozen=True, slots=True)
class RunEnd:
    """How a run ends, by whose word. `author` is empty where it was its own caller's."""

    status: RunStatus
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is remembered of a run, but for its plan and its state. Times in seconds since the epoch, by the store's clock."""

    key: RunKey
    status: RunStatus
    labels: tuple[tuple[str, str], ...]
    version: int
    """Of its state; 0 before the first save."""
    calls: int
    """How many were begun, those included that came to nothing."""
    started: float
    saved: float | None = None
    ended: float | None = None
    expires: float
    """When it is forgotten, if nothing more is saved or called until then."""
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class WholeRun:
    """A run with its plan and its state. `new`: it was started just now."""

    run: Run
    plan: bytes = field(repr=False)
    state: SavedState
    _: KW_ONLY
    new: bool = False


def over(key: RunKey, status: RunStatus) -> GatewayError:
    """Why nothing begins in a run that is over."""
    if status is RunStatus.KILLED:
        return RunKilled(f"the run {brief(key.name)} was killed")
    return RunEnded(f"the run {brief(key.name)} has ended: {status}")


def not_found(key: RunKey) -> RunNotFound:
    return RunNotFound(f"no run {brief(key.name)}")
