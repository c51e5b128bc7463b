"""Whatever the model or the wire sees of a tool is in its digest: each of 10,000 and more changes makes another one."""

import copy
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

from benchmarks.diff import drafts
from benchmarks.diff_document import DOCUMENT
from registry.tool import (
    Body,
    Condition,
    Container,
    CredentialBinding,
    Draft,
    Fallback,
    Limits,
    Parameter,
    Part,
    Place,
    Probe,
    Requirement,
    Retry,
    UpstreamKey,
)
from registry.versions import digest_of

LEAST = 10_000
_FULL = {
    "credential": CredentialBinding("secret/data/a", "f", Place.HEADER, "X-Key", "Bearer "),
    "container": Container("sha256:" + "0" * 64, ("/a", "b"), ("a.example:443",), credential_host="a.example:443"),
    "limits": Limits(timeout=7),
    "retry": Retry(first_delay=0.3),
    "upstream_key": UpstreamKey("Idempotency-Key", 60),
    "fallback": Fallback("other", {"id": "/id"}),
    "probe": Probe("other", {"id": "/id"}, Condition("/state", {"a": [1]}), "/value"),
    "cache_seconds": 4.0,
}


def _full(draft: Draft) -> Draft:
    """The draft with everything set that can be, so that nothing escapes a change by being absent."""
    parameter = Parameter("p", "p", Place.QUERY, "form", True, False, media_type="application/json", default=1)
    body = Body("body", "multipart/form-data", True, (Part("a", "text/plain", headers=(("X-A", "1"),)),))
    operation = draft.operation
    operation = replace(operation, parameters=(*operation.parameters, parameter), body=operation.body or body)
    operation = replace(operation, security=(*operation.security, (Requirement("oauth2", ("read",)),)))
    return replace(draft, operation=operation, **_FULL)


def _changed(value: Any, kind: Any) -> Iterator[Any]:
    """Values near `value`, each different from it in one thing."""
    if kind is Any or get_origin(kind) is dict or kind is dict:
        yield from _json(value)
    elif NoneType in get_args(kind):
        yield from _optional(value, next(one for one in get_args(kind) if one is not NoneType))
    elif get_origin(kind) is tuple:
        yield from _sequence(value, get_args(kind)[0])
    elif is_dataclass(value):
        yield from _fields(value)
    elif isinstance(value, Enum):
        yield from (one for one in type(value) if one is not value)
    else:
        yield from _scalar(value)


def _optional(value: Any, kind: Any) -> Iterator[Any]:
    if value is not None:
        yield None
        yield from _changed(value, kind)


def _sequence(value: Any, kind: Any) -> Iterator[Any]:
    for index, item in enumerate(value):
        yield value[:index] + value[index + 1 :]
        yield from ((*value[:index], other, *value[index + 1 :]) for other in _changed(item, kind))
    if len(value) > 1 and value[0] != value[-1]:
        yield value[::-1]
    if value:
        yield (*value, value[-1])


def _fields(value: Any) -> Iterator[Any]:
    hints = get_type_hints(type(value))
    for field in fields(value):
        for other in _changed(getattr(value, field.name), hints[field.name]):
            yield replace(value, **{field.name: other})


def _json(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield value | {"x-new": True}
        for key, item in value.items():
            yield {name: one for name, one in value.items() if name != key}
            yield {(f"{name}_" if name == key else name): one for name, one in value.items()}
            yield from (value | {key: other} for other in _json(item))
    elif isinstance(value, list):
        yield [*value, "new"]
        yield from ([*value[:index], other, *value[index + 1 :]] for index, item in enumerate(value) for other in _json(item))
        yield from (value[:index] + value[index + 1 :] for index in range(len(value)))
    else:
        yield from _scalar(value)
        yield from ([value], {"": value})


def _scalar(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int | float):
        yield from (value + 1, value - 0.5, -value - 1, value * 2 + 3)
    elif isinstance(value, str):
        yield from (f"{mark}{value}" for mark in ("x", " ", "\u200b"))
        yield from (f"{value}{mark}" for mark in ("x", " ", "\u0430", "\n", f"{value}z"))
        yield value[1:] if value else "y"
        yield from (f"{value}{value}",) if value else ()
        yield from (other for other in (value.swapcase(), value[::-1]) if other != value)
    elif value is None:
        yield 0


def test_every_change_of_a_draft_changes_its_digest() -> None:
    digests: set[str] = set()
    for draft in map(_full, drafts(DOCUMENT)):
        original = digest_of(draft)
        for other in _fields(draft):
            assert other != draft, "not a change"
            digest = digest_of(other)
            assert digest != original
            digests.add(digest)
    assert len(digests) >= LEAST


def test_a_copy_and_another_order_of_keys_change_nothing() -> None:
    def turned(value: Any) -> Any:
        return {key: turned(item) for key, item in reversed(value.items())} if isinstance(value, dict) else value

    for draft in map(_full, drafts(DOCUMENT)):
        assert digest_of(copy.deepcopy(draft)) == digest_of(draft)
        assert digest_of(replace(draft, input_schema=turned(draft.input_schema))) == digest_of(draft)
