"""Imports at once: large documents, and such whose tools change from one to the next, so that hostile schemas are compared.

Nothing is promoted, and half of the imports are plans.
"""

from typing import Any

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from benchmarks.hostile.tools import document, many, taking
from callgate import AsyncClient

AT_ONCE = 8
#: Tools of one of the large documents.
LARGE = 400


async def attack(target: Target, seconds: float) -> int:
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, AT_ONCE, lambda number: _import(client, target.upstream, number))


async def _import(client: AsyncClient, upstream: str, number: int) -> None:
    name = f"imports_{number % AT_ONCE}"
    written = many(LARGE, name) if number % 3 == 0 else changing(name, number)
    toolset = f"imports-{number % AT_ONCE}-{number % 3 == 0}".lower()
    send = client.toolsets.plan if number % 2 == 0 else client.toolsets.import_openapi
    await send(written, toolset, server=f"http://{upstream}")


def changing(name: str, number: int) -> bytes:
    """Chains and wide unions whose last leaf is another one in each import."""
    leaf = {"type": "string", "maxLength": 10 + number}
    components: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for keyword in ("anyOf", "oneOf", "allOf"):
        first = f"{name}_{keyword}"
        links = {f"{first}_{n}": {keyword: [_to(f"{first}_{n + 1}"), _to(f"{first}_{n + 1}")]} for n in range(40)}
        components |= links | {f"{first}_40": leaf, f"{first}_wide": _wide(f"{first}_wide", keyword, leaf)}
        paths |= taking(f"{first}_chain", _to(f"{first}_0")) | taking(f"{first}_union", _to(f"{first}_wide"))
    return document(paths, components)


def _wide(name: str, keyword: str, leaf: Any) -> Any:
    """Alternatives that nothing tells apart, each of which has the union in it."""
    members = [{f"p{n}": leaf, **{f"q{m}": _to(name) for m in range(8)}} for n in range(40)]
    return {keyword: [{"type": "object", "properties": one} for one in members]}


def _to(name: str) -> Any:
    return {"$ref": f"#/components/schemas/{name}"}
