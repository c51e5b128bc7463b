"""An invocation that is ours to carry out, and how much time it has."""

from dataclasses import KW_ONLY, dataclass, field, replace
from time import monotonic

from gateway.decisions.next_step import Standing
from gateway.decisions.policy import Grant, destination
from gateway.decisions.upstream_idempotency import effect_within
from gateway.model.principal import Caller, Principal
from gateway.pipeline.call import CallOrigin
from gateway.records.ledger.protocol import TimeBounds
from registry.calling.arguments import Arguments
from registry.calling.request import HttpRequest, ProgramInput
from registry.model.tool import Draft, Effect, Fallback, ToolVersion


@dataclass(frozen=True, slots=True)
class Execution:
    """`deadline` and `repeatable_until` by the monotonic clock, as the store has told them; the latter None where
    the effect alone says whether a repetition is safe. `max_attempts` as the record allows them, the fallback's included.
    `life` as in the record: empty until the key is claimed. `caller` with the rights that it had when the key was claimed."""

    caller: Caller
    version: ToolVersion
    arguments: Arguments = field(repr=False)
    request: HttpRequest | ProgramInput
    grant: Grant
    _: KW_ONLY
    deadline: float
    repeatable_until: float | None
    max_attempts: int
    origin: CallOrigin
    life: str = ""

    @property
    def principal(self) -> Principal:
        return self.caller.principal

    @property
    def fallback(self) -> Fallback | None:
        """What is called when its own attempts have failed. A call in another's place has none: a chain might have no end."""
        return None if self.origin.parent else self.version.draft.fallback

    @property
    def own_attempts(self) -> int:
        return self.max_attempts - (self.fallback is not None)

    @property
    def remaining(self) -> float:
        return max(0.0, self.deadline - monotonic())

    @property
    def attempt_timeout(self) -> float:
        return min(self.version.draft.limits.attempt_timeout, self.remaining)

    @property
    def effect(self) -> Effect:
        """What a repetition may do now."""
        return effect_within(self.version.draft.effect, self.repeatable_until, monotonic())

    @property
    def repeatable_for(self) -> float:
        """Seconds in which a request that may have been received can still be sent again."""
        until = self.repeatable_until
        return self.remaining if until is None else min(self.remaining, until - monotonic())

    def within(self, bounds: TimeBounds) -> "Execution":
        """The same, with the time that the store has told of last."""
        return replace(self, deadline=bounds.deadline, repeatable_until=bounds.repeatable_until)

    @property
    def standing(self) -> Standing:
        """How it stands now, for what is decided about it."""
        return Standing(
            self.version,
            self.effect,
            self.own_attempts,
            remaining=self.remaining,
            repeatable_for=self.repeatable_for,
            has_fallback=self.fallback is not None,
        )

    @property
    def upstream(self) -> str:
        return upstream_of(self.version.draft)


def upstream_of(draft: Draft) -> str:
    """`host:port` of the server that the request goes to; for a program, its image."""
    if draft.container is not None:
        return draft.container.image
    server = destination(draft.operation.server, ())
    return f"{server.host}:{server.port}"
