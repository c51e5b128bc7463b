"""Services that speak S3 in a way of their own."""

from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from urllib3.exceptions import SSLError

from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactsUnavailable
from gateway.records.artifacts.artifacts import Artifacts
from gateway.records.artifacts.s3 import PART, Bucket, S3Objects

BUCKET = Bucket("bucket")


class Pages:
    def __init__(self, *pages: Any) -> None:
        self.pages = pages

    def paginate(self, **_: Any) -> Iterator[Any]:
        return iter(self.pages)


class Cut:
    """A body whose connection ends in the middle of a TLS record."""

    def read(self, _: int) -> bytes:
        raise SSLError("record cut short")

    def close(self) -> None:
        """Nothing is open."""


class Odd:
    """Answers each step with what it was given for it."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers

    def get_paginator(self, name: str) -> Pages:
        return Pages(self.answers.get(name, {}))

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda **_: self.answers[name]


@pytest.mark.parametrize(
    "answers",
    [
        {"list_objects_v2": {"Contents": [{"Key": "x"}]}},
        {"list_objects_v2": {"Contents": [{"Size": 1}]}},
        {"list_objects_v2": {"Contents": [None]}},
        {"list_multipart_uploads": {"Uploads": [{"Key": "x", "UploadId": "1"}]}},
        {"list_multipart_uploads": {"Uploads": [{"Key": "x", "UploadId": "1", "Initiated": "yesterday"}]}},
    ],
    ids=str,
)
async def test_a_listing_that_says_less_than_s3_does_is_a_store_that_is_away(answers: dict[str, Any]) -> None:
    with pytest.raises(ArtifactsUnavailable, match="otherwise than S3"):
        await Artifacts(S3Objects(BUCKET, Odd(**answers)), ArtifactBounds()).sweep()


@pytest.mark.parametrize(
    "answers", [{"create_multipart_upload": {}}, {"create_multipart_upload": {"UploadId": "1"}, "upload_part": {}}], ids=str
)
async def test_so_is_a_service_that_names_no_part_of_what_it_takes(answers: dict[str, Any]) -> None:
    writer = await S3Objects(BUCKET, Odd(**answers)).begin("f/x")
    with pytest.raises(ArtifactsUnavailable, match="otherwise than S3"):
        await writer.write(bytes(PART))


async def _all(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize("answers", [{"get_object": {}}, {"get_object": {"Body": Cut()}}], ids=str)
async def test_so_is_one_whose_answer_breaks_off(answers: dict[str, Any]) -> None:
    with pytest.raises(ArtifactsUnavailable):
        await _all(S3Objects(BUCKET, Odd(**answers)).read("f/x"))


class Door(BaseHTTPRequestHandler):
    seen: list[dict[str, str]]

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", "0")))
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def seen() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A service that takes all, where it is, and the headers that it gets."""
    heard: list[dict[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Heard", (Door,), {"seen": heard}))
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", heard
    server.shutdown()
    server.server_close()


async def test_a_service_is_sent_no_checksum_behind_a_body(seen: tuple[str, list[dict[str, str]]], tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("testing testing\n")
    url, heard = seen
    await S3Objects(Bucket("bucket", endpoint=url, region="us-east-1", credentials_file=keys)).put("f/x", b"content")
    (headers,) = heard
    assert [name for name in headers if "trailer" in name or "checksum" in name] == []
    assert headers["content-length"] == "7"
