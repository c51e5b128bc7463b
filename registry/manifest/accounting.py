"""What a manifest says of a call's cost, and of what is kept of it: `cost` and `keep` of its settings."""

from dataclasses import replace
from typing import Any

from registry.model.accounting import KEPT_FOR, Keep, Meter
from registry.model.tool import Draft, JsonObject


def accounted(draft: Draft, settings: JsonObject) -> Draft:
    """The draft with both, as far as they are said."""
    if "cost" in settings:
        said = settings["cost"] if isinstance(settings["cost"], list) else [settings["cost"]]
        fixed = sum(one for one in said if not isinstance(one, dict))
        draft = replace(draft, cost=float(fixed), meters=tuple(_meter(one) for one in said if isinstance(one, dict)))
    if "keep" in settings:
        draft = replace(draft, keep=_keep(settings["keep"]) if settings["keep"] else None)
    return draft


def _meter(said: JsonObject) -> Meter:
    pointer = said["pointer"]
    return Meter(tuple(pointer) if isinstance(pointer, list) else (pointer,), float(said["price"]))


def _keep(said: dict[str, Any]) -> Keep:
    return Keep(said.get("arguments", False), said.get("answers", False), float(said.get("for", KEPT_FOR)))
