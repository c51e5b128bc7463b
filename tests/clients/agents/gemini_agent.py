"""A loop around Google's client for Gemini."""

import sys
from typing import Any

from google.genai import Client as GoogleClient
from google.genai.types import HttpOptions

from callgate.gemini import ContentTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.gemini_api import MODEL, contents
from tests.clients.scripted.provider import Provider
from tests.promises.agents.script import message


def main(_: str, mode: str) -> None:
    with client(mode) as callgate, Provider(contents(message)) as provider:
        google = GoogleClient(api_key="none", http_options=HttpOptions(base_url=provider.url))
        tools = ContentTools.load(callgate, "bank")
        config: Any = {"tools": tools.schemas, "automatic_function_calling": {"disable": True}}

        def ask(said: list[Any]) -> tuple[list[Any], Any]:
            answer = google.models.generate_content(model=MODEL, contents=said, config=config)
            assert answer.candidates is not None
            content = answer.candidates[0].content
            return [content], content

        played = play(tools, [{"role": "user", "parts": [{"text": TASK}]}], ask)
        results = [one["parts"] for one in played[1:] if isinstance(one, dict)]
        tell(part["function_response"]["response"]["output"] for result in results for part in result)


if __name__ == "__main__":
    main(*sys.argv[1:])
