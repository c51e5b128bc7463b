"""What is taken out of JSON so that it stays JSON: a number that is hidden, and texts that are written in escapes. Pure."""

import json
import re

from registry.calling.redaction import REDACTED

#: A text of JSON, which may lack its end, or what looks like a number outside of one.
_PIECE = re.compile(rb'"(?:[^"\\\r\n]++|\\.)*+"?|-?[0-9][0-9.eE+-]*+')
_NUMBER = re.compile(r"-?[0-9]++(\.[0-9]++)?([eE][+-]?[0-9]++)?")

#: Levels of JSON in a text of JSON.
DEEPEST = 4


def without_in_json(body: bytes, forms: list[str], *, numbers: bool) -> bytes:
    """`forms`: all in which a text is hidden. `numbers`: the body is JSON, or lines or events of it."""
    digits = [form.encode() for form in forms if numbers and _NUMBER.fullmatch(form)]
    if not digits and b"\\u" not in body:
        return body

    def cleared(found: re.Match[bytes]) -> bytes:
        piece = found[0]
        if piece.startswith(b'"'):
            return _text(piece, forms, DEEPEST) if b"\\u" in piece else piece
        return json.dumps(REDACTED).encode() if any(one in piece for one in digits) else piece

    return _PIECE.sub(cleared, body)


def _text(piece: bytes, forms: list[str], levels: int) -> bytes:
    """A text with its quotes; written anew where something is hidden in what its escapes mean."""
    try:
        text = json.loads(piece, strict=False)
    except ValueError:  # its end is missing
        return piece
    plain = text
    for form in forms:
        plain = plain.replace(form, REDACTED)
    if levels and "\\u" in plain:
        inner = plain.encode("utf-8", "surrogatepass")
        deeper = _PIECE.sub(lambda found: _text(found[0], forms, levels - 1) if found[0][:1] == b'"' else found[0], inner)
        plain = deeper.decode("utf-8", "surrogatepass")
    return piece if plain == text else json.dumps(plain).encode()
