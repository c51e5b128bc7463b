"""Versions, their digests, and the catalog."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.catalog.tool_entry import next_number
from registry.model.accounting import Keep, Meter
from registry.model.errors import ReferenceInvalid, VersionUnreadable
from registry.model.findings import Level
from registry.model.shaping import Pagination, PaginationKind, View
from registry.model.tool import (
    Body,
    Condition,
    Container,
    CredentialBinding,
    Delivery,
    Draft,
    Effect,
    Fallback,
    FilledHeader,
    Filling,
    Limits,
    Operation,
    Parameter,
    Probe,
    RetryPolicy,
    Runtime,
    UpstreamKey,
    ValuePlace,
)
from registry.model.versions import Reference, decode, digest_of, encode, first, parse_reference

_text = st.text(max_size=5)
_doubles = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), _doubles, _text),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_text, children, max_size=3),
    max_leaves=8,
)
_schema = st.dictionaries(_text, _json, max_size=4)
_places = st.sampled_from(ValuePlace)
_fillings = st.builds(Filling, _json) | st.builds(Filling, principal=_text)
_parameters = st.builds(
    Parameter,
    _text,
    _text,
    _places,
    _text,
    explode=st.booleans(),
    required=st.booleans(),
    filling=st.none() | _fillings,
)
_operations = st.builds(
    Operation,
    _text,
    _text,
    _text,
    st.lists(_parameters, max_size=2).map(tuple),
    st.none() | st.builds(Body, _text, _text, st.booleans(), filling=st.none() | _fillings),
    st.lists(_text, max_size=2).map(tuple),
    headers=st.lists(st.builds(FilledHeader, _text, _fillings), max_size=2).map(tuple),
)
_kind_parameters = st.dictionaries(_text.filter(lambda name: name not in {"path", "field"}), _json, max_size=4)
_bindings = st.none() | st.builds(CredentialBinding, _text, _text, _kind_parameters)
_seconds = st.floats(0, 1e6)
_limits = st.builds(Limits, _seconds, _seconds, st.integers(0, 9), st.integers(0, 2**40), st.integers(0, 2**40))
_effects = st.sampled_from(Effect)
_texts = st.lists(_text, max_size=2).map(tuple)
_containers = st.builds(Container, _text, _texts, _texts, st.sampled_from(Delivery), credential_host=st.none() | _text)
_retries = st.builds(RetryPolicy, _seconds, _seconds, _seconds)
_probes = st.builds(Probe, _text, _schema, st.builds(Condition, _text, _json), _text, _seconds)
_drafts = st.builds(
    Draft,
    _text,
    _text,
    _text,
    _schema,
    st.none() | _schema,
    _operations,
    effect=_effects,
    credential=_bindings,
    requires_approval=st.booleans(),
    limits=_limits,
    runtime=st.sampled_from(Runtime),
    container=st.none() | _containers,
    retry=_retries,
    upstream_key=st.none() | st.builds(UpstreamKey, _text, _seconds),
    fallback=st.none() | st.builds(Fallback, _text, _schema),
    probe=st.none() | _probes,
    cache_seconds=st.none() | _seconds,
    key_retention=st.none() | _seconds,
    cost=_seconds,
    meters=st.lists(st.builds(Meter, st.lists(_text, min_size=1).map(tuple), _seconds), max_size=2).map(tuple),
    keep=st.none() | st.builds(Keep, st.booleans(), st.booleans(), _seconds),
    strict_responses=st.booleans(),
    not_done_statuses=st.lists(st.integers(400, 599)).map(tuple),
    redirects=st.lists(st.text()).map(tuple),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(_drafts)
def test_version_comes_back_from_what_is_stored_as_it_was(draft: Draft) -> None:
    version = first(draft)
    again = decode(encode(version))
    assert again == version
    assert digest_of(again.draft) == version.digest


def _reordered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _reordered(item) for key, item in reversed(value.items())}
    return value


@settings(max_examples=50, deadline=None, derandomize=True)
@given(_drafts)
def test_order_of_keys_in_a_schema_does_not_change_the_digest(draft: Draft) -> None:
    assert digest_of(replace(draft, input_schema=_reordered(draft.input_schema))) == digest_of(draft)


def _plain() -> Draft:
    parameter = Parameter("id", "id", ValuePlace.PATH, "simple", explode=False, required=True)
    operation = Operation("GET", "https://api.example.com", "/a/{id}", (parameter,), None, ("application/json",))
    schema = {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}}, "required": ["id"]}
    return Draft("get_a", "things", "Reads.", schema, {"type": "object"}, operation, effect=Effect.READ)


def test_a_digest_of_an_earlier_release_is_the_same_today() -> None:
    """To add a field to a draft must give it the default that means what was done before."""
    plain = _plain()
    bearer = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
    decided = replace(
        plain,
        credential=CredentialBinding("secret/data/a", "token", bearer),
        limits=Limits(timeout=5),
        probe=Probe("get_b", {"id": "/id"}, Condition("/state", "done")),
        cost=0.5,
    )
    assert digest_of(plain) == "sha256:e1810587a1d897b447bbba111445fdf0c765e8ff4d09fc940970a241ff0ce2f2"
    assert digest_of(decided) == "sha256:3053af4afb6643d48211645728c011abd8798d2b925845f8fd12b0c15516ded2"


@pytest.mark.parametrize(
    "setting",
    [
        {"view": View(bytes=500)},
        {"pagination": Pagination(PaginationKind.CURSOR, "/data")},
        {"meters": (Meter(("/usage",), 1.0),)},
        {"keep": Keep(arguments=True)},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_what_is_shown_counted_and_kept_of_answers_is_under_the_digest(setting: dict[str, Any]) -> None:
    assert digest_of(replace(_plain(), **setting)) != digest_of(_plain())


@pytest.mark.parametrize("stored", [b"", b"[]", b"{}", b'{"draft":{"later":1},"version":"1.0.0","digest":"x"}'])
def test_what_another_release_shelved_in_another_way_is_not_guessed_at(stored: bytes) -> None:
    with pytest.raises(VersionUnreadable):
        decode(stored)


@pytest.mark.parametrize(
    ("level", "base", "taken", "number"),
    [
        (Level.MAJOR, "1.4.2", ["1.4.2"], "2.0.0"),
        (Level.MINOR, "1.4.2", ["1.4.2"], "1.5.0"),
        (Level.PATCH, "1.4.2", ["1.4.2"], "1.4.3"),
        (Level.MAJOR, "1.0.0", ["1.0.0", "2.0.0", "10.1.0"], "11.0.0"),
        (Level.MINOR, "1.0.0", ["1.0.0", "1.9.0", "2.3.0"], "1.10.0"),
        (Level.PATCH, "1.0.0", ["1.0.0", "1.0.9", "1.1.7"], "1.0.10"),
    ],
)
def test_a_number_says_how_far_it_is_from_what_callers_have(level: Level, base: str, taken: list[str], number: str) -> None:
    assert next_number(level, base, taken) == number


def test_reference_names_a_tool_alone_or_one_version_or_one_digest() -> None:
    digest = "sha256:" + "0af" * 21 + "b"
    assert parse_reference("get-a_1") == Reference("get-a_1")
    assert parse_reference("a@10.0.2") == Reference("a", version="10.0.2")
    assert parse_reference("a@1") == Reference("a", version="1")
    assert parse_reference("a@1.4") == Reference("a", version="1.4")
    assert parse_reference(f"a@{digest}") == Reference("a", digest=digest)


@pytest.mark.parametrize(
    "text",
    [
        "", "@1.0.0", "a@", "a@01", "a@1.", "a@1.0.0.0", "a@01.0.0", "a@1.0.0-rc", "a@1.0.0\n", "a@1.0.٣", "a@1.0.0@1.0.0",
        "a@sha256:", "a@sha256:" + "A" * 64, "a b", "a\n", "é", "x" * 65,
    ],
)  # fmt: skip
def test_malformed_reference_is_refused(text: str) -> None:
    with pytest.raises(ReferenceInvalid) as refused:
        parse_reference(text)
    assert "sha256" in refused.value.cure
