"""Versions, their digests, and the shelf."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.errors import ReferenceInvalid
from registry.tool import (
    Body,
    Condition,
    Container,
    CredentialBinding,
    Delivery,
    Draft,
    Effect,
    Fallback,
    Limits,
    Operation,
    Parameter,
    Place,
    Probe,
    Retry,
    Runtime,
    ToolVersion,
    UpstreamKey,
)
from registry.versions import Reference, decode, digest_of, encode, parse_reference, succeed

_text = st.text(max_size=5)
_doubles = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**64 - 1), _doubles, _text),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_text, children, max_size=3),
    max_leaves=8,
)
_schema = st.dictionaries(_text, _json, max_size=4)
_places = st.sampled_from(Place)
_parameters = st.builds(Parameter, _text, _text, _places, _text, st.booleans(), st.booleans())
_operations = st.builds(
    Operation,
    _text,
    _text,
    _text,
    st.lists(_parameters, max_size=2).map(tuple),
    st.none() | st.builds(Body, _text, _text, st.booleans()),
    st.lists(_text, max_size=2).map(tuple),
)
_bindings = st.none() | st.builds(CredentialBinding, _text, _text, _places, _text, _text, st.booleans())
_seconds = st.floats(0, 1e6)
_limits = st.builds(Limits, _seconds, _seconds, st.integers(0, 9), st.integers(0, 2**40), st.integers(0, 2**40))
_effects = st.sampled_from(Effect)
_texts = st.lists(_text, max_size=2).map(tuple)
_containers = st.builds(Container, _text, _texts, _texts, st.sampled_from(Delivery), st.none() | _text)
_retries = st.builds(Retry, _seconds, _seconds, _seconds)
_probes = st.builds(Probe, _text, _schema, st.builds(Condition, _text, _json), _text, _seconds)
_drafts = st.builds(
    Draft,
    _text,
    _text,
    _text,
    _schema,
    st.none() | _schema,
    _operations,
    _effects,
    _bindings,
    st.booleans(),
    _limits,
    st.sampled_from(Runtime),
    st.none() | _containers,
    _retries,
    st.none() | st.builds(UpstreamKey, _text, _seconds),
    st.none() | st.builds(Fallback, _text, _schema),
    st.none() | _probes,
    st.none() | _seconds,
    _seconds,
    st.booleans(),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(_drafts)
def test_version_comes_back_from_the_shelf_as_it_was(draft: Draft) -> None:
    version = succeed(draft, None)
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


def test_any_change_makes_the_next_major_version_and_none_makes_none(tool: Callable[..., ToolVersion]) -> None:
    draft = tool("/a", "get", {"responses": {}}).draft
    first = succeed(draft, None)
    assert (first.version, first.reference) == ("1.0.0", "get_a@1.0.0")
    assert succeed(draft, first) is first
    for change in (
        replace(draft, description="other"),
        replace(draft, effect=Effect.PURE),
        replace(draft, requires_approval=True),
        replace(draft, limits=Limits(timeout=1)),
        replace(draft, operation=replace(draft.operation, server="https://elsewhere")),
    ):
        second = succeed(change, first)
        assert second.version == "2.0.0"
        assert second.digest != first.digest
    assert succeed(draft, ToolVersion(draft, "9.0.0", "sha256:other")).version == "10.0.0"


def test_reference_names_a_tool_alone_or_one_version_or_one_digest() -> None:
    digest = "sha256:" + "0af" * 21 + "b"
    assert parse_reference("get-a_1") == Reference("get-a_1")
    assert parse_reference("a@10.0.2") == Reference("a", version="10.0.2")
    assert parse_reference(f"a@{digest}") == Reference("a", digest=digest)


@pytest.mark.parametrize(
    "text",
    [
        "", "@1.0.0", "a@", "a@1", "a@1.0", "a@01.0.0", "a@1.0.0-rc", "a@v1.0.0", "a@1.0.0\n", "a@1.0.٣", "a@1.0.0@1.0.0",
        "a@sha256:", "a@sha256:" + "A" * 64, "a b", "a\n", "é", "x" * 65,
    ],
)  # fmt: skip
def test_malformed_reference_is_refused(text: str) -> None:
    with pytest.raises(ReferenceInvalid) as refused:
        parse_reference(text)
    assert "sha256" in refused.value.cure
