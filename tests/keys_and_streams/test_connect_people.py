"""Each person has a connection of its own, in its tenant, and no call shows another's: Vault itself keeps them apart."""

import pytest

from callgate import Succeeded
from callgate.errors import ConnectAgain, NotPermitted, RequestInvalid

from .consents import Consents


def test_no_call_shows_what_another_subject_has_connected(consents: Consents) -> None:
    consents.offer()
    ada, bob = consents.person("ada"), consents.person("bob")
    consents.connect(ada)
    with pytest.raises(ConnectAgain, match="bob is not connected"):
        consents.call(bob)
    consents.connect(bob, name="bob")
    for person in (ada, bob, ada):
        assert isinstance(consents.call(person).outcome, Succeeded)
    first, second = (one.access for one in consents.provider.granted)
    assert consents.shown() == [first, second, first]
    assert len(consents.kept()) == 2


@pytest.mark.parametrize(("per", "right"), [("subject", "--may connect"), ("tenant", "--may connect --may operate")])
def test_a_caller_that_may_not_connect_is_told_which_right_does(consents: Consents, per: str, right: str) -> None:
    consents.offer(per=per)
    agent = consents.person("bob", rights=())
    with pytest.raises(ConnectAgain) as refused:
        consents.call(agent)
    assert f"--tool '*' {right}`" in refused.value.cure
    assert f"callgate connect {consents.toolset}" in refused.value.cure
    ended = consents.command(agent, "connect", consents.toolset).ended()
    assert (ended.code, "--may connect" in ended.told) == (3, True)


def test_the_end_of_one_connection_is_not_anothers(consents: Consents) -> None:
    consents.offer()
    ada, bob = consents.person("ada"), consents.person("bob")
    consents.connect(ada)
    consents.connect(bob, name="bob")
    consents.command(ada, "disconnect", consents.toolset).ended()
    with pytest.raises(ConnectAgain):
        consents.call(ada)
    assert isinstance(consents.call(bob).outcome, Succeeded)
    assert [one.revoked for one in consents.provider.granted] == [True, False]


def test_a_subject_of_the_same_name_in_another_tenant_is_another_person(consents: Consents) -> None:
    consents.offer()
    consents.out.client.toolsets.publish(consents.toolset, "globex")
    ada, other = consents.person("ada"), consents.person("ada", tenant="globex")
    consents.connect(ada)
    with pytest.raises(ConnectAgain):
        consents.call(other)
    assert consents.listed(other) == []
    consents.connect(other)
    assert isinstance(consents.call(other).outcome, Succeeded)
    assert isinstance(consents.call(ada).outcome, Succeeded)
    mine, theirs = (one.access for one in consents.provider.granted)
    assert consents.shown() == [theirs, mine]


def test_one_connects_for_the_tenant_where_the_manifest_says_so(consents: Consents) -> None:
    consents.offer(per="tenant")
    ada, keeper = consents.person("ada"), consents.person("keeper", rights=("connect", "import"))
    refused = consents.command(ada, "connect", consents.toolset).ended()
    assert (refused.code, "its own subject alone" in refused.told) == (3, True)
    consents.connect(keeper, name="keeper")
    assert isinstance(consents.call(ada).outcome, Succeeded)
    (one,) = consents.listed(ada)
    assert (one["subject"], one["author"]) == ("", "local/agent/keeper")
    with pytest.raises(NotPermitted), consents.client(ada) as client:
        client.connections.disconnect(consents.toolset)


def test_a_box_in_one_persons_name_cannot_read_what_is_anothers(consents: Consents) -> None:
    situation = consents.offer()
    ada, bob = consents.person("ada"), consents.person("bob")
    consents.connect(ada)
    hers = set(consents.kept())
    consents.connect(bob, name="bob")
    (mine,), (his,) = hers, set(consents.kept()) - hers
    house = situation.house
    (role,) = {one.name for one in situation.report.roles if one.keeps_at}
    (place,) = {one.keeps_at.removesuffix("/{person}") for one in situation.report.roles if one.keeps_at}
    minted = house.vault("POST", f"auth/token/create/{role}", {"entity_alias": mine})["auth"]["client_token"]
    for verb, path, status in (
        ("GET", f"{place}/{mine}", 200),
        ("GET", f"{place}/{his}", 403),
        ("POST", f"{place}/{his}", 403),
        ("DELETE", f"{place.replace('/data/', '/metadata/')}/{his}", 403),
    ):
        connection = house._connect_vault()
        connection.request(verb, f"/v1/{path}", "{}", {"X-Vault-Token": minted})
        assert (verb, path, connection.getresponse().status) == (verb, path, status)
        connection.close()
    of_root = house._ask_vault("POST", f"auth/token/create/{role}", {"entity_alias": "root"})
    assert of_root[0] == 400


def test_who_may_not_connect_is_refused(consents: Consents) -> None:
    consents.offer()
    mute = consents.person("mute", rights=())
    ended = consents.command(mute, "connect", consents.toolset).ended()
    assert (ended.code, "may not connect mute" in ended.told) == (3, True)
    stranger = consents.out.client.principals.add("local", "agent", "stranger", tools=["others_*"], rights=["connect"])
    assert stranger.token
    with consents.client(stranger.token) as client, pytest.raises(RequestInvalid, match="no tool of"):
        client.connections.begin_device(consents.toolset)


def test_another_subject_is_disconnected_by_those_alone_who_look_after_the_tools(consents: Consents) -> None:
    consents.offer()
    ada, bob = consents.person("ada"), consents.person("bob")
    keeper = consents.person("keeper", rights=("connect", "operate"))
    consents.connect(ada)
    assert consents.listed(bob) == []
    assert [one["subject"] for one in consents.listed(keeper)] == ["ada"]
    with consents.client(bob) as client, pytest.raises(NotPermitted):
        client.connections.disconnect(consents.toolset, subject="ada")
    with consents.client(keeper) as client:
        assert client.connections.disconnect(consents.toolset, subject="ada").revoked
    with pytest.raises(ConnectAgain):
        consents.call(ada)


def test_a_toolset_without_a_connection_is_told_so(consents: Consents) -> None:
    consents.offer()
    ended = consents.command(consents.person("ada"), "connect", "no_such").ended()
    assert ended.code == 3
    assert "no tool of no_such" in ended.told
