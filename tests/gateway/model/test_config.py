import re
from pathlib import Path

import pytest

from gateway.model.config import OF_COMPOSE, ConfigInvalid, load
from gateway.model.local_address import is_local

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
        ({"CALLGATE_POOLSIZE": "7"}, "CALLGATE_POOLSIZE is not a setting; did you mean CALLGATE_POOL_SIZE"),
        ({"CALLGATE_NOTHING_LIKE_IT": "7"}, "CALLGATE_NOTHING_LIKE_IT is not a setting$"),
        ({"CALLGATE_POOL_SIZE": "many"}, "CALLGATE_POOL_SIZE"),
        ({"CALLGATE_POOL_SIZE": "0"}, "CALLGATE_POOL_SIZE"),
        ({"CALLGATE_NICENESS": "-21"}, "CALLGATE_NICENESS"),
        ({"CALLGATE_NICENESS": "20"}, "CALLGATE_NICENESS"),
        ({"CALLGATE_FIRST_BOX_USER": "0"}, "CALLGATE_FIRST_BOX_USER"),
        ({"CALLGATE_FIRST_BOX_USER": str(2**31)}, "CALLGATE_FIRST_BOX_USER"),
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


@pytest.mark.parametrize("address", ["http://127.0.0.1:8200", "http://localhost:8200", "HTTP://vault.example"])
def test_a_vault_that_is_spoken_to_in_the_clear_is_refused_wherever_it_is(address: str) -> None:
    """There is no switch that permits it."""
    with pytest.raises(ConfigInvalid, match="CALLGATE_VAULT_ADDRESS begins with http://") as refused:
        load(REQUIRED | {"CALLGATE_VAULT_ADDRESS": address})
    assert "CALLGATE_VAULT_CA_FILE" in refused.value.cure


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ADDRESS", "vault.example:8200"),
        ("ADDRESS", "https://vault.example/v1"),
        ("ADDRESS", "https://one:word@vault.example"),
        ("ADDRESS", "https://vault.example:port"),
        ("NAMESPACE", "team\r\nX-Vault-Token: other"),
        ("NAMESPACE", "team/../other"),
        ("APPROLE_MOUNT", "/approle"),
        ("KV_MOUNTS", "secret,*"),
        ("KV_MOUNTS", ","),
    ],
)
def test_what_says_no_place_in_vault_is_refused_by_its_name(name: str, text: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"CALLGATE_VAULT_{name}") as refused:
        load(REQUIRED | {f"CALLGATE_VAULT_{name}": text})
    assert "word" not in str(refused.value)


def test_vaults_place_is_read() -> None:
    named = {
        "ADDRESS": "https://[::1]:8200/",
        "CA_FILE": "/ca",
        "NAMESPACE": "a/b",
        "APPROLE_MOUNT": "x",
        "KV_MOUNTS": "kv, two/kv",
    }
    vault = load(REQUIRED | {f"CALLGATE_VAULT_{name}": text for name, text in named.items()}).vault
    assert (vault.ca_file, vault.namespace, vault.kv_mounts) == (Path("/ca"), "a/b", ("kv", "two/kv"))
    assert vault.login_path == "auth/x/login"


def test_what_compose_asks_the_environment_for_may_stand_in_it_when_a_gateway_starts() -> None:
    asked = set(re.findall(r"\$\{(CALLGATE_\w+)", (Path(__file__).parents[3] / "compose.yaml").read_text()))
    assert asked == OF_COMPOSE
    assert load(REQUIRED | dict.fromkeys(asked, "redis@sha256:0")) == load(REQUIRED)
