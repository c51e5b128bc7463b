"""One line for each call, at its end."""

import orjson
import pytest
from structlog.testing import capture_logs

from gateway.model.errors import GatewayError
from gateway.pipeline.call import Call
from registry.model.errors import RegistryError
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

LINES = {"call_ended", "call_refused"}


async def test_a_call_leaves_one_line_and_its_repetition_none(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    calls = desk.calls_in_flight()
    with capture_logs() as logs:
        answered = await calls.answer(desk.caller, Call("list_orders", b"{}", KEY, run_id="run-7"))
        await calls.answer(desk.caller, Call("list_orders", b"{}", KEY, run_id="run-7"))
    [line] = [entry for entry in logs if entry["event"] in LINES]
    assert (line["event"], line["invocation"], line["run"]) == ("call_ended", answered.invocation.id, "run-7")
    assert (line["tool"], line["version"], line["state"], line["attempts"]) == (
        "list_orders",
        "list_orders@1.0.0",
        "SUCCEEDED",
        1,
    )
    assert (line["tenant"], line["agent"], line["subject"], line["http_status"]) == ("acme", "planner", "ada", 200)
    assert line["seconds"] >= 0


@pytest.mark.parametrize(
    ("tool", "arguments", "refusal"), [("no\x1b[31m", {}, "ReferenceInvalid"), ("get_order", {"id": []}, "ArgumentsInvalid")]
)
async def test_a_refused_call_leaves_one_line_without_its_arguments(
    shop: OpenShop, open_desk: OpenDesk, tool: str, arguments: dict[str, object], refusal: str
) -> None:
    desk = await open_desk(shop.address)
    with capture_logs() as logs, pytest.raises((GatewayError, RegistryError)):
        await desk.calls_in_flight().answer(desk.caller, Call(tool, orjson.dumps(arguments), KEY))
    [line] = [entry for entry in logs if entry["event"] in LINES]
    assert (line["event"], line["refusal"]) == ("call_refused", refusal)
    assert "\x1b" not in line["tool"]
