"""How many values JSON has, roughly and fast: reading it costs Python a microsecond or more for each, while all others wait."""

#: Values, names of members counted, that are read of a request, and told of an answer.
MOST = 50_000


def has_too_many(text: bytes, most: int = MOST) -> bool:
    """Whether the text of JSON has more values than that, or nearly as many."""
    return _marks(text) > most and _marks(_outside_texts(text)) > most


def _marks(text: bytes) -> int:
    """As many as there are values and names, or more."""
    return sum(text.count(mark) for mark in (b",", b":", b"[", b"{"))


def _outside_texts(text: bytes) -> bytes:
    """What is not within quotation marks. Each step takes a time that grows as the text does."""
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    return b"".join(unescaped.split(b'"')[::2])
