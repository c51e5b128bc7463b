"""What an operator writes who has a secret for each security scheme of a document that Callgate has a kind of credential for.

So few words as are needed: what the document says itself is left to it. Tokens that a person must begin are had by a refresh
token of that person's. No document tells the URL of the benchmark's token endpoint; nor could any call use that of a real API.
"""

from collections.abc import Mapping

from benchmarks.auth_kinds import AWS, CERTIFICATE, NO_FLOW, OPENID, Part
from registry.model.tool import JsonObject

#: The fields of the secrets.
VALUE, USER, KEY_ID, KEY = "value", "user", "id", "secret"


def manifest_of(parts: Mapping[str, Part], paths: Mapping[str, str], token_url: str) -> JsonObject:
    """`paths`: where the secret of each scheme lies. A scheme without one gets none."""
    named = {name: part for name, part in parts.items() if name in paths}
    said = {name: _secret(part, paths[name], token_url) for name, part in named.items() if part.kind != CERTIFICATE}
    certificate = next((paths[name] for name, part in named.items() if part.kind == CERTIFICATE), None)
    return {"credentials": said, "defaults": {"client_certificate": {"path": certificate}} if certificate else {}}


def grant_of(part: Part) -> str:
    """A client's own credentials do where a flow takes them, and where the document names no flow."""
    own = part.kind == OPENID or part.kind.endswith(NO_FLOW) or "clientCredentials" in part.kind
    return "client_credentials" if own else "refresh_token"


def paths_of(parts: Mapping[str, Part], below: str) -> dict[str, str]:
    """One secret for each scheme that can have one; those for which an authorization server gives tokens are of one client."""
    offered = {name: part for name, part in parts.items() if part.is_offered}
    return {name: f"{below}-{'client' if part.is_token else number}" for number, (name, part) in enumerate(offered.items())}


def _secret(part: Part, path: str, token_url: str) -> JsonObject:
    if part.kind == AWS:
        scope = {"region": part.place, "service": part.name} if part.name else {}
        return {"path": path, "access_key_field": KEY_ID, "secret_key_field": KEY, **scope}
    if part.is_token:
        return {"path": path, "token": {"grant": grant_of(part), "token_url": token_url}}
    if part.kind == "http basic":
        return {"path": path, "username_field": USER, "password_field": VALUE}
    return {"path": path, "field": VALUE}
