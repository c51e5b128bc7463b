"""The kinds of credential that there are, and what is asked of them."""

from registry.credentials.header_value import HEADER_VALUE
from registry.credentials.http_basic import HTTP_BASIC
from registry.credentials.kind import CredentialKind, RequestField
from registry.model.errors import ManifestInvalid, VersionUnreadable
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject
from registry.model.value_codec import restore

KINDS = (HEADER_VALUE, HTTP_BASIC)


def kind_of(binding: CredentialBinding) -> CredentialKind:
    """Raises VersionUnreadable for a binding that a release with more kinds, or more of one kind, has made."""
    for kind in KINDS:
        if kind.reads(binding.kind_parameters):
            return kind
    raise VersionUnreadable("a stored tool version has a credential of a kind that this release does not know")


def bind_scheme(scheme: JsonObject, pointer: str, path: str, field: str) -> CredentialBinding:
    """The secret at `path` and `field` as the document's security scheme wants it. Raises OperationUnusable."""
    for kind in KINDS:
        if (parameters := kind.from_scheme(scheme, pointer)) is not None:
            return CredentialBinding(path, field, parameters)
    raise OperationUnusable("this security scheme is not supported", pointer=pointer, cure="Use `header:NAME` instead.")


def bind_setting(setting: JsonObject) -> CredentialBinding:
    """The binding that a manifest writes out. A parameter that is empty or false means what its absence means.

    Raises ManifestInvalid where the parameters are not those of one kind.
    """
    binding: CredentialBinding = restore(CredentialBinding, {name: value for name, value in setting.items() if value})
    if not any(kind.reads(binding.kind_parameters) for kind in KINDS):
        names = ", ".join(sorted(setting))
        raise ManifestInvalid(f"no kind of credential has these settings together: {names}")
    return binding


def occupied(binding: CredentialBinding | None) -> tuple[RequestField, ...]:
    """What of the request the credential fills, and no argument may."""
    return () if binding is None else kind_of(binding).occupies(binding.kind_parameters)


def for_runner(binding: CredentialBinding) -> tuple[str, JsonObject]:
    """The name of the kind, and what else the runner is told of it."""
    kind = kind_of(binding)
    return kind.name, kind.for_runner(binding.kind_parameters)
