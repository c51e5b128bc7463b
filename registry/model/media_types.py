"""What a media type says about how a value is written in it."""

from enum import Enum


class MediaKind(Enum):
    """The ways to write a value, the one to be preferred first."""

    JSON = "json"
    ANY = "any"  # a range that includes JSON
    FORM = "form"
    MULTIPART = "multipart"
    TEXT = "text"
    XML = "xml"
    LINES = "lines"  # one JSON value a line
    BINARY = "binary"


_NAMES = {
    "*/*": MediaKind.ANY,
    "application/*": MediaKind.ANY,
    "application/x-www-form-urlencoded": MediaKind.FORM,
}
_SUFFIXES = {"json": MediaKind.JSON, "xml": MediaKind.XML, "yaml": MediaKind.TEXT}
_SUBTYPES = (
    {"json": MediaKind.JSON, "xml": MediaKind.XML, "xml-external-parsed-entity": MediaKind.XML}
    | dict.fromkeys(("ndjson", "jsonl", "jsonlines", "json-lines"), MediaKind.LINES)
    | dict.fromkeys(
        ("yaml", "javascript", "graphql", "sql", "csv", "toml", "pem-certificate-chain", "pem-file"), MediaKind.TEXT
    )
)
_LETTERS = frozenset((MediaKind.JSON, MediaKind.FORM, MediaKind.TEXT, MediaKind.XML, MediaKind.LINES))
_STREAMS = frozenset(("text/event-stream", "application/json-seq", "application/stream+json"))
_TYPES = {"multipart": MediaKind.MULTIPART, "text": MediaKind.TEXT}


def essence(media_type: str) -> str:
    """`type/subtype` in lower case, without parameters (RFC 9110 §8.3.1)."""
    return media_type.split(";", 1)[0].strip().lower()


def is_json(media_type: str) -> bool:
    return kind_of(media_type) is MediaKind.JSON


def is_text(media_type: str) -> bool:
    """Whether its bytes are letters in some charset."""
    return kind_of(media_type) in _LETTERS


def is_stream(media_type: str) -> bool:
    """Whether it is made of parts that each mean something by themselves, so that its beginning is of use without its end."""
    return kind_of(media_type) is MediaKind.LINES or essence(media_type) in _STREAMS


def kind_of(media_type: str) -> MediaKind:
    """How a value is written in `media_type`: by its whole name, its suffix, its subtype, its type, in this order."""
    name = essence(media_type)
    main, _, sub = name.partition("/")
    suffix = sub.rpartition("+")[2] if "+" in sub else ""
    return (
        _NAMES.get(name) or _SUFFIXES.get(suffix) or _SUBTYPES.get(sub.removeprefix("x-")) or _TYPES.get(main, MediaKind.BINARY)
    )
