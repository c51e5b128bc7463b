"""A loop around Anthropic's client."""

import sys
from typing import Any

from anthropic import Anthropic

from callgate.anthropic import MessageTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.agents.provider import Json, Provider
from tests.promises.agents.script import message

MODEL = "scripted"


def say(asked: Json) -> Json:
    turn = sum(one["role"] == "assistant" for one in asked["messages"])
    calls = [{"type": "tool_use", "id": one["id"], "name": one["name"], "input": one["args"]} for one in message(turn)]
    content = calls or [{"type": "text", "text": "Done."}]
    usage = {"input_tokens": 1, "output_tokens": 1}
    reason = "tool_use" if calls else "end_turn"
    said = {"id": "msg", "type": "message", "role": "assistant", "model": MODEL, "content": content, "usage": usage}
    return {**said, "stop_reason": reason, "stop_sequence": None}


def main(_: str, mode: str) -> None:
    with client(mode) as callgate, Provider(say) as provider:
        anthropic = Anthropic(api_key="none", base_url=provider.url)
        tools = MessageTools.load(callgate, "bank")

        def ask(messages: list[Any]) -> tuple[list[Any], Any]:
            said = anthropic.messages.create(model=MODEL, max_tokens=1024, messages=messages, tools=tools.schemas)
            return [{"role": "assistant", "content": said.content}], said

        said = play(tools, [{"role": "user", "content": TASK}], ask)
        results = [one["content"] for one in said[1:] if one["role"] == "user"]
        tell(block["content"] for result in results for block in result)


if __name__ == "__main__":
    main(*sys.argv[1:])
