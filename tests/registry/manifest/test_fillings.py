"""`headers` and `arguments` of a manifest: what leaves the schema, what goes on the wire, and which mistakes are told."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from registry.calling.arguments import read
from registry.calling.fillings import NO_CALLER
from registry.calling.request import HttpRequest, ProgramInput, build, prepare
from registry.compiler.compiler import Compiled
from registry.diff.compare import compare
from registry.manifest.reader import read_manifest
from registry.model.errors import ManifestInvalid, RequestRefused
from registry.model.findings import Severity
from registry.model.tool import Draft, Effect, JsonObject
from registry.model.versions import digest_of, first
from tests.registry.conftest import Compile

SERVER = "https://api.example.com"
CALLER = {"tenant": "acme", "subject": "ada", "agent": "planner"}
IMAGE = "sha256:" + "0" * 64


def _parameter(name: str, place: str, schema: JsonObject | None = None, **more: Any) -> JsonObject:
    return {"name": name, "in": place, "schema": schema or {"type": "string"}, **more}


_ITEM = {"type": "object", "properties": {"of": {"$ref": "#/components/schemas/Item"}, "sku": {"type": "string"}}}
PATHS: JsonObject = {
    "/orgs/{org}/items": {
        "parameters": [_parameter("org", "path", required=True)],
        "get": {
            "operationId": "listItems",
            "parameters": [
                _parameter("size", "query", {"type": "integer", "maximum": 9}),
                _parameter("X-Version", "header"),
                _parameter("filter", "query", {"type": "object", "additionalProperties": {"type": "string"}}),
                _parameter("like", "query", {"$ref": "#/components/schemas/Item"}),
            ],
            "responses": {},
        },
        "post": {
            "operationId": "addItem",
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}},
            "responses": {},
        },
    },
    "/health": {"get": {"operationId": "health", "parameters": [_parameter("X-Trace-Me", "header")], "responses": {}}},
}


@pytest.fixture
def made(compiled: Compile) -> Callable[[str], Compiled]:
    def make(manifest: str) -> Compiled:
        header = read_manifest(f"toolset: things\nserver: {SERVER}\n{manifest}".encode()).header
        return compiled(PATHS, header=header, components={"schemas": {"Item": _ITEM}})

    return make


@pytest.fixture
def drafts(made: Callable[[str], Compiled]) -> Callable[[str], dict[str, Draft]]:
    def make(manifest: str) -> dict[str, Draft]:
        result = made(manifest)
        assert result.faults == ()
        return {draft.name: draft for draft in result.drafts}

    return make


Drafts = Callable[[str], dict[str, Draft]]


def _sent(draft: Draft, arguments: JsonObject | None = None, caller: dict[str, str] | None = None) -> HttpRequest:
    return build(first(draft), arguments or {}, CALLER if caller is None else caller)


def test_a_fixed_argument_leaves_the_schema_and_is_sent(drafts: Drafts) -> None:
    found = drafts("defaults: {arguments: {org: acme inc, size: 3}}")
    listing = found["listItems"]
    assert set(listing.input_schema["properties"]) == {"X-Version", "filter", "like"}
    assert listing.input_schema["required"] == []
    assert _sent(listing).url == f"{SERVER}/orgs/acme%20inc/items?size=3"
    assert _sent(found["addItem"], {"body": {}}).url == f"{SERVER}/orgs/acme%20inc/items"


def test_an_argument_is_what_the_gateway_knows_of_the_caller(drafts: Drafts) -> None:
    listing = drafts("defaults: {arguments: {org: {principal: tenant}}, headers: {X-User: {principal: subject}}}")["listItems"]
    request = _sent(listing, caller={"tenant": "a/b", "subject": "ada"})
    assert request.url == f"{SERVER}/orgs/a%2Fb/items"
    assert dict(request.headers)["X-User"] == "ada"


@pytest.mark.parametrize("caller", [NO_CALLER, {"tenant": "", "subject": "x"}])
def test_what_is_not_known_of_a_caller_is_refused_and_not_left_out(drafts: Drafts, caller: dict[str, str]) -> None:
    listing = drafts("defaults: {arguments: {org: {principal: tenant}}}")["listItems"]
    with pytest.raises(RequestRefused, match="caller's tenant") as refused:
        build(first(listing), {}, caller)
    assert "operator" in refused.value.cure


@pytest.mark.parametrize("subject", ["a\r\nHost: b", "é", " a"])
def test_a_name_of_the_caller_that_no_header_carries_is_refused(drafts: Drafts, subject: str) -> None:
    draft = drafts("defaults: {headers: {X-User: {principal: subject}}}")["health"]
    with pytest.raises(RequestRefused, match="caller's subject"):
        build(first(draft), {}, {"subject": subject})


def test_a_header_of_the_operator_takes_the_place_of_a_parameter_and_of_accept(drafts: Drafts) -> None:
    listing = drafts("defaults: {headers: {x-version: '2024-01', accept: application/vnd.api+json}, arguments: {org: a}}")
    assert "X-Version" not in listing["listItems"].input_schema["properties"]
    assert _sent(listing["listItems"]).headers == (("x-version", "2024-01"), ("accept", "application/vnd.api+json"))


def test_a_fixed_body_is_sent_and_its_definitions_leave_the_schema(drafts: Drafts) -> None:
    adding = drafts("operations: {addItem: {arguments: {body: {sku: a}, org: b}}}")["addItem"]
    assert adding.input_schema == {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert _sent(adding).body == b'{"sku":"a"}'


def test_definitions_that_another_argument_needs_stay(drafts: Drafts) -> None:
    listing = drafts("defaults: {arguments: {size: 1}}")["listItems"]
    assert list(listing.input_schema["$defs"]) == list(drafts("")["listItems"].input_schema["$defs"])


def test_a_narrower_setting_wins_by_name_and_null_takes_back(drafts: Drafts) -> None:
    found = drafts("""
defaults: {headers: {X-A: a, X-B: b}, arguments: {org: wide, size: 1}}
groups: [{match: ["GET *"], settings: {headers: {x-a: group}, arguments: {size: null}}}]
operations: {listItems: {headers: {X-B: null}, arguments: {org: own}}}
""")
    request = _sent(found["listItems"], {"size": 5})
    assert request.url == f"{SERVER}/orgs/own/items?size=5"
    assert request.headers[1:] == (("x-a", "group"),)
    assert dict(_sent(found["addItem"]).headers)["X-B"] == "b"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("{value: {principal: tenant}}", '{"principal":"tenant"}'),
        ("{a: b}", '{"a":"b"}'),
        ("{value: {value: x}}", '{"value":"x"}'),
    ],
)
def test_a_value_that_looks_like_a_rule_is_written_as_a_value(drafts: Drafts, said: str, sent: str) -> None:
    listing = drafts(f"operations: {{listItems: {{arguments: {{filter: {said}}}}}}}")["listItems"]
    assert orjson.dumps(listing.operation.parameters[-2].filling.value).decode() == sent  # type: ignore[union-attr]


def test_a_key_of_the_callers_cannot_name_what_the_operator_has_fixed(drafts: Drafts) -> None:
    listing = drafts("defaults: {arguments: {size: 1, org: a}}")["listItems"]
    with pytest.raises(RequestRefused, match="another parameter"):
        _sent(listing, {"filter": {"size": "9"}})


def test_a_program_reads_what_the_operator_gives(drafts: Drafts) -> None:
    container = f"container: {{image: '{IMAGE}', command: [/p]}}, arguments: {{org: {{principal: tenant}}, size: 2}}"
    draft = drafts(f"operations: {{listItems: {{{container}}}}}")["listItems"]
    given = prepare(first(draft), read(b'{"X-Version": "1"}'), CALLER)
    assert given == ProgramInput(b'{"X-Version":"1","org":"acme","size":2}')


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("headers: {Authorization: x}", ["line 3, column 13", "credential", "--credential"]),
        ("headers: {Cookie: a=b}", ["credential"]),
        ("headers: {Host: x}", ["frames a request", "Take it out of the manifest."]),
        ("headers: {Content-Type: text/plain}", ["frames a request"]),
        ("headers: {X-Forwarded-For: 10.0.0.1}", ["proxy on the way"]),
        ("headers: {X-HTTP-Method-Override: DELETE}", ["another method"]),
        ("headers: {X-Vault-Token: s}", ["Vault"]),
        ("headers: {Metadata-Flavor: Google}", ["metadata"]),
        ("headers: {X-A: a, x-a: b}", ["named twice"]),
        ("headers: {'a b': x}", ["/defaults/headers"]),
        ('headers: {X-A: "a\\r\\nHost: b"}', ["/defaults/headers/X-A"]),
        ("headers: {X-A: 1.10}", ["/defaults/headers/X-A", "string"]),
        ("headers: {X-A: {principal: password}}", ["/defaults/headers/X-A/principal", "tenant"]),
        ("arguments: {org: {principal: token}}", ["/defaults/arguments/org/principal"]),
        ("headers: [a]", ["object"]),
    ],
)
def test_a_header_or_value_that_no_manifest_may_give_is_told_with_its_place(text: str, told: list[str]) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        read_manifest(f"toolset: a\ndefaults:\n  {text}".encode())
    for part in told:
        assert part in f"{refused.value} {refused.value.cure}"


@pytest.mark.parametrize(
    ("manifest", "pointer", "cure"),
    [
        ("defaults: {arguments: {orgg: a}}", "manifest:/defaults/arguments/orgg", "'org'"),
        ("operations: {health: {arguments: {org: a}}}", "manifest:/operations/health/arguments/org", "Did you mean"),
        ("groups: [{match: [health], settings: {arguments: {size: 1}}}]", "manifest:/groups/0/settings/arguments/size", ""),
        ("defaults: {arguments: {a/b: 1}}", "manifest:/defaults/arguments/a~1b", ""),
    ],
)
def test_an_argument_that_no_operation_has_refuses_the_import(
    made: Callable[[str], Compiled], manifest: str, pointer: str, cure: str
) -> None:
    result = made(manifest)
    (lost,) = result.lost
    assert lost.pointer == pointer
    assert lost in result.faults
    if cure == "'org'":
        assert cure in lost.cure


@pytest.mark.parametrize(
    "manifest", ["groups: [{match: ['x*'], settings: {arguments: {no: 1}}}]", "defaults: {arguments: {no: null}}"]
)
def test_what_is_said_of_no_operation_or_takes_back_refuses_nothing(made: Callable[[str], Compiled], manifest: str) -> None:
    assert made(manifest).lost == ()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("arguments: {size: 10}", "'size' does not fit its schema"),
        ("arguments: {size: many}", "'size' does not fit its schema"),
        ("arguments: {size: {principal: tenant}}", "takes none"),
        ("arguments: {filter: {value: {a: 1}}}", "at /a"),
        ("arguments: {org: {value: null}}", "'org' does not fit"),
        ("headers: {X-Key: a}, credential: {path: secret/data/a, field: f, place: header, name: x-key}", "a credential fill"),
        ("headers: {X-Id: a}, upstream_key: {header: x-id}", "upstream_key fill"),
        (f"headers: {{X-A: a}}, container: {{image: '{IMAGE}', command: [/p]}}", "container tool"),
    ],
)
def test_a_value_that_does_not_fit_costs_the_operation_its_tool(
    made: Callable[[str], Compiled], settings: str, told: str
) -> None:
    result = made(f"operations: {{listItems: {{{settings}}}}}")
    assert "listItems" not in {draft.name for draft in result.drafts}
    assert told in result.faults[0].message


def test_a_header_that_overrides_the_method_makes_the_effect_unsafe(drafts: Drafts) -> None:
    assert drafts("defaults: {headers: {Method-Override: DELETE}}")["health"].effect is Effect.NON_IDEMPOTENT


def test_a_tool_without_fillings_has_the_digest_that_it_had(drafts: Drafts) -> None:
    plain, filled = drafts("")["health"], drafts("defaults: {headers: {X-A: a}}")["health"]
    assert digest_of(plain) == digest_of(drafts("defaults: {headers: {X-A: null}}")["health"])
    assert digest_of(plain) != digest_of(filled)


@pytest.mark.parametrize(
    ("before", "after", "ids"),
    [
        ("", "headers: {X-A: a}", {"tool-headers-added": Severity.COMPATIBLE}),
        ("headers: {X-A: a}", "headers: {x-a: b}", {"tool-headers-changed": Severity.BREAKING}),
        ("headers: {X-A: a}", "", {"tool-headers-removed": Severity.BREAKING}),
        ("arguments: {size: 1}", "arguments: {size: 2}", {"tool-arguments-changed": Severity.BREAKING}),
        ("arguments: {size: 1}", "arguments: {size: null}", {"tool-arguments-removed": Severity.BREAKING}),
    ],
)
def test_what_a_filling_changes_is_told(drafts: Drafts, before: str, after: str, ids: dict[str, Severity]) -> None:
    old, new = (drafts(f"operations: {{listItems: {{{said}}}}}")["listItems"] for said in (before, after))
    found = {finding.id: finding.severity for finding in compare(old, new)}
    assert found.items() >= ids.items()
    assert "tool-changed" not in found
