"""How a token is obtained that a call shows: at which endpoint, by which grant (RFC 6749 §4), and in whose name.

Plain words, as a manifest writes them and a version stores them. What has a token obtained asks `kinds.grant_of`.
"""

import re
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field
from hashlib import sha256

import orjson

from registry.credentials.consent import CONSENTS, PERSON, consent_problems, identifying, is_of_person
from registry.credentials.endpoint import is_endpoint
from registry.model.tool import CredentialBinding, JsonObject, ToolVersion
from registry.model.value_codec import plain, restore

GRANTS = ("client_credentials", "refresh_token", "jwt_bearer", "token_exchange", *CONSENTS)
#: How a client shows itself to the endpoint (RFC 6749 §2.3.1): in the header, in the form, or by its name alone.
CLIENT_AUTH = ("basic", "post", "none")
#: The field of the client's secret, where none is named.
CLIENT_SECRET = "client_secret"  # noqa: S105 - a field's name

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 §3.3
_NAME = re.compile(r"[\x21-\x7e]+")
_ID = re.compile("[0-9a-f]{24}")
_KEPT = re.compile("/tokens/[0-9a-f]{24}(/|$)")
#: What of the form the grant itself writes.
_OWN = frozenset(
    ("grant_type", "client_id", "client_secret", "refresh_token", "scope", "audience", "assertion", "subject_token")
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """What the box signs in the place of a client's secret (RFC 7523 §3): with RS256 where its key is RSA, ES256 where it is of
    P-256.

    `key_field` of the secret has the key, PEM. Without `issuer`, that is the client; without `subject`, the issuer; without
    `audience`, the endpoint's URL. `claims` are further ones.
    """

    key_field: str = "private_key"
    key_id: str = ""
    issuer: str = ""
    subject: str = ""
    audience: str = ""
    claims: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """`client_id` is the client's name; empty: it lies in the secret, in `client_id_field`. `refresh_token_field`: where the
    operator has put the first refresh token. `reusable_refresh_token`: the endpoint takes one again and again, so that none is
    lost with an answer. `subject_token_field`: where the operator has put the token that is exchanged (RFC 8693). `form`: what
    the endpoint wants beside what the grant itself writes.

    Of a grant that a person gives (`consent`): `per` says for whom it is kept, `authorization_url` where the person is asked,
    with `authorization_parameters` beside what the grant itself says, `device_url` where a device's codes come from, and
    `revocation_url` where a token is taken back (RFC 7009). `issuer`: as its server calls itself in a redirect (RFC 9207);
    empty: by the host of authorization_url."""

    grant: str
    token_url: str
    _: KW_ONLY
    auth: str = ""
    client_id: str = ""
    client_id_field: str = "client_id"
    scopes: tuple[str, ...] = ()
    audience: str = ""
    form: JsonObject = field(default_factory=dict)
    refresh_token_field: str = "refresh_token"  # noqa: S105 - a field's name
    reusable_refresh_token: bool = False
    assertion: Assertion = Assertion()
    subject_token_field: str = "subject_token"  # noqa: S105 - a field's name
    per: str = ""
    authorization_url: str = ""
    authorization_parameters: JsonObject = field(default_factory=dict)
    device_url: str = ""
    revocation_url: str = ""
    issuer: str = ""

    @property
    def of_person(self) -> bool:
        """Whether a person gives it, once, by `callgate connect`."""
        return is_of_person(self.grant)

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Every URL that a box may send a request to."""
        return tuple(url for url in (self.token_url, self.device_url, self.revocation_url) if url)

    @property
    def client_auth(self) -> str:
        """How the client shows itself, where nothing is said: who signs an assertion has shown itself by that."""
        return self.auth or ("none" if self.grant == "jwt_bearer" else "basic")


def read_grant(settings: JsonObject) -> TokenGrant:
    """Raises ValueError, which says what is wrong with the settings."""
    try:
        grant: TokenGrant = restore(TokenGrant, settings)
    except (KeyError, TypeError, ValueError):
        raise ValueError("the token's settings are not those of a grant") from None
    for problem in _problems(grant):
        raise ValueError(problem)
    return grant


def secret_fields(settings: JsonObject, field: str) -> tuple[str, ...]:
    """The fields of the secret that the grant is made of, where `field` has the client's own secret."""
    grant, assertion = settings.get("grant"), settings.get("assertion") or {}
    signs = grant == "jwt_bearer"
    named = settings.get("client_id") or (signs and assertion.get("issuer"))
    client_id = () if named else (settings.get("client_id_field", "client_id"),)
    shown = () if settings.get("auth", "none" if signs else "basic") == "none" else (field,)
    return (*client_id, *shown, *_shown_by(str(grant), settings, assertion))


def _shown_by(grant: str, settings: JsonObject, assertion: JsonObject) -> tuple[str, ...]:
    match grant:
        case "refresh_token":
            return (settings.get("refresh_token_field", "refresh_token"),)
        case "jwt_bearer":
            return (assertion.get("key_field", "private_key"),)
        case "token_exchange":
            return (settings.get("subject_token_field", "subject_token"),)
    return ()


def credential_id(binding: CredentialBinding, version: ToolVersion) -> str:
    """By which its token is known: the same for all versions of one owner that name the same credential. What a person gives is
    given to one toolset: its scopes are those of that, and who takes it back from one keeps it for the others."""
    said: JsonObject = plain(binding)
    token = said.get("token", {})
    said |= {"token": identifying(token)} | ({"toolset": version.draft.toolset} if is_of_person(token.get("grant")) else {})
    told = orjson.dumps([version.owner, said], option=orjson.OPT_SORT_KEYS)
    return sha256(told).hexdigest()[:24]


def kept_at(binding: CredentialBinding, version: ToolVersion) -> str:
    """Where the token lies in Vault: below the client's secret, so that who may name the one may name the other."""
    place = f"{binding.path}/tokens/{credential_id(binding, version)}"
    return f"{place}/{PERSON}" if is_of_person(binding.kind_parameters["token"].get("grant")) else place


def is_kept_below(path: str, secret: str) -> bool:
    """Whether a token that is kept there is of the client whose secret that is, and overwrites nothing else."""
    id = path.removeprefix(f"{secret}/tokens/").removesuffix(f"/{PERSON}")
    return path.startswith(f"{secret}/tokens/") and _ID.fullmatch(id) is not None


def is_kept(path: str) -> bool:
    """Whether that is where tokens are kept: no secret that an operator stores lies there."""
    return _KEPT.search(path) is not None


def names_person(path: str) -> bool:
    """Whether the path names whose token it is. Vault alone says that, by the template in its place."""
    kept = _KEPT.search(path)
    return kept is not None and path[kept.end() :] not in ("", PERSON)


def _problems(grant: TokenGrant) -> Iterator[str]:
    if grant.grant not in GRANTS:
        yield f"a token's grant is one of {', '.join(GRANTS)}"
    if grant.client_auth not in CLIENT_AUTH:
        yield f"a client's auth is one of {', '.join(CLIENT_AUTH)}"
    if not is_endpoint(grant.token_url):
        yield "token_url is not an https URL without a fragment"
    if not all(isinstance(one, str) and _SCOPE.fullmatch(one) for one in grant.scopes):
        yield "a scope has characters that no scope may have"
    fields = (grant.client_id_field, grant.refresh_token_field, grant.subject_token_field)
    signed = grant.assertion
    texts = (signed.key_field, signed.key_id, signed.issuer, signed.subject, signed.audience)
    if not all(isinstance(one, str) for one in (grant.client_id, grant.audience, *fields, *texts)):
        yield "client_id, audience, the fields' names and an assertion's words are texts"
    if not isinstance(signed.claims, dict):
        yield "an assertion's claims are an object"
    if not isinstance(grant.reusable_refresh_token, bool):
        yield "reusable_refresh_token is true or false"
    if not isinstance(grant.form, dict) or not all(
        _NAME.fullmatch(name) and name not in _OWN and isinstance(value, str) for name, value in grant.form.items()
    ):
        yield f"form has texts by their names, and none of {', '.join(sorted(_OWN))}"
    yield from consent_problems(grant)
