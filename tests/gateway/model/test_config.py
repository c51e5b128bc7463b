from pathlib import Path

import pytest

from gateway.model.config import ConfigInvalid, is_local, load

REQUIRED = {
    "CALLGATE_PRINCIPALS_FILE": "/p",
    "CALLGATE_VAULT_ROLE_ID_FILE": "/r",
    "CALLGATE_VAULT_SECRET_ID_FILE": "/s",
}


def test_the_defaults_listen_on_loopback_without_reflection() -> None:
    config = load(REQUIRED)
    assert config.listen.startswith("127.0.0.1:")
    assert config.reflection is False
    assert config.private_networks == ()


def test_every_setting_is_read() -> None:
    config = load(
        REQUIRED
        | {
            "CALLGATE_POOL_SIZE": "7",
            "CALLGATE_PRIVATE_NETWORKS": "127.0.0.0/8, ::1/128",
            "CALLGATE_RUN_DIR": "/x",
            "CALLGATE_REFLECTION": "true",
            "CALLGATE_HEARTBEAT_SECONDS": "2.5",
            "CALLGATE_SELF_PROMOTION": "acme, globex",
            "CALLGATE_SECRET_PREFIXES": "acme=secret/data/acme, acme=secret/data/shared/,globex=kv/data/g",
            "CALLGATE_CATALOG_OWNER": "acme",
            "CALLGATE_ADDRESS": "of the SDK",
        }
    )
    assert config.pool_size == 7
    assert [str(network) for network in config.private_networks] == ["127.0.0.0/8", "::1/128"]
    assert config.run_dir == Path("/x")
    assert config.heartbeat_seconds == 2.5
    assert config.reflection is True
    assert config.self_promotion == {"acme", "globex"}
    assert config.secret_prefixes == (("acme", "secret/data/acme"), ("acme", "secret/data/shared/"), ("globex", "kv/data/g"))
    assert config.catalog_owner == "acme"


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (
            {"CALLGATE_POOLSIZE": "7"},
            "CALLGATE_POOLSIZE is not a setting; there are CALLGATE_CALLS_AT_ONCE, CALLGATE_CATALOG_OWNER",
        ),
        ({"CALLGATE_POOL_SIZE": "many"}, "CALLGATE_POOL_SIZE"),
        ({"CALLGATE_POOL_SIZE": "0"}, "CALLGATE_POOL_SIZE"),
        ({"CALLGATE_CEILING_CPUS": "0"}, "CALLGATE_CEILING_CPUS must be greater than 0"),
        ({"CALLGATE_CEILING_MEMORY_BYTES": "4G"}, "CALLGATE_CEILING_MEMORY_BYTES"),
        ({"CALLGATE_QUOTA_RECORDINGS": "nan"}, "CALLGATE_QUOTA_RECORDINGS"),
        ({"CALLGATE_QUOTA_REVIEWS": "-1"}, "CALLGATE_QUOTA_REVIEWS must be greater than 0"),
        ({"CALLGATE_HEARTBEAT_SECONDS": "0"}, "CALLGATE_HEARTBEAT_SECONDS"),
        ({"CALLGATE_HEARTBEAT_SECONDS": "nan"}, "CALLGATE_HEARTBEAT_SECONDS"),
        ({"CALLGATE_HEARTBEAT_SECONDS": "inf"}, "CALLGATE_HEARTBEAT_SECONDS"),
        ({"CALLGATE_REFLECTION": "yes"}, "CALLGATE_REFLECTION"),
        ({"CALLGATE_SECRET_PREFIXES": "secret/data/acme"}, "CALLGATE_SECRET_PREFIXES"),
        ({"CALLGATE_SECRET_PREFIXES": "acme=/"}, "CALLGATE_SECRET_PREFIXES"),
        ({"CALLGATE_PRIVATE_NETWORKS": "10.0.0.1/8"}, "CALLGATE_PRIVATE_NETWORKS"),
        ({"CALLGATE_PRINCIPALS_FILE": ""}, "CALLGATE_PRINCIPALS_FILE"),
        ({"CALLGATE_KEY_RETENTION_READS": "59"}, "CALLGATE_KEY_RETENTION_READS must be 60 to 7776000 seconds"),
        ({"CALLGATE_KEY_RETENTION_ACTS": "7776001"}, "CALLGATE_KEY_RETENTION_ACTS"),
        ({"CALLGATE_KEY_RETENTION_ACTS": "nan"}, "CALLGATE_KEY_RETENTION_ACTS"),
        ({"CALLGATE_KEY_RETENTION_ACTS": "a week"}, "CALLGATE_KEY_RETENTION_ACTS"),
        ({"CALLGATE_TLS_KEY_FILE": "/k"}, "CALLGATE_TLS_CERTIFICATE_FILE"),
        ({"CALLGATE_LISTEN": "0.0.0.0:7443"}, "in the clear"),
        ({"CALLGATE_LISTEN": "[::]:7443"}, "in the clear"),
        ({"CALLGATE_LISTEN": "gateway.example:7443"}, "in the clear"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(wrong: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigInvalid, match=named):
        load(REQUIRED | wrong)


@pytest.mark.parametrize("listen", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/run/x.sock"])
def test_loopback_and_unix_sockets_are_local(listen: str) -> None:
    assert is_local(listen)
