"""What a call is told where a box has obtained no token."""

from collections.abc import Callable

import pytest

from gateway.decisions.token_cures import to_connect_again, with_cure
from gateway.decisions.token_life import LONGEST_WISH, SHORTEST_PAUSE, error_of, life_of
from gateway.model.errors import GatewayError, TokenEndpointUnusable, TokenRefused, TokenUnavailable
from registry.credentials.token_grant import TokenGrant
from registry.model.tool import CredentialBinding
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Usage

URL = "https://login.example/token"
ASKED = f"the token endpoint {URL}"
UNREACHED = f"{ASKED} cannot be reached: no TLS with login.example:443: "
UNKNOWN = f"{UNREACHED}tls: failed to verify certificate: x509: certificate signed by unknown authority"
PLAIN = f"{UNREACHED}tls: first record does not look like a TLS handshake"
PATH = "secret/data/orders"
BINDING = CredentialBinding(path=PATH, field="client_secret", kind_parameters={})


def refusal(message: str, retry_after: float | None = None) -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        life_of(Faulted(FaultCode.TOKEN_UNAVAILABLE, Evidence.NOT_SENT, message, Usage(), retry_after))
    return refused.value


def told_to_others(message: str) -> GatewayError:
    return error_of(FaultCode.TOKEN_UNAVAILABLE, message, 1.0)


def cure(error: GatewayError, **grant: object) -> str:
    assert isinstance(error, TokenRefused | TokenUnavailable)
    said: dict[str, object] = {"grant": "client_credentials", **grant}
    return with_cure(error, BINDING, TokenGrant(token_url=URL, **said))  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [refusal, told_to_others])
def test_an_endpoint_with_which_no_tls_can_be_spoken_is_told_with_a_cure_and_not_as_one_that_may_answer_later(
    error: Callable[[str], GatewayError],
) -> None:
    assert isinstance(error(UNKNOWN), TokenEndpointUnusable)
    assert "CALLGATE_CA_FILE" in cure(error(UNKNOWN))
    assert isinstance(error(PLAIN), TokenEndpointUnusable)
    assert f"Check `token_url` under the credential's `token` in the manifest, which is {URL}" in cure(error(PLAIN))


def test_an_endpoint_that_does_not_answer_may_do_so_later_or_is_another_one() -> None:
    error = refusal(f"{UNREACHED}EOF")
    assert type(error) is TokenUnavailable
    assert "If it lasts, check `token_url`" in cure(error)
    assert cure(refusal(f"{ASKED} answered 503")) == TokenUnavailable.cure


def test_an_endpoint_that_wants_to_be_left_alone_is_believed_for_minutes() -> None:
    waits = [getattr(refusal("429", seconds), "retry_after", None) for seconds in (7.0, 86_400.0, None)]
    assert waits == [7.0, LONGEST_WISH, SHORTEST_PAUSE]


REFUSED = {
    "invalid_client": ({}, f"callgate secret set {PATH} client_id` and `callgate secret set {PATH} client_secret"),
    "unauthorized_client": ({"client_id": "5f0c", "auth": "post"}, "allow this client the grant client_credentials"),
    "invalid_request": ({}, "Compare `auth`, `audience` and `form`"),
    "invalid_scope": ({"scopes": ("things.read",)}, "Asked for: things.read."),
    "unsupported_grant_type": ({}, "client_credentials is none"),
    "invalid_target": ({"audience": "orders"}, "`audience`"),
    "invalid_grant": ({"grant": "token_exchange"}, f"callgate secret set {PATH} subject_token"),
}


@pytest.mark.parametrize(("code", "grant", "words"), [(code, *row) for code, row in REFUSED.items()], ids=REFUSED.keys())
def test_what_an_endpoint_refuses_is_told_with_what_mends_that(code: str, grant: dict[str, object], words: str) -> None:
    for behind in ("", ": for people", "; connect again"):
        assert words in cure(TokenRefused(f"{ASKED} answered 400 with the error {code}{behind}"), **grant)


def test_other_grants_have_what_mends_them_too() -> None:
    message = f"{ASKED} answered 400 with the error invalid_grant"
    assert "`assertion`" in cure(TokenRefused(message), grant="jwt_bearer")
    assert f"callgate secret set {PATH} refresh_token" in cure(TokenRefused(message), grant="refresh_token")
    assert "Connect again" in cure(TokenRefused(message), grant="authorization_code", client_id="5f0c", per="subject")
    unknown = f"{ASKED} answered 400 with the error invalid_client"
    assert f"callgate secret set {PATH} private_key" in cure(TokenRefused(unknown), grant="jwt_bearer")
    assert "`client_id`" in cure(TokenRefused(unknown), client_id="5f0c", auth="none")


def test_a_grant_that_has_no_refresh_token_is_not_told_to_store_one() -> None:
    told = cure(TokenRefused(f"{ASKED} answered 400 with the error invalid_grant"))
    assert "refresh token" not in told
    assert f"callgate secret set {PATH} client_secret" in told


ANSWERS = {
    "answered 403 with text/html": f"Check `token_url` under the credential's `token` in the manifest: {URL}",
    "answered without an access_token": "Metadata names the endpoint that does",
    "answered 200 with text/html and no JSON object": "answers with what is no token",
    "gave an access token that has characters that no request can carry, or that is too long": "at most 64 KiB",
    "gave an access token of the type mac, which is no bearer token": "bearer tokens (RFC 6750)",
    "gave a token that has ended (expires_in is -5), and no refresh token to renew it by": "`offline_access`",
    "may not be asked: 169.254.169.254 is an address of metadata": "where no box may go",
}


@pytest.mark.parametrize(("said", "words"), ANSWERS.items())
def test_each_answer_that_is_no_token_has_a_cure_of_its_own(said: str, words: str) -> None:
    told = cure(TokenRefused(f"{ASKED} {said}"))
    assert words in told
    assert "as the message says" not in told


def test_a_refresh_token_is_stored_by_a_command_with_its_path_and_field() -> None:
    grant = TokenGrant(grant="refresh_token", token_url=URL, refresh_token_field="renewing")
    assert f"`callgate secret set {PATH} renewing`" in to_connect_again(BINDING, grant)


def test_an_endpoint_for_devices_is_checked_by_its_own_word() -> None:
    device = "https://login.example/device"
    message = f"the token endpoint {device} answered 404"
    assert "Check `device_url`" in cure(TokenRefused(message), grant="device_code", client_id="5f0c", device_url=device)


def test_a_secret_that_is_not_there_is_told_with_the_command_that_stores_it() -> None:
    missing = TokenRefused(f"{PATH} has no text in its field client_id")
    assert cure(missing) == f"Store it: `callgate secret set {PATH} client_id`."
    assert f"`callgate secret set {PATH} client_secret`" in cure(TokenRefused(f"Vault answered 404 at {PATH}"))


def test_what_is_no_token_endpoint_is_told_by_the_manifests_word() -> None:
    for said in ("answered 404 with text/html", "redirects (302), which is not followed"):
        assert "`token_url`" in cure(TokenRefused(f"{ASKED} {said}"))
    assert cure(TokenRefused(f"{ASKED} answered 400 with the error of_its_own")) == TokenRefused.cure
