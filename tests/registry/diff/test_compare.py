"""What a change costs those who call a tool: the labelled table, and what each finding says."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.diff import CASES, breaking, drafts
from benchmarks.diff_document import DOCUMENT
from benchmarks.diff_edits import Case
from registry.catalog.guard_waits import guards_of
from registry.diff.compare import compare, compare_toolsets
from registry.diff.keyword_changes import Move
from registry.diff.schema_changes import changes
from registry.manifest.apply import SETTABLE
from registry.manifest.fillings import filled
from registry.model.accounting import Keep
from registry.model.findings import Finding, Level, Severity, level_of
from registry.model.formats import Formats
from registry.model.shaping import Pagination, PaginationKind, View
from registry.model.tool import (
    ClientCertificate,
    Container,
    CredentialBinding,
    Draft,
    Effect,
    Fallback,
    JsonObject,
    Limits,
    Probe,
    RetryPolicy,
    Runtime,
    UpstreamKey,
)
from registry.model.tool import Condition as Holds
from registry.schema.validators import compile_validator
from tests.processor_time import at_most


@cache
def _shop() -> dict[str, Draft]:
    return {draft.name: draft for draft in drafts(DOCUMENT)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_change_breaks_callers_exactly_where_its_label_says_so(case: Case) -> None:
    assert bool(breaking(case)) == case.breaking


def _only(name: str) -> tuple[Finding, ...]:
    case = next(case for case in CASES if case.name == name)
    return compare_toolsets(_shop().values(), drafts(case.document()))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("an enum loses a value", "enum value removed (shipped, which leaves open, paid)"),
        ("an enum of the answer gains a value", "enum value added (lost, beside open, paid, shipped)"),
        ("an enum gains a value", "enum value added ("),
    ],
)
def test_a_value_that_comes_or_goes_is_told_apart_from_those_that_stay(name: str, told: str) -> None:
    assert any(told in finding.message for finding in _only(name))


@pytest.mark.parametrize(
    ("name", "id", "action"),
    [
        ("a required parameter is added", "new-required-request-parameter", "Pass shop in every call."),
        ("an enum loses a value", "request-parameter-enum-value-removed", "Do not pass shipped as state."),
        ("an optional property is removed", "request-property-removed", "Do not pass body.coupon any more."),
        ("a maximum is lowered", "request-parameter-max-decreased", "Pass limit so that it fits: 50."),
        ("an operation is removed", "api-removed-without-deprecation", "Call another tool."),
        ("a public operation needs a key", "api-security-added", "Let the operator bind a credential that fulfils it."),
        ("a text of the answer may be null", "response-property-became-nullable", "Be ready for comment to be null."),
        ("an enum of the answer gains a value", "response-property-enum-value-added", "Be ready for state to be lost."),
    ],
)
def test_a_finding_has_its_id_and_says_what_a_caller_must_change(name: str, id: str, action: str) -> None:
    assert (id, action) in {(finding.id, finding.action.replace("[].", "")) for finding in _only(name)}


@pytest.mark.slow
def test_every_breaking_finding_of_the_table_says_what_to_do() -> None:
    silent = [finding.id for case in CASES for finding in breaking(case) if not finding.action]
    assert silent == []


def test_a_changed_description_is_text_and_is_held() -> None:
    (finding,) = _only("a parameter's description changes")
    assert (finding.severity, finding.held) == (Severity.TEXT, True)
    assert level_of([finding]) is Level.PATCH


FILLED = {"headers": {"X-Version": "2"}, "arguments": {"id": {"principal": "tenant"}}}


def _changed(draft: Draft, name: str) -> Draft:
    values: dict[str, Any] = {
        "name": "other",
        "description": "Other.",
        "effect": Effect.PURE,
        "credential": CredentialBinding("secret/data/x", "f", {"place": "header", "name": "X-Other"}),
        "client_certificate": ClientCertificate("secret/data/x"),
        "requires_approval": True,
        "limits": Limits(timeout=1),
        "runtime": Runtime.RUNSC,
        "container": Container("sha256:" + "0" * 64, ("/x",)),
        "retry": RetryPolicy(first_delay=1),
        "upstream_key": UpstreamKey("Idempotency-Key"),
        "fallback": Fallback("other", {}),
        "probe": Probe("other", {}, Holds("/a")),
        "cache_seconds": 5.0,
        "key_retention": 60.0,
        "cost": 1.0,
        "keep": Keep(arguments=True),
        "strict_responses": True,
        "not_done_statuses": (429, 503),
        "formats": Formats.STRICT,
        "redirects": ("https://files.example.com",),
        "view": View("a.b"),
        "pagination": Pagination(PaginationKind.LINK, "/items"),
    }
    if name in FILLED:
        return filled(draft, {name: FILLED[name]}, "")
    return replace(draft, **{name: values[name]})


@pytest.mark.parametrize("name", sorted(SETTABLE))
def test_whatever_a_manifest_sets_is_found(name: str) -> None:
    draft = _shop()["getOrder"]
    assert compare(draft, _changed(draft, name))


KEY, OTHER = (CredentialBinding("secret/data/x", "f", {"place": "header", "name": name}) for name in ("X-Key", "X-Other"))


@pytest.mark.parametrize(
    ("old", "new"), [((KEY,), (KEY, OTHER)), ((KEY, OTHER), (KEY,)), ((), (KEY, OTHER)), ((KEY, KEY), (KEY, OTHER))]
)
def test_another_set_of_credentials_opens_a_guard(
    old: tuple[CredentialBinding, ...], new: tuple[CredentialBinding, ...]
) -> None:
    before, after = (_authenticated(bindings) for bindings in (old, new))
    (finding,) = compare(before, after)
    assert (finding.id, finding.pointer, finding.opens) == ("tool-credential-changed", "/credential", True)
    assert guards_of(before)["/credential"] != guards_of(after)["/credential"]


def test_the_same_credentials_in_another_order_are_the_same() -> None:
    (finding,) = compare(_authenticated((KEY, OTHER)), _authenticated((OTHER, KEY)))
    assert finding.id == "tool-written-otherwise"


def _authenticated(bindings: tuple[CredentialBinding, ...]) -> Draft:
    return replace(_shop()["getOrder"], credential=next(iter(bindings), None), further_credentials=bindings[1:])


def test_a_riskier_effect_breaks_and_a_safer_one_does_not() -> None:
    draft = _shop()["getOrder"]
    riskier, safer = (replace(draft, effect=effect) for effect in (Effect.NON_IDEMPOTENT, Effect.PURE))
    assert level_of(compare(draft, riskier)) is Level.MAJOR
    assert level_of(compare(draft, safer)) is Level.MINOR


def test_a_further_status_that_is_to_mean_that_nothing_was_done_breaks_and_one_less_does_not() -> None:
    draft = _shop()["getOrder"]
    more, fewer = (replace(draft, not_done_statuses=statuses) for statuses in ((429, 503), ()))
    assert [finding.severity for finding in compare(draft, more)] == [Severity.BREAKING]
    assert [finding.severity for finding in compare(draft, fewer)] == [Severity.COMPATIBLE]


def test_a_further_place_to_which_calls_may_be_redirected_breaks_and_one_less_does_not() -> None:
    draft = replace(_shop()["getOrder"], redirects=("https://a.example",))
    more, fewer = (replace(draft, redirects=origins) for origins in (("https://a.example", "https://b.example"), ()))
    assert [finding.severity for finding in compare(draft, more)] == [Severity.BREAKING]
    assert [finding.severity for finding in compare(draft, fewer)] == [Severity.COMPATIBLE]


def test_a_program_that_may_reach_more_is_held() -> None:
    program = Container("sha256:" + "0" * 64, ("/x",), ("a.example:443",))
    draft = replace(_shop()["getOrder"], container=program)
    wider = replace(draft, container=replace(program, egress=("a.example:443", "b.example:443")))
    newer = replace(draft, container=replace(program, image="sha256:" + "1" * 64))
    assert [finding.severity for finding in compare(draft, wider)] == [Severity.BREAKING]
    assert [finding.severity for finding in compare(draft, newer)] == [Severity.COMPATIBLE]


def test_drafts_that_are_equal_have_nothing_to_tell() -> None:
    assert compare_toolsets(_shop().values(), drafts(DOCUMENT)) == ()


def test_the_same_contract_in_other_words_is_a_patch_and_what_has_no_rule_is_held() -> None:
    draft = _shop()["getOrder"]
    said_again = replace(draft, input_schema=draft.input_schema | {"required": [*draft.input_schema["required"]] * 2})
    assert level_of(compare(draft, said_again)) is Level.PATCH
    assert not any(finding.held for finding in compare(draft, said_again))
    (unruled,) = compare(draft, replace(draft, toolset="another"))
    assert (unruled.severity, unruled.held) == (Severity.BREAKING, True)


_bounds = st.integers(0, 6)
_numbers: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.sampled_from(["integer", "number"])},
    optional={"minimum": _bounds, "maximum": _bounds, "exclusiveMinimum": _bounds, "multipleOf": st.integers(1, 3)},
)
_texts: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.just("string")},
    optional={
        "minLength": st.integers(0, 2),
        "maxLength": st.integers(0, 3),
        "enum": st.lists(st.sampled_from("abc"), min_size=1),
    },
)
_leaves = st.one_of(_numbers, _texts, st.just({"type": ["string", "null"]}), st.just({"type": "boolean"}))
_objects: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from("xy"), _leaves)},
    optional={"required": st.lists(st.sampled_from("xy"), unique=True), "additionalProperties": st.booleans()},
)
_schemas = st.one_of(_leaves, _objects, st.lists(_leaves, min_size=1, max_size=3).map(lambda found: {"anyOf": found}))
_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-1, 7), st.sampled_from([0.5, 2.0]), st.text("abc", max_size=4)),
    lambda inner: st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=600, deadline=None, derandomize=True)
@given(_schemas, _schemas, _values)
def test_a_value_that_is_no_longer_valid_is_always_found(old: JsonObject, new: JsonObject, value: object) -> None:
    """Against the validator as judge: what was valid and is not must show as a narrowing, and the other way round."""
    found = {place.change.move for place in changes(old, new)}
    was, still = compile_validator(old).is_valid(value), compile_validator(new).is_valid(value)
    if was and not still:
        assert found & {Move.NARROWED, Move.CHANGED} or Move.EXTENDED in found
    if still and not was:
        assert found & {Move.WIDENED, Move.CHANGED, Move.EXTENDED}


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_schemas)
def test_a_schema_does_not_differ_from_itself_written_in_another_way(schema: JsonObject) -> None:
    referred = {"$ref": "#/$defs/it", "$defs": {"it": schema}}
    for same in ({"allOf": [schema]}, {"anyOf": [schema]}, {"oneOf": [schema]}, referred):
        assert [place for place in changes(schema, same) if place.change.move is not Move.NOTED] == []


def _nested(depth: int, width: int, leaf: int) -> JsonObject:
    if depth == 0:
        return {"type": "string", "maxLength": leaf}
    inner = _nested(depth - 1, width, leaf)
    return {"anyOf": [{"type": "object", "properties": {f"p{index}": inner}} for index in range(width)]}


@pytest.mark.slow
@pytest.mark.parametrize(("depth", "width"), [(2, 40), (3, 16), (5, 8), (12, 2)])
def test_alternatives_within_alternatives_take_seconds_at_most_and_are_held(depth: int, width: int) -> None:
    with at_most(4):
        found = changes(_nested(depth, width, 5), _nested(depth, width, 4))
    assert {place.change.move for place in found} & {Move.NARROWED, Move.CHANGED}


def test_recursion_and_doubling_end() -> None:
    loop = {"type": "object", "properties": {"next": {"$ref": "#/$defs/loop"}, "v": {"type": "string"}}}
    wide = {f"l{level}": {"anyOf": [{"$ref": f"#/$defs/l{level + 1}"}] * 2} for level in range(24)} | {
        "l24": {"type": "string"}
    }
    other = {"type": "object", "properties": {"next": {"$ref": "#/$defs/loop"}, "v": {"type": "integer"}}}
    old = {"$ref": "#/$defs/loop", "$defs": {"loop": loop}}
    new = {"$ref": "#/$defs/loop", "$defs": {"loop": other}}
    assert [place.pointer for place in changes(old, new)] == ["/properties/v"]
    doubled = {"$ref": "#/$defs/l0", "$defs": wide}
    assert changes(doubled, {"$ref": "#/$defs/l0", "$defs": wide | {"l24": {"type": "integer"}}})
