"""Callgate's tools for loops around Google's client for Gemini.

    from callgate.gemini import ContentTools

    tools = ContentTools.load(client, "orders")
    config = {"tools": tools.schemas, "automatic_function_calling": {"disable": True}}
    content = google.models.generate_content(model=model, contents=contents, config=config).candidates[0].content
    contents.append(content)
    contents += tools.answers(content, run="task-7", step=len(contents))

Nothing of the package `google-genai` is needed here.
"""

from collections.abc import Sequence
from typing import Any

from callgate.adapters import Answer, ModelCall, Offer
from callgate.adapters.model_tools import Json, ModelTools, part


class ContentTools(ModelTools):
    """`answers` takes the model's content. All results are in one content, which is that of the user."""

    @property
    def schemas(self) -> list[Json]:
        """One tool, with all functions in it."""
        return [{"function_declarations": [self._schema(one) for one in self.offers.values()]}]

    def _schema(self, offer: Offer) -> Json:
        return {"name": offer.name, "description": offer.description, "parameters_json_schema": dict(offer.schema)}

    def _calls(self, message: Any) -> list[ModelCall]:
        made = [part(one, "function_call") for one in part(message, "parts") or []]
        return [ModelCall(part(one, "id") or "", part(one, "name"), part(one, "args") or {}) for one in made if one is not None]

    def _results(self, calls: Sequence[ModelCall], answers: Sequence[Answer]) -> list[Json]:
        parts = [{"function_response": _response(call, answer)} for call, answer in zip(calls, answers, strict=True)]
        return [{"role": "user", "parts": parts}]


def _response(call: ModelCall, answer: Answer) -> Json:
    """With the call's id, where it has one: not every version of the API gives it, and the order tells calls apart then."""
    named = {"id": call.id} if call.id else {}
    return {**named, "name": call.name, "response": {"error" if answer.is_error else "output": answer.text}}
