"""What judges the runner's signatures is judged itself: over generated requests, by botocore."""

from datetime import UTC, datetime
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from sandbox.testing.fake_signatures import FakeRequest, sign_v4

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


def by_botocore(signed: FakeRequest, service: str) -> str:
    """Of the request as it is sent: what it is to be asked for, is the runner's choice."""
    auth = (S3SigV4Auth if service == "s3" else SigV4Auth)(Credentials("AKID", "secret"), service, "eu-west-1")
    headers = {name: value for name, value in signed.headers if name != "Authorization"}
    asked = AWSRequest(signed.method, f"https://{signed.host}{signed.target}", headers, data=signed.body)
    asked.context["timestamp"] = dict(signed.headers)["X-Amz-Date"]
    text = auth.string_to_sign(asked, auth.canonical_request(asked))
    return str(auth.signature(text, asked))
