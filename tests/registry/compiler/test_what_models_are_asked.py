"""What a document would have a model hand over, and where it would have a secret go: told at import."""

from typing import Any

import pytest

from registry.compiler.compiler import CredentialSource, ToolsetHeader
from registry.compiler.open_questions import open_questions
from registry.manifest.reader import read_manifest
from registry.model.tool import JsonObject
from tests.registry.conftest import SERVER, Compile, MakeDocument

OK: JsonObject = {"responses": {"200": {"description": "ok"}}}


def parameter(name: str, place: str, description: str = "", **more: Any) -> JsonObject:
    return {"name": name, "in": place, "description": description, "schema": {"type": "string"}} | more


SECRETS = [
    parameter("xi-api-key", "header", "Your API key."),
    parameter("X-API-Key", "header"),
    parameter("api_key", "query"),
    parameter("apiKey", "cookie"),
    parameter("Ocp-Apim-Subscription-Key", "header"),
    parameter("x-functions-key", "header"),
    parameter("access_token", "query"),
    parameter("X-Shopify-Access-Token", "header"),
    parameter("PRIVATE-TOKEN", "header"),
    parameter("client_secret", "query"),
    parameter("password", "query"),
    parameter("token", "header"),
    parameter("token", "query", "Authentication token. Requires scope: `none`"),
    parameter("key", "query", "API key. Your API key identifies your project."),
    parameter("appid", "query", "Your unique API key (you can always find it on your account page)"),
    parameter("JSESSIONID", "cookie"),
    parameter("secret", "header", schema={}),
]
OTHERS = [
    parameter("token", "query", "The token of the invitation."),
    parameter("key", "query", "The key of the object."),
    parameter("key", "query", "The API key to delete."),
    parameter("key", "query", "API key ID."),
    parameter("page_token", "query"),
    parameter("nextToken", "query", "The token for the next page."),
    parameter("Idempotency-Key", "header"),
    parameter("partition_key", "query"),
    parameter("public_key", "query"),
    parameter("include_secret", "query", schema={"type": "boolean"}),
    parameter("secret", "query", schema={"type": "boolean"}),
    parameter("access_key", "query", schema={"type": "string", "enum": ["read", "write"]}),
    parameter("session", "query"),
    parameter("author", "query", "Access token owner"),
    parameter("X-Request-Id", "header"),
    parameter("secret", "path", required=True),
    parameter("tokens", "query"),
]


@pytest.fixture
def told(compiled: Compile) -> Any:
    def of(*parameters: JsonObject, header: ToolsetHeader | None = None) -> list[str]:
        made = compiled({"/a/{secret}": {"get": OK | {"parameters": list(parameters)}}}, header=header)
        return [fault.cure for fault in made.faults]

    return of


@pytest.mark.parametrize("one", SECRETS, ids=lambda one: f"{one['in']} {one['name']}")
def test_a_parameter_that_is_a_secret_is_told_with_the_credential_that_takes_it_out(told: Any, one: JsonObject) -> None:
    scheme = f"{one['in']}:{one['name']}"
    (cure,) = told(one)
    assert f"--credential '{scheme}=PATH#FIELD'" in cure
    assert told(one, header=ToolsetHeader("things", SERVER, credentials=(CredentialSource(scheme, "p", "f"),)))[1:] == []


@pytest.mark.parametrize("one", OTHERS, ids=lambda one: f"{one['in']} {one['name']} {one['description'][:12]}")
def test_any_other_parameter_is_not(told: Any, one: JsonObject) -> None:
    assert told(one) == []


def test_a_parameter_of_many_operations_is_told_once_with_their_number(compiled: Compile) -> None:
    item = {"get": OK, "post": OK, "parameters": [parameter("api_key", "query")]}
    (fault,) = compiled({"/a": item, "/b": item}).faults
    assert "of 4 operations, of which this is the first" in fault.message
    assert fault.pointer == "/paths/~1a/parameters/0/schema"


def test_a_program_takes_what_its_author_has_it_take(compiled: Compile) -> None:
    image = f"sha256:{'0' * 64}"
    header = read_manifest(f"toolset: things\ndefaults: {{container: {{image: {image}, command: [run]}}}}\n".encode()).header
    assert compiled({"/a": {"get": OK | {"parameters": [parameter("api_key", "query")]}}}, header=header).faults == ()


def variables(**defaults: str) -> JsonObject:
    return {"variables": {name: {"default": default} for name, default in defaults.items()}}


PLACEHOLDERS: list[JsonObject] = [
    {"url": "https://your-domain.example"},
    {"url": "https://your-domain.atlassian.net/rest"},
    {"url": "https://api.yourcompany.com/v1"},
    {"url": "https://YOUR_TENANT.eu.auth0.com"},
    {"url": "https://myinstance.service-now.com"},
    {"url": "https://changeme.test:8443"},
    {"url": "https://{customer}.api.com", **variables(customer="customer")},
    {"url": "https://{subdomain}.zendesk.com", **variables(subdomain="your-subdomain")},
    {"url": "https://{domain}/api", **variables(domain="example.com")},
    {"url": "{scheme}://{host}/api", **variables(scheme="https", host="host")},
    {"url": "https://{x}.api.com", **variables(x="x")},
    {"url": "{base}", **variables(base="https://yourdomain.com")},
]
REAL: list[JsonObject] = [
    {"url": "https://api.example.com"},
    {"url": "https://yourkit.com"},
    {"url": "https://youruncle.com/your-domain"},
    {"url": "https://my-api.com"},
    {"url": "https://customer.acme.com"},
    {"url": "https://api.com/{customer}", **variables(customer="customer")},
    {"url": "https://{region}.api.com", **variables(region="eu-1")},
    {"url": "https://{subdomain}.acme.com", **variables(subdomain="api")},
    {"url": "https://{api}.acme.com", **variables(api="api")},
    {"url": "http://{host}:8080", **variables(host="host.docker.internal")},
    {"url": "http://{host}:8080", **variables(host="localhost")},
    {"url": "https://127.0.0.1:8080"},
    {"url": "https://[::1]:8080"},
]
SCHEMES: JsonObject = {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}}
SOURCES = (CredentialSource("key", "secret/data/a", "f"),)


@pytest.mark.parametrize("server", PLACEHOLDERS, ids=lambda one: one["url"])
def test_no_credential_goes_to_a_server_that_is_a_placeholder(compiled: Compile, server: JsonObject) -> None:
    header = ToolsetHeader("things", credentials=SOURCES)
    parameters = [parameter("X-Key", "header")]
    paths = {path: {"get": OK | {"security": [{"key": []}], "parameters": parameters}} for path in ("/a", "/b")}
    made = compiled(paths, servers=[server], components=SCHEMES, header=header)
    assert [draft.credentials for draft in made.drafts] == [(), ()]
    assert [draft.input_schema["properties"] for draft in made.drafts] == [{}, {}]
    (fault,) = [one for one in made.faults if "placeholder" in one.message]
    assert fault.pointer == "/servers/0"
    assert "--server" in fault.cure


@pytest.mark.parametrize("server", REAL, ids=lambda one: one["url"])
def test_any_other_server_is_taken_as_it_is(compiled: Compile, server: JsonObject) -> None:
    header = ToolsetHeader("things", credentials=SOURCES)
    made = compiled({"/a": {"get": OK | {"security": [{"key": []}]}}}, servers=[server], components=SCHEMES, header=header)
    assert (len(made.drafts[0].credentials), made.faults) == (1, ())


def test_what_the_operator_names_is_no_placeholder(compiled: Compile) -> None:
    header = ToolsetHeader("things", "https://your-domain.example", credentials=SOURCES)
    made = compiled({"/a": {"get": OK | {"security": [{"key": []}]}}}, components=SCHEMES, header=header)
    assert (len(made.drafts[0].credentials), made.faults) == (1, ())


def test_a_credential_of_the_manifest_does_not_go_there_either(compiled: Compile) -> None:
    said = "toolset: things\ndefaults: {credential: {path: secret/data/a, field: f, place: header, name: X}}\n"
    made = compiled({"/a": {"get": OK}}, servers=[PLACEHOLDERS[0]], header=read_manifest(said.encode()).header)
    assert made.drafts[0].credentials == ()


def test_an_operator_is_asked_for_the_server_that_a_placeholder_stands_for(document: MakeDocument) -> None:
    assert open_questions(document({"/a": {"get": OK}}, servers=[PLACEHOLDERS[0]])).lacks_server
    assert not open_questions(document({"/a": {"get": OK}}, servers=[REAL[0]])).lacks_server


def test_schemes_that_satisfy_an_operation_together_alone_are_told_apart(document: MakeDocument) -> None:
    schemes = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("a", "b", "c")}
    security: list[JsonObject] = [{"a": [], "b": []}, {"c": []}, {"b": [], "c": [], "unknown": []}]
    asked = open_questions(document({"/a": {"get": OK | {"security": security}}}, components={"securitySchemes": schemes}))
    assert (asked.schemes, sorted(asked.together)) == (("c",), ["a", "b"])


MEDIA: JsonObject = {"schema": {"type": "string"}}


def answers(**by_status: Any) -> JsonObject:
    return {"responses": {status.removeprefix("s"): {"description": "d", "content": one} for status, one in by_status.items()}}


@pytest.mark.parametrize(
    ("operation", "accept"),
    [
        (answers(s200={"application/pdf": MEDIA}, s202={"application/json": MEDIA}), ("application/pdf", "application/json")),
        (answers(s202={"application/json": MEDIA}, s200={"text/csv": MEDIA}), ("text/csv", "application/json")),
        (answers(s200={"text/xml": MEDIA, "application/json": MEDIA}), ("application/json",)),
        (answers(s200={"application/json": {}, "text/xml": {}}), ("application/json", "text/xml")),
        (answers(s200={"application/json": MEDIA}, s201={"application/json": MEDIA}), ("application/json",)),
        (
            answers(s200={"application/json": MEDIA}, s206={"application/vnd.x+json": MEDIA}, s400={"text/html": MEDIA}),
            ("application/json", "application/vnd.x+json"),
        ),
        (answers(s200={"image/png": {}, "image/jpeg": {}}, s204={}), ("image/png", "image/jpeg")),
        (answers(s200={}), ("*/*",)),
        (answers(default={"application/json": MEDIA}), ("application/json",)),
        (answers(s200={"$ref": "#/components/x-content/Both"}), ("application/json",)),
        (answers(s200={"application/pdf": {"$ref": "#/components/mediaTypes/M"}}), ("application/pdf",)),
        (answers(s200={"application/json": {"$ref": "#/components/mediaTypes/M"}}), ("application/json",)),
        ({"responses": {"2XX": {"$ref": "#/components/responses/R"}}}, ("application/json",)),
    ],
)  # fmt: skip
def test_the_media_types_of_every_success_are_asked_for(compiled: Compile, operation: JsonObject, accept: Any) -> None:
    both = {"text/xml": MEDIA, "application/json": MEDIA}
    components = {
        "x-content": {"Both": both},
        "mediaTypes": {"M": MEDIA},
        "responses": {"R": {"description": "d", "content": {"$ref": "#/components/x-content/Both"}}},
    }
    made = compiled({"/a": {"get": operation}}, components=components)
    assert made.drafts[0].operation.accept == accept
    assert made.faults == ()


@pytest.mark.parametrize("content", [{"$ref": "#/nowhere"}, {"$ref": "#/components/x-content/Loop"}, {"$ref": 1}])
def test_content_that_leads_nowhere_is_a_fault(compiled: Compile, content: JsonObject) -> None:
    loop = {"x-content": {"Loop": {"$ref": "#/components/x-content/Loop"}}}
    made = compiled({"/a": {"get": answers(s200=content)}, "/b": {"get": OK}}, components=loop)
    assert ([draft.name for draft in made.drafts], len(made.faults)) == (["get_b"], 1)
