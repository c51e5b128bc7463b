"""Both clients have the same nouns, and each noun the same verbs: of the same parameters, and with the same docstrings."""

from collections.abc import AsyncIterator, Iterator
from inspect import signature
from typing import Any, get_args, get_origin

import pytest

import callgate
from callgate import (
    AnswerStream,
    AsyncAnswerStream,
    AsyncClient,
    AsyncInvocationHandle,
    AsyncRun,
    Client,
    InvocationHandle,
    Run,
)
from clients.python.tests.nouns import nouns_of, verbs_of

PAIRS = [
    (Client, AsyncClient),
    (Run, AsyncRun),
    (InvocationHandle, AsyncInvocationHandle),
    (AnswerStream, AsyncAnswerStream),
    *zip(nouns_of(Client).values(), nouns_of(AsyncClient).values(), strict=True),
]
#: Verbs that answer with many, of which the API has pages or may have them some day.
LISTS = {"list", "names", "versions", "publications", "read"}
#: What only tests would set. A gateway in process has its own.
SEAMS = {"sleep", "clock", "random", "pacing", "transport", "now"}


def test_both_clients_have_the_same_nouns() -> None:
    assert list(nouns_of(Client)) == list(nouns_of(AsyncClient))
    assert len(nouns_of(Client)) == 10


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=lambda one: one.__name__)
def test_a_noun_has_the_same_verbs_in_both(ours: type, theirs: type) -> None:
    assert theirs.__name__ == f"Async{ours.__name__}"
    assert ours in (Run, Client) or ours.__doc__ == theirs.__doc__
    assert set(verbs_of(ours)) == set(verbs_of(theirs)) != set()
    for name, verb in verbs_of(theirs).items():
        blocking = verbs_of(ours)[name]
        assert blocking.__doc__ == verb.__doc__ is not None or name == "close"
        assert signature(blocking).parameters == signature(verb).parameters, name
        assert signature(blocking).return_annotation == blocked(signature(verb).return_annotation), name


def blocked(found: Any) -> Any:
    """What the blocking verb returns in place of this."""
    if get_origin(found) is AsyncIterator:
        return Iterator[get_args(found)]  # type: ignore[misc]
    blocking = {AsyncRun: Run, AsyncInvocationHandle: InvocationHandle, AsyncAnswerStream: AnswerStream}
    return blocking.get(found, found)


@pytest.mark.parametrize("noun", [*nouns_of(AsyncClient).values(), AsyncInvocationHandle], ids=lambda one: one.__name__)
def test_what_has_many_members_is_read_page_by_page(noun: type) -> None:
    for name, verb in verbs_of(noun).items():
        many = get_origin(signature(verb).return_annotation) is AsyncIterator
        assert many == (name in LISTS | {"watch", "answer_events", "all_events", "read"}), name


def test_what_only_tests_would_set_is_no_parameter_and_no_export() -> None:
    public = [getattr(callgate, name) for name in callgate.__all__]
    owners = [*(one for one in public if isinstance(one, type)), *nouns_of(AsyncClient).values()]
    for owner in owners:
        for name, verb in {"__init__": owner, **verbs_of(owner)}.items():
            assert not SEAMS & set(signature(verb).parameters), (owner, name)
    assert not SEAMS & set(callgate.__all__)
