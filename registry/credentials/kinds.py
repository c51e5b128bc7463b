"""The kinds of credential that there are, and what is asked of them."""

from collections.abc import Iterable
from dataclasses import replace

from registry.credentials.aws_sigv4 import AWS_SIGV4
from registry.credentials.consent import PER
from registry.credentials.header_value import HEADER_VALUE
from registry.credentials.hmac_signature import HMAC_SIGNATURE
from registry.credentials.http_basic import HTTP_BASIC
from registry.credentials.kind import CredentialKind, RequestField, Shown
from registry.credentials.obtained_token import OBTAINED_TOKEN, parameters_of
from registry.credentials.token_grant import TokenGrant, kept_at
from registry.model.errors import ManifestInvalid, VersionUnreadable
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject, ToolVersion
from registry.model.value_codec import restore

#: In the order in which they are asked whether a security scheme is theirs.
KINDS = (AWS_SIGV4, HEADER_VALUE, HMAC_SIGNATURE, HTTP_BASIC, OBTAINED_TOKEN)

#: Settings of a manifest that name the field of the one secret value, whatever the kind calls it.
SECRET_FIELDS = ("field", "password_field", "secret_key_field")

_CURE = "Correct the credential in the manifest: docs/secrets.md has an example of each kind."
_TWO_FIELDS = "HTTP Basic alone is made of two fields: name one `field` instead of username_field and password_field."


def kind_of(binding: CredentialBinding) -> CredentialKind:
    """Raises VersionUnreadable for a binding that a release with more kinds, or more of one kind, has made."""
    if kind := _reader(binding):
        return kind
    raise VersionUnreadable("a stored tool version has a credential of a kind that this release does not know")


def bind_scheme(
    scheme: JsonObject, pointer: str, path: str, field: str, username_field: str = "", *, settings: JsonObject | None = None
) -> CredentialBinding:
    """The secret at `path` and `field` as the document's security scheme wants it. Raises OperationUnusable.

    With a `username_field`, `field` is the second of two. `settings`: what a manifest says beside them for the kind, which it
    may name, too. Raises ManifestInvalid where the scheme, the fields and the settings are not those of one kind.
    """
    said = settings or {}
    kind, parameters = _of_scheme(scheme, pointer, said.get("kind"))
    named = {kind.first_field or "username_field": username_field} if username_field else {}
    binding = CredentialBinding(path, field, parameters | said | named)
    if problem := kind.problem(binding.kind_parameters):
        raise ManifestInvalid(f"the security scheme at {pointer or 'hand'}: {problem}", cure=_CURE)
    if _reader(binding) is None:
        cure = _TWO_FIELDS if username_field else _CURE
        told = "two fields of a secret" if username_field else f"these settings: {', '.join(sorted(said))}"
        raise ManifestInvalid(f"the security scheme at {pointer} is not made of {told}", cure=cure)
    return binding


def places_of(scheme: JsonObject, pointer: str) -> tuple[RequestField, ...]:
    """What a credential for the security scheme would fill, the first of it by itself. Raises OperationUnusable."""
    kind, parameters = _of_scheme(scheme, pointer, None)
    return kind.occupies(parameters)


def source_of(scheme: JsonObject, pointer: str) -> str:
    """How an operator names its secret in a command."""
    try:
        kind, _ = _of_scheme(scheme, pointer, None)
    except OperationUnusable:
        return "PATH#FIELD"
    return "PATH#ID_FIELD:SECRET_FIELD" if kind.needs_two else "PATH#FIELD"


def bind_grant(
    scheme: JsonObject, pointer: str, place: tuple[str, str], token: JsonObject, scopes: tuple[str, ...]
) -> CredentialBinding:
    """A token that is obtained for the client whose secret is at `place`, a path and a field, as the security scheme wants it.

    `scopes`: those that an operation requires, where `token`, the manifest's words, names none. Raises OperationUnusable.
    """
    return CredentialBinding(*place, parameters_of(token, scheme, scopes, pointer))


def grant_of(binding: CredentialBinding) -> TokenGrant | None:
    """How the token is obtained; None of a secret that is there."""
    obtains = kind_of(binding).obtains
    return obtains(binding) if obtains else None


def connected_per(bindings: Iterable[CredentialBinding]) -> frozenset[str]:
    """For whom a person must have connected before a call: each subject, the tenant. Empty: for none."""
    grants = (grant_of(one) for one in bindings)
    return frozenset(one.per or PER[0] for one in grants if one and one.of_person)


def require_one_person(bindings: Iterable[CredentialBinding], pointer: str) -> None:
    """Raises OperationUnusable for what one subject has connected, beside what another person has: one call is in one name."""
    if len(connected_per(bindings)) > 1:
        message = "one credential is connected by each subject, and another one for the tenant"
        raise OperationUnusable(message, pointer=pointer, cure="Write the same `per` for both credentials' `token`.")


def path_of(binding: CredentialBinding, version: ToolVersion) -> str:
    """What the box of a call of this version reads: the secret, or where the token lies that was obtained for it."""
    return kept_at(binding, version) if kind_of(binding).obtains else binding.path


def bind_setting(setting: JsonObject) -> CredentialBinding:
    """The binding that a manifest writes out. A parameter that is empty or false means what its absence means.

    Raises ManifestInvalid where the parameters are not those of one kind.
    """
    names = ", ".join(sorted(setting))
    given = {name: value for name, value in setting.items() if value}
    if sum(name in given for name in SECRET_FIELDS) != 1:
        told = f"a credential names one `field` of its secret, or a password_field or a secret_key_field; not: {names}"
        raise ManifestInvalid(told, cure=_CURE)
    given = {"field" if name in SECRET_FIELDS else name: value for name, value in given.items()}
    binding: CredentialBinding = restore(CredentialBinding, given)
    kind = kind_named(binding.kind_parameters.get("kind"))
    if kind and (problem := kind.problem(binding.kind_parameters)):
        raise ManifestInvalid(problem, cure=_CURE)
    if _reader(binding) is None:
        raise ManifestInvalid(f"no kind of credential has these settings together: {names}", cure=_CURE)
    return binding


def completed(binding: CredentialBinding, server: str, info: JsonObject) -> CredentialBinding:
    """With what the operation's server and the document's `info` tell of it. Raises OperationUnusable for what they do not."""
    parameters = kind_of(binding).complete(binding.kind_parameters, server, info)
    return replace(binding, kind_parameters=parameters)


def occupied(bindings: Iterable[CredentialBinding]) -> tuple[RequestField, ...]:
    """What of the request the credentials fill, and no argument may."""
    return tuple(field for one in bindings for field in kind_of(one).occupies(one.kind_parameters))


def withheld(bindings: Iterable[CredentialBinding]) -> tuple[RequestField, ...]:
    """What no argument may fill: that, and what would contradict it."""
    bindings = tuple(bindings)
    return (*occupied(bindings), *(field for one in bindings for field in kind_of(one).withholds))


def signs(binding: CredentialBinding) -> bool:
    """Whether the secret is in no request, and signs it."""
    return kind_of(binding).shown is not None


def shown(binding: CredentialBinding, mask: str) -> Shown:
    """What a preview has in each place that the credential fills."""
    kind, said = kind_of(binding), binding.kind_parameters
    if kind.shown:
        return kind.shown(said, mask)
    return tuple((field, f"{said.get('prefix', '')}{mask}") for field in kind.occupies(said))


def for_runner(binding: CredentialBinding) -> tuple[str, tuple[str, ...], JsonObject]:
    """The name of the kind, the secret's fields that it is made of, and what else the runner is told of it."""
    kind = kind_of(binding)
    return kind.name, kind.fields(binding), kind.for_runner(binding.kind_parameters)


def _of_scheme(scheme: JsonObject, pointer: str, name: object) -> tuple[CredentialKind, JsonObject]:
    """The kind that a manifest names, or the first that the scheme is for. Raises OperationUnusable."""
    if named := kind_named(name):
        return named, named.from_scheme(scheme, pointer) or {}
    for kind in KINDS:
        if (parameters := kind.from_scheme(scheme, pointer)) is not None:
            return kind, parameters
    raise OperationUnusable("this security scheme is not supported", pointer=pointer, cure="Use `header:NAME` instead.")


def kind_named(name: object) -> CredentialKind | None:
    return next((kind for kind in KINDS if kind.name == name), None)


def _reader(binding: CredentialBinding) -> CredentialKind | None:
    return next((kind for kind in KINDS if kind.reads(binding.kind_parameters)), None)
