"""The calls of one message, as its model has written them: what each asks for, and how many equal ones stand before it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from callgate.adapters.answers import Answer
from callgate.adapters.inner_calls import meant
from callgate.adapters.refusals import no_arguments, told
from callgate.errors import ArgumentsInvalid
from callgate.keys import occurrences


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call as a model has written it: `id` is the provider's, which its answer must name. Arguments may be JSON text."""

    id: str
    name: str
    arguments: Mapping[str, Any] | str


@dataclass(frozen=True, slots=True)
class Written:
    """What a call asks for. `occurrence`: how many equal calls stand before it in its message."""

    arguments: Mapping[str, Any]
    occurrence: int


def read(calls: Sequence[ModelCall]) -> list[Written | Answer]:
    """What each call asks for, or what the model is told where that cannot be read."""
    found = [_object(call) for call in calls]
    readable = [meant(call.name, one) for call, one in zip(calls, found, strict=True) if not isinstance(one, Answer)]
    nths = iter(occurrences(readable))
    return [one if isinstance(one, Answer) else Written(one, next(nths)) for one in found]


def _object(call: ModelCall) -> Mapping[str, Any] | Answer:
    """The arguments as an object that can be sent. An empty text is that of no arguments."""
    try:
        found = json.loads(call.arguments or "{}") if isinstance(call.arguments, str) else call.arguments
        if not isinstance(found, Mapping):
            return no_arguments("they are no object")
        occurrences([(call.name, found)])
    except ArgumentsInvalid as unfit:
        return told(unfit)
    except (ValueError, RecursionError) as error:
        return no_arguments(str(error))
    return found
