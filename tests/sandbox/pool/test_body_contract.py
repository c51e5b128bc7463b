"""Bodies that pass through in pieces, over the fake pool and the real one: too large to be held, or sent as they are read."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.ports import Pool
from sandbox.api.result import Evidence, Faulted, Head, Responded
from sandbox.api.streams import StreamRefused
from tests.real_apis.recipes import Recipes, answer, head
from tests.sandbox.pool.test_answer_contract import UNASKED, reaching
from tests.sandbox.pool.test_pool_contract import job, opening, outcome, pool

__all__ = ["opening", "pool"]

MEBI = 1 << 20
LARGE = b"".join(b"%063d\n" % number for number in range(5 * MEBI // 64))


@pytest.fixture
def recipes() -> Iterator[Recipes]:
    with Recipes() as upstream:
        yield upstream


@dataclass
class Taken:
    """Takes so many bytes, and refuses the piece that is beyond `room`."""

    most: int = 8 * MEBI
    room: int = 8 * MEBI
    heads: list[Head] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    async def write(self, head: Head, piece: bytes | bytearray | memoryview) -> None:
        if len(self.body) + len(piece) > self.room:
            raise StreamRefused(FaultCode.QUOTA_EXCEEDED, "there is no room")
        self.heads.append(head)
        self.body += piece


@dataclass
class Pieces:
    given: list[bytes]
    size: int
    broken: bool = False

    async def pieces(self) -> AsyncIterator[bytes]:
        for piece in self.given:
            yield piece
        if self.broken:
            raise StreamRefused(FaultCode.STORE_UNAVAILABLE, "it cannot be read on")


@pytest.mark.parametrize("send_within", [None, UNASKED])
async def test_a_body_over_the_bound_goes_to_the_spill_as_a_whole(
    pool: Pool, recipes: Recipes, send_within: float | None
) -> None:
    recipes.tell("GET", "/large", answer(200, LARGE, media_type="text/plain"))
    spill = Taken()
    asked = job(f"{recipes.url}/large", spill=spill, response_bytes=1000, send_within=send_within)
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Responded), result
    assert (result.spilled, result.body) == (True, LARGE[: len(result.body)])
    assert len(result.body) <= 1000
    assert spill.body == LARGE
    assert {one.header("content-type") for one in spill.heads} == {"text/plain"}


async def test_a_body_within_the_bound_does_not(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/small", answer(200, b"[]"))
    spill = Taken()
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/small", spill=spill))
    assert isinstance(result, Responded), result
    assert (result.spilled, result.body, bytes(spill.body)) == (False, b"[]", b"")


async def test_a_body_over_the_spills_own_bound_is_too_large(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/large", [head(200), LARGE])
    result = await outcome(
        pool, reaching(recipes), job(f"{recipes.url}/large", spill=Taken(most=4 * MEBI), response_bytes=1000)
    )
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.ARTIFACT_TOO_LARGE, Evidence.RESPONDED)


async def test_what_the_spill_refuses_is_the_fault_of_an_answer(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("GET", "/large", answer(200, LARGE))
    asked = job(f"{recipes.url}/large", spill=Taken(room=2 * MEBI), response_bytes=1000)
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence, result.message) == (FaultCode.QUOTA_EXCEEDED, Evidence.RESPONDED, "there is no room")
    assert result.head is not None


@pytest.mark.parametrize("send_within", [None, UNASKED])
async def test_a_body_is_sent_as_it_is_read(pool: Pool, recipes: Recipes, send_within: float | None) -> None:
    recipes.tell("PUT", "/file", answer(200))
    given = [LARGE[:7], LARGE[7 : 3 * MEBI], LARGE[3 * MEBI :]]
    asked = job(f"{recipes.url}/file", method="PUT", source=Pieces(given, len(LARGE)), send_within=send_within)
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Responded), result
    (request,) = recipes.requests
    assert request.headers["content-length"] == str(len(LARGE))
    assert request.raw.partition(b"\r\n\r\n")[2] == LARGE


async def test_a_body_that_was_passed_on_is_not_sent_again(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("PUT", "/old", answer(307, b"", "Location: /new"))
    asked = job(f"{recipes.url}/old", method="PUT", source=Pieces([b"once"], 4), send_within=UNASKED)
    result = await outcome(pool, reaching(recipes), asked)
    assert isinstance(result, Responded), result
    assert "not here any more" in result.unfollowed


async def test_a_body_that_cannot_be_read_to_its_end_is_never_a_whole_one(pool: Pool, recipes: Recipes) -> None:
    recipes.tell("PUT", "/file", answer(200))
    source = Pieces([LARGE[:MEBI]], len(LARGE), broken=True)
    result = await outcome(pool, reaching(recipes), job(f"{recipes.url}/file", method="PUT", source=source))
    assert isinstance(result, Faulted), result
    assert (result.fault, result.message) == (FaultCode.STORE_UNAVAILABLE, "it cannot be read on")
    assert all(len(one.raw) < len(LARGE) for one in recipes.requests)
