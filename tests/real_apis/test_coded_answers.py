"""Answers that come coded, though none was asked for: decoded, bounded, and never a way around the search for the secret."""

import base64
import gzip
import zlib

import pytest

from callgate import FaultCode, LimitExceeded
from tests.e2e.leaks import leaks

from .asking import SECRET, asked, failed, operation, succeeded
from .conftest import Situate
from .recipes import Recipes, answer, head

ECHO = b'{"seen": "Bearer s3cr3t/canary+0123"}'
CLEAN = {"seen": "[REDACTED]"}


def deflated(content: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(content) + made.flush()


#: The coding, and the body in it.
CODINGS = {
    "gzip": ("gzip", gzip.compress(ECHO)),
    "x-gzip": ("x-gzip", gzip.compress(ECHO)),
    "GZIP": ("GZIP", gzip.compress(ECHO)),
    "deflate": ("deflate", zlib.compress(ECHO)),
    "deflate without zlib's frame": ("deflate", deflated(ECHO)),
    "twice": ("deflate, gzip", gzip.compress(zlib.compress(ECHO))),
    "gzip with what some servers put behind it": ("gzip", gzip.compress(ECHO) + bytes(16)),
    "a charset in the place of a coding": ("UTF-8", ECHO),
}


@pytest.mark.parametrize(("coding", "body"), CODINGS.values(), ids=CODINGS.keys())
def test_a_coded_echo_is_decoded_and_has_no_secret_in_it(
    situation: Situate, recipes: Recipes, coding: str, body: bytes
) -> None:
    called = asked(situation, recipes, answer(200, body, f"Content-Encoding: {coding}"), secret=SECRET)
    assert called.json() == CLEAN
    assert "content-encoding" not in succeeded(called).headers


def test_the_box_asks_for_no_coding(situation: Situate, recipes: Recipes) -> None:
    asked(situation, recipes, answer(200))
    assert recipes.requests[0].headers["accept-encoding"] == "identity"


def test_a_chunked_gzip_is_decoded(situation: Situate, recipes: Recipes) -> None:
    coded = gzip.compress(b'{"a": 1}')
    chunks = [b"%x\r\n%b\r\n" % (len(part), part) for part in (coded[:7], coded[7:])]
    lines = ("Content-Type: application/json", "Content-Encoding: gzip", "Transfer-Encoding: chunked")
    assert asked(situation, recipes, [head(200, *lines), *chunks, b"0\r\n\r\n"]).json() == {"a": 1}


def test_an_empty_answer_has_no_coding_whatever_it_says(situation: Situate, recipes: Recipes) -> None:
    called = asked(situation, recipes, answer(202, b"", "Content-Encoding: gzip"), method="post", secret=SECRET)
    assert succeeded(called).body == b""


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_bomb_is_over_the_limit(situation: Situate, recipes: Recipes, coding: str, method: str) -> None:
    zeros = bytes(100 << 20)
    bomb = gzip.compress(zeros) if coding == "gzip" else zlib.compress(zeros)
    called = asked(situation, recipes, answer(200, bomb, f"Content-Encoding: {coding}"), method=method)
    assert isinstance(called.outcome, LimitExceeded), called.outcome
    assert (called.outcome.limit, called.outcome.http_status) == ("response_bytes", 200)
    assert called.outcome.effect_possible is (method == "post")
    assert len(called.attempts) == 1


def test_a_bomb_in_a_bomb_is_over_the_limit(situation: Situate, recipes: Recipes) -> None:
    bomb = gzip.compress(gzip.compress(bytes(200 * 1024 * 1024)))
    called = asked(situation, recipes, answer(200, bomb, "Content-Encoding: gzip, gzip"))
    assert isinstance(called.outcome, LimitExceeded), called.outcome


def test_three_codings_are_two_too_many(situation: Situate, recipes: Recipes) -> None:
    body = gzip.compress(gzip.compress(gzip.compress(ECHO)))
    called = asked(situation, recipes, answer(200, body, "Content-Encoding: gzip, gzip, gzip"), secret=SECRET)
    assert failed(called).fault is FaultCode.ANSWER_UNDECODABLE


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "br, gzip", "x-of-our-own"])
def test_where_there_is_a_secret_what_cannot_be_searched_is_refused(situation: Situate, recipes: Recipes, coding: str) -> None:
    called = asked(
        situation, recipes, answer(201, b"\x0b\x02\x80" + ECHO, f"Content-Encoding: {coding}"), method="post", secret=SECRET
    )
    outcome = failed(called)
    assert (outcome.fault, outcome.http_status, outcome.result) == (FaultCode.ANSWER_UNDECODABLE, 201, None)
    assert outcome.effect_possible
    assert coding.partition(",")[0] in outcome.message
    assert leaks([SECRET], {"outcome": repr(outcome).encode()}) == []


def test_without_a_secret_it_is_handed_on_with_its_name(situation: Situate, recipes: Recipes) -> None:
    truncated = b"\x1b\x0f\x00\xf8"  # brotli that ends early
    result = succeeded(asked(situation, recipes, answer(200, truncated, "Content-Encoding: br")))
    assert (result.body, result.headers["content-encoding"], result.matches_schema) == (truncated, "br", None)


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (ECHO, FaultCode.ANSWER_UNDECODABLE),
        (gzip.compress(ECHO)[:-9], FaultCode.UPSTREAM_BROKE),
        (gzip.compress(ECHO)[:-8] + bytes(8), FaultCode.ANSWER_UNDECODABLE),
        (gzip.compress(ECHO)[:10] + b"\x07" * 20, FaultCode.ANSWER_UNDECODABLE),
    ],
    ids=["no gzip", "truncated", "with another sum", "corrupt"],
)
def test_a_gzip_that_is_none_is_a_failure_without_the_secret(
    situation: Situate, recipes: Recipes, body: bytes, fault: FaultCode
) -> None:
    called = asked(situation, recipes, answer(200, body, "Content-Encoding: gzip"), method="post", secret=SECRET)
    assert (failed(called).fault, failed(called).http_status, failed(called).effect_possible) == (fault, 200, True)
    assert leaks([SECRET], {"outcome": repr(called.outcome).encode()}) == []


PLAIN = "s3cr3t/canary+0123"
ECHOES = {
    "itself": PLAIN,
    "base64": base64.b64encode(PLAIN.encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(PLAIN.encode()).decode().rstrip("="),
    "hexadecimal": PLAIN.encode().hex(),
    "JSON with an escaped slash": r"s3cr3t\/canary+0123",
    "JSON with the plus as a number": r"s3cr3t/canary\u002B0123",
    "JSON with each character as a number": "".join(f"\\u{ord(one):04X}" for one in PLAIN),
    "JSON in JSON": r"s3cr3t\\\/canary\\u002b0123",
    "JavaScript": r"s3cr3t\x2Fcanary\x2B0123",
    "a URL in lower case": "s3cr3t%2fcanary%2b0123",
    "a URL with each character escaped": "".join(f"%{ord(one):02X}" for one in PLAIN),
    "a URL that was escaped twice": "s3cr3t%252Fcanary%252B0123",
    "a form": "s3cr3t%2Fcanary%2B0123",
    "HTML": "s3cr3t&#x2F;canary&#43;0123",
    "HTML by names": "s3cr3t&sol;canary&plus;0123",
    "upper case": PLAIN.upper(),
    "hexadecimal in upper case": PLAIN.encode().hex().upper(),
    "hexadecimal in both cases": "".join(c.upper() if i % 2 else c for i, c in enumerate(PLAIN.encode().hex())),
    "a mixture": r"s3cr3t%2fcan\u0061ry\u002b&#48;123",
}


def test_the_secret_is_found_in_whatever_escapes_stand_in_it(situation: Situate, recipes: Recipes) -> None:
    """One situation for each, through one tool."""
    made = situation({"/ask": operation()}, secret=SECRET)
    recipes.tell("GET", "/ask", *(answer(200, f"<{echo}>".encode(), media_type="text/plain") for echo in ECHOES.values()))
    found = {name: succeeded(made.call("ask")).text for name in ECHOES}
    assert found == dict.fromkeys(ECHOES, "<[REDACTED]>")


#: Less than half of the secret's 18 characters, or other ones.
NO_ECHOES = ["s3cr3t", "s3cr3t/c", "s3cr3t canary 0123", "ary+0123", "100% \\ & < > + = café ü \\u00e9 %zz &#x2F;"]


@pytest.mark.parametrize("before", ["", "u", "me", "user:"])
def test_the_secret_is_found_in_a_longer_text_in_base64(situation: Situate, recipes: Recipes, before: str) -> None:
    told = answer(200, base64.b64encode(f"{before}{SECRET}:and more".encode()), media_type="text/plain")
    called = asked(situation, recipes, told, secret=SECRET)
    assert "[REDACTED]" in succeeded(called).text
    assert leaks([SECRET], {"answer": succeeded(called).body}) == []


def test_what_is_not_the_secret_stays(situation: Situate, recipes: Recipes) -> None:
    made = situation({"/ask": operation()}, secret=SECRET)
    recipes.tell("GET", "/ask", *(answer(200, text.encode(), media_type="text/plain") for text in NO_ECHOES))
    assert [succeeded(made.call("ask")).text for _ in NO_ECHOES] == NO_ECHOES


def test_a_secret_that_comes_in_pieces_is_found(situation: Situate, recipes: Recipes) -> None:
    chunks = [b"%x\r\n%b\r\n" % (1, bytes([one])) for one in rb'"s3cr3t\u002fcanary%2B0123"']
    told = [head(200, "Content-Type: application/json", "Transfer-Encoding: chunked"), *chunks, b"0\r\n\r\n"]
    assert asked(situation, recipes, told, secret=SECRET).json() == "[REDACTED]"
