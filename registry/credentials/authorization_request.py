"""Where a person's browser is led so that the person consents (RFC 6749 §4.1.1), with PKCE (RFC 7636): a URL."""

from urllib.parse import urlencode

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
