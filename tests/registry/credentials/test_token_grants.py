"""What a manifest and a document say of a token together: all that a box must know, or a fault that names what is lacking."""

import pytest

from registry.credentials.endpoint import is_endpoint
from registry.credentials.kinds import bind_grant, grant_of, path_of
from registry.credentials.token_grant import TokenGrant, is_kept_below, secret_fields
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject
from tests.registry.credentials.owned import owned

PLACE = ("secret/data/a", "client_secret")
OAUTH = {"type": "oauth2"}
ONE = "https://login.example/token"
TWO = "https://login.example/other"


def flows(**urls: str) -> JsonObject:
    return OAUTH | {"flows": {name: {"tokenUrl": url, "scopes": {}} for name, url in urls.items()}}


def bound(scheme: JsonObject, token: JsonObject, scopes: tuple[str, ...] = ()) -> CredentialBinding:
    return bind_grant(scheme, "/x", PLACE, token, scopes)


COMPLETED: dict[str, tuple[JsonObject, JsonObject, TokenGrant]] = {
    "the document's flow": (flows(clientCredentials=ONE), {}, TokenGrant("client_credentials", ONE, scopes=("a", "b"))),
    "the manifest's words before the document's": (
        flows(clientCredentials=ONE),
        {"token_url": TWO, "scopes": ["c"]},
        TokenGrant("client_credentials", TWO, scopes=("c",)),
    ),
    "the flow of the grant": (
        flows(authorizationCode=TWO, clientCredentials=ONE),
        {},
        TokenGrant("client_credentials", ONE, scopes=("a", "b")),
    ),
    "the only flow there is": (
        flows(authorizationCode=ONE),
        {"grant": "refresh_token"},
        TokenGrant("refresh_token", ONE, scopes=("a", "b")),
    ),
    "OpenID Connect, with the endpoint in the manifest": (
        {"type": "openIdConnect", "openIdConnectUrl": "https://login.example/.well-known/openid-configuration"},
        {"token_url": ONE},
        TokenGrant("client_credentials", ONE, scopes=("a", "b")),
    ),
    "a bearer scheme, with the endpoint in the manifest": (
        {"type": "http", "scheme": "bearer"},
        {"token_url": ONE, "auth": "post", "audience": "x", "form": {"resource": "y"}},
        TokenGrant("client_credentials", ONE, auth="post", audience="x", form={"resource": "y"}, scopes=("a", "b")),
    ),
}


@pytest.mark.parametrize(("scheme", "token", "grant"), COMPLETED.values(), ids=COMPLETED.keys())
def test_what_the_manifest_does_not_say_the_document_says(scheme: JsonObject, token: JsonObject, grant: TokenGrant) -> None:
    assert grant_of(bound(scheme, token, ("a", "b"))) == grant


def test_scopes_that_a_requirement_has_in_one_text_are_several() -> None:
    grant = grant_of(bound(flows(clientCredentials=ONE), {}, ("accounts offline_access", "accounts", "")))
    assert grant == TokenGrant("client_credentials", ONE, scopes=("accounts", "offline_access"))


LACKING: dict[str, tuple[JsonObject, JsonObject, str, str]] = {
    "an endpoint": (OAUTH, {}, "lacks a token_url: the document names none for client_credentials", "`token_url`"),
    "an endpoint of two": (flows(implicit=ONE, password=TWO), {}, "lacks a token_url", "`token_url`"),
    "an endpoint of OpenID Connect": (
        {"type": "openIdConnect", "openIdConnectUrl": "https://login.example/known"},
        {},
        "lacks a token_url",
        "what https://login.example/known calls `token_endpoint`",
    ),
    "TLS": (flows(clientCredentials="http://login.example/token"), {}, "not an absolute https URL", "https URL"),
    "a host": (flows(clientCredentials="/token"), {}, "not an absolute https URL", "https URL"),
    "a scheme that takes a token": ({"type": "apiKey", "in": "header", "name": "X"}, {"token_url": ONE}, "no token", ""),
    "a scope that can be sent": (flows(clientCredentials=ONE), {"scopes": ['a"b']}, "a scope has characters", "`token`"),
    "a form of its own": (flows(clientCredentials=ONE), {"form": {"client_secret": "x"}}, "form has texts", "`token`"),
}


@pytest.mark.parametrize(("scheme", "token", "told", "cure"), LACKING.values(), ids=LACKING.keys())
def test_a_fault_names_what_is_lacking(scheme: JsonObject, token: JsonObject, told: str, cure: str) -> None:
    with pytest.raises(OperationUnusable, match=told) as fault:
        bound(scheme, token)
    assert cure in str(fault.value.fault.cure)


@pytest.mark.parametrize(
    "url",
    ["", "http://a.example", "https://", "https://u:p@a.example", "https://a.example/#x", "https://a.example:x/", "ftp://a", 7],
)
def test_no_secret_is_sent_to_what_is_no_endpoint(url: object) -> None:
    assert not is_endpoint(url)


def test_owners_of_equal_tools_have_tokens_of_their_own_below_the_clients_secret() -> None:
    binding = bound(flows(clientCredentials=ONE), {})
    mine, yours = path_of(binding, owned("acme")), path_of(binding, owned("umbrella"))
    assert mine != yours
    assert mine == path_of(binding, owned("acme", "another toolset of the same client"))
    assert is_kept_below(mine, "secret/data/a")
    assert not is_kept_below(mine, "secret/data/b")
    assert not is_kept_below("secret/data/a/tokens/../../b", "secret/data/a")
    assert path_of(CredentialBinding("secret/data/a", "t", {"place": "header", "name": "X"}), owned("acme")) == "secret/data/a"


def test_the_fields_that_an_operator_must_store_are_known() -> None:
    assert secret_fields({}, "client_secret") == ("client_id", "client_secret")
    assert secret_fields({"client_id": "x", "auth": "none"}, "client_secret") == ()
    assert secret_fields({"grant": "refresh_token"}, "s") == ("client_id", "s", "refresh_token")
