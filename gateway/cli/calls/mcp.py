"""`callgate mcp`: the gateway's tools for a host of models that speaks MCP over standard input and output."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Annotated

import structlog
import typer

from callgate import AsyncClient, SchemaForm
from callgate.keys import new_key
from gateway.cli.calls.loopback import Loopback, RedirectMissing, RedirectRefused
from gateway.cli.terminal.connection import explained
from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.consents import CameBack, ConsentMissing
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.people import People
from gateway.edge.mcp.server import build_server
from gateway.edge.mcp.stdio import serve, taken_from_the_process

#: Seconds between two looks whether a browser has come back: the program may have to end meanwhile.
_LOOK = 0.5


def register(app: typer.Typer) -> None:
    app.command("mcp")(mcp)


def mcp(
    *,
    toolset: Annotated[str | None, typer.Option(help="only the tools of this toolset")] = None,
    search: Annotated[
        bool, typer.Option("--search", help="three tools that find, describe and call all others, in place of them")
    ] = False,
    schema_form: Annotated[
        SchemaForm | None,
        typer.Option(case_sensitive=False, help="how input schemas are written: some hosts' models take less than JSON Schema"),
    ] = None,
) -> None:
    """Serve the tools by MCP over standard input and output, until the input ends. A host of models starts this command.

    Nothing but MCP goes to stdout, and what there is to be said to stderr. CALLGATE_ADDRESS, CALLGATE_TOKEN_FILE and their like
    are those of all commands.
    """
    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))
    options = DoorOptions(toolset=toolset, search=search, schema_form=schema_form)
    with explained():
        client = AsyncClient.from_environment()
        asyncio.run(_serve(client, options))


async def _serve(client: AsyncClient, options: DoorOptions) -> None:
    """The session's name is random: a host that starts the command once more begins another one."""
    caller = McpCaller(client, new_key())
    async with client:
        server = build_server(lambda _: caller, options, people=People(_redirects))
        await serve(server, *taken_from_the_process())


class _ToLoopback:
    """Where the person's browser comes back to on this machine."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback

    @property
    def uri(self) -> str:
        return self._loopback.uri

    async def came_back(self, seconds: float) -> CameBack:
        """Raises ConsentMissing."""
        deadline = monotonic() + seconds
        while True:
            try:
                back = await asyncio.to_thread(self._loopback.wait, _LOOK)
            except RedirectMissing as missing:
                if monotonic() > deadline:
                    raise ConsentMissing(str(missing)) from None
            except RedirectRefused as refused:
                raise ConsentMissing(str(refused)) from None
            else:
                return CameBack(back.code, back.issuer)


@contextmanager
def _redirects(state: str, toolset: str) -> Iterator[_ToLoopback]:
    """Raises OSError where no port is free."""
    with Loopback(state, toolset) as loopback:
        yield _ToLoopback(loopback)
