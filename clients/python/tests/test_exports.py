"""The public surface is what it says it is."""

from collections.abc import Iterator
from inspect import signature

import callgate
from callgate import Client
from clients.python.tests.nouns import nouns_of, verbs_of


def test_everything_exported_can_be_imported_and_the_list_is_sorted() -> None:
    assert callgate.__all__ == sorted(callgate.__all__)
    for name in callgate.__all__:
        assert hasattr(callgate, name), name


def test_each_verb_of_the_blocking_client_has_its_name_its_types_and_a_docstring() -> None:
    owners = [Client, callgate.Run, callgate.InvocationHandle, *nouns_of(Client).values()]
    for owner, name, verb in [(one, *verb) for one in owners for verb in verbs_of(one).items() if verb[0] != "key"]:
        assert verb.__qualname__ == f"{owner.__name__}.{name}"
        assert verb.__doc__ or name == "close"
    tools, invocations = nouns_of(Client)["tools"], nouns_of(Client)["invocations"]
    assert signature(verbs_of(invocations)["get"]).return_annotation is callgate.Invocation
    assert signature(verbs_of(tools)["list"]).return_annotation == Iterator[callgate.Tool]
    assert signature(Client.call).parameters["timeout"].annotation == float | None
