"""What can go wrong in the registry.

    RegistryError
    ├── DocumentInvalid      malformed or hostile; names the place and the cure
    ├── ManifestInvalid      a toolset manifest with an unknown word or a contradiction; names line, column and the nearest word
    ├── DocumentTooLarge     over the byte, node, depth or alias bound
    ├── DocumentTooCostly    reading it takes more work, memory or time than one of its size may
    ├── ReaderFailed         the process that reads it ended without a result: a defect of Callgate
    ├── ReferenceInvalid     not `name`, `name@1`, `name@1.4`, `name@1.4.0` or `name@sha256:…`
    ├── ToolNotFound         no such tool, or no such version of it
    ├── ToolQuarantined      the version waits until an operator has reviewed what it changes
    ├── ToolDisabled         an operator has switched the version off
    ├── ToolRetired          the version was retired for good, by an operator or by a later version
    ├── TransitionRefused    a version cannot be moved to that state from the one that it is in
    ├── ToolNotOwned         the tool is published to the tenant, and its owner decides about its versions
    ├── ToolsetNotFound      the tenant owns no toolset of this name
    ├── NameTaken            a tenant would have two tools of one name, its own or published ones
    ├── PublicationRefused   a toolset cannot be published to its owner, or to a tenant that has too many
    ├── CatalogUnowned       it is not said which tenant owns what was imported before toolsets had owners
    ├── VersionUnreadable    a release that this one does not understand has written the version
    ├── ArgumentsInvalid     the arguments do not fit; carries Violations
    ├── CheckerFailed        no process is there that checks arguments which take much work
    └── RequestRefused       arguments that fit, yet cannot be sent (CR in a header, a body over the limit)

Every error says in `cure` what its receiver can do about it. No error repeats a value of the caller's, which may be secret.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One place that breaks a rule: a JSON Pointer (RFC 6901), and what would have been right there."""

    pointer: str
    expected: str


class RegistryError(Exception):
    cure = "See the message."

    def __init__(self, message: str, *, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure or self.cure


class DocumentInvalid(RegistryError):
    cure = "Correct the document and import it again."

    def __init__(self, message: str, *, pointer: str = "", cure: str | None = None) -> None:
        super().__init__(f"{message} (at {pointer})" if pointer else message, cure=cure)
        self.pointer = pointer


class ManifestInvalid(RegistryError):
    cure = "Correct the manifest: docs/reference/manifest.md lists its words."

    def __init__(self, message: str, *, cure: str | None = None, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(message, cure=cure)
        self.violations = violations


class DocumentTooLarge(RegistryError):
    cure = "Split the document, or remove what is not needed."


class DocumentTooCostly(RegistryError):
    cure = "Split the document; or convert it from YAML to JSON, which costs less to read."


class ReaderFailed(RegistryError):
    cure = "Report it with the document: this is a defect of Callgate."


class ReferenceInvalid(RegistryError):
    cure = "Write `name`, `name@1`, `name@1.4`, `name@1.4.0` or `name@sha256:` and 64 hex digits."


class ToolNotFound(RegistryError):
    cure = (
        "List the tools (`callgate tools`) and use one of their names. A tool of another tenant is seen where an operator has "
        "published its toolset."
    )


class ToolQuarantined(RegistryError):
    cure = "Ask the operator to review it (`callgate toolset plan`) and to promote it; or call an older version."


class ToolDisabled(RegistryError):
    cure = "Ask the operator for the reason; or call another version."


class ToolRetired(RegistryError):
    cure = "Call another version of the tool."


class TransitionRefused(RegistryError):
    cure = "See the states of its versions: `callgate toolset status`."


class ToolNotOwned(RegistryError):
    cure = "Ask the operator: the tenant that owns the toolset decides about its versions."


class ToolsetNotFound(RegistryError):
    cure = "Check the name and the owner: `callgate toolset status` has the toolsets of a tenant."


class NameTaken(RegistryError):
    cure = "Write a `prefix` for the toolset's tools in its manifest, or give the operations other names there."

    def __init__(self, message: str, *, cure: str | None = None, violations: tuple[Violation, ...] = ()) -> None:
        super().__init__(message, cure=cure)
        self.violations = violations


class PublicationRefused(RegistryError):
    cure = "See what is published: `callgate toolset published`."


class CatalogUnowned(RegistryError):
    cure = (
        "Let the operator set CALLGATE_CATALOG_OWNER=TENANT, with the tenant that owns these toolsets, and restart a gateway. "
        "All tools can be called meanwhile."
    )


class VersionUnreadable(RegistryError):
    cure = "Update this gateway to the newest release that imported into this catalog."


class ArgumentsInvalid(RegistryError):
    cure = "Correct the arguments as the violations say and call again."

    def __init__(self, violations: tuple[Violation, ...], *, cure: str | None = None) -> None:
        first = violations[0]
        super().__init__(
            f"the arguments do not fit the input schema at {first.pointer or 'the root'}: {first.expected}", cure=cure
        )
        self.violations = violations


class CheckerFailed(RegistryError):
    cure = "Try again; let the gateway's host have more memory and processes if it stays so."


class RequestRefused(RegistryError):
    cure = "Change the argument that the message names."
