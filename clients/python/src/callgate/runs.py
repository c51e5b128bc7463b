"""One run: its calls, with keys that come from the run, and its state, which the gateway keeps. An agent that is killed and
resumed makes the same calls again, and goes on from the state that it saved last."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from callgate import checks
from callgate.artifacts import Artifact
from callgate.keys import NO_ARGUMENTS, run_key, wire_step
from callgate.nouns.runs import AsyncRuns
from callgate.run_records import NO_LABELS, RunRecord, RunStatus, RunSummary
from callgate.types import Invocation, SchemaForm


@dataclass(frozen=True, slots=True)
class RunKeys:
    """The keys of one run's calls. `id` names the run wherever it goes on: a thread's id, a task's number."""

    id: str

    def __post_init__(self) -> None:
        checks.run_id(self.id)

    def key(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        step: str | int,
        occurrence: int = 0,
        call_id: str | None = None,
        once: bool = False,
    ) -> str:
        """The key of this call; see `call`. Nothing is sent."""
        return run_key(self.id, tool, arguments, step=step, occurrence=occurrence, call_id=call_id, once=once)


@dataclass(slots=True)
class Held:
    """How a run stands, as its process knows it: the state that it saves next follows this one."""

    record: RunRecord | None = None


@dataclass(frozen=True, slots=True)
class AsyncRun(RunKeys):
    """One run of an agent, for asyncio. See `AsyncClient.run`."""

    _call: Callable[..., Awaitable[Invocation]] = field(repr=False)
    _find: Callable[[str], Awaitable[Invocation | None]] = field(repr=False)
    _runs: AsyncRuns = field(repr=False)
    _held: Held = field(default_factory=Held, repr=False, compare=False)

    @property
    def record(self) -> RunRecord:
        """The run as `start` found it, with what was saved here since. Raises RequestInvalid before that."""
        if self._held.record is None:
            raise checks.invalid("the run was not started here", "Call `start` first: it finds what was saved before.")
        return self._held.record

    @property
    def state(self) -> bytes | None:
        """The state to go on from: what was saved last, None where nothing was, or an artifact has it."""
        return self.record.state

    async def start(self, plan: bytes = b"", *, labels: Mapping[str, str] = NO_LABELS) -> RunRecord:
        """Begin the run, or find how it stands: go on from its state. See `client.runs.start`."""
        self._held.record = await self._runs.start(self.id, plan, labels=labels)
        return self._held.record

    async def save(self, state: bytes | Artifact) -> None:
        """Put a state in the place of the one that this process has seen last. See `client.runs.save`.

        Raises RequestInvalid before `start`, and RunStateMoved where another process goes on with the run: then stop, or start
        again.
        """
        before = self.record
        version = await self._runs.save(self.id, state, version=before.version)
        content, named = (None, state.id) if isinstance(state, Artifact) else (bytes(state), "")
        self._held.record = replace(before, version=version, state=content, state_artifact=named)

    async def end(self, *, status: RunStatus = RunStatus.SUCCEEDED, reason: str = "") -> RunSummary:
        """Say how the run has ended. See `client.runs.end`."""
        return await self._runs.end(self.id, status=status, reason=reason)

    async def call(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        step: str | int,
        occurrence: int = 0,
        call_id: str | None = None,
        once: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109 - the gateway keeps it, and it outlives this coroutine
        wait: float | None = None,
        schema_form: SchemaForm | None = None,
    ) -> Invocation:
        """Call a tool, once for this place in the run: after a resume, the same call is answered from its record.

        `step` is the turn, a number or a name that a resume finds again: the number of the model's message in its thread.
        `occurrence` is the position among *equal* calls of that message, 0 for the first (see `callgate.occurrences`); it does
        not count executions. Without it, equal calls of one step are one call, and act once. `call_id` is a framework's id of
        the call: only where a resume finds the same one. Other arguments are another call; with `once` they are not part of
        the key, so that a resume whose arguments differ raises KeyReused and does not act a second time.

        `timeout`, `wait` and `schema_form` are those of the client's `call`. Raises as that, and RequestInvalid for an empty
        part, and for a step that is neither a text nor an integer.
        """
        key = self.key(tool, arguments, step=step, occurrence=occurrence, call_id=call_id, once=once)
        place = wire_step(checks.step(step)), occurrence
        said = partial(self._call, tool, arguments, key=key, run_id=self.id, place=place)
        return await said(timeout=timeout, wait=wait, schema_form=schema_form)

    async def find(
        self,
        tool: str,
        arguments: Mapping[str, Any] = NO_ARGUMENTS,
        *,
        step: str | int,
        occurrence: int = 0,
        call_id: str | None = None,
        once: bool = False,
    ) -> Invocation | None:
        """The invocation of this call as it stands, None where there is none. Nothing runs. See `call` for the parameters."""
        return await self._find(self.key(tool, arguments, step=step, occurrence=occurrence, call_id=call_id, once=once))
