"""`user:password` in one field of the secret, sent as base64 (RFC 7617). In storage, `basic` tells it from a text that is
sent as it is."""

from registry.credentials.kind import CredentialKind
from registry.credentials.placement import PLACEMENT, filled_by, is_placement, placement_of
from registry.model.tool import JsonObject

_MARK = "basic"
_STORED = PLACEMENT | {_MARK}


def _reads(parameters: JsonObject) -> bool:
    return parameters.get(_MARK) is True and parameters.keys() <= _STORED and is_placement(placement_of(parameters))


def _from_scheme(scheme: JsonObject, _: str) -> JsonObject | None:
    match scheme:
        case {"type": "http", "scheme": str(method)} if method.lower() == "basic":
            return {"place": "header", "name": "Authorization", "prefix": "Basic ", _MARK: True}
    return None


HTTP_BASIC = CredentialKind(
    name="http_basic",
    parameters=_STORED,
    reads=_reads,
    from_scheme=_from_scheme,
    occupies=filled_by,
    for_runner=placement_of,
)
