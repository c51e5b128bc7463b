"""A user of Redis' access control lists, who may do what the gateway must and nothing else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import NoPermissionError

from benchmarks.redis_servers import RedisServer
from gateway.model.errors import StoreMisconfigured
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import Store
from gateway.records.redis.wire.failure_rows import GRANTS, ROWS
from sandbox.reaping.box_registry import Absent, BoxPlace
from tests.gateway.records.lives import whole_life
from tests.gateway.records.stores import at
from tests.gateway.records.troubles import order, serving

PASSWORD = "of-the-gateway"
#: Redis 7.0 has no WAITAOF, and refuses a rule that names it.
OF_KIND = {"valkey": f"{GRANTS} +waitaof", "redis": GRANTS}


@pytest.fixture(params=["valkey", "redis"])
async def server(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RedisServer]:
    """Its default user is off; the gateway's is `gateway`, the operator's `root`."""
    users = {
        "user root": "on >root ~* &* +@all",
        "user gateway": f"on >{PASSWORD} {OF_KIND[request.param]}",
        "user default": "off",
    }
    async with serving(tmp_path / "server", request.param, **users) as server:
        yield server


@pytest.fixture
def settings(server: RedisServer, tmp_path: Path) -> RedisSettings:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    return RedisSettings(url=server.url, user="gateway", password_file=tmp_path / "password")


@pytest.fixture
async def store(settings: RedisSettings) -> AsyncIterator[Store]:
    async with at(settings) as store:
        await store.open()
        yield store


async def test_what_the_cure_grants_is_enough_for_all_that_a_gateway_does(store: Store) -> None:
    await whole_life(store, "inv_1")
    boxes = RedisBoxRegistry(store)
    await boxes.enter("box-1", BoxPlace("engine", "/run/callgate", "gw-1"))
    assert await boxes.at("engine", "/run/callgate") == {"box-1": "gw-1"}
    await boxes.mark_removed("box-1")
    assert await boxes.find("box-1") is Absent.GONE
    assert (await store.standing()).role == "master"
    await store.check_durability()
    await store.try_to_write()
    await store.try_functions()


async def test_each_kind_of_question_of_the_store_is_granted(store: Store) -> None:
    await store.keep_fields("cg:{acme}:h", {"a": b"1"}, 60)
    await store.put("cg:{acme}:h", "b", b"2")
    assert await store.hash_values("cg:{acme}:h", ["a", "b"]) == [b"1", b"2"]
    assert await store.each_hash_value([("cg:{acme}:h", "a")]) == [b"1"]
    await store.keep_value("cg:{acme}:v", b"1", 60)
    assert await store.value("cg:{acme}:v") == b"1"
    await store.delete("cg:{acme}:v")
    await store.add_to_set("cg:{acme}:s", "m")
    assert await store.members("cg:{acme}:s") == ["m"]
    assert await store.scored("cg:{acme}:z", 0, 1, skip=0, limit=1) == []
    assert await store.names_after("cg:{acme}:z", "", 1) == []
    assert not await store.in_sorted_set("cg:{acme}:z", "m")
    assert await store.now() > 0
    assert await store.stream("cg:{acme}:e", 0, block=0.01) == []
    assert await store.memory() > 0


@pytest.mark.parametrize(
    "command",
    [
        ("FLUSHALL",),
        ("CONFIG", "SET", "appendonly", "no"),
        ("GET", "shop:1"),
        ("ACL", "LIST"),
        ("SHUTDOWN",),
        ("KEYS", "*"),
        ("FUNCTION", "DELETE", "callgate_v2"),
        ("EVAL", "return 1", "0"),
        ("REPLICAOF", "NO", "ONE"),
    ],
    ids=lambda words: words[0],
)
async def test_and_it_grants_nothing_that_a_gateway_has_no_use_for(server: RedisServer, command: tuple[str, ...]) -> None:
    async with server.asked(username="gateway", password=PASSWORD) as gateway:
        with pytest.raises(NoPermissionError):
            await order(gateway, *command)


@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_the_line_that_is_shown_can_be_pasted(kind: str, tmp_path: Path) -> None:
    documented = (Path(__file__).parents[4] / "docs" / "running-redis.md").read_text().splitlines()
    (line,) = [line for line in documented if line.startswith("ACL SETUSER")]
    async with serving(tmp_path / "server", kind) as server, server.asked() as operator:
        await order(operator, *line.split())
        (row,) = [row for row in ROWS if row.fits == (NoPermissionError,)]
        words = row.cure.partition("ACL SETUSER NAME ")[2].split()
        await order(operator, "ACL", "SETUSER", "another", *words)
    assert line == f"ACL SETUSER callgate on >PASSWORD {GRANTS}"


async def test_a_password_file_that_cannot_be_read_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(StoreMisconfigured, match="missing") as refused:
        Store(RedisSettings(password_file=tmp_path / "missing"))
    assert "CALLGATE_REDIS_PASSWORD_FILE" in refused.value.cure
