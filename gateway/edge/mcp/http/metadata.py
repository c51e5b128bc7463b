"""Where tokens are accepted, for programs: RFC 9728's document, and the challenge that leads to it (RFC 6750, RFC 9728 §5.1).

It names no authorization server: tokens are given out by operators. A client that has none is told so by the text.
"""

import json
from dataclasses import dataclass
from urllib.parse import urlsplit

from gateway.edge.mcp.http.refusals import Headers
from gateway.model.mcp_settings import PATH

WELL_KNOWN = "/.well-known/oauth-protected-resource"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Of the resource with that URL."""

    resource: str

    @property
    def url(self) -> str:
        """RFC 9728 §3.1: the path of the resource comes behind the well-known one."""
        parts = urlsplit(self.resource)
        return f"{parts.scheme}://{parts.netloc}{WELL_KNOWN}{parts.path}"

    @property
    def paths(self) -> frozenset[str]:
        """Where it is asked for: also under the path that the door has behind a proxy, and without any."""
        return frozenset((WELL_KNOWN, WELL_KNOWN + PATH, WELL_KNOWN + urlsplit(self.resource).path))

    @property
    def document(self) -> bytes:
        told = {"resource": self.resource, "resource_name": "Callgate", "bearer_methods_supported": ["header"]}
        return json.dumps(told).encode()

    def challenge(self, error: str = "", why: str = "") -> Headers:
        """`error`: RFC 6750's word, none where no token came."""
        said = {"error": error, "error_description": why} if error else {}
        fields = ", ".join(f'{name}="{value}"' for name, value in {**said, "resource_metadata": self.url}.items())
        return ((b"www-authenticate", f"Bearer {fields}".encode()),)
