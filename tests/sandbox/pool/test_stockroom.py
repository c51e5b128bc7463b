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
        self.room = Stockroom(self.clock, oldest=600.0, tenant_most=MOST, kept_of=SIZE)
        (place / EGRESS_SOCKET).touch()

    def box(self) -> SocketBox:
        return SocketBox(Design("cg-waits", self._place, 0, 100_000, RUNNER, "runner:1"))

    def calls(self, tenant: str) -> bool:
        """Whether a caller that comes gets a box at once; it waits otherwise."""
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


async def test_where_two_call_the_last_box_is_for_the_one_that_takes_few(shelf: Shelf) -> None:
    shelf.room.reserve.note("b")
    assert [shelf.calls("a") for _ in range(SIZE)] == [True, True, True, False]
    assert shelf.calls("b")


async def test_it_is_so_too_where_every_call_is_over_before_the_next_box_is_made(shelf: Shelf) -> None:
    shelf.room.reserve.note("b")
    for _ in range(SIZE - 1):
        assert shelf.calls("a")
        shelf.room.release("a")
    assert [shelf.calls("a"), shelf.calls("b")] == [False, True]


async def test_a_new_box_is_kept_before_a_tenant_that_takes_many_gets_another(shelf: Shelf) -> None:
    shelf.room.reserve.note("b")
    assert [shelf.calls("a") for _ in range(SIZE + 1)] == [True, True, True, False, False]
    assert shelf.calls("b")
    shelf.room.offer(shelf.box())
    assert shelf.served() == []
    shelf.room.offer(shelf.box())
    assert shelf.served() == ["a"]
    assert shelf.room.warm.count(RUNNER) == 1


async def test_of_tenants_that_take_the_same_the_one_without_a_line_takes_few(shelf: Shelf) -> None:
    for tenant in "abababab":
        shelf.room.reserve.note(tenant)
    assert not shelf.room.reserve.is_for("a")
    assert not shelf.room.reserve.is_for("b")
    shelf.room.waiters.enter("a", RUNNER)
    assert (shelf.room.reserve.is_for("a"), shelf.room.reserve.is_for("b")) == (False, True)


async def test_a_box_is_kept_only_while_several_have_called_lately(shelf: Shelf) -> None:
    shelf.room.reserve.note("b")
    assert [shelf.calls("a") for _ in range(SIZE)] == [True, True, True, False]
    shelf.clock.now += LATELY + 1
    shelf.room.serve()
    assert shelf.served() == ["a"]


async def test_a_call_is_expected_to_wait_for_the_boxes_that_are_not_kept(shelf: Shelf) -> None:
    shelf.room.reserve.note("b")
    assert shelf.calls("a")
    assert shelf.calls("a")
    assert (shelf.room.free("a"), shelf.room.free("b")) == (SIZE - 3, SIZE - 2)


async def test_who_takes_its_fair_share_is_not_one_that_takes_many(shelf: Shelf) -> None:
    for tenant in "abaabaaba":
        shelf.room.reserve.note(tenant)
    assert (shelf.room.reserve.is_for("a"), shelf.room.reserve.is_for("b"), shelf.room.reserve.is_for("c")) == (
        False,
        True,
        True,
    )


async def test_a_pool_of_one_box_keeps_none() -> None:
    reserve = Reserve(Clock(), 1, lambda _: 0)
    reserve.note("a")
    reserve.note("b")
    assert reserve.boxes == 0


async def test_a_tenant_that_has_long_taken_nothing_is_not_remembered() -> None:
    clock = Clock()
    reserve = Reserve(clock, SIZE, lambda _: 0)
    for number in range(1000):
        reserve.note(f"tenant-{number}")
        clock.now += 1.0
    assert len(reserve._taken) <= LATELY + 1
