"""A rolling upgrade: two versions of the Functions on one server, each serving its gateways, and both on the same records."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import redis

from gateway.records.redis.tenant_keys import tenant_keys

from .functions import LEDGER

#: The Functions as they were before they knew of histories.
VERSION_2 = (Path(__file__).parent / "version_2.lua").read_text()
ONCE, ALWAYS = "0", "1"


class Server:
    """Calls either version of a Function on one record."""

    def __init__(self, url: str, *libraries: str) -> None:
        self._client = redis.Redis.from_url(url)
        self._keys = tenant_keys("acme", "inv_1")
        self._old_keys = [*self._keys[:7], "cg:{acme}:quarantine", self._keys[8]]
        for library in libraries:
            self._client.function_load(library, replace=True)
        self._client.flushall()

    def old(self, function: str, *args: Any) -> list[Any]:
        status, _, *rest = self._client.fcall(f"callgate_v2_{function}", 9, *self._old_keys, "inv_1", 0, *args)
        return [status, *rest]

    def new(self, function: str, *args: Any) -> list[Any]:
        shown = "gw", 0, "", 0, "12345678", "inv_1"
        status, _, _, _, _, _, *rest = self._client.fcall(
            f"callgate_v3_{function}", len(self._keys), *self._keys, *shown, *args
        )
        return [status, *rest]

    def claim_as_old(self, repeatable: str = ONCE) -> int:
        return int(self.old("claim", "f", "nonce of the old", 10_000, 60_000, repeatable, 0, 3, "args", "{}")[1])

    def claim_as_new(self, repeatable: str = ONCE) -> int:
        acts = ONCE if repeatable == ALWAYS else "1"
        return int(self.new("claim", "f", "nonce", 10_000, 60_000, repeatable, 0, acts, 3, "args", "{}")[1])

    def claim_as_new_again(self) -> list[Any]:
        return self.new("claim", "f", "nonce", 10_000, 60_000, ONCE, 0, "1", 3)

    def field(self, name: str) -> str | None:
        found = self._client.hget(self._keys[0], name)
        return found.decode() if isinstance(found, bytes) else None


@pytest.fixture(params=[(VERSION_2, LEDGER), (LEDGER, VERSION_2)], ids=["old first", "new first"])
def server(request: pytest.FixtureRequest, redis_of_versions: str) -> Server:
    return Server(redis_of_versions, *request.param)


@pytest.fixture(scope="module")
def redis_of_versions(start_redis: Callable[..., str]) -> str:
    return start_redis("redis", ["--appendonly", "no", "--save", ""])


def test_what_an_old_gateway_began_a_new_one_ends(server: Server) -> None:
    fence = server.claim_as_old()
    assert server.old("dispatch", fence, 1, "b") == [b"OK"]
    assert server.new("record", fence, "SUCCEEDED", "done", "tried", 60_000, 0)[0] == b"OK"
    assert server.new("discharge", "box:b", "BOX_REMOVED")[0] == b"OK"
    assert (server.field("st"), server.field("owed")) == ("SUCCEEDED", None)  # settled: it owes nothing, and does not say so


def test_what_a_new_gateway_began_an_old_one_ends(server: Server) -> None:
    fence = server.claim_as_new()
    assert server.new("dispatch", fence, 1, "b")[0] == b"OK"
    assert server.old("record", fence, "SUCCEEDED", "done", "tried", 60_000, 0)[0] == b"OK"
    assert server.old("discharge", "box:b", "BOX_REMOVED") == [b"OK"]
    assert (server.field("st"), server.field("owed")) == ("SUCCEEDED", "0")


def test_neither_lets_go_what_the_other_let_go_before(server: Server) -> None:
    fence = server.claim_as_old()
    assert server.old("dispatch", fence, 1, "b") == [b"OK"]
    assert server.new("dispatch", fence, 1, "c")[0] == b"FENCED"
    assert server.new("retry", fence, 0, 0, "tried")[0] == b"FENCED"


def test_neither_gives_out_the_others_fence(server: Server) -> None:
    old = server.claim_as_old(ALWAYS)
    server.old("retry", old, 0, 0, "tried")
    new = server.new("resume", 10_000)[1]
    assert new > old
    server.new("retry", new, 0, 0, "tried")
    assert server.old("resume", 10_000)[1] > new
    assert server.new("heartbeat", new, 10_000)[0] == b"FENCED"


def test_neither_takes_a_lease_of_the_other_that_has_not_lapsed(server: Server) -> None:
    server.claim_as_old()
    assert server.new("take_from_lost", "exhausted", "unknown", "lost", 60_000)[0] == b"NOOP"
    server.new("cancel", "cancelled", 60_000)
    assert server.old("heartbeat", 1, 10_000) == [b"FENCED"]


def test_a_repetition_is_known_to_both(server: Server) -> None:
    server.claim_as_old()
    assert server.new("claim", "f", "nonce", 10_000, 60_000, ONCE, 0, 1, 3)[0] == b"KNOWN"
    assert server.new("claim", "g", "nonce", 10_000, 60_000, ONCE, 0, 1, 3)[0] == b"CONFLICT"
    assert server.old("claim", "f", "another", 10_000, 60_000, ONCE, 0, 3)[0] == b"KNOWN"


def test_what_the_old_version_has_told_is_unknown_to_the_history_and_not_lost(server: Server) -> None:
    fence = server.claim_as_old(ALWAYS)
    server.old("retry", fence, 0, 0, "tried")
    assert server.new("witness")[0] == b"OK"
    server.old("resume", 10_000)
    assert server.claim_as_new_again()[0] == b"KNOWN"
