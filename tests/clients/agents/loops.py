"""The loop around a provider's client: its conversation is lost when it is killed, and begun again in the same run."""

from collections.abc import Callable
from typing import Any

from callgate.adapters import CallUnsettled, ModelTools
from tests.promises.agents.script import RUN

#: Asks the provider's client for the next message of a conversation. Answers what is kept, and what the tools are to read.
Ask = Callable[[list[Any]], tuple[list[Any], Any]]


def play(tools: ModelTools, begun: list[Any], ask: Ask) -> list[Any]:
    """The whole conversation, at the end of which the model makes no more calls."""
    conversation = list(begun)
    while True:
        kept, message = ask(conversation)
        conversation += kept
        answers = _answers(tools, message, len(conversation))
        if not answers:
            return conversation
        conversation += answers


def _answers(tools: ModelTools, message: Any, step: int) -> list[Any]:
    """As an author tries again: as long as it takes, at the same step."""
    while True:
        try:
            return tools.answers(message, run=RUN, step=step)
        except CallUnsettled:
            continue
