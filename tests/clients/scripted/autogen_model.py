"""AutoGen's kind of model."""

import json
from collections.abc import AsyncGenerator
from typing import Any

from autogen_core import FunctionCall
from autogen_core.models import AssistantMessage, ChatCompletionClient, CreateResult, ModelInfo, RequestUsage

from tests.clients.scripted import Say


class Scripted(ChatCompletionClient):
    component_type = "model"

    def __init__(self, say: Say) -> None:
        self._say = say

    async def create(self, messages: Any, **_: Any) -> CreateResult:
        said = self._say(sum(isinstance(one, AssistantMessage) for one in messages))
        calls = [FunctionCall(one["id"], json.dumps(one["args"]), one["name"]) for one in said]
        reason: Any = "function_calls" if calls else "stop"
        return CreateResult(finish_reason=reason, content=calls or "Done.", usage=self.actual_usage(), cached=False)

    async def create_stream(self, messages: Any, **options: Any) -> AsyncGenerator[str | CreateResult, None]:
        yield await self.create(messages, **options)

    async def close(self) -> None:
        """There is nothing to close."""

    def actual_usage(self) -> RequestUsage:
        return RequestUsage(1, 1)

    def total_usage(self) -> RequestUsage:
        return RequestUsage(1, 1)

    def count_tokens(self, messages: Any, **_: Any) -> int:
        return 1

    def remaining_tokens(self, messages: Any, **_: Any) -> int:
        return 1

    @property
    def capabilities(self) -> Any:
        return self.model_info

    @property
    def model_info(self) -> ModelInfo:
        return ModelInfo(vision=False, function_calling=True, json_output=True, family="scripted", structured_output=True)
