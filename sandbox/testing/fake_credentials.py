"""What each kind of credential adds to a request of the pool without containers, as `runner/credentials.go` has it."""

import base64
from collections.abc import Callable, Mapping
from urllib.parse import quote_plus

Headers = list[tuple[str, str]]
#: The target of a request and its headers.
Request = tuple[str, Headers]
#: Takes the kind's parameters, the values of the secret's fields, and the request; gives back the request with the credential.
FakeKind = Callable[[Mapping[str, object], tuple[str, ...], Request], Request]


def _header_value(parameters: Mapping[str, object], values: tuple[str, ...], request: Request) -> Request:
    prefix, text = str(parameters.get("prefix", "")), without_line_ends(values[0])
    return _placed(parameters, text[len(prefix) :] if text.lower().startswith(prefix.lower()) else text, request)


def _http_basic(parameters: Mapping[str, object], values: tuple[str, ...], request: Request) -> Request:
    both = ":".join(map(without_line_ends, values))
    return _placed(parameters, base64.b64encode(both.encode()).decode(), request)


def without_line_ends(value: str) -> str:
    """No place of a request can mean those at the end of a secret: a file that it was stored from had them."""
    return value.rstrip("\r\n")


def _placed(parameters: Mapping[str, object], text: str, request: Request) -> Request:
    target, headers = request
    name, text = str(parameters["name"]), f"{parameters.get('prefix', '')}{text}"
    if parameters["place"] == "query":
        return f"{target}{'&' if '?' in target else '?'}{name}={quote_plus(text)}", headers
    if parameters["place"] == "cookie":
        cookies = [value for name, value in headers if name.lower() == "cookie"]
        others = [header for header in headers if header[0].lower() != "cookie"]
        return target, [*others, ("Cookie", "; ".join([*cookies, f"{name}={text}"]))]
    return target, [*(header for header in headers if header[0].lower() != name.lower()), (name, text)]


FAKE_KINDS: dict[str, FakeKind] = {
    "header_value": _header_value,
    "http_basic": _http_basic,
    "obtained_token": _header_value,
}
