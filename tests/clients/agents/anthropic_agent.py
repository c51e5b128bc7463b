"""A loop around Anthropic's client."""

import sys
from typing import Any

from anthropic import Anthropic

from callgate.anthropic import MessageTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.scripted.anthropic_api import MODEL, messages
from tests.clients.scripted.provider import Provider
from tests.promises.agents import script


def main(_: str, mode: str) -> None:
    with client(mode) as callgate, Provider(messages(script.message)) as provider:
        anthropic = Anthropic(api_key="none", base_url=provider.url)
        tools = MessageTools.load(callgate, "bank")

        def ask(said: list[Any]) -> tuple[list[Any], Any]:
            message = anthropic.messages.create(model=MODEL, max_tokens=1024, messages=said, tools=tools.schemas)
            return [{"role": "assistant", "content": message.content}], message

        played = play(tools, [{"role": "user", "content": TASK}], ask)
        results = [one["content"] for one in played[1:] if one["role"] == "user"]
        tell(block["content"] for result in results for block in result)


if __name__ == "__main__":
    main(*sys.argv[1:])
