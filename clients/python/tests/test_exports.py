"""The public surface is what it says it is."""

from collections.abc import Iterator
from inspect import signature

import callgate


def test_everything_exported_can_be_imported_and_the_list_is_sorted() -> None:
    assert callgate.__all__ == sorted(callgate.__all__)
    for name in callgate.__all__:
        assert hasattr(callgate, name), name


def test_each_verb_of_the_blocking_client_has_types_and_a_docstring() -> None:
    verbs = [name for name in vars(callgate.AsyncClient) if not name.startswith("_")]
    assert len(verbs) == 28
    of_runs = [(callgate.Run, callgate.AsyncRun, name) for name in ("call", "find")]
    for ours, theirs, name in [(callgate.Client, callgate.AsyncClient, name) for name in verbs] + of_runs:
        blocking, asynchronous = getattr(ours, name), getattr(theirs, name)
        assert blocking.__doc__ == asynchronous.__doc__
        assert (blocking.__module__, blocking.__qualname__) == ("callgate.client", f"{ours.__name__}.{name}")
    assert signature(callgate.Client.get).return_annotation is callgate.Invocation
    assert signature(callgate.Client.watch).return_annotation == Iterator[callgate.Event]
    assert signature(callgate.Client.call).parameters["timeout"].annotation == float | None
