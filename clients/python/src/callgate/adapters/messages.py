"""All calls of one message of a model, for agents whose loop is their author's own."""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from callgate.adapters.answers import Answer
from callgate.adapters.offers import Offer
from callgate.adapters.place import Place
from callgate.adapters.refusals import not_offered
from callgate.adapters.toolbox import Toolbox
from callgate.adapters.written import ModelCall, Written, read

#: Calls of one message that are made side by side.
SIDE_BY_SIDE = 16


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that can be made."""

    offer: Offer
    arguments: Mapping[str, Any]
    place: Place


def answer_all(
    toolbox: Toolbox, offers: Mapping[str, Offer], calls: Sequence[ModelCall], run: str, step: str | int
) -> list[Answer]:
    """The answers to a message's calls, in their order. Equal ones are told apart by their order. Raises CallUnsettled once all
    have come that do."""
    ready = _ready(offers, calls, run, step)

    def answer(one: _Ready | Answer) -> Answer:
        return one if isinstance(one, Answer) else toolbox.call(one.offer, one.arguments, one.place)

    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        # In the caller's context: its trace is that of the calls, too.
        made = [threads.submit(copy_context().run, answer, one) for one in ready]
    return [one.result() for one in made]


async def answer_all_async(
    toolbox: Toolbox, offers: Mapping[str, Offer], calls: Sequence[ModelCall], run: str, step: str | int
) -> list[Answer]:
    """As `answer_all`, for asyncio."""

    async def answer(one: _Ready | Answer) -> Answer:
        return one if isinstance(one, Answer) else await toolbox.call_async(one.offer, one.arguments, one.place)

    answers = await asyncio.gather(*map(answer, _ready(offers, calls, run, step)), return_exceptions=True)
    return [_raised(one) for one in answers]


def _raised(answer: Answer | BaseException) -> Answer:
    if isinstance(answer, BaseException):
        raise answer
    return answer


def _ready(offers: Mapping[str, Offer], calls: Sequence[ModelCall], run: str, step: str | int) -> list[_Ready | Answer]:
    """Each call with its place, or what the model is told in its stead."""

    def ready(call: ModelCall, one: Written | Answer) -> _Ready | Answer:
        if isinstance(one, Answer):
            return one
        offer = offers.get(call.name)
        place = Place(run, step, occurrence=one.occurrence)
        return not_offered(call.name) if offer is None else _Ready(offer, one.arguments, place)

    return [ready(call, one) for call, one in zip(calls, read(calls), strict=True)]
