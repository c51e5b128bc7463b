"""Uploads that do not come to their end: nothing of them is kept, and their room is given back."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import pytest

from callgate.v1 import artifact_service_pb2 as pb
from callgate.v1.artifact_service_pb2_grpc import ArtifactServiceStub
from tests.e2e.house import House, eventually

PIECE = b"a" * (512 << 10)


@pytest.fixture
def stub(house: House) -> Iterator[ArtifactServiceStub]:
    with grpc.insecure_channel(house.address, [("grpc.enable_http_proxy", 0)]) as channel:
        yield ArtifactServiceStub(channel)


def metadata(house: House) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {house.state.token.read_text()}"),)


def request(**part: Any) -> pb.PutArtifactRequest:
    return pb.PutArtifactRequest(**part)


def files(house: House) -> set[Path]:
    return {path for path in house.state.artifacts.rglob("*") if path.is_file()}


def end(content: bytes, **changed: Any) -> pb.PutArtifactRequest:
    return request(end=pb.PutEnd(**{"size": len(content), "sha256": sha256(content).hexdigest(), **changed}))


MALFORMED = {
    "nothing": [],
    "no header": [request(chunk=PIECE)],
    "no end": [request(header={}), request(chunk=PIECE)],
    "a second header": [request(header={}), request(header={}), end(b"")],
    "an end of another size": [request(header={}), request(chunk=PIECE), end(PIECE, size=1)],
    "an end of other bytes": [request(header={}), request(chunk=PIECE), end(PIECE, sha256="0" * 64)],
    "a message over the bound": [request(header={}), request(chunk=PIECE * 3), end(PIECE * 3)],
    "a media type with a line end": [request(header={"media_type": "a/b\r\nX: y"}), end(b"")],
    "a filename with a line end": [request(header={"filename": "a\nb"}), end(b"")],
}


@pytest.mark.parametrize("messages", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_upload_is_refused_and_leaves_nothing(
    house: House, stub: ArtifactServiceStub, messages: list[pb.PutArtifactRequest]
) -> None:
    before = files(house)
    with pytest.raises(grpc.RpcError) as refusal:
        stub.PutArtifact(iter(messages), metadata=metadata(house), timeout=20)
    assert refusal.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert files(house) == before


@pytest.mark.parametrize("pieces", range(1, 13))
def test_an_upload_whose_client_goes_away_leaves_nothing(house: House, stub: ArtifactServiceStub, pieces: int) -> None:
    before = files(house)

    def messages() -> Iterator[pb.PutArtifactRequest]:
        yield request(header={})
        for _ in range(pieces):
            yield request(chunk=PIECE)
        eventually(lambda: len(files(house)) > len(before))
        call.cancel()

    call = stub.PutArtifact.future(messages(), metadata=metadata(house), timeout=20)
    with pytest.raises(grpc.FutureCancelledError):
        call.result()
    eventually(lambda: files(house) == before)


def test_a_size_that_cannot_be_kept_is_refused_before_it_is_sent(house: House, stub: ArtifactServiceStub) -> None:
    with pytest.raises(grpc.RpcError) as refusal:
        stub.PutArtifact(iter([request(header={"size": 1 << 40})]), metadata=metadata(house), timeout=20)
    assert refusal.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
