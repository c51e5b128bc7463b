"""Which tenant may have which of the boxes that wait: rules without an engine."""

from pathlib import Path

import pytest

from sandbox.api.spec import RUNNER
from sandbox.box.box import Design, SocketBox
from sandbox.egress.box_sockets import EGRESS_SOCKET
from sandbox.pool.reserve import LATELY, Reserve
from sandbox.pool.stockroom import Stockroom
from sandbox.pool.wait_queue import Waiter

SIZE, MOST = 4, 8


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Shelf:
    """A stockroom with boxes that could be leased, had they ever been opened."""

    def __init__(self, place: Path) -> None:
        self.clock = Clock()
        self._place = place
        self._waiting: list[Waiter] = []
        self.room = Stockroom(self.clock, oldest=600.0, tenant_most=MOST, reserve=Reserve(self.clock, SIZE))
        (place / EGRESS_SOCKET).touch()

    def box(self) -> SocketBox:
        return SocketBox(Design("cg-waits", self._place, 0, 100_000, RUNNER, "runner:1"))

    def calls(self, tenant: str) -> bool:
        """Whether a caller that comes gets a box at once; it waits otherwise."""
        self.room.reserve.arrive(tenant)
        if self.room.must_wait(tenant, RUNNER) or self.room.take(tenant, RUNNER) is None:
            self._waiting.append(self.room.waiters.enter(tenant, RUNNER))
            return False
        return True

    def served(self) -> list[str]:
        """The tenants of the callers that waited, and got a box."""
        return [waiter.tenant for waiter in self._waiting if waiter.served]


@pytest.fixture
async def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path)
    for _ in range(SIZE):
        shelf.room.offer(shelf.box())
    return shelf


async def test_one_tenant_alone_may_take_all_boxes(shelf: Shelf) -> None:
    assert [shelf.calls("a") for _ in range(SIZE + 1)] == [True] * SIZE + [False]


async def test_where_two_call_the_last_box_is_for_the_one_that_holds_none(shelf: Shelf) -> None:
    shelf.room.reserve.arrive("b")
    assert [shelf.calls("a") for _ in range(SIZE)] == [True, True, True, False]
    assert shelf.calls("b")


async def test_a_new_box_is_kept_before_a_tenant_that_holds_some_gets_another(shelf: Shelf) -> None:
    shelf.room.reserve.arrive("b")
    assert [shelf.calls("a") for _ in range(SIZE + 1)] == [True, True, True, False, False]
    assert shelf.calls("b")
    shelf.room.offer(shelf.box())
    assert shelf.served() == []
    shelf.room.offer(shelf.box())
    assert shelf.served() == ["a"]
    assert shelf.room.warm.count(RUNNER) == 1


async def test_a_tenant_that_holds_none_any_more_gets_the_box_that_was_kept(shelf: Shelf) -> None:
    shelf.room.reserve.arrive("b")
    assert [shelf.calls("a") for _ in range(SIZE)] == [True, True, True, False]
    for _ in range(2):
        shelf.room.release("a")
    assert shelf.served() == []
    shelf.room.release("a")
    assert shelf.served() == ["a"]


async def test_a_box_is_kept_only_while_several_have_called_lately(shelf: Shelf) -> None:
    shelf.room.reserve.arrive("b")
    assert [shelf.calls("a") for _ in range(SIZE)] == [True, True, True, False]
    shelf.clock.now += LATELY + 1
    shelf.room.serve()
    assert shelf.served() == ["a"]


async def test_a_call_is_expected_to_wait_for_the_boxes_that_are_not_kept(shelf: Shelf) -> None:
    shelf.room.reserve.arrive("b")
    assert shelf.calls("a")
    assert (shelf.room.free("a"), shelf.room.free("b")) == (SIZE - 2, SIZE - 1)


async def test_a_pool_of_one_box_keeps_none() -> None:
    reserve = Reserve(Clock(), 1)
    reserve.arrive("a")
    reserve.arrive("b")
    assert reserve.boxes == 0
