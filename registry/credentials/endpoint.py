"""The URL of an authorization server's endpoint."""

from urllib.parse import urlsplit


def is_endpoint(url: object) -> bool:
    """Whether a client's secret may be sent there: by TLS alone (RFC 6749 §3.2), for it would pass through the gateway."""
    if not isinstance(url, str) or not all("!" <= one <= "~" for one in url) or "#" in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and parts.username is None and (parts.port or 1) > 0
    except ValueError:
        return False
