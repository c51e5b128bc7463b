"""A secret that only the box and the upstream ever see."""

import gzip
import json
import secrets
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from callgate import Invocation
from callgate.errors import CallgateError
from callgate.keys import new_key

from .collector import Collector
from .hostile import Hostile, description
from .house import House, eventually
from .leaks import forms, leaks


@dataclass(frozen=True)
class Observed:
    """A call with the canary, seen from all sides. `live`: what could be seen of its box while the request was out."""

    canary: str
    live: dict[str, bytes]
    invocation: Invocation


@pytest.fixture
def observed(house: House, upstream: Hostile) -> Observed:
    canary, key = secrets.token_urlsafe(24), new_key()
    house.offer(description(secured=True), "hostile", upstream.url, canary)
    call = house.begin("read_slowly", {}, key)
    eventually(lambda: upstream.requests, what="the request upstream")
    box = house.box_of(key)
    process = Path("/proc") / str(house.pid_of(box))
    live = {name: (process / name).read_bytes() for name in ("environ", "cmdline", "mountinfo")}
    gateway = Path("/proc") / str(house.gateway.pid)
    live |= {f"gateway's {name}": (gateway / name).read_bytes() for name in ("environ", "cmdline")}
    live["inspect"] = json.dumps(house.inspect(box)).encode()
    upstream.released.set()
    return Observed(canary, live, call.result(10))


def files(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_the_upstream_gets_the_secret_and_the_callers_do_not(observed: Observed, upstream: Hostile) -> None:
    assert upstream.requests[0].headers["authorization"] == f"Bearer {observed.canary}"
    assert upstream.answered[0].find(observed.canary.encode()) > 0
    assert "redacted" in str(observed.invocation.json()["seen"]).lower()
    body = observed.invocation.raise_for_outcome().result.body
    assert leaks([observed.canary], {"invocation": repr(observed.invocation).encode(), "body": body}) == []


def test_the_engine_shows_nothing_of_the_secret(observed: Observed) -> None:
    assert observed.invocation.attempts[0].box.encode() in observed.live["inspect"]
    assert leaks([observed.canary], observed.live) == []


def test_the_log_and_the_store_hold_no_secret(observed: Observed, house: House) -> None:
    kept = {**files(house.state.logs), **files(house.state.store / "appendonlydir")}
    assert any(observed.invocation.id.encode() in content for content in kept.values()), "the store's file was not read"
    assert leaks([observed.canary, house.state.secret_id.read_text(), house.state.root_token.read_text()], kept) == []


def test_no_span_holds_the_secret(observed: Observed, collector: Collector) -> None:
    eventually(lambda: collector.of(observed.invocation.trace_id), what="spans of the call")
    assert leaks([observed.canary], {span.name: span.wire for span in collector.spans}) == []


def test_no_error_holds_the_secret(observed: Observed, house: House) -> None:
    texts: dict[str, bytes] = {}

    def note(tool: str, call: Callable[[], Invocation]) -> None:
        invocation = call()
        texts[tool] = repr(invocation).encode()
        with pytest.raises(CallgateError) as error:
            invocation.raise_for_outcome()
        texts[f"{tool} raised"] = repr((error.value, error.value.__notes__, vars(error.value))).encode()

    note("write_broken", lambda: house.client.call("write_broken", {}))
    note("read_moved", lambda: house.client.call("read_moved", {}))
    assert leaks([observed.canary], texts) == []


@pytest.mark.parametrize("prefix", ["", "B", "Be", "Bearer "])
def test_a_leak_would_be_found_in_every_form(prefix: str) -> None:
    """The search itself can fail: it finds a secret that is there."""
    secret = "a-secret-of-some-length"
    plain = [(prefix + secret).encode(), *forms(prefix + secret)]
    hidden = [*plain, *(b"before" + pack(text) + b"after" for text in plain for pack in (gzip.compress, zlib.compress))]
    assert leaks([secret], {str(number): content for number, content in enumerate(hidden)}) == [
        str(number) for number in range(len(hidden))
    ]
