"""A version of a tool that a tenant owns."""

from registry.model.tool import Draft, Effect, Operation, ToolVersion


def owned(owner: str, toolset: str = "shop") -> ToolVersion:
    operation = Operation("GET", "http://127.0.0.1:1", "/", (), None, ("application/json",))
    return ToolVersion(Draft("look", toolset, "", {}, None, operation, effect=Effect.READ), "1.0.0", "sha256:0", owner)
