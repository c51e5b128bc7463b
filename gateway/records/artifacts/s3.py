"""Artifacts in a bucket of a service that speaks S3. The only module that knows boto3, which the extra `s3` brings.

An object is sent in parts of 8 MiB, and is there once the service has been told that it is complete.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import boto3
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from gateway.model.errors import ArtifactsUnavailable
from gateway.records.artifacts.protocol import PIECE, StoredObject
from gateway.records.artifacts.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")

#: Bytes. All parts of an object but its last must have 5 MiB.
PART = 8 << 20

#: Seconds to connect, and to wait for an answer; and how often a step is tried.
_PATIENCE = ClientConfig(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    # Checksums behind a body are AWS' own: other services refuse them, or take them for a part of the body.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
#: Of an object that is not there, or has no such bytes: S3 has no empty range, not even of an empty object.
_ABSENT = frozenset({"NoSuchKey", "404", "InvalidRange"})


@dataclass(frozen=True, slots=True)
class Bucket:
    """`prefix` ends with a slash, or is empty. Without an endpoint, it is AWS' own. `credentials_file`: a line with the id of
    an access key and its secret, with a blank between; without it, as AWS' tools find them."""

    name: str
    prefix: str = ""
    _: KW_ONLY
    endpoint: str | None = None
    region: str | None = None
    credentials_file: Path | None = None


def client_of(bucket: Bucket) -> Any:
    """Raises OSError, and ValueError where the file is not as it should be."""
    keys = {}
    if bucket.credentials_file is not None:
        id, secret = bucket.credentials_file.read_text().split()
        keys = {"aws_access_key_id": id, "aws_secret_access_key": secret}
    return boto3.client("s3", endpoint_url=bucket.endpoint, region_name=bucket.region, config=_PATIENCE, **keys)


class S3Objects:
    """`client` is boto3's, whose steps are made in threads."""

    def __init__(self, bucket: Bucket, client: Any = None) -> None:
        self._bucket = bucket
        self._client = client or client_of(bucket)
        self._threads = Threads()

    async def begin(self, name: str) -> "PartsWriter":
        return PartsWriter(self._client, self._place(name), self._threads)

    async def read(self, name: str, offset: int = 0) -> AsyncIterator[bytes]:
        given = {**self._place(name), "Range": f"bytes={offset}-"}
        body = await _step(self._threads, _said, "Body", self._client.get_object, **given)
        if body is None:
            return
        try:
            while piece := await _step(self._threads, body.read, PIECE):
                yield piece
        finally:
            self._threads.begin(body.close)

    async def put(self, name: str, content: bytes) -> None:
        await _step(self._threads, self._client.put_object, **self._place(name), Body=content)

    async def get(self, name: str) -> bytes | None:
        return b"".join([piece async for piece in self.read(name)]) or None

    async def delete(self, name: str) -> None:
        await _step(self._threads, self._client.delete_object, **self._place(name))

    async def list(self, folder: str = "") -> list[StoredObject]:
        return await _step(self._threads, lambda: list(self._listed(folder))) or []

    async def sweep(self, before: float) -> None:
        await _step(self._threads, self._sweep, before)

    def _place(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket.name, "Key": self._bucket.prefix + name}

    def _listed(self, folder: str) -> Iterator[StoredObject]:
        prefix = self._bucket.prefix
        wanted = f"{prefix}{folder}/" if folder else prefix
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket.name, Prefix=wanted):
            for found in page.get("Contents", ()):
                yield StoredObject(found["Key"].removeprefix(prefix), found["Size"])

    def _sweep(self, before: float) -> None:
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self._bucket.name, Prefix=self._bucket.prefix):
            for found in page.get("Uploads", ()):
                if found["Initiated"].timestamp() < before:
                    place = {"Bucket": self._bucket.name, "Key": found["Key"]}
                    self._client.abort_multipart_upload(**place, UploadId=found["UploadId"])


@dataclass(slots=True)
class PartsWriter:
    """What comes is held until there is a part of it. A small object is sent as a whole."""

    client: Any
    place: dict[str, str]
    threads: Threads
    _held: bytearray = field(default_factory=bytearray, init=False)
    _upload: str = field(default="", init=False)
    _parts: list[dict[str, Any]] = field(default_factory=list, init=False)

    async def write(self, piece: bytes | bytearray | memoryview) -> None:
        self._held += piece
        if len(self._held) >= PART:
            await self._send()

    async def commit(self) -> None:
        if not self._upload:
            await _step(self.threads, self.client.put_object, **self.place, Body=bytes(self._held))
            return
        if self._held:
            await self._send()
        complete = self.client.complete_multipart_upload
        await _step(self.threads, complete, **self.place, UploadId=self._upload, MultipartUpload={"Parts": self._parts})

    async def abort(self) -> None:
        self._held.clear()
        if self._upload:
            with suppress(ArtifactsUnavailable):
                await _step(self.threads, self.client.abort_multipart_upload, **self.place, UploadId=self._upload)

    async def _send(self) -> None:
        if not self._upload:
            self._upload = await _step(self.threads, _said, "UploadId", self.client.create_multipart_upload, **self.place)
        number, part = len(self._parts) + 1, bytes(self._held)
        self._held.clear()
        upload = self.client.upload_part
        place = {**self.place, "UploadId": self._upload, "PartNumber": number}
        tag = await _step(self.threads, _said, "ETag", upload, **place, Body=part)
        self._parts.append({"ETag": tag, "PartNumber": number})


def _said(name: str, work: Callable[..., Any], **given: Any) -> Any:
    """One field of what a service answers. Raises LookupError where it is not there."""
    return work(**given)[name]


async def _step(threads: Threads, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Any:
    """Do it in a thread. None where the object is not there, or nothing of it."""
    try:
        return await threads.do(work, *args, **kwargs)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _ABSENT:
            return None
        raise ArtifactsUnavailable(f"the store of artifacts refused a step: {code}") from error
    except (BotoCoreError, HTTPError, OSError) as error:
        raise ArtifactsUnavailable(f"the store of artifacts does not answer: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:  # a service that speaks S3 in a way of its own
        raise ArtifactsUnavailable(f"the store of artifacts answers otherwise than S3 does: {error!r}") from error
