"""The kind of model of OpenAI's Agents SDK."""

import json
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

from agents import Model, ModelResponse, Usage
from openai.types.responses import ResponseFunctionToolCall, ResponseOutputMessage, ResponseOutputText

from tests.clients.scripted import Say

DONE = ResponseOutputMessage(
    id="msg",
    type="message",
    role="assistant",
    status="completed",
    content=[ResponseOutputText(type="output_text", text="Done.", annotations=[])],
)


class Scripted(Model):
    def __init__(self, say: Say) -> None:
        self._say = say

    async def get_response(self, *asked: Any, **options: Any) -> ModelResponse:
        # The second of the positional ones is the conversation.
        said = options["input"] if "input" in options else asked[1]
        calls = [
            ResponseFunctionToolCall(
                type="function_call", call_id=one["id"], name=one["name"], arguments=json.dumps(one["args"])
            )
            for one in self._say(_turn(said))
        ]
        return ModelResponse(output=[*calls] or [DONE], usage=Usage(), response_id=None)

    def stream_response(self, *_: Any, **__: Any) -> AsyncIterator[Any]:
        raise NotImplementedError("the tests here do not stream")


def _turn(said: Any) -> int:
    """How many messages with calls stand in the conversation."""
    kinds = ["message" if isinstance(said, str) else one.get("type", "message") for one in said]
    return sum(pair == ("function_call", "function_call_output") for pair in pairwise(kinds))
