"""A grant that a person gives once (`callgate connect`): by an authorization code with PKCE (RFC 6749 §4.1, RFC 7636), or on
another device (RFC 8628). What comes is kept for that person, or for the person's tenant, and for no other."""

from collections.abc import Iterator
from typing import Protocol

from registry.credentials.endpoint import is_endpoint
from registry.model.tool import JsonObject

AUTHORIZATION_CODE, DEVICE_CODE = "authorization_code", "device_code"
CONSENTS = (AUTHORIZATION_CODE, DEVICE_CODE)
#: For whom what comes is kept: each subject, or all of a tenant's together.
PER = ("subject", "tenant")
#: The end of a path in Vault, in the place of whose token it is: Vault itself puts the name of who reads there.
PERSON = "{person}"

#: The settings that no other grant has.
SETTINGS = ("per", "authorization_url", "authorization_parameters", "device_url", "revocation_url", "issuer")
#: The settings that do not say which token it is.
_SAYS_NOT_WHICH = frozenset(("scopes", "authorization_parameters", "device_url", "revocation_url", "issuer"))
#: What of an authorization request is not the operator's to say.
_OWN = frozenset(
    ("response_type", "client_id", "client_secret", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
)


class _Settings(Protocol):
    """What of a token's settings is looked at here."""

    @property
    def grant(self) -> str: ...
    @property
    def client_id(self) -> str: ...
    @property
    def per(self) -> str: ...
    @property
    def authorization_url(self) -> str: ...
    @property
    def authorization_parameters(self) -> JsonObject: ...
    @property
    def device_url(self) -> str: ...


def is_of_person(grant: object) -> bool:
    """Whether a grant of this name is a person's to give."""
    return grant in CONSENTS


def identifying(token: JsonObject) -> JsonObject:
    """The settings of a token that say which it is. A person connects once for all operations, whatever scopes each needs; and
    a change of how that is asked for, or taken back, leaves connected who is."""
    if not is_of_person(token.get("grant")):
        return token
    return {name: value for name, value in token.items() if name not in _SAYS_NOT_WHICH}


def consent_problems(grant: _Settings) -> Iterator[str]:
    """What keeps these settings from being those of a grant that a person gives; or of one that none does."""
    if not is_of_person(grant.grant):
        yield from (f"{name} is for {' and '.join(CONSENTS)} alone" for name in SETTINGS if getattr(grant, name))
        return
    if not grant.client_id:
        yield f"{grant.grant} needs a client_id in the manifest: the person's browser is told it"
    if grant.per and grant.per not in PER:
        yield f"per is one of {', '.join(PER)}"
    if grant.grant == AUTHORIZATION_CODE and not grant.authorization_url:
        yield "authorization_code needs an authorization_url"
    if grant.grant == DEVICE_CODE and not grant.device_url:
        yield "device_code needs a device_url"
    for name in ("authorization_url", "device_url", "revocation_url", "issuer"):
        if getattr(grant, name) and not is_endpoint(getattr(grant, name)):
            yield f"{name} is not an https URL without a fragment"
    said = grant.authorization_parameters
    if not isinstance(said, dict) or not all(isinstance(value, str) and name not in _OWN for name, value in said.items()):
        yield f"authorization_parameters has texts by their names, and none of {', '.join(sorted(_OWN))}"
