"""One gateway that keeps eight boxes, an upstream that does nothing and a gRPC echo server: each a process of its own."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.stack import NO_SETTINGS, confirm_gone, local_options, start_gateway, start_server, temporary_home
from callgate import AsyncClient
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir

HERE = Path(__file__).parent
POOL = 8
NAME = "measured"
TOOL = "do_nothing"
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Nothing", "version": "1.0.0"},
    "paths": {"/nothing": {"get": {"operationId": TOOL, "responses": {"200": {"description": "Nothing."}}}}},
}


@dataclass(frozen=True, slots=True)
class OneGateway:
    """The addresses of all parts. `run_dir` is the gateway's: its boxes bear it on a label."""

    home: Path
    run_dir: Path
    gateway: str
    echo: str
    upstream: str
    token: str

    def client(self) -> AsyncClient:
        return AsyncClient(self.gateway, token=self.token)


@asynccontextmanager
async def one_gateway(settings: Mapping[str, str] = NO_SETTINGS) -> AsyncIterator[OneGateway]:
    """All parts, running, with the one tool imported. `settings`: of the gateway. Raises EmbeddedError, CallgateError,
    BoxesLeft."""
    with temporary_home() as home:
        state = StateDir(home)
        async with Stack(state, local_options()) as stack, AsyncExitStack() as started:
            upstream = await start_server(started, state, HERE / "empty_server.py")
            echo = await start_server(started, state, HERE / "echo_server.py")
            started.push_async_callback(confirm_gone, home)
            gateway = await start_gateway(started, stack, NAME, pool_size=POOL, settings=settings)
            around = OneGateway(home, home / NAME, gateway, echo, upstream, state.token.read_text())
            async with around.client() as client:
                await client.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "nothing", server=f"http://{upstream}")
            yield around
