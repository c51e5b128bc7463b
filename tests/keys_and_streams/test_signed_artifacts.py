"""Requests that are signed, and whose body is an artifact: where the signature need not hold the body, they are believed."""

import hashlib
import hmac

import pytest

from callgate import SandboxFailed
from tests.e2e.hostile import Received
from tests.e2e.house import House
from tests.real_apis.asking import operation, succeeded
from tests.real_apis.conftest import Json, Situate, Situation

from .signatures import ID, SECRET, Judge, Verifying, body_of, by_botocore

PATH = "secret/data/signs"
AWS: Json = {
    "path": PATH,
    "kind": "aws_sigv4",
    "access_key_field": "id",
    "secret_key_field": "secret",
    "region": "eu-central-1",
}
HMAC: Json = {
    "path": PATH,
    "field": "secret",
    "kind": "hmac_signature",
    "place": "header",
    "name": "X-Signature",
    "algorithm": "sha256",
    "encoding": "hex",
}
BINARY: Json = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
CONTENT = b"a line of a file\n" * 100_000


def by_its_path(request: Received) -> str:
    wanted = hmac.new(SECRET.encode(), request.path.encode(), "sha256").hexdigest()
    return "" if request.headers["x-signature"] == wanted else "another signature"


def sending(situation: Situate, upstream: Verifying, credential: Json) -> Situation:
    made = situation(
        {"/bucket/a.txt": operation("put", requestBody=BINARY)},
        server=upstream.url,
        manifest={"defaults": {"credential": credential}},
    )
    made.house.store(made.report, {PATH: {"id": ID, "secret": SECRET}})
    return made


@pytest.mark.parametrize(
    ("credential", "judge"),
    [
        (AWS | {"service": "s3"}, by_botocore("eu-central-1", "s3")),
        (HMAC | {"sign": "{path}"}, by_its_path),
    ],
    ids=["S3", "HMAC of the path"],
)
def test_a_file_goes_up_behind_a_signature_that_does_not_hold_it(
    situation: Situate, house: House, credential: Json, judge: Judge
) -> None:
    with Verifying(judge) as upstream:
        stored = house.client.artifacts.put(CONTENT)
        succeeded(sending(situation, upstream, credential).call("ask", {"body": stored.argument}))
        (request,) = upstream.requests
    assert (upstream.verdicts, hashlib.sha256(body_of(request)).hexdigest()) == ([""], stored.sha256)


@pytest.mark.parametrize(
    "credential",
    [AWS | {"service": "execute-api"}, HMAC | {"sign": "{body}"}, HMAC | {"sign": "{path}", "digest": "header:Digest"}],
    ids=["execute-api", "HMAC of the body", "a digest"],
)
def test_a_signature_that_holds_the_body_is_not_made_of_what_passes_by(
    situation: Situate, house: House, credential: Json
) -> None:
    with Verifying(lambda _: "") as upstream:
        stored = house.client.artifacts.put(CONTENT)
        outcome = sending(situation, upstream, credential).call("ask", {"body": stored.argument}).outcome
        assert upstream.requests == []
    assert isinstance(outcome, SandboxFailed), outcome
    assert "in base64" in outcome.message
