"""Where a person's browser is led so that the person consents (RFC 6749 §4.1.1), with PKCE (RFC 7636): a URL."""

from urllib.parse import urlencode, urlsplit

from registry.credentials.token_grant import TokenGrant


def authorization_url(grant: TokenGrant, *, redirect_uri: str, state: str, challenge: str) -> str:
    """`challenge` is by S256: no other method is used."""
    said = {
        **grant.authorization_parameters,
        "audience": grant.audience,
        "response_type": "code",
        "client_id": grant.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(grant.scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    join = "&" if "?" in grant.authorization_url else "?"
    return grant.authorization_url + join + urlencode({name: value for name, value in said.items() if value})


def is_issuer(grant: TokenGrant, said: str) -> bool:
    """Whether a redirect that names this issuer may be of the grant's server (RFC 9207 §2.4). One of which the manifest says no
    issuer is taken for what serves its page."""
    if grant.issuer:
        return said == grant.issuer
    return not said or _origin(said) == _origin(grant.authorization_url)


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"https": 443}.get(parts.scheme)
    except ValueError:
        return None
