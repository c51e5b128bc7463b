"""smolagents' kind of model: one that calls tools, and one that writes code."""

from typing import Any

from smolagents import ChatMessage, MessageRole, Model
from smolagents.models import ChatMessageToolCall, ChatMessageToolCallFunction

from tests.clients.scripted import Say


class ScriptedCalls(Model):
    def __init__(self, say: Say) -> None:
        super().__init__(model_id="scripted")
        self._say = say

    def generate(self, messages: list[ChatMessage], *_: Any, **__: Any) -> ChatMessage:
        said = self._say(_turn(messages)) or [{"id": "end", "name": "final_answer", "args": {"answer": "Done."}}]
        calls = [
            ChatMessageToolCall(ChatMessageToolCallFunction(one["args"], one["name"]), one["id"], "function") for one in said
        ]
        return ChatMessage(MessageRole.ASSISTANT, "", calls)


class ScriptedCode(ScriptedCalls):
    """It prints what its calls answer, each on a line."""

    def generate(self, messages: list[ChatMessage], *_: Any, **__: Any) -> ChatMessage:
        lines = [f"print(json.dumps({one['name']}(**{one['args']!r})))" for one in self._say(_turn(messages))]
        code = "\n".join(["import json", *lines] if lines else ['final_answer("Done.")'])
        return ChatMessage(MessageRole.ASSISTANT, f"<code>\n{code}\n</code>")


def _turn(messages: list[ChatMessage]) -> int:
    """How many steps have ended without an error: each has shown the model what it observed."""
    return sum(one.role == MessageRole.TOOL_RESPONSE and "Observation:" in str(one.content) for one in messages)
