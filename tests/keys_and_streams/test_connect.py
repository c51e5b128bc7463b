"""A person consents once by `callgate connect`, with authlib's server, real boxes and Vault."""

import pytest

from callgate import Succeeded
from callgate.errors import ConnectAgain

from .consents import WORD, Consents, answered


def test_a_person_consents_once_and_calls_go_on_by_it(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    with pytest.raises(ConnectAgain) as refused:
        consents.call(ada)
    assert f"callgate connect {consents.toolset}" in refused.value.cure
    ended = consents.connect(ada)
    assert ended.code == 0, ended
    for operation in ("look", "act"):
        assert isinstance(consents.call(ada, operation).outcome, Succeeded)
    (given,) = consents.provider.granted
    assert set(given.scope.split()) == {"things.read", "things.write"}
    (kept,) = consents.kept().values()
    assert kept["access_token"] == given.access
    for word in (given.access, given.refresh, WORD):
        assert word not in ended.out + ended.told + consents.out.log.read_text()


def test_who_is_connected_is_listed_since_when_and_until_when(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    (one,) = consents.listed(ada)
    assert (one["toolset"], one["subject"], one["renews"], one["lapsed"]) == (consents.toolset, "ada", True, "")
    assert one["since"]
    assert one["until"] is None
    assert one["scopes"] == ["things.read", "things.write"]
    assert "ada" in consents.command(ada, "connections").ended().out


def test_what_was_connected_is_removed_and_revoked(consents: Consents) -> None:
    consents.offer()
    ada = consents.person("ada")
    consents.connect(ada)
    done = answered(consents.command(ada, "disconnect", consents.toolset, "-o", "json").ended())
    assert done == {"removed": True, "revoked": True, "reason": ""}
    assert [one.revoked for one in consents.provider.granted] == [True]
    assert consents.kept() == {}
    assert consents.listed(ada) == []
    with pytest.raises(ConnectAgain):
        consents.call(ada)
    again = answered(consents.command(ada, "disconnect", consents.toolset, "-o", "json").ended())
    assert again["removed"] is False
