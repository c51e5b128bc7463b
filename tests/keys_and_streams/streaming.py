"""One operation whose streamed answers a test tells, and what its readers see."""

from typing import Any

from callgate import AnswerEvent, Invocation
from tests.real_apis.asking import operation
from tests.real_apis.conftest import Json, Situate, Situation
from tests.real_apis.recipes import Answer, Recipes, head

SSE = head(200, "Content-Type: text/event-stream")
LINES = head(200, "Content-Type: application/x-ndjson")
SSE_PARTS = [SSE, b"data: 1\n\n", b"data: 2\n\n"]
SHORT: Json = {"defaults": {"limits": {"attempt_timeout": 2.0, "timeout": 8.0}}}


class Streaming:
    def __init__(self, situate: Situate, recipes: Recipes) -> None:
        self._situate, self._recipes = situate, recipes

    def told(self, *answers: Answer, method: str = "post", **options: Any) -> Situation:
        """The tool `ask` that is answered so; `options` are of the situation."""
        self._recipes.tell(method.upper(), "/ask", *answers)
        return self._situate({"/ask": operation(method)}, **options)


def data(events: list[AnswerEvent]) -> list[bytes]:
    return [event.data for event in events]


def ended(stream: Any) -> Invocation:
    """How the call of a stream that was read has ended."""
    invocation = stream.invocation
    assert isinstance(invocation, Invocation)
    return invocation
