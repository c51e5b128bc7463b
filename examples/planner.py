"""A scripted agent. It decides which tools to call; it has no keys and no network, and does not know where the tools run.

Each step says what must be true, and stops the demo where it is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from callgate import Client, Invocation, Succeeded, ToolFailed
from callgate.errors import ArgumentsInvalid, KeyReused
from examples.orders.server import Shop


class Unexpected(Exception):
    """A promise of the demo did not hold."""


def check(holds: bool, said: str) -> None:
    if not holds:
        raise Unexpected(said)
    print(f"  ✓ {said}", flush=True)


def title(text: str) -> None:
    print(f"\n{text}", flush=True)


@dataclass
class Planner:
    client: Client
    shop: Shop
    run_id: str = f"demo-{uuid4()}"

    def call(self, tool: str, arguments: Mapping[str, object], key: str | None = None) -> Invocation:
        return self.client.call(tool, arguments, key=key, run_id=self.run_id)

    def look_around(self) -> None:
        title("The agent lists its tools")
        tools = {tool.name: tool for tool in self.client.tools.list()}
        check("create_order" in tools, f"{len(tools)} tools, among them create_order and kv-read-data-path")
        check(not any("token" in str(tool.input_schema) for tool in self.client.tools.list("orders")), "none asks for a key")

    def use_openbao(self) -> None:
        title("It works with a service that is not the demo's own: OpenBao, from the document that OpenBao serves")
        status = self.call("seal-status", {}).json()
        check(status["sealed"] is False, f"seal-status: OpenBao {status['version']} is unsealed")
        note = {"path": "demo", "body": {"data": {"note": "written by an agent"}, "options": {}}}
        check(isinstance(self.call("kv-write-data-path", note).outcome, Succeeded), "kv-write-data-path wrote a note")
        read = self.call("kv-read-data-path", {"path": "demo"}).json()
        check(read["data"]["data"] == note["body"]["data"], "kv-read-data-path read it back")  # type: ignore[index]
        refused = self.call("kv-read-data-path", {"path": "orders"}).outcome
        check(
            isinstance(refused, ToolFailed) and refused.result is not None,
            "reading a secret that is not its own: refused (403)",
        )

    def order_once(self) -> Invocation:
        title("It creates an order, and sends the same call again as after a lost answer")
        key = f"order-{uuid4()}"
        order = {"body": {"item": "brass gate hinge", "quantity": 2}}
        first = self.call("create_order", order, key)
        again = self.call("create_order", order, key)
        check(
            first.json() == again.json() and again.from_record,
            f"both answers are {first.json()['id']}; the second is from the record",
        )
        check(len(self.shop.orders) == 1, "one order upstream")
        try:
            self.call("create_order", {"body": {"item": "another", "quantity": 1}}, key)
        except KeyReused as refusal:
            check(len(self.shop.orders) == 1, f"the same key for another order: {refusal.reason}")
        else:
            raise Unexpected("a key was accepted for another call")
        return first

    def survive_failure(self) -> Invocation:
        title("The shop fails once with 503 while the agent reads")
        self.shop.failures_left = 1
        invocation = self.call("list_orders", {"status": "open"})
        check(len(invocation.json()["orders"]) == 1, "the agent got its answer all the same")
        boxes = {attempt.box for attempt in invocation.attempts}
        check(len(boxes) == 2, f"in {len(invocation.attempts)} attempts, each in a box of its own")  # noqa: PLR2004
        return invocation

    def try_to_get_out(self) -> None:
        title("It tries to reach what it should not")
        try:
            self.call("get_order", {"order_id": "ord_1", "server": "http://169.254.169.254"})
        except ArgumentsInvalid as refusal:
            check(bool(refusal.violations), "an argument that names another server: ARGUMENTS_INVALID")
        else:
            raise Unexpected("an argument outside the schema was accepted")
        climbed = self.call("get_order", {"order_id": "../control"}).outcome
        check(isinstance(climbed, ToolFailed) and climbed.fault == "HTTP_STATUS", "`../control` stays data: 404")
        outcome = self.call("read_metadata", {}).outcome
        check(
            isinstance(outcome, ToolFailed) and outcome.fault == "EGRESS_DENIED",
            "a tool whose server is the cloud's metadata address: EGRESS_DENIED, nothing was sent",
        )
