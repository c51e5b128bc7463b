"""A record as the store packs it (MessagePack): names and values in turn. What only keeps it, or passes it on, leaves it so."""

import msgpack


def parts_of(packed: bytes) -> list[bytes]:
    parts: list[bytes] = msgpack.unpackb(packed, raw=True)
    return parts


def fields_of(packed: bytes) -> dict[bytes, bytes]:
    parts = iter(parts_of(packed))
    return dict(zip(parts, parts, strict=True))
