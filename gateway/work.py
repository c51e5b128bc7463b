"""An invocation that is ours to carry out, and how much time it has."""

from dataclasses import dataclass
from time import monotonic

from gateway.decisions.policy import Grant, destination
from gateway.decisions.repetition import effect_at
from gateway.principal import Principal
from registry.request import HttpRequest, ProgramInput
from registry.tool import Effect, ToolVersion


@dataclass(frozen=True, slots=True)
class Work:
    """`accepted` and `deadline` by the monotonic clock."""

    principal: Principal
    version: ToolVersion
    request: HttpRequest | ProgramInput
    grant: Grant
    accepted: float
    deadline: float
    max_attempts: int

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
    def upstream(self) -> str:
        """`host:port` of the server that the request goes to; a program's image, for nobody knows where that will go."""
        if self.version.draft.container is not None:
            return self.version.draft.container.image
        server = destination(self.version.draft.operation.server, ())
        return f"{server.host}:{server.port}"
