"""OpenAI's API: what it answers to a request for a completion, or for a response."""

import json
from itertools import pairwise

from tests.clients.scripted import Say
from tests.clients.scripted.provider import Answer, Json

MODEL = "scripted"


def completions(say: Say) -> Answer:
    def answer(asked: Json) -> Json:
        turn = sum(one["role"] == "assistant" for one in asked["messages"])
        calls = [
            {"id": one["id"], "type": "function", "function": {"name": one["name"], "arguments": json.dumps(one["args"])}}
            for one in say(turn)
        ]
        said = {"role": "assistant", "content": None, **({"tool_calls": calls} if calls else {})}
        choice = {"index": 0, "finish_reason": "stop", "message": said}
        return {"id": "chat", "object": "chat.completion", "created": 0, "model": MODEL, "choices": [choice]}

    return answer


def responses(say: Say) -> Answer:
    def answer(asked: Json) -> Json:
        kinds = [one.get("type") for one in asked["input"]]
        turn = sum(pair == ("function_call", "function_call_output") for pair in pairwise(kinds))
        calls = [
            {"id": f"fc_{one['id']}", "type": "function_call", "call_id": one["id"], "name": one["name"]}
            | {"arguments": json.dumps(one["args"])}
            for one in say(turn)
        ]
        fixed = {"object": "response", "created_at": 0, "model": MODEL, "status": "completed", "parallel_tool_calls": True}
        return {"id": "resp", **fixed, "output": calls, "tools": [], "tool_choice": "auto"}

    return answer
