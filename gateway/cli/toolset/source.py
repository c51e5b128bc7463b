"""Reads a document from a file or a URL, on the operator's machine. The gateway fetches nothing."""

import os
import sys
import time
from dataclasses import dataclass
from difflib import get_close_matches
from http import HTTPStatus
from http.client import HTTPException, HTTPMessage
from importlib.metadata import version as release_of
from pathlib import Path
from types import MappingProxyType
from typing import IO, Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from gateway.cli.toolset.access import Headers, origin_of, without_login
from gateway.cli.toolset.compressed import NotReadable, decompressed
from registry.model.json_limits import DOCUMENT_BYTES

#: For the whole document.
SECONDS = 60.0
#: Within which the server must send its next bytes.
SILENCE_SECONDS = 10.0
REDIRECTS = 3
_CHUNK = 1 << 16
_NOT_MODIFIED = 304
_BEHIND_A_LOGIN = "; give your login: --header Authorization=@FILE, or user:password@ in the URL"
_NO_WAY = "; where no way leads there from this machine, fetch the document elsewhere and name the file"
#: The document comes on standard input.
STDIN = "-"
_HINTS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "; the server is there, and has no document at that path: take the address from the API's own pages",
    HTTPStatus.UNAUTHORIZED: _BEHIND_A_LOGIN,
    HTTPStatus.FORBIDDEN: _BEHIND_A_LOGIN,
}


class SourceUnreadable(Exception):
    """The document cannot be read. The message says why."""


class _Redirects(HTTPRedirectHandler):
    max_redirections = REDIRECTS

    def __init__(self, first: str, private: Headers) -> None:
        """`private`: headers that go to the origin of the `first` URL alone."""
        self._origin, self._private = origin_of(first), private

    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        safe = {"https"} if req.type == "https" else {"http", "https"}
        if urlsplit(newurl).scheme not in safe:
            raise HTTPError(req.full_url, code, f"it redirects to a URL that is not {' or '.join(sorted(safe))}", headers, fp)
        followed = super().redirect_request(req, fp, code, msg, headers, newurl)
        if followed is not None and origin_of(newurl) == self._origin:
            _add(followed, self._private)
        return followed


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - the signature is urllib's
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        raise HTTPError(
            req.full_url,
            code,
            "it redirects, and no redirect is followed here; refer to the URL to which it redirects",
            headers,
            fp,
        )


def is_url(source: str) -> bool:
    return urlsplit(source).scheme in {"http", "https"}


@dataclass(frozen=True, slots=True)
class Seen:
    """Tells one state of a document from the next: a URL's validators (RFC 9110 §8.8), a file's size and time.

    An empty field is not known.
    """

    etag: str = ""
    modified: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        given = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in given.items() if value}


NEVER = Seen()
NO_HEADERS: Headers = MappingProxyType({})


def read(source: str, *, headers: Headers = NO_HEADERS, redirects: bool = True) -> bytes:
    """The document, at most 50 MB of it, decompressed. `headers` go to a URL's own origin. Raises SourceUnreadable."""
    document, _ = read_again(source, NEVER, headers=headers, redirects=redirects)
    if document is None:
        raise SourceUnreadable(f"{origin(source)} answers 304 Not Modified to a request without conditions")
    return document


def read_again(source: str, seen: Seen, *, headers: Headers = NO_HEADERS, redirects: bool = True) -> tuple[bytes | None, Seen]:
    """The document, or None where it is still as `seen`; and its state now. Raises SourceUnreadable."""
    try:
        document, now = _read(source, seen, headers, redirects=redirects)
        return None if document is None else decompressed(document), now
    except NotReadable as error:
        raise SourceUnreadable(f"{origin(source)} cannot be read: {error}") from None
    except HTTPError as error:
        error.close()
        if error.code == _NOT_MODIFIED:
            return None, seen
        raise SourceUnreadable(
            f"{origin(source)} cannot be read: status {error.code}: {error.reason}{_HINTS.get(error.code, '')}"
        ) from None
    except FileNotFoundError as error:
        raise SourceUnreadable(f"{origin(source)} cannot be read: {error.strerror}{_meant(Path(source))}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else getattr(error, "strerror", None) or error
        raise SourceUnreadable(f"{origin(source)} cannot be read: {reason}{_NO_WAY if is_url(source) else ''}") from None


def origin(source: str) -> str:
    """The source without secrets, for people to read: a file's name, or a URL without its user information and query. Of a
    path without a name, such as `.`, it is the path.

    The gateway gets it, too, in UTF-8, which not every file's name is.
    """
    if source == STDIN:
        return "standard input"
    if not is_url(source):
        return os.fsencode(Path(source).name or source).decode(errors="replace")
    parts = urlsplit(source)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _meant(path: Path) -> str:
    """The names beside it that are most like its own, if the directory is there."""
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    alike = get_close_matches(path.name, beside, n=3)
    return f"; did you mean {' or '.join(os.fsencode(name).decode(errors='replace') for name in alike)}?" if alike else ""


def _read(source: str, seen: Seen, headers: Headers, *, redirects: bool) -> tuple[bytes | None, Seen]:
    if source == STDIN:
        return _read_bounded(sys.stdin.buffer, time.monotonic() + SECONDS), NEVER
    if not is_url(source):
        return _read_file(Path(source), seen)
    url, login = without_login(source)
    private = {**login, **headers}
    return _fetch(url, seen, private, _Redirects(url, private) if redirects else _NoRedirects())


def _add(request: Request, private: Headers) -> None:
    """Headers that the library does not hand on to where it is redirected."""
    for name, value in private.items():
        request.add_unredirected_header(name, value)


def _fetch(url: str, seen: Seen, private: Headers, redirects: HTTPRedirectHandler) -> tuple[bytes, Seen]:
    # Many servers refuse the name that the library gives itself.
    said = {"Accept-Encoding": "gzip", "User-Agent": f"callgate/{release_of('callgate-server')}"}
    asked = Request(url, headers=seen.conditions | said)  # noqa: S310 - `is_url` has seen the scheme
    _add(asked, private)
    with build_opener(redirects).open(asked, timeout=SILENCE_SECONDS) as response:
        document = _read_bounded(response, time.monotonic() + SECONDS)
        return document, Seen(response.headers.get("ETag", ""), response.headers.get("Last-Modified", ""))


def _read_file(path: Path, seen: Seen) -> tuple[bytes | None, Seen]:
    with path.open("rb") as file:
        state = os.fstat(file.fileno())
        now = Seen(modified=f"{state.st_ino} {state.st_size} {state.st_mtime_ns}")
        return (None if now == seen else _read_bounded(file, time.monotonic() + SECONDS)), now


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
