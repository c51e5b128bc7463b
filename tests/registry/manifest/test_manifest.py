"""The toolset manifest: what it may say, what becomes of it, and what it says of mistakes."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from registry.compiler.compiler import Compiled, ToolsetHeader, compile_document
from registry.credentials.kinds import KINDS, SECRET_FIELDS
from registry.document.loading import load
from registry.manifest.apply import SETTABLE
from registry.manifest.reader import SCHEMA, read_manifest
from registry.manifest.toolset import CredentialSource
from registry.model.accounting import Keep, Meter
from registry.model.errors import ManifestInvalid
from registry.model.operation_key import Remembered
from registry.model.tool import (
    Condition,
    Container,
    CredentialBinding,
    Delivery,
    Draft,
    Effect,
    Fallback,
    Limits,
    Probe,
    RetryPolicy,
    Runtime,
    UpstreamKey,
)
from tests.registry.conftest import Compile

IMAGE = "sha256:" + "0" * 64
PATHS = {
    "/orders": {
        "get": {"operationId": "listOrders", "tags": ["orders"], "responses": {}},
        "post": {
            "operationId": "createOrder",
            "tags": ["orders", "write"],
            "parameters": [{"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}],
            "responses": {},
        },
    },
    "/orders/{id}": {
        "get": {"operationId": "getOrder", "tags": ["orders"], "responses": {}},
        "delete": {"tags": ["write"], "responses": {}},
    },
    "/thumbnail": {"post": {"operationId": "makeThumbnail", "responses": {}}},
}


def _header(text: str) -> ToolsetHeader:
    return read_manifest(text.encode()).header


@pytest.fixture
def compile_with(compiled: Compile) -> Callable[[str], Compiled]:
    def make(text: str) -> Compiled:
        return compiled(PATHS, header=_header(f"toolset: things\nserver: https://api.example.com\n{text}"))

    return make


def _drafts(result: Compiled) -> dict[str, Draft]:
    return {draft.name: draft for draft in result.drafts}


def test_manifest_and_schema_name_the_same_settings() -> None:
    entry, settings = SCHEMA["$defs"]["entry"]["properties"], SCHEMA["$defs"]["settings"]["properties"]
    assert set(entry) == SETTABLE
    assert set(settings) == SETTABLE - {"name", "description"}


@pytest.mark.parametrize(
    ("definition", "kind"),
    [
        ("limits", Limits), ("retry", RetryPolicy), ("upstreamKey", UpstreamKey), ("fallback", Fallback), ("probe", Probe),
        ("container", Container),
    ],
)  # fmt: skip
def test_schema_has_a_place_for_every_field_of_a_setting(definition: str, kind: type[Any]) -> None:
    assert set(SCHEMA["$defs"][definition]["properties"]) == {field.name for field in fields(kind)}


def test_schema_has_a_place_for_every_parameter_of_every_kind_of_credential() -> None:
    parameters = {"path", *SECRET_FIELDS}.union(*(kind.parameters for kind in KINDS))
    assert set(SCHEMA["$defs"]["credential"]["properties"]) == parameters


@pytest.mark.parametrize(("name", "kind"), [("effect", Effect), ("runtime", Runtime)])
def test_schema_lists_the_names_that_there_are(name: str, kind: type[Effect] | type[Runtime]) -> None:
    assert SCHEMA["$defs"]["settings"]["properties"][name]["enum"] == list(kind)


COSTS: dict[str, tuple[str, float, tuple[Meter, ...]]] = {
    "a number": ("2", 2.0, ()),
    "a meter": ("{pointer: /usage/total, price: 0.5}", 0.0, (Meter(("/usage/total",), 0.5),)),
    "several": (
        "[1, {pointer: [/a, /b], price: 2}, 0.5, {pointer: /c, price: 0}]",
        1.5,
        (Meter(("/a", "/b"), 2.0), Meter(("/c",), 0.0)),
    ),
}


@pytest.mark.parametrize("case", COSTS.values(), ids=COSTS.keys())
def test_a_cost_is_a_number_or_counted_or_both(
    compile_with: Callable[[str], Compiled], case: tuple[str, float, tuple[Meter, ...]]
) -> None:
    said, fixed, meters = case
    draft = _drafts(compile_with(f"defaults: {{cost: {said}}}"))["getOrder"]
    assert (draft.cost, draft.meters) == (fixed, meters)


def test_an_operations_own_cost_and_what_it_keeps_take_the_place_of_wider_ones(
    compile_with: Callable[[str], Compiled],
) -> None:
    drafts = _drafts(
        compile_with("""
defaults: {cost: {pointer: /usage/total, price: 0.5}, keep: {arguments: true}}
operations:
  getOrder: {cost: 1, keep: null}
  createOrder: {keep: {answers: true, for: 60}}
""")
    )
    assert (drafts["getOrder"].cost, drafts["getOrder"].meters, drafts["getOrder"].keep) == (1.0, (), None)
    assert drafts["createOrder"].keep == Keep(answers=True, seconds=60.0)
    assert drafts["listOrders"].keep == Keep(arguments=True)
    assert drafts["listOrders"].meters == (Meter(("/usage/total",), 0.5),)


def test_every_setting_of_a_full_manifest_reaches_its_draft(compile_with: Callable[[str], Compiled]) -> None:
    drafts = _drafts(
        compile_with(f"""
operations:
  createOrder:
    name: place_order
    description: Places an order.
    requires_approval: true
    credential: {{path: secret/data/shop, field: token, place: header, name: Authorization, prefix: "Bearer "}}
    limits: {{timeout: 9, max_attempts: 5}}
    retry: {{first_delay: 1}}
    upstream_key: {{header: idempotency-key, window: 3600}}
    fallback: {{tool: other_order, arguments: {{sku: /body/sku}}}}
    cost: 2
    strict_responses: true
    not_done_statuses: [429, 503]
    redirects: ["https://files.example.com", "http://[::1]:8080"]
    runtime: runsc
  getOrder: {{cache_seconds: 30, key_retention: 60}}
  DELETE /orders/{{id}}:
    effect: NON_IDEMPOTENT
    probe: {{tool: getOrder@1.0.0, arguments: {{id: /id}}, happened: {{pointer: /state, equals: gone}}, settle: 0}}
  makeThumbnail:
    container: {{image: "{IMAGE}", command: [/thumb], egress: ["cdn.example.com:443"], delivery: file, cpus: 2}}
""")
    )
    placed = drafts["place_order"]
    assert placed.description == "Places an order."
    bearer = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
    assert placed.credential == CredentialBinding("secret/data/shop", "token", bearer)
    assert placed.limits == Limits(timeout=9, max_attempts=5)
    assert placed.retry == RetryPolicy(first_delay=1)
    assert placed.upstream_key == UpstreamKey("idempotency-key", 3600)
    assert placed.fallback == Fallback("other_order", {"sku": "/body/sku"})
    assert (placed.cost, placed.strict_responses, placed.requires_approval) == (2, True, True)
    assert placed.not_done_statuses == (429, 503)
    assert placed.redirects == ("https://files.example.com", "http://[::1]:8080")
    assert (placed.runtime, placed.effect) == (Runtime.RUNSC, Effect.KEYED)
    assert (drafts["getOrder"].cache_seconds, drafts["getOrder"].key_retention) == (30, 60)
    gone = Probe("getOrder@1.0.0", {"id": "/id"}, Condition("/state", "gone"), settle=0)
    assert drafts["delete_orders_id"].probe == gone
    program = drafts["makeThumbnail"].container
    assert program == Container(IMAGE, ("/thumb",), ("cdn.example.com:443",), Delivery.FILE, cpus=2)


def test_an_operation_takes_defaults_then_its_groups_then_its_own_entry(compile_with: Callable[[str], Compiled]) -> None:
    drafts = _drafts(
        compile_with("""
defaults: {limits: {timeout: 10, attempt_timeout: 5}, cost: 1}
groups:
  - {match: ["tag:write"], settings: {requires_approval: true, limits: {attempt_timeout: 4}}}
  - {match: ["DELETE *"], settings: {requires_approval: false, cost: 3}}
operations:
  createOrder: {limits: {max_attempts: 1}}
""")
    )
    assert drafts["listOrders"].limits == Limits(timeout=10, attempt_timeout=5)
    assert drafts["createOrder"].limits == Limits(timeout=10, attempt_timeout=4, max_attempts=1)
    assert (drafts["createOrder"].requires_approval, drafts["delete_orders_id"].requires_approval) == (True, False)
    assert (drafts["createOrder"].cost, drafts["delete_orders_id"].cost) == (1, 3)


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ("include: [getOrder]", {"getOrder"}),
        ("include: ['GET /orders*']", {"getOrder", "listOrders"}),
        ("include: ['tag:orders']\nexclude: [create*]", {"getOrder", "listOrders"}),
        ("include: []", set()),
        ("exclude: ['* /orders/*', 'POST *']", {"listOrders"}),
    ],
)
def test_a_selection_decides_which_operations_become_tools(
    compile_with: Callable[[str], Compiled], selection: str, names: set[str]
) -> None:
    result = compile_with(selection)
    assert set(_drafts(result)) == names
    assert result.faults == ()


def test_what_no_longer_matches_is_told_and_the_rest_is_imported(compile_with: Callable[[str], Compiled]) -> None:
    result = compile_with("""
include: ["*"]
groups: [{match: ["tag:billing"], settings: {cost: 1}}]
operations: {getOrders: {name: read_order}}
""")
    assert len(result.drafts) == 5
    told = {fault.pointer: fault for fault in result.faults}
    assert told.keys() == {"manifest:/operations/getOrders", "manifest:/groups/0/match/0"}
    assert "'getOrder'" in told["manifest:/operations/getOrders"].cure


def test_a_key_header_of_the_document_is_no_argument_once_the_gateway_fills_it(compile_with: Callable[[str], Compiled]) -> None:
    draft = _drafts(compile_with("operations: {createOrder: {upstream_key: {header: IDEMPOTENCY-KEY}}}"))["createOrder"]
    assert draft.operation.parameters == ()
    assert draft.input_schema["properties"] == {}
    assert draft.input_schema["required"] == []
    assert draft.effect is Effect.KEYED


@pytest.mark.parametrize(
    ("settings", "effect"),
    [
        ("", Effect.PURE),
        ("egress: ['a.example:443']", Effect.NON_IDEMPOTENT),
    ],
)
def test_the_effect_of_a_program_follows_from_what_it_is_granted(
    compile_with: Callable[[str], Compiled], settings: str, effect: Effect
) -> None:
    program = f"image: '{IMAGE}'\n      command: [/p]\n      {settings}"
    drafts = _drafts(compile_with(f"operations:\n  makeThumbnail:\n    container:\n      {program}"))
    assert drafts["makeThumbnail"].effect is effect


def test_a_program_needs_no_server(compiled: Compile) -> None:
    text = f"toolset: things\noperations:\n  makeThumbnail:\n    container: {{image: '{IMAGE}', command: [/p]}}"
    result = compiled(PATHS, header=_header(text))
    assert set(_drafts(result)) == {"makeThumbnail"}
    assert [fault.pointer for fault in result.faults] == ["/servers"]  # the others need one


def test_only_a_manifest_calls_a_tool_safer_than_it_is(compile_with: Callable[[str], Compiled]) -> None:
    assert _drafts(compile_with("operations: {makeThumbnail: {effect: READ}}"))["makeThumbnail"].effect is Effect.READ


@pytest.mark.parametrize(
    "settings",
    [
        "createOrder: {effect: KEYED}",
        "createOrder: {cache_seconds: 5}",
        "createOrder: {retry: {first_delay: 9, longest_delay: 1}}",
        "createOrder: {fallback: {tool: createOrder, arguments: {}}}",
        "createOrder: {fallback: {tool: x@latest, arguments: {}}}",
        "getOrder: {probe: {tool: x, arguments: {}, happened: {pointer: ''}}}",
        "getOrder: {redirects: ['https://files.example:99999']}",
        f"makeThumbnail: {{redirects: ['https://files.example'], container: {{image: '{IMAGE}', command: [/p]}}}}",
    ],
)
def test_settings_that_contradict_each_other_cost_the_operation_its_tool(
    compile_with: Callable[[str], Compiled], settings: str
) -> None:
    result = compile_with(f"operations: {{{settings}}}")
    assert len(result.drafts) == 4
    assert "manifest" in result.faults[0].message


@pytest.mark.parametrize("seconds", ["59", "7776001", ".nan", ".inf", "-1", "week"])
def test_a_key_is_known_for_no_shorter_and_no_longer_than_the_bounds(
    compile_with: Callable[[str], Compiled], seconds: str
) -> None:
    with pytest.raises(ManifestInvalid, match=r"/defaults/key_retention|cannot be read"):
        compile_with(f"defaults: {{key_retention: {seconds}}}")


@pytest.mark.parametrize(
    "origin", ["files.example", "https://files.example/path", "ftp://files.example", "https://u:p@files.example", "https://*"]
)
def test_a_redirect_is_to_an_origin_and_to_nothing_else(compile_with: Callable[[str], Compiled], origin: str) -> None:
    with pytest.raises(ManifestInvalid, match="/defaults/redirects"):
        compile_with(f"defaults: {{redirects: ['{origin}']}}")


def test_two_entries_for_one_operation_are_refused(compile_with: Callable[[str], Compiled]) -> None:
    with pytest.raises(ManifestInvalid, match="the same operation"):
        compile_with("operations: {getOrder: {cost: 1}, 'GET /orders/{id}': {cost: 2}}")


def test_a_name_that_another_operation_has_is_refused(compile_with: Callable[[str], Compiled]) -> None:
    with pytest.raises(ManifestInvalid, match="'listOrders'"):
        compile_with("operations: {getOrder: {name: listOrders}}")


def test_a_prefix_begins_each_name_but_those_that_entries_give(compile_with: Callable[[str], Compiled]) -> None:
    result = compile_with("prefix: eu_\noperations: {getOrder: {name: read_order}, 'DELETE /orders/{id}': {cost: 2}}")
    assert set(_drafts(result)) == {"eu_listOrders", "eu_createOrder", "read_order", "eu_delete_orders_id", "eu_makeThumbnail"}
    assert _drafts(result)["eu_delete_orders_id"].cost == 2
    assert result.faults == ()


def test_another_prefix_is_another_name_of_the_same_operation(compiled: Compile) -> None:
    first = compiled(PATHS, header=_header("toolset: things\nserver: https://api.example.com\nprefix: a_"))
    remembered = tuple(Remembered(name, binding.key) for name, binding in first.bindings.items())
    header = replace(_header("toolset: things\nserver: https://api.example.com\nprefix: b_"), remembered=remembered)
    known = {name: binding.known_as for name, binding in compiled(PATHS, header=header).bindings.items()}
    assert known["b_getOrder"] == "a_getOrder"
    assert set(known) == {name.replace("a_", "b_", 1) for name in first.bindings}


def test_a_renamed_operation_may_take_a_name_that_is_not_selected(compile_with: Callable[[str], Compiled]) -> None:
    text = "include: [getOrder]\noperations: {getOrder: {name: listOrders}}"
    assert _drafts(compile_with(text))["listOrders"].operation.path == "/orders/{id}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("toolset: a\noperatoins: {}", ["line 2, column 1", "/operatoins", "'operations' instead of 'operatoins'"]),
        ("toolset: a\noperations:\n  x:\n    cots: 1", ["line 4, column 5", "'cost' instead of 'cots'"]),
        ("toolset: a\ndefaults:\n  name: x", ["line 3, column 3", "not 'name'"]),
        ("toolset: a\ndefaults: {limits: {timeout: 0}}", ["line 2", "/defaults/limits/timeout"]),
        ("toolset: a\ndefaults: {limits: {timeout: 5s}}", ["/defaults/limits/timeout", "number"]),
        ("toolset: a\noperations:\n  a: {container: {image: 'nginx:latest', command: [x]}}", ["line 3", "/container/image"]),
        ("toolset: A b", ["line 1", "/toolset"]),
        ("server: https://x", ["toolset"]),
        ("toolset: a\ntoolset: b", ["twice"]),
        ("- a", ["object"]),
        ("", ["object"]),
        ("toolset: [", ["malformed YAML"]),
        ("toolset: &a [*a]", ["alias"]),
        ('{"toolset": "a", "groups": [{"match": ["x"]}]}', ["/groups/0", "settings"]),
        ("toolset: a\ninclude: getOrder", ["/include", "array"]),
        ("toolset: a\ngroups:\n- match: [x]\n  settings: {effect: SAFE}", ["line 4", "/groups/0/settings/effect"]),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_meant(text: str, told: list[str]) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        read_manifest(text.encode())
    for part in told:
        assert part in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        "toolset: a\nserevr: x".encode("utf-16"),
        b"toolset: \xff",
        b"a: &a [x, x]\nb: &b [*a, *a]\n" + b"".join(b"c%d: &c%d [*b, *b]\n" % (n, n) for n in range(2000)),
        b"defaults: " + b"[" * 5000,
        b"toolset: !!python/object/apply:os.system [id]",
    ],
    ids=["UTF-16", "not UTF-8", "aliases", "depth", "a tag that makes an object"],
)
def test_a_hostile_manifest_is_refused_as_what_it_is(raw: bytes) -> None:
    with pytest.raises(ManifestInvalid):
        read_manifest(raw)


def test_a_manifest_in_json_says_the_same() -> None:
    text = "toolset: a\nsource: api.yaml\ncredentials: {key: {path: secret/data/a, field: f}}\ndefaults: {cost: 1.5}"
    in_yaml, in_json = read_manifest(text.encode()), read_manifest(orjson.dumps(yaml.safe_load(text)))
    assert in_yaml == in_json
    assert in_yaml.source == "api.yaml"
    assert in_yaml.header.credentials == (CredentialSource("key", "secret/data/a", "f"),)


def test_a_manifest_of_a_thousand_operations_is_read(compile_with: Callable[[str], Compiled]) -> None:
    entries = "\n".join(f"  op{number}: {{cost: {number}}}" for number in range(1000))
    assert len(read_manifest(f"toolset: a\noperations:\n{entries}".encode()).header.manifest.operations) == 1000
    with pytest.raises(ManifestInvalid, match="bytes"):
        read_manifest(b"#" * (1 << 21))


def test_the_example_is_whole_and_means_what_it_says() -> None:
    folder = Path(__file__).parents[3] / "examples" / "orders"
    manifest = (folder / "callgate.toolset.yaml").read_bytes()
    # Its tools' names are their own, and its Vault may have no namespaces.
    assert yaml.safe_load(manifest).keys() == SCHEMA["properties"].keys() - {"prefix", "vault_namespace"}
    compiled = compile_document(load((folder / "openapi.yaml").read_bytes()), read_manifest(manifest).header)
    assert {draft.name: draft.effect for draft in compiled.drafts} == {
        "get_order": Effect.READ,
        "create_order": Effect.NON_IDEMPOTENT,
        "pay": Effect.NON_IDEMPOTENT,
    }
    assert compiled.faults == ()


@pytest.mark.parametrize(
    ("words", "cure"),
    [
        ({"operations": {"a": {"container": {"image": "prog:1", "command": ["/p"]}}}}, "`callgate image build`"),
        ({"vault_namespace": "/"}, "The namespace of Vault"),
        ({"operations": {"a": {"name": "no name"}}}, "What the model calls it"),
        ({"exclude": [5]}, "docs/reference/manifest.md"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_what_its_word_means(words: dict[str, Any], cure: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        read_manifest(orjson.dumps({"toolset": "t"} | words))
    assert cure in refused.value.cure
    assert "expected the value" not in str(refused.value)
