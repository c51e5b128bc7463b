"""Time has one form in the whole interface: a moment is an aware datetime, a duration is a float of seconds."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from inspect import signature
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

import callgate
from callgate import AsyncClient, AsyncInvocationHandle, AsyncRun, RetryPolicy
from clients.python.tests.nouns import nouns_of, verbs_of

MOMENT, DURATION = datetime, float
#: What is named so is of the kind. A new name of a time belongs here.
MOMENTS = re.compile("at|time|since|until|expires|seen|lost|opened|accepted|started|saved|ended|created|.*_(time|expires)")
DURATIONS = re.compile("wait|timeout|patience|first|cap|offset|duration|retry_after|key_retention|max_ttl|expires_in|interval")
#: Units in names: seconds are the only one, and need none.
UNITS = re.compile(r".*_(ms|us|ns|millis|seconds|minutes|hours|days)")
#: Names that look like a time and are none.
OTHERS = {
    ("FoundTool", "score"),
    ("Host", "lost"),
    ("Cost", "amount"),
    ("Cost", "counts"),
    ("InvocationSummary", "cost"),
    ("AsyncArtifacts.read", "offset"),
}


def interface() -> Iterator[tuple[str, str, Any]]:
    """Each field of a value, and each parameter of a verb: whose it is, its name, its annotation."""
    public = [found for found in map(vars(callgate).__getitem__, callgate.__all__) if isinstance(found, type)]
    for one in filter(is_dataclass, public):
        hints = get_type_hints(one)
        yield from ((one.__name__, field.name, hints[field.name]) for field in fields(one) if not field.name.startswith("_"))
    for owner in (AsyncClient, AsyncRun, AsyncInvocationHandle, *nouns_of(AsyncClient).values()):
        for name, verb in verbs_of(owner).items():
            told = signature(verb).parameters.values()
            yield from ((f"{owner.__name__}.{name}", one.name, one.annotation) for one in told if one.name != "self")


INTERFACE = list(interface())


def kinds(annotation: Any) -> set[Any]:
    return set(get_args(annotation) or (annotation,)) - {type(None)}


def test_the_interface_has_times() -> None:
    assert len(INTERFACE) > 150
    assert {MOMENT, DURATION} <= {kind for _, _, annotation in INTERFACE for kind in kinds(annotation)}


@pytest.mark.parametrize(("owner", "name", "annotation"), INTERFACE, ids=[f"{owner}-{name}" for owner, name, _ in INTERFACE])
def test_a_moment_is_a_datetime_and_a_duration_a_float_of_seconds(owner: str, name: str, annotation: Any) -> None:
    found = kinds(annotation)
    assert not found & {timedelta, date, time}
    assert not UNITS.fullmatch(name)
    if (owner, name) not in OTHERS:
        assert bool(MOMENTS.fullmatch(name)) == (MOMENT in found)
        assert bool(DURATIONS.fullmatch(name)) == (DURATION in found)


def test_a_policy_of_retries_is_in_seconds() -> None:
    assert {field.type for field in fields(RetryPolicy)} == {float}


def test_every_moment_that_an_answer_has_is_made_by_the_one_function_that_makes_it_aware() -> None:
    package = Path(callgate.__file__).parent
    made = [
        (path.name, line) for path in package.rglob("*.py") for line in path.read_text().splitlines() if "ToDatetime(" in line
    ]
    assert made == [("convert.py", "    return message.ToDatetime(tzinfo=UTC)")]
