"""Both stores: a directory, and a bucket of moto's server."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from gateway.records.artifacts.directory import DirectoryObjects
from gateway.records.artifacts.protocol import Objects
from gateway.records.artifacts.s3 import Bucket, S3Objects


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The URL of a server that speaks S3."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, tmp_path: Path) -> Bucket:
    keys = tmp_path / "keys"
    keys.write_text("testing testing\n")
    made = Bucket(f"b{secrets.token_hex(8)}", "art/", endpoint=s3, region="us-east-1", credentials_file=keys)
    client = boto3.client(
        "s3", endpoint_url=s3, region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    client.create_bucket(Bucket=made.name)
    client.close()
    return made


@pytest.fixture(params=["directory", "s3"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    if request.param == "directory":
        return DirectoryObjects(tmp_path / "artifacts")
    return S3Objects(request.getfixturevalue("bucket"))
