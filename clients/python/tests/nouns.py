"""What clients have: their nouns, and the verbs of each."""

from inspect import isroutine
from typing import Any, get_type_hints

from callgate.runs import RunKeys


def nouns_of(client: type) -> dict[str, type]:
    """The class of each noun of a client, by its name."""
    getters = {name: member.fget for name, member in vars(client).items() if isinstance(member, property)}
    return {name: get_type_hints(getter)["return"] for name, getter in getters.items() if not name.startswith("_")}


def verbs_of(noun: type) -> dict[str, Any]:
    """Each verb by its name: of a client, of a noun, of a handle, of a run with those that need no gateway."""
    own = {**vars(RunKeys), **vars(noun)} if issubclass(noun, RunKeys) else vars(noun)
    return {name: getattr(noun, name) for name, verb in own.items() if isroutine(verb) and not name.startswith("_")}
