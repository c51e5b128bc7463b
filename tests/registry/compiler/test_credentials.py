"""Which credentials an operation gets of its security requirement, and what the import says of those that it lacks."""

from typing import Any

import pytest

from registry.compiler.compiler import CredentialSource, ToolsetHeader
from registry.manifest.reader import read_manifest
from registry.model.errors import DocumentInvalid, ManifestInvalid
from registry.model.tool import CredentialBinding, Draft, JsonObject
from registry.model.versions import decode, digest_of, encode, first
from tests.registry.conftest import SERVER, Compile

OK: JsonObject = {"responses": {"200": {"description": "ok"}}}
SCHEMES: JsonObject = {
    "api": {"type": "apiKey", "in": "header", "name": "DD-API-KEY"},
    "app": {"type": "apiKey", "in": "header", "name": "DD-APPLICATION-KEY"},
    "same": {"type": "apiKey", "in": "header", "name": "dd-api-key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "oauth": {"type": "oauth2", "flows": {}},
    "oauth2": {"type": "oauth2", "flows": {}},
    "oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://a.example"},
    "basic": {"type": "http", "scheme": "basic"},
    "digest": {"type": "http", "scheme": "digest"},
}


@pytest.fixture
def chosen(compiled: Compile) -> Any:
    """The draft of one operation with this security, and the faults; `named`: the schemes that have secrets, each its own."""

    def choose(security: list[JsonObject], *named: str, shared: bool = False) -> tuple[Draft, list[str]]:
        sources = tuple(CredentialSource(one, "secret/data/s" if shared else f"secret/data/{one}", "f") for one in named)
        header = ToolsetHeader("things", SERVER, credentials=sources)
        made = compiled({"/a": {"get": OK | {"security": security}}}, components={"securitySchemes": SCHEMES}, header=header)
        return made.drafts[0], [fault.message for fault in made.faults]

    return choose


def paths(draft: Draft) -> list[str]:
    return sorted(one.path.removeprefix("secret/data/") for one in draft.credentials)


def alternative(*names: str) -> JsonObject:
    return {name: [] for name in names}


@pytest.mark.parametrize(
    ("security", "named", "expected"),
    [
        ([alternative("api", "app")], ["api", "app"], ["api", "app"]),
        ([alternative("app", "api")], ["api", "app"], ["api", "app"]),
        ([alternative("api", "app", "query", "cookie", "oauth")],) + (["api", "app", "query", "cookie", "oauth"],) * 2,
        ([alternative("api", "app")], ["api"], []),
        ([alternative("api", "app"), alternative("oauth")], ["api", "oauth"], ["oauth"]),
        ([alternative("api", "app"), alternative("oauth")], ["api", "app", "oauth"], ["api", "app"]),
        ([{}, alternative("api", "app")], ["api", "app"], ["api", "app"]),
        ([{}, alternative("api", "app")], ["api"], []),
        ([alternative("oauth", "oauth2")], ["oauth"], ["oauth"]),
        ([alternative("oauth", "oauth2", "oidc")], ["oidc"], ["oidc"]),
        ([alternative("oauth", "oauth2", "api")], ["oauth2", "api"], ["api", "oauth2"]),
        ([alternative("api", "same")], ["same"], ["same"]),
        ([alternative("oauth", "basic")], ["basic"], ["basic"]),
        ([alternative("api", "digest")], ["api"], []),
        ([alternative("api", "unknown")], ["api"], []),
        ([alternative("app")], ["api", "header:X-Account"], ["header:X-Account"]),
        ([alternative("api")], ["api", "header:X-Account"], ["api", "header:X-Account"]),
        ([alternative("oauth")], ["oauth", "header:authorization"], ["header:authorization"]),
        ([alternative("oauth", "api")], ["api", "header:authorization"], ["api", "header:authorization"]),
        ([], ["header:X-A", "query:b", "cookie:c"], ["cookie:c", "header:X-A", "query:b"]),
    ],
)  # fmt: skip
def test_an_operation_gets_all_of_the_first_alternative_that_is_satisfied(
    chosen: Any, security: list[JsonObject], named: list[str], expected: list[str]
) -> None:
    draft, _ = chosen(security, *named)
    assert paths(draft) == sorted(expected)
    assert (draft.credential is None) == (not expected)
    assert decode(encode(first(draft))).draft == draft


@pytest.mark.parametrize(
    ("security", "named", "message"),
    [
        ([alternative("api", "app")], [], "requires a credential for api, app;"),
        ([alternative("api", "app")], ["api"], "requires a credential for app;"),
        ([alternative("api", "app", "query"), alternative("api", "cookie")], ["api"], "requires a credential for cookie;"),
        ([alternative("oauth", "oauth2")], [], "requires a credential for oauth, oauth2;"),
        ([alternative("oauth", "oauth2")], ["oauth", "oauth2"], "the secret of oauth2 is left out"),
        ([alternative("oauth", "basic")], ["oauth", "basic"], "the secret of oauth is left out"),
        ([alternative(*(f"scheme{number}" for number in range(9)))], [], "scheme4 and 4 more"),
    ],
)
def test_what_is_lacking_or_left_out_is_named(chosen: Any, security: list[JsonObject], named: list[str], message: str) -> None:
    _, (told,) = chosen(security, *named)
    assert message in told


@pytest.mark.parametrize(
    "security", [[], [{}], [alternative("api", "app"), {}], [alternative("oauth", "oauth2")], [alternative("api", "same")]]
)
def test_nothing_is_told_where_all_is_there_or_nothing_is_needed(chosen: Any, security: list[JsonObject]) -> None:
    _, faults = chosen(security, "oauth", "oauth2", "api", "same", "app", shared=True)
    assert faults == []


def test_the_digest_does_not_depend_on_the_names_or_the_order_of_schemes(compiled: Compile) -> None:
    digests = set()
    for names in (("a", "b"), ("b", "a"), ("z", "y")):
        schemes = dict(zip(names, (SCHEMES["api"], SCHEMES["app"]), strict=True))
        sources = tuple(CredentialSource(one, f"secret/data/{schemes[one]['name']}", "f") for one in names)
        header = ToolsetHeader("things", SERVER, credentials=sources)
        paths = {"/a": {"get": OK | {"security": [alternative(*reversed(names))]}}}
        (draft,) = compiled(paths, components={"securitySchemes": schemes}, header=header).drafts
        digests.add(digest_of(draft))
    assert len(digests) == 1


def test_what_one_of_several_credentials_fills_is_no_argument(compiled: Compile) -> None:
    sources = (CredentialSource("api", "p", "f"), CredentialSource("query", "q", "f"))
    parameters = [
        {"name": name, "in": place, "schema": {}}
        for name, place in (("key", "query"), ("dd-api-key", "header"), ("x", "query"))
    ]
    operation = OK | {"parameters": parameters, "security": [alternative("api", "query")]}
    header = ToolsetHeader("things", SERVER, credentials=sources)
    (draft,) = compiled({"/a": {"get": operation}}, components={"securitySchemes": SCHEMES}, header=header).drafts
    assert list(draft.input_schema["properties"]) == ["x"]


MANIFEST = """
toolset: things
operations:
  GET /a:
    credential:
    - {path: secret/data/a, field: key, place: header, name: DD-API-KEY}
    - {path: secret/data/b, field: key, place: query, name: app_key}
    - path: secret/data/a
      username_field: user
      password_field: pw
      place: header
      name: Authorization
      basic: true
      prefix: "Basic "
"""


def test_a_manifest_may_write_out_several(compiled: Compile) -> None:
    header = read_manifest(MANIFEST.encode()).header
    (draft,) = compiled({"/a": {"get": OK}}, servers=[{"url": SERVER}], header=header).drafts
    assert [(one.path, one.field) for one in draft.credentials] == [
        ("secret/data/a", "key"),
        ("secret/data/b", "key"),
        ("secret/data/a", "pw"),
    ]
    assert draft.credentials[2].kind_parameters["username_field"] == "user"


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[]", "line 3.*credential"),
        ("[null]", "line 3.*credential"),
        ("{path: p, field: f, place: header}", "name"),
        ("[{path: p, field: f, place: header, name: a}, {path: p, field: f, place: header, name: A}]", "the same place"),
        ("{path: p, field: f, place: header, name: a, nmae: b}", "'name' instead of 'nmae'"),
        ("[{path: p, field: f, place: header, name: a, nmae: b}]", "'name' instead of 'nmae'"),
        ("{path: p, place: header, name: a}", "one `field`"),
        ("{path: p, username_field: u, place: header, name: a}", "password_field"),
        ("{path: p, username_field: u, password_field: p, place: header, name: a}", "no kind of credential"),
    ],
)
def test_a_credential_that_a_manifest_cannot_mean_is_refused(compiled: Compile, said: str, message: str) -> None:
    raw = f"toolset: things\ndefaults:\n  credential: {said}\n".encode()
    with pytest.raises(ManifestInvalid, match=message):
        compiled({"/a": {"get": OK}}, servers=[{"url": SERVER}], header=read_manifest(raw).header)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("{path: p}", "username_field"),
        ("{path: p}", "for OAuth 2 `token`"),
        ("{path: p, username_field: u}", "password_field"),
        ("{path: p, field: f, username_field: u, password_field: p}", "one or the other"),
        ("{path: p, field: f, feild: u}", "'field' instead of 'feild'"),
    ],
)
def test_a_secret_of_a_scheme_names_one_field_or_two(said: str, message: str) -> None:
    with pytest.raises(ManifestInvalid, match=message):
        read_manifest(f"toolset: things\ncredentials:\n  basic: {said}\n".encode())


def test_a_scheme_of_two_fields_is_basic_alone(compiled: Compile) -> None:
    text = "toolset: things\ncredentials:\n  {}: {{path: p, username_field: u, password_field: pw}}\n"
    paths = {"/a": {"get": OK | {"security": [alternative("basic")]}}, "/b": {"get": OK | {"security": [alternative("api")]}}}
    more: JsonObject = {"components": {"securitySchemes": SCHEMES}, "servers": [{"url": SERVER}]}
    draft = compiled(paths, header=read_manifest(text.format("basic").encode()).header, **more).drafts[0]
    placed = {"place": "header", "name": "Authorization", "prefix": "Basic ", "basic": True, "username_field": "u"}
    assert draft.credential == CredentialBinding("p", "pw", placed)
    with pytest.raises(ManifestInvalid, match="is not made of two fields"):
        compiled(paths, header=read_manifest(text.format("api").encode()).header, **more)


@pytest.mark.parametrize("named", [("header:X-A", "header:x-a"), ("query:a b",)])
def test_two_credentials_for_every_operation_in_one_place_are_refused(chosen: Any, named: tuple[str, ...]) -> None:
    with pytest.raises(DocumentInvalid):
        chosen([], *named)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("secret/orders", "secret/data/orders"),
        ("secret/team/orders", "secret/data/team/orders"),
        ("secret/data/orders", None),
        ("old/orders", None),
        ("secret", None),
    ],
)
def test_a_path_without_data_behind_vaults_own_engine_is_told_with_the_right_one(
    compiled: Compile, path: str, told: str | None
) -> None:
    manifest = (
        f"toolset: things\nserver: {SERVER}\ndefaults: {{credential: {{path: {path}, field: f, place: query, name: k}}}}\n"
    )
    header = read_manifest(manifest.encode()).header
    faults = compiled({"/a": {"get": OK}}, header=header).faults
    assert [fault.cure.split(";")[0] for fault in faults] == ([f"Write {told}"] if told else [])
    sources = (CredentialSource("header:X-A", path, "f"),)
    faults = compiled({"/a": {"get": OK}}, header=ToolsetHeader("things", SERVER, credentials=sources)).faults
    assert [fault.pointer for fault in faults] == (["/credentials/header:X-A/path"] if told else [])


def test_a_missing_secret_is_cured_in_the_manifest_too(compiled: Compile) -> None:
    schemes = {"securitySchemes": {"api": {"type": "http", "scheme": "bearer"}}}
    (fault,) = compiled({"/a": {"get": OK}}, components=schemes, security=[{"api": []}]).faults
    assert "--credential 'api=PATH#FIELD', or `credentials` in the manifest" in fault.cure
