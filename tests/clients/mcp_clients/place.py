"""Where a client of MCP finds the door, as its first argument says, and what is told of what it did there.

`{"url": …, "token": …}` or `{"command": [program, argument…], "environment": {…}}`; `mode`: the revision, as clients take it;
`key`: that of the order.
"""

import json
import sys
from typing import Any

PLACE: dict[str, Any] = json.loads(sys.argv[1])
#: One order, however often it is sent, where the client can say so.
ORDER = {"body": {"item": "tea", "quantity": 2}}
META: Any = {"callgate.dev/idempotency-key": PLACE["key"]}
READ = {"limit": 5}


def tell(**found: Any) -> None:
    json.dump(found, sys.stdout)
