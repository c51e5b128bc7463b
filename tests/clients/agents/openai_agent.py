"""A loop around OpenAI's client, with chat completions; with `responses` behind its name, with responses."""

import json
import sys
from typing import Any

from openai import OpenAI

from callgate.openai import ChatTools, ResponseTools
from tests.clients.agents.loops import play
from tests.clients.agents.playing import TASK, client, tell
from tests.clients.agents.provider import Json, Provider
from tests.promises.agents.script import message

MODEL = "scripted"


def say_chat(asked: Json) -> Json:
    turn = sum(one["role"] == "assistant" for one in asked["messages"])
    calls = [
        {"id": one["id"], "type": "function", "function": {"name": one["name"], "arguments": json.dumps(one["args"])}}
        for one in message(turn)
    ]
    said = {"role": "assistant", "content": None, **({"tool_calls": calls} if calls else {})}
    choice = {"index": 0, "finish_reason": "stop", "message": said}
    return {"id": "chat", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice]}


def say_response(asked: Json) -> Json:
    kinds = [one.get("type") for one in asked["input"]]
    turn = sum(kind == "function_call_output" and kinds[at - 1] == "function_call" for at, kind in enumerate(kinds))
    calls = [
        {"id": f"fc_{one['id']}", "type": "function_call", "call_id": one["id"], "name": one["name"]}
        | {"arguments": json.dumps(one["args"])}
        for one in message(turn)
    ]
    fixed = {"object": "response", "created_at": 0, "model": MODEL, "status": "completed", "parallel_tool_calls": True}
    return {"id": "resp", **fixed, "output": calls, "tools": [], "tool_choice": "auto"}


def chat(openai: OpenAI, tools: ChatTools) -> list[Any]:
    def ask(messages: list[Any]) -> tuple[list[Any], Any]:
        completion = openai.chat.completions.create(model=MODEL, messages=messages, tools=tools.schemas)
        said = completion.choices[0].message
        return [said], said

    said = play(tools, [{"role": "user", "content": TASK}], ask)
    return [one["content"] for one in said if isinstance(one, dict) and one["role"] == "tool"]


def responses(openai: OpenAI, tools: ResponseTools) -> list[Any]:
    def ask(messages: list[Any]) -> tuple[list[Any], Any]:
        response = openai.responses.create(model=MODEL, input=messages, tools=tools.schemas)
        return list(response.output), response

    said = play(tools, [{"role": "user", "content": TASK}], ask)
    return [one["output"] for one in said if isinstance(one, dict) and one.get("type") == "function_call_output"]


def main(_: str, mode: str, protocol: str = "chat") -> None:
    with client(mode) as callgate, Provider(say_chat if protocol == "chat" else say_response) as provider:
        openai = OpenAI(api_key="none", base_url=provider.url)
        if protocol == "chat":
            tell(chat(openai, ChatTools.load(callgate, "bank")))
        else:
            tell(responses(openai, ResponseTools.load(callgate, "bank")))


if __name__ == "__main__":
    main(*sys.argv[1:])
