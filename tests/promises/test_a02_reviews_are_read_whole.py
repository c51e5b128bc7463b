"""However many reviews are open before it, the probe of a call whose gateway was killed is asked, and people see all."""

import signal
from pathlib import Path
from uuid import uuid4

import pytest

from callgate.keys import new_key
from callgate.types import State
from gateway.model.invocation import Attempt, Outcome, Request, Verdict
from gateway.model.redis_settings import RedisSettings
from gateway.records.ledger.protocol import New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence
from tests.e2e.hostile import Hostile, description
from tests.e2e.house import CLEAN_WITHIN, OPERATOR, House, eventually

pytestmark = pytest.mark.slow

OLDER = 149
MANIFEST = """
toolset: hostile
operations:
  write_slowly:
    probe: {tool: read_plain, arguments: {}, happened: {pointer: /plain, equals: true}, settle: 0.1}
"""
REQUEST = Request(
    tool="gone",
    version="gone@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=1,
)
SENT = Attempt(
    number=1,
    box="box",
    accessor="",
    evidence=Evidence.SENT,
    http_status=0,
    fault=FaultCode.UPSTREAM_BROKE,
    bytes_out=10,
    bytes_in=0,
    connections=(),
    phases=(),
    started=1.0,
    duration=0.5,
)


async def leave_open(url: str, password_file: Path | None) -> None:
    """The reviews of calls that nothing can be found out about: their tool is gone."""
    store = Store(RedisSettings(url=url, password_file=password_file))
    try:
        await store.open()
        ledger = RedisLedger(store)
        for number in range(OLDER):
            claimed = await ledger.claim(f"inv_{number:03}", "f", OPERATOR, REQUEST, lease=60.0)
            assert isinstance(claimed, New)
            await ledger.dispatch(claimed.held, attempt=1, box=f"cg-{uuid4().hex[:12]}")
            await ledger.record(claimed.held, Outcome(Verdict.UNKNOWN, effect_possible=True), SENT)
    finally:
        await store.close()


def test_the_probe_of_the_hundred_and_fiftieth_call_is_asked_and_all_reviews_are_listed(
    own_house: House, upstream: Hostile
) -> None:
    house, key = own_house, new_key()
    house.client.toolsets.import_openapi(description(), "hostile", server=upstream.url, manifest=MANIFEST.encode())
    password = house.state.store_password
    house.run_async(leave_open(house.settings["CALLGATE_REDIS_URL"], password if password.exists() else None))
    call = house.begin("write_slowly", {}, key)
    eventually(lambda: upstream.received("POST", "/hang") == 1, what="the request upstream")
    house.signal_gateway(signal.SIGKILL)
    assert house.exit_code() == -signal.SIGKILL
    house.start_gateway()
    eventually(lambda: len(list(house.client.reviews.list())) >= OLDER, what="all reviews in the list")

    eventually(
        lambda: house.client.invocations.get(house.id_of(key)).state is State.SUCCEEDED, CLEAN_WITHIN, "the probe's word"
    )
    assert call.result(CLEAN_WITHIN).id == house.id_of(key)
    assert house.client.invocations.get(house.id_of(key)).outcome_source == "probe:read_plain"
    assert (upstream.received("POST", "/hang"), upstream.received("GET", "/plain")) == (1, 1)
    listed = [review.invocation.id for review in house.client.reviews.list()]
    assert listed == [f"inv_{number:03}" for number in range(OLDER)]
