"""Which server an operation is sent to, and whether its URL may be one."""

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from registry.compiler.operations import OperationSite
from registry.model.errors import DocumentInvalid
from registry.model.import_fault import OperationUnusable
from registry.model.tool import JsonObject

_CURE = "Name the API's base URL, such as https://api.example.com/v1: pass --server."
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\.?")
_PATH = re.compile(r"(/(?!\.{1,2}(/|\Z))([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*")


def require_server(url: str) -> str:
    """`url` without slashes at its end, if it can be the base URL of an API. Raises DocumentInvalid.

    Such a URL has http or https, an ASCII host, a port or none, and a path without dot segments, as it goes on the wire. The
    message does not repeat the URL, which may hold a password.
    """
    problem = _problem(url)
    if problem:
        raise DocumentInvalid(f"the server's URL {problem}", cure=_CURE)
    return url.rstrip("/")


def server_levels(document: JsonObject, site: OperationSite) -> tuple[tuple[Any, str], ...]:
    """The places where a document may name an operation's servers, the innermost first, as `choose_server` takes them."""
    return (
        (site.operation.get("servers"), f"{site.pointer}/servers"),
        (site.item.get("servers"), f"{site.item_pointer}/servers"),
        (document.get("servers"), "/servers"),
    )


@dataclass(frozen=True, slots=True)
class ChosenServer:
    """`declared` is the Server Object that the document has at `pointer`. `others` are the valid ones beside it."""

    url: str
    declared: JsonObject
    pointer: str
    others: tuple["ChosenServer", ...] = ()


def choose_server(levels: tuple[tuple[Any, str], ...], origin: str = "") -> ChosenServer:
    """The first valid server of the innermost level that declares any. A level is its `servers` and their pointer.

    A relative URL is relative to `origin`, the URL that the document came from (OpenAPI 3.1.1, §4.8.5), where that is known. No
    server, and an empty URL, mean `/` (OpenAPI 3.1.1, §4.8.1): the root of that origin. Raises OperationUnusable where no
    server is valid.
    """
    for servers, pointer in levels:
        if servers is None or servers == []:
            continue
        listed = list(enumerate(servers)) if isinstance(servers, list) else [(0, None)]
        sound: list[ChosenServer] = []
        refused: list[OperationUnusable] = []
        for index, server in listed:
            try:
                sound.append(_sound(server, f"{pointer}/{index}", origin))
            except OperationUnusable as unusable:
                refused.append(unusable)
        if not sound:
            raise refused[0]
        return replace(sound[0], others=tuple(sound[1:]))
    if _is_web(origin):
        return _sound({"url": "/"}, "/servers", origin)
    raise OperationUnusable("the document names no server", pointer="/servers", cure=_CURE)


def _sound(server: Any, pointer: str, origin: str) -> ChosenServer:
    if not isinstance(server, dict) or not isinstance(server.get("url"), str):
        raise OperationUnusable("a server has no URL", pointer=pointer, cure=_CURE)
    url = _substitute(server, pointer)
    if not _ABSOLUTE.match(url) and _is_web(origin):
        url = _joined(origin, url or "/", pointer)
    if problem := _problem(url):
        raise OperationUnusable(f"the server's URL {problem}", pointer=f"{pointer}/url", cure=_CURE)
    return ChosenServer(url.rstrip("/"), server, pointer)


def _is_web(origin: str) -> bool:
    return origin.startswith(("http://", "https://"))


def _joined(origin: str, url: str, pointer: str) -> str:
    try:
        return urljoin(origin, url)
    except ValueError:
        raise OperationUnusable("the server's URL is malformed", pointer=f"{pointer}/url", cure=_CURE) from None


def _substitute(server: JsonObject, pointer: str) -> str:
    """The URL template with each variable's default in it."""
    variables = server.get("variables") or {}

    def default(match: re.Match[str]) -> str:
        variable = variables.get(match[1]) if isinstance(variables, dict) else None
        if not isinstance(variable, dict) or not isinstance(variable.get("default"), str | int):
            raise OperationUnusable("a server's variable has no default", pointer=pointer, cure=_CURE)
        return str(variable["default"])

    return _VARIABLE.sub(default, server["url"])


def _problem(url: str) -> str | None:
    if not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        return "has characters that are not ASCII, or spaces"
    try:
        parts = urlsplit(url)
        host = _is_host(parts.hostname or "", bracketed="[" in parts.netloc)
        port = parts.port != 0 and not parts.netloc.endswith(":")
    except ValueError:
        return "is malformed"
    problems = (
        (parts.scheme not in ("http", "https"), "is not absolute (http or https)"),
        ("@" in parts.netloc, "has user information"),
        ("?" in url or "#" in url, "has a query or a fragment"),
        (not (host and port), "has no valid host or port"),
        (not _PATH.fullmatch(parts.path), "has a path with dot segments or characters to be encoded"),
    )
    return next((problem for found, problem in problems if found), None)


def _is_host(host: str, *, bracketed: bool) -> bool:
    if not bracketed:
        return _HOST.fullmatch(host) is not None
    try:
        ipaddress.IPv6Address(host)
    except ValueError:
        return False
    return "%" not in host
