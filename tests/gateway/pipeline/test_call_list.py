"""A list of calls: which are in it for whom, in which order, and how much of it is on a page."""

from dataclasses import replace
from itertools import count

import pytest

from gateway.decisions.policy import Policy
from gateway.model.invocation import InvocationState, Outcome, Verdict
from gateway.model.principal import Caller, Principal, Rule
from gateway.pipeline import call_list
from gateway.pipeline.call_list import CallList, Wanted
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import New
from sandbox.api.fault_code import FaultCode
from tests.gateway.records.lives import ONCE

ADA, BOB = Principal("acme", "planner", "ada"), Principal("acme", "planner", "bob")
NOTHING_DONE = Outcome(Verdict.TOOL_FAILED, fault=FaultCode.UPSTREAM_UNREACHABLE, not_done=True)


class Desk:
    """Calls that are accepted a second apart, and the list of them."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.ledger = MemoryLedger(lambda: self.now)
        self.list = CallList(Policy(private=(), vault="http://127.0.0.1:1"), self.ledger, self.ledger.runs)
        self._numbers = count()

    async def call(self, principal: Principal = ADA, id: str = "", **changes: str) -> New:
        self.now += 1
        id = id or f"inv_{next(self._numbers)}"
        claimed = await self.ledger.claim(id, "same", principal, replace(ONCE, **changes), lease=15.0)  # type: ignore[arg-type]
        assert isinstance(claimed, New)
        return claimed

    async def listed(self, wanted: Wanted | None = None, *, caller: Principal = ADA, **rights: bool) -> list[str]:
        return [id for page in await self.pages(wanted, caller=caller, **rights) for id in page]

    async def pages(
        self, wanted: Wanted | None = None, *, caller: Principal = ADA, size: int = 100, **rights: bool
    ) -> list[list[str]]:
        of, found, before = Caller(caller, Rule(("*",), **rights)), list[list[str]](), None
        while True:
            page = await self.list.page(of, wanted or Wanted(), before=before, size=size)
            found.append([call.id for call in page.calls])
            if (before := page.rest) is None:
                return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_the_newest_comes_first_and_pages_follow_each_other(desk: Desk) -> None:
    for _ in range(5):
        await desk.call()
    assert await desk.listed() == ["inv_4", "inv_3", "inv_2", "inv_1", "inv_0"]
    assert await desk.pages(size=2) == [["inv_4", "inv_3"], ["inv_2", "inv_1"], ["inv_0"]]


async def test_a_caller_sees_its_own_and_who_reviews_or_operates_sees_all_of_the_tenant(desk: Desk) -> None:
    await desk.call(ADA)
    await desk.call(BOB)
    await desk.call(Principal("globex", "planner", "ada"))
    assert await desk.listed() == ["inv_0"]
    assert await desk.listed(may_review=True) == ["inv_1", "inv_0"]
    assert await desk.listed(may_operate=True) == ["inv_1", "inv_0"]
    assert await desk.listed(caller=BOB) == ["inv_1"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(tool="charge"), ["inv_3", "inv_1", "inv_0"]),
        (Wanted(tool="charge@2.0.0"), ["inv_3"]),
        (Wanted(tool="char"), []),
        (Wanted(run_id="run-7"), ["inv_1"]),
        (Wanted(states=frozenset({InvocationState.PENDING})), ["inv_3", "inv_2", "inv_1", "inv_0"]),
        (Wanted(states=frozenset({InvocationState.FAILED})), []),
        (Wanted(since=1_002.0), ["inv_3", "inv_2", "inv_1"]),
        (Wanted(until=1_003.0), ["inv_1", "inv_0"]),
        (Wanted(since=1_002.0, until=1_003.0), ["inv_1"]),
        (Wanted(tool="charge", run_id="run-7", until=1_002.0), []),
    ],
)
async def test_all_that_is_asked_for_has_to_hold(desk: Desk, wanted: Wanted, found: list[str]) -> None:
    await desk.call()
    await desk.call(run_id="run-7")
    await desk.call(tool="refund", version="refund@1.0.0")
    await desk.call(version="charge@2.0.0")
    assert await desk.listed(wanted) == found


async def test_a_key_that_was_taken_once_more_is_listed_once_and_what_was_released_is_not(desk: Desk) -> None:
    first = await desk.call(id="inv_again")
    await desk.ledger.record(first.held, NOTHING_DONE, None)
    await desk.call()
    await desk.call(id="inv_again")
    dropped = await desk.call()
    await desk.ledger.release(dropped.held)
    assert await desk.pages(size=1) == [["inv_again"], ["inv_0"], []]


async def test_a_page_ends_after_so_many_looks_and_the_next_one_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_list, "LOOKS", 3)
    await desk.call(run_id="wanted")
    for _ in range(5):
        await desk.call()
    assert await desk.pages(Wanted(run_id="wanted")) == [[], ["inv_0"]]
