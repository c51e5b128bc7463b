"""A JSON object → multipart/form-data (RFC 7578) and the other multipart types."""

import mimetypes
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any
from urllib.parse import unquote

from registry.calling.artifact_names import Insertion, named_artifact
from registry.calling.parameter_styles import query, text
from registry.model.errors import RequestRefused
from registry.model.media_types import essence
from registry.model.tool import Body, JsonObject, Parameter, Part, ValuePlace

_OCTETS = "application/octet-stream"
_MEDIA_TYPE = "^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?[A-Za-z0-9=._-]+)*$"
#: How a caller passes a file: its bytes alone, or with the name and type that the upstream gets.
FILE: JsonObject = {
    "anyOf": [
        {"type": "string", "contentEncoding": "base64", "description": "The file's bytes in base64."},
        {
            "type": "object",
            "properties": {
                "text": {"type": "string", "description": "The file's content, if it is text."},
                "base64": {"type": "string", "contentEncoding": "base64", "description": "Its bytes in base64, if not."},
                "filename": {"type": "string", "minLength": 1},
                "media_type": {"type": "string", "pattern": _MEDIA_TYPE},
            },
            "oneOf": [{"required": ["text"]}, {"required": ["base64"]}],
            "additionalProperties": False,
        },
    ]
}


#: Artifacts in one body: each is looked up, and read, by itself.
MOST_ARTIFACTS = 64


@dataclass(frozen=True, slots=True)
class _Piece:
    name: str
    content: bytes
    media_type: str | None
    filename: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    artifact: str | None = None  # what has the content in the place of `content`

    @property
    def hashed(self) -> bytes:
        """By this the boundary is made. An artifact's id was made after its content."""
        return self.artifact.encode() if self.artifact else self.content


def multipart(body: Body, fields: Any) -> tuple[str, bytes, tuple[Insertion, ...]]:
    """The Content-Type with its boundary, the body, and what is put into it. A list is one part an item. The same fields make
    the same bytes.

    Raises RequestRefused for a value that is not an object, for null, for a file that is not base64, and for more than
    MOST_ARTIFACTS.
    """
    if not isinstance(fields, dict):
        raise RequestRefused(f"the argument {body.argument!r} must be an object to be sent in parts")
    parts = {part.name: part for part in body.parts}
    given = ((parts.get(name, Part(name)), value) for name, value in fields.items())
    pieces = [piece for part, value in given for piece in _pieces(part, value, body.argument)]
    if sum(piece.artifact is not None for piece in pieces) > MOST_ARTIFACTS:
        cure = "Send fewer of them in one call."
        raise RequestRefused(f"the argument {body.argument!r} names more than {MOST_ARTIFACTS} artifacts", cure=cure)
    # No caller can make a content that holds its own hash, so the boundary occurs in no part.
    boundary = (
        "callgate-" + sha256(b"\0".join(b"%d %b" % (len(piece.hashed), piece.hashed) for piece in pieces)).hexdigest()[:32]
    )
    written, insertions = bytearray(), list[Insertion]()
    for piece in pieces:
        written += b"--%b\r\n%b" % (boundary.encode(), _written(piece))
        if piece.artifact:
            insertions.append(Insertion(len(written), piece.artifact))
        written += b"\r\n"
    written += b"--%b--\r\n" % boundary.encode()
    return f"{body.media_type}; boundary={boundary}", bytes(written), tuple(insertions)


def decode_base64(value: Any, argument: str) -> bytes:
    """The bytes. Raises RequestRefused for a value that is not base64 (RFC 4648 §4)."""
    try:
        if isinstance(value, str):
            return b64decode(value, validate=True)
    except (NotBase64, ValueError):
        pass
    cure = "Encode the bytes in base64, with padding; or give what `callgate artifact put FILE` prints in their place."
    raise RequestRefused(f"the argument {argument!r} is not base64", cure=cure) from None


def _pieces(part: Part, value: Any, argument: str) -> Iterator[_Piece]:
    if part.style is not None:
        # The name and value of a part are not percent-encoded (OpenAPI 3.1.1, §4.8.15.1.2).
        styled = Parameter(argument, part.name, ValuePlace.QUERY, part.style, explode=part.explode, required=False)
        for name, sent in query(styled, value):
            yield _Piece(unquote(name), unquote(sent).encode(), None, headers=part.headers)
        return
    for item in value if isinstance(value, list) else [value]:
        yield _file(part, item, argument) if part.file else _value(part, item, argument)


def _value(part: Part, value: Any, argument: str) -> _Piece:
    media_type = part.media_type if part.media_type and "*" not in part.media_type else None
    if media_type is None and isinstance(value, dict | list):
        media_type = "application/json"
    first = media_type.split(",")[0].strip() if media_type else None
    return _Piece(part.name, text(value, argument).encode(), first, headers=part.headers)


def _file(part: Part, value: Any, argument: str) -> _Piece:
    given = value if isinstance(value, dict) else {"base64": value}
    artifact = named_artifact(given.get("base64"))
    if isinstance(given.get("text"), str):
        content = given["text"].encode()
    else:
        content = b"" if artifact else decode_base64(given.get("base64"), argument)
    filename = str(given.get("filename", part.name))
    media_type = _file_type(part, given.get("media_type"), filename, argument)
    return _Piece(part.name, content, media_type, filename, part.headers, artifact)


def _file_type(part: Part, given: Any, filename: str, argument: str) -> str:
    allowed = [essence(one) for one in (part.media_type or "*/*").split(",")]
    guessed = given or mimetypes.guess_type(filename)[0] or _OCTETS
    if not isinstance(guessed, str) or any(character in guessed for character in "\r\n\0"):
        raise RequestRefused(f"the argument {argument!r} has a media type that cannot be sent")
    if any(fnmatchcase(essence(guessed), pattern) for pattern in allowed):
        return guessed
    if given:
        raise RequestRefused(f"the argument {argument!r} has a file of a type that is not among {', '.join(allowed)}")
    return next((pattern for pattern in allowed if "*" not in pattern), _OCTETS)


def _written(piece: _Piece) -> bytes:
    lines = [f'Content-Disposition: form-data; name="{_quoted(piece.name)}"']
    if piece.filename is not None:
        lines[0] += f'; filename="{_quoted(piece.filename)}"'
    lines += [f"Content-Type: {piece.media_type}"] if piece.media_type else []
    lines += [f"{name}: {value}" for name, value in piece.headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + piece.content


def _quoted(name: str) -> str:
    """As browsers write it (WHATWG HTML, multipart/form-data encoding): no character of a name ends its line or its quotes."""
    for character, escaped in (('"', "%22"), ("\r", "%0D"), ("\n", "%0A"), ("\0", "%00")):
        name = name.replace(character, escaped)
    return name
