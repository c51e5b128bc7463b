"""A whole gateway with its door of MCP open, and a caller of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.conftest import FreePort
from tests.e2e.conftest import OpenHouse
from tests.e2e.house import House


@dataclass(frozen=True, slots=True)
class McpHouse:
    """`port`: of the door. `token`: the caller's, who may call everything and has no other right."""

    house: House
    port: int
    token: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a command of another process a client of this gateway."""
        return {"CALLGATE_ADDRESS": self.house.address, "CALLGATE_TOKEN": self.token}


@contextmanager
def open_mcp_house(open_house: OpenHouse, free_port: FreePort) -> Iterator[McpHouse]:
    port = free_port()
    with open_house(telemetry={"CALLGATE_MCP_LISTEN": f"127.0.0.1:{port}"}) as house:
        added = house.client.principals.add("local", "agent", "reader", tools=["*"])
        yield McpHouse(house, port, str(added.token))
