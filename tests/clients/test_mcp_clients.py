"""Clients of MCP that others have made, through both doors: they list the tools, and what they order is ordered once."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.mcp_house import McpHouse, open_mcp_house
from tests.clients.stage import PythonOf
from tests.conftest import REPOSITORY, FreePort
from tests.e2e.conftest import Open, OpenHouse, OpenShop

pytestmark = [pytest.mark.docker, pytest.mark.slow]

#: The program of each, and whether it can name a call's key.
CLIENTS = {"official": True, "of_fastmcp": True, "of_langchain": False}
#: `callgate`, whatever directory it is installed in.
COMMAND = "import sys; from gateway.cli import main; sys.exit(main())"
#: As all three take them: the one with sessions, the one without, and what they take by themselves.
MODES = ("legacy", "2026-07-28", "auto")


@pytest.fixture(scope="module")
def mcp_house(open_house: OpenHouse, free_port: FreePort) -> Iterator[McpHouse]:
    with open_mcp_house(open_house, free_port) as opened:
        yield opened


@pytest.fixture
def mcp_shop(mcp_house: McpHouse, open_shop: Open) -> OpenShop:
    return open_shop(mcp_house.house)


def place(transport: str, opened: McpHouse) -> dict[str, Any]:
    if transport == "http":
        return {"url": opened.url, "token": opened.token}
    beside = {"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return {"command": [sys.executable, "-c", COMMAND, "mcp"], "environment": {**beside, **opened.environment}}


@pytest.mark.parametrize("transport", ["http", "stdio"])
@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_of_others_lists_and_calls_the_tools(
    mcp_house: McpHouse, mcp_shop: OpenShop, python_of: PythonOf, client: str, transport: str
) -> None:
    told = {**place(transport, mcp_house), "modes": MODES, "key": f"order-of-{client}-{transport}"}
    words = [python_of("mcp"), "-m", f"tests.clients.mcp_clients.{client}", json.dumps(told)]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run(words, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == list(MODES)
    for mode, here in found.items():
        assert {"create_order", "list_orders"} <= set(here["tools"]), mode
        assert len(here["made"]) == (2 if CLIENTS[client] else 1), mode
        assert len({one["id"] for one in here["made"]}) == 1, "it was sent twice, with one key, where the client could say so"
        assert here["read"]["orders"], mode
    orders = [(order.item, order.quantity) for order in mcp_shop.state.orders.values()]
    assert orders == [("tea", 2)] * len(MODES)
