"""What the pool without containers makes of an upstream's answer, as the runner does it.

Where a redirect leads (`runner/redirect.go`), what a body is without its codings (`runner/coding.go`), and where a secret
stands (`runner/escapes.go`).
"""

import base64
import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote, quote_plus, urljoin, urlsplit

from sandbox.api.job import Job

MOST_REDIRECTS, LONGEST_REDIRECT, MOST_CODINGS = 5, 8192, 2
_AGAIN, _REDIRECTS = {307, 308}, {301, 302, 303, 307, 308}
_PORTABLE = {
    "accept",
    "accept-encoding",
    "accept-language",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-unmodified-since",
    "range",
    "traceparent",
    "user-agent",
}
_NO_CODINGS = {"", "identity", "none", "utf-8", "utf8", "binary", "8bit", "7bit", "aws-chunked"}


def is_redirect(status: int, location: str | None) -> bool:
    return status in _REDIRECTS and bool(location)


def follow(job: Job, asked: Job, status: int, location: str, hops: int) -> Job | str:
    """The request to which the answer redirects, or why it is not made. `job`: the first one, which says what is permitted."""
    acts = job.send_within is None
    if acts and status not in _AGAIN:
        return "a call that acts is sent again for 307 and 308 alone"
    if why := _given_up(job, status, location, hops):
        return why
    url = urljoin(asked.url, quote(location, safe="%/:=&?~#+!$,;'@()*[]")).partition("#")[0]
    here, there = origin(asked.url), origin(url)
    if there is None:
        return "its Location is not an http or https URL that can be asked for"
    if here != there and (why := _forbids(job, asked, there)):
        return why
    return _step(asked, url, same=here == there, again=status in _AGAIN)


def _given_up(job: Job, status: int, location: str, hops: int) -> str:
    """Why no further request is made, wherever it would go. Empty where one is."""
    if job.source is not None and status in _AGAIN:
        return "its body was passed on as it came, and is not here any more"
    if hops == MOST_REDIRECTS:
        return f"the upstream had redirected {MOST_REDIRECTS} times before"
    return f"its Location is longer than {LONGEST_REDIRECT} bytes" if len(location) > LONGEST_REDIRECT else ""


def origin(url: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname.lower(), port) if parts.hostname and not parts.username else None


def _forbids(job: Job, asked: Job, there: tuple[str, str, int]) -> str:
    scheme, host, port = there
    if asked.url.startswith("https:") and scheme == "http":
        return f"it leads from https to http://{host}:{port}"
    if there in {origin(job.url), *map(origin, job.redirects)}:
        return ""
    return f"it leads to {scheme}://{host}:{port}, which the tool's manifest does not name under `redirects`"


def _step(asked: Job, url: str, *, same: bool, again: bool) -> Job:
    step = replace(asked, url=url)
    if not same:
        headers = tuple(header for header in step.headers if header[0].lower() in _PORTABLE or header[0] in asked.portable)
        step = replace(step, headers=headers, secret=None)
    if not again and asked.method not in ("GET", "HEAD"):
        headers = tuple(header for header in step.headers if not header[0].lower().startswith("content-"))
        step = replace(step, method="GET", headers=headers, body=None)
    return step


class Undecodable(Exception):
    """The body is not coded as it says; or, with `opaque`, in a way that is not known."""

    def __init__(self, message: str, *, opaque: bool = False) -> None:
        super().__init__(message)
        self.opaque = opaque


def decoded(codings: str, body: bytes) -> bytes:
    """The body without its codings. Raises Undecodable; EOFError where it ends before its coding does."""
    names = [name.strip().lower() for name in codings.split(",")]
    names = [name for name in names if name not in _NO_CODINGS]
    if len(names) > MOST_CODINGS or any(name not in _DECODERS for name in names):
        raise Undecodable(", ".join(names), opaque=True)
    for name in reversed(names):
        try:
            body = _DECODERS[name](body) if body else body
        except (zlib.error, gzip.BadGzipFile) as error:
            if "incomplete" in str(error):
                raise EOFError(str(error)) from error
            raise Undecodable(str(error)) from error
    return body


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompress(body)
    except zlib.error:
        return zlib.decompress(body, -zlib.MAX_WBITS)


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "x-gzip": gzip.decompress,
    "deflate": _inflate,
}


def redact(text: str, values: tuple[str, ...]) -> str:
    """Without the secrets in the commonest of the forms in which the runner finds them."""
    for value in values:
        for form in (value, quote_plus(value), value.replace("/", "\\/"), base64.b64encode(value.encode()).decode()):
            text = text.replace(form, "[REDACTED]")
    return text
