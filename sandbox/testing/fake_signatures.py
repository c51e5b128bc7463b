"""How the pool without containers signs a request: in other words than the runner, so that each judges the other."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from posixpath import normpath
from urllib.parse import quote, quote_plus, unquote_to_bytes

Headers = tuple[tuple[str, str], ...]

_DIGEST_TOLD = {"aoss", "glacier", "s3", "s3-object-lambda", "s3-outposts", "s3express"}
_UNSIGNED = {"accept", "accept-encoding", "authorization", "connection", "expect", "traceparent", "tracestate", "user-agent"}
_WORD = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """A request that is about to be sent. `host` and `target` are as its head has them."""

    method: str
    host: str
    target: str
    headers: Headers
    body: bytes = b""

    def with_header(self, name: str, value: str) -> "FakeRequest":
        others = tuple(header for header in self.headers if header[0].lower() != name.lower())
        return replace(self, headers=(*others, (name, value)))

    def with_pair(self, name: str, value: str) -> "FakeRequest":
        path, _, query = self.target.partition("?")
        kept = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != name]
        return replace(self, target=f"{path}?{'&'.join([*kept, f'{name}={quote_plus(value)}'])}")

    def with_value(self, place: str, name: str, value: str) -> "FakeRequest":
        return self.with_header(name, value) if place == "header" else self.with_pair(name, value)


def sign_v4(parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest, now: datetime) -> FakeRequest:
    """AWS's Signature Version 4."""
    stamp, service = f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}", str(parameters["service"])
    digest = hashlib.sha256(request.body).hexdigest()
    request = replace(request, target=_strict(request.target)).with_header("X-Amz-Date", stamp)
    for token in values[2:]:
        request = request.with_header("X-Amz-Security-Token", token)
    if service in _DIGEST_TOLD:
        request = request.with_header("X-Amz-Content-Sha256", digest)
    path, _, query = request.target.partition("?")
    signed = _signed_headers(request)
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    target = path if service.startswith("s3") else quote(_shortest(path), safe="/~")
    canonical = "\n".join((request.method, target, _sorted(query), lines, names, digest))
    scope = f"{stamp[:8]}/{parameters['region']}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"AWS4{values[1]}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.new(key, text.encode(), "sha256").hexdigest()
    told = f"AWS4-HMAC-SHA256 Credential={values[0]}/{scope}, SignedHeaders={names}, Signature={signature}"
    return request.with_header("Authorization", told)


def sign_as_declared(
    parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest, now: datetime
) -> FakeRequest:
    said = {name: str(value) for name, value in parameters.items()}
    key = {"": str.encode, "hex": bytes.fromhex, "base64": base64.b64decode}[said.get("key_encoding", "")](values[0])
    known = {
        "method": request.method.encode(),
        "host": request.host.encode(),
        "body": request.body,
        "digest": _written(hashlib.new(said["algorithm"], request.body).digest(), said["encoding"]).encode(),
        "nonce": secrets.token_hex(16).encode(),
        "key_id": "".join(values[1:]).encode(),
        "timestamp": _time(now, said.get("timestamp_form", "")).encode(),
    }
    for name in ("key_id", "timestamp", "nonce", "digest"):
        if name in said:
            place, _, where = said[name].partition(":")
            request = request.with_value(place, where, known[name].decode())
    path, _, query = request.target.partition("?")
    known |= {"target": request.target.encode(), "path": path.encode(), "query": query.encode()}
    mac = hmac.digest(key, _filled(said["sign"], known), said["algorithm"])
    known["signature"] = _written(mac, said["encoding"]).encode()
    value = _filled(said.get("value", "{signature}"), known).decode()
    return request.with_value(said["place"], said["name"], value)


def _filled(template: str, known: Mapping[str, bytes]) -> bytes:
    pieces = _WORD.split(template)
    return b"".join(known[piece] if index % 2 else piece.encode() for index, piece in enumerate(pieces))


def _written(content: bytes, encoding: str) -> str:
    return content.hex() if encoding == "hex" else base64.b64encode(content).decode()


def _time(now: datetime, form: str) -> str:
    forms = {
        "": str(int(now.timestamp())),
        "milliseconds": str(int(now.timestamp() * 1000)),
        "iso8601": f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        "http_date": format_datetime(now.astimezone(UTC), usegmt=True),
    }
    return forms[form]


def _signed_headers(request: FakeRequest) -> dict[str, str]:
    found = {"host": request.host}
    for name, value in request.headers:
        if name.lower() not in _UNSIGNED:
            trimmed = " ".join(value.split())
            found[name.lower()] = f"{found[name.lower()]},{trimmed}" if name.lower() in found else trimmed
    return dict(sorted(found.items()))


def _strict(target: str) -> str:
    path, asks, query = target.partition("?")
    pairs = ("=".join(_again(part) for part in pair.split("=", 1)) for pair in query.replace("+", "%20").split("&"))
    return "/".join(map(_again, path.split("/"))) + asks + "&".join(pairs)


def _again(text: str) -> str:
    return quote(unquote_to_bytes(text), safe="")


def _shortest(path: str) -> str:
    clean = "/" + normpath(path).lstrip("/")
    return clean + "/" if path.endswith("/") and clean != "/" else clean


def _sorted(query: str) -> str:
    pairs = sorted(tuple(pair.partition("=")[::2]) for pair in query.split("&") if pair)
    return "&".join("=".join(pair) for pair in pairs)
