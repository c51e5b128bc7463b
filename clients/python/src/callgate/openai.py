"""Callgate's tools for loops around OpenAI's client, or any that speaks its protocols: chat completions, and responses.

    from callgate.openai import ChatTools

    tools = ChatTools.load(client, "orders")
    completion = openai.chat.completions.create(model=model, messages=messages, tools=tools.schemas)
    messages.append(completion.choices[0].message)
    messages += tools.answers(messages[-1], run="task-7", step=len(messages))

Schemas are in strict mode where they have that form; the gateway takes the nulls that a model must write then for what was left
out. Nothing of the package `openai` is needed here.
"""

from collections.abc import Sequence
from typing import Any

from callgate.adapters import Answer, ModelCall, Offer
from callgate.adapters.bounds import bounded
from callgate.adapters.forms import OPENAI
from callgate.adapters.model_tools import Json, ModelTools, part

#: Characters of a function's description that the API takes; some are kept for the note on what is left out.
DESCRIPTION = 1024 - 80


class ChatTools(ModelTools):
    """For chat completions. `answers` takes the message of a choice."""

    forms = OPENAI

    def _schema(self, offer: Offer) -> Json:
        return {"type": "function", "function": _function(offer)}

    def _calls(self, message: Any) -> list[ModelCall]:
        made = [(part(call, "id"), part(call, "function")) for call in part(message, "tool_calls") or []]
        return [ModelCall(id, part(one, "name"), part(one, "arguments")) for id, one in made if one is not None]

    def _results(self, calls: Sequence[ModelCall], answers: Sequence[Answer]) -> list[Json]:
        pairs = zip(calls, answers, strict=True)
        return [{"role": "tool", "tool_call_id": call.id, "content": answer.text} for call, answer in pairs]


class ResponseTools(ModelTools):
    """For responses. `answers` takes the response, or its `output`; what it answers is input of the next one."""

    forms = OPENAI

    def _schema(self, offer: Offer) -> Json:
        return {"type": "function", **_function(offer)}

    def _calls(self, message: Any) -> list[ModelCall]:
        items = message if isinstance(message, list) else part(message, "output") or []
        made = [one for one in items if part(one, "type") == "function_call"]
        return [ModelCall(part(one, "call_id"), part(one, "name"), part(one, "arguments")) for one in made]

    def _results(self, calls: Sequence[ModelCall], answers: Sequence[Answer]) -> list[Json]:
        pairs = zip(calls, answers, strict=True)
        return [{"type": "function_call_output", "call_id": call.id, "output": answer.text} for call, answer in pairs]


def _function(offer: Offer) -> Json:
    description = bounded(offer.description, DESCRIPTION)
    return {"name": offer.name, "description": description, "parameters": dict(offer.schema), "strict": offer.strict}
