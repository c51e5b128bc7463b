"""Where a document comes from: a file, or a URL, fetched here on the operator's machine. The gateway fetches nothing."""

import time
from http.client import HTTPException, HTTPMessage
from pathlib import Path
from typing import IO, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from registry.bounds import DOCUMENT_BYTES

SECONDS = 60.0
SILENCE_SECONDS = 10.0
#: For the whole document, and for the server to say anything.
REDIRECTS = 3
_CHUNK = 1 << 16


class SourceUnreadable(Exception):
    """The message says why."""


class _Redirects(HTTPRedirectHandler):
    max_redirections = REDIRECTS

    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        safe = {"https"} if req.type == "https" else {"http", "https"}
        if urlsplit(newurl).scheme not in safe:
            raise HTTPError(
                req.full_url, code, f"it redirects to something that is not {' or '.join(sorted(safe))}", headers, fp
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        raise HTTPError(req.full_url, code, "it redirects to another place", headers, fp)


def is_url(source: str) -> bool:
    return urlsplit(source).scheme in {"http", "https"}


def read(source: str, *, redirects: bool = True) -> bytes:
    """The document, at most 50 MB of it. Raises SourceUnreadable."""
    try:
        return _fetch(source, _Redirects if redirects else _NoRedirects) if is_url(source) else _read_file(Path(source))
    except HTTPError as error:
        error.close()
        raise SourceUnreadable(f"{origin(source)} cannot be read: status {error.code}: {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else getattr(error, "strerror", None) or error
        raise SourceUnreadable(f"{origin(source)} cannot be read: {reason}") from None


def origin(source: str) -> str:
    """The source as people may see it: a file's name, or a URL without user information and query, which may hold secrets."""
    if not is_url(source):
        return Path(source).name
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _fetch(url: str, redirects: type[HTTPRedirectHandler]) -> bytes:
    with build_opener(redirects).open(url, timeout=SILENCE_SECONDS) as response:
        return _read_bounded(response, time.monotonic() + SECONDS)


def _read_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return _read_bounded(file, time.monotonic() + SECONDS)


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def _read_bounded(stream: _Readable, deadline: float) -> bytes:
    document = bytearray()
    while chunk := stream.read(_CHUNK):
        document += chunk
        if len(document) > DOCUMENT_BYTES:
            raise SourceUnreadable(f"the document has more than {DOCUMENT_BYTES:,} bytes")
        if time.monotonic() > deadline:
            raise SourceUnreadable(f"the document did not arrive within {SECONDS:.0f} s")
    return bytes(document)
