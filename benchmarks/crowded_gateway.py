"""One gateway with callers of two tenants, and an upstream that does nothing: each a process of its own."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256

from benchmarks.one_gateway import DOCUMENT, HERE, POOL, TOOL
from benchmarks.stack import confirm_gone, local_options, start_gateway, start_server, temporary_home
from callgate import AsyncClient, RetryPolicy
from gateway.embedded.stack import Stack
from gateway.embedded.state_dir import StateDir, write_private

OTHER = {"tenant": "other", "agent": "planner", "subject": "ada", "tools": ["*"], "may_import": True}
#: Its caller decides when to send again.
NEVER_AGAIN = RetryPolicy(patience=0)


@dataclass(frozen=True, slots=True)
class CrowdedGateway:
    """`ended`: an invocation of the first tenant's caller."""

    gateway: str
    token: str
    other_token: str
    ended: str

    def client(self) -> AsyncClient:
        return AsyncClient(self.gateway, token=self.token, retry=NEVER_AGAIN)

    def other_client(self) -> AsyncClient:
        return AsyncClient(self.gateway, token=self.other_token, retry=NEVER_AGAIN)


@asynccontextmanager
async def crowded_gateway() -> AsyncIterator[CrowdedGateway]:
    """All parts, running, with the one tool imported. Raises EmbeddedError, CallgateError, BoxesLeft."""
    with temporary_home() as home:
        state, other_token = StateDir(home), secrets.token_urlsafe(24)
        write_private(state.principals, json.dumps({sha256(other_token.encode()).hexdigest(): OTHER}))
        async with Stack(state, local_options()) as stack, AsyncExitStack() as started:
            upstream = await start_server(started, state, HERE / "empty_server.py")
            started.push_async_callback(confirm_gone, home)
            gateway = await start_gateway(started, stack, "crowded", pool_size=POOL)
            token = state.token.read_text()
            for one in (token, other_token):
                async with AsyncClient(gateway, token=one) as client:
                    await client.toolsets.import_openapi(json.dumps(DOCUMENT).encode(), "nothing", server=f"http://{upstream}")
            async with AsyncClient(gateway, token=token) as client:
                ended = await client.call(TOOL, {})
            yield CrowdedGateway(gateway, token, other_token, ended.id)
