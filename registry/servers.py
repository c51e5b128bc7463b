"""Which server an operation is sent to, and whether its URL may be one."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

from registry.errors import DocumentInvalid
from registry.faults import OperationUnusable
from registry.tool import JsonObject

_CURE = "Name the API's base URL, such as https://api.example.com/v1: pass --server."
_VARIABLE = re.compile(r"\{([^{}]*)\}")
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(\.{_LABEL})*\.?")
_PATH = re.compile(r"(/(?!\.{1,2}(/|\Z))([A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*)*")


def require_server(url: str) -> str:
    """`url` without slashes at its end, if it is the base URL of an API. Raises DocumentInvalid.

    That is: http or https, an ASCII host, a port or none, and a path without dot segments, as it goes on the wire. The message
    does not repeat the URL, which may hold a password.
    """
    problem = _problem(url)
    if problem:
        raise DocumentInvalid(f"the server's URL {problem}", cure=_CURE)
    return url.rstrip("/")


def choose_server(levels: tuple[tuple[Any, str], ...]) -> str:
    """The first server of the innermost level that declares any. A level is its `servers` (None: undeclared) and their pointer.

    Raises OperationUnusable where it is relative or malformed.
    """
    for servers, pointer in levels:
        if servers is None or servers == []:
            continue
        first = servers[0] if isinstance(servers, list) else None
        if not isinstance(first, dict) or not isinstance(first.get("url"), str):
            raise OperationUnusable("a server has no URL", pointer=pointer, cure=_CURE)
        url = _substitute(first, pointer)
        problem = _problem(url)
        if problem:
            raise OperationUnusable(f"the server's URL {problem}", pointer=f"{pointer}/0/url", cure=_CURE)
        return url.rstrip("/")
    raise OperationUnusable("the document names no server", pointer="/servers", cure=_CURE)


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
