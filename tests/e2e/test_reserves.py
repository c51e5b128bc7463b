"""What a manifest holds in reserve, on real parts: an upstream's key, a probe, a fallback, a cache."""

from uuid import UUID, uuid4

import pytest

from callgate import Evidence, State
from callgate.keys import new_key

from .hostile import Hostile, description
from .house import House

MANIFEST = """
toolset: {toolset}
operations:
  {p}write_broken:
    probe: {{tool: {p}read_plain, arguments: {{}}, happened: {{pointer: /plain, equals: true}}, settle: 0.1}}
  {p}read_broken:
    retry: {{first_delay: 0.01}}
    fallback: {{tool: {p}read_plain, arguments: {{}}}}
  {p}write_slowly:
    upstream_key: {{header: Idempotency-Key}}
    limits: {{attempt_timeout: 1, max_attempts: 2}}
  {p}read_plain: {{cache_seconds: 60}}
"""


@pytest.fixture
def prefix(house: House, upstream: Hostile) -> str:
    """What the names of this test's own tools begin with."""
    made = f"t{uuid4().hex[:8]}_"
    manifest = MANIFEST.format(p=made, toolset=made.rstrip("_")).encode()
    house.client.toolsets.import_openapi(description(prefix=made), made.rstrip("_"), server=upstream.url, manifest=manifest)
    return made


def test_a_post_whose_answer_was_lost_succeeds_with_what_its_probe_sees(house: House, upstream: Hostile, prefix: str) -> None:
    invocation = house.client.call(f"{prefix}write_broken", {})
    assert invocation.json() == {"plain": True}
    assert invocation.outcome_source == f"probe:{prefix}read_plain"
    assert not invocation.under_review
    assert [attempt.evidence for attempt in invocation.attempts] == [Evidence.SENT]
    assert upstream.received("POST", "/break") == 1
    assert upstream.received("GET", "/plain") == 1
    assert house.client.reviews.get(invocation.id).author == f"probe:{prefix}read_plain"


def test_where_every_attempt_failed_the_fallback_answers(house: House, upstream: Hostile, prefix: str) -> None:
    key = new_key()
    invocation = house.client.call(f"{prefix}read_broken", {}, key=key)
    assert invocation.json() == {"plain": True}
    kind, _, child = invocation.outcome_source.partition(":")
    assert kind == "fallback"
    assert house.client.invocations.get(child).tool == f"{prefix}read_plain@1.0.0"
    assert (upstream.received("GET", "/break"), upstream.received("GET", "/plain")) == (3, 1)
    assert house.client.call(f"{prefix}read_broken", {}, key=key).outcome == invocation.outcome


@pytest.mark.slow
def test_a_keyed_post_shows_its_upstream_one_key_however_often_it_is_sent(house: House, upstream: Hostile, prefix: str) -> None:
    invocation = house.client.call(f"{prefix}write_slowly", {})
    assert invocation.effect == "KEYED"
    assert len(invocation.attempts) == len(upstream.requests) == 2
    (key,) = {request.headers["idempotency-key"] for request in upstream.requests}
    assert UUID(key)
    assert invocation.state is State.FAILED
    assert invocation.under_review


def test_a_cached_answer_is_given_again_without_a_box(house: House, upstream: Hostile, prefix: str) -> None:
    first, second = (house.client.call(f"{prefix}read_plain", {}) for _ in range(2))
    assert (first.json(), second.json()) == ({"plain": True}, {"plain": True})
    assert (second.outcome_source, second.attempts) == ("cache", ())
    assert upstream.received("GET", "/plain") == 1
