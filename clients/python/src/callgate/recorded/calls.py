"""A run as it was recorded: its steps, their calls, and the tools that were called."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: A JSON object.
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedCall:
    """One call. Either `outcome` or `refusal` is there: as a recording's file has them.

    `tool` is name@version, and what the caller wrote, where the call was refused. `arguments` are for people, without what is
    secret: None where they are not known. `arguments_digest` is SHA-256 over the canonical JSON of those that were sent.
    `run` is its name, as the agent gave it: empty where it gave none, or where that is not known.
    """

    tool: str
    tool_digest: str
    arguments: Json | None = field(hash=False)
    arguments_digest: str
    outcome: Json | None = field(default=None, repr=False, hash=False)
    refusal: Json | None = field(default=None, hash=False)
    cost: Json | None = field(default=None, hash=False)
    step: str = ""
    run: str = ""

    @property
    def name(self) -> str:
        return self.tool.partition("@")[0]

    @property
    def version(self) -> str:
        return self.tool.partition("@")[2]

    @property
    def asked(self) -> tuple[str, str]:
        """What makes two calls the same one, made twice, whichever version answers."""
        return self.name, self.arguments_digest

    @property
    def ending(self) -> str:
        """How it ended, in a word: succeeded, tool_failed, …; or the reason of the refusal."""
        if self.outcome is not None:
            return next(iter(self.outcome))
        return f"refused: {(self.refusal or {}).get('reason', '')}"


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """Calls of one run that stand side by side: none can depend on another. `name` as the agent named it, or empty."""

    name: str
    calls: tuple[RecordedCall, ...]

    @property
    def run(self) -> str:
        return self.calls[0].run if self.calls else ""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """`tools`: each version that was called, as the catalog described it, by its reference; at least its digest.

    `ordered` is False where an older release has recorded it, which did not tell the order of the calls.
    """

    steps: tuple[RecordedStep, ...]
    tools: Mapping[str, Json] = field(default_factory=dict, hash=False)
    ordered: bool = True

    @property
    def calls(self) -> Iterator[RecordedCall]:
        return (call for step in self.steps for call in step.calls)
