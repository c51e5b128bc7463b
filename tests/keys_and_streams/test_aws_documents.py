"""AWS's own documents: what says that their requests are signed, for what, and what is lacking."""

import json
from typing import Any

import pytest

from callgate import CredentialSource, ImportFault, ImportReport
from callgate.errors import ManifestInvalid
from tests.e2e.house import House
from tests.real_apis.conftest import ANSWERED, Json

SCHEME: Json = {"type": "apiKey", "name": "Authorization", "in": "header", "x-amazon-apigateway-authtype": "awsSigv4"}
OF_QUERY = (
    "X-Amz-Content-Sha256",
    "X-Amz-Date",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
)
KEY: Json = {"path": "secret/data/aws", "access_key_field": "id", "secret_key_field": "secret"}
SOURCE = CredentialSource("hmac", "secret/data/aws", "secret", "id")
#: As it is in `apis-guru/amazonaws.com`, but for what it is about.
URL = "https://sms-voice.{region}.amazonaws.com"
VARIABLES: Json = {"region": {"enum": ["us-east-1", "eu-west-1"], "default": "us-east-1"}}


def document(name: str, url: str = URL, info: Json | None = None, scheme: Json | None = None) -> bytes:
    parameters = [{"name": one, "in": "header", "schema": {"type": "string"}} for one in (*OF_QUERY, "X-Amz-SignedHeaders")]
    operation = {"operationId": name, "parameters": [{"name": "q", "in": "query", "schema": {}}], "responses": ANSWERED}
    whole = {
        "openapi": "3.0.0",
        "info": {"title": "AWS", "version": "1"} | (info or {}),
        "servers": [{"url": url, "variables": VARIABLES}],
        "security": [{"hmac": []}],
        "components": {"securitySchemes": {"hmac": scheme or SCHEME}},
        "paths": {f"/{name}": {"parameters": parameters, "get": operation}},
    }
    return json.dumps(whole).encode()


def imported(house: House, name: str, raw: bytes, **options: Any) -> ImportReport:
    report = house.client.toolsets.import_openapi(raw, name.replace("_", "-"), **options)
    house.promote(report)
    return report


def asking(report: ImportReport) -> list[ImportFault]:
    """The faults that are not about parameters which the signature fills."""
    return [fault for fault in report.faults if "filled by the credential" not in fault.message]


def manifest(name: str, **words: Any) -> bytes:
    return json.dumps({"toolset": name.replace("_", "-"), **words}).encode()


def signed_for(house: House, name: str) -> str:
    request = house.client.invocations.preview(name, {"q": "1"}).request
    assert request is not None
    return dict(request.headers)["Authorization"].partition("[day]/")[2].partition("/aws4_request")[0]


SIGNED: dict[str, tuple[str, Json, Json, str]] = {
    "its_host": (URL, {}, {}, "us-east-1/sms-voice"),
    "another_region": (URL.replace("{region}", "eu-west-1"), {}, {}, "eu-west-1/sms-voice"),
    "its_info": (URL.replace("sms-voice", "pinpoint"), {"x-aws-signingName": "targeting"}, {}, "us-east-1/targeting"),
    "an_api_of_ones_own": ("https://abc123.execute-api.eu-west-1.amazonaws.com/prod", {}, {}, "eu-west-1/execute-api"),
    "the_manifest": ("https://api.example.com", {}, {"region": "eu-west-1", "service": "execute-api"}, "eu-west-1/execute-api"),
    "the_manifest_first": (URL, {}, {"region": "eu-west-1"}, "eu-west-1/sms-voice"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNED)
def test_region_and_service_are_those_of(house: House, name: str) -> None:
    url, info, said, expected = SIGNED[name]
    report = imported(house, name, document(name, url, info), manifest=manifest(name, credentials={"hmac": KEY | said}))
    assert asking(report) == []
    assert signed_for(house, name) == expected
    assert set(house.client.tools.get(name).input_schema["properties"]) == {"q"}


def test_a_command_names_both_fields(house: House) -> None:
    report = imported(house, "by_command", document("by_command"), credentials=[SOURCE])
    assert asking(report) == []
    assert signed_for(house, "by_command") == "us-east-1/sms-voice"


@pytest.mark.parametrize(
    ("url", "said", "lacking"),
    [
        ("https://api.example.com", {}, "region and service"),
        ("https://api.example.com", {"region": "eu-west-1"}, "service"),
        ("https://sqs.amazonaws.com", {}, "region"),
        ("http://127.0.0.1:9", {"service": "s3"}, "region"),
    ],
)
def test_what_the_host_does_not_tell_is_a_fault_with_its_cure(house: House, url: str, said: Json, lacking: str) -> None:
    words = manifest("lacking", credentials={"hmac": KEY | said})
    report = house.client.toolsets.plan(document("lacking", url), "lacking", manifest=words)
    (fault,) = asking(report)
    assert f"needs the {lacking}, which the host" in fault.message
    assert fault.cure == f"Name {lacking} beside the credential's path in the manifest."
    assert (fault.operations, report.tools) == (("GET /lacking",), ())


def test_without_a_secret_the_fault_says_how_a_command_names_two_fields(house: House) -> None:
    (fault,) = (one for one in imported(house, "without", document("without")).faults if "requires" in one.message)
    assert "--credential 'hmac=PATH#ID_FIELD:SECRET_FIELD'" in fault.cure


BAD: dict[str, tuple[Json, str]] = {
    "one field": ({"path": "p", "field": "f"}, "access_key_field and secret_key_field"),
    "no secret": ({"path": "p", "access_key_field": "a"}, "expected `field`"),
    "a region with a slash": (KEY | {"region": "eu/west"}, "/credentials/hmac/region"),
    "a kind that there is not": (KEY | {"kind": "aws_sigv2"}, "aws_sigv4"),
    "a word of the other kind": (KEY | {"sign": "{body}"}, "has no sign"),
    "a word that is misspelt": (KEY | {"sesion_token_field": "t"}, "session_token_field"),
}


@pytest.mark.parametrize(("said", "told"), BAD.values(), ids=BAD.keys())
def test_a_manifest_that_makes_no_signature_is_refused(house: House, said: Json, told: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        imported(house, "bad", document("bad"), manifest=manifest("bad", credentials={"hmac": said}))
    assert told in refused.value.message


def test_a_scheme_that_only_looks_like_it_is_signed_where_the_manifest_says_so(house: House) -> None:
    plain = {key: value for key, value in SCHEME.items() if not key.startswith("x-")}
    said = KEY | {"kind": "aws_sigv4"}
    report = imported(house, "plain", document("plain", scheme=plain), manifest=manifest("plain", credentials={"hmac": said}))
    assert asking(report) == []
    assert signed_for(house, "plain") == "us-east-1/sms-voice"
