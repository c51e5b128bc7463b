"""LlamaIndex's kind of model."""

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.llms import MockFunctionCallingLLM

from tests.clients.scripted import Say


def scripted(say: Say) -> MockFunctionCallingLLM:
    """The turn is how many messages with calls it has written itself."""

    def answer(messages: Sequence[ChatMessage], **_: Any) -> ChatMessage:
        turn = sum(any(isinstance(block, ToolCallBlock) for block in one.blocks) for one in messages)
        calls = [ToolCallBlock(tool_call_id=one["id"], tool_name=one["name"], tool_kwargs=one["args"]) for one in say(turn)]
        return ChatMessage(role="assistant", blocks=calls) if calls else ChatMessage(role="assistant", content="Done.")

    return MockFunctionCallingLLM(response_generator=answer)
