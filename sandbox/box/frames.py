"""The frames between gateway and runner: one byte of kind, four of length (big endian), the payload. See `runner/frames.go`."""

import math
import struct
from enum import Enum

import orjson

from sandbox.api.job import Job, PagedList, ProgramJob, Secret, SecretReference, TokenOrder

#: Bytes. A request body that is longer is not sent.
LONGEST_PAYLOAD = 16 * 2**20

_HEADER = struct.Struct(">cI")


class FrameKind(Enum):
    """The first byte of a frame. R, A, H, E and F come from the box, J, P, G and N from the gateway, and B from both."""

    READY = b"R"
    JOB = b"J"
    PROGRAM = b"P"
    BODY = b"B"
    ASK = b"A"
    GO = b"G"
    NO = b"N"
    HEAD = b"H"
    END = b"E"
    FAULT = b"F"


#: Bytes: what the frames of a box may hold. A frame that claims to be longer, or is of another kind, ends the box. An answer's
#: head is of 256 KB, which JSON lengthens sixfold at worst; a body comes in pieces of 32 KB, and what a redaction held back.
LONGEST_FROM_BOX = {
    FrameKind.READY: 0,
    FrameKind.ASK: 0,
    FrameKind.HEAD: 2 * 2**20,
    FrameKind.BODY: 2**20,
    FrameKind.END: 64 * 2**10,
    FrameKind.FAULT: 64 * 2**10,
}
_BY_LETTER = {kind.value: kind for kind in LONGEST_FROM_BOX}


class ProtocolViolation(Exception):
    """The box broke the protocol: it sent bytes that no runner sends."""


def take(received: bytearray) -> tuple[FrameKind, bytes] | None:
    """Take the next frame off what a box has sent; None until all of it is there. Raises ProtocolViolation."""
    if len(received) < _HEADER.size:
        return None
    letter, length = _HEADER.unpack_from(received)
    kind = _BY_LETTER.get(letter)
    if kind is None:
        raise ProtocolViolation("a frame of a kind that no box sends")
    if length > LONGEST_FROM_BOX[kind]:
        raise ProtocolViolation(f"a {kind.name} frame that is too long")
    if len(received) < (end := _HEADER.size + length):
        return None
    payload = bytes(received[_HEADER.size : end])
    del received[:end]
    return kind, payload


def encode(kind: FrameKind, payload: bytes = b"") -> bytes:
    return _HEADER.pack(kind.value, len(payload)) + payload


def job_frames(job: Job) -> bytes:
    """The job for the runner: one JSON frame, and a second frame with the raw body, where there is one."""
    document = {
        "method": job.method,
        "url": job.url,
        "headers": job.headers,
        "has_body": job.body is not None or job.source is not None,
        "body_bytes": job.source.size if job.source else 0,
        "timeout_ms": _bound(job.timeout),
        "response_bytes": job.longest_answer,
        "send_within_ms": 0 if job.send_within is None else _bound(job.send_within),
        "redirects": job.redirects,
        "portable": job.portable,
        "secret": _secret(job.secret) if job.secret else None,
        "authorities": job.authorities,
        "certificate": _secret(job.certificate) if job.certificate else None,
        "pages": {name: getattr(job.pages, name) for name in PagedList.__slots__} if job.pages else None,
        "counts": job.counts,
        "spills": job.is_spill_bounded,
        "token": {name: getattr(job.token, name) for name in TokenOrder.__slots__} if job.token else None,
    }
    frame = encode(FrameKind.JOB, orjson.dumps(document))
    return frame if job.body is None else frame + encode(FrameKind.BODY, job.body)


def program_frames(job: ProgramJob) -> bytes:
    """The program for the runner: one JSON frame, and a second frame with the program's raw input."""
    document = {
        "command": job.command,
        "environment": job.environment,
        "timeout_ms": _bound(job.timeout),
        "response_bytes": job.result_bytes,
        "way_out": job.way_out,
        "secret": _secret(job.secret) if job.secret else None,
        "credential_host": job.credential_host,
        "credential_tls": job.credential_tls,
    }
    return encode(FrameKind.PROGRAM, orjson.dumps(document)) + encode(FrameKind.BODY, job.input)


def go(send_within: float) -> bytes:
    """The permission to begin to send, not later than `send_within` seconds after the runner asked."""
    return encode(FrameKind.GO, orjson.dumps({"send_within_ms": int(send_within * 1000)}))


def _secret(secret: Secret) -> dict[str, object]:
    references = [{name: getattr(one, name) for name in SecretReference.__slots__} for one in secret.references]
    return {name: getattr(secret, name) for name in Secret.__slots__} | {"references": references}


def _bound(seconds: float) -> int:
    """Milliseconds, at least one: no time at all is no job, and no time to send in would mean that it must ask."""
    return max(1, math.ceil(seconds * 1000))
