"""The kinds of credential that there are, and what is asked of them."""

from collections.abc import Iterable

from registry.credentials.header_value import HEADER_VALUE
from registry.credentials.http_basic import HTTP_BASIC
from registry.credentials.kind import CredentialKind, RequestField
from registry.credentials.obtained_token import OBTAINED_TOKEN, completed
from registry.credentials.token_grant import TokenGrant, kept_at
from registry.model.errors import ManifestInvalid, VersionUnreadable
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject
from registry.model.value_codec import restore

KINDS = (HEADER_VALUE, HTTP_BASIC, OBTAINED_TOKEN)

_TWO_FIELDS = "HTTP Basic alone is made of two fields: name one `field` instead of username_field and password_field."


def kind_of(binding: CredentialBinding) -> CredentialKind:
    """Raises VersionUnreadable for a binding that a release with more kinds, or more of one kind, has made."""
    if kind := _reader(binding):
        return kind
    raise VersionUnreadable("a stored tool version has a credential of a kind that this release does not know")


def bind_scheme(scheme: JsonObject, pointer: str, path: str, field: str, username_field: str = "") -> CredentialBinding:
    """The secret at `path` and `field` as the document's security scheme wants it. Raises OperationUnusable.

    With a `username_field`, `field` is the password's. Raises ManifestInvalid for a scheme that is not made of two fields.
    """
    made = (kind.from_scheme(scheme, pointer) for kind in KINDS)
    parameters = next((one for one in made if one is not None), None)
    if parameters is None:
        raise OperationUnusable("this security scheme is not supported", pointer=pointer, cure="Use `header:NAME` instead.")
    named = {"username_field": username_field} if username_field else {}
    binding = CredentialBinding(path, field, parameters | named)
    if _reader(binding) is None:
        raise ManifestInvalid(f"the security scheme at {pointer} is not made of two fields of a secret", cure=_TWO_FIELDS)
    return binding


def bind_grant(
    scheme: JsonObject, pointer: str, place: tuple[str, str], token: JsonObject, scopes: tuple[str, ...]
) -> CredentialBinding:
    """A token that is obtained for the client whose secret is at `place`, a path and a field, as the security scheme wants it.

    `scopes`: those that an operation requires, where `token`, the manifest's words, names none. Raises OperationUnusable.
    """
    return CredentialBinding(*place, completed(token, scheme, scopes, pointer))


def grant_of(binding: CredentialBinding) -> TokenGrant | None:
    """How the token is obtained; None of a secret that is there."""
    obtains = kind_of(binding).obtains
    return obtains(binding) if obtains else None


def path_of(binding: CredentialBinding, owner: str) -> str:
    """What a call's box reads: the secret, or where the token lies that was obtained for this owner of tools."""
    return kept_at(binding, owner) if kind_of(binding).obtains else binding.path


def bind_setting(setting: JsonObject) -> CredentialBinding:
    """The binding that a manifest writes out. A parameter that is empty or false means what its absence means.

    Raises ManifestInvalid where the parameters are not those of one kind.
    """
    names = ", ".join(sorted(setting))
    given = {name: value for name, value in setting.items() if value}
    if ("field" in given) == ("password_field" in given):
        raise ManifestInvalid(f"a credential names one `field` of its secret, or a password_field; not: {names}")
    given = {"field" if name == "password_field" else name: value for name, value in given.items()}
    binding: CredentialBinding = restore(CredentialBinding, given)
    if _reader(binding) is None:
        raise ManifestInvalid(f"no kind of credential has these settings together: {names}")
    return binding


def occupied(bindings: Iterable[CredentialBinding]) -> tuple[RequestField, ...]:
    """What of the request the credentials fill, and no argument may."""
    return tuple(field for one in bindings for field in kind_of(one).occupies(one.kind_parameters))


def for_runner(binding: CredentialBinding) -> tuple[str, tuple[str, ...], JsonObject]:
    """The name of the kind, the secret's fields that it is made of, and what else the runner is told of it."""
    kind = kind_of(binding)
    return kind.name, kind.fields(binding), kind.for_runner(binding.kind_parameters)


def _reader(binding: CredentialBinding) -> CredentialKind | None:
    return next((kind for kind in KINDS if kind.reads(binding.kind_parameters)), None)
