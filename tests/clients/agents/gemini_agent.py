"""A loop around Google's client for Gemini."""

import sys
from typing import Any

from google import genai
from google.genai.types import HttpOptions

from callgate.gemini import ContentTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.agents.provider import Json, Provider
from tests.promises.agents.script import message


def say(asked: Json) -> Json:
    turn = sum(one["role"] == "model" for one in asked["contents"])
    calls = [{"functionCall": {"id": one["id"], "name": one["name"], "args": one["args"]}} for one in message(turn)]
    content = {"role": "model", "parts": calls or [{"text": "Done."}]}
    return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}


def main(_: str, mode: str) -> None:
    with client(mode) as callgate, Provider(say) as provider:
        google = genai.Client(api_key="none", http_options=HttpOptions(base_url=provider.url))
        tools = ContentTools.load(callgate, "bank")
        config: Any = {"tools": tools.schemas, "automatic_function_calling": {"disable": True}}

        def ask(contents: list[Any]) -> tuple[list[Any], Any]:
            answer = google.models.generate_content(model="scripted", contents=contents, config=config)
            assert answer.candidates is not None
            content = answer.candidates[0].content
            return [content], content

        said = play(tools, [{"role": "user", "parts": [{"text": TASK}]}], ask)
        results = [one["parts"] for one in said[1:] if isinstance(one, dict)]
        tell(part["function_response"]["response"]["output"] for result in results for part in result)


if __name__ == "__main__":
    main(*sys.argv[1:])
