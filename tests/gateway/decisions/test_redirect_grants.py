"""Where a call may be redirected to is a destination of its box, with all that is said of one."""

from dataclasses import replace
from ipaddress import ip_network

import pytest

from gateway.decisions.policy import Policy
from gateway.model.errors import UpstreamIsOwnPart
from registry.model.tool import Draft, Effect, Operation
from registry.model.versions import first
from sandbox.api.job import Destination, OwnPart

DRAFT = Draft(
    name="read",
    toolset="t",
    description="",
    input_schema={},
    output_schema=None,
    operation=Operation("GET", "https://api.example", "/", (), None, ("*/*",)),
    effect=Effect.READ,
)
PRIVATE = (ip_network("10.0.0.0/8"),)
REDIS = OwnPart("the Redis", "redis.example", 6379)


def granted(*redirects: str) -> tuple[Destination, ...]:
    policy = Policy(private=PRIVATE, vault="https://vault.example", own_parts=lambda: (REDIS,))
    return policy.grant(first(replace(DRAFT, redirects=redirects))).egress.destinations


def test_a_named_origin_is_a_destination_after_the_tool_s_own() -> None:
    found = [(one.host, one.port, one.tls, one.private) for one in granted("https://a.example", "http://b.example:8080")]
    assert found == [
        ("api.example", 443, True, PRIVATE),
        ("a.example", 443, True, PRIVATE),
        ("b.example", 8080, False, PRIVATE),
    ]


def test_without_a_name_there_is_no_other_destination() -> None:
    assert [one.host for one in granted()] == ["api.example"]


def test_what_is_named_twice_is_as_it_was_named_first() -> None:
    (one,) = granted("http://api.example:443")
    assert one.tls


def test_a_part_of_callgate_itself_is_no_place_to_redirect_to() -> None:
    with pytest.raises(UpstreamIsOwnPart, match="the Redis"):
        granted("http://redis.example:6379")
