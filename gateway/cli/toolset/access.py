"""What an operator gives along with a document's address: headers, such as a login. They reach that address's origin, and no
other."""

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeAlias
from urllib.parse import unquote, urlsplit, urlunsplit

import typer

_GIVEN = re.compile(r"(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?P<value>.*)", re.DOTALL)
#: What the library says itself.
_FRAMING = frozenset(("host", "content-length", "transfer-encoding", "connection", "accept-encoding"))
_FORM = "write NAME=VALUE, or NAME=@FILE for a value that is kept in a file, such as Authorization=@token.txt"

#: Names and values, as they are sent.
Headers: TypeAlias = Mapping[str, str]

Header = Annotated[
    list[str] | None,
    typer.Option(help="a header for the document's own server; may be repeated", metavar="NAME=VALUE|NAME=@FILE"),
]


def headers_from(given: Sequence[str] | None) -> Headers:
    """Raises BadParameter, which repeats no value."""
    return dict(_header(one) for one in given or ())


def typed_again(given: Sequence[str] | None) -> Iterator[str]:
    """The options of a command that reads the same document later. A value that is in no file is not repeated: what is printed
    stays on screens and in logs."""
    for one in given or ():
        name, _, value = one.partition("=")
        yield from ("--header", one if value.startswith("@") else f"{name}=@FILE")


def _header(text: str) -> tuple[str, str]:
    parts = _GIVEN.fullmatch(text)
    if not parts:
        raise typer.BadParameter(_FORM, param_hint="--header")
    name, value = parts["name"], parts["value"]
    if name.lower() in _FRAMING:
        raise typer.BadParameter(f"{name} frames the request: it cannot be given", param_hint="--header")
    if value.startswith("@"):
        value = _read(Path(value[1:]))
    if not (value.isprintable() and value.isascii()):
        raise typer.BadParameter(f"the value of {name} has characters that no header can have", param_hint="--header")
    return name, value


def _read(file: Path) -> str:
    try:
        return file.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise typer.BadParameter(f"{file} cannot be read: {reason}", param_hint="--header") from None


def without_login(url: str) -> tuple[str, Headers]:
    """The URL without `user:password@`, and the header that says the same (RFC 7617)."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    if not at:
        return url, {}
    encoded = b64encode(unquote(login).encode()).decode()
    return urlunsplit(parts._replace(netloc=place)), {"Authorization": f"Basic {encoded}"}


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Two URLs are of one server where these are equal (RFC 6454 §4). Raises ValueError for a port that is none."""
    parts = urlsplit(url)
    return parts.scheme, (parts.hostname or "").lower(), parts.port or {"http": 80, "https": 443}.get(parts.scheme)
