"""What manifest and document say together of a grant that a person gives, and where what comes is kept."""

import pytest

from registry.credentials.authorization_request import authorization_url, is_issuer
from registry.credentials.consent import identifying
from registry.credentials.kinds import bind_grant, connected_per, grant_of, path_of, require_one_person
from registry.credentials.token_grant import TokenGrant, credential_id, is_kept_below, read_grant, secret_fields
from registry.model.import_fault import OperationUnusable
from registry.model.tool import CredentialBinding, JsonObject
from tests.registry.credentials.owned import owned

PLACE = ("secret/data/a", "client_secret")
ASK, TOKEN, DEVICE = "https://login.example/ask", "https://login.example/token", "https://login.example/device"
CODES: JsonObject = {"authorizationCode": {"authorizationUrl": ASK, "tokenUrl": TOKEN, "scopes": {}}}
DEVICES: JsonObject = {"deviceAuthorization": {"deviceAuthorizationUrl": DEVICE, "tokenUrl": TOKEN, "scopes": {}}}
CLIENT = {"client_id": "x"}


def bound(flows: JsonObject, token: JsonObject, scopes: tuple[str, ...] = ()) -> CredentialBinding:
    return bind_grant({"type": "oauth2", "flows": flows}, "/x", PLACE, token, scopes)


COMPLETED: dict[str, tuple[JsonObject, JsonObject, TokenGrant]] = {
    "a browser": (CODES, {}, TokenGrant("authorization_code", TOKEN, client_id="x", authorization_url=ASK, scopes=("a",))),
    "a device": (DEVICES, {}, TokenGrant("device_code", TOKEN, client_id="x", device_url=DEVICE, scopes=("a",))),
    "both": (
        CODES | DEVICES, {"per": "tenant"},
        TokenGrant(
            "authorization_code", TOKEN, client_id="x", authorization_url=ASK, device_url=DEVICE, scopes=("a",), per="tenant"
        ),
    ),
    "the manifest's words before the document's": (
        CODES, {"authorization_url": DEVICE, "scopes": ["b"]},
        TokenGrant("authorization_code", TOKEN, client_id="x", authorization_url=DEVICE, scopes=("b",)),
    ),
    "a client that acts for itself is the first": (
        CODES | {"clientCredentials": {"tokenUrl": TOKEN}}, {},
        TokenGrant("client_credentials", TOKEN, client_id="x", scopes=("a",)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("named", COMPLETED)
def test_what_the_manifest_does_not_say_the_document_says(named: str) -> None:
    flows, token, grant = COMPLETED[named]
    assert grant_of(bound(flows, CLIENT | token, ("a",))) == grant


LACKING: dict[str, tuple[JsonObject, JsonObject, str]] = {
    "a client": (CODES, {}, "lacks client_id: authorization_code needs that"),
    "a client and a page": ({"authorizationCode": {"tokenUrl": TOKEN}}, {}, "lacks client_id and authorization_url"),
    "where a device asks": (CODES, CLIENT | {"grant": "device_code"}, "lacks device_url"),
    "a token endpoint": ({"authorizationCode": {"authorizationUrl": ASK}}, CLIENT, "lacks a token_url"),
    "TLS": (CODES, CLIENT | {"authorization_url": "http://a.example"}, "authorization_url is not an https URL"),
    "TLS where it is revoked": (CODES, CLIENT | {"revocation_url": "http://a.example"}, "revocation_url is not an https URL"),
    "a person": (CODES, CLIENT | {"per": "agent"}, "per is one of subject, tenant"),
    "a parameter of its own": (
        CODES,
        CLIENT | {"authorization_parameters": {"state": "x"}},
        "authorization_parameters has",
    ),
    "a grant for that": (
        CODES,
        {"grant": "client_credentials", "per": "subject"},
        "per is for authorization_code and",
    ),
}


@pytest.mark.parametrize("named", LACKING)
def test_a_fault_names_what_is_lacking(named: str) -> None:
    flows, token, told = LACKING[named]
    with pytest.raises(OperationUnusable, match=told) as fault:
        bound(flows, token)
    assert "`" in str(fault.value.fault.cure)


def test_all_operations_of_one_client_are_connected_at_once() -> None:
    one, two = bound(CODES, CLIENT, ("read",)), bound(CODES, CLIENT, ("write",))
    mine = owned("acme")
    assert credential_id(one, mine) == credential_id(two, mine)
    assert credential_id(one, mine) != credential_id(one, owned("globex"))
    assert credential_id(one, mine) != credential_id(bound(CODES, CLIENT | {"per": "tenant"}), mine)
    assert identifying({"grant": "client_credentials", "scopes": ["a"]}) == {"grant": "client_credentials", "scopes": ["a"]}


def test_a_consent_is_given_to_one_toolset() -> None:
    one = bound(CODES, CLIENT)
    assert credential_id(one, owned("acme", "calendar")) != credential_id(one, owned("acme", "drive"))


@pytest.mark.parametrize(
    "changed",
    [{"revocation_url": DEVICE}, {"authorization_parameters": {"prompt": "consent"}}, {"device_url": DEVICE}],
)
def test_how_a_consent_is_asked_for_or_taken_back_may_change_under_those_who_gave_it(changed: JsonObject) -> None:
    mine = owned("acme")
    assert credential_id(bound(CODES, CLIENT | changed), mine) == credential_id(bound(CODES, CLIENT), mine)


@pytest.mark.parametrize("changed", [{"token_url": DEVICE}, {"client_id": "y"}, {"audience": "orders"}])
def test_what_says_which_token_it_is_makes_another_connection(changed: JsonObject) -> None:
    mine = owned("acme")
    assert credential_id(bound(CODES, CLIENT | changed), mine) != credential_id(bound(CODES, CLIENT), mine)


def test_what_is_kept_has_a_place_for_each_person_below_the_clients_secret() -> None:
    place = path_of(bound(CODES, CLIENT), owned("acme"))
    assert place.endswith("/{person}")
    assert is_kept_below(place, "secret/data/a")
    assert not is_kept_below(place, "secret/data/b")
    assert not is_kept_below(place + "/x", "secret/data/a")
    assert not is_kept_below(place.replace("{person}", "*"), "secret/data/a")


def test_one_call_is_in_one_name() -> None:
    own, tenants = bound(CODES, CLIENT), bound(CODES, CLIENT | {"per": "tenant"})
    require_one_person((own, own), "/x")
    assert connected_per((own,)) == {"subject"}
    assert connected_per((bound({"clientCredentials": {"tokenUrl": TOKEN}}, {}),)) == frozenset()
    with pytest.raises(OperationUnusable, match="each subject"):
        require_one_person((own, tenants), "/x")


def test_a_client_without_a_secret_has_nothing_to_store() -> None:
    said = {"grant": "authorization_code", "client_id": "x"}
    assert secret_fields(said, "client_secret") == ("client_secret",)
    assert secret_fields(said | {"auth": "none"}, "client_secret") == ()


def test_the_browser_is_led_with_what_the_operator_adds_and_nothing_of_it_in_place_of_the_grants_own() -> None:
    grant = read_grant(
        {
            "grant": "authorization_code", "client_id": "a b", "token_url": TOKEN, "scopes": ["r", "w"],
            "authorization_url": f"{ASK}?tenant=7", "authorization_parameters": {"prompt": "consent"},
        }
    )  # fmt: skip
    assert authorization_url(grant, redirect_uri="http://127.0.0.1:7/callback", state="s&t", challenge="c") == (
        f"{ASK}?tenant=7&prompt=consent&response_type=code&client_id=a+b&redirect_uri=http%3A%2F%2F127.0.0.1%3A7%2Fcallback"
        "&scope=r+w&state=s%26t&code_challenge=c&code_challenge_method=S256"
    )


ISSUERS: dict[str, tuple[str, str, bool]] = {
    "none": ("", "", True),
    "of the page's host": ("", "https://login.example/realms/a", True),
    "of the page's host, with its port": ("", "https://login.example:443", True),
    "of another host": ("", "https://evil.example", False),
    "of another port": ("", "https://login.example:8443", False),
    "without TLS": ("", "http://login.example", False),
    "no URL": ("", "https://[", False),
    "as the manifest says": ("https://idp.example/pool", "https://idp.example/pool", True),
    "not as the manifest says": ("https://idp.example/pool", "https://login.example", False),
    "none, though the manifest says one": ("https://idp.example/pool", "", False),
}


@pytest.mark.parametrize("named", ISSUERS)
def test_a_redirect_is_of_the_server_that_the_person_was_led_to(named: str) -> None:
    issuer, said, taken = ISSUERS[named]
    grant = grant_of(bound(CODES, CLIENT | ({"issuer": issuer} if issuer else {})))
    assert grant is not None
    assert is_issuer(grant, said) is taken
