"""What the operator has put in the place of arguments, for one call."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from registry.model.errors import RequestRefused
from registry.model.tool import Draft, Filling, JsonObject

#: What the gateway knows of a caller, by CALLER_PARTS.
CallerParts = Mapping[str, str]

#: Where no caller is known.
NO_CALLER: CallerParts = MappingProxyType({})


def value_of(filling: Filling, caller: CallerParts) -> Any:
    """Raises RequestRefused where it is of the caller, and nothing is known of that."""
    if not filling.principal:
        return filling.value
    if value := caller.get(filling.principal):
        return value
    raise RequestRefused(
        f"the tool's request has the caller's {filling.principal} in it, and this caller has none",
        cure="Ask the operator: the token's principal needs it, or the toolset's manifest another value.",
    )


def with_fillings(draft: Draft, arguments: JsonObject, caller: CallerParts) -> JsonObject:
    """The arguments, and those that the operator gives. Raises RequestRefused as `value_of` does."""
    operation = draft.operation
    places = (*operation.parameters, *((operation.body,) if operation.body else ()))
    return arguments | {one.argument: value_of(one.filling, caller) for one in places if one.filling}
