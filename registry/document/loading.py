"""Bytes → document. What passes is within limits, of JSON's types only, and of an OpenAPI version that the compiler knows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson

from registry.document import yaml_text
from registry.document.duplicate_keys import find_duplicates
from registry.document.hidden_characters import without_hidden
from registry.document.overlays import apply_overlays
from registry.document.swagger import is_swagger, upgrade
from registry.model.errors import DocumentInvalid, DocumentTooCostly, ManifestInvalid
from registry.model.import_fault import ImportFault
from registry.model.json_limits import count_keys, count_nodes, refuse_many_separators, require_size
from registry.model.tool import JsonObject

_UTF8_BOM = b"\xef\xbb\xbf"
#: What a site shows in the place of a document, or about it.
_HTML = re.compile(rb"<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_CURE_OF_HTML = (
    "Name the document itself, in JSON or YAML, and not the page that shows it: on such a page, the link to it often ends in "
    ".json or .yaml, and GitHub has it behind `Raw`."
)
_CURE_OF_NO_VERSION = (
    "If it is an OpenAPI document, add the version that it is of, such as `openapi: 3.1.0`. Else name another."
)
_READ_VERSIONS = re.compile(r"3\.[012](\.[0-9]+)?(-.+)?")


@dataclass(frozen=True, slots=True)
class Reading:
    """A document that can be compiled, and the faults of its text.

    `digest`: the SHA-256 of what overlays have made of it, in hex; empty where there are none.
    """

    document: JsonObject
    faults: tuple[ImportFault, ...] = ()
    digest: str = ""


def load(raw: bytes) -> JsonObject:
    """The document of `read`, for a caller that has no use for its faults."""
    return read(raw).document


def read(raw: bytes, overlays: Sequence[str] = ()) -> Reading:
    """Read a document of Swagger 2.0 or OpenAPI 3.0 to 3.2: JSON if it begins with `{`, otherwise YAML 1.2 (core schema).

    UTF-8 only. `overlays` are applied to it first. Hidden characters are left out, with a fault for each place. One of Swagger
    2.0 comes back as one of OpenAPI 3.0.3.

    Raises DocumentTooLarge over 50 MB, 2,000,000 values (YAML: 400,000) or 200 levels, ManifestInvalid for a wrong overlay,
    DocumentInvalid for everything else.
    """
    text = _text(raw)
    value = parse(raw)
    faults = find_duplicates(text, count_keys(value)) if text.startswith(b"{") else ()
    digest = ""
    if overlays:
        value, unused = apply_overlays(value, [_overlay(number, one) for number, one in enumerate(overlays)])
        count_nodes(value)
        written = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        text, digest, faults = written, sha256(written).hexdigest(), faults + unused
    value, hidden = without_hidden(text, value)
    return Reading(check(value), faults + hidden, digest)


def _overlay(number: int, text: str) -> Any:
    try:
        return parse(text.encode())
    except DocumentInvalid as error:
        raise ManifestInvalid(f"overlays:/{number}: {error}", cure=error.cure) from None


def parse(raw: bytes) -> Any:
    """The value that a JSON or YAML text stands for, whether or not it is an OpenAPI document. Raises as `read` does."""
    text = _text(raw)
    return _load_json(text) if text.startswith(b"{") else yaml_text.load(raw.removeprefix(_UTF8_BOM))


def _text(raw: bytes) -> bytes:
    """The text without a byte order mark and white space before it."""
    require_size(raw)
    text = raw.removeprefix(_UTF8_BOM).lstrip(b" \t\r\n")
    if not text:
        raise DocumentInvalid("the document is empty", cure="Check the path or URL that it was read from.")
    _require_utf8(text)
    if _HTML.match(text):
        raise DocumentInvalid("the document is an HTML page", cure=_CURE_OF_HTML)
    return text


def check(document: Any) -> JsonObject:
    """The document, in outline one of OpenAPI 3.0 to 3.2, or of Swagger 2.0 and rewritten. Raises DocumentInvalid."""
    if not isinstance(document, dict):
        raise DocumentInvalid("the document is not an object", cure="Check that the file is an OpenAPI document.")
    # Since 3.1 a document may have webhooks alone; many authors write one of components alone.
    outlined = document | {"paths": {}} if document.get("paths") is None else document
    if not isinstance(outlined["paths"], dict):
        raise DocumentInvalid("`paths` is not an object", pointer="/paths")
    _require_version(outlined)
    return upgrade(outlined) if is_swagger(outlined) else outlined


def _require_version(document: JsonObject) -> None:
    field = next((name for name in ("openapi", "swagger", "swaggerVersion") if name in document), "openapi")
    version = document.get(field)
    if not isinstance(version, str | int | float) or isinstance(version, bool):
        raise DocumentInvalid("the document names no OpenAPI version", pointer=f"/{field}", cure=_CURE_OF_NO_VERSION)
    if is_swagger(document) or (field == "openapi" and _READ_VERSIONS.fullmatch(str(version))):
        return
    raise DocumentInvalid(
        f"the document is of OpenAPI version {str(version)[:20]!r}; Swagger 2.0 and OpenAPI 3.0 to 3.2 are read",
        pointer=f"/{field}",
        cure="Convert it to OpenAPI 3.1 and import it again; or ask the API's owner for a document of Swagger 2.0 or later.",
    )


def _load_json(text: bytes) -> Any:
    refuse_many_separators(text)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "memory" in error.msg:
            raise DocumentTooCostly("reading the document takes more memory than it may") from None
        raise DocumentInvalid(f"malformed JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    count_nodes(document)
    return document


def _require_utf8(text: bytes) -> None:
    # UTF-16 of an ASCII text has a zero byte beside each character, and would be valid UTF-8.
    if b"\x00" in text[:64]:
        raise DocumentInvalid("the document is not UTF-8 text (zero bytes)", cure="Save it as UTF-8 and import it again.")
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise DocumentInvalid(
            f"the document is not UTF-8 text: byte {error.start} cannot be decoded",
            cure="Save it as UTF-8 and import it again.",
        ) from None
