"""Upstreams that believe a request only where its signature is right, by a judge: botocore, or a test's own."""

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.e2e.hostile import Received
from tests.real_apis.recipes import Answer, Recipes, answer

ID, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION = "FwoGZXIvYXdzEXAMPLE/token+of=a/session=="
_TOLD = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
)

#: Why a request is not believed; empty: it is.
Judge = Callable[[Received], str]


class Verifying(Recipes):
    """Answers a request that the judge believes by its recipe, or with 200 where it has none; and others with 403 and why."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self.judge = judge
        self.verdicts: list[str] = []

    def told(self, request: Received) -> Answer:
        self.verdicts.append(verdict := self.judge(request))
        if verdict:
            return answer(403, f'{{"__type": "{verdict}"}}'.encode())
        return super().told(request) if (request.method, request.path.partition("?")[0]) in self._told else answer(200)


def body_of(request: Received) -> bytes:
    return request.raw.partition(b"\r\n\r\n")[2]


def by_botocore(region: str, service: str, token: str = "", *, clock: timedelta = timedelta()) -> Judge:
    """`clock`: how far the upstream's is ahead of the box's."""

    def judge(request: Received) -> str:
        told = _TOLD.fullmatch(request.headers.get("authorization", ""))
        if told is None:
            return "MissingAuthenticationToken"
        stamp = request.headers["x-amz-date"]
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(datetime.now(UTC) + clock - signed_at) > timedelta(minutes=5):
            return "RequestTimeTooSkewed"
        if told.groups()[:4] != (ID, stamp[:8], region, service) or request.headers.get("x-amz-security-token", "") != token:
            return "InvalidClientTokenId"
        return (
            "" if told[6] == signature_by_botocore(request, told[5].split(";"), told[3], told[4]) else "SignatureDoesNotMatch"
        )

    return judge


def signature_by_botocore(request: Received, names: list[str], region: str, service: str) -> str:
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    auth = kind(Credentials(ID, SECRET), service, region)
    asked = AWSRequest(
        method=request.method,
        url=f"http://{request.headers['host']}{request.path}",
        headers={name: request.headers[name] for name in names},
        data=body_of(request),
    )
    asked.context["timestamp"] = request.headers["x-amz-date"]
    digests = (hashlib.sha256(body_of(request)).hexdigest(), "UNSIGNED-PAYLOAD")  # S3 believes both
    if service == "s3" and request.headers["x-amz-content-sha256"] not in digests:
        return "another body"
    text: str = auth.string_to_sign(asked, auth.canonical_request(asked))
    return str(auth.signature(text, asked))
