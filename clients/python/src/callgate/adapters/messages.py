"""All calls of one message of a model, for agents whose loop is their author's own."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from callgate.adapters.answers import Answer
from callgate.adapters.offers import Offer
from callgate.adapters.place import Place
from callgate.adapters.refusals import no_arguments, not_offered
from callgate.adapters.toolbox import Toolbox
from callgate.keys import occurrences

#: Calls of one message that are made side by side.
SIDE_BY_SIDE = 16


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call as a model has written it: `id` is the provider's, which its answer must name. Arguments may be JSON text."""

    id: str
    name: str
    arguments: Mapping[str, Any] | str


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
    read = [_read(call.arguments) for call in calls]
    objects = [(call.name, found) for call, found in zip(calls, read, strict=True) if isinstance(found, Mapping)]
    nths = iter(occurrences(objects))

    def ready(call: ModelCall, found: Mapping[str, Any] | Answer) -> _Ready | Answer:
        if isinstance(found, Answer):
            return found
        place, offer = Place(run, step, occurrence=next(nths)), offers.get(call.name)
        return not_offered(call.name) if offer is None else _Ready(offer, found, place)

    return [ready(call, found) for call, found in zip(calls, read, strict=True)]


def _read(arguments: Mapping[str, Any] | str) -> Mapping[str, Any] | Answer:
    """The arguments as an object, or what the model is told of a text that is none. An empty text is that of no arguments."""
    if isinstance(arguments, Mapping):
        return arguments
    try:
        found = json.loads(arguments or "{}")
    except (ValueError, RecursionError) as error:
        return no_arguments(str(error))
    return found if isinstance(found, dict) else no_arguments("they are no object")
