"""User and password (RFC 7617): `user:password` in one field of the secret, or each in a field of its own. Sent as base64. In
storage, `basic` tells it from a text that is sent as it is; `username_field` is there where the user has a field."""

from registry.credentials.kind import CredentialKind, one_field
from registry.credentials.placement import PLACEMENT, filled_by, is_placement, placement_of
from registry.model.tool import CredentialBinding, JsonObject

_MARK = "basic"
_USER = "username_field"
_STORED = PLACEMENT | {_MARK, _USER}


def _reads(parameters: JsonObject) -> bool:
    user = parameters.get(_USER, "user")
    named = isinstance(user, str) and user != ""
    return named and parameters.get(_MARK) is True and parameters.keys() <= _STORED and is_placement(placement_of(parameters))


def _from_scheme(scheme: JsonObject, _: str) -> JsonObject | None:
    match scheme:
        case {"type": "http", "scheme": str(method)} if method.lower() == "basic":
            return {"place": "header", "name": "Authorization", "prefix": "Basic ", _MARK: True}
    return None


def _fields(binding: CredentialBinding) -> tuple[str, ...]:
    user = binding.kind_parameters.get(_USER)
    return (user, binding.field) if user else one_field(binding)


HTTP_BASIC = CredentialKind(
    name="http_basic",
    parameters=_STORED,
    reads=_reads,
    from_scheme=_from_scheme,
    occupies=filled_by,
    for_runner=placement_of,
    fields=_fields,
    first_field=_USER,
)
