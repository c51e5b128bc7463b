"""Microsoft Agent Framework's kind of model."""

import json
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from typing import Any

from agent_framework import (
    BaseChatClient,
    ChatMiddlewareLayer,
    ChatResponse,
    ChatResponseUpdate,
    Content,
    FunctionInvocationLayer,
    Message,
    ResponseStream,
)

from tests.clients.scripted import Say


class Scripted(FunctionInvocationLayer[Any], ChatMiddlewareLayer[Any], BaseChatClient[Any]):
    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say

    def _inner_get_response(
        self, *, messages: Sequence[Message], stream: bool, options: Mapping[str, Any], **_: Any
    ) -> Awaitable[ChatResponse[Any]] | ResponseStream[ChatResponseUpdate, ChatResponse[Any]]:
        calls = self._say(sum(one.role == "assistant" for one in messages))
        contents = [Content.from_function_call(one["id"], one["name"], arguments=json.dumps(one["args"])) for one in calls]
        said = contents or [Content.from_text("Done.")]

        async def whole() -> ChatResponse[Any]:
            return ChatResponse(messages=[Message("assistant", said)])

        async def parts() -> AsyncIterator[ChatResponseUpdate]:
            yield ChatResponseUpdate(contents=said, role="assistant")

        return ResponseStream(parts(), finalizer=ChatResponse.from_updates) if stream else whole()
