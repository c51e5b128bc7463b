"""Anthropic's API: what it answers to a request for a message."""

from tests.clients.scripted import Say
from tests.clients.scripted.provider import Answer, Json

MODEL = "scripted"


def messages(say: Say) -> Answer:
    def answer(asked: Json) -> Json:
        turn = sum(one["role"] == "assistant" for one in asked["messages"])
        calls = [{"type": "tool_use", "id": one["id"], "name": one["name"], "input": one["args"]} for one in say(turn)]
        content = calls or [{"type": "text", "text": "Done."}]
        usage = {"input_tokens": 1, "output_tokens": 1}
        said = {"id": "msg", "type": "message", "role": "assistant", "model": MODEL, "content": content, "usage": usage}
        return {**said, "stop_reason": "tool_use" if calls else "end_turn", "stop_sequence": None}

    return answer
