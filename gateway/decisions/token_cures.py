"""What an operator does where a box has obtained no token: by what the endpoint, Vault or the way there has said. Pure.

A box tells one text of its own, in which an endpoint's error code stands behind `_ERROR` (`sandbox/runner/token_answer.go`).
"""

from gateway.model.errors import TokenEndpointUnusable, TokenRefused, TokenUnavailable
from registry.credentials.token_grant import TokenGrant
from registry.model.tool import CredentialBinding

_ERROR = " with the error "
_NO_FIELD = " has no text in its field "
_UNREACHABLE = " cannot be reached: "
#: How a box says of an endpoint that no authority which it believes has signed its certificate.
_UNKNOWN_AUTHORITY = "certificate signed by unknown authority"
#: How it says that TLS cannot be spoken with what is there: no later call will.
_NO_TLS = ("does not look like a TLS handshake", "failed to verify certificate", "tls: protocol version not supported")
_OF_AUTHORITY = (
    "Let the operator name the authority of the endpoint's certificate in the file of CALLGATE_CA_FILE. Then send the same "
    "request again."
)
_NO_JSON = " and no JSON object"
_IN_MANIFEST = "under the credential's `token` in the manifest"


def is_lasting(message: str) -> bool:
    """Whether what lies between the box and the endpoint will be the same for every later call."""
    return _UNREACHABLE in message and any(sign in message for sign in (_UNKNOWN_AUTHORITY, *_NO_TLS))


def with_cure(refusal: TokenRefused | TokenUnavailable, binding: CredentialBinding, grant: TokenGrant) -> str:
    """The cure for this credential; the error's own where the message says no more than that."""
    message = str(refusal)
    if isinstance(refusal, TokenUnavailable):
        return _of_the_way(refusal, message, grant)
    if _NO_FIELD in message:
        return f"Store it: `callgate secret set {binding.path} {message.partition(_NO_FIELD)[2].split()[0]}`."
    if f"Vault answered 404 at {binding.path}" in message or f"Vault answered 404 at /v1/{binding.path}" in message:
        return f"Store the client's secret: {_commands(binding, grant)}."
    if _ERROR in message:
        code = message.partition(_ERROR)[2].split()[0].rstrip(":;,.")
        return _of_code(code, binding, grant) or refusal.cure
    return _of_answer(message, binding, grant) or refusal.cure


def to_connect_again(binding: CredentialBinding, grant: TokenGrant) -> str:
    """The cure where an operator's refresh token cannot be sent: it was or may be spent, or the endpoint takes it no more."""
    return f"{_store_refresh_token(binding, grant)} A refresh token that may have been used is never sent again."


def _of_the_way(refusal: TokenUnavailable, message: str, grant: TokenGrant) -> str:
    if _UNKNOWN_AUTHORITY in message:
        return _OF_AUTHORITY
    check = f"check `token_url` {_IN_MANIFEST}, which is {grant.token_url}"
    if isinstance(refusal, TokenEndpointUnusable):
        return f"{check.capitalize()}: no TLS that can be trusted is spoken there."
    if _UNREACHABLE in message or _NO_JSON in message:
        return f"Send the same request again after `retry_after`. If it lasts, {check}."
    return refusal.cure


def _of_answer(message: str, binding: CredentialBinding, grant: TokenGrant) -> str:
    """Of an answer without an error code, or a request that could not be made. Empty where the message says no more."""
    of_device = bool(grant.device_url) and f"{grant.device_url} " in message
    word, url = ("device_url", grant.device_url) if of_device else ("token_url", grant.token_url)
    check = f"Check `{word}` {_IN_MANIFEST}: {url}"
    cures = {
        " redirects (": f"{check} is no token endpoint that answers so.",
        " answered 4": f"{check} is no token endpoint that answers so, or what stands before it lets no box ask.",
        " may not be asked: ": f"{check} is where no box may go. A private address, the operator allows (docs/egress.md).",
        _NO_JSON: f"{check} answers with what is no token (RFC 6749 §5.1).",
        " without an access_token": f"{check} gives no token. Metadata names the endpoint that does as `token_endpoint`.",
        " token that has characters": (
            "Let the authorization server give this client a token of at most 64 KiB of printable ASCII: an opaque one, or one "
            f"of fewer `scopes` {_IN_MANIFEST}."
        ),
        " access token of the type ": "Let the authorization server give this client bearer tokens (RFC 6750), and no others.",
        " a token that has ended ": (
            f"Let the authorization server give tokens that live longer, or a refresh token, for which some want a scope as "
            f"`offline_access` among `scopes` {_IN_MANIFEST}."
        ),
        " private key in ": f"Store a key that can sign: `callgate secret set {binding.path} {grant.assertion.key_field}`.",
    }
    return next((cure for sign, cure in cures.items() if sign in message), "")


def _of_code(code: str, binding: CredentialBinding, grant: TokenGrant) -> str:
    """Of an error code of RFC 6749 §5.2, or RFC 8693 §2.2.2. Empty where it is the endpoint's own."""
    asked = ", ".join(grant.scopes) or "none"
    cures = {
        "invalid_client": _of_client(binding, grant),
        # The client is known, and has shown itself.
        "unauthorized_client": (
            f"Let the authorization server allow this client the grant {grant.grant}, or name as `grant` {_IN_MANIFEST} one "
            "that it allows."
        ),
        "invalid_request": (
            f"Compare `auth`, `audience` and `form` {_IN_MANIFEST} with what {grant.token_url} wants by its documentation."
        ),
        "invalid_scope": f"Name as `scopes` {_IN_MANIFEST} those that the endpoint gives this client. Asked for: {asked}.",
        "invalid_grant": _of_grant(binding, grant),
        "unsupported_grant_type": (
            f"Name as `grant` {_IN_MANIFEST} one that the endpoint knows for this client: {grant.grant} is none."
        ),
        "invalid_target": f"Correct `audience` {_IN_MANIFEST}.",
    }
    return cures.get(code, "")


def _of_client(binding: CredentialBinding, grant: TokenGrant) -> str:
    if grant.client_auth == "none" and grant.grant != "jwt_bearer":
        return f"Correct `client_id` {_IN_MANIFEST}; or, if this client has a secret, `auth`."
    other = "post" if grant.client_auth == "basic" else "basic"
    return f"Store what the endpoint knows: {_commands(binding, grant)}; or it wants `auth: {other}` {_IN_MANIFEST}."


def _of_grant(binding: CredentialBinding, grant: TokenGrant) -> str:
    match grant.grant:
        case "token_exchange":
            return f"Store another token to exchange: `callgate secret set {binding.path} {grant.subject_token_field}`."
        case "jwt_bearer":
            key = f"`callgate secret set {binding.path} {grant.assertion.key_field}`"
            return f"Correct `assertion` {_IN_MANIFEST}, or store the key that the endpoint knows: {key}."
        case "refresh_token":
            return _store_refresh_token(binding, grant)
        case "client_credentials":  # the client is all that this grant shows
            asked = "Ask at the authorization server whether the client may have a token still"
            return f"{asked}. If its secret is another one by now, store that: {_commands(binding, grant)}."
    return "Connect again: a code is good for one use, and for a few minutes."


def _store_refresh_token(binding: CredentialBinding, grant: TokenGrant) -> str:
    return f"Store a new refresh token: `callgate secret set {binding.path} {grant.refresh_token_field}`."


def _commands(binding: CredentialBinding, grant: TokenGrant) -> str:
    named = "" if grant.client_id else grant.client_id_field
    shown = grant.assertion.key_field if grant.grant == "jwt_bearer" else binding.field if grant.client_auth != "none" else ""
    fields = [field for field in (named, shown) if field]
    return " and ".join(f"`callgate secret set {binding.path} {field}`" for field in fields)
