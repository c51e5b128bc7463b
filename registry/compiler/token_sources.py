"""Where a document says that the tokens of a security scheme are to be had: what fetches them must know of another place."""

from collections.abc import Iterator
from typing import Any

from registry.model.tool import JsonObject

#: Characters of a URL that is kept, and URLs of one scheme.
LONGEST, MOST = 2_048, 16


def token_sources(scheme: JsonObject) -> tuple[str, ...]:
    """The token URLs of all flows, an OpenID provider's discovery document, and of a flow without a token URL that of its
    authorization (OpenAPI 3.1.1, OAuth Flow Object)."""
    given = dict.fromkeys(url for url in _urls(scheme) if isinstance(url, str) and 0 < len(url) <= LONGEST)
    return tuple(sorted(given))[:MOST]


def _urls(scheme: JsonObject) -> Iterator[Any]:
    if scheme.get("type") == "openIdConnect":
        yield scheme.get("openIdConnectUrl")
    flows = scheme.get("flows") if scheme.get("type") == "oauth2" else None
    for flow in flows.values() if isinstance(flows, dict) else ():
        if isinstance(flow, dict):
            yield flow.get("tokenUrl", flow.get("authorizationUrl"))
