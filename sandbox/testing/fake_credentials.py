"""What each kind of credential adds to a request of the pool without containers, as `runner/credentials.go` has it."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote_plus

from sandbox.testing.fake_signatures import FakeRequest, sign_as_declared, sign_v4

#: Takes the kind's parameters, the values of the secret's fields, and the request; gives back the request with the credential.
Put = Callable[[Mapping[str, object], tuple[str, ...], FakeRequest], FakeRequest]


@dataclass(frozen=True, slots=True)
class FakeKind:
    """`signs`: what all others have put there, too, so that it comes last."""

    put: Put
    signs: bool = False


def _header_value(parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest) -> FakeRequest:
    prefix, text = str(parameters.get("prefix", "")), without_line_ends(values[0])
    return _placed(parameters, text[len(prefix) :] if text.lower().startswith(prefix.lower()) else text, request)


def _http_basic(parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest) -> FakeRequest:
    both = ":".join(map(without_line_ends, values))
    return _placed(parameters, base64.b64encode(both.encode()).decode(), request)


def _aws_sigv4(parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest) -> FakeRequest:
    return sign_v4(parameters, tuple(map(without_line_ends, values)), request, datetime.now(UTC))


def _hmac_signature(parameters: Mapping[str, object], values: tuple[str, ...], request: FakeRequest) -> FakeRequest:
    return sign_as_declared(parameters, tuple(map(without_line_ends, values)), request, datetime.now(UTC))


def without_line_ends(value: str) -> str:
    """No place of a request can mean those at the end of a secret: a file that it was stored from had them."""
    return value.rstrip("\r\n")


def _placed(parameters: Mapping[str, object], text: str, request: FakeRequest) -> FakeRequest:
    name, text = str(parameters["name"]), f"{parameters.get('prefix', '')}{text}"
    if parameters["place"] == "query":
        joined = "&" if "?" in request.target else "?"
        return replace(request, target=f"{request.target}{joined}{name}={quote_plus(text)}")
    if parameters["place"] == "cookie":
        cookies = [value for known, value in request.headers if known.lower() == "cookie"]
        return request.with_header("Cookie", "; ".join([*cookies, f"{name}={text}"]))
    return request.with_header(name, text)


FAKE_KINDS: dict[str, FakeKind] = {
    "aws_sigv4": FakeKind(_aws_sigv4, signs=True),
    "header_value": FakeKind(_header_value),
    "hmac_signature": FakeKind(_hmac_signature, signs=True),
    "http_basic": FakeKind(_http_basic),
    "obtained_token": FakeKind(_header_value),
}
