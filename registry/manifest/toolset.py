"""What an operator says about a document on import, and what the import gives back."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass, field

from registry.manifest.manifest import Manifest
from registry.model.import_fault import ImportFault
from registry.model.operation_key import Binding, Remembered
from registry.model.tool import Draft, JsonObject
from registry.schema.token_budget import TOKEN_BUDGET

#: Overlays of one import, and bytes of them together.
OVERLAYS, OVERLAY_BYTES = 20, 1 << 20


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """Which secret satisfies a security scheme.

    `scheme` names one of the document's securitySchemes, or is `header:NAME`, `query:NAME` or `cookie:NAME`: then it applies to
    every operation. `path` and `field` say where the secret lies in Vault. `username_field`: the user's of HTTP Basic, where it
    lies apart; `field` is the password's then. `settings`: what a manifest says beside them, for the kind of credential.
    """

    scheme: str
    path: str
    field: str
    username_field: str = ""
    settings: JsonObject = dataclasses.field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolsetHeader:
    """The name of the toolset, and how its operations are reached.

    `server` replaces the document's own servers. `require_approval` holds fnmatch patterns of tool names. `origin` is where the
    document came from: a relative server is relative to that. `manifest` is what the operator decides about single operations.
    `remembered` are the operations of the tools that the toolset has already. `overlays` are Overlay documents (JSON or YAML),
    applied to the document in this order before it is read. A tool of more than `token_budget` tokens is told.
    """

    toolset: str
    server: str | None = None
    _: KW_ONLY
    credentials: tuple[CredentialSource, ...] = ()
    require_approval: tuple[str, ...] = ()
    origin: str = ""
    manifest: Manifest = field(default_factory=Manifest)
    remembered: tuple[Remembered, ...] = ()
    overlays: tuple[str, ...] = ()
    token_budget: int = TOKEN_BUDGET

    @property
    def guards(self) -> bool:
        """Whether the operator has said how calls are to be guarded: then an operation that is new is not the operator's."""
        return bool(self.credentials or self.require_approval) or self.manifest.guards


#: The compiler reports to it: operations done, operations in all, faults so far.
Progress = Callable[[int, int, int], None]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Every operation is in `drafts`, in `faults` or left out by the manifest; one in `drafts` may have faults too, about a
    part that was ignored.

    `bindings` are by the names of the drafts. `lost`: words of the operator's that mean no operation of the document. While
    there is one, a guard may be open, and nothing may be imported. `mended`: the names of drafts that take arguments which the
    document's own schemas, by mistake, do not. `document`: the SHA-256 of what overlays have made of the document, in hex;
    empty where there are none.
    """

    drafts: tuple[Draft, ...]
    faults: tuple[ImportFault, ...]
    _: KW_ONLY
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    lost: tuple[ImportFault, ...] = ()
    mended: frozenset[str] = frozenset()
    document: str = ""
