"""Pydantic AI's kind of model."""

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart
from pydantic_ai.models.function import AgentInfo, FunctionModel

from tests.clients.scripted import Say


def scripted(say: Say) -> FunctionModel:
    def answer(messages: list[ModelMessage], _: AgentInfo) -> ModelResponse:
        turn = sum(isinstance(one, ModelResponse) for one in messages)
        calls = [ToolCallPart(one["name"], one["args"], tool_call_id=one["id"]) for one in say(turn)]
        return ModelResponse([*calls] or [TextPart("Done.")])

    return FunctionModel(answer)
