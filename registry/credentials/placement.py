"""For kinds that put one text into one place of a request: a header, a query parameter or a cookie."""

from registry.credentials.kind import RequestField
from registry.model.tool import JsonObject, ValuePlace

#: The parameters of such a kind. `prefix` goes before the text ("Bearer "), and may be left out.
PLACEMENT = frozenset(("place", "name", "prefix"))

#: Where a bearer token goes (RFC 6750 §2.1).
BEARER: JsonObject = {"place": "header", "name": "Authorization", "prefix": "Bearer "}

_PLACES = frozenset(("header", "query", "cookie"))


def is_placement(parameters: JsonObject) -> bool:
    return {"place", "name"} <= parameters.keys() <= PLACEMENT and parameters["place"] in _PLACES


def placement_of(parameters: JsonObject) -> JsonObject:
    """The placement among a kind's parameters."""
    return {name: value for name, value in parameters.items() if name in PLACEMENT}


def filled_by(parameters: JsonObject) -> tuple[RequestField, ...]:
    return ((ValuePlace(parameters["place"]), parameters["name"]),)
