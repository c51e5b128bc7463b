"""Which tokens are valid in a gateway, as time passes and as files and tables come."""

import pytest

from gateway.model.errors import GatewayError, NotPermitted, StoreUnavailable, Unauthenticated
from gateway.model.principal import Caller, Principal, Rule
from gateway.model.token_entry import TokenEntry
from gateway.pipeline.known_tokens import KnownTokens
from gateway.records.principals.protocol import STALE, TokenTable

ADA = Caller(Principal("acme", "planner", "ada"), Rule(("*",)))
STORED = TokenEntry("a" * 64, ADA)


class World:
    """A gateway's tokens, with `STORED` in the store's table, and the time that a test puts forward."""

    def __init__(self) -> None:
        self.time = 100.0
        self.tokens = KnownTokens(listed={}, now=lambda: self.time, clock=lambda: self.time)
        self.ended: list[GatewayError] = []
        self.take(STORED)

    def take(self, *entries: TokenEntry, revoked: frozenset[str] = frozenset()) -> None:
        self.tokens.heard(self.time)
        self.tokens.take_stored(TokenTable("1-x", entries, revoked))


def test_what_the_store_says_holds_for_so_long_and_then_for_nobody() -> None:
    world = World()
    world.time += STALE
    assert world.tokens.find(STORED.digest) == STORED
    with world.tokens.running(STORED, world.ended.append):
        world.time += 0.1
        world.tokens.end_invalid()
    assert [type(refusal) for refusal in world.ended] == [StoreUnavailable]
    for digest in (STORED.digest, "b" * 64):
        with pytest.raises(StoreUnavailable):
            world.tokens.find(digest)


def test_what_the_file_says_holds_without_the_store() -> None:
    world = World()
    world.tokens.take_listed({"f" * 64: TokenEntry("f" * 64, ADA)})
    world.time += 100 * STALE
    assert world.tokens.find("f" * 64).caller == ADA


def test_an_answer_counts_from_when_the_question_was_asked() -> None:
    world = World()
    world.time += STALE + 1
    world.tokens.heard(world.time - STALE - 0.5)
    with pytest.raises(StoreUnavailable):
        world.tokens.find(STORED.digest)


def test_a_token_ends_with_its_expiry() -> None:
    world = World()
    expiring = TokenEntry("b" * 64, ADA, expires=105.0)
    world.take(expiring)
    with world.tokens.running(expiring, world.ended.append):
        world.time = 104.9
        world.tokens.end_invalid()
        assert world.ended == []
        world.time = 105.0
        world.tokens.end_invalid()
    assert [type(refusal) for refusal in world.ended] == [Unauthenticated]


def test_what_was_revoked_once_stays_so_though_the_store_forget_it() -> None:
    world = World()
    world.take(revoked=frozenset({STORED.digest}))
    world.take(STORED)
    assert world.tokens.risen == {STORED.digest}
    with pytest.raises(Unauthenticated):
        world.tokens.find(STORED.digest)


def test_what_runs_ends_once_where_the_token_is_gone_and_not_where_another_one_is() -> None:
    world = World()
    with world.tokens.running(STORED, world.ended.append):
        world.take(STORED, TokenEntry("c" * 64, ADA))
        assert world.ended == []
        world.take()
        world.tokens.end_invalid()
        assert [type(refusal) for refusal in world.ended] == [Unauthenticated]


def test_what_runs_ends_where_its_token_has_other_rights() -> None:
    world = World()
    with world.tokens.running(STORED, world.ended.append):
        world.take(TokenEntry(STORED.digest, Caller(ADA.principal, Rule())))
    assert [type(refusal) for refusal in world.ended] == [NotPermitted]


def test_what_has_ended_by_itself_is_not_ended_again() -> None:
    world = World()
    with world.tokens.running(STORED, world.ended.append):
        pass
    world.take()
    assert world.ended == []
    assert world.tokens._running == {}
