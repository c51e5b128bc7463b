"""The values of the registry: what a tool version is. Frozen, plain, and the same in a catalog as in memory."""

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum
from typing import Annotated, Any

from registry.model.accounting import Keep, Meter
from registry.model.formats import Formats
from registry.model.shaping import Pagination, View
from registry.model.value_codec import BESIDE

JsonObject = dict[str, Any]

#: The server of an operation that a program performs, where the operator names no other: no request goes to it.
CONTAINER_SERVER = "container:"

#: Seconds. A gateway's own memory of recent ends is as long as the first; Redis keeps a call for at most the second, 90 days.
SHORTEST_RETENTION, LONGEST_RETENTION = 60.0, 7_776_000.0


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

    @property
    def acts(self) -> bool:
        """Whether a call may change anything outside its box."""
        return self not in {Effect.PURE, Effect.READ}


#: Statuses by which an upstream says that it did not do what it was asked for (RFC 6585 §4), where a manifest names no others.
NOT_DONE_STATUSES = (429,)


class ValuePlace(StrEnum):
    """Where in an HTTP request a value goes."""

    PATH = "path"
    QUERY = "query"
    HEADER = "header"
    COOKIE = "cookie"


#: What the operator may let the gateway send of the caller, by the names of the principal's parts.
CALLER_PARTS = ("tenant", "subject", "agent")


@dataclass(frozen=True, slots=True)
class Filling:
    """A value that the operator has put in the place of an argument: `value`, plain JSON; or what the gateway knows of the
    caller, where `principal` is one of CALLER_PARTS."""

    value: Any = None
    principal: str = ""


@dataclass(frozen=True, slots=True)
class FilledHeader:
    """A header that the operator adds to each request, whose value is a text."""

    name: str
    filling: Filling


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation, and the argument that fills it.

    `allow_reserved` leaves RFC 3986's reserved characters as they are where they cannot change the query's structure.
    `media_type`: the value is written in it, not by a style. `default` is sent where a required argument is missing. `filling`:
    the operator gives the value, and the tool's schema has no such argument.
    """

    argument: str
    name: str
    place: ValuePlace
    style: str
    _: KW_ONLY
    explode: bool
    required: bool
    allow_reserved: bool = False
    media_type: str | None = None
    default: Any = None
    filling: Filling | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """How one property of a form is written (OpenAPI 3.1.1, Encoding Object).

    By `style` where there is one, else in `media_type`, which may be a list and hold wildcards; None: as its value suggests.
    `file`: the argument is a file, its bytes in base64. `headers` are sent with the part, in multipart only.
    """

    name: str
    _: KW_ONLY
    media_type: str | None = None
    style: str | None = None
    explode: bool = True
    allow_reserved: bool = False
    file: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """The request body: which argument fills it, and as what it is sent. `parts` says how, where the media type does not.
    `filling`: as a parameter's."""

    argument: str
    media_type: str
    required: bool
    parts: tuple[Part, ...] = ()
    filling: Filling | None = None


@dataclass(frozen=True, slots=True)
class CredentialBinding:
    """Which secret in Vault authenticates the box to the API, and what the runner makes of it.

    `kind_parameters` are plain JSON, and `registry.credentials` alone reads them: they tell of which kind the credential is,
    and what that kind needs to know. In storage, in digests and in manifests they lie beside `path` and `field`, so no kind
    may give one of these names to a parameter.
    """

    path: str
    field: str
    kind_parameters: Annotated[JsonObject, BESIDE]


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What the box shows where the API's TLS asks for a certificate: a secret in Vault with that and its private key.

    `certificate` and `key` are those two fields, PEM, the certificate with those that vouch for it behind it. With a
    `common_name`, `path` is a PKI engine's instead (`pki/issue/ROLE`), which issues one of that name for each attempt.
    """

    path: str
    certificate: str = "certificate"
    key: str = "private_key"
    common_name: str | None = None


@dataclass(frozen=True, slots=True)
class Requirement:
    """One security scheme that a call must satisfy. `kind` says what it is: `http bearer`, `apiKey header X-Key`.

    `token_sources`: the URLs at which the document says that tokens for it are to be had.
    """

    kind: str
    scopes: tuple[str, ...] = ()
    token_sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """The OpenAPI operation that a tool version performs, as far as the wire is concerned.

    `security` lists the alternatives that the document names, each a set of requirements; empty: it names none. `headers` are
    the operator's own, which no document declares.
    """

    method: str
    server: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    accept: tuple[str, ...]
    _: KW_ONLY
    security: tuple[tuple[Requirement, ...], ...] = ()
    headers: tuple[FilledHeader, ...] = ()

    @property
    def route(self) -> str:
        """`METHOD /path`: by this a manifest may name the operation, and an import finds the tool that it made before."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a call of this tool version. Times in seconds, sizes in bytes."""

    timeout: float = 60.0
    attempt_timeout: float = 30.0
    max_attempts: int = 3
    request_bytes: int = 1 << 20
    response_bytes: int = 1 << 20


@dataclass(frozen=True, slots=True)
class ResponseHeader:
    """A header that the document declares for an answer. `name` is lower case; `required`: it is always there."""

    name: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What the document promises for one status: `200`, `4XX` or `default`. `headers` in the order of their names.

    `schema` is that of a JSON answer; None where none is promised, where it is too large to be kept beside the tool's own, and
    for the one response that `Draft.output_schema` describes.
    """

    status: str
    media_types: tuple[str, ...]
    schema: JsonObject | None = None
    headers: tuple[ResponseHeader, ...] = ()


class Runtime(StrEnum):
    """How strongly a box is kept apart from its host. One that the host does not have is refused: no other replaces it."""

    RUNC = "runc"  # the host's kernel, behind the box's profile
    RUNSC = "runsc"  # a kernel of its own (gVisor)


class Delivery(StrEnum):
    """How a container tool gets its credential."""

    INJECT = "inject"  # the runner puts it into requests for the credential's host; the program never holds it
    FILE = "file"  # a file in the box's memory, for a program that must hold it


@dataclass(frozen=True, slots=True)
class Container:
    """A program of the tool author's: its own image and command, arguments as JSON in, result as JSON out.

    `image` is pinned (`sha256:` and 64 hex digits). `egress` lists `host:port`, reached by TLS only, and `http://host:port`, in
    the clear; empty means no way out. `egress_bytes` bounds all of a call's connections, each way. `credential_host` is one of
    the hosts and ports, and may be left out where there is only one. Sizes in bytes.
    """

    image: str
    command: tuple[str, ...]
    egress: tuple[str, ...] = ()
    delivery: Delivery = Delivery.INJECT
    _: KW_ONLY
    credential_host: str | None = None
    memory_bytes: int = 256 << 20
    cpus: float = 1.0
    processes: int = 64
    scratch_bytes: int = 16 << 20
    egress_bytes: int = 64 << 20


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When an attempt may be followed by another. Times in seconds; `Limits.max_attempts` counts the first one, too.

    The delay is drawn from an interval that begins at `first_delay` and doubles up to `longest_delay`. `budget` bounds what
    retries add to the load of an upstream in trouble: retries per call, over many calls.
    """

    first_delay: float = 0.2
    longest_delay: float = 5.0
    budget: float = 0.1


@dataclass(frozen=True, slots=True)
class UpstreamKey:
    """The header in which an upstream takes an idempotency key, and the seconds for which it recognises a repeated one."""

    header: str
    window: float = 86_400.0


@dataclass(frozen=True, slots=True)
class Condition:
    """What must hold of a JSON value: `pointer` (RFC 6901) leads somewhere in it, and, where `equals` is not None, to that."""

    pointer: str
    equals: Any = None


@dataclass(frozen=True, slots=True)
class Fallback:
    """The tool version to call when every attempt has failed with nothing done. `arguments` maps its arguments to JSON Pointers
    into the arguments of the call."""

    tool: str
    arguments: JsonObject


@dataclass(frozen=True, slots=True)
class Probe:
    """The READ tool that tells whether a call of unknown outcome has happened.

    `arguments` maps its arguments to JSON Pointers into the arguments of the call. It has happened where `happened` holds of
    the probe's result; the call then succeeds with what stands at `value` in it. `settle`: seconds to wait before asking.
    """

    tool: str
    arguments: JsonObject
    happened: Condition
    value: str = ""
    settle: float = 1.0


@dataclass(frozen=True, slots=True)
class Draft:
    """A tool version before it has a version number and a digest: all that the model sees or the wire carries, and all that
    decides how a call is carried out.

    `not_done_statuses`: answers of these statuses say that nothing was done, so that the request may be sent again.
    `cache_seconds`: for how long a success of a READ or PURE tool may be answered again. `cost`: of one call, in the operator's
    own unit. `strict_responses`: an answer that breaks the output schema fails the call; without it, the outcome only says so.
    `redirects`: the origins (`https://host:port`) to which the upstream may redirect a call, beside its own.
    `key_retention`: seconds after a call's end for which its idempotency key is known; None: as the gateway has it for the
    effect.
    `formats`: whether arguments, and answers, are held to formats that real APIs bend.
    `client_certificate`: what the API's TLS is shown where it asks for one. No document says it: the operator does.
    `responses`: all that the document declares; `output_status` is the one that `output_schema` describes. None: it describes
    every 2xx. `further_credentials`: those that a call needs beside `credential`; there are none without it.
    `deprecated`: the document advises against the operation. `view`: what a caller gets of an answer, where that is not all.
    `pagination`: how one call fetches several pages. `meters`: what is counted in answers, beside `cost`. `keep`: what is kept
    of each call beside its record; None: nothing.
    """

    name: str
    toolset: str
    description: str
    input_schema: JsonObject
    output_schema: JsonObject | None
    operation: Operation
    _: KW_ONLY
    effect: Effect
    credential: CredentialBinding | None = None
    requires_approval: bool = False
    limits: Limits = Limits()
    runtime: Runtime = Runtime.RUNC
    container: Container | None = None
    retry: RetryPolicy = RetryPolicy()
    upstream_key: UpstreamKey | None = None
    fallback: Fallback | None = None
    probe: Probe | None = None
    cache_seconds: float | None = None
    cost: float = 0.0
    strict_responses: bool = False
    not_done_statuses: tuple[int, ...] = NOT_DONE_STATUSES
    key_retention: float | None = None
    formats: Formats = Formats.LABELS
    client_certificate: ClientCertificate | None = None
    redirects: tuple[str, ...] = ()
    responses: tuple[Response, ...] = ()
    output_status: str | None = None
    deprecated: bool = False
    further_credentials: tuple[CredentialBinding, ...] = ()
    view: View | None = None
    pagination: Pagination | None = None
    meters: tuple[Meter, ...] = ()
    keep: Keep | None = None

    @property
    def credentials(self) -> tuple[CredentialBinding, ...]:
        """All that authenticates a call."""
        return () if self.credential is None else (self.credential, *self.further_credentials)


@dataclass(frozen=True, slots=True)
class ToolVersion:
    """One immutable revision of a tool. Equal digests mean equal behaviour.

    `owner` is the tenant that has imported it. A catalog says so when it gives the version, and does not store it; empty: it
    was imported before toolsets had owners, and has none yet.
    """

    draft: Draft
    version: str
    digest: str
    owner: str = ""

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
