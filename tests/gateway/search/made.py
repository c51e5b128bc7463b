"""Tools for tests of the search."""

from typing import Any

from registry.model.tool import Draft, Effect, Operation


def draft(name: str, description: str = "", *, schema: dict[str, Any] | None = None, **operation: str) -> Draft:
    told = {"method": "GET", "path": "/", "toolset": "things", "server": "https://api.com", **operation}
    performed = Operation(told["method"], told["server"], told["path"], (), None, ())
    return Draft(name, told["toolset"], description, schema or {}, None, performed, effect=Effect.READ)
