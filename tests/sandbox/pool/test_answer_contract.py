"""What becomes of an upstream's answer in a box, over the fake pool and the real one: redirects and codings."""

import gzip
import zlib
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Destination, Egress
from sandbox.api.ports import Pool
from sandbox.api.result import Evidence, Faulted, Responded
from tests.real_apis.recipes import HANG, Answer, Recipes, answer, head
from tests.sandbox.conftest import OpenPool
from tests.sandbox.pool.test_pool_contract import assert_fault, job, opening, outcome, pool

__all__ = ["opening", "pool"]

UNASKED = 5.0


@pytest.fixture
def recipes() -> Iterator[Recipes]:
    with Recipes() as upstream:
        yield upstream


@pytest.fixture
def elsewhere() -> Iterator[Recipes]:
    """Another origin: another port."""
    with Recipes() as upstream:
        yield upstream


def reaching(*upstreams: Recipes) -> Egress:
    return Egress(
        tuple(Destination("127.0.0.1", one.server_address[1], (ip_network("127.0.0.0/8"),), tls=False) for one in upstreams)
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_what_acts_on_nothing_is_redirected_within_its_origin(pool: Pool, recipes: Recipes, status: int) -> None:
    recipes.tell("GET", "/old", answer(status, b"", "Location: new?a=1#part"))
    recipes.tell("GET", "/new", answer(200, b"[1]"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/old", send_within=UNASKED))
    assert isinstance(result, Responded), result
    assert (result.status, result.body, result.url) == (200, b"[1]", f"{recipes.url}/new?a=1")
    assert [request.path for request in recipes.requests] == ["/old", "/new?a=1"]
    assert len(result.usage.connections) == 2


@pytest.mark.parametrize("status", [307, 308])
async def test_what_acts_is_sent_again_as_it_was(pool: Pool, recipes: Recipes, status: int) -> None:
    recipes.tell("POST", "/old", answer(status, b"", "Location: /new"))
    recipes.tell("POST", "/new", answer(201, b"{}"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/old", method="POST", body=b"made"))
    assert isinstance(result, Responded), result
    assert result.status == 201
    assert [request.raw.endswith(b"\r\n\r\nmade") for request in recipes.requests] == [True, True]


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_what_acts_is_not_made_another_request(pool: Pool, recipes: Recipes, status: int) -> None:
    recipes.tell("POST", "/old", answer(status, b"", "Location: /new"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/old", method="POST", body=b"made"))
    assert isinstance(result, Responded), result
    assert (result.status, bool(result.unfollowed), len(recipes.requests)) == (status, True, 1)


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_reading_post_becomes_a_get_without_a_body(pool: Pool, recipes: Recipes, status: int) -> None:
    recipes.tell("POST", "/search", answer(status, b"", "Location: /found"))
    recipes.tell("GET", "/found", answer(200, b"[]"))
    asked = job(
        f"{recipes.url}/search", method="POST", headers=(("Content-Type", "text/plain"),), body=b"tea", send_within=UNASKED
    )
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Responded), result
    assert "content-type" not in recipes.requests[1].headers
    assert recipes.requests[1].raw.endswith(b"\r\n\r\n")


async def test_five_redirects_are_followed_and_no_sixth(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/loop", answer(302, b"", "Location: /loop"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/loop", send_within=UNASKED))
    assert isinstance(result, Responded), result
    assert (result.status, len(recipes.requests)) == (302, 6)
    assert "5 times" in result.unfollowed


async def test_another_origin_must_be_named(pool: Pool, recipes: Recipes, elsewhere: Recipes) -> None:
    recipes.tell("GET", "/old", answer(307, b"", f"Location: {elsewhere.url}/new"))
    asked = job(f"{recipes.url}/old", send_within=UNASKED)
    result = await outcome(pool, reaching(recipes, elsewhere), asked)
    assert isinstance(result, Responded), result
    assert (result.status, elsewhere.requests) == (307, [])
    assert f"127.0.0.1:{elsewhere.server_address[1]}" in result.unfollowed


async def test_to_a_named_origin_nothing_of_who_asks_goes_along(pool: Pool, recipes: Recipes, elsewhere: Recipes) -> None:
    recipes.tell("GET", "/old", answer(307, b"", f"Location: {elsewhere.url}/new"))
    elsewhere.tell("GET", "/new", answer(200, b"[]"))
    headers = (("Accept", "text/csv"), ("X-Tenant", "t"), ("Cookie", "a=b"), ("Authorization", "Basic x"))
    asked = job(f"{recipes.url}/old", headers=headers, redirects=(elsewhere.url,), send_within=UNASKED)
    result = await outcome(pool, reaching(recipes, elsewhere), asked)
    assert isinstance(result, Responded), result
    assert result.status == 200
    (request,) = elsewhere.requests
    assert request.headers.keys() == {"host", "accept", "accept-encoding", "connection"}


async def test_what_the_broker_refuses_leaves_the_redirect_as_the_answer(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/old", answer(307, b"", "Location: http://169.254.169.254/latest"))
    asked = job(f"{recipes.url}/old", redirects=("http://169.254.169.254",), send_within=UNASKED)
    metadata = Destination("169.254.169.254", 80, (ip_network("169.254.0.0/16"),), tls=False)
    egress = Egress((*reaching(recipes).destinations, metadata))
    result = await outcome(pool, egress, asked)
    assert isinstance(result, Responded), result
    assert result.status == 307
    assert "metadata" in result.unfollowed


TEXT = b'{"a": "' + b"tea" * 999 + b'"}'
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
CODED = {
    "gzip": ("gzip", gzip.compress(TEXT)),
    "gzip by its old name": ("x-gzip", gzip.compress(TEXT)),
    "gzip of two members": ("gzip", gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:])),
    "zlib": ("deflate", zlib.compress(TEXT)),
    "deflate alone": ("deflate", RAW.compress(TEXT) + RAW.flush()),
    "two codings": ("deflate, gzip", gzip.compress(zlib.compress(TEXT))),
    "none": ("identity", TEXT),
    "a charset in the place of a coding": ("utf-8", TEXT),
}


@pytest.mark.parametrize(("coding", "body"), CODED.values(), ids=CODED.keys())
async def test_a_coded_answer_comes_back_decoded(pool: Pool, recipes: Recipes, coding: str, body: bytes) -> None:
    recipes.tell("GET", "/coded", answer(200, body, f"Content-Encoding: {coding}"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/coded"))
    assert isinstance(result, Responded), result
    assert (result.body, result.header("content-encoding")) == (TEXT, None)


BROKEN: dict[str, tuple[Answer, FaultCode]] = {
    "a bomb": (answer(200, gzip.compress(bytes(50_000_000)), "Content-Encoding: gzip"), FaultCode.RESPONSE_TOO_LARGE),
    "no gzip": (answer(200, b'{"a": 1}', "Content-Encoding: gzip"), FaultCode.ANSWER_UNDECODABLE),
    "half of it": (
        [head(200, "Content-Encoding: gzip"), gzip.compress(TEXT)[:-20]],
        FaultCode.UPSTREAM_BROKE,
    ),
}


@pytest.mark.parametrize(("told", "fault"), BROKEN.values(), ids=BROKEN.keys())
async def test_what_cannot_be_decoded_is_known_by_its_status(
    pool: Pool, recipes: Recipes, told: Answer, fault: FaultCode
) -> None:
    recipes.tell("GET", "/coded", told)
    assert_fault(await outcome(pool, reaching(recipes), job(f"{recipes.url}/coded")), fault, Evidence.RESPONDED, 200)


async def test_without_a_secret_an_unknown_coding_is_left_and_named(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/coded", answer(200, b"\x0b\x02\x80tea\x03", "Content-Encoding: br"))
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/coded"))
    assert isinstance(result, Responded), result
    assert (result.body, result.header("content-encoding")) == (b"\x0b\x02\x80tea\x03", "br")


@pytest.mark.docker
async def test_of_a_stream_that_goes_on_what_came_in_time_is_kept(open_pool: OpenPool, recipes: Recipes) -> None:
    events = [b"data: 1\n\n", b"data: 2\n\n"]
    recipes.tell("GET", "/events", [head(200, "Content-Type: text/event-stream"), *events, HANG])
    async with open_pool() as pool:
        result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/events", timeout=1.0))
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence, result.body) == (FaultCode.TIMED_OUT, Evidence.RESPONDED, b"".join(events))
