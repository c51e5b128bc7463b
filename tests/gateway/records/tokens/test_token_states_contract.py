"""One body over the states of tokens in memory and in Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from gateway.records.redis.token_states import RedisTokenStates
from gateway.records.tokens.protocol import (
    MOST_FORCED,
    Busy,
    Failed,
    MemoryTokenStates,
    Pause,
    TokenPlace,
    TokenStates,
    ToObtain,
    Valid,
)
from tests.gateway.records.stores import opened

names = (f"credential{number}" for number in itertools.count())


@pytest.fixture(params=["memory", "redis"])
async def states(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[TokenStates]:
    if request.param == "memory":
        yield MemoryTokenStates()
        return
    async with opened(redis_url) as store:
        yield RedisTokenStates(store)


@pytest.fixture
def place() -> TokenPlace:
    return TokenPlace("acme", next(names))


async def obtained(states: TokenStates, place: TokenPlace, good_for: float = 60.0) -> int:
    assert isinstance(await states.look(place, "one", lease=60.0), ToObtain)
    generation = await states.settle(place, "one", good_for=good_for)
    assert generation is not None
    return generation


async def until(states: TokenStates, place: TokenPlace, wanted: object) -> None:
    async with asyncio.timeout(5):
        while await states.look(place, "other", lease=60.0) != wanted:
            await asyncio.sleep(0.01)


async def until_over(states: TokenStates, place: TokenPlace) -> None:
    """Until a failure is told no more."""
    async with asyncio.timeout(5):
        while isinstance(await states.look(place, "other", lease=0.0), Failed):
            await asyncio.sleep(0.01)


async def test_one_has_the_lease_and_the_others_wait(states: TokenStates, place: TokenPlace) -> None:
    assert await states.look(place, "one", lease=60.0) == ToObtain()
    assert isinstance(await states.look(place, "two", lease=60.0), Busy)
    assert not await states.hold(place, "two", lease=60.0)
    assert await states.settle(place, "two", good_for=60.0) is None
    assert await states.hold(place, "one", lease=60.0)
    assert await states.settle(place, "one", good_for=60.0) == 1
    assert await states.look(place, "two", lease=60.0) == Valid(1)
    assert not await states.hold(place, "one", lease=60.0)


async def test_a_lease_ends_and_another_may_have_it_then(states: TokenStates, place: TokenPlace) -> None:
    assert await states.look(place, "one", lease=0.02) == ToObtain()
    await until(states, place, ToObtain())
    assert await states.settle(place, "one", good_for=60.0) is None


async def test_a_token_ends_and_is_obtained_anew(states: TokenStates, place: TokenPlace) -> None:
    assert await obtained(states, place, good_for=0.02) == 1
    await until(states, place, ToObtain())


async def test_what_came_after_the_first_look_is_good_for_who_has_waited_however_short_its_life(
    states: TokenStates, place: TokenPlace
) -> None:
    assert await states.look(place, "one", lease=60.0) == ToObtain()
    busy = await states.look(place, "two", lease=60.0)
    assert isinstance(busy, Busy)
    assert await states.settle(place, "one", good_for=0.0) == 1
    assert await states.look(place, "two", lease=60.0, since=busy.now) == Valid(1)
    assert await states.look(place, "three", lease=60.0) == ToObtain()


async def test_a_failure_is_told_for_a_while_and_then_tried_again(states: TokenStates, place: TokenPlace) -> None:
    assert await states.look(place, "one", lease=60.0) == ToObtain()
    await states.fail(place, "two", "X", "not its own", Pause(60.0))
    await states.fail(place, "one", "TOKEN_REFUSED", "no such client", Pause(60.0))
    told = await states.look(place, "two", lease=60.0)
    assert isinstance(told, Failed)
    assert (told.fault, told.message) == ("TOKEN_REFUSED", "no such client")
    assert 50.0 < told.seconds <= 60.0


async def test_who_obtains_it_and_who_waits_is_told_how_often_it_was_tried_in_vain(
    states: TokenStates, place: TokenPlace
) -> None:
    for failures in range(3):
        assert await states.look(place, "one", lease=60.0) == ToObtain(failures=failures)
        busy = await states.look(place, "two", lease=60.0)
        assert isinstance(busy, Busy)
        assert busy.failures == failures
        await states.fail(place, "one", "TOKEN_UNAVAILABLE", "hangs", Pause(0.001))
        await until_over(states, place)
    await states.take(place, "one", lease=60.0)
    await states.settle(place, "one", good_for=0.0)
    assert await states.look(place, "one", lease=60.0) == ToObtain()


async def test_a_failure_without_a_pause_is_not_told(states: TokenStates, place: TokenPlace) -> None:
    assert await states.look(place, "one", lease=60.0) == ToObtain()
    await states.fail(place, "one", "VAULT_UNAVAILABLE", "sealed", Pause())
    assert await states.look(place, "two", lease=60.0) == ToObtain()


async def test_a_token_that_was_refused_counts_no_more_and_the_one_after_it_does(
    states: TokenStates, place: TokenPlace
) -> None:
    old = await obtained(states, place)
    assert await states.refuse(place, old, certain=True)
    new = await obtained(states, place)
    assert await states.refuse(place, old, certain=True)
    assert await states.look(place, "two", lease=60.0) == Valid(new)


async def test_who_obtains_the_next_one_is_told_that_the_last_was_refused(states: TokenStates, place: TokenPlace) -> None:
    assert await states.refuse(place, await obtained(states, place), certain=True)
    assert await states.look(place, "one", lease=60.0) == ToObtain(refused=True)
    await states.fail(place, "one", "CONNECT_AGAIN", "refused", Pause())
    assert await states.look(place, "one", lease=60.0) == ToObtain(refused=True)
    await states.settle(place, "one", good_for=0.0)
    assert await states.look(place, "two", lease=60.0) == ToObtain()


async def test_a_refusal_that_may_be_the_calls_says_nothing_against_the_token(states: TokenStates, place: TokenPlace) -> None:
    assert await states.refuse(place, await obtained(states, place), certain=False)
    assert await states.look(place, "one", lease=60.0) == ToObtain()
    await states.settle(place, "one", good_for=60.0)
    assert await states.refuse(place, 2, certain=True)
    assert await states.refuse(place, 2, certain=False)
    assert await states.look(place, "one", lease=60.0) == ToObtain(refused=True)


async def test_a_person_takes_the_lease_whatever_is_there_but_anothers(states: TokenStates, place: TokenPlace) -> None:
    await obtained(states, place)
    assert await states.take(place, "ada", lease=60.0)
    assert not await states.take(place, "bob", lease=60.0)
    assert await states.take(place, "ada", lease=60.0)
    assert await states.settle(place, "ada", good_for=60.0) == 2
    assert await states.take(place, "bob", lease=0.02)
    await until_taken(states, place)


async def until_taken(states: TokenStates, place: TokenPlace) -> None:
    async with asyncio.timeout(5):
        while not await states.take(place, "ada", lease=60.0):
            await asyncio.sleep(0.01)


async def test_what_was_removed_counts_no_more_and_is_no_generation_of_before(states: TokenStates, place: TokenPlace) -> None:
    old = await obtained(states, place)
    assert await states.refuse(place, old, certain=True)
    assert await states.take(place, "ada", lease=60.0)
    await states.forget(place, "bob")
    assert isinstance(await states.look(place, "two", lease=60.0), Busy)
    await states.forget(place, "ada")
    assert await states.look(place, "two", lease=60.0) == ToObtain()
    new = await states.settle(place, "two", good_for=60.0)
    assert new is not None
    assert new > old


async def test_so_many_tokens_may_be_refused_and_no_more(states: TokenStates, place: TokenPlace) -> None:
    for _ in range(MOST_FORCED):
        assert await states.refuse(place, await obtained(states, place), certain=True)
    last = await obtained(states, place)
    assert not await states.refuse(place, last, certain=True)
    assert await states.look(place, "two", lease=60.0) == Valid(last)


async def test_tenants_and_credentials_know_nothing_of_each_other(states: TokenStates, place: TokenPlace) -> None:
    await obtained(states, place)
    assert await states.look(TokenPlace("umbrella", place.id), "x", lease=60.0) == ToObtain()
    assert await states.look(TokenPlace("acme", place.id + "x"), "x", lease=60.0) == ToObtain()


async def failed(states: TokenStates, place: TokenPlace, pause: Pause) -> float:
    """For how long a failure is told that comes once the one before is told no more."""
    while not await states.take(place, "one", lease=60.0):
        await asyncio.sleep(0.01)
    return await states.fail(place, "one", "TOKEN_UNAVAILABLE", "a page", pause)


async def test_each_failure_in_a_row_is_told_for_longer_up_to_a_bound(states: TokenStates, place: TokenPlace) -> None:
    pause = Pause(2.0, longest=30.0)
    assert [await failed(states, place, pause) for _ in range(6)] == [2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert await states.take(place, "one", lease=60.0)
    await states.settle(place, "one", good_for=0.0)
    assert await failed(states, place, pause) == 2.0


async def test_a_failure_is_told_for_as_long_as_the_endpoint_has_asked_for(states: TokenStates, place: TokenPlace) -> None:
    assert await failed(states, place, Pause(2.0, longest=30.0, least=300.0)) == 300.0
    told = await states.look(place, "two", lease=60.0)
    assert isinstance(told, Failed)
    assert 290.0 < told.seconds <= 300.0


async def test_what_says_nothing_of_the_token_ends_no_pause(states: TokenStates, place: TokenPlace) -> None:
    await failed(states, place, Pause(60.0))
    assert await failed(states, place, Pause()) == 0.0
    told = await states.look(place, "two", lease=60.0)
    assert isinstance(told, Failed)
    assert told.message == "a page"


async def test_a_gateway_of_the_release_before_gives_its_pause_alone(redis_url: str, place: TokenPlace) -> None:
    async with opened(redis_url) as store:
        states = RedisTokenStates(store)
        assert await states.look(place, "one", lease=60.0) == ToObtain()
        key = f"cg:{{{place.tenant}}}:token:{place.id}"
        await store.call("callgate_token_fail", [key], ("one", "TOKEN_UNAVAILABLE", "a page", 2000))
        told = await states.look(place, "two", lease=60.0)
        assert isinstance(told, Failed)
        assert 1.0 < told.seconds <= 2.0
