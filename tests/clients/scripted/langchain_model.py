"""LangChain's kind of model."""

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from tests.clients.scripted import Say


class Scripted(BaseChatModel):
    say: Say

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Any, **_: Any) -> "Scripted":
        return self

    def _generate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        turn = sum(isinstance(one, AIMessage) for one in messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage("", tool_calls=self.say(turn)))])
