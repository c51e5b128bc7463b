"""Every list is in pages, and takes no token that it never gave out: a table of all lists that there are."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc import StatusCode

from gateway.edge.grpc.paging import token_of
from gateway.model.principal import RIGHTS, Principal, rule_of
from tests.isolation.gateways import METHODS, Place, Served

LISTS = [path for path in METHODS if "/List" in path]
ADA = Principal("acme", "planner", "ada")


@pytest.fixture
async def served(place: Place) -> AsyncIterator[Served]:
    place.let_in("owner", ADA, rule_of(("*",), frozenset(RIGHTS)))
    async with place.gateway() as served:
        yield served


def request(path: str, **said: Any) -> Message:
    return GetMessageClass(METHODS[path].input_type)(**said)


@pytest.mark.parametrize("path", LISTS)
async def test_a_token_that_a_list_never_gave_out_is_refused_and_so_is_a_negative_size(served: Served, path: str) -> None:
    foreign = "bm90IG91cnM", token_of("another list", 0, "orders"), "x" * 100_000
    for wrong in (*(request(path, page_token=token) for token in foreign), request(path, page_size=-1)):
        assert await served.ask(path, wrong, "owner") is StatusCode.INVALID_ARGUMENT
    assert await served.ask(path, request(path, page_size=2_000_000_000), "owner") is StatusCode.OK


def test_there_are_lists() -> None:
    assert len(LISTS) >= 7
