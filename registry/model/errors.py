"""What can go wrong in the registry.

    RegistryError
    ├── DocumentInvalid      malformed or hostile; names the place and the cure
    ├── ManifestInvalid      a toolset manifest that says what it cannot mean; names line, column and the nearest word
    ├── DocumentTooLarge     over the byte, node, depth or alias bound
    ├── DocumentTooCostly    reading it takes more work, memory or time than one of its size may
    ├── ReaderFailed         the process that reads it ended without a word: a defect of ours
    ├── ReferenceInvalid     not `name`, `name@1`, `name@1.4`, `name@1.4.0` or `name@sha256:…`
    ├── ToolNotFound         no such tool, or no such version of it
    ├── ToolQuarantined      the version waits for somebody to look at what it changes
    ├── ToolDisabled         the version was switched off
    ├── ToolRetired          the version was taken back for good
    ├── TransitionRefused    a version cannot be moved to that state from the one that it is in
    ├── VersionUnreadable    a version on the shelf was written by a release that this one does not understand
    ├── ArgumentsInvalid     the arguments do not fit; carries Violations
    └── RequestRefused       arguments that fit, yet cannot be sent (CR in a header, a body over the limit)

Every error says in `cure` what its receiver can do about it. None carries a value of the caller's: it may be secret.
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
    cure = "Correct the manifest; registry/manifest/manifest.schema.json says what it may hold."


class DocumentTooLarge(RegistryError):
    cure = "Split the document, or remove what is not needed."


class DocumentTooCostly(RegistryError):
    cure = "Split the document; one in YAML may pass as JSON."


class ReaderFailed(RegistryError):
    cure = "Report it with the document: this is a defect of Callgate."


class ReferenceInvalid(RegistryError):
    cure = "Write `name`, `name@1`, `name@1.4`, `name@1.4.0` or `name@sha256:` and 64 hex digits."


class ToolNotFound(RegistryError):
    cure = "List the tools and use one of their names."


class ToolQuarantined(RegistryError):
    cure = "Let the operator look at `callgate toolset plan`, and promote the version; or call an older one."


class ToolDisabled(RegistryError):
    cure = "Ask the operator why; or call another version."


class ToolRetired(RegistryError):
    cure = "Call another version of the tool."


class TransitionRefused(RegistryError):
    cure = "See the states of its versions: `callgate toolset status`."


class VersionUnreadable(RegistryError):
    cure = "Update this gateway to the newest release that imported into this catalog."


class ArgumentsInvalid(RegistryError):
    cure = "Correct the arguments as the violations say and call again."

    def __init__(self, violations: tuple[Violation, ...]) -> None:
        first = violations[0]
        super().__init__(f"the arguments do not fit the input schema at {first.pointer or 'the root'}: {first.expected}")
        self.violations = violations


class RequestRefused(RegistryError):
    cure = "Change the argument that the message names."
