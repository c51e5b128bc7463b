"""Where Redis is and how it is reached, as an operator writes it; what contradicts itself stops the start."""

import pytest

from gateway.model.config import ConfigInvalid, load
from gateway.model.redis_place import redis_place
from gateway.model.redis_settings import RedisSettings

REQUIRED = {
    "CALLGATE_PRINCIPALS_FILE": "/p",
    "CALLGATE_VAULT_ROLE_ID_FILE": "/r",
    "CALLGATE_VAULT_SECRET_ID_FILE": "/s",
}


def test_a_url_of_one_server_gives_its_address_database_and_login() -> None:
    place = redis_place("redis://ada:p%40ss@db.example:7000/3")
    assert (place.hosts, place.database, place.user, place.password) == ((("db.example", 7000),), 3, "ada", "p@ss")
    assert (place.service, place.tls) == ("", False)
    assert "p@ss" not in repr(place)


def test_what_a_url_leaves_out_has_a_default() -> None:
    assert redis_place("redis://db").hosts == (("db", 6379),)
    assert redis_place("rediss://[::1]").hosts == (("::1", 6379),)
    assert redis_place("redis+sentinel://a,b:7/s").hosts == (("a", 26379), ("b", 7))
    assert redis_place("redis://:secret@db").user is None


def test_a_url_of_sentinels_gives_each_of_them_and_the_service() -> None:
    place = redis_place("rediss+sentinel://gate:secret@a:1,[::1]:2,c/main/4")
    assert (place.hosts, place.service, place.database, place.tls) == (
        (("a", 1), ("::1", 2), ("c", 26379)),
        "main",
        4,
        True,
    )
    assert (place.user, place.password) == ("gate", "secret")


def test_a_unix_socket_is_a_path_and_perhaps_a_database() -> None:
    assert redis_place("unix:///run/redis.sock").socket == "/run/redis.sock"
    assert redis_place("unix:///run/redis.sock?db=2").database == 2


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("http://:secret@db", "scheme"),
        ("db:6379", "scheme"),
        ("redis://:secret@db:port", "host:port"),
        ("redis://:secret@", "host:port"),
        ("redis://[::1/0", "host:port"),
        ("redis://:secret@db/zero", "database"),
        ("redis://:secret@a,b", "redis+sentinel://"),
        ("redis+sentinel://:secret@a,b", "service"),
        ("redis+sentinel://:secret@a,,b/s", "host:port"),
        ("rediss://:secret@db/0?ssl_cert_reqs=none", "parameters"),
        ("unix://:secret@run.sock", "unix:///PATH"),
        ("unix:///run.sock?password=secret", "unix:///PATH"),
    ],
)
def test_a_url_that_cannot_be_read_is_refused_without_its_password(url: str, wrong: str) -> None:
    with pytest.raises(ConfigInvalid, match="CALLGATE_REDIS_URL") as refused:
        load(REQUIRED | {"CALLGATE_REDIS_URL": url})
    assert wrong in str(refused.value)
    assert "secret" not in str(refused.value)


def test_every_setting_of_redis_reaches_the_store() -> None:
    given = {
        "URL": "rediss+sentinel://a,b/main",
        "USER": "gateway",
        "PASSWORD_FILE": "/password",
        "CA_FILE": "/ca",
        "CERTIFICATE_FILE": "/certificate",
        "KEY_FILE": "/key",
        "SERVER_NAME": "redis.example",
        "SENTINEL_USER": "watcher",
        "SENTINEL_PASSWORD_FILE": "/watchers",
        "SENTINEL_TLS": "false",
        "DURABILITY": "declared",
        "DURABILITY_STATEMENT": "a log over three zones",
        "WAIT": "2",
        "WAIT_MS": "150",
        "WAIT_FSYNCED": "true",
    }
    settings = load(REQUIRED | {f"CALLGATE_REDIS_{name}": text for name, text in given.items()}).redis
    found = {name: getattr(settings, name.lower()) for name in given}
    assert {name: str(value).lower() for name, value in found.items()} == {name: text.lower() for name, text in given.items()}
    assert settings.tls_to_sentinels is False
    assert settings.declared == "a log over three zones"


def test_by_default_everything_is_checked_and_nothing_waits_for_replicas() -> None:
    settings = load(REQUIRED).redis
    assert settings == RedisSettings()
    assert (settings.declared, settings.wait, settings.tls_to_sentinels) == (None, 0, False)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CERTIFICATE_FILE": "/c", "URL": "rediss://db"}, "KEY_FILE"),
        ({"CA_FILE": "/ca"}, "rediss://"),
        ({"SERVER_NAME": "redis.example"}, "rediss://"),
        ({"SENTINEL_USER": "w", "SENTINEL_PASSWORD_FILE": "/w"}, "names no Sentinel"),
        ({"SENTINEL_TLS": "true"}, "names no Sentinel"),
        ({"SENTINEL_TLS": "yes", "URL": "redis+sentinel://a/s"}, "CALLGATE_REDIS_SENTINEL_TLS"),
        ({"SENTINEL_USER": "w", "URL": "redis+sentinel://a/s"}, "SENTINEL_PASSWORD_FILE"),
        ({"USER": "gateway"}, "CALLGATE_REDIS_PASSWORD_FILE"),
        ({"USER": "gateway", "PASSWORD_FILE": "/p", "URL": "redis://ada@db"}, "both name a user"),
        ({"PASSWORD_FILE": "/p", "URL": "redis://:pw@db"}, "both give a password"),
        ({"DURABILITY": "trusted"}, "checked or declared"),
        ({"DURABILITY": "declared"}, "CALLGATE_REDIS_DURABILITY_STATEMENT"),
        ({"DURABILITY_STATEMENT": "believe me"}, "CALLGATE_REDIS_DURABILITY"),
        ({"WAIT": "-1"}, "CALLGATE_REDIS_WAIT"),
        ({"WAIT": "one"}, "CALLGATE_REDIS_WAIT"),
        ({"WAIT": "1", "WAIT_MS": "0"}, "CALLGATE_REDIS_WAIT_MS"),
        ({"WAIT": "1", "WAIT_MS": "60000"}, "CALLGATE_REDIS_WAIT_MS"),
        ({"WAIT_FSYNCED": "true"}, "CALLGATE_REDIS_WAIT"),
    ],
)
def test_settings_that_contradict_each_other_stop_the_start(given: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigInvalid, match=named):
        load(REQUIRED | {f"CALLGATE_REDIS_{name}": text for name, text in given.items()})
