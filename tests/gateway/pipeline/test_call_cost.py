"""What is counted in streamed answers, wherever in them it stands."""

from dataclasses import replace

import pytest

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Cost, Outcome, Verdict
from gateway.pipeline.call_cost import priced
from registry.calling.answer_events import MOST
from registry.model.accounting import Meter
from registry.model.tool import Draft
from sandbox.api.result import CountedNumber, Responded, Usage
from tests.gateway.pipeline.desk import OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

CHUNK = b'data: {"usage": null}\n\n'
LAST = b'data: {"usage": {"tokens": 7}, "counts": [7], "gr\\u00f6\\u00dfe": 7}\n\n'
SSE, LINES = "text/event-stream", "application/x-ndjson"


class CostOf:
    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def __call__(
        self, body: bytes, pointer: str = "/usage/tokens", *, kind: str = SSE, whole: bool = True
    ) -> float | None:
        """How much is counted; None where nothing is."""
        draft = replace(self._draft, meters=(Meter((pointer,), 1.0),))
        answer = Answer(200, kind, body)
        outcome = Outcome(Verdict.SUCCEEDED if whole else Verdict.TIMED_OUT, answer)
        meaning = await priced(draft, Responded(200, (), body, Usage()), outcome)
        assert not isinstance(meaning, Again)
        assert isinstance(meaning.cost, Cost)
        return None if meaning.cost.missing else meaning.cost.amount


@pytest.fixture
async def cost_of(shop: OpenShop, open_desk: OpenDesk) -> CostOf:
    return CostOf((await open_desk(shop.address)).versions["list_orders"].draft)


@pytest.mark.parametrize("whole", [True, False])
async def test_the_last_of_very_many_events_is_counted(cost_of: CostOf, whole: bool) -> None:
    assert await cost_of(CHUNK * (MOST + 2000) + LAST, whole=whole) == 7


@pytest.mark.parametrize("pointer", ["/usage/tokens", "/counts/0", "/größe"])
async def test_what_is_counted_is_found_by_any_pointer(cost_of: CostOf, pointer: str) -> None:
    assert await cost_of(CHUNK + LAST, pointer) == 7


@pytest.mark.parametrize("whole", [True, False])
async def test_the_first_event_of_a_stream_counts_where_no_other_has_the_number(cost_of: CostOf, whole: bool) -> None:
    assert await cost_of(LAST + CHUNK * (MOST + 2000), whole=whole) == 7


@pytest.mark.parametrize(("whole", "wanted"), [(True, 7), (False, 1)])
async def test_a_last_line_without_its_end_counts_where_the_stream_has_come_to_its_own(
    cost_of: CostOf, whole: bool, wanted: float
) -> None:
    lines = b'{"usage": {"tokens": 1}}\n{"usage": {"tokens": 7}}'
    assert await cost_of(lines, kind=LINES, whole=whole) == wanted


@pytest.mark.parametrize(
    ("counted", "wanted"),
    [
        ((CountedNumber(3, 1, 0), CountedNumber(4, 2, 0)), Cost(11.0, (("in", 3.0), ("out", 4.0)))),
        ((CountedNumber(3, 2, 1), CountedNumber(0, 0, 2)), Cost(3.0, (("in", 3.0),), ("in", "out"))),
        ((CountedNumber(3, 1, 0), CountedNumber(1.7e308, 1, 0)), Cost(3.0, (("in", 3.0),), ("out",))),
        ((), Cost(5.0, (("in", 5.0),), ("out",))),
        ((CountedNumber(3, 1, 0),), Cost(5.0, (("in", 5.0),), ("out",))),
    ],
)
async def test_what_the_box_has_counted_counts(
    shop: OpenShop, open_desk: OpenDesk, counted: tuple[CountedNumber, ...], wanted: Cost
) -> None:
    draft = (await open_desk(shop.address)).versions["list_orders"].draft
    draft = replace(draft, meters=(Meter(("/in",), 1.0), Meter(("/out",), 2.0)))
    answer = Answer(200, "application/json", b'{"in": 5}')
    result = Responded(200, (), answer.body, Usage(), counts=counted)
    meaning = await priced(draft, result, Outcome(Verdict.SUCCEEDED, answer))
    assert isinstance(meaning, Outcome)
    assert meaning.cost == wanted
