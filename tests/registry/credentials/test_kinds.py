"""Kinds of credential: of what each is made, how it is stored, and what the rest of the house is told of it."""

import json
from dataclasses import replace

import pytest

from gateway.records.redis.version_cache import VersionCache
from registry.credentials.kinds import (
    KINDS,
    bind_grant,
    bind_scheme,
    bind_setting,
    completed,
    for_runner,
    kind_of,
    occupied,
    shown,
    source_of,
    withheld,
)
from registry.model.errors import ManifestInvalid, VersionUnreadable
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, Draft, Effect, JsonObject, Operation, ToolVersion, ValuePlace
from registry.model.versions import decode, digest_of, encode, first

OPERATION = Operation("GET", "https://api.example.com", "/a", (), None, ("application/json",))
DRAFT = Draft("get_a", "things", "Reads.", {"type": "object"}, None, OPERATION, effect=Effect.READ)

BEARER = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
BASIC = {"place": "header", "name": "Authorization", "prefix": "Basic ", "basic": True}
AWS = {"kind": "aws_sigv4", "access_key_field": "id", "region": "eu-west-1", "service": "s3"}
HMAC = {"kind": "hmac_signature", "place": "header", "name": "X", "algorithm": "sha256", "encoding": "hex", "sign": "{body}"}
AWS_SCHEME = {"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "awsSigv4"}
SCHEMES: dict[str, tuple[JsonObject, str, JsonObject]] = {
    "a key in a header": ({"type": "apiKey", "in": "header", "name": "X"}, "header_value", {"place": "header", "name": "X"}),
    "a key in the query": ({"type": "apiKey", "in": "query", "name": "key"}, "header_value", {"place": "query", "name": "key"}),
    "a key in a cookie": (
        {"type": "apiKey", "in": "cookie", "name": "session"},
        "header_value",
        {"place": "cookie", "name": "session"},
    ),
    "a bearer token": ({"type": "http", "scheme": "Bearer"}, "header_value", BEARER),
    "OAuth 2": ({"type": "oauth2", "flows": {}}, "header_value", BEARER),
    "OpenID Connect": ({"type": "openIdConnect", "openIdConnectUrl": "https://a.example"}, "header_value", BEARER),
    "HTTP basic": ({"type": "http", "scheme": "Basic"}, "http_basic", BASIC),
    "AWS": (AWS_SCHEME, "aws_sigv4", AWS),
    "a key that signs": ({"type": "apiKey", "in": "header", "name": "X"}, "hmac_signature", HMAC),
}

#: What a manifest says beside path and field, of kinds that no scheme tells whole.
SETTINGS: dict[str, JsonObject] = {
    "AWS": {name: AWS[name] for name in ("access_key_field", "region", "service")},
    "a key that signs": {name: value for name, value in HMAC.items() if name not in ("place", "name")},
}

OBTAINED_DIGEST = "sha256:0ed8bea83f099e5de46615765f5ba9626a9d56801f976ef26295004c1291c54f"

#: Of DRAFT with a credential: as the releases before this room made them.
DIGESTS = {
    "a key in a header": "sha256:5e1a2173be4e04f88269a48c3dd0554b8522700342660a22949610ae6336efa1",
    "a key in the query": "sha256:a1c3dc073ef2d0438291c835e9c8dfabe34582482ff5238d8eebea65b0d44c4a",
    "a key in a cookie": "sha256:3d4512b1bad231a2468424f7cb1cbb8c7fa4ad337b860f989b45ab8541f0eab5",
    "HTTP basic": "sha256:86f3699b91e75fcbcb6766c8c9a112a894c70cfae29ff72770c52a03f4690fb5",
    "AWS": "sha256:a639443876f957171694f2b2ac68e14f57116e4d8f8573e011735b6aec6c7ad7",
    "a key that signs": "sha256:d393ed104c94475ef533cf58db9f6abcd369e1300d437bfc8b24575b824c60d5",
}


def bound(scheme: JsonObject, settings: JsonObject | None = None) -> CredentialBinding:
    return bind_scheme(scheme, "/components/securitySchemes/own", "secret/data/a", "token", settings=settings)


def of(name: str) -> CredentialBinding:
    return bound(SCHEMES[name][0], SETTINGS.get(name))


#: A token that is obtained is made of a scheme and of what a manifest says of it.
TOKEN: JsonObject = {"client_id": "callgate"}
FLOWS = {"clientCredentials": {"tokenUrl": "https://login.example/token", "scopes": {"read": ""}}}
OBTAINED: JsonObject = {
    "kind": "obtained_token",
    **BEARER,
    "token": {
        "grant": "client_credentials",
        "scopes": ["read"],
        "client_id": "callgate",
        "token_url": "https://login.example/token",
    },
}


def obtained() -> CredentialBinding:
    place = ("secret/data/a", "client_secret")
    return bind_grant({"type": "oauth2", "flows": FLOWS}, "/components/securitySchemes/own", place, TOKEN, ("read",))


def version(parameters: JsonObject) -> ToolVersion:
    return first(replace(DRAFT, credential=CredentialBinding("secret/data/a", "token", parameters)))


@pytest.mark.parametrize("name", SCHEMES)
def test_each_scheme_makes_a_credential_of_its_kind(name: str) -> None:
    _, kind, parameters = SCHEMES[name]
    binding = of(name)
    assert binding == CredentialBinding("secret/data/a", "token", parameters)
    assert kind_of(binding).name == kind


def test_every_kind_is_made_here() -> None:
    assert {kind for _, kind, _ in SCHEMES.values()} | {kind_of(obtained()).name} == {kind.name for kind in KINDS}


def test_a_token_that_is_obtained_is_stored_with_all_that_a_box_must_know_of_its_endpoint() -> None:
    assert obtained() == CredentialBinding("secret/data/a", "client_secret", OBTAINED)
    again = decode(encode(first(replace(DRAFT, credential=obtained())))).draft.credential
    assert again == obtained() == bind_setting({"path": "secret/data/a", "field": "client_secret"} | OBTAINED)
    assert [one.name for one in KINDS if one.reads(OBTAINED)] == ["obtained_token"]
    assert for_runner(obtained()) == ("obtained_token", ("access_token",), BEARER)
    assert digest_of(replace(DRAFT, credential=obtained())) == OBTAINED_DIGEST


@pytest.mark.parametrize("name", DIGESTS)
def test_the_digest_of_an_earlier_release_is_the_same_today(name: str) -> None:
    assert digest_of(replace(DRAFT, credential=of(name))) == DIGESTS[name]


def test_every_kind_has_a_digest_that_is_held() -> None:
    assert {SCHEMES[name][1] for name in DIGESTS} | {"obtained_token"} == {kind.name for kind in KINDS}


@pytest.mark.parametrize("name", SCHEMES)
def test_what_is_stored_is_read_by_its_kind_alone(name: str) -> None:
    _, kind, parameters = SCHEMES[name]
    again = decode(encode(version(parameters))).draft.credential
    assert again == of(name)
    assert [one.name for one in KINDS if one.reads(parameters)] == [kind]
    assert parameters.keys() <= kind_of(again).parameters


def test_a_setting_is_stored_as_the_scheme_that_means_the_same() -> None:
    place = {"path": "secret/data/a", "field": "token"}
    for name, (_, _, parameters) in SCHEMES.items():
        assert bind_setting(place | parameters) == of(name)
    empty = {"prefix": "", "basic": False}
    assert bind_setting(place | {"place": "header", "name": "X"} | empty) == bound(SCHEMES["a key in a header"][0])


def test_a_setting_of_no_one_kind_is_refused() -> None:
    with pytest.raises(ManifestInvalid, match="no kind of credential has these settings together: field, path, place"):
        bind_setting({"path": "secret/data/a", "field": "token", "place": "header"})


def test_a_user_and_a_password_of_two_fields_are_stored_as_basic_with_the_users_field() -> None:
    apart = bind_scheme(SCHEMES["HTTP basic"][0], "", "secret/data/a", "password", "user")
    assert apart == CredentialBinding("secret/data/a", "password", BASIC | {"username_field": "user"})
    assert kind_of(apart).name == "http_basic"
    setting = {"path": "secret/data/a", "username_field": "user", "password_field": "password"}
    assert bind_setting(setting | BASIC) == apart
    again = decode(encode(first(replace(DRAFT, credential=apart)))).draft.credential
    assert again == apart


@pytest.mark.parametrize("name", [name for name in SCHEMES if name not in ("HTTP basic", *SETTINGS)])
def test_no_other_scheme_takes_two_fields(name: str) -> None:
    with pytest.raises(ManifestInvalid, match="is not made of two fields"):
        bind_scheme(SCHEMES[name][0], "", "secret/data/a", "password", "user")


@pytest.mark.parametrize("fields", [{}, {"field": "a", "password_field": "b", "username_field": "c"}])
def test_a_setting_names_one_field_or_the_passwords(fields: JsonObject) -> None:
    with pytest.raises(ManifestInvalid, match="one `field`"):
        bind_setting({"path": "secret/data/a"} | fields | BASIC)


@pytest.mark.parametrize(
    "scheme",
    [{}, {"type": "http", "scheme": "digest"}, {"type": "mutualTLS"}, {"type": "apiKey", "in": "query", "name": "a b"}],
)
def test_a_scheme_of_no_kind_is_refused(scheme: JsonObject) -> None:
    with pytest.raises(OperationUnusable):
        bound(scheme)


@pytest.mark.parametrize(
    "parameters",
    [
        {"kind": "of_a_later_release", "region": "eu-1"},
        AWS | {"partition": "aws"},
        AWS | {"access_key_field": ""},
        AWS | BEARER,
        HMAC | {"algorithm": "sha3"},
        HMAC | {"sign": "{of_a_later_release}{body}"},
        HMAC | {"trailer": "x"},
        {"place": "header", "name": "X", "encoding": "hex"},
        {"place": "trailer", "name": "X"},
        {"place": "header"},
        BASIC | {"basic": "sha256"},
        BASIC | {"charset": "UTF-8"},
        BASIC | {"username_field": ""},
        BASIC | {"username_field": ["user"]},
        BEARER | {"username_field": "user"},
        OBTAINED | {"scheme": "dpop"},
        OBTAINED | {"token": {}},
        OBTAINED | {"token": OBTAINED["token"] | {"grant": "password"}},
        OBTAINED | {"token": OBTAINED["token"] | {"later": 1}},
        OBTAINED | {"token": OBTAINED["token"] | {"token_url": "http://login.example"}},
        {},
    ],
)
def test_what_a_later_release_made_is_not_guessed_at(parameters: JsonObject) -> None:
    with pytest.raises(VersionUnreadable):
        kind_of(CredentialBinding("secret/data/a", "token", parameters))
    with pytest.raises(VersionUnreadable):
        VersionCache(1 << 20).keep(("cg:{catalog}", "acme", "get_a", "1.0.0"), encode(version(parameters)), owner="acme")


def test_what_is_stored_is_all_that_the_runner_is_told_but_for_what_tells_the_kind() -> None:
    told = {name: for_runner(of(name)) for name in SCHEMES}
    placed = {"place": "header", "name": "Authorization", "prefix": "Basic "}
    assert told["a bearer token"] == ("header_value", ("token",), BEARER)
    assert told["HTTP basic"] == ("http_basic", ("token",), placed)
    assert told["AWS"] == ("aws_sigv4", ("id", "token"), {"region": "eu-west-1", "service": "s3"})
    assert told["a key that signs"] == ("hmac_signature", ("token",), {name: HMAC[name] for name in HMAC if name != "kind"})
    assert json.loads(json.dumps(told)) == {name: [one[0], list(one[1]), one[2]] for name, one in told.items()}
    apart = bind_scheme(SCHEMES["HTTP basic"][0], "", "secret/data/a", "password", "user")
    assert for_runner(apart) == ("http_basic", ("user", "password"), placed)


def test_what_a_credential_fills_is_named() -> None:
    assert occupied([bound(SCHEMES["a key in the query"][0])]) == ((ValuePlace.QUERY, "key"),)
    assert occupied([bound(SCHEMES["HTTP basic"][0])]) == ((ValuePlace.HEADER, "Authorization"),)
    assert occupied(()) == ()


def test_two_fields_of_a_command_are_aws_s_id_and_secret() -> None:
    binding = bind_scheme(AWS_SCHEME, "", "secret/data/a", "secret", "id")
    assert binding == CredentialBinding("secret/data/a", "secret", {"kind": "aws_sigv4", "access_key_field": "id"})
    assert source_of(AWS_SCHEME, "") == "PATH#ID_FIELD:SECRET_FIELD"


def test_what_the_server_does_not_tell_of_a_signature_is_lacking() -> None:
    binding = bind_scheme(AWS_SCHEME, "", "secret/data/a", "secret", "id")
    whole = completed(binding, "https://sqs.eu-west-1.amazonaws.com", {})
    assert whole.kind_parameters == binding.kind_parameters | {"region": "eu-west-1", "service": "sqs"}
    assert completed(whole, "https://elsewhere.example", {}) == whole
    with pytest.raises(OperationUnusable, match="the region and service"):
        completed(binding, "https://elsewhere.example", {"x-aws-signingName": "sqs"})
    bearer = bound(SCHEMES["a bearer token"][0])
    assert completed(bearer, "https://elsewhere.example", {}) == bearer


def test_what_would_contradict_a_signature_is_no_argument_either() -> None:
    names = {name for _, name in withheld([of("AWS")])}
    assert {"X-Amz-Date", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Security-Token"} <= names
    assert withheld([of("a key in the query")]) == occupied([of("a key in the query")])


def test_a_mask_stands_for_what_is_secret_and_words_for_the_rest() -> None:
    dated = CredentialBinding("p", "f", HMAC | {"value": "t={timestamp},s={signature}", "timestamp": "query:t"})
    assert shown(dated, "M") == (((ValuePlace.QUERY, "t"), "[time]"), ((ValuePlace.HEADER, "X"), "t=[time],s=M"))
    assert shown(of("HTTP basic"), "M") == (((ValuePlace.HEADER, "Authorization"), "Basic M"),)
