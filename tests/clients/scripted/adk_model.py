"""ADK's kind of model."""

from collections.abc import AsyncGenerator
from typing import Any

from google.adk.models import BaseLlm, LlmRequest, LlmResponse
from google.genai.types import Content, FunctionCall, Part

from tests.clients.scripted import Say


class ScriptedLlm(BaseLlm):
    """The turn is how many messages with results it was shown: ADK shows none whose calls were not answered."""

    model: str = "scripted"
    say: Say

    async def generate_content_async(self, llm_request: LlmRequest, stream: bool = False) -> AsyncGenerator[LlmResponse, None]:
        turn = sum(any(part.function_response for part in one.parts or []) for one in llm_request.contents)
        calls = [Part(function_call=_call(one)) for one in self.say(turn)]
        yield LlmResponse(content=Content(role="model", parts=calls or [Part(text="Done.")]))


def _call(said: dict[str, Any]) -> FunctionCall:
    return FunctionCall(id=said["id"], name=said["name"], args=said["args"])
