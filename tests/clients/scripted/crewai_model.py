"""CrewAI's kind of model: one that calls functions, and one that writes its calls out."""

import json
from typing import Any

from crewai import BaseLLM

from tests.clients.scripted import Say


class Scripted(BaseLLM):
    """Calls functions. `say` is the script."""

    say: Say

    def call(self, messages: Any, *_: Any, **__: Any) -> Any:
        calls = self.say(sum("tool_calls" in one for one in messages))
        return [
            {"id": one["id"], "type": "function", "function": {"name": one["name"], "arguments": json.dumps(one["args"])}}
            for one in calls
        ] or "Final answer: done."

    async def acall(self, *words: Any, **named: Any) -> Any:
        return self.call(*words, **named)

    def supports_function_calling(self) -> bool:
        return True


class Writing(Scripted):
    """Writes out one call in each of its messages, those of a message of the script one after the other."""

    def call(self, messages: Any, *_: Any, **__: Any) -> Any:
        made = sum(one["role"] == "assistant" for one in messages)
        for one in self._calls():
            if not made:
                return f"Thought: I must.\nAction: {one['name']}\nAction Input: {json.dumps(one['args'])}"
            made -= 1
        return "Thought: I now know the final answer\nFinal Answer: done."

    def _calls(self) -> Any:
        turn = 0
        while said := self.say(turn):
            yield from said
            turn += 1

    def supports_function_calling(self) -> bool:
        return False
