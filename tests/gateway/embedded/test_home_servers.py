"""A home is for one Redis and one Vault: the next start uses them again, and another one is refused with the cure."""

from pathlib import Path

import pytest

from gateway.embedded.errors import HomeForeign, PartFailed, ServerChanged, SettingRefused
from gateway.embedded.home_servers import HomeServers, choose_servers, remember_servers
from gateway.embedded.identities import prepare_vault
from gateway.embedded.options import ExistingStore, ExistingVault, StackOptions
from gateway.embedded.state_dir import StateDir
from gateway.model.vault_settings import VaultSettings

CA_FILE = {"CALLGATE_REDIS_CA_FILE": "/ca.pem"}
STORE = ExistingStore("rediss://callgate:secret@redis.example:6379/0", None, CA_FILE)
SENTINELS = ExistingStore("redis+sentinel://s1,s2/orders/0")
VAULT = ExistingVault("https://vault.example:8200", Path("/token"))
OTHER = ExistingStore("redis://elsewhere.example:6379/0")
NOTHING = StackOptions()


@pytest.fixture
def home(state: StateDir) -> StateDir:
    with state.hold():
        return state


def remembering(home: StateDir, store: ExistingStore | None, vault: ExistingVault | None = None) -> StateDir:
    remember_servers(
        home, HomeServers(store, vault), {**(store.settings if store else {}), **(vault.settings if vault else {})}
    )
    return home


def test_a_new_home_takes_what_is_asked_for(home: StateDir) -> None:
    assert choose_servers(home, StackOptions(store=STORE, vault=VAULT)) == HomeServers(STORE, VAULT)
    assert choose_servers(home, StackOptions()) == HomeServers(None, None)


def test_the_same_servers_are_used_again_and_told_without_their_passwords(home: StateDir) -> None:
    chosen = choose_servers(remembering(home, STORE, VAULT), StackOptions())
    assert (chosen.store, chosen.vault) == (STORE, VAULT)
    assert ["redis.example" in told for told in chosen.told].count(True) == 1
    assert ["vault.example" in told for told in chosen.told].count(True) == 1
    assert "secret" not in "".join(chosen.told)


def test_a_home_of_embedded_servers_stays_one_and_says_nothing(home: StateDir) -> None:
    assert choose_servers(remembering(home, None), StackOptions()) == HomeServers(None, None)


@pytest.mark.parametrize("known", [STORE, SENTINELS, None])
def test_another_redis_is_refused_with_the_ways_out(home: StateDir, known: ExistingStore | None) -> None:
    with pytest.raises(ServerChanged) as refused:
        choose_servers(remembering(home, known), StackOptions(store=OTHER))
    for way in ("--redis-url", "--home", "--moved"):
        assert way in refused.value.cure
    assert "secret" not in str(refused.value)


def test_another_vault_is_refused(home: StateDir) -> None:
    with pytest.raises(ServerChanged, match="--vault-address"):
        choose_servers(remembering(home, None), StackOptions(vault=VAULT))


def test_an_operator_may_say_that_the_servers_have_moved(home: StateDir) -> None:
    chosen = choose_servers(remembering(home, STORE, VAULT), StackOptions(store=OTHER, moved=True))
    assert (chosen.store, chosen.vault) == (OTHER, VAULT)


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        (STORE, "redis://redis.example/0"),
        (STORE, "rediss://another:word@redis.example:6379/0"),
        (SENTINELS, "rediss+sentinel://s2,s3/orders/0"),
    ],
)
def test_the_same_redis_written_otherwise_is_no_other_one(home: StateDir, known: ExistingStore, asked: str) -> None:
    store = choose_servers(remembering(home, known), StackOptions(store=ExistingStore(asked))).store
    assert store is not None
    assert store.url == asked


def test_the_same_redis_named_again_keeps_what_the_last_start_was_told_of_it_and_says_so(home: StateDir) -> None:
    kept = {"CALLGATE_REDIS_WAIT": "1", "CALLGATE_REDIS_WAIT_MS": "50", "CALLGATE_REDIS_USER": "one"}
    known = ExistingStore("redis://redis.example/0", Path("/password"), kept)
    named = StackOptions(store=ExistingStore("redis://redis.example:6379/0"), passed={"CALLGATE_REDIS_WAIT_MS": "90"})
    chosen = choose_servers(remembering(home, known), named)
    assert chosen.store is not None
    assert chosen.store.settings["CALLGATE_REDIS_WAIT"] == "1"
    assert "CALLGATE_REDIS_WAIT_MS" not in chosen.store.settings
    assert chosen.store.password_file == Path("/password")
    (told,) = chosen.told
    assert told.startswith("CALLGATE_REDIS_PASSWORD_FILE, CALLGATE_REDIS_USER, CALLGATE_REDIS_WAIT: as at the last start")


def test_a_home_tells_its_settings_where_its_redis_is_not_named_either(home: StateDir) -> None:
    known = ExistingStore("rediss://redis.example", Path("/password"), CA_FILE)
    chosen = choose_servers(remembering(home, known), StackOptions(passed={"CALLGATE_REDIS_CA_FILE": "/other.pem"}))
    assert chosen.store is not None
    assert chosen.store.password_file == Path("/password")
    assert chosen.told[1].startswith("CALLGATE_REDIS_PASSWORD_FILE: ")
    assert any(line.startswith("CALLGATE_REDIS_CA_FILE, ") for line in choose_servers(home, NOTHING).told)


def test_an_empty_variable_and_a_login_in_the_address_take_back_what_is_remembered(home: StateDir) -> None:
    kept = {"CALLGATE_REDIS_WAIT": "1", "CALLGATE_REDIS_USER": "one"}
    known = ExistingStore("redis://redis.example/0", Path("/password"), kept)
    asked = ExistingStore("redis://two:word@redis.example/0")
    chosen = choose_servers(remembering(home, known), StackOptions(store=asked, passed={"CALLGATE_REDIS_WAIT": ""}))
    assert (chosen.store, chosen.told) == (asked, ())


def test_a_password_file_that_a_variable_names_is_remembered_like_one_of_the_option(home: StateDir) -> None:
    known = ExistingStore("redis://redis.example/0", None, {"CALLGATE_REDIS_PASSWORD_FILE": "/password"})
    chosen = choose_servers(remembering(home, known), NOTHING)
    assert chosen.store is not None
    assert chosen.store.password_file == Path("/password")
    anew = choose_servers(home, StackOptions(passed={"CALLGATE_REDIS_PASSWORD_FILE": "/new"})).store
    assert anew is not None
    assert anew.password_file is None


def test_settings_of_one_redis_do_not_count_for_another(home: StateDir) -> None:
    assert choose_servers(remembering(home, STORE), StackOptions(store=OTHER, moved=True)).store == OTHER


@pytest.mark.parametrize("asked", ["rediss://redis.example:6379/1", "redis://redis.example:6380/0"])
def test_another_database_or_port_is_another_redis(home: StateDir, asked: str) -> None:
    with pytest.raises(ServerChanged):
        choose_servers(remembering(home, STORE), StackOptions(store=ExistingStore(asked)))


def test_a_malformed_address_is_refused_by_its_option(home: StateDir) -> None:
    with pytest.raises(SettingRefused, match="--redis-url"):
        choose_servers(home, StackOptions(store=ExistingStore("http://redis")))


def test_the_same_vault_keeps_its_settings_and_may_have_got_tls(home: StateDir) -> None:
    kept = {"CALLGATE_VAULT_NAMESPACE": "team"}
    known = ExistingVault("http://vault.example:8200", Path("/token"), kept, ("192.0.2.0/24",))
    asked = ExistingVault("https://vault.example:8200/", Path("/other"))
    vault = choose_servers(remembering(home, None, known), StackOptions(vault=asked)).vault
    assert vault == ExistingVault(asked.address, asked.admin_token_file, kept, known.bound)


async def test_a_remembered_vault_whose_operators_token_is_gone_is_told_with_the_options(home: StateDir) -> None:
    nowhere = ExistingVault("https://127.0.0.1:1", home.home / "gone")
    with pytest.raises(PartFailed) as refused:
        await prepare_vault(nowhere, home, VaultSettings(address=nowhere.address))
    assert "--vault-admin-token-file" in refused.value.cure


@pytest.mark.parametrize(
    "written", ['{"servers": [], "release": "99.0.0"}', "[]", "not JSON", '{"redis": {"place": "x"}, "vault": null}']
)
def test_what_another_release_wrote_is_refused_and_left_as_it_is(home: StateDir, written: str) -> None:
    home.servers.write_text(written)
    with pytest.raises(HomeForeign, match="99.0.0" if "99" in written else "another release") as refused:
        choose_servers(home, NOTHING)
    assert "--home" in refused.value.cure
    assert home.servers.read_text() == written
