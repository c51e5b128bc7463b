"""What a caller asks for, and what it gets."""

import asyncio
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256

import orjson

from gateway.decisions.token_refusal import obtains_token
from gateway.decisions.upstream_idempotency import key_window
from gateway.model.invocation import NO_STEP, Invocation, Request, RunStep
from gateway.model.principal import Principal
from gateway.observability.tracing import traceparent
from registry.calling.arguments import Arguments, canonical
from registry.model.errors import ToolNotFound
from registry.model.tool import Draft, ToolVersion


class Mode(StrEnum):
    """What a run does with its calls. A replay answers from a recording; strictly, it makes no call that is not in it."""

    LIVE = "LIVE"
    RECORD = "RECORD"
    REPLAY_STRICT = "REPLAY_STRICT"
    REPLAY_OR_LIVE = "REPLAY_OR_LIVE"

    @property
    def replays(self) -> bool:
        return self in {Mode.REPLAY_STRICT, Mode.REPLAY_OR_LIVE}


@dataclass(frozen=True, slots=True)
class CallOrigin:
    """What a call belongs to: its run, the invocation that it is the fallback or probe of, the recording that it goes into, the
    step of its run."""

    run_id: str = ""
    parent: str = ""
    recording: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """`timeout` in seconds, None for the version's own. `parent`: the invocation that this call is the fallback or probe of.

    `looks`: it is to find out how things are, and must change nothing. `token`: the same whenever its caller sends this very
    call again, empty where the caller has none. Equal calls of two tokens are equal: the second joins the first under way.
    `strict`: a model made the arguments by the schema's strict form. `said`: those by which the call is known, in canonical
    JSON, where they are not the ones that are sent. `owner`: the tenant that must own the tool, for it is another tenant's tool
    that names it; None: any that the caller sees. `place`: where in its run. `take`: of a run that replays, the recording of
    what it asks and how it is answered; empty for none.
    """

    tool: str
    args_json: bytes = field(repr=False)
    key: str = field(repr=False)
    _: KW_ONLY
    run_id: str = ""
    timeout: float | None = None
    parent: str = ""
    mode: Mode = Mode.LIVE
    recording: str = ""
    looks: bool = False
    owner: str | None = None
    token: str = field(default="", compare=False)
    strict: bool = False
    said: bytes = field(default=b"", compare=False, repr=False)
    place: RunStep = NO_STEP
    take: str = ""

    @property
    def recorded_as(self) -> str:
        """The recording that this call goes into; empty for none."""
        return self.recording if self.mode is Mode.RECORD else self.take

    @property
    def origin(self) -> CallOrigin:
        return CallOrigin(self.run_id, self.parent, self.recorded_as, self.place.step)

    def meaning(self, arguments: Arguments) -> "Call":
        """The same call with what its arguments mean, known by what was said: that is the same for every version."""
        if not arguments.said:
            return self
        return replace(self, args_json=orjson.dumps(arguments.value), said=self.said or arguments.said)

    def time_for(self, version: ToolVersion) -> float:
        """Seconds that the call may take as a whole."""
        limit = version.draft.limits.timeout
        return limit if self.timeout is None else min(self.timeout, limit)


@dataclass(slots=True)
class CallTicket:
    """A caller's place in a call under way. `accepted` is set once only a missing part can still refuse it. `told` is set
    when the caller was answered that the call is under way: from then on its record must not be dropped."""

    accepted: asyncio.Event = field(default_factory=asyncio.Event)
    told: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """An invocation, as a rule one that has ended. `from_record`: nothing ran for this answer."""

    invocation: Invocation
    from_record: bool


def invocation_id(principal: Principal, key: str) -> str:
    """One id for each tenant, caller and key. The key itself is stored nowhere: it may be guessable, or say too much."""
    scope = orjson.dumps([principal.tenant, principal.agent, principal.subject, key])
    return f"inv_{sha256(scope).hexdigest()[:32]}"


def fingerprint(tool: str, arguments: Arguments, said: bytes = b"") -> str:
    """SHA-256 over canonical JSON (RFC 8785) of what was asked for: the tool as the caller wrote it, and the arguments."""
    parts = b'{"arguments":', said or arguments.canonical, b',"tool":', canonical(tool), b"}"
    return sha256(b"".join(parts)).hexdigest()


def most_attempts(draft: Draft, *, parent: str) -> int:
    """How many attempts the record must allow. A fallback takes the place of one more; one call in another's place has none. So
    does the attempt that follows where the upstream refuses a token."""
    return draft.limits.max_attempts + (draft.fallback is not None and not parent) + obtains_token(draft)


def request_of(call: Call, version: ToolVersion, retention: float, *, may_call: tuple[str, ...] = ()) -> Request:
    """What the ledger keeps of a call, and for how many seconds after its end. `may_call`: patterns of the caller's rule."""
    reserve = version.draft.fallback is not None or version.draft.probe is not None
    return Request(
        tool=call.tool,
        version=version.reference,
        digest=version.digest,
        effect=version.draft.effect,
        args_json=call.args_json,
        run_id=call.run_id,
        place=call.place,
        traceparent=traceparent(),
        timeout=call.time_for(version),
        max_attempts=most_attempts(version.draft, parent=call.parent),
        repeatable_for=key_window(version.draft),
        parent=call.parent,
        recording=call.recorded_as,
        retention=retention,
        may_call=may_call if reserve else (),
    )


def require_owner(version: ToolVersion, call: Call) -> ToolVersion:
    """The version. Raises ToolNotFound where the call may reach the tools of one tenant only, and this is none of them."""
    if call.owner not in {None, version.owner}:
        raise ToolNotFound(f"there is no tool {version.name!r} of the tenant whose tool names it")
    return version
