"""What an operator says about a document on import, and what the import gives back."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

from registry.manifest.manifest import Manifest
from registry.model.import_fault import ImportFault
from registry.model.tool import Draft


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """Which secret satisfies a security scheme.

    `scheme` names one of the document's securitySchemes, or is `header:NAME`, `query:NAME` or `cookie:NAME`: then it applies to
    every operation. `path` and `field` say where the secret lies in Vault.
    """

    scheme: str
    path: str
    field: str


@dataclass(frozen=True, slots=True)
class ToolsetHeader:
    """The name of the toolset, and how its operations are reached.

    `server` replaces the document's own servers. `require_approval` holds fnmatch patterns of tool names. `origin` is where the
    document came from: a relative server is relative to that. `manifest` is what the operator decides about single operations.
    `known_names` maps `METHOD /path` to the name that the operation's tool has had so far.
    """

    toolset: str
    server: str | None = None
    _: KW_ONLY
    credentials: tuple[CredentialSource, ...] = ()
    require_approval: tuple[str, ...] = ()
    origin: str = ""
    manifest: Manifest = field(default_factory=Manifest)
    known_names: Mapping[str, str] = field(default_factory=dict)


#: The compiler reports to it: operations done, operations in all, faults so far.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every operation is in `drafts` or in `faults`; one in `drafts` may have faults too, about a part that was ignored."""

    drafts: tuple[Draft, ...]
    faults: tuple[ImportFault, ...]
