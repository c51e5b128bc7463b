"""The values of the registry: what a tool version is. Frozen, plain, and the same on the shelf as in memory."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

JsonObject = dict[str, Any]


class Effect(StrEnum):
    """What a repetition may do upstream, from safest to least safe."""

    PURE = "PURE"
    READ = "READ"
    IDEMPOTENT = "IDEMPOTENT"
    KEYED = "KEYED"
    NON_IDEMPOTENT = "NON_IDEMPOTENT"

    @property
    def repeatable(self) -> bool:
        """Whether a request that may have been received can be sent again."""
        return self is not Effect.NON_IDEMPOTENT


class Place(StrEnum):
    """Where in an HTTP request a value goes."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, and the argument that fills it."""

    argument: str
    name: str
    place: Place
    style: str
    explode: bool
    required: bool


@dataclass(frozen=True, slots=True)
class Body:
    """The request body: which argument fills it, and as what it is sent."""

    argument: str
    media_type: str
    required: bool


@dataclass(frozen=True, slots=True)
class CredentialBinding:
    """Which secret authenticates the box to the API, and where in the request the runner puts it.

    `prefix` goes before the value ("Bearer "); `basic` asks for base64 first (RFC 7617).
    """

    path: str
    field: str
    place: Place
    name: str
    prefix: str = ""
    basic: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """The OpenAPI operation that a tool version performs, as far as the wire is concerned."""

    method: str
    server: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    accept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a call of this tool version. Times in seconds, sizes in bytes."""

    timeout: float = 60.0
    attempt_timeout: float = 30.0
    max_attempts: int = 3
    request_bytes: int = 1 << 20
    response_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Draft:
    """A tool version before it has a version number and a digest: all that the model or the wire will see."""

    name: str
    toolset: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject | None
    operation: Operation
    effect: Effect
    credential: CredentialBinding | None = None
    requires_approval: bool = False
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class ToolVersion:
    """One immutable revision of a tool. Equal digests mean equal behaviour."""

    draft: Draft
    version: str
    digest: str

    @property
    def name(self) -> str:
        return self.draft.name

    @property
    def reference(self) -> str:
        """`name@version`, which resolves to this revision and no other."""
        return f"{self.draft.name}@{self.version}"

    @property
    def endpoint(self) -> str:
        return self.draft.operation.server.rstrip("/") + self.draft.operation.path
