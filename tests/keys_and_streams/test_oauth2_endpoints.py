"""Whatever a token endpoint answers: a call is refused with a cure, or made; nothing is lost, and nothing told."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest

from callgate import Succeeded
from callgate.errors import CallgateError, ConnectAgain, TokenRefused, TokenUnavailable
from tests.real_apis.recipes import HANG, Answer, answer, head

from .token_api import SECRET, TokenApi, granted

WORD = SECRET["client_secret"]
LOGIN = base64.b64encode(b"the+client:" + b"s3cret%2Fof+the%2Bclient").decode()


def error(status: int, code: str, description: str = "") -> Answer:
    return answer(status, json.dumps({"error": code, "error_description": description}).encode())


@dataclass(frozen=True)
class Bad:
    says: Answer
    refusal: type[CallgateError]
    words: str


BAD: dict[str, Bad] = {
    "a page": Bad(answer(200, b"<html>Log in</html>", media_type="text/html"), TokenUnavailable, "answered 200 with text/html"),
    "200 with an error": Bad(error(200, "invalid_scope", "no such scope"), TokenRefused, "error invalid_scope: no such scope"),
    "a client that is unknown": Bad(error(401, "invalid_client"), TokenRefused, "answered 401 with the error invalid_client"),
    "a redirect": Bad(answer(302, b"", "Location: https://elsewhere.example/token"), TokenRefused, "redirects (302)"),
    "a redirect that keeps the body": Bad(answer(307, b"", "Location: /token2"), TokenRefused, "redirects (307)"),
    "too many": Bad(answer(429), TokenUnavailable, "answered 429"),
    "one that is down": Bad(answer(503, b"down", media_type="text/plain"), TokenUnavailable, "answered 503 with text/plain"),
    "nothing": Bad([b"\r\n"], TokenUnavailable, "no HTTP answer"),
    "an answer that breaks off": Bad([head(200, "Content-Length: 100"), b'{"acc'], TokenUnavailable, "ended early"),
    "an answer without end": Bad([head(200), b" " * 300_000], TokenUnavailable, "larger than 262144 bytes"),
    "a list": Bad(answer(200, b"[]"), TokenUnavailable, "no JSON object"),
    "no token": Bad(granted(None), TokenRefused, "without an access_token"),  # type: ignore[arg-type]
    "a number for a token": Bad(granted(7), TokenRefused, "without an access_token"),  # type: ignore[arg-type]
    "a token with a line end in it": Bad(granted("access\r\nX-Other: 1"), TokenRefused, "characters that no request can carry"),
    "a token that is too long": Bad(granted("a" * 70_000), TokenRefused, "too long"),
    "a token of another type": Bad(granted(token_type="mac"), TokenRefused, "of the type mac"),
    "an error of millions of characters": Bad(error(400, "x" * 100_000), TokenRefused, "…"),
    "an error on many lines": Bad(error(400, "invalid_request", "one\r\ntwo\x00"), TokenRefused, "one  two"),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
def test_what_is_no_token_refuses_the_call_with_a_cure_and_nothing_is_sent_to_the_api(api: TokenApi, bad: Bad) -> None:
    api.offer()
    api.grants(bad.says)
    api.serves()
    refusal = api.refusal("act")
    assert type(refusal) is bad.refusal, refusal
    assert bad.words in str(refusal)
    assert refusal.cure
    assert len(str(refusal)) < 1000
    assert api.shown("POST") == []


ODD: dict[str, tuple[dict[str, Any], int]] = {
    "a number as a text": ({"expires_in": "3600"}, 1),
    "a number with a fraction": ({"expires_in": 3599.7}, 1),
    "none": ({"expires_in": None}, 1),
    "a word": ({"expires_in": "soon"}, 1),
    "an age of the world": ({"expires_in": 1e30}, 1),
    "true": ({"expires_in": True}, 1),
    "an object": ({"expires_in": {}}, 1),
    "nothing left": ({"expires_in": 0}, 3),
    "less than nothing": ({"expires_in": -1}, 3),
    "no type": ({"token_type": None}, 1),
    "a type in capitals": ({"token_type": "BEARER"}, 1),
    "more than was asked for": ({"scope": "things.read things.write", "id_token": "x.y.z"}, 1),
}


@pytest.mark.parametrize(("more", "obtained"), ODD.values(), ids=ODD.keys())
def test_a_token_with_an_odd_life_is_used_and_obtained_again_no_more_often_than_it_must(
    api: TokenApi, more: dict[str, Any], obtained: int
) -> None:
    api.offer()
    api.grants(granted(**more))
    api.serves()
    for _ in range(3):
        assert isinstance(api.call().outcome, Succeeded)
    assert len(api.forms()) == obtained


def test_a_line_end_behind_a_token_is_left_out(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-one\n"))
    api.serves()
    assert isinstance(api.call().outcome, Succeeded)
    assert api.shown() == ["Bearer access-one"]


@pytest.mark.parametrize(
    ("auth", "form"),
    [
        ("basic", WORD),
        ("post", WORD),
        ("post", WORD.encode().hex()),
        ("basic", LOGIN),
        ("post", WORD.replace("/", "\\u002f")),
    ],
    ids=["as it is", "as it is in a form", "in hex", "as it was sent", "with an escape"],
)
def test_a_hostile_endpoint_that_echoes_the_clients_secret_keeps_it_from_callers(api: TokenApi, auth: str, form: str) -> None:
    api.offer({"auth": auth})
    api.grants(error(400, f"{form}", f"it was <{form}>"))
    told = repr(api.refusal())
    assert "[REDACTED]" in told
    assert form not in told + api.out.log.read_text() + api.out.house.log.read_text()


def test_an_endpoint_that_says_nothing_is_left_after_a_while_and_the_call_ends_in_its_time(api: TokenApi) -> None:
    api.offer()
    api.grants([HANG])
    refusal = api.refusal(timeout=2.0)
    assert isinstance(refusal, TokenUnavailable)
    assert "before the call's time was over" in str(refusal)


def test_after_a_failure_the_next_call_tries_again(api: TokenApi) -> None:
    api.offer()
    api.grants(answer(503), granted())
    api.serves()
    assert isinstance(api.call().outcome, Succeeded)  # the client waits for what `retry_after` says
    assert len(api.forms()) == 2


def test_a_secret_that_is_not_there_is_told_by_its_path_and_field(api: TokenApi) -> None:
    api.offer()
    del api.secret["client_secret"]
    api.store()
    refusal = api.refusal()
    assert isinstance(refusal, TokenRefused)
    assert f"{api.path} has no text in its field client_secret" in str(refusal)
    assert not isinstance(refusal, ConnectAgain)


def test_an_api_that_echoes_the_token_keeps_it_from_callers(api: TokenApi) -> None:
    api.offer()
    api.grants(granted("access-of-the-things"))
    api.serves(answer(200, b'{"you": "access-of-the-things"}', "X-Echo: Bearer access-of-the-things"))
    invocation = api.call()
    assert invocation.json() == {"you": "[REDACTED]"}
    assert "access-of-the-things" not in repr(invocation) + api.out.log.read_text()
