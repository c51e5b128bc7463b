"""Gemini's API: what it answers to a request for content."""

from tests.clients.scripted import Say
from tests.clients.scripted.provider import Answer, Json

MODEL = "scripted"


def contents(say: Say) -> Answer:
    def answer(asked: Json) -> Json:
        turn = sum(one["role"] == "model" for one in asked["contents"])
        calls: list[Json] = [{"functionCall": {"id": one["id"], "name": one["name"], "args": one["args"]}} for one in say(turn)]
        content: Json = {"role": "model", "parts": calls or [{"text": "Done."}]}
        return {"candidates": [{"content": content, "finishReason": "STOP", "index": 0}]}

    return answer
