"""Where a client of MCP finds the door, as its first argument says, and what is told of what it did there.

`{"url": …, "token": …}` or `{"command": [program, argument…], "environment": {…}}`. `modes`: the revisions, as clients know
them. `key`: that of the order is made of it. What is told is told for each mode.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

PLACE: dict[str, Any] = json.loads(sys.argv[1])
#: One order, however often it is sent, where the client can say so.
ORDER = {"body": {"item": "tea", "quantity": 2}}
READ = {"limit": 5}


def meta(mode: str) -> Any:
    """What makes it one."""
    return {"callgate.dev/idempotency-key": f"{PLACE['key']}-{mode}"}


def in_each_mode(visit: Callable[[str], Awaitable[dict[str, Any]]]) -> None:
    """Tell what is found, by the modes."""

    async def found() -> dict[str, Any]:
        return {mode: await visit(mode) for mode in PLACE["modes"]}

    json.dump(asyncio.run(found()), sys.stdout)
