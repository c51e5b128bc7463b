"""Callgate's tools for loops around Anthropic's client.

    from callgate.anthropic import MessageTools

    tools = MessageTools.load(client, "orders")
    message = anthropic.messages.create(model=model, max_tokens=1024, messages=messages, tools=tools.schemas)
    messages.append({"role": "assistant", "content": message.content})
    messages += tools.answers(message, run="task-7", step=len(messages))

Nothing of the package `anthropic` is needed here.
"""

from collections.abc import Sequence
from typing import Any

from callgate.adapters import Answer, ModelCall, Offer
from callgate.adapters.model_tools import Json, ModelTools, part


class MessageTools(ModelTools):
    """`answers` takes a message, or its `content`. All results are in one message, which is that of the user."""

    def _schema(self, offer: Offer) -> Json:
        return {"name": offer.name, "description": offer.description, "input_schema": dict(offer.schema)}

    def _calls(self, message: Any) -> list[ModelCall]:
        blocks = message if isinstance(message, list) else part(message, "content") or []
        made = [one for one in blocks if part(one, "type") == "tool_use"]
        return [ModelCall(part(one, "id"), part(one, "name"), part(one, "input")) for one in made]

    def _results(self, calls: Sequence[ModelCall], answers: Sequence[Answer]) -> list[Json]:
        blocks = [
            {"type": "tool_result", "tool_use_id": call.id, "content": answer.text, "is_error": answer.is_error}
            for call, answer in zip(calls, answers, strict=True)
        ]
        return [{"role": "user", "content": blocks}]
