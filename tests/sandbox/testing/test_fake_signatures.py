"""What judges the runner's signatures is judged itself: by what AWS has published, and over generated requests by botocore."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.testing.fake_signatures import FakeRequest, sign_v4

KEY = Credentials("AKID", "secret")
NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
SEGMENTS = st.lists(TEXTS.filter(lambda text: text.strip(".") or not text), max_size=4)
VALUES = st.text(st.sampled_from('aZ09 ,;="/+*~\t'), max_size=12).map(str.strip)
HEADERS = st.dictionaries(st.sampled_from(["X-Amz-Target", "Content-Type", "X-Own", "If-Match"]), VALUES)


@given(SEGMENTS, st.lists(st.tuples(TEXTS, TEXTS)), HEADERS, st.binary(max_size=20), st.sampled_from(["s3", "sqs"]))
def test_any_request_is_signed_as_botocore_signs_it(
    segments: list[str], pairs: list[tuple[str, str]], headers: dict[str, str], body: bytes, service: str
) -> None:
    path = "/" + "/".join(quote(one, safe="!:@") for one in segments)
    query = "&".join(f"{quote(name, safe='*')}={quote(value, safe=':@')}" for name, value in pairs)
    given_request = FakeRequest("PUT", "h.example", f"{path}?{query}" if pairs else path, tuple(headers.items()), body)
    scope = {"region": "eu-west-1", "service": service}
    signed = sign_v4(scope, ("AKID", "secret"), given_request, NOW)
    told = dict(signed.headers)["Authorization"]
    assert told.rpartition("=")[2] == by_botocore(signed, service), signed


def by_botocore(
    signed: FakeRequest, service: str, *, key: Credentials = KEY, region: str = "eu-west-1", names: str = ""
) -> str:
    """Of the request as it is sent: what it is to be asked for, is the runner's choice. `names`: the headers that are signed,
    where not all are."""
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(key, service, region)
    headers = HTTPHeaders()
    for name, value in signed.headers:
        if name != "Authorization" and (not names or name.lower() in names.split(";")):
            headers.add_header(name, value)
    asked = AWSRequest(signed.method, f"https://{signed.host}{signed.target}", headers, data=signed.body)
    asked.context["timestamp"] = dict(signed.headers)["X-Amz-Date"]
    text = auth.string_to_sign(asked, auth.canonical_request(asked))
    return str(auth.signature(text, asked))


PUBLISHED = json.loads((Path(__file__).parents[1] / "runner" / "published_signatures.json").read_text())
PUBLISHED_KEY = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
PUBLISHED_TIME = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)


@pytest.mark.parametrize("one", PUBLISHED, ids=lambda one: one["name"])
def test_what_aws_has_published_comes_out_by_both_judges(one: dict[str, Any]) -> None:
    """The runner's own test in Go reads the same file."""
    service, host = one.get("service", "service"), one.get("host", "example.amazonaws.com")
    headers = tuple((name, value) for name, value in one["headers"])
    asked = FakeRequest(one["method"], host, one["target"], headers, one["body"].encode())
    values = (PUBLISHED_KEY.access_key, PUBLISHED_KEY.secret_key, *([one["token"]] if "token" in one else []))
    signed = sign_v4({"region": "us-east-1", "service": service}, values, asked, PUBLISHED_TIME)
    told = dict(signed.headers)["Authorization"]
    assert told.endswith(f"SignedHeaders={one['signed']}, Signature={one['signature']}")
    names = one["signed"]
    assert by_botocore(signed, service, key=PUBLISHED_KEY, region="us-east-1", names=names) == one["signature"]
