"""An invocation that is ours to carry out, and how much time it has."""

from dataclasses import KW_ONLY, dataclass, field
from time import monotonic

from gateway.decisions.next_step import Standing
from gateway.decisions.policy import Grant, destination
from gateway.decisions.upstream_idempotency import effect_at
from gateway.model.principal import Principal
from gateway.pipeline.call import CallOrigin
from registry.calling.request import HttpRequest, ProgramInput
from registry.model.tool import Effect, Fallback, JsonObject, ToolVersion


@dataclass(frozen=True, slots=True)
class Execution:
    """`accepted` and `deadline` by the monotonic clock. `max_attempts` as the record allows them, the fallback's included."""

    principal: Principal
    version: ToolVersion
    arguments: JsonObject = field(repr=False)
    request: HttpRequest | ProgramInput
    grant: Grant
    _: KW_ONLY
    accepted: float
    deadline: float
    max_attempts: int
    origin: CallOrigin

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
        return effect_at(self.version.draft, monotonic() - self.accepted)

    @property
    def repeatable_for(self) -> float:
        """Seconds in which a request that may have been received can still be sent again."""
        key, age = self.version.draft.upstream_key, monotonic() - self.accepted
        return min(self.remaining, key.window - age) if key else self.remaining

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
        """`host:port` of the server that the request goes to; for a program, its image."""
        if self.version.draft.container is not None:
            return self.version.draft.container.image
        server = destination(self.version.draft.operation.server, ())
        return f"{server.host}:{server.port}"
