"""How long a connection lasts: renewed, refused, expired, forgotten by Redis; and where its secrets are."""

import secrets
import time
from datetime import datetime
from typing import cast

import pytest

from callgate import Succeeded, ToolFailed
from callgate.errors import ConnectAgain, TokenRefused
from tests.isolation.memory import copies
from tests.real_apis.recipes import Answer, answer

from .consents import WORD, Consents
from .test_oauth2_parts_down import away, sealed
from .test_oauth2_where_secrets_are import tree
from .token_api import After, granted, redis

VERIFIER, REDIRECT = "v" * 43, "http://127.0.0.1:1/callback"


def forget_state(consents: Consents) -> None:
    """Let Redis forget until when tokens are good, and who is connected."""
    assert consents.situation is not None
    store = redis(consents.situation)
    for key in [*store.scan_iter("cg:{local}:token:*"), "cg:{local}:connections"]:
        store.delete(key)


def connect_with(consents: Consents, person: str, **said: object) -> None:
    """The endpoint gives these, once, in place of its own."""
    consents.provider.tell("POST", "/token", granted("at-told", **said))
    with consents.client(person) as client:
        client.connections.complete(consents.toolset, code=secrets.token_hex(8), code_verifier=VERIFIER, redirect_uri=REDIRECT)
    consents.provider.forget("POST", "/token")
    consents.provider.tell("GET", "/things", answer(200, b'{"ok": true}'))


@pytest.mark.parametrize("auth", ["basic", "post", "none"])
def test_a_connection_is_renewed_by_its_refresh_token_each_once(consents: Consents, auth: str) -> None:
    consents.offer(auth=auth)
    ada = consents.person("ada")
    consents.connect(ada)
    for _ in range(3):
        forget_state(consents)
        assert isinstance(consents.call(ada).outcome, Succeeded)
    assert [one.spent for one in consents.provider.granted] == [True, True, True, False]
    (one,) = consents.listed(ada)
    assert (one["subject"], one["lapsed"]) == ("ada", "")
    assert one["since"] > "2020"


def test_a_token_that_was_revoked_is_renewed_and_a_consent_that_was_is_asked_for_again(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    consents.provider.granted[0].revoked = True
    outcome = consents.call(ada, "act").outcome
    assert isinstance(outcome, ToolFailed)
    assert (outcome.fault, outcome.not_done) == ("CONNECT_AGAIN", True)
    assert f"callgate connect {consents.toolset}" in str(outcome)
    (one,) = consents.listed(ada)
    assert "invalid_grant" in one["lapsed"]
    consents.connect(ada)
    assert isinstance(consents.call(ada).outcome, Succeeded)
    assert consents.listed(ada)[0]["lapsed"] == ""


def test_what_cannot_be_renewed_is_used_until_it_ends_and_no_endpoint_is_asked(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=600)
    (one,) = consents.listed(ada)
    assert (one["renews"], bool(one["until"])) == (False, True)
    for _ in range(2):
        forget_state(consents)
        assert isinstance(consents.call(ada).outcome, Succeeded)
    assert len(consents.provider.received("POST", "/token")) == 1
    assert consents.listed(ada)[0]["until"][:16] == one["until"][:16]


def test_what_cannot_be_renewed_is_used_for_as_many_days_as_the_endpoint_says(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=5_184_000)
    (kept,) = consents.kept().values()
    assert float(kept["good_until"]) > time.time() + 59 * 86_400
    (one,) = consents.listed(ada)
    assert datetime.fromisoformat(one["until"]).timestamp() > time.time() + 59 * 86_400
    consents.change_kept(good_until=str(int(time.time()) + 58 * 86_400))  # days later, which Redis believes for one at most
    forget_state(consents)
    assert isinstance(consents.call(ada).outcome, Succeeded)


def test_what_has_ended_and_cannot_be_renewed_is_told_before_the_api_is_asked(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=600)
    consents.change_kept(good_until="1000000000")
    forget_state(consents)
    with pytest.raises(ConnectAgain, match="has expired"):
        consents.call(ada)
    assert consents.provider.received("GET", "/things") == []


@pytest.mark.parametrize("said", [-1, 0, "-3600", "0"])
def test_a_token_that_has_ended_before_it_came_connects_no_person_and_leaves_what_was(consents: Consents, said: object) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=600)
    before = consents.kept()
    with pytest.raises(TokenRefused, match=f"has ended .expires_in is {said}., and no refresh token") as refused:
        connect_with(consents, ada, expires_in=said)
    assert refused.value.cure.startswith("Let the authorization server give tokens that live longer, or a refresh token")
    assert consents.kept() == before


def test_a_life_that_cannot_be_read_is_told_as_none(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.provider.tell("POST", "/token", granted("at-told", expires_in="soon"))
    ended = consents.connect(ada)
    assert "until the API refuses it: the token endpoint has told no end" in ended.out


def test_a_token_of_no_told_life_is_good_until_the_api_refuses_it(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=None)
    assert isinstance(consents.call(ada).outcome, Succeeded)
    consents.provider.forget("GET", "/things")  # the API does not know this token
    outcome = consents.call(ada).outcome
    assert isinstance(outcome, ToolFailed)
    assert outcome.fault == "CONNECT_AGAIN"
    assert len(consents.provider.received("GET", "/things")) == 2
    with pytest.raises(ConnectAgain):
        consents.call(ada)


def test_a_401_that_says_nothing_of_the_token_ends_no_connection(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, expires_in=600)
    consents.provider.tell("POST", "/things", answer(401, b'{"error": "your plan has no such operation"}'))
    outcome = consents.call(ada, "act").outcome
    assert isinstance(outcome, ToolFailed)
    assert outcome.http_status == 401
    assert isinstance(consents.call(ada).outcome, Succeeded)
    assert consents.listed(ada)[0]["lapsed"] == ""
    assert len(consents.provider.received("POST", "/token")) == 1


def test_a_refresh_token_that_is_refused_by_a_word_of_the_endpoints_own_is_not_sent_again(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    forget_state(consents)
    consents.provider.tell("POST", "/token", answer(200, b'{"error": "bad_refresh_token"}'))
    with pytest.raises(ConnectAgain, match="bad_refresh_token"):
        consents.call(ada)
    forget_state(consents)
    with pytest.raises(ConnectAgain):
        consents.call(ada)
    assert len(consents.provider.received("POST", "/token")) == 2  # the code, and the refresh token once


def test_what_vault_has_lost_is_asked_for_again_though_redis_believes_in_it(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    consents.lose_kept()
    outcome = consents.call(ada).outcome
    assert outcome is not None
    assert not isinstance(outcome, Succeeded)
    with pytest.raises(ConnectAgain):
        consents.call(ada)


def test_toolsets_of_one_client_are_connected_and_disconnected_each_by_itself(consents: Consents) -> None:
    ada = consents.person("ada")
    toolsets = consents.offer(), consents.offer()
    for consents.situation in toolsets:
        assert consents.connect(ada).code == 0
    for consents.situation in toolsets:
        assert isinstance(consents.call(ada).outcome, Succeeded)
    assert consents.command(ada, "disconnect", consents.toolset).ended().code == 0
    with pytest.raises(ConnectAgain):
        consents.call(ada)
    consents.situation = toolsets[0]
    forget_state(consents)
    assert isinstance(consents.call(ada).outcome, Succeeded)


def test_when_a_refresh_token_ends_is_told(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    connect_with(consents, ada, refresh_token="rt", refresh_token_expires_in=15_552_000)
    (one,) = consents.listed(ada)
    assert one["renews"]
    assert one["until"] > one["since"]
    consents.change_kept(good_until="1000000000")
    forget_state(consents)
    consents.provider.tell("POST", "/token", granted("at-next"))
    assert isinstance(consents.call(ada).outcome, Succeeded)
    (again,) = consents.listed(ada)
    assert (again["renews"], again["until"]) == (True, one["until"])


def test_a_connection_that_cannot_be_revoked_is_removed_all_the_same(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    consents.provider.tell("POST", "/revoke", answer(503, b"<html>later</html>", media_type="text/html"))
    ended = consents.command(ada, "disconnect", consents.toolset).ended()
    assert ended.code == 0
    assert "answered 503" in ended.told
    assert consents.kept() == {}


def test_a_connection_is_removed_though_the_clients_secret_is_gone(consents: Consents) -> None:
    situation = consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    situation.house.vault("DELETE", consents.path.replace("/data/", "/metadata/"))
    ended = consents.command(ada, "disconnect", consents.toolset).ended()
    assert (ended.code, consents.path in ended.told) == (0, True)
    assert consents.kept() == {}
    assert consents.provider.received("POST", "/revoke") == []


def test_what_the_api_has_revoked_is_removed_once_vault_is_back(consents: Consents) -> None:
    situation = consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    revoked = After(away(lambda: sealed(situation.house)), answer(200))
    consents.provider.tell("POST", "/revoke", cast("Answer", revoked))
    assert consents.command(ada, "disconnect", consents.toolset).ended().code == 0
    assert consents.kept() == {}
    again = consents.command(ada, "disconnect", consents.toolset).ended()
    assert (again.code, "any more" in again.out) == (0, True)


def test_a_connection_without_a_place_to_revoke_it_is_removed(consents: Consents) -> None:
    consents.offer(revocation_url="")
    ada = consents.person("ada")
    consents.connect(ada)
    ended = consents.command(ada, "disconnect", consents.toolset).ended()
    assert (ended.code, "no revocation_url" in ended.told) == (0, True)
    assert consents.kept() == {}
    with pytest.raises(ConnectAgain):
        consents.call(ada)


def test_no_gateway_has_the_clients_secret_or_a_token_in_its_memory(consents: Consents) -> None:
    consents.offer(auth="post")
    ada = consents.person("ada")
    consents.connect(ada)
    forget_state(consents)
    assert isinstance(consents.call(ada).outcome, Succeeded)
    processes = [consents.out.house.gateway.pid, *tree(consents.out._process.pid)]
    assert any(copies(pid, consents.toolset.encode()) for pid in processes)  # what a gateway knows is found
    for given in consents.provider.granted:
        for word in (given.access, given.refresh, WORD):
            assert {pid: copies(pid, word.encode()) for pid in processes} == dict.fromkeys(processes, 0)
            assert word not in consents.out.log.read_text()
