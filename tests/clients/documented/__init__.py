"""What `docs/adapters.md` takes for given, a module for each of its examples: a model that orders tea, and its like."""

from typing import Any
from uuid import uuid4

#: What the model of each example asks for, with ids that are new each time.
ORDER = {"body": {"item": "tea", "quantity": 2}}


def say(turn: int) -> list[dict[str, Any]]:
    if turn:
        return []
    return [{"name": "create_order", "args": ORDER, "id": f"call_{uuid4().hex}", "type": "tool_call"}]
