"""Frames of JSON, each behind its length, between the gateway and a process of its own."""

import struct
from typing import Any, BinaryIO

import orjson

LENGTH = struct.Struct(">I")


def framed(value: Any) -> bytes:
    written = orjson.dumps(value)
    return LENGTH.pack(len(written)) + written


def write_frame(stream: BinaryIO, value: Any) -> None:
    stream.write(framed(value))


def read_frame(stream: BinaryIO) -> bytes | None:
    """The bytes of the next frame. None at the end of the stream."""
    head = stream.read(LENGTH.size)
    return stream.read(LENGTH.unpack(head)[0]) if len(head) == LENGTH.size else None
