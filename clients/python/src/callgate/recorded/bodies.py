"""An answer's body in a file: as JSON where that gives back the very same bytes, else as text, else in base64."""

import json
from base64 import b64decode, b64encode
from typing import Any

from callgate.errors import RequestInvalid

#: How an upstream may have written JSON: the separators, by the name that the body has in the file.
_STYLES = {"json": (",", ":"), "spaced_json": (", ", ": ")}
#: Whether it has written other characters than ASCII as they are.
_PLAIN = {"": False, "ascii_": True}


def shown(result: dict[str, Any]) -> dict[str, Any]:
    """A result's fields, with its body in the place of base64."""
    body = b64decode(result.get("body", ""))
    rest = {name: value for name, value in result.items() if name != "body"}
    return rest | _shown(body) if body else rest


def hidden(result: dict[str, Any]) -> dict[str, Any]:
    """The same the other way round. Raises RequestInvalid."""
    rest = {name: value for name, value in result.items() if name not in _NAMES}
    found = [_NAMES[name](value) for name, value in result.items() if name in _NAMES]
    if len(found) > 1:
        raise RequestInvalid("a result has more than one body", cure="Leave one of them.", reason="REQUEST_INVALID")
    return rest | {"body": b64encode(found[0]).decode()} if found else rest


def _shown(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return _as_text(body)
    written = (name for name, write in _JSON.items() if write(value) == body)
    name = next(written, None)
    return {name: value} if name else _as_text(body)


def _as_text(body: bytes) -> dict[str, Any]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _writer(separators: tuple[str, str], ascii_only: bool) -> Any:
    def write(value: Any) -> bytes:
        try:
            return json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
        except (UnicodeEncodeError, RecursionError):
            return b""

    return write


def _text(value: Any) -> bytes:
    return str(value).encode()


def _base64(value: Any) -> bytes:
    try:
        return b64decode(str(value), validate=True)
    except ValueError:
        told = "a result's base64 is none"
        raise RequestInvalid(told, cure="Take the file as it was written.", reason="REQUEST_INVALID") from None


_JSON = {
    f"{plain}{style}": _writer(separators, ascii_only)
    for style, separators in _STYLES.items()
    for plain, ascii_only in _PLAIN.items()
}
_NAMES = {**_JSON, "text": _text, "base64": _base64}
