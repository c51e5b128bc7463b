"""A secret text as it is, behind a prefix where there is one: an API key, a bearer token. Mostly in a header; it may stand in
the query or in a cookie, too."""

import re

from registry.credentials.kind import CredentialKind
from registry.credentials.placement import BEARER, PLACEMENT, filled_by, is_placement, placement_of
from registry.model.import_fault import OperationUnusable
from registry.model.tool import JsonObject

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2


def _from_scheme(scheme: JsonObject, pointer: str) -> JsonObject | None:
    match scheme:
        case {"type": "apiKey", "in": "header" | "query" | "cookie" as place, "name": str(name)}:
            if not _TOKEN.fullmatch(name):
                raise OperationUnusable("the security scheme's name cannot be sent", pointer=pointer)
            return {"place": place, "name": name}
        case {"type": "http", "scheme": str(method)} if method.lower() == "bearer":
            return dict(BEARER)
        case {"type": "oauth2" | "openIdConnect"}:
            return dict(BEARER)
    return None


HEADER_VALUE = CredentialKind(
    name="header_value",
    parameters=PLACEMENT,
    reads=is_placement,
    from_scheme=_from_scheme,
    occupies=filled_by,
    for_runner=placement_of,
)
