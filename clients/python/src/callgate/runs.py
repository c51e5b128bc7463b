"""The calls of one run, with keys that come from the run: an agent that is killed and resumed makes the same calls again."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from callgate import checks
from callgate.keys import NO_ARGUMENTS, run_key, wire_step
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


@dataclass(frozen=True, slots=True)
class AsyncRun(RunKeys):
    """One run of an agent, for asyncio. See `AsyncClient.run`."""

    _call: Callable[..., Awaitable[Invocation]] = field(repr=False)
    _find: Callable[[str], Awaitable[Invocation | None]] = field(repr=False)

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
        options = {"timeout": timeout, "wait": wait, "schema_form": schema_form}
        return await self._call(tool, arguments, key=key, run_id=self.id, place=place, **options)

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
