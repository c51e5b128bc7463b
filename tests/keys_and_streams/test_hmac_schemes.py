"""Requests that are signed as a manifest declares: each is judged as its API's documentation says."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from callgate import SandboxFailed, Succeeded, ToolFailed
from callgate.errors import ManifestInvalid
from tests.e2e.hostile import Received
from tests.real_apis.conftest import Json, Situate

from .signatures import Verifying, body_of

PATH = "secret/data/signing"
KEY, RAW = "k3y-that-signs/requests", base64.b64encode(b"sixteen byte key").decode()
ID = "the-id-of-the-key"
PATHS: Json = {
    "/v1/orders": {
        "post": {
            "operationId": "act",
            "parameters": [{"name": "symbol", "in": "query", "schema": {}}, {"name": "side", "in": "query", "schema": {}}],
            "requestBody": {"content": {"application/json": {"schema": {}}}},
        },
        "get": {"operationId": "see", "parameters": [{"name": "symbol", "in": "query", "schema": {}}]},
    }
}


def mac(text: str | bytes, algorithm: str = "sha256", key: str | bytes = KEY) -> bytes:
    key, text = (one.encode() if isinstance(one, str) else one for one in (key, text))
    return hmac.new(key, text, algorithm).digest()


def in64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def fresh(seconds: float) -> bool:
    return abs(time.time() - seconds) < 60


def like_an_exchange_in_the_query(request: Received) -> bool:
    """The query and the body together, the signature as the query's last pair (as Binance has it)."""
    query, _, signature = request.path.partition("?")[2].rpartition("&signature=")
    stamp = int(dict(pair.split("=") for pair in query.split("&"))["timestamp"])
    signed = query.encode() + body_of(request)
    return mac(signed).hex() == signature and fresh(stamp / 1000) and request.headers["x-mbx-apikey"] == ID


def like_an_exchange_in_headers(request: Received) -> bool:
    """Time, method, target and body by a key that is stored in base64 (as Coinbase Exchange has it)."""
    stamp = request.headers["cb-access-timestamp"]
    text = (stamp + request.method + request.path).encode() + body_of(request)
    right = in64(mac(text, key=base64.b64decode(RAW))) == request.headers["cb-access-sign"]
    return right and fresh(int(stamp)) and request.headers["cb-access-key"] == ID


def like_one_with_moments(request: Received) -> bool:
    """The same with a moment in words (as OKX has it)."""
    stamp = request.headers["ok-access-timestamp"]
    text = (stamp + request.method + request.path).encode() + body_of(request)
    moment = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC).timestamp()
    return in64(mac(text)) == request.headers["ok-access-sign"] and fresh(moment)


def like_one_with_lines(request: Received) -> bool:
    """Five lines, one of them the digest of the body (as Gate.io has it)."""
    path, _, query = request.path.partition("?")
    digest, stamp = hashlib.sha512(body_of(request)).hexdigest(), request.headers["timestamp"]
    text = f"{request.method}\n{path}\n{query}\n{digest}\n{stamp}"
    return mac(text, "sha512").hex() == request.headers["sign"] and request.headers["key"] == ID


def like_a_webhook(request: Received) -> bool:
    """The body alone (as GitHub has it)."""
    return request.headers["x-hub-signature-256"] == "sha256=" + mac(body_of(request)).hex()


def like_an_older_webhook(request: Received) -> bool:
    return request.headers["x-hub-signature"] == "sha1=" + mac(body_of(request), "sha1").hex()


def like_a_webhook_with_its_time(request: Received) -> bool:
    """Time and body, both told in one header (as Stripe has it)."""
    stamp, signature = (part.partition("=")[2] for part in request.headers["stripe-signature"].split(","))
    return mac(f"{stamp}.".encode() + body_of(request)).hex() == signature and fresh(int(stamp))


def like_a_versioned_one(request: Received) -> bool:
    """A version, time and body (as Slack has it)."""
    stamp = request.headers["x-slack-request-timestamp"]
    return request.headers["x-slack-signature"] == "v0=" + mac(f"v0:{stamp}:".encode() + body_of(request)).hex()


def like_a_configuration_store(request: Received) -> bool:
    """HTTP's date, host and the digest of the body, all in Authorization (as Azure's App Configuration has it)."""
    stamp, digest = request.headers["x-ms-date"], in64(hashlib.sha256(body_of(request)).digest())
    text = f"{request.method}\n{request.path}\n{stamp};{request.headers['host']};{digest}"
    signature = in64(mac(text, key=base64.b64decode(RAW)))
    told = f"HMAC-SHA256 Credential={ID}&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"
    return request.headers["authorization"] == told and request.headers["x-ms-content-sha256"] == digest


_nonces: set[str] = set()


def like_one_with_a_nonce(request: Received) -> bool:
    """Id, nonce and signature in Authorization; no nonce counts twice."""
    told, nonce, signature = request.headers["authorization"].removeprefix("hmac ").split(":")
    again = nonce in _nonces
    _nonces.add(nonce)
    return (told, again) == (ID, False) and in64(mac(f"{ID}{request.method}{request.headers['host']}{nonce}")) == signature


@dataclass(frozen=True)
class Row:
    """`scheme`: the manifest's words, beside path, kind and field. `judge`: whether the upstream believes the request."""

    scheme: Json
    judge: Callable[[Received], bool]
    beside: list[Json] = field(default_factory=list)
    field: str = "key"


_IN_64 = {"encoding": "base64", "algorithm": "sha256"}
_HEX = {"encoding": "hex", "algorithm": "sha256"}
ROWS: dict[str, Row] = {
    "an exchange, in the query": Row(
        _HEX
        | {"place": "query", "name": "signature", "sign": "{query}{body}"}
        | {"timestamp": "query:timestamp", "timestamp_form": "milliseconds"},
        like_an_exchange_in_the_query,
        beside=[{"path": PATH, "field": "id", "place": "header", "name": "X-MBX-APIKEY"}],
    ),
    "an exchange, in headers": Row(
        _IN_64
        | {"place": "header", "name": "CB-ACCESS-SIGN", "sign": "{timestamp}{method}{target}{body}", "key_encoding": "base64"}
        | {"timestamp": "header:CB-ACCESS-TIMESTAMP", "key_id": "header:CB-ACCESS-KEY", "key_id_field": "id"},
        like_an_exchange_in_headers,
        field="raw",
    ),
    "an exchange, with moments": Row(
        _IN_64
        | {"place": "header", "name": "OK-ACCESS-SIGN", "sign": "{timestamp}{method}{target}{body}"}
        | {"timestamp": "header:OK-ACCESS-TIMESTAMP", "timestamp_form": "iso8601"},
        like_one_with_moments,
    ),
    "an exchange, with lines": Row(
        {"place": "header", "name": "SIGN", "algorithm": "sha512", "encoding": "hex"}
        | {"sign": "{method}\n{path}\n{query}\n{digest}\n{timestamp}", "timestamp": "header:Timestamp"}
        | {"key_id": "header:KEY", "key_id_field": "id"},
        like_one_with_lines,
    ),
    "a webhook": Row(
        _HEX | {"place": "header", "name": "X-Hub-Signature-256", "sign": "{body}", "value": "sha256={signature}"},
        like_a_webhook,
    ),
    "an older webhook": Row(
        {"place": "header", "name": "X-Hub-Signature", "sign": "{body}", "value": "sha1={signature}"}
        | {"algorithm": "sha1", "encoding": "hex"},
        like_an_older_webhook,
    ),
    "a webhook with its time": Row(
        _HEX
        | {"place": "header", "name": "Stripe-Signature"}
        | {"sign": "{timestamp}.{body}", "value": "t={timestamp},v1={signature}"},
        like_a_webhook_with_its_time,
    ),
    "a version and a time": Row(
        _HEX
        | {"place": "header", "name": "X-Slack-Signature", "sign": "v0:{timestamp}:{body}", "value": "v0={signature}"}
        | {"timestamp": "header:X-Slack-Request-Timestamp"},
        like_a_versioned_one,
    ),
    "a store of configurations": Row(
        _IN_64
        | {"place": "header", "name": "Authorization", "sign": "{method}\n{target}\n{timestamp};{host};{digest}"}
        | {"value": "HMAC-SHA256 Credential={key_id}&SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}"}
        | {"timestamp": "header:x-ms-date", "timestamp_form": "http_date", "digest": "header:x-ms-content-sha256"}
        | {"key_id_field": "id", "key_encoding": "base64"},
        like_a_configuration_store,
        field="raw",
    ),
    "a nonce": Row(
        _IN_64
        | {"place": "header", "name": "Authorization", "sign": "{key_id}{method}{host}{nonce}", "key_id_field": "id"}
        | {"value": "hmac {key_id}:{nonce}:{signature}"},
        like_one_with_a_nonce,
    ),
}  # fmt: skip

GOOD: Json = {"path": PATH, "kind": "hmac_signature", "field": "key", "place": "header", "name": "X-S", "sign": "{body}"} | _HEX


def credential(row: Row) -> list[Json]:
    return [{"path": PATH, "kind": "hmac_signature", "field": row.field} | row.scheme, *row.beside]


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_an_upstream_of_this_scheme_believes_what_is_signed(situation: Situate, row: Row) -> None:
    with Verifying(lambda request: "" if row.judge(request) else "wrong") as upstream:
        made = situation(PATHS, server=upstream.url, manifest={"defaults": {"credential": credential(row)}})
        made.house.store(made.report, {PATH: {"key": KEY + "\n", "raw": RAW, "id": ID}})
        calls: list[tuple[str, Json]] = [
            ("act", {"symbol": "BTC USD", "side": "{timestamp}&x", "body": {"price": "{body}", "name": "ä"}}),
            ("act", {"symbol": "a", "body": {}}),
            ("see", {"symbol": "a"}),
        ]
        for operation, arguments in calls:
            assert isinstance(made.call(operation, arguments).outcome, Succeeded)
        assert upstream.verdicts == [""] * 3
        assert all(secret.encode() not in request.raw for secret in (KEY, RAW) for request in upstream.requests)


def test_neither_key_nor_signature_comes_back_and_a_preview_shows_neither_key_nor_id(situation: Situate) -> None:
    def echo(request: Received) -> Any:
        text = {"key": KEY, "in base64": in64(KEY.encode()), "told": request.headers["x-s"]}
        return answer_of(text)

    with Verifying(lambda _: "") as upstream:
        upstream.told = echo  # type: ignore[method-assign]
        said = GOOD | {"value": "{key_id}:{signature}", "key_id_field": "id", "timestamp": "query:t"}
        made = situation(PATHS, server=upstream.url, manifest={"defaults": {"credential": said}})
        made.house.store(made.report, {PATH: {"key": KEY, "id": ID}})
        answered = made.call("act", {"symbol": "a", "body": {}}).json()
        assert answered == {"key": "[REDACTED]", "in base64": "[REDACTED]", "told": f"{ID}:[REDACTED]"}
        request = made.house.client.invocations.preview(made.name("act"), {"symbol": "a", "body": {}}).request
    assert request is not None
    assert dict(request.headers)["X-S"] == "[secret]:[secret]"
    assert request.url.endswith("?symbol=a&t=[time]")


def answer_of(value: Json) -> Any:
    body = json.dumps(value).encode()
    return [b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body), body]


def test_a_document_whose_schemes_are_the_places_of_a_signature_is_satisfied_by_it(situation: Situate) -> None:
    row = ROWS["an exchange, in headers"]
    schemes = {
        word: {"type": "apiKey", "in": "header", "name": f"CB-ACCESS-{word.upper()}"} for word in ("key", "sign", "timestamp")
    }
    said = {key: value for key, value in credential(row)[0].items() if key not in ("place", "name")}
    with Verifying(lambda request: "" if row.judge(request) else "wrong") as upstream:
        made = situation(
            PATHS,
            server=upstream.url,
            components={"securitySchemes": schemes},
            security=[{word: [] for word in schemes}],
            manifest={"credentials": {"sign": said}},
        )
        made.house.store(made.report, {PATH: {"raw": RAW, "id": ID}})
        assert isinstance(made.call("act", {"body": {"a": 1}}).outcome, Succeeded)
        assert upstream.verdicts == [""]


def test_a_signature_in_another_encoding_than_the_api_wants_is_told_with_where_to_look(situation: Situate) -> None:
    with Verifying(lambda request: "" if mac(body_of(request)).hex() == request.headers["x-s"] else "wrong") as upstream:
        made = situation(PATHS, server=upstream.url, manifest={"defaults": {"credential": GOOD | {"encoding": "base64"}}})
        made.house.store(made.report, {PATH: {"key": KEY}})
        outcome = made.call("see").outcome
    assert isinstance(outcome, ToolFailed)
    assert "`callgate try` shows where that goes" in outcome.message
    assert "`encoding`" in outcome.message


def test_a_key_that_is_not_stored_as_it_is_said_is_told_and_nothing_is_sent(situation: Situate) -> None:
    with Verifying(lambda _: "") as upstream:
        made = situation(PATHS, server=upstream.url, manifest={"defaults": {"credential": GOOD | {"key_encoding": "hex"}}})
        made.house.store(made.report, {PATH: {"key": KEY}})
        outcome = made.call("see").outcome
        assert isinstance(outcome, SandboxFailed)
        assert (outcome.fault, upstream.requests) == ("SECRET_UNAVAILABLE", [])
        assert "key_encoding" in outcome.message
        assert KEY not in outcome.message


BAD: dict[str, tuple[Json, str]] = {
    "an algorithm that is broken": ({"algorithm": "md5"}, "/defaults/credential/algorithm"),
    "nothing signed": ({"sign": ""}, "/defaults/credential/sign"),
    "a word that there is not": ({"sign": "{boddy}"}, "sign has {boddy}"),
    "a brace of its own": ({"sign": '{"a": {body}}'}, "brace"),
    "nothing of the request": ({"sign": "constant{host}"}, "the same signature"),
    "a value without the signature": ({"value": "v1="}, "value lacks {signature}"),
    "a value of two lines": ({"value": "{signature}\nX: y"}, "more than one line"),
    "an id of no field": ({"value": "{key_id}:{signature}"}, "key_id_field"),
    "an id that goes somewhere": ({"key_id": "header:X-Id"}, "key_id_field"),
    "a cookie": ({"place": "cookie"}, "place is one of header, query"),
    "a place of no kind": ({"timestamp": "body:t"}, "/defaults/credential/timestamp"),
    "two of one place": ({"timestamp": "header:x-s"}, "same place"),
    "a region": ({"region": "eu-west-1"}, "has no region"),
    "no encoding": ({"encoding": None}, "needs encoding"),
    "two fields": ({"secret_key_field": "x"}, "one `field`"),
}


@pytest.mark.parametrize(("change", "told"), BAD.values(), ids=BAD.keys())
def test_a_scheme_that_cannot_be_is_refused_by_its_word(situation: Situate, change: Json, told: str) -> None:
    said = {key: value for key, value in (GOOD | change).items() if value is not None}
    with pytest.raises(ManifestInvalid) as refused:
        situation(PATHS, manifest={"defaults": {"credential": said}})
    assert told in refused.value.message
