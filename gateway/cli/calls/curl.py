"""A previewed request as a command for curl, quoted for a shell. The mask of a secret is to be replaced."""

import re
from collections.abc import Iterator
from shlex import join, quote

from callgate import PreviewedRequest
from registry.model.clean_text import visible

#: What stands in curl's command for a body that cannot be written there.
BODY_FILE = "@BODY"
#: Characters that curl expands in a URL, unless it is told not to.
_GLOBS = frozenset("[]{}")
#: Bytes of a body that is written as `printf` takes it. Each may be four characters of the command.
_PRINTED = 4 << 10
#: How a preview names an artifact in the place of its bytes.
_ARTIFACT = re.compile(rb"\[artifact (art_[0-9a-f]{32})\]")
_PLAIN = frozenset(range(0x20, 0x7F)) - frozenset(b"%\\")


def curl_command(request: PreviewedRequest) -> str:
    fed, data = _body(request) if request.body_length else ("", ())
    return fed + join(["curl", *_options(request), *_headers(request), *data, request.url])


def _options(request: PreviewedRequest) -> Iterator[str]:
    yield from ("--head",) if request.method == "HEAD" else ("-X", request.method)
    if _GLOBS & set(request.url):
        yield "--globoff"
    if "/." in request.url:
        yield "--path-as-is"


def _headers(request: PreviewedRequest) -> Iterator[str]:
    """curl leaves out a header without a value, unless a semicolon ends its name."""
    for name, value in request.headers:
        yield from ("-H", f"{name}: {value}" if value else f"{name};")


def _body(request: PreviewedRequest) -> tuple[str, tuple[str, str]]:
    """What feeds curl, and its words for the body: the text itself, where all of it can be read and copied. A line end of
    multipart, which has two characters, cannot."""
    whole = len(request.body) == request.body_length
    if whole and len(pieces := _ARTIFACT.split(request.body)) > 1:
        return _fed(pieces), ("--data-binary", "@-")
    if whole and (text := _text(request.body)):
        return "", ("--data-raw", text)
    if whole and len(request.body) <= _PRINTED:
        return f"printf -- {_printed(request.body)} | ", ("--data-binary", "@-")
    return "", ("--data-binary", BODY_FILE)


def _fed(pieces: list[bytes]) -> str:
    """The body with each artifact's own bytes in the place of its name: every second piece is an id."""
    told = [
        join(["callgate", "artifact", "get", piece.decode()]) if place % 2 else f"printf -- {_printed(piece)}"
        for place, piece in enumerate(pieces)
        if piece
    ]
    return f"{told[0]} | " if len(told) == 1 else f"{{ {'; '.join(told)}; }} | "


def _printed(body: bytes) -> str:
    return quote("".join(map(_escaped, body)))


def _text(body: bytes) -> str:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return ""
    return text if visible(text) == text else ""


def _escaped(byte: int) -> str:
    """Three digits, of which no following one becomes a part."""
    return chr(byte) if byte in _PLAIN else f"\\{byte:03o}"
